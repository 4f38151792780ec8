package timeline

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// A logPhase is a part of a run that its writer marks in a log.
type logPhase struct {
	kind      string // suite, case or phase
	name      string
	from, to  int64 // Unix ns
	estimated bool  // the times are those of lines nearby
	alone     bool  // no other of its kind ran at its time
	outcome   runfile.Outcome
	message   string
	parent    int // of the log's phases, always before it; -1 is none
	lines     [2]int
	cases     int // of a suite
	failed    int // of them
	leftOut   int // of them, beyond the bound
}

// maxLogCases bounds the cases that are drawn of one log, those that passed and others
// each.
const maxLogCases = 20_000

// phaseReader reads the phases of a log: it hands each line to those who know a writer.
type phaseReader struct {
	phases  []logPhase
	room    map[bool]int // for cases, by whether they passed
	writers []func(i int, line joblog.Line, shown []byte)
	ends    []func()
}

func newPhaseReader() *phaseReader {
	r := &phaseReader{room: map[bool]int{true: maxLogCases, false: maxLogCases}}
	g, t, j, k, o := newGinkgoReader(r), newGoTestReader(r), newTestJSONReader(r), newKindReader(r), newOpenshiftReader(r)
	r.writers = append(r.writers, g.line, t.line, j.line, k.line, o.line)
	r.ends = append(r.ends, g.end, t.end, j.end, k.end, o.end)
	return r
}

func (r *phaseReader) line(i int, line joblog.Line, shown []byte) {
	for _, w := range r.writers {
		w(i, line, shown)
	}
}

func (r *phaseReader) end() []logPhase {
	for _, end := range r.ends {
		end()
	}
	return r.phases
}

// add adds a phase and gives its number; -1 for a case for which there is no room.
func (r *phaseReader) add(p logPhase) int {
	p.name, p.message = runfile.Name(p.name), runfile.Message(p.message)
	if p.kind == "case" {
		if p.parent >= 0 {
			s := r.suiteOf(p.parent)
			if s.cases++; p.outcome == runfile.CaseFailed {
				s.failed++
				s.outcome = runfile.CaseFailed
			}
		}
		passed := p.outcome == runfile.CasePassed
		if r.room[passed]--; r.room[passed] < 0 {
			if p.parent >= 0 {
				r.suiteOf(p.parent).leftOut++
			}
			return -1
		}
	}
	p.to = max(p.to, p.from)
	r.phases = append(r.phases, p)
	return len(r.phases) - 1
}

// suiteOf finds the suite of a case, or of a case that is one.
func (r *phaseReader) suiteOf(i int) *logPhase {
	for r.phases[i].kind == "case" && r.phases[i].parent >= 0 {
		i = r.phases[i].parent
	}
	return &r.phases[i]
}

// logPhases draws what logs mark as phases. Tests are drawn only where no JUnit file
// tells of them.
func (t *timeline) logPhases() {
	for _, l := range t.o.Logs {
		w := t.writer(l.Of)
		if w == nil || l.foreign || len(l.phases) == 0 {
			continue
		}
		junit := t.hasJUnit(w)
		nodes := make([]*node, len(l.phases))
		for i, p := range l.phases {
			if junit && p.kind != "phase" || nano(unix(p.from)) == 0 {
				continue
			}
			parent := t.phaseAt(w, unix(p.from), unix(p.to))
			if p.parent >= 0 && nodes[p.parent] != nil {
				parent = nodes[p.parent]
			}
			nodes[i] = t.logPhase(parent, l.File, p)
		}
		t.logNodes[l] = nodes
	}
}

// hasJUnit reports whether JUnit files tell of the tests of a container or step.
func (t *timeline) hasJUnit(n *node) bool {
	return slices.ContainsFunc(t.m.Suites, func(s runfile.Suite) bool {
		base := path.Base(s.File)
		return base != "junit_runner.xml" && base != "junit_operator.xml" && t.suiteParent(s.File) == n
	})
}

func (t *timeline) logPhase(parent *node, file string, p logPhase) *node {
	n := t.add(parent, p.name, unix(p.from), unix(p.to))
	n.text("prow.phase", p.kind)
	n.text("prow.source", file)
	n.estimated(p.estimated)
	n.mark.MayContain = p.alone || p.kind == "suite" && !p.estimated
	switch p.kind {
	case "suite":
		n.text("test.suite.name", p.name)
		n.number("prow.log.cases", int64(p.cases))
		if p.leftOut > 0 {
			n.number("prow.log.left_out", int64(p.leftOut))
		}
	case "case":
		n.text("test.case.name", p.name)
	}
	key, pass, fail := "test.case.result.status", "pass", "fail"
	if p.kind == "suite" {
		key, pass, fail = "test.suite.run.status", "success", "failure"
	}
	switch {
	case p.outcome == runfile.CasePassed:
		n.text(key, pass)
	case p.outcome == runfile.CaseFlaky:
		n.text(key, fail)
		n.flag("prow.flaky", true)
	case p.outcome == runfile.CaseFailed && p.kind == "suite":
		n.text(key, fail)
		n.failed(fmt.Sprintf("%d of %s failed", p.failed, text.Count(p.cases, "case")), "test")
	case p.outcome == runfile.CaseFailed && p.kind == "case":
		n.text(key, fail)
		n.failed(p.message, "test")
	case p.outcome == runfile.CaseFailed:
		n.failed(p.message, "command")
	}
	return n
}

// caseLines finds the test case whose output a line of a log is.
type caseLines struct {
	phases []logPhase
	nodes  []*node
	byEnd  []int // the drawn cases, by their last line
}

func (t *timeline) caseLines(l *Log) *caseLines {
	c := &caseLines{phases: l.phases, nodes: t.logNodes[l]}
	for i, n := range c.nodes {
		if n != nil && c.phases[i].kind == "case" {
			c.byEnd = append(c.byEnd, i)
		}
	}
	slices.SortStableFunc(c.byEnd, func(a, b int) int { return cmp.Compare(c.phases[a].lines[1], c.phases[b].lines[1]) })
	return c
}

// maxAround is how many cases that end behind a line are looked at.
const maxAround = 64

// at gives the case with the fewest lines around a line; nil is none.
func (c *caseLines) at(line int) (found *node) {
	first, _ := slices.BinarySearchFunc(c.byEnd, line, func(i, line int) int { return cmp.Compare(c.phases[i].lines[1], line) })
	best := 0
	for _, i := range c.byEnd[first:min(first+maxAround, len(c.byEnd))] {
		lines := c.phases[i].lines
		if n := lines[1] - lines[0]; lines[0] <= line && (found == nil || n < best) {
			found, best = c.nodes[i], n
		}
	}
	return found
}

// secondsOf reads a decimal number of seconds.
func secondsOf(s string) (time.Duration, bool) {
	d, err := time.ParseDuration(strings.TrimSpace(s) + "s")
	return d, err == nil && d >= 0 && d < 100*24*time.Hour
}
