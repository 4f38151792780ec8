package runfile

import (
	"bytes"
	"io"
	"slices"
)

// lineReader counts the bytes read through it, and knows the line of each byte that is
// still to be used. It remembers only the line breaks of the bytes read last.
type lineReader struct {
	r      io.Reader
	n      int64        // bytes read
	usedUp func() int64 // bytes that are no longer needed

	lines  int     // line breaks before those that are remembered
	breaks []int64 // where they are
}

func (l *lineReader) Read(p []byte) (int, error) {
	l.forget(l.usedUp())
	n, err := l.r.Read(p)
	for at := 0; ; at++ {
		i := bytes.IndexByte(p[at:n], '\n')
		if i < 0 {
			break
		}
		at += i
		l.breaks = append(l.breaks, l.n+int64(at))
	}
	l.n += int64(n)
	return n, err
}

// forget drops the line breaks before a byte.
func (l *lineReader) forget(before int64) {
	k, _ := slices.BinarySearch(l.breaks, before)
	l.lines += k
	l.breaks = append(l.breaks[:0], l.breaks[k:]...)
}

// line returns the line of a byte, from 1. The byte must not be used up.
func (l *lineReader) line(at int64) int {
	k, _ := slices.BinarySearch(l.breaks, at)
	return l.lines + k + 1
}
