package find

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
)

// candidates are the builds among which one is chosen.
type candidates struct {
	subject string
	ref     prow.Ref
	builds  func(context.Context) iter.Seq2[[]build, error] // portions, newest first
	dirs    []directory                                     // where the search looked
	refused func() error                                    // why some directories could not be read
	newest  func() build                                    // the newest of the listed builds, even if the limits exclude it
	gone    func() error                                    // a bucket that does not exist
	many    bool                                            // builds of several jobs: the newest build is not the answer
}

// candidates of a job, a job of a pull request, or a pull request.
func (r *resolver) candidates(ref prow.Ref) (*candidates, error) {
	buckets, err := r.buckets(ref)
	if err != nil {
		return nil, err
	}
	if ref.Kind == prow.KindPR || ref.Kind == prow.KindPRJob {
		p := &pullSearch{store: r.store, known: r.o.Instances, job: ref.Job, after: r.o.After, before: r.o.Before, cursor: ref.Cursor}
		for _, b := range buckets {
			dirs := []string{ref.Root}
			if ref.Root == "" {
				dirs = link.PullDirs(r.o.Instances, b, ref)
			}
			for _, dir := range dirs {
				p.dirs = append(p.dirs, r.dir(b, dir))
			}
		}
		return &candidates{subject(ref), ref, p.builds, p.dirs, func() error { return p.refused }, func() build { return p.newest }, func() error { return p.gone }, ref.Kind == prow.KindPR}, nil
	}
	j := &jobSearch{store: r.store, known: r.o.Instances, now: r.o.Now(), after: r.o.After, before: r.o.Before, cursor: ref.Cursor, wide: r.o.Unread}
	for _, b := range buckets {
		j.groups = append(j.groups, r.dirsOf(b, ref)...)
	}
	return &candidates{subject(ref), ref, j.builds, slices.Concat(j.groups...), func() error { return j.refused }, func() build { return j.newest }, func() error { return j.gone }, false}, nil
}

// dirsOf are where the runs of a job may lie. What a link says comes first.
func (r *resolver) dirsOf(bucket string, ref prow.Ref) [][]directory {
	usual := r.jobDirs(bucket, ref.Job)
	if ref.Root == "" {
		return usual
	}
	linked := r.dir(bucket, ref.Root)
	i := slices.IndexFunc(usual, func(group []directory) bool { return group[0].path == linked.path })
	if i >= 0 {
		return [][]directory{usual[i], usual[1-i]}
	}
	return append([][]directory{{linked}}, usual...)
}

// look is what was read about one build.
type look struct {
	build
	run   prow.Run
	state runfile.State
	fits  bool
	bare  bool // would fit, but has no traces
	err   error
}

// At most parallel requests are under way at a time; see the order of batches in pick.
const parallel = 8

// pick walks from the newest build back to the first that is wanted. The first
// batch is small, because most often the wanted run is among the newest.
func (r *resolver) pick(ctx context.Context, c *candidates) (prow.Run, error) {
	var seen []look
	batch := 2
	if r.o.Want == WantAny && !r.o.WithTraces {
		batch = 1
	}
	if c.many && r.o.Want == WantAny && !r.o.WithTraces {
		return r.only(ctx, c)
	}
	for portion, err := range c.builds(ctx) {
		if err != nil {
			return prow.Run{}, fmt.Errorf("cannot find %s: %w", r.wanted(c), err)
		}
		for len(portion) > 0 {
			n := min(batch, len(portion), r.o.Limit-len(seen))
			if n == 0 {
				r.ended(ctx, seen)
				return prow.Run{}, r.none(ctx, c, seen, true)
			}
			looks, err := r.lookAt(ctx, portion[:n])
			if err != nil {
				return prow.Run{}, fmt.Errorf("cannot find %s: %w", r.wanted(c), err)
			}
			for _, l := range looks {
				if l.fits {
					r.tell(l, seen)
					return l.run, nil
				}
				seen = append(seen, l)
			}
			portion, batch = portion[n:], min(2*batch, parallel)
		}
	}
	if err := c.refused(); err != nil && len(seen) == 0 {
		return prow.Run{}, fmt.Errorf("cannot find %s: %w", r.wanted(c), err)
	}
	r.ended(ctx, seen)
	return prow.Run{}, r.none(ctx, c, seen, false)
}

// ended finds out which of the runs without traces are still running, and may have traces
// later. That is worth the requests only if there is no better answer.
func (r *resolver) ended(ctx context.Context, seen []look) {
	var g panics.Group
	g.SetLimit(parallel)
	for i := range seen {
		if l := &seen[i]; l.bare && l.state == runfile.Unknown {
			g.Go(func() error {
				l.state, _, _ = outcome(ctx, r.store, l.run, false)
				return nil
			})
		}
	}
	g.Wait()
}

