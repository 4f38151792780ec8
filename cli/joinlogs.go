package cli

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"prowtrace/session"
)

// logsFirst is how long pages wait for the logs that belong to the traces. Those that
// come later make the page load again.
const logsFirst = time.Second

// joinLogs makes what the logs of the runs tell a part of their traces, as a task of g. It
// returns when that is done, after a while, or with ctx.
func (r *request) joinLogs(ctx context.Context, g *errgroup.Group, loaded *session.Loaded) {
	done := make(chan struct{})
	g.Go(func() error {
		defer close(done)
		if err := loaded.JoinLogs(ctx); err != nil && ctx.Err() == nil {
			r.note("The traces are shown without the logs: %s", oneLine(err))
		}
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
