package remote

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
	"prowtrace/internal/realjaeger"
)

// What newer Jaegers ask for. Tests of it are skipped where the Jaeger at hand
// is too old; PROWTRACE_JAEGER names another.

// sameSummaries compares the list of traces of the UI: by our storage, and as
// Jaeger makes it of whole traces.
func sameSummaries(t *testing.T, ours, own jaeger, entries []entry) {
	if !own.summaries {
		t.Skip("this Jaeger has no summaries of traces: 2.19 and newer have; PROWTRACE_JAEGER names another to test with")
	}
	rng := rand.New(rand.NewPCG(25, 26))
	seen := 0
	for i, q := range searches(rng, entries, 60) {
		q.limit = 15_000
		q.forUI(rng, entries)
		q.understood(own)
		got, want := ours.list(t, q.v3()), own.list(t, q.v3())
		byID := map[string]uiSummary{}
		for _, s := range want {
			byID[s.TraceID] = s
		}
		for i, s := range got {
			w := byID[s.TraceID]
			if w.RootOperationName == "" { // rootless: ours is named after its earliest span
				s.RootServiceName, s.RootOperationName = "", ""
			}
			if fmt.Sprint(s) != fmt.Sprint(w) {
				t.Errorf("trace %s:\n%+v\nwant\n%+v", s.TraceID, s, w)
			}
			if i > 0 && newer(t, s, got[i-1]) {
				t.Errorf("trace %s comes after one that is older", s.TraceID)
			}
		}
		if seen += len(got); len(got) != len(want) {
			t.Errorf("%d summaries, Jaeger has %d", len(got), len(want))
		}
		if t.Failed() {
			t.Fatalf("that was search %d: %+v", i, q)
		}
	}
	if seen < 1000 {
		t.Errorf("only %d summaries were compared", seen)
	}
}

func newer(t *testing.T, a, b uiSummary) bool {
	t.Helper()
	x, errX := a.MinStartTimeUnixNano.Int64()
	y, errY := b.MinStartTimeUnixNano.Int64()
	if errX != nil || errY != nil {
		t.Fatal(errX, errY)
	}
	return x > y
}

// sameOTLP compares traces as version 3 of the API gives them: OTLP, with
// nothing translated.
func sameOTLP(t *testing.T, ours, own jaeger, entries []entry) {
	modes := []string{"false"}
	if own.onlyV3 { // until then, its own storage kept what was adjusted for earlier answers
		modes = append(modes, "true")
	}
	for id := range byTrace(entries) {
		if n := binary.BigEndian.Uint64([]byte(id[8:])); n > 10 && n%4 != 1 { // those of the made spans, and some
			continue
		}
		for _, raw := range modes {
			read := func(j jaeger) []string {
				var answer struct {
					Result struct {
						ResourceSpans []struct {
							Resource   any
							ScopeSpans []struct {
								Scope any
								Spans []map[string]any
							}
						}
					}
				}
				j.read(t, "/api/v3/traces/"+hex.EncodeToString([]byte(id)), url.Values{"raw_traces": {raw}}, &answer)
				var lines []string
				for _, rs := range answer.Result.ResourceSpans {
					for _, ss := range rs.ScopeSpans {
						for _, s := range ss.Spans {
							b, err := json.Marshal([]any{rs.Resource, ss.Scope, withoutWarnings(s)})
							if err != nil {
								t.Fatal(err)
							}
							lines = append(lines, string(b))
						}
					}
				}
				return lines
			}
			got, want := read(ours), read(own)
			if len(want) == 0 {
				t.Fatalf("trace %x: Jaeger gives no spans", id)
			}
			sameStrings(t, got, want)
			if t.Failed() {
				t.Fatalf("that was trace %x, raw %q", id, raw)
			}
		}
	}
}

// withoutWarnings takes back what Jaeger says of a span in an attribute of its
// own. Up to 2.20 its storage keeps what was said of earlier answers; after
// that, it lets spans that take no time last 1 ns when it receives them.
func withoutWarnings(span map[string]any) map[string]any {
	attributes, _ := span["attributes"].([]any)
	attributes = slices.DeleteFunc(attributes, func(a any) bool {
		if a.(map[string]any)["key"] != "@jaeger@warnings" {
			return false
		}
		if strings.Contains(fmt.Sprint(a), "sanitizing end timestamp") {
			span["endTimeUnixNano"] = span["startTimeUnixNano"]
		}
		return true
	})
	if span["attributes"] = attributes; len(attributes) == 0 {
		delete(span, "attributes")
	}
	return span
}

