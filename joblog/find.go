package joblog

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"regexp"
	"runtime"
	"sort"
	"sync"
	"unicode/utf8"

	"prowtrace/internal/panics"
)

const (
	searchBytes = 1 << 20  // most bytes searched for a literal between two checks of the context
	matchBytes  = 64 << 10 // bytes matched between two checks: a pattern can take a µs a byte, and more
	rangeLines  = 8192     // lines that a goroutine searches at a time, in as many bytes as they have
	manyLines   = 2 * rangeLines
)

// Find returns the numbers of the lines from line from on whose text (see [Log.Text])
// matches re. Large logs are searched on all processors, ahead of the caller.
// Find checks ctx at least once a MiB, and once per 64 KiB to which a pattern is applied. When
// ctx ends, the last pair holds its error.
//
// A caller may stop at any match and continue later from the next line.
func (l *Log) Find(ctx context.Context, re *regexp.Regexp, from int) iter.Seq2[int, error] {
	must := literalOf(re)
	return func(yield func(int, error) bool) {
		from := max(from, 0)
		if len(l.lines)-from < manyLines {
			s := newSearch(ctx, l, re, must)
			s.lines(from, len(l.lines), yield)
			return
		}
		l.findParallel(ctx, re, must, from, yield)
	}
}

// FindBetween is Find for the lines from line from on and before line to. It searches on the
// goroutine of the caller.
func (l *Log) FindBetween(ctx context.Context, re *regexp.Regexp, from, to int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		newSearch(ctx, l, re, literalOf(re)).lines(max(from, 0), min(to, len(l.lines)), yield)
	}
}

// part is a range of lines, and what is found in it.
type part struct {
	from, to int
	lines    []int
	err      error
	done     chan struct{}
}

// findParallel searches ranges of lines ahead, and yields the matches in order.
func (l *Log) findParallel(ctx context.Context, re *regexp.Regexp, must literal, from int, yield func(int, error) bool) {
	stop := make(chan struct{})
	workers := runtime.GOMAXPROCS(0)
	todo, order := make(chan *part), make(chan *part, 2*workers) // order bounds how far ahead
	var all sync.WaitGroup
	defer all.Wait()
	defer close(stop)
	all.Go(func() {
		defer close(order)
		defer close(todo)
		for at := from; at < len(l.lines); at += rangeLines {
			p := &part{from: at, to: min(at+rangeLines, len(l.lines)), done: make(chan struct{})}
			select {
			case order <- p:
			case <-stop:
				return
			}
			select {
			case todo <- p:
			case <-stop:
				return
			}
		}
	})
	for range workers {
		all.Go(func() {
			s := newSearch(ctx, l, re, must)
			s.stop = stop
			for p := range todo {
				if err := panics.Guard(func() error { s.part(p); return nil }); err != nil {
					p.err = err
				}
				close(p.done)
			}
		})
	}
	for p := range order {
		<-p.done
		for _, i := range p.lines {
			if !yield(i, nil) {
				return
			}
		}
		if p.err != nil {
			yield(p.from, p.err)
			return
		}
	}
}

// part searches a range of lines, and records the matches.
func (s *search) part(p *part) {
	s.lines(p.from, p.to, func(i int, err error) bool {
		if err != nil {
			p.from, p.err = i, err
		} else {
			p.lines = append(p.lines, i)
		}
		return true
	})
}

// search is one search through a log, by one goroutine.
type search struct {
	ctx  context.Context
	stop <-chan struct{} // closed when the result is no longer wanted; or nil
	l    *Log
	re   *regexp.Regexp
	must finder
	text []byte // of a line whose text is not its bytes
	done int    // bytes since the last check of the context
}

func newSearch(ctx context.Context, l *Log, re *regexp.Regexp, must literal) *search {
	return &search{ctx: ctx, l: l, re: re, must: finder{literal: must}}
}

// lines searches the lines from from up to to. It ends at an error, and when found
// stops it.
func (s *search) lines(from, to int, found func(int, error) bool) {
	for i := from; i < to; {
		if s.must.text != nil && s.l.lines[i].clean() {
			n, err := s.skip(i, to)
			if err != nil {
				found(i, err)
				return
			}
			if i = n; i == to {
				return
			}
		}
		ok, err := s.match(i)
		if err != nil {
			found(i, err)
			return
		}
		if ok && !found(i, nil) {
			return
		}
		i++
	}
}

// skip returns the first line from i on that may match: one that holds the literal, or
// whose text is not its bytes; to if there is none.
func (s *search) skip(i, to int) (int, error) {
	for i < to && s.l.lines[i].clean() {
		start := s.l.lines[i].start()
		end, next := start, i
		for next < to && s.l.lines[next].clean() && end-start < searchBytes {
			next++
			end = s.l.end(next - 1)
		}
		at, err := s.literal(s.l.data[start:end])
		if err != nil {
			return i, err
		}
		if at += start; at >= start {
			return i + sort.Search(next-i-1, func(n int) bool { return s.l.lines[i+n+1].start() > at }), nil
		}
		i = next
	}
	return i, nil
}

// literal finds the literal in a text; -1 if it is not there.
func (s *search) literal(text []byte) (int, error) {
	for from := 0; ; from += searchBytes {
		piece := text[from:min(from+searchBytes+len(s.must.text)-1, len(text))]
		if err := s.read(len(piece) + 1); err != nil {
			return 0, err
		}
		if at := s.must.index(piece); at >= 0 {
			return from + at, nil
		}
		if from+searchBytes >= len(text) {
			return -1, nil
		}
	}
}

var errStopped = errors.New("nobody wants the result")

// read counts bytes that are searched, and checks the context once a MiB.
func (s *search) read(n int) error {
	if s.done += n; s.done <= searchBytes {
		return nil
	}
	s.done = 0
	select {
	case <-s.stop:
		return errStopped
	default:
		return s.ctx.Err()
	}
}

func (s *search) match(i int) (bool, error) {
	line := chomp(s.l.Raw(i))
	if !s.l.lines[i].clean() {
		s.text = appendText(s.text[:0], line, math.MaxInt)
		line = s.text
	}
	if s.must.text != nil {
		if at, err := s.literal(line); at < 0 || err != nil {
			return false, err
		}
	}
	// A byte that is matched counts as many that are looked through.
	if err := s.read((min(len(line), matchBytes) + 1) * (searchBytes / matchBytes)); err != nil {
		return false, err
	}
	if len(line) <= matchBytes {
		return s.re.Match(line), nil
	}
	found := s.re.MatchReader(&runes{ctx: s.ctx, text: line})
	return found, s.ctx.Err()
}

// runes yields a long text until the context ends.
type runes struct {
	ctx  context.Context
	text []byte
	pos  int
	next int // where to check the context
}

func (r *runes) ReadRune() (char rune, size int, err error) {
	if r.pos >= r.next {
		if r.ctx.Err() != nil {
			return 0, 0, io.EOF
		}
		r.next = r.pos + matchBytes
	}
	if r.pos >= len(r.text) {
		return 0, 0, io.EOF
	}
	char, size = utf8.DecodeRune(r.text[r.pos:])
	r.pos += size
	return char, size, nil
}
