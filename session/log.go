package session

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"prowtrace/internal/mapfile"
	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
)

// Log is a log of a run: that of a container, or of a step of ci-operator.
//
// Its bytes, and all that points into them, live as long as the Collection does, or
// as any lease of the Loaded that took it over: a reader of lines holds a lease. A Log
// is safe for concurrent use.
type Log struct {
	Name string        // of its artifact below the run's root: "artifacts/e2e/setup/build-log.txt"
	Of   runfile.LogOf // whose it is; Container is set for all logs of containers, as far as that is known
	Path string        // of the bytes on disk; "" if they are in memory only

	// Size is how many bytes the log has: inflated if its bucket stores it with gzip, as
	// they lie there for a local file. Those in Gaps are not held: the bytes at Path are
	// the log without them.
	Size int64
	Gaps []Gap // in order

	// Unchecked: some bytes were read as a range of the object, and stores have no
	// checked sums of ranges, or the log is Live.
	Unchecked bool

	// Live: the run has not ended. This is what the container had written when Deck was
	// asked; see [Input.LaterLog].
	Live bool

	run     prow.Run
	known   prow.Instances
	options joblog.Options

	data  []byte // instead of Path
	turn  chan struct{}
	lines *Lines // what follows is for who has the turn
	ended bool
	unmap func() error
}

// Gap is a part of a log that is not held. It lies between whole lines.
type Gap struct {
	Offset int64 // in the log
	Size   int64 // bytes
}

// Lines is the index of the lines of a log that are held.
type Lines struct {
	*joblog.Log

	// Damaged says why the log breaks off, where its compressed bytes do; else nil.
	Damaged error

	of   *Log
	gaps []int // of each gap, the first line behind it
}

// ErrLogClosed is the error of reading a log whose files have been let go of.
var ErrLogClosed = errors.New("the log is closed")

// mapLogsFrom is the size in bytes from which on logs are mapped.
const mapLogsFrom = 1 << 20

// Lines gives the lines that are held. They are indexed once, at the first call, which
// takes about a second a GB. Errors are those of the file and of ctx, and
// [ErrLogClosed]; after an error the next call tries again.
func (l *Log) Lines(ctx context.Context) (*Lines, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	switch {
	case l.ended:
		return nil, ErrLogClosed
	case l.lines != nil:
		return l.lines, nil
	}
	lines, err := l.index(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", text.Name(l.Name), err)
	}
	l.lines = lines
	return lines, nil
}

// index opens the log and indexes it.
func (l *Log) index(ctx context.Context) (*Lines, error) {
	data, unmap := l.data, func() error { return nil }
	if l.Path != "" {
		from := int64(mapLogsFrom)
		if l.Live { // it is read again and again: what was read before must be let go of
			from = -1
		}
		read, mapped, err := mapfile.Read(l.Path, from)
		if err != nil {
			return nil, err
		}
		data = read
		if mapped != nil {
			unmap = mapped
		}
	}
	inflated, damaged := joblog.Inflate(ctx, data, 0)
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, unmap())
	}
	index, err := joblog.Index(ctx, inflated, l.options)
	if err != nil {
		return nil, errors.Join(err, unmap())
	}
	l.unmap = unmap
	lines := &Lines{Log: index, Damaged: damaged, of: l}
	missing := int64(0)
	for _, g := range l.Gaps {
		at := g.Offset - missing // in what is held
		lines.gaps = append(lines.gaps, sort.Search(index.Len(), func(i int) bool { return index.Offset(i) >= at }))
		missing += g.Size
	}
	return lines, nil
}

// close lets go of the bytes. Nothing may read lines any more.
func (l *Log) close() error {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	l.ended, l.lines = true, nil
	if l.unmap == nil {
		return nil
	}
	unmap := l.unmap
	l.unmap = nil
	return unmap()
}

// Number gives the number of line i in the log, counted from 1. It is exact unless
// lines before it are missing; then it counts those that are held.
func (l *Lines) Number(i int) (number int, exact bool) {
	return i + 1, len(l.gaps) == 0 || i < l.gaps[0]
}

// Before gives the bytes that are missing directly before line i, which may be
// [joblog.Log.Len]; 0 almost always.
func (l *Lines) Before(i int) (missing int64) {
	for n, at := range l.gaps {
		if at == i {
			missing += l.of.Gaps[n].Size
		}
	}
	return missing
}

// Place gives the offset of line i in the log, in bytes.
func (l *Lines) Place(i int) int64 {
	at := l.Offset(i)
	for n, first := range l.gaps {
		if first <= i {
			at += l.of.Gaps[n].Size
		}
	}
	return at
}

// URL gives the address of lines from to to, both included and counted from 0: in the
// run's page of Prow if that shows the log and its lines are known by their numbers,
// else that of the log. "" if the run is known in no bucket.
func (l *Lines) URL(from, to int) string {
	first, exact := l.Number(from)
	last, _ := l.Number(to)
	if exact {
		if address, ok := link.LogLines(l.of.known, l.of.run, l.of.Name, first, last); ok {
			return address
		}
	}
	return l.of.URL()
}

// URL gives the address of the log, for a browser where one is known.
func (l *Log) URL() string { return link.File(l.known, l.run, l.Name) }
