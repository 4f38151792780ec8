package remote

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
)

// pages walks through a search of either kind, and lists the ids.
func pages(t *testing.T, ask func(*storagev2.TraceQueryParameters) (ids [][]byte, next string, err error), q *storagev2.TraceQueryParameters, size uint32) (ids [][]byte) {
	t.Helper()
	q = proto.CloneOf(q)
	q.Pagination = &storagev2.Pagination{PageSize: size}
	for {
		page, next, err := ask(q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > int(size) {
			t.Fatalf("a page of %d traces, want at most %d", len(page), size)
		}
		if ids = append(ids, page...); next == "" {
			return ids
		}
		if len(page) != int(size) {
			t.Fatalf("a page of %d traces that is not the last, want %d", len(page), size)
		}
		q.Pagination.PageToken = next
	}
}

func (c clients) askIDs(ctx context.Context) func(*storagev2.TraceQueryParameters) ([][]byte, string, error) {
	return func(q *storagev2.TraceQueryParameters) (ids [][]byte, next string, err error) {
		resp, err := c.reader.FindTraceIDs(ctx, &storagev2.FindTraceIDsRequest{Query: q})
		for _, id := range resp.GetTraceIds() {
			ids = append(ids, id.GetTraceId())
		}
		return ids, resp.GetNextPageToken(), err
	}
}

func (c clients) askSummaries(ctx context.Context) func(*storagev2.TraceQueryParameters) ([][]byte, string, error) {
	return func(q *storagev2.TraceQueryParameters) (ids [][]byte, next string, err error) {
		chunks, err := all(c.reader.FindTraceSummaries(ctx, &storagev2.FindTraceSummariesRequest{Query: q}))
		for i, chunk := range chunks {
			for _, s := range chunk.GetSummaries() {
				ids = append(ids, s.GetTraceId())
			}
			if next = chunk.GetNextPageToken(); next != "" && i < len(chunks)-1 {
				return nil, "", fmt.Errorf("message %d of %d has a token", i, len(chunks))
			}
		}
		return ids, next, err
	}
}

// Pages of any size are the whole answer, each trace once.
func TestPages(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	src := otlptest.File(t, "random", otlptest.Random(rng, 1, 60)...)
	c := connect(t, otlptest.Load(t, src))
	entries := decode(t, src)
	queries := map[string]*storagev2.TraceQueryParameters{
		"all":     search{}.v2(),
		"filter":  {Filter: op("eq", fieldOf("span", "status"), literal("error", "")).GetCall()},
		"nothing": search{service: "nobody"}.v2(),
	}
	for i, q := range searches(rng, entries, 20) {
		q.limit = 0
		queries[fmt.Sprint(i)] = q.v2()
	}
	for name, q := range queries {
		t.Run(name, func(t *testing.T) {
			for kind, ask := range map[string]func(*storagev2.TraceQueryParameters) ([][]byte, string, error){"ids": c.askIDs(t.Context()), "summaries": c.askSummaries(t.Context())} {
				want, _, err := ask(q)
				if err != nil {
					t.Fatal(err)
				}
				for _, size := range []uint32{1, 7, 60, 1 << 31} {
					if got := pages(t, ask, q, size); !slices.EqualFunc(got, want, bytes.Equal) {
						t.Errorf("%s in pages of %d: %s\nwant %s", kind, size, hexes(got), hexes(want))
					}
				}
			}
		})
	}
}

// A token is good for its own question only.
func TestForeignTokens(t *testing.T) {
	src := otlptest.File(t, "random", otlptest.Random(rand.New(rand.NewPCG(13, 14)), 1, 20)...)
	c := connect(t, otlptest.Load(t, src))
	q := func(change func(*storagev2.TraceQueryParameters)) *storagev2.TraceQueryParameters {
		p := search{service: "service-1", tags: map[string]string{}}.v2()
		p.Pagination = &storagev2.Pagination{PageSize: 1}
		change(p)
		return p
	}
	same := func(*storagev2.TraceQueryParameters) {}
	_, token, err := c.askIDs(t.Context())(q(same))
	if err != nil || token == "" {
		t.Fatal(token, err)
	}
	_, summaries, err := c.askSummaries(t.Context())(q(same))
	if err != nil || summaries == "" {
		t.Fatal(summaries, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := func(change func([]byte) []byte) string {
		return base64.RawURLEncoding.EncodeToString(change(bytes.Clone(raw)))
	}
	with := func(token string) func(*storagev2.TraceQueryParameters) {
		return func(p *storagev2.TraceQueryParameters) { p.Pagination.PageToken = token }
	}
	other := connect(t, otlptest.Load(t, otlptest.Made(t)))
	tests := []struct {
		name  string
		c     clients
		query *storagev2.TraceQueryParameters
	}{
		{"no token at all", c, q(with("banana!"))},
		{"base64 of something", c, q(with("YmFuYW5h"))},
		{"of another call", c, q(with(summaries))},
		{"of another service", c, q(func(p *storagev2.TraceQueryParameters) { with(token)(p); p.ServiceName = "service-2" })},
		{"of another time", c, q(func(p *storagev2.TraceQueryParameters) { with(token)(p); p.StartTimeMin = wireTime(1) })},
		{"of another filter", c, q(func(p *storagev2.TraceQueryParameters) {
			with(token)(p)
			p.ServiceName, p.Filter = "", op("exists", ref("", "a")).GetCall()
		})},
		{"of another version", c, q(with(spoilt(func(b []byte) []byte { b[9]++; return b })))},
		{"cut", c, q(with(spoilt(func(b []byte) []byte { return b[:len(b)-1] })))},
		{"longer", c, q(with(spoilt(func(b []byte) []byte { return append(b, 0) })))},
		{"without a position", c, q(with(spoilt(func(b []byte) []byte { return b[:26] })))},
		{"of another set", other, q(with(token))},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: test.query})
			wantCode(t, err, codes.InvalidArgument)
		})
	}
	t.Run("the page size may change", func(t *testing.T) {
		if _, _, err := c.askIDs(t.Context())(q(func(p *storagev2.TraceQueryParameters) { with(token)(p); p.Pagination.PageSize = 3 })); err != nil {
			t.Error(err)
		}
	})
	t.Run("attributes in another order", func(t *testing.T) {
		tags := func(keys ...string) *storagev2.TraceQueryParameters {
			p := &storagev2.TraceQueryParameters{Pagination: &storagev2.Pagination{PageSize: 1}}
			for _, k := range keys {
				value := map[string]string{"span.kind": "server", "otel.scope.version": "1"}[k]
				p.Attributes = append(p.Attributes, &storagev2.KeyValue{Key: k, Value: &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: value}}})
			}
			return p
		}
		_, token, err := c.askIDs(t.Context())(tags("span.kind", "otel.scope.version"))
		if err != nil || token == "" {
			t.Fatal(token, err)
		}
		p := tags("otel.scope.version", "span.kind")
		p.Pagination.PageToken = token
		if _, _, err := c.askIDs(t.Context())(p); err != nil {
			t.Error(err)
		}
	})
}

