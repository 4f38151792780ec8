package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// Metadata files say what the job was and how it ended. Those of the policy
// runfile.Always lie at the run's root, and failing to get one of them is a failure.
// None of them must exist, though: a running job has no finished.json, a job that
// was never scheduled has no podinfo.json. The others come beside the traces.

func isMetadata(name string) bool {
	kind, ok := runfile.KindOf(name)
	return ok && kind.IsMetadata()
}

func isBeside(name string) bool {
	kind, ok := runfile.KindOf(name)
	return ok && kind.Policy == runfile.Beside
}

// useSmall takes the small files from the cache, where an earlier look at the run without its
// traces has brought them after its end.
func (t *transfer) useSmall(m manifest) {
	l, known := m.covering(noTraces)
	files := m.within(noTraces)
	if !known || !l.Final || t.Refresh || !t.holdsAll(files) {
		return
	}
	t.small, t.lost = true, slices.Clone(l.Lost)
	for _, e := range files {
		t.ledger.have(e)
	}
}

// rootKinds are the files at the run's root that are asked for.
func (t *transfer) rootKinds() (kinds []runfile.Kind) {
	if t.small {
		return nil
	}
	for _, kind := range runfile.Kinds() {
		if kind.Policy == runfile.Always && kind.Name != "" {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// fetchRootFile makes sure that the cache has the newest version of a file at the
// run's root, if it exists. One that cannot be had is no reason to keep the traces
// back.
func (t *transfer) fetchRootFile(ctx context.Context, kind runfile.Kind) error {
	e, there, err := t.readNamed(ctx, kind)
	switch {
	case errors.Is(err, objstore.ErrTooLarge):
		t.lose(runfile.Loss{Kind: runfile.LossTooLarge, File: kind.Name, Files: 1, Why: err.Error()})
		return nil
	case err == nil && !there:
		return nil
	case err != nil && ctx.Err() == nil && !isFull(err):
		t.ledger.drop(kind.Name)
		t.lose(runfile.Loss{Kind: runfile.LossUnavailable, File: kind.Name, Files: 1, Why: err.Error(), Again: true})
		return nil
	}
	return t.done(ctx, e, err)
}

// lose notes a file that is left out.
func (t *transfer) lose(l runfile.Loss) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost = append(t.lost, l)
}

// lostRoot are the files at the run's root that the bucket did not give.
func (t *transfer) lostRoot() (lost []runfile.Loss) {
	for _, l := range t.lost {
		if l.Kind == runfile.LossUnavailable && !isBeside(l.File) {
			lost = append(lost, l)
		}
	}
	return lost
}

// tellLost says which small files are left out.
func (t *transfer) tellLost(lost []runfile.Loss) {
	for _, l := range lost {
		if l.Kind == runfile.LossLate && t.Patience > 0 {
			continue
		}
		said := l.Why
		switch {
		case l.File != "" && l.Files > 1:
			said = fmt.Sprintf("%s are left out, such as %s: %s", text.Count(l.Files, "metadata file"), text.Name(l.File), l.Why)
		case l.File != "":
			said = fmt.Sprintf("%s is left out: %s", text.Name(l.File), l.Why)
		}
		t.Notice(Notice{Text: text.Line(said), Refresh: l.Again})
	}
}

// readNamed brings a metadata file that is known by its name into the cache. It is
// read beside the listing, which saves a round trip, and most runs have most of
// them. It reports whether the file exists.
func (t *transfer) readNamed(ctx context.Context, kind runfile.Kind) (e entry, there bool, err error) {
	data, o, err := t.store.ReadAll(ctx, t.run.Bucket, t.run.Root+"/"+kind.Name, kind.Limit)
	if objstore.IsAbsent(err) {
		return entry{}, false, nil
	}
	if errors.Is(err, objstore.ErrTooLarge) {
		return entry{}, true, err
	}
	o.Size, o.Sum = int64(len(data)), objstore.CRC32COf(data)
	if o.Version == "" { // a gcsweb tells none
		o.Version = "sum-" + o.Sum.Value
	}
	e, _, full := t.ledger.expect(kind.Name, o)
	if err = errors.Join(err, full); err != nil {
		return e, true, err
	}
	if t.dir.holds(t.run, &e) {
		t.ledger.saved(e)
		return e, true, nil
	}
	t.Progress.received(e.Size)
	return e, true, t.dir.save(t.run, &e, data)
}
