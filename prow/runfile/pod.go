package runfile

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"
)

// Pod is a run's podinfo.json (Prow's pkg/crier/reporters/gcs/kubernetes). It
// is written after the end if the pod still exists then, but it may also be from before
// the end. Times are to the second, by the clocks of the control plane and of the
// node.
type Pod struct {
	Name, Namespace, UID, Node string
	Phase                      string // Pending, Running, Succeeded, Failed
	Reason, Message            string // such as Evicted
	Created                    time.Time
	Scheduled                  time.Time  // on a node; zero: it never was scheduled
	Unscheduled                *Condition // why it has no node; nil if it has one or if that is unknown
	Disrupted                  *Condition // why Kubernetes ended it; nil if it did not
	Init, Containers           []Container
	Events                     []PodEvent // by time

	decorated bool // the file says in which containers Prow's entrypoint runs
}

// Condition is what Kubernetes says about a pod, and since when.
type Condition struct {
	Time            time.Time // zero if unknown
	Reason, Message string    // such as TerminationByKubelet
}

// Ended reports whether none of the pod's containers will run again.
func (p *Pod) Ended() bool { return p.Phase == "Failed" || p.Phase == "Succeeded" }

// Container is one container of a pod.
type Container struct {
	Name, Image string
	Role        Role
	Started     time.Time    // zero: it never started, or that is unknown
	End         *Termination // nil: it runs, or never ran
	Waiting     string       // why it does not run, such as ImagePullBackOff
	Detail      string       // details of Waiting
	Restarts    int
	Last        *Termination // how it ended before the last restart
}

// Role is what a container is for.
type Role string

// The purposes of containers. The ends of the RoleTest containers decide the job.
const (
	RoleInit    Role = "init"    // it runs before the others
	RoleTest    Role = "test"    // Prow's entrypoint runs in it
	RoleHelper  Role = "helper"  // it serves the tests, as a database does
	RoleSidecar Role = "sidecar" // Prow's own, which uploads
)

// NeverStarted reports whether it is known that the container did not run. If a container
// was lost with its node, only its name remains, and nothing shows whether it ran.
func (c Container) NeverStarted() bool {
	return c.Started.IsZero() && c.Last == nil && !(c.End != nil && c.End.Reason == "ContainerStatusUnknown")
}

// Termination is how a container ended.
type Termination struct {
	Started, Finished time.Time
	ExitCode          int
	Signal            int
	Reason, Message   string // such as OOMKilled
}

// PodEvent is an event that Kubernetes recorded about a pod.
type PodEvent struct {
	Time            time.Time // first seen
	Last            time.Time
	Count           int
	Reason, Message string
	Warning         bool
}

type terminationFile struct {
	Started  instant `json:"startedAt"`
	Finished instant `json:"finishedAt"`
	ExitCode integer `json:"exitCode"`
	Signal   integer `json:"signal"`
	Reason   word    `json:"reason"`
	Message  word    `json:"message"`
}

func (f *terminationFile) termination() *Termination {
	if f == nil {
		return nil
	}
	return &Termination{f.Started.Time, f.Finished.Time, int(f.ExitCode), int(f.Signal), Name(f.Reason), message(f.Message)}
}

type containerFile struct {
	Name     word    `json:"name"`
	Image    word    `json:"image"`
	Restarts integer `json:"restartCount"`
	State    struct {
		Running *struct {
			Started instant `json:"startedAt"`
		} `json:"running"`
		Waiting *struct {
			Reason  word `json:"reason"`
			Message word `json:"message"`
		} `json:"waiting"`
		Terminated *terminationFile `json:"terminated"`
	} `json:"state"`
	Last struct {
		Terminated *terminationFile `json:"terminated"`
	} `json:"lastState"`
}

// Bounds of lists in a podinfo.json.
const (
	maxContainers = 200
	maxEvents     = 1000
)

func containers(files []containerFile, role func(name string) Role) []Container {
	var all []Container
	for _, f := range files[:min(len(files), maxContainers)] {
		c := Container{
			Name: Name(f.Name), Image: Name(f.Image), Restarts: int(f.Restarts),
			End: f.State.Terminated.termination(), Last: f.Last.Terminated.termination(),
		}
		if f.State.Running != nil {
			c.Started = f.State.Running.Started.Time
		}
		if f.State.Waiting != nil {
			c.Waiting, c.Detail = Name(f.State.Waiting.Reason), message(f.State.Waiting.Message)
		}
		if c.End != nil {
			c.Started = c.End.Started
		}
		c.Role = role(c.Name)
		all = append(all, c)
	}
	return all
}

// podSpecFile is the specification of a pod: in podinfo.json as Prow made it, in
// prowjob.json as the job was configured.
type podSpecFile struct {
	Node       word       `json:"nodeName"`
	Init       []specFile `json:"initContainers"`
	Containers []specFile `json:"containers"`
}

type specFile struct {
	Name          word   `json:"name"`
	RestartPolicy word   `json:"restartPolicy"`
	Command       []word `json:"command"`
}

// decorated reports whether Prow's entrypoint runs in the container.
func (s specFile) decorated() bool {
	return len(s.Command) > 0 && path.Base(string(s.Command[0])) == "entrypoint"
}

