package gcs

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/storehttp"
	"prowtrace/objstore"
)

// A server that says nothing is told of early, asked again, and given up after the third
// time, on a new connection as on one that was used before.
func TestSilence(t *testing.T) {
	const firstSign = 150 * time.Millisecond
	never := make(chan struct{})
	list := func(ctx context.Context, c *Client) error {
		for _, err := range c.List(ctx, "b", "", "") {
			if err != nil {
				return err
			}
		}
		return nil
	}
	listDir := func(ctx context.Context, c *Client) error {
		for _, err := range c.ListDir(ctx, "b", "", objstore.Bounds{}) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	read := func(ctx context.Context, c *Client) error {
		return c.Read(ctx, objstore.Object{Bucket: "b", Name: "x", Size: 1000}, io.Discard)
	}
	readAll := func(ctx context.Context, c *Client) error {
		_, _, err := c.ReadAll(ctx, "b", "x", 5000)
		return err
	}
	for _, tt := range []struct {
		name   string
		op     gcstest.Op
		effect gcstest.Effect
		do     func(context.Context, *Client) error
	}{
		{"headers of a listing", gcstest.List, gcstest.StallHeaders(never), list},
		{"body of a listing", gcstest.List, gcstest.StallBody(0, never), list},
		{"headers of a directory", gcstest.List, gcstest.StallHeaders(never), listDir},
		{"headers of an object", gcstest.Get, gcstest.StallHeaders(never), read},
		{"body of an object", gcstest.Get, gcstest.StallBody(0, never), read},
		{"headers of metadata", gcstest.Get, gcstest.StallHeaders(never), readAll},
	} {
		for _, used := range []bool{false, true} {
			t.Run(tt.name+map[bool]string{true: ", used connection"}[used], func(t *testing.T) {
				t.Parallel() // each only waits; a busy machine must not be silent for so long
				s := gcstest.New(t)
				s.PutBytes("b", "x", noise(1000))
				var told atomic.Int64
				c := client(t, s, func(o *Options) {
					o.FirstSign, o.StallTimeout = firstSign, 6*firstSign
					o.Silent = func(host string, since time.Duration) {
						if host != s.Host || since != firstSign {
							t.Errorf("%s is silent for %s", host, since)
						}
						told.Add(1)
					}
				})
				if used {
					if err := tt.do(t.Context(), c); err != nil {
						t.Fatal(err)
					}
				}
				before := s.Count(tt.op, "")
				s.Fault(gcstest.Match{Op: tt.op}, tt.effect)
				err := tt.do(t.Context(), c)
				var unreachable *objstore.UnreachableError
				if !errors.As(err, &unreachable) || unreachable.Cause != objstore.TooSlow {
					t.Errorf("error %v", err)
				}
				if asked := s.Count(tt.op, "") - before; asked != storehttp.MostSilences {
					t.Errorf("%d requests, want %d", asked, storehttp.MostSilences)
				}
				if n := told.Load(); n < 1 || n > storehttp.MostSilences {
					t.Errorf("told %d times", n)
				}
			})
		}
	}
}

// What comes in pieces, each with a pause below the limit, is not silent.
func TestSlowIsNotSilent(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", noise(100_000))
	for range storehttp.MostSilences + 2 { // each time some bytes more
		s.Fault(gcstest.Match{Op: gcstest.Get, Times: 1}, gcstest.StallBody(10_000, make(chan struct{})))
	}
	c := client(t, s, func(o *Options) { o.StallTimeout = 400 * time.Millisecond })
	if got, err := download(t, c, "b", "x"); err != nil || len(got) != 100_000 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
