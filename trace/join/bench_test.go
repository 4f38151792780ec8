package join

import (
	"os"
	"path/filepath"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
)

// benchmarkFiles makes a million spans in 20 files, or takes those in the directory
// that PROWTRACE_BENCH names.
func benchmarkFiles(b *testing.B) []trace.Source {
	b.Helper()
	scale := os.Getenv("PROWTRACE_BENCH")
	if !filepath.IsAbs(scale) {
		scale = "1m"
	}
	var sources []trace.Source
	for _, p := range tracetest.Generated(b, scale) {
		sources = append(sources, trace.Source{Name: filepath.Base(p), Path: p, Group: 1})
	}
	return sources
}

// BenchmarkMake compares joining a million spans with loading them: the budget is
// that it takes no longer.
func BenchmarkMake(b *testing.B) {
	sources := benchmarkFiles(b)
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			set, err := trace.Load(b.Context(), sources)
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			_ = set.Close()
			b.StartTimer()
		}
	})
	set, err := trace.Load(b.Context(), sources)
	if err != nil {
		b.Fatal(err)
	}
	defer set.Close()
	var processes []Process
	b.Run("processes", func(b *testing.B) {
		for b.Loop() {
			if processes, err = Processes(b.Context(), set); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, by := range []By{ByTime, ByProcess} {
		b.Run("join/"+string(by), func(b *testing.B) {
			for b.Loop() {
				if _, err := Make(b.Context(), set, processes, Job{Name: "job", ID: trace.TraceID{1}, By: by}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
