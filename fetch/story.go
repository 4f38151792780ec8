package fetch

import (
	"context"
	"errors"
	"slices"
	"strings"

	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// Metadata tell the run's story: those files that runfile.Wanted knows. The story's
// own are the few at the run's root, and failing to get one of them is a
// failure, though none of them must exist: a running job has no finished.json,
// one that was never scheduled no podinfo.json. Those among the artifacts are
// extras.

func isMetadata(name string) bool {
	_, ok := runfile.Wanted(name)
	return ok
}

func isExtra(name string) bool { return isMetadata(name) && strings.Contains(name, "/") }

// storyNames are the names at the run's root.
func storyNames() []string { return slices.DeleteFunc(runfile.WantedNames(), isExtra) }

// fetchStory makes sure that the cache has the newest of one of the files at the
// run's root, if it exists.
func (t *transfer) fetchStory(ctx context.Context, name string) error {
	e, there, err := t.readNamed(ctx, name)
	switch {
	case errors.Is(err, objstore.ErrTooLarge):
		t.notice("%s is left out: %v", name, err)
		return nil
	case err == nil && !there:
		return nil
	}
	return t.done(ctx, e, err)
}

// readNamed brings a metadata file that is known by its name into the cache: it
// is read beside the listing, which saves a round trip, and most runs have most
// of them. It reports whether the file exists.
func (t *transfer) readNamed(ctx context.Context, name string) (e entry, there bool, err error) {
	limit, _ := runfile.Wanted(name)
	data, o, err := t.store.ReadAll(ctx, t.run.Bucket, t.run.Root+"/"+name, limit)
	if errors.Is(err, objstore.ErrNotExist) || errors.Is(err, objstore.ErrBucketNotExist) {
		return entry{}, false, nil
	}
	if errors.Is(err, objstore.ErrTooLarge) {
		return entry{}, true, err
	}
	o.Size, o.Sum = int64(len(data)), objstore.CRC32COf(data)
	e, _, full := t.ledger.expect(name, o)
	if err = errors.Join(err, full); err != nil {
		return e, true, err
	}
	if t.dir.holds(t.run, &e) {
		t.ledger.saved(e)
		return e, true, nil
	}
	t.Progress.bytesDone.Add(e.Size)
	return e, true, t.dir.save(t.run, &e, data)
}
