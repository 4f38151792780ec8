package find_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

// memoryStore is an objstore.Store that does what its documentation says and no more:
// it ignores patterns, and yields in no order.
type memoryStore struct {
	objstore.Store // nil: no search reads an object by its version

	objects map[string]map[string]gcstest.Object // by bucket and name

	mu    sync.Mutex
	asked [2]int // listings, readings
}

func (m *memoryStore) List(_ context.Context, bucket, prefix, _ string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		m.list(bucket, prefix, objstore.Bounds{}, false)(func(e objstore.Entry, err error) bool { return yield(e.Object, err) })
	}
}

func (m *memoryStore) ListDir(_ context.Context, bucket, dir string, within objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	return m.list(bucket, dir, within, true)
}

func (m *memoryStore) list(bucket, prefix string, within objstore.Bounds, folded bool) iter.Seq2[objstore.Entry, error] {
	m.count(0)
	return func(yield func(objstore.Entry, error) bool) {
		objects, ok := m.objects[bucket]
		if !ok {
			yield(objstore.Entry{}, fmt.Errorf("bucket %s: %w", bucket, objstore.ErrBucketNotExist))
			return
		}
		var entries []objstore.Entry
		dirs := map[string]bool{}
		for name, o := range objects {
			rest, ok := strings.CutPrefix(name, prefix)
			if !ok || name < within.From && within.From != "" || within.To != "" && name >= within.To {
				continue
			}
			if i := strings.IndexByte(rest, '/'); i >= 0 && folded {
				dirs[prefix+rest[:i+1]] = true
				continue
			}
			entries = append(entries, objstore.Entry{Object: objstore.Object{Bucket: bucket, Name: name, Metadata: o.Metadata}})
		}
		for dir := range dirs {
			entries = append(entries, objstore.Entry{Object: objstore.Object{Bucket: bucket, Name: dir}, Dir: true})
		}
		for _, e := range slices.Backward(entries) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (m *memoryStore) ReadAll(_ context.Context, bucket, object string, limit int64) ([]byte, objstore.Object, error) {
	m.count(1)
	o, ok := m.objects[bucket][object]
	switch {
	case !ok:
		return nil, objstore.Object{}, fmt.Errorf("gs://%s/%s: %w", bucket, object, objstore.ErrNotExist)
	case int64(len(o.Data)) > limit:
		return nil, objstore.Object{}, fmt.Errorf("gs://%s/%s: %w", bucket, object, objstore.ErrTooLarge)
	}
	return o.Data, objstore.Object{Bucket: bucket, Name: object, Metadata: o.Metadata}, nil
}

func (m *memoryStore) count(what int) {
	m.mu.Lock()
	m.asked[what]++
	m.mu.Unlock()
}
