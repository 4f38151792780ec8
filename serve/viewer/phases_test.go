package viewer

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/trace"
	"prowtrace/trace/join"
	"prowtrace/triage/diff"
)

// ownSpan is one of Prow's: a phase of a kind.
func ownSpan(id, parent uint64, name, kind string, start, end uint64) *tracepb.Span {
	s := &tracepb.Span{SpanId: spanID(id), Name: name, StartTimeUnixNano: base + start, EndTimeUnixNano: base + end, Attributes: []*commonpb.KeyValue{textAttribute("prow.phase", kind)}}
	if parent > 0 {
		s.ParentSpanId = spanID(parent)
	}
	return s
}

// phasedRuns are two runs with phases.
//
//	good (1)  │Up──│Test────│         bad (2)  │Build│Up─────────│
//	           apply                                   apply✕
func phasedRuns(t *testing.T) (*trace.View, Info) {
	t.Helper()
	const s, ms = 1e9, 1000 // a second of phases, and of spans of files
	files := []trace.Source{
		file(t, 1, span{id: 1, name: "apply", start: 1 * ms, end: 3 * ms}),
		file(t, 2, span{id: 1, name: "apply", start: 6 * ms, end: 18 * ms, change: failed("no <b>quota</b>")}),
	}
	files[0].Group, files[1].Group = 1, 2
	own := [][]*tracepb.Span{
		{ownSpan(100, 0, "job", "job", 0, 12*s), ownSpan(101, 100, "Up", "step", 0, 4*s), ownSpan(102, 100, "Test\u202e", "step", 4*s, 12*s)},
		{ownSpan(100, 0, "job", "job", 0, 20*s), ownSpan(101, 100, "Build", "step", 0, 5*s), ownSpan(102, 100, "Up", "step", 5*s, 20*s)},
	}
	set, err := trace.Load(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	processes, err := join.Processes(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []join.Job
	for i, spans := range own {
		id := trace.TraceID{byte(i + 1), 9}
		for _, s := range spans {
			s.TraceId = id[:]
		}
		encoded, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: spans}}}}})
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, join.Job{Name: fmt.Sprint("run ", i), ID: id, Own: join.Own{Spans: encoded, Marks: map[trace.SpanID]join.Mark{trace.SpanID(spanID(101 + uint64(i))): {MayContain: true}}}, By: join.ByTime})
	}
	view, err := join.Make(t.Context(), set, processes, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	info := Info{Differ: func(context.Context, trace.TraceID, trace.TraceID) (*diff.Diff, error) { return &diff.Diff{}, nil }}
	texts := []string{"start\nwaiting\nwaiting\ndone\n", "start\nquota <b>exceeded</b>\nwaiting\ndone\nexit \u202e1\n"}
	for i, j := range jobs {
		log := logOf(t, "build-log.txt", texts[i])
		info.Jobs = append(info.Jobs, Job{Trace: j.ID, Title: j.Name, Logs: func(context.Context) ([]Log, error) { return []Log{log}, nil }})
	}
	return view, info
}

// The phases of two runs begin at one place each, and what is below them is paired.
func TestPhases(t *testing.T) {
	view, info := phasedRuns(t)
	h := newViewer(view, info)
	good, bad := info.Jobs[0].Trace.String(), info.Jobs[1].Trace.String()
	got := answer[phases](t, h, "traces/"+bad+"/phases?with="+good)
	said := func(b *bandSide) string {
		if b == nil {
			return "-"
		}
		return fmt.Sprint(b.Took / 1e9)
	}
	var bands []string
	for _, b := range got.Bands {
		bands = append(bands, fmt.Sprintf("%s %d+%d %s %s", b.Name, b.At/1e9, b.Width/1e9, said(b.There), said(b.Here)))
	}
	if want := "Build 0+5 - 5, Up 5+15 4 15, Test\\u202e 20+8 8 -"; strings.Join(bands, ", ") != want || got.Length != 28e9 {
		t.Errorf("got %s of %d, want %s", strings.Join(bands, ", "), got.Length, want)
	}
	var apply *pairedRow
	for i, r := range got.Rows {
		if strings.Contains(r.Name, "apply") && apply == nil {
			apply = &got.Rows[i]
		}
	}
	if apply == nil {
		t.Fatalf("%+v", got.Rows)
	}
	in := apply.Parent
	for got.Rows[in].Parent >= 0 {
		in = got.Rows[in].Parent
	}
	if in != 1 {
		t.Errorf("apply is below %s", got.Bands[in].Name)
	}
	if h, o := apply.Here, apply.There; h == nil || o == nil || h.At != 6e9 || h.To != 18e9 || o.At != 6e9 || o.To != 8e9 {
		t.Errorf("apply: %+v, %+v", apply.Here, apply.There)
	}
	if up := got.Rows[1]; up.Here.Error || up.Here.Below != 1 || !up.Open || up.There.Below != 0 {
		t.Errorf("Up: %+v, %+v", up.Here, up.There)
	}
	for target, status := range map[string]int{"traces/" + bad + "/phases": http.StatusBadRequest, "traces/" + bad + "/phases?with=" + traceID(1).String(): http.StatusNotFound} {
		if w := get(h, "/api/v1/"+target); w.Code != status {
			t.Errorf("%s: status %d: %s", target, w.Code, w.Body)
		}
	}
}

// The lines of two logs stand beside each other; what only one of them has is told.
func TestLogDifferences(t *testing.T) {
	view, info := phasedRuns(t)
	h := newViewer(view, info)
	good, bad := info.Jobs[0].Trace.String(), info.Jobs[1].Trace.String()
	got := answer[logDifferences](t, h, "traces/"+bad+"/log/diff?log=build-log.txt&with="+good)
	if fmt.Sprint(got.Same, got.Here.Only, got.There.Only, got.Here.Count) != "[1 1 1 3 3 2] [2 2 5 5] [] 2" || got.There.Name != "build-log.txt" || got.Here.Lines != 5 || got.There.Lines != 4 || got.Cut {
		t.Errorf("%+v", got)
	}
	for target, status := range map[string]int{"&with=" + good + "&other=no.txt": http.StatusNotFound, "": http.StatusBadRequest, "&with=77": http.StatusNotFound} {
		if w := get(h, "/api/v1/traces/"+bad+"/log/diff?log=build-log.txt"+target); w.Code != status {
			t.Errorf("%s: status %d: %s", target, w.Code, w.Body)
		}
	}
}
