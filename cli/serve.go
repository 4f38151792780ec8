package cli

import (
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"prowtrace/internal/text"
	"prowtrace/serve"
	"prowtrace/serve/remote"
	"prowtrace/serve/viewer"
)

// newServe makes the command that serves on fixed addresses and starts nothing.
func newServe(s Streams) *cobra.Command {
	r := newRequest(s)
	r.patience = besideFirst
	var storage, listen string
	var compare judgeFlags
	forTeam := newTeamServe(&r)
	c := &cobra.Command{
		Use:   "serve [WHAT…]",
		Short: "Serve traces to your own Jaeger or Grafana, or to a team",
		Long: `serve WHAT fetches and loads a run like prowtrace itself, then serves it until
Ctrl-C: as a Jaeger remote storage (v2 and v1) on --storage-listen, and in the
built-in pages on --listen. Anyone who reaches these addresses can read the traces.

serve without WHAT is a server for a team. Its start page takes a pasted link or
the name of a job. Its paths are those of Prow, such as /view/gs/BUCKET/…: to open
a run, change the host of its link. A run is loaded when it is first opened. The
server reads only the public buckets of known Prows, without credentials;
--allow-bucket changes that. It has no login: docs/server.md shows how to put it
behind a proxy that has one.`,
		Example: `  prowtrace serve e2e-kops-aws-distro-deb13
  prowtrace serve --listen :8080 --host prowtrace.example.com`,
		RunE: func(c *cobra.Command, args []string) error {
			ctx := c.Context()
			if storage == "none" {
				storage = ""
			} else if err := checkAddress("storage-listen", storage, "127.0.0.1:17271, or none"); err != nil {
				return err
			}
			if err := checkAddress("listen", listen, "127.0.0.1:16680"); err != nil {
				return err
			}
			if len(args) == 0 {
				return forTeam.run(ctx, c.Flags(), storage, listen, compare)
			}
			if err := forTeam.unused(c.Flags()); err != nil {
				return err
			}
			if err := r.open(ctx); err != nil {
				return err
			}
			defer r.close()
			refs, err := r.parse(ctx, args)
			if err != nil {
				return err
			}
			// Taken ports are told before anything is downloaded.
			servers, err := serve.Listen(ctx, storage, listen)
			if err != nil {
				return err
			}
			defer servers.Close()
			loaded, err := r.load(ctx, refs)
			if err != nil {
				return err
			}
			defer loaded.Close()
			g, ctx := errgroup.WithContext(ctx)
			judges := r.newJudges(loaded, compare)
			judges.masked = !local(listen)
			judges.run(ctx, g)
			g.Go(func() error {
				r.joinLogs(ctx, g, loaded, judges)
				view, release := loaded.Acquire()
				page := builtinPage(view, "http://"+servers.Viewer()+"/", loaded.Inputs...)
				release()
				if err := printAddresses(s.Out, servers.Storage(), page); err != nil {
					return err
				}
				if hint := sshHint(s.Getenv, page); hint != "" {
					r.note("%s", hint)
				}
				r.note("Press Ctrl-C to end.")
				return servers.Run(ctx, remote.NewServer(loaded.Shared), viewer.New(loaded.Shared, judges.show(r.pageInfo(loaded.Inputs))))
			})
			return g.Wait()
		},
	}
	r.register(c.Flags())
	r.registerJoin(c.Flags())
	compare.register(c.Flags())
	named(c.Flags(), &storage, "storage-listen", "127.0.0.1:17271", "HOST:PORT", "address of the Jaeger storage; none: no storage")
	named(c.Flags(), &listen, "listen", "127.0.0.1:16680", "HOST:PORT", "address of the built-in pages")
	forTeam.register(c.Flags())
	return c
}

// checkAddress refuses what is no HOST:PORT. An empty value would stand for some port of all
// addresses of this machine, where somebody may have meant none.
func checkAddress(flag, value, example string) error {
	_, port, err := net.SplitHostPort(value)
	if _, e := strconv.ParseUint(port, 10, 16); err == nil && e == nil {
		return nil
	}
	return usageError{fmt.Errorf("invalid --%s %s", flag, text.Quote(value, maxQuoted)), "write HOST:PORT, as in --" + flag + " " + example}
}

// printAddresses says where a server listens, for programs.
func printAddresses(w io.Writer, storage, pages string) error {
	if storage != "" {
		storage = "storage " + storage + "\n"
	}
	if _, err := fmt.Fprintf(w, "%spages %s\n", storage, pages); err != nil {
		return fmt.Errorf("cannot write the addresses: %w", err)
	}
	return nil
}

// local reports whether an address is reached from this machine only.
func local(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
