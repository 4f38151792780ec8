// Command benchtable prints how prowtrace keeps its budgets, as one table in markdown.
//
//	benchtable [-rounds 3] [-old COMMIT] [-peer DIR]
//
// It runs the benchmarks that lie beside the code, on the same million spans, some
// rounds one after the other, and prints the medians. With -old, the same benchmarks of
// an older commit run in turn with ours, from a temporary work tree; what that commit
// does not measure stays empty. With -peer, kOps' trace server is built from DIR and
// loads the same files; DIR itself is not changed.
//
// Figures vary with the machine and its load. Compare ratios within one run.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
)

func main() {
	rounds := flag.Int("rounds", 3, "how often each benchmark runs")
	old := flag.String("old", "", "`commit` to measure beside")
	peer := flag.String("peer", "", "`directory` of kOps' tools/otel/traceserver")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, os.Stdout, *rounds, *old, *peer); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, w io.Writer, rounds int, old, peer string) error {
	temp, err := os.MkdirTemp("", "prowtrace-benchtable-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	spans := filepath.Join(temp, "spans")
	if _, err := output(ctx, ".", "go", "run", "./testdata/gen", "-scale", "1m", "-out", spans); err != nil {
		return fmt.Errorf("cannot make spans to measure on: %w", err)
	}
	t := table{rounds: rounds, peer: peer != ""}
	if t.now, err = checkout(ctx, ".", filepath.Join(temp, "now")); err != nil {
		return err
	}
	sides := []*side{t.now}
	if old != "" {
		tree := filepath.Join(temp, "tree")
		if _, err := output(ctx, ".", "git", "worktree", "add", "--detach", tree, old); err != nil {
			return fmt.Errorf("cannot check out the older commit: %w", err)
		}
		defer exec.Command("git", "worktree", "remove", "--force", tree).Run()
		if t.old, err = checkout(ctx, tree, filepath.Join(temp, "old")); err != nil {
			return err
		}
		sides = append(sides, t.old)
	}
	var server string
	if peer != "" {
		if server, err = buildPeer(ctx, peer, temp); err != nil {
			return err
		}
	}
	for round := range rounds {
		for _, s := range suites {
			for _, side := range sides {
				fmt.Fprintf(os.Stderr, "round %d of %d: %s at %s\n", round+1, rounds, s.dir, side.commit)
				side.run(ctx, s, spans)
			}
		}
		if server != "" {
			fmt.Fprintf(os.Stderr, "round %d of %d: the peer\n", round+1, rounds)
			took, err := timePeer(ctx, server, spans)
			if err != nil {
				return err
			}
			t.now.results.add(peerLoad, took.Seconds()*1e9)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	t.machine = fmt.Sprintf("%s, %s/%s, %d processors", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	return t.write(w)
}

// output runs a command and gives what it prints; an error says what it complained of.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(complaints.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
