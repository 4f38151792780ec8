package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync/atomic"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/objstore"
)

const (
	sliceSize  = 16 << 20 // bytes of one range of a large object
	sliceAbove = 24 << 20 // objects larger than this come in slices

	// keepAbove is the size above which an object's parts survive a failure, so that the
	// next call can continue. Smaller objects are as quick to fetch anew.
	keepAbove = 8 << 20

	resumes    = 3 // how often the download of a broken object is continued, each time with new bytes
	overwrites = 3 // how often an object may be overwritten while it is fetched
)

// download fetches one object into the cache.
//
// The store itself repeats requests and limits the time of each. download handles what
// goes beyond one request. Bytes that do not match their checksum are fetched once
// more. If an object was overwritten since it was listed, its present version is fetched.
func (t *transfer) download(ctx context.Context, o objstore.Object, e *entry) error {
	for range overwrites {
		err := t.receive(ctx, o, e)
		if errors.Is(err, objstore.ErrChecksum) {
			t.Progress.Retry()
			if err = t.receive(ctx, o, e); errors.Is(err, objstore.ErrChecksum) {
				err = fmt.Errorf("twice: %w", err)
			}
		}
		if !errors.Is(err, objstore.ErrNotExist) {
			return err
		}
		now, there, statErr := t.stat(ctx, o.Name)
		switch {
		case statErr != nil:
			return statErr
		case !there:
			return errors.New("was deleted from the bucket after it was listed")
		case now.Version == o.Version:
			return err
		}
		newer, news, full := t.ledger.expect(e.Name, now)
		if !news {
			return errors.Join(err, full) // the listing has met it as well
		}
		t.notice("%s was overwritten during the download: using the new content", text.Name(e.Name))
		o, *e = now, newer
	}
	return fmt.Errorf("was overwritten %d times during the download; try again later", overwrites)
}

// stat describes an object as it is now, if it exists.
func (t *transfer) stat(ctx context.Context, name string) (o objstore.Object, there bool, err error) {
	for o, err := range t.store.List(ctx, t.run.Bucket, name, "") {
		if err != nil || o.Name == name {
			return o, err == nil, err
		}
		break // the name itself sorts before all names that it is a prefix of
	}
	return objstore.Object{}, false, nil
}

// receive fetches one version of an object into its part, continues with what
// the part has, and makes the part a blob.
func (t *transfer) receive(ctx context.Context, o objstore.Object, e *entry) error {
	part := t.dir.part(t.run, e)
	f, err := os.OpenFile(part, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("write to the cache: %w", err)
	}
	ranges := t.store.Features().Ranges
	if o.Size > sliceAbove && ranges {
		err = t.slices(ctx, o, f)
	} else {
		err = t.rest(ctx, o, f)
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = t.askSum(ctx, o, e)
	}
	if err == nil {
		err = t.dir.keep(t.run, e)
	}
	if err == nil || o.Size <= keepAbove || !ranges || !worthKeeping(err) {
		os.Remove(part)
		os.Remove(slicesOf(part))
	}
	return err
}

// askSum asks for the sum of an object that was listed without one. If that fails, the
// file counts as one without a sum. Only an object that no longer exists is an error.
func (t *transfer) askSum(ctx context.Context, o objstore.Object, e *entry) error {
	summer, ok := t.store.(objstore.Summer)
	if !ok || e.sum() != (objstore.Sum{}) {
		return nil
	}
	sum, err := summer.Sum(ctx, o)
	switch {
	case err == nil:
		e.setSum(sum)
	case errors.Is(err, objstore.ErrNotExist) || ctx.Err() != nil:
		return err
	}
	return nil
}

// worthKeeping reports whether the bytes that came before an error are good.
func worthKeeping(err error) bool {
	var local *localError
	return !errors.Is(err, objstore.ErrChecksum) && !errors.Is(err, objstore.ErrNotExist) && !errors.As(err, &local)
}

// rest fetches what is missing at a part's end; all of it if the store has no ranges.
func (t *transfer) rest(ctx context.Context, o objstore.Object, f *os.File) error {
	n, err := f.Seek(0, io.SeekEnd)
	if err == nil && (n > o.Size || n > 0 && !t.store.Features().Ranges) {
		n, err = 0, f.Truncate(0)
	}
	if err != nil {
		return &localError{err}
	}
	t.Progress.bytesSaved.Add(n)
	return t.pull(ctx, o, &span{f: f, at: n, end: o.Size, progress: t.Progress})
}

