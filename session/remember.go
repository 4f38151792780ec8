package session

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"prowtrace/fetch"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/triage"
	"prowtrace/triage/history"
)

// remembered is what the cache keeps of a run that was judged, for as long as the rules are
// the same.
type remembered struct {
	Rules string      `json:"rules"` // triage.Matcher's Version
	At    time.Time   `json:"at"`    // when it was judged
	Run   history.Run `json:"history"`
}

// settledAfter is how long after its end a run may still get files, such as a ProwJob that
// tells of a failure that it was aborted.
const settledAfter = time.Hour

// settled reports whether a run will stay as it was judged.
func (r *remembered) settled() bool {
	return r.Run.Took > 0 && r.At.Sub(r.Run.Started.Add(r.Run.Took)) > settledAfter
}

// remember keeps what was judged of a run that has ended. It is a help, so it never fails.
func (s *Session) remember(at prow.Run, r history.Run, known *triage.Matcher) {
	if s.o.Cache == CacheTemporary || r.Gap != "" || r.State == runfile.Running || r.State == runfile.Unknown || at.Root == "" {
		return
	}
	cache, err := s.beside().openCache()
	if err != nil {
		return
	}
	defer cache.Close()
	if text, err := json.Marshal(remembered{known.Version(), s.o.Now(), r}); err == nil {
		_ = cache.AddNote(fetch.Note{Run: at, Text: text})
	}
}

// recall gives what is known of runs of a job, or of all jobs where it is "", by their URL:
// of those that are wanted. What other rules or signatures have judged does not count.
func (s *Session) recall(job string, known *triage.Matcher, want func(*remembered) bool) map[string]history.Run {
	all := map[string]history.Run{}
	if s.o.Cache == CacheTemporary {
		return all
	}
	cache, err := s.beside().openCache()
	if err != nil {
		return all
	}
	defer cache.Close()
	notes, _ := cache.Notes(job)
	for _, n := range notes {
		var r remembered
		if json.Unmarshal(n.Text, &r) == nil && r.Rules == known.Version() && r.Run.Job == n.Run.Job && want(&r) {
			all[n.Run.URL()] = r.Run
		}
	}
	return all
}

// recalled is what the cache knows of all runs, for those who judge one after the other. It is
// safe for concurrent use.
type recalled struct {
	mu    sync.Mutex
	at    time.Time
	rules string
	all   map[string]history.Run
}

// recalledFor is how old that may be: to read it takes seconds for some 1,000 runs on a busy
// machine.
const recalledFor = time.Minute

// recallAll is recall for all jobs. The caller may change the map.
func (s *Session) recallAll(known *triage.Matcher) map[string]history.Run {
	every := func(*remembered) bool { return true }
	r := s.o.recalled
	if r == nil {
		return s.recall("", known, every)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := s.o.Now(); r.all == nil || r.rules != known.Version() || now.Sub(r.at) >= recalledFor {
		r.all, r.rules, r.at = s.recall("", known, every), known.Version(), now
	}
	return maps.Clone(r.all)
}

// seen tells whether what broke first in a run was seen in runs that are known: in the cache,
// and those that it was compared with.
func (s *Session) seen(r history.Run, base *Baseline, known *triage.Matcher) *history.Seen {
	if r.Finding == nil {
		return nil
	}
	all := s.recallAll(known)
	for i, e := range base.Evidence {
		if at := base.Runs[i]; all[at.URL()].Build == "" {
			all[at.URL()] = history.Of(e, nil)
		}
	}
	return history.SeenIn(slices.Collect(maps.Values(all)), r)
}
