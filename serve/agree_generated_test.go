package serve_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/expressionv1"
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/join"
	"prowtrace/trace/query"
)

// What generated spans have, and what is asked for. Some keys are those of fields.
var (
	spanNames    = []string{"", "GET", "get nodes", "a=b", `say "x"`, "İstanbul", "-x"}
	serviceNames = []string{"", "kops", "Kops API", "a@b"}
	fieldKeys    = []string{"name", "service", "error", "message"}
	keys         = append(fieldKeys, "", "resource.zone", "code", "Code", "with space", `a"b`, "a=b", "a:b", "ключ", "zone", "odd zone")
	values       = []any{"", "c1", "C1", "500", "true", `say "x"`, "k=v", "=", "ключ=знач", "OR", "(a", "-x", "two\nlines", "9007199254740993", "GET", "kops",
		500, 1 << 53, 1<<53 + 1, -1<<53 - 1, true, false, 0.5, []byte("\x00\xff"), []any{"a", "b<c>", 1}, []any{}}
)

// A pair is an attribute that spans have, or may have.
type pair struct {
	key   string
	value any
}

func onePair(rng *rand.Rand) pair { return pair{oneOf(rng, keys), oneOf(rng, values)} }

func oneOf[E any](rng *rand.Rand, of []E) E { return of[rng.IntN(len(of))] }

// generatedRuns is a View of two labelled runs, each with a job of two own spans that
// holds the others by time, and of files of no run; with the attributes that it has.
func generatedRuns(t *testing.T, rng *rand.Rand) (view *trace.View, has []pair) {
	attributes := func(most int) (list []*commonpb.KeyValue) {
		for range rng.IntN(most + 1) {
			p := onePair(rng)
			has = append(has, p)
			list = append(list, &commonpb.KeyValue{Key: p.key, Value: tracetest.Value(p.value)})
		}
		return list
	}
	filled := func(s *tracepb.Span) *tracepb.Span {
		s.Kind, s.Attributes = tracepb.Span_SpanKind(rng.IntN(6)), attributes(3)
		s.Status = &tracepb.Status{Code: tracepb.Status_StatusCode(rng.IntN(3)), Message: oneOf(rng, []string{"", "c1"})}
		if rng.IntN(4) == 0 {
			s.Events = []*tracepb.Span_Event{{Name: "exception", TimeUnixNano: s.StartTimeUnixNano, Attributes: attributes(2)}}
			s.Links = []*tracepb.Span_Link{{TraceId: tracetest.TraceID(99), SpanId: tracetest.SpanID(9), Attributes: attributes(1)}}
		}
		return s
	}
	ids := uint64(0)
	request := func(group int) []byte {
		r := &resourcepb.Resource{Attributes: attributes(2)}
		for _, p := range has[len(has)-len(r.Attributes):] {
			has = append(has, pair{"resource." + p.key, p.value})
		}
		if name := oneOf(rng, serviceNames); name != "" {
			r.Attributes = append(r.Attributes, &commonpb.KeyValue{Key: "service.name", Value: tracetest.Text(name)})
		}
		scope := &tracepb.ScopeSpans{Scope: &commonpb.InstrumentationScope{Name: "lib", Attributes: attributes(1)}}
		for range 5 {
			ids++
			start, parent := int64(10+rng.IntN(60)), uint64(0)
			if ids > 1 && rng.IntN(3) > 0 {
				parent = ids - 1
			}
			s := filled(tracetest.Span(ids, parent, oneOf(rng, spanNames), start, start+int64(rng.IntN(20))))
			scope.Spans = append(scope.Spans, tracetest.InTrace(byte(1+8*group+rng.IntN(6)), s))
		}
		b, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{Resource: r, ScopeSpans: []*tracepb.ScopeSpans{scope}}}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var sources []trace.Source
	for i := range 6 {
		sources = append(sources, trace.Source{Name: fmt.Sprintf("kops-%d.otel", i), Group: i / 2, Data: tracetest.File(t, request(i/2), request(i/2))})
	}
	var jobs []join.Job
	for i := range 2 {
		j := join.Job{ID: trace.TraceID{0: 0xaa, 15: byte(i)}, Name: "e2e", By: join.ByTime, Description: trace.Description{Label: fmt.Sprint(7 + i)}}
		own := []*tracepb.Span{filled(tracetest.Span(1, 0, "e2e", 1, 100)), filled(tracetest.Span(2, 1, "GET", 5, 90))}
		j.Own.Marks = map[trace.SpanID]join.Mark{}
		for _, s := range own {
			s.TraceId = j.ID[:]
			j.Own.Marks[trace.SpanID(s.SpanId)] = join.Mark{MayContain: true}
		}
		j.Own.Spans = tracetest.OTLP(t, join.Service, own...)
		jobs = append(jobs, j)
	}
	view, err := join.Load(t.Context(), sources, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	return view, has
}

// A question is the same one in several languages; nil where one cannot ask it.
type question struct {
	box    string
	params *storagev2.TraceQueryParameters // attributes and what has parameters of its own
	filter *expressionv1.Call
}

func expression(c *expressionv1.Call) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_Call{Call: c}}
}

