package export

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// Data that Perfetto's track events do not hold.
const (
	lossTime     = "spans without a time"
	lossResource = "resources that differ within a process"
)

// WritePerfetto writes the spans as a trace of Perfetto, as track events with times in
// nanoseconds. Each process or service is a process, with its spans in lanes in which they
// nest strictly. Events are instants. Attributes are debug annotations, and attributes of
// resources are labels of the process. The clock is the wall clock. It keeps 8 bytes a span
// of one trace at a time.
func WritePerfetto(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	p := &perfetto{
		walk: newWalk(ctx, s), out: bufio.NewWriterSize(w, 1<<16), processes: newProcesses(s.View),
		names: interned{field: internedNames}, keys: interned{field: internedKeys}, trace: -1,
	}
	err := p.each(p.span)
	if err == nil {
		err = p.out.Flush()
	}
	if err != nil {
		err = fmt.Errorf("cannot write spans for Perfetto: %w", err)
	}
	return p.report(), err
}

// Fields of Perfetto's protocol, protos/perfetto/trace/ in its repository.
const (
	packetInTrace = 1 // Trace

	packetClocks     = 6 // TracePacket
	packetTime       = 8
	packetSequence   = 10
	packetEvent      = 11
	packetInterned   = 12
	packetFlags      = 13
	packetTrack      = 60
	stateCleared     = 1 // of packetFlags
	needsState       = 2
	clockInSnapshot  = 1 // ClockSnapshot
	primaryClock     = 2
	clockID          = 1 // ClockSnapshot.Clock
	clockTime        = 2
	clockRealtime    = 1
	clockBoot        = 6
	trackID          = 1 // TrackDescriptor
	trackName        = 2
	trackProcess     = 3
	trackParent      = 5
	processID        = 1 // ProcessDescriptor
	processName      = 6
	processLabels    = 8
	eventAnnotation  = 4 // TrackEvent
	eventType        = 9
	eventNameNumber  = 10
	eventTrack       = 11
	eventCategory    = 22
	eventName        = 23
	sliceBegin       = 1 // of eventType
	sliceEnd         = 2
	instant          = 3
	annotationNumber = 1 // DebugAnnotation
	annotationBool   = 2
	annotationInt    = 4
	annotationDouble = 5
	annotationText   = 6
	annotationName   = 10
	annotationDict   = 11
	annotationArray  = 12
	internedNames    = 2 // InternedData
	internedKeys     = 3
	internedNumber   = 1
	internedText     = 2
)

type perfetto struct {
	*walk
	out       *bufio.Writer
	processes *processes
	drawn     []drawnProcess // by number of the process
	names     interned       // of slices
	keys      interned       // of annotations
	begun     bool
	trace     int      // index of the trace that place belongs to
	place     []placed // by number in its tree
	b, part   []byte
}

// drawnProcess is a process whose descriptor was written.
type drawnProcess struct {
	lanes    lanes
	shown    int // lanes whose descriptors were written
	resource int // its attributes are the labels
}

// placed is where a span is drawn. Both numbers start at 1.
type placed struct{ process, lane int32 }

// span writes a span: a slice with its instants.
func (p *perfetto) span(t Tree, i int) error {
	if p.trace != t.Trace.Index {
		p.trace, p.place = t.Trace.Index, make([]placed, t.Len())
	}
	start, end := t.Times(i)
	if end == 0 { // otherwise the picture would reach back to 1970
		p.lose(lossTime)
		return nil
	}
	p.b = p.b[:0]
	if !p.begun {
		p.begin(start)
	}
	track := p.track(t, i, start, end)
	span, described := &tracepb.Span{}, p.described(t, i)
	if whole := decodedAs(p.walk.span(t, i), otlpwire.Span, span); !whole || !described.whole {
		p.lose(lossInvalid)
	}
	p.slice(t, i, track, span, described.scope)
	for _, e := range span.GetEvents() {
		at := int64(e.GetTimeUnixNano())
		if at <= 0 {
			at = start
		}
		p.event(at, instant, track, e.GetName(), "", func() { p.annotate(e.GetAttributes()) })
	}
	p.packet(func() {
		p.head(end)
		p.message(packetEvent, func() {
			p.part = otlpwire.AppendVarint(p.part, eventType, sliceEnd)
			p.part = otlpwire.AppendVarint(p.part, eventTrack, track)
		})
	})
	_, err := p.out.Write(p.b)
	return err
}

