package runfile

import (
	"time"

	"prowtrace/prow"
)

// Since returns when the run was started, in UTC; zero if nothing says so.
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

// Longest is the time after which Prow's controller ends any pod (plank's
// pod_running_timeout, by default). It is the limit of a job that names none.
const Longest = 48 * time.Hour

// Due returns when a run without finished.json can no longer be running. By then its
// timeout and grace period are over since its pod was made, plus
// an hour for finding a node, cloning and uploading. A run whose pod was
// killed would otherwise seem to run for ever. Zero if no start is known.
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

// Overdue reports whether the run has not ended and was Due before t.
func (m *Metadata) Overdue(at time.Time) bool {
	due := m.Due()
	return !due.IsZero() && at.After(due)
}
