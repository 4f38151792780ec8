package query

import (
	"slices"
	"strings"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/trace"
)

func TestDurations(t *testing.T) {
	const day = 24 * time.Hour
	for in, want := range map[string]time.Duration{
		"5s": 5 * time.Second, "1.5ms": 1500 * time.Microsecond, "2m30s": 150 * time.Second, "0": 0, "1d": day, "1.5d": 36 * time.Hour, "0.1d": 144 * time.Minute, "1w": 7 * day, "2w3d12h0.5s": 17*day + 12*time.Hour + 500*time.Millisecond,
		"-1d": -day, "+1d": day, "1d 02 h 03 m": 26*time.Hour + 3*time.Minute, "3 m 12 s": 192 * time.Second, "45 ms": 45 * time.Millisecond, "12h1d": 36 * time.Hour, "106751d": 106751 * day,
	} {
		if got, err := parseDuration(in); err != nil || got != want {
			t.Errorf("%s: %v (%v), want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "d", "1", "1dd", "1d2", "--1d", "1d-1h", "d1", "1wk", "1D", "106752d", "15251w", "106751d48h", "9999999999999999w", "1e3d", "1 x"} {
		if got, err := parseDuration(in); err == nil {
			t.Errorf("%q is read as %v", in, got)
		}
	}
}

// Days and weeks are units of all durations in a search.
func TestDaysInSearches(t *testing.T) {
	const day = 24 * 3600
	v := load(t, otel(t, otlp(t, "svc", span(1, 0, "root", 10, 10+30*day), span(2, 1, "late", 20+day, 21+day))))
	for q, want := range map[string]string{
		"dur>1d": "root", "dur>2w": "root", "dur>30d": "", "dur>=4w2d": "root", "dur<1d": "late", `dur>"1 d 02 h 00 m"`: "root", "after:+1d": "late", "before:+1d": "root", "after:+1w": "",
		"dur>1day": "error: “1day” is not a duration: write 5s, 1.5ms, 2m30s, 100us or 1d",
	} {
		if got := inOneTree(t, v, q); got != want {
			t.Errorf("%s: got %s, want %s", q, got, want)
		}
	}
}

// A time of day is on the day of nearly all spans, even if one span has a wrong clock.
func TestTimeOfDayBesideAFarSpan(t *testing.T) {
	const day, noon = 24 * 3600, 20160*24*3600 + 12*3600 // of 2025-03-13
	inTime := func(spans ...*tracepb.Span) *trace.View {
		return load(t, otel(t, otlp(t, "svc", append(spans, span(1, 0, "root", noon, noon+100), span(2, 1, "early", noon+10, noon+20), span(3, 1, "late", noon+60, noon+70))...)))
	}
	for _, tt := range []struct {
		name string
		view *trace.View
		q    string
		want string
	}{
		{"none is far", inTime(), "after:12:00:30", "late"},
		{"one of 1970", inTime(span(4, 1, "lost", 5, 6)), "after:12:00:30", "late"},
		{"before, beside one of 1970", inTime(span(4, 1, "lost", 5, 6)), "before:12:00:05", "root lost"},
		{"one of tomorrow's year", inTime(span(4, 1, "lost", noon+400*day, noon+400*day+1)), "after:12:00:30", "late lost"},
		{"in a zone", inTime(span(4, 1, "lost", 5, 6)), "after:14:00:30+02:00", "late"},
		{"a day of its own", inTime(span(4, 1, "lost", 5, 6)), "after:2025-03-13T12:00:30Z", "late"},
		{"spans of many days", inTime(span(4, 1, "second", noon+2*day, noon+2*day+10), span(5, 1, "third", noon+4*day, noon+4*day+10)), "after:12:00:30", "late second third"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Fields(inOneTree(t, tt.view, tt.q))
			want := strings.Fields(tt.want)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s finds %q, want %q", tt.q, got, want)
			}
		})
	}
}
