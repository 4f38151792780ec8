package timeline

import (
	"slices"
	"time"

	"prowtrace/prow/runfile"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// drawContainers draws the containers of the pod, and finds the one that decided the
// job.
func (t *timeline) drawContainers() {
	pod := t.m.Pod
	roles := t.roles()
	for i, c := range pod.Containers {
		if roles[i] == runfile.RoleTest && c.End != nil {
			t.testsEnd = later(t.testsEnd, c.End.Finished)
		}
	}
	for _, c := range pod.Init {
		t.container(c, c.Role)
	}
	for i, c := range pod.Containers {
		n := t.container(c, roles[i])
		if n != nil && roles[i] == runfile.RoleTest && (t.tests == nil || decides(n, t.tests)) {
			t.tests = n
		}
	}
	if t.tests != nil {
		t.testsEnd = later(t.testsEnd, t.tests.ends())
	}
}

// roles sets the containers' roles once more, now that it is known how the job
// ended. A container that failed in a job that passed did not decide it. Nor did a container
// that was told to end after a test had ended.
func (t *timeline) roles() []runfile.Role {
	all := t.m.Pod.Containers
	var ended time.Time // the first test that ended by itself
	for _, c := range all {
		if c.Role == runfile.RoleTest && c.End != nil && !terminated(c.End) && (ended.IsZero() || c.End.Finished.Before(ended)) {
			ended = c.End.Finished
		}
	}
	decided := func(c runfile.Container) bool {
		switch {
		case c.Role != runfile.RoleTest:
			return false
		case c.End == nil || c.End.ExitCode == 0:
			return true
		case t.m.State() == runfile.Passed:
			return false
		}
		return !terminated(c.End) || ended.IsZero() || c.End.Finished.Before(ended)
	}
	someDecided := slices.ContainsFunc(all, decided)
	roles := make([]runfile.Role, len(all))
	for i, c := range all {
		roles[i] = c.Role
		if c.Role == runfile.RoleTest && someDecided && !decided(c) {
			roles[i] = runfile.RoleHelper
		}
	}
	return roles
}

// Signals by which Kubernetes stops a container.
const (
	sigKill = 9
	sigTerm = 15
)

// terminated reports whether SIGTERM ended a container.
func terminated(e *runfile.Termination) bool {
	return e.ExitCode == 128+sigTerm || e.Signal == sigTerm
}

// stopped reports whether a container was stopped because the tests had ended.
func (t *timeline) stopped(e *runfile.Termination) bool {
	killed := (e.ExitCode == 128+sigKill || e.Signal == sigKill) && e.Reason != "OOMKilled"
	return (terminated(e) || killed) && !t.testsEnd.IsZero() && !e.Finished.Before(t.testsEnd)
}

// decides reports whether one test container decided the job rather than another: the
// first that failed, else the last that ended.
func decides(n, other *node) bool {
	if hasFailed(n) != hasFailed(other) {
		return hasFailed(n)
	}
	if hasFailed(n) {
		return lastsLonger(other, n)
	}
	return lastsLonger(n, other)
}

func hasFailed(n *node) bool { return n.span.Status.GetCode() == tracepb.Status_STATUS_CODE_ERROR }
