package serve_test

import (
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/jaegerpb/expressionv1"
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/tracetest"
	"prowtrace/serve/remote"
	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// job is the id of the joined trace.
var job = trace.TraceID{0: 0xaa}

// asked is a run behind both servers.
type asked struct {
	traces []string // ids of all, the joined one as well
	pages  http.Handler
	v2     storagev2.TraceReaderClient
	v1     storagev1.SpanReaderPluginClient
}

// askable serves a job of three traces, one of whose own spans failed.
func askable(t *testing.T) asked {
	text := func(key, value string) *commonpb.KeyValue {
		return &commonpb.KeyValue{Key: key, Value: tracetest.Text(value)}
	}
	one := tracetest.InTrace(1, tracetest.Span(1, 0, "one", 10, 20))
	one.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "boom"}
	one.Attributes = []*commonpb.KeyValue{text("cluster", "c1"), text("with space", "v1")}
	two := tracetest.Client(tracetest.InTrace(2, tracetest.Span(1, 0, "two", 30, 34)))
	two.Attributes = []*commonpb.KeyValue{text("name", "attr-name"), text("cluster", "c2"),
		{Key: "big", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: 1<<53 + 1}}}}
	three := tracetest.InTrace(3, tracetest.Span(1, 0, "", 50, 51))
	own := tracetest.Span(1, 0, "e2e", 5, 90)
	own.TraceId, own.Status = job[:], &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
	own.Attributes = []*commonpb.KeyValue{text("cluster", "c1")}
	view, err := join.Load(t.Context(), []trace.Source{{Name: "a.otel", Group: 1, Data: tracetest.File(t, tracetest.OTLP(t, "svc", one, two), tracetest.OTLP(t, "", three))}},
		join.Job{ID: job, Name: "e2e", By: join.ByTime, Own: join.Own{Spans: tracetest.OTLP(t, join.Service, own), Marks: map[trace.SpanID]join.Mark{trace.SpanID(own.SpanId): {MayContain: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	return served(t, view)
}

// served serves a View in all ways, for as long as the test runs.
func served(t *testing.T, view *trace.View) asked {
	shared := trace.NewShared(view)
	t.Cleanup(func() { _ = shared.Close() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := remote.NewServer(shared)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	a := asked{pages: viewer.New(shared, viewer.Info{}), v2: storagev2.NewTraceReaderClient(conn), v1: storagev1.NewSpanReaderPluginClient(conn)}
	for i := range view.NumTraces() {
		a.traces = append(a.traces, view.Trace(i).ID.String())
	}
	return a
}

func (a asked) get(t *testing.T, target string) []byte {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/api/v1/"+target, nil)
	r.Host = "localhost"
	if a.pages.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s", target, w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// list gives the traces that the page's list has.
func (a asked) list(t *testing.T, q string) (ids []string) {
	t.Helper()
	var answer struct{ Traces []struct{ ID string } }
	if err := json.Unmarshal(a.get(t, "traces?q="+url.QueryEscape(q)), &answer); err != nil {
		t.Fatal(err)
	}
	for _, tr := range answer.Traces {
		ids = append(ids, tr.ID)
	}
	slices.Sort(ids)
	return ids
}

// inTraces gives those in which a search finds a span.
func (a asked) inTraces(t *testing.T, q string) (ids []string) {
	t.Helper()
	for _, id := range a.traces {
		if lines := a.get(t, "traces/"+id+"/find?q="+url.QueryEscape(q)); len(lines) > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// overGRPC gives the traces that Jaeger's protocols find.
func (a asked) overGRPC(t *testing.T, q *storagev2.TraceQueryParameters) (ids []string) {
	t.Helper()
	answer, err := a.v2.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: q})
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range answer.TraceIds {
		ids = append(ids, hex.EncodeToString(found.TraceId))
	}
	slices.Sort(ids)
	return ids
}

func (a asked) overV1(t *testing.T, q *storagev1.TraceQueryParameters) (ids []string) {
	t.Helper()
	answer, err := a.v1.FindTraceIDs(t.Context(), &storagev1.FindTraceIDsRequest{Query: q})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range answer.TraceIds {
		ids = append(ids, hex.EncodeToString(id))
	}
	slices.Sort(ids)
	return ids
}

// The same question has the same answer in the page's list, within each trace and
// over both of Jaeger's protocols. Over these the joined trace is found by the job's
// own spans alone.
func TestOneQuestionHasOneAnswer(t *testing.T) {
	a := askable(t)
	id := func(n byte) string { return hex.EncodeToString(tracetest.TraceID(n)) }
	for _, test := range []struct {
		q    string
		tags map[string]string // the same question, where tags can ask it
		want []string          // besides the joined one
		own  bool              // one of the job's own spans meets it as well
	}{
		{"cluster=c1", map[string]string{"cluster": "c1"}, []string{id(1)}, true},
		{"cluster=c2", map[string]string{"cluster": "c2"}, []string{id(2)}, false},
		{"cluster~^c1$", nil, []string{id(1)}, true},
		{"error", map[string]string{"error": "true"}, []string{id(1)}, true},
		{"error=true", map[string]string{"error": "true"}, []string{id(1)}, true},
		{"status=ERROR", map[string]string{"span.status": "ERROR"}, []string{id(1)}, true},
		{"otel.status_code=ERROR", map[string]string{"otel.status_code": "ERROR"}, []string{id(1)}, true},
		{"span.kind=client", map[string]string{"span.kind": "client"}, []string{id(2)}, false},
		{"kind=CLIENT", map[string]string{"kind": "CLIENT"}, []string{id(2)}, false},
		{"resource.service.name=svc", map[string]string{"resource.service.name": "svc"}, []string{id(1), id(2)}, false},
		{"service=svc", map[string]string{"service": "svc"}, []string{id(1), id(2)}, false},
		{"name=one", map[string]string{"name": "one"}, []string{id(1)}, false},
		{"name=attr-name", map[string]string{"name": "attr-name"}, []string{id(2)}, false},
		{`name=""`, map[string]string{"name": ""}, []string{id(3)}, false},
		{`service=""`, map[string]string{"service": ""}, []string{id(3)}, false},
		{`"with space"=v1`, map[string]string{"with space": "v1"}, []string{id(1)}, false},
		{"big=9007199254740993", map[string]string{"big": "9007199254740993"}, []string{id(2)}, false},
		{"big>9007199254740992", nil, []string{id(2)}, false},
		{"big>9007199254740993", nil, nil, false},
		{"cluster=c1 error", map[string]string{"cluster": "c1", "error": "true"}, []string{id(1)}, true},
		{"has:with-nothing", nil, nil, false},
		{"boom", nil, []string{id(1)}, false},
	} {
		want := slices.Clone(test.want)
		if len(want) > 0 || test.own {
			want = append(want, job.String())
		}
		slices.Sort(want)
		if got := a.list(t, test.q); !slices.Equal(got, want) {
			t.Errorf("%s: the list has %v, want %v", test.q, got, want)
		}
		if got := a.inTraces(t, test.q); !slices.Equal(got, want) {
			t.Errorf("%s: it is found in %v, want %v", test.q, got, want)
		}
		if test.tags == nil {
			continue
		}
		if !test.own {
			want = slices.DeleteFunc(want, func(id string) bool { return id == job.String() })
		}
		params := &storagev2.TraceQueryParameters{SearchDepth: 100}
		for key, value := range test.tags {
			params.Attributes = append(params.Attributes, &storagev2.KeyValue{Key: key, Value: &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: value}}})
		}
		if got := a.overGRPC(t, params); !slices.Equal(got, want) {
			t.Errorf("%s: v2 finds %v, want %v", test.q, got, want)
		}
		if got := a.overV1(t, &storagev1.TraceQueryParameters{Tags: test.tags, NumTraces: 100}); !slices.Equal(got, want) {
			t.Errorf("%s: v1 finds %v, want %v", test.q, got, want)
		}
	}
}

func field(level, name string) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_Field{Field: &expressionv1.FieldReference{Level: level, Name: name}}}
}

func attribute(level, key string) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_Attr{Attr: &expressionv1.AttributeReference{Level: level, Key: key}}}
}

// compared is a filter that compares a reference with a constant of any type.
func compared(op string, ref *expressionv1.Expression, value string) *expressionv1.Call {
	return &expressionv1.Call{Op: op, Args: []*expressionv1.Expression{ref, {Term: &expressionv1.Expression_Scalar{Scalar: &expressionv1.Scalar{Value: value}}}}}
}

// Structured filters find what the find box does.
func TestStructuredFiltersAgree(t *testing.T) {
	a := askable(t)
	for q, ask := range map[string]struct {
		op    string
		left  *expressionv1.Expression
		right string
	}{
		"status:error":         {"eq", field("span", "status"), "error"},
		"kind:client":          {"eq", field("span", "kind"), "client"},
		"name:=one":            {"eq", field("span", "name"), "one"},
		`name:=""`:             {"eq", field("span", "name"), ""},
		"dur>5s":               {"gt", field("span", "duration"), "5s"},
		"cluster=c1":           {"eq", attribute("span", "cluster"), "c1"},
		"big>9007199254740992": {"gt", attribute("span", "big"), "9007199254740992"},
		"message=boom":         {"eq", field("span", "statusMessage"), "boom"},
	} {
		got := a.overGRPC(t, &storagev2.TraceQueryParameters{Filter: compared(ask.op, ask.left, ask.right), SearchDepth: 100})
		want := a.list(t, q)
		if !slices.Contains(got, job.String()) { // by none of the job's own spans
			want = slices.DeleteFunc(want, func(id string) bool { return id == job.String() })
		}
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("%s: the filter finds %v, the list %v", q, got, want)
		}
	}
}
