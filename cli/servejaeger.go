package cli

import (
	"context"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/serve/remote"
	"prowtrace/session"
)

// keptRuns are those that the Jaeger storage of a team's server serves: these, or all that
// are loaded where there are none.
type keptRuns []prow.Ref

// keptRuns reads --jaeger-runs.
func (t *teamServe) keptRuns() (kept keptRuns, err error) {
	for _, arg := range t.jaeger {
		ref, err := session.Parse(t.r.known, arg)
		if err == nil && ref.Kind != prow.KindRun {
			err = usageError{hint: "paste the link of a run's page", err: &notRunError{arg}}
		}
		if err != nil {
			return nil, err
		}
		kept = append(kept, prow.Ref{Kind: prow.KindRun, Run: ref.Run})
	}
	return kept, nil
}

// notRunError: an argument is not one run.
type notRunError struct{ given string }

func (e *notRunError) Error() string {
	return "invalid --jaeger-runs " + text.Quote(e.given, maxQuoted) + ": it is not one run"
}

// hold opens the runs, and keeps them loaded until ctx ends. One that cannot be had is told,
// and keeps no other back.
func (k keptRuns) hold(ctx context.Context, runs *session.OpenRuns, log *slog.Logger) error {
	var g errgroup.Group
	for _, ref := range k {
		g.Go(func() error {
			run, err := runs.Open(ctx, ref)
			if err != nil {
				if ctx.Err() == nil {
					log.Warn("a run is missing in the Jaeger storage", "run", ref.Run.URL(), "error", oneLine(err))
				}
				return nil
			}
			defer run.Release()
			<-ctx.Done()
			return nil
		})
	}
	return g.Wait()
}

// of gives the runs that are there when a request comes.
func (k keptRuns) of(runs *session.OpenRuns) func() []remote.Run {
	wanted := map[prow.Run]bool{}
	for _, ref := range k {
		wanted[ref.Run] = true
	}
	return func() (all []remote.Run) {
		for _, run := range runs.Loaded() {
			of := run.Ref().Run
			if len(wanted) > 0 && !wanted[of] {
				run.Release()
				continue
			}
			all = append(all, remote.Run{Shared: run.Loaded().Shared, Job: of.Job, Build: of.Build, Release: run.Release})
		}
		return all
	}
}
