package find

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow"
)

// A jobSearch finds the builds of a job, newest first, without listing
// thousands of old builds.
//
// Build ids are times. As long as they have the same number of digits, they sort
// as text. So the search lists the last day first, then the last week, and so on.
// Ids that hold no time (see [BuildTime]) can be anywhere in that order. They
// come last, when everything has been listed.
type jobSearch struct {
	store objstore.Store
	known prow.Instances

	// Groups of directories where the job may be, the likeliest first. Groups of one bucket
	// are next to each other. The first group that has builds is used. The directories of one
	// group hold different builds of the same job.
	groups [][]directory

	now    time.Time
	after  time.Time // zero: no limit
	before time.Time // zero: no limit
	cursor string    // id that no build exceeds; "": no limit
	wide   bool      // many builds are wanted: the first spans are listed at the same time

	ahead map[listing]*begun

	newest  build // the newest of all builds that were listed
	refused error // why a bucket could not be looked at
	gone    error // a bucket that does not exist
}

// A listing is a part of a directory.
type listing struct {
	dir directory
	span
}

// begun is a listing that is under way. found and err are valid once done is closed.
type begun struct {
	done  chan struct{}
	found []build
	err   error
}

// aheadSpans is how many of the first spans are listed at the same time if many builds are
// wanted: up to 30 days. Most jobs have enough builds in that time, on one page.
const aheadSpans = 3

// horizons are how far back the searches go before everything is listed.
var horizons = []time.Duration{24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour, 365 * 24 * time.Hour}

// snowflakeDigits is the length of ids since May 2018. Shorter ids do not sort
// with them as text.
const snowflakeDigits = 19

// span is a range of ids as text: from ≤ id < to; "" is no limit.
type span struct{ from, to string }

// holds reports whether an id lies in the span by its number.
func (s span) holds(id string) bool {
	return (s.from == "" || prow.CompareBuilds(id, s.from) >= 0) && (s.to == "" || prow.CompareBuilds(id, s.to) < 0)
}

