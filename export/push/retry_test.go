package push

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"prowtrace/internal/otlptest"
	"prowtrace/internal/otlpwire"
)

// refusing is a transport that refuses everything.
type refusing struct{ e RefusedError }

func (r refusing) send(context.Context, *request) (answer, error) { e := r.e; return answer{}, &e }
func (r refusing) close() error                                   { return nil }

// Pauses double, are spread, follow the receiver's wishes, and end when the allowed time is
// over.
func TestPauses(t *testing.T) {
	plan := NewPlan(joinedView(t, otlptest.Made(t)), Joined, false)
	for _, c := range []struct {
		name   string
		e      RefusedError
		jitter float64
		span   time.Duration
		want   []time.Duration
		gaveUp bool
	}{
		{"half of it", RefusedError{again: true}, 0, 20 * time.Second, []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, true},
		{"nearly all of it", RefusedError{again: true}, 1, 20 * time.Second, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}, true},
		{"as asked", RefusedError{again: true, pause: 7 * time.Second}, 0, 20 * time.Second, []time.Duration{7 * time.Second, 7 * time.Second}, true},
		{"asked for more than allowed", RefusedError{again: true, pause: time.Hour}, 0, 20 * time.Second, nil, true},
		{"never", RefusedError{again: true}, 0, -1, nil, false},
		{"not worth it", RefusedError{}, 0, 20 * time.Second, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var pauses []time.Duration
				client := &Client{to: refusing{c.e}, most: maxBytes, target: Target{Timeout: time.Second}, o: Options{
					RetryFor: c.span, Sleep: sleep, Jitter: func() float64 { return c.jitter }, Retrying: func(_ error, d time.Duration) { pauses = append(pauses, d) },
				}}
				began := time.Now()
				report, err := client.Send(t.Context(), plan, 0)
				var gaveUp *GaveUpError
				var refused *RefusedError
				if !errors.As(err, &refused) || errors.As(err, &gaveUp) != c.gaveUp || report.Spans != 0 || !slices.Equal(pauses, c.want) {
					t.Errorf("%v after pauses %v, %+v", err, pauses, report)
				}
				if took := time.Since(began); took > max(c.span, 0) {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
	if d := pauseOf(1000, 0, func() float64 { return 1 }); d != mostPause {
		t.Errorf("after 1000 tries the pause is %v", d)
	}
}

// A pause between two tries ends when the context ends.
func TestPauseEnds(t *testing.T) {
	plan := NewPlan(joinedView(t, otlptest.Made(t)), Joined, false)
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("Ctrl-C")
		ctx, cancel := context.WithCancelCause(t.Context())
		client := &Client{to: refusing{RefusedError{again: true}}, most: maxBytes, target: Target{Timeout: time.Second}, o: Options{
			RetryFor: time.Hour, Sleep: sleep, Jitter: func() float64 { return 0 }, Retrying: func(error, time.Duration) { cancel(why) },
		}}
		if _, err := client.Send(ctx, plan, 0); !errors.Is(err, why) {
			t.Error(err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 18, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "-3": 0, "soon": 0, "99999999": mostAsked,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second, now.Add(-time.Hour).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// FuzzAnswer reads any answer of a receiver.
func FuzzAnswer(f *testing.F) {
	delay, err := proto.Marshal(durationpb.New(90 * time.Second))
	if err != nil {
		f.Fatal(err)
	}
	info := otlpwire.AppendBytes(nil, 1, delay)
	if got := readRetryInfo(info); got != 90*time.Second {
		f.Fatal(got)
	}
	f.Add(info)
	f.Add(otlpwire.AppendBytes(nil, 1, otlpwire.AppendOptional(otlpwire.AppendNumber(nil, 1, 5), 2, "text")))
	f.Add([]byte("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := readRetryInfo(b); got < 0 || got > mostAsked+time.Second {
			t.Errorf("a pause of %v", got)
		}
		if a := readAnswer(b); len(a.message) > len(b) {
			t.Errorf("%d bytes of text from %d", len(a.message), len(b))
		}
	})
}
