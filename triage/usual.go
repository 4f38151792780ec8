package triage

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/joblog"
)

// A command is far from usual if it took less than a fifth of its time in all passing runs,
// or is missing. It must usually take a minute or more (K11).
const (
	worthMissing = time.Minute
	muchShorter  = 5
)

// work is what a command took in a run: all processes with the same name together.
type work struct {
	took  time.Duration
	start time.Time
	span  int
}

// worksOf gives the commands of a run: the spans directly below those of Prow's own files.
func worksOf(e *Evidence) map[string]work {
	all := map[string]work{}
	if e.Tree == nil {
		return all
	}
	eachWork(e, func(i int) {
		s := e.Tree.Span(i)
		name := ids.ReplaceAllString(s.Name, "#")
		w, ok := all[name]
		if !ok {
			w = work{start: time.Unix(0, s.Start).UTC(), span: i}
		}
		w.took += time.Duration(s.Duration)
		all[name] = w
	})
	return all
}

// eachWork calls do with the numbers of the spans that are commands of a run.
func eachWork(e *Evidence, do func(span int)) {
	for i := range e.Tree.Len() {
		p := e.Tree.Parent(i)
		if p < 0 || !e.Tree.Own(p) {
			continue
		}
		if e.Tree.Own(i) {
			if kind, _ := phaseOf(e.Tree, i); kind != "" {
				continue // a phase is not a command
			}
		}
		do(i)
	}
}

// deviations gives what is far from usual in a run, if the passing runs agree. A single
// passing run shows what is usual only for commands that are missing altogether.
func deviations(e *Evidence) (facts []*Fact) {
	if len(e.Passing) == 0 {
		return nil
	}
	here := worksOf(e)
	usual := map[string][]time.Duration{}
	for _, p := range e.Passing {
		for name, w := range worksOf(p) {
			usual[name] = append(usual[name], w.took)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(usual)) {
		took := usual[name]
		if len(took) < len(e.Passing) {
			continue // not every passing run has it
		}
		slices.Sort(took)
		least, median := took[0], took[len(took)/2]
		w, ran := here[name]
		said := ""
		switch {
		case !ran && least >= worthMissing && !e.endedBefore(name):
			said = fmt.Sprintf("%s did not run; usually it takes %s", name, text.Duration(median.Round(time.Second)))
		case ran && least >= worthMissing && w.took*muchShorter < least:
			said = fmt.Sprintf("%s took only %s; usually it takes %s", name, text.Duration(w.took.Round(time.Millisecond)), text.Duration(median.Round(time.Second)))
		}
		if said == "" {
			continue
		}
		f := &Fact{Place: Place{Source: FromDiff, File: e.firstFile(), Span: -1}, Text: clip(said), Severity: joblog.Error, Count: 1, kind: deviation, category: Product}
		if ran {
			f.File, f.Span, f.Time = "", w.span, w.start
		}
		f.Last, f.rare = f.Time, tokensOf(said)
		facts = append(facts, f)
	}
	return facts
}

// endedBefore reports whether a failed run may have ended before the command's turn. Then
// the missing command is not a cause. Only later commands of the same program count.
func (e *Evidence) endedBefore(name string) bool {
	program, _, _ := strings.Cut(name, " ")
	order := map[string]time.Time{}
	for _, p := range e.Passing[:1] {
		for n, w := range worksOf(p) {
			order[n] = w.start
		}
	}
	for n, w := range worksOf(e) {
		if strings.HasPrefix(n, program+" ") && order[n].After(order[name]) && !tearDownText.MatchString(n) && w.took > 0 {
			return false // a later command ran
		}
	}
	return true
}

// firstFile is the first file to look at for something that is missing.
func (e *Evidence) firstFile() string {
	if len(e.Logs) > 0 {
		return e.Logs[0].Name
	}
	return "prowjob.json"
}