// begin declares that times are those of the wall clock.
func (p *perfetto) begin(at int64) {
	p.begun = true
	p.packet(func() {
		p.part = otlpwire.AppendVarint(p.part, packetSequence, 1)
		p.part = otlpwire.AppendVarint(p.part, packetFlags, stateCleared)
		p.message(packetClocks, func() {
			for _, clock := range []uint64{clockBoot, clockRealtime} {
				p.message(clockInSnapshot, func() {
					p.part = otlpwire.AppendVarint(p.part, clockID, clock)
					p.part = otlpwire.AppendVarint(p.part, clockTime, uint64(at))
				})
			}
			p.part = otlpwire.AppendVarint(p.part, primaryClock, clockBoot)
		})
	})
}

// track finds the lane of a span, and writes its descriptor if it is new.
func (p *perfetto) track(t Tree, i int, start, end int64) uint64 {
	n := p.processes.of(t, i)
	if n == len(p.drawn) {
		p.drawn = append(p.drawn, drawnProcess{resource: t.Resource(i)})
		p.describe(t, i, n)
	}
	process := &p.drawn[n]
	if process.resource != t.Resource(i) {
		p.lose(lossResource)
	}
	parent, lane := t.Parent(i), -1
	if parent >= 0 && int(p.place[parent].process) == n+1 {
		lane = int(p.place[parent].lane) - 1
	}
	lane = process.lanes.place(i, parent, lane, start, end)
	p.place[i] = placed{int32(n + 1), int32(lane + 1)}
	track := uint64(n+1)<<32 | uint64(lane+1)
	if lane == process.shown {
		process.shown++
		p.packet(func() {
			p.part = otlpwire.AppendVarint(p.part, packetSequence, 1)
			p.message(packetTrack, func() {
				p.part = otlpwire.AppendVarint(p.part, trackID, track)
				p.part = otlpwire.AppendVarint(p.part, trackParent, uint64(n+1)<<32)
				p.part = otlpwire.AppendBytes(p.part, trackName, "spans") // lanes with the same name are drawn as one
			})
		})
	}
	return track
}

// mostLabels bounds the labels of a process.
const mostLabels = 64

// describe writes the descriptor of process n, which is the process of span i.
func (p *perfetto) describe(t Tree, i, n int) {
	resource := p.described(t, i).resource
	name := p.processes.names[n]
	if p.Mask {
		name = maskedText("", name)
	}
	p.packet(func() {
		p.part = otlpwire.AppendVarint(p.part, packetSequence, 1)
		p.message(packetTrack, func() {
			p.part = otlpwire.AppendVarint(p.part, trackID, uint64(n+1)<<32)
			p.message(trackProcess, func() {
				p.part = otlpwire.AppendVarint(p.part, processID, uint64(n+1)) // reported process ids come from many machines
				p.part = otlpwire.AppendBytes(p.part, processName, name)
				for at, kv := range resource.GetAttributes() {
					if at < mostLabels {
						p.part = otlpwire.AppendBytes(p.part, processLabels, kv.GetKey()+"="+trace.ReadableText(kv.GetValue()))
					}
				}
			})
		})
	})
}

// slice begins the slice of a span.
func (p *perfetto) slice(t Tree, i int, track uint64, s *tracepb.Span, scope *commonpb.InstrumentationScope) {
	start, _ := t.Times(i)
	kind, status, flags := t.Marks(i)
	p.event(start, sliceBegin, track, s.GetName(), kind.String(), func() {
		p.annotateText("service", t.ReportedService(i))
		if status != trace.StatusUnset {
			p.annotateText("status", status.String())
		}
		p.annotateText("status message", s.GetStatus().GetMessage())
		p.annotate(s.GetAttributes())
		p.annotateText("scope", scope.GetName())
		p.annotateText("scope version", scope.GetVersion())
		p.annotateText("trace id", t.Trace.ID.String())
		p.annotateText("span id", t.ID(i).String())
		if parent := t.Parent(i); parent >= 0 {
			p.annotateText("parent id", t.ID(parent).String())
		}
		p.annotateText("trace state", s.GetTraceState())
		for _, name := range flags.Names() {
			p.annotateText("odd", name)
		}
		for _, l := range s.GetLinks() {
			p.annotation(eventAnnotation, "link", linkValue(l), 0)
		}
	})
}

