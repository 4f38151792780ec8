package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/launch"
	"prowtrace/serve"
	"prowtrace/serve/remote"
	"prowtrace/serve/viewer"
	"prowtrace/session"
)

// The values of --ui.
const (
	uiAuto    = "auto"    // Jaeger if there is one, else the built-in pages
	uiJaeger  = "jaeger"  // Jaeger or an error
	uiBuiltin = "builtin" // the built-in pages
	uiNone    = "none"    // serve, open nothing
)

// viewCommand is the main job: fetch, load, serve, open.
type viewCommand struct {
	request
	ui        string
	jaeger    string
	noBrowser bool
	listen    string // of the page that is opened; "" is any free port
	port      int    // of listen
	compare   judgeFlags
}

func newView(s Streams) *viewCommand {
	v := &viewCommand{request: newRequest(s)}
	v.patience = besideFirst
	return v
}

func (v *viewCommand) command(use string) *cobra.Command {
	c := &cobra.Command{
		Use:   use,
		Short: "Fetch and open the traces of a job (the default command)",
		Example: `  prowtrace view e2e-kops-aws-distro-deb13
  prowtrace view --ui builtin --no-browser kops#18000`,
		Args: atLeastOne,
		RunE: func(c *cobra.Command, args []string) error { return v.run(c.Context(), args) },
	}
	v.register(c.Flags())
	v.registerJoin(c.Flags())
	v.compare.register(c.Flags())
	choice(c.Flags(), &v.ui, "ui", uiAuto, "what to open: auto (Jaeger if there is one, else the built-in pages), jaeger, builtin (the built-in pages) or none", uiAuto, uiJaeger, uiBuiltin, uiNone)
	named(c.Flags(), &v.jaeger, "jaeger", "", fileValue, "the Jaeger to start: a path or the name of jaeger, jaeger-query, jaeger-all-in-one, docker, podman or nerdctl")
	named(c.Flags(), &v.listen, "listen", "", "HOST:PORT", "address of the page, such as 127.0.0.1:16680 (default: any free port)")
	c.Flags().BoolVar(&v.noBrowser, "no-browser", false, "print the address and open no browser")
	return c
}

func (v *viewCommand) run(ctx context.Context, args []string) error {
	if err := v.checkListen(); err != nil {
		return err
	}
	if err := v.request.open(ctx); err != nil {
		return err
	}
	defer v.close()
	refs, err := v.parse(ctx, args)
	if err != nil {
		return err
	}
	var found launch.Jaeger
	var missing error
	if v.jaeger != "" { // asked for by name: better to know before the download
		if found, err = v.find(ctx); err != nil {
			return usageError{err: err}
		}
	}
	var loaded *session.Loaded
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { // looking for Jaeger runs programs: do it beside the download
		if v.jaeger != "" {
			return nil
		}
		if found, missing = v.find(inner); v.ui == uiJaeger {
			return missing
		}
		return nil
	})
	g.Go(func() (err error) { loaded, err = v.load(inner, refs); return err })
	err = g.Wait()
	if loaded != nil {
		defer loaded.Close()
	}
	if err != nil {
		return err
	}
	return v.serve(ctx, loaded, found, missing)
}

// checkListen refuses an address that cannot be one. Jaeger's page is for this machine
// only.
func (v *viewCommand) checkListen() error {
	if v.listen == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(v.listen)
	if n, e := strconv.ParseUint(port, 10, 16); err == nil && e == nil {
		v.port = int(n)
	} else {
		return usageError{fmt.Errorf("invalid --listen %s", text.Quote(v.listen, maxQuoted)), "write HOST:PORT, as in --listen 127.0.0.1:16680"}
	}
	if host != "127.0.0.1" && host != "localhost" {
		if v.ui == uiJaeger {
			return usageError{fmt.Errorf("--listen %s is not for Jaeger, which listens on 127.0.0.1 only", text.Quote(v.listen, maxQuoted)), "use --ui builtin, or --listen 127.0.0.1:" + port}
		}
		v.ui = cmp.Or(map[string]string{uiAuto: uiBuiltin}[v.ui], v.ui)
	}
	return nil
}

// find looks for a Jaeger if one is wanted.
func (v *viewCommand) find(ctx context.Context) (launch.Jaeger, error) {
	if v.ui == uiBuiltin || v.ui == uiNone {
		return launch.Jaeger{}, nil
	}
	return launch.Find(ctx, v.launchOptions())
}

