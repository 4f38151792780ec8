package find

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"prowtrace/objstore"
	"prowtrace/prow"
)

// jobRoots are where the directories of jobs lie in a bucket.
var jobRoots = []string{"logs/", "pr-logs/directory/"}

// Jobs returns the sorted names of the jobs in a bucket that match a pattern of [path.Match].
// It returns at most most names; more reports that there are more. A pattern that begins with a
// wildcard would list the whole bucket and is refused with an error that says so.
func Jobs(ctx context.Context, store objstore.Store, bucket, pattern string, most int) (names []string, more bool, err error) {
	begin := pattern
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		begin = pattern[:i]
	}
	if _, err := path.Match(pattern, ""); err != nil || len(begin) < 3 {
		return nil, false, &PatternError{pattern}
	}
	seen := map[string]bool{}
	for _, dir := range jobRoots {
		for e, err := range store.ListDir(ctx, bucket, dir, objstore.Bounds{From: dir + begin, To: dir + begin + "~"}) {
			if err != nil {
				return nil, false, fmt.Errorf("cannot list the jobs of %s: %w", bucket, err)
			}
			name, ok := strings.CutSuffix(strings.TrimPrefix(e.Name, dir), "/")
			if fits, _ := path.Match(pattern, name); !ok || !fits || !prow.IsJob(name) || seen[name] {
				continue
			}
			if len(seen) == most {
				more = true
				break
			}
			seen[name] = true
		}
	}
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, more, nil
}

// JobsIn returns the sorted names of the jobs in a Prow's configuration that match a pattern of
// [path.Match], as Jobs does. The pattern may begin with a wildcard.
func JobsIn(tabs []Tab, pattern string, most int) (names []string, more bool, err error) {
	if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
		return nil, false, &PatternError{pattern}
	}
	for _, t := range tabs {
		if fits, _ := path.Match(pattern, t.Job); fits && prow.IsJob(t.Job) {
			names = append(names, t.Job)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), most)], len(names) > most, nil
}

// PatternError means that a pattern for names of jobs cannot be used.
type PatternError struct{ Pattern string }

func (e *PatternError) Error() string {
	return "invalid pattern: it must begin with at least three letters of the names"
}
