package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/gcstest"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
	"prowtrace/session"
)

const watchedBucket = "kubernetes-ci-logs"

// watcher makes a request that waits for runs in a bucket of its own, with what
// happens there between the looks in place of the pauses.
func watcher(t *testing.T, between func(s *gcstest.Server, pause int)) (*request, *gcstest.Server, *bytes.Buffer) {
	server := gcstest.New(t)
	server.CreateBucket(watchedBucket)
	t.Setenv("STORAGE_EMULATOR_HOST", server.Host)
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	var stderr bytes.Buffer
	g := testRequest(t, nil, &stderr)
	g.auth, g.watch = "auto", true
	pauses := 0
	g.sleep = func(ctx context.Context, d time.Duration) error {
		if d < 12*time.Second || d > 144*time.Second {
			t.Errorf("a pause of %v", d)
		}
		pauses++
		between(server, pauses)
		return ctx.Err()
	}
	return g, server, &stderr
}

// going puts what a run has while it is going on.
func going(s *gcstest.Server, root string, since time.Time) {
	s.PutBytes(watchedBucket, root+"/started.json", fmt.Appendf(nil, `{"timestamp":%d}`, since.Unix()))
	s.PutBytes(watchedBucket, root+"/prowjob.json", fmt.Appendf(nil, `{"status":{"state":"pending","startTime":%q}}`, since.UTC().Format(time.RFC3339)))
}

// ends puts what a run has at its end, in the order of the real uploads.
func ends(s *gcstest.Server, root string) {
	s.PutBytes(watchedBucket, root+"/artifacts/otlp/kops-1-2026-11-25T12:00:00Z.otel", []byte("x"))
	s.PutBytes(watchedBucket, root+"/finished.json", fmt.Appendf(nil, `{"timestamp":%d,"passed":false,"result":"FAILURE"}`, time.Now().Unix()))
}

func buildAt(t time.Time) string { return fmt.Sprint((t.UnixMilli() - 1288834974657) << 22) }

func TestWatch(t *testing.T) {
	now := time.Now()
	build, newer := buildAt(now.Add(-time.Hour)), buildAt(now)
	root := "logs/ci-watched/" + build
	g, server, stderr := watcher(t, func(s *gcstest.Server, pause int) {
		switch pause {
		case 2: // must not be taken instead
			going(s, "logs/ci-watched/"+newer, now)
		case 3:
			ends(s, root)
		}
	})
	going(server, root, now.Add(-time.Hour))
	c := collectedOf(t, g, stderr, "ci-watched")
	j := c.Inputs[0]
	if j.Ref.Build != build || len(j.Fetched.Files) != 1 || !j.Fetched.Ended || unfinished(j) != "" {
		t.Errorf("got build %s, %+v, note %q", j.Ref.Build, j.Fetched, unfinished(j))
	}
	gets := map[string]int{}
	for _, r := range server.Requests() {
		if r.Op == gcstest.Get {
			gets[strings.TrimPrefix(r.Object, root+"/")]++
		}
	}
	// Three looks in vain, the one that sees the end, and the fetch.
	if gets["finished.json"] != 5 || gets["prowjob.json"] != 4 || gets["started.json"] != 1 {
		t.Errorf("requests %v", gets)
	}
	since := now.Add(-time.Hour).UTC().Format(time.DateTime)
	for _, want := range []string{
		"run " + build + " of ci-watched: gs://kubernetes-ci-logs/" + root + "\n",
		"ci-watched " + build + " is still running since " + since + " UTC (1 h ago), and uploads artifacts at the end; looking again in ",
		"ci-watched " + build + " has ended: failed\nci-watched " + build + ": 1 trace file, 1 byte\n",
	} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, stderr)
		}
	}
	// Where there is no terminal there is one line for each interval.
	if n := strings.Count(stderr.String(), "looking again"); n != 3 {
		t.Errorf("%d lines of waiting:\n%s", n, stderr)
	}
}

