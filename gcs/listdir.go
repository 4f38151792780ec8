package gcs

import (
	"context"
	"errors"
	"iter"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
)

// Entry is what lies directly in a directory: an object, or a directory, of
// which only Bucket and Name are known. A directory's name ends in a slash.
type Entry struct {
	Object
	Dir bool
}

// DirOptions limit a listing to names from From on and before To, both whole
// names and compared as bytes; "" is no limit. The server skips what lies
// outside, so that the newest of 40,000 directories cost one request.
type DirOptions struct{ From, To string }

// ListDir returns what lies directly in the directory prefix, which is "" or
// ends in a slash. Of each page the objects come before the directories. Errors
// are as for [Client.List].
func (c *Client) ListDir(ctx context.Context, bucket, prefix string, o DirOptions) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := c.listDir(ctx, bucket, prefix, o, func(e Entry) bool { return yield(e, nil) }); err != nil {
			yield(Entry{}, err)
		}
	}
}

func (c *Client) listDir(ctx context.Context, bucket, prefix string, o DirOptions, each func(Entry) bool) error {
	if err := checkBucket(bucket); err != nil {
		return err
	}
	query := &storage.Query{
		Prefix: prefix, Delimiter: "/", StartOffset: o.From, EndOffset: o.To, Projection: storage.ProjectionNoACL,
	}
	if err := query.SetAttrSelection([]string{"Name", "Size", "CRC32C", "Generation", "Updated", "ContentType", "ContentEncoding", "Metadata"}); err != nil {
		return err
	}
	var it *storage.ObjectIterator
	var next *storage.ObjectAttrs
	err := c.try(ctx, "list", bucket, func(b *storage.BucketHandle) (err error) {
		it = b.Objects(ctx, query)
		next, err = it.Next()
		return err
	})
	for ; err == nil; next, err = it.Next() {
		if next.Prefix != "" {
			if !each(Entry{Object: Object{Bucket: bucket, Name: next.Prefix}, Dir: true}) {
				return nil
			}
			continue
		}
		for _, found := range objects(bucket, []*storage.ObjectAttrs{next}) {
			if !each(Entry{Object: found}) {
				return nil
			}
		}
	}
	if errors.Is(err, iterator.Done) {
		return nil
	}
	return c.explain(ctx, "list", bucket, prefix, err)
}
