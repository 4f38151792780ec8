package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A suite is benchmarks of one package that run together.
type suite struct {
	dir       string // of the package, below the repository
	pattern   string // of the benchmarks; SPANS stands for the directory of the spans
	benchtime string
	count     string // how often in a round
}

var suites = []suite{
	{"trace", "^Benchmark(Load|Bound)$/^(|read|crc)$", "1s", "1"},
	{"trace", "^BenchmarkShapes$/^(one-file|flat)$", "1s", "1"},
	{"trace/join", "^BenchmarkMake$/^load$|^BenchmarkMake$/^join$/^time$|^BenchmarkMemory$", "1s", "1"},
	{"trace/query", "^BenchmarkFindBox$/SPANS/^(nonexistent|url.full~nope.*|regexp)$", "1s", "1"},
	{"trace/analysis", "^BenchmarkAnalyses$", "1s", "1"},
	{"serve/remote", "^BenchmarkRPC$/SPANS/^v2$/^GetTraces$", "100x", "1"},
	{"serve/remote", "^BenchmarkBeside$", "100x", "1"},
	{"serve/viewer/browsertest", "^BenchmarkLargeTrace$", "1x", "3"}, // the first of them starts the browser
}

// A side is one commit with its results.
type side struct {
	tree     string // its work tree
	binaries string // directory of its test binaries
	commit   string
	results  results
}

// checkout builds the test binaries of a work tree. A package that does not build is
// told of and left out: an older commit may not have it.
func checkout(ctx context.Context, tree, binaries string) (*side, error) {
	commit, err := output(ctx, tree, "git", "rev-parse", "--short", "HEAD")
	if err != nil {
		return nil, err
	}
	if changed, err := output(ctx, tree, "git", "status", "--porcelain"); err != nil || changed != "" {
		commit += " with changes"
	}
	fmt.Fprintf(os.Stderr, "building the benchmarks at %s\n", commit)
	s := &side{tree, binaries, commit, results{}}
	for _, suite := range suites {
		if _, err := os.Stat(s.binary(suite)); err == nil {
			continue
		}
		dir := filepath.Join(tree, suite.dir)
		if _, err := os.Stat(dir); err != nil {
			fmt.Fprintf(os.Stderr, "there is no %s at %s\n", suite.dir, commit)
			continue
		}
		if _, err := output(ctx, dir, "go", "test", "-c", "-o", s.binary(suite), "."); err != nil {
			fmt.Fprintf(os.Stderr, "benchtable: %s is not measured at %s: %v\n", suite.dir, commit, err)
		}
	}
	return s, ctx.Err()
}

func (s *side) binary(of suite) string {
	return filepath.Join(s.binaries, strings.ReplaceAll(of.dir, "/", "-")+".test")
}

// run runs a suite once and keeps its results. What fails is told of.
func (s *side) run(ctx context.Context, of suite, spans string) {
	if _, err := os.Stat(s.binary(of)); err != nil {
		return // told of already
	}
	pattern := strings.ReplaceAll(of.pattern, "SPANS", strings.TrimPrefix(spans, "/"))
	if pattern != of.pattern { // the name of a directory from the root begins with an empty element
		pattern = strings.Replace(pattern, "$/", "$//", 1)
	}
	cmd := exec.CommandContext(ctx, s.binary(of), "-test.run", "^$", "-test.bench", pattern, "-test.benchtime", of.benchtime, "-test.count", of.count)
	cmd.Dir = filepath.Join(s.tree, of.dir)
	cmd.Env = append(os.Environ(), "PROWTRACE_BENCH="+spans)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		fmt.Fprintf(os.Stderr, "benchtable: %s at %s: %v\n%s", of.dir, s.commit, err, out)
	}
	s.results.read(string(out), spans)
}
