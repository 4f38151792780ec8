package viewer

import (
	"fmt"
	"testing"
)

// A span with a wrong clock is named first among the problems, with where it is.
func TestFarSpansAreProblems(t *testing.T) {
	const day = 24 * 3600 * 1000
	spans := []span{{id: 1, name: "root", start: 20_000 * day, end: 20_000*day + 600_000}, {id: 3, parent: 1, name: "call", start: 20_000*day + 1000, end: 20_000*day + 5000}}
	for _, test := range []struct {
		name string
		far  span
		want string
	}{
		{"before", span{id: 2, parent: 1, name: "<old>", start: 1000, end: 2000}, "The span “<old>” starts at 2025-01-02 03:04:06 UTC, 19,999 days before all others: they take 10m0s, with it 20,000 days. The clock of its process may have been wrong."},
		{"after", span{id: 2, parent: 1, name: "late", start: 20_100 * day, end: 20_100 * day}, "The span “late” starts at 2080-01-14 03:04:05 UTC, 99 days after all others: they take 10m0s, with it 100 days. The clock of its process may have been wrong."},
		{"end", span{id: 2, parent: 1, name: "long", start: 20_000 * day, end: 20_100 * day}, "The span “long” ends at 2080-01-14 03:04:05 UTC, 99 days after all others: they take 10m0s, with it 100 days. The clock of its process may have been wrong."},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := newViewer(load(t, file(t, 1, append(spans, test.far)...)), Info{})
			got := answer[struct {
				Problems []problem
				Total    int
			}](t, h, "problems")
			if got.Total != 1 || answer[run](t, h, "run").Problems != 1 {
				t.Fatalf("%+v", got)
			}
			p := got.Problems[0]
			if p.What != test.want || p.Trace != traceID(1).String() || p.Span != "0000000000000002" || p.Source == "" {
				t.Errorf("got %+v\nwant %s", p, test.want)
			}
			if d := answer[struct{ Name string }](t, h, fmt.Sprintf("traces/%s/spans/%s", p.Trace, p.Span)); d.Name != test.far.name {
				t.Errorf("its link leads to %q", d.Name)
			}
		})
	}
	if n := answer[run](t, newViewer(load(t, file(t, 1, spans...)), Info{}), "run").Problems; n != 0 {
		t.Errorf("%d problems where no span is far", n)
	}
}
