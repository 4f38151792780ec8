package team

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
)

// Access says with which rights a bucket is read.
type Access string

// Anonymous is how all buckets are read unless the list says otherwise: no visitor reads
// with the server's rights what he could not read himself.
const Anonymous Access = "anonymous"

// Buckets is the list of those that may be read. It does not change, and is safe for
// concurrent use.
type Buckets struct{ access map[bucket]Access }

type bucket struct{ provider, name string }

// A Listed is a bucket of the list.
type Listed struct {
	Provider string // "": prow.DefaultProvider
	Name     string
	Access   Access // "": Anonymous
}

// NewBuckets makes the list.
func NewBuckets(list ...Listed) *Buckets {
	b := &Buckets{map[bucket]Access{}}
	for _, l := range list {
		b.access[bucket{cmp.Or(l.Provider, prow.DefaultProvider), l.Name}] = cmp.Or(l.Access, Anonymous)
	}
	return b
}

// KnownBuckets are those of all known Prows that are for everybody, to be read anonymously:
// what is not public in them stays so.
func KnownBuckets(known prow.Instances) (list []Listed) {
	for _, in := range known.DefaultFirst() {
		if in.Private {
			continue
		}
		for _, name := range in.Buckets() {
			list = append(list, Listed{Provider: in.Provider, Name: name})
		}
	}
	return list
}

// Names lists the buckets as gs://NAME, sorted.
func (b *Buckets) Names() (names []string) {
	for _, k := range slices.SortedFunc(maps.Keys(b.access), func(x, y bucket) int {
		return cmp.Or(cmp.Compare(x.provider, y.provider), cmp.Compare(x.name, y.name))
	}) {
		names = append(names, k.provider+"://"+k.name)
	}
	return names
}

// NotListedError: a bucket is not on the list.
type NotListedError struct{ Provider, Bucket string }

func (e *NotListedError) Error() string {
	return fmt.Sprintf("the bucket %s://%s is not on this server's list", text.Name(e.Provider), text.Name(e.Bucket))
}

// Allow refuses runs in other buckets, with a *NotListedError.
func (b *Buckets) Allow(run prow.Run) error {
	provider := cmp.Or(run.Provider, prow.DefaultProvider)
	if _, ok := b.access[bucket{provider, run.Bucket}]; !ok {
		return &NotListedError{provider, run.Bucket}
	}
	return nil
}

// Reader names the rights that a run is read with: "" are those of everybody.
func (b *Buckets) Reader(run prow.Run) string {
	access := b.access[bucket{cmp.Or(run.Provider, prow.DefaultProvider), run.Bucket}]
	if access == Anonymous {
		return ""
	}
	return string(access)
}

// Store is a store that reads only buckets of the list, each by the store that stands for its
// access. Whatever a link or a file leads to, no other bucket is asked. It is an
// objstore.Warmer and an objstore.Summer if the store for Anonymous is.
func (b *Buckets) Store(provider string, by map[Access]objstore.Store) objstore.Store {
	var f objstore.Features
	for _, s := range by {
		f = s.Features()
		break
	}
	for _, s := range by {
		f = f.Common(s.Features())
	}
	l := &listedStore{buckets: b, features: f, by: func(_ string, a Access) objstore.Store { return by[a] }, provider: func(string) string { return provider }}
	_, warms := by[Anonymous].(objstore.Warmer)
	_, sums := by[Anonymous].(objstore.Summer)
	switch {
	case warms && sums:
		return struct {
			*listedStore
			warmer
			summer
		}{l, warmer{l}, summer{l}}
	case warms:
		return struct {
			*listedStore
			warmer
		}{l, warmer{l}}
	case sums:
		return struct {
			*listedStore
			summer
		}{l, summer{l}}
	}
	return l
}

// PagesStore is likewise a store for buckets that are read through web pages, which promise
// nothing. provider gives that of a bucket, and by the store for its access; nil is none.
func (b *Buckets) PagesStore(provider func(bucket string) string, by func(provider string, a Access) objstore.Store) objstore.Store {
	return &listedStore{buckets: b, provider: provider, by: by}
}

type listedStore struct {
	buckets  *Buckets
	provider func(bucket string) string
	by       func(provider string, a Access) objstore.Store
	features objstore.Features // that all have
}

// warmer opens connections ahead for buckets of the list.
type warmer struct{ to *listedStore }

func (w warmer) Warm(ctx context.Context, bucket string, n int) {
	s, err := w.to.of(bucket, "read")
	if warm, ok := s.(objstore.Warmer); err == nil && ok {
		warm.Warm(ctx, bucket, n)
	}
}

// summer tells the sums of objects in buckets of the list.
type summer struct{ to *listedStore }

func (t summer) Sum(ctx context.Context, o objstore.Object) (objstore.Sum, error) {
	s, err := t.to.of(o.Bucket, "read")
	if err != nil {
		return objstore.Sum{}, err
	}
	if tells, ok := s.(objstore.Summer); ok {
		return tells.Sum(ctx, o)
	}
	return objstore.Sum{}, nil
}

// of gives the store of a bucket.
func (l *listedStore) of(name, op string) (objstore.Store, error) {
	provider := l.provider(name)
	if access, ok := l.buckets.access[bucket{provider, name}]; ok {
		if s := l.by(provider, access); s != nil {
			return s, nil
		}
	}
	return nil, &objstore.AccessError{Bucket: name, Op: op, Reason: objstore.Denied, Message: "not on this server's list of buckets"}
}

// Features are those that all have.
func (l *listedStore) Features() objstore.Features { return l.features }

func (l *listedStore) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	s, err := l.of(bucket, "list")
	if err != nil {
		return func(yield func(objstore.Object, error) bool) { yield(objstore.Object{}, err) }
	}
	return s.List(ctx, bucket, prefix, glob)
}

func (l *listedStore) ListDir(ctx context.Context, bucket, dir string, within objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	s, err := l.of(bucket, "list")
	if err != nil {
		return func(yield func(objstore.Entry, error) bool) { yield(objstore.Entry{}, err) }
	}
	return s.ListDir(ctx, bucket, dir, within)
}

func (l *listedStore) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	s, err := l.of(o.Bucket, "read")
	if err != nil {
		return err
	}
	return s.Read(ctx, o, w)
}

func (l *listedStore) ReadRange(ctx context.Context, o objstore.Object, offset, length int64, w io.Writer) error {
	s, err := l.of(o.Bucket, "read")
	if err != nil {
		return err
	}
	return s.ReadRange(ctx, o, offset, length, w)
}

func (l *listedStore) ReadAll(ctx context.Context, bucket, name string, limit int64) ([]byte, objstore.Object, error) {
	s, err := l.of(bucket, "read")
	if err != nil {
		return nil, objstore.Object{}, err
	}
	return s.ReadAll(ctx, bucket, name, limit)
}
