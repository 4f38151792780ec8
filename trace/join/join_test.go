package join

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/query"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Short names for what tests use most.
var (
	otlp     = tracetest.OTLP
	otel     = tracetest.File
	span     = tracetest.Span
	inTrace  = tracetest.InTrace
	tid      = tracetest.TraceID
	client   = tracetest.Client
	withArgs = tracetest.WithArgs
)

// phases are own spans in seconds: job 0..100, in it setup 0..10 and test
// 10..100, in it an estimated case 10..90.
func phases(t testing.TB) Own {
	t.Helper()
	at := func(id, parent uint64, name string, start, end int64) *tracepb.Span {
		s := span(id, parent, name, start, end)
		s.TraceId = jobID[:]
		return s
	}
	phase := Mark{MayContain: true}
	return Own{
		Spans: otlp(t, Service, at(1, 0, "job", 1, 100), at(2, 1, "setup", 1, 10), at(3, 1, "test", 10, 100), at(4, 3, "case", 10, 90)),
		Marks: map[trace.SpanID]Mark{spanID(1): phase, spanID(2): phase, spanID(3): phase, spanID(4): {Estimated: true}},
	}
}

func spanID(n uint64) trace.SpanID { return trace.SpanID(tracetest.SpanID(n)) }

var jobID = trace.TraceID{0: 0xaa}

func loadJob(t testing.TB, job Job, files map[string][]byte) *trace.View {
	t.Helper()
	var sources []trace.Source
	for name, data := range files {
		sources = append(sources, trace.Source{Name: name, Data: data, Group: 1})
	}
	return loadJobs(t, sources, job)
}

func loadJobs(t testing.TB, sources []trace.Source, jobs ...Job) *trace.View {
	t.Helper()
	v, err := Load(t.Context(), sources, jobs...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Set().Close() })
	return v
}

// outline draws a tree by indentation, children in order of start. An inferred
// parent is marked with ~.
func outline(tree trace.Tree) string {
	children := make([][]int, tree.Len()+1)
	for i := range tree.Len() {
		p := tree.Parent(i) + 1
		children[p] = append(children[p], i)
	}
	var b strings.Builder
	type at struct{ span, depth int }
	stack := []at{{-1, -1}}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if top.span >= 0 {
			mark := ""
			if tree.Inferred(top.span) {
				mark = "~"
			}
			fmt.Fprintf(&b, "%s%s%s\n", strings.Repeat("  ", top.depth), mark, tree.Span(top.span).Name)
		}
		below := children[top.span+1]
		for i := len(below) - 1; i >= 0; i-- {
			stack = append(stack, at{below[i], top.depth + 1})
		}
	}
	return b.String()
}

