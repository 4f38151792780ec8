package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
)

// runsCommand lists the latest runs of a job.
type runsCommand struct {
	request
	number int
	asJSON bool
}

func newRuns(s Streams) *cobra.Command {
	r := &runsCommand{request: newRequest(s)}
	c := &cobra.Command{
		Use:   "runs JOB",
		Short: "List the latest runs of a job or of a pull request",
		Long: `runs lists the latest runs of a job (its name, or any link to it or to one of
its runs) or of a pull request (its link, or kops#18000), the newest first.`,
		Example: `  prowtrace runs e2e-kops-aws-distro-deb13
  prowtrace runs --failed --after 2025-03-01 kops#18000`,
		Args: oneJob,
		RunE: func(c *cobra.Command, args []string) error { return r.run(c.Context(), args[0]) },
	}
	r.registerStore(c.Flags())
	r.choice.registerFilters(c.Flags(), "only runs")
	r.number = 20
	c.Flags().VarP(countValue{&r.number}, "number", "n", "number of runs")
	c.Flags().BoolVar(&r.asJSON, "json", false, "print JSON objects, one per line")
	return c
}

func (r *runsCommand) run(ctx context.Context, arg string) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	defer r.close()
	refs, err := r.session.ParseAsking(ctx, []string{arg})
	if err != nil {
		return err
	}
	if len(refs) > 1 {
		return usageError{fmt.Errorf("%s shows %s", text.Line(arg), text.Count(len(refs), "job")), "name one of them: " + jobNames(refs)}
	}
	ref := refs[0]
	if ref.Kind == prow.KindPath || ref.Kind == prow.KindStdin {
		return usageError{fmt.Errorf("cannot list runs of %s: it is on this machine, not a job", text.Line(arg)),
			"name a job, or paste a link: prowtrace runs e2e-kops-aws-distro-deb13"}
	}
	done := r.shown.during(func() string { return "looking for runs" })
	runs, err := r.session.Runs(ctx, ref, r.number)
	done()
	if err != nil {
		return err
	}
	if r.asJSON {
		return r.printJSON(runs)
	}
	return r.print(runs, time.Now())
}

func (r *runsCommand) print(runs []find.RunInfo, now time.Time) error {
	var t text.Table
	several := slices.ContainsFunc(runs, func(run find.RunInfo) bool { return run.Job != runs[0].Job })
	row := func(build, job string, cells ...string) {
		name := []string{text.Line(build)}
		if several {
			name = append(name, text.Line(job))
		}
		t.Row(append(name, cells...)...)
	}
	row("BUILD", "JOB", "STARTED (UTC)", "AGO", "DURATION", "RESULT", "TRACES", "LINK")
	for _, run := range runs {
		started, age, took := "?", "?", ""
		if !run.Started.IsZero() {
			started, age = run.Started.UTC().Format("2006-01-02 15:04"), text.Age(now.Sub(run.Started))
		}
		if run.Took != 0 {
			took = text.Duration(run.Took)
		}
		traces := "no"
		if run.Traces {
			traces = "yes"
		}
		page := "?"
		if run.Root != "" {
			page = link.Page(r.known, run.Run)
		}
		row(run.Build, run.Job, started, age, took, outcome(run), traces, text.Line(page))
	}
	if err := r.streams.table(&t); err != nil {
		return err
	}
	for _, run := range runs {
		if run.Err != nil {
			r.note("%s: %v", run.Build, run.Err)
		}
	}
	return nil
}

func outcome(run find.RunInfo) string {
	if run.State == runfile.Unknown {
		return "?"
	}
	return string(run.State)
}

func (r *runsCommand) printJSON(runs []find.RunInfo) error {
	enc := json.NewEncoder(r.streams.Out)
	enc.SetEscapeHTML(false)
	for _, run := range runs {
		row := struct {
			Job      string     `json:"job"`
			Build    string     `json:"build"`
			Bucket   string     `json:"bucket"`
			Root     string     `json:"root"`
			Started  *time.Time `json:"started"`
			Finished *time.Time `json:"finished"`
			Seconds  float64    `json:"duration_seconds"`
			Result   string     `json:"result"`
			Traces   bool       `json:"traces"`
			Link     string     `json:"link"`
			Error    string     `json:"error"`
		}{Job: run.Job, Build: run.Build, Bucket: run.Bucket, Root: run.Root, Started: timeOrNull(run.Started), Finished: timeOrNull(run.Finished),
			Seconds: run.Took.Seconds(), Result: string(run.State), Traces: run.Traces}
		if run.Root != "" {
			row.Link = link.Page(r.known, run.Run)
		}
		if run.Err != nil {
			row.Error = run.Err.Error()
		}
		if err := enc.Encode(row); err != nil {
			return fmt.Errorf("cannot write the output: %w", err)
		}
	}
	return nil
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// jobNames lists the jobs of references.
func jobNames(refs []prow.Ref) string {
	var names []string
	for _, ref := range refs {
		names = append(names, text.Name(ref.Job))
	}
	return strings.Join(names, ", ")
}
