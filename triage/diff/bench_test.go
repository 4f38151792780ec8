package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/triage"
	"prowtrace/triage/diff"
)

// BenchmarkCompare compares two runs by their logs of 25 MB; the bytes are those of both.
// One in fifty lines differs between the runs.
func BenchmarkCompare(b *testing.B) {
	run := func(word string) diff.Subject {
		var log strings.Builder
		for i := 0; log.Len() < 25<<20; i++ {
			fmt.Fprintf(&log, "I0313 01:%02d:%02d.%06d   12345 executor.go:111] Tasks: %d done / 94 total; 44 can run\n", i/60%60, i%60, i%1e6, i%94)
			if i%50 == 0 {
				fmt.Fprintf(&log, "W0313 01:%02d:%02d.%06d   12345 validate.go:22] %s %s is not ready\n", i/60%60, i%60, i%1e6, word, letters(i))
			}
		}
		index, err := joblog.Index(b.Context(), []byte(log.String()), joblog.Options{})
		if err != nil {
			b.Fatal(err)
		}
		return diff.Subject{Evidence: &triage.Evidence{Metadata: &runfile.Metadata{}, Logs: []triage.Log{{Name: "build-log.txt", Log: index}}}}
	}
	good, bad := run("machine"), run("node")
	known := triage.NewMatcher(nil)
	b.SetBytes(50 << 20)
	for b.Loop() {
		d, err := diff.Compare(b.Context(), []diff.Subject{good}, bad, known)
		if err != nil || len(d.Lines) == 0 || d.LeftOut["lines"] == 0 {
			b.Fatal(d, err)
		}
	}
}

// letters is a number that fingerprints do not mask.
func letters(n int) string {
	var s []byte
	for ; n > 0; n /= 20 {
		s = append(s, "aeioubghijklmnopqrst"[n%20])
	}
	return string(s)
}
