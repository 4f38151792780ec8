package query

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"prowtrace/trace"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// A prepared filter holds for the same spans as the original.
func TestPreparedFilterHoldsAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	var records [][]byte
	for i := range 60 {
		pick := func(of ...string) string { return of[rng.IntN(len(of))] }
		s := span(uint64(i+1), 0, pick("a", "b", "c"), int64(10+i), int64(10+i+rng.IntN(3)))
		s.Kind, s.Status = tracepb.Span_SpanKind(rng.IntN(6)), &tracepb.Status{Code: tracepb.Status_StatusCode(rng.IntN(3)), Message: pick("", "boom")}
		if rng.IntN(2) == 0 {
			s.Attributes = attributes("code", rng.IntN(2)*500, "zone", pick("eu", "us"), "path", pick("/api/v1/nodes", "API Nodes"))
		}
		if rng.IntN(3) == 0 {
			s.Events = []*tracepb.Span_Event{{Name: pick("exception", "retry"), TimeUnixNano: s.StartTimeUnixNano, Attributes: attributes("type", pick("Timeout", "Other"))}}
		}
		if rng.IntN(3) == 0 {
			s.Links = []*tracepb.Span_Link{{TraceId: tid(9), SpanId: sid(8), Attributes: attributes("via", pick("queue", "mail"))}}
		}
		if rng.IntN(5) == 0 {
			s.EndTimeUnixNano = 0 // gets a note
		}
		records = append(records, otlp(t, pick("front", "back"), s))
	}
	sets := []*trace.View{load(t, otel(t, records...)), filterSet(t)}
	leaves := strings.Split(`(eq @code 500)|(ne @code 500)|(exists @span.code)|(in @zone eu x)|(not_in @zone eu x)|(eq @resource.service.name front)|(exists @scope.lang)|(eq scope.name test)
(eq @event.type Timeout)|(eq event.name retry)|(exists link.traceState)|(eq @link.via mail)|(gt event.timeSinceStart 1ns)|(exists event.name)
(eq span.name a)|(regex span.name [ab])|(eq span.kind client)|(in span.status ok error)|(eq span.name span.kind)|(eq span.name @zone)|(ne resource.service back)|(eq resource.service @resource.service.name)
(gt span.duration 1s)|(lte span.duration 1s)|(ne span.startTime 1970-01-01T00:00:12Z)|(eq span.startTime 1970-01-01T00:00:12Z)|(gte span.endTime 1970-01-01T00:00:30Z)|(lt span.endTime 1970-01-01T00:00:30Z)
(eq span.startTime span.endTime)|(eq span.statusMessage boom)|(fulltext @path api)|(phrase @path api v1)|(exists @span.prowtrace.note)|(exists @zone)|(eq span.traceID x)
(some event (and (eq event.name retry) (eq @event.type Other)))|(some link (not (eq @link.via mail)))|(some event (eq span.kind client))`, "|")
	leaves = strings.Split(strings.Join(leaves, "\n"), "\n")
	texts := slices.Clone(leaves)
	for range 300 { // combinations of these, and of each other
		a, b, c := texts[rng.IntN(len(texts))], texts[rng.IntN(len(texts))], texts[rng.IntN(len(texts))]
		texts = append(texts, fmt.Sprintf([]string{"(and %s %s %s)", "(or %s %s %s)", "(and (not %s) (or %s %s))", "(some event (and (exists event.name) (or %s %s %s)))"}[rng.IntN(4)], a, b, c))
	}
	for _, text := range texts {
		f, err := parseFilter(t, text)
		if err != nil {
			if strings.Contains(err.Error(), "inside a condition") {
				continue
			}
			t.Fatalf("%s: %v", text, err)
		}
		for _, set := range sets {
			part, turn := set.Parts()[0], trace.LightTurn(t.Context())
			plain, planned := newSubject(set, part, turn), newSubject(set, part, turn)
			g, _, _ := prepared(f, 0)
			for row := range set.Len() {
				if got, want := g.holds(planned.at(row, 0)), f.holds(plain.at(row, 0)); got != want {
					t.Fatalf("%s: row %d: %v when it is prepared, %v as it was", text, row, got, want)
				}
			}
		}
	}
}
