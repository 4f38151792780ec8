//go:build unix

package analysis

import (
	"context"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"prowtrace/internal/tracetest"
	"prowtrace/otelfile"
	"prowtrace/trace"
)

// scales are the sizes to measure. PROWTRACE_BENCH can name others, like 1m, or directories
// with files.
func scales() []string {
	if s := os.Getenv("PROWTRACE_BENCH"); s != "" {
		return strings.Split(s, ",")
	}
	return []string{"100k"}
}

// plainPass opens files, reads all their bytes once and checks them, on all processors, as
// the bound of loading does. It gives the shortest of several times and processor times. No
// analysis that reads spans can be much faster.
func plainPass(b *testing.B, paths []string) (shortest, cpu time.Duration) {
	b.Helper()
	castagnoli := crc32.MakeTable(crc32.Castagnoli)
	shortest, cpu = math.MaxInt64, math.MaxInt64
	for range 5 {
		begin, used := time.Now(), cpuTime()
		failed := make([]error, len(paths))
		each(len(paths), func(i int) {
			f, err := otelfile.Open(paths[i])
			if err != nil {
				failed[i] = err
				return
			}
			crc32.Checksum(f.Bytes(), castagnoli)
			failed[i] = f.Close()
		})
		if err := errors.Join(failed...); err != nil {
			b.Fatal(err)
		}
		shortest, cpu = min(shortest, time.Since(begin)), min(cpu, cpuTime()-used)
	}
	return shortest, cpu
}

// cpuTime is the time that this process has used on all processors. It can be compared even
// if other programs run at the same time.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAnalyses measures each analysis of all traces as a multiple of a plain pass over
// all bytes in the same run.
func BenchmarkAnalyses(b *testing.B) {
	if testing.Short() {
		b.Skip("needs files made for it")
	}
	for _, scale := range scales() {
		paths := tracetest.Generated(b, scale)
		var sources []trace.Source
		for _, p := range paths {
			sources = append(sources, trace.Source{Name: p, Path: p})
		}
		set, err := trace.Load(context.Background(), sources)
		if err != nil {
			b.Fatal(err)
		}
		v := trace.Plain(set)
		for _, bench := range []struct {
			name string
			do   func()
		}{
			{"totals", func() { NewTotals(v) }},
			{"operations", func() { Operations(All(v)) }},
			{"by-attribute", func() { operationsBy(b, All(v), "url.full") }},
			{"keys", func() { Keys(All(v)) }},
			{"flame", func() { NewFlame(All(v)) }},
			{"services", func() { NewServiceMap(All(v)) }},
			{"calls", func() { newCache(v).Calls(0, 0) }},
		} {
			b.Run(bench.name+"/"+scale, func(b *testing.B) {
				pass, passCPU := plainPass(b, paths)
				shortest, cpu := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
				for b.Loop() {
					begin, used := time.Now(), cpuTime()
					bench.do()
					shortest, cpu = min(shortest, time.Since(begin)), min(cpu, cpuTime()-used)
				}
				b.ReportMetric(float64(cpu)/float64(passCPU), "x-pass-cpu")
				b.ReportMetric(float64(shortest)/float64(pass), "x-pass")
			})
		}
		if err := set.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
