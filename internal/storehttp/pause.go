package storehttp

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// pause holds all requests back while the server wants none (Retry-After): when
// one of many parallel readers is told so, the others need not ask.
type pause struct {
	log func(string, ...any)

	mu    sync.Mutex
	until time.Time
}

const longestPause = time.Minute

func (p *pause) obey(res *http.Response) {
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
		return
	}
	d := retryAfter(res.Header.Get("Retry-After"), time.Now())
	if d <= 0 {
		return
	}
	p.log("the server asks for a pause of %s (HTTP %d)", d, res.StatusCode)
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := time.Now().Add(d); t.After(p.until) {
		p.until = t
	}
}

func (p *pause) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		d := time.Until(p.until)
		p.mu.Unlock()
		if d <= 0 {
			return nil
		}
		// Up to a quarter more, so that not all come back in the same moment.
		if err := Sleep(ctx, d+rand.N(d/4+1)); err != nil {
			return err
		}
	}
}

// retryAfter reads the header (RFC 9110, 10.2.3: seconds or a date), at most a minute.
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, longestPause)
	}
	if t, err := http.ParseTime(value); err == nil {
		return min(max(t.Sub(now), 0), longestPause)
	}
	return 0
}

// Sleep waits, or returns the error of the context that ended before.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