func sortBy(terms ...string) (order []*storagev2.SpanSortOrder) {
	for _, term := range terms {
		direction := ""
		switch term[0] {
		case '-':
			direction, term = "desc", term[1:]
		case '+':
			direction, term = "asc", term[1:]
		}
		order = append(order, &storagev2.SpanSortOrder{Expression: fieldOf("span", term), Direction: direction})
	}
	return order
}

// Pages of spans are the matching spans as the files have them, in order.
func TestFindSpansPages(t *testing.T) {
	src := otlptest.File(t, "random", otlptest.Random(rand.New(rand.NewPCG(15, 16)), 1, 40)...)
	c := connect(t, otlptest.Load(t, src))
	entries := decode(t, src)
	key := map[string]func(a, b entry) int{
		"startTime": func(a, b entry) int {
			return cmp.Compare(a.span.GetStartTimeUnixNano(), b.span.GetStartTimeUnixNano())
		},
		"duration": func(a, b entry) int {
			return cmp.Compare(a.span.GetEndTimeUnixNano()-a.span.GetStartTimeUnixNano(), b.span.GetEndTimeUnixNano()-b.span.GetStartTimeUnixNano())
		},
		"traceID": func(a, b entry) int { return bytes.Compare(a.span.GetTraceId(), b.span.GetTraceId()) },
		"spanID":  func(a, b entry) int { return bytes.Compare(a.span.GetSpanId(), b.span.GetSpanId()) },
	}
	tests := []struct {
		order     []*storagev2.SpanSortOrder
		effective []string
	}{
		{nil, []string{"-startTime", "+traceID", "+spanID"}},
		{sortBy("startTime"), []string{"+startTime", "+traceID", "+spanID"}},
		{sortBy("-duration"), []string{"-duration", "-startTime", "+traceID", "+spanID"}},
		{sortBy("-traceID", "+startTime"), []string{"-traceID", "+startTime", "+spanID"}},
		{sortBy("spanID", "-traceID", "duration", "startTime"), []string{"+spanID"}},
	}
	errors := func(e entry) bool { return e.span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR }
	for _, test := range tests {
		t.Run(fmt.Sprint(test.effective), func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return !errors(e) })
			slices.SortFunc(want, func(a, b entry) int {
				for _, term := range test.effective {
					c := key[term[1:]](a, b)
					if term[0] == '-' {
						c = -c
					}
					if c != 0 {
						return c
					}
				}
				return 0
			})
			for _, size := range []uint32{5, 64, 100_000} {
				q := everySpan(op("eq", fieldOf("span", "status"), literal("error", "")), size)
				q.OrderBy = test.order
				var got []entry
				for {
					chunks := must[storagev2.FindSpansResponse](t)(c.reader.FindSpans(t.Context(), &storagev2.FindSpansRequest{Query: q}))
					next := ""
					n := len(got)
					for i, chunk := range chunks {
						got = append(got, flatten(chunk.GetSpans())...)
						if next = chunk.GetNextPageToken(); next != "" && i < len(chunks)-1 {
							t.Errorf("message %d of %d has a token", i, len(chunks))
						}
						if proto.Size(chunk) >= 1<<20 {
							t.Errorf("message of %d bytes", proto.Size(chunk))
						}
					}
					if len(got)-n > int(size) {
						t.Errorf("page of %d spans", len(got)-n)
					}
					if next == "" {
						break
					}
					q.Pagination.PageToken = next
				}
				if len(got) != len(want) {
					t.Fatalf("%d spans, want %d", len(got), len(want))
				}
				for i := range got {
					if got[i].key(t) != want[i].key(t) {
						t.Fatalf("pages of %d: span %d is %v\nwant %v", size, i, got[i].span, want[i].span)
					}
				}
			}
		})
	}
}