// linkValue is a link as a value of an attribute.
func linkValue(l *tracepb.Span_Link) *commonpb.AnyValue {
	text := func(s string) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
	}
	all := []*commonpb.KeyValue{{Key: "trace id", Value: text(hex.EncodeToString(l.GetTraceId()))}, {Key: "span id", Value: text(hex.EncodeToString(l.GetSpanId()))}}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: append(all, l.GetAttributes()...)}}}
}

// event writes a packet with an event: annotate appends its annotations.
func (p *perfetto) event(at int64, kind, track uint64, name, category string, annotate func()) {
	p.packet(func() {
		p.head(at)
		p.message(packetEvent, func() {
			p.part = otlpwire.AppendVarint(p.part, eventType, kind)
			p.part = otlpwire.AppendVarint(p.part, eventTrack, track)
			p.part = otlpwire.AppendOptional(p.part, eventCategory, category)
			if number := p.names.number(name); number > 0 {
				p.part = otlpwire.AppendVarint(p.part, eventNameNumber, number)
			} else {
				p.part = otlpwire.AppendBytes(p.part, eventName, name)
			}
			annotate()
		})
		if len(p.names.added)+len(p.keys.added) > 0 {
			p.message(packetInterned, func() { p.part = p.keys.take(p.names.take(p.part)) })
		}
	})
}

func (p *perfetto) head(at int64) {
	p.part = otlpwire.AppendVarint(p.part, packetTime, uint64(at))
	p.part = otlpwire.AppendVarint(p.part, packetSequence, 1)
	p.part = otlpwire.AppendVarint(p.part, packetFlags, needsState)
}

// packet appends a packet. write appends the packet's fields to p.part.
func (p *perfetto) packet(write func()) {
	p.part = p.part[:0]
	write()
	p.b = otlpwire.AppendBytes(p.b, packetInTrace, p.part)
}

// message appends a message as a field of the message in p.part.
func (p *perfetto) message(field int32, write func()) {
	var start int
	p.part, start = otlpwire.Open(p.part, fieldNumber(field))
	write()
	p.part = otlpwire.Seal(p.part, start)
}

func (p *perfetto) annotate(all []*commonpb.KeyValue) {
	for _, kv := range all {
		p.annotation(eventAnnotation, kv.GetKey(), kv.GetValue(), 0)
	}
}

func (p *perfetto) annotateText(key, value string) {
	if value != "" {
		p.annotation(eventAnnotation, key, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}, 0)
	}
}

// mostNested bounds the depth of values in values. Encoded ones are nested no deeper
// (trace.Load).
const mostNested = 64

// annotation appends an annotation as a field. Elements of arrays have no key.
func (p *perfetto) annotation(field int32, key string, v *commonpb.AnyValue, depth int) {
	p.message(field, func() {
		if field != annotationArray {
			p.part = p.appendKey(p.part, key)
		}
		switch value := v.GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			p.part = otlpwire.AppendBytes(p.part, annotationText, value.StringValue)
		case *commonpb.AnyValue_BoolValue:
			p.part = otlpwire.AppendVarint(p.part, annotationBool, boolNumber(value.BoolValue))
		case *commonpb.AnyValue_IntValue:
			p.part = otlpwire.AppendVarint(p.part, annotationInt, uint64(value.IntValue))
		case *commonpb.AnyValue_DoubleValue:
			p.part = appendDoubleField(p.part, annotationDouble, value.DoubleValue)
		case *commonpb.AnyValue_BytesValue:
			p.part = otlpwire.AppendBytes(p.part, annotationText, base64.StdEncoding.EncodeToString(value.BytesValue))
		case *commonpb.AnyValue_ArrayValue:
			for _, e := range value.ArrayValue.GetValues() {
				if depth < mostNested {
					p.annotation(annotationArray, "", e, depth+1)
				}
			}
		case *commonpb.AnyValue_KvlistValue:
			for _, kv := range value.KvlistValue.GetValues() {
				if depth < mostNested {
					p.annotation(annotationDict, kv.GetKey(), kv.GetValue(), depth+1)
				}
			}
		default:
			p.part = otlpwire.AppendBytes(p.part, annotationText, "")
		}
	})
}

func (p *perfetto) appendKey(b []byte, key string) []byte {
	if number := p.keys.number(key); number > 0 {
		return otlpwire.AppendVarint(b, annotationNumber, number)
	}
	return otlpwire.AppendBytes(b, annotationName, key)
}
