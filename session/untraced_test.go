package session_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/fetch"
	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/session"
	"prowtrace/trace/join"
)

// bare is a run without traces.
const bare = "gs://kubernetes-ci-logs/logs/ci-unit/1900000000000000005"

// putBare puts files of it into a bucket.
func putBare(server *gcstest.Server, files map[string]string) {
	for name, data := range files {
		server.PutBytes("kubernetes-ci-logs", "logs/ci-unit/1900000000000000005/"+name, []byte(data))
	}
}

var ended = map[string]string{
	"prowjob.json": `{"metadata":{"name":"3b1e2c9a-0000-4000-8000-000000000022"},"status":{"state":"error","description":"Pod got deleted unexpectedly",` +
		`"startTime":"2026-11-25T05:52:52Z","completionTime":"2026-11-25T06:05:42Z"}}`,
	"finished.json": `{"timestamp":1795586742,"passed":false,"result":"error"}`,
}

// with is files and some more.
func with(files map[string]string, name, data string) map[string]string {
	all := map[string]string{name: data}
	for n, d := range files {
		all[n] = d
	}
	return all
}

func isNoTraces(err error) bool { return errors.Is(err, fetch.ErrNoTraces) }

// A run without traces is shown by its own spans, unless traces are demanded; the second
// time from the cache.
func TestUntraced(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		spans int // of the job's own trace, at least
		why   func(error) bool
	}{
		{"ended", ended, 1, isNoTraces},
		{"with a report", with(ended, "artifacts/junit.xml", `<testsuite name="s"><testcase name="one" time="1"><failure/></testcase></testsuite>`), 3, isNoTraces},
		{"only its end is known", map[string]string{"finished.json": ended["finished.json"]}, 1, isNoTraces},
		{"still running", map[string]string{"started.json": `{"timestamp":1795586742}`}, 1, func(err error) bool { return errors.As(err, new(*session.NotUploadedError)) }},
		{"a file without spans", with(ended, "artifacts/otlp/kops-1.otel", "<!doctype html>"), 1, func(err error) bool {
			var none *session.NoSpansError
			return errors.As(err, &none) && none.Sources == 1
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, h, server := sample(t)
			putBare(server, tt.files)
			o.Untraced = true
			for _, o.Offline = range []bool{false, true} {
				h.events = nil
				l, err := load(t, o, bare)
				if err != nil {
					t.Fatal(err)
				}
				view, release := l.Acquire()
				jobs := view.Jobs()
				if len(jobs) != 1 || jobs[0].Spans < tt.spans || l.Reported.Spans != 0 || l.Reported.Start.Unix() == 0 || l.Reported.End.Before(l.Reported.Start) {
					t.Errorf("jobs %v, reported %+v", jobs, l.Reported)
				}
				if why := l.Inputs[0].Untraced(); !tt.why(why) || strings.Count(h.names(), "UntracedShown") != 1 {
					t.Errorf("untraced: %v; events %s", why, h.names())
				}
				release()
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}
			for name, demand := range map[string]func(*session.Options){
				"no wish": func(o *session.Options) { o.Untraced = false }, "a choice": func(o *session.Options) { o.Choice.WithTraces = true }, "nothing joined": func(o *session.Options) { o.Join = "" },
			} {
				o := o
				demand(&o)
				if _, err := load(t, o, bare); !tt.why(err) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// What cannot be drawn, and what is known in part only, is no run without traces.
func TestNotUntraced(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		arg   string
		want  error
	}{
		{"nothing", nil, bare, fetch.ErrNotFound},
		{"nothing to draw", map[string]string{"build-log.txt": "x"}, bare, fetch.ErrNoTraces},
		{"a directory", ended, bare + "/artifacts/a/otlp/", fetch.ErrNoTraces},
		{"a file", ended, bare + "/artifacts/otlp/kops-1.otel", fetch.ErrNoTraces},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, _, server := sample(t)
			putBare(server, tt.files)
			o.Untraced = true
			if _, err := load(t, o, tt.arg); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// Among several, one without traces is compared by its own spans; one that has nothing to
// show stays an error.
func TestUntracedAmongSeveral(t *testing.T) {
	o, h, server := sample(t)
	o.Untraced = true
	putBare(server, ended)
	l, err := load(t, o, passing, bare)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if n := len(l.Inputs); n != 2 || l.Inputs[0].Untraced() != nil || l.Inputs[1].Untraced() == nil || strings.Count(h.names(), "UntracedShown") != 1 {
		t.Errorf("%d inputs, events %s", n, h.names())
	}
	empty := filepath.Join(t.TempDir(), "empty.otel")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var none *session.NoSpansError
	if _, err := load(t, o, bare, empty); !errors.As(err, &none) || len(none.Inputs) != 1 || none.Inputs[0].Ref.Path != empty {
		t.Errorf("beside an empty file: %v", err)
	}
	o.KeepGoing = true
	kept, err := load(t, o, bare, empty)
	if err != nil || len(kept.Inputs) != 1 || !kept.Inputs[0].IsRun() {
		t.Fatalf("kept %v, %v", kept, err)
	}
	kept.Close()
}

// A copy on this machine is shown in the same way, once however often it is named.
func TestUntracedCopy(t *testing.T) {
	dir := t.TempDir()
	for name, data := range ended {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := load(t, session.Options{Join: join.ByTime, Untraced: true}, dir, dir+"/.")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if len(l.Inputs) != 1 || l.Inputs[0].Untraced() == nil {
		t.Errorf("%d inputs", len(l.Inputs))
	}
}

// A small file that the bucket does not give keeps the others back as little as it keeps
// traces back.
func TestUntracedWithALoss(t *testing.T) {
	o, _, server := sample(t)
	o.Untraced = true
	putBare(server, ended)
	server.Fault(gcstest.Match{Object: "logs/ci-unit/1900000000000000005/prowjob.json"}, gcstest.Status(500))
	l, err := load(t, o, bare)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if len(l.Problems) != 1 || l.Problems[0].Source != "prowjob.json" {
		t.Errorf("problems %v", l.Problems)
	}
	server.ClearFaults()
	server.Fault(gcstest.Match{Op: gcstest.List}, gcstest.Status(403))
	o.Refresh, o.Cache = true, session.CacheTemporary
	if _, err := load(t, o, bare); !errors.As(err, new(*objstore.AccessError)) {
		t.Errorf("without a listing: %v", err)
	}
}