// builds yields the builds in portions. All builds of a portion are newer than those of the
// next. No builds at all is no error. Builds whose id holds no time are
// yielded whatever the time limits are.
func (j *jobSearch) builds(ctx context.Context) iter.Seq2[[]build, error] {
	return func(yield func([]build, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var begun panics.Group
		defer begun.Wait()
		defer cancel()
		limit := j.limit()
		listed := limit.to // everything from this id up is known
		timed := false
		var aside []build // found where their number does not belong
		spans := j.spans(limit)
		if j.wide {
			j.begin(ctx, &begun, spans)
		}
		for i, s := range spans {
			found, err := j.list(ctx, s, i == 0)
			if err != nil {
				yield(nil, err)
				return
			}
			if j.wide && i == 0 && len(j.groups) > 0 {
				j.beginGroup(ctx, &begun, j.groups[0], spans[1:min(aheadSpans, len(spans))])
			}
			var here []build
			for _, b := range found {
				if _, ok := prow.BuildTime(b.id); ok && s.holds(b.id) {
					here = append(here, b)
				} else {
					aside = append(aside, b)
				}
			}
			listed, timed = s.from, timed || len(here) > 0
			if !j.yield(yield, here) || len(j.groups) == 0 {
				return
			}
			if !timed && len(aside) > 0 {
				break // the ids are counters: only a whole listing finds them
			}
		}
		if timed && limit.from != "" {
			return
		}
		rest := []span{{"", listed}}
		if !timed && limit.to != "" {
			rest = append(rest, span{limit.to, ""})
		}
		for _, s := range rest {
			found, err := j.list(ctx, s, false)
			if err != nil {
				yield(nil, err)
				return
			}
			aside = append(aside, found...)
		}
		j.yield(yield, aside)
	}
}

// begin starts the listings that are needed first: several spans of the likeliest directories,
// and the last span of the others in the bucket.
func (j *jobSearch) begin(ctx context.Context, g *panics.Group, spans []span) {
	for i, group := range j.groups {
		switch {
		case i == 0:
			j.beginGroup(ctx, g, group, spans[:min(aheadSpans, len(spans))])
		case group[0].bucket == j.groups[0][0].bucket:
			j.beginGroup(ctx, g, group, spans[:1])
		}
	}
}

func (j *jobSearch) beginGroup(ctx context.Context, g *panics.Group, group []directory, spans []span) {
	if j.ahead == nil {
		j.ahead = map[listing]*begun{}
	}
	for _, dir := range group {
		for _, s := range spans {
			if j.ahead[listing{dir, s}] != nil {
				continue
			}
			b := &begun{done: make(chan struct{})}
			j.ahead[listing{dir, s}] = b
			g.Go(func() error {
				defer close(b.done)
				b.found, b.err = dir.list(ctx, j.store, s.from, s.to, false)
				return nil // the caller that needs the listing gets its error
			})
		}
	}
}

// yield yields builds newest first, each once. If several have the same id, it yields the
// one from the first directory.
func (j *jobSearch) yield(yield func([]build, error) bool, builds []build) bool {
	builds = slices.DeleteFunc(builds, func(b build) bool {
		j.newest = newer(j.newest, b)
		return !b.allowed(j.after, j.before, j.cursor)
	})
	if len(builds) == 0 {
		return true
	}
	slices.SortStableFunc(builds, func(a, b build) int { return prow.CompareBuilds(b.id, a.id) })
	builds = slices.CompactFunc(builds, func(a, b build) bool { return a.id == b.id })
	return yield(builds, nil)
}

// newer returns the build with the larger id. The zero build has no id.
func newer(a, b build) build {
	if a.id == "" || prow.CompareBuilds(a.id, b.id) < 0 {
		return b
	}
	return a
}

// allowed reports whether a build can have been started after ≤ t < before and is
// not above the cursor. An id that holds no time is allowed.
func (b build) allowed(after, before time.Time, cursor string) bool {
	t, ok := prow.BuildTime(b.id)
	return (!ok || within(t, after, before)) && (cursor == "" || prow.CompareBuilds(b.id, cursor) <= 0)
}

// within reports after ≤ t < before; zero is no limit.
func within(t, after, before time.Time) bool {
	return (after.IsZero() || !t.Before(after)) && (before.IsZero() || t.Before(before))
}

// limit is the range of ids to list: all that the options allow, and maybe more.
func (j *jobSearch) limit() span {
	var s span
	if from := prow.BuildAt(j.after); !j.after.IsZero() && len(from) == snowflakeDigits {
		s.from = from
	}
	if !j.before.IsZero() {
		s.to = prow.BuildAt(j.before)
	}
	if _, ok := prow.BuildTime(j.cursor); ok && (s.to == "" || prow.CompareBuilds(j.cursor, s.to) < 0) {
		s.to = increment(j.cursor)
	}
	return s
}

// spans divides the range of limit at the horizons. The last span begins where the
// limit begins, or at the farthest horizon.
func (j *jobSearch) spans(limit span) []span {
	newest := j.now
	if t, ok := prow.BuildTime(limit.to); ok && t.Before(newest) {
		newest = t
	}
	var spans []span
	to := limit.to
	for _, h := range horizons {
		from := prow.BuildAt(newest.Add(-h))
		if limit.from != "" && prow.CompareBuilds(from, limit.from) <= 0 {
			return append(spans, span{limit.from, to})
		}
		spans = append(spans, span{from, to})
		to = from
	}
	if limit.from != "" {
		spans = append(spans, span{limit.from, to})
	}
	return spans
}

// list lists one span of ids. The first call also chooses a group.
func (j *jobSearch) list(ctx context.Context, s span, decide bool) ([]build, error) {
	if !decide {
		return j.listGroup(ctx, j.groups[0], s, false)
	}
	for len(j.groups) > 0 {
		bucket := j.groups[0][0].bucket
		n := slices.IndexFunc(j.groups, func(g []directory) bool { return g[0].bucket != bucket })
		if n < 0 {
			n = len(j.groups)
		}
		found, at, err := j.decide(ctx, j.groups[:n], s)
		switch {
		case isAway(err):
			if errors.Is(err, objstore.ErrBucketNotExist) {
				j.gone = cmp.Or(j.gone, err)
			}
			if refuses(j.known, bucket, err) {
				j.refused = cmp.Or(j.refused, err)
			}
		case err != nil:
			return nil, err
		case at >= 0:
			j.groups = j.groups[at : at+1]
			return found, nil
		}
		j.groups = j.groups[n:]
	}
	return nil, nil
}

// decide returns the index of the first group that has builds in the span, with
// those builds. If there is none, it returns the first group with any builds, or -1.
func (j *jobSearch) decide(ctx context.Context, groups [][]directory, s span) ([]build, int, error) {
	for i, group := range groups {
		found, err := j.listGroup(ctx, group, s, false)
		if err != nil || len(found) > 0 {
			return found, i, err
		}
	}
	for i, group := range groups {
		older, err := j.listGroup(ctx, group, span{}, true)
		if err != nil || len(older) > 0 {
			return nil, i, err
		}
	}
	return nil, -1, nil
}

func (j *jobSearch) listGroup(ctx context.Context, group []directory, s span, first bool) ([]build, error) {
	results := make([][]build, len(group))
	g, ctx := panics.WithContext(ctx)
	for i, dir := range group {
		g.Go(func() (err error) {
			if b := j.ahead[listing{dir, s}]; b != nil && !first {
				<-b.done
				results[i], err = b.found, b.err
			} else {
				results[i], err = dir.list(ctx, j.store, s.from, s.to, first)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(results...), nil
}

// increment adds one to a decimal number.
func increment(n string) string {
	b := []byte(n)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < '9' {
			b[i]++
			return string(b)
		}
		b[i] = '0'
	}
	return "1" + string(b)
}
