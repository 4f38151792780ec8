package prow

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

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

// outcome reads what became of a run and when it ended: one request where it has
// ended, as [Metadata.State] tells it. A pod that is being aborted has time to write FAILURE; with confirm a
// failure costs a second request, which tells.
func outcome(ctx context.Context, store Store, run Run, confirm bool) (State, time.Time, error) {
	data, ok, err := readSmall(ctx, store, run.Bucket, run.Root+"/finished.json", maxFinished)
	if err != nil {
		return Unknown, time.Time{}, err
	}
	if ok {
		var f finishedFile
		decode(data, &f)
		state := f.state()
		if state == Failed && confirm {
			if s, _, err := prowJobState(ctx, store, run); err == nil && s == Aborted {
				state = Aborted
			}
		}
		if state != Unknown {
			return state, unixTime(f.Timestamp), nil
		}
	}
	state, end, err := prowJobState(ctx, store, run)
	if err == nil && state == Unknown && !ok {
		if started, err := startTime(ctx, store, run); err == nil && !started.IsZero() {
			state = Running
		}
	}
	return state, end, err
}

// prowJobState reads the state that Prow's controller keeps, which is right also
// where the pod was ended too hard to write a finished.json.
func prowJobState(ctx context.Context, store Store, run Run) (State, time.Time, error) {
	data, _, err := readSmall(ctx, store, run.Bucket, run.Root+"/prowjob.json", maxProwJob)
	if err != nil {
		return Unknown, time.Time{}, err
	}
	var p struct {
		Status struct {
			State          string  `json:"state"`
			CompletionTime instant `json:"completionTime"`
		} `json:"status"`
	}
	decode(data, &p)
	return stateOf(p.Status.State), p.Status.CompletionTime.Time, nil
}

// startTime reads when a run was started.
func startTime(ctx context.Context, store Store, run Run) (time.Time, error) {
	data, _, err := readSmall(ctx, store, run.Bucket, run.Root+"/started.json", maxFinished)
	var f struct {
		Timestamp *int64 `json:"timestamp"`
	}
	decode(data, &f)
	return unixTime(f.Timestamp), err
}

// decode reads JSON as far as it goes: a field of another type than expected is
// left out and the rest is read. It returns what was wrong.
func decode(data []byte, into any) error {
	if len(data) == 0 {
		return nil
	}
	return json.Unmarshal(data, into)
}

// maxTime is the last time that is believed, in seconds: in the year 2242. Up to
// there nanoseconds fit an int64.
const maxTime = 1 << 33

// unixTime is the time of a timestamp in seconds, zero where there is none or it
// makes no sense.
func unixTime(seconds *int64) time.Time {
	if seconds == nil || *seconds <= 0 || *seconds > maxTime {
		return time.Time{}
	}
	return time.Unix(*seconds, 0).UTC()
}

// instant is a time in JSON. What is no time is the zero time, not an error: one
// odd field must not cost the file.
type instant struct{ time.Time }

// UnmarshalJSON implements [json.Unmarshaler].
func (i *instant) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return nil
	}
	i.Time = t.UTC()
	return nil
}

// length is a duration in JSON, as Go writes it: "2h0m0s". What is none, or longer
// than a month, is zero.
type length struct{ time.Duration }

// UnmarshalJSON implements [json.Unmarshaler].
func (l *length) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 && d <= 31*24*time.Hour {
		l.Duration = d
	}
	return nil
}
