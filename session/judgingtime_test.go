package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage/report"
)

// slowStore takes long for objects of some names.
type slowStore struct {
	*memoryStore
	slow func(name string) time.Duration
}

func (s slowStore) wait(ctx context.Context, name string) error {
	select {
	case <-time.After(s.slow(name)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slowStore) ReadRange(ctx context.Context, o objstore.Object, offset, length int64, w io.Writer) error {
	return errors.Join(s.wait(ctx, o.Name), s.memoryStore.ReadRange(ctx, o, offset, length, w))
}

func (s slowStore) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	return s.ReadRange(ctx, o, 0, o.Size, w)
}

// ended puts a run with a log.
func (m *memoryStore) ended(root, result, log string) {
	m.put(root+"/started.json", fmt.Sprintf(`{"timestamp":%d}`, time.Now().Add(-time.Hour).Unix()))
	m.put(root+"/finished.json", fmt.Sprintf(`{"timestamp":%d,"passed":%t,"result":%q}`, time.Now().Unix(), result == "SUCCESS", result))
	m.put(root+"/build-log.txt", log)
}

const (
	boot = "E0313 01:45:46.000000 1 a.go:1] boot noise of unit-1\n"
	full = "E0313 01:46:00.000000 1 a.go:1] disk of team-a is full\n"
)

// steps judges the run that an argument means, and lists what was said when.
func steps(t *testing.T, o session.Options, how session.Judging, arg string) (said string, last *report.Summary) {
	t.Helper()
	l, err := load(t, o, arg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	began := time.Now()
	how.Known, how.Number = knownErrors(t), 3
	how.Tell = func(step session.Judged) {
		said += fmt.Sprintf("%v %d/%d %s\n", time.Since(began).Round(time.Second), step.Compared, step.ToCompare, step.Summary.Verdict.Text)
	}
	if last, err = l.Judge(t.Context(), l.Inputs[0], how); err != nil {
		t.Fatal(err)
	}
	return said, last
}

// What takes long is not waited for: logs for two seconds, passing runs for five, and what
// there is by then is used.
func TestJudgeDoesNotWait(t *testing.T) {
	for _, tt := range []struct {
		name, slow string
		took       time.Duration
		want       string
		gap        string
	}{
		{"all is fast", "nothing", 0, "0s 0/0 boot noise of unit-1\n0s 0/2 boot noise of unit-1\n0s 1/2 boot noise of unit-1\n0s 2/2 boot noise of unit-1\n0s 2/2 disk of team-a is full\n", ""},
		{"the log is slow", "logs/ci-unit/9/build-log.txt", 3 * time.Second, "2s 0/0 There is not enough evidence to say why the run failed\n3s 0/0 boot noise of unit-1\n3s 0/2 boot noise of unit-1\n3s 1/2 boot noise of unit-1\n3s 2/2 boot noise of unit-1\n3s 2/2 disk of team-a is full\n", ""},
		{"a passing run is slow", "logs/ci-unit/8/build-log.txt", time.Hour, "0s 0/0 boot noise of unit-1\n0s 0/2 boot noise of unit-1\n0s 1/2 boot noise of unit-1\n5s 1/2 disk of team-a is full\n", "only 1 of 3 read within 5s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				t.Setenv("PROWTRACE_CACHE", t.TempDir())
				store := slowStore{&memoryStore{objects: map[string][]byte{}}, func(name string) time.Duration {
					if name == tt.slow {
						return tt.took
					}
					return 0
				}}
				store.ended("logs/ci-unit/7", "SUCCESS", boot)
				store.ended("logs/ci-unit/8", "SUCCESS", boot)
				store.ended("logs/ci-unit/9", "FAILURE", boot+full)
				o := session.Options{Stores: map[string]objstore.Store{"gs": store}, Untraced: true, Logs: true, Join: join.ByTime}
				said, last := steps(t, o, session.Judging{Baseline: session.BaselineAuto}, "gs://kubernetes-ci-logs/logs/ci-unit/9")
				if said != tt.want {
					t.Errorf("got\n%swant\n%s", said, tt.want)
				}
				var gaps []string
				for _, g := range last.Gaps {
					if g.What == report.PassingRuns {
						gaps = append(gaps, g.Why)
					}
				}
				if got := strings.Join(gaps, "; "); got != tt.gap {
					t.Errorf("gaps: %q, want %q", got, tt.gap)
				}
			})
		})
	}
}

// Runs that go on are waited for and then judged: the one that was named, and those of a
// pull request.
func TestJudgeWaitsForTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, _, store := watched(t)
		o.Untraced, o.Logs, o.Join = true, true, join.ByTime
		began := time.Now()
		time.AfterFunc(10*time.Minute, func() { store.ended(watchedRoot, "FAILURE", full) })
		if _, last := steps(t, o, session.Judging{}, "gs://kubernetes-ci-logs/"+watchedRoot); last.Verdict.Text != "disk of team-a is full" {
			t.Errorf("it says %q", last.Verdict.Text)
		}
		if took := time.Since(began); took < 10*time.Minute || took > 15*time.Minute {
			t.Errorf("waited %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		o, _, store := watched(t)
		o.Untraced, o.Logs, o.Join = true, true, join.ByTime
		time.AfterFunc(10*time.Minute, func() { store.ended(watchedRoot, "SUCCESS", full) })
		store.ended("logs/ci-watched/6", "FAILURE", full)
		run := func(build string) prow.Run {
			return prow.Run{Provider: "gs", Bucket: "kubernetes-ci-logs", Root: "logs/ci-watched/" + build, Job: "ci-watched", Build: build}
		}
		all, errs := session.New(o).JudgeRuns(t.Context(), []prow.Run{run("7"), run("6"), run("5")}, session.Judging{Known: knownErrors(t)})
		if all[0] == nil || all[0].Run.Result != "passed" || all[1] == nil || all[1].Verdict.Text != "disk of team-a is full" || errs[2] == nil {
			t.Errorf("%+v, %v", all, errs)
		}
	})
}
