package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// finish reports the outcome of a transfer and writes the manifest.
func (t *transfer) finish(ctx context.Context, m manifest, asked time.Time) (*Result, error) {
	if len(t.ledger.known()) == 0 {
		if err := t.checkExists(ctx); err != nil {
			t.dir.removeEmpty()
			return nil, err
		}
	}
	t.keepGone(m)
	known, held := t.ledger.known(), t.ledger.allHeld()
	res := t.result(held, asked)
	slices.SortStableFunc(t.lost, func(a, b runfile.Loss) int { return strings.Compare(a.File, b.File) })
	res.Lost = t.lost
	l := listing{Scope: t.scope, At: asked, Other: len(t.ledger.other), Final: final(held, asked), Lost: t.lost}
	lostRoot := t.lostRoot()
	failed := t.ledger.failures()
	whole := t.listErr == nil && len(failed)+len(t.ledger.untried) == 0
	m.Run = t.run
	m.update(l, known, t.listErr == nil && len(known) == len(t.ledger.files) && len(lostRoot) == 0)
	if err := t.dir.writeManifest(m); isFull(err) {
		return nil, fmt.Errorf("cannot fetch %s: %w", t.run.URL(), t.noSpace(err))
	} else if err != nil {
		return nil, err
	}
	if n := res.Unverified; n > 0 {
		t.notice("the bucket has no checksums for %s: only sizes were checked", text.Count(n, "file"))
	}
	t.tellLost(t.lost)
	if whole {
		t.dir.sweep()
		if unlock, ok := t.cache.lockUnused(t.dir.id()); ok {
			t.dir.drop(m)
			unlock()
		}
	}
	if whole && len(lostRoot) > 0 && len(res.Files) == 0 {
		// What they would say is what there is to know of a run without traces.
		return res, &PartialError{Result: res, Total: len(t.ledger.files) + len(lostRoot), Failed: fileErrors(lostRoot)}
	}
	switch {
	case whole:
		return res, t.verdict(res, l.Other)
	case t.listErr != nil && len(res.Files) == 0:
		return nil, t.listFailed()
	}
	partial := &PartialError{Result: res, Total: len(t.ledger.files), Failed: failed, Untried: len(t.ledger.untried)}
	if t.listErr != nil {
		partial.Listed = fmt.Errorf("the list of files is incomplete: %w", t.listErr)
	}
	return res, partial
}

func fileErrors(lost []runfile.Loss) (all []FileError) {
	for _, l := range lost {
		all = append(all, FileError{Name: l.File, Err: errors.New(l.Why)})
	}
	return all
}

// unverified counts the files of which the cache can only know the size.
func unverified(files []entry) (n int) {
	for _, e := range files {
		if e.sum() == (objstore.Sum{}) {
			n++
		}
	}
	return n
}

// checkExists tells a run without traces and metadata from a run that does not exist.
func (t *transfer) checkExists(ctx context.Context) error {
	if t.listErr == nil {
		var ok bool
		if ok, t.listErr = t.exists(ctx); ok {
			return nil
		}
	}
	if t.listErr == nil || errors.Is(t.listErr, objstore.ErrBucketNotExist) {
		return &NotFoundError{Run: t.run, Tried: []Attempt{{Bucket: t.run.Bucket, Err: t.listErr}}}
	}
	return t.listFailed()
}

func (t *transfer) listFailed() error {
	if strings.Contains(t.listErr.Error(), t.run.URL()) {
		return fmt.Errorf("cannot look for traces: %w", t.listErr)
	}
	return fmt.Errorf("cannot look for traces of %s: %w", t.run.URL(), t.listErr)
}
