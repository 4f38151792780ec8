package remote

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"prowtrace/internal/jaegerpb/expressionv1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
)

func op(name string, args ...*expressionv1.Expression) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_Call{Call: &expressionv1.Call{Op: name, Args: args}}}
}

func ref(level, key string) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_Attr{Attr: &expressionv1.AttributeReference{Level: level, Key: key}}}
}

func fieldOf(level, name string) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_Field{Field: &expressionv1.FieldReference{Level: level, Name: name}}}
}

func literal(value, typ string) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_Scalar{Scalar: &expressionv1.Scalar{Value: value, Type: typ}}}
}

func literals(typ string, values ...string) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_List{List: &expressionv1.List{Values: values, Type: typ}}}
}

func elements(level string) *expressionv1.Expression {
	return &expressionv1.Expression{Term: &expressionv1.Expression_Nested{Nested: &expressionv1.NestedReference{Level: level}}}
}

func deep(calls int) *expressionv1.Expression {
	e := op("exists", ref("", "x"))
	for range calls - 1 {
		e = op("not", e)
	}
	return e
}

// A filterTest is a filter of the made spans.
type filterTest struct {
	name   string
	filter *expressionv1.Expression
	want   string // names of spans, or the error
}

func filterTests() []filterTest {
	name := func(n string) *expressionv1.Expression { return op("eq", fieldOf("span", "name"), literal(n, "")) }
	return []filterTest{
		{"eq", name("instant"), "instant"},
		{"eq, constant first", op("eq", literal("instant", ""), fieldOf("span", "name")), "instant"},
		{"eq with a type", op("eq", ref("span", "int"), literal("200", "int")), "everything"},
		{"eq with another type", op("eq", ref("span", "int"), literal("200", "string")), ""},
		{"ne", op("ne", fieldOf("resource", "service"), literal("chain", "")), "everything,in another service,instant,kind *,linked to its parent,without a scope"},
		{"gt", op("and", op("gt", ref("", "n"), literal("36", "")), op("lt", ref("", "n"), literal("38", ""))), "step 2"},
		{"gte, lte", op("and", op("gte", fieldOf("span", "duration"), literal("60s", "")), op("lte", fieldOf("span", "duration"), literal("61s", ""))), "everything,step 3"},
		{"two references", op("eq", fieldOf("span", "startTime"), fieldOf("span", "endTime")), "instant"},
		{"or", op("or", name("instant"), name("everything")), "everything,instant"},
		{"not", op("and", op("not", op("exists", fieldOf("scope", "name"))), op("exists", fieldOf("span", "parentSpanID"))), "without a scope"},
		{"regex", op("regex", fieldOf("span", "name"), literal("^", "string")), "error: an anchor"},
		{"regex on a field", op("regex", fieldOf("span", "name"), literal("every.hing", "")), "everything"},
		{"exists", op("exists", ref("scope", "scope.key")), "everything"},
		{"in", op("in", fieldOf("span", "kind"), literals("", "consumer", "producer")), "kind *,linked to its parent"},
		{"not_in", op("not_in", ref("span", "int"), literals("int", "1", "2")), "everything"},
		{"some", op("some", elements("event"), op("and", op("eq", fieldOf("event", "name"), literal("exception", "")), op("eq", ref("event", "exception.type"), literal("E", "")))), "everything"},
		{"some of another event", op("some", elements("event"), op("and", op("eq", fieldOf("event", "name"), literal("all kinds", "")), op("exists", ref("event", "exception.type")))), ""},
		{"some link", op("some", elements("link"), op("eq", ref("link", "opentracing.ref_type"), literal("child_of", ""))), "everything"},
		{"phrase", op("phrase", ref("scope", "scope.key"), literals("", "Scope", "VALUE")), "everything"},
		{"fulltext", op("fulltext", ref("scope", "scope.key"), literals("string", "value", "scope")), "everything"},
		{"20 deep", deep(20), "everything,in another service,instant,kind *,linked to its parent,step *,without a scope"},

		{"21 deep", deep(21), "error: more than 20 deep"},
		{"no operator", op(""), "error: no operator"},
		{"unknown operator", op("like", ref("", "a"), literal("b", "")), `error: "like" is no operator`},
		{"and of one", op("and", name("a")), "error: two predicates or more"},
		{"not of two", op("not", name("a"), name("b")), "error: one predicate, not 2"},
		{"or of a constant", op("or", name("a"), literal("true", "bool")), "error: a constant is no predicate"},
		{"and of nothing", op("and", name("a"), &expressionv1.Expression{}), "error: an empty expression is no predicate"},
		{"eq of three", op("eq", ref("", "a"), ref("", "b"), ref("", "c")), "error: two operands, not 3"},
		{"eq of a list", op("eq", ref("", "a"), literals("", "b")), "error: a list is no reference"},
		{"eq of a call", op("eq", ref("", "a"), name("b")), "error: a call is no reference"},
		{"exists of two", op("exists", ref("", "a"), ref("", "b")), "error: not 2 operands"},
		{"exists of a collection", op("exists", elements("event")), "error: a collection is no reference"},
		{"regex without a pattern", op("regex", ref("", "a"), ref("", "b")), "error: a reference and a pattern"},
		{"regex with a number", op("regex", ref("", "a"), literal("1", "int")), "error: a pattern is no int"},
		{"in a constant", op("in", ref("", "a"), literal("b", "")), "error: a reference and a list"},
		{"not_in an empty list", op("not_in", ref("", "a"), literals("")), "error: is empty"},
		{"some of an attribute", op("some", ref("event", "a"), name("b")), "error: the events or links"},
		{"some of some", op("some", elements("event"), op("some", elements("event"), name("a"))), "error: inside a condition"},
		{"some of the resource", op("some", elements("resource"), name("a")), "error: only one resource"},
		{"phrase of a field", op("phrase", fieldOf("span", "name"), literals("", "a")), "error: an attribute and a list"},
		{"unknown level", op("exists", ref("trace", "a")), `error: "trace" is no level`},
		{"unknown field", op("exists", fieldOf("span", "color")), "error: no field"},
		{"unknown type", op("eq", ref("", "a"), literal("1", "float")), `error: "float" is no type`},
	}
}

