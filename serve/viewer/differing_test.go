package viewer

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"prowtrace/trace"
	"prowtrace/triage/diff"
)

// twoRuns is an Info of two runs that differ.
func twoRuns(asked *[2]trace.TraceID) Info {
	at := &diff.Place{Source: "log", File: "build-log.txt", Line: 7, URL: "javascript:alert(1)"}
	d := &diff.Diff{
		Inputs:     []diff.Input{{Kind: "image", Name: "test", Good: []string{"v1"}, Bad: "v2\u202e", URL: "https://example.com/"}},
		Errors:     []diff.Change{{Kind: diff.New, Name: "build-log.txt", Bad: diff.Side{Runs: 1, Text: strings.Repeat("x", 2000), Place: at}}},
		Phases:     []diff.Change{{Kind: diff.Slower, Name: "Up", Good: diff.Side{Runs: 1, Duration: 1e9, Place: &diff.Place{SpanID: "0000000000000001"}}, Bad: diff.Side{Runs: 1, Duration: 3e9, Place: &diff.Place{SpanID: "0000000000000002"}}, Delta: 2e9, Ratio: 3}},
		Attributes: []diff.Attribute{{Key: "zone", Value: "b", Bad: diff.Share{Spans: 9, Of: 9}, Good: diff.Share{Of: 9}, Z: 4.2}},
		LeftOut:    map[string]int{"errors": 3, "attributes": 2}, Gaps: []diff.Gap{{What: "lines", Why: "too many"}},
	}
	return Info{
		Jobs: []Job{{Trace: traceID(1)}, {Trace: traceID(2)}},
		Differ: func(_ context.Context, here, there trace.TraceID) (*diff.Diff, error) {
			*asked = [2]trace.TraceID{here, there}
			return d, nil
		},
	}
}

// What differs between two runs is sent in words, cut, with safe addresses.
func TestDifferences(t *testing.T) {
	set := load(t, file(t, 1, span{id: 1, name: "good", end: 1000}), file(t, 2, span{id: 2, name: "bad", end: 3000}), file(t, 3, span{id: 3, name: "other", end: 10}))
	var asked [2]trace.TraceID
	h := newViewer(set, twoRuns(&asked))
	good, bad := traceID(1).String(), traceID(2).String()
	got := answer[differing](t, h, "traces/"+bad+"/diff?with="+good)
	if asked != [2]trace.TraceID{traceID(2), traceID(1)} || got.Here.Name != "bad" || got.There.Name != "good" {
		t.Errorf("asked for %v; here %s, there %s", asked, got.Here.Name, got.There.Name)
	}
	if in := got.Inputs[0]; in.Name != "image test" || in.Said != `v1 → v2\u202e` || in.URL != "https://example.com/" {
		t.Errorf("%+v", in)
	}
	row := got.Lists[0].Rows[0]
	if row.Kind != "new" || len(row.Said) > 4*saidBytes || row.Here.File != "build-log.txt" || row.Here.Line != 7 || row.Here.URL != "" || row.There != nil || got.Lists[0].Left != 3 {
		t.Errorf("%+v", row)
	}
	if row := got.Lists[1].Rows[0]; row.Said != "Up" || row.HowMuch != "1s → 3s (+2s, 3.0×)" || row.Here.Span != "0000000000000002" || row.There.Span != "0000000000000001" {
		t.Errorf("%+v", row)
	}
	if a := got.Attributes[0]; !a.More || a.Said != "9 of 9 spans, before 0 of 9" || got.Left["attributes"] != 2 || got.Gaps[0] != "lines: too many" {
		t.Errorf("%+v, %+v", a, got.Gaps)
	}
	if c := answer[comparison](t, h, "traces/"+bad+"/compare?with="+good); !c.Runs {
		t.Error("the comparison does not say that what changed can be told")
	}
	for target, status := range map[string]int{
		"traces/" + bad + "/diff": http.StatusBadRequest, "traces/" + bad + "/diff?with=77": http.StatusNotFound,
		"traces/" + bad + "/diff?with=" + traceID(3).String(): http.StatusNotFound, "traces/" + bad + "/diff?with=" + bad: http.StatusNotFound,
	} {
		if w := get(h, "/api/v1/"+target); w.Code != status {
			t.Errorf("%s: status %d: %s", target, w.Code, w.Body)
		}
	}
	if w := get(newViewer(set, Info{}), "/api/v1/traces/"+bad+"/diff?with="+good); w.Code != http.StatusNotFound {
		t.Errorf("of no runs: status %d", w.Code)
	}
}