// Runs that have ended are fetched while others are waited for.
func TestWatchSeveral(t *testing.T) {
	now := time.Now()
	root := func(i int) string {
		return "logs/ci-watched/" + buildAt(now.Add(-time.Duration(i)*time.Hour))
	}
	fetched := make(chan struct{})
	g, server, stderr := watcher(t, func(s *gcstest.Server, pause int) {
		if pause == 2 {
			<-fetched // the other run, or the test stands still
			ends(s, root(2))
		}
	})
	going(server, root(1), now)
	ends(server, root(1))
	server.Fault(gcstest.Match{Op: gcstest.Get, Object: root(1) + "/artifacts/otlp/kops-1-2026-11-25T12:00:00Z.otel", Times: 1}, gcstest.Before(func() { close(fetched) }))
	going(server, root(2), now)
	refs, err := openedRequest(t, g).session.Parse([]string{"gs://kubernetes-ci-logs/" + root(1), "gs://kubernetes-ci-logs/" + root(2)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := g.session.Collect(t.Context(), refs)
	if err != nil || len(c.Inputs) != 2 || len(c.Inputs[0].Fetched.Files) != 1 || len(c.Inputs[1].Fetched.Files) != 1 {
		t.Fatalf("%v\n%s", err, stderr)
	}
	defer c.Close()
}

// A run is waited for where it is, although its link names a bucket that was left.
func TestWatchMoved(t *testing.T) {
	root := "logs/ci-watched/" + buildAt(time.Now().Add(-time.Hour))
	g, server, stderr := watcher(t, func(s *gcstest.Server, pause int) {
		if pause == 2 {
			ends(s, root)
		}
	})
	server.Private("kubernetes-jenkins", "secret")
	going(server, root, time.Now().Add(-time.Hour))
	refs, err := openedRequest(t, g).session.Parse([]string{"gs://kubernetes-jenkins/" + root})
	if err != nil {
		t.Fatal(err)
	}
	c, err := g.session.Collect(t.Context(), refs)
	if err != nil || len(c.Inputs[0].Fetched.Files) != 1 || !c.Inputs[0].Fetched.Ended {
		t.Fatalf("%v\n%s", err, stderr)
	}
	c.Close()
}

// The end of a run that cannot be waited for is told by the fetch, where traces are
// demanded.
func TestWatchInVain(t *testing.T) {
	for _, tt := range []struct {
		name, prowjob, want string
		code                int
	}{
		{"aborted before it could upload", `{"status":{"state":"aborted","startTime":"2026-11-24T10:00:00Z","completionTime":"2026-11-24T10:05:00Z"}}`,
			"ci-watched 7 ended (aborted) before it could upload anything", ExitNoTraces},
		{"for ever", `{"status":{"state":"pending","startTime":"2026-09-01T10:00:00Z"}}`,
			"ci-watched 7 has not ended since 2026-09-01 10:00:00 UTC", ExitNoTraces},
		{"not there", "", "cannot find gs://kubernetes-ci-logs/logs/ci-watched/7: nothing in bucket kubernetes-ci-logs", ExitNotFound},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, server, _ := watcher(t, func(*gcstest.Server, int) { t.Error("it waits") })
			g.choice.withTraces = true
			if tt.prowjob != "" {
				server.PutBytes(watchedBucket, "logs/ci-watched/7/prowjob.json", []byte(tt.prowjob))
			}
			refs, err := openedRequest(t, g).session.Parse([]string{"gs://kubernetes-ci-logs/logs/ci-watched/7"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = g.session.Collect(t.Context(), refs)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || exitCode(err) != tt.code {
				t.Errorf("error %v, code %d\nwant  %s, code %d", err, exitCode(err), tt.want, tt.code)
			}
		})
	}
}

// collectedOf fetches what is named; it is closed when the test ends.
func collectedOf(t *testing.T, g *request, stderr fmt.Stringer, names ...string) *session.Collection {
	t.Helper()
	refs, err := openedRequest(t, g).session.Parse(names)
	if err != nil {
		t.Fatal(err)
	}
	c, err := g.session.Collect(t.Context(), refs)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// The built-in pages say of a run that went on that there can be more by now.
func TestUnfinishedRunOnThePages(t *testing.T) {
	since := time.Now().Add(-14 * time.Minute)
	g, server, stderr := watcher(t, nil)
	g.watch = false
	going(server, "logs/ci-watched/7", since)
	server.Put(gcstest.Object{Bucket: watchedBucket, Name: "logs/ci-watched/7/artifacts/step/otlp/a.otel", Data: []byte("x"), Updated: time.Now()})
	c := collectedOf(t, g, stderr, "gs://kubernetes-ci-logs/logs/ci-watched/7")
	note := g.pageInfo(c.Inputs).Note
	for _, want := range []string{
		"The run was still running at " + c.Inputs[0].Fetched.Listed.UTC().Format(time.DateTime) + " UTC, since " + since.UTC().Format(time.DateTime) + " UTC. Prow uploads artifacts at the end",
		"--watch",
	} {
		if !strings.Contains(note, want) {
			t.Errorf("the note lacks %q: %s", want, note)
		}
	}
	several := g.pageInfo(append(c.Inputs, &session.Input{Ref: prow.Local("./otlp")}))
	if several.Note != "ci-watched 7: "+note || len(several.Jobs) != 2 || several.Jobs[0].Title != "ci-watched 7" || several.Jobs[0].Run != "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/ci-watched/7" {
		t.Errorf("of several %+v", several)
	}
}

// Of a run that was lost nobody is told to wait for the end.
func TestLostRunOnThePages(t *testing.T) {
	g, server, stderr := watcher(t, nil)
	g.watch = false
	going(server, "logs/ci-watched/7", time.Date(2026, 9, 1, 10, 0, 0, 0, time.UTC))
	server.PutBytes(watchedBucket, "logs/ci-watched/7/artifacts/step/otlp/a.otel", []byte("x"))
	c := collectedOf(t, g, stderr, "gs://kubernetes-ci-logs/logs/ci-watched/7")
	const want = "UTC, since 2026-09-01 10:00:00 UTC, past its timeout: its pod was probably deleted, so artifacts may be missing."
	if note := g.pageInfo(c.Inputs).Note; !strings.HasSuffix(note, want) {
		t.Errorf("the note is %q, want %q at its end", note, want)
	}
}

// On a terminal one line says what is waited for.
func TestWaitingLine(t *testing.T) {
	now := time.Unix(100_000, 0)
	var b bytes.Buffer
	p := &progress{w: &b, terminal: true, width: 80, counts: new(fetch.Progress).Counts, began: now}
	look := func(name string, interval time.Duration) {
		p.wait(name, find.WaitProgress{State: runfile.Running, Since: now.Add(-time.Minute), Interval: interval, Next: interval}, now)
	}
	look("ci-x 7", 15*time.Second)
	p.show(now.Add(2 * time.Second))
	look("ci-x 7", 22*time.Second) // no news for a terminal
	look("ci-y 8", 10*time.Second)
	p.show(now.Add(3 * time.Second))
	p.waited("ci-x 7", now)
	p.waited("ci-y 8", now)
	p.show(now.Add(4 * time.Second))
	p.clear()
	want := "ci-x 7 is still running since 1970-01-02 03:45:40 UTC (1 min ago), and uploads artifacts at the end; looking again in 15s\n" +
		"\rnext look in 13s: ci-x 7 has been running for 1m2s\x1b[K" +
		"\r\x1b[Kci-y 8 is still running since 1970-01-02 03:45:40 UTC (1 min ago), and uploads artifacts at the end; looking again in 10s\n" +
		"\rnext look in 7s: waiting for 2 runs\x1b[K" +
		"\rlisting files\x1b[K\r\x1b[K"
	if got := b.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
