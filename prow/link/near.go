package link

import (
	"regexp"
	"slices"
	"strings"

	"prowtrace/internal/text"
)

// pages are the first words of paths in Deck: of pages that lead to a run, and of others.
var (
	runPages   = []string{"view", "job-history", "pr-history", "spyglass", "prowjob"}
	otherPages = []string{"tide", "tide-history", "plugins", "command-help", "configured-jobs", "plugin-config", "config", "static", "badge.svg", "rerun", "abort"}
)

// mistyped recognises a path whose first word is nearly that of a page that leads to a
// run: in a Deck, or before the key of a store.
func (p page) mistyped() *ParseError {
	word := strings.ToLower(p.at(0))
	if len(word) < 3 || len(word) > 20 || slices.Contains(otherPages, word) || !p.known.isDeck(p.host) && !isKey(p.at(1)) {
		return nil
	}
	best, near := 3, ""
	for _, name := range runPages {
		if d := text.Distance(word, name); d < best && d <= len(name)/2 {
			best, near = d, name
		}
	}
	if near == "" {
		return nil
	}
	return fail(ClassUnsupported, p.describe(), "unknown page "+quote(p.at(0))+": did you mean "+quote(near)+"?",
		"correct that word, or "+hintRun)
}

// traceID matches the id of a trace in pages of Jaeger, or two ids that are compared.
var traceID = regexp.MustCompile(`^[0-9a-fA-F]{16,32}(?:\.\.\.[0-9a-fA-F]{16,32})?$`)

// tracePage recognises pages of Jaeger, and those that it is given to show: they
// name a trace, and no run.
func (p page) tracePage() *ParseError {
	i := slices.Index(p.segs, "trace")
	if i < 0 || i+1 >= len(p.segs) || !traceID.MatchString(p.at(i+1)) {
		if first, _, _ := strings.Cut(p.host, "."); p.port != ":16686" && !strings.Contains(first, "jaeger") {
			return nil
		}
		return fail(ClassUnsupported, p.describe(), "a page of Jaeger does not name a run", hintRun)
	}
	hint := hintRun
	if job, ok := jobOfTrace(p.at(i + 1)); ok {
		hint += "; for the trace of a whole job, paste its ProwJob " + job + ", which Prow keeps for two days"
	}
	return fail(ClassUnsupported, p.describe(), "a trace's page does not name a run, and prowtrace does not read from Jaeger", hint)
}

// jobOfTrace returns the ProwJob whose trace has this id: its UUID without dashes. Only one
// random trace id in 64 has this form.
func jobOfTrace(id string) (name string, ok bool) {
	if len(id) != 32 || id[12] != '4' || !strings.ContainsRune("89abAB", rune(id[16])) {
		return "", false
	}
	id = strings.ToLower(id)
	return strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-"), true
}
