package join

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/text"
	"prowtrace/trace"
)

// drawing is the own spans of a job as they are served.
type drawing struct {
	encoded []byte // TracesData
	marks   map[trace.SpanID]Mark
}

// draw gives the spans that join the files of a job: its own spans, or else a root, and one
// for each process.
func (j *Job) draw(processes []Process) drawing {
	d := drawing{j.Own.Spans, j.Own.Marks}
	phases := decodeSpans(j.Own.Spans)
	var made []*tracepb.Span
	if len(phases) == 0 {
		root := j.root(processes)
		d = drawing{}
		phases, made = []*tracepb.Span{root}, []*tracepb.Span{root}
	}
	phases = slices.DeleteFunc(slices.Clone(phases), func(s *tracepb.Span) bool {
		return len(s.ParentSpanId) > 0 && !d.mark(s).MayContain
	})
	for i := range processes {
		made = append(made, j.processSpan(&processes[i], d, phases))
	}
	resource := &resourcepb.Resource{Attributes: []*commonpb.KeyValue{textAttribute("service.name", Service)}}
	b, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   resource,
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "prowtrace"}, Spans: made}},
	}}})
	if err == nil { // only invalid UTF-8 fails, and none gets here
		d.encoded = slices.Concat(d.encoded, b)
	}
	return d
}

func (d drawing) mark(s *tracepb.Span) Mark {
	if len(s.SpanId) != len(trace.SpanID{}) {
		return Mark{}
	}
	return d.marks[trace.SpanID(s.SpanId)]
}

// decodeSpans gives the spans of encoded TracesData, or nil if it cannot be decoded.
func decodeSpans(b []byte) (spans []*tracepb.Span) {
	var data tracepb.TracesData
	if len(b) == 0 || proto.Unmarshal(b, &data) != nil {
		return nil
	}
	for _, r := range data.ResourceSpans {
		for _, s := range r.ScopeSpans {
			spans = append(spans, s.Spans...)
		}
	}
	return spans
}

func (j *Job) root(processes []Process) *tracepb.Span {
	var all sighting
	for _, p := range processes {
		all.extend(p.Start, p.End)
	}
	return &tracepb.Span{
		TraceId: j.ID[:], SpanId: j.ID[:8], Name: text.Valid(j.Name), Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: uint64(all.start), EndTimeUnixNano: uint64(all.end),
	}
}

func (j *Job) processSpan(p *Process, d drawing, phases []*tracepb.Span) *tracepb.Span {
	id := j.processID(p.File)
	s := &tracepb.Span{
		TraceId: j.ID[:], SpanId: id[:], Name: text.Valid(p.Title()), Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: uint64(p.Start), EndTimeUnixNano: uint64(p.End),
		Attributes: []*commonpb.KeyValue{textAttribute(attrFile, p.File)},
	}
	if phase := d.phaseOf(d.keepers(phases, p.File), p.Start, p.End); phase != nil {
		s.ParentSpanId = phase.SpanId
	}
	if p.PID > 0 {
		s.Attributes = append(s.Attributes, intAttribute("process.pid", p.PID))
	}
	if len(p.started) > 0 {
		s.Attributes = append(s.Attributes, argsAttribute(p.started))
	}
	if n := len(p.Commands) + p.More; n == 1 {
		s.Attributes = append(s.Attributes, argsAttribute(p.Commands[0].Args))
	} else if n > 1 {
		s.Attributes = append(s.Attributes, intAttribute(attrCommands, int64(n)))
	} else if p.fromKOps() || len(p.started) > 0 {
		s.Attributes = append(s.Attributes, textAttribute(attrExit, "unknown: no root span was exported; was the process killed?"))
	}
	return s
}

// processID is the span id of the process that wrote a file.
func (j *Job) processID(file string) (id trace.SpanID) {
	sum := sha256.Sum256([]byte("prowtrace: process of " + j.ID.String() + " " + file))
	copy(id[:], sum[:])
	id[0] |= 1 // never zero
	return id
}

func spanNumber(id trace.SpanID) uint64 { return binary.BigEndian.Uint64(id[:]) }

// keepers are the phases that may have kept a file. If the file's directory belongs to a
// phase, these are that phase and the ones below it. Otherwise these are all phases. Each
// comes after its parent.
func (d drawing) keepers(phases []*tracepb.Span, file string) []*tracepb.Span {
	var keeper *tracepb.Span
	longest := 0
	for _, s := range phases {
		dir := d.mark(s).Directory
		if len(dir) > longest && strings.HasPrefix(file, dir) {
			keeper, longest = s, len(dir)
		}
	}
	if keeper == nil {
		return phases
	}
	kept := []*tracepb.Span{keeper}
	ids := map[string]bool{string(keeper.SpanId): true}
	for _, s := range phases {
		if ids[string(s.ParentSpanId)] {
			kept, ids[string(s.SpanId)] = append(kept, s), true
		}
	}
	return kept
}

// phaseOf finds the phase to which a process belongs. This is the shortest phase that
// contains it, and the innermost if several are as short. If none contains it, it is the
// phase that shares most time with it. A phase with estimated times must contain it.
func (d drawing) phaseOf(phases []*tracepb.Span, from, to int64) *tracepb.Span {
	var best *tracepb.Span
	rank := func(s *tracepb.Span) (contains bool, overlap, length int64) {
		start, end := int64(s.StartTimeUnixNano), int64(s.EndTimeUnixNano)
		if end == 0 {
			end = 1<<63 - 1
		}
		return start <= from && to <= end, max(0, min(end, to)-max(start, from)), end - start
	}
	for _, s := range phases {
		contains, overlap, length := rank(s)
		if !contains && d.mark(s).Estimated && len(s.ParentSpanId) > 0 {
			continue
		}
		if best == nil {
			best = s
			continue
		}
		bestContains, bestOverlap, bestLength := rank(best)
		switch {
		case contains != bestContains:
			if contains {
				best = s
			}
		case contains && length <= bestLength, !contains && overlap > bestOverlap:
			best = s
		}
	}
	return best
}

func textAttribute(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: text.Valid(value)}}}
}

func argsAttribute(args []string) *commonpb.KeyValue {
	list := &commonpb.ArrayValue{}
	for _, a := range args {
		list.Values = append(list.Values, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: text.Valid(a)}})
	}
	return &commonpb.KeyValue{Key: "process.command_args", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}}
}

func intAttribute(key string, value int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: value}}}
}
