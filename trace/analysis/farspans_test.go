package analysis

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/join"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

func TestFarSpans(t *testing.T) {
	const day, now = int64(86400), int64(1_700_000_000)
	at := func(id uint64, name string, start, end int64) *tracepb.Span { return span(id, 0, name, start, end) }
	in := tracetest.InTrace
	// Twenty spans of a minute.
	usual := func() (all []*tracepb.Span) {
		for i := range int64(20) {
			all = append(all, at(uint64(i+1), "usual", now+i, now+60))
		}
		return all
	}
	names := func(v *trace.View) string {
		far, left := Of(v).FarSpans()
		var all []string
		for _, f := range far {
			all = append(all, fmt.Sprintf("%s in %d", v.Span(f.Row).Name, f.Trace.Spans))
		}
		if left > 0 {
			all = append(all, fmt.Sprint(left, " more"))
		}
		return strings.Join(all, ", ")
	}
	for name, test := range map[string]struct {
		spans []*tracepb.Span
		want  string
	}{
		"none":                         {usual(), ""},
		"from 1970":                    {append(usual(), at(99, "old", 1, 2)), "old in 21"},
		"from 1970 until now":          {append(usual(), at(99, "old", 1, now+3)), "old in 21"},
		"from the year 2200":           {append(usual(), at(99, "late", 7_258_118_400, 7_258_118_401)), "late in 21"},
		"that ends in the year 2200":   {append(usual(), at(99, "late", now, 7_258_118_400)), "late in 21"},
		"two days before":              {append(usual(), at(99, "old", now-2*day, now-2*day+1)), "old in 21"},
		"the farthest first":           {append(usual(), at(98, "old", now-2*day, now-2*day+1), at(99, "older", 1, 2)), "older in 22, old in 22"},
		"an hour before":               {append(usual(), at(99, "old", now-3600, now-3600+1)), ""},
		"a job of three days":          {append(usual(), at(99, "job", now-3*day, now+60)), ""},
		"beside one other":             {[]*tracepb.Span{at(1, "old", 1, 2), at(2, "usual", now, now+60)}, "old in 2"},
		"one by itself":                {[]*tracepb.Span{at(1, "old", 1, 2)}, ""},
		"days of many spans":           {append(usual(), at(97, "a", now+3*day, now+3*day+1), at(98, "b", now+3*day, now+3*day+1), at(99, "c", now+3*day, now+3*day+1)), ""},
		"in a trace of its own":        {append(usual(), in(2, at(99, "old", 1, 2))), "old in 1"},
		"in a trace of another of two": {append(usual(), in(2, at(98, "b", 5, 6)), in(2, at(99, "usual", now, now+60))), "b in 2"},
		"without a time":               {append(usual(), at(99, "unknown", 0, 0)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := load(t, otel(t, otlp(t, "svc", test.spans...)))
			if got := names(v); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	v, err := join.Load(t.Context(), []trace.Source{{Name: "a.otel", Group: 1, Data: otel(t, otlp(t, "svc", append(usual(), in(2, at(99, "old", 1, 2)))...))}}, join.Job{ID: trace.TraceID{0: 0xaa}, Name: "e2e", By: join.ByTime})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Set().Close() })
	if far, _ := Of(v).FarSpans(); len(far) != 1 || far[0].Trace.ID != (trace.TraceID{0: 0xaa}) || far[0].Start != 1e9 || far[0].From != now*1e9 || far[0].To != (now+60)*1e9 {
		t.Errorf("of a job: %+v", far)
	}

	var many []*tracepb.Span
	for i := range int64(5000) {
		start := now
		if i%20 == 0 {
			start = 1 + i
		}
		many = append(many, at(uint64(i+1), "x", start, start+1))
	}
	if far, left := Of(load(t, otel(t, otlp(t, "svc", many...)))).FarSpans(); len(far) != maxFarSpans || left != 250-maxFarSpans {
		t.Errorf("%d far spans, and %d more", len(far), left)
	}
	hostile := []*tracepb.Span{at(1, "a", 1, 2), at(2, "b", now, now), at(3, "c", now, now)}
	hostile[0].StartTimeUnixNano, hostile[0].EndTimeUnixNano = 1, math.MaxInt64
	hostile[1].StartTimeUnixNano, hostile[1].EndTimeUnixNano = math.MaxInt64, math.MaxInt64
	if got := names(load(t, otel(t, otlp(t, "svc", hostile...)))); strings.Count(got, " in ") > 1 {
		t.Errorf("at the ends of time: %s", got)
	}
}
