package team

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
)

// An Allowance is what one visitor may have the server load. What is loaded already costs
// nothing. Zero fields stand for the values that are named.
type Allowance struct {
	Loads int           // at once, and searches for runs; as many calls of agents; 0: 4
	Bytes int64         // from buckets in a period; 0: 20 GiB
	Spans int           // loaded in a period; 0: 50 million
	Per   time.Duration // the period; 0: an hour
}

// visitors keeps an account of each visitor. It is safe for concurrent use.
type visitors struct {
	allow Allowance
	now   func() time.Time

	mu      sync.Mutex
	all     map[string]*account
	loading map[loadKey]*account // who began a load
}

// loadKey tells loads apart: also that of a run from that of a part of it.
type loadKey struct {
	run  prow.Run
	part string
}

// account is what one visitor has had.
type account struct {
	since time.Time // when the period began
	loads int
	bytes int64
	spans int
	calls chan struct{} // has an element for each call under way

	progress *fetch.Progress // of what sessions bring for the visitor, which counts besides
	before   int64           // bytes of it that came before the period
}

// had is how many bytes were loaded in the period.
func (a *account) had() int64 { return a.bytes + a.progress.Counts().Received() - a.before }

// mostAccounts bounds the accounts; visitors beyond share one.
const mostAccounts = 50_000

func newVisitors(allow Allowance, now func() time.Time) *visitors {
	allow.Loads = cmp.Or(allow.Loads, 4)
	allow.Bytes = cmp.Or(allow.Bytes, 20<<30)
	allow.Spans = cmp.Or(allow.Spans, 50_000_000)
	allow.Per = cmp.Or(allow.Per, time.Hour)
	return &visitors{allow: allow, now: now, all: map[string]*account{}, loading: map[loadKey]*account{}}
}

// of gives the account of a visitor. The caller has the lock.
func (v *visitors) of(who string) *account {
	now := v.now()
	a := v.all[who]
	if a == nil {
		if len(v.all) >= mostAccounts {
			v.sweep(now)
		}
		if len(v.all) >= mostAccounts {
			who = ""
		}
		if a = v.all[who]; a == nil {
			a = &account{since: now, calls: make(chan struct{}, v.allow.Loads), progress: new(fetch.Progress)}
			v.all[who] = a
		}
	}
	if now.Sub(a.since) >= v.allow.Per {
		a.since, a.bytes, a.spans, a.before = now, 0, 0, a.progress.Counts().Received()
	}
	return a
}

// sweep forgets accounts that say nothing any more.
func (v *visitors) sweep(now time.Time) {
	for who, a := range v.all {
		if a.loads == 0 && len(a.calls) == 0 && now.Sub(a.since) >= v.allow.Per {
			delete(v.all, who)
		}
	}
}

// begin says how far a run is, and begins its load where nobody has and the visitor may. The
// error is, or wraps, a *userError.
func (v *visitors) begin(who string, runs *session.OpenRuns, ref prow.Ref) (session.OpenState, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.of(who)
	if err := cmp.Or(v.busy(who, a), v.exhausted(who, a)); err != nil {
		if state, ok := runs.Peek(ref); ok {
			return state, nil
		}
		return session.OpenState{}, err
	}
	state := runs.Begin(ref)
	if state.Began {
		a.loads++
		v.loading[loadKey{ref.Run, (&session.Input{Ref: ref}).Part()}] = a
	}
	return state, nil
}

// search counts a search of a visitor among his loads until done is called. The error is,
// or wraps, a *userError.
func (v *visitors) search(who string) (done func(), err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.of(who)
	if err := v.busy(who, a); err != nil {
		return nil, err
	}
	return v.count(a), nil
}

// load counts a load that the caller does by itself until done is called. The error is,
// or wraps, a *userError.
func (v *visitors) load(who string) (done func(), err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.of(who)
	if err := cmp.Or(v.busy(who, a), v.exhausted(who, a)); err != nil {
		return nil, err
	}
	return v.count(a), nil
}

// count counts a load until done is called. The caller has the lock.
func (v *visitors) count(a *account) (done func()) {
	a.loads++
	return func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		a.loads--
	}
}

// call waits until a visitor may have one more call under way. The error is that of ctx.
func (v *visitors) call(ctx context.Context, who string) (done func(), err error) {
	v.mu.Lock()
	calls := v.of(who).calls
	v.mu.Unlock()
	select {
	case calls <- struct{}{}:
		return func() { <-calls }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// spent refuses a visitor who has had his share. The error is a *userError.
func (v *visitors) spent(who string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.exhausted(who, v.of(who))
}

// progress counts what sessions bring for a visitor.
func (v *visitors) progress(who string) *fetch.Progress {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.of(who).progress
}

// charge counts bytes that came from a bucket.
func (v *visitors) charge(who string, bytes int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.of(who).bytes += bytes
}

// busy refuses a load while others of the visitor go on.
func (v *visitors) busy(who string, a *account) error {
	if a.loads < v.allow.Loads {
		return nil
	}
	return busyError{tellUser(http.StatusTooManyRequests, subject(who)+" "+text.Count(a.loads, "run")+" loading already", "Wait for one of them. Runs that are loaded already still open.")}
}

// exhausted refuses a load where the visitor has had his share.
func (v *visitors) exhausted(who string, a *account) error {
	had := ""
	switch {
	case a.had() >= v.allow.Bytes:
		had = text.Size(a.had())
	case a.spans >= v.allow.Spans:
		had = text.Count(a.spans, "span")
	default:
		return nil
	}
	return tellUser(http.StatusTooManyRequests, subject(who)+" had "+had+" loaded within "+v.allow.Per.String(), "Runs that are loaded already still open. Try this one again later.")
}

// subject begins a sentence about a visitor.
func subject(who string) string {
	if name, ok := strings.CutPrefix(who, together); ok {
		return name + " has"
	}
	return "You have"
}

// ended hears that a load has ended, which may be of nobody's account.
func (v *visitors) ended(e session.EndedLoad) {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := loadKey{e.Run, e.Part}
	if a := v.loading[key]; a != nil {
		delete(v.loading, key)
		a.loads--
		a.bytes += e.Bytes
		a.spans += e.Spans
	}
}
