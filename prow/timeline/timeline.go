// Package timeline draws a run as spans of its job: scheduling, the pod and its
// containers, clones, steps, JUnit suites and cases, the upload.
//
// It draws only what package runfile has read: every time comes from a file or is
// bounded by one. Each span has the marks of package join for joining. The attributes
// that say the same are for users.
package timeline

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/trace"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// draw draws what the metadata tells as spans of one trace, whose root is the job.
//
//	JOB
//	├── queue                     until Prow made the pod
//	├── scheduling                until the pod had a node
//	├── pod
//	│   ├── clonerefs, …          init containers
//	│   │   └── clone ORG/REPO    one for each repository, all from the start on
//	│   │       └── git fetch, …  one after the other
//	│   ├── test, …               containers
//	│   │   ├── STEP              of ci-operator; what it waited for are links
//	│   │   ├── junit_runner.xml  of kubetest2
//	│   │   │   └── PHASE         one after the other; a SUITE that ran in one is below it
//	│   │   └── SUITE             of JUnit
//	│   │       └── CASE
//	│   └── sidecar               from the end of the test containers on
//	│       └── upload
//	└── still running             until the bucket was asked, or it had to end
//
// Unknown parts are left out. Spans whose times were derived from durations
// have prow.estimated=true. Spans that have not ended have no end and
// prow.unfinished=true. Times are not moved to repair clocks that differ. If a span's
// end is before its start, it has no length, and prow.skew_ns. Span ids
// are the same each time.
//
// Phases that are marked in logs are below the span that wrote the log. Tests in logs are drawn
// only if no JUnit file has them. Commands in logs are drawn in the phases in which they ran,
// unless a process of the traces stands for them.
//
// Attributes are OpenTelemetry's (semantic conventions 1.43: cicd.*, vcs.*,
// test.*, k8s.*, container.*, process.exit.code, error.type) where there is one,
// else prow.*. There is no timeline if not even a start is known.
func draw(m *runfile.Metadata, o Options) *timeline {
	t := &timeline{m: m, o: o, trace: TraceID(m), names: map[string]int{}, phases: map[*node][]*node{}, logNodes: map[*Log][]*node{}, outputLines: map[bool]int{}}
	if !t.job() {
		return nil
	}
	t.waiting()
	t.pod()
	t.clones()
	t.steps()
	t.suites()
	t.logPhases()
	t.commands()
	t.upload()
	t.running()
	return t
}

// timeline is a trace that is being drawn.
type timeline struct {
	m     *runfile.Metadata
	o     Options
	trace trace.TraceID
	spans []*node        // each behind its parent
	names map[string]int // how often a path was used

	root       *node
	parentPod  *node // pod, or else the root
	containers map[string]*node
	tests      *node     // the container that decided the job
	testsEnd   time.Time // of all test containers; zero if that is not known
	stepNodes  map[string]*node
	phases     map[*node][]*node // of runners, by what they ran in
	logNodes   map[*Log][]*node  // of the phases of logs; nil where one is not drawn

	outputLines map[bool]int // of cases that are drawn, by whether they passed
}

// job draws the root.
func (t *timeline) job() bool {
	start, end, estimated := t.extent()
	if start.IsZero() {
		return false
	}
	run, state := t.m.Run, t.m.State()
	t.root = t.add(nil, runfile.Name(run.Job), start, end)
	t.parentPod = t.root
	t.root.span.Kind = tracepb.Span_SPAN_KIND_SERVER // as the conventions want a pipeline's run
	t.root.estimated(estimated)
	t.root.text("prow.phase", "job")
	t.root.text("cicd.pipeline.name", runfile.Name(run.Job))
	t.root.text("cicd.pipeline.run.id", run.Build)
	t.root.text("cicd.pipeline.run.url.full", link.Page(t.o.Instances, run))
	t.root.text("cicd.pipeline.action.name", "RUN")
	if state == runfile.Running {
		t.root.text("cicd.pipeline.run.state", t.runState())
	} else {
		t.root.text("cicd.pipeline.result", result(state))
	}
	why := ""
	if p := t.m.ProwJob; p != nil {
		why = p.Description
		t.root.text("prow.job_id", p.ID)
		t.root.text("prow.type", p.Type)
		t.root.text("prow.state", p.Phase)
		t.root.text("prow.description", why)
		t.root.text("k8s.cluster.name", p.Cluster)
		if p.Revivals > 0 {
			t.root.number("prow.pod_revivals", int64(p.Revivals))
		}
		if p.Refs != nil {
			t.root.refs(*p.Refs, "")
		}
	}
	if f := t.m.Finished; f != nil {
		t.root.text("prow.result", f.Result)
		if t.m.ProwJob != nil && f.State != runfile.Unknown && t.m.ProwJob.State != runfile.Running && f.State != t.m.ProwJob.State {
			t.root.flag("prow.results_differ", true)
		}
	}
	versions := t.m.Versions
	if f := t.m.Finished; f != nil && len(versions) == 0 {
		versions = f.Versions
	}
	for _, k := range slices.Sorted(maps.Keys(versions)) {
		t.root.text("prow."+strings.ReplaceAll(k, "-", "_"), versions[k])
	}
	if state != runfile.Passed {
		why = cmp.Or(t.cause().text, why)
	}
	switch state {
	case runfile.Passed:
		t.root.ok()
	case runfile.Failed:
		t.root.failed(cmp.Or(why, "the job failed"), result(state))
	case runfile.Errored:
		t.root.failed(cmp.Or(why, "Prow could not run the job"), result(state))
	}
	return true
}

