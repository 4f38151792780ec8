package triage

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strings"

	"prowtrace/joblog"
)

// Bounds on what is read from a log.
const (
	wordedOfLog = 1000   // facts that only their words make a fault
	printsOfLog = 50_000 // fingerprints of lines with such words
	nearLines   = 25     // before an end
	moreLines   = 8      // following lines that belong to a line
)

// reading is a log that is being read for facts. Its facts are lines with an error level,
// lines that a signature knows, lines whose words report a fault, and lines that report a
// wait in vain. Each text is one fact, with its first and last time.
type reading struct {
	*collector
	log    Log
	folded map[uint64]*Fact
	polls  map[uint64]*poll
	told   map[uint64]telling
	worded int
	words  []int32 // found in a line

	recent   []sighting // of facts, for nearLines
	pkg      []*Fact    // since the last package of Go's tests ended
	packages bool       // whether there was one
	test     []*Fact    // since a test began
	testing  bool       // a test began
	failing  bool       // a test failed, and the current lines belong to it
	asserted bool       // the failed test has said why
	commands int        // of a script so far
	joined   int        // lines before this one belong to a fact
	tearDown int        // the first line of the part that handles what is left, counted from 1; 0 if another command follows
}

// telling is the role of a line without an error level.
type telling uint8

const (
	unseen telling = iota
	nothing
	fault
	ending // it says only that something failed
)

// A sighting is a place where a fact was seen.
type sighting struct {
	line     int
	fact     *Fact
	commands int // of the script before it
}

// log collects the facts of a log.
func (c *collector) log(ctx context.Context, l Log) error {
	r := &reading{collector: c, log: l, folded: map[uint64]*Fact{}, polls: map[uint64]*poll{}, told: map[uint64]telling{}}
	begin := len(c.facts)
	var buf []byte
	for i, line := range l.Lines() {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if line.Severity == joblog.Info && !mayTell(line.Bytes) || line.Severity == joblog.Debug {
			if mayName(line) && c.known.named.has(line.Bytes) {
				c.named = append(c.named, int32(i))
			}
			continue
		}
		buf = l.Text(buf[:0], i, 4*factBytes)
		r.line(i, line, buf)
	}
	if strings.HasSuffix(l.Name, "build-log.txt") { // other logs are from programs that go on
		r.end(l.Len())
	}
	failed, ended := c.ended[l.Name]
	kept := slices.DeleteFunc(c.facts[begin:], (*Fact).forgotten)
	c.facts = c.facts[:begin+len(kept)]
	for _, f := range c.facts[begin:] {
		f.tearDown = f.tearDown || r.tearDown > 0 && f.Line >= numberOf(l, r.tearDown-1)
		f.wentOn = r.commands-f.commands >= 2 && !f.beside
		f.passedStep = ended && !failed && !f.Time.IsZero() // whether it is before or after the failed step is not known otherwise
	}
	c.rounds(c.facts[begin:])
	c.waits(r.polls, l)
	return nil
}

