package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
)

// A process is one run of a traced program. It collects the spans that end in it and writes them as the SDK's batch
// exporter does: children before their parents, one record a second.
type process struct {
	program string // service.name, and the first part of the file's name
	version string
	pid     int
	begin   time.Time
	end     time.Time // when the last span ended, or the process was killed
	args    []string

	killed  time.Time            // spans that end later were never exported, and the last record is cut
	attrs   []*commonpb.KeyValue // of the resource, beside service and SDK
	rng     *rand.Rand
	exports []export
}

type export struct {
	scope *commonpb.InstrumentationScope
	span  *tracepb.Span
}

// newProcess starts program at begin; seed tells processes of different runs apart.
func newProcess(seed, program, version string, pid int, begin time.Time, args ...string) *process {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s %d", seed, program, pid)
	p := &process{program: program, version: version, pid: pid, args: args, rng: rand.New(rand.NewPCG(h.Sum64(), 1))}
	p.begin = begin.Add(time.Duration(p.rng.Int64N(int64(time.Second))))
	p.end = p.begin
	return p
}

// fileName is the name kOps gives to a process's trace file.
func (p *process) fileName() string {
	return fmt.Sprintf("%s-%d-%s.otel", p.program, p.pid, p.begin.UTC().Format(time.RFC3339))
}

// main runs body below a root span that holds the command line, as every kops command does.
func (p *process) main(scope *commonpb.InstrumentationScope, body func(*track)) {
	now := p.begin.Add(time.Duration(p.rng.Int64N(int64(4 * time.Millisecond))))
	t := &track{p: p, now: &now}
	t.span(scope, p.program, body, list("args", p.args...))
}

// A track is one goroutine of a process: a clock that its calls move on, and the span they happen in.
type track struct {
	p      *process
	now    *time.Time
	parent *tracepb.Span
}

// span runs body inside a new child span. The span may still be changed afterwards.
func (t *track) span(scope *commonpb.InstrumentationScope, name string, body func(*track), attrs ...*commonpb.KeyValue) *tracepb.Span {
	s := &tracepb.Span{
		SpanId:            t.p.id(8),
		Name:              name,
		Kind:              tracepb.Span_SPAN_KIND_INTERNAL,
		Flags:             0x101, // sampled, and known not to have a remote parent
		StartTimeUnixNano: uint64(t.now.UnixNano()),
		Attributes:        attrs,
		Status:            &tracepb.Status{},
	}
	if t.parent == nil {
		s.TraceId = t.p.id(16)
	} else {
		s.TraceId, s.ParentSpanId = t.parent.TraceId, t.parent.SpanId
	}
	if body != nil {
		body(&track{p: t.p, now: t.now, parent: s})
	}
	t.wait(20 * time.Microsecond)
	s.EndTimeUnixNano = uint64(t.now.UnixNano())
	t.p.exports = append(t.p.exports, export{scope, s})
	if t.now.After(t.p.end) {
		t.p.end = *t.now
	}
	return s
}

// lost is t for a call that was not given its caller's context: its span becomes a trace of its own.
func (t *track) lost() *track { return &track{p: t.p, now: t.now} }

// parallel runs each body in a goroutine of its own and waits for the slowest.
func (t *track) parallel(bodies ...func(*track)) {
	last := *t.now
	for _, body := range bodies {
		now := *t.now
		body(&track{p: t.p, now: &now, parent: t.parent})
		if now.After(last) {
			last = now
		}
	}
	*t.now = last
}

// wait moves the clock on by about d, sleep by d exactly.
func (t *track) wait(d time.Duration) {
	*t.now = t.now.Add(d*3/4 + time.Duration(t.p.rng.Int64N(int64(d)/2+1)))
}
func (t *track) sleep(d time.Duration) { *t.now = t.now.Add(d) }

// since is the time that has passed since the process began.
func (t *track) since() time.Duration { return t.now.Sub(t.p.begin) }

func (p *process) id(n int) []byte {
	b := make([]byte, 0, 16)
	for len(b) < n {
		b = binary.BigEndian.AppendUint64(b, p.rng.Uint64())
	}
	return b
}

// otel is the process's trace file.
func (p *process) otel() ([]byte, error) {
	var buf bytes.Buffer
	w := otelfile.NewWriter(&buf)
	full := 0 // length without the last record
	for _, batch := range p.batches() {
		full = buf.Len()
		payload, err := proto.Marshal(p.request(batch))
		if err != nil {
			return nil, fmt.Errorf("encoding %s: %w", p.fileName(), err)
		}
		if err := w.Write(payload); err != nil {
			return nil, fmt.Errorf("writing %s: %w", p.fileName(), err)
		}
	}
	if !p.killed.IsZero() {
		buf.Truncate(full + (buf.Len()-full)*3/5)
	}
	return buf.Bytes(), nil
}

// batches cuts the exported spans, in the order of their ends, by the exporter's tick of one second and its limit.
func (p *process) batches() [][]export {
	const tick, limit = time.Second, 512
	all := slices.Clone(p.exports)
	if !p.killed.IsZero() {
		all = slices.DeleteFunc(all, func(e export) bool { return e.span.EndTimeUnixNano > uint64(p.killed.UnixNano()) })
		p.end = p.killed
	}
	slices.SortStableFunc(all, func(a, b export) int {
		return int(int64(a.span.EndTimeUnixNano) - int64(b.span.EndTimeUnixNano))
	})
	window := func(e export) int64 { return (int64(e.span.EndTimeUnixNano) - p.begin.UnixNano()) / int64(tick) }
	var batches [][]export
	for _, e := range all {
		if n := len(batches); n > 0 && len(batches[n-1]) < limit && window(batches[n-1][0]) == window(e) {
			batches[n-1] = append(batches[n-1], e)
		} else {
			batches = append(batches, []export{e})
		}
	}
	return batches
}

func (p *process) request(batch []export) *collectorpb.ExportTraceServiceRequest {
	rs := &tracepb.ResourceSpans{
		SchemaUrl: "https://opentelemetry.io/schemas/1.43.0",
		Resource: &resourcepb.Resource{Attributes: append([]*commonpb.KeyValue{
			text("service.name", p.program),
			text("service.version", p.version),
			text("telemetry.sdk.language", "go"),
			text("telemetry.sdk.name", "opentelemetry"),
			text("telemetry.sdk.version", "1.45.0"),
		}, p.attrs...)},
	}
	for _, e := range batch {
		i := slices.IndexFunc(rs.ScopeSpans, func(ss *tracepb.ScopeSpans) bool { return ss.Scope == e.scope })
		if i < 0 {
			i = len(rs.ScopeSpans)
			rs.ScopeSpans = append(rs.ScopeSpans, &tracepb.ScopeSpans{Scope: e.scope})
		}
		rs.ScopeSpans[i].Spans = append(rs.ScopeSpans[i].Spans, e.span)
	}
	return &collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{rs}}
}

// gzipped is data as Prow stores it when the job left "x.otel.gz": compressed under the name "x.otel", with no content
// encoding. The compressor is a pinned module's: the standard library's may write other bytes in the next release.
func gzipped(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}
