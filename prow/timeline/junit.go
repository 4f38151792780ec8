package timeline

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

// suites draws the JUnit suites and cases.
func (t *timeline) suites() {
	t.runners()
	byFile := map[string][]runfile.Suite{}
	var files []string
	for _, s := range t.m.Suites {
		if isRunner(s) {
			continue
		}
		if byFile[s.File] == nil {
			files = append(files, s.File)
		}
		byFile[s.File] = append(byFile[s.File], s)
	}
	slices.Sort(files)
	for _, f := range files {
		t.file(f, byFile[f])
	}
}

// file draws the suites of one file. Those without a timestamp are placed end to
// end, backward from the end of what they ran in.
func (t *timeline) file(file string, suites []runfile.Suite) {
	ranIn := t.suiteParent(file)
	untimed := t.testPhase(ranIn, suites) // what those without a timestamp ran in
	end := untimed.ends()
	if end.IsZero() {
		end = t.end()
	}
	for _, s := range slices.Backward(suites) {
		start := s.Start
		guess := start.IsZero() || !t.plausible(start)
		length := s.Duration
		if guess && s.Parallel == 0 || s.Parallel == 1 || length == 0 {
			length = max(length, total(s)) // one case after the other
		}
		if guess {
			if end.IsZero() {
				start = untimed.begins()
			} else {
				start = end.Add(-length)
				end = start
			}
			t.suite(untimed, file, s, start, length, guess)
			continue
		}
		t.suite(t.phaseAt(ranIn, start, start.Add(length)), file, s, start, length, guess)
	}
}

// phaseAt finds the phase of a runner that was running from one time to another; n where
// none was.
func (t *timeline) phaseAt(n *node, from, to time.Time) *node {
	for _, p := range t.phases[n] {
		if !from.Before(p.begins()) && !to.After(p.ends()) {
			return p
		}
	}
	return n
}

// testPhase finds the phase of a runner that ran the suites of a file, by its name; n
// where they took longer, or where there is none.
func (t *timeline) testPhase(n *node, suites []runfile.Suite) *node {
	var sum time.Duration
	for _, s := range suites {
		sum += min(max(s.Duration, total(s)), 100*365*24*time.Hour/maxPhases)
	}
	for _, p := range t.phases[n] {
		if p.span.Name == "Test" && p.ends().Sub(p.begins()) >= sum {
			return p
		}
	}
	return n
}

// plausible reports whether a time is within the job. A time outside was
// written in another time zone, or in another run.
func (t *timeline) plausible(at time.Time) bool {
	const slack = time.Minute
	end := t.end()
	return !at.Before(t.root.begins().Add(-slack)) && (end.IsZero() || !at.After(end.Add(slack)))
}

// suiteParent finds the step whose artifacts a file lies in: ci-operator keeps
// those of step S of test T in artifacts/T/S, and calls it T-S.
func (t *timeline) suiteParent(file string) *node {
	segs := strings.Split(file, "/")
	if len(segs) > 3 {
		if n := t.stepNodes[segs[1]+"-"+segs[2]]; n != nil {
			return n
		}
	}
	if len(segs) > 2 {
		if n := t.stepNodes[segs[1]]; n != nil {
			return n
		}
	}
	return t.testParent()
}

// total is how long the cases took together, at most a century: what thousands of
// cases claim need not fit a Duration.
func total(s runfile.Suite) (sum time.Duration) {
	const most = 100 * 365 * 24 * time.Hour
	for _, c := range s.Cases {
		sum = min(sum+c.Duration, most)
	}
	return sum
}

func (t *timeline) suite(parent *node, file string, s runfile.Suite, start time.Time, length time.Duration, guess bool) {
	n := t.suiteSpan(parent, file, s, start, start.Add(length), guess)
	begins := starts(s, start, length, guess)
	for i, c := range s.Cases {
		t.testCase(n, n.span.Name, c, begins[i], c.Duration)
	}
}