func combined(op string, calls ...*expressionv1.Call) *expressionv1.Call {
	c := &expressionv1.Call{Op: op}
	for _, arg := range calls {
		c.Args = append(c.Args, expression(arg))
	}
	return c
}

// anyLevel asks for an attribute wherever the find box and tags look. Filters know
// neither an empty key nor a text for bytes and lists.
func anyLevel(key string, value any, text string) *expressionv1.Call {
	switch value.(type) {
	case []byte, []any:
		return nil
	}
	if strings.TrimPrefix(key, "resource.") == "" {
		return nil
	}
	var calls []*expressionv1.Call
	for _, l := range query.Levels() {
		calls = append(calls, compared("eq", attribute(string(l), key), text))
	}
	if rest, ok := strings.CutPrefix(key, "resource."); ok {
		calls = append(calls, compared("eq", attribute("resource", rest), text))
	}
	return combined("or", calls...)
}

// tagged is a question's attribute: as text, or as the value that it is.
func tagged(rng *rand.Rand, key string, value any) *storagev2.TraceQueryParameters {
	v := &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: trace.ReadableText(tracetest.Value(value))}}
	if rng.IntN(2) == 0 {
		copied(v, tracetest.Value(value))
	}
	return &storagev2.TraceQueryParameters{Attributes: []*storagev2.KeyValue{{Key: key, Value: v}}}
}

// copied makes of a value the same one of the other type, whose layout is equal.
func copied(to, from proto.Message) {
	proto.Reset(to)
	b, err := proto.Marshal(from)
	if err = errors.Join(err, proto.Unmarshal(b, to)); err != nil {
		panic(err)
	}
}

// oneQuestion asks for a name, a service, an error, a kind, a duration or, as often
// as for these together, an attribute that a span has or may have.
func oneQuestion(rng *rand.Rand, services []string, has []pair) question {
	switch rng.IntN(10) {
	case 0:
		name := oneOf(rng, spanNames)
		q := question{box: query.Exact("name", name), filter: compared("eq", field("span", "name"), name)}
		if name != "" { // asks for nothing there
			q.params = &storagev2.TraceQueryParameters{OperationName: name}
		}
		return q
	case 1:
		name := oneOf(rng, services)
		return question{query.Exact("service", name), &storagev2.TraceQueryParameters{ServiceName: name}, compared("eq", field("resource", "service"), name)}
	case 2:
		return question{"error", nil, compared("eq", field("span", "status"), "error")}
	case 3:
		kind := oneOf(rng, []string{"internal", "server", "client", "producer", "consumer"})
		return question{"kind:" + kind, tagged(rng, "span.kind", kind), compared("eq", field("span", "kind"), kind)}
	case 4:
		least := 1 + rng.IntN(15)
		most := least + rng.IntN(5)
		return question{
			fmt.Sprintf("dur>=%ds dur<=%ds", least, most),
			&storagev2.TraceQueryParameters{DurationMin: durationpb.New(time.Duration(least) * time.Second), DurationMax: durationpb.New(time.Duration(most) * time.Second)},
			combined("and", compared("gte", field("span", "duration"), fmt.Sprintf("%ds", least)), compared("lte", field("span", "duration"), fmt.Sprintf("%ds", most))),
		}
	}
	p := oneOf(rng, has)
	switch rng.IntN(4) {
	case 0:
		p = onePair(rng)
	case 1:
		p = pair{oneOf(rng, fieldKeys), oneOf(rng, []any{oneOf(rng, spanNames), oneOf(rng, services), true, false, "c1"})}
	}
	key, value := p.key, p.value
	text := trace.ReadableText(tracetest.Value(value))
	if slices.Contains(fieldKeys, key) {
		if rng.IntN(3) == 0 { // a quoted key is that of an attribute alone
			return question{strconv.Quote(key) + "=" + strconv.Quote(text), nil, anyLevel(key, value, text)}
		}
		return question{query.Term(key, text), tagged(rng, key, value), nil}
	}
	return question{query.Term(key, text), tagged(rng, key, value), anyLevel(key, value, text)}
}