// slices fetches a large object in ranges at the same time. Every free slot
// of the pool takes part. The caller's own slot makes sure that there is progress.
// A file beside the part records which slices are complete, in case the process is killed.
func (t *transfer) slices(ctx context.Context, o objstore.Object, f *os.File) error {
	memory := slicesOf(f.Name())
	have := t.slicesHeld(memory, f, o)
	log, err := os.OpenFile(memory, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return &localError{err}
	}
	defer log.Close()

	g, ctx := panics.WithContext(ctx)
	open, allTaken := context.WithCancel(ctx)
	defer allTaken()
	var next atomic.Int64
	work := func() error {
		for {
			at := (next.Add(1) - 1) * sliceSize
			if at >= o.Size {
				allTaken()
				return nil
			}
			if have[at] {
				continue
			}
			s := &span{f: f, at: at, end: min(at+sliceSize, o.Size), progress: t.Progress}
			if err := t.pull(ctx, o, s); err != nil {
				return err
			}
			if _, err := fmt.Fprintln(log, at); err != nil {
				return &localError{err}
			}
		}
	}
	g.Go(work)
	for range min(o.Size/sliceSize, int64(t.Pool.size()-1)) {
		g.Go(func() error {
			if t.Pool.acquire(open) != nil {
				return nil // no slice is left, or another slice failed
			}
			defer t.Pool.release()
			return work()
		})
	}
	return g.Wait()
}

func slicesOf(part string) string { return part + ".slices" }

// slicesHeld reads which slices a part has, by their offsets. If the part no longer
// exists, the record is ignored.
func (t *transfer) slicesHeld(memory string, f *os.File, o objstore.Object) map[int64]bool {
	have := map[int64]bool{}
	fi, err := f.Stat()
	if err != nil || fi.Size() == 0 || fi.Size() > o.Size {
		f.Truncate(0)
		os.Remove(memory)
		return have
	}
	data, err := os.ReadFile(memory)
	if err != nil {
		return have
	}
	for line := range strings.Lines(string(data)) {
		at, err := strconv.ParseInt(strings.TrimSuffix(line, "\n"), 10, 64)
		if err != nil || !strings.HasSuffix(line, "\n") || at < 0 || at%sliceSize != 0 || at >= o.Size || have[at] {
			continue
		}
		have[at] = true
		t.Progress.bytesSaved.Add(min(sliceSize, o.Size-at))
	}
	return have
}

// pull fetches a span of an object. If the store gave up after new bytes had
// come, pull asks for the rest.
func (t *transfer) pull(ctx context.Context, o objstore.Object, s *span) error {
	for try := 0; ; try++ {
		from := s.at
		var err error
		switch {
		case from == s.end:
			return nil
		case from == 0 && s.end == o.Size:
			err = t.store.Read(ctx, o, s)
		default:
			err = t.store.ReadRange(ctx, o, from, s.end-from, s)
		}
		if err == nil && s.at < s.end {
			err = fmt.Errorf("only %d of %d bytes received: %w", s.at-from, s.end-from, io.ErrUnexpectedEOF)
		}
		var refused *objstore.AccessError
		switch {
		case err == nil:
			return nil
		case !t.store.Features().Ranges, s.at == from, try == resumes, !worthKeeping(err), errors.As(err, &refused), ctx.Err() != nil:
			return err
		}
		t.Progress.Retry()
	}
}

// A span is a writer to the bytes [at, end) of a part.
type span struct {
	f        *os.File
	at, end  int64
	progress *Progress
}

func (s *span) Write(b []byte) (int, error) {
	if int64(len(b)) > s.end-s.at {
		return 0, fmt.Errorf("%w: more bytes than listed", objstore.ErrChecksum)
	}
	n, err := s.f.WriteAt(b, s.at)
	s.at += int64(n)
	s.progress.received(int64(n))
	if err != nil {
		return n, &localError{err}
	}
	return n, nil
}

// localError is a problem with the cache's disk, not with the bucket.
type localError struct{ err error }

func (e *localError) Error() string { return "write to the cache: " + e.err.Error() }
func (e *localError) Unwrap() error { return e.err }
