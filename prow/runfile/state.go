package runfile

import "strings"

// State is the outcome of a run.
type State string

const (
	Unknown State = ""        // the files do not say, or were not read
	Running State = "running" // or waiting to be started
	Passed  State = "passed"
	Failed  State = "failed"
	Aborted State = "aborted" // neither passed nor failed: somebody or a newer run ended it
	Errored State = "error"   // Prow could not run it, such as for want of a node
)

// State returns the outcome of the run. If Prow's controller and the pod differ, the
// controller is right: a pod that is being aborted has time to write FAILURE.
func (m *Metadata) State() State {
	s := Unknown
	if m.ProwJob != nil {
		s = m.ProwJob.State
	}
	if (s == Unknown || s == Running) && m.Finished != nil && m.Finished.State != Unknown {
		s = m.Finished.State // the newer of the two
	}
	if s == Unknown && m.Started != nil && m.Finished == nil && !m.Unread {
		s = Running
	}
	return s
}

// stateOf reads either spelling of a result, or the state of a ProwJob
// (pkg/apis/prowjobs/v1/types.go).
func stateOf(s string) State {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "success", "passed":
		return Passed
	case "failure", "failed":
		return Failed
	case "aborted":
		return Aborted
	case "error":
		return Errored
	case "scheduling", "triggered", "pending":
		return Running
	}
	return Unknown
}
