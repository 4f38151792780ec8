package cli

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/triage/report"
)

// judgeFlags say what a run is compared with when it is judged.
type judgeFlags struct {
	baseline string
	number   int
	history  int
}

// passingRuns is how many a run is compared with unless the flags say otherwise.
const passingRuns = 3

func (j *judgeFlags) register(f *pflag.FlagSet) {
	named(f, &j.baseline, "baseline", session.BaselineAuto, "auto|none|RUN", "compare with the last passing runs (auto), with none, or with this run")
	j.number = passingRuns
	f.VarP(countValue{&j.number}, "number", "n", "compare with this many passing runs")
	f.Var(countValue{&j.history}, "history", "also read the last runs of the job (20, or this many), to say since when it fails like this")
	f.Lookup("history").NoOptDefVal = "20"
}

// judging is how the runs of a request are judged.
func (r *request) judging(j judgeFlags) session.Judging {
	return session.Judging{
		Known: r.knownErrors(), Baseline: j.baseline, Number: j.number, History: j.history,
		Page: r.page,
	}
}

// judgeShown judges a run while a terminal shows how far that is.
func (r *request) judgeShown(ctx context.Context, loaded *session.Loaded, in *session.Input, how session.Judging) (*report.Summary, error) {
	stage := &stage{said: "reading the logs"}
	defer r.shown.during(stage.say)()
	how.Tell = stage.judged
	return loaded.Judge(ctx, in, how)
}

// page is the address of a run's page.
func (r *request) page(run prow.Run) string { return runPage(r.known, run) }

// judges judge the runs that are shown, and say what broke first in each: on standard error,
// and on the pages. Nothing waits for them.
type judges struct {
	r      *request
	loaded *session.Loaded
	all    []*judge
	masked bool // the pages are for others
	differ differences
}

// judge judges one run.
type judge struct {
	in      *session.Input
	how     session.Judging
	said    firstFinding
	shown   viewer.Judging
	last    viewer.Judgement
	done    chan struct{} // closed when it has been judged first
	awaited bool          // files of it are late: it is judged once more
}

func (r *request) newJudges(loaded *session.Loaded, flags judgeFlags) *judges {
	j := &judges{r: r, loaded: loaded, differ: differences{r: r, loaded: loaded}}
	for _, in := range loaded.Inputs {
		if !in.IsRun() {
			continue // nothing tells how it ended
		}
		one := &judge{in: in, how: r.judging(flags), said: firstFinding{note: r.note}, done: make(chan struct{}), awaited: in.Late() > 0 && !r.offline}
		if len(loaded.Inputs) > 1 {
			one.said.name = in.Title()
		}
		one.how.Mark = true
		j.all = append(j.all, one)
	}
	return j
}

// show gives the pages what is said of their runs.
func (j *judges) show(info viewer.Info) viewer.Info {
	for _, one := range j.all {
		if len(info.Jobs) == 0 {
			info.Judged = one.shown.Next
		}
		for i := range info.Jobs {
			if info.Jobs[i].Trace == one.in.Trace {
				info.Jobs[i].Judged = one.shown.Next
			}
		}
	}
	j.differ.masked = j.masked
	return j.differ.show(info)
}

// run judges all, as tasks of g.
func (j *judges) run(ctx context.Context, g *errgroup.Group) {
	for _, one := range j.all {
		g.Go(func() error {
			defer close(one.done)
			j.judge(ctx, one, !one.awaited)
			return nil
		})
	}
}

// again judges once more those of which late files came. It must be called once, when they
// have come or will not come.
func (j *judges) again(ctx context.Context, g *errgroup.Group, came bool) {
	for _, one := range j.all {
		if !one.awaited {
			continue
		}
		g.Go(func() error {
			<-one.done
			if came {
				j.judge(ctx, one, true)
			}
			one.last.Final = true
			one.shown.Set(one.last)
			return nil
		})
	}
}

// judge judges a run and tells what is said. Pages wait until the last of it is final.
func (j *judges) judge(ctx context.Context, one *judge, last bool) {
	o := one.how
	o.Tell = func(step session.Judged) {
		one.said.hear(step)
		one.last = viewer.Judgement{Summary: step.Summary, Compared: step.Compared, ToCompare: step.ToCompare, Final: step.Final && last}
		if j.masked {
			one.last.Summary = step.Summary.Masked()
		}
		one.shown.Set(one.last)
	}
	if _, err := j.loaded.Judge(ctx, one.in, o); err != nil {
		one.last.Failed = oneLine(err)
		if ctx.Err() == nil {
			j.r.note("cannot judge %s: %s", one.in.Title(), oneLine(err))
		}
	}
	if last && !one.last.Final {
		one.last.Final = true
		one.shown.Set(one.last)
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
		words = "With more files, what broke first is"
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
