package remote

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// What is translated from encoding to encoding is what decoded messages give.
func TestTranslatedByDecoding(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	odd, _ := oddInputs(t, 1000)
	tests := []struct {
		name  string
		files []trace.Source
	}{
		{"real files", corpus(t)},
		{"sample bucket", sample(t)},
		{"everything a span can carry", []trace.Source{made(t)}},
		{"random", []trace.Source{file(t, "a", random(rng, 1, 50)...), file(t, "b", random(rng, 30, 50)...)}},
		{"odd inputs", odd},
		{"many batches", []trace.Source{file(t, "long", manyOf(1, 9000))}},
		{"a span larger than a message", []trace.Source{file(t, "large", under("a", ofSizes(100_000, 100_000, 5_000_000, 10, 900_000, 200_000, 10)...))}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if len(test.files) == 0 {
				t.Skip("these files are not beside the repository")
			}
			sameTranslation(t, load(t, test.files...))
			for i := range test.files {
				test.files[i].Group = 1
			}
			joined, err := join.Load(t.Context(), test.files, join.Job{Name: "job", ID: trace.TraceID{1}, By: join.ByTime, Description: trace.Description{Label: "7"}})
			if err != nil {
				t.Fatal(err)
			}
			defer joined.Set().Close()
			sameTranslation(t, joined)
		})
	}
}

// FuzzTranslate translates what any bytes hold of spans.
func FuzzTranslate(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	seeds := append(random(rng, 1, 3), decodeRequests(f, made(f))...)
	seeds = append(seeds, under("not numbers", &tracepb.Span{TraceId: tid(1), SpanId: sid(1), Attributes: notNumbers()}))
	addSeeds(f, seeds)
	f.Add(givenTwice(f))
	f.Fuzz(func(t *testing.T, payload []byte) {
		sameTranslation(t, loadPayload(t, payload))
	})
}

// ofSizes makes spans of one trace that have an attribute of so many bytes each.
func ofSizes(bytes ...int) (spans []*tracepb.Span) {
	for i, n := range bytes {
		spans = append(spans, &tracepb.Span{TraceId: tid(1), SpanId: sid(uint64(i + 1)), StartTimeUnixNano: at(float64(i)), EndTimeUnixNano: at(float64(i)),
			Attributes: []*commonpb.KeyValue{attr("text", str(strings.Repeat("x", n)))}})
	}
	return spans
}

// givenTwice is a span whose every field comes twice, as protobuf allows: once
// for all in the span, and once in each of its messages.
func givenTwice(t testing.TB) []byte {
	spans := decodeRequests(t, made(t))[0].ResourceSpans[0].ScopeSpans[0].Spans[:1]
	first, err := proto.Marshal(spans[0])
	if err != nil {
		t.Fatal(err)
	}
	other := proto.CloneOf(spans[0])
	other.Name, other.ParentSpanId, other.Status = "again", sid(30), &tracepb.Status{Message: "said later"}
	other.Links = append(other.Links, &tracepb.Span_Link{TraceId: tid(1), SpanId: sid(30)})
	second, err := proto.Marshal(other)
	if err != nil {
		t.Fatal(err)
	}
	// A key, a value, another value, the key anew.
	attribute := []byte("\x0a\x01a\x12\x03\x0a\x01x\x12\x02\x18\x07\x0a\x01b")
	span := append(append(first, second...), append([]byte{9<<3 | 2, byte(len(attribute))}, attribute...)...)
	var b []byte
	b = append(appendHead(nil, fieldSpans, len(span)), span...)
	b = append(appendHead(nil, fieldScopeSpans, len(b)), b...)
	return append(appendHead(nil, fieldResourceSpans, len(b)), b...)
}

