package storehttp

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryAfterIsRead(t *testing.T) {
	now := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "-7": 0, "x": 0, "0": 0, "86400": time.Minute, "99999999999999": 0,
		"Wed, 01 Jan 2025 00:00:05 GMT": 5 * time.Second, "Tue, 31 Dec 2024 00:00:00 GMT": 0, "Thu, 02 Jan 2025 00:00:00 GMT": time.Minute,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("Retry-After %q: %s, want %s", value, got, want)
		}
	}
}

func TestPauseHoldsEveryoneBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pause{log: t.Logf}
		p.obey(&http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"20"}}})
		p.obey(&http.Response{StatusCode: 503, Header: http.Header{"Retry-After": {"5"}}})  // shorter: no matter
		p.obey(&http.Response{StatusCode: 200, Header: http.Header{"Retry-After": {"50"}}}) // no refusal
		start := time.Now()
		done := make(chan time.Duration)
		for range 3 {
			go func() {
				if err := p.wait(t.Context()); err != nil {
					t.Error(err)
				}
				done <- time.Since(start)
			}()
		}
		for range 3 {
			if d := <-done; d < 20*time.Second || d > 25*time.Second {
				t.Errorf("went on after %s, want 20 s and up to a quarter more", d)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		p.obey(&http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"20"}}})
		if err := p.wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled wait ended with %v", err)
		}
	})
}
