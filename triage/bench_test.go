package triage_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"prowtrace/internal/runtest"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/triage"
)

// longLog is a log of 25 MB that ends with the cause.
func longLog(b *testing.B) triage.Log {
	b.Helper()
	var log strings.Builder
	for i := 0; log.Len() < 25<<20; i++ {
		fmt.Fprintf(&log, "I0313 01:%02d:%02d.%06d   12345 executor.go:111] Tasks: %d done / 94 total; 44 can run\n", i/60%60, i%60, i%1e6, i%94)
		if i%50 == 0 {
			fmt.Fprintf(&log, "W0313 01:%02d:%02d.%06d   12345 validate.go:22] (will retry): cluster not yet healthy: machine \"i-%08x\" has not joined\n", i/60%60, i%60, i%1e6, i)
		}
	}
	log.WriteString("E0313 02:00:00.000000   12345 up.go:11] googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1., quotaExceeded\n")
	index, err := joblog.Index(b.Context(), []byte(log.String()), joblog.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(log.Len()))
	return triage.Log{Name: "build-log.txt", Log: index}
}

// BenchmarkJudge judges a run by a log of 25 MB. The bytes are those of the log.
func BenchmarkJudge(b *testing.B) {
	benchmarkJudge(b, &triage.Evidence{Metadata: &runfile.Metadata{}, Logs: []triage.Log{longLog(b)}})
}

// BenchmarkJudgeSpans judges a run by such a log and by the spans in the directory that
// PROWTRACE_BENCH names.
func BenchmarkJudgeSpans(b *testing.B) {
	dir := os.Getenv("PROWTRACE_BENCH")
	if dir == "" {
		b.Skip("PROWTRACE_BENCH names no directory of trace files")
	}
	_, e := runtest.Load(b, dir)
	e.Metadata.Finished = &runfile.Finished{State: runfile.Failed}
	e.Logs = append(e.Logs, longLog(b))
	benchmarkJudge(b, e)
}

func benchmarkJudge(b *testing.B, e *triage.Evidence) {
	b.Helper()
	all, err := triage.BuiltIn()
	if err != nil {
		b.Fatal(err)
	}
	known := triage.NewMatcher(all)
	for b.Loop() {
		j, err := triage.Judge(b.Context(), e, known)
		if err != nil || len(j.Findings) == 0 || j.Findings[0].Match.ID != "gcp-quota" {
			b.Fatal(j, err)
		}
	}
}
