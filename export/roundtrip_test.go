package export

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlptest"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// everything selects all traces of a view. From a joined trace it selects only the job's own
// spans, because the others are in their own traces.
func everything(v *trace.View) Selection { return Selection{View: v, Trees: All(v)} }

// joined selects the joined traces.
func joined(v *trace.View) Selection { return Selection{View: v, Trees: Joined(v)} }

type writer func(context.Context, io.Writer, Selection) (Report, error)

func written(t testing.TB, write writer, s Selection) ([]byte, Report) {
	t.Helper()
	var b bytes.Buffer
	report, err := write(t.Context(), &b, s)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{}, b.Bytes()...), report // never nil, because nil would mean that there is a file
}

// lossless are the formats that hold everything, by the name of the loaded file.
var lossless = map[string]writer{
	"export.otel": WriteOTel, "export.json": WriteOTLPJSON, "export.jsonl": WriteOTLPJSONLines, "export.binpb": WriteOTLPProto,
}

// unheld are the odd inputs that a format cannot express. The Report counts what is left
// out.
var unheld = map[string][]string{"export.json": {"broken", "deep value"}, "export.jsonl": {"broken", "deep value"}, "export.binpb": {"broken"}}

// samples are sets of every kind: real ones, and sets with everything that is odd.
func samples(t testing.TB) map[string][]trace.Source {
	rng := rand.New(rand.NewPCG(11, 12))
	odd, _ := otlptest.OddInputs(t, 1000)
	return map[string][]trace.Source{
		"sample bucket":                otlptest.Files(t, "../testdata/bucket"),
		"everything a span can carry":  {otlptest.Made(t)},
		"random":                       {otlptest.File(t, "a", otlptest.Random(rng, 1, 50)...), otlptest.File(t, "b", otlptest.Random(rng, 30, 50)...)},
		"odd inputs":                   odd,
		"many batches":                 {otlptest.File(t, "long", otlptest.ManyOf(1, 9000))},
		"a span larger than a message": {otlptest.File(t, "large", otlptest.Under("a", otlptest.OfSizes(100_000, 100_000, 5_000_000, 10, 900_000, 200_000, 10)...))},
	}
}

// An exported set is the same when it is loaded again: every span with its bytes, its
// resource and scope, its place, its parent and its flags.
func TestLosslessRoundTrip(t *testing.T) {
	for name, files := range samples(t) {
		for file, write := range lossless {
			t.Run(name+"/"+file, func(t *testing.T) {
				losing := slices.DeleteFunc(slices.Clone(files), func(f trace.Source) bool { return !slices.Contains(unheld[file], f.Name) })
				if _, report := written(t, write, everything(otlptest.Load(t, losing...))); len(losing) > 0 && report.Losses[0].Spans != len(losing) {
					t.Errorf("of %d spans that the format cannot hold: %v", len(losing), report.Losses)
				}
				files := slices.DeleteFunc(slices.Clone(files), func(f trace.Source) bool { return slices.Contains(unheld[file], f.Name) })
				before := otlptest.Load(t, files...)
				data, report := written(t, write, everything(before))
				if report.Spans != before.Len() || len(report.Losses) > 0 {
					t.Errorf("%d of %d spans were written, without %v", report.Spans, before.Len(), report.Losses)
				}
				after := otlptest.Load(t, trace.Source{Name: file, Data: data})
				for _, p := range after.Problems() {
					t.Errorf("%s", p.What)
				}
				same(t, drawn(t, after, file != "export.otel"), drawn(t, before, file != "export.otel"))
			})
		}
	}
}

// A joined trace is an ordinary trace when it is loaded again. Only a span without any time
// in a trace of its own has a time among other spans.
func TestJoinedRoundTrip(t *testing.T) {
	for name, files := range samples(t) {
		for file, write := range lossless {
			t.Run(name+"/"+file, func(t *testing.T) {
				before := joinedView(t, slices.DeleteFunc(slices.Clone(files), func(f trace.Source) bool {
					return strings.HasPrefix(f.Name, "no time") || slices.Contains(unheld[file], f.Name)
				}))
				data, _ := written(t, write, joined(before))
				after := otlptest.Load(t, trace.Source{Name: file, Data: data})
				if after.NumTraces() != 1 {
					t.Fatalf("%d traces", after.NumTraces())
				}
				tree := before.Tree(before.Jobs()[0])
				want, got := map[string]int{}, map[string]int{}
				for i := range tree.Len() {
					want[served(t, tree, i)]++
				}
				again := after.Tree(after.Trace(0))
				for i := range again.Len() {
					got[served(t, again, i)]++
				}
				same(t, got, want)
			})
		}
	}
}

