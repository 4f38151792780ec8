package jsonscan

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the type of a value.
type Kind byte

// The types of values. The zero Kind comes with an error.
const (
	None      Kind = iota
	Text           // with its escapes undone
	Number         // as it is written
	True           //
	False          //
	Null           //
	Composite      // an object or array, as it is written
)

// Scalar reads a value and gives its text, which is valid until the next call. An object or
// array of more than MaxText is passed over: its text is empty.
func (s *Scanner) Scalar() ([]byte, Kind) {
	switch c := s.Next(); c {
	case '"':
		return s.value(s.text(false), Text)
	case '{', '[':
		return s.value(s.raw(), Composite)
	case 't', 'f', 'n':
		b := s.literal()
		switch string(b) {
		case "true":
			return s.value(b, True)
		case "false":
			return s.value(b, False)
		case "null":
			return s.value(b, Null)
		}
		s.pos -= len(b)
		s.fail("a value")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.value(s.literal(), Number)
	default:
		s.fail("a value")
	}
	return nil, None
}

func (s *Scanner) value(b []byte, kind Kind) ([]byte, Kind) {
	if s.err != nil {
		return nil, None
	}
	return b, kind
}

// Skip passes over a value, however deep it is nested.
func (s *Scanner) Skip() {
	for depth := 0; ; {
		switch c := s.Next(); c {
		case '"':
			s.skipText()
		case '{', '[':
			s.pos++
			depth++
		case '}', ']':
			if depth == 0 {
				s.fail("a value")
				return
			}
			s.pos++
			depth--
		case ',', ':':
			if depth == 0 {
				s.fail("a value")
				return
			}
			s.pos++
		case 't', 'f', 'n', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			s.literal()
		default:
			s.fail("a value")
		}
		if depth == 0 || s.err != nil {
			return
		}
		if s.keep >= 0 && s.pos-s.keep > MaxText {
			s.keep = -1
		}
	}
}

// raw gives a value as it is written.
func (s *Scanner) raw() []byte {
	at := s.Place()
	s.keep = s.pos
	s.Skip()
	from := s.keep
	s.keep = -1
	if from < 0 || s.err != nil {
		if s.err == nil {
			s.Cut.Add(at)
		}
		return nil
	}
	return s.buf[from:s.pos]
}

// literal reads what is no text, object or array up to the next delimiter.
func (s *Scanner) literal() []byte {
	for n := 0; ; n++ {
		if s.pos+n == s.end && !s.more() || n > maxNumber {
			return s.take(n)
		}
		switch s.buf[s.pos+n] {
		case ' ', '\t', '\r', '\n', ',', ':', '}', ']', '{', '[', '"':
			return s.take(n)
		}
	}
}

func (s *Scanner) take(n int) []byte {
	s.pos += n
	return s.buf[s.pos-n : s.pos]
}

