package joblog

import (
	"context"
	"io"
	"iter"
	"math"
	"regexp"
	"unicode/utf8"
)

// searchBytes is how many bytes are searched between two looks at the context, at most.
const searchBytes = 1 << 20

// Find returns the numbers of the lines from line from on whose text (see [Log.Text])
// matches re. It looks at ctx at least once a MiB; when ctx ends, the last pair holds
// its error.
//
// A caller may stop at any match and go on later from the line behind it.
func (l *Log) Find(ctx context.Context, re *regexp.Regexp, from int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		s := search{ctx: ctx, re: re}
		for i := max(from, 0); i < len(l.lines); i++ {
			found, err := s.match(l, i)
			if err != nil {
				yield(i, err)
				return
			}
			if found && !yield(i, nil) {
				return
			}
		}
	}
}

// search is one search through a log.
type search struct {
	ctx  context.Context
	re   *regexp.Regexp
	text []byte // of a line whose text is not its bytes
	done int    // bytes since the context was looked at
}

func (s *search) match(l *Log, i int) (bool, error) {
	line := chomp(l.Raw(i))
	if !l.lines[i].clean() {
		s.text = appendText(s.text[:0], line, math.MaxInt)
		line = s.text
	}
	if s.done += len(line) + 1; s.done > searchBytes {
		if err := s.ctx.Err(); err != nil {
			return false, err
		}
		s.done = 0
	}
	if len(line) <= searchBytes {
		return s.re.Match(line), nil
	}
	found := s.re.MatchReader(&runes{ctx: s.ctx, text: line})
	return found, s.ctx.Err()
}

// runes gives out a long text until the context ends.
type runes struct {
	ctx  context.Context
	text []byte
	pos  int
	next int // where to look at the context
}

func (r *runes) ReadRune() (char rune, size int, err error) {
	if r.pos >= r.next {
		if r.ctx.Err() != nil {
			return 0, 0, io.EOF
		}
		r.next = r.pos + searchBytes
	}
	if r.pos >= len(r.text) {
		return 0, 0, io.EOF
	}
	char, size = utf8.DecodeRune(r.text[r.pos:])
	r.pos += size
	return char, size, nil
}
