package join

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
)

// benchmarkFiles makes a million spans in 20 files, or uses those in the directory that
// PROWTRACE_BENCH names.
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

// BenchmarkMake compares joining a million spans with loading them. The budget is that
// joining takes no longer.
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
	processes, err := Processes(b.Context(), set)
	if err != nil {
		b.Fatal(err)
	}
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

// BenchmarkMemory measures the memory of the joined trace of a million spans, including the
// spans: anonymous memory after a collection, in bytes a span.
func BenchmarkMemory(b *testing.B) {
	sources := benchmarkFiles(b)
	debug.FreeOSMemory()
	before := anonymous(b)
	for b.Loop() {
		view, err := Load(b.Context(), sources, Job{Name: "job", ID: trace.TraceID{1}, By: ByTime})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		debug.FreeOSMemory()
		b.ReportMetric(float64(anonymous(b)-before)/float64(view.Len()), "anon-B/span")
		_ = view.Set().Close()
		runtime.KeepAlive(view)
		b.StartTimer()
	}
}

// anonymous gives the memory of the process that is not backed by a file, in bytes.
func anonymous(b *testing.B) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("only Linux tells anonymous memory: ", err)
	}
	_, found, _ := strings.Cut(string(status), "RssAnon:")
	var kilobytes int64
	if _, err := fmt.Sscan(found, &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes << 10
}
