package fetch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/prow"
)

func runNumber(i int) prow.Run {
	return prow.Run{Provider: "gs", Bucket: "ci-logs", Root: fmt.Sprintf("logs/job/%d", i), Job: "job", Build: fmt.Sprint(i)}
}

// fill puts three runs into a cache: the first used three hours ago, the last
// one hour ago, each with about 100 kB.
func fill(t *testing.T) (*Cache, []*Result) {
	t.Helper()
	s, c := newStore(), openTest(t)
	var results []*Result
	for i := range 3 {
		run := runNumber(i)
		s.put(run.Bucket, run.Root+"/finished.json", "{}")
		s.put(run.Bucket, run.Root+"/"+oneFile, big(100_000))
		c.now = func() time.Time { return ended.Add(time.Duration(i+1) * time.Hour) }
		res, err := c.Fetch(t.Context(), s, run, Options{})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, res)
		runDir(res.Dir).touch(c.now())
	}
	c.now = func() time.Time { return ended.Add(4 * time.Hour) }
	return c, results
}

func builds(runs []CachedRun) (out []string) {
	for _, r := range runs {
		out = append(out, r.Run.Build)
	}
	return out
}

func TestRuns(t *testing.T) {
	c, results := fill(t)
	if err := os.MkdirAll(filepath.Join(c.Dir(), "jobs", "of a killed process", "blobs"), 0o700); err != nil {
		t.Fatal(err)
	}
	runDir(filepath.Join(c.Dir(), "jobs", "of a killed process")).touch(c.now())
	runs, err := c.Runs()
	if err != nil {
		t.Fatal(err)
	}
	if got := builds(runs); !slices.Equal(got, []string{"", "2", "1", "0"}) {
		t.Errorf("runs %q", got)
	}
	r := runs[1]
	if r.Run != runNumber(2) || r.Dir != results[2].Dir || r.Files != 2 || r.Size < 100_000 || r.Size > 110_000 ||
		!r.Used.Equal(ended.Add(3*time.Hour)) || !r.Listed.Equal(ended.Add(3*time.Hour)) || !r.Ended {
		t.Errorf("run %+v", r)
	}
}

func TestPrune(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits Limits
		inUse  []int // runs whose Result is not closed
		gone   []string
	}{
		{"no limit", Limits{}, nil, nil},
		{"wide limits", DefaultLimits, nil, nil},
		{"size for two", Limits{Size: 250_000}, nil, []string{"0"}},
		{"size for one", Limits{Size: 150_000}, nil, []string{"0", "1"}},
		{"size for none", Limits{Size: 1}, nil, []string{"0", "1", "2"}},
		{"age", Limits{Age: 150 * time.Minute}, nil, []string{"0"}},
		{"age exactly", Limits{Age: 2 * time.Hour}, nil, []string{"0"}},
		{"both", Limits{Size: 150_000, Age: 150 * time.Minute}, nil, []string{"0", "1"}},
		{"the oldest is in use", Limits{Size: 250_000}, []int{0}, []string{"1"}},
		{"all are in use", Limits{Size: 1}, []int{0, 1, 2}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, results := fill(t)
			for i, res := range results {
				if slices.Contains(tt.inUse, i) {
					t.Cleanup(func() { res.Close() })
				} else {
					res.Close()
				}
			}
			pruned, err := c.Prune(tt.limits)
			if err != nil {
				t.Fatal(err)
			}
			gone := pruned.Runs
			if got := builds(gone); !slices.Equal(got, tt.gone) {
				t.Errorf("removed %q, want %q", got, tt.gone)
			}
			left, err := c.Runs()
			if err != nil || len(left)+len(gone) != 3 {
				t.Errorf("left %q, error %v", builds(left), err)
			}
			for _, r := range gone {
				if rest := names(t, c.Dir(), filepath.Base(r.Dir)); len(rest) > 0 {
					t.Errorf("left of %s: %q", r.Run.Build, rest)
				}
			}
		})
	}
}

