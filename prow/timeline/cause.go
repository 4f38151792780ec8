package timeline

import (
	"cmp"
	"slices"
	"time"

	"prowtrace/prow/runfile"
)

// failure says why something went wrong; kind is its error.type. The zero value means
// that nothing is known.
type failure struct{ text, kind string }

// cause returns why the job did not pass, if the pod and Prow's own containers
// say more than that it failed.
func (t *timeline) cause() failure {
	return cmp.Or(t.podFailure(), t.cloneFailure(), t.noNode())
}

// podFailure returns why the pod did not run to its end: Kubernetes removed it, or a
// container could not be started.
func (t *timeline) podFailure() failure {
	pod := t.m.Pod
	if pod == nil || t.m.State() == runfile.Passed {
		return failure{}
	}
	if c := pod.Disrupted; c != nil {
		text := withReason(cmp.Or(c.Reason, "disrupted"), cmp.Or(c.Message, pod.Message))
		return failure{text, cmp.Or(c.Reason, pod.Reason, "disrupted")}
	}
	if pod.Reason != "" && pod.Phase == "Failed" {
		return failure{withReason(pod.Reason, pod.Message), pod.Reason}
	}
	if t.m.State() == runfile.Running {
		return failure{}
	}
	for _, c := range slices.Concat(pod.Init, pod.Containers) {
		if f := notStarted(c); f.text != "" {
			return f
		}
	}
	return failure{}
}

// notStarted returns why a container could not be started.
func notStarted(c runfile.Container) failure {
	if !c.NeverStarted() {
		return failure{}
	}
	reason, detail := c.Waiting, c.Detail
	if c.End != nil && c.End.ExitCode != 0 {
		reason, detail = cmp.Or(c.End.Reason, "Error"), c.End.Message
	}
	switch reason {
	case "", "PodInitializing", "ContainerCreating": // it waited for another
		return failure{}
	}
	return failure{"container " + c.Name + " could not be started: " + withReason(reason, detail), reason}
}

// cloneFailure returns the failure of the first repository that could not be cloned.
func (t *timeline) cloneFailure() failure {
	for _, c := range t.m.Clones {
		for _, o := range c.Commands {
			if o.Error != "" && (c.Failed || t.m.State() != runfile.Passed) {
				return failure{cloneTitle(c) + " failed: " + o.Command + ": " + o.Error, "command"}
			}
		}
		if c.Failed {
			return failure{cloneTitle(c) + " failed", "command"}
		}
	}
	return failure{}
}

// noNode returns why the pod of a job that has ended never had a node.
func (t *timeline) noNode() failure {
	pod := t.m.Pod
	if pod == nil || pod.Created.IsZero() || !pod.Scheduled.IsZero() || t.m.State() == runfile.Running {
		return failure{}
	}
	var why, kind string
	for _, e := range pod.Events {
		if e.Warning {
			why, kind = e.Message, e.Reason
		}
	}
	if c := pod.Unscheduled; c != nil {
		why, kind = cmp.Or(c.Message, why), cmp.Or(kind, c.Reason)
	}
	return failure{withReason("the pod never had a node", why), kind}
}

// disruption returns what ended a container together with its pod; "" if nothing did. The
// container ends after Kubernetes reports it; both clocks have seconds only.
func (t *timeline) disruption(e *runfile.Termination) string {
	c := t.m.Pod.Disrupted
	if c == nil || e.Message != "" || e.Reason == "OOMKilled" || e.Finished.Before(c.Time.Add(-time.Second)) {
		return ""
	}
	return t.podFailure().text
}
