package triage

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// Bounds on the facts of a run.
const (
	factBytes    = 1000
	factsOfLog   = 4000 // different ones of a log
	factsOfTree  = 2000
	casesOfSuite = 2000 // failed cases of a suite
)

// collector gathers the facts of a run.
type collector struct {
	*Evidence
	known *Matcher
	ended map[string]bool // logs of steps that ended, and whether the step failed; nil if none failed
	facts []*Fact
	named []int32 // lines of the log with a word of versionWords
}

func (c *collector) add(f Fact) {
	f.Text = clip(strings.ReplaceAll(f.Text, "\t", " "))
	if f.Text == "" {
		return
	}
	if f.Count == 0 {
		f.Count = 1
	}
	if f.Last.IsZero() {
		f.Last = f.Time
	}
	if f.Match.Signature == nil && c.known != nil {
		f.Match, _ = c.known.Line([]byte(f.Text))
	}
	if f.kind == content {
		f.kind = kindOf(f.Text)
	}
	if f.kind == retry && lastAttempt(f.Text) {
		f.kind, f.lost = content, true
	}
	if f.kind == waiter && f.tellsWhy() {
		f.kind, f.why = content, true
	}
	f.informal = f.informal || informalText.MatchString(f.Text)
	f.rare = tokensOf(f.Text)
	c.facts = append(c.facts, &f)
}

// tellsWhy reports whether a wait in vain says what prevented its success: a quota, an
// image, memory (T27).
func (f *Fact) tellsWhy() bool {
	by, _ := kindByWords(f.Text)
	switch by {
	case OOM, Quota, Throttling, Capacity, Image:
		return true
	}
	return false
}

// Facts gives the facts of a run without weighing them: what pods, clones, cases, steps,
// spans and logs call errors, in the order of Evidence. Its only error is that of ctx.
func Facts(ctx context.Context, e *Evidence, known *Matcher) ([]*Fact, error) {
	facts, _, err := gather(ctx, e, known)
	return facts, err
}

