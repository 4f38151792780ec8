//go:build unix

package query

import (
	"bytes"
	"errors"
	"runtime"

	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

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

// scales are the sizes measured. PROWTRACE_BENCH asks for others, like 10m,
// which needs 5 GB of disk, or names directories with files to measure on.
func scales() []string {
	if s := os.Getenv("PROWTRACE_BENCH"); s != "" {
		return strings.Split(s, ",")
	}
	return []string{"100k", "1m"}
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

// measure runs do again and again and reports its processor time and the 99th
// percentile of its time.
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

// BenchmarkFindBox measures searches of the find box for what no span has, in the
// list of traces, beside one pass that looks for bytes.
func BenchmarkFindBox(b *testing.B) {
	for _, scale := range scales() {
		b.Run(scale+"/bytes.Contains", func(b *testing.B) {
			view := loadScale(b, scale)
			set := view.Set()
			measure(b, func() {
				var g errgroup.Group
				workers := runtime.GOMAXPROCS(0)
				for w := range workers {
					g.Go(func() error {
						for row := set.Len() * w / workers; row < set.Len()*(w+1)/workers; row++ {
							if bytes.Contains(set.Raw(row), []byte("nonexistent")) {
								return errors.New("a span has the word")
							}
						}
						return nil
					})
				}
				if err := g.Wait(); err != nil {
					b.Fatal(err)
				}
			})
		})
		for _, q := range []string{"nonexistent", "nonexistent -error", "url.full~^https://nope", "kops.request.id=nope", "http.response.status_code>599", "has:nope", "dur>1h", "error", "service=nodeup"} {
			b.Run(scale+"/"+q, func(b *testing.B) {
				view := loadScale(b, scale)
				f, err := Parse(q)
				if err != nil {
					b.Fatal(err)
				}
				measure(b, func() {
					if _, err := Find(context.Background(), view, Query{Filter: f, Joined: true}); err != nil {
						b.Fatal(err)
					}
				})
			})
		}
	}
}
