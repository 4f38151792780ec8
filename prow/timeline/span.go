package timeline

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"strconv"
	"time"

	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/join"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A node is a span of a timeline. Texts given to it must be valid UTF-8, as all
// texts of Metadata are.
type node struct {
	span *tracepb.Span
	mark join.Mark
	path string // of names from the root, by which its id is told from others

	parent *node // nil of the root
}

// add draws a span. A zero end is one that has not come, or that nobody wrote down;
// what nobody saw end has ended with what it ran in.
func (t *timeline) add(parent *node, name string, start, end time.Time) *node {
	if name == "" {
		name = "(no name)"
	}
	n := &node{parent: parent, mark: join.Mark{MayContain: true}, span: &tracepb.Span{
		TraceId: t.trace[:], Name: name, Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: nano(start),
	}}
	if parent == nil {
		n.span.SpanId = t.trace[:8]
	} else {
		n.path = parent.path + "\x00" + name
		t.names[n.path]++
		n.path += "\x00" + strconv.Itoa(t.names[n.path])
		n.span.SpanId = t.spanID(n.path)
		n.span.ParentSpanId = parent.span.SpanId
	}
	n.end(end)
	n.flag("prow.unfinished", end.IsZero())
	if parent != nil && end.IsZero() && parent.span.EndTimeUnixNano != 0 {
		n.span.EndTimeUnixNano = max(parent.span.EndTimeUnixNano, n.span.StartTimeUnixNano)
	}
	t.spans = append(t.spans, n)
	return n
}

// hang puts a span below another than that it was added to, which is before it.
func (n *node) hang(parent *node) { n.parent, n.span.ParentSpanId = parent, parent.span.SpanId }

// spanID is a hash, so that two runs of the program draw the same.
func (t *timeline) spanID(path string) []byte {
	sum := sha256.Sum256(append(t.trace[:], path...))
	sum[0] |= 1 // never zero
	return sum[:8]
}

// nano is a time in OTLP: 0 is none. One that made-up durations have led beyond
// what fits is none.
func nano(t time.Time) uint64 {
	if t.IsZero() || t.Unix() < 0 || t.Unix() > runfile.MaxTime {
		return 0
	}
	return uint64(t.UnixNano())
}

func (n *node) begins() time.Time { return time.Unix(0, int64(n.span.StartTimeUnixNano)).UTC() }

// ends is zero for a span that has not ended.
func (n *node) ends() time.Time {
	if n.span.EndTimeUnixNano == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(n.span.EndTimeUnixNano)).UTC()
}

func (n *node) end(t time.Time) {
	end := nano(t)
	if end != 0 && end < n.span.StartTimeUnixNano {
		n.number("prow.skew_ns", int64(n.span.StartTimeUnixNano-end))
		end = n.span.StartTimeUnixNano
	}
	n.span.EndTimeUnixNano = end
}

// text adds an attribute; an empty one is left out.
func (n *node) text(key, value string) {
	if value != "" {
		n.span.Attributes = append(n.span.Attributes, textAttribute(key, value))
	}
}

// texts adds a list.
func (n *node) texts(key string, values ...string) {
	list := &commonpb.ArrayValue{}
	for _, v := range values {
		list.Values = append(list.Values, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: v}})
	}
	n.span.Attributes = append(n.span.Attributes, &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}})
}

func (n *node) number(key string, value int64) {
	n.span.Attributes = append(n.span.Attributes, &commonpb.KeyValue{
		Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: value}},
	})
}

// flag adds an attribute if it is true.
func (n *node) flag(key string, value bool) {
	if value {
		n.span.Attributes = append(n.span.Attributes, &commonpb.KeyValue{
			Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}},
		})
	}
}

// estimated sets whether the times were derived. No process is known to have run
// within derived times.
func (n *node) estimated(derived bool) {
	n.flag("prow.estimated", derived)
	n.mark.Estimated, n.mark.MayContain = derived, !derived
}

// keeps says that the files below a directory of the run are of this span.
func (n *node) keeps(dir string) {
	n.text("prow.artifacts", dir)
	n.mark.Directory = dir
}

func (n *node) ok() { n.span.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_OK} }

// failed marks an error; kind is its error.type.
func (n *node) failed(why, kind string) {
	n.span.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: why}
	n.text("error.type", kind)
}

// event adds a span event; empty attributes are left out.
func (n *node) event(t time.Time, name string, pairs ...string) {
	e := &tracepb.Span_Event{TimeUnixNano: nano(t), Name: name}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			e.Attributes = append(e.Attributes, textAttribute(pairs[i], pairs[i+1]))
		}
	}
	n.span.Events = append(n.span.Events, e)
}

// link points to another span of the trace.
func (n *node) link(to *node, why string) {
	n.span.Links = append(n.span.Links, &tracepb.Span_Link{
		TraceId: to.span.TraceId, SpanId: to.span.SpanId, Attributes: []*commonpb.KeyValue{textAttribute("prow.link", why)},
	})
}

func textAttribute(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

func (t *timeline) own() join.Own {
	resource := &resourcepb.Resource{Attributes: []*commonpb.KeyValue{textAttribute("service.name", "prow")}}
	for _, l := range labels(t.m, t.o.Instances) {
		resource.Attributes = append(resource.Attributes, textAttribute(l.Key, l.Value))
	}
	scope := &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: "prowtrace/prow"}}
	marks := map[trace.SpanID]join.Mark{}
	for _, n := range t.spans {
		marks[trace.SpanID(n.span.SpanId)] = n.mark
		slices.SortStableFunc(n.span.Events, func(a, b *tracepb.Span_Event) int { return cmp.Compare(a.TimeUnixNano, b.TimeUnixNano) })
		scope.Spans = append(scope.Spans, n.span)
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: resource, ScopeSpans: []*tracepb.ScopeSpans{scope},
	}}})
	if err != nil {
		return join.Own{} // only invalid UTF-8 fails, and Metadata lets none in
	}
	return join.Own{Spans: b, Marks: marks}
}
