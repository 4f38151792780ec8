package gcs

import (
	"context"
	"iter"
	"strings"

	"cloud.google.com/go/storage"
	"golang.org/x/sync/errgroup"
	"google.golang.org/api/iterator"
)

// List returns the live objects whose names begin with prefix, in the order of
// their names. While the caller works on one page the next is asked for.
// Placeholders of directories (empty objects whose names end in "/") are left
// out. An error is the last element: [ErrBucketNotExist], *[AccessError],
// *[UnreachableError] or the context's; what came before it is good.
func (c *Client) List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error] {
	return c.ListGlob(ctx, bucket, prefix, "")
}

// ListGlob is [Client.List] of the objects whose whole names also match glob:
// * and ? within one path segment, ** across segments, [a-z], {a,b}. The server
// filters, which saves pages but not its scan of the prefix; other servers than
// the real one may ignore the pattern.
func (c *Client) ListGlob(ctx context.Context, bucket, prefix, glob string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		g, gctx := errgroup.WithContext(ctx)
		pages := make(chan []Object, 1)
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
			yield(Object{}, err)
		}
	}
}

const pageSize = 1000 // the service's maximum

func (c *Client) list(ctx context.Context, bucket, prefix, glob string, pages chan<- []Object) error {
	if err := checkBucket(bucket); err != nil {
		return err
	}
	query := &storage.Query{Prefix: prefix, MatchGlob: glob, Projection: storage.ProjectionNoACL}
	// Only these fields: a page is a quarter of its full size.
	if err := query.SetAttrSelection([]string{"Name", "Size", "CRC32C", "Generation", "Updated", "ContentType", "ContentEncoding", "Metadata"}); err != nil {
		return err
	}
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

func objects(bucket string, attrs []*storage.ObjectAttrs) []Object {
	found := make([]Object, 0, len(attrs))
	for _, a := range attrs {
		if strings.HasSuffix(a.Name, "/") && a.Size == 0 {
			continue
		}
		found = append(found, Object{
			Bucket: bucket, Name: a.Name, Size: a.Size, Generation: a.Generation, CRC32C: a.CRC32C,
			Updated: a.Updated, ContentType: a.ContentType, ContentEncoding: a.ContentEncoding,
			Metadata: lowerKeys(a.Metadata),
		})
	}
	return found
}

// lowerKeys makes metadata the same from both APIs: the XML API sends the keys
// as headers, which have no case.
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
