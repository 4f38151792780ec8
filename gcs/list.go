package gcs

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"prowtrace/internal/panics"
	"prowtrace/internal/storehttp"
	"prowtrace/objstore"
)

// List implements objstore.Store. It requests the next page while the caller works on
// the current one. The server filters by the glob, which saves pages but not its scan of the
// prefix. Servers other than the real one may ignore the glob.
func (c *Client) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		g, gctx := panics.WithContext(ctx)
		pages := make(chan []objstore.Object, 1)
		g.Go(func() error {
			defer close(pages)
			return c.list(gctx, bucket, prefix, glob, pages)
		})
		defer g.Wait()
		defer cancel()
		for page := range pages {
			for _, o := range page {
				if !yield(o, nil) {
					return
				}
			}
		}
		if err := g.Wait(); err != nil {
			yield(objstore.Object{}, err)
		}
	}
}

const pageSize = 1000 // the service's maximum

func (c *Client) list(ctx context.Context, bucket, prefix, glob string, pages chan<- []objstore.Object) error {
	if err := checkBucket(bucket); err != nil {
		return err
	}
	query := &storage.Query{Prefix: prefix, MatchGlob: glob, Projection: storage.ProjectionNoACL}
	// Only these fields: a page is a quarter of its full size.
	if err := query.SetAttrSelection([]string{"Name", "Size", "CRC32C", "Generation", "Updated", "ContentType", "ContentEncoding", "Metadata"}); err != nil {
		return err
	}
	ctx = storehttp.WithOperation(withListing(ctx))
	var pager *iterator.Pager
	var page []*storage.ObjectAttrs
	var next string
	err := c.try(ctx, "list", bucket, func(b *storage.BucketHandle) (err error) {
		pager = iterator.NewPager(b.Objects(ctx, query), pageSize, "")
		next, err = pager.NextPage(&page)
		return err
	})
	for err == nil {
		select {
		case pages <- objects(bucket, page):
		case <-ctx.Done():
			return ctx.Err()
		}
		if next == "" {
			return nil
		}
		page = nil
		next, err = pager.NextPage(&page)
	}
	return c.explain(ctx, "list", bucket, prefix, err)
}

func objects(bucket string, attrs []*storage.ObjectAttrs) []objstore.Object {
	found := make([]objstore.Object, 0, len(attrs))
	for _, a := range attrs {
		if strings.HasSuffix(a.Name, "/") && a.Size == 0 {
			continue
		}
		found = append(found, objstore.Object{
			Bucket: bucket, Name: a.Name, Size: a.Size, Version: versionOf(a.Generation), Sum: sumOf(a.Size, a.CRC32C),
			Updated: a.Updated, ContentType: a.ContentType, ContentEncoding: a.ContentEncoding,
			Metadata: lowerKeys(a.Metadata),
		})
	}
	return found
}

// versionOf returns a generation as a version of objstore.
func versionOf(generation int64) string {
	if generation == 0 {
		return "" // the server gave none
	}
	return strconv.FormatInt(generation, 10)
}

// generationOf reverses versionOf; 0 stands for no version.
func generationOf(o objstore.Object) (int64, error) {
	if o.Version == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(o.Version, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("invalid version %q", o.Version)
	}
	return n, nil
}

// sumOf returns the checksum of size bytes. The library has 0 if the server gave
// none, which is also the checksum of no bytes.
func sumOf(size int64, crc uint32) objstore.Sum {
	if crc == 0 && size != 0 {
		return objstore.Sum{}
	}
	return objstore.NewCRC32C(crc)
}

// lowerKeys makes metadata from both APIs the same: the XML API sends the keys
// as headers, whose case does not matter.
func lowerKeys(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	lower := make(map[string]string, len(m))
	for k, v := range m {
		lower[strings.ToLower(k)] = v
	}
	return lower
}