// sameTranslation compares all traces of a set, span by span in their order.
func sameTranslation(t *testing.T, set *trace.View) {
	t.Helper()
	v1 := translator{set: set}
	for i := range set.NumTraces() {
		tree, next := set.Tree(set.Trace(i)), 0
		err := v1.trace(tree.Trace, func(e encoded) error {
			defer e.Free()
			var chunk storagev1.SpansResponseChunk
			if err := proto.Unmarshal(e.ReadOnlyData(), &chunk); err != nil {
				return err
			}
			if len(chunk.Spans) == 0 || e.Len() > chunkSize && len(chunk.Spans) > 1 {
				t.Errorf("a message of %d bytes has %d spans", e.Len(), len(chunk.Spans))
			}
			for _, got := range chunk.Spans {
				d, err := tree.Detail(next)
				if err != nil {
					return err
				}
				want := translated(d, process(tree.Span(next).Service, d.Resource))
				if !proto.Equal(got, want) {
					t.Fatalf("span %d of trace %v\n%v\nwant\n%v", next, tree.Trace.ID, got, want)
				}
				next++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if next != tree.Len() {
			t.Errorf("%d spans of %d were sent", next, tree.Len())
		}
	}
}

// What is kept of traces that were sent is bounded, and what was dropped is made anew.
func TestTranslationForgets(t *testing.T) {
	var traces []*tracepb.TracesData
	for i := range 9 {
		one := under("a", ofSizes(10)...)
		one.ResourceSpans[0].ScopeSpans[0].Spans[0].TraceId = tid(uint64(i + 1))
		one.ResourceSpans[0].Resource.Attributes = append(one.ResourceSpans[0].Resource.Attributes,
			attr("text", str(strings.Repeat("x", mostKept/4))), attr("number", integer(int64(i))))
		traces = append(traces, one)
	}
	set := load(t, file(t, "large", traces...))
	sameTranslation(t, set)
	v1 := translator{set: set}
	for i := range set.NumTraces() {
		if err := v1.trace(set.Trace(i), func(e encoded) error { e.Free(); return nil }); err != nil {
			t.Fatal(err)
		}
		kept := 0
		for _, p := range v1.processes {
			kept += len(p)
		}
		if kept == 0 || kept > mostKept*3/2 {
			t.Errorf("after trace %d, %d bytes are kept", i, kept)
		}
	}
}

// Nothing more is sent to a client that has gone.
func TestTranslationEndsWithItsClient(t *testing.T) {
	set := load(t, file(t, "long", manyOf(1, 9000)))
	gone, sent := errors.New("gone"), 0
	v1 := translator{set: set}
	err := v1.trace(set.Trace(0), func(e encoded) error {
		e.Free()
		if sent++; sent == 2 {
			return gone
		}
		return nil
	})
	if !errors.Is(err, gone) || sent != 2 {
		t.Errorf("%d messages were sent: %v", sent, err)
	}
}

// While a client does not read, no more than some batches are translated.
func TestTranslationWaitsForItsClient(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	const n = 64
	set := load(t, file(t, "large", under("a", ofSizes(slices.Repeat([]int{batchSize}, n)...)...)))
	inUse := func() uint64 {
		runtime.GC()
		runtime.GC() // the buffers in gRPC's pool outlive one
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	synctest.Test(t, func(t *testing.T) {
		before, read, sent := inUse(), make(chan bool), 0
		v1 := translator{set: set}
		go v1.trace(set.Trace(0), func(e encoded) error {
			<-read
			e.Free()
			sent++
			return nil
		})
		synctest.Wait()
		if ahead := int64(inUse()) - int64(before); ahead > n/4<<20 { // a message is in a buffer of 1 MiB
			t.Errorf("%d MiB were translated of %d", ahead>>20, n)
		}
		close(read)
		synctest.Wait()
		if sent != n {
			t.Errorf("%d messages were sent of %d", sent, n)
		}
	})
}

// translated is the translation by decoded messages, a second time and plainly:
// what appendSpan writes must decode to just this.
func translated(d trace.Detail, process *modelv2.Process) *modelv2.Span {
	s := d.Span
	start := int64(s.GetStartTimeUnixNano())
	return &modelv2.Span{
		TraceId: s.GetTraceId(), SpanId: s.GetSpanId(), OperationName: s.GetName(),
		References: references(s), Process: process,
		StartTime: timestamp(start), Duration: durationpb.New(time.Duration(int64(s.GetEndTimeUnixNano()) - start)),
		Tags: spanTags(s, d.Scope), Logs: logs(s.GetEvents()),
	}
}

func process(service string, r *resourcepb.Resource) *modelv2.Process {
	p := &modelv2.Process{ServiceName: service}
	for _, kv := range r.GetAttributes() {
		if kv.GetKey() != "service.name" {
			p.Tags = append(p.Tags, tag(kv.GetKey(), kv.GetValue()))
		}
	}
	return p
}

// references has the parent first, where readers look for it. A link to the
// parent itself only says what kind of reference it is.
func references(s *tracepb.Span) []*modelv2.SpanRef {
	var refs []*modelv2.SpanRef
	if !zero(s.GetParentSpanId()) {
		refs = append(refs, &modelv2.SpanRef{TraceId: s.GetTraceId(), SpanId: s.GetParentSpanId(), RefType: modelv2.SpanRefType_CHILD_OF})
	}
	for _, l := range s.GetLinks() {
		ref := &modelv2.SpanRef{TraceId: sized(l.GetTraceId(), 16), SpanId: sized(l.GetSpanId(), 8), RefType: linkType(l)}
		if len(refs) > 0 && !zero(s.GetParentSpanId()) && string(ref.TraceId) == string(s.GetTraceId()) && string(ref.SpanId) == string(s.GetParentSpanId()) {
			refs[0].RefType = ref.RefType
			continue
		}
		refs = append(refs, ref)
	}
	return refs
}

func linkType(l *tracepb.Span_Link) modelv2.SpanRefType {
	for _, kv := range l.GetAttributes() {
		if kv.GetKey() == "opentracing.ref_type" {
			if kv.GetValue().GetStringValue() == "child_of" {
				return modelv2.SpanRefType_CHILD_OF
			}
			break
		}
	}
	return modelv2.SpanRefType_FOLLOWS_FROM
}

// spanTags lists the tags in Jaeger's order: scope, attributes, kind, status,
// trace state.
func spanTags(s *tracepb.Span, scope *commonpb.InstrumentationScope) []*modelv2.KeyValue {
	var tags []*modelv2.KeyValue
	add := func(key, value string) {
		if value != "" {
			tags = append(tags, stringTag(key, value))
		}
	}
	add("otel.scope.name", scope.GetName())
	add("otel.scope.version", scope.GetVersion())
	for _, kv := range s.GetAttributes() {
		tags = append(tags, tag(kv.GetKey(), kv.GetValue()))
	}
	add("span.kind", trace.Kind(min(max(s.GetKind(), 0), 255)).String())
	switch s.GetStatus().GetCode() {
	case tracepb.Status_STATUS_CODE_OK:
		add("otel.status_code", "OK")
	case tracepb.Status_STATUS_CODE_ERROR:
		add("otel.status_code", "ERROR")
		tags = append(tags, &modelv2.KeyValue{Key: "error", VType: modelv2.ValueType_BOOL, VBool: true})
	}
	add("otel.status_description", s.GetStatus().GetMessage())
	add("w3c.tracestate", s.GetTraceState())
	return tags
}

// logs translates events. The name becomes the field "event", unless an
// attribute has that key.
func logs(events []*tracepb.Span_Event) []*modelv2.Log {
	var logs []*modelv2.Log
	for _, e := range events {
		l := &modelv2.Log{Timestamp: timestamp(int64(e.GetTimeUnixNano()))}
		named := false
		for _, kv := range e.GetAttributes() {
			named = named || kv.GetKey() == "event"
		}
		if !named && e.GetName() != "" {
			l.Fields = append(l.Fields, stringTag("event", e.GetName()))
		}
		for _, kv := range e.GetAttributes() {
			l.Fields = append(l.Fields, tag(kv.GetKey(), kv.GetValue()))
		}
		logs = append(logs, l)
	}
	return logs
}