// Of what may go, logs of runs that were only compared go first, then other logs, then
// traces. Each run has traces of 100 kB and, but for the last used, a log of 50 kB.
func TestPruneLogs(t *testing.T) {
	for _, tt := range []struct {
		name       string
		size       int64
		inUse      []int
		logs, runs []string
	}{
		{"room for all", 450_000, nil, nil, nil},
		{"without one log", 380_000, nil, []string{"1"}, nil},
		{"without two", 320_000, nil, []string{"1", "0"}, nil},
		{"without a run", 280_000, nil, []string{"1"}, []string{"0"}},
		{"the compared one is in use", 380_000, []int{1}, []string{"0"}, nil},
		{"both are in use", 380_000, []int{0, 1}, nil, []string{"2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			for i := range 3 {
				run := runNumber(i)
				s.put(run.Bucket, run.Root+"/finished.json", "{}")
				s.put(run.Bucket, run.Root+"/"+oneFile, big(100_000))
				if i < 2 {
					s.put(run.Bucket, run.Root+"/build-log.txt", numbered(5000))
				}
				res, err := c.Fetch(t.Context(), s, run, Options{})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.FetchLogs(t.Context(), s, res, ArtifactOptions{Compared: i > 0}); err != nil {
					t.Fatal(err)
				}
				runDir(res.Dir).touch(ended.Add(time.Duration(i) * time.Hour))
				if slices.Contains(tt.inUse, i) {
					t.Cleanup(func() { res.Close() })
				} else {
					res.Close()
				}
			}
			pruned, err := c.Prune(Limits{Size: tt.size})
			if err != nil {
				t.Fatal(err)
			}
			if logs, runs := builds(pruned.Logs), builds(pruned.Runs); !slices.Equal(logs, tt.logs) || !slices.Equal(runs, tt.runs) {
				t.Errorf("removed logs of %q and runs %q, want %q and %q", logs, runs, tt.logs, tt.runs)
			}
			left, err := c.Runs()
			if err != nil {
				t.Fatal(err)
			}
			var total int64
			for _, r := range left {
				total += r.Size
			}
			if total > tt.size || pruned.Size == 0 && tt.logs != nil {
				t.Errorf("%d bytes are left, %d were removed", total, pruned.Size)
			}
		})
	}
}

// Logs that went come back at the next use, and those that are used are not only compared.
func TestPrunedLogsComeBack(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	fetchLogs(t, c, s, ArtifactOptions{Compared: true}, 80, 25, 1000)
	if pruned, err := c.Prune(Limits{Size: 1}); err != nil || len(pruned.Runs) != 1 {
		t.Fatalf("%+v, %v", pruned, err)
	}
	if logs := fetchLogs(t, c, s, ArtifactOptions{Compared: true}, 80, 25, 1000); len(logs.Files) != 1 {
		t.Errorf("logs %+v", logs)
	}
	runs, err := c.Runs()
	if err != nil || len(runs) != 1 || !runs[0].compared || runs[0].Logs != 3 {
		t.Errorf("%+v, %v", runs, err)
	}
	s.asked()
	fetchLogs(t, c, s, ArtifactOptions{}, 80, 25, 1000)
	fetchLogs(t, c, s, ArtifactOptions{Compared: true}, 80, 25, 1000)
	if runs, err = c.Runs(); err != nil || runs[0].compared || len(s.asked()) != 0 {
		t.Errorf("%+v, %v", runs, err)
	}
}

func TestPruneLeavesWorkAlone(t *testing.T) {
	c, results := fill(t)
	for _, res := range results {
		res.Close()
	}
	unlock, err := c.lockWork(t.Context(), filepath.Base(results[1].Dir), func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Fetch(t.Context(), newStore("ci-logs"), runNumber(9), Options{}); !errors.Is(err, ErrNotFound) {
		t.Fatal(err)
	}
	gone, err := c.Clear()
	if got := builds(gone.Runs); err != nil || !slices.Equal(got, []string{"0", "2"}) {
		t.Errorf("removed %q, error %v", got, err)
	}
	unlock()
	gone, err = c.Clear()
	if got := builds(gone.Runs); err != nil || !slices.Equal(got, []string{"1"}) {
		t.Errorf("removed %q, error %v", got, err)
	}
	for _, dir := range []string{"jobs", "locks"} {
		if left, _ := os.ReadDir(filepath.Join(c.Dir(), dir)); len(left) > 0 {
			t.Errorf("left in %s: %v", dir, left)
		}
	}
}

// A Fetch makes a run the last used one, also when it sends no request.
func TestUsed(t *testing.T) {
	c, _ := fill(t)
	if _, err := c.Fetch(t.Context(), newStore(), runNumber(0), Options{}); err != nil {
		t.Fatal(err)
	}
	runs, err := c.Runs()
	if got := builds(runs); err != nil || strings.Join(got, "") != "021" {
		t.Errorf("runs %q, error %v", got, err)
	}
}
