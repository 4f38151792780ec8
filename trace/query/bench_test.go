//go:build unix

package query

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/tracetest"
	"prowtrace/trace"
)

// loaded are the sets that searches are measured on, by scale.
var loaded = map[string]*trace.View{}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, v := range loaded {
		_ = v.Set().Close()
	}
	os.Exit(code)
}

// scales are the sizes to measure. PROWTRACE_BENCH can name others, like 1m, or 10m, which
// needs 5 GB of disk, or directories with files.
func scales() []string {
	if s := os.Getenv("PROWTRACE_BENCH"); s != "" {
		return strings.Split(s, ",")
	}
	return []string{"100k"}
}

// loadScale makes spans in quantity, once for all benchmarks.
func loadScale(b *testing.B, scale string) *trace.View {
	b.Helper()
	if testing.Short() {
		b.Skip("needs files made for it")
	}
	if v := loaded[scale]; v != nil {
		return v
	}
	var sources []trace.Source
	for _, p := range tracetest.Generated(b, scale) {
		sources = append(sources, trace.Source{Name: filepath.Base(p), Path: p})
	}
	s, err := trace.Load(context.Background(), sources)
	if err != nil {
		b.Fatal(err)
	}
	loaded[scale] = trace.Plain(s)
	return loaded[scale]
}

// measure runs do repeatedly, and reports its processor time and the 99th percentile of its
// time.
func measure(b *testing.B, do func()) {
	var times []time.Duration
	cpu := cpuTime(b)
	for b.Loop() {
		start := time.Now()
		do()
		times = append(times, time.Since(start))
	}
	b.ReportMetric(float64(cpuTime(b)-cpu)/1e6/float64(b.N), "cpu-ms/op")
	slices.Sort(times)
	b.ReportMetric(times[(len(times)*99-1)/100].Seconds()*1e3, "p99-ms")
}

func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkFind(b *testing.B) {
	const s = int64(time.Second)
	begin := time.Date(2025, 3, 13, 1, 44, 34, 0, time.UTC).UnixNano()
	attr := func(key, value string) []trace.Attribute { return []trace.Attribute{{Key: key, Value: value}} }
	queries := []struct {
		name string
		q    Query
	}{
		{"newest", Query{}},
		{"service", Query{Service: "nodeup"}},
		{"service/none", Query{Service: "nope"}},
		{"operation", Query{Operation: "HTTP GET"}},
		{"operation/none", Query{Operation: "nope"}},
		{"both", Query{Service: "nodeup", Operation: "S3Path::ReadFile"}},
		{"range", Query{StartMin: begin + 60*s, StartMax: begin + 61*s}},
		{"range/none", Query{StartMin: begin - 60*s, StartMax: begin - 59*s}},
		{"longest", Query{DurationMin: 100 * s}},
		{"longest/none", Query{DurationMin: 3600 * s}},
		{"shortest/none", Query{DurationMin: 1, DurationMax: 2}},
		{"all", Query{Service: "nodeup", Operation: "HTTP GET", StartMin: begin, StartMax: begin + 3600*s, DurationMin: 1, DurationMax: s}},
		{"all/none", Query{Service: "nodeup", Operation: "HTTP GET", StartMin: begin, StartMax: begin + 3600*s, DurationMin: 1, DurationMax: 2}},
		{"error", Query{Attributes: attr("error", "true")}},
		{"kind/none", Query{Attributes: attr("span.kind", "server")}},
		{"attribute", Query{Attributes: attr("http.response.status_code", "503")}},
		{"attribute/resource", Query{Attributes: attr("host.name", "node-03")}},
		{"attribute/nokey", Query{Attributes: attr("http.nope", "503")}},
		{"attribute/novalue", Query{Attributes: attr("kops.request.id", "nope")}},
		{"attribute/nonumber", Query{Attributes: attr("http.response.status_code", "599")}},
		{"attribute/nodescription", Query{Attributes: attr("otel.status_description", "nope")}},
		{"attribute/service", Query{Service: "nodeup", Attributes: attr("kops.request.id", "nope")}},
		{"attribute/two", Query{Attributes: []trace.Attribute{{Key: "http.request.method", Value: "GET"}, {Key: "kops.request.id", Value: "nope"}}}},
	}
	for _, scale := range scales() {
		for _, query := range queries {
			b.Run(scale+"/"+query.name, func(b *testing.B) {
				set := loadScale(b, scale)
				query.q.Limit = 20
				var found int
				measure(b, func() {
					traces, err := Find(context.Background(), set, query.q)
					if err != nil {
						b.Fatal(err)
					}
					found = len(traces)
				})
				b.ReportMetric(float64(found), "traces")
			})
		}
	}
}