// Each operator comes over the wire and means what package trace makes of it.
func TestStructuredFilter(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	for _, test := range filterTests() {
		t.Run(test.name, func(t *testing.T) {
			got, err := foundNames(t, c, test.filter)
			if want, ok := strings.CutPrefix(test.want, "error: "); ok {
				wantCode(t, err, codes.InvalidArgument)
				if !strings.Contains(status.Convert(err).Message(), want) {
					t.Errorf("error %v, want one with %q", err, want)
				}
				_, err = c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: &storagev2.TraceQueryParameters{Filter: test.filter.GetCall()}})
				wantCode(t, err, codes.InvalidArgument)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s := strings.Join(got, ","); s != test.want {
				t.Errorf("found %s\nwant  %s", s, test.want)
			}
		})
	}
}

// foundNames lists the distinct names of the spans found; those that begin in
// the same way as many others are cut.
func foundNames(t *testing.T, c clients, filter *expressionv1.Expression) (names []string, err error) {
	t.Helper()
	chunks, err := all(c.reader.FindSpans(t.Context(), &storagev2.FindSpansRequest{Query: everySpan(filter, 1000)}))
	for _, chunk := range chunks {
		for _, e := range flatten(chunk.GetSpans()) {
			names = append(names, e.span.GetName())
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, many := range []string{"kind ", "step "} {
		from := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, many) })
		to := from
		for to >= 0 && to < len(names) && strings.HasPrefix(names[to], many) {
			to++
		}
		if to-from > 2 {
			names = slices.Replace(names, from, to, many+"*")
		}
	}
	return names, err
}

// everySpan asks for spans of all times.
func everySpan(filter *expressionv1.Expression, size uint32) *storagev2.SpanQueryParameters {
	return &storagev2.SpanQueryParameters{
		StartTimeMin: wireTime(1), StartTimeMax: wireTime(1 << 62), Filter: filter.GetCall(), Pagination: &storagev2.Pagination{PageSize: size},
	}
}

// A filter says it all, or nothing.
func TestFilterExcludesOtherPredicates(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	f := op("eq", fieldOf("span", "name"), literal("instant", "")).GetCall()
	for name, p := range map[string]*storagev2.TraceQueryParameters{
		"service":    {Filter: f, ServiceName: "back"},
		"operation":  {Filter: f, OperationName: "instant"},
		"attributes": {Filter: f, Attributes: []*storagev2.KeyValue{{Key: "a"}}},
		"shortest":   {Filter: f, DurationMin: durationpb.New(1)},
		"longest":    {Filter: f, DurationMax: durationpb.New(1)},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: p})
			wantCode(t, err, codes.InvalidArgument)
		})
	}
	// What is no predicate goes with it, and so does what is set to nothing.
	ids, err := c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: &storagev2.TraceQueryParameters{
		Filter: f, SearchDepth: 5, StartTimeMin: wireTime(int64(otlptest.At(29))), StartTimeMax: wireTime(int64(otlptest.At(31))), DurationMin: durationpb.New(0),
	}})
	if err != nil || len(ids.GetTraceIds()) != 1 || string(ids.GetTraceIds()[0].GetTraceId()) != string(otlptest.TraceID(3)) {
		t.Errorf("found %v, %v", ids, err)
	}
}

// All that is declared is served.
func TestCapabilities(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	resp, err := storagev2.NewCapabilitiesClient(c.conn).GetCapabilities(t.Context(), &storagev2.GetCapabilitiesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	s := resp.GetSearch()
	if !s.GetWithoutServiceName() || !s.GetSameSpanConjunction() || !s.GetPaginated() || !s.GetSpanSearch() || !s.GetSpanSorting() {
		t.Errorf("capabilities %v", s)
	}
	if want := []string{"span", "resource", "scope", "event", "link"}; !slices.Equal(s.GetFilter().GetLevels(), want) {
		t.Errorf("levels %q", s.GetFilter().GetLevels())
	}
	for _, level := range s.GetFilter().GetLevels() {
		if _, err := foundNames(t, c, op("exists", ref(level, "a"))); err != nil {
			t.Errorf("%s: %v", level, err)
		}
	}
	for _, name := range s.GetFilter().GetOperators() {
		_, err := foundNames(t, c, op(name))
		if msg := status.Convert(err).Message(); strings.Contains(msg, "no operator") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
