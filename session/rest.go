package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"prowtrace/prow/runfile"
)

// Late is how many files beside the traces were still on their way when Options.Patience
// was over.
func (in *Input) Late() (files int) {
	if in.Fetched == nil {
		return 0
	}
	for _, lost := range in.Fetched.Lost {
		if lost.Kind == runfile.LossLate {
			files += lost.Files
		}
	}
	return files
}

// FetchRest brings the files that were late, however long that takes. What they tell is
// in a newer View of the same traces, which takes the place of the current one. It
// reports whether it did. Inputs stay as they are.
//
// Errors are those of the buckets, of the cache and of ctx; a run that cannot be had
// keeps no other back.
func (l *Loaded) FetchRest(ctx context.Context) (came bool, err error) {
	var errs []error
	told := make([]*Input, len(l.joining.groups)) // those that came
	for i, in := range l.joining.groups {
		if in.Late() == 0 || in.fetchRest == nil {
			continue
		}
		result, err := in.fetchRest(ctx)
		if result == nil {
			errs = append(errs, fmt.Errorf("cannot fetch the rest of %s: %w", in.Title(), err))
			continue
		}
		whole := &Input{Ref: in.Ref, Trace: in.Trace, leftOut: in.leftOut}
		whole.setFetched(result)
		whole.Metadata()
		errs = append(errs, result.Close()) // in keeps the run in the cache
		told[i], came = whole, true
	}
	if !came {
		return false, errors.Join(errs...)
	}
	l.joining.mu.Lock()
	defer l.joining.mu.Unlock()
	view, release := l.Acquire()
	defer release()
	if view == nil {
		return false, errors.Join(errs...)
	}
	l.joining.told = slices.Clone(l.joining.told)
	for i, whole := range told {
		if whole != nil {
			l.joining.told[i] = whole
		}
	}
	return true, errors.Join(append(errs, l.joinAgain(ctx, view, l.Swap))...)
}
