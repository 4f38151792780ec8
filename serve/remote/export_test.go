package remote

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"prowtrace/export"
	"prowtrace/internal/otlptest"
	"prowtrace/trace"
)

// downloaded are the traces of Jaeger's JSON, by id.
func downloaded(t *testing.T, view *trace.View) map[string]uiTrace {
	t.Helper()
	var b bytes.Buffer
	if _, err := export.WriteJaegerJSON(t.Context(), &b, export.Selection{View: view, Trees: export.All(view)}); err != nil {
		t.Fatal(err)
	}
	var answer struct{ Data []uiTrace }
	decodeJSON(t, b.Bytes(), &answer)
	traces := map[string]uiTrace{}
	for _, tr := range answer.Data {
		if _, twice := traces[tr.TraceID]; twice {
			t.Fatalf("trace %s is there twice", tr.TraceID)
		}
		traces[tr.TraceID] = tr
	}
	return traces
}

// What is exported for Jaeger is what its translation makes of the spans.
func TestExportedForJaeger(t *testing.T) {
	files := slices.Concat(corpus(t), sample(t), []trace.Source{otlptest.Made(t), otlptest.File(t, "random", otlptest.Random(rand.New(rand.NewPCG(7, 8)), 1000, 100)...)})
	traces := downloaded(t, otlptest.Load(t, files...))
	all := byTrace(decode(t, files...))
	if len(traces) != len(all) {
		t.Errorf("%d traces, want %d", len(traces), len(all))
	}
	for id, spans := range all {
		sameTexts(t, traces[hex.EncodeToString([]byte(id))].texts(), shown(spans).texts())
		if t.Failed() {
			t.Fatalf("that was trace %x", id)
		}
	}
}

// A real Jaeger answers just what is exported: ids, references, times, tags with their types,
// logs and processes of every span.
func TestExportedAsRealJaegerAnswers(t *testing.T) {
	files := slices.Concat(corpus(t), sample(t), []trace.Source{otlptest.Made(t)})
	view := otlptest.Load(t, files...)
	storage := listen(t, view)
	for _, name := range jaegers {
		t.Run(name, func(t *testing.T) {
			j := start(t, name, storage)
			for id, tr := range downloaded(t, view) {
				var got []uiTrace
				j.ask(t, "/api/traces/"+id, url.Values{"raw": {"true"}}, &got)
				if len(got) != 1 || got[0].TraceID != id {
					t.Fatalf("trace %s: %d traces", id, len(got))
				}
				sameTexts(t, tr.texts(), got[0].texts())
				sameLoaded(t, j, view, id)
				if len(tr.Processes) != len(got[0].Processes) {
					t.Errorf("%d processes, Jaeger has %d", len(tr.Processes), len(got[0].Processes))
				}
				if t.Failed() {
					t.Fatalf("that was trace %s", id)
				}
			}
		})
	}
}

// sameLoaded loads what Jaeger's page downloads of a trace, and expects its spans.
func sameLoaded(t *testing.T, j jaeger, view *trace.View, id string) {
	t.Helper()
	status, body := j.get(t, "/api/traces/"+id, url.Values{"raw": {"true"}, "prettyPrint": {"true"}})
	if status != http.StatusOK {
		t.Fatalf("trace %s: HTTP %d", id, status)
	}
	loaded := otlptest.Load(t, trace.Source{Name: id + ".json", Data: body})
	of, err := trace.ParseTraceID(id)
	if err != nil {
		t.Fatal(err)
	}
	got, want := namesIn(loaded, of), namesIn(view, of)
	if !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("the download of trace %s has %q, want %q", id, got, want)
	}
}

// namesIn gives the ids and names of the spans of a trace, in order, each once.
func namesIn(v *trace.View, id trace.TraceID) (names []string) {
	tr, _ := v.Lookup(id)
	for row := tr.First; row < tr.First+tr.Spans; row++ {
		s := v.Span(row)
		names = append(names, fmt.Sprint(s.ID, " ", s.Name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}
