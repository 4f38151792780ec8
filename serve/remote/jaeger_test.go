package remote

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/realjaeger"
	"prowtrace/launch"
)

// jaegers are the real programs that the tests start.
var jaegers = []string{realjaeger.V2, realjaeger.V1}

// start runs a real Jaeger on top of a storage.
func start(t testing.TB, name, storage string) jaeger {
	t.Helper()
	found, err := launch.Find(t.Context(), launch.Options{Jaeger: realjaeger.Path(t, name)})
	if err != nil {
		t.Fatal(err)
	}
	process, err := found.Start(t.Context(), launch.Options{Storage: storage})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Stop(context.Background()); err != nil {
			t.Errorf("stopping %s: %v", name, err)
		}
	})
	return meet(t, process.URL)
}

// modes are how a trace is asked for: as Jaeger adjusts it for its UI and, for
// one trace in eight, also as Jaeger got it.
func modes(id string) []url.Values {
	if id[len(id)-1]%8 != 1 {
		return []url.Values{nil}
	}
	return []url.Values{nil, {"raw": {"true"}}}
}

// The JSON of Jaeger's API, as its UI reads it.
type (
	uiTrace struct {
		TraceID   string
		Spans     []uiSpan
		Processes map[string]uiProcess
	}
	uiSpan struct {
		TraceID, SpanID, OperationName, ProcessID string
		References                                []uiReference
		StartTime, Duration                       json.Number // µs
		Tags                                      []uiTag
		Logs                                      []uiLog
		Warnings                                  []string
	}
	uiReference struct{ RefType, TraceID, SpanID string }
	uiLog       struct {
		Timestamp json.Number // µs
		Fields    []uiTag
	}
	uiProcess struct {
		ServiceName string
		Tags        []uiTag
	}
	uiTag struct {
		Key, Type string
		Value     any
	}
)

// texts draws each span of a trace with its process as lines that can be
// compared, ordered by span.
func (tr uiTrace) texts() []string {
	var all []string
	for _, s := range tr.Spans {
		d := drawing{}
		d.add("span %s of %s: %q", s.SpanID, s.TraceID, s.OperationName)
		d.add("from %s for %s", s.StartTime, s.Duration)
		for _, r := range s.References {
			d.add("%s %s of %s", r.RefType, r.SpanID, r.TraceID)
		}
		d.tags("tag", s.Tags)
		var logs []string
		for _, l := range s.Logs {
			inner := drawing{}
			inner.tags("  field", l.Fields)
			logs = append(logs, fmt.Sprintf("log at %s\n%s", l.Timestamp, strings.Join(inner, "\n")))
		}
		slices.Sort(logs)
		d = append(d, logs...)
		p := tr.Processes[s.ProcessID]
		d.add("process %q", p.ServiceName)
		d.tags("process tag", p.Tags)
		all = append(all, strings.Join(d, "\n"))
	}
	slices.Sort(all)
	return all
}

type drawing []string

// unescape makes texts of arrays and maps alike: Jaeger 2.13 and older escape
// markup in their JSON, newer ones do not.
var unescape = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")

func (d *drawing) add(format string, args ...any) { *d = append(*d, fmt.Sprintf(format, args...)) }

// tags are drawn in order: Jaeger sorts them in its own way.
func (d *drawing) tags(what string, tags []uiTag) {
	var lines []string
	for _, t := range tags {
		value := fmt.Sprint(t.Value)
		if n, ok := t.Value.(json.Number); ok && t.Type == "float64" {
			f, _ := n.Float64()
			value = strconv.FormatFloat(f, 'g', -1, 64)
		}
		if t.Value == nil && t.Type == "binary" {
			value = "" // Jaeger's JSON for no bytes
		}
		value = unescape.Replace(value)
		lines = append(lines, fmt.Sprintf("%s %s %s %q", what, t.Key, t.Type, value))
	}
	slices.Sort(lines)
	*d = append(*d, lines...)
}

