package session

import (
	"testing"
	"time"

	"prowtrace/trace"
)

func TestPhases(t *testing.T) {
	span := func(name string, from, to int64) trace.Span {
		return trace.Span{Name: name, Start: from, Duration: to - from}
	}
	var p Phases
	p.draw([]trace.Span{
		span("job", 10, 100), span("test", 20, 90), span("Up", 20, 40), span("case a", 50, 80), span("case b", 60, 70), span("at once", 65, 65),
	})
	for at, want := range map[int64]string{
		5: "", 10: "job", 20: "Up", 39: "Up", 40: "test", 55: "case a", 60: "case b", 66: "case b", 70: "case a", 80: "test", 95: "job", 100: "", 200: "",
	} {
		if got := p.At(time.Unix(0, at)); got != want {
			t.Errorf("at %d: %q, want %q", at, got, want)
		}
	}
	if got := (&Phases{}).At(time.Unix(0, 1)); got != "" || p.At(time.Time{}) != "" {
		t.Errorf("without spans: %q", got)
	}
}
