package runfile

import (
	"path"
	"regexp"
	"strings"
)

// findFlaky marks cases that failed and passed under one name in one run: a runner
// tried them again. Two entries in one file always mean that. Entries in two files mean it
// only if one file is clearly a second try of the other: the same tests
// may also run twice on purpose, such as for two versions of a language.
func (m *Metadata) findFlaky() {
	type place struct {
		file string
		c    *Case
	}
	failed, passed := map[string][]place{}, map[string][]place{}
	files := map[string]*junitContents{}
	for i := range m.Suites {
		s := &m.Suites[i]
		f := files[s.File]
		if f == nil {
			f = &junitContents{}
			files[s.File] = f
		}
		f.cases += len(s.Cases) + s.LeftOut
		for k := range s.Cases {
			c := &s.Cases[k]
			if c.Name == "" {
				continue
			}
			key := retryKey(s.File, s.Name, *c)
			switch c.Outcome {
			case CaseFailed:
				failed[key] = append(failed[key], place{s.File, c})
			case CasePassed:
				passed[key] = append(passed[key], place{s.File, c})
			}
		}
	}
	for key, places := range passed {
		if len(failed[key]) > 0 {
			for _, p := range places {
				files[p.file].again++
			}
		}
	}
	for key, places := range failed {
		for _, f := range places {
			for _, p := range passed[key] {
				if f.file == p.file || m.State() == Passed || triedAgain(f.file, p.file) || files[p.file].triesAgain(files[f.file]) {
					f.c.Outcome = CaseFlaky
				}
			}
		}
	}
}

// junitContents counts the cases of a file, those that passed, and those that had
// failed somewhere.
type junitContents struct{ cases, again int }

// triesAgain reports whether a file holds only cases that had failed in the other file.
func (c *junitContents) triesAgain(other *junitContents) bool {
	return c.again == c.cases && c.cases < other.cases
}

// retryKey returns the same text for the same case in all tries of one runner.
func retryKey(file, suite string, c Case) string {
	return strings.Join([]string{retryDir(path.Dir(file)), retry.ReplaceAllString(suite, ""), c.Class, c.Name}, "\x00")
}

// triedAgain reports whether the names of two files differ only in the number of the try.
func triedAgain(a, b string) bool { return retryName(a) == retryName(b) }

func retryName(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".gz"), ".xml")
	return retryTime.ReplaceAllString(retry.ReplaceAllString(retryIndex.ReplaceAllString(name, "junit"), ""), "")
}

// retryDir leaves out the directories that number the try.
func retryDir(dir string) string {
	var kept []string
	for _, s := range strings.Split(dir, "/") {
		if !retryDirName.MatchString(s) {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, "/")
}

// How writers number a try.
var (
	retry        = regexp.MustCompile(`(?i)[ _.(\[#-]*(?:re-?runs?|re-?try|retries|attempt)[ _.#-]*[0-9]*[)\]]*`)
	retryTime    = regexp.MustCompile(`[_-]*(?:[0-9]{8}[-_T]?[0-9]{6}|[0-9]{10,})`)
	retryIndex   = regexp.MustCompile(`^junit[_-]?[0-9]{1,3}$`)
	retryDirName = regexp.MustCompile(`(?i)^(?:re-?run|re-?try|retries|attempt|try|run)[_-]?[0-9]*$`)
)
