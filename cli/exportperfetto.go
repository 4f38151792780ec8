package cli

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"prowtrace/launch"
	"prowtrace/serve"
)

// openPerfetto is the only value of --open.
const openPerfetto = "perfetto"

// handOver opens Perfetto's page, which fetches the spans from this machine: from the one
// port that it may ask, once.
func (e *exportCommand) handOver(ctx context.Context, address string, write func(context.Context, io.Writer) error) error {
	h, err := serve.ListenOnce(ctx, address, launch.PerfettoOrigin, ".pftrace", write)
	if err != nil {
		return advised{err, "Perfetto's page fetches traces from this port only: stop the program that listens there, or write a file with --format perfetto -o FILE and open it in the page"}
	}
	if _, err := fmt.Fprintln(e.streams.Out, launch.PerfettoLink(h.URL())); err != nil {
		h.Close()
		return fmt.Errorf("cannot write the address: %w", err)
	}
	e.note("Perfetto's page fetches the trace from this machine once; nothing is sent elsewhere. Press Ctrl-C to stop waiting.")
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.Run(ctx) })
	g.Go(func() error {
		if e.streams.Getenv("CI") != "" {
			return nil
		}
		if err := launch.Perfetto(ctx, h.URL()); err != nil && ctx.Err() == nil {
			e.note("%v: open the address above in a browser on this machine", err)
		}
		return nil
	})
	return g.Wait()
}
