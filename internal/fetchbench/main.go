// Command fetchbench measures how close fetching comes to the limit of the network,
// and how other tools do on the same line.
//
//	fetchbench [-sets ABCD] [-rounds 5] [-tools all] [-dir DIR] [-transports]
//	fetchbench -judge [-rounds 5] [-steps]
//	fetchbench history [-rounds 5]
//
// It serves sets of objects in this process, by HTTPS, behind a line of 40 ms
// round trip time, 20 MB/s a connection and 200 MB/s in all (see [Link]), lets
// each tool fetch each set into a new directory, and prints a table. Tools run
// as processes of their own, one after the other, in turn within a round; the
// table has the medians of the rounds. Tools that are not installed are left
// out; it never installs, and never leaves this machine.
//
// What a figure means:
//
//   - seconds: from the start of the process to its end, so a tool's own start counts.
//   - × bound: seconds over the time that a simple model needs, see [set.bound].
//   - × floor: seconds over the time that no client can stay under, see [set.floor].
//   - memory: the largest resident set of the process, or of the largest of its
//     children. The pages of memory-mapped files would count.
//   - CPU: seconds of all processors, user and system, of the process and its
//     children. The server's and the line's share, on the same machine, is apart.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	var err error
	// The tools that are part of this program, and the process that measures a tool.
	parts := map[string]func(args []string) error{
		"history": benchHistory, "past": runHistory, "measure": measure, "prowtrace": runProwtrace, "curl": runCurl, "nethttp": runNetHTTP, "judge": runJudge,
	}
	if len(os.Args) > 1 && parts[os.Args[1]] != nil {
		err = parts[os.Args[1]](os.Args[2:])
	} else {
		err = bench(os.Args[1:])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fetchbench:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	sets, tools string
	rounds      int
	dir         string
	plain       bool
	transports  bool

	connections, parallel int // 0: as prowtrace has them
	profile               string

	judge, steps bool
}

func bench(args []string) error {
	var o options
	flags := flag.NewFlagSet("fetchbench", flag.ExitOnError)
	flags.StringVar(&o.sets, "sets", "ABCD", "letters of the sets")
	flags.StringVar(&o.tools, "tools", "", "names of the tools, with commas between (default all that are installed)")
	flags.IntVar(&o.rounds, "rounds", 5, "how often each tool fetches each set")
	flags.StringVar(&o.dir, "dir", "", "where the tools write (default the temporary directory; a disk in memory leaves the disk out of the figures)")
	flags.BoolVar(&o.plain, "plain", false, "serve HTTP instead of HTTPS; for systems where SSL_CERT_FILE means nothing")
	flags.BoolVar(&o.transports, "transports", false, "compare forms of transport under Go's net/http instead of tools")
	flags.IntVar(&o.connections, "connections", 0, "of prowtrace (default its own)")
	flags.IntVar(&o.parallel, "parallel", 0, "downloads under way together in prowtrace (default its own)")
	flags.StringVar(&o.profile, "profile", "", "`file` for a CPU profile of prowtrace's last run")
	flags.BoolVar(&o.judge, "judge", false, "measure how long a link takes to a finding, instead of fetching")
	flags.BoolVar(&o.steps, "steps", false, "with -judge, print when each step of judging came")
	flags.Parse(args)
	if flags.NArg() > 0 || o.rounds < 1 {
		return errors.New("want no arguments but flags, and at least one round")
	}

	if o.judge {
		var err error
		if o.dir, err = os.MkdirTemp(o.dir, "fetchbench-"); err != nil {
			return err
		}
		defer os.RemoveAll(o.dir)
		return o.benchJudge()
	}
	tools, err := o.choose()
	if err != nil {
		return err
	}
	if o.dir, err = os.MkdirTemp(o.dir, "fetchbench-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.dir)
	fmt.Println(header)
	for _, s := range sets {
		if strings.Contains(o.sets, s.name) {
			if err := o.benchSet(s, tools); err != nil {
				return fmt.Errorf("set %s: %w", s.name, err)
			}
		}
	}
	return nil
}

// benchSet lets all tools fetch one set and prints their lines.
func (o options) benchSet(s set, tools []tool) error {
	p, err := newServer(s, o)
	if err != nil {
		return err
	}
	defer p.close()
	runs := make([][]figures, len(tools))
	for round := range o.rounds {
		for i, t := range tools {
			fmt.Fprintf(os.Stderr, "\r\x1b[Kset %s, round %d of %d: %s ", s.name, round+1, o.rounds, t.name)
			f, err := p.run(t)
			if err != nil {
				fmt.Fprintf(os.Stderr, "\r\x1b[Kset %s: %s failed: %v\n", s.name, t.name, err)
				continue
			}
			runs[i] = append(runs[i], f)
		}
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	for i, t := range tools {
		fmt.Println(line(s, o, t, runs[i]))
	}
	return nil
}

const header = `| set | tool | seconds | (fastest–slowest) | × bound | × floor | memory | CPU | server's CPU |
|---|---|---:|---|---:|---:|---:|---:|---:|`

func line(s set, o options, t tool, runs []figures) string {
	if len(runs) == 0 {
		return fmt.Sprintf("| %s | %s | failed | | | | | | |", s.name, t.name)
	}
	m := medians(runs)
	fastest, slowest := extremes(runs)
	return fmt.Sprintf("| %s | %s | %.2f | (%.2f–%.2f) | %.2f | %.2f | %d MB | %.2f s | %.2f s |",
		s.name, t.name, m.Wall.Seconds(), fastest.Seconds(), slowest.Seconds(),
		ratio(m.Wall, s.bound(o)), ratio(m.Wall, s.floor(o)),
		m.Memory/1e6, m.CPU.Seconds(), m.Server.Seconds())
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
