package session_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/gcstest"
	"prowtrace/internal/panics"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/trace/join"
	"prowtrace/trace/query"
	"prowtrace/triage"
)

func knownErrors(t *testing.T) *triage.Matcher {
	t.Helper()
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	return triage.NewMatcher(all)
}

// A run is judged by itself first, then against the passing runs, of which each is told.
func TestJudgeInSteps(t *testing.T) {
	o, _, server := sample(t)
	putJob(server, unitBuilds)
	const news = "E0313 01:46:00.000000 1 a.go:1] disk quota of team-a exceeded\n"
	server.PutBytes("kubernetes-ci-logs", strings.TrimPrefix(failedUnit, "gs://kubernetes-ci-logs/")+"/build-log.txt", []byte("E0313 01:45:46.000000 1 a.go:1] boot noise of 1900000000000000015\n"+news))
	o.Untraced, o.Join = true, join.ByTime
	for _, tt := range []struct {
		name     string
		baseline string
		want     string
	}{
		{"without passing runs", session.BaselineNone, "logs: boot noise of 1900000000000000015\nlogs, final: boot noise of 1900000000000000015\n"},
		{"with the last two", session.BaselineAuto, "logs: boot noise of 1900000000000000015\n" +
			"logs, 0 of 2: boot noise of 1900000000000000015\nlogs, 1 of 2: boot noise of 1900000000000000015\nlogs, 2 of 2: boot noise of 1900000000000000015\n" +
			"logs, 2 of 2, final: disk quota of team-a exceeded\n"},
		{"with one that is named", "gs://kubernetes-ci-logs/logs/ci-unit/1900000000000000011", "logs: boot noise of 1900000000000000015\nlogs, 1 of 1, final: disk quota of team-a exceeded\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := load(t, o, failedUnit)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var got strings.Builder
			last, err := l.Judge(t.Context(), l.Inputs[0], session.Judging{Known: knownErrors(t), Baseline: tt.baseline, Number: 2, Tell: func(step session.Judged) {
				var said []string
				if step.Logs {
					said = append(said, "logs")
				}
				if step.Compared+step.ToCompare > 0 {
					said = append(said, fmt.Sprintf("%d of %d", step.Compared, step.ToCompare))
				}
				if step.Final {
					said = append(said, "final")
				}
				fmt.Fprintf(&got, "%s: %s\n", strings.Join(said, ", "), step.Summary.Verdict.Text)
			}})
			if err != nil {
				t.Fatal(err)
			}
			if steps := got.String(); steps != tt.want || !strings.HasSuffix(steps, last.Verdict.Text+"\n") {
				t.Errorf("got\n%swant\n%s", steps, tt.want)
			}
		})
	}
}

// marked lists the spans of the first job that are marked, with their ranks, and counts the
// events of logs.
func marked(t *testing.T, v *trace.View) (marks []string, events int) {
	t.Helper()
	tree := v.Tree(v.Jobs()[0])
	for i := range tree.Len() {
		d, err := tree.Detail(i)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range d.Span.Attributes {
			if a.Key == join.AttrRank {
				marks = append(marks, fmt.Sprintf("%s: %d", d.Span.Name, a.Value.GetIntValue()))
			}
		}
		for _, e := range d.Span.Events {
			if e.Name == "log" {
				events++
			}
		}
	}
	return marks, events
}

// The spans of findings are marked in a view that has the events of the logs too, whatever
// else makes newer views at the same time. Pages that show the view before stay.
func TestFindingsAreMarked(t *testing.T) {
	o, _, _ := sample(t)
	l, err := load(t, o, failing)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var others sync.WaitGroup
	others.Go(func() {
		if err := l.JoinLogs(t.Context()); err != nil {
			t.Error(err)
		}
	})
	others.Go(func() {
		if _, err := l.FetchRest(t.Context()); err != nil {
			t.Error(err)
		}
	})
	s, err := l.Judge(t.Context(), l.Inputs[0], session.Judging{Known: knownErrors(t), Mark: true})
	if err != nil {
		t.Fatal(err)
	}
	others.Wait()
	view, release := l.Acquire()
	defer release()
	marks, events := marked(t, view)
	if len(marks) == 0 || len(marks) > 2*len(s.Findings) || !strings.HasSuffix(marks[0], ": 1") || events == 0 {
		t.Errorf("%d findings, %d events; marked are %v", len(s.Findings), events, marks)
	}
	for _, service := range []string{join.Service, ""} {
		found, err := query.Find(t.Context(), view, query.Query{Service: service, Attributes: []trace.Attribute{{Key: join.AttrFinding, Value: s.Findings[0].ID}, {Key: join.AttrRank, Value: "1"}}})
		if err != nil || !slices.ContainsFunc(found, func(f trace.Trace) bool { return f.ID == l.Inputs[0].Trace }) {
			t.Errorf("a search of service %q finds %d other traces, %v", service, len(found), err)
		}
	}
	if view.Place() != 1 {
		t.Errorf("pages begin again with view %d", view.Place())
	}
}

// What a store did not give for the moment, a log or a passing run, may come when it is asked
// again: the last step of a judgement says so.
func TestJudgedMayHaveMore(t *testing.T) {
	log := gcstest.Match{Bucket: "kubernetes-ci-logs", Object: strings.TrimPrefix(failedUnit, "gs://kubernetes-ci-logs/") + "/build-log.txt"}
	for _, tt := range []struct {
		name         string
		before, then *gcstest.Match // what does not answer, and what does not when the run is loaded
		want         bool
	}{
		{name: "all is there"},
		{name: "no log", before: &log, want: true},
		{name: "no passing run", then: &gcstest.Match{}, want: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, _, server := sample(t)
			putJob(server, unitBuilds)
			o.Untraced, o.KeepGoing = true, true
			if tt.before != nil {
				server.Fault(*tt.before, gcstest.Status(503))
			}
			l, err := load(t, o, failedUnit)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if tt.then != nil {
				server.Fault(*tt.then, gcstest.Status(503))
			}
			var last session.Judged
			how := session.Judging{Known: knownErrors(t), Baseline: "gs://kubernetes-ci-logs/logs/ci-unit/1900000000000000011", Number: 1, Tell: func(step session.Judged) { last = step }}
			if _, err := l.Judge(t.Context(), l.Inputs[0], how); err != nil {
				t.Fatal(err)
			}
			if !last.Final || last.Again != tt.want {
				t.Errorf("last step %+v with gaps %+v", last, last.Summary.Gaps)
			}
		})
	}
}

// A fault in a judgement is an error, and nobody holds the passing runs any more.
func TestFaultOfAJudgement(t *testing.T) {
	o, _, _ := sample(t)
	l, err := load(t, o, failing)
	if err != nil {
		t.Fatal(err)
	}
	crash := func(step session.Judged) {
		if step.Compared > 0 {
			panic("no such span")
		}
	}
	_, err = l.Judge(t.Context(), l.Inputs[0], session.Judging{Known: knownErrors(t), Baseline: passing, Number: 1, Tell: crash})
	var met *panics.Error
	if !errors.As(err, &met) {
		t.Fatalf("error %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cache, err := fetch.OpenCache("")
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	if removed, err := cache.Prune(fetch.Limits{Size: 1, Age: time.Hour}); err != nil || len(removed.Runs) != 2 {
		t.Errorf("%d runs can be removed, want 2: %v", len(removed.Runs), err)
	}
}
