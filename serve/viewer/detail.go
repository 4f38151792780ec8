package viewer

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/export"
	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// Bounds on what a detail has of a span; the rest can be downloaded.
const (
	valueBytes = 4096 // of one value
	maxValues  = 2000 // attributes of the span, its resource, scope, events and links together
	maxParts   = 500  // events, and links
)

// detail is all that is known of a span. Times and durations in ns are text:
// JSON readers round numbers of their size.
type detail struct {
	Line       int       `json:"line"`
	ID         string    `json:"id"`
	Only       bool      `json:"only,omitempty"` // the line is the only way to the span: its id is not its own
	Trace      string    `json:"trace"`
	ParentID   string    `json:"parentId,omitempty"`   // as reported
	ParentLine int       `json:"parentLine"`           // or -1
	ParentName string    `json:"parentName,omitempty"` // "" where there is no such span
	Inferred   bool      `json:"inferred,omitempty"`   // the parent was found by time
	Name       string    `json:"name"`
	Service    string    `json:"service"`
	Kind       string    `json:"kind,omitempty"`
	Status     string    `json:"status"`
	Message    *field    `json:"message,omitempty"` // of the status
	Start      string    `json:"start"`
	End        string    `json:"end"`
	Duration   string    `json:"duration"`
	Self       string    `json:"self"`
	Reported   *reported `json:"reported,omitempty"` // where other times are shown
	Flags      []string  `json:"flags"`
	State      string    `json:"traceState,omitempty"`
	TraceFlags uint32    `json:"traceFlags,omitempty"` // OTLP's flags field
	Attributes section   `json:"attributes"`
	Resource   section   `json:"resource"`
	Scope      section   `json:"scope"`
	Events     []event   `json:"events"`
	Links      []spanRef `json:"links"`
	Dropped    dropped   `json:"dropped"`
	Sources    []source  `json:"sources"`
	Bytes      int       `json:"bytes"` // encoded
	Left       int       `json:"left,omitempty"`
	LeftParts  int       `json:"leftParts,omitempty"`
	Jaeger     string    `json:"jaeger,omitempty"`
}

type reported struct {
	Start string `json:"start"`
	End   string `json:"end"`
}

// dropped is what the producer says it left out.
type dropped struct {
	Events uint32 `json:"events,omitempty"`
	Links  uint32 `json:"links,omitempty"`
}

// source is where a span was read.
type source struct {
	File   string `json:"file"`
	URL    string `json:"url,omitempty"`
	Offset int64  `json:"offset"`
}

// section is a list of attributes.
type section struct {
	About   string  `json:"about,omitempty"` // a scope's name and version
	Schema  string  `json:"schema,omitempty"`
	Fields  []field `json:"fields"`
	Dropped uint32  `json:"dropped,omitempty"`
}

