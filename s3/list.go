package s3

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/minio/minio-go/v7"

	"prowtrace/objstore"
)

// List implements objstore.Store. The server knows no globs: all objects of the prefix come
// over the network, and those that match are yielded.
func (c *Client) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		matches := func(string) bool { return true }
		if glob != "" {
			re, err := objstore.CompileGlob(glob)
			if err != nil {
				yield(objstore.Object{}, err)
				return
			}
			matches = re.MatchString
		}
		q := query{bucket: bucket, prefix: prefix, recursive: true}
		err := c.list(ctx, q, func(o objstore.Object, _ int) bool {
			if strings.HasSuffix(o.Name, "/") && o.Size == 0 || !matches(o.Name) {
				return true
			}
			return yield(o, nil)
		})
		if err != nil {
			yield(objstore.Object{}, err)
		}
	}
}

// ListDir implements objstore.Store. On each page, the objects come before the directories.
func (c *Client) ListDir(ctx context.Context, bucket, dir string, within objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	return func(yield func(objstore.Entry, error) bool) {
		q := query{bucket: bucket, prefix: dir, after: before(within.From, dir)}
		end := 0 // the page that has come to the upper bound
		err := c.list(ctx, q, func(o objstore.Object, page int) bool {
			if within.To != "" && o.Name >= within.To && end == 0 {
				end = page
			}
			switch isDir := strings.HasSuffix(o.Name, "/"); {
			case end != 0 && page > end:
				return false
			case o.Name == dir, o.Name < within.From, within.To != "" && o.Name >= within.To:
				return true
			case isDir:
				return yield(objstore.Entry{Object: objstore.Object{Bucket: bucket, Name: o.Name}, Dir: true}, nil)
			default:
				return yield(objstore.Entry{Object: o}, nil)
			}
		})
		if err != nil {
			yield(objstore.Entry{}, err)
		}
	}
}

// before returns a name in dir to list after, so that the listing includes the given
// name: servers leave out the name that they list after. The caller drops the few names that
// come too early.
func before(name, dir string) string {
	if name == "" || name <= dir {
		return ""
	}
	last := name[len(name)-1]
	if last <= ' ' || last > '~' {
		return dir
	}
	return name[:len(name)-1] + string(rune(last-1)) + "~"
}

// query is what a listing asks for.
type query struct {
	bucket, prefix, after string
	recursive             bool
}

const pageSize = 1000 // the service's maximum

// list calls each for every entry, with the number of its page. A directory is an
// object whose name ends in a slash.
func (c *Client) list(ctx context.Context, q query, each func(o objstore.Object, page int) bool) error {
	lctx, op := withOperation(ctx)
	ended := false
	err := c.try(lctx, "list", q.bucket, func(ctx context.Context, lib *library) error {
		pages := &listing{tokens: map[string]bool{}}
		op.listing = pages
		noOwner := false
		o := minio.ListObjectsOptions{Prefix: q.prefix, Recursive: q.recursive, StartAfter: q.after, MaxKeys: pageSize, FetchOwner: &noOwner}
		for info := range lib.ListObjectsIter(ctx, q.bucket, o) {
			switch {
			case info.Err != nil:
				return info.Err
			case !strings.HasPrefix(info.Key, q.prefix):
				return fmt.Errorf("%w (it lists names outside the prefix)", errForeign)
			}
			if !each(objectOf(q.bucket, info), pages.pages) {
				ended = true
				return nil
			}
		}
		return ctx.Err()
	})
	if err == nil || ended {
		return nil
	}
	return c.explain(ctx, "list", q.bucket, q.prefix, err)
}

func objectOf(bucket string, info minio.ObjectInfo) objstore.Object {
	return objstore.Object{Bucket: bucket, Name: info.Key, Size: info.Size, Version: versionOf(info), Updated: info.LastModified}
}

// versionOf returns the ETag, else the time of the last change. A server over a directory has
// no ETag for files that were written there directly.
func versionOf(info minio.ObjectInfo) string {
	if info.ETag == "" && !info.LastModified.IsZero() {
		return fmt.Sprintf("%s%d", timeMark, info.LastModified.Unix())
	}
	return info.ETag
}

// timeMark is the prefix of a version that is a time.
const timeMark = "@"

// etagOf returns the ETag in a version; "" if it has none.
func etagOf(version string) string {
	if strings.HasPrefix(version, timeMark) {
		return ""
	}
	return version
}
