package find

import (
	"context"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// outcome reads how a run ended and when. For a run that has ended this takes one request,
// as [runfile.Metadata.State] explains. A pod that is being aborted has time to write
// FAILURE; with confirm, a second request checks each failure.
func outcome(ctx context.Context, store objstore.Store, run prow.Run, confirm bool) (runfile.State, time.Time, error) {
	return outcomeOf(ctx, store, &runfile.Metadata{Run: run}, confirm)
}

// outcomeOf is outcome that also keeps what it read.
func outcomeOf(ctx context.Context, store objstore.Store, m *runfile.Metadata, confirm bool) (runfile.State, time.Time, error) {
	ok, err := add(ctx, store, m, "finished.json")
	if err != nil {
		return runfile.Unknown, time.Time{}, err
	}
	if ok {
		state := m.Finished.State
		if state == runfile.Failed && confirm {
			if s, _, err := prowJobState(ctx, store, m); err == nil && s == runfile.Aborted {
				state = runfile.Aborted
			}
		}
		if state != runfile.Unknown {
			return state, m.Finished.Time, nil
		}
	}
	state, end, err := prowJobState(ctx, store, m)
	if err == nil && state == runfile.Unknown && !ok {
		if started, err := startTime(ctx, store, m.Run); err == nil && !started.IsZero() {
			state = runfile.Running
		}
	}
	return state, end, err
}

// prowJobState reads the state that Prow's controller keeps. It is right even
// if the pod was killed before it could write a finished.json.
func prowJobState(ctx context.Context, store objstore.Store, m *runfile.Metadata) (runfile.State, time.Time, error) {
	if ok, err := add(ctx, store, m, "prowjob.json"); !ok {
		return runfile.Unknown, time.Time{}, err
	}
	return m.ProwJob.State, m.ProwJob.Completion, nil
}

// startTime reads when a run was started; zero if no file says so.
func startTime(ctx context.Context, store objstore.Store, run prow.Run) (time.Time, error) {
	m := &runfile.Metadata{Run: run}
	if ok, err := add(ctx, store, m, "started.json"); !ok {
		return time.Time{}, err
	}
	return m.Started.Time, nil
}

// add reads one of the run's files into m, if the file exists. Mistakes in the file are
// reported by the code that shows the run.
func add(ctx context.Context, store objstore.Store, m *runfile.Metadata, name string) (bool, error) {
	kind, _ := runfile.KindOf(name)
	data, ok, err := readSmall(ctx, store, m.Run, name, kind.Limit)
	if err != nil || !ok {
		return false, err
	}
	m.Add(name, data)
	return true, nil
}
