package fetch

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

// ErrOffline says that something is not in the cache and must not be requested.
var ErrOffline = errors.New("not in the cache")

// CachedError says that the bucket could not be reached, but the cache has all
// files of the run. Use Options.Offline to get them.
type CachedError struct {
	At  time.Time // when the bucket was last asked
	Err error
}

func (e *CachedError) Error() string {
	return fmt.Sprintf("%v; the cache has a copy of %s", e.Err, e.At.UTC().Format(time.RFC3339))
}

func (e *CachedError) Unwrap() error { return e.Err }

// offline answers with what the cache has, and says what it lacks.
func (t *transfer) offline(m manifest, l listing, complete bool) (*Result, error) {
	all := m.within(t.scope)
	if !complete && len(all) == 0 {
		return nil, ErrOffline
	}
	held, lacking := t.held(all)
	partial := &PartialError{Total: len(held) + len(lacking)}
	for _, e := range lacking {
		partial.Failed = append(partial.Failed, FileError{Name: e.Name, Err: ErrOffline})
	}
	res, err := t.fromCache(held, l)
	if !complete {
		partial.Listed = fmt.Errorf("the list of files is incomplete: %w", ErrOffline)
	}
	if partial.Listed != nil || len(partial.Failed) > 0 {
		partial.Result, err = res, partial
	}
	return res, err
}

// held splits files into those that the cache holds, complete, and those that are missing.
func (t *transfer) held(files []entry) (held, lacking []entry) {
	for _, e := range files {
		switch {
		case t.dir.holds(t.run, &e):
			held = append(held, e)
		case isBeside(e.Name):
			t.notice("%s is left out: its copy in the cache is incomplete", text.Name(e.Name))
		default:
			lacking = append(lacking, e)
		}
	}
	return held, lacking
}

// fallBack reports, or uses, what the cache has of a run that the bucket no longer
// has. Buckets delete old runs; a deleted run stays readable from the cache.
func (t *transfer) fallBack(m manifest, l listing, err error) (*Result, error) {
	files, lacking := t.held(m.within(t.scope))
	if len(lacking) > 0 {
		return nil, err
	}
	if !errors.Is(err, ErrNotFound) {
		return nil, &CachedError{At: l.At, Err: err}
	}
	t.notice("%s is no longer in the bucket: using the copy of %s", t.run.URL(), l.At.UTC().Format(time.RFC3339))
	for i := range m.Listings {
		m.Listings[i].Final = true
	}
	if err := t.dir.writeManifest(m); err != nil {
		return nil, err
	}
	return t.fromCache(files, l)
}

// keepGone adds to the ledger the files that the cache has and the bucket has deleted.
func (t *transfer) keepGone(m manifest) {
	if t.listErr != nil {
		return
	}
	n := 0
	for _, e := range m.within(t.scope) {
		if _, there := t.ledger.files[e.Name]; there || !t.dir.holds(t.run, &e) {
			continue
		}
		t.ledger.files[e.Name], t.ledger.held[e.Name] = e, true
		lost := slices.ContainsFunc(t.lost, func(l runfile.Loss) bool { return l.File == e.Name })
		if !isBeside(e.Name) && !lost { // such a file may only have failed to come this time
			n++
		}
	}
	if n > 0 {
		t.notice("%s of %s %s no longer in the bucket: using the copies in the cache", text.Count(n, "file"), t.run.URL(), are(n))
	}
}
