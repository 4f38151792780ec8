// Package jsonscan reads JSON of any size in bounded memory: its caller asks for
// members, elements and scalars one after the other, in the order of the text.
//
// It promises that no input makes it panic, recurse, or hold more than [MaxText] and a
// window. Text beyond MaxText is skipped and counted. So is a value of another type than
// the caller asks for; an unknown value can be read as raw text. The package reads the JSON
// of RFC 8259, checks only what it needs, and leaves duplicate keys and invalid UTF-8 to
// its caller.
//
// After the first error all methods return zero values, so that loops over members and
// elements end, and Err returns it. [Scanner.NextLine] continues after it in a file of JSON
// lines.
package jsonscan

import (
	"bytes"
	"fmt"
	"io"
)

// MaxText is how much is kept of one text, and of one value that is taken as text, in bytes.
const MaxText = 16 << 20

const (
	window    = 128 << 10
	maxDepth  = 256     // of nested objects and arrays that a caller looks into
	maxNumber = 4 << 10 // bytes of a number, or what is in its place
)

// A Scanner reads JSON values that follow each other. It is for one goroutine.
type Scanner struct {
	src      io.Reader // nil: all is in buf
	buf      []byte
	pos, end int   // what is not read yet is buf[pos:end]
	keep     int   // buf is kept from here on; -1: from pos on
	base     int64 // of buf in src
	lines    int64 // that end before pos
	depth    int
	first    bool // nothing was read of the object or array that was opened last
	scratch  []byte
	err      *Error

	Cut  Seen // texts that were longer than MaxText, of which the beginning was given
	Odd  Seen // values of another type than was asked for, or nested too deep, that were passed over
	Lone Seen // halves of surrogate pairs, replaced by U+FFFD
}

// Seen counts something, and says where it was seen first.
type Seen struct {
	N     int
	Place Place
}

// Place is a place in the text.
type Place struct {
	Offset int64 // bytes before it
	Line   int64 // from 1 on
}

func (p Place) String() string { return fmt.Sprintf("line %d (byte %d)", p.Line, p.Offset) }

// Error is what ends reading.
type Error struct {
	Place
	Torn bool  // the text ends within a value
	Err  error // of the reader; nil: the text itself is broken
	What string
}

func (e *Error) Error() string { return e.What + " at " + e.Place.String() }

// Unwrap gives the reader's error.
func (e *Error) Unwrap() error { return e.Err }

// New returns a Scanner of what a reader gives.
func New(src io.Reader) *Scanner {
	return &Scanner{src: src, buf: make([]byte, window), keep: -1}
}

// OfBytes returns a Scanner of a text in memory.
func OfBytes(b []byte) *Scanner { return &Scanner{buf: b, end: len(b), keep: -1} }

// Err gives the error that ended reading, nil if there was none.
func (s *Scanner) Err() *Error { return s.err }

// Place is that of what comes next.
func (s *Scanner) Place() Place { return Place{s.base + int64(s.pos), s.lines + 1} }

// Next gives the first byte of the next value, or of what is in its place, without reading
// it; 0 at the end.
func (s *Scanner) Next() byte {
	if s.err != nil {
		return 0
	}
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case '\n':
				s.lines++
			case ' ', '\t', '\r':
			default:
				return c
			}
			s.pos++
		}
		if !s.more() {
			return 0
		}
	}
}

// End reports whether the text ends here, which is not an error.
func (s *Scanner) End() bool { return s.Next() == 0 && s.pos == s.end && s.err == nil }

// more reads on, false at the end.
func (s *Scanner) more() bool {
	if s.src == nil || s.err != nil {
		return false
	}
	from := s.pos
	if s.keep >= 0 {
		from = s.keep
	}
	if from > 0 {
		copy(s.buf, s.buf[from:s.end])
		s.base += int64(from)
		s.pos, s.end = s.pos-from, s.end-from
		if s.keep >= 0 {
			s.keep = 0
		}
	}
	if s.end > len(s.buf)*3/4 {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		if err != nil && err != io.EOF {
			s.src = nil // what was read before it is still good
			if n == 0 {
				s.err = &Error{Place: s.Place(), Err: err, What: "it cannot be read on (" + err.Error() + ")"}
				return false
			}
			s.src = broken{err}
		} else if err == io.EOF {
			s.src = nil
		}
		if n > 0 {
			return true
		}
		if s.src == nil {
			return false
		}
	}
	s.err = &Error{Place: s.Place(), Err: io.ErrNoProgress, What: "nothing more can be read"}
	return false
}

