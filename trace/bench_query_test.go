//go:build unix

package trace

import (
	"context"
	"slices"
	"testing"
	"time"
)

// loaded are the sets that reads are measured on, by scale.
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

// measure runs do repeatedly, and reports its processor time and the 99th percentile of its
// time.
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

// BenchmarkQuery measures the other queries of Jaeger.
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

// copyTrace copies the encoded spans of one trace, as a server does.
func copyTrace(s *View) {
	t, _ := s.Lookup(s.Trace(s.NumTraces() / 2).ID)
	copied = copied[:0]
	for row := t.First; row < t.First+t.Spans; row++ {
		copied = append(copied, s.Encoded(row)...)
	}
}
