package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/prow/link"
	"prowtrace/serve"
	"prowtrace/serve/viewer"
	"prowtrace/triage/history"
)

// openedPage says whether and where an answer is shown as a page.
type openedPage struct {
	open      bool
	listen    string
	noBrowser bool
}

func (p *openedPage) register(f *pflag.FlagSet) {
	f.BoolVar(&p.open, "open", false, "show a page in the browser, until Ctrl-C")
	named(f, &p.listen, "listen", "", "HOST:PORT", "with --open, address of the page on this machine, such as 127.0.0.1:16680 (default: any free port)")
	f.BoolVar(&p.noBrowser, "no-browser", false, "with --open, print the address and open no browser")
}

// check refuses flags that exclude each other. The page is for this machine only.
func (p *openedPage) check(output string) error {
	switch {
	case p.open && output != asText:
		return usageError{fmt.Errorf("--open and --output %s cannot be combined", output), "use one of them"}
	case !p.open && (p.listen != "" || p.noBrowser):
		return usageError{errors.New("--listen and --no-browser need a page"), "add --open"}
	case p.listen != "" && !local(p.listen):
		return usageError{fmt.Errorf("invalid --listen %s: the page is for this machine only", text.Quote(p.listen, maxQuoted)), "write 127.0.0.1:PORT, as in --listen 127.0.0.1:16680"}
	}
	return nil
}

// serve shows a history as a page until ctx ends.
func (c *historyCommand) serve(ctx context.Context, h *history.History) error {
	servers, err := serve.ListenPages(ctx, cmp.Or(c.page.listen, "127.0.0.1:0"))
	if err != nil {
		return err
	}
	c.linkRuns(h)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return servers.Run(ctx, nil, viewer.NewHistory(h)) })
	g.Go(func() error { return c.show(ctx, "http://"+servers.Viewer()+"/", !c.page.noBrowser) })
	return g.Wait()
}

// linkRuns makes the addresses of runs those of pages. Where the Prow of a bucket is not
// known, kubernetes' Prow shows its runs if it is public.
func (c *historyCommand) linkRuns(h *history.History) {
	for _, j := range h.Jobs {
		for i := range j.Runs {
			if ref, err := link.Parse(c.known, j.Runs[i].URL); err == nil {
				j.Runs[i].URL = runPage(c.known, ref.Run)
			}
		}
	}
}