// shown is how Jaeger shows the spans of one trace: the table of the
// translation, written a second time.
func shown(entries []entry) (tr uiTrace) {
	tr.Processes = map[string]uiProcess{}
	for i, e := range entries {
		s := e.span
		id := fmt.Sprint("p", i)
		p := uiProcess{ServiceName: serviceOf(e)}
		for _, kv := range e.resource.GetAttributes() {
			if kv.GetKey() != "service.name" {
				p.Tags = append(p.Tags, shownTag(kv))
			}
		}
		tr.Processes[id] = p
		start, end := s.GetStartTimeUnixNano(), s.GetEndTimeUnixNano()
		u := uiSpan{
			TraceID: fmt.Sprintf("%x", s.GetTraceId()), SpanID: fmt.Sprintf("%x", s.GetSpanId()), OperationName: s.GetName(), ProcessID: id,
			StartTime: number(start / 1000), Duration: number((end - start) / 1000), References: shownReferences(s),
		}
		for _, kv := range s.GetAttributes() {
			u.Tags = append(u.Tags, shownTag(kv))
		}
		for _, tag := range []uiTag{
			{"otel.scope.name", "string", e.scope.GetName()},
			{"otel.scope.version", "string", e.scope.GetVersion()},
			{"span.kind", "string", kindText(s.GetKind())},
			{"otel.status_code", "string", [...]string{"", "OK", "ERROR"}[s.GetStatus().GetCode()]},
			{"otel.status_description", "string", s.GetStatus().GetMessage()},
			{"w3c.tracestate", "string", s.GetTraceState()},
		} {
			if tag.Value != "" {
				u.Tags = append(u.Tags, tag)
			}
		}
		if s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR {
			u.Tags = append(u.Tags, uiTag{"error", "bool", true})
		}
		for _, e := range s.GetEvents() {
			l := uiLog{Timestamp: number(e.GetTimeUnixNano() / 1000)}
			named := e.GetName() == ""
			for _, kv := range e.GetAttributes() {
				l.Fields = append(l.Fields, shownTag(kv))
				named = named || kv.GetKey() == "event"
			}
			if !named {
				l.Fields = append(l.Fields, uiTag{"event", "string", e.GetName()})
			}
			u.Logs = append(u.Logs, l)
		}
		tr.Spans = append(tr.Spans, u)
	}
	return tr
}

func number(n uint64) json.Number { return json.Number(strconv.FormatUint(n, 10)) }

func shownTag(kv *commonpb.KeyValue) uiTag {
	typ := "string"
	switch v := kv.GetValue().GetValue().(type) {
	case *commonpb.AnyValue_BoolValue:
		typ = "bool"
	case *commonpb.AnyValue_IntValue:
		typ = "int64"
	case *commonpb.AnyValue_DoubleValue:
		if typ = "float64"; math.IsNaN(v.DoubleValue) || math.IsInf(v.DoubleValue, 0) {
			typ = "string" // its JSON cannot have it as a number
		}
		return uiTag{kv.GetKey(), typ, strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)}
	case *commonpb.AnyValue_BytesValue:
		typ = "binary"
	}
	return uiTag{kv.GetKey(), typ, plainText(kv.GetValue())}
}

func shownReferences(s *tracepb.Span) (refs []uiReference) {
	if len(s.GetParentSpanId()) > 0 {
		refs = append(refs, uiReference{"CHILD_OF", fmt.Sprintf("%x", s.GetTraceId()), fmt.Sprintf("%x", s.GetParentSpanId())})
	}
	for _, l := range s.GetLinks() {
		r := uiReference{"FOLLOWS_FROM", fmt.Sprintf("%x", l.GetTraceId()), fmt.Sprintf("%x", l.GetSpanId())}
		for _, kv := range l.GetAttributes() {
			if kv.GetKey() == "opentracing.ref_type" && kv.GetValue().GetStringValue() == "child_of" {
				r.RefType = "CHILD_OF"
			}
		}
		if len(refs) > 0 && len(s.GetParentSpanId()) > 0 && r.TraceID == refs[0].TraceID && r.SpanID == refs[0].SpanID {
			refs[0] = r // says of the parent what kind of reference it is
			continue
		}
		refs = append(refs, r)
	}
	return refs
}

// sameTexts reports the lines that differ between two drawings of spans.
func sameTexts(t testing.TB, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	if len(got) != len(want) {
		t.Errorf("%d spans, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want), 3) {
		if got[i] != want[i] {
			t.Errorf("span %d:\n%s\nwant:\n%s", i, onlyIn(got[i], want[i]), onlyIn(want[i], got[i]))
		}
	}
}

// onlyIn gives the first line of a, and all that b has not.
func onlyIn(a, b string) string {
	theirs := strings.Split(b, "\n")
	lines := strings.Split(a, "\n")
	kept := lines[:1]
	for _, l := range lines[1:] {
		if !slices.Contains(theirs, l) {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}
