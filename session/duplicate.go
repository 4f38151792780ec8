package session

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"prowtrace/trace"
)

// covered reports whether another input brings the run of inputs[i] too, whichever
// way each was named: all of it, or the same part and earlier. Inputs with an error
// name no run.
func covered(inputs []*Input, errs []error, i int) bool {
	wanted := inputs[i].Part()
	for k, other := range inputs {
		if k == i || errs[k] != nil || errs[i] != nil || other.Ref.Run != inputs[i].Ref.Run {
			continue
		}
		has := other.Part()
		if has == wanted && k < i || has != wanted && (has == "" || strings.HasPrefix(wanted, has+"/")) {
			return true
		}
	}
	return false
}

// withoutDuplicates leaves out the files that an earlier input has too, and the
// inputs to which none are left: a directory that was named twice, or the cache's
// and its run.
func withoutDuplicates(inputs []*Input) (kept []*Input, err error) {
	seen := map[string]bool{}
	var errs []error
	places := map[string]bool{} // of runs without trace files
	for _, in := range inputs {
		had := len(in.Sources)
		in.Sources = slices.DeleteFunc(in.Sources, func(s trace.Source) bool {
			path, err := filepath.Abs(s.Path)
			if s.Path == "" || err != nil {
				return false
			}
			again := seen[path]
			seen[path] = true
			return again
		})
		again := had > 0
		if had == 0 && in.IsRun() {
			again, places[in.place()] = places[in.place()], true
		}
		if again && len(in.Sources) == 0 {
			errs = append(errs, in.Fetched.Close())
			continue
		}
		kept = append(kept, in)
	}
	return kept, errors.Join(errs...)
}
