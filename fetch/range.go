package fetch

import (
	"bytes"
	"cmp"
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
var ErrUnknownArtifact = errors.New("the artifact is not in the cache")

// FetchRange fetches more of an artifact that the cache holds in parts. It fetches what is
// missing of size bytes from an offset, as whole lines, at most 64 MiB. What the cache
// has already costs no request. The result also holds the earlier parts, in a new
// file. The earlier file stays unchanged for callers that have it open.
//
// Gzip can only be read from its beginning. In that case FetchRange fetches all that is missing,
// up to the limit for the logs of a run, so that no further range reads it again.
func (c *Cache) FetchRange(ctx context.Context, store objstore.Store, res *Result, name string, offset, size int64, o ArtifactOptions) (Artifact, error) {
	return c.onDemand(store, res, o).fetchRange(ctx, name, offset, size)
}

func (d *onDemand) fetchRange(ctx context.Context, name string, offset, size int64) (Artifact, error) {
	a, ok := d.dir.readManifest().artifactNamed(name)
	if !ok || !d.dir.holdsArtifact(d.run, &a) {
		return Artifact{}, fmt.Errorf("cannot read a part of %s: %w", text.Name(name), ErrUnknownArtifact)
	}
	wanted := missing(a, offset, min(size, maxRange))
	if len(wanted) > 0 {
		if d.Offline {
			return Artifact{}, fmt.Errorf("cannot read a part of %s: %w", text.Name(name), ErrOffline)
		}
		r, err := d.addRanges(ctx, a, wanted)
		if err != nil {
			return Artifact{}, fmt.Errorf("cannot read a part of %s: %w", text.Name(name), err)
		}
		m, err := d.commit(ctx, []received{r}, func(*manifest) {})
		if err != nil {
			return Artifact{}, fmt.Errorf("cannot read a part of %s: %w", text.Name(name), err)
		}
		a, _ = m.artifactNamed(name)
	}
	got, ok := d.dir.publish(d.run, a)
	if !ok {
		return Artifact{}, fmt.Errorf("cannot read a part of %s: %w", text.Name(name), ErrUnknownArtifact)
	}
	return got, nil
}

// gap is a missing part, and the range of it that is wanted.
type gap struct{ all, want Part }

func (p Part) end() int64 { return p.Offset + p.Size }

// missing returns the gaps of an artifact in a range.
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

// piece is a part with its bytes, or with their place in a file.
type piece struct {
	Part
	data []byte
	file *os.File // nil: that of before
	at   int64
}

// addRanges writes the file of an artifact with more parts.
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
	var more []piece
	var err error
	if a.Unchecked && d.store.Features().Ranges { // it was read by range before, so it is not gzip
		more, err = d.readGaps(ctx, a, gaps)
	} else {
		kept, newErr := d.dir.newPart()
		if newErr != nil {
			return received{}, newErr
		}
		defer func() { kept.Close(); os.Remove(kept.Name()) }()
		more, err = d.streamGaps(ctx, a, gaps, kept)
	}
	if err != nil {
		return received{}, err
	}
	pieces = append(pieces, more...)
	slices.SortFunc(pieces, func(a, b piece) int { return int(min(max(a.Offset-b.Offset, -1), 1)) })
	return d.merge(a, pieces)
}

// wholeLines cuts the bytes received of a gap to whole lines. The gap itself begins and ends
// between two lines. If there are no whole lines, the bytes are kept as they are.
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

// object returns the object of an artifact, as it was listed.
func (d *onDemand) object(a artifact) objstore.Object {
	return objstore.Object{
		Bucket: d.run.Bucket, Name: d.run.Root + "/" + a.Name, Size: a.Size, Version: string(a.Version), Sum: a.sum(),
		ContentEncoding: a.ContentEncoding,
	}
}

// readGaps reads the wanted ranges of gaps.
func (d *onDemand) readGaps(ctx context.Context, a artifact, gaps []gap) (pieces []piece, err error) {
	for _, g := range gaps {
		b := &limitedBuffer{limit: int(g.want.Size)}
		if err := d.store.ReadRange(ctx, d.object(a), g.want.Offset, g.want.Size, b); err != nil {
			return nil, err
		}
		if p := wholeLines(g, b.b); p.Size > 0 {
			pieces = append(pieces, p)
		}
	}
	return pieces, nil
}

// streamGaps reads an artifact from its beginning and writes what is missing of it to a
// file. If that is too much, it keeps what is wanted and at most as much after it as one range
// may have.
func (d *onDemand) streamGaps(ctx context.Context, a artifact, gaps []gap, kept *os.File) (pieces []piece, err error) {
	all, sum := missing(a, 0, a.Content), int64(0)
	for _, g := range all {
		sum += g.all.Size
	}
	if sum <= d.total {
		gaps = all
	} else {
		for i := range gaps {
			g := &gaps[i]
			g.want.Size = min(g.all.end()-g.want.Offset, max(g.want.Size, min(maxRange, d.total)))
		}
	}
	s := &sieve{w: kept}
	for _, g := range gaps {
		s.wanted = append(s.wanted, g.want)
	}
	damage, err := d.stream(ctx, d.object(a), s)
	if err == nil && s.left() {
		err = cmp.Or(damage, error(io.ErrUnexpectedEOF))
	}
	if err != nil {
		return nil, err
	}
	at := int64(0)
	for _, g := range gaps {
		p := piece{Part: g.want, file: kept, at: at}
		at += g.want.Size
		if g.want != g.all {
			data := make([]byte, g.want.Size)
			if _, err := kept.ReadAt(data, p.at); err != nil {
				return nil, &localError{err}
			}
			p = wholeLines(g, data)
		}
		if p.Size > 0 {
			pieces = append(pieces, p)
		}
	}
	return pieces, nil
}

// sieve passes on the wanted parts of what is written. The parts are in order.
type sieve struct {
	w      io.Writer
	wanted []Part
	n      int64 // bytes so far
}

func (s *sieve) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 && len(s.wanted) > 0 {
		next := &s.wanted[0]
		if skip := min(next.Offset-s.n, int64(len(b))); skip > 0 {
			s.n += skip
			b = b[skip:]
			continue
		}
		fits := b[:min(int64(len(b)), next.Size)]
		if _, err := s.w.Write(fits); err != nil {
			return 0, &localError{err}
		}
		k := int64(len(fits))
		s.n += k
		b = b[k:]
		if next.Offset, next.Size = next.Offset+k, next.Size-k; next.Size == 0 {
			s.wanted = s.wanted[1:]
		}
	}
	s.n += int64(len(b))
	return n, nil
}

// left reports whether a wanted part has not come.
func (s *sieve) left() bool { return len(s.wanted) > 0 }

// merge writes the file of an artifact from parts that are in order.
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
			from = io.NewSectionReader(cmp.Or(p.file, old), p.at, p.Size)
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
