package viewer

import (
	"context"
	"encoding/binary"
	"net/http"
	"sync/atomic"

	"prowtrace/joblog"
	"prowtrace/trace"
	"prowtrace/trace/query"
)

const (
	rangesPerAnswer = 100_000 // of lines that were found, 800 kB
	linesPerPiece   = 16 << 10
	searchedBytes   = 1 << 20 // of a line
)

// getLogFound sends the lines that match, and whose times lie from from to to in Unix
// ns, as little-endian u32: how many they are, then the first and the last number of
// each range of them, in order.
func (v *reader) getLogFound(r *http.Request, d drawing, l logAt) (any, error) {
	q, err := l.query(r, d)
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
	if q != nil {
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
type lineSearch struct{ line searchedLine }

func (s *lineSearch) find(turn *trace.Turn, log *joblog.Log, q logQuery, among lineSet) (found lineSet, err error) {
	for i := int(among[0]); i < int(among[1]); i++ {
		s.line.read(log, i, searchedBytes)
		if turn.Spend(min(len(s.line.text)+1, trace.TurnInterval)); turn.Err() != nil {
			return nil, turn.Err()
		}
		if q.meets(&s.line) {
			found = found.with(i)
		}
	}
	return found, nil
}

// query reads the search of a request.
func (l logAt) query(r *http.Request, d drawing) (logQuery, error) {
	return parseLogQuery(r.URL.Query().Get("q"), l.times(d))
}

// times reads times in searches of a log. A time of day is on the day of the log.
func (l logAt) times(d drawing) clock {
	from, to := d.Start, d.End
	if first, last, ok := l.lines.Times(); ok && !l.lines.Foreign() {
		from, to = max(first.UnixNano(), 0), max(last.UnixNano(), 0)
	}
	return func(s string) (int64, bool) { return query.ParseTime(s, d.Start, from, to) }
}