// gather gives the facts of a run, and the lines of each log that may name a version. It
// finds both in one pass.
func gather(ctx context.Context, e *Evidence, known *Matcher) (facts []*Fact, named [][]int32, err error) {
	ended := e.Metadata.StepLogs()
	if !slices.Contains(slices.Collect(maps.Values(ended)), true) {
		ended = nil
	}
	parts := make([][]*Fact, 1+len(e.Logs)) // each source on its own, in parallel
	named = make([][]int32, len(e.Logs))
	g, ctx := panics.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	g.Go(func() error {
		c := &collector{Evidence: e, known: known}
		c.pod()
		c.prow()
		c.clones()
		c.suites()
		c.steps(e.Metadata.Steps)
		c.spans()
		parts[0] = c.facts
		return nil
	})
	for i, l := range e.Logs {
		g.Go(func() error {
			c := &collector{Evidence: e, known: known, ended: ended}
			err := c.log(ctx, l)
			parts[1+i], named[i] = c.facts, c.named
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	return slices.Concat(parts...), named, nil
}

// pod collects the reasons that the pod and Prow give themselves (E5, O10).
func (c *collector) pod() {
	pod := c.Metadata.Pod
	if pod == nil {
		return
	}
	say := func(at time.Time, format string, args ...any) {
		c.add(Fact{Place: Place{Source: FromPod, File: "podinfo.json", Span: -1}, Time: at, Text: fmt.Sprintf(format, args...), Severity: joblog.Fatal, kind: reason})
	}
	if d := pod.Disrupted; d != nil {
		say(d.Time, "DisruptionTarget: %s: %s", d.Reason, d.Message)
	}
	if pod.Phase == "Failed" && pod.Reason != "" {
		say(time.Time{}, "%s: %s", pod.Reason, pod.Message)
	}
	if u := pod.Unscheduled; u != nil && pod.Scheduled.IsZero() {
		say(u.Time, "the pod had no node: %s: %s", u.Reason, u.Message)
	}
	c.events(pod)
	for _, container := range slices.Concat(pod.Init, pod.Containers) {
		switch end := container.End; {
		case end != nil && end.Reason == "OOMKilled":
			say(end.Finished, "container %s was killed: OOMKilled, exit code %d", container.Name, end.ExitCode)
		case container.Last != nil && container.Last.Reason == "OOMKilled":
			say(container.Last.Finished, "container %s was killed before it was started again: OOMKilled", container.Name)
		case container.NeverStarted() && container.Waiting != "" && container.Waiting != "PodInitializing" && container.Waiting != "ContainerCreating":
			say(pod.Created, "container %s did not start: %s: %s", container.Name, container.Waiting, container.Detail)
		}
	}
}

// prow collects the reason for which Prow itself says that it ended a run, if there is one
// (T5, T18).
func (c *collector) prow() {
	p := c.Metadata.ProwJob
	if p == nil || p.Description == "" || c.Metadata.State() != runfile.Errored {
		return
	}
	f := Fact{Place: Place{Source: FromProw, File: "prowjob.json", Span: -1}, Time: c.Metadata.Since(), Text: p.Description, Severity: joblog.Fatal, kind: reason}
	if kindOf(p.Description) == waiter {
		f.kind = waiter // the pod says what it waited for
	}
	c.add(f)
}

// endingEvents are events of a pod that end it, or prevent its start.
var endingEvents = []string{"Evicted", "Preempted", "NodeNotReady", "NodeShutdown", "TaintManagerEviction", "DeletingNode", "OOMKilling"}

// events collects what Kubernetes recorded about a pod whose program never ran, or that was
// ended (T5). The pod's own reasons are shorter.
func (c *collector) events(pod *runfile.Pod) {
	started := slices.ContainsFunc(pod.Containers, func(c runfile.Container) bool { return c.Role == runfile.RoleTest && !c.NeverStarted() })
	for _, e := range pod.Events {
		waited := e.Reason == "FailedScheduling" && !pod.Scheduled.IsZero()
		if e.Warning && !started && !waited && kindOf(e.Message) != bare || slices.Contains(endingEvents, e.Reason) {
			f := Fact{Place: Place{Source: FromPod, File: "podinfo.json", Span: -1}, Time: e.Time, Last: e.Last, Count: e.Count, Text: e.Reason + ": " + e.Message, Severity: joblog.Error}
			if _, sure := kindByWords(e.Message); !sure {
				f.category = Infra
			}
			c.add(f)
		}
	}
}

// clones collects repositories that could not be cloned.
func (c *collector) clones() {
	for _, clone := range c.Metadata.Clones {
		for _, command := range clone.Commands {
			if command.Error != "" && clone.Failed {
				c.add(Fact{
					Place: Place{Source: FromProw, File: "clone-records.json", Span: -1}, Time: c.Metadata.Since(), Severity: joblog.Fatal, kind: reason,
					Text: strings.TrimPrefix(clone.Refs.Org+"/"+clone.Refs.Repo, "/") + ": " + command.Command + ": " + command.Error,
				})
			}
		}
	}
}

// suites collects the failed cases of JUnit.
func (c *collector) suites() {
	for _, s := range c.Metadata.Suites {
		failed := 0
		at := s.Start
		for _, one := range s.Cases {
			if one.Outcome == runfile.CaseFailed || one.Outcome == runfile.CaseFlaky {
				if failed++; failed > casesOfSuite {
					break
				}
				said := saidBy(one)
				c.add(Fact{
					Place: Place{Source: FromJUnit, File: s.File, Span: -1}, Time: cmpTime(one.Start, at).Add(one.Duration), Severity: joblog.Error,
					Text: one.Name + ": " + said, informal: one.Outcome == runfile.CaseFlaky || informalText.MatchString(s.Name),
					kind: kindOf(said),
				})
			}
			if one.Outcome == runfile.CaseFailed {
				c.within(s, one)
			}
			if s.Parallel <= 1 && !at.IsZero() {
				at = at.Add(one.Duration)
			}
		}
	}
}

// Bounds on what is read from a failed case.
const (
	linesOfCase = 300
	knownOfCase = 4
)

// within collects what signatures know in the message of a failed case, after its first
// statement: a failing test quotes the error that made it fail.
func (c *collector) within(s runfile.Suite, one runfile.Case) {
	found, n := 0, 0
	message := one.Message
	for _, o := range one.Output {
		if o.Stream == "failure" || o.Stream == "error" {
			message += "\n" + o.Text
		}
	}
	for line := range strings.Lines(message) {
		if n++; n > linesOfCase || found == knownOfCase {
			return
		}
		if match, ok := c.known.Line([]byte(strings.TrimSpace(line))); ok && !slices.Contains(weakSignatures, match.ID) {
			found++
			c.add(Fact{
				Place: Place{Source: FromJUnit, File: s.File, Span: -1}, Time: cmpTime(one.Start, s.Start).Add(one.Duration), Severity: joblog.Error,
				Text: messageOf(line), Match: match, ofFailed: true, informal: informalText.MatchString(s.Name),
			})
		}
	}
}

func cmpTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// saidBy is the text of a failed case: its message, or else the body of its failure, or else
// the last line of its output that looks like an assertion.
func saidBy(one runfile.Case) string {
	said := firstTelling(one.Message)
	if kindOf(said) != bare {
		return said
	}
	for _, o := range one.Output {
		if o.Stream != "failure" && o.Stream != "error" {
			continue
		}
		if body := firstTelling(o.Text); kindOf(body) != bare {
			return body
		}
	}
	for _, o := range one.Output {
		lines := strings.Split(o.Text, "\n")
		for i := len(lines) - 1; i >= max(0, len(lines)-linesOfCase); i-- {
			if line := strings.TrimSpace(messageOf(lines[i])); assertText.MatchString(line) && kindOf(line) != bare {
				return line
			}
		}
	}
	return said
}

// firstTelling gives the first line of a message that says more than that something failed.
func firstTelling(message string) string {
	for line := range strings.Lines(message) {
		if m := assertion.FindStringSubmatch(line); m != nil && kindOf(m[1]) != bare {
			return strings.TrimSpace(m[1])
		}
	}
	lines := strings.Split(message, "\n")
	for i, line := range lines {
		if line = strings.TrimSpace(line); line != "" && kindOf(messageOf(line)) != bare {
			line = messageOf(line)
			if next := strings.TrimSpace(strings.Join(lines[i+1:min(len(lines), i+2)], "")); headText.MatchString(line) || strings.HasPrefix(next, "Expected") || strings.HasPrefix(next, "Unexpected error") { // T13, T30: the point is in the following lines
				line, _ = joinLines(line, lines[i+1:min(len(lines), i+1+moreLines)])
			}
			return line
		}
	}
	first, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return cmp.Or(first, "failed")
}

// assertion is a line in which a Go test says what it found.
var assertion = regexp.MustCompile(`^\s*\S+_test\.go:\d+: (.{4,})`)

// steps collects the failed steps of ci-operator: the deepest ones, which say more.
func (c *collector) steps(all []runfile.Step) {
	for _, s := range all {
		if !s.Failed {
			continue
		}
		if slices.ContainsFunc(s.Steps, func(part runfile.Step) bool { return part.Failed }) {
			c.steps(s.Steps)
			continue
		}
		c.add(Fact{Place: Place{Source: FromStep, File: "artifacts/ci-operator-step-graph.json", Span: -1}, Time: s.Finished, Text: "step " + s.Name + " failed", Severity: joblog.Error, kind: bare})
	}
}

// ids are the parts of the name of a span or a file that differ from run to run.
var ids = regexp.MustCompile(`[0-9a-f]{8,}|\d+`)

// spans collects the errors of spans that did not recover. It skips spans of Prow's own
// files, because these files are read on their own.
func (c *collector) spans() {
	if c.Tree == nil {
		return
	}
	recovered := analysis.Recovered(*c.Tree)
	folded := map[string]*Fact{}
	for i := range c.Tree.Len() {
		if c.Tree.Status(i) != trace.StatusError || recovered[i] || c.Tree.Own(i) || len(folded) == factsOfTree {
			continue
		}
		said, match, told := c.spanText(i)
		if !told {
			continue
		}
		start, end := c.Tree.Times(i)
		key := ids.ReplaceAllString(said, "#")
		if f := folded[key]; f != nil {
			f.Count++
			if last := time.Unix(0, end).UTC(); last.After(f.Last) {
				f.Last = last
			}
			continue
		}
		c.add(Fact{Place: Place{Source: FromSpan, Span: i}, Time: time.Unix(0, start).UTC(), Last: time.Unix(0, end).UTC(), Text: said, Match: match, Severity: joblog.Error})
		if n := len(c.facts); n > 0 {
			c.facts[n-1].print = hashOf(key)
			folded[key] = c.facts[n-1]
		}
	}
}

// spanText is what a span says about its error: its exception, or else its status, and its
// name. told is false if that says nothing: "not found" is an answer. match is the signature
// of one of its attributes, if there is one.
func (c *collector) spanText(i int) (said string, match Match, told bool) {
	name := c.Tree.Span(i).Name
	d, err := c.Tree.Detail(i)
	if err != nil {
		return name, match, false
	}
	said = d.Span.GetStatus().GetMessage()
	for _, e := range d.Span.GetEvents() {
		for _, kv := range e.GetAttributes() {
			if kv.GetKey() == "exception.message" {
				said = kv.GetValue().GetStringValue()
			}
		}
	}
	var code int64
	var address string
	for _, kv := range d.Span.GetAttributes() {
		if match.Signature == nil {
			match, _ = c.known.Attribute(kv.GetKey(), kv.GetValue().GetStringValue())
		}
		switch kv.GetKey() {
		case "http.response.status_code":
			code = kv.GetValue().GetIntValue()
		case "url.full":
			address, _, _ = strings.Cut(kv.GetValue().GetStringValue(), "?")
		}
	}
	switch {
	case said != "":
		return name + ": " + said, match, true
	case code >= 400 && code != 404 && code != 409:
		return fmt.Sprintf("%s %s: HTTP %d", name, address, code), match, true
	}
	return name, match, match.Signature != nil
}

// numberOf gives the number of a line in the complete log.
func numberOf(l Log, i int) int {
	if l.Number == nil {
		return i + 1
	}
	n, _ := l.Number(i)
	return n
}

// A poll is a program that waits, and says so repeatedly.
type poll struct {
	Fact
	at int // its last line, which has the final state
}

// poll counts a line of a program that waits.
func (c *collector) poll(polls map[uint64]*poll, l Log, i int, line joblog.Line) {
	print := l.Fingerprint(i)
	f := polls[print]
	if f == nil {
		if len(polls) == factsOfLog {
			return
		}
		f = &poll{Fact: Fact{
			Place: Place{Source: FromLog, File: l.Name, Line: numberOf(l, i), Span: -1}, Time: line.Time, Severity: joblog.Error, kind: waiter,
			print: print, file: ids.ReplaceAllString(l.Name, "#"),
		}}
		polls[print] = f
	}
	f.at = i
	f.Count++
	f.Last = line.Time
}

// A long poll becomes a fact. These are the bounds.
const (
	longWait  = 2 * time.Minute
	fewTries  = 5
	slowRound = 90 * time.Second
)

// waits adds the facts of long waits.
func (c *collector) waits(polls map[uint64]*poll, l Log) {
	var all []*poll
	for _, f := range polls {
		if f.Count >= fewTries && f.Last.Sub(f.Time) >= longWait {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b *poll) int { return cmp.Compare(a.Line, b.Line) })
	for _, f := range all {
		took := text.Duration(f.Last.Sub(f.Time).Round(time.Second))
		f.Text = fmt.Sprintf("%s (for %s)", messageOf(l.Said(f.at, 4*factBytes)), took)
		c.add(f.Fact)
	}
}

// rounds adds facts of checks that take so long themselves that few of them fit into the
// available time (K4).
func (c *collector) rounds(facts []*Fact) {
	for _, f := range facts {
		if f.kind != retry || f.Count < 2 || f.Count > 12 || f.tearDown || !waiterText.MatchString(f.Text) {
			continue
		}
		round := f.Last.Sub(f.Time) / time.Duration(f.Count-1)
		gaveUp := slices.ContainsFunc(facts, func(w *Fact) bool { return w.kind == waiter && !w.Time.Before(f.Last) && !w.tearDown })
		if round >= slowRound && gaveUp {
			c.add(Fact{
				Place: f.Place, Time: f.Time, Last: f.Last, Severity: joblog.Error, file: f.file, category: Timeout,
				Text: fmt.Sprintf("each round of checks took %s: only %d fitted into the time there was (%s)", text.Duration(round.Round(time.Second)), f.Count, f.Text),
				kind: slowCheck,
			})
		}
	}
}

// mayBeCommand reports whether commandText is worth trying.
func mayBeCommand(line []byte) bool {
	return bytes.HasPrefix(line, []byte("+")) || bytes.IndexByte(line, "⚙"[0]) >= 0 && bytes.Contains(line, []byte("⚙"))
}

// mayTell reports whether a line with information level can be a fact. It rules out most
// lines before they are searched for signatures.
func mayTell(line []byte) bool { return len(line) < 64<<10 }
