package viewer

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// A reader answers one request. It keeps to the View and the Info that were current
// when the request came.
type reader struct {
	view  *trace.View
	cache *analysis.Cache
	info  Info
	mount Mount
}

// drawing is a trace laid out to be shown.
type drawing struct{ *analysis.Drawing }

// ofTrace makes a handler of one that needs the trace its address names.
func ofTrace(h func(*reader, *http.Request, drawing) (any, error)) handler {
	return func(v *reader, r *http.Request) (any, error) {
		t, err := v.lookup(r.PathValue("trace"))
		if err != nil {
			return nil, err
		}
		return h(v, r, v.drawing(t))
	}
}

func (v *reader) drawing(t trace.Trace) drawing { return drawing{v.cache.Drawing(t)} }

// lookup finds the trace with an id, which may have the dashes of a UUID.
func (v *reader) lookup(given string) (trace.Trace, error) {
	id, err := parseTraceID(given)
	if err != nil {
		return trace.Trace{}, badRequest("“"+text.Clip(given, 60)+"” is not a trace id",
			"A trace id is up to 32 hex digits. Copy it again, or find the trace in the list.")
	}
	t, ok := v.view.Lookup(id)
	if !ok {
		return t, notFound("There is no trace "+id.String()+" in this run",
			"It may belong to another run, or its process may have been killed before it wrote its file. Check the id, look for the trace in the list, and see there whether there were problems reading the files.")
	}
	return t, nil
}

func parseTraceID(given string) (trace.TraceID, error) {
	return trace.ParseTraceID(strings.ReplaceAll(given, "-", ""))
}

// spanOf finds the line that an address names: by the id of its span, or by
// its number, which is the only way to spans without an id of their own.
func (d drawing) spanOf(r *http.Request) (line int, err error) {
	given := r.PathValue("span")
	if id, err := hex.DecodeString(given); err == nil && len(id) == len(trace.SpanID{}) {
		if i, ok := d.Find(trace.SpanID(id)); ok {
			return int(d.Line[i]), nil
		}
	} else if at, err := strconv.Atoi(given); err == nil && at >= 0 && at < len(d.Layout.Lines) {
		return at, nil
	}
	return 0, notFound("There is no span "+text.Clip(given, 60)+" in this trace",
		"It may never have been exported: a process that is killed does not write its open spans. The trace shows all there are.")
}
