package remote

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/otlptest"
	"prowtrace/trace"
)

// Real Jaegers, v2 and v1, show exactly what is in the files: real ones where
// they are at hand, the sample bucket, everything a span can carry, and random
// spans.
func TestRealJaeger(t *testing.T) {
	files := slices.Concat(corpus(t), sample(t), []trace.Source{otlptest.Made(t), otlptest.File(t, "random", otlptest.Random(rand.New(rand.NewPCG(7, 8)), 1000, 100)...)})
	storage := listen(t, otlptest.Load(t, files...))
	entries := decode(t, files...)
	for _, name := range jaegers {
		t.Run(name, func(t *testing.T) {
			j := start(t, name, storage)
			t.Run("services", func(t *testing.T) { checkServices(t, j, entries) })
			t.Run("operations", func(t *testing.T) { checkOperations(t, j, entries) })
			t.Run("traces", func(t *testing.T) { checkTraces(t, j, entries) })
			t.Run("searches", func(t *testing.T) { checkSearches(t, j, entries) })
			t.Run("dependencies", func(t *testing.T) { checkDependencies(t, j, entries) })
			t.Run("unknown trace", func(t *testing.T) {
				if status, body := j.get(t, "/api/traces/00000000000000000000000000abcdef", nil); status != http.StatusNotFound {
					t.Errorf("HTTP %d %s", status, body)
				}
			})
		})
	}
}

// They show several runs as they show one.
func TestRealJaegerOfSeveralRuns(t *testing.T) {
	var files []trace.Source
	var runs []Run
	for _, of := range [][]trace.Source{sample(t), {otlptest.Made(t)}, {otlptest.File(t, "random", otlptest.Random(rand.New(rand.NewPCG(7, 8)), 300, 50)...)}} {
		files = append(files, of...)
		runs = append(runs, Run{Shared: trace.NewShared(otlptest.Load(t, of...)), Job: "job", Build: strconv.Itoa(len(runs)), Release: func() {}})
	}
	storage := listenServer(t, NewRunsServer(func() []Run { return runs }, nil))
	entries := decode(t, files...)
	for _, name := range jaegers {
		t.Run(name, func(t *testing.T) {
			j := start(t, name, storage)
			t.Run("services", func(t *testing.T) { checkServices(t, j, entries) })
			t.Run("operations", func(t *testing.T) { checkOperations(t, j, entries) })
			t.Run("traces", func(t *testing.T) { checkTraces(t, j, entries) })
			t.Run("searches", func(t *testing.T) { checkSearches(t, j, entries) })
			t.Run("dependencies", func(t *testing.T) { checkDependencies(t, j, entries) })
			t.Run("unknown trace", func(t *testing.T) {
				if status, body := j.get(t, "/api/traces/00000000000000000000000000abcdef", nil); status != http.StatusNotFound {
					t.Errorf("HTTP %d %s", status, body)
				}
			})
		})
	}
}

func checkServices(t *testing.T, j jaeger, entries []entry) {
	want := map[string]bool{}
	for _, e := range entries {
		want[serviceOf(e)] = true
	}
	sameStrings(t, j.services(t), keys(want))
}

func checkOperations(t *testing.T, j jaeger, entries []entry) {
	names, kinds := map[string]map[string]bool{}, map[[2]string]map[string]bool{}
	put := func(m map[string]bool, v string) map[string]bool {
		if m == nil {
			m = map[string]bool{}
		}
		m[v] = true
		return m
	}
	for _, e := range entries {
		service, kind := serviceOf(e), kindText(e.span.GetKind())
		names[service] = put(names[service], e.span.GetName())
		for _, asked := range []string{"", kind} {
			kinds[[2]string{service, asked}] = put(kinds[[2]string{service, asked}], e.span.GetName()+" "+kind)
		}
	}
	for service, want := range names {
		if !j.onlyV3 {
			var got []string
			j.ask(t, "/api/services/"+url.PathEscape(service)+"/operations", nil, &got)
			sameStrings(t, got, keys(want))
		}
		for _, kind := range []string{"", "internal", "server", "client", "producer", "consumer"} {
			want := keys(kinds[[2]string{service, kind}])
			for i, op := range want {
				if j.onlyV3 && strings.HasSuffix(op, " ") {
					want[i] = op + "internal"
				}
			}
			sameStrings(t, j.operations(t, service, kind), want)
		}
	}
}

