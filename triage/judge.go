package triage

import (
	"cmp"
	"context"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/mask"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// A Finding is a possible cause of a failure, or something else that went wrong.
type Finding struct {
	*Fact
	Title      string // at most 100 characters
	Category   Category
	Next       string // what to do; "" if unknown
	Confidence Confidence
	Because    []string // the evidence for it
	Follows    []*Fact  // its consequences, in order of time
	score      int
}

// Confidence says how sure a judgement is.
type Confidence string

const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// A Judgement says what broke first.
type Judgement struct {
	State    runfile.State
	Category Category
	Phase    string // the failed phase; "" if none is known
	Findings []Finding
	Facts    int // how many were looked at
	Passing  int // how many runs it was compared with

	outcome outcome
	waiters []*Fact // waits in vain in the failed phase
}

// Judge says what broke first in a run. It takes time in proportion to the spans and the
// bytes of logs. Its only error is that of ctx.
func Judge(ctx context.Context, e *Evidence, known *Matcher) (*Judgement, error) {
	facts, err := e.comparedFacts(ctx, known)
	if err != nil {
		return nil, err
	}
	facts = append(slices.Clip(facts), slices.Concat(deviations(e), changedVersions(e, known), changedDefinition(e))...)
	j := &Judgement{State: e.Metadata.State(), Category: Unknown, Facts: len(facts), Passing: len(e.Passing)}
	if err := comparePassing(ctx, facts, e.Passing, known); err != nil {
		return nil, err
	}
	j.outcome = outcomeOf(e, facts)
	o := &j.outcome
	j.Phase = o.phase
	for _, f := range facts {
		if f.kind == waiter && !o.behind(f) && !o.consequence(f) {
			j.waiters = append(j.waiters, f)
		}
	}
	if j.State == runfile.Passed {
		j.Category = None
		return j, nil
	}
	j.Findings = rank(facts, o, len(e.Passing), &known.weights)
	if len(j.Findings) > 0 {
		j.Category = j.Findings[0].Category
	}
	if j.State == runfile.Aborted && !o.timedOut(e) {
		j.Category = Aborted
		j.Findings = nil
	}
	return j, nil
}

// comparePassing counts for each fact how many of the passing runs have it. Only runs in
// which the same source was read count.
func comparePassing(ctx context.Context, facts []*Fact, passing []*Evidence, known *Matcher) error {
	sources := map[string]int{}
	type seen struct {
		source string
		print  uint64
		lost   bool
	}
	counts := map[seen]int{}
	for _, p := range passing {
		their, err := p.comparedFacts(ctx, known)
		if err != nil {
			return err
		}
		once := map[seen]bool{}
		for _, f := range their {
			once[seen{f.sourceName(), f.fingerprint(), f.lost}] = true
		}
		for k := range once {
			counts[k]++
		}
		for source := range sourcesOf(p) {
			sources[source]++
		}
	}
	for _, f := range facts {
		f.Passing = -1
		if f.kind == deviation || f.kind == changed {
			f.Passing = 0
			continue
		}
		if sources[f.sourceName()] > 0 {
			f.Passing = counts[seen{f.sourceName(), f.fingerprint(), f.lost}]
		}
	}
	return nil
}

// sourceName is the same for the same source in another run.
func (f *Fact) sourceName() string { return string(f.Source) + " " + f.file }

// sourcesOf are the sources that a run has, by their names.
func sourcesOf(e *Evidence) map[string]bool {
	all := map[string]bool{string(FromJUnit) + " ": len(e.Metadata.Suites) > 0, string(FromPod) + " ": e.Metadata.Pod != nil, string(FromSpan) + " ": e.Tree != nil}
	for _, l := range e.Logs {
		all[string(FromLog)+" "+ids.ReplaceAllString(l.Name, "#")] = true
	}
	for name, has := range all {
		if !has {
			delete(all, name)
		}
	}
	return all
}

// fingerprint is the same for texts that differ only in numbers and ids.
func (f *Fact) fingerprint() uint64 {
	if f.print == 0 {
		f.print = hashOf(ids.ReplaceAllString(f.Text, "#"))
	}
	return f.print
}

func hashOf(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// mostSorted is how many of the likeliest findings get a category. A category takes a
// hundred patterns for each finding, and a log may have a million different lines.
const mostSorted = 5000

// rank gives the facts that can be a cause, the likeliest first.
func rank(facts []*Fact, o *outcome, passing int, w *weighing) (all []Finding) {
	var candidates []*Fact
	for _, f := range facts {
		if f.kind != bare {
			candidates = append(candidates, f)
		}
	}
	slices.SortStableFunc(candidates, func(a, b *Fact) int { return a.Time.Compare(b.Time) })
	follows := followers(candidates)
	known := false
	for _, f := range candidates {
		finding := judged(f, o, follows[f], passing, w)
		if !known && finding.score > 0 && f.strong() && !f.wentOn && !o.behind(f) && !o.consequence(f) {
			known = true
			finding.score += w.earliest
		}
		all = append(all, finding)
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.score, a.score), compareTimes(a.Time, b.Time))
	})
	all = foldSame(all)
	for i := range all[:min(len(all), mostSorted)] {
		all[i].Category = categoryOf(all[i].Fact, o)
	}
	other := len(all) // the next finding of another category, or else the last one
	for i := len(all) - 1; i >= 0; i-- {
		if next := i + 1; next == len(all)-1 || next < len(all) && all[next].Category != all[i].Category {
			other = next
		}
		ahead := all[i].score
		if other < len(all) {
			ahead -= all[other].score
		}
		all[i].Confidence = confidence(&all[i], ahead, passing, o)
	}
	return all
}

