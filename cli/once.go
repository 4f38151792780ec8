package cli

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"prowtrace/trace"
)

// repeated reports whether another job brings the run of jobs[i] too, whichever way
// each was named: all of it, or the same part and earlier. Jobs with an error
// name no run.
func repeated(jobs []*job, errs []error, i int) bool {
	wanted := part(jobs[i].ref)
	for k, other := range jobs {
		if k == i || errs[k] != nil || errs[i] != nil || other.ref.Run != jobs[i].ref.Run {
			continue
		}
		has := part(other.ref)
		if has == wanted && k < i || has != wanted && (has == "" || strings.HasPrefix(wanted, has+"/")) {
			return true
		}
	}
	return false
}

// once leaves out the files that an earlier job has too, and the jobs to which
// none are left: a directory that was named twice, or the cache's and its run.
func once(jobs []job) ([]job, error) {
	seen := map[string]bool{}
	var kept []job
	var errs []error
	for _, j := range jobs {
		had := len(j.sources)
		j.sources = slices.DeleteFunc(j.sources, func(s trace.Source) bool {
			path, err := filepath.Abs(s.Path)
			if s.Path == "" || err != nil {
				return false
			}
			again := seen[path]
			seen[path] = true
			return again
		})
		if had > 0 && len(j.sources) == 0 {
			errs = append(errs, j.result.Close())
			continue
		}
		kept = append(kept, j)
	}
	return kept, errors.Join(errs...)
}
