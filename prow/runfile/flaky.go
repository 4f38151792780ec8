package runfile

import (
	"path"
	"regexp"
	"strings"
)

// findFlaky marks cases that failed and passed under one name in one run: a runner
// tried them again. That is what it says of two entries in one file. Of two files it
// does so only if one is seen to be a second try of the other, since the same tests
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

// junitContents counts the cases of a file, and of them those that passed and that had
// failed somewhere.
type junitContents struct{ cases, again int }

// triesAgain reports a file that holds nothing but a part of the other that had failed.
func (c *junitContents) triesAgain(other *junitContents) bool {
	return c.again == c.cases && c.cases < other.cases
}

// retryKey is the same for the same case of all tries of one runner.
func retryKey(file, suite string, c Case) string {
	return strings.Join([]string{retryDir(path.Dir(file)), retry.ReplaceAllString(suite, ""), c.Class, c.Name}, "\x00")
}

// triedAgain reports two files whose names differ only in which try they are of.
func triedAgain(a, b string) bool { return retryName(a) == retryName(b) }

func retryName(file string) string {
	name := strings.TrimSuffix(strings.TrimSuffix(path.Base(file), ".gz"), ".xml")
	return retryTime.ReplaceAllString(retry.ReplaceAllString(retryIndex.ReplaceAllString(name, "junit"), ""), "")
}

// retryDir leaves out the directories that say which try it was.
func retryDir(dir string) string {
	var kept []string
	for _, s := range strings.Split(dir, "/") {
		if !retryDirName.MatchString(s) {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, "/")
}

// How writers name a try.
var (
	retry        = regexp.MustCompile(`(?i)[ _.(\[#-]*(?:re-?runs?|re-?try|retries|attempt)[ _.#-]*[0-9]*[)\]]*`)
	retryTime    = regexp.MustCompile(`[_-]*(?:[0-9]{8}[-_T]?[0-9]{6}|[0-9]{10,})`)
	retryIndex   = regexp.MustCompile(`^junit[_-]?[0-9]{1,3}$`)
	retryDirName = regexp.MustCompile(`(?i)^(?:re-?run|re-?try|retries|attempt|try|run)[_-]?[0-9]*$`)
)