// suiteSpan draws a suite without its cases.
func (t *timeline) suiteSpan(parent *node, file string, s runfile.Suite, start, end time.Time, guess bool) *node {
	title := s.Name
	if title == "" {
		title = path.Base(file)
	}
	n := t.add(parent, title, start, end)
	n.text("prow.phase", "suite")
	n.estimated(guess)
	n.text("prow.junit.file", file)
	n.text("test.suite.name", title)
	cases := len(s.Cases) + s.LeftOut + s.Lost
	failed, flaky, unknown := s.Failed()+s.LostFailed, s.Flaky(), s.Unknown()+s.Lost-s.LostFailed
	n.number("prow.junit.cases", int64(cases))
	if s.Skipped > 0 {
		n.number("prow.junit.skipped", int64(s.Skipped))
	}
	if s.LeftOut > 0 {
		n.number("prow.junit.left_out", int64(s.LeftOut))
	}
	if flaky > 0 {
		n.number("prow.junit.flaky", int64(flaky))
	}
	if unknown > 0 {
		n.number("prow.junit.unknown", int64(unknown))
	}
	switch {
	case failed > 0:
		n.number("prow.junit.failed", int64(failed))
		n.text("test.suite.run.status", "failure")
		n.failed(fmt.Sprintf("%d of %s failed", failed, text.Count(cases, "case")), "test")
	case unknown > 0: // nobody knows whether it passed
	case cases > 0:
		n.text("test.suite.run.status", "success")
	case s.Skipped > 0:
		n.text("test.suite.run.status", "skipped")
	}
	return n
}

// testCase draws a case, from a start on unless it tells its own. Cases may run at the
// same time: no process is known to have run in one.
func (t *timeline) testCase(suite *node, title string, c runfile.Case, start time.Time, length time.Duration) *node {
	known := !c.Start.IsZero() && t.plausible(c.Start)
	if known {
		start = c.Start
	}
	n := t.add(suite, c.Name, start, start.Add(length))
	n.text("prow.phase", "case")
	n.estimated(!known)
	n.mark.MayContain = false
	n.text("test.case.name", c.Name)
	n.text("test.suite.name", title)
	if c.Class != title {
		n.text("prow.junit.class", c.Class)
	}
	switch c.Outcome {
	case runfile.CaseFailed:
		n.text("test.case.result.status", "fail")
		n.failed(c.Message, "test")
	case runfile.CaseFlaky:
		n.text("test.case.result.status", "fail")
		n.flag("prow.flaky", true)
		n.text("prow.junit.message", c.Message)
	case runfile.CaseUnknown:
		n.flag("prow.junit.torn", true)
	default:
		n.text("test.case.result.status", "pass")
	}
	t.output(n, c)
	return n
}

// starts guesses when the cases began: one after the other, from the suite's
// start on or, where that is a guess itself, so that the last ends when the suite
// did. Where they do not fit into the suite's time so they ran at the same time,
// in as many lanes as the file tells, or as few as they fit in.
func starts(s runfile.Suite, start time.Time, length time.Duration, backward bool) []time.Time {
	starts := make([]time.Time, len(s.Cases))
	sum := total(s)
	if sum <= length {
		at := start
		if backward {
			at = at.Add(length - sum)
		}
		for i, c := range s.Cases {
			starts[i], at = at, at.Add(c.Duration)
		}
		return starts
	}
	lanes := s.Parallel
	if lanes <= 1 {
		lanes = int(min(sum/max(length, 1)+1, maxLanes))
	}
	free := make([]time.Time, min(lanes, maxLanes))
	for i := range free {
		free[i] = start
	}
	for i, c := range s.Cases {
		next := 0
		for l := range free {
			if free[l].Before(free[next]) {
				next = l
			}
		}
		starts[i] = free[next]
		free[next] = free[next].Add(c.Duration)
	}
	return starts
}

const maxLanes = 64