// line reads a line. Its text is buf.
func (r *reading) line(i int, line joblog.Line, buf []byte) {
	r.tests(withoutHead(buf))
	if mayBeCommand(buf) && commandText.Match(buf) {
		if mayName(line) && r.known.named.has(buf) {
			r.named = append(r.named, int32(i))
		}
		r.command(i, buf)
		return
	}
	words := r.known.words(buf, r.words[:0])
	r.words = words.signatures
	if words.version && mayName(line) {
		r.named = append(r.named, int32(i))
	}
	if line.Severity <= joblog.Info && words.polls && pollText.Match(buf) && !lostPollText.Match(buf) {
		r.poll(r.polls, r.log, i, line)
		return
	}
	severity := line.Severity
	if mayBeBootstrap(buf) && bootstrapHead.Match(buf) {
		severity = joblog.NoSeverity
	}
	signature, groups := r.known.find(words.signatures, buf)
	known := signature != nil
	if (r.testing || r.failing) && ofTest(buf) {
		words.fault = true
	}
	worded := severity < joblog.Warning && !known
	if worded && !words.fault || i < r.joined && !known {
		return
	}
	print := r.log.Fingerprint(i)
	if f := r.folded[print]; f != nil {
		r.again(f, i, line, buf)
		return
	}
	if worded {
		switch r.tellingOf(print, buf) {
		case nothing:
			return
		case ending:
			r.end(i)
			return
		}
		if r.worded++; r.worded > wordedOfLog {
			return
		}
	}
	if len(r.folded) >= factsOfLog+wordedOfLog || r.log.ofKey(i, buf) {
		return
	}
	var match Match
	if known {
		match = Match{signature, signature.title(buf, groups)}
	}
	if len(buf) == 4*factBytes { // it may have been cut within a secret
		buf = []byte(r.log.Said(i, 4*factBytes))
	}
	said, after := r.whole(i, buf)
	f := Fact{
		Place: Place{Source: FromLog, File: r.log.Name, Line: numberOf(r.log, i), Span: -1}, Text: said, Severity: severity, Match: match,
		print: print, file: ids.ReplaceAllString(r.log.Name, "#"), worded: worded, tearDown: after || tearDownPlace.Match(buf),
	}
	if line.Origin != joblog.NoTime {
		f.Time = line.Time
	}
	r.add(f)
	if n := len(r.facts); n > 0 && r.facts[n-1].print == print {
		r.folded[print] = r.facts[n-1]
		r.saw(r.facts[n-1], i)
	}
}

// tellingOf gives the role of a line with words of faults. It is the same for all lines with
// the same fingerprint.
func (r *reading) tellingOf(print uint64, buf []byte) telling {
	what := r.told[print]
	if what != unseen {
		return what
	}
	what = nothing
	switch message := messageOf(string(buf)); {
	case len(buf) > factBytes:
	case strings.TrimSpace(message) != "" && bareText.MatchString(message):
		what = ending
	case tells(buf) || ofTest(buf):
		what = fault
	}
	if len(r.told) < printsOfLog {
		r.told[print] = what
	}
	return what
}

// again counts a line with the same text as a fact.
func (r *reading) again(f *Fact, i int, line joblog.Line, buf []byte) {
	f.Count++
	if line.Origin != joblog.NoTime {
		f.Last = line.Time
	}
	if f.kind == retry && lastAttempt(string(buf)) {
		f.kind, f.lost = content, true // all tries were lost (E19)
		f.Text = clip(messageOf(r.log.Said(i, 4*factBytes)))
	}
	r.saw(f, i)
}

// saw notes a place where a fact was seen.
func (r *reading) saw(f *Fact, i int) {
	if f.kind == bare {
		r.end(i)
		return
	}
	if r.tearDown == 0 {
		f.commands = r.commands
		r.recent = append(r.recent, sighting{i, f, r.commands})
	}
	if r.packages && len(r.pkg) < factsOfLog {
		r.pkg = append(r.pkg, f)
	}
	f.outside = f.outside || !r.testing && !r.failing
	if f.Count == 1 {
		by, _ := kindByWords(f.Text)
		f.cleans = by == Cleanup
		f.afterwards = r.asserted && f.cleans
		r.asserted = r.asserted || (r.testing || r.failing) && by == Test
	}
	if r.failing {
		f.ofFailed = true
	}
	if r.testing && len(r.test) < factsOfLog {
		r.test = append(r.test, f)
	}
}

// end handles a line that says that something failed, or the end of a script's log. The
// facts just before it, and those that led to it line by line, are beside it. A script that
// stops at the first error says no more than that (T2, T4, T11). If errors follow each
// other, none of them is nearer to the cause than the first.
func (r *reading) end(i int) {
	commands := -1
	for k := len(r.recent) - 1; k >= 0 && r.recent[k].line >= i-nearLines; k-- {
		f := r.recent[k].fact
		if r.recent[k].commands < commands {
			break // the script went on to a command that has failed (T50, T55)
		}
		if (f.worded || f.Severity >= joblog.Error || f.strong()) && !f.cleans {
			commands = r.recent[k].commands
		}
		f.beside = true
		i = r.recent[k].line
	}
	r.recent = r.recent[:0]
}

