package runfile

import (
	"time"

	"prowtrace/prow"
)

// Since is when the run was started, in UTC; zero if nothing tells.
func (m *Metadata) Since() time.Time {
	if m.ProwJob != nil && !m.ProwJob.Start.IsZero() {
		return m.ProwJob.Start
	}
	if m.Started != nil && !m.Started.Time.IsZero() {
		return m.Started.Time
	}
	made, _ := prow.BuildTime(m.Run.Build)
	return made
}

// Longest is after how long Prow's controller ends any pod (plank's
// pod_running_timeout, unless it is configured): the limit of a job that names none.
const Longest = 48 * time.Hour

// Due is when a run without finished.json has been running for too long to be
// believed: its timeout and its grace period are over since its pod was made, and
// an hour for finding a node, cloning and uploading. Runs whose pod was deleted
// too hard look as if they ran for ever. Zero if no start is known.
func (m *Metadata) Due() time.Time {
	since, limit := m.Since(), Longest
	if made, ok := prow.BuildTime(m.Run.Build); ok {
		since = made
	}
	if p := m.ProwJob; p != nil {
		if !p.Pending.IsZero() {
			since = p.Pending
		}
		if p.Timeout > 0 {
			limit = p.Timeout
		}
		limit += p.Grace
	}
	if since.IsZero() {
		return time.Time{}
	}
	return since.Add(limit + time.Hour)
}

// Overdue reports whether the run, if it has not ended, was Due before a time.
func (m *Metadata) Overdue(at time.Time) bool {
	due := m.Due()
	return !due.IsZero() && at.After(due)
}
