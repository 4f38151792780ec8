package find_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
)

// outside asks a store from a goroutine outside of a synctest bubble: inside,
// the client's connections would keep the clock from going on.
type outside struct {
	objstore.Store
	calls chan func()
	done  chan struct{}
}

func newOutside(t *testing.T, store objstore.Store) outside {
	o := outside{store, make(chan func()), make(chan struct{})}
	go func() {
		for call := range o.calls {
			call()
			o.done <- struct{}{}
		}
	}()
	t.Cleanup(func() { close(o.calls) })
	return o
}

func (o outside) ReadAll(_ context.Context, bucket, name string, limit int64) (data []byte, object objstore.Object, err error) {
	o.calls <- func() { data, object, err = o.Store.ReadAll(context.Background(), bucket, name, limit) }
	<-o.done
	return data, object, err
}

// change is what happens in the bucket before a look, numbered from 1.
type change struct {
	look int
	name string // "" breaks the server, "mend" mends it
	body string
}

func TestWait(t *testing.T) {
	// The clock of a bubble begins here.
	midnight := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ago time.Duration) string { return midnight.Add(-ago).Format(time.RFC3339) }
	prowjob := func(state, started, completed, config string) string {
		return fmt.Sprintf(`{"spec":{"decoration_config":{%s}},"status":{"state":%q,"startTime":%q,"pendingTime":%q,"completionTime":%q}}`, config, state, started, started, completed)
	}
	started := fmt.Sprintf(`{"timestamp":%d}`, midnight.Add(-14*time.Minute).Unix())
	const (
		passed  = `{"timestamp":946684900,"passed":true,"result":"SUCCESS"}`
		aborted = "{\n\t\"timestamp\": 946684770,\n\t\"passed\": false,\n\t\"result\": \"aborted\"\n}" // midnight -30 s
	)
	pending := prowjob("pending", at(14*time.Minute), "", "")
	tests := []struct {
		name    string
		changes []change
		want    runfile.State
		waits   string // of each pause: state and seconds
		reads   int
		err     string
	}{
		{"ended before", []change{{1, "finished.json", passed}}, runfile.Passed, "", 1, ""},
		{"ends", []change{{1, "started.json", started}, {1, "prowjob.json", pending}, {4, "finished.json", passed}}, runfile.Passed,
			"running 15, running 22.5, running 33.75", 3*2 + 1, ""},
		{"ends after a long time", []change{{1, "prowjob.json", pending}, {12, "finished.json", passed}}, runfile.Passed,
			"running 15, running 22.5, running 33.75, running 50.625, running 75.9375, running 113.90625, running 120, running 120, running 120, running 120, running 120", 11*2 + 1, ""},
		{"only started.json", []change{{1, "started.json", started}, {3, "finished.json", passed}}, runfile.Passed,
			"running 15, running 22.5", 3 + 2 + 1, ""},
		{"nothing there", nil, runfile.Unknown, "", 3, ""},
		{"half written", []change{{1, "finished.json", `{"timest`}}, runfile.Unknown, "", 1, ""},

		// Aborted: Prow's controllers see it before the pod has uploaded.
		{"aborted, the pod uploads", []change{{1, "prowjob.json", pending}, {2, "prowjob.json", prowjob("aborted", at(14*time.Minute), at(0), `"grace_period":"15m0s"`)},
			{3, "finished.json", aborted}, {5, "artifacts/otlp/kops-1.otel", "x"}, {5, "finished.json", strings.ToUpper(aborted)}}, runfile.Aborted,
			"running 15, aborted 22.5, aborted 33.75, aborted 50.625", 4*2 + 1, ""},
		{"aborted, nothing comes", []change{{1, "finished.json", aborted}, {1, "prowjob.json", prowjob("aborted", at(14*time.Minute), at(30*time.Second), `"grace_period":"15s"`)}}, runfile.Aborted,
			"aborted 15, aborted 22.5, aborted 33.75, aborted 50.625", 5 * 2, ""},
		{"aborted long ago", []change{{1, "finished.json", aborted}, {1, "prowjob.json", prowjob("aborted", at(9*time.Hour), at(5*time.Hour), `"grace_period":"15m"`)}}, runfile.Aborted, "", 2, ""},
		{"no finished.json, but over", []change{{1, "prowjob.json", prowjob("error", at(14*time.Minute), at(119*time.Second), "")}}, runfile.Errored, "error 15", 4, ""},

		// Runs that never end: of their timeout, and of Prow's for all pods.
		{"overdue", []change{{1, "prowjob.json", prowjob("pending", at(3*time.Hour+time.Second), "", `"timeout":"2h0m0s"`)}}, runfile.Running, "", 2, ""},
		{"almost overdue", []change{{1, "prowjob.json", prowjob("pending", at(3*time.Hour), "", `"timeout":"2h0m0s","grace_period":"30s"`)}}, runfile.Running, "running 15, running 22.5", 6, ""},
		{"overdue for want of a timeout", []change{{1, "prowjob.json", prowjob("pending", at(50*time.Hour), "", "")}}, runfile.Running, "", 2, ""},

		{"the store recovers", []change{{1, "prowjob.json", pending}, {2, "", ""}, {4, "mend", ""}, {5, "finished.json", passed}}, runfile.Passed,
			"running 15, running 22.5 failed, running 33.75 failed, running 50.625", 0, ""},
		{"the store does not recover", []change{{1, "", ""}}, runfile.Unknown,
			" 15 failed,  22.5 failed,  33.75 failed,  50.625 failed,  75.9375 failed,  113.90625 failed,  120 failed", 0, "HTTP 503"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newSample(t)
			run := prow.Run{Provider: "gs", Bucket: bucketName, Root: "logs/ci-watched/7", Job: "ci-watched", Build: "7"}
			apply := func(look int) {
				for _, c := range test.changes {
					switch {
					case c.look != look:
					case c.name == "":
						s.Fault(gcstest.Match{}, gcstest.Status(http.StatusServiceUnavailable))
					case c.name == "mend":
						s.ClearFaults()
					default:
						s.put(run.Root+"/"+c.name, c.body)
					}
				}
			}
			store := newOutside(t, s.store)
			synctest.Test(t, func(t *testing.T) {
				apply(1)
				var waits []string
				var expected time.Duration
				state, err := find.Wait(t.Context(), store, run, find.WaitOptions{
					Jitter: func() float64 { return 0.5 },
					Progress: func(s find.WaitProgress) {
						if s.Next != s.Interval {
							t.Errorf("%v of %v", s.Next, s.Interval)
						}
						if !s.Since.IsZero() && s.State == runfile.Running && s.Since.After(midnight) {
							t.Errorf("running since %v", s.Since)
						}
						failed := ""
						if s.Err != nil {
							failed = " failed"
						}
						expected += s.Next
						waits = append(waits, fmt.Sprintf("%s %g%s", s.State, s.Next.Seconds(), failed))
						apply(len(waits) + 1)
					},
				})
				if got := strings.Join(waits, ", "); state != test.want || got != test.waits {
					t.Errorf("got %q after %s\nwant %q after %s", state, got, test.want, test.waits)
				}
				if err != nil && (test.err == "" || !strings.Contains(err.Error(), test.err)) || err == nil && test.err != "" {
					t.Errorf("error %v, want %s", err, test.err)
				}
				if got := time.Since(midnight); got != expected {
					t.Errorf("it took %v, want %v", got, expected)
				}
			})
			if got := s.requests(); test.reads > 0 && got != [2]int{0, test.reads} {
				t.Errorf("%d listings and %d readings, want none and %d", got[0], got[1], test.reads)
			}
		})
	}
}