func (v *viewCommand) launchOptions() launch.Options {
	return launch.Options{Jaeger: v.jaeger, Port: v.port, Note: func(s string) { v.note("%s", s) }}
}

// serve serves until ctx ends; Jaeger, if there is one, on top of it.
func (v *viewCommand) serve(ctx context.Context, loaded *session.Loaded, found launch.Jaeger, missing error) error {
	storage := "127.0.0.1:0"
	if found.Path != "" && found.StorageHost() != "127.0.0.1" {
		storage = found.StorageHost() + ":0"
		v.note("%v runs in a virtual machine: the storage listens on the network while it runs", found)
	}
	pagesAt := "127.0.0.1:0"
	if found.Path == "" { // else Jaeger has the address that was asked for
		pagesAt = cmp.Or(v.listen, pagesAt)
	}
	servers, err := serve.Listen(ctx, storage, pagesAt)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	judges := v.newJudges(loaded, v.compare)
	pages := viewer.New(loaded.Shared, judges.show(v.pageInfo(loaded.Inputs)))
	g.Go(func() error { return servers.Run(ctx, remote.NewServer(loaded.Shared), pages) })
	judges.run(ctx, g)
	g.Go(func() error {
		v.joinLogs(ctx, g, loaded, judges)
		return v.openPage(ctx, loaded, found, missing, servers.Storage(), "http://"+servers.Viewer()+"/", pages)
	})
	return g.Wait()
}

// openPage starts Jaeger and opens the browser. Where Jaeger fails or ends, the
// built-in pages stay: address is theirs.
func (v *viewCommand) openPage(ctx context.Context, loaded *session.Loaded, found launch.Jaeger, missing error, storage, address string, pages *viewer.Viewer) error {
	// The view is let go before the wait for the end: newer ones may replace it.
	view, release := loaded.Acquire()
	builtin, spans := builtinPage(view, address, loaded.Inputs...), longest(view)
	release()
	if found.Path == "" {
		if missing != nil && v.ui == uiAuto {
			v.note("%s: showing the built-in pages (--ui jaeger explains how to get Jaeger)", oneLine(missing))
		}
		return v.show(ctx, builtin)
	}
	options := v.launchOptions()
	options.Storage, options.UI = storage, v.jaegerUI(loaded, address)
	process, err := found.Start(ctx, options)
	if err != nil {
		if ctx.Err() != nil || v.ui == uiJaeger {
			return err
		}
		v.note("%s\nUsing the built-in pages instead.", withHint(err))
		return v.show(ctx, builtin)
	}
	v.note("%v is running", found)
	if advice := tooLarge(spans, builtin); advice != "" {
		v.note("%s", advice)
	}
	if linesQuery(loaded.Inputs) != "" {
		v.note("The built-in pages show the log lines: %s", builtin)
	}
	pages.SetJaeger(process.URL)
	view, release = loaded.Acquire()
	page := jaegerPage(view, process.URL)
	release()
	if err := v.show(ctx, page); err != nil {
		return errors.Join(err, process.Stop(context.WithoutCancel(ctx)))
	}
	select {
	case <-ctx.Done():
		// Ctrl-C: the end of ctx must not cut short the graceful stop.
		return process.Stop(context.WithoutCancel(ctx))
	case <-process.Done():
		pages.SetJaeger("")
		v.note("%v\nThe built-in pages are still there: %s", process.Wait(), address)
		return nil
	}
}

// show prints the address, and opens it in the browser if that is wanted.
func (v *viewCommand) show(ctx context.Context, address string) error {
	return v.request.show(ctx, address, !v.noBrowser && v.ui != uiNone)
}

// show prints the address of a page, and opens it in the browser if that is wanted.
func (r *request) show(ctx context.Context, address string, browser bool) error {
	if _, err := fmt.Fprintln(r.streams.Out, address); err != nil {
		return fmt.Errorf("cannot write the address %s: %w", address, err)
	}
	if hint := sshHint(r.streams.Getenv, address); hint != "" {
		r.note("%s", hint)
	}
	r.note("Press Ctrl-C to end.")
	if !browser || r.streams.Getenv("CI") != "" {
		return nil
	}
	if err := launch.Browser(ctx, address); err != nil {
		r.note("%v", err)
	}
	return nil
}
