package joblog

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"testing"

	"prowtrace/internal/mapfile"
)

// A log of 1 GB opens: it is mapped, indexed in 24 B a line, and searched.
func TestLogOfAGigabyte(t *testing.T) {
	if testing.Short() {
		t.Skip("writes a file of 1 GB")
	}
	const size = 1 << 30
	path := filepath.Join(t.TempDir(), "build-log.txt")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	piece := generate(16<<20, mixedLines)
	out := bufio.NewWriterSize(file, 1<<20)
	for n := 0; n < size; n += len(piece) {
		out.Write(piece)
	}
	out.WriteString("E0313 02:17:00.000000 1 a.go:1] the last line\n")
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	data, unmap, err := mapfile.Read(path, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if unmap != nil {
		defer unmap()
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l, err := Index(t.Context(), data, Options{Start: runStart, End: runEnd})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if n := float64(after.HeapAlloc-before.HeapAlloc) / float64(l.Len()); unmap != nil && n > 32 {
		t.Errorf("%.1f B a line", n)
	}
	if l.Size() < size || l.Capped() || l.Torn() {
		t.Errorf("%d bytes in %d lines", l.Size(), l.Len())
	}
	last := l.Len() - 1
	for i, err := range l.Find(context.Background(), regexp.MustCompile("the last l[aeiou]ne"), 0) {
		if err != nil || i != last {
			t.Errorf("line %d, %v, want %d", i, err, last)
		}
	}
	if line := l.Line(last); line.Severity != Error || line.Origin != Read || line.Time.Minute() != 17 {
		t.Errorf("the last line is %+v", line)
	}
}