func TestFindSpansRefuses(t *testing.T) {
	src := otlptest.File(t, "random", otlptest.Random(rand.New(rand.NewPCG(17, 18)), 1, 10)...)
	c := connect(t, otlptest.Load(t, src))
	ask := func(q *storagev2.SpanQueryParameters) (next string, err error) {
		chunks, err := all(c.reader.FindSpans(t.Context(), &storagev2.FindSpansRequest{Query: q}))
		for _, chunk := range chunks {
			next = chunk.GetNextPageToken()
		}
		return next, err
	}
	token, err := ask(everySpan(nil, 1))
	if err != nil || token == "" {
		t.Fatal(token, err)
	}
	q := func(change func(*storagev2.SpanQueryParameters)) *storagev2.SpanQueryParameters {
		p := everySpan(nil, 1)
		change(p)
		return p
	}
	tests := []struct {
		name  string
		query *storagev2.SpanQueryParameters
		ok    bool
	}{
		{"no query", nil, false},
		{"no start", q(func(p *storagev2.SpanQueryParameters) { p.StartTimeMin = nil }), false},
		{"an end in year 1", q(func(p *storagev2.SpanQueryParameters) { p.StartTimeMax = wireTime(0) }), false},
		{"no page", q(func(p *storagev2.SpanQueryParameters) { p.Pagination = nil }), false},
		{"no page size", q(func(p *storagev2.SpanQueryParameters) { p.Pagination.PageSize = 0 }), false},
		{"a field of another level", q(func(p *storagev2.SpanQueryParameters) {
			p.OrderBy = []*storagev2.SpanSortOrder{{Expression: fieldOf("link", "traceID")}}
		}), false},
		{"an attribute", q(func(p *storagev2.SpanQueryParameters) {
			p.OrderBy = []*storagev2.SpanSortOrder{{Expression: ref("span", "startTime")}}
		}), false},
		{"another field", q(func(p *storagev2.SpanQueryParameters) { p.OrderBy = sortBy("name") }), false},
		{"a field twice", q(func(p *storagev2.SpanQueryParameters) { p.OrderBy = sortBy("spanID", "-spanID") }), false},
		{"an unknown direction", q(func(p *storagev2.SpanQueryParameters) { p.OrderBy = sortBy("spanID"); p.OrderBy[0].Direction = "up" }), false},
		{"the token", q(func(p *storagev2.SpanQueryParameters) { p.Pagination.PageToken = token }), true},
		{"the token, the same order written out", q(func(p *storagev2.SpanQueryParameters) {
			p.Pagination.PageToken, p.OrderBy = token, sortBy("-startTime", "+traceID")
		}), true},
		{"the token, another order", q(func(p *storagev2.SpanQueryParameters) {
			p.Pagination.PageToken, p.OrderBy = token, sortBy("+startTime")
		}), false},
		{"the token, another time", q(func(p *storagev2.SpanQueryParameters) { p.Pagination.PageToken, p.StartTimeMin = token, wireTime(2) }), false},
		{"a cut token", q(func(p *storagev2.SpanQueryParameters) { p.Pagination.PageToken = token[:len(token)-4] }), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ask(test.query)
			want := codes.InvalidArgument
			if test.ok {
				want = codes.OK
			}
			wantCode(t, err, want)
		})
	}
}

// Spans with the same ids are all found, also when a page ends between them.
func TestFindSpansWithTheSameIDs(t *testing.T) {
	var spans []*tracepb.Span
	for i := range 5 {
		spans = append(spans, &tracepb.Span{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(1), Name: fmt.Sprint(i), StartTimeUnixNano: otlptest.At(1), EndTimeUnixNano: otlptest.At(2)})
	}
	c := connect(t, otlptest.Load(t, otlptest.File(t, "same", otlptest.Under("s", spans...))))
	names := map[string]bool{}
	q := everySpan(nil, 1)
	for range 10 {
		chunks := must[storagev2.FindSpansResponse](t)(c.reader.FindSpans(t.Context(), &storagev2.FindSpansRequest{Query: q}))
		for _, e := range flatten(chunks[0].GetSpans()) {
			names[e.span.GetName()] = true
		}
		if q.Pagination.PageToken = chunks[0].GetNextPageToken(); q.Pagination.PageToken == "" {
			break
		}
	}
	if len(names) != 5 || q.Pagination.PageToken != "" {
		t.Errorf("found %v", names)
	}
}
