package runfile

import "time"

// Started is a run's started.json. Crier writes a first one when the ProwJob is
// made; the pod overwrites it after cloning.
type Started struct {
	Time     time.Time // zero if it tells none
	Node     string
	Revision string            // "repo-commit"
	Repos    map[string]string // "kubernetes/kops": "master:SHA,18000:SHA"
	ByCrier  bool              // the pod has not got so far
}

func (m *Metadata) readStarted(_ string, data []byte) error {
	var f struct {
		Timestamp instant        `json:"timestamp"`
		Node      word           `json:"node"`
		Commit    word           `json:"repo-commit"`
		Repos     map[string]any `json:"repos"`
		Metadata  map[string]any `json:"metadata"`
	}
	err := decode(data, &f)
	m.Started = &Started{
		Time: f.Timestamp.Time, Node: Name(f.Node), Revision: Name(f.Commit),
		Repos: textMap(f.Repos), ByCrier: f.Metadata["uploader"] == "crier",
	}
	return err
}

// Finished is a run's finished.json.
type Finished struct {
	Time     time.Time // zero if it tells none
	State    State
	Result   string // as spelled: SUCCESS, FAILURE, ABORTED, success, failure, aborted, error
	Revision string
	Versions map[string]string // those in the job's metadata.json, which the sidecar copies here
}

func (m *Metadata) readFinished(_ string, data []byte) error {
	var f finishedFile
	err := decode(data, &f)
	m.Finished = &Finished{
		Time: f.Timestamp.Time, State: f.state(), Result: Name(f.Result),
		Revision: Name(f.Revision), Versions: versions(f.Metadata),
	}
	return err
}

// finishedFile is a run's finished.json. The sidecar writes SUCCESS, FAILURE and
// ABORTED, crier the states of a ProwJob in lower case.
type finishedFile struct {
	Timestamp instant        `json:"timestamp"` // absent in an incomplete file
	Passed    truth          `json:"passed"`
	Result    word           `json:"result"`
	Revision  word           `json:"revision"`
	Metadata  map[string]any `json:"metadata"`
}

// state weighs the two fields: an aborted run has passed=false too.
func (f finishedFile) state() State {
	result := stateOf(string(f.Result))
	switch {
	case result == Aborted || !f.Passed.known:
		return result
	case f.Passed.is:
		return Passed
	case result == Errored:
		return Errored
	}
	return Failed
}
