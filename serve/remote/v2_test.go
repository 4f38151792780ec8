package remote

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
)

func TestServices(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t), otlptest.File(t, "nameless", otlptest.Under("", otlptest.ManyOf(9, 1).ResourceSpans[0].ScopeSpans[0].Spans...))))
	want := []string{"back", "chain", "front", "unknown_service"}
	v2, err := c.reader.GetServices(t.Context(), &storagev2.GetServicesRequest{})
	if err != nil || !slices.Equal(v2.GetServices(), want) {
		t.Errorf("v2: %q, %v", v2.GetServices(), err)
	}
	v1, err := c.v1.GetServices(t.Context(), &storagev1.GetServicesRequest{})
	if err != nil || !slices.Equal(v1.GetServices(), want) {
		t.Errorf("v1: %q, %v", v1.GetServices(), err)
	}
}

func TestOperations(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	tests := []struct {
		service, kind string
		want          []string
	}{
		{"back", "", []string{"in another service client", "instant ", "linked to its parent consumer"}},
		{"back", "client", []string{"in another service client"}},
		{"back", "CONSUMER", []string{"linked to its parent consumer"}},
		{"back", "server", nil},
		{"back", "nonsense", nil},
		{"nobody", "", nil},
		{"front", "server", []string{"everything server", "kind 2 status 0 server", "kind 2 status 1 server", "kind 2 status 2 server"}},
	}
	for _, test := range tests {
		t.Run(test.service+" "+test.kind, func(t *testing.T) {
			var got []string
			v2, err := c.reader.GetOperations(t.Context(), &storagev2.GetOperationsRequest{Service: test.service, SpanKind: test.kind})
			if err != nil {
				t.Fatal(err)
			}
			for _, op := range v2.GetOperations() {
				got = append(got, op.GetName()+" "+op.GetSpanKind())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("v2: %q", got)
			}
			got = nil
			v1, err := c.v1.GetOperations(t.Context(), &storagev1.GetOperationsRequest{Service: test.service, SpanKind: test.kind})
			if err != nil {
				t.Fatal(err)
			}
			for _, op := range v1.GetOperations() {
				got = append(got, op.GetName()+" "+op.GetSpanKind())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("v1: %q", got)
			}
		})
	}
}

func TestGetTraces(t *testing.T) {
	src := otlptest.Made(t)
	c := connect(t, otlptest.Load(t, src))
	traces := byTrace(decode(t, src))
	year1 := timestamppb.New(time.Time{})
	seconds := func(s float64) *timestamppb.Timestamp { return wireTime(int64(otlptest.At(s))) }
	tests := []struct {
		name  string
		query []*storagev2.GetTraceParams
		want  []uint64
	}{
		{"none", nil, nil},
		{"one", []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(2)}}, []uint64{2}},
		{"unknown ids are left out", []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(77)}, {TraceId: otlptest.TraceID(2)}, {TraceId: otlptest.TraceID(78)}}, []uint64{2}},
		{"only unknown ids", []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(77)}}, nil},
		{"in the order asked for", []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(4)}, {TraceId: otlptest.TraceID(1)}, {TraceId: otlptest.TraceID(3)}}, []uint64{4, 1, 3}},
		{"twice", []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(3)}, {TraceId: otlptest.TraceID(3)}}, []uint64{3}},
		{"year 1 is no time", []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(3), StartTime: year1, EndTime: year1}}, []uint64{3}},
		{"whatever the time range", []*storagev2.GetTraceParams{{TraceId: otlptest.TraceID(3), EndTime: seconds(29)}, {TraceId: otlptest.TraceID(1), StartTime: seconds(1000)}}, []uint64{3, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			messages := received(t)(c.reader.GetTraces(t.Context(), &storagev2.GetTracesRequest{Query: test.query}))
			checkChunks(t, messages)
			var want []entry
			for _, id := range test.want {
				want = append(want, traces[string(otlptest.TraceID(id))]...)
			}
			sameEntries(t, flatten(messages...), want)
			var order, wantOrder [][]byte
			for _, m := range messages {
				order = append(order, flatten(m)[0].span.GetTraceId())
			}
			for _, id := range test.want {
				wantOrder = append(wantOrder, otlptest.TraceID(id))
			}
			sameIDs(t, order, wantOrder)
		})
	}
}

