package lens

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/triage/report"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

func drawing(t testing.TB, spans ...*tracepb.Span) *analysis.Drawing {
	t.Helper()
	set, err := trace.Load(context.Background(), []trace.Source{{Name: "a.otel", Data: tracetest.File(t, tracetest.OTLP(t, "kops", spans...))}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Close() })
	return analysis.Draw(trace.Plain(set).Tree(set.Trace(0)))
}

func failing(s *tracepb.Span) *tracepb.Span {
	s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
	return s
}

func at(seconds int64) *time.Time { t := time.Unix(seconds, 0); return &t }

func id(n uint64) string { return trace.SpanID(tracetest.SpanID(n)).String() }

// The picture of a small trace, in words: indents, names, bars and marks.
//
//	root     |--------------------|
//	 a        |----|
//	 b              |------------|
//	  c                  |---|
func TestChart(t *testing.T) {
	d := drawing(t,
		tracetest.Span(1, 0, "root", 100, 200), tracetest.Span(2, 1, "a", 105, 125),
		failing(tracetest.Span(3, 1, "b", 130, 190)), tracetest.Span(4, 3, "c", 150, 170))
	c := newChart(d, &report.Finding{Chain: []report.Step{
		{Text: "by its span", Evidence: report.Evidence{SpanID: id(4)}},
		{Text: "by its time", Evidence: report.Evidence{Time: at(110)}},
		{Text: "nowhere", Evidence: report.Evidence{SpanID: id(99)}},
		{Text: "long before", Evidence: report.Evidence{Time: at(1)}},
	}})
	var got []string
	for _, r := range c.Rows {
		line := fmt.Sprintf("%s%s %s+%s %s", strings.Repeat(".", (r.Indent-4)/10), r.Name, r.X, r.Width, r.Took)
		if r.Failed {
			line += " failed"
		}
		for _, p := range r.Critical {
			line += fmt.Sprintf(" path %s+%s", p.X, p.Width)
		}
		for _, m := range r.Marks {
			line += fmt.Sprintf(" (%d) %s", m.No, m.X)
		}
		got = append(got, line)
	}
	want := []string{
		"root 0.00%+100.00% 1m40s path 0.00%+5.20% path 24.80%+5.60% path 90.00%+10.00%",
		".a 5.00%+20.00% 20s path 4.80%+20.40% (2) 10.00%",
		".b 30.00%+60.00% 1m0s failed path 30.00%+20.40% path 70.00%+20.40%",
		"..c 50.00%+20.00% 20s path 50.00%+20.40% (1) 50.00%",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if c.Left != "" || !c.Marked || c.Said != "Waterfall of 4 spans, 1m40s" {
		t.Errorf("%+v", c)
	}
}

// Whatever a trace looks like, the picture is small, and the way to the first steps is in it.
func TestChartIsSmall(t *testing.T) {
	const n = 20_000
	for _, tt := range []struct {
		name     string
		parent   func(i uint64) uint64
		spanName func(i uint64) string
		mark     uint64
		shown    bool
	}{
		{"deep", func(i uint64) uint64 { return i - 1 }, func(uint64) string { return "call" }, n, true},
		{"wide", func(i uint64) uint64 { return min(i-1, 1) }, func(i uint64) string { return fmt.Sprint("call ", i) }, n, true},
		{"wide and alike", func(i uint64) uint64 { return min(i-1, 1) }, func(uint64) string { return "poll" }, n, true},
		{"many roots", func(uint64) uint64 { return 0 }, func(i uint64) string { return fmt.Sprint("call ", i) }, n / 2, true},
		{"a tree", func(i uint64) uint64 { return i / 3 }, func(i uint64) string { return fmt.Sprint("call ", i%7) }, n, true},
		{"orphans", func(i uint64) uint64 { return i + 1_000_000 }, func(i uint64) string { return "call" }, n, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var spans []*tracepb.Span
			for i := uint64(1); i <= n; i++ {
				spans = append(spans, tracetest.Span(i, tt.parent(i), tt.spanName(i), int64(1000+i), int64(1000+2*n-i)))
			}
			var chain []report.Step
			for k := range uint64(40) {
				chain = append(chain, report.Step{Evidence: report.Evidence{SpanID: id(tt.mark - k*100)}})
			}
			c := newChart(drawing(t, spans...), &report.Finding{Chain: chain})
			pieces, marks := 0, 0
			for _, r := range c.Rows {
				pieces += len(r.Critical)
				marks += len(r.Marks)
			}
			if len(c.Rows) == 0 || len(c.Rows) > mostRows || pieces > mostRows*cells/2 || marks > mostSteps || c.Left == "" {
				t.Errorf("%d rows, %d pieces, %d marks, left %q", len(c.Rows), pieces, marks, c.Left)
			}
			if tt.shown && !slices.ContainsFunc(c.Rows, func(r row) bool {
				return slices.ContainsFunc(r.Marks, func(m mark) bool { return m.No == 1 })
			}) {
				t.Error("the first step is not marked")
			}
		})
	}
}

// A trace without length, or with times that are no times, is drawn too.
func TestChartOfOddTimes(t *testing.T) {
	for name, spans := range map[string][]*tracepb.Span{
		"a moment":  {tracetest.Span(1, 0, "a", 5, 5)},
		"unknown":   {tracetest.Span(1, 0, "a", 0, 0)},
		"backwards": {tracetest.Span(1, 0, "a", 9, 5), tracetest.Span(2, 1, "b", 1, 20)},
		"far apart": {tracetest.Span(1, 0, "a", 1, 2), tracetest.Span(2, 1, "b", 9_000_000_000, 9_200_000_000)},
	} {
		c := newChart(drawing(t, spans...), nil)
		for _, r := range c.Rows {
			for _, part := range append([]piece{{r.X, r.Width}}, r.Critical...) {
				if strings.ContainsAny(part.X+part.Width, "-NI") {
					t.Errorf("%s: %+v", name, part)
				}
			}
		}
	}
}
