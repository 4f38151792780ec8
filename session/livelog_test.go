package session_test

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/session"
)

const running = "gs://kubernetes-ci-logs/logs/e2e-kops-gce-upgrade-k134/1900550000000000006"

// The log of a run that has not ended comes from Deck, grows, and is there offline.
func TestLiveLog(t *testing.T) {
	o, _, _ := sample(t)
	o.Untraced = true
	text := "one\n"
	var asked []string
	o.LiveLog = func(_ context.Context, host string, run prow.Run, container string) (io.ReadCloser, error) {
		asked = append(asked, host+" "+run.Job+" "+run.Build+" "+container)
		if text == "" {
			return nil, find.ErrNoLog
		}
		return io.NopCloser(strings.NewReader(text)), nil
	}
	l, err := load(t, o, running)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	in := l.Inputs[0]
	logs, err := in.Logs(t.Context())
	if err != nil || len(logs) != 1 || !logs[0].Live || logs[0].Name != "build-log.txt" || logs[0].Of.Container != "test" || len(in.LogLosses()) != 0 {
		t.Fatalf("%d logs, %v, lost %v", len(logs), err, in.LogLosses())
	}
	first := logs[0]
	if same, err := in.LaterLog(t.Context(), first); err != nil || same != first {
		t.Errorf("it has not grown, but is another: %v", err)
	}
	text += "two\n"
	later, err := in.LaterLog(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	before, err := first.Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now, err := later.Lines(t.Context())
	if err != nil || before.Len() != 1 || now.Len() != 2 {
		t.Errorf("%d lines, then %d, %v", before.Len(), now.Len(), err)
	}
	if logs, _ := in.Logs(t.Context()); logs[0] != later {
		t.Error("the longer one is not the run's")
	}
	if asked[0] != "prow.k8s.io e2e-kops-gce-upgrade-k134 1900550000000000006 test" || len(asked) != 3 {
		t.Errorf("asked %q", asked)
	}
	text = ""
	if _, err := in.LaterLog(t.Context(), later); !errors.Is(err, find.ErrNoLog) {
		t.Errorf("after the end: %v", err)
	}

	o.Offline = true
	off, err := load(t, o, running)
	if err != nil {
		t.Fatal(err)
	}
	defer off.Close()
	if logs, err := off.Inputs[0].Logs(t.Context()); err != nil || len(logs) != 1 || logs[0].Size != 8 || len(asked) != 4 {
		t.Errorf("offline: %d logs, %v, asked %q", len(logs), err, asked)
	}
}

// The log is asked for at a known Prow, whatever host the link of the run names.
func TestLiveLogOfUnknownHost(t *testing.T) {
	o, _, server := sample(t)
	o.Untraced = true
	var asked []string
	o.LiveLog = func(_ context.Context, host string, _ prow.Run, _ string) (io.ReadCloser, error) {
		asked = append(asked, host)
		return nil, find.ErrNoLog
	}
	server.PutBytes("demo-bucket", "logs/j/7/started.json", []byte(`{"timestamp":1795586742}`))
	for _, link := range []string{"http://127.0.0.1:22/view/gs/demo-bucket/logs/j/7", "http://prow.k8s.io:22/view/gs/" + strings.TrimPrefix(running, "gs://"), "http://prow.istio.io/view/gs/demo-bucket/logs/j/7"} {
		l, err := load(t, o, link)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Inputs[0].Logs(t.Context()); err != nil {
			t.Error(err)
		}
		l.Close()
	}
	if got := strings.Join(asked, " "); got != "prow.k8s.io prow.istio.io" {
		t.Errorf("asked %q", got)
	}
}

// Where Deck has no log, that is told.
func TestNoLiveLog(t *testing.T) {
	o, _, server := sample(t)
	o.Untraced = true
	o.LiveLog = func(context.Context, string, prow.Run, string) (io.ReadCloser, error) {
		return nil, find.ErrNoLog
	}
	server.PutBytes("demo-bucket", "logs/j/7/started.json", []byte(`{"timestamp":1795586742}`))
	for link, why := range map[string]string{running: "no log in Deck", "gs://demo-bucket/logs/j/7": "no known Prow page shows it"} {
		l, err := load(t, o, link)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		logs, err := l.Inputs[0].Logs(t.Context())
		if lost := l.Inputs[0].LogLosses(); err != nil || len(logs) != 0 || len(lost) != 1 || !strings.Contains(lost[0].Why, why) {
			t.Errorf("%d logs, %v, lost %v", len(logs), err, lost)
		}
	}
}

// Logs are followed until the run has ended; what keeps failing is told in the end.
func TestFollowLogs(t *testing.T) {
	for _, tt := range []struct {
		name  string
		texts []string // as Deck shows them at each look; "" is none
		final string   // the object, at the look behind these; "" is none
		want  string   // sizes
		err   error
	}{
		{"it grows and ends", []string{"one\n", "one\n", "one\ntwo\n", ""}, "one\ntwo\nthree\n", "8 14", nil},
		{"Deck has it after its end", []string{"one\n", "one\n"}, "one\n", "4", nil},
		{"the pod is gone, and leaves nothing", []string{"one\n"}, "", "", find.ErrNoLog},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, _, server := sample(t)
			o.Untraced = true
			looks := 0
			o.LiveLog = func(context.Context, string, prow.Run, string) (io.ReadCloser, error) {
				if looks < len(tt.texts) && tt.texts[looks] != "" {
					return io.NopCloser(strings.NewReader(tt.texts[looks])), nil
				}
				return nil, find.ErrNoLog
			}
			slept := time.Duration(0)
			o.Sleep = func(ctx context.Context, d time.Duration) error {
				slept += d
				if looks++; looks == len(tt.texts) && tt.final != "" {
					server.PutBytes("kubernetes-ci-logs", strings.TrimPrefix(running, "gs://kubernetes-ci-logs/")+"/build-log.txt", []byte(tt.final))
				}
				return ctx.Err()
			}
			l, err := load(t, o, running)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var sizes []string
			var last *session.Log
			for log, err := range l.Inputs[0].FollowLogs(t.Context()) {
				if err != nil {
					if !errors.Is(err, tt.err) || tt.err == nil {
						t.Error(err)
					}
					tt.err = nil
					continue
				}
				sizes, last = append(sizes, strconv.FormatInt(log.Size, 10)), log
			}
			if got := strings.Join(sizes, " "); got != tt.want || tt.err != nil {
				t.Errorf("sizes %q, want %q; no error %v", got, tt.want, tt.err)
			}
			if last != nil && (last.Live || last.Unchecked) {
				t.Errorf("in the end %+v", last)
			}
			if slept > 15*time.Minute {
				t.Errorf("it took %v", slept)
			}
		})
	}
}