func TestJoin(t *testing.T) {
	tests := []struct {
		name     string
		by       By
		timeline bool
		file     []*tracepb.Span
		want     string
	}{
		{
			//  |------- kops get clusters -------|      trace 1
			//     |- GetCluster ----|                   trace 2
			//        |- GET -|                          trace 3
			//                           |- GET2 -|      trace 4
			//                                       |- after -|
			name: "below the deepest that contains it", by: ByTime, timeline: true,
			file: []*tracepb.Span{
				withArgs(inTrace(1, span(1, 0, "kops", 20, 60)), "/bin/kops", "get", "clusters", "-o", "yaml"),
				inTrace(2, span(1, 0, "GetCluster", 22, 40)),
				client(inTrace(3, span(1, 0, "GET", 25, 30))),
				client(inTrace(4, span(1, 0, "GET2", 45, 50))),
				client(inTrace(5, span(1, 0, "after", 61, 62))),
			},
			want: `
job
  setup
  test
    case
    kops get clusters
      ~kops
        ~GetCluster
          ~GET
        ~GET2
      ~after
`,
		},
		{
			name: "joined by process", by: ByProcess, timeline: true,
			file: []*tracepb.Span{
				withArgs(inTrace(1, span(1, 0, "kops", 20, 60)), "/bin/kops", "get", "clusters"),
				inTrace(2, span(1, 0, "GetCluster", 22, 40)), client(inTrace(3, span(1, 0, "GET", 25, 30))),
			},
			want: `
job
  setup
  test
    case
    kops get clusters
      ~kops
      ~GetCluster
      ~GET
`,
		},
		{
			//  |------------ kops ------------|
			//    |---- a ----|
			//       |---- b ----|
			//         |- GET -|         in a and in b: no one knows
			name: "in two that are not in each other: below the process", by: ByTime, timeline: true,
			file: []*tracepb.Span{
				withArgs(inTrace(1, span(1, 0, "kops", 20, 60)), "kops", "update", "cluster", "--yes"),
				inTrace(1, span(2, 1, "a", 22, 40)), inTrace(1, span(3, 1, "b", 24, 45)),
				client(inTrace(3, span(1, 0, "GET", 26, 30))),
				client(inTrace(4, span(1, 0, "only b", 41, 44))),
			},
			want: `
job
  setup
  test
    case
    kops update cluster
      ~kops
        a
        b
          ~only b
      ~GET
`,
		},
		{
			name: "a call does not contain another", by: ByTime, timeline: true,
			file: []*tracepb.Span{
				withArgs(inTrace(1, span(1, 0, "kops", 20, 60)), "kops", "version"),
				client(inTrace(2, span(1, 0, "long call", 21, 50))), client(inTrace(3, span(1, 0, "short call", 22, 23))),
			},
			want: `
job
  setup
  test
    case
    kops version
      ~kops
        ~long call
        ~short call
`,
		},
		{
			name: "a killed process: no command, orphans, what is reported stays", by: ByTime, timeline: true,
			file: []*tracepb.Span{
				inTrace(1, span(2, 9, "orphan", 20, 60)), inTrace(1, span(3, 2, "child", 22, 30)),
				client(inTrace(2, span(1, 0, "GET", 23, 24))),
			},
			want: `
job
  setup
  test
    case
    kops-7-2026.otel
      ~orphan
        child
      ~GET
`,
		},
		{
			name: "two commands in one process", by: ByTime, timeline: true,
			file: []*tracepb.Span{
				withArgs(inTrace(1, span(1, 0, "kops", 20, 30)), "kops", "create", "cluster"), client(inTrace(2, span(1, 0, "GET", 21, 22))),
				withArgs(inTrace(3, span(1, 0, "kops", 30, 40)), "kops", "delete", "cluster"), client(inTrace(4, span(1, 0, "DELETE", 31, 32))),
			},
			want: `
job
  setup
  test
    case
    kops-7-2026.otel (2 commands)
      ~kops
        ~GET
      ~kops
        ~DELETE
`,
		},
		{
			name: "no timeline: a root of its own", by: ByTime,
			file: []*tracepb.Span{withArgs(inTrace(1, span(1, 0, "kops", 20, 60)), "kops", "version")},
			want: `
the job
  kops version
    ~kops
`,
		},
		{
			name: "a child that starts before its reported parent makes no circle", by: ByTime,
			file: []*tracepb.Span{
				withArgs(inTrace(1, span(1, 0, "kops", 10, 90)), "kops", "x"),
				inTrace(2, span(2, 1, "early child", 20, 80)), inTrace(2, span(1, 0, "late parent", 21, 70)),
			},
			want: `
the job
  kops x
    ~kops
    ~late parent
      early child
`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			job := Job{Name: "the job", ID: jobID, By: tt.by}
			if tt.timeline {
				job.Own = phases(t)
			}
			s := loadJob(t, job, map[string][]byte{"artifacts/otlp/kops-7-2026.otel": otel(t, otlp(t, "kops", tt.file...))})
			if len(s.Jobs()) != 1 {
				t.Fatal("no joined trace")
			}
			if got := "\n" + outline(s.Tree(s.Jobs()[0])); got != tt.want {
				t.Errorf("got:%s\nwant:%s", got, tt.want)
			}
			checkServed(t, s.Tree(s.Jobs()[0]))
		})
	}
}

