package runfile

import "strings"

// State is what became of a run.
type State string

const (
	Unknown State = ""        // the files do not tell, or were not asked
	Running State = "running" // or waiting to be started
	Passed  State = "passed"
	Failed  State = "failed"
	Aborted State = "aborted" // neither passed nor failed: somebody or a newer run ended it
	Errored State = "error"   // Prow could not run it, such as for want of a node
)

// Bounds of the small files, in bytes. Pod specifications make a prowjob.json
// some ten KiB long.
const (
	maxFinished = 1 << 20
	maxProwJob  = 4 << 20
)

// finishedFile is a run's finished.json. The sidecar writes SUCCESS, FAILURE and
// ABORTED, crier the states of a ProwJob in lower case.
type finishedFile struct {
	Timestamp *int64         `json:"timestamp"` // seconds; absent in an incomplete file
	Passed    *bool          `json:"passed"`
	Result    string         `json:"result"`
	Revision  string         `json:"revision"`
	Metadata  map[string]any `json:"metadata"`
}

// state weighs the two fields: an aborted run has passed=false too.
func (f finishedFile) state() State {
	result := stateOf(f.Result)
	switch {
	case result == Aborted || f.Passed == nil:
		return result
	case *f.Passed:
		return Passed
	case result == Errored:
		return Errored
	}
	return Failed
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