// command reads a line that a shell or kubetest2 prints before it runs a command.
func (r *reading) command(i int, buf []byte) {
	switch {
	case swallowCommand.Match(buf):
		for k := len(r.recent) - 1; k >= 0 && r.recent[k].commands == r.commands; k-- {
			r.recent[k].fact.swallowed = true
		}
	case smallCommand.Match(buf):
	case !tearDownText.Match(buf):
		r.tearDown = 0
		r.commands++
	case r.tearDown == 0:
		r.tearDown = i + 1
	}
}

// ofTest reports whether a line was written by a Go test, perhaps from a file of helpers
// (T1), or by openshift-tests to explain a failed test (O3).
func ofTest(buf []byte) bool {
	if bytes.HasPrefix(buf, []byte("fail [")) {
		return len(buf) < factBytes && openshiftFailure.Match(buf)
	}
	return bytes.HasPrefix(buf, []byte("    ")) && len(buf) < factBytes && bytes.Contains(buf, []byte(".go:")) && testLine.Match(buf)
}

// testLine is what testing.T prints before a text.
var testLine = regexp.MustCompile(`^ {4,}[\w.-]+\.go:\d+: `)

// openshiftFailure is what openshift-tests prints before a text: the place of the assertion,
// and mostly the time.
var openshiftFailure = regexp.MustCompile(`^fail \[[^\]\s]+\.go:\d+\]: (?:\w{3} [ \d]\d \d\d:\d\d:\d\d\.\d{3}: )?`)

// withoutHead removes what jobs wrote before each line when there were no pod utilities
// (T34).
func withoutHead(buf []byte) []byte {
	if mayBeBootstrap(buf) {
		return buf[len(bootstrapHead.Find(buf)):]
	}
	return buf
}

// tests follows the tests of a log. Lines in a test that passed are not a cause (M7, T1,
// T13). Lines in a test that failed belong to the failure.
func (r *reading) tests(buf []byte) {
	b := bytes.TrimLeft(buf, " ")
	if len(b) < 3 {
		return
	}
	has := func(prefix string) bool { return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix }
	switch b[0] {
	case '=':
		if has("=== FAIL:") { // gotestsum repeats the failures at its end
			r.test, r.testing, r.failing = r.test[:0], false, true
		} else if has("=== RUN") || has("=== CONT") || has("=== NAME") {
			r.begin()
		}
	case '-':
		switch {
		case has("--- PASS"):
			r.passed(false)
		case has("--- FAIL"):
			r.failed()
		case has("------------------------------"):
			r.begin()
		}
	case 'V': // a check of Kubernetes' verify.sh, with its result (T8, T16)
		if has("Verifying ") {
			r.begin()
		}
	case 'S':
		if has("SUCCESS") {
			r.passed(false)
		}
	case 'F':
		if has("FAILED  ") || has("FAILURE") {
			r.failed()
			r.failing = false
		} else if has("FAIL\t") || string(b) == "FAIL" { // a package of Go's tests has ended (T41)
			r.testing, r.failing = false, false
			r.pkg, r.packages = r.pkg[:0], true
		}
	case 'o':
		if has("ok  \t") {
			r.failing = false
			for _, f := range r.pkg {
				f.ofPassed = true
			}
			r.pkg, r.packages = r.pkg[:0], true
		}
	case 'p':
		if has("passed: (") {
			r.passed(true)
		}
	case 'f':
		if has("failed: (") {
			r.failed()
			r.testing, r.failing = true, false
		}
	case 0xe2:
		switch {
		case has("• [FAILED]"), has("• Failure"), has("• [PANICKED]"), has("• [TIMEDOUT]"):
			r.failed()
		case has("• ["), has("•["):
			r.passed(false)
		}
	}
}

// begin handles the beginning of a test.
func (r *reading) begin() {
	r.test, r.testing, r.failing, r.asserted = r.test[:0], true, false, false
}