// compareTimes puts facts without a time after those with one.
func compareTimes(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// judged weighs a fact.
func judged(f *Fact, o *outcome, follows []*Fact, passing int, w *weighing) Finding {
	out := Finding{Fact: f, Follows: follows, Category: Unknown}
	weigh := func(on bool, weight int, because string) {
		if on {
			out.score += weight
			if weight > 0 && because != "" {
				out.Because = append(out.Because, because)
			}
		}
	}
	lasting := f.kind == retry && f.strong() && f.Match.permanent() &&
		(o.within(f) || slices.ContainsFunc(follows, func(next *Fact) bool { return next.kind != retry && next.Severity >= joblog.Error && !o.behind(next) }))
	weigh(f.kind == deviation, w.deviation, "passing runs differ here")
	weigh(f.kind == changed, w.changed, "")
	weigh(f.kind == slowCheck, w.slowCheck, "the check itself takes too long")
	weigh(f.kind == reason, w.reason, "the pod itself gives this reason")
	weigh(f.lost, w.lost, "all tries failed")
	weigh(f.Passing == 0 && !ordinary(f.Text), w.absent, "in none of the passing runs")
	weigh(f.Passing > 0 && f.Passing == passing, w.common, "")
	weigh(!o.failed.IsZero() && !o.behind(f) && !f.Time.IsZero() && !f.passedStep, w.inPhase, "in phase "+o.phase+" or before it")
	weigh(o.behind(f), w.behindPhase, "")
	weigh(f.Match.Signature != nil, w.known, "a known error")
	weigh(f.Match.Signature != nil && !f.strong() && !(f.Match.ID == "image-pull" && f.ofFailed && !f.ofPassed), w.weak-w.known, "") // T47: a test waits for one image
	weigh(f.Severity == joblog.Fatal, w.fatal, "")
	weigh(f.Severity == joblog.Error, w.failed, "")
	weigh(f.Severity <= joblog.Warning && !f.worded, w.warning, "")
	weigh(f.kind == waiter, w.waiter, "")
	weigh(f.kind == cancelled, w.cancelled, "")
	weigh(f.kind == retry && !lasting, w.retried, "")
	weigh(f.informal, w.informal, "")
	weigh(o.consequence(f), w.consequence, "")
	weigh(f.worded && f.Match.Signature == nil, w.worded, "")
	weigh(f.beside, w.beside, "just before something failed")
	weigh(f.Match.Signature == nil && (f.Severity <= joblog.Warning && noticeText.MatchString(f.Text) || ordinary(f.Text)), w.notice, "")
	weigh(len(f.rare) == 0 && !namedText.MatchString(f.Text) && f.Match.Signature == nil && f.kind == content, w.nameless, "")
	weigh(f.wentOn, w.wentOn, "")
	weigh(f.swallowed, w.swallowed, "")
	weigh(f.why, w.why, "it explains why a wait failed")
	weigh(f.ofPassed, w.ofPassed, "")
	weigh(f.passedStep, w.passedStep, "")
	weigh(f.ofFailed && !f.ofPassed && !(f.outside && f.Severity <= joblog.Warning && !f.worded), w.ofFailed, "in a test that failed")
	weigh(f.ofFailed && !f.ofPassed && f.asserts() && f.tests < severalTests, w.asserts, "")
	out.score += min(w.explains*len(follows), w.mostExplained)
	out.Title = titleOf(f)
	weigh(f.afterwards, w.cleanup, "")
	weigh(gatherText.MatchString(f.Text), w.gathers, "")
	weigh(f.ofOwnName(), w.ownName, "")
	if s := f.Match.Signature; s != nil {
		out.Next = s.Next
	}
	return out
}

// strong reports whether the fact matches a signature that is seldom only a consequence.
func (f *Fact) strong() bool {
	return f.Match.Signature != nil && !slices.Contains(weakSignatures, f.Match.ID)
}

// ofOwnName reports whether the unknown name is that of the API server of a cluster that is
// being created. Usually the name is unknown until the cluster's machines are up (T37), and
// sometimes nobody created it (M4).
func (f *Fact) ofOwnName() bool {
	return f.Match.Signature != nil && f.Match.ID == "dns-no-such-host" && ownName.MatchString(f.Text)
}

var ownName = regexp.MustCompile(`\b(?:lookup|host:?|resolve) (?:https?://)?api(?:-int|\.internal)?[.-]\S+`)

// namedText is a name in quotes within a text.
var namedText = regexp.MustCompile(`["'‘\x60][./\w-]{3,}["'’\x60]`)

// asserts reports whether a fact is what a test says about its failure. A Go test puts its
// place before everything that it logs, so its words must report a fault (T41).
func (f *Fact) asserts() bool {
	if at := goPlace.FindString(f.Text); at != "" {
		return assertText.MatchString(f.Text[len(at):]) || faultText.MatchString(f.Text[len(at):])
	}
	return assertText.MatchString(f.Text)
}

// severalTests is how many tests must fail with one text to show that it comes from
// something below them. Then it is no longer the finding of a test (T42).
const severalTests = 3

// goPlace is the place that a Go test puts before its messages.
var goPlace = regexp.MustCompile(`^[\w./-]+\.go:\d+: `)

// permanent reports whether trying again is useless: a quota or a permission does not
// change. Throttling and overload go away.
func (m Match) permanent() bool {
	switch m.Category {
	case Quota, Config, Image, Capacity:
		return true
	}
	return false
}

func titleOf(f *Fact) string {
	if f.Match.Signature != nil {
		return f.Match.Title
	}
	return clipTitle(legend.ReplaceAllString(openshiftFailure.ReplaceAllString(f.Text, ""), "$1"))
}

// legend is the end of a text that has more lines, and the line that go-cmp writes above a
// difference.
var legend = regexp.MustCompile(`(\S)\s*(?:\([-+][\w ]+[-+]\w+\))?\s*:$`)

// clipTitle cuts a text after a word, to the length of a title. Half a secret would not be
// recognized as one, so a text that is cut contains none.
func clipTitle(s string) string {
	if len([]rune(s)) <= longestTitle {
		return s
	}
	r := []rune(mask.Text(s))
	if len(r) <= longestTitle {
		return string(r)
	}
	cut := string(r[:longestTitle-1])
	if i := strings.LastIndexByte(cut, ' '); i > longestTitle/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

// machineFile is the name of a log that a machine wrote about itself.
var machineFile = regexp.MustCompile(`/machines?/|cloud-init|startup|journal|console|/nodes/`)

// categoryOf gives the category of a fact: its own, or else that of its signature, its words
// or its source.
func categoryOf(f *Fact, o *outcome) Category {
	if f.category != "" {
		return f.category
	}
	by, sure := kindByWords(f.Text)
	switch {
	case f.Match.Signature != nil && f.Match.ID == "command-missing" && machineFile.MatchString(f.File):
		return Image // C4: the machine's image lacks it
	case f.Match.Signature != nil && sure && by != Timeout && slices.Contains(generalSignatures, f.Match.ID):
		return by
	case f.Match.Signature != nil:
		return f.Match.Category
	case sure && f.kind != waiter && (f.kind != reason || by == OOM || by == Image || by == Config && f.Source == FromProw):
		return by
	case f.kind == reason:
		return Infra
	case f.kind == waiter:
		return Timeout
	case f.Source == FromJUnit || f.ofFailed && !f.ofPassed || o.test && o.within(f) && strings.HasSuffix(f.File, "build-log.txt"):
		return Test
	}
	return Unknown
}

// followers finds the consequences of each fact: later facts that have a rare word or the
// text in common with it. candidates must be in order of their times.
func followers(candidates []*Fact) map[*Fact][]*Fact {
	owners := map[string][]int{}
	for i, f := range candidates {
		for _, t := range f.rare {
			owners[t] = append(owners[t], i)
		}
	}
	common := max(4, len(candidates)/4) // a word in so many facts names nothing
	all := map[*Fact][]*Fact{}
	for i, f := range candidates {
		later := map[int]bool{}
		for _, t := range f.rare {
			if own := owners[t]; len(own) <= common {
				for _, k := range own {
					if k > i && !f.Time.IsZero() {
						later[k] = true
					}
				}
			}
		}
		for _, k := range sortedKeys(later) {
			all[f] = append(all[f], candidates[k])
		}
	}
	return all
}

func sortedKeys(m map[int]bool) (keys []int) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// foldSame keeps the best of findings that say the same: one signature with one title, or
// one text from a span, a log and JUnit.
func foldSame(all []Finding) (kept []Finding) {
	seen := map[string]bool{}
	for _, f := range all {
		key := ids.ReplaceAllString(f.Title, "#")
		if !seen[key] {
			seen[key] = true
			kept = append(kept, f)
		}
	}
	return kept
}

// confidence says how sure a finding is, given its place and its lead over causes of other
// kinds. It is high for what the pod says about itself. It is also high for a signature at
// the place of a failure that is well ahead of causes of other kinds. A known text alone is
// as often a consequence. docs/triage.md says how often each was right.
func confidence(f *Finding, ahead, passing int, o *outcome) Confidence {
	support, placed := 0, f.beside || f.ofFailed || o.within(f.Fact)
	for _, on := range []bool{f.strong(), f.strong() && f.Source == FromSpan, placed, f.Passing == 0 && passing > 0, f.lost, ahead >= 15, ahead >= 30} {
		if on {
			support++
		}
	}
	switch {
	case f.kind == waiter || f.kind == cancelled || f.kind == retry || f.informal || f.score < 10:
		return Low
	case f.kind == reason, f.strong() && !f.ofOwnName() && support >= 3 && (placed || f.Source == FromSpan) && ahead >= 10 && (f.Passing <= 0 || f.Passing < passing):
		return High
	case f.strong(), support >= 2, f.kind == deviation || f.kind == slowCheck:
		return Medium
	}
	return Low
}

// Print is the fingerprint of the fact's text. It is the same for texts that differ only in
// numbers and ids.
func (f *Fact) Print() uint64 { return f.fingerprint() }

// Minor reports whether a finding is not worth a line after another one. It waited in vain,
// was tried again, was ended from outside, or came after the failure.
func (j *Judgement) Minor(f *Finding) bool {
	if f.Severity == joblog.Warning && f.Match.Signature == nil && f.Passing != 0 {
		return true
	}
	return f.kind == waiter || f.kind == retry || f.kind == cancelled || f.score < 0 || j.outcome.behind(f.Fact) || j.outcome.consequence(f.Fact)
}

// Retries are the facts that were tried repeatedly and lost.
func (j *Judgement) Retries() (all []*Fact) {
	for _, f := range j.Findings {
		if f.kind == retry && f.Count > 1 {
			all = append(all, f.Fact)
		}
	}
	return all
}
