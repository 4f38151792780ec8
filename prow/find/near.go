package find

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
)

// Bounds of the search for similar names of jobs.
const (
	maxNames = 2000 // entries of one listing
	mostNear = 3
)

// near looks in the first bucket for jobs whose names are similar to the one that has no
// runs. It makes one listing of the names with the same beginning. It only helps, so it never fails.
func (r *resolver) near(ctx context.Context, c *candidates) []string {
	job := strings.ToLower(c.ref.Job)
	if c.ref.Kind != prow.KindJob || c.refused() != nil || len(job) < 4 {
		return nil
	}
	dir := "logs/"
	if looksPresubmit(job) {
		dir = "pr-logs/directory/"
	}
	alike := dir + job[:len(job)/2]
	var names []string
	for e, err := range r.store.ListDir(ctx, c.dirs[0].bucket, dir, objstore.Bounds{From: alike, To: alike + "~"}) {
		if err != nil || len(names) == maxNames {
			break
		}
		if name, ok := strings.CutSuffix(strings.TrimPrefix(e.Name, dir), "/"); ok && prow.IsJob(name) {
			names = append(names, name)
		}
	}
	return Near(c.ref.Job, names)
}

// Near returns the names that are similar to a job's: some letters too many, too
// few or changed, or in upper case. The nearest is first; at most three are returned.
func Near(job string, names []string) []string {
	if len(job) > 255 {
		return nil
	}
	far := max(2, len(job)/6)
	distance := map[string]int{}
	var near []string
	for _, name := range names {
		if _, seen := distance[name]; seen || name == job || max(len(name)-len(job), len(job)-len(name)) > far {
			continue
		}
		if distance[name] = text.Distance(job, name); distance[name] <= far {
			near = append(near, name)
		}
	}
	slices.SortFunc(near, func(a, b string) int {
		return cmp.Or(cmp.Compare(distance[a], distance[b]), strings.Compare(a, b))
	})
	return near[:min(len(near), mostNear)]
}