// broken gives an error once what came with it was used.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// fail ends reading. want says what should be here.
func (s *Scanner) fail(want string) {
	if s.err != nil {
		return
	}
	e := &Error{Place: s.Place()}
	switch {
	case s.pos >= s.end:
		e.Torn, e.What = true, "the text ends where "+want+" should be,"
	default:
		e.What = fmt.Sprintf("%q instead of %s", rune(s.buf[s.pos]), want)
	}
	s.err = e
}

// NextLine goes on after an error, where a line begins with an object or array. It
// reports whether there is such a line.
func (s *Scanner) NextLine() bool {
	if s.err != nil && s.err.Err != nil {
		return false
	}
	s.err, s.depth, s.keep = nil, 0, -1
	for {
		i := bytes.IndexByte(s.buf[s.pos:s.end], '\n')
		if i < 0 {
			s.pos = s.end
			if !s.more() {
				return false
			}
			continue
		}
		s.pos += i + 1
		s.lines++
		if s.pos == s.end && !s.more() {
			return false
		}
		if c := s.buf[s.pos]; c == '{' || c == '[' {
			return true
		}
	}
}

// Object enters the object that comes next. What is not one, null included, is passed
// over. Member then gives its members.
func (s *Scanner) Object() bool { return s.enter('{') }

// Array enters the array that comes next, as Object does. Element then gives its elements.
func (s *Scanner) Array() bool { return s.enter('[') }

func (s *Scanner) enter(open byte) bool {
	c := s.Next()
	if c == open && s.depth < maxDepth {
		s.pos++
		s.depth++
		s.first = true
		return true
	}
	at := s.Place()
	if s.Skip(); c != 'n' && s.err == nil {
		s.Odd.Add(at)
	}
	return false
}

// Add counts one more.
func (n *Seen) Add(at Place) {
	if n.N++; n.N == 1 {
		n.Place = at
	}
}

// Member goes on to the next member of the object that was entered last and not left. Its
// value comes next and must be read. The key is valid until then. There is none at the
// end, which leaves the object.
func (s *Scanner) Member() (key []byte, ok bool) {
	if !s.item('}') {
		return nil, false
	}
	if s.Next() != '"' {
		s.fail("a key")
		return nil, false
	}
	key = s.text(true)
	if s.pos < s.end && s.buf[s.pos] == ':' && s.err == nil { // nearly always
		s.pos++
		return key, true
	}
	kept := append([]byte(nil), key...)
	if s.Next() != ':' {
		s.fail("a colon")
		return nil, false
	}
	s.pos++
	return kept, true
}

// Element goes on to the next element of the array that was entered last and not left.
func (s *Scanner) Element() bool { return s.item(']') }

// item goes on to the next item, or leaves what ends here.
func (s *Scanner) item(end byte) bool {
	c := s.Next()
	if s.err != nil {
		return false
	}
	if c == end {
		s.pos++
		s.depth--
		s.first = false
		return false
	}
	if !s.first {
		if c != ',' {
			s.fail("a comma or " + string(end))
			return false
		}
		s.pos++
		if c = s.Next(); c == end {
			s.fail("a value behind the comma")
			return false
		}
	}
	if s.first = false; s.pos >= s.end {
		s.fail("a value or " + string(end))
		return false
	}
	return s.err == nil
}

// Stop ends reading with an error, which is not one of the text.
func (s *Scanner) Stop(err error) {
	if s.err == nil {
		s.err = &Error{Place: s.Place(), Err: err, What: err.Error()}
	}
}
