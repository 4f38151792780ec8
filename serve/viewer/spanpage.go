package viewer

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/trace"
)

// Bounds on what the page of a span shows of it; the rest can be downloaded.
const (
	valueBytes = 4096 // of one value
	maxValues  = 1000 // attributes of the span, its resource, scope, events and links together
	maxParts   = 500  // events, and links
	findBytes  = 300  // of a value that can be searched for
)

type spanPage struct {
	frame
	Name      string
	TraceID   string
	TraceLink string
	Row       string // address of its row
	Self      string // address of this page
	ID        string
	Parent    *crumb
	ParentID  string // as reported
	Service   string
	Kind      string
	Status    string
	Error     bool
	Start     string
	End       string
	Raw       string // start and end as reported, where others are shown
	After     string // after the start of the trace
	Duration  string
	Open      bool // has no end
	State     string
	Marks     []mark
	Places    []trace.Location
	Size      string
	Jaeger    string
	Previous  string // addresses of the errors before and after
	Next      string
	parts
}

// parts are what has to be decoded to be shown.
type parts struct {
	Message   *field    // of the status
	Sections  []section // span, resource, scope
	Events    []event
	Links     []spanRef
	Dropped   string // what the producer left out
	Left      int    // values that are not shown
	LeftParts int    // events and links that are not shown

	values []*commonpb.AnyValue // by the number in their address
}

// section is a titled list of attributes.
type section struct {
	Title, About string
	Fields       []field
	Dropped      uint32
}

type field struct {
	Key, Kind, Value string
	Cut              bool
	Size             string
	Download         string // address of the whole value
	Find             string // address of the traces that have it
}

type event struct {
	At, Name string
	section
}

type spanRef struct {
	TraceID, SpanID, Link, State string
	section
}

func (v *viewer) span(w http.ResponseWriter, r *http.Request) error {
	t, row, err := v.lookupSpan(r)
	if err != nil {
		return err
	}
	d, err := v.set.Detail(row)
	if err != nil {
		return err
	}
	s := v.set.Span(row)
	p := v.newSpanPage(t, s)
	p.describe(s, d.Span)
	p.Previous, p.Next = v.neighbours(t, row)
	p.parts = v.parts(p.Self, row, d)
	return v.render(w, http.StatusOK, "span.html", p)
}

// newSpanPage fills in what the columns know.
func (v *viewer) newSpanPage(t trace.Trace, s trace.Span) *spanPage {
	p := &spanPage{
		frame: v.frame(name(s.Name)), Name: name(s.Name),
		TraceID: t.ID.String(), TraceLink: tracePath(t), Row: rowLink(t, s.Row), Self: spanLink(t, s),
		ID: s.ID.String(), Service: name(s.Service), Kind: s.Kind.String(),
		Status: s.Status.String(), Error: s.Status == trace.StatusError,
		Start: instant(s.Start), End: instant(s.End()), After: offset(s.Start - t.Start), Duration: duration(s.Duration),
		Open: s.Flags.Has(trace.Unfinished), Marks: marksOf(s.Flags),
		Places: v.set.Locations(s.Row), Size: size(int64(len(v.set.Raw(s.Row)))),
	}
	for i := range p.Places {
		p.Places[i].Source = clip(p.Places[i].Source, 300)
	}
	if v.info.Jaeger != "" {
		p.Jaeger = v.info.Jaeger + p.TraceLink + "?uiFind=" + p.ID
	}
	if s.Parent >= 0 {
		parent := v.set.Span(s.Parent)
		p.Parent = &crumb{name(parent.Name), spanLink(t, parent)}
	}
	return p
}

// describe fills in what only the decoded span knows.
func (p *spanPage) describe(s trace.Span, span *tracepb.Span) {
	p.State = clip(span.GetTraceState(), 500)
	if len(span.GetParentSpanId()) > 0 {
		p.ParentID = hex.EncodeToString(span.GetParentSpanId())
	}
	if s.Flags.Has(trace.Negative) {
		p.Raw = fmt.Sprintf("start %d, end %d (Unix ns)", span.GetStartTimeUnixNano(), span.GetEndTimeUnixNano())
	}
}

