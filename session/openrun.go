package session

import (
	"cmp"
	"context"
	"sync"
	"time"

	"prowtrace/prow"
	"prowtrace/triage/report"
)

// An OpenRun is one visitor's lease on a run that OpenRuns keeps. Nothing of the run may be
// used after Release. It is safe for concurrent use.
type OpenRun struct {
	of    *OpenRuns
	entry *openEntry
	once  sync.Once
	meter func(bytes int64) // see Meter
}

// Ref is what was loaded: a run, maybe limited to a part of its traces.
func (o *OpenRun) Ref() prow.Ref { return o.entry.ref }

// Loaded is what was loaded. Its owner is OpenRuns: the caller acquires Views of it, and
// must not close it.
func (o *OpenRun) Loaded() *Loaded { return o.entry.loaded }

// Input is the run.
func (o *OpenRun) Input() *Input { return o.entry.loaded.Inputs[0] }

// Kept gives a value that is kept with the run by its key, for as long as it is loaded. It
// is made by the first who asks. make must be quick, and must not call OpenRuns.
func (o *OpenRun) Kept(key any, make func() any) any {
	o.of.mu.Lock()
	defer o.of.mu.Unlock()
	v, ok := o.entry.kept[key]
	if !ok {
		v = make()
		o.entry.kept[key] = v
	}
	return v
}

// Meter lets Release tell how many bytes came from the run's bucket that nobody was told of:
// logs and other artifacts come after the load. It must be called before Release.
func (o *OpenRun) Meter(tell func(bytes int64)) { o.meter = tell }

// Release ends the lease. It may be called more than once.
func (o *OpenRun) Release() {
	o.once.Do(func() {
		r := o.of
		r.mu.Lock()
		came := int64(0)
		if o.meter != nil {
			came = o.entry.untold()
		}
		o.entry.leases--
		o.entry.used = r.o.Now()
		gone := r.last(o.entry)
		r.mu.Unlock()
		if came > 0 {
			o.meter(came)
		}
		_ = closeAll(gone) // files that cannot be unmapped stay so
	})
}

// openJudging is the judging of a run.
type openJudging struct {
	mu      sync.Mutex // guards what follows
	now     Judged
	err     error
	final   bool
	version int64
	changed chan struct{} // closed by the next step

	base   int64     // the version before its first step: that of a failure before
	failed time.Time // when it failed; guarded by OpenRuns.mu
}

func (j *openJudging) set(now Judged, err error, final bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.now, j.err, j.final = now, err, final
	j.version++
	close(j.changed)
	j.changed = make(chan struct{})
}

// Summary says what broke first in the run. It is judged once for all who ask, and kept with
// the run; secrets in its texts are masked. It must not be changed. Errors are those of ctx
// and of Loaded.Judge.
func (o *OpenRun) Summary(ctx context.Context) (*report.Summary, error) {
	for known := int64(0); ; {
		step, version, err := o.Judged(ctx, known)
		switch {
		case err != nil:
			return nil, err
		case step.Final:
			return step.Summary, nil
		case version == known:
			return nil, context.Cause(ctx)
		}
		known = version
	}
}

// Judged gives the step that judging the run has come to, and its version, which is at least
// 1. Where that is the known one it waits for another, but not beyond a final one or the
// end of ctx. 0 knows none. The first call begins. The error is why it could not be judged;
// a call after a while (Options.Failed) begins again then.
func (o *OpenRun) Judged(ctx context.Context, known int64) (Judged, int64, error) {
	j := o.judging()
	if known == 0 {
		known = j.base
	}
	for {
		j.mu.Lock()
		now, version, err, final, changed := j.now, j.version, j.err, j.final, j.changed
		j.mu.Unlock()
		if final || version != known {
			return now, version, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now, version, nil
		}
	}
}

// judging is the judging of the run, which begins with the first call, and again with one that
// comes a while after it has failed.
func (o *OpenRun) judging() *openJudging {
	r := o.of
	r.mu.Lock()
	defer r.mu.Unlock()
	e, base := o.entry, int64(0)
	if j := e.judged; j != nil {
		if j.failed.IsZero() || r.o.Now().Sub(j.failed) < r.o.Failed {
			return j
		}
		j.mu.Lock()
		base = j.version
		j.mu.Unlock()
	}
	j := &openJudging{changed: make(chan struct{}), base: base, version: base}
	e.judged = j
	if r.closed {
		j.err, j.final, j.version = ErrOpenRunsClosed, true, base+1
		return j
	}
	e.leases++
	lease := &OpenRun{of: r, entry: e}
	r.work.Go(func() {
		defer lease.Release()
		ctx, cancel := context.WithTimeout(r.ctx, r.o.Time)
		defer cancel()
		select {
		case r.judges <- struct{}{}:
			defer func() { <-r.judges }()
		case <-ctx.Done():
		}
		err := r.guard(e, func() error { return r.judge(ctx, lease, j) })
		if err != nil {
			r.mu.Lock()
			j.failed = r.o.Now()
			r.mu.Unlock()
			j.set(Judged{Final: true}, cmp.Or(context.Cause(r.ctx), err), true)
		}
	})
	return j
}

// judgeRun judges a run, and once more when late files have come.
func (r *OpenRuns) judgeRun(ctx context.Context, run *OpenRun, j *openJudging) error {
	l, in := run.Loaded(), run.Input()
	late := in.Late() > 0
	o := r.o.Judging
	o.Mark = true
	last := Judged{}
	o.Tell = func(step Judged) {
		if step.Summary != nil {
			step.Summary = step.Summary.Masked()
		}
		step.Final = step.Final && !late
		last = step
		if !step.Final {
			j.set(step, nil, false)
		}
	}
	_, err := l.Judge(ctx, in, o)
	if err == nil && late {
		came, _ := l.FetchRest(ctx) // what did not come is a problem of the run, and told there
		late = false
		if came {
			_, err = l.Judge(ctx, in, o)
		}
	}
	if err == nil {
		r.judgedAs(run, last, j)
	}
	return err
}

// judgedAs enters the last step of a judgement.
func (r *OpenRuns) judgedAs(run *OpenRun, last Judged, j *openJudging) {
	r.mu.Lock()
	run.entry.lacks = last.Again
	r.mu.Unlock()
	last.Final = true
	j.set(last, nil, true)
}
