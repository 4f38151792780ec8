package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"prowtrace/internal/text"
	"prowtrace/objstore"
)

// maxRange bounds what one call of FetchRange brings, in bytes.
const maxRange = 64 << 20

// ErrUnknownArtifact: the cache knows no artifact of this name.
var ErrUnknownArtifact = errors.New("the cache knows no such artifact")

// FetchRange brings more of an artifact that the cache holds in parts: what is missing
// of size bytes from an offset in it, as whole lines, at most 64 MiB. What the cache
// has already costs no request. The result holds the parts from before too, and is in a
// file of its own: that of before stays as it was for those who have it open.
func (c *Cache) FetchRange(ctx context.Context, store objstore.Store, res *Result, name string, offset, size int64, o ArtifactOptions) (Artifact, error) {
	d := c.onDemand(store, res, o)
	a, ok := d.dir.readManifest().artifactNamed(name)
	if !ok || !d.dir.holdsArtifact(d.run, &a) {
		return Artifact{}, fmt.Errorf("read a part of %s: %w", text.Name(name), ErrUnknownArtifact)
	}
	wanted := missing(a, offset, min(size, maxRange))
	if len(wanted) > 0 {
		if o.Offline {
			return Artifact{}, fmt.Errorf("read a part of %s: %w", text.Name(name), ErrOffline)
		}
		r, err := d.addRanges(ctx, a, wanted)
		if err != nil {
			return Artifact{}, fmt.Errorf("read a part of %s: %w", text.Name(name), err)
		}
		m, err := d.commit(ctx, []received{r}, func(*manifest) {})
		if err != nil {
			return Artifact{}, fmt.Errorf("read a part of %s: %w", text.Name(name), err)
		}
		a, _ = m.artifactNamed(name)
	}
	got, ok := d.dir.publish(d.run, a)
	if !ok {
		return Artifact{}, fmt.Errorf("read a part of %s: %w", text.Name(name), ErrUnknownArtifact)
	}
	return got, nil
}

// gap is a part that is missing, and what of it is wanted.
type gap struct{ all, want Part }

func (p Part) end() int64 { return p.Offset + p.Size }

// missing are the gaps of an artifact in a range.
func missing(a artifact, offset, size int64) (gaps []gap) {
	offset = max(offset, 0)
	end := min(offset+max(size, 0), a.Content)
	at := int64(0)
	for _, p := range append(slices.Clone(a.Parts), Part{a.Content, 0}) {
		from, to := max(at, offset), min(p.Offset, end)
		if from < to {
			gaps = append(gaps, gap{Part{at, p.Offset - at}, Part{from, to - from}})
		}
		at = p.end()
	}
	return gaps
}

// piece is a part, and its bytes or where they are in the file of before.
type piece struct {
	Part
	data []byte
	at   int64
}

// addRanges makes the file of an artifact with more parts.
func (d *onDemand) addRanges(ctx context.Context, a artifact, gaps []gap) (received, error) {
	if err := d.Pool.acquire(ctx); err != nil {
		return received{}, err
	}
	defer d.Pool.release()
	var pieces []piece
	at := int64(0)
	for _, p := range a.Parts {
		pieces = append(pieces, piece{Part: p, at: at})
		at += p.Size
	}
	for _, g := range gaps {
		data, err := d.readPart(ctx, a, g.want)
		if err != nil {
			return received{}, err
		}
		if p := wholeLines(g, data); p.Size > 0 {
			pieces = append(pieces, p)
		}
	}
	slices.SortFunc(pieces, func(a, b piece) int { return int(min(max(a.Offset-b.Offset, -1), 1)) })
	return d.merge(a, pieces)
}

// wholeLines cuts what came of a gap to whole lines: the gap itself begins and ends
// between two. Where there are none, it is kept as it is.
func wholeLines(g gap, data []byte) piece {
	p := piece{Part: g.want, data: data}
	if g.want.Offset > g.all.Offset {
		if i := bytes.IndexByte(p.data, '\n'); i >= 0 {
			p.data = p.data[i+1:]
		}
	}
	p.Offset += int64(len(data) - len(p.data))
	if g.want.end() < g.all.end() {
		p.data = p.data[:bytes.LastIndexByte(p.data, '\n')+1]
	}
	p.Size = int64(len(p.data))
	return p
}

// readPart reads a part of the text of an artifact.
func (d *onDemand) readPart(ctx context.Context, a artifact, want Part) ([]byte, error) {
	o := objstore.Object{
		Bucket: d.run.Bucket, Name: d.run.Root + "/" + a.Name, Size: a.Size, Version: string(a.Version), Sum: a.sum(),
		ContentEncoding: a.ContentEncoding,
	}
	if a.Unchecked && d.store.Features().Ranges { // it was read so before: it is no gzip
		b := &limitedBuffer{limit: int(want.Size)}
		err := d.store.ReadRange(ctx, o, want.Offset, want.Size, b)
		return b.b, err
	}
	w := &window{skip: want.Offset, limit: want.Size}
	damage, err := d.stream(ctx, o, w)
	if err == nil && int64(len(w.b)) < want.Size {
		if err = damage; err == nil {
			err = io.ErrUnexpectedEOF
		}
	}
	return w.b, err
}

// window keeps limit bytes behind the first skip bytes of what is written.
type window struct {
	b           []byte
	skip, limit int64
}

func (w *window) Write(b []byte) (int, error) {
	n := len(b)
	skipped := min(w.skip, int64(n))
	w.skip -= skipped
	b = b[skipped:]
	w.b = append(w.b, b[:min(int64(len(b)), w.limit-int64(len(w.b)))]...)
	return n, nil
}

// merge writes the file of an artifact of these parts, which are in order.
func (d *onDemand) merge(a artifact, pieces []piece) (r received, err error) {
	old, err := os.Open(d.dir.artifactPath(d.run, &a))
	if err != nil {
		return r, err
	}
	defer old.Close()
	f, err := d.dir.newPart()
	if err != nil {
		return r, err
	}
	a.Parts = nil
	for _, p := range pieces {
		var from io.Reader = bytes.NewReader(p.data)
		if p.data == nil {
			from = io.NewSectionReader(old, p.at, p.Size)
		}
		if _, err := io.Copy(f, from); err != nil {
			return r, errors.Join(&localError{err}, f.Close(), os.Remove(f.Name()))
		}
		if n := len(a.Parts); n > 0 && a.Parts[n-1].end() == p.Offset {
			a.Parts[n-1].Size += p.Size
		} else {
			a.Parts = append(a.Parts, p.Part)
		}
	}
	r = received{a, f.Name()}
	if err := f.Close(); err != nil {
		return r, discard([]received{r}, &localError{err})
	}
	return r, nil
}