// parts turns a decoded span into what its page shows, at the address self.
func (v *viewer) parts(self string, row int, d trace.Detail) (p parts) {
	c := &collector{self: self}
	span := d.Span
	if m := span.GetStatus().GetMessage(); m != "" {
		f := c.field(&commonpb.KeyValue{Key: "otel.status_description", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: m}}})
		p.Message = &f
	}
	_, resourceSchema := v.set.EncodedResource(v.set.Resource(row))
	_, scopeSchema := v.set.EncodedScope(v.set.Scope(row))
	p.Sections = []section{
		c.section("Attributes", "", span.GetAttributes(), span.GetDroppedAttributesCount()),
		c.section("Resource", clip(resourceSchema, 200), d.Resource.GetAttributes(), d.Resource.GetDroppedAttributesCount()),
		c.section("Scope", about(d.Scope, scopeSchema), d.Scope.GetAttributes(), d.Scope.GetDroppedAttributesCount()),
	}
	p.Events = c.events(span.GetEvents(), v.set.Span(row).Start)
	p.Links = c.links(v, span.GetLinks())
	p.Dropped = dropped(span)
	p.values, p.Left = c.values, c.left
	p.LeftParts = len(span.GetEvents()) + len(span.GetLinks()) - len(p.Events) - len(p.Links)
	return p
}

// dropped words what the producer says it left out.
func dropped(span *tracepb.Span) string {
	var all []string
	if n := span.GetDroppedEventsCount(); n > 0 {
		all = append(all, count(int(n))+" events")
	}
	if n := span.GetDroppedLinksCount(); n > 0 {
		all = append(all, count(int(n))+" links")
	}
	return strings.Join(all, " and ")
}

// about words a scope's name, version and schema.
func about(scope *commonpb.InstrumentationScope, schema string) string {
	return clip(strings.Join(strings.Fields(scope.GetName()+" "+scope.GetVersion()+" "+schema), " "), 400)
}

// lookupSpan finds the span that an address names: by its id, or by its place
// in the trace.
func (v *viewer) lookupSpan(r *http.Request) (trace.Trace, int, error) {
	t, err := v.lookup(r)
	if err != nil {
		return t, 0, err
	}
	given := r.PathValue("span")
	if id, err := hex.DecodeString(given); err == nil && len(id) == len(trace.SpanID{}) {
		for row := t.First; row < t.First+t.Spans; row++ {
			if v.set.Span(row).ID == trace.SpanID(id) {
				return t, v.firstOf(t, row), nil
			}
		}
	} else if at, err := strconv.Atoi(given); err == nil && at >= 0 && at < t.Spans {
		return t, t.First + at, nil
	}
	return t, 0, notFound("There is no span "+clip(given, 60)+" in this trace",
		"It may never have been exported: a process that is killed does not write its open spans. The page of the trace shows all there are.")
}

// firstOf gives, of the spans with the id of that in row, the one that is not
// in conflict: the one that children are with.
func (v *viewer) firstOf(t trace.Trace, row int) int {
	s := v.set.Span(row)
	if !s.Flags.Has(trace.Conflict) {
		return row
	}
	for other := row + 1; other < t.First+t.Spans; other++ {
		if o := v.set.Span(other); o.ID == s.ID && !o.Flags.Has(trace.Conflict) {
			return other
		}
	}
	return row
}

// neighbours gives the addresses of the errors before and after a row.
func (v *viewer) neighbours(t trace.Trace, row int) (previous, next string) {
	if t.Errors == 0 {
		return "", ""
	}
	for other := row - 1; other >= t.First && previous == ""; other-- {
		if s := v.set.Span(other); s.Status == trace.StatusError {
			previous = spanLink(t, s)
		}
	}
	for other := row + 1; other < t.First+t.Spans && next == ""; other++ {
		if s := v.set.Span(other); s.Status == trace.StatusError {
			next = spanLink(t, s)
		}
	}
	return previous, next
}

// collector turns attributes into fields and numbers them in the order they
// come: that number is the value's address.
type collector struct {
	self   string
	values []*commonpb.AnyValue
	left   int
}