// lookAt looks at some builds at the same time. It fails if none of them could be read.
func (r *resolver) lookAt(ctx context.Context, builds []build) ([]look, error) {
	looks := make([]look, len(builds))
	var g panics.Group
	g.SetLimit(parallel)
	for i, b := range builds {
		g.Go(func() error {
			looks[i] = r.look(ctx, b)
			return nil
		})
	}
	g.Wait()
	for _, l := range looks {
		if l.err == nil || objstore.IsAbsent(l.err) {
			return looks, nil
		}
	}
	return nil, looks[0].err
}

func (r *resolver) look(ctx context.Context, b build) look {
	l := look{build: b}
	if l.run, l.err = b.run(ctx, r.store, r.o.Instances); l.err != nil {
		return l
	}
	if _, timed := prow.BuildTime(b.id); !timed && !(r.o.After.IsZero() && r.o.Before.IsZero()) {
		var t time.Time
		if t, l.err = startTime(ctx, r.store, l.run); l.err != nil || t.IsZero() || !within(t, r.o.After, r.o.Before) {
			return l
		}
	}
	l.fits = true
	if r.o.Want.only() {
		l.state, _, l.err = outcome(ctx, r.store, l.run, r.o.Want != WantPassed)
		l.fits = r.o.Want.is(l.state)
	}
	if l.fits && l.err == nil && r.o.WithTraces {
		l.fits, l.err = hasTraces(ctx, r.store, l.run)
		l.bare = !l.fits && l.err == nil
	}
	l.fits = l.fits && l.err == nil
	return l
}

// only reports whether the outcome matters.
func (w Want) only() bool { return w != WantAny && w != WantLatest }

func (w Want) is(s runfile.State) bool {
	switch w {
	case WantFailed:
		return s == runfile.Failed || s == runfile.Errored
	case WantPassed:
		return s == runfile.Passed
	case WantAborted:
		return s == runfile.Aborted
	}
	return true
}

// hasTraces looks into artifacts/otlp, where kOps writes. Then it looks for such a
// directory at any depth; for that the store has to search the whole run.
func hasTraces(ctx context.Context, store objstore.Store, run prow.Run) (bool, error) {
	isTrace := func(name string) bool {
		name, ok := strings.CutPrefix(name, run.Root+"/")
		return ok && runfile.IsTrace(name)
	}
	for e, err := range store.ListDir(ctx, run.Bucket, run.Root+"/"+runfile.TraceDir, objstore.Bounds{}) {
		if err != nil || isTrace(e.Name) {
			return err == nil, err
		}
	}
	for o, err := range store.List(ctx, run.Bucket, run.Root+"/artifacts/", run.Root+"/"+runfile.TraceGlob) {
		if err != nil || isTrace(o.Name) {
			return err == nil, err
		}
	}
	return false, nil
}

// only answers for a pull request: only the user knows which of its runs is meant.
func (r *resolver) only(ctx context.Context, c *candidates) (prow.Run, error) {
	e := &ResolveError{Asked: "the run of " + c.subject, Reason: ReasonSeveral, Err: ErrManyRuns}
	n := 0
	for portion, err := range c.builds(ctx) {
		if err != nil {
			return prow.Run{}, fmt.Errorf("cannot find %s: %w", e.Asked, err)
		}
		n += len(portion)
		for _, b := range portion { // without a request: these builds are not pointers
			if run, err := b.run(ctx, r.store, r.o.Instances); err == nil {
				e.Choices = append(e.Choices, run)
			}
		}
	}
	err := c.refused()
	switch {
	case len(e.Choices) == 1:
		return e.Choices[0], nil
	case n == 0 && err != nil:
		return prow.Run{}, fmt.Errorf("cannot find %s: %w", e.Asked, err)
	case n == 0:
		return prow.Run{}, r.none(ctx, c, nil, false)
	}
	jobs := map[string]bool{}
	for _, run := range e.Choices {
		jobs[run.Job] = true
	}
	e.Had = fmt.Sprintf("found %s of %s", text.Count(n, "run"), text.Count(len(jobs), "job"))
	return prow.Run{}, e
}

// tell explains a choice that is not the newest run.
func (r *resolver) tell(l look, seen []look) {
	if len(seen) > 0 {
		r.o.Notice(Notice{Text: fmt.Sprintf("chose build %s of job %s%s; newer: %s", l.id, l.run.Job, dated(l), r.tally(seen))})
	}
}

