package session

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"prowtrace/fetch"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
)

// Ended is the runs of a job that have ended.
type Ended struct {
	Runs  []prow.Run // the oldest first
	Going int        // that have not ended, or of which nobody knows
	More  bool       // there are older ones, which are not among them
}

// EndedSince gives the runs of a job that were started at a time or later and have ended, the
// newest so many at most. Without any it is empty; other errors are those of [Session.Runs].
func (s *Session) EndedSince(ctx context.Context, job prow.Ref, since time.Time, most int) (Ended, error) {
	store, err := s.storeFor(job)
	if err != nil {
		return Ended{}, err
	}
	o := s.findOptions()
	o.After, o.Outcomes = since, true
	infos, err := find.Runs(ctx, store, job, most+1, o)
	var none *find.ResolveError
	if errors.As(err, &none) && none.Reason == find.ReasonOutOfTime {
		return Ended{}, nil
	}
	if err != nil {
		return Ended{}, s.choiceError(job, err)
	}
	var ended Ended
	if len(infos) > most {
		infos, ended.More = infos[:most], true
	}
	for _, info := range slices.Backward(infos) {
		if info.State == runfile.Running || info.State == runfile.Unknown || info.Root == "" {
			ended.Going++
			continue
		}
		ended.Runs = append(ended.Runs, info.Run)
	}
	return ended, nil
}

// Handovers keep in the cache which runs of a job were handed over to some place, and how
// far. Others who hand over the same job's runs to that place wait for Close.
type Handovers struct {
	cache  *fetch.Cache
	kind   string
	job    string
	unlock func()
	all    map[string]Handover // by the URL of the run
}

// A Handover says how far a run was handed over. The zero value is one that was not.
type Handover struct {
	At    time.Time `json:"at"`
	Plan  string    `json:"plan"` // of what is handed over, in which order
	Taken int       `json:"taken"`
	Done  bool      `json:"done"`
}

// HandoverBusyError: another process hands over runs of the job to the same place.
type HandoverBusyError struct{ Job, Place string }

func (e *HandoverBusyError) Error() string {
	return "cannot send runs of " + e.Job + ": another process sends them to " + e.Place
}

// Handovers opens what is kept of a place and a job. Errors are *CacheError, since what was
// handed over must be remembered, and *HandoverBusyError.
func (s *Session) Handovers(place, job string) (*Handovers, error) {
	cache, err := s.lastingCache()
	if err != nil {
		return nil, &CacheError{false, err}
	}
	h := &Handovers{cache: cache, kind: "handed over to " + place, job: job, all: map[string]Handover{}}
	if h.unlock, err = cache.LockKept(h.kind, job); err != nil {
		if errors.Is(err, fetch.ErrLocked) {
			err = &HandoverBusyError{job, place}
		}
		return nil, errors.Join(err, cache.Close())
	}
	for _, n := range cache.KeptNotes(h.kind, job) {
		var one Handover
		if json.Unmarshal(n.Text, &one) == nil {
			h.all[n.Run.URL()] = one
		}
	}
	return h, nil
}

// Of says how far a run was handed over.
func (h *Handovers) Of(run prow.Run) Handover { return h.all[run.URL()] }

// Keep remembers how far a run was handed over, also if the process ends right after.
func (h *Handovers) Keep(run prow.Run, one Handover) error {
	text, err := json.Marshal(one)
	if err != nil {
		return err
	}
	run.Job = h.job
	h.all[run.URL()] = one
	return h.cache.KeepNote(h.kind, fetch.Note{Run: run, Text: text})
}

// Close lets others hand over.
func (h *Handovers) Close() error {
	h.unlock()
	return h.cache.Close()
}
