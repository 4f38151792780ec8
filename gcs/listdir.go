package gcs

import (
	"context"
	"errors"
	"iter"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"prowtrace/internal/storehttp"
	"prowtrace/objstore"
)

// ListDir implements objstore.Store. On each page, the objects come before the directories.
func (c *Client) ListDir(ctx context.Context, bucket, dir string, within objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	return func(yield func(objstore.Entry, error) bool) {
		if err := c.listDir(ctx, bucket, dir, within, func(e objstore.Entry) bool { return yield(e, nil) }); err != nil {
			yield(objstore.Entry{}, err)
		}
	}
}

func (c *Client) listDir(ctx context.Context, bucket, dir string, within objstore.Bounds, each func(objstore.Entry) bool) error {
	if err := checkBucket(bucket); err != nil {
		return err
	}
	query := &storage.Query{
		Prefix: dir, Delimiter: "/", StartOffset: within.From, EndOffset: within.To, Projection: storage.ProjectionNoACL,
	}
	if err := query.SetAttrSelection([]string{"Name", "Size", "CRC32C", "Generation", "Updated", "ContentType", "ContentEncoding", "Metadata"}); err != nil {
		return err
	}
	ctx = storehttp.WithOperation(withListing(ctx))
	var it *storage.ObjectIterator
	var next *storage.ObjectAttrs
	err := c.try(ctx, "list", bucket, func(b *storage.BucketHandle) (err error) {
		it = b.Objects(ctx, query)
		next, err = it.Next()
		return err
	})
	for ; err == nil; next, err = it.Next() {
		if next.Prefix != "" {
			if !each(objstore.Entry{Object: objstore.Object{Bucket: bucket, Name: next.Prefix}, Dir: true}) {
				return nil
			}
			continue
		}
		for _, found := range objects(bucket, []*storage.ObjectAttrs{next}) {
			if !each(objstore.Entry{Object: found}) {
				return nil
			}
		}
	}
	if errors.Is(err, iterator.Done) {
		return nil
	}
	return c.explain(ctx, "list", bucket, dir, err)
}