// BenchmarkFindBox measures searches of the find box that match no span, in the list of
// traces. It also reports them as multiples of a pass on all processors that looks for bytes
// in the same spans, by time and by processor time.
func BenchmarkFindBox(b *testing.B) {
	for _, scale := range scales() {
		for _, q := range []string{
			"nonexistent", "nonexistent -error", "kops.request.id=nope", "http.response.status_code=599", "http.response.status_code>599", "has:nope",
			"url.full~^https://nope", "url.full~nope[0-9]+x", "dur>1h", "error", "flag:orphan", "service=nodeup",
		} {
			b.Run(scale+"/"+q, func(b *testing.B) {
				view := loadScale(b, scale)
				f, err := Parse(q)
				if err != nil {
					b.Fatal(err)
				}
				search := func() {
					if _, err := Find(context.Background(), view, Query{Filter: f, Joined: true}); err != nil {
						b.Fatal(err)
					}
				}
				search() // what a View keeps is not counted
				compared(b, "x-contains", func(row int) bool { return bytes.Contains(view.Set().Raw(row), []byte("nonexistent")) }, view.Len(), search)
			})
		}
		b.Run(scale+"/regexp", func(b *testing.B) {
			const key, expr = "url.full", "[x-z]{4}[0-9]?$"
			view := loadScale(b, scale)
			f, err := Parse(key + "~" + expr)
			if err != nil {
				b.Fatal(err)
			}
			values, plain := valuesUnder(view, key), regexp.MustCompile(expr)
			// A search leaves a processor free for others (see trace.Places), so the pattern
			// gets no more of them. The budget is 1.2 times its time.
			comparedOn(b, view.Places().Len(), "x-regexp", func(i int) bool { return plain.Match(values[i]) }, len(values), func() {
				if _, err := Find(context.Background(), view, Query{Filter: f, Joined: true}); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// compared measures do next to passes on all processors that call ask for n things each.
func compared(b *testing.B, unit string, ask func(i int) bool, n int, do func()) {
	comparedOn(b, runtime.GOMAXPROCS(0), unit, ask, n, do)
}

// comparedOn measures do next to passes on some goroutines that call ask for n things each.
// Half of the passes run before, half afterwards.
func comparedOn(b *testing.B, workers int, unit string, ask func(i int) bool, n int, do func()) {
	const passes = 4
	var pass, passCPU time.Duration
	few := func() {
		begin, cpu := time.Now(), cpuTime(b)
		for range passes / 2 {
			var g errgroup.Group
			for w := range workers {
				g.Go(func() error {
					for i := n * w / workers; i < n*(w+1)/workers; i++ {
						_ = ask(i)
					}
					return nil
				})
			}
			_ = g.Wait()
		}
		pass += time.Since(begin) / passes
		passCPU += (cpuTime(b) - cpu) / passes
	}
	few()
	begin, cpu := time.Now(), cpuTime(b)
	times := 0
	for b.Loop() {
		do()
		times++
	}
	took, tookCPU := time.Since(begin), cpuTime(b)-cpu
	few()
	b.ReportMetric(float64(tookCPU)/1e6/float64(times), "cpu-ms/op")
	b.ReportMetric(float64(took)/float64(times)/float64(pass), unit)
	b.ReportMetric(float64(tookCPU)/float64(times)/float64(passCPU), unit+"-cpu")
}

// valuesUnder gives the texts that spans have under a key.
func valuesUnder(v *trace.View, wanted string) (values [][]byte) {
	for row := range v.Len() {
		for num, field := range otlpwire.Messages(v.Raw(row)) {
			if num != 9 {
				continue
			}
			if key, value := otlpwire.KeyValue(field); string(key) == wanted {
				values = append(values, decodeValue(value).text)
			}
		}
	}
	return values
}