// passed handles the end of a test that passed. next means that another one begins directly
// after it. Facts that only their words made a fault are forgotten: a test writes many lines
// that look like one.
func (r *reading) passed(next bool) {
	for _, f := range r.test {
		f.ofPassed = true
		if f.forgotten() && r.folded[f.print] == f {
			r.told[f.print] = nothing
			delete(r.folded, f.print)
			r.worded--
		}
	}
	r.test, r.testing, r.failing = r.test[:0], next, false
}

// forgotten reports whether a fact was one only by its words, in tests that passed.
func (f *Fact) forgotten() bool {
	return f.worded && f.ofPassed && !f.ofFailed && f.Match.Signature == nil
}

// failed handles the failure of a test. Some runners give the reason before it, some after
// it.
func (r *reading) failed() {
	for i, f := range r.test {
		f.ofFailed = true
		if !slices.Contains(r.test[max(0, i-nearLines):i], f) {
			f.tests++
		}
	}
	r.test, r.testing, r.failing = r.test[:0], false, true
}

// headText is a line whose point is in the following lines.
var headText = regexp.MustCompile(`(?i)(?:^|[:!\s])(?:expected|unexpected error:?|errors?:|failed:|failure:|reason:|because:|occurred:|following:|were found:|not equal:\s*)$|^Traceback \(most recent call last\):$`)

// failedHead is where Ginkgo says why a test failed, and lookedAfter where it failed after
// the test.
var (
	failedHead  = regexp.MustCompile(`^\s*\[(?:FAILED|PANICKED)\] `)
	lookedAfter = regexp.MustCompile(`(?i)^In \[(?:AfterEach|AfterAll|AfterSuite|DeferCleanup|JustAfterEach)`)
)

// whole is the text of a line, with the following lines if they have its point (T12, T13,
// T30). after reports whether it was written when the remains of a test were handled.
func (r *reading) whole(i int, buf []byte) (said string, after bool) {
	said = messageOf(string(buf))
	empty := strings.TrimSpace(lineHead.ReplaceAllString(said, "")) == ""
	if !empty && (bareText.MatchString(said) || !headText.MatchString(said) && !failedHead.Match(buf)) {
		return said, false
	}
	var more []string
	for k := i + 1; k < min(i+1+moreLines, r.log.Len()); k++ {
		line := r.log.Said(k, factBytes)
		if r.log.Line(k).Origin == joblog.Read && !strings.HasPrefix(strings.TrimSpace(line), "In [") {
			break
		}
		more = append(more, line)
	}
	whole, used := joinLines(said, more)
	if empty && used > 0 {
		whole = strings.TrimSpace(strings.TrimPrefix(whole, said))
	}
	r.joined = i + 1 + used
	for _, line := range more[used:] {
		after = after || lookedAfter.MatchString(strings.TrimSpace(line))
	}
	return whole, after
}

// typeText is a line in which Gomega prints the type of a value, and no value.
var typeText = regexp.MustCompile(`^<[\w.*]+ \|[^>]*>:? ?\{?$|^<[\w.*]+>:? ?\{?$|^[\[\]{}(),]*$`)

// joinLines joins a head with the lines after it, up to the first line that is empty or
// about another thing. For a Python exception it joins up to the line that names it. used is
// how many lines it took.
func joinLines(head string, more []string) (whole string, used int) {
	trace := strings.HasPrefix(head, "Traceback (most")
	parts := []string{head}
	for _, line := range more {
		t := strings.TrimSpace(line)
		if t == "" && len(parts) > 1 || strings.HasPrefix(t, "------") || strings.HasPrefix(t, "Full Stack Trace") || strings.HasPrefix(t, "In [") || strings.HasPrefix(t, "[FAILED]") || strings.HasPrefix(t, "--- FAIL") || strings.HasPrefix(t, "=== ") || len(parts) > 5 {
			break
		}
		used++
		if trace {
			if t == "" || strings.HasPrefix(line, " ") {
				continue
			}
			return t, used
		}
		if !typeText.MatchString(t) {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, " "), used
}
