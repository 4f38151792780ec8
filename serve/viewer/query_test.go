package viewer

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// No search breaks anything: it is answered, or said to be wrong, and in the
// same way for the list, a trace and its events.
func FuzzQuery(f *testing.F) {
	for _, q := range []string{"", "error", `key="a b" -x~^a(b|c)$ OR dur>5s`, "after:12:03 before:+5m", "after:2025-03-13T12:03:05+01:00", "-before:24:00", "(a OR -(b c)) ((d", "()", ")(", "OR OR", `"`, "kind:x", "has:args url.full=", "a:b", "\xff=\x00"} {
		f.Add(q)
	}
	h := newViewer(load(f, append(sampleFiles(f), loggedFile(f))...), Info{})
	one := "/api/v1/traces/" + traceID(1).String()
	f.Fuzz(func(t *testing.T, q string) {
		status := get(h, "/api/v1/traces?q="+url.QueryEscape(q)).Code
		if status != http.StatusOK && status != http.StatusBadRequest {
			t.Errorf("status %d", status)
		}
		for _, target := range []string{"/find?q=", "/events?q="} {
			if got := get(h, one+target+url.QueryEscape(q)).Code; got != status {
				t.Errorf("%s: status %d, that of the list is %d", target, got, status)
			}
		}
		if status != http.StatusOK || strings.Contains(q, ")") || strings.Count(q, "(") >= 16 || len(q) > 4096-3 {
			return
		}
		all, direct, grouped := page(t, h, one+"/find"), page(t, h, one+"/find?q="+url.QueryEscape(q)), page(t, h, one+"/find?q="+url.QueryEscape("("+q+")"))
		if grouped != direct {
			t.Errorf("in parentheses it finds %x, not %x", grouped, direct)
		}
		if w := get(h, one+"/find?q="+url.QueryEscape("-("+q+")")); w.Code == http.StatusOK && len(direct) < len(all) && w.Body.Len() != len(all)-len(direct) {
			t.Errorf("%d lines, %d of them found and %d by the opposite", len(all)/4, len(direct)/4, w.Body.Len()/4)
		}
	})
}

// Runs on several days: a time of day is on the day of each trace.
func TestTimeOfDayInSeveralRuns(t *testing.T) {
	const days = 3 * 24 * 3600 * 1000
	h := newViewer(load(t, file(t, 1, span{id: 1, name: "early", end: 1000}), file(t, 2, span{id: 1, name: "late", start: days, end: days + 1000})), Info{})
	for q, want := range map[string]int{"after:03:04": 2, "before:03:04": 0, "after:03:05": 0, "before:03:05": 2, "after:2025-01-03": 1} {
		if got := answer[struct{ Total int }](t, h, "traces?q="+url.QueryEscape(q)).Total; got != want {
			t.Errorf("%s: %d traces, want %d", q, got, want)
		}
	}
}
