package viewer

import (
	"bytes"
	"context"
	"encoding/binary"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/trace"
)

// A logQuery is a search in lines: alternatives of terms that a line has to meet all.
// It is the language of the find box as far as that fits lines:
//
//	words "and phrases"  in the text, in any case
//	~regex               the text by a regular expression (RE2)
//	sev:error            of that severity or worse; also debug, info, warning, fatal
//	-term                not so
//	terms OR terms       one side or the other
type logQuery [][]lineTerm

// lineTerm is one condition on a line. One of its parts asks.
type lineTerm struct {
	not     bool
	word    []byte // in lower case, ASCII
	pattern *regexp.Regexp
	least   joblog.Severity
}

const (
	maxQueryBytes = 4096
	maxQueryTerms = 32
	searchedBytes = 1 << 20 // of a line
)

// meets reports whether a line meets the query. lower is its text in lower case.
func (q logQuery) meets(lower, text []byte, severity joblog.Severity) bool {
	return len(q) == 0 || slices.ContainsFunc(q, func(all []lineTerm) bool {
		return !slices.ContainsFunc(all, func(t lineTerm) bool { return t.holds(lower, text, severity) == t.not })
	})
}

func (t lineTerm) holds(lower, text []byte, severity joblog.Severity) bool {
	switch {
	case t.pattern != nil:
		return t.pattern.Match(text)
	case t.word != nil:
		return bytes.Contains(lower, t.word)
	}
	return severity >= t.least
}

var lineSeverities = map[string]joblog.Severity{
	"debug": joblog.Debug, "info": joblog.Info, "warning": joblog.Warning, "warn": joblog.Warning, "error": joblog.Error, "fatal": joblog.Fatal,
}

// parseLogQuery reads a search. What is still being typed asks for nothing.
func parseLogQuery(s string) (logQuery, error) {
	if len(s) > maxQueryBytes {
		return nil, wrongLogQuery("The search is longer than " + strconv.Itoa(maxQueryBytes) + " characters")
	}
	var q logQuery
	var all []lineTerm
	terms := 0
	add := func() {
		if len(all) > 0 {
			q, all = append(q, all), nil
		}
	}
	for s = strings.TrimLeftFunc(s, unicode.IsSpace); s != ""; s = strings.TrimLeftFunc(s, unicode.IsSpace) {
		if rest, ok := strings.CutPrefix(s, "OR"); ok && (rest == "" || unicode.IsSpace(rune(rest[0]))) {
			add()
			s = rest
			continue
		}
		if terms++; terms > maxQueryTerms {
			return nil, wrongLogQuery("The search has more than " + strconv.Itoa(maxQueryTerms) + " terms")
		}
		t, rest, err := readLineTerm(s)
		if err != nil {
			return nil, err
		}
		all, s = append(all, t), rest
	}
	add()
	return q, nil
}

func readLineTerm(s string) (t lineTerm, rest string, err error) {
	if len(s) > 1 && s[0] == '-' && !unicode.IsSpace(rune(s[1])) {
		t.not, s = true, s[1:]
	}
	regex := len(s) > 1 && s[0] == '~' && !unicode.IsSpace(rune(s[1]))
	if regex {
		s = s[1:]
	}
	word, quoted, rest, err := readWord(s)
	if err != nil {
		return t, "", err
	}
	if value, ok := strings.CutPrefix(word, "sev:"); ok && !quoted && !regex {
		if t.least, ok = lineSeverities[strings.ToLower(value)]; !ok {
			return t, "", wrongLogQuery("There is no severity " + text.Quote(value, 60) + ". The severities are debug, info, warning, error and fatal")
		}
		return t, rest, nil
	}
	switch {
	case regex:
		t.pattern, err = regexp.Compile(word)
	case !isASCII(word) || word == "":
		t.pattern, err = regexp.Compile("(?i)" + regexp.QuoteMeta(word))
	default:
		t.word = []byte(strings.ToLower(word))
	}
	if err != nil {
		return t, "", wrongLogQuery(text.Quote(word, 60) + " is not a regular expression: " + text.Clip(err.Error(), 200))
	}
	return t, rest, nil
}

// readWord reads up to a space, or up to the end of a quotation.
func readWord(s string) (word string, quoted bool, rest string, err error) {
	if s[0] != '"' {
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			end = len(s)
		}
		return s[:end], false, s[end:], nil
	}
	prefix, err := strconv.QuotedPrefix(s)
	if err == nil {
		word, err = strconv.Unquote(prefix)
	}
	if err != nil {
		return "", true, "", wrongLogQuery("A quote is not closed, or something odd follows a backslash, in " + text.Quote(s, 60))
	}
	return word, true, s[len(prefix):], nil
}