func (s podSpecFile) decorated() bool { return slices.ContainsFunc(s.Containers, specFile.decorated) }

// initRole tells init containers from those that Kubernetes keeps running beside
// the tests.
func (s podSpecFile) initRole(name string) Role {
	for _, c := range s.Init {
		if Name(c.Name) == name && c.RestartPolicy == "Always" {
			return RoleHelper
		}
	}
	return RoleInit
}

// role tells the containers whose end decides the job: all that Prow's entrypoint
// runs in, if it runs in any (pkg/pod-utils/decorate).
func (s podSpecFile) role(name string) Role {
	this := func(c specFile) bool { return c.decorated() && Name(c.Name) == name }
	switch {
	case name == sidecarName:
		return RoleSidecar
	case s.decorated() && !slices.ContainsFunc(s.Containers, this):
		return RoleHelper
	}
	return RoleTest
}

const (
	sidecarName = "sidecar"
	testName    = "test" // how Prow calls a job's only container
)

// findHelpers tells containers that somebody else put into the pod, such as the proxy of a
// mesh, from those that the job's configuration names. If nothing names them, the test container
// is the one with the name that Prow gives to a job's only container.
func (m *Metadata) findHelpers() {
	if m.Pod == nil {
		return
	}
	configured := []string{testName}
	if m.ProwJob != nil {
		if names := m.ProwJob.containers(); len(names) > 1 {
			configured = names
		} else {
			configured = append(configured, names...)
		}
	}
	among := func(c Container) bool { return c.Role == RoleTest && slices.Contains(configured, c.Name) }
	if m.Pod.decorated || !slices.ContainsFunc(m.Pod.Containers, among) {
		return
	}
	for i, c := range m.Pod.Containers {
		if c.Role == RoleTest && !among(c) {
			m.Pod.Containers[i].Role = RoleHelper
		}
	}
}

type conditionFile struct {
	Type       word    `json:"type"`
	Status     word    `json:"status"`
	Reason     word    `json:"reason"`
	Message    word    `json:"message"`
	Transition instant `json:"lastTransitionTime"`
}

// conditions keeps the conditions that say why a pod did not run to its end. The others only
// say that it did not.
func (p *Pod) conditions(files []conditionFile) {
	for _, f := range files {
		c := &Condition{f.Transition.Time, Name(f.Reason), message(f.Message)}
		is := strings.EqualFold(string(f.Status), "true")
		switch {
		case f.Type == "PodScheduled" && is:
			p.Scheduled = c.Time
		case f.Type == "PodScheduled" && c.Reason != "":
			p.Unscheduled = c
		case strings.HasSuffix(string(f.Type), "DisruptionTarget") && is: // it had a prefix once
			p.Disrupted = c
		}
	}
}

func (m *Metadata) readPod(_ string, data []byte) error {
	var f struct {
		Pod *struct {
			Metadata struct {
				Name      word    `json:"name"`
				Namespace word    `json:"namespace"`
				UID       word    `json:"uid"`
				Created   instant `json:"creationTimestamp"`
			} `json:"metadata"`
			Spec   podSpecFile `json:"spec"`
			Status struct {
				Phase      word            `json:"phase"`
				Reason     word            `json:"reason"`
				Message    word            `json:"message"`
				Conditions []conditionFile `json:"conditions"`
				Init       []containerFile `json:"initContainerStatuses"`
				Containers []containerFile `json:"containerStatuses"`
			} `json:"status"`
		} `json:"pod"`
		Events []struct {
			First   instant `json:"firstTimestamp"`
			Last    instant `json:"lastTimestamp"`
			Event   instant `json:"eventTime"`
			Count   integer `json:"count"`
			Reason  word    `json:"reason"`
			Message word    `json:"message"`
			Type    word    `json:"type"`
		} `json:"events"`
	}
	err := decode(data, &f)
	p := &Pod{}
	if f.Pod != nil {
		meta, spec, status := f.Pod.Metadata, f.Pod.Spec, f.Pod.Status
		spec.Init = spec.Init[:min(len(spec.Init), maxContainers)]
		spec.Containers = spec.Containers[:min(len(spec.Containers), maxContainers)]
		*p = Pod{
			Name: Name(meta.Name), Namespace: Name(meta.Namespace), UID: Name(meta.UID), Node: Name(spec.Node),
			Phase: Name(status.Phase), Reason: Name(status.Reason), Message: message(status.Message),
			Created: meta.Created.Time,
			Init:    containers(status.Init, spec.initRole), Containers: containers(status.Containers, spec.role),
			decorated: spec.decorated(),
		}
		p.conditions(status.Conditions)
	}
	for _, e := range f.Events[:min(len(f.Events), maxEvents)] {
		first, last := e.First.Time, e.Last.Time
		if first.IsZero() {
			first = e.Event.Time // the newer form of events
		}
		if first.IsZero() {
			first = last
		}
		if !first.IsZero() {
			p.Events = append(p.Events, PodEvent{first, last, int(e.Count), Name(e.Reason), message(e.Message), e.Type == "Warning"})
		}
	}
	slices.SortStableFunc(p.Events, func(a, b PodEvent) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	if f.Pod != nil || len(p.Events) > 0 {
		m.Pod = p
	}
	return err
}
