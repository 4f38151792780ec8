package session

import (
	"cmp"
	"container/heap"
	"slices"
	"sort"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/trace"
)

// Phases says what a job was doing when: the innermost of its own spans, such as a
// step, a phase of a runner or a test case, at each time. It is immutable.
type Phases struct {
	from  []int64  // Unix ns at which another begins, in order
	names []string // of each; "" between spans
}

// PhasesOf gives the phases of the trace that heads an input's joined one. Texts
// point into the view. A view that is not joined has none. Short spans whose times are
// not exact are left out.
func PhasesOf(view *trace.View, in *Input) *Phases {
	p := &Phases{}
	t, ok := view.Lookup(in.Trace)
	if !ok || in.Trace.IsZero() {
		return p
	}
	spans := make([]trace.Span, 0, t.Spans)
	for row := t.First; row < t.First+t.Spans; row++ {
		if s := view.Span(row); s.Duration >= int64(surePhase) || !inexact(view, row) {
			spans = append(spans, s)
		}
	}
	p.draw(spans)
	return p
}

// surePhase is how long a span must be to tell what a line belongs to, if its times are not
// exact. JUnit gives a suite's start in whole seconds, and its cases are laid end to end from
// there: shorter ones missed their own lines and took those of others.
const surePhase = 5 * time.Second

// inexact reports whether the times of a span were derived, or are those of a JUnit suite.
func inexact(view *trace.View, row int) bool {
	var span tracepb.Span
	if err := proto.Unmarshal(view.Encoded(row), &span); err != nil {
		return false
	}
	return slices.ContainsFunc(span.Attributes, func(a *commonpb.KeyValue) bool {
		return a.Key == "prow.estimated" && a.Value.GetBoolValue() || a.Key == "prow.phase" && a.Value.GetStringValue() == "suite"
	})
}

// draw sweeps over the spans in the order of time. Of those that are open, the one that
// began last is the innermost, and of these the one that ends first.
func (p *Phases) draw(spans []trace.Span) {
	slices.SortStableFunc(spans, func(a, b trace.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.Duration, a.Duration))
	})
	var times []int64
	for _, s := range spans {
		times = append(times, s.Start, s.End())
	}
	slices.Sort(times)
	open := &openSpans{}
	next := 0
	for _, at := range slices.Compact(times) {
		for ; next < len(spans) && spans[next].Start <= at; next++ {
			heap.Push(open, openSpan{spans[next], next})
		}
		for open.Len() > 0 && (*open)[0].End() <= at {
			heap.Pop(open)
		}
		name := ""
		if open.Len() > 0 {
			name = (*open)[0].Name
		}
		if n := len(p.names); n == 0 || p.names[n-1] != name {
			p.from, p.names = append(p.from, at), append(p.names, name)
		}
	}
}

// At gives the name of the innermost span at a time; "" if there is none.
func (p *Phases) At(t time.Time) string {
	at := t.UnixNano()
	i := sort.Search(len(p.from), func(i int) bool { return p.from[i] > at })
	if t.IsZero() || i == 0 {
		return ""
	}
	return p.names[i-1]
}

// openSpan is a span and its place in the order of starts.
type openSpan struct {
	trace.Span
	order int
}

// openSpans is a heap of spans, the innermost first.
type openSpans []openSpan

func (o openSpans) Len() int           { return len(o) }
func (o openSpans) Less(i, j int) bool { return o[i].order > o[j].order }
func (o openSpans) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }
func (o *openSpans) Push(x any)        { *o = append(*o, x.(openSpan)) }
func (o *openSpans) Pop() any {
	last := len(*o) - 1
	s := (*o)[last]
	*o = (*o)[:last]
	return s
}