// field is an attribute. Text is for reading: cut to valueBytes, without
// characters that do not show. Value is the whole as OTLP has it in JSON, and
// absent where Text is cut.
type field struct {
	Key   string          `json:"key"`
	Type  string          `json:"type"`
	Text  string          `json:"text"`
	Size  int             `json:"size"` // bytes of the whole as text
	Cut   bool            `json:"cut,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
	N     int             `json:"n"` // its number under …/values/
}

type event struct {
	At   string `json:"at"` // Unix ns
	Name string `json:"name"`
	section
}

type spanRef struct {
	Trace string `json:"trace"`
	Span  string `json:"span"`
	Here  bool   `json:"here"` // the trace is in the set
	State string `json:"traceState,omitempty"`
	Flags uint32 `json:"traceFlags,omitempty"` // OTLP's flags field
	section
}

// spanAt finds and decodes the span that an address names.
func (v *reader) spanAt(r *http.Request, d drawing) (line, span int, parts trace.Detail, err error) {
	if line, err = d.spanOf(r); err != nil {
		return 0, 0, parts, err
	}
	l := d.Layout.Lines[line]
	if l.Group != analysis.NoGroup {
		return 0, 0, parts, notFound("Line "+strconv.Itoa(line)+" is not a span", "It is a missing parent, or similar calls in a row. The lines under it are spans.")
	}
	parts, err = d.Tree.Detail(int(l.Span))
	return line, int(l.Span), parts, err
}

func (v *reader) getSpan(r *http.Request, d drawing) (any, error) {
	line, i, parts, err := v.spanAt(r, d)
	if err != nil {
		return nil, err
	}
	s := d.Tree.Span(i)
	out := detail{
		Line: line, ID: d.Tree.ID(i).String(), Trace: d.Tree.Trace.ID.String(), ParentLine: -1, Inferred: d.Tree.Inferred(i),
		Name: text.Clip(s.Name, valueBytes), Service: name(s.Service), Kind: s.Kind.String(), Status: s.Status.String(),
		Start: nanos(s.Start), End: nanos(s.End()), Duration: nanos(s.Duration), Self: nanos(d.Self[i]),
		Flags: s.Flags.Names(), State: text.Clip(parts.Span.GetTraceState(), 500), Bytes: len(d.Tree.Encoded(i)),
	}
	out.Only = d.Tree.ID(i).IsZero() || s.Flags.Has(trace.Conflict)
	if out.Flags == nil {
		out.Flags = []string{}
	}
	if id := parts.Span.GetParentSpanId(); len(id) > 0 {
		out.ParentID = hex.EncodeToString(id)
	}
	if p := d.Tree.Parent(i); p >= 0 {
		out.ParentLine, out.ParentName = int(d.Line[p]), name(d.Tree.Span(p).Name)
	}
	if s.Flags.Has(trace.Negative) {
		raw := &tracepb.Span{}
		if proto.Unmarshal(v.view.Raw(d.Tree.Row(i)), raw) == nil {
			out.Reported = &reported{strconv.FormatUint(raw.StartTimeUnixNano, 10), strconv.FormatUint(raw.EndTimeUnixNano, 10)}
		}
	}
	for _, l := range v.view.Locations(d.Tree.Row(i)) {
		out.Sources = append(out.Sources, source{text.Clip(l.Source, 300), v.info.artifact(l.Source, d.Tree.Trace.ID), l.Offset})
	}
	if v.info.Jaeger != "" {
		out.Jaeger = v.info.Jaeger + "/trace/" + out.Trace + "?uiFind=" + out.ID
	}
	v.describe(&out, parts)
	return out, nil
}

func nanos(ns int64) string { return strconv.FormatInt(ns, 10) }

// describe fills in what only the decoded span knows, and gives all values by
// their numbers.
func (v *reader) describe(out *detail, d trace.Detail) []*commonpb.AnyValue {
	c := &collector{}
	if m := d.Span.GetStatus().GetMessage(); m != "" {
		f := c.field(&commonpb.KeyValue{Key: "message", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: m}}})
		out.Message = &f
	}
	out.Attributes = c.section(d.Span.GetAttributes(), d.Span.GetDroppedAttributesCount())
	out.Resource = c.section(d.Resource.GetAttributes(), d.Resource.GetDroppedAttributesCount())
	out.Resource.Schema = text.Clip(d.ResourceSchema, 300)
	out.Scope = c.section(d.Scope.GetAttributes(), d.Scope.GetDroppedAttributesCount())
	out.Scope.About = text.Clip(d.Scope.GetName()+" "+d.Scope.GetVersion(), 300)
	out.Scope.Schema = text.Clip(d.ScopeSchema, 300)
	out.Events, out.Links = []event{}, []spanRef{}
	for _, e := range d.Span.GetEvents()[:min(len(d.Span.GetEvents()), maxParts)] {
		out.Events = append(out.Events, event{strconv.FormatUint(e.GetTimeUnixNano(), 10), name(e.GetName()), c.section(e.GetAttributes(), e.GetDroppedAttributesCount())})
	}
	for _, l := range d.Span.GetLinks()[:min(len(d.Span.GetLinks()), maxParts)] {
		ref := spanRef{Trace: hex.EncodeToString(l.GetTraceId()), Span: hex.EncodeToString(l.GetSpanId()), State: text.Clip(l.GetTraceState(), 300), Flags: l.GetFlags()}
		if id, err := trace.ParseTraceID(ref.Trace); err == nil {
			_, ref.Here = v.view.Lookup(id)
		}
		ref.section = c.section(l.GetAttributes(), l.GetDroppedAttributesCount())
		out.Links = append(out.Links, ref)
	}
	out.TraceFlags = d.Span.GetFlags()
	out.Dropped = dropped{d.Span.GetDroppedEventsCount(), d.Span.GetDroppedLinksCount()}
	out.Left = c.left
	out.LeftParts = len(d.Span.GetEvents()) + len(d.Span.GetLinks()) - len(out.Events) - len(out.Links)
	return c.values
}

// collector turns attributes into fields and numbers them in the order they
// come: that number is the value's address.
type collector struct {
	values []*commonpb.AnyValue
	left   int
}

func (c *collector) section(attributes []*commonpb.KeyValue, dropped uint32) section {
	s := section{Fields: []field{}, Dropped: dropped}
	for _, kv := range attributes {
		if len(c.values) == maxValues {
			c.left++
			continue
		}
		s.Fields = append(s.Fields, c.field(kv))
	}
	return s
}

func (c *collector) field(kv *commonpb.KeyValue) field {
	f := field{Key: name(kv.GetKey()), Type: typeOf(kv.GetValue()), N: len(c.values)}
	c.values = append(c.values, kv.GetValue())
	whole := trace.ReadableText(kv.GetValue())
	f.Size = len(whole)
	if f.Text, f.Cut = text.Block(whole, valueBytes); !f.Cut {
		f.Value = export.AppendJSONValue(nil, kv.GetValue())
	}
	return f
}

func typeOf(v *commonpb.AnyValue) string {
	switch v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return "string"
	case *commonpb.AnyValue_BoolValue:
		return "bool"
	case *commonpb.AnyValue_IntValue:
		return "int"
	case *commonpb.AnyValue_DoubleValue:
		return "double"
	case *commonpb.AnyValue_BytesValue:
		return "bytes"
	case *commonpb.AnyValue_ArrayValue:
		return "array"
	case *commonpb.AnyValue_KvlistValue:
		return "map"
	}
	return "null"
}

// getValue sends a whole value of a span: text as it is, bytes as bytes.
func (v *reader) getValue(r *http.Request, d drawing) (any, error) {
	_, _, parts, err := v.spanAt(r, d)
	if err != nil {
		return nil, err
	}
	values := v.describe(&detail{}, parts)
	n, err := strconv.Atoi(r.PathValue("value"))
	if err != nil || n < 0 || n >= len(values) {
		return nil, notFound("This span has no value "+text.Clip(r.PathValue("value"), 60), "The details of the span list its values and their numbers.")
	}
	if b, ok := values[n].GetValue().(*commonpb.AnyValue_BytesValue); ok {
		return blob{contentType: "application/octet-stream", body: b.BytesValue, file: "value.bin"}, nil
	}
	return blob{contentType: "text/plain; charset=utf-8", body: []byte(trace.ReadableText(values[n])), file: "value.txt"}, nil
}
