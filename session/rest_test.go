package session_test

import (
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/trace/join"
)

// A run is shown before files beside its traces have come, when these take long. What they
// tell is in a newer view; readers of the older one end with it.
func TestFetchRest(t *testing.T) {
	for _, tt := range []struct {
		name, run string
		untraced  bool
	}{
		{"with traces", passing, false},
		{"without traces", bare, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, _, server := sample(t)
			o.Join, o.Untraced, o.Patience = join.ByTime, tt.untraced, time.Millisecond
			putBare(server, ended)
			name := strings.TrimPrefix(tt.run, "gs://kubernetes-ci-logs/") + "/artifacts/junit_late.xml"
			server.PutBytes("kubernetes-ci-logs", name, []byte(`<testsuite name="late"><testcase name="came last" time="1"><failure>no</failure></testcase></testsuite>`))
			release := make(chan struct{})
			server.Fault(gcstest.Match{Op: gcstest.Get, Object: name}, gcstest.StallHeaders(release))
			l, err := load(t, o, tt.run)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			before, done := l.Acquire()
			defer done()
			if spans := spansOf(t, before); strings.Contains(spans, "came last") || l.Inputs[0].Late() == 0 {
				t.Fatalf("%d files are late; the view has\n%s", l.Inputs[0].Late(), spans)
			}
			problems := before.Problems()
			if n := len(problems); n == 0 || !strings.Contains(problems[n-1].What, "still downloading") {
				t.Errorf("problems of the first view: %v", problems)
			}
			close(release)
			server.ClearFaults()
			if came, err := l.FetchRest(t.Context()); err != nil || !came {
				t.Fatal(came, err)
			}
			after, done := l.Acquire()
			defer done()
			if after.Set() != before.Set() || after.Place() != 1 || !strings.Contains(spansOf(t, after), "came last") || strings.Contains(spansOf(t, before), "came last") {
				t.Errorf("view %d has\n%s", after.Place(), spansOf(t, after))
			}
			for _, p := range after.Problems() {
				if strings.Contains(p.What, "on its way") {
					t.Errorf("a problem of the newer view: %+v", p)
				}
			}
			again, err := load(t, o, tt.run)
			if err != nil {
				t.Fatal(err)
			}
			defer again.Close()
			if came, err := again.FetchRest(t.Context()); came || err != nil {
				t.Errorf("the next time: %v, %v", came, err)
			}
		})
	}
}

// A run whose bucket stops answering keeps what is shown.
func TestFetchRestFails(t *testing.T) {
	o, _, server := sample(t)
	o.Join, o.Patience = join.ByTime, time.Millisecond
	name := strings.TrimPrefix(passing, "gs://kubernetes-ci-logs/") + "/artifacts/junit_late.xml"
	server.PutBytes("kubernetes-ci-logs", name, []byte(`<testsuite name="late"/>`))
	server.Fault(gcstest.Match{Op: gcstest.Get, Object: name}, gcstest.StallHeaders(nil))
	l, err := load(t, o, passing)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	server.ClearFaults()
	server.Fault(gcstest.Match{}, gcstest.Status(403))
	if came, err := l.FetchRest(t.Context()); came || err == nil || !strings.Contains(err.Error(), "cannot fetch the rest of e2e-kops-aws-distro-deb13") {
		t.Errorf("%v, %v", came, err)
	}
	view, done := l.Acquire()
	defer done()
	if view.Place() != 0 {
		t.Errorf("view %d is shown", view.Place())
	}
}
