package trace

import (
	"slices"
	"testing"
)

func TestProblemCountsItsSpans(t *testing.T) {
	for kept, want := range map[int]string{
		0:  `"a.otel": torn`,
		1:  `"a.otel": torn; 1 span kept`,
		59: `"a.otel": torn; 59 spans kept`,
	} {
		if got := (Problem{Source: "a.otel", What: "torn", Kept: kept}).String(); got != want {
			t.Errorf("%d spans: %s\nwant %s", kept, got, want)
		}
	}
}

// Files with the same name in two groups are two files: each has its own spans and problems.
// A span that several files hold counts in each.
func TestFiles(t *testing.T) {
	one := otel(t, otlp(t, "kops", span(1, 0, "a", 0, 9), span(2, 1, "b", 1, 2)))
	other := otel(t, otlp(t, "kops", span(2, 1, "b", 1, 2)))
	s, err := Load(t.Context(), []Source{
		{Name: "x.otel", Data: one, Group: 1}, {Name: "x.otel", Data: other, Group: 2}, {Name: "y.otel", Data: []byte("no traces of anything"), Group: 2}, {Name: "torn.otel", Data: append(slices.Clip(one), 'x'), Group: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	want := []File{{"x.otel", 1, int64(len(one)), 2, 0}, {"x.otel", 2, int64(len(other)), 1, 0}, {"y.otel", 2, 21, 0, 1}, {"torn.otel", 2, int64(len(one)) + 1, 2, 1}}
	if got := s.Files(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, p := range s.Problems() {
		if p.Group != 2 || p.Source == "torn.otel" && p.Kept != 2 {
			t.Errorf("problem %+v", p)
		}
	}
}