// checkServed checks that a joined tree is served as one trace with unique ids, and that
// parents are those of the tree.
func checkServed(t *testing.T, tree trace.Tree) {
	t.Helper()
	seen := map[string]bool{}
	for i := range tree.Len() {
		var s tracepb.Span
		if err := proto.Unmarshal(tree.Encoded(i), &s); err != nil {
			t.Fatal(err)
		}
		id := tree.ID(i)
		if !bytes.Equal(s.TraceId, tree.Trace.ID[:]) || !bytes.Equal(s.SpanId, id[:]) || seen[id.String()] {
			t.Errorf("%s has ids %x %x", s.Name, s.TraceId, s.SpanId)
		}
		seen[id.String()] = true
		var parent []byte
		if p := tree.Parent(i); p >= 0 {
			id := tree.ID(p)
			parent = id[:]
		}
		if !bytes.Equal(s.ParentSpanId, parent) {
			t.Errorf("%s has parent %x, want %x", s.Name, s.ParentSpanId, parent)
		}
		if tree.Inferred(i) != bytes.Contains(tree.Encoded(i), []byte(trace.AttrInferred)) {
			t.Errorf("%s: the mark of an inferred parent is wrong", s.Name)
		}
	}
}

func TestJoinedTraceKeepsTheOriginals(t *testing.T) {
	file := otel(t, otlp(t, "kops", withArgs(inTrace(1, span(1, 0, "kops", 20, 60)), "kops", "get"), client(inTrace(2, span(1, 0, "GET", 25, 30)))))
	s := loadJob(t, Job{ID: jobID, Own: phases(t), By: ByTime, Description: trace.Description{Attributes: []trace.Attribute{{Key: "prow.job", Value: "e2e"}}}}, map[string][]byte{"kops-7-x.otel": file})
	get, ok := s.Lookup(trace.TraceID(tid(2)))
	if !ok || s.Tree(get).Joined() || s.Tree(get).Len() != 1 {
		t.Fatalf("the original trace is %+v", get)
	}
	if !bytes.Equal(s.Tree(get).Encoded(0), s.Raw(s.Tree(get).Row(0))) {
		t.Error("the original span is served changed")
	}
	for service, want := range map[string]int{Service: 1, "kops": 2} {
		if found, err := query.Find(t.Context(), s, query.Query{Service: service}); err != nil || len(found) != want {
			t.Errorf("service %s: found %d traces, want %d (%v)", service, len(found), want, err)
		}
	}
	if found, err := query.Find(t.Context(), s, query.Query{Service: "kops", Attributes: []trace.Attribute{{Key: "prow.job", Value: "e2e"}}}); err != nil || len(found) != 2 {
		t.Errorf("by job: %d traces, %v", len(found), err)
	}
	d, err := s.Detail(s.Tree(get).Row(0))
	if err != nil || textOf(d.Resource.Attributes, "prow.job") != "e2e" {
		t.Errorf("the resource lacks the job: %v %v", d.Resource, err)
	}
	if got := fmt.Sprint(s.Files()); got != fmt.Sprintf("[{kops-7-x.otel 1 %d 2 0}]", len(file)) {
		t.Errorf("files %v", got)
	}
}

