package joblog

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Any bytes are a log: nothing panics, the lines are the log, and what a line says
// holds together.
func FuzzIndex(f *testing.F) {
	for _, line := range mixedLines {
		f.Add([]byte(strings.ReplaceAll(line, "#", "12")+"\n"), int64(0), 0)
	}
	f.Add([]byte("\x1b[31mINFO\x1b[0m[0012] a\r\n<34>Mar  3 22:14:15 m su: x\n\r\r\xff"), int64(1741830346), 2)
	f.Add([]byte(`{"log":"{\"a\":[{\"\\\"`+"\nI0229 23:59:60.9 1\n+ [01:45:46] x\n99:99:99 a\n@ 02/30/25 00:00:00"), int64(-1), 1)
	anything := regexp.MustCompile("a|^$")
	f.Fuzz(func(t *testing.T, data []byte, start int64, limit int) {
		o := Options{MaxLines: limit}
		if start != 0 {
			o.Start = time.Unix(start, 0)
		}
		l := index(t, string(data), o)
		checkCover(t, l, string(data))
		inherited := int64(0)
		for i, line := range l.Lines() {
			switch ns := line.Time.UnixNano(); {
			case line.Origin == NoTime && !line.Time.IsZero():
				t.Errorf("line %d has no time but %v", i, line.Time)
			case line.Origin == Inherited && ns != inherited:
				t.Errorf("line %d inherits %v", i, line.Time)
			default:
				inherited = ns
			}
			if text := l.Text(nil, i, 1<<20); len(text) > len(line.Bytes) {
				t.Errorf("the text of line %d is longer than the line: %q", i, text)
			}
			if masked := l.Masked(nil, i); len(masked) > len(line.Bytes) {
				t.Errorf("line %d masked is longer than the line: %q", i, masked)
			}
			Command(line.Bytes)
		}
		if _, err := l.Fingerprints(context.Background()); err != nil {
			t.Error(err)
		}
		for _, err := range l.Find(context.Background(), anything, 0) {
			if err != nil {
				t.Error(err)
			}
		}
		for i := range l.Between(time.Unix(0, 0), time.Unix(1<<31, 0)) {
			if l.Line(i).Origin == NoTime {
				t.Errorf("line %d without a time lies between two", i)
			}
		}
	})
}
