package cli

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/triage/report"
)

// judgeFlags say what a run is compared with when it is judged.
type judgeFlags struct {
	baseline string
	number   int
}

func (j *judgeFlags) register(f *pflag.FlagSet) {
	named(f, &j.baseline, "baseline", session.BaselineAuto, "auto|none|RUN", "compare with the last passing runs (auto), with none, or with this run")
	j.number = 3
	f.VarP(countValue{&j.number}, "number", "n", "compare with this many passing runs")
}

// judging is how the runs of a request are judged.
func (r *request) judging(j judgeFlags) session.Judging {
	return session.Judging{
		Known: r.knownErrors(), Baseline: j.baseline, Number: j.number,
		Page: func(run prow.Run) string { return runPage(r.known, run) },
	}
}

// judge judges the runs that are shown, as tasks of g, and says what broke first in each:
// by what a run itself tells, and once more where the passing runs change that. Nothing
// waits for it. The function that it gives judges once more those whose files have come
// late; it must be called once, when they have come or will not come.
func (r *request) judge(ctx context.Context, g *errgroup.Group, loaded *session.Loaded, flags judgeFlags) (again func(came bool)) {
	o := r.judging(flags)
	o.Mark = true
	var late []func(came bool)
	for _, in := range loaded.Inputs {
		if !in.IsRun() {
			continue // nothing tells how it ended
		}
		o := o
		say := firstFinding{name: in.Title(), note: r.note}
		if len(loaded.Inputs) == 1 {
			say.name = ""
		}
		o.Tell = say.hear
		judge := func() {
			if _, err := loaded.Judge(ctx, in, o); err != nil && ctx.Err() == nil {
				r.note("%s could not be judged: %s", in.Title(), oneLine(err))
			}
		}
		first := make(chan struct{})
		g.Go(func() error {
			defer close(first)
			judge()
			return nil
		})
		late = append(late, func(came bool) {
			if came && in.Late() > 0 {
				<-first
				judge()
			}
		})
	}
	return func(came bool) {
		for _, judge := range late {
			g.Go(func() error { judge(came); return nil })
		}
	}
}

// firstFinding says what broke first in a run, as soon as that is known.
type firstFinding struct {
	name string // of the run, where there are several
	note func(string, ...any)
	said string
}

// hear hears of a step of judging.
func (f *firstFinding) hear(step session.Judged) {
	if !step.Logs || len(step.Summary.Findings) == 0 {
		return
	}
	title := step.Summary.Findings[0].Title
	if title == f.said {
		return
	}
	words := "What broke first"
	switch {
	case f.said == "":
	case step.Compared > 0:
		words = "Compared with " + text.Count(step.Compared, "passing run") + ", what broke first is"
	default:
		words = "By further files, what broke first is"
	}
	if f.name != "" {
		words = f.name + ": " + words
	}
	f.said = title
	f.note("%s: %s", words, told(&step.Summary.Findings[0]))
}

// told is a finding in a line.
func told(f *report.Finding) string {
	said := fmt.Sprintf("%s (%s, %s confidence", text.Line(f.Title), f.Category, f.Confidence)
	if place := f.Evidence[0].Place(); place != "" {
		said += ", " + place
	}
	return said + ")"
}
