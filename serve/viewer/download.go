package viewer

import (
	"fmt"
	"net/http"
	"slices"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/export"
	"prowtrace/trace"
)

// Bounds on the parts of a span in one answer (see partsOf). One part is sent whole,
// however large.
const (
	partsPerPage = 5000
	pageBytes    = 2 << 20 // encoded
)

// getSpanJSON sends one span as a whole OTLP/JSON message, or a page of one with many
// parts. Readers of OTLP leave out the fields that it does not know.
func (v *reader) getSpanJSON(r *http.Request, d drawing) (any, error) {
	_, _, detail, err := v.spanAt(r, d)
	if err != nil {
		return nil, err
	}
	parts := partsOf(&detail)
	from, to, err := window(r, len(parts), partsPerPage)
	if err != nil {
		return nil, err
	}
	size := 0
	for i := from; i < to; i++ {
		if size += proto.Size(parts[i]); size > pageBytes && i > from {
			to = i
		}
	}
	continued := from < to && parts[from].within != nil
	if continued {
		keepPart(&detail, part{Message: parts[from].within})
	}
	for _, p := range parts[from:to] {
		keepPart(&detail, p)
	}
	body := export.AppendOTLPJSON(nil, detail)
	if continued {
		body = append(body[:len(body)-1], `,"continued":true}`...)
	}
	if left := len(parts) - to; left > 0 {
		body = fmt.Appendf(body[:len(body)-1], `,"next":%d,"left":%d}`, to, left)
	}
	return blob{contentType: "application/json", body: body}, nil
}

// A part is a member of one of the lists of a span that may be long.
type part struct {
	proto.Message
	of     *[]*commonpb.KeyValue // the list of an attribute
	within proto.Message         // the event or link that has the attribute, if one has
}

// partsOf takes the parts off a span: the attributes of its resource, of its scope and its
// own, then events and links, each followed by its attributes.
func partsOf(d *trace.Detail) (parts []part) {
	take := func(list *[]*commonpb.KeyValue, within proto.Message) {
		for _, kv := range *list {
			parts = append(parts, part{kv, list, within})
		}
		*list = nil
	}
	take(&d.Resource.Attributes, nil)
	take(&d.Scope.Attributes, nil)
	take(&d.Span.Attributes, nil)
	for _, e := range d.Span.Events {
		parts = append(parts, part{Message: e})
		take(&e.Attributes, e)
	}
	for _, l := range d.Span.Links {
		parts = append(parts, part{Message: l})
		take(&l.Attributes, l)
	}
	d.Span.Events, d.Span.Links = nil, nil
	return parts
}

// keepPart puts a part back.
func keepPart(d *trace.Detail, p part) {
	switch m := p.Message.(type) {
	case *commonpb.KeyValue:
		*p.of = append(*p.of, m)
	case *tracepb.Span_Event:
		d.Span.Events = append(d.Span.Events, m)
	case *tracepb.Span_Link:
		d.Span.Links = append(d.Span.Links, m)
	}
}

// streamTrace sends all spans of a trace, one after the other: the whole is
// never in memory.
func (v *reader) streamTrace(w http.ResponseWriter, r *http.Request) {
	t, err := v.lookup(r.PathValue("trace"))
	if err != nil {
		handler(func(*reader, *http.Request) (any, error) { return nil, err }).serve(v, w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+t.ID.String()+`.json"`)
	spans := export.Selection{View: v.view, Trees: slices.Values([]export.Tree{{Tree: v.view.Tree(t)}})}
	_, _ = export.WriteOTLPJSON(r.Context(), w, spans) // the visitor may have left
}

// getRaw sends a span's bytes as the file has them: an encoded OTLP Span.
func (v *reader) getRaw(r *http.Request, d drawing) (any, error) {
	_, i, _, err := v.spanAt(r, d)
	if err != nil {
		return nil, err
	}
	return blob{contentType: "application/octet-stream", body: v.view.Raw(d.Tree.Row(i)), file: "span.binpb"}, nil
}