// none explains that no build fits. more means that there are older builds.
func (r *resolver) none(ctx context.Context, c *candidates, seen []look, more bool) error {
	e := &ResolveError{Asked: r.wanted(c), Looked: where(c.dirs), Bucket: r.o.Bucket, Timed: r.limits() != "", Err: ErrNoRun}
	switch {
	case len(seen) == 0 && c.gone() != nil && cmp.Or(r.o.Bucket, c.ref.Bucket) != "":
		e.Reason = ReasonNoBucket
		e.Had = "bucket " + c.dirs[0].bucket + " does not exist"
	case len(seen) == 0 && e.Timed && c.newest().id != "":
		e.Reason = ReasonOutOfTime
		e.Had = "found no runs" + r.limits()
		if of := dated(look{build: c.newest()}); of != "" {
			e.Had += "; the newest is" + of
		}
	case len(seen) == 0:
		e.Reason, e.Near = ReasonNoRuns, r.near(ctx, c)
		e.Had = "found no runs"
		if named := cmp.Or(r.o.Bucket, c.ref.Bucket); named != "" {
			e.Had += " in bucket " + c.dirs[0].bucket
		}
	case more:
		e.Reason, e.Oldest = ReasonLimit, oldest(seen)
		e.Had = fmt.Sprintf("looked only at the %s", text.Count(len(seen), "newest run"))
		if !e.Oldest.IsZero() {
			e.Had += ", back to " + e.Oldest.UTC().Format("2006-01-02 15:04") + " UTC"
		}
		e.Had += ": " + r.tally(seen)
	default:
		e.Reason = ReasonNoneFits
		if seen[0].state == runfile.Running {
			e.Reason = ReasonRunning
		}
		e.Had = fmt.Sprintf("found %s%s: %s", text.Count(len(seen), "run"), r.limits(), r.tally(seen))
	}
	if len(seen) == 0 {
		r.o.Notice(Notice{Text: "looked in " + e.Looked, Detail: true})
	}
	return e
}

// oldest returns when the oldest of the runs was started; zero if its id does not say.
func oldest(seen []look) time.Time {
	t, _ := prow.BuildTime(seen[len(seen)-1].id)
	return t
}

// where lists the directories of the first bucket, and the other buckets.
func where(dirs []directory) string {
	var here, others []string
	for _, d := range dirs {
		switch {
		case d.bucket == dirs[0].bucket:
			here = append(here, d.String())
		case !slices.Contains(others, d.bucket):
			others = append(others, d.bucket)
		}
	}
	list := strings.Join(here, ", ")
	switch len(others) {
	case 0:
		return list
	case 1:
		return list + " and bucket " + others[0]
	}
	return list + " and buckets " + strings.Join(others, ", ")
}

// wanted words what is looked for.
func (r *resolver) wanted(c *candidates) string {
	s := "the newest run of " + c.subject
	if r.o.Want.only() {
		s = "the newest " + string(r.o.Want) + " run of " + c.subject
	}
	if r.o.WithTraces {
		s += " with traces"
	}
	return s + r.limits()
}

func (r *resolver) limits() string {
	s := ""
	if !r.o.After.IsZero() {
		s += " since " + r.o.After.UTC().Format(time.RFC3339)
	}
	if !r.o.Before.IsZero() {
		s += " before " + r.o.Before.UTC().Format(time.RFC3339)
	}
	return s
}

func dated(l look) string {
	if t, ok := prow.BuildTime(l.id); ok {
		return " of " + t.Format("2006-01-02 15:04") + " UTC"
	}
	return ""
}

// tally sums up what was seen: "3 passed, 1 still running, 1 with a pointer that leads
// nowhere".
func (r *resolver) tally(seen []look) string {
	const nowhere, unread = "with a broken pointer", "unreadable"
	const running, bare = "still running", "without traces"
	other := "other"
	if r.o.Want.only() {
		other = "with unknown result"
	}
	n := map[string]int{}
	for _, l := range seen {
		switch {
		case objstore.IsAbsent(l.err):
			n[nowhere]++
		case l.err != nil:
			n[unread]++
		case l.state == runfile.Running:
			n[running]++
		case l.bare:
			n[bare]++
		case l.state != runfile.Unknown:
			n[string(l.state)]++
		default:
			n[other]++
		}
	}
	var parts []string
	for _, k := range []string{string(runfile.Passed), string(runfile.Failed), string(runfile.Errored), string(runfile.Aborted), running, bare, other, nowhere, unread} {
		if n[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[k], k))
		}
	}
	return strings.Join(parts, ", ")
}
