package cli

import (
	"context"
	"io"
	"iter"

	"prowtrace/objstore"
)

// onlyBuckets gives stores that read no bucket which allow refuses.
func onlyBuckets(stores map[string]objstore.Store, allow func(bucket string) error) map[string]objstore.Store {
	guarded := map[string]objstore.Store{}
	for provider, s := range stores {
		guarded[provider] = guardedStore{s, allow}
	}
	return guarded
}

// guardedStore is a store that reads some buckets only.
type guardedStore struct {
	objstore.Store
	allow func(bucket string) error
}

func (g guardedStore) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	if err := g.allow(bucket); err != nil {
		return func(yield func(objstore.Object, error) bool) { yield(objstore.Object{}, err) }
	}
	return g.Store.List(ctx, bucket, prefix, glob)
}

func (g guardedStore) ListDir(ctx context.Context, bucket, dir string, within objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	if err := g.allow(bucket); err != nil {
		return func(yield func(objstore.Entry, error) bool) { yield(objstore.Entry{}, err) }
	}
	return g.Store.ListDir(ctx, bucket, dir, within)
}

func (g guardedStore) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	if err := g.allow(o.Bucket); err != nil {
		return err
	}
	return g.Store.Read(ctx, o, w)
}

func (g guardedStore) ReadRange(ctx context.Context, o objstore.Object, offset, length int64, w io.Writer) error {
	if err := g.allow(o.Bucket); err != nil {
		return err
	}
	return g.Store.ReadRange(ctx, o, offset, length, w)
}

func (g guardedStore) ReadAll(ctx context.Context, bucket, name string, limit int64) ([]byte, objstore.Object, error) {
	if err := g.allow(bucket); err != nil {
		return nil, objstore.Object{}, err
	}
	return g.Store.ReadAll(ctx, bucket, name, limit)
}

// Warm connects ahead, where the store can.
func (g guardedStore) Warm(ctx context.Context, bucket string, n int) {
	if w, ok := g.Store.(objstore.Warmer); ok && g.allow(bucket) == nil {
		w.Warm(ctx, bucket, n)
	}
}
