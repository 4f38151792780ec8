package analysis

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"reflect"
	"testing"

	"prowtrace/internal/otlptest"
	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/join"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// someTraces makes the given number of spans in the given number of traces, with names,
// services, parents, times and attributes of all kinds. Children can start before their
// parents.
func someTraces(rng *rand.Rand, spans, traces, keys int) (requests []*tracepb.TracesData) {
	hosts := []string{"https://a.example/x?y=%", "http://b.example:80/%41", "https://user@c.example", "http://[::1]:7/", "x", "://", "https://d.example#%"}
	keyNames := []string{"code", "url.full", "http.url", "peer.service", "db.system", "server.address"}
	for r := range 8 {
		var all []*tracepb.Span
		for i := r; i < spans; i += 8 {
			start := int64(10 + rng.IntN(60))
			parent := uint64(0)
			if rng.IntN(9) > 0 {
				parent = uint64(max(0, i+1-traces*rng.IntN(20))) // of the same trace
			}
			s := inTrace(byte(1+i%traces), span(uint64(i+1), parent, fmt.Sprint("op-", rng.IntN(20)), start, start+int64(rng.IntN(20))))
			s.TraceId[3] = byte((i % traces) >> 8)
			s.Kind, s.Status = tracepb.Span_SpanKind(rng.IntN(6)), &tracepb.Status{Code: tracepb.Status_StatusCode(rng.IntN(3))}
			for range rng.IntN(4) {
				switch key := keyNames[rng.IntN(len(keyNames))]; rng.IntN(5) {
				case 0:
					s.Attributes = append(s.Attributes, otlptest.Attr(key, otlptest.Int(int64(rng.IntN(3)))), otlptest.Attr("id", otlptest.Int(int64(i))))
				case 1:
					s.Attributes = append(s.Attributes, otlptest.Attr(fmt.Sprint("k", rng.IntN(keys)), otlptest.Str(fmt.Sprint(rng.IntN(3)))))
				case 2:
					s.Attributes = append(s.Attributes, otlptest.EveryKind()[rng.IntN(3)])
				default:
					s.Attributes = append(s.Attributes, otlptest.Attr(key, otlptest.Str(hosts[rng.IntN(len(hosts))])))
				}
			}
			if rng.IntN(8) == 0 {
				s.EndTimeUnixNano = 0
			}
			all = append(all, s)
		}
		requests = append(requests, otlptest.Under(fmt.Sprint("service-", r%5), all...))
	}
	return requests
}

func viewOf(t testing.TB, requests []*tracepb.TracesData, jobs int) *trace.View {
	t.Helper()
	var sources []trace.Source
	for i, r := range requests {
		f := otlptest.File(t, fmt.Sprintf("kops-%d.otel", i), r)
		f.Group = i % max(1, jobs)
		sources = append(sources, f)
	}
	var all []join.Job
	for i := range jobs {
		id := trace.TraceID{0: 0xaa, 15: byte(i)}
		own := []*tracepb.Span{span(1, 0, "job", 1, 100), span(2, 1, "op-3", 5, 90)}
		marks := map[trace.SpanID]join.Mark{}
		for _, s := range own {
			s.TraceId = id[:]
			marks[trace.SpanID(s.SpanId)] = join.Mark{MayContain: true}
		}
		all = append(all, join.Job{ID: id, Name: "e2e", By: join.ByTime, Own: join.Own{Spans: otlp(t, join.Service, own...), Marks: marks}, Description: trace.Description{Label: fmt.Sprint(7 + i)}})
	}
	return loadJobs(t, sources, all...)
}

// withAdded is a View with traces of its own that head no joined trace.
func withAdded(t testing.TB, requests []*tracepb.TracesData) *trace.View {
	t.Helper()
	set := viewOf(t, requests, 0).Set()
	var added []trace.Source
	for i, start := range []int64{1, 30, 30, 200} {
		s := inTrace(byte(i), with(tracetest.Client(span(1, 0, fmt.Sprint("op-", 18+i), start, start+9)), "server.address", fmt.Sprint("host", i)))
		s.TraceId[0] = 0xee
		b, err := proto.Marshal(otlptest.Under("added", s))
		if err != nil {
			t.Fatal(err)
		}
		added = append(added, trace.Source{Name: "own", Data: b})
	}
	own, err := trace.LoadEncoded(t.Context(), added)
	if err != nil {
		t.Fatal(err)
	}
	return trace.NewView(set, trace.Material{Own: own})
}

