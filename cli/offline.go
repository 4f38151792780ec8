package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"prowtrace/fetch"
	"prowtrace/prow"
)

// chosenOffline gives the run in the cache that a reference means: that of its
// build, or else the newest that fits.
func (g *sourcing) chosenOffline(cache *fetch.Cache, ref prow.Ref, note func(string)) (prow.Run, error) {
	c := &g.choosing
	if c.failed || c.passed || c.aborted || c.withTraces || c.after != "" || c.before != "" {
		return prow.Run{}, usageError{errors.New("--offline asks nobody how runs ended or when"), "name the run, or leave the choice out; prowtrace cache list shows those that are there"}
	}
	all, err := cache.Runs()
	if err != nil {
		return prow.Run{}, err
	}
	var fitting []prow.Run
	for _, r := range all {
		if g.fits(r.Run, ref) {
			fitting = append(fitting, r.Run)
		}
	}
	if len(fitting) == 0 {
		return prow.Run{}, advised{failure{line(strings.TrimSpace(ref.Input)) + ": the cache has no such run, and --offline asks nobody else", errNotThere},
			"prowtrace cache list shows those that are there; without --offline it is looked for"}
	}
	run := slices.MaxFunc(fitting, func(a, b prow.Run) int { // builds are numbers of any length
		return cmp.Or(cmp.Compare(len(a.Build), len(b.Build)), strings.Compare(a.Build, b.Build))
	})
	newest := ""
	if len(fitting) > 1 {
		newest = fmt.Sprintf(", the newest of %d in the cache", len(fitting))
	}
	note("run " + run.Build + " of " + run.Job + newest + ": " + run.URL())
	return run, nil
}

// fits reports whether a cached run agrees with all that a reference tells. Runs
// may have been moved from the bucket that it names.
func (g *sourcing) fits(run prow.Run, ref prow.Ref) bool {
	agree := func(want, has string) bool { return want == "" || want == has }
	bucket := cmp.Or(g.choosing.bucket, ref.Bucket)
	moved := bucket != "" && slices.ContainsFunc(g.known.Buckets(bucket), func(p prow.Bucket) bool { return p.Name == run.Bucket })
	return run.Bucket != "" && ref.Kind != prow.KindProwJob && (moved || agree(bucket, run.Bucket)) &&
		agree(ref.Job, run.Job) && agree(ref.Build, run.Build) && agree(ref.Org, run.Org) && agree(ref.Repo, run.Repo) && agree(ref.Pull, run.Pull)
}