// inside are the bytes that a text has without escapes.
var inside = func() (t [256]bool) {
	for c := 0x20; c < 256; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// text reads a text. A key is short in all that is of use: more than a window of it is
// passed over like what other texts have beyond MaxText.
func (s *Scanner) text(key bool) []byte {
	at := s.Place()
	s.pos++ // behind the quote
	for n := 0; ; {
		b := s.buf[s.pos:s.end]
		for n < len(b) && inside[b[n]] {
			n++
		}
		most := MaxText
		if key {
			most = window
		}
		switch {
		case n > most:
			kept := append(s.scratch[:0], b[:most]...)
			s.pos += n
			return s.rest(kept, at)
		case n == len(b):
			if !s.more() {
				s.pos = s.end
				s.fail("the end of a text")
				return nil
			}
		case b[n] == '"':
			s.pos += n + 1
			return b[:n]
		case b[n] == '\\':
			kept := append(s.scratch[:0], b[:n]...)
			s.pos += n
			return s.escaped(kept, most, at)
		default:
			s.pos += n
			s.fail("a character of a text")
			return nil
		}
	}
}

// escaped reads on where the first escape of a text is.
func (s *Scanner) escaped(kept []byte, most int, at Place) []byte {
	for {
		b := s.buf[s.pos:s.end]
		n := 0
		for n < len(b) && inside[b[n]] {
			n++
		}
		kept = append(kept, b[:n]...)
		s.pos += n
		if len(kept) > most {
			return s.rest(kept[:most], at)
		}
		switch {
		case n == len(b):
			if !s.more() {
				s.fail("the end of a text")
				return nil
			}
		case b[n] == '"':
			s.pos++
			s.scratch = kept
			return kept
		case b[n] == '\\':
			kept = s.escape(kept)
		default:
			s.fail("a character of a text")
		}
		if s.err != nil {
			return nil
		}
	}
}

// rest passes over what a text has beyond what is kept of it.
func (s *Scanner) rest(kept []byte, at Place) []byte {
	s.Cut.Add(at)
	s.scratch = kept
	s.behindText()
	for range utf8.UTFMax - 1 { // no half of a character
		if r, n := utf8.DecodeLastRune(kept); r != utf8.RuneError || n != 1 {
			break
		}
		kept = kept[:len(kept)-1]
	}
	return kept
}

func (s *Scanner) skipText() {
	s.pos++
	s.behindText()
}

// behindText goes on behind the end of the text that is here.
func (s *Scanner) behindText() {
	for s.err == nil {
		b := s.buf[s.pos:s.end]
		n := 0
		for n < len(b) && inside[b[n]] {
			n++
		}
		s.pos += n
		switch {
		case n == len(b):
			if !s.more() {
				s.fail("the end of a text")
			}
		case b[n] == '"':
			s.pos++
			return
		case b[n] == '\\':
			if s.pos+1 >= s.end && !s.room(2) {
				s.pos = s.end
				s.fail("the end of a text")
				return
			}
			s.pos += 2
		default:
			s.fail("a character of a text")
		}
		if s.keep >= 0 && s.pos-s.keep > MaxText {
			s.keep = -1
		}
	}
}

// room reads on until there are n bytes.
func (s *Scanner) room(n int) bool {
	for s.end-s.pos < n {
		if !s.more() {
			return false
		}
	}
	return true
}

// escape appends what an escape stands for.
func (s *Scanner) escape(kept []byte) []byte {
	if !s.room(2) {
		s.pos = s.end
		s.fail("the end of a text")
		return kept
	}
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), s.buf[s.pos+1]); i >= 0 {
		s.pos += 2
		return append(kept, "\"\\/\b\f\n\r\t"[i])
	}
	r, ok := s.unit()
	if !ok {
		return kept
	}
	if utf16.IsSurrogate(r) {
		at := s.Place()
		if s.room(6) && s.buf[s.pos] == '\\' && s.buf[s.pos+1] == 'u' {
			second, ok := s.unit()
			if !ok {
				return kept
			}
			if whole := utf16.DecodeRune(r, second); whole != utf8.RuneError {
				return utf8.AppendRune(kept, whole)
			}
			s.pos -= 6 // an escape of its own
		}
		s.Lone.Add(at)
		r = utf8.RuneError
	}
	return utf8.AppendRune(kept, r)
}

// unit reads \uXXXX.
func (s *Scanner) unit() (r rune, ok bool) {
	if !s.room(6) {
		if s.buf[s.pos+1] == 'u' || s.end-s.pos < 2 {
			s.pos = s.end
		}
		s.fail("an escape")
		return 0, false
	}
	b := s.buf[s.pos : s.pos+6]
	if b[1] != 'u' {
		s.fail("an escape")
		return 0, false
	}
	for _, c := range b[2:] {
		d := hexDigits[c]
		if d > 15 {
			s.fail("an escape")
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	s.pos += 6
	return r, true
}

// hexDigits are the values of hexadecimal digits, 0xff for other bytes.
var hexDigits = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= '0' && c <= '9':
			t[c] = byte(c - '0')
		case c >= 'a' && c <= 'f':
			t[c] = byte(c - 'a' + 10)
		case c >= 'A' && c <= 'F':
			t[c] = byte(c - 'A' + 10)
		default:
			t[c] = 0xff
		}
	}
	return t
}()
