// Package joblog indexes logs in place: the lines of a log, when each was written, and
// how severe it is.
//
// A [Log] is an index over bytes that its caller owns, usually a mapped file. The
// bytes stay as they are: [Index] makes one pass and keeps 16 bytes a line. Texts
// and fingerprints are made only for the lines that are read. Logs come from
// outside: any bytes are a valid log, and no line costs more than its length.
//
// Times are those on the lines. What a form leaves out (klog has no year and
// no zone) comes from the run in the [Options]. A line without a time gets the time of
// the line before, and its [Origin] says so. No time is ever moved: a log from another
// clock keeps its times, see [Log.Foreign].
//
// The package knows forms of lines, not how programs fail: it never decides what
// matters. It holds no state, reads no files and no wall clock, and hides no secrets.
package joblog

import (
	"context"
	"iter"
	"sort"
	"time"
)

// Log is an index of a log. It is immutable. Several goroutines may call all methods at
// the same time, as long as the bytes given to [Index] live and do not change.
type Log struct {
	data   []byte
	lines  []entry // one a line
	times  []int64 // ns since 1970 UTC of each line; 0 where the origin is NoTime
	blocks []extent
	capped bool
	clock  span
}

// Line is one line of a log.
type Line struct {
	Bytes    []byte    // as stored, without the line break; aliases the log's bytes
	Time     time.Time // in UTC; zero if Origin is NoTime
	Origin   Origin
	Severity Severity
}

// Origin says how the time of a line is known.
type Origin uint8

const (
	NoTime    Origin = iota // no line so far has a time
	Inherited               // the time of the nearest line before that has one
	Estimated               // the line counts from an unknown start, such as INFO[0012]
	Read                    // written on the line
)

func (o Origin) String() string {
	return [...]string{"none", "inherited", "estimated", "read"}[o&3]
}

// Options hold what the lines of a log do not say. The zero value is valid: then times
// without a year or a day are known only after lines that have both.
type Options struct {
	// Start and End of the run. They give a year to dates without one and a day to
	// the first time without one. If only one is known, it stands for both.
	Start, End time.Time

	// Location is the zone of times that name none, nil for UTC.
	Location *time.Location

	// MaxLines bounds the index, at 16 bytes a line; 0 for 32 Mi. All further bytes
	// belong to the last line.
	MaxLines int
}

const defaultMaxLines = 32 << 20

// Len returns the number of lines. A log without bytes has none; a line break at the
// very end begins no further line.
func (l *Log) Len() int { return len(l.lines) }

// Size returns the number of bytes.
func (l *Log) Size() int64 { return int64(len(l.data)) }

// Line returns line i, counted from 0.
func (l *Log) Line(i int) Line {
	e := l.lines[i]
	line := Line{Bytes: chomp(l.Raw(i)), Origin: e.origin(), Severity: e.severity()}
	if line.Origin != NoTime {
		line.Time = time.Unix(0, l.times[i]).UTC()
	}
	return line
}

// Lines returns all lines in order, each with its number.
func (l *Log) Lines() iter.Seq2[int, Line] {
	return func(yield func(int, Line) bool) {
		for i := range l.lines {
			if !yield(i, l.Line(i)) {
				return
			}
		}
	}
}

// Raw returns all bytes of line i, the line break included. The raw bytes of all
// lines, one after the other, are the log. The result aliases the log's bytes.
func (l *Log) Raw(i int) []byte {
	start, end := l.lines[i].start(), l.end(i)
	return l.data[start:end:end]
}

// end is where line i ends, behind its line break.
func (l *Log) end(i int) int {
	if i+1 < len(l.lines) {
		return l.lines[i+1].start()
	}
	return len(l.data)
}

// Offset returns the offset of line i in the log, in bytes.
func (l *Log) Offset(i int) int64 { return int64(l.lines[i].start()) }

// LineAt returns the number of the line that holds the byte at offset: the first for
// an offset below 0, the last behind the end, -1 in a log without lines.
func (l *Log) LineAt(offset int64) int {
	behind := sort.Search(len(l.lines), func(i int) bool { return int64(l.lines[i].start()) > offset })
	return min(max(behind-1, 0), len(l.lines)-1)
}

// At returns the first line whose time is t or later, [Log.Len] if there is none.
// Lines keep the order in which they were written, which need not be that of their
// times.
func (l *Log) At(t time.Time) int {
	for i := range l.Between(t, time.Time{}) {
		return i
	}
	return len(l.lines)
}

// Between returns the numbers of the lines whose time lies from from to to, both
// included. A zero time is no bound.
func (l *Log) Between(from, to time.Time) iter.Seq[int] {
	want := extent{nanos(from, minTime), nanos(to, maxTime)}
	return func(yield func(int) bool) {
		for b, block := range l.blocks {
			if block.min > want.max || block.max < want.min {
				continue
			}
			for i := b * blockLines; i < min((b+1)*blockLines, len(l.lines)); i++ {
				if t := l.times[i]; t >= want.min && t <= want.max && l.lines[i].origin() != NoTime && !yield(i) {
					return
				}
			}
		}
	}
}

// AtLeast returns the numbers of the lines that are of the given severity or worse.
func (l *Log) AtLeast(least Severity) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, e := range l.lines {
			if e.severity() >= least && !yield(i) {
				return
			}
		}
	}
}

// Errors returns the numbers of the lines that call themselves errors or worse.
func (l *Log) Errors() iter.Seq[int] { return l.AtLeast(Error) }

// Times returns the earliest and the latest time that is written on a line, both in
// UTC. ok is false if no line has one.
func (l *Log) Times() (first, last time.Time, ok bool) {
	if l.clock.read == 0 {
		return time.Time{}, time.Time{}, false
	}
	return time.Unix(0, l.clock.min).UTC(), time.Unix(0, l.clock.max).UTC(), true
}

// Foreign reports whether the log was written by another clock than the run's: most
// of the times on its lines lie more than half an hour before the run or after it.
// It is false if [Options] gave no run. The lines keep their times.
func (l *Log) Foreign() bool { return 2*l.clock.outside > l.clock.read }

// Capped reports whether the log has more lines than [Options.MaxLines].
func (l *Log) Capped() bool { return l.capped }

// Torn reports whether the last line has no line break: the log was cut off, or its
// writer ended it that way.
func (l *Log) Torn() bool { return len(l.data) > 0 && l.data[len(l.data)-1] != '\n' }

// Index reads data once and returns its index, which keeps data. It fails only with
// the error of ctx, which it checks every 256 KiB.
func Index(ctx context.Context, data []byte, o Options) (*Log, error) {
	x := newIndexer(data, o)
	for !x.done() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		x.block()
	}
	return x.log(), nil
}