// Every filter, alone and combined, in both protocols finds what going through
// all spans finds.
func TestSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	src := otlptest.File(t, "random", otlptest.Random(rng, 1, 100)...)
	c := connect(t, otlptest.Load(t, src))
	entries := decode(t, src)
	traces := byTrace(entries)
	hits := 0
	for i, q := range searches(rng, entries, 60) {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			want := q.expect(entries)
			hits += min(len(want), 1)
			ids, err := c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: q.v2()})
			if err != nil {
				t.Fatal(err)
			}
			var got [][]byte
			for _, id := range ids.GetTraceIds() {
				got = append(got, id.GetTraceId())
				begin, end := extent(traces[string(id.GetTraceId())])
				if id.GetStart().AsTime().UnixNano() != begin || id.GetEnd().AsTime().UnixNano() != end {
					t.Errorf("trace %x lasts from %v to %v, want %d to %d", id.GetTraceId(), id.GetStart(), id.GetEnd(), begin, end)
				}
			}
			sameIDs(t, got, want)

			messages := received(t)(c.reader.FindTraces(t.Context(), &storagev2.FindTracesRequest{Query: q.v2()}))
			checkChunks(t, messages)
			var whole []entry
			got = nil
			for _, m := range messages {
				if id := flatten(m)[0].span.GetTraceId(); len(got) == 0 || string(got[len(got)-1]) != string(id) {
					got = append(got, id)
					whole = append(whole, traces[string(id)]...)
				}
			}
			sameIDs(t, got, want)
			sameEntries(t, flatten(messages...), whole)

			old, err := c.v1.FindTraceIDs(t.Context(), &storagev1.FindTraceIDsRequest{Query: q.v1()})
			if err != nil {
				t.Fatal(err)
			}
			sameIDs(t, old.GetTraceIds(), want)
			if t.Failed() {
				t.Logf("query %+v", q)
			}
		})
	}
	if hits < 30 {
		t.Errorf("only %d searches found something: they try little", hits)
	}
}

// extent is the time from the first start to the last end, in Unix ns.
func extent(spans []entry) (begin, end int64) {
	begin = math.MaxInt64
	for _, e := range spans {
		begin, end = min(begin, int64(e.span.GetStartTimeUnixNano())), max(end, int64(e.span.GetEndTimeUnixNano()))
	}
	return begin, end
}

// A value is found by what it means, whether the question has it as text or
// with a type.
func TestSearchByTypedValues(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	v := func(value *storagev2.AnyValue) *storagev2.AnyValue { return value }
	text := func(s string) *storagev2.AnyValue {
		return &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: s}}
	}
	tests := []struct {
		key   string
		value *storagev2.AnyValue
		found bool
	}{
		{"int", text("200"), true},
		{"int", v(&storagev2.AnyValue{Value: &storagev2.AnyValue_IntValue{IntValue: 200}}), true},
		{"int", v(&storagev2.AnyValue{Value: &storagev2.AnyValue_DoubleValue{DoubleValue: 200}}), true},
		{"int", text("20"), false},
		{"double.whole", v(&storagev2.AnyValue{Value: &storagev2.AnyValue_IntValue{IntValue: 200}}), true},
		{"bool.true", text("true"), true},
		{"bool.true", v(&storagev2.AnyValue{Value: &storagev2.AnyValue_BoolValue{BoolValue: true}}), true},
		{"bool.false", v(&storagev2.AnyValue{Value: &storagev2.AnyValue_BoolValue{BoolValue: true}}), false},
		{"bytes", v(&storagev2.AnyValue{Value: &storagev2.AnyValue_BytesValue{BytesValue: []byte{0, 1, 0xfe, 0xff}}}), true},
		{"bytes", text("AAH+/w=="), true},
		{"array.empty", v(&storagev2.AnyValue{Value: &storagev2.AnyValue_ArrayValue{ArrayValue: &storagev2.ArrayValue{}}}), true},
		{"map", text(`{"a":["x"],"b":2,"c":{"d":"Bw=="}}`), true},
		{"error", text("true"), true},
		{"error", v(&storagev2.AnyValue{Value: &storagev2.AnyValue_BoolValue{BoolValue: true}}), true},
		{"otel.status_description", text("because because "), true},
		{"scope.key", text("scope value"), true},
		{"host.name", text("worker"), true},
		{"exception.type", text("E"), true},
		{"service.name", text("chain"), true},
		{"no such key", nil, false},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.key, test.value), func(t *testing.T) {
			ids, err := c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: &storagev2.TraceQueryParameters{
				Attributes: []*storagev2.KeyValue{{Key: test.key, Value: test.value}},
			}})
			if err != nil || len(ids.GetTraceIds()) > 0 != test.found {
				t.Errorf("found %v, %v", ids.GetTraceIds(), err)
			}
		})
	}
}

