package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"prowtrace/prow"
	"prowtrace/trace"
	"prowtrace/triage"
	"prowtrace/triage/diff"
)

// Differing says what a run is compared with, and how.
type Differing struct {
	Known  *triage.Matcher
	Good   *Input                // of what was loaded; nil: the last runs of the job that passed
	Number int                   // of these
	Page   func(prow.Run) string // the address of a run's page; nil, or "": is not known

	// Tell hears how many passing runs have come of how many, one call at a time. It may be
	// nil.
	Tell func(some, all int)
}

// NoPassingError: there is no passing run to compare with.
type NoPassingError struct {
	Run prow.Run
	Err error // why; nil: those that were found could not be read
}

func (e *NoPassingError) Error() string {
	said := "cannot find a passing run to compare with"
	if e.Err != nil {
		said += ": " + e.Err.Error()
	}
	return said
}

// Unwrap gives the cause.
func (e *NoPassingError) Unwrap() error { return e.Err }

// Diff compares a run that was loaded with another one, or with the last runs of its job that
// passed: those before it, or the newest where there is none before. What cannot be had is a
// gap of the Diff. Errors are *NoPassingError, and those of ctx and of the files.
func (l *Loaded) Diff(ctx context.Context, in *Input, o Differing) (d *diff.Diff, err error) {
	if err := l.JoinLogs(ctx); ctx.Err() != nil { // what could not be joined is a loss of the logs
		return nil, err
	}
	view, release := l.Acquire()
	defer release()
	if view == nil {
		return nil, trace.ErrClosed
	}
	bad, gaps, err := l.subject(ctx, in, view, o)
	if err != nil {
		return nil, err
	}
	var good []diff.Subject
	if o.Good != nil {
		one, more, err := l.subject(ctx, o.Good, view, o)
		if err != nil {
			return nil, err
		}
		good, gaps = append(good, one), append(gaps, more...)
	} else {
		base, err := l.passingBefore(ctx, in, o)
		defer func() { err = errors.Join(err, base.Close()) }()
		if err != nil {
			return nil, err
		}
		for i, e := range base.Evidence {
			good = append(good, diff.Subject{Evidence: e, About: l.aboutRun(base.inputs[i], o)})
		}
		if len(good) < o.Number {
			gaps = append(gaps, diff.Gap{What: "passing runs", Why: fmt.Sprintf("only %d of %d found", len(good), o.Number)})
		}
	}
	if d, err = diff.Compare(ctx, good, bad, o.Known); err == nil {
		d.Gaps = slices.Concat([]diff.Gap{}, gaps, d.Gaps)
	}
	return d, err
}

// subject is a run that was loaded, to be compared.
func (l *Loaded) subject(ctx context.Context, in *Input, view *trace.View, o Differing) (s diff.Subject, gaps []diff.Gap, err error) {
	e, lost := withoutLogs(in, l.ToldBy(in), view)
	more, err := addLogs(ctx, in, e)
	for _, loss := range append(lost, more...) {
		gaps = append(gaps, diff.Gap{What: cmp.Or(loss.File, "files of "+in.Title()), Why: loss.Why})
	}
	return diff.Subject{Evidence: e, About: l.aboutRun(in, o)}, gaps, err
}

func (l *Loaded) aboutRun(in *Input, o Differing) diff.About {
	of := l.joining.session.about(in, o.Page)
	return diff.About{Job: of.Job, Build: of.Build, URL: of.URL, Change: of.Change, Address: of.Address}
}

// passingBefore gives passing runs from before an input's, or the newest where there are none.
func (l *Loaded) passingBefore(ctx context.Context, in *Input, o Differing) (*Baseline, error) {
	tell := o.Tell
	if tell == nil {
		tell = func(int, int) {}
	}
	s := l.joining.session
	b, err := s.passing(ctx, in, o.Number, true, tell, nil)
	if ctx.Err() == nil && len(b.Runs) == 0 {
		if closing := b.Close(); closing != nil {
			return b, closing
		}
		b, err = s.passing(ctx, in, o.Number, false, tell, nil)
	}
	switch {
	case ctx.Err() != nil:
		return b, ctx.Err()
	case len(b.Runs) == 0:
		return b, &NoPassingError{in.Ref.Run, err}
	}
	return b, nil
}

// LastPassing is the last run of an input's job that passed before it, or the newest where
// none did. Errors are *NoPassingError, and that of ctx.
func (s *Session) LastPassing(ctx context.Context, in *Input) (prow.Ref, error) {
	var why error
	for _, before := range []bool{true, false} {
		refs, err := s.passingRefs(ctx, in, 1, before)
		if ctx.Err() != nil {
			return prow.Ref{}, ctx.Err()
		}
		if len(refs) > 0 {
			return refs[0], nil
		}
		why = cmp.Or(why, err)
	}
	return prow.Ref{}, &NoPassingError{in.Ref.Run, why}
}
