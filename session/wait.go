package session

import (
	"context"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
)

// wait waits for the end of a run if that is wanted, and reports whether it had to.
// What came of it is for the fetch to tell, which looks in the same buckets.
func (s *Session) wait(ctx context.Context, store objstore.Store, run prow.Run) (waited bool, err error) {
	if !s.o.Watch {
		return false, nil
	}
	var state runfile.State
	for _, bucket := range s.o.Instances.Buckets(run.Bucket) {
		there := run
		there.Bucket = bucket.Name
		state, err = find.Wait(ctx, store, there, find.WaitOptions{
			Progress: func(progress find.WaitProgress) {
				waited = true
				s.tell(Waiting{run, progress})
			},
			Now:   s.o.Now,
			Sleep: s.o.Sleep,
		})
		if err != nil || state != runfile.Unknown {
			break
		}
	}
	if waited {
		s.tell(Waited{run, state})
	}
	if err != nil {
		return waited, &WaitError{run, err}
	}
	return waited, nil
}
