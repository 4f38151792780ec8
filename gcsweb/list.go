package gcsweb

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
)

// List implements objstore.Store. It requests the page of each directory of the prefix, several
// at the same time, and yields when all have come.
func (c *Client) List(ctx context.Context, bucket, prefix, glob string) iter.Seq2[objstore.Object, error] {
	return func(yield func(objstore.Object, error) bool) {
		found, err := c.walk(ctx, bucket, prefix, glob)
		for _, o := range found {
			if !yield(o, nil) {
				return
			}
		}
		if err != nil {
			yield(objstore.Object{}, err)
		}
	}
}

// walk collects the objects of a prefix, by name.
func (c *Client) walk(ctx context.Context, bucket, prefix, glob string) (found []objstore.Object, err error) {
	matches := func(string) bool { return true }
	if glob != "" {
		re, err := objstore.CompileGlob(glob)
		if err != nil {
			return nil, err
		}
		matches = re.MatchString
	}
	var mu sync.Mutex
	pages := 0
	g, gctx := panics.WithContext(ctx)
	g.SetLimit(together)
	var visit func(dir string) error
	visit = func(dir string) error {
		rows, err := c.rows(gctx, bucket, dir)
		if err != nil {
			return err
		}
		var below []string
		mu.Lock()
		for _, r := range rows {
			switch name := dir + r.name; {
			case r.dir && (strings.HasPrefix(name, prefix) || strings.HasPrefix(prefix, name)):
				below = append(below, name)
			case !r.dir && strings.HasPrefix(name, prefix) && matches(name):
				found = append(found, objectOf(bucket, name, r))
			}
		}
		pages += len(below)
		tooMany := pages > maxPages || len(found) > maxObjects
		mu.Unlock()
		if tooMany {
			return fmt.Errorf("list %s: it has more than %d directories or %d files", where(bucket, prefix), maxPages, maxObjects)
		}
		for _, dir := range below {
			visitLater := func() error { return visit(dir) }
			if !g.TryGo(visitLater) { // no place is free: continue in this goroutine
				if err := visitLater(); err != nil {
					return err
				}
			}
		}
		return nil
	}
	top := prefix[:strings.LastIndexByte(prefix, '/')+1]
	g.Go(func() error { return visit(top) })
	err = g.Wait()
	slices.SortFunc(found, func(a, b objstore.Object) int { return strings.Compare(a.Name, b.Name) })
	if ctx.Err() != nil {
		err = fmt.Errorf("list %s: %w", where(bucket, prefix), ctx.Err())
	}
	return found, err
}

// ListDir implements objstore.Store.
func (c *Client) ListDir(ctx context.Context, bucket, dir string, within objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	return func(yield func(objstore.Entry, error) bool) {
		rows, err := c.rows(ctx, bucket, dir)
		for _, r := range rows {
			name := dir + r.name
			if name < within.From || within.To != "" && name >= within.To {
				continue
			}
			e := objstore.Entry{Object: objectOf(bucket, name, r), Dir: r.dir}
			if r.dir {
				e.Object = objstore.Object{Bucket: bucket, Name: name}
			}
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(objstore.Entry{}, err)
		}
	}
}

// objectOf describes a file. Its time and size serve as its version.
func objectOf(bucket, name string, r row) objstore.Object {
	return objstore.Object{Bucket: bucket, Name: name, Size: r.size, Version: fmt.Sprintf("@%d-%d", r.modified.Unix(), r.size), Updated: r.modified}
}

// rows returns the rows of a directory's page, by name.
func (c *Client) rows(ctx context.Context, bucket, dir string) (rows []row, err error) {
	err = c.get(ctx, "list", bucket, dir, maxPage/64, func(_ *http.Response, body *bufio.Reader) error {
		page, err := io.ReadAll(io.LimitReader(body, maxPage+1))
		switch {
		case err != nil:
			return err
		case len(page) > maxPage:
			return fmt.Errorf("%w: its page has no end", errForeign)
		case !isPage(page, bucket, dir):
			return fmt.Errorf("%w: it is not the page of a directory", errForeign)
		}
		rows, err = parsePage(page)
		return err
	})
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.name, b.name) })
	return rows, err
}
