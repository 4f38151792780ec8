package viewer

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/joblog"
)

// segment is a piece of a line in one style. It is sent as [text, style], where style
// is words of a page's own: f0 to f15 and b0 to b15 (the colours of a terminal, of
// letters and behind them), bold, dim, italic, underline, inverse, and found for what
// a search looked for.
type segment struct {
	text  []byte
	style string
}

func (s segment) MarshalJSON() ([]byte, error) {
	if s.style == "" {
		return json.Marshal([]string{string(s.text)})
	}
	return json.Marshal([]string{string(s.text), s.style})
}

const maxSegments = 200 // of a line

// segments reads a line of a log: colours become styles, other terminal escapes are
// taken out, and of a progress bar only what was drawn last is left. What cannot be
// seen is spelled out. At most limit bytes of text are kept; cut says whether there
// are more. The places found are those of the line's text: see joblog.Log.Text.
func segments(line []byte, limit int, found []textRange) (out []segment, cut bool) {
	line = bytes.TrimRight(line, "\r\n")
	if i := bytes.LastIndexByte(line, '\r'); i >= 0 {
		line = line[i+1:]
	}
	out = []segment{}
	var now style
	at := 0 // in the text
	for len(line) > 0 && !cut {
		n := bytes.IndexByte(line, escape)
		if n < 0 {
			n = len(line)
		}
		if n == 0 {
			line = now.read(line)
			continue
		}
		for len(found) > 0 && found[0].to <= at {
			found = found[1:]
		}
		n, now.found = upToPlace(n, at, found)
		kept, more := text.Cut(string(line[:min(n, limit+1)]), limit)
		cut = more
		limit -= len(kept)
		out = addSegment(out, kept, now.String())
		at += n
		line = line[n:]
	}
	return out, cut
}

// upToPlace gives how many of the n bytes at an offset are all in the first of some
// places, or all outside of it.
func upToPlace(n, at int, places []textRange) (int, bool) {
	switch {
	case len(places) == 0:
		return n, false
	case places[0].from > at:
		return min(n, places[0].from-at), false
	}
	return min(n, places[0].to-at), true
}

func addSegment(all []segment, piece, style string) []segment {
	shown, _ := text.Block(piece, len(piece))
	last := len(all) - 1
	switch {
	case shown == "":
	case last >= 0 && (all[last].style == style || len(all) == maxSegments):
		all[last].text = append(all[last].text, shown...)
	default:
		all = append(all, segment{[]byte(shown), style})
	}
	return all
}

const escape = 0x1b

// style is how a terminal writes: colours are 1 to 16, 0 is none.
type style struct {
	letters, behind                         int
	bold, dim, italic, underlined, inverted bool
	found                                   bool // not by the terminal
}

func (s style) String() string {
	if s == (style{}) {
		return ""
	}
	var words []string
	add := func(on bool, word string) {
		if on {
			words = append(words, word)
		}
	}
	add(s.letters > 0, "f"+strconv.Itoa(s.letters-1))
	add(s.behind > 0, "b"+strconv.Itoa(s.behind-1))
	add(s.bold, "bold")
	add(s.dim, "dim")
	add(s.italic, "italic")
	add(s.underlined, "underline")
	add(s.inverted, "inverse")
	add(s.found, "found")
	return strings.Join(words, " ")
}

// read takes the escape sequence that b begins with, and gives what is behind it.
func (s *style) read(b []byte) (rest []byte) {
	n := joblog.EscapeLen(b)
	if n > 2 && b[1] == '[' && b[n-1] == 'm' {
		s.apply(b[2 : n-1])
	}
	return b[n:]
}

const maxParameters = 32 // of a sequence

// apply reads the parameters of Select Graphic Rendition (ECMA-48).
func (s *style) apply(parameters []byte) {
	fields := strings.FieldsFunc(string(parameters[:min(len(parameters), 8*maxParameters)]), func(r rune) bool { return r == ';' || r == ':' })
	if len(fields) == 0 {
		*s = style{found: s.found}
	}
	var codes []int
	for _, f := range fields[:min(len(fields), maxParameters)] {
		n, err := strconv.Atoi(f)
		if err != nil {
			return // of a private kind
		}
		codes = append(codes, n)
	}
	for len(codes) > 0 {
		n := codes[0]
		codes = codes[1:]
		switch {
		case n == 38:
			s.letters, codes = extended(codes)
		case n == 48:
			s.behind, codes = extended(codes)
		default:
			s.set(n)
		}
	}
}

func (s *style) set(code int) {
	switch {
	case code == 0:
		*s = style{found: s.found}
	case code == 1:
		s.bold = true
	case code == 2:
		s.dim = true
	case code == 3:
		s.italic = true
	case code == 4:
		s.underlined = true
	case code == 7:
		s.inverted = true
	case code == 22:
		s.bold, s.dim = false, false
	case code == 23:
		s.italic = false
	case code == 24:
		s.underlined = false
	case code == 27:
		s.inverted = false
	case code >= 30 && code <= 37:
		s.letters = code - 30 + 1
	case code == 39:
		s.letters = 0
	case code >= 40 && code <= 47:
		s.behind = code - 40 + 1
	case code == 49:
		s.behind = 0
	case code >= 90 && code <= 97:
		s.letters = code - 90 + 9
	case code >= 100 && code <= 107:
		s.behind = code - 100 + 9
	}
}

// extended reads a colour of 256 or of 16 million, and gives the nearest of the 16.
func extended(codes []int) (colour int, rest []int) {
	switch {
	case len(codes) >= 2 && codes[0] == 5:
		return nearest256(codes[1]), codes[2:]
	case len(codes) >= 4 && codes[0] == 2:
		return nearest(codes[1], codes[2], codes[3]), codes[4:]
	}
	return 0, nil
}

// nearest256 takes a colour of the table of 256: the 16, a cube of 6×6×6, and greys.
func nearest256(n int) int {
	level := func(v int) int { return []int{0, 95, 135, 175, 215, 255}[v] }
	switch {
	case n < 0 || n > 255:
		return 0
	case n < 16:
		return n + 1
	case n < 232:
		n -= 16
		return nearest(level(n/36), level(n/6%6), level(n%6))
	}
	grey := 8 + (n-232)*10
	return nearest(grey, grey, grey)
}

// nearest goes by which of red, green and blue are strong, and by how bright they are.
func nearest(red, green, blue int) int {
	most := max(red, green, blue)
	if most < 48 {
		return 1
	}
	colour := 1
	for i, v := range []int{red, green, blue} {
		if v*3 > most*2 {
			colour += 1 << i
		}
	}
	if most > 191 {
		colour += 8
	}
	return colour
}
