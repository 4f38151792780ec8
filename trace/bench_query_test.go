//go:build unix

package trace

import (
	"context"
	"slices"
	"testing"
	"time"
)

// loaded are the sets that queries are measured on, by scale.
var loaded = map[string]*View{}

func loadScale(b *testing.B, scale string) *View {
	b.Helper()
	if s := loaded[scale]; s != nil {
		return s
	}
	s, err := Load(context.Background(), files(b, scale))
	if err != nil {
		b.Fatal(err)
	}
	v := Plain(s)
	loaded[scale] = v
	return v
}

// measure runs do again and again and reports its processor time and the 99th
// percentile of its time.
func measure(b *testing.B, do func()) {
	var times []time.Duration
	cpu := cpuTime()
	for b.Loop() {
		start := time.Now()
		do()
		times = append(times, time.Since(start))
	}
	b.ReportMetric(float64(cpuTime()-cpu)/1e6/float64(b.N), "cpu-ms/op")
	slices.Sort(times)
	b.ReportMetric(times[(len(times)*99-1)/100].Seconds()*1e3, "p99-ms")
}

func BenchmarkFind(b *testing.B) {
	const s = int64(time.Second)
	begin := time.Date(2025, 3, 13, 1, 44, 34, 0, time.UTC).UnixNano()
	attr := func(key, value string) []Attribute { return []Attribute{{key, value}} }
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
		{"attribute/two", Query{Attributes: []Attribute{{"http.request.method", "GET"}, {"kops.request.id", "nope"}}}},
	}
	for _, scale := range scales() {
		for _, query := range queries {
			b.Run(scale+"/"+query.name, func(b *testing.B) {
				set := loadScale(b, scale)
				query.q.Limit = 20
				var found int
				measure(b, func() {
					traces, err := set.Find(context.Background(), query.q)
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

// BenchmarkQuery measures what else Jaeger asks for.
func BenchmarkQuery(b *testing.B) {
	queries := []struct {
		name string
		do   func(s *View)
	}{
		{"services", func(s *View) { s.Services() }},
		{"operations", func(s *View) { s.Operations("kops") }},
		{"lookup", func(s *View) { s.Lookup(s.Trace(s.NumTraces() / 2).ID) }},
		{"trace", copyTrace},
	}
	for _, scale := range scales() {
		for _, query := range queries {
			b.Run(scale+"/"+query.name, func(b *testing.B) {
				set := loadScale(b, scale)
				measure(b, func() { query.do(set) })
			})
		}
	}
}

var copied []byte

// copyTrace copies the encoded spans of one trace, as serving it does.
func copyTrace(s *View) {
	t, _ := s.Lookup(s.Trace(s.NumTraces() / 2).ID)
	copied = copied[:0]
	for row := t.First; row < t.First+t.Spans; row++ {
		copied = append(copied, s.Encoded(row)...)
	}
}