func TestInvalidArguments(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	get := func(p *storagev2.GetTraceParams) error {
		_, err := all(c.reader.GetTraces(t.Context(), &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{p}}))
		return err
	}
	find := func(p *storagev2.TraceQueryParameters) error {
		_, err := all(c.reader.FindTraces(t.Context(), &storagev2.FindTracesRequest{Query: p}))
		return err
	}
	ids := func(p *storagev2.TraceQueryParameters) error {
		_, err := c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: p})
		return err
	}
	old := func(p *storagev1.TraceQueryParameters) error {
		_, err := all(c.v1.FindTraces(t.Context(), &storagev1.FindTracesRequest{Query: p}))
		return err
	}
	_, noService := c.reader.GetOperations(t.Context(), &storagev2.GetOperationsRequest{})
	_, noServiceV1 := c.v1.GetOperations(t.Context(), &storagev1.GetOperationsRequest{})
	_, shortV1 := all(c.v1.GetTrace(t.Context(), &storagev1.GetTraceRequest{TraceId: []byte("short")}))
	tests := []struct {
		name string
		err  error
	}{
		{"trace id of 8 bytes", get(&storagev2.GetTraceParams{TraceId: otlptest.SpanID(1)})},
		{"no trace id", get(&storagev2.GetTraceParams{})},
		{"no service for operations", noService},
		{"no service for operations in v1", noServiceV1},
		{"short trace id in v1", shortV1},
		{"negative depth", find(&storagev2.TraceQueryParameters{SearchDepth: -1})},
		{"negative depth in v1", old(&storagev1.TraceQueryParameters{NumTraces: -1})},
		{"negative duration", find(&storagev2.TraceQueryParameters{DurationMin: durationpb.New(-1)})},
		{"paged FindTraces", find(&storagev2.TraceQueryParameters{Pagination: &storagev2.Pagination{PageSize: 1}})},
		{"page without a size", ids(&storagev2.TraceQueryParameters{Pagination: &storagev2.Pagination{}})},
		{"page and depth", ids(&storagev2.TraceQueryParameters{SearchDepth: 1, Pagination: &storagev2.Pagination{PageSize: 1}})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { wantCode(t, test.err, codes.InvalidArgument) })
	}
}

func TestHealth(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	resp, err := healthpb.NewHealthClient(c.conn).Check(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil || resp.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("%v, %v", resp, err)
	}
}

// Nothing can be written, in any protocol.
func TestReadOnly(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	for _, method := range []string{
		"/jaeger.storage.v1.SpanWriterPlugin/WriteSpan", "/jaeger.storage.v1.ArchiveSpanWriterPlugin/WriteArchiveSpan",
		"/opentelemetry.proto.collector.trace.v1.TraceService/Export",
	} {
		wantCode(t, c.conn.Invoke(t.Context(), method, &tracepb.TracesData{}, &tracepb.TracesData{}), codes.Unimplemented)
	}
}

// An empty set answers everything, with nothing.
func TestEmptySet(t *testing.T) {
	c := connect(t, otlptest.Load(t))
	if s, err := c.reader.GetServices(t.Context(), &storagev2.GetServicesRequest{}); err != nil || len(s.GetServices()) > 0 {
		t.Errorf("services: %v, %v", s, err)
	}
	if m := received(t)(c.reader.FindTraces(t.Context(), &storagev2.FindTracesRequest{})); len(m) > 0 {
		t.Errorf("found %v", m)
	}
	if ids, err := c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{}); err != nil || proto.Size(ids) > 0 {
		t.Errorf("found %v, %v", ids, err)
	}
}
