package history

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// Seen says whether the first finding of a run was seen before.
type Seen struct {
	Known int       `json:"known_runs"` // number of other known runs of the job
	Times int       `json:"times"`      // of Known, plus the run itself
	First string    `json:"first,omitempty"`
	Since time.Time `json:"since,omitzero"` // when First was started

	// Others are jobs with a run that has the same finding. It was started in the hour
	// before this run, or within a day after it.
	Others []string `json:"other_jobs,omitempty"`

	// OtherChange is true if a run of another pull request had it too.
	OtherChange bool `json:"other_change,omitempty"`

	// PassedIn is a later run of the same commit of the same pull request that passed: this
	// is a flake.
	PassedIn string `json:"passed_in,omitempty"`
}

// sameHour is how long before a run another job's run with the same finding may have
// started.
const sameHour = time.Hour

// SeenIn looks for the finding of a run among known runs, of its job and of others. It
// returns nil if there is nothing to say.
func SeenIn(known []Run, run Run) *Seen {
	if run.Finding == nil {
		return nil
	}
	s := &Seen{Times: 1, First: run.Build, Since: run.Started}
	for i := range known {
		r := &known[i]
		same := r.Finding != nil && r.Finding.ID == run.Finding.ID
		s.OtherChange = s.OtherChange || same && r.Change != "" && run.Change != "" && r.Change != run.Change
		switch {
		case r.Job != run.Job:
			if after := r.Started.Sub(run.Started); same && after > -sameHour && after < together && !slices.Contains(s.Others, r.Job) {
				s.Others = append(s.Others, r.Job)
			}
			continue
		case r.Build == run.Build || !r.ended():
			continue
		case r.good() && r.Started.After(run.Started) && r.Change == run.Change && SameChange(r, &run):
			s.PassedIn = r.Build
		}
		if s.Known++; same {
			s.Times++
			if r.Started.Before(s.Since) {
				s.First, s.Since = r.Build, r.Started
			}
		}
	}
	slices.Sort(s.Others)
	if s.Known == 0 && len(s.Others) == 0 {
		return nil
	}
	return s
}

// Said says it in words.
func (s *Seen) Said() string {
	var parts []string
	if s.PassedIn != "" {
		parts = append(parts, "flaky: the same commit passed in "+text.Name(s.PassedIn))
	}
	switch {
	case s.Known == 0:
	case s.Times == 1:
		parts = append(parts, "new: not seen in the "+text.Count(s.Known, "other run")+" known here")
	default:
		parts = append(parts, fmt.Sprintf("seen %d times in %s known here, since %s (%s)", s.Times, text.Count(s.Known+1, "run"), text.Name(s.First), minute(s.Since)))
	}
	if len(s.Others) > 0 {
		parts = append(parts, "also in "+text.Count(len(s.Others), "other job")+" since the same hour: "+text.Line(strings.Join(s.Others[:min(len(s.Others), 5)], ", ")))
	}
	return cmp.Or(strings.Join(parts, "; "), "no other run is known here")
}
