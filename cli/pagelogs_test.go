package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/prowtest"
)

// The logs of a run on this machine are in the built-in pages beside its trace.
func TestPagesHaveLogs(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../testdata/bucket/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001")); err != nil {
		t.Fatal(err)
	}
	log := "I0313 01:51:11.000000 1 x.go:1] one\nE0313 01:51:12.000000 1 x.go:2] two\n"
	if err := os.WriteFile(filepath.Join(dir, "build-log.txt"), []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, nil, "--ui", "builtin", dir)
	_, id, _ := strings.Cut(r.address, "/trace/")
	var list struct{ Logs []struct{ Name string } }
	ask(t, r.api("traces/"+id+"/logs"), &list)
	if len(list.Logs) == 0 || list.Logs[0].Name != "build-log.txt" {
		t.Fatalf("the logs are %+v", list)
	}
	var head struct {
		Lines, Errors int
		Size          int64
	}
	ask(t, r.api("traces/"+id+"/log?log=build-log.txt"), &head)
	if head.Lines != 2 || head.Errors != 1 || head.Size != int64(len(log)) {
		t.Errorf("the log is %+v", head)
	}
	var lines struct{ Lines []struct{ Span int } }
	ask(t, r.api("traces/"+id+"/log/lines?log=build-log.txt&at=2"), &lines)
	if len(lines.Lines) != 1 || lines.Lines[0].Span < 1 {
		t.Errorf("the span of a line in the run's time: %+v", lines)
	}
	r.interrupt(t)
}

// The log of a run that has not ended grows in the pages, from Deck, and becomes that of
// the bucket when the run has ended.
func TestPagesFollowTheLog(t *testing.T) {
	const job, build, root = "e2e-kops-gce-upgrade-k134", "1900550000000000006", "logs/e2e-kops-gce-upgrade-k134/1900550000000000006"
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	prowtest.KnowDeck(t, server.Host, "kubernetes-ci-logs")
	server.PutLog(job, build, "test", []byte("one\n"))
	r := startOn(t, server, nil, "--ui", "builtin", "http://"+strings.TrimPrefix(server.Host, "http://")+"/view/gs/kubernetes-ci-logs/"+root)
	_, id, _ := strings.Cut(r.address, "/trace/")
	type head struct {
		Lines   int
		Growing bool
	}
	var first, last head
	ask(t, r.api("traces/"+id+"/log?log=build-log.txt"), &first)
	server.PutLog(job, build, "test", nil)
	server.PutBytes("kubernetes-ci-logs", root+"/build-log.txt", []byte("one\ntwo\nthree\n"))
	ask(t, r.api("traces/"+id+"/log?log=build-log.txt&later=1"), &last)
	if first != (head{1, true}) || last != (head{3, false}) {
		t.Errorf("at first it is %+v, in the end %+v\n%s", first, last, r.stderr)
	}
	r.interrupt(t)
}

// A link to lines of a log opens the trace with them.
func TestLinkToLinesOpensThem(t *testing.T) {
	const run = "https://prow.k8s.io/view/gs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	for _, test := range []struct{ fragment, want string }{
		{"#1:build-log.txt%3A10", "?log=build-log.txt%3A10"},
		{"#1:build-log.txt%3A10-20", "?log=build-log.txt%3A10-20"},
		{"", ""},
	} {
		r := start(t, nil, "--ui", "builtin", run+test.fragment)
		_, after, _ := strings.Cut(r.address, "/trace/5b1f6a523c0e4d8f9a710c6d2e8f4b10")
		if !strings.Contains(r.address, "/trace/") || after != test.want {
			t.Errorf("%s opens %s, want %s behind the trace", test.fragment, r.address, test.want)
		}
		r.interrupt(t)
	}
}