// generatedQuestion is one question, two of one span, or the opposite of one.
func generatedQuestion(rng *rand.Rand, services []string, has []pair) question {
	q := oneQuestion(rng, services, has)
	switch rng.IntN(4) {
	case 0:
		q = question{box: "-(" + q.box + ")", filter: q.filter}
		if q.filter != nil {
			q.filter = combined("not", q.filter)
		}
	case 1:
		other := oneQuestion(rng, services, has)
		both := question{box: q.box + " " + other.box}
		if q.filter != nil && other.filter != nil {
			both.filter = combined("and", q.filter, other.filter)
		}
		// Of what has a parameter of its own only one can be asked for.
		if q.params != nil && other.params != nil && len(q.params.Attributes)+len(other.params.Attributes) > 0 {
			both.params = proto.CloneOf(q.params)
			proto.Merge(both.params, other.params)
		}
		return both
	}
	return q
}

// v1 asks the same in the older protocol; nil where its tags cannot.
func (q question) v1() *storagev1.TraceQueryParameters {
	p := &storagev1.TraceQueryParameters{
		ServiceName: q.params.ServiceName, OperationName: q.params.OperationName, DurationMin: q.params.DurationMin, DurationMax: q.params.DurationMax,
		Tags: map[string]string{}, NumTraces: 100,
	}
	for _, kv := range q.params.Attributes {
		var v commonpb.AnyValue
		copied(&v, kv.Value)
		p.Tags[kv.Key] = trace.ReadableText(&v)
	}
	if len(p.Tags) < len(q.params.Attributes) {
		return nil
	}
	return p
}

// inStream gives the traces of streamed spans.
func inStream[M any](t *testing.T, receive func() (M, error), spans func(M) *tracepb.TracesData) []string {
	t.Helper()
	ids := map[string]bool{}
	for {
		m, err := receive()
		if err == io.EOF {
			return slices.Sorted(maps.Keys(ids))
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, rs := range spans(m).GetResourceSpans() {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					ids[hex.EncodeToString(s.TraceId)] = true
				}
			}
		}
	}
}

// Generated questions have one answer too. A trace is in the list exactly if a search
// in it finds a span; the protocols find the same ones, and a joined one exactly if
// one of the job's own spans is found in it. No command of the command line searches:
// it hands a loaded run to these servers.
func TestGeneratedQuestionsHaveOneAnswer(t *testing.T) {
	asked, found := map[string]int{}, map[string]int{}
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 12))
		view, has := generatedRuns(t, rng)
		a := served(t, view)
		answer, err := a.v2.GetServices(t.Context(), &storagev2.GetServicesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			q := generatedQuestion(rng, answer.Services, has)
			list := a.list(t, q.box)
			want := slices.DeleteFunc(slices.Clone(list), func(id string) bool {
				i := slices.IndexFunc(view.Jobs(), func(j trace.Trace) bool { return j.ID.String() == id })
				return i >= 0 && len(a.get(t, "traces/"+id+"/find?q="+url.QueryEscape("("+q.box+") "+query.Exact("service", join.Service)))) == 0
			})
			check := func(where string, got, want []string) {
				t.Helper()
				asked[where]++
				found[where] += len(got)
				if !slices.Equal(got, want) {
					t.Errorf("seed %d: %s: %s finds %v, want %v", seed, q.box, where, got, want)
				}
			}
			check("a search in each trace", a.inTraces(t, q.box), list)
			if q.params != nil {
				q.params.SearchDepth = 100
				check("v2", a.overGRPC(t, q.params), want)
				stream, err := a.v2.FindTraces(t.Context(), &storagev2.FindTracesRequest{Query: q.params})
				if err != nil {
					t.Fatal(err)
				}
				check("v2 with spans", inStream(t, stream.Recv, func(d *tracepb.TracesData) *tracepb.TracesData { return d }), want)
				if p := q.v1(); p != nil {
					check("v1", a.overV1(t, p), want)
				}
			}
			if q.filter != nil {
				check("a filter", a.overGRPC(t, &storagev2.TraceQueryParameters{Filter: q.filter, SearchDepth: 100}), want)
				stream, err := a.v2.FindSpans(t.Context(), &storagev2.FindSpansRequest{Query: &storagev2.SpanQueryParameters{
					StartTimeMin: &timestamppb.Timestamp{Seconds: 1}, StartTimeMax: &timestamppb.Timestamp{Seconds: 1000}, Filter: q.filter,
					Pagination: &storagev2.Pagination{PageSize: 1000}}})
				if err != nil {
					t.Fatal(err)
				}
				check("a filter of spans", inStream(t, stream.Recv, (*storagev2.FindSpansResponse).GetSpans), want)
			}
		}
	}
	for where, n := range asked {
		t.Logf("%s: %d questions, %d answers", where, n, found[where])
		if n < 100 || found[where] < n {
			t.Errorf("%s: %d questions find %d traces: they test too little", where, n, found[where])
		}
	}
}
