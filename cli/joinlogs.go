package cli

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/session"
)

// logsFirst is how long pages wait for the logs that belong to the traces. Those that
// come later make the page load again.
const logsFirst = time.Second

// besideFirst is how long pages wait for files beside the traces, such as JUnit files,
// after these. Most runs have all within a round trip or two; 20,000 files take half a
// minute, and make the page load again.
const besideFirst = 2 * time.Second

// fetchRest brings the files that the pages did not wait for, and reports whether some
// came.
func (r *request) fetchRest(ctx context.Context, loaded *session.Loaded) (came bool) {
	files := 0
	for _, in := range loaded.Inputs {
		files += in.Late()
	}
	if files == 0 || r.offline {
		return false
	}
	r.note("still downloading %s, such as JUnit files: the pages show them later", text.Count(files, "file"))
	came, err := loaded.FetchRest(ctx)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		r.note("Showing the traces without these files: %s", oneLine(err))
	case came:
		r.note("These files are downloaded.")
	}
	return came
}

// joinLogs makes what the logs of the runs tell a part of their traces, as a task of g. It
// returns when that is done, after a while, or with ctx. Runs whose files came late are
// judged again.
func (r *request) joinLogs(ctx context.Context, g *errgroup.Group, loaded *session.Loaded, judges *judges) {
	done := make(chan struct{})
	g.Go(func() error {
		err := loaded.JoinLogs(ctx)
		close(done)
		if err != nil && ctx.Err() == nil {
			r.note("Showing the traces without the logs: %s", oneLine(err))
		}
		judges.again(ctx, g, r.fetchRest(ctx, loaded))
		return nil
	})
	late := time.NewTimer(logsFirst)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
	case <-ctx.Done():
	}
}
