package timeline

import (
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// A Log is what a container or a step of a run printed, as far as it is at hand.
type Log struct {
	Of runfile.LogOf
	*joblog.Log
}

// logOf finds the log of a container or a step; nil is none. One of another clock than
// the run's is of no use.
func (t *timeline) logOf(n *node) *joblog.Log {
	for _, l := range t.o.Logs {
		if t.writer(l.Of) == n && !l.Foreign() {
			return l.Log
		}
	}
	return nil
}

// writer finds the span of what wrote a log; nil is none.
func (t *timeline) writer(of runfile.LogOf) *node {
	if of.Step == "" {
		if n := t.containers[t.m.Container(of)]; n != nil {
			return n
		}
		return t.testParent()
	}
	if n := t.stepNodes[of.Test+"-"+of.Step]; n != nil {
		return n
	}
	return t.stepNodes[of.Step]
}

// runnerLog reads what the runner wrote in the log of a container or step.
func (t *timeline) runnerLog(n *node) *runnerLog {
	if l := t.logOf(n); l != nil {
		return readRunner(l)
	}
	return nil
}