// Services of several jobs have different names in lists and searches. In the joined traces,
// which are compared by these names, they have the same.
func TestLabels(t *testing.T) {
	file := func(trace byte) []byte {
		return otel(t, otlp(t, "kops", withArgs(inTrace(trace, span(1, 0, "kops", 20, 60)), "kops", "get"), client(inTrace(trace, span(2, 1, "GET", 25, 30)))))
	}
	sources := []trace.Source{{Name: "a.otel", Data: file(1), Group: 1}, {Name: "b.otel", Data: file(2), Group: 2}, {Name: "c.otel", Data: file(3)}}
	jobs := []Job{
		{ID: jobID, Name: "e2e", Description: described("7")},
		{ID: trace.TraceID{0: 0xbb}, Name: "e2e", Description: described("8")},
	}
	s := loadJobs(t, sources, jobs...)
	if got := fmt.Sprint(s.Services()); got != "[kops kops@7 kops@8 prow]" {
		t.Errorf("services %s", got)
	}
	for question, want := range map[string]int{
		"service kops@7": 1, "service kops@8": 1, "service kops": 1, "service prow": 2,
		"prowtrace.service kops": 2, "service.name kops@8": 1, "prow.build_id 7": 1 + 1, // the job's own too
	} {
		key, value, _ := strings.Cut(question, " ")
		q := query.Query{Attributes: []trace.Attribute{{Key: key, Value: value}}}
		if key == "service" {
			q = query.Query{Service: value}
		}
		if found, err := query.Find(t.Context(), s, q); err != nil || len(found) != want {
			t.Errorf("%s finds %d traces, want %d (%v)", question, len(found), want, err)
		}
	}
	if got := fmt.Sprint(s.Operations("kops@7"), s.Operations("kops@9")); got != "[{GET client} {kops internal}] []" {
		t.Errorf("operations %s", got)
	}

	original, _ := s.Lookup(trace.TraceID(tid(1)))
	names := func(tree trace.Tree) (names []string) {
		for i := range tree.Len() {
			d, err := tree.Detail(i)
			if err != nil {
				t.Fatal(err)
			}
			served := textOf(d.Resource.Attributes, "service.name")
			if span := tree.Span(i); span.Service != served || s.ServiceOf(tree.Resource(i)) != served {
				t.Errorf("the span %s is of %s, and served as of %s", span.Name, span.Service, served)
			}
			names = append(names, served)
		}
		slices.Sort(names)
		return names
	}
	if got := fmt.Sprint(names(s.Tree(original))); got != "[kops@7 kops@7]" {
		t.Errorf("the original's services are %s", got)
	}
	for _, job := range s.Jobs() {
		if got := fmt.Sprint(names(s.Tree(job))); got != "[kops kops prow prow]" {
			t.Errorf("the joined trace's services are %s", got)
		}
	}
	d, err := s.Tree(original).Detail(0)
	if err != nil || textOf(d.Resource.Attributes, "prow.build_id") != "7" || textOf(d.Resource.Attributes, "prowtrace.service") != "kops" || len(d.Resource.Attributes) != 3 {
		t.Errorf("the resource is %v, %v", d.Resource, err)
	}
}

func described(build string) trace.Description {
	return trace.Description{Label: build, Attributes: []trace.Attribute{{Key: "prow.build_id", Value: build}}}
}

