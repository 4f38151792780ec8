package session

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/joblog"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/triage"
	"prowtrace/triage/report"
)

// Bounds on the runs that a run waited for.
const (
	mostChildren  = 12
	childrenTime  = 20 * time.Second
	childrenFiles = 10
	childrenBytes = 4 << 20 // of a file in which they are looked for
)

var (
	// gathers is what jobs print that only wait for others and count how these ended.
	gathers = regexp.MustCompile(`(?i)\baggregat(?:ed|ion|or)\b|waiting for \d+ of \d+ (?:runs|jobs)|passed \d+ times, failed \d+ times`)

	// gathered are artifacts that list such runs.
	gathered = regexp.MustCompile(`(?i)aggregat[^/]*\.(?:json|html?|ya?ml|txt)$|job-run[^/]*\.(?:json|html?)$`)

	// pageOfRun is a run's page in a Prow, in a text.
	pageOfRun = regexp.MustCompile(`https?://[A-Za-z0-9.-]+/view/(?:gs|gcs|s3)/[A-Za-z0-9._/-]+`)
)

// children gives the runs that a run waited for, judged; none of a run that does not say so.
// What cannot be had is left out. Errors are those of ctx.
func (r *judging) children(ctx context.Context, j *triage.Judgement, e *triage.Evidence) ([]*report.Summary, error) {
	if !gathering(j, e) || !r.in.Located() {
		return nil, nil
	}
	within, cancel := context.WithTimeout(ctx, childrenTime)
	defer cancel()
	refs := r.childRefs(within, e)
	all := make([]*report.Summary, len(refs))
	var g panics.Group
	g.SetLimit(judgedTogether)
	for i, ref := range refs {
		g.Go(func() (err error) {
			all[i], err = r.child(within, ref)
			return err
		})
	}
	err := g.Wait()
	var some []*report.Summary
	for _, one := range all {
		if one != nil {
			some = append(some, one)
		}
	}
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), err)
	}
	return some, nil
}

// gathering reports whether what went wrong in a run is that others failed.
func gathering(j *triage.Judgement, e *triage.Evidence) bool {
	for _, f := range j.Findings[:min(len(j.Findings), 10)] {
		if gathers.MatchString(f.Text) || gathers.MatchString(f.File) {
			return true
		}
	}
	for _, f := range j.Waits(e) {
		if gathers.MatchString(f.Text) {
			return true
		}
	}
	return false
}

// childRefs finds the pages of other runs in the logs and in artifacts that list them, in
// the order in which they are named.
func (r *judging) childRefs(ctx context.Context, e *triage.Evidence) (refs []prow.Ref) {
	known := r.loaded.joining.session.o.Instances
	seen := map[string]bool{r.in.Ref.Run.URL(): true}
	look := func(l *joblog.Log) {
		for i, line := range l.Lines() {
			if len(refs) == mostChildren {
				return
			}
			if !bytes.Contains(line.Bytes, []byte("/view/")) {
				continue
			}
			for _, page := range pageOfRun.FindAllString(string(l.Text(nil, i, 64<<10)), mostChildren) {
				ref, err := link.ParseFound(known, page)
				if err == nil && ref.Kind == prow.KindRun && !seen[ref.Run.URL()] && len(refs) < mostChildren {
					seen[ref.Run.URL()] = true
					refs = append(refs, prow.Ref{Kind: prow.KindRun, Run: ref.Run})
				}
			}
		}
	}
	for _, l := range e.Logs {
		look(l.Log)
	}
	files, err := r.in.Artifacts(ctx)
	if err != nil {
		return refs
	}
	read := 0
	for _, f := range files {
		if !gathered.MatchString(f.Name) || f.Size > childrenBytes || read == childrenFiles || len(refs) == mostChildren {
			continue
		}
		read++
		if l, _, err := r.in.Artifact(ctx, f.Name); err == nil {
			if lines, err := l.Lines(ctx); err == nil {
				look(lines.Log)
			}
		}
	}
	return refs
}

// child judges one of them, by itself. A run that cannot be had is nil.
func (r *judging) child(ctx context.Context, ref prow.Ref) (*report.Summary, error) {
	s := r.loaded.joining.session.beside()
	c, err := s.Collect(ctx, []prow.Ref{ref})
	if err != nil {
		return nil, nil
	}
	l, err := s.Load(ctx, c)
	if err != nil || len(l.Inputs) == 0 {
		return nil, nil
	}
	view, release := l.Acquire()
	defer release()
	in := l.Inputs[0]
	e, lost, err := Evidence(ctx, in, view)
	if err == nil {
		var j *triage.Judgement
		var more = lost
		if j, more, err = Judge(ctx, in, e, nil, r.Known); err == nil {
			one := judging{Judging: r.Judging, loaded: r.loaded, in: in, told: in}
			return report.New(j, e, one.about(&Baseline{}, gapsOfLosses(append(lost, more...)))), l.Close()
		}
	}
	return nil, l.Close()
}