func (c *collector) section(title, about string, attributes []*commonpb.KeyValue, dropped uint32) section {
	s := section{Title: title, About: about, Dropped: dropped}
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
	number := len(c.values)
	c.values = append(c.values, kv.GetValue())
	whole := trace.ValueText(kv.GetValue())
	f := field{Key: clip(kv.GetKey(), nameBytes), Kind: kindOf(kv.GetValue())}
	f.Value, f.Cut = block(whole, valueBytes)
	if f.Cut {
		f.Size, f.Download = size(int64(len(whole))), c.self+"/value/"+strconv.Itoa(number)
	}
	if len(whole) <= findBytes && len(kv.GetKey()) <= nameBytes && !strings.ContainsAny(kv.GetKey(), "= \t\n\"") {
		f.Find = searchLink(kv.GetKey(), whole)
	}
	return f
}

func kindOf(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return "" // what one expects
	case *commonpb.AnyValue_BoolValue:
		return "bool"
	case *commonpb.AnyValue_IntValue:
		return "int"
	case *commonpb.AnyValue_DoubleValue:
		return "double"
	case *commonpb.AnyValue_BytesValue:
		return fmt.Sprintf("%s in base64", size(int64(len(v.BytesValue))))
	case *commonpb.AnyValue_ArrayValue:
		return fmt.Sprintf("array of %d", len(v.ArrayValue.GetValues()))
	case *commonpb.AnyValue_KvlistValue:
		return fmt.Sprintf("map of %d", len(v.KvlistValue.GetValues()))
	}
	return "null"
}

func (c *collector) events(events []*tracepb.Span_Event, start int64) []event {
	var all []event
	for _, e := range events[:min(len(events), maxParts)] {
		all = append(all, event{since(int64(min(e.GetTimeUnixNano(), 1<<63-1)), start), name(e.GetName()),
			c.section("", "", e.GetAttributes(), e.GetDroppedAttributesCount())})
	}
	return all
}

// since words a time by its distance from another.
func since(at, start int64) string {
	switch {
	case at == 0:
		return "time unknown"
	case at < start:
		return "−" + offset(start-at)
	}
	return "+" + offset(at-start)
}

func (c *collector) links(v *viewer, links []*tracepb.Span_Link) []spanRef {
	var all []spanRef
	for _, l := range links[:min(len(links), maxParts)] {
		ref := spanRef{TraceID: hex.EncodeToString(l.GetTraceId()), SpanID: hex.EncodeToString(l.GetSpanId()), State: clip(l.GetTraceState(), 200)}
		if id, err := trace.ParseTraceID(ref.TraceID); err == nil {
			if t, ok := v.set.Lookup(id); ok {
				ref.Link = tracePath(t) + "/span/" + ref.SpanID
			}
		}
		ref.section = c.section("", "", l.GetAttributes(), l.GetDroppedAttributesCount())
		all = append(all, ref)
	}
	return all
}

// value serves a whole value of a span: text as it is, bytes as bytes.
func (v *viewer) value(w http.ResponseWriter, r *http.Request) error {
	_, row, err := v.lookupSpan(r)
	if err != nil {
		return err
	}
	d, err := v.set.Detail(row)
	if err != nil {
		return err
	}
	values := v.parts("", row, d).values
	n, err := strconv.Atoi(r.PathValue("value"))
	if err != nil || n < 0 || n >= len(values) {
		return notFound("This span has no value "+clip(r.PathValue("value"), 60), "The page of the span lists the values it has.")
	}
	if b, ok := values[n].GetValue().(*commonpb.AnyValue_BytesValue); ok {
		download(w, "value.bin", "application/octet-stream", b.BytesValue)
	} else {
		download(w, "value.txt", "text/plain; charset=utf-8", []byte(trace.ValueText(values[n])))
	}
	return nil
}

// raw serves a span's bytes as the file has them: an encoded OTLP Span.
func (v *viewer) raw(w http.ResponseWriter, r *http.Request) error {
	_, row, err := v.lookupSpan(r)
	if err != nil {
		return err
	}
	download(w, "span.binpb", "application/octet-stream", v.set.Raw(row))
	return nil
}

func download(w http.ResponseWriter, name, contentType string, content []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content) // the visitor may have left
}
