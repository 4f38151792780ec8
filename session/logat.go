package session

import (
	"context"
	"slices"
	"time"

	"prowtrace/joblog"
)

// Bounds of looking for a time in what is not held of a log.
const (
	seekSize  = 4 << 20 // bytes that one look fetches
	seekLooks = 8
)

// LogAt gives one of the input's logs with the lines that were written at a time, if they
// lie in a part that is not held: it fetches a few MiB where they should be by the times
// around, and looks again, a few times at most. A log of which that time is held, or
// known to lie nowhere, comes as it is. Errors are those of [Input.MoreOfLog].
func (in *Input) LogAt(ctx context.Context, l *Log, at time.Time) (*Log, error) {
	for look := range seekLooks {
		lines, err := l.Lines(ctx)
		if err != nil {
			return nil, err
		}
		gap, share, ok := lines.gapAt(at)
		if !ok {
			return l, nil
		}
		if look%2 == 1 { // writers are not steady
			share = 0.5
		}
		offset, size := gap.Offset, gap.Size
		if gap.Size > 2*seekSize {
			size = seekSize
			offset += min(max(int64(share*float64(gap.Size))-size/2, 0), gap.Size-size)
		}
		more, err := in.MoreOfLog(ctx, l, offset, size)
		if err != nil {
			return nil, err
		}
		if slices.Equal(more.Gaps, l.Gaps) {
			return more, nil
		}
		l = more
	}
	return l, nil
}

// gapAt finds the part that is missing where a time should be, and how far into it: 0 is
// its beginning, 1 its end.
func (l *Lines) gapAt(at time.Time) (gap Gap, share float64, ok bool) {
	behind := l.At(at)
	for n, first := range l.gaps {
		if first != behind {
			continue
		}
		from, to := l.timeAt(behind-1), l.timeAt(behind)
		if from.IsZero() && behind > 0 {
			return gap, 0, false
		}
		share = 0.5
		if length := to.Sub(from); !from.IsZero() && !to.IsZero() && length > 0 {
			share = float64(at.Sub(from)) / float64(length)
		}
		return l.of.Gaps[n], share, true
	}
	return gap, 0, false
}

// timeAt is the time of a line; zero if there is none.
func (l *Lines) timeAt(i int) time.Time {
	if i < 0 || i >= l.Len() {
		return time.Time{}
	}
	if line := l.Line(i); line.Origin != joblog.NoTime {
		return line.Time
	}
	return time.Time{}
}