// All analyses have the same results as simple ones, which look at span after span.
func TestAnalysesAgreeWithSimpleOnes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 3))
	for _, tt := range []struct {
		name string
		view *trace.View
	}{
		{"none", viewOf(t, nil, 0)},
		{"small", viewOf(t, someTraces(rng, 100, 7, 3), 0)},
		{"many traces", viewOf(t, someTraces(rng, 18_000, 900, 3), 0)},
		{"one trace", viewOf(t, someTraces(rng, 18_000, 1, 3), 0)},
		{"one larger", viewOf(t, append(someTraces(rng, 9_000, 300, 3), someTraces(rng, 9_000, 1, 3)...), 0)},
		{"many keys", viewOf(t, someTraces(rng, 18_000, 100, 9000), 0)},
		{"jobs", viewOf(t, someTraces(rng, 9_000, 200, 3), 2)},
		{"added", withAdded(t, someTraces(rng, 18_000, 200, 3))},
	} {
		t.Run(tt.name, func(t *testing.T) { agree(t, tt.view) })
	}
}

func agree(t *testing.T, v *trace.View) {
	t.Helper()
	same(t, "totals", NewTotals(v), simpleTotals(v))
	same(t, "operations", Operations(All(v)), simpleOperations(simpleTrees(v), simpleByName))
	same(t, "by attribute", operationsBy(t, All(v), "code"), simpleOperations(simpleTrees(v), simpleByAttribute("code")))
	same(t, "keys", Keys(All(v)), simpleKeys(simpleTrees(v)))
	same(t, "flame", NewFlame(All(v)), simpleFlame(simpleTrees(v)))
	same(t, "services", NewServiceMap(All(v)), simpleServiceMap(simpleTrees(v)))
	trees := v.Jobs()
	for i := 0; i < v.NumTraces(); i += v.NumTraces()/5 + 1 {
		trees = append(trees, v.Trace(i))
	}
	for k, of := range trees {
		tree := v.Tree(of)
		same(t, "self times", SelfTimes(tree), simpleSelfTimes(tree))
		same(t, "operations", Operations(One(tree)), simpleOperations(simpleOne(tree), simpleByName))
		same(t, "by attribute", operationsBy(t, One(tree), "service.name"), simpleOperations(simpleOne(tree), simpleByAttribute("service.name")))
		same(t, "keys", Keys(One(tree)), simpleKeys(simpleOne(tree)))
		same(t, "flame", NewFlame(One(tree)), simpleFlame(simpleOne(tree)))
		same(t, "services", NewServiceMap(One(tree)), simpleServiceMap(simpleOne(tree)))
		same(t, "peers", Peers(tree), simplePeers(tree))
		same(t, "paths", Paths(tree), simplePaths(tree))
		other := Draw(v.Tree(trees[(k+1)%len(trees)]))
		d := Draw(tree)
		c := Compare(d, other)
		operations := simpleCompareOperations(d, other)
		same(t, "compared operations", c.Operations, operations[:min(len(operations), MaxCompared)])
		paths, left := simpleComparePaths(d, other)
		same(t, "compared paths", c.Paths, paths)
		same(t, "paths left", c.LeftPaths, left)
		for _, l := range d.Layout.Lines {
			if s := tree.Span(int(l.Span)); d.Layout.Names[l.Name] != s.Name || d.Layout.Services[l.Service] != s.Service {
				t.Fatalf("line %+v is named %q %q, want %+v", l, d.Layout.Names[l.Name], d.Layout.Services[l.Service], s)
			}
		}
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s differ:\n got %.2000s\nwant %.2000s", what, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
	}
}

func TestPercentilesOfAnyOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		all := make([]int64, rng.IntN(300))
		for i := range all {
			all[i] = rng.Int64N(1 + rng.Int64N(1000))
		}
		sorted := append([]int64{}, all...)
		want := simplePercentiles(sorted)
		p50, p95, most := percentiles(all)
		if got := [3]int64{p50, p95, most}; got != want {
			t.Fatalf("got %v, want %v of %v", got, want, sorted)
		}
	}
}

// The host that is found without parsing an address is the one that parsing gives.
func FuzzPlainHost(f *testing.F) {
	for _, s := range []string{"https://a.example:443/x?y#z", "http://a", "http://a:b", "http://a%41/", "https://a?x=%zz", "http://a/%zz", "http://u@a/", "http://[::1]/", "http://a\x00", "http://a:/", "https://a#%", "http://a/0123456789\x1f01234567", "http://a/0123456789\x7f01234567"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		host, ok := plainHost([]byte(address))
		if !ok {
			return
		}
		if u, err := url.Parse(address); err != nil || u.Hostname() != string(host) {
			t.Errorf("%q: %q, want %v %v", address, host, u, err)
		}
	})
}
