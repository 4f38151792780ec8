package browsertest

import (
	"context"
	"fmt"
	"testing"

	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/join"
	"prowtrace/triage/diff"
)

// Of two runs it can be seen what changed, and a row leads to its span or its line.
func TestWhatChanged(t *testing.T) {
	sources := []trace.Source{
		file(t, 1, span(1, 0, "kops", 0, 1000), span(2, 1, "apply", 0, 600)),
		file(t, 2, span(1, 0, "kops", 0, 9000), span(2, 1, "apply", 0, 8000)),
	}
	sources[0].Group, sources[1].Group = 1, 2
	set, err := join.Load(context.Background(), sources, join.Job{Name: "good", ID: trace.TraceID{1}}, join.Job{Name: "bad", ID: trace.TraceID{2}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	apply := func(id trace.TraceID) *diff.Place {
		tr, _ := set.Lookup(id)
		tree := set.Tree(tr)
		for i := range tree.Len() {
			if tree.Span(i).Name == "apply" {
				return &diff.Place{Source: "span", SpanID: tree.ID(i).String()}
			}
		}
		t.Fatal("there is no span apply")
		return nil
	}
	side := func(id trace.TraceID, ns int64) diff.Side {
		return diff.Side{Runs: 1, Count: 1, Duration: ns, Place: apply(id)}
	}
	d := &diff.Diff{
		Inputs:     []diff.Input{{Kind: "commit", Name: "kubernetes/kops", Good: []string{"2f6d1c9b7a50"}, Bad: "9c3e5b1a0d7f", URL: "https://x.example/compare", Steady: true}},
		Errors:     []diff.Change{{Kind: diff.New, Name: "build-log.txt", Bad: diff.Side{Runs: 1, Count: 6, Text: "quota <b>exceeded</b>", Place: &diff.Place{Source: "log", File: "build-log.txt", Line: 12}}}},
		Calls:      []diff.Change{{Kind: diff.Slower, Name: "apply", Service: "kops", Good: side(trace.TraceID{1}, 6e8), Bad: side(trace.TraceID{2}, 8e9), Delta: 74e8, Ratio: 13.3}},
		Attributes: []diff.Attribute{{Key: "zone", Value: "b", Bad: diff.Share{Spans: 9, Of: 9}, Good: diff.Share{Of: 9}, Z: 4.2, Place: apply(trace.TraceID{2})}},
		Gaps:       []diff.Gap{{What: "lines", Why: "too many"}},
	}
	b := open(t, set, viewer.Info{
		Title: "2 jobs", Jobs: []viewer.Job{{Trace: trace.TraceID{1}, Title: "e2e 1"}, {Trace: trace.TraceID{2}, Title: "e2e 2"}},
		Differ: func(context.Context, trace.TraceID, trace.TraceID) (*diff.Diff, error) { return d, nil },
	}, "/trace/"+trace.TraceID{2}.String()+"?view=compare&compare="+trace.TraceID{1}.String())
	b.wait(`document.querySelector('.compared tbody tr')`)
	b.eval(`(() => { const s = document.querySelector('select[aria-label="How to compare"]'); s.value = 'changes'; s.dispatchEvent(new Event('change')); })()`)
	b.wait(`location.search.includes('order=changes') && document.querySelector('.changes tbody tr')`)
	want := "kubernetes/kops|2f6d1c9b7a… → 9c3e5b1a0d…\nnew|quota <b>exceeded</b>|6 times|build-log.txt:12 both logs|\nslower|apply|600ms → 8s (+7.4s, 13×)|span search|span search\nmore|zone=b|9 of 9 spans, before 0 of 9|span search|search"
	if got := b.text(`[...document.querySelectorAll('.changes tbody tr')].map((r) => [...r.children].map((c) => c.matches('.ways') ? [...c.children].map((w) => w.textContent).join(' ') : c.textContent).join('|')).join('\n')`); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := b.text(`document.querySelector('.changes').lastChild.textContent`); got != "lines: too many" {
		t.Errorf("the gap is %s", got)
	}
	for i, want := range []string{
		"?log=build-log.txt%3A12", "?view=compare&compare=" + trace.TraceID{1}.String() + "&log=build-log.txt%3A12&order=logs",
		"", "?q=name%3A%3Dapply&mode=filter", "", "?q=name%3A%3Dapply&mode=filter",
	} {
		if got := b.text(fmt.Sprintf(`new URL([...document.querySelectorAll('.changes a')][%d].href).search`, i+1)); want != "" && got != want {
			t.Errorf("way %d leads to %s, want %s", i, got, want)
		}
	}
	axe := axeCore(t)
	for _, scheme := range []string{"light", "dark"} {
		b.system(scheme)
		b.accessible(axe)
	}
	b.eval(`[...document.querySelectorAll('.changes tr')].find((r) => r.textContent.startsWith('slower')).querySelectorAll('.ways')[1].querySelector('a').click()`)
	b.wait(atTrace + ` && document.querySelector('.trace-title h1').textContent.startsWith('good') && document.querySelector('.detail')?.textContent.includes('apply')`)
}
