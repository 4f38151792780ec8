package runfile

import (
	"cmp"
	"slices"
	"time"
)

// Pod is a run's podinfo.json (Prow's pkg/crier/reporters/gcs/kubernetes), which
// is written after the end if the pod still exists then. Times are to the
// second, by the clocks of the control plane and of the node.
type Pod struct {
	Name, Namespace, UID, Node string
	Phase                      string // Pending, Running, Succeeded, Failed
	Reason, Message            string // such as Evicted
	Created                    time.Time
	Scheduled                  time.Time // on a node; zero: it never was
	Init, Containers           []Container
	Events                     []PodEvent // by time
}

// Container is one container of a pod.
type Container struct {
	Name, Image string
	Started     time.Time    // zero: it never was
	End         *Termination // nil: it runs, or never ran
	Waiting     string       // why it does not run, such as ImagePullBackOff
	Detail      string       // the words for that
	Restarts    int
	Last        *Termination // of the run before the last restart
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
	ExitCode int     `json:"exitCode"`
	Signal   int     `json:"signal"`
	Reason   string  `json:"reason"`
	Message  string  `json:"message"`
}

func (f *terminationFile) termination() *Termination {
	if f == nil {
		return nil
	}
	return &Termination{f.Started.Time, f.Finished.Time, f.ExitCode, f.Signal, Name(f.Reason), message(f.Message)}
}

type containerFile struct {
	Name     string `json:"name"`
	Image    string `json:"image"`
	Restarts int    `json:"restartCount"`
	State    struct {
		Running *struct {
			Started instant `json:"startedAt"`
		} `json:"running"`
		Waiting *struct {
			Reason  string `json:"reason"`
			Message string `json:"message"`
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

func containers(files []containerFile) []Container {
	var all []Container
	for _, f := range files[:min(len(files), maxContainers)] {
		c := Container{
			Name: Name(f.Name), Image: Name(f.Image), Restarts: f.Restarts,
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
		all = append(all, c)
	}
	return all
}

func (m *Metadata) readPod(_ string, data []byte) error {
	var f struct {
		Pod *struct {
			Metadata struct {
				Name      string  `json:"name"`
				Namespace string  `json:"namespace"`
				UID       string  `json:"uid"`
				Created   instant `json:"creationTimestamp"`
			} `json:"metadata"`
			Spec struct {
				Node string `json:"nodeName"`
			} `json:"spec"`
			Status struct {
				Phase      string `json:"phase"`
				Reason     string `json:"reason"`
				Message    string `json:"message"`
				Conditions []struct {
					Type       string  `json:"type"`
					Status     string  `json:"status"`
					Transition instant `json:"lastTransitionTime"`
				} `json:"conditions"`
				Init       []containerFile `json:"initContainerStatuses"`
				Containers []containerFile `json:"containerStatuses"`
			} `json:"status"`
		} `json:"pod"`
		Events []struct {
			First   instant `json:"firstTimestamp"`
			Last    instant `json:"lastTimestamp"`
			Event   instant `json:"eventTime"`
			Count   int     `json:"count"`
			Reason  string  `json:"reason"`
			Message string  `json:"message"`
			Type    string  `json:"type"`
		} `json:"events"`
	}
	err := decode(data, &f)
	p := &Pod{}
	if f.Pod != nil {
		meta, status := f.Pod.Metadata, f.Pod.Status
		*p = Pod{
			Name: Name(meta.Name), Namespace: Name(meta.Namespace), UID: Name(meta.UID), Node: Name(f.Pod.Spec.Node),
			Phase: Name(status.Phase), Reason: Name(status.Reason), Message: message(status.Message),
			Created: meta.Created.Time, Init: containers(status.Init), Containers: containers(status.Containers),
		}
		for _, c := range status.Conditions {
			if c.Type == "PodScheduled" && c.Status == "True" {
				p.Scheduled = c.Transition.Time
			}
		}
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
			p.Events = append(p.Events, PodEvent{first, last, e.Count, Name(e.Reason), message(e.Message), e.Type == "Warning"})
		}
	}
	slices.SortStableFunc(p.Events, func(a, b PodEvent) int { return cmp.Compare(a.Time.UnixNano(), b.Time.UnixNano()) })
	if f.Pod != nil || len(p.Events) > 0 {
		m.Pod = p
	}
	return err
}
