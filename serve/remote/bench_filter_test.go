//go:build unix

package remote

import (
	"context"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/expressionv1"
	"prowtrace/internal/jaegerpb/storagev2"
)

// BenchmarkFilter asks the four searches that take a structured filter for spans
// by each level and kind of predicate: some that are found at once, and some
// that no span satisfies, for which all spans have to be looked at.
func BenchmarkFilter(b *testing.B) {
	eq := func(of *expressionv1.Expression, value string) *expressionv1.Expression {
		return op("eq", of, literal(value, ""))
	}
	filters := []struct {
		name   string
		filter *expressionv1.Expression
	}{
		{"field", eq(fieldOf("span", "name"), "HTTP GET")},
		{"field/none", op("gt", fieldOf("span", "duration"), literal("1h", ""))},
		{"field/none/two", op("and", eq(fieldOf("span", "kind"), "server"), eq(fieldOf("resource", "service"), "nodeup"))},
		{"field/none/encoded", eq(fieldOf("span", "statusMessage"), "nope")},
		{"attribute", op("eq", ref("span", "http.response.status_code"), literal("503", "int"))},
		{"attribute/no-such-key", eq(ref("span", "no.such.key"), "x")},
		{"attribute/no-such-value", eq(ref("span", "kops.request.id"), "nope")},
		{"attribute/not", op("not", op("exists", ref("span", "kops.request.id")))},
		{"any-level/no-such-key", eq(ref("", "no.such.key"), "x")},
		{"resource", eq(ref("resource", "host.name"), "node-03")},
		{"resource/none", eq(ref("resource", "host.name"), "nope")},
		{"scope/none", eq(ref("scope", "no.such.key"), "x")},
		{"scope/name/none", eq(fieldOf("scope", "name"), "nope")},
		{"event", eq(fieldOf("event", "name"), "exception")},
		{"event/none", eq(ref("event", "exception.type"), "nope")},
		{"event/some/none", op("some", elements("event"), op("and", eq(fieldOf("event", "name"), "exception"), eq(ref("event", "exception.type"), "nope")))},
		{"link/none", eq(fieldOf("link", "spanID"), "0123456789abcdef")},
		{"regex", op("regex", ref("span", "url.full"), literal("https://[a-z.]+/.*", ""))},
		{"regex/none", op("regex", ref("span", "url.full"), literal("nope[0-9]+/.*x", ""))},
		{"regex/none/name", op("regex", fieldOf("span", "name"), literal("nope[0-9]+", ""))},
		{"words/none", op("fulltext", ref("span", "url.full"), literals("", "nope", "https"))},
		{"list/none", op("in", ref("span", "kops.request.id"), literals("", "a", "b", "c", "d"))},
		{"nested", op("and", op("or", eq(ref("span", "http.request.method"), "GET"), eq(ref("span", "http.request.method"), "PUT")), op("not", eq(fieldOf("span", "status"), "ok")))},
		{"nested/none", op("and",
			op("or", eq(ref("span", "http.request.method"), "GET"), op("gt", ref("span", "http.response.status_code"), literal("399", "int"))),
			op("or", eq(ref("", "kops.request.id"), "nope"), op("and", op("exists", ref("event", "no.such.key")), op("not", eq(ref("span", "kops.cache.hit"), "true")))))},
		{"two-references/none", op("gt", ref("span", "kops.request.id"), ref("span", "url.full"))},
	}
	for _, scale := range benchScales() {
		b.Run(scale, func(b *testing.B) {
			set := generated(b, scale)
			c := connect(b, set)
			from, to := timestamppb.New(time.Unix(0, set.Trace(0).Start)), timestamppb.New(time.Unix(0, set.Trace(set.NumTraces()-1).End))
			for _, f := range filters {
				query := func(depth int32) *storagev2.TraceQueryParameters {
					return &storagev2.TraceQueryParameters{Filter: f.filter.GetCall(), SearchDepth: depth}
				}
				calls := []struct {
					name string
					call func(ctx context.Context) error
				}{
					{"FindTraceIDs", ids(c, query(20))},
					{"FindTraceSummaries", func(ctx context.Context) error {
						return drain(c.reader.FindTraceSummaries(ctx, &storagev2.FindTraceSummariesRequest{Query: query(20)}, undecoded))
					}},
					{"FindTraces", func(ctx context.Context) error {
						return drain(c.reader.FindTraces(ctx, &storagev2.FindTracesRequest{Query: query(1)}, undecoded))
					}},
					{"FindSpans", func(ctx context.Context) error {
						return drain(c.reader.FindSpans(ctx, &storagev2.FindSpansRequest{Query: &storagev2.SpanQueryParameters{
							StartTimeMin: from, StartTimeMax: to, Filter: f.filter.GetCall(), Pagination: &storagev2.Pagination{PageSize: 20},
						}}, undecoded))
					}},
				}
				for _, call := range calls {
					b.Run(f.name+"/"+call.name, func(b *testing.B) { timed(b, call.call) })
				}
			}
		})
	}
}
