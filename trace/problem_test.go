package trace

import "testing"

func TestProblemCountsItsSpans(t *testing.T) {
	for kept, want := range map[int]string{
		0:  `"a.otel": torn`,
		1:  `"a.otel": torn (1 span of this file was kept)`,
		59: `"a.otel": torn (59 spans of this file were kept)`,
	} {
		if got := (Problem{Source: "a.otel", What: "torn", Kept: kept}).String(); got != want {
			t.Errorf("%d spans: %s\nwant %s", kept, got, want)
		}
	}
}
