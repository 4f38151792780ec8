package joblog

import (
	"bytes"
	"math"
	"time"
)

// entry holds what is kept of a line besides its time: where it starts (48 bits), its
// severity, the origin of its time, and whether its text differs from its bytes.
type entry uint64

const (
	startBits              = 48
	severityShift          = startBits
	originShift            = severityShift + 3
	unclean          entry = 1 << (originShift + 2)
	startMask              = 1<<startBits - 1
	minTime, maxTime       = math.MinInt64, math.MaxInt64
	foreignBeyond          = int64(30 * time.Minute)
	blockLines             = 1024      // lines that share an extent
	blockBytes             = 256 << 10 // bytes between two checks of the context; fits the cache
	maxHead                = 512       // bytes of a line that are searched for its severity
	maxJSON                = 64 << 10  // the same of a JSON line, whose time is often its last field
)

func (e entry) start() int         { return int(e & startMask) }
func (e entry) severity() Severity { return Severity(e >> severityShift & 7) }
func (e entry) origin() Origin     { return Origin(e >> originShift & 3) }
func (e entry) clean() bool        { return e&unclean == 0 }

// extent is the range of the times of some lines; empty if min is above max.
type extent struct{ min, max int64 }

func (e *extent) add(t int64) { e.min, e.max = min(e.min, t), max(e.max, t) }

// span is the extent of the times that were read, with the number of times far from the run.
type span struct {
	extent
	read, outside int
}

// indexer makes a Log, line by line.
type indexer struct {
	l       *Log
	pos     int // where the next line starts
	clock   clock
	scratch []byte
	inherit int64
	known   bool // inherit is a time
}

func newIndexer(data []byte, o Options) *indexer {
	limit := o.MaxLines
	if limit <= 0 {
		limit = defaultMaxLines
	}
	count := bytes.Count(data, []byte{'\n'})
	l := &Log{data: data, clock: span{extent: extent{maxTime, minTime}}}
	if l.Torn() {
		count++
	}
	l.capped = count > limit
	count = min(count, limit)
	l.lines, l.times = make([]entry, 0, count), make([]int64, 0, count)
	return &indexer{l: l, clock: newClock(o)}
}

func (x *indexer) done() bool { return x.pos >= len(x.l.data) }

// block reads the lines that start in the next bytes.
func (x *indexer) block() {
	data := x.l.data
	end := min(x.pos+blockBytes, len(data))
	dirty := isUnclean(data[x.pos:end])
	for x.pos < end {
		line := data[x.pos:]
		if len(x.l.lines)+1 == cap(x.l.lines) {
			// the last line, whatever it holds
		} else if n := bytes.IndexByte(line, '\n'); n >= 0 {
			line = line[:n+1]
		}
		next := x.pos + len(line)
		check := dirty || next > end
		x.line(chomp(line), check)
		x.pos = next
	}
}

// line adds the line that starts at pos. Its text is its bytes unless check.
func (x *indexer) line(line []byte, check bool) {
	e := entry(x.pos)
	text := line
	if check && isUnclean(line) {
		e |= unclean
		x.scratch = appendText(x.scratch[:0], line, maxJSON)
		text = x.scratch
	}
	h := readHead(text)
	if h.stamp.form == noStamp && e&unclean != 0 {
		h.stamp = readHead(line).stamp // a progress bar may begin with the time
	}
	origin := Read
	t, ok := x.clock.resolve(h.stamp)
	switch {
	case !ok && x.known:
		t, origin = x.inherit, Inherited
	case !ok:
		t, origin = 0, NoTime
	case h.stamp.form == elapsed:
		origin = Estimated
	default:
		x.l.clock.add(t)
		x.l.clock.read++
		if x.clock.far(t) {
			x.l.clock.outside++
		}
	}
	if ok {
		x.inherit, x.known = t, true
	}
	x.add(e|entry(h.severity)<<severityShift|entry(origin)<<originShift, t)
}

func (x *indexer) add(e entry, t int64) {
	l := x.l
	if len(l.lines)%blockLines == 0 {
		l.blocks = append(l.blocks, extent{maxTime, minTime})
	}
	l.lines, l.times = append(l.lines, e), append(l.times, t)
	if e.origin() != NoTime {
		l.blocks[len(l.blocks)-1].add(t)
	}
}

func (x *indexer) log() *Log { return x.l }

// chomp removes the line break, with the carriage return before it.
func chomp(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
		if n > 1 && line[n-2] == '\r' {
			line = line[:n-2]
		}
	}
	return line
}

// nanos returns t, or a bound if t is zero or lies beyond the times of a log.
func nanos(t time.Time, bound int64) int64 {
	switch year := t.UTC().Year(); {
	case t.IsZero():
		return bound
	case year < 1700:
		return minTime
	case year > 2250:
		return maxTime
	}
	return t.UnixNano()
}
