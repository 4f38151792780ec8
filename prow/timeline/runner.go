package timeline

import (
	"cmp"
	"path"
	"slices"
	"time"

	"prowtrace/prow/runfile"
)

// A runner ran the job's phases one after the other, such as kubetest2's Build, Up,
// Test and Down. It writes how long each took, but not when: its phases are estimated,
// and yet they may contain what ran in them, since no two ran at one time.
//
// They are laid end to end, from when the runner began by its log, else so that the
// last ends with the container. Then they give way to what is known: a process does not
// begin in one phase and end in another, a line of up.go was written in Up, and Test
// begins with its tester.

// maxPhases is how many cases of a runner are taken as phases.
const maxPhases = 64

// isRunner reports whether a suite has the phases of the job's runner as its cases.
func isRunner(s runfile.Suite) bool {
	if path.Base(s.File) != "junit_runner.xml" || !s.Start.IsZero() || s.Parallel > 1 || s.LeftOut+s.Lost > 0 || len(s.Cases) > maxPhases {
		return false
	}
	return len(s.Cases) > 0 && !slices.ContainsFunc(s.Cases, func(c runfile.Case) bool { return !c.Start.IsZero() })
}

// runners draws the suites of runners. Other suites may then lie in their phases.
func (t *timeline) runners() {
	for _, s := range t.m.Suites {
		if isRunner(s) {
			t.runner(t.suiteParent(s.File), s)
		}
	}
}

// runner draws the phases of a suite below what the runner ran in.
func (t *timeline) runner(parent *node, s runfile.Suite) {
	whole := extent{nano64(parent.begins()), nano64(cmp.Or(parent.ends(), t.end()))}
	log := t.runnerLog(parent)
	phases := phasesOf(s, log)
	if log != nil && log.began > whole.from {
		whole.from = log.began
	}
	starts := layOut(whole, phases, t.programs(log), log != nil)
	last := len(phases) - 1
	end := func(i int) time.Time { return unix(whole.clamp(starts[i] + phases[i].length)) }
	suite := t.suiteSpan(parent, s.File, s, unix(whole.clamp(starts[0])), end(last), true)
	suite.mark.MayContain = true
	for i, c := range s.Cases {
		start := unix(whole.clamp(starts[i]))
		n := t.testCase(suite, suite.span.Name, c, start, end(i).Sub(start))
		n.mark.MayContain = true
		t.phases[parent] = append(t.phases[parent], n)
	}
}

// phasesOf returns what is known of a runner's phases.
func phasesOf(s runfile.Suite, log *runnerLog) []phase {
	phases := make([]phase, len(s.Cases))
	for i, c := range s.Cases {
		// Decimal fractions of a second are inexact: what ended with its phase must not
		// end a nanosecond later.
		phases[i].length = int64(c.Duration.Truncate(time.Microsecond) + time.Microsecond)
		if log != nil {
			phases[i].within, phases[i].began = log.phase(c.Name)
		}
	}
	return phases
}

// phase is what is known of one of several phases, in ns.
type phase struct {
	length int64
	began  int64  // by the log; 0 is not known
	within extent // contains all that was certainly written in it; zero is nothing
}

// extent is a range of time, in Unix ns.
type extent struct{ from, to int64 }

func (e extent) clamp(at int64) int64 {
	if e.to == 0 { // it has not ended
		return max(at, e.from)
	}
	return max(min(at, e.to), e.from)
}

// layOut finds when phases began that ran one after the other within a stretch of time:
// as early as possible, or else as late as possible. programs were run by the phases,
// and none by two of them. What contradicts all else does not count.
func layOut(whole extent, phases []phase, programs []extent, early bool) []int64 {
	sum := int64(0)
	earliest := make([]int64, len(phases)) // without gaps before
	for i, p := range phases {
		earliest[i], sum = whole.from+sum, sum+p.length
	}
	slack := whole.to - whole.from - sum // of all gaps together
	if whole.to == 0 || slack < 0 {
		slack = max(slack, 0)
		if !early && whole.to > 0 { // the phases together are longer than what they ran in
			for i := range earliest {
				earliest[i] -= whole.from + sum - whole.to
			}
		}
	}
	starts := make([]int64, len(phases))
	low, high := int64(0), slack
	for n := range phases {
		i := n
		if !early {
			i = len(phases) - 1 - n
		}
		p := phases[i]
		gap, ok := int64(0), false
		for _, rules := range [][]extent{append(p.excluded(earliest[i]), straddling(programs, earliest[i], p.length)...), p.excluded(earliest[i]), nil} {
			if gap, ok = findGap(low, high, rules, early); ok {
				break
			}
		}
		if p.began > 0 {
			gap = min(max(p.began-earliest[i], low), high)
		}
		if early {
			low = gap
		} else {
			high = gap
		}
		starts[i] = earliest[i] + gap
	}
	return starts
}

// forever is beyond all gaps.
const forever = int64(1) << 62

// excluded gives the gaps before a phase with which it would not contain what was
// written in it.
func (p phase) excluded(start int64) []extent {
	if p.within == (extent{}) {
		return nil
	}
	return []extent{{-forever, p.within.to - p.length - start}, {p.within.from - start, forever}}
}

// straddling gives the gaps with which a program would begin or end in the phase, but
// not both.
func straddling(programs []extent, start, length int64) []extent {
	var gaps []extent
	for _, p := range programs {
		gaps = append(gaps, extent{p.from - start, p.to - start}, extent{p.from - start - length, p.to - start - length})
	}
	return gaps
}

// findGap finds the least gap from low to high that lies in none of the open intervals
// excluded, or the greatest.
func findGap(low, high int64, excluded []extent, least bool) (int64, bool) {
	if !least {
		mirrored := make([]extent, len(excluded))
		for i, e := range excluded {
			mirrored[i] = extent{-e.to, -e.from}
		}
		gap, ok := findGap(-high, -low, mirrored, true)
		return -gap, ok
	}
	slices.SortFunc(excluded, func(a, b extent) int { return cmp.Compare(a.from, b.from) })
	gap := low
	for _, e := range excluded {
		if e.from < gap && gap < e.to {
			gap = e.to
		}
	}
	return gap, gap <= high
}

// maxPrograms bounds the programs that phases give way to.
const maxPrograms = 4096

// programs are when the programs ran that a runner started, as far as they left traces.
func (t *timeline) programs(log *runnerLog) (all []extent) {
	for _, p := range t.o.Processes {
		if p.Start < p.End && len(all) < maxPrograms && log.ran(p.Program()) {
			all = append(all, extent{p.Start, p.End})
		}
	}
	return all
}

func nano64(at time.Time) int64 { return int64(nano(at)) }

func unix(ns int64) time.Time { return time.Unix(0, ns).UTC() }
