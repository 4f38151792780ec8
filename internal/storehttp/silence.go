package storehttp

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptrace"
	"sync"
	"time"
)

// MostSilences is how often in a row a server may give no byte within the limit
// before an operation is given up.
const MostSilences = 3

// silence counts how often in a row the requests of one operation, the reading of an
// object or a listing, ended without a byte within the limit. One goroutine makes
// them, so no lock is needed. All methods allow nil.
type silence struct{ times int }

type silenceKey struct{}

// WithOperation makes the requests under the context one operation: their silences
// are counted together. One goroutine makes them.
func WithOperation(ctx context.Context) context.Context {
	return context.WithValue(ctx, silenceKey{}, &silence{})
}

func silenceOf(ctx context.Context) *silence {
	s, _ := ctx.Value(silenceKey{}).(*silence)
	return s
}

// ended counts a silence of the given length and gives the error of it.
func (s *silence) ended(limit time.Duration) *SilentError {
	if s == nil {
		return &SilentError{limit, 1}
	}
	s.times++
	return &SilentError{limit, s.times}
}

// next is called before each request of the operation.
func (s *silence) next(limit time.Duration) error {
	if s != nil && s.times >= MostSilences {
		return &SilentError{limit, s.times}
	}
	return nil
}

func (s *silence) broken() {
	if s != nil {
		s.times = 0
	}
}

// A SilentError is an answer that did not come, or did not go on. It is final after
// MostSilences.
type SilentError struct {
	limit time.Duration
	times int // in a row
}

func (e *SilentError) Error() string {
	if e.times == 1 {
		return fmt.Sprintf("no data for %s", e.limit)
	}
	return fmt.Sprintf("no data for %s, %d times in a row", e.limit, e.times)
}

// Temporary reports whether the request may be made again.
func (e *SilentError) Temporary() bool { return e.times < MostSilences }

// A vigil watches over one request: it tells of a silence when it begins to last, and
// ends the request when it lasts too long. Neither the library nor the transport has
// anything against a body that stalls, and the transport repeats a request by itself on
// a connection that it has used before, which nobody would count.
type vigil struct {
	context.Context // of the request
	silence         *silence
	limit           time.Duration
	end             context.CancelCauseFunc
	told, ended     *time.Timer
}

// errSilent is why a vigil ends a request.
var errSilent = errors.New("silent for too long")

// watch begins a vigil: the limit counts from when there is a connection, which has
// limits of its own.
func (t *Transport) watch(ctx context.Context) *vigil {
	v := &vigil{silence: silenceOf(ctx), limit: t.opts.StallTimeout}
	ctx, v.end = context.WithCancelCause(ctx)
	v.told = time.AfterFunc(t.opts.FirstSign, t.quiet.tell)
	v.ended = time.AfterFunc(v.limit, func() { v.end(errSilent) })
	v.ended.Stop()
	v.Context = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { v.ended.Reset(v.limit) }})
	return v
}

// wait is called before something is waited for, came behind it with its error, which
// it gives or replaces.
func (v *vigil) wait(first time.Duration) {
	v.told.Reset(first)
	v.ended.Reset(v.limit)
}

func (v *vigil) came(err error) error {
	v.told.Stop()
	v.ended.Stop()
	if err != nil && context.Cause(v) == errSilent {
		return v.silence.ended(v.limit)
	}
	return err
}

// quiet tells of silences, whichever requests have them: once in a while, for in a bad
// network all requests are silent at the same time.
type quiet struct {
	report func(time.Duration)
	first  time.Duration
	every  time.Duration

	mu   sync.Mutex
	last time.Time
}

func (q *quiet) tell() {
	q.mu.Lock()
	now := time.Now()
	again := now.Sub(q.last) >= q.every
	if again {
		q.last = now
	}
	q.mu.Unlock()
	if again {
		q.report(q.first)
	}
}