// extent returns when the job was made and when it was done, by the best clock
// available. A zero end means that the job runs, or that nothing recorded its end.
func (t *timeline) extent() (start, end time.Time, estimated bool) {
	m := t.m
	if m.ProwJob != nil {
		start, end = m.ProwJob.Start, m.ProwJob.Completion
	}
	if start.IsZero() && m.Pod != nil {
		start = m.Pod.Created
	}
	made, timed := prow.BuildTime(m.Run.Build)
	if start.IsZero() && timed {
		start = made
	}
	if start.IsZero() && m.Started != nil {
		start, estimated = m.Started.Time, true // after cloning, mostly
	}
	if start.IsZero() && m.Finished != nil {
		start, estimated = m.Finished.Time, true
	}
	if m.State() == runfile.Running {
		return start, time.Time{}, estimated
	}
	if f := m.Finished; f != nil && (end.IsZero() || end.Before(start) && f.Time.After(start)) {
		end = f.Time
	}
	if end.IsZero() && m.Pod != nil {
		if c := m.Pod.Disrupted; c != nil {
			end = c.Time
		}
		for _, c := range m.Pod.Containers {
			if c.End != nil {
				end = later(end, c.End.Finished)
			}
		}
		estimated = estimated || !end.IsZero()
	}
	return start, end, estimated
}

// runState is how far a running job is, in the words of the conventions.
func (t *timeline) runState() string {
	p := t.m.ProwJob
	switch {
	case t.m.Finished != nil:
		return "finalizing"
	case p != nil && p.Phase != "pending":
		return "pending" // Prow's own "pending" means that there is a pod
	}
	return "executing"
}

// result is a state in the words of the conventions.
func result(s runfile.State) string {
	switch s {
	case runfile.Passed:
		return "success"
	case runfile.Failed:
		return "failure"
	case runfile.Errored:
		return "error"
	case runfile.Aborted:
		return "cancellation"
	}
	return ""
}

// waiting draws what came before the pod ran.
func (t *timeline) waiting() {
	p, pod := t.m.ProwJob, t.m.Pod
	if p != nil && !p.Start.IsZero() {
		end := p.Pending
		if end.IsZero() && pod != nil {
			end = pod.Created
		}
		if !end.IsZero() || t.m.State() == runfile.Running {
			t.phase(t.root, "queue", p.Start, end)
		}
	}
	if pod == nil || pod.Created.IsZero() {
		return
	}
	end, never := pod.Scheduled, t.noNode()
	if end.IsZero() && t.m.State() != runfile.Running {
		end = t.end()
	}
	n := t.phase(t.root, "scheduling", pod.Created, end)
	n.podNames(pod)
	for _, e := range pod.Events {
		if t.beforePod(e) {
			n.podEvent(e)
		}
	}
	if never.text != "" {
		n.failed(never.text, never.kind)
	}
}

// beforePod reports an event of scheduling.
func (t *timeline) beforePod(e runfile.PodEvent) bool {
	s := t.m.Pod.Scheduled
	return s.IsZero() || !e.Time.After(s)
}

// end is the end of the root.
func (t *timeline) end() time.Time { return t.root.ends() }

// phase adds a span that stands for a part of every job.
func (t *timeline) phase(parent *node, name string, start, end time.Time) *node {
	n := t.add(parent, name, start, end)
	n.text("prow.phase", name)
	return n
}

// running draws how long a job has been running as far as is known: a job's
// files are uploaded at its end. A job that was lost is not drawn up to today.
func (t *timeline) running() {
	if t.m.State() != runfile.Running || t.o.AsOf.IsZero() {
		return
	}
	since, until := t.root.begins(), t.o.AsOf
	if t.m.Overdue(until) {
		until = t.m.Due()
	}
	for _, n := range t.spans {
		if n != t.root && n.ends().After(since) && n.ends().Before(until) {
			since = n.ends()
		}
	}
	if s := t.m.Started; s != nil && s.Time.After(since) && s.Time.Before(until) {
		since = s.Time
	}
	n := t.add(t.root, "still running", since, until)
	n.text("prow.phase", "running")
	n.estimated(true)
	n.flag("prow.unfinished", true)
}

// refs adds what is tested. final is the commit that was checked out, if known.
func (n *node) refs(r runfile.Refs, final string) {
	if r.Org == "" && r.Repo == "" {
		return
	}
	n.text("vcs.owner.name", strings.TrimPrefix(r.Org, "https://"))
	n.text("vcs.repository.name", r.Repo)
	link := r.Link
	if link == "" && !strings.Contains(r.Org, "://") {
		link = "https://github.com/" + r.Org + "/" + r.Repo
	}
	n.text("vcs.repository.url.full", link)
	if strings.HasPrefix(link, "https://github.com/") {
		n.text("vcs.provider.name", "github")
	}
	n.text("vcs.ref.base.name", r.BaseRef)
	n.text("vcs.ref.base.revision", r.BaseSHA)
	if len(r.Pulls) == 1 {
		p := r.Pulls[0]
		n.text("vcs.change.id", strconv.Itoa(p.Number))
		n.text("vcs.change.title", p.Title)
		if final == "" {
			final = p.SHA
		}
	} else if len(r.Pulls) > 1 {
		var all []string
		for _, p := range r.Pulls {
			all = append(all, fmt.Sprint(p.Number))
		}
		n.text("prow.batch", strings.Join(all, ","))
	}
	n.text("vcs.ref.head.revision", final)
}
