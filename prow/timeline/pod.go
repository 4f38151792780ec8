package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

// pod draws the pod and its containers. If Prow left no podinfo.json, it draws the
// one container that every job has.
func (t *timeline) pod() {
	t.containers = map[string]*node{}
	pod := t.m.Pod
	if pod == nil || len(pod.Init)+len(pod.Containers) == 0 && pod.Scheduled.IsZero() {
		t.guessContainer()
		return
	}
	start, end := t.podExtent()
	if start.IsZero() {
		t.guessContainer()
		return
	}
	t.parentPod = t.phase(t.root, "pod", start, end)
	n := t.parentPod
	n.podNames(pod)
	n.text("k8s.pod.status.phase", pod.Phase)
	n.text("k8s.pod.status.reason", pod.Reason)
	if c := pod.Disrupted; c != nil {
		n.event(c.Time, "disrupted", "k8s.pod.status.reason", c.Reason, "k8s.event.message", c.Message)
	}
	if why := t.podFailure(); why.text != "" {
		n.failed(why.text, why.kind)
	}
	for _, e := range pod.Events {
		if !t.beforePod(e) {
			n.podEvent(e)
		}
	}
	t.drawContainers()
	if t.tests == nil {
		t.guessContainer()
	}
}

// lastsLonger reports whether a ends after b; what has not ended lasts longest.
func lastsLonger(a, b *node) bool {
	return !b.ends().IsZero() && (a.ends().IsZero() || a.ends().After(b.ends()))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// podExtent returns when the pod got a node and when the last container ended. A container
// that still ran when podinfo.json was written has ended with the job.
func (t *timeline) podExtent() (start, end time.Time) {
	pod := t.m.Pod
	start = pod.Scheduled
	ended := true
	for _, c := range slices.Concat(pod.Init, pod.Containers) {
		if !c.Started.IsZero() && start.IsZero() {
			start = c.Started
		}
		if c.End != nil {
			end = later(end, c.End.Finished)
		}
		if c.End == nil && !c.Started.IsZero() || c.End != nil && c.End.Finished.IsZero() {
			ended = false
		}
	}
	switch {
	case !ended && t.end().IsZero():
		return start, time.Time{}
	case !ended:
		return start, later(end, t.end())
	case end.IsZero():
		return start, t.end() // no container ran: the pod waited for one until the job ended
	}
	return start, end
}

func (n *node) podNames(p *runfile.Pod) {
	n.text("k8s.pod.name", p.Name)
	n.text("k8s.namespace.name", p.Namespace)
	n.text("k8s.pod.uid", p.UID)
	n.text("k8s.node.name", p.Node)
}

func (n *node) podEvent(e runfile.PodEvent) {
	count, last, kind := "", "", "Normal"
	if e.Count > 1 {
		count = strconv.Itoa(e.Count)
		if e.Last.After(e.Time) {
			last = e.Last.Format(time.RFC3339)
		}
	}
	if e.Warning {
		kind = "Warning"
	}
	n.event(e.Time, e.Reason, "k8s.event.message", e.Message, "k8s.event.type", kind, "k8s.event.count", count, "k8s.event.last", last)
}

// container draws one container; nil if it never ran, or if nothing tells when. The
// sidecar waits for the test containers to end and then uploads: its span is what it
// does, not the wait, which would hide what was waited for.
func (t *timeline) container(c runfile.Container, role runfile.Role) *node {
	if c.Started.IsZero() && c.Last == nil {
		t.notStarted(c)
		return nil
	}
	start, end := c.Started, time.Time{}
	if l := c.Last; l != nil && !l.Started.IsZero() && (start.IsZero() || l.Started.Before(start)) {
		start = l.Started // a restart is a part of its life
	}
	if start.IsZero() {
		t.notStarted(c)
		return nil
	}
	if c.End != nil {
		end = c.End.Finished
	}
	since := ""
	if role == runfile.RoleSidecar && t.testsEnd.After(start) && t.testsEnd.Before(end) {
		start, since = t.testsEnd, start.Format(time.RFC3339)
	}
	n := t.add(t.parentPod, c.Name, start, end)
	t.containers[c.Name] = n
	n.mark.MayContain = role == runfile.RoleInit || role == runfile.RoleTest
	n.text("prow.phase", string(role))
	n.text("prow.waited_since", since)
	n.text("k8s.container.name", c.Name)
	n.image(c.Image)
	if c.Restarts > 0 {
		n.number("k8s.container.restart_count", int64(c.Restarts))
	}
	if l := c.Last; l != nil {
		n.text("k8s.container.status.last_terminated_reason", l.Reason)
		n.event(l.Finished, "restarted", "k8s.container.status.reason", l.Reason, "process.exit.code", strconv.Itoa(l.ExitCode), "k8s.event.message", l.Message)
	}
	switch {
	case c.End != nil:
		n.exited(*c.End)
		if c.End.ExitCode != 0 && !(role == runfile.RoleHelper && t.stopped(c.End)) {
			n.exitFailed(*c.End, t.disruption(c.End))
		}
	case c.Waiting != "":
		n.text("k8s.container.status.reason", c.Waiting)
		n.failed(withReason(c.Waiting, c.Detail), c.Waiting)
	}
	if role == runfile.RoleTest {
		n.text("cicd.pipeline.task.name", c.Name)
		n.text("cicd.pipeline.task.run.id", t.m.Run.Build+"/"+c.Name)
		if c.End != nil {
			n.text("cicd.pipeline.task.run.result", exitResult(c.End.ExitCode))
		}
	}
	return n
}

// notStarted records at the pod what is known of a container that did not run.
func (t *timeline) notStarted(c runfile.Container) {
	switch {
	case c.Waiting != "":
		t.parentPod.event(t.parentPod.begins(), "container "+c.Name+" waits", "k8s.container.status.reason", c.Waiting, "k8s.event.message", c.Detail)
	case c.End != nil:
		at := c.End.Finished
		if at.IsZero() {
			at = t.parentPod.begins()
		}
		what := " did not start"
		if !c.NeverStarted() {
			what = " was lost"
		}
		t.parentPod.event(at, "container "+c.Name+what, "k8s.container.status.reason", c.End.Reason,
			"process.exit.code", strconv.Itoa(c.End.ExitCode), "k8s.event.message", c.End.Message)
	}
}

// image adds an image's name, and apart from it its tag or digest.
func (n *node) image(image string) {
	repository, digest, pinned := strings.Cut(image, "@")
	tag := ""
	if i := strings.LastIndexByte(repository, ':'); i > strings.LastIndexByte(repository, '/') {
		repository, tag = repository[:i], repository[i+1:]
	}
	n.text("container.image.name", repository)
	if tag != "" {
		n.texts("container.image.tags", tag)
	}
	if pinned {
		n.texts("container.image.repo_digests", repository+"@"+digest)
	}
}

// Exit codes of Prow's entrypoint (pkg/entrypoint).
const (
	exitInternal = 127
	exitAborted  = 130
)

// exited adds how a container ended.
func (n *node) exited(e runfile.Termination) {
	n.number("process.exit.code", int64(e.ExitCode))
	if e.Signal != 0 {
		n.number("prow.signal", int64(e.Signal))
	}
	n.text("k8s.container.status.reason", e.Reason)
}

// exitFailed marks a container that did not end well. why is what ended it; "" if
// nothing from outside did.
func (n *node) exitFailed(e runfile.Termination, why string) {
	what := fmt.Sprintf("exit code %d", e.ExitCode)
	switch {
	case why != "":
		n.failed(why+" ("+what+")", strconv.Itoa(e.ExitCode))
		return
	case e.ExitCode == exitInternal:
		what += " (Prow's entrypoint could not run or follow the command)"
	case e.ExitCode == exitAborted:
		what += " (aborted)"
	case e.Reason != "" && e.Reason != "Error":
		what += " (" + e.Reason + ")"
	}
	n.failed(withReason(what, e.Message), strconv.Itoa(e.ExitCode))
}

func exitResult(code int) string {
	switch code {
	case 0:
		return result(runfile.Passed)
	case exitInternal:
		return result(runfile.Errored)
	case exitAborted:
		return result(runfile.Aborted)
	}
	return result(runfile.Failed)
}

// withReason appends why to a text, if it is known.
func withReason(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}

// guessContainer draws the test container from started.json, which is written
// just before it starts, and finished.json, just after its files are uploaded. One
// that left no finished.json ended with the job.
func (t *timeline) guessContainer() {
	s, f := t.m.Started, t.m.Finished
	if s == nil || s.ByCrier || s.Time.IsZero() || t.testsNeverStarted() {
		return
	}
	switch {
	case f != nil && !f.Time.IsZero():
		t.tests = t.phase(t.parentPod, "test", s.Time, f.Time)
		t.tests.text("prow.source", "started.json, finished.json")
	case f == nil && !t.end().IsZero():
		t.tests = t.phase(t.parentPod, "test", s.Time, time.Time{})
		t.tests.text("prow.source", "started.json")
	default:
		return
	}
	t.testsEnd = t.tests.ends()
	if t.m.State() == runfile.Failed {
		t.tests.failed(cmp.Or(t.podFailure().text, "the job failed"), result(runfile.Failed))
	}
}

// testsNeverStarted reports whether it is known that no test container ran. In that case
// started.json and finished.json come from an earlier step.
func (t *timeline) testsNeverStarted() bool {
	if t.m.State() != runfile.Passed && t.cloneFailure().text != "" && len(t.m.Suites) == 0 {
		return true
	}
	pod := t.m.Pod
	if pod == nil {
		return false
	}
	initFailed := func(c runfile.Container) bool {
		return c.Role == runfile.RoleInit && c.End != nil && c.End.ExitCode != 0
	}
	started := func(c runfile.Container) bool { return c.Role == runfile.RoleTest && !c.NeverStarted() }
	return len(pod.Containers) > 0 && !slices.ContainsFunc(pod.Containers, started) && (pod.Ended() || slices.ContainsFunc(pod.Init, initFailed))
}

// upload draws what the sidecar did after the tests: from its own log, or else
// the rest of the sidecar's life.
func (t *timeline) upload() {
	u, sidecar := t.m.Upload, t.containers["sidecar"]
	parent := sidecar
	if parent == nil {
		parent = t.parentPod
	}
	if u == nil || u.Start.IsZero() {
		if sidecar != nil && !t.testsEnd.IsZero() && sidecar.ends().After(t.testsEnd) {
			t.phase(parent, "upload", t.testsEnd, sidecar.ends()).estimated(true)
		}
		return
	}
	n := t.phase(parent, "upload", u.Start, u.End)
	n.mark.MayContain = false
	n.number("prow.upload.files", int64(u.Files))
	for _, p := range u.Problems {
		level := "warning"
		if p.Error {
			level = "error"
		}
		n.event(p.Time, level, "log.message", p.Message)
	}
	if u.Failed > 0 {
		n.number("prow.upload.failed", int64(u.Failed))
		n.failed("not uploaded: "+text.Count(u.Failed, "file"), "upload")
	}
}