func joinedView(t testing.TB, files []trace.Source) *trace.View {
	t.Helper()
	files = slices.Clone(files)
	for i := range files {
		files[i].Group = 1
	}
	job := join.Job{Name: "job", ID: trace.TraceID{1}, By: join.ByTime, Description: trace.Description{Attributes: []trace.Attribute{{Key: "prow.job.name", Value: "job"}}}}
	view, err := join.Load(t.Context(), files, job)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { view.Set().Close() })
	return view
}

// served draws a span as it is served, without the note about its flags.
func served(t testing.TB, tree trace.Tree, i int) string {
	t.Helper()
	d, err := tree.Detail(i)
	if err != nil {
		t.Fatal(err)
	}
	d.Span.Attributes = slices.DeleteFunc(d.Span.Attributes, func(kv *commonpb.KeyValue) bool { return kv.GetKey() == "prowtrace.note" })
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(&tracepb.ResourceSpans{
		Resource: d.Resource, SchemaUrl: d.ResourceSchema,
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: d.Scope, SchemaUrl: d.ScopeSchema, Spans: []*tracepb.Span{d.Span}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// drawn counts the spans of a set that look alike: all that the set holds about them. A span
// without a trace id got one in the export, so it is not flagged. With inOrder, fields are
// put in the order of their numbers, which gives the same message.
func drawn(t testing.TB, v *trace.View, inOrder bool) map[string]int {
	var err error
	lines := map[string]int{}
	for i := range v.NumTraces() {
		tree := v.Tree(v.Trace(i))
		for i := range tree.Len() {
			s := tree.Span(i)
			raw, _ := tree.Exact(i)
			if inOrder {
				var message tracepb.Span
				if err := proto.Unmarshal(raw, &message); err != nil {
					t.Fatal(err)
				}
				if raw, err = (proto.MarshalOptions{Deterministic: true}).Marshal(&message); err != nil {
					t.Fatal(err)
				}
			}
			parent := trace.SpanID{}
			if p := tree.Parent(i); p >= 0 {
				parent = tree.ID(p)
			}
			resource, resourceSchema, _ := v.ExactResource(tree.Resource(i))
			scope, scopeSchema, _ := v.ExactScope(v.Scope(s.Row))
			lines[fmt.Sprintf("%v %v in %v, %s of %q, %v, %d for %d\n%q\n%q %s\n%q %s", tree.Trace.ID, s.ID, parent, s.Name, s.Service,
				(s.Flags&^trace.ZeroTrace).Names(), s.Start, s.Duration, raw, resource, resourceSchema, scope, scopeSchema)]++
		}
	}
	return lines
}

func same(t testing.TB, got, want map[string]int) {
	t.Helper()
	wrong := 0
	for line, n := range want {
		if got[line] != n {
			if wrong++; wrong < 4 {
				t.Errorf("%d times instead of %d: %.600s", got[line], n, line)
			}
		}
	}
	if wrong > 0 || len(got) != len(want) {
		t.Errorf("%d of %d spans differ, there are %d", wrong, len(want), len(got))
	}
}

// An export for Jaeger's page loads with the same spans: their ids, parents, names,
// services, kinds, status, and times in microseconds.
func TestJaegerJSONLoads(t *testing.T) {
	before := otlptest.Load(t, append(otlptest.Files(t, "../testdata/bucket"), otlptest.Made(t))...)
	data, _ := written(t, WriteJaegerJSON, everything(before))
	after := otlptest.Load(t, trace.Source{Name: "download.json", Data: data})
	if len(after.Problems()) > 0 {
		t.Errorf("problems %v", after.Problems())
	}
	draw := func(v *trace.View) map[string]int {
		lines := map[string]int{}
		for row := range v.Len() {
			s, parent := v.Span(row), trace.SpanID{}
			if s.Parent >= 0 {
				parent = v.Span(s.Parent).ID
			}
			lines[fmt.Sprintf("%v %v in %v, %q of %q, %v %v, %d for %d", v.Trace(s.Trace).ID, s.ID, parent, s.Name, s.Service, s.Kind, s.Status, s.Start/1000, s.Duration/1000)]++
		}
		return lines
	}
	same(t, draw(after), draw(before))
}