// sameWithoutService searches all services at once, which Jaeger allows where
// the storage declares that it can.
func sameWithoutService(t *testing.T, ours, own jaeger, entries []entry) {
	if !own.onlyV3 {
		t.Skip("this Jaeger wants a service for each search: those after 2.20 do not; PROWTRACE_JAEGER names another to test with")
	}
	rng := rand.New(rand.NewPCG(27, 28))
	hits := 0
	for i, q := range searches(rng, entries, 40) {
		q.limit = 15_000
		q.forUI(rng, entries)
		q.service = ""
		q.understood(own)
		got, want := ours.find(t, q), own.find(t, q)
		hits += min(len(want), 1)
		if sameStrings(t, got, want); t.Failed() {
			t.Fatalf("that was search %d: %+v", i, q)
		}
	}
	if hits < 20 {
		t.Errorf("only %d searches found something: they try little", hits)
	}
}

// understood leaves of the tags what a Jaeger's own storage takes for more than
// attributes: 2.13 knows none of them, 2.20 error=false only of spans that say OK.
func (q *search) understood(own jaeger) {
	for key, value := range q.tags {
		switch {
		case strings.HasPrefix(key, "otel."),
			key == "span.kind" && !own.summaries,
			key == "error" && !(own.onlyV3 || own.summaries && value == "true"):
			delete(q.tags, key)
		}
	}
}

const filterGate = "jaeger.query.structuredFilters"

// A structured filter that is sent to Jaeger's API finds what it finds when our
// storage is asked for it directly, and one that makes no sense is the asker's mistake.
func TestStructuredFilterThroughRealJaeger(t *testing.T) {
	gates, err := exec.CommandContext(t.Context(), realjaeger.Path(t, realjaeger.V2), "featuregate").Output()
	if err != nil || !strings.Contains(string(gates), filterGate) {
		t.Skipf("this Jaeger has no structured filters: those after 2.20 do; PROWTRACE_JAEGER names another to test with (%v)", err)
	}
	set := otlptest.Load(t, otlptest.Made(t))
	c, address := connect(t, set), listen(t, set)
	j := configured(t, object(
		"service", object(
			"extensions", []string{"jaeger_storage", "jaeger_query"},
			"pipelines", object("traces", object("receivers", []string{"nop"}, "exporters", []string{"nop"})),
			"telemetry", object("metrics", object("level", "none"), "logs", object("level", "warn"))),
		"extensions", object("jaeger_storage", object("backends", object("traces", object("grpc", object("endpoint", address, "tls", object("insecure", true)))))),
		"receivers", object("nop", nil), "exporters", object("nop", nil)), "--feature-gates="+filterGate)
	hits := 0
	for _, test := range filterTests() {
		t.Run(test.name, func(t *testing.T) {
			query, err := filtered(test.filter.GetCall(), 1000, 1<<62, 100)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(test.want, "error: ") {
				if status, body := j.get(t, summariesPath, query); status != http.StatusBadRequest {
					t.Errorf("HTTP %d %.300s, want 400", status, body)
				}
				return
			}
			direct, err := c.reader.FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: &storagev2.TraceQueryParameters{
				Filter: test.filter.GetCall(), StartTimeMin: wireTime(1000), StartTimeMax: wireTime(1 << 62), SearchDepth: 100,
			}})
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, id := range direct.GetTraceIds() {
				want = append(want, hex.EncodeToString(id.GetTraceId()))
			}
			if status, body := j.get(t, summariesPath, query); status == http.StatusBadRequest && strings.Contains(string(body), "unknown filter operator") {
				t.Skipf("this Jaeger does not know the operator yet: %s", body)
			}
			for _, s := range j.list(t, query) {
				got = append(got, s.TraceID)
			}
			if !slices.Equal(got, want) {
				t.Errorf("through Jaeger %q\ndirectly       %q", got, want)
			}
			hits += min(len(want), 1)
		})
	}
	if hits < 15 {
		t.Errorf("only %d filters found something: they try little", hits)
	}
}