func wrongLogQuery(what string) error {
	return badRequest(what, `Write words, "a phrase", ~regex, sev:error, -term, or terms OR terms.`)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

const (
	rangesPerAnswer = 100_000 // of lines that were found, 800 kB
	linesPerPiece   = 16 << 10
)

// getLogFound sends the lines that match, and whose times lie from from to to in Unix
// ns, as little-endian u32: how many they are, then the first and the last number of
// each range of them, in order.
func (v *reader) getLogFound(r *http.Request, _ drawing, l logAt) (any, error) {
	q, err := parseLogQuery(r.URL.Query().Get("q"))
	if err != nil {
		return nil, err
	}
	from, to, err := period(r)
	if err != nil {
		return nil, err
	}
	among := lineSet{0, int32(l.lines.Len())}
	if !from.IsZero() || !to.IsZero() {
		among = nil
		for i := range l.lines.Between(from, to) {
			among = among.with(i)
		}
	}
	if len(q) > 0 {
		if among, err = findLines(r.Context(), v.view.Places(), l.lines.Log, q, among); err != nil {
			return nil, err
		}
	}
	return blob{contentType: "application/octet-stream", body: among.encode()}, nil
}

// lineSet is lines in order: from and behind of each range, by turns.
type lineSet []int32

// with adds a line behind all others.
func (s lineSet) with(i int) lineSet {
	if n := len(s); n > 0 && s[n-1] == int32(i) {
		s[n-1]++
		return s
	}
	return append(s, int32(i), int32(i)+1)
}

func (s lineSet) encode() []byte {
	lines := uint32(0)
	for i := 0; i < len(s); i += 2 {
		lines += uint32(s[i+1] - s[i])
	}
	out := binary.LittleEndian.AppendUint32(nil, lines)
	for i := 0; i < min(len(s), 2*rangesPerAnswer); i += 2 {
		if s[i] < s[i+1] {
			out = binary.LittleEndian.AppendUint32(out, uint32(s[i]+1))
			out = binary.LittleEndian.AppendUint32(out, uint32(s[i+1]))
		}
	}
	return out
}

// pieces cuts a set into ranges of at most n lines.
func (s lineSet) pieces(n int32) (out []lineSet) {
	for i := 0; i < len(s); i += 2 {
		for from := s[i]; from < s[i+1]; from += n {
			out = append(out, lineSet{from, min(from+n, s[i+1])})
		}
	}
	return out
}

// findLines searches some lines at the places for heavy questions.
func findLines(ctx context.Context, places *trace.Places, log *joblog.Log, q logQuery, among lineSet) (found lineSet, err error) {
	pieces := among.pieces(linesPerPiece)
	results := make([]lineSet, len(pieces))
	var next atomic.Int64
	err = places.Work(ctx, func(turn *trace.Turn) error {
		var s lineSearch
		for {
			i := int(next.Add(1) - 1)
			if i >= len(pieces) {
				return nil
			}
			some, err := s.find(turn, log, q, pieces[i])
			if err != nil {
				return err
			}
			results[i] = some
		}
	})
	if err != nil {
		return nil, err
	}
	for _, some := range results {
		if n := len(found); n > 0 && len(some) > 0 && found[n-1] == some[0] {
			found, some = found[:n-1], some[1:]
		}
		found = append(found, some...)
	}
	return found, nil
}

// lineSearch is the work of one goroutine.
type lineSearch struct{ text, lower []byte }

func (s *lineSearch) find(turn *trace.Turn, log *joblog.Log, q logQuery, among lineSet) (found lineSet, err error) {
	for i := int(among[0]); i < int(among[1]); i++ {
		s.text = log.Text(s.text[:0], i, searchedBytes)
		if turn.Spend(min(len(s.text)+1, trace.TurnInterval)); turn.Err() != nil {
			return nil, turn.Err()
		}
		s.lower = appendLower(s.lower[:0], s.text)
		if q.meets(s.lower, s.text, log.Line(i).Severity) {
			found = found.with(i)
		}
	}
	return found, nil
}

func appendLower(dst, text []byte) []byte {
	dst = append(dst, text...)
	for i, c := range dst {
		if c >= 'A' && c <= 'Z' {
			dst[i] = c | 0x20
		}
	}
	return dst
}
