package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

// KeepLive stores in the cache what a running container has written so far, under the name
// below the run's root that its log will have. Of a long log it stores the ends. r is read
// to its end, or up to 1 GiB. The log replaces what was kept of it before. Once the bucket has
// the object, the object replaces the log.
func (c *Cache) KeepLive(ctx context.Context, res *Result, name string, r io.Reader) (Artifact, []runfile.Loss, error) {
	d := c.onDemand(nil, res, ArtifactOptions{})
	got, lost, err := d.keepLive(ctx, name, r)
	if err != nil {
		return Artifact{}, nil, fmt.Errorf("cannot keep the log %s of %s: %w", text.Name(name), d.run.URL(), err)
	}
	return got, lost, nil
}

func (d *onDemand) keepLive(ctx context.Context, name string, r io.Reader) (Artifact, []runfile.Loss, error) {
	f, err := d.dir.newPart()
	if err != nil {
		return Artifact{}, nil, err
	}
	a := artifact{entry: entry{Name: name, Updated: d.cache.now().UTC()}, Unchecked: true, Live: true}
	k := &keeper{f: f, whole: d.whole, edge: d.edge}
	_, err = io.Copy(k, contextReader{ctx, io.LimitReader(r, maxStored)})
	if err == nil {
		a.Parts, err = k.parts()
	}
	a.Content, a.Size = k.n, k.n
	file := []received{{a, f.Name()}}
	if err = errors.Join(err, f.Close()); err != nil {
		return Artifact{}, nil, discard(file, err)
	}
	m, err := d.commit(ctx, file, func(*manifest) {})
	if err != nil {
		return Artifact{}, nil, err
	}
	a, _ = m.artifactNamed(name)
	got, ok := d.dir.publish(d.run, a)
	if !ok {
		return Artifact{}, nil, errors.New("it was removed from the cache")
	}
	l, _ := lossOf(a)
	return got, losses(l), nil
}

// contextReader ends reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}
