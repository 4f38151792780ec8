package diff

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"prowtrace/trace/analysis"
	"prowtrace/triage"
)

// ids are the parts of the name of a span or a file that differ from run to run. The pattern
// also matches e2e and k8s, whose digits are not ids.
var ids = regexp.MustCompile(`e2e|k8s|[0-9a-f]{8,}|\d+`)

// withoutIDs is the form of a name that is the same in each run.
func withoutIDs(name string) string {
	return ids.ReplaceAllStringFunc(name, func(id string) string {
		if id == "e2e" || id == "k8s" {
			return id
		}
		return "#"
	})
}

// calls compares the calls by their paths. Phases and cases are in no path: what ran in them
// is at the top. A call at the top is measured by its duration, and a call below it by its
// self time, so one delay is one row. A call that only one side has stands for the calls in
// it.
func (c *comparison) calls(context.Context) error {
	table := analysis.NewCallPaths(withoutIDs)
	tells := make([]bool, len(c.good)+1)
	sums := make([][]analysis.PathSums, len(c.good)+1)
	for run, s := range c.all() {
		if s.Tree == nil {
			continue
		}
		sums[run] = table.Add(*s.Tree, func(i int) bool { return !triage.Ran(s.Tree, i) })
		tells[run] = slices.ContainsFunc(sums[run], func(p analysis.PathSums) bool { return p.Count > 0 })
	}
	for run, s := range c.all() {
		if !tells[run] && slices.Contains(tells, true) {
			c.gap("calls", "no record of what ran in "+strings.TrimSpace(s.Job+" "+s.Build))
		}
	}
	paths := table.Paths()
	kinds := make([]Kind, len(paths)) // of paths that differ
	row := make([]int, len(paths))    // their rows in c.Calls
	for at, p := range paths {
		change, ok := c.judge(c.callSights(sums, at, p.Under < 0), tells, byOutcome|byEnd|byTime|byCount)
		if !ok {
			continue
		}
		kinds[at], row[at] = change.Kind, len(c.Calls)
		if u := p.Under; u >= 0 && kinds[u] == change.Kind && c.Calls[row[u]].covers(&change, paths[u].Under < 0) {
			row[at] = row[u]
			c.Calls[row[u]].With++
			continue
		}
		if change.Kind == New || change.Kind == Gone {
			change.weight = max(change.Good.Duration, change.Bad.Duration)
		}
		change.Name, change.Service, change.Role = short(p.Name), short(p.Service), p.Kind.String()
		change.Under = under(paths, p.Under)
		change.key = strings.Join([]string{change.Under, change.Service, change.Name, change.Role}, "\x00")
		change.telling = change.Bad.Errors > 0 || change.Good.Errors > 0
		c.Calls = append(c.Calls, change)
	}
	return nil
}

// mostOfDelay is the part of a delay that must be in the called calls.
const mostOfDelay = 0.8

// covers reports whether the row of a call also covers one directly in it. This is so if
// both are new or gone, or if the root of a process is the reason for the duration of the
// process.
func (c *Change) covers(in *Change, top bool) bool {
	switch c.Kind {
	case New, Gone:
		return true
	case Slower, Faster:
		return top && float64(in.Delta)/float64(c.Delta) >= mostOfDelay
	}
	return false
}

// callSights are the sights of a path.
func (c *comparison) callSights(sums [][]analysis.PathSums, at int, top bool) (all []sight) {
	for run, s := range c.all() {
		if at >= len(sums[run]) || sums[run][at].Count == 0 {
			continue
		}
		sum := &sums[run][at]
		took := sum.Self
		if top {
			took = sum.Total
		}
		start, end := s.Tree.Extent()
		all = append(all, sight{
			run: run, count: sum.Count, errors: sum.Errors, took: time.Duration(took),
			tail: tail{sum.Count, time.Duration(end - sum.End), time.Duration(end - start)},
			where: func() (string, *Place) {
				first := sum.First
				if sum.FirstError >= 0 {
					first = sum.FirstError
				}
				return short(s.Tree.Span(first).Name), s.span(first)
			},
		})
	}
	return all
}

// mostUnder bounds how many of the surrounding calls are named.
const mostUnder = 3

// under names the calls around a call, the outermost first.
func under(paths []analysis.CallPath, at int) string {
	var names []string
	for ; at >= 0; at = paths[at].Under {
		if len(names) == mostUnder {
			names = append(names, "…")
			break
		}
		names = append(names, short(paths[at].Name))
	}
	var b strings.Builder
	for i := len(names) - 1; i >= 0; i-- {
		if b.Len() > 0 {
			b.WriteString(" › ")
		}
		b.WriteString(names[i])
	}
	return b.String()
}
