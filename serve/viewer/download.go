package viewer

import (
	"net/http"

	"prowtrace/export"
)

// getSpanJSON sends one span as a whole OTLP/JSON message.
func (v *reader) getSpanJSON(r *http.Request, d drawing) (any, error) {
	_, _, parts, err := v.spanAt(r, d)
	if err != nil {
		return nil, err
	}
	return blob{contentType: "application/json", body: export.AppendOTLPJSON(nil, parts)}, nil
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
	_ = export.WriteOTLPJSON(r.Context(), w, v.view.Tree(t)) // the visitor may have left
}

// getRaw sends a span's bytes as the file has them: an encoded OTLP Span.
func (v *reader) getRaw(r *http.Request, d drawing) (any, error) {
	_, i, _, err := v.spanAt(r, d)
	if err != nil {
		return nil, err
	}
	return blob{contentType: "application/octet-stream", body: v.view.Raw(d.Tree.Row(i)), file: "span.binpb"}, nil
}
