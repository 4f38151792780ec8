package find_test

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"sync"

	"prowtrace/internal/gcstest"
	"prowtrace/prow/find"
)

// memoryStore is a find.Store that does what its documentation says and no more:
// it ignores patterns, and yields in no order.
type memoryStore struct {
	objects map[string]map[string]gcstest.Object // by bucket and name

	mu    sync.Mutex
	asked [2]int // listings, readings
}

func (m *memoryStore) List(_ context.Context, bucket string, l find.Listing) iter.Seq2[find.Entry, error] {
	m.count(0)
	return func(yield func(find.Entry, error) bool) {
		objects, ok := m.objects[bucket]
		if !ok {
			yield(find.Entry{}, fmt.Errorf("bucket %s: %w", bucket, fs.ErrNotExist))
			return
		}
		var entries []find.Entry
		dirs := map[string]bool{}
		for name, o := range objects {
			rest, ok := strings.CutPrefix(name, l.Prefix)
			if !ok || name < l.From && l.From != "" || l.To != "" && name >= l.To {
				continue
			}
			if i := strings.IndexByte(rest, '/'); i >= 0 && l.Glob == "" {
				dirs[l.Prefix+rest[:i+1]] = true
				continue
			}
			entries = append(entries, find.Entry{Name: name, Metadata: o.Metadata})
		}
		for dir := range dirs {
			entries = append(entries, find.Entry{Name: dir})
		}
		for _, e := range slices.Backward(entries) {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (m *memoryStore) Read(_ context.Context, bucket, object string, limit int64) ([]byte, map[string]string, error) {
	m.count(1)
	o, ok := m.objects[bucket][object]
	switch {
	case !ok:
		return nil, nil, fmt.Errorf("gs://%s/%s: %w", bucket, object, fs.ErrNotExist)
	case int64(len(o.Data)) > limit:
		return nil, nil, fmt.Errorf("gs://%s/%s is too large", bucket, object)
	}
	return o.Data, o.Metadata, nil
}

func (m *memoryStore) count(what int) {
	m.mu.Lock()
	m.asked[what]++
	m.mu.Unlock()
}