func textOf(attributes []*commonpb.KeyValue, key string) string {
	for _, kv := range attributes {
		if kv.Key == key {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

func seconds(ns int64) string { return time.Duration(ns).String() }

// Of several phases at the same time, the one with the directory of the file counts.
//
//	job   |-----------------|
//	left     |-----------|        artifacts/e2e/left/
//	suite      |------|
//	right    |------|             artifacts/e2e/right/
//	kops        |--|
func TestProcessIsBelowThePhaseThatKeptItsFile(t *testing.T) {
	marks := map[trace.SpanID]Mark{}
	at := func(id, parent uint64, name string, start, end int64, dir string) *tracepb.Span {
		s := span(id, parent, name, start, end)
		s.TraceId = jobID[:]
		marks[spanID(id)] = Mark{Directory: dir, MayContain: true}
		return s
	}
	timeline := otlp(t, Service, at(1, 0, "job", 1, 100, ""), at(2, 1, "left", 10, 90, "artifacts/e2e/left/"),
		at(3, 2, "suite", 20, 80, ""), at(4, 1, "right", 10, 75, "artifacts/e2e/right/"))
	files := map[string][]byte{}
	for n, name := range []string{"artifacts/e2e/left/otlp/kops-1-left.otel", "artifacts/e2e/right/otlp/kops-2-right.otel", "artifacts/otlp/kops-3-neither.otel", "artifacts/e2e/right/late.otel"} {
		start := int64(30 + n)
		if n == 3 {
			start = 95
		}
		files[name] = otel(t, otlp(t, "kops", inTrace(byte(n+1), span(1, 0, "GET", start, start+1))))
	}
	s := loadJob(t, Job{ID: jobID, Own: Own{timeline, marks}, By: ByTime}, files)
	const want = `
job
  left
    suite
      kops-1-left.otel
        ~GET
      kops-3-neither.otel
        ~GET
  right
    kops-2-right.otel
      ~GET
    late.otel
      ~GET
`
	if got := "\n" + outline(s.Tree(s.Jobs()[0])); got != want {
		t.Errorf("got%swant%s", got, want)
	}
}

// The same with generated files: two processes at the same time, each with 84 traces of one
// span between the two of its commands, all out of order in the file.
func TestJoinManyTraces(t *testing.T) {
	files := map[string][]byte{}
	for process := range 2 {
		trace, at := byte(process*100), int64(process) // B begins and ends a second after A
		spans := []*tracepb.Span{
			withArgs(inTrace(trace+1, span(1, 0, "create", 10+at, 100+at)), "kops", "create"),
			withArgs(inTrace(trace+2, span(1, 0, "validate", 110+at, 200+at)), "kops", "validate"),
		}
		for i := range int64(84) {
			start := 10 + at + 2*i
			if start >= 100+at {
				start += 10
			}
			spans = append(spans, client(inTrace(trace+10+byte(i), span(1, 0, fmt.Sprintf("%c%02d", 'A'+process, i), start, start+1))))
		}
		slices.Reverse(spans)
		files[fmt.Sprintf("kops-%d-x.otel", process+1)] = otel(t, otlp(t, "kops", spans...))
	}
	s := loadJob(t, Job{Name: "job", ID: jobID, By: ByTime}, files)
	tree := s.Tree(s.Jobs()[0])
	checkServed(t, tree)
	checkApart(t, tree)
	var want strings.Builder
	want.WriteString("job\n")
	for process := range 2 {
		fmt.Fprintf(&want, "  kops-%d-x.otel (2 commands)\n", process+1)
		for i := range 84 {
			if command := map[int]string{0: "create", 45: "validate"}[i]; command != "" {
				fmt.Fprintf(&want, "    ~%s\n", command)
			}
			fmt.Fprintf(&want, "      ~%c%02d\n", 'A'+process, i)
		}
	}
	if got := outline(tree); got != want.String() {
		t.Errorf("got\n%swant\n%s", got, want.String())
	}
}

// A call within a command is below it as long as few spans are open at the same time. This
// includes times before and after more spans than can be looked at.
func TestJoinAmongManyOpenSpans(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 52))
	spans := []*tracepb.Span{withArgs(span(1, 0, "command", 1, 1000), "kops")}
	for id := range uint64(6000) {
		start := 2 + rng.Int64N(800)
		spans = append(spans, span(id+2, 1, "parallel", start, start+1+rng.Int64N(190)))
	}
	openAt := func(at int64) (n int) {
		for _, s := range spans {
			if int64(s.StartTimeUnixNano) < at && int64(s.EndTimeUnixNano) >= at {
				n++
			}
		}
		return n
	}
	want := map[int64]string{}
	var calls []*tracepb.Span
	for id := range byte(200) {
		at := 2 + rng.Int64N(990)
		calls = append(calls, client(inTrace(id+2, span(1, 0, "call", at, 999)))) // contained in the command alone
		want[at*1e9] = "command"
		if openAt(at*1e9) > maxOpen {
			want[at*1e9] = "kops"
		}
	}
	s := loadJob(t, Job{Name: "job", ID: jobID, By: ByTime}, map[string][]byte{"kops-1-x.otel": otel(t, otlp(t, "kops", append(spans, calls...)...))})
	tree := s.Tree(s.Jobs()[0])
	below := map[string]int{}
	for i := range tree.Len() {
		if call := tree.Span(i); call.Name == "call" {
			parent := tree.Span(tree.Parent(i)).Name
			below[parent]++
			if parent != want[call.Start] {
				t.Errorf("the call at %s is below %s, want %s: %d spans are open", seconds(call.Start), parent, want[call.Start], openAt(call.Start))
			}
		}
	}
	if below["command"] < 20 || below["kops"] < 20 {
		t.Errorf("one of two cases is hardly tested: %v", below)
	}
}

// Many open candidates at the same time do not make joining quadratic.
func TestJoinManySpansAtOnce(t *testing.T) {
	var spans []*tracepb.Span
	for i := range uint64(100_000) {
		spans = append(spans, span(i+1, 0, "x", int64(i)+1, 200_000+int64(i)))
	}
	s := loadJob(t, Job{Name: "job", ID: jobID, By: ByTime}, map[string][]byte{"a": otel(t, otlp(t, "s", spans...))})
	if got := s.Tree(s.Jobs()[0]).Len(); got != 100_002 {
		t.Errorf("%d spans", got)
	}
}
