//go:build unix

package trace

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/tracetest"
	"prowtrace/otelfile"
)

// scales are the sizes to measure. PROWTRACE_BENCH can name others, like 10m, which needs 5
// GB of disk, or directories with files.
func scales() []string {
	if s := os.Getenv("PROWTRACE_BENCH"); s != "" {
		return strings.Split(s, ",")
	}
	return []string{"100k", "1m"}
}

// generated are the directories of files made so far, by scale.
var generated = map[string]string{}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, s := range loaded {
		_ = s.Set().Close()
	}
	for _, dir := range generated {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// files makes spans in quantity, once for all benchmarks.
func files(b *testing.B, scale string) []Source {
	if testing.Short() {
		b.Skip("needs files made for it")
	}
	dir, ok := generated[scale]
	if strings.ContainsRune(scale, filepath.Separator) {
		dir, ok = scale, true
	}
	if !ok {
		var err error
		if dir, err = os.MkdirTemp("", "prowtrace-bench-"); err != nil {
			b.Fatal(err)
		}
		generated[scale] = dir
		tracetest.Generate(b, scale, dir)
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*.otel"))
	if err != nil {
		b.Fatal(err)
	}
	var sources []Source
	for _, p := range paths {
		sources = append(sources, Source{Name: filepath.Base(p), Path: p})
	}
	return sources
}

func BenchmarkLoad(b *testing.B) {
	for _, scale := range scales() {
		b.Run(scale, func(b *testing.B) { benchmarkLoad(b, files(b, scale)) })
	}
}

// BenchmarkShapes loads the same spans in shapes that differ from the generator's traces of
// 6,000 spans in two files.
func BenchmarkShapes(b *testing.B) {
	shapes := []struct {
		name  string
		shape func(b *testing.B, sources []Source) []Source
	}{
		{"flat", func(b *testing.B, sources []Source) []Source { // as most of kOps' traces are
			return reshaped(b, sources, func(id []byte, n uint64) { binary.LittleEndian.PutUint64(id, n*0x9e3779b97f4a7c15) })
		}},
		{"one-trace", func(b *testing.B, sources []Source) []Source {
			return reshaped(b, sources, func(id []byte, _ uint64) { copy(id, "the only trace..") })
		}},
		{"one-file", oneFile},
	}
	for _, scale := range scales() {
		for _, shape := range shapes {
			b.Run(shape.name+"/"+scale, func(b *testing.B) { benchmarkLoad(b, shape.shape(b, files(b, scale))) })
		}
	}
}

func benchmarkLoad(b *testing.B, sources []Source) {
	before := liveHeap()
	var s *Set
	m := startMeter(b, sources)
	for b.Loop() {
		if s != nil {
			s.Close()
		}
		var err error
		if s, err = Load(context.Background(), sources); err != nil {
			b.Fatal(err)
		}
	}
	m.stop(s.Len())
	b.ReportMetric(float64(liveHeap()-before)/float64(s.Len()), "heap-B/span")
	s.Close()
}

// reshaped copies the files with other trace ids. The generator writes the trace id first in
// each span.
func reshaped(b *testing.B, sources []Source, rename func(id []byte, n uint64)) []Source {
	set, err := Load(context.Background(), sources)
	if err != nil {
		b.Fatal(err)
	}
	defer set.Close()
	contents := make([][]byte, len(sources))
	for i := range sources {
		contents[i] = slices.Clone(set.sources[i].data)
	}
	for row := range set.Len() {
		p := set.origin[row]
		rename(contents[p.source()][p.offset()+2:][:16], uint64(row))
	}
	dir := b.TempDir()
	copies := make([]Source, len(sources))
	for i, src := range sources {
		copies[i] = Source{Name: src.Name, Path: filepath.Join(dir, src.Name)}
		writeFile(b, copies[i].Path, func(w *otelfile.Writer) {
			for rec := range set.sources[i].file.Records(nil) {
				w.Write(contents[i][rec.Offset:][:len(rec.Payload)])
			}
		})
	}
	return copies
}

func oneFile(b *testing.B, sources []Source) []Source {
	whole := Source{Name: "all", Path: filepath.Join(b.TempDir(), "all.otel")}
	writeFile(b, whole.Path, func(w *otelfile.Writer) {
		for _, src := range sources {
			f, err := otelfile.Open(src.Path)
			if err != nil {
				b.Fatal(err)
			}
			for rec := range f.Records(nil) {
				w.Write(rec.Payload)
			}
			f.Close()
		}
	})
	return []Source{whole}
}

func writeFile(b *testing.B, path string, write func(*otelfile.Writer)) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	write(otelfile.NewWriter(f))
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkBound measures, on the same files, the work that no loader can avoid, and the
// work of one that decodes. Files are read on all processors, as in Load.
func BenchmarkBound(b *testing.B) {
	bounds := []struct {
		name string
		file func(Source) error
	}{
		{"read", readSource}, {"crc", sumSource}, {"unmarshal", unmarshalSource},
	}
	for _, scale := range scales() {
		for _, bound := range bounds {
			b.Run(bound.name+"/"+scale, func(b *testing.B) {
				sources := files(b, scale)
				m := startMeter(b, sources)
				for b.Loop() {
					var g errgroup.Group
					g.SetLimit(runtime.GOMAXPROCS(0))
					for _, src := range sources {
						g.Go(func() error { return bound.file(src) })
					}
					if err := g.Wait(); err != nil {
						b.Fatal(err)
					}
				}
				m.stop(0)
			})
		}
	}
}

func readSource(src Source) error {
	f, err := os.Open(src.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, 256<<10)
	for {
		if _, err := f.Read(buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func sumSource(src Source) error {
	f, err := otelfile.Open(src.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	if crc32.Checksum(f.Bytes(), crc32.MakeTable(crc32.Castagnoli)) == 1 {
		return fmt.Errorf("a sum that keeps the compiler from leaving it out")
	}
	return nil
}

func unmarshalSource(src Source) error {
	f, err := otelfile.Open(src.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	for r := range f.Records(nil) {
		if err := proto.Unmarshal(r.Payload, &collectorpb.ExportTraceServiceRequest{}); err != nil {
			return err
		}
	}
	return nil
}

// A meter reports the rates of a benchmark, its peak of memory and its processor time, which
// can be compared even if other programs run at the same time.
type meter struct {
	b    *testing.B
	cpu  time.Duration
	peak chan float64
	done chan struct{}
}

func startMeter(b *testing.B, sources []Source) *meter {
	var bytes int64
	for _, src := range sources {
		info, err := os.Stat(src.Path)
		if err != nil {
			b.Fatal(err)
		}
		bytes += info.Size()
	}
	b.SetBytes(bytes)
	m := &meter{b: b, peak: make(chan float64), done: make(chan struct{})}
	debug.FreeOSMemory()
	go m.watch()
	m.cpu = cpuTime()
	return m
}

func (m *meter) watch() {
	var peak float64
	for {
		select {
		case <-m.done:
			m.peak <- peak
			return
		case <-time.After(10 * time.Millisecond):
			peak = max(peak, residentAnon())
		}
	}
}

func (m *meter) stop(spans int) {
	m.b.ReportMetric(float64(cpuTime()-m.cpu)/1e6/float64(m.b.N), "cpu-ms/op")
	close(m.done)
	peak := <-m.peak
	if spans > 0 {
		m.b.ReportMetric(float64(spans)*float64(m.b.N)/m.b.Elapsed().Seconds(), "spans/s")
		m.b.ReportMetric(peak/float64(spans), "peak-B/span")
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// residentAnon is the memory in use without mapped files, in bytes. It is 0 if the system
// has no /proc.
func residentAnon() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	kb, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseFloat(kb, 64)
	return n * 1024
}
