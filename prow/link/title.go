package link

import (
	"regexp"
	"strings"

	"prowtrace/prow"
)

// The titles of pages, as people copy them: "JOB #BUILD" is Spyglass', and
// "REPO #NUMBER" a pull request's. A number of ten digits is a build: counters of
// pull requests do not get there.
var (
	runTitle  = regexp.MustCompile(`(?i)^([a-z0-9][a-z0-9._-]*)(?:\s*[#@:]\s*|\s+(?:build\s+)?#?)(\d{10,20})(?:\s+[-–—|·]\s.*)?$`)
	pullTitle = regexp.MustCompile(`(?i)^((?:[a-z0-9][a-z0-9-]*/)?[a-z0-9][a-z0-9._-]*)\s+(?:pr\s+|pull\s+)?#(\d{1,9})$`)
)

// parseTitle reads the title of a page instead of its link.
func (g grammar) parseTitle(input string) (prow.Ref, bool) {
	if len(input) > maxInput {
		return prow.Ref{}, false
	}
	title := strings.TrimFunc(stripPairs(strings.Map(visible, input)), isBlank)
	if m := runTitle.FindStringSubmatch(title); m != nil && prow.IsJob(m[1]) {
		return g.jobAndBuild(m[1], m[2]), true
	}
	if m := pullTitle.FindStringSubmatch(title); m != nil {
		if org, repo, number, ok := g.cutPullRequest(m[1] + "#" + m[2]); ok {
			return g.pullRequest(org, repo, number), true
		}
	}
	return prow.Ref{}, false
}