// checkTraces compares every span.
func checkTraces(t *testing.T, j jaeger, entries []entry) {
	for id, spans := range byTrace(entries) {
		want := shown(spans).texts()
		for _, query := range modes(id) {
			var got []uiTrace
			j.ask(t, "/api/traces/"+hex.EncodeToString([]byte(id)), query, &got)
			if len(got) != 1 {
				t.Fatalf("trace %x: %d traces", id, len(got))
			}
			sameTexts(t, got[0].texts(), want)
			if t.Failed() {
				t.Fatalf("that was trace %x, %v", id, query)
			}
		}
	}
}

func checkSearches(t *testing.T, j jaeger, entries []entry) {
	texts := map[string][]string{}
	for id, spans := range byTrace(entries) {
		texts[hex.EncodeToString([]byte(id))] = shown(spans).texts()
	}
	rng := rand.New(rand.NewPCG(9, 10))
	hits := 0
	for i, q := range searches(rng, entries, 80) {
		q.forUI(rng, entries)
		want := q.expect(entries)
		hits += min(len(want), 1)
		var ids [][]byte
		for _, tr := range j.traces(t, q) {
			id, err := hex.DecodeString(tr.TraceID)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
			sameTexts(t, tr.texts(), texts[tr.TraceID])
		}
		sameIDs(t, ids, want)
		if t.Failed() {
			t.Fatalf("that was search %d: %+v", i, q)
		}
	}
	if hits < 40 {
		t.Errorf("only %d searches found something: they try little", hits)
	}
}

// forUI makes of q what Jaeger's API can ask for: always a service, a time
// range and a limit, and no time finer than a microsecond.
func (q *search) forUI(rng *rand.Rand, entries []entry) {
	if q.service == "" {
		q.service = serviceOf(entries[rng.IntN(len(entries))])
	}
	const day = int64(24 * time.Hour)
	if q.startMin == 0 {
		q.startMin = otlptest.Start*otlptest.Second - 365*day
	}
	if q.startMax == 0 {
		q.startMax = otlptest.Start*otlptest.Second + 2*365*day
	}
	q.startMin -= q.startMin % 1000
	q.startMax -= q.startMax % 1000
	if q.limit == 0 {
		q.limit = []int{30, 60, 10_000}[rng.IntN(3)]
	}
	if q.durMax != 0 && q.durMax < q.durMin { // Jaeger refuses it
		q.durMax = q.durMin
	}
}

func checkDependencies(t *testing.T, j jaeger, entries []entry) {
	counts := parentCalls(entries)
	traces := byTrace(entries)
	for _, e := range entries { // Jaeger adds up the calls of both sources
		for _, l := range e.span.GetLinks() {
			for _, to := range traces[string(l.GetTraceId())] {
				if string(to.span.GetSpanId()) == string(l.GetSpanId()) && !isParent(to, e) {
					counts[serviceOf(to)+" → "+serviceOf(e)]++
					break
				}
			}
		}
	}
	want := map[string]bool{}
	for pair, n := range counts {
		want[fmt.Sprint(pair, " ", n)] = true
	}
	var got []struct {
		Parent, Child string
		CallCount     json.Number
	}
	end := time.Unix(otlptest.Start, 0).Add(2 * 365 * 24 * time.Hour)
	j.ask(t, "/api/dependencies", url.Values{
		"endTs": {strconv.FormatInt(end.UnixMilli(), 10)}, "lookback": {strconv.FormatInt((4 * 365 * 24 * time.Hour).Milliseconds(), 10)},
	}, &got)
	var lines []string
	for _, d := range got {
		lines = append(lines, fmt.Sprint(d.Parent, " → ", d.Child, " ", d.CallCount))
	}
	sameStrings(t, lines, keys(want))
}

// parentCalls counts how often services are parents of others.
func parentCalls(entries []entry) map[string]int {
	counts := map[string]int{}
	for _, spans := range byTrace(entries) {
		service := map[string]string{}
		for _, e := range spans {
			service[string(e.span.GetSpanId())] = serviceOf(e)
		}
		for _, e := range spans {
			if parent, ok := service[string(e.span.GetParentSpanId())]; ok {
				counts[parent+" → "+serviceOf(e)]++
			}
		}
	}
	return counts
}

func isParent(parent, child entry) bool {
	return string(parent.span.GetTraceId()) == string(child.span.GetTraceId()) && string(parent.span.GetSpanId()) == string(child.span.GetParentSpanId())
}

func keys(m map[string]bool) (list []string) {
	for k := range m {
		list = append(list, k)
	}
	return list
}

// sameStrings compares lists without regard to their order.
func sameStrings(t testing.TB, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
