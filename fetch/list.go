package fetch

import (
	"context"
	"iter"
	"strings"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// list passes every trace file in the scope to found as its page arrives.
//
// The whole run takes two requests at the same time. artifacts/otlp/ is where kOps
// writes, and the answer takes one round trip. The pattern finds the nested directories
// of jobs with steps. For it the server scans all artifacts, which takes seconds
// for 50,000 of them. Whether ** also matches no directory at all is not
// documented, so the first request is needed for more than speed. A file in both counts once.
func (t *transfer) list(ctx context.Context, found chan<- *objstore.Object) error {
	if t.scope == noTraces {
		return nil
	}
	t.Progress.listing.Add(1)
	defer t.Progress.listing.Add(-1)
	bucket, root := t.run.Bucket, t.run.Root+"/"
	if fits, err := t.fits(ctx); err != nil || !fits {
		t.scope = noTraces
		return err
	}
	if t.scope != "" {
		return t.drain(ctx, t.store.List(ctx, bucket, root+string(t.scope), ""), found)
	}
	g, ctx := panics.WithContext(ctx)
	g.Go(func() error {
		return t.drain(ctx, t.store.List(ctx, bucket, root+runfile.TraceDir, ""), found)
	})
	g.Go(func() error {
		return t.drain(ctx, t.store.List(ctx, bucket, root+"artifacts/", root+runfile.TraceGlob), found)
	})
	return g.Wait()
}

// fits reports whether the trace files have no more bytes than the caller allows.
func (t *transfer) fits(ctx context.Context) (bool, error) {
	if t.TraceRoom == 0 {
		return true, nil
	}
	left, seen := t.TraceRoom, map[string]bool{}
	root := t.run.Root + "/"
	for _, objects := range []iter.Seq2[objstore.Object, error]{
		t.store.List(ctx, t.run.Bucket, root+runfile.TraceDir, ""), t.store.List(ctx, t.run.Bucket, root+"artifacts/", root+runfile.TraceGlob),
	} {
		for o, err := range objects {
			if err != nil {
				return false, err
			}
			name, ok := strings.CutPrefix(o.Name, root)
			if !ok || seen[name] || !runfile.IsTrace(name) || !t.scope.contains(name) {
				continue
			}
			if seen[name], left = true, left-o.Size; left < 0 || len(seen) > lookahead {
				return false, nil
			}
		}
	}
	return true, nil
}

// drain passes on new names. It does not rely on how the server interprets a prefix or a
// pattern.
func (t *transfer) drain(ctx context.Context, objects iter.Seq2[objstore.Object, error], found chan<- *objstore.Object) error {
	for o, err := range objects {
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(o.Name, t.run.Root+"/")
		if !ok || !runfile.InTraces(name) || !t.scope.contains(name) {
			continue
		}
		if !runfile.IsTrace(name) {
			t.ledger.ignore(name)
			continue
		}
		_, news, err := t.ledger.expect(name, o)
		if err != nil {
			return err
		}
		if !news {
			continue
		}
		select {
		case found <- &o:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// exists reports whether the run has any object at all.
func (t *transfer) exists(ctx context.Context) (bool, error) {
	for _, err := range t.store.List(ctx, t.run.Bucket, t.run.Root+"/", "") {
		return err == nil, err
	}
	return false, nil
}