// A run that was just triggered has a link before it has objects.
func TestWaitForANewbornRun(t *testing.T) {
	s := newSample(t)
	store := newOutside(t, s.store)
	synctest.Test(t, func(t *testing.T) {
		<-time.After(time.Until(noon.Add(5 * time.Minute))) // it is five minutes old
		run := prow.Run{Provider: "gs", Bucket: bucketName, Job: "ci-watched", Build: ago(0)}
		run.Root = "logs/ci-watched/" + run.Build
		waits := 0
		state, err := find.Wait(t.Context(), store, run, find.WaitOptions{Jitter: func() float64 { return 0 }, Progress: func(s find.WaitProgress) {
			waits++
			if s.State != runfile.Unknown || !s.Since.Equal(noon) || s.Next != s.Interval*4/5 {
				t.Errorf("sight %+v", s)
			}
		}})
		// 12, 18, 27, 40.5, 60.75 and 91.125 s are less than five minutes.
		if state != runfile.Unknown || err != nil || waits != 7 {
			t.Errorf("%q, %v after %d pauses", state, err, waits)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	s := newSample(t)
	store := newOutside(t, s.store)
	run := prow.Run{Provider: "gs", Bucket: bucketName, Root: s.runs[ago(time.Hour)], Job: periodic, Build: ago(time.Hour)}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		time.AfterFunc(20*time.Second, cancel)
		if _, err := find.Wait(ctx, store, run, find.WaitOptions{}); !errors.Is(err, context.Canceled) || time.Since(began) != 20*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestWaitIsNotAllowedToLook(t *testing.T) {
	s := newSample(t)
	s.Private("secret-bucket", "token")
	run := prow.Run{Provider: "gs", Bucket: "secret-bucket", Root: "logs/x/7", Job: "x", Build: "7"}
	state, err := find.Wait(t.Context(), s.store, run, find.WaitOptions{Progress: func(s find.WaitProgress) { t.Errorf("waits: %+v", s) }})
	if state != runfile.Unknown || err != nil {
		t.Errorf("%q, %v", state, err)
	}
}
