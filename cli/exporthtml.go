package cli

import (
	"cmp"
	"context"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"prowtrace/export"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/trace"
)

// writePage writes the built-in page as one file. Its runs are judged first, against the
// last passing runs.
func writePage(ctx context.Context, w io.Writer, x *exported) (report export.Report, err error) {
	e := x.command
	judges := e.newJudges(x.loaded, judgeFlags{baseline: session.BaselineAuto, number: passingRuns})
	info := judges.show(e.pageInfo(x.loaded.Inputs))
	g, inner := errgroup.WithContext(ctx)
	judges.run(inner, g)
	if err := g.Wait(); err != nil {
		return report, err
	}
	view, release := x.loaded.Acquire() // its spans have the marks of findings
	defer release()
	var chosen []trace.TraceID
	for t := range x.selection.Trees {
		report.Spans += t.Len()
		chosen = append(chosen, t.Trace.ID)
	}
	page := viewer.Saved{Traces: chosen, Find: e.find, Made: time.Now(), Open: again(e.known, x.loaded.Inputs)}
	left, err := viewer.WritePage(ctx, w, view, info, page)
	if err != nil {
		return report, err
	}
	for _, said := range left {
		e.note("Not in the page: %s", text.Line(said))
	}
	return report, nil
}

// again is how the runs themselves are opened. Names of files of this machine are left out:
// the page is for others.
func again(known prow.Instances, inputs []*session.Input) string {
	words := []string{"prowtrace"}
	for _, in := range inputs {
		word := "FILE"
		if in.Located() {
			word = cmp.Or(runPage(known, in.Ref.Run), in.Ref.Run.URL())
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
