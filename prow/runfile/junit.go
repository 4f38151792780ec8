package runfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// Suite is a testsuite element of a JUnit file. Nested suites are separate
// suites.
type Suite struct {
	File     string    // below the run's root
	Name     string    // may be empty, as kubetest2's is
	Start    time.Time // zero: the file does not say
	Duration time.Duration
	Parallel int    // how many cases ran at the same time, if the file says so (Ginkgo); else 0
	Cases    []Case // without those that were skipped
	Skipped  int
	LeftOut  int // passed cases beyond the bound

	// Lost and LostFailed count cases, and failed cases, that the suite's attributes
	// announce but that come after the point where its file breaks off.
	Lost, LostFailed int

	order int // in the file
}

// Case is a testcase element.
type Case struct {
	Name, Class string
	Start       time.Time // zero: the file does not say, as is usual
	Duration    time.Duration
	Outcome     Outcome
	Message     string // why it failed, also for a flaky case
	Line        int    `json:",omitempty"` // of its tag in the file, from 1; 0: unknown

	// Output is what the case printed, and the bodies of failures with several lines, as far
	// as there is room.
	Output []Output `json:",omitempty"`
}

// Outcome is the result of a case.
type Outcome string

// The outcomes of a case that was not skipped.
const (
	CasePassed  Outcome = "passed"
	CaseFailed  Outcome = "failed"
	CaseFlaky   Outcome = "flaky"   // it failed, and passed in a second try
	CaseUnknown Outcome = "unknown" // the file breaks off before the outcome
)

// Failed returns how many cases failed for good.
func (s Suite) Failed() int { return s.count(CaseFailed) }

// Flaky returns how many failures belong to cases that passed in a second try.
func (s Suite) Flaky() int { return s.count(CaseFlaky) }

// Unknown returns how many cases ran with an unknown outcome.
func (s Suite) Unknown() int { return s.count(CaseUnknown) }

func (s Suite) count(o Outcome) (n int) {
	for _, c := range s.Cases {
		if c.Outcome == o {
			n++
		}
	}
	return n
}

// room is how much of a JUnit file is kept. Beyond it, passed cases, and suites with
// only passed cases, are just counted. The numbers go down while the file is read.
type room struct {
	passed, notPassed    int // cases
	suites, failedSuites int

	output *outputRoom // of all files of a run

	// wanted reports whether a case is kept even if it passed, because it failed in another
	// try. nil keeps none.
	wanted func(file, suite string, c Case) bool
}

// tally counts what a JUnit file holds.
type tally struct {
	suites, failedSuites int // failedSuites: with a case that did not pass
	passed, notPassed    int // cases
}

// errNoJUnit means that the file is XML, but not JUnit.
var errNoJUnit = errors.New("no testsuite in it")

// readJUnit reads a JUnit file as a stream, as far as possible. If the file
// breaks off, the error says where and what is lost.
func readJUnit(r io.Reader, file string, room room) ([]Suite, tally, error) {
	j := junitReader{file: Name(file), in: newMarkup(r), room: room}
	err := j.read()
	slices.SortFunc(j.suites, func(a, b Suite) int { return cmp.Compare(a.order, b.order) })
	return j.suites, j.tally, err
}

type junitReader struct {
	file   string
	in     *markup
	room   room
	suites []Suite
	tally  tally

	seen   bool // a testsuite or testsuites element
	count  int  // of suites
	open   []*openSuite
	c      *openCase
	broken string // where the file is first broken; "": nowhere
}

type openSuite struct {
	Suite
	told, toldFailed int // number of cases in its attributes
	found, failed    int // cases that were read
	within           int // cases of suites in it
	withinFailed     int
	notPassed        int
	wanted           bool // one of its cases is kept though there is no room
}

type openCase struct {
	Case
	skipped   bool
	status    string // the attribute
	inFailure bool   // its text is being read
	message   strings.Builder
	escaped   []byte     // a part of the message
	body      outputTail // of the failure that is read
}

func (j *junitReader) read() error {
	for {
		t, err := j.in.next()
		switch {
		case err == io.EOF:
			return j.end(nil)
		case err != nil:
			return j.end(err)
		case t.name == "":
			j.text(t)
		case t.closing:
			j.close(t.name)
		default:
			j.start(t)
			if t.torn {
				j.breaks("a tag breaks off")
			}
			if t.empty {
				j.close(t.name)
			}
			if strings.HasPrefix(t.name, "system-") && !t.empty && !t.torn {
				j.printed(t.name)
			}
		}
	}
}

// printed reads what the open case printed. The output of a suite is skipped.
func (j *junitReader) printed(name string) {
	if j.c == nil || j.room.output == nil {
		j.in.output(name, nil)
		return
	}
	var tail outputTail
	j.in.output(name, tail.add)
	j.c.Output = append(j.c.Output, tail.output(name))
}

// end closes what the file leaves open, and returns what is wrong with the file.
func (j *junitReader) end(err error) error {
	if err == nil && (len(j.open) > 0 || j.c != nil) {
		j.breaks("it breaks off")
	}
	if err != nil {
		j.breaks("it breaks off")
	}
	j.tearCase()
	lost := 0
	for len(j.open) > 0 {
		j.closeSuite(true)
	}
	for _, s := range j.suites {
		lost += s.Lost
	}
	if lost > 0 {
		j.broken += "; lost: " + text.Count(lost, "case")
	}
	switch {
	case j.broken != "" && err != nil:
		return fmt.Errorf("%s: %w", j.broken, err)
	case j.broken != "":
		return errors.New(j.broken)
	case !j.seen && j.in.offset() == 0:
		return errors.New("it is empty")
	case !j.seen && j.in.isXML:
		return errNoJUnit
	case !j.seen:
		return errors.New("it is not XML")
	}
	return nil
}

// breaks records where the file is first broken, and which case that affects.
func (j *junitReader) breaks(what string) {
	if j.broken != "" {
		return
	}
	j.broken = fmt.Sprintf("%s at byte %s", what, text.Number(j.in.offset()))
	if j.c != nil && j.c.Name != "" {
		j.broken += ", in case " + text.Quote(Name(j.c.Name), 100)
	}
}

func (j *junitReader) start(t token) {
	if t.name == "testcase" || t.name == "testsuite" {
		j.tearCase()
	}
	switch t.name {
	case "testsuites":
		j.seen = true
	case "testsuite":
		j.seen = true
		j.openSuite(t)
	case "property":
		if s := j.suite(); s != nil && j.c == nil && t.attribute("name") == "ParallelTotal" {
			if n, err := strconv.Atoi(t.attribute("value")); err == nil && n > 0 && n <= 1000 {
				s.Parallel = n
			}
		}
	case "testcase":
		status := strings.ToLower(t.attribute("status"))
		j.c = &openCase{skipped: status == "skipped", status: status, Case: Case{
			Name: t.attribute("name"), Class: t.attribute("classname"), Outcome: CasePassed,
			Start: junitTime(t.attribute("timestamp")), Duration: seconds(t.attribute("time")), Line: t.line,
		}}
	case "skipped":
		if j.c != nil {
			j.c.skipped = true
		}
	case "failure", "error", "rerunFailure", "rerunError":
		j.failure(t, CaseFailed)
	case "flakyFailure", "flakyError":
		j.failure(t, CaseFlaky)
	}
}

// failure begins a failure of the open case. The text of the first failure is kept.
func (j *junitReader) failure(t token, outcome Outcome) {
	c := j.c
	if c == nil {
		return
	}
	if c.Outcome == CasePassed {
		c.inFailure = true
		if a := t.attribute("message"); a != "" {
			c.message.WriteString(a[:min(len(a), maxGathered)] + "\n")
		}
	}
	if c.Outcome != CaseFailed {
		c.Outcome = outcome
	}
}

func (j *junitReader) text(t token) {
	c := j.c
	if c == nil || !c.inFailure {
		return
	}
	c.body.add(t.text, t.raw)
	if c.message.Len() >= maxGathered {
		return
	}
	if t.raw {
		c.flush()
		c.message.Write(t.text[:min(len(t.text), maxGathered)])
	} else if n := maxValue - len(c.escaped); n > 0 {
		c.escaped = append(c.escaped, t.text[:min(len(t.text), n)]...)
	}
}

// flush adds text that could be unescaped only as a whole.
func (c *openCase) flush() {
	c.message.WriteString(unescape(c.escaped))
	c.escaped = c.escaped[:0]
}

func (j *junitReader) close(name string) {
	switch name {
	case "failure", "error", "rerunFailure", "rerunError", "flakyFailure", "flakyError":
		if j.c != nil {
			j.c.endFailure()
		}
	case "testcase":
		j.closeCase()
	case "testsuite":
		j.tearCase()
		if len(j.open) > 0 {
			j.closeSuite(false)
		}
	}
}

// endFailure keeps the body of a failure, if it is more than a message.
func (c *openCase) endFailure() {
	if o := c.body.output("failure"); c.inFailure && strings.Contains(o.Text, "\n") {
		c.Output = append(c.Output, o)
	}
	c.inFailure, c.body = false, outputTail{}
}

// tearCase ends a case that nothing in the file ends. If it had not failed so far,
// its outcome is unknown.
func (j *junitReader) tearCase() {
	c := j.c
	if c == nil {
		return
	}
	j.breaks("a case has no end")
	switch c.status {
	case "failed", "failure", "error", "timedout", "panicked", "interrupted", "aborted":
		c.Outcome = CaseFailed
	}
	if c.Outcome != CaseFailed {
		c.Outcome = CaseUnknown
	}
	c.skipped = false
	if c.flush(); c.Outcome == CaseFailed && c.message.Len() == 0 {
		c.message.WriteString("its file breaks off before it tells why")
	}
	j.closeCase()
}

func (j *junitReader) closeCase() {
	c, s := j.c, j.suite()
	j.c = nil
	if c == nil || s == nil {
		return
	}
	s.found++
	if c.skipped && c.Outcome == CasePassed {
		s.Skipped++
		return
	}
	if c.Outcome != CasePassed || j.room.passed > 0 || j.room.wanted != nil { // otherwise the case is only counted
		c.Name, c.Class = Name(c.Name), Name(c.Class)
	}
	if c.Outcome != CasePassed {
		c.flush()
		c.Message = message(c.message.String())
	}
	if c.Outcome == CaseFailed {
		s.failed++
	}
	if j.keeps(s, c.Case) {
		if j.room.output != nil {
			c.Output = j.room.output.take(c.Output, c.Outcome == CasePassed)
			c.Message = j.room.output.message(c.Message)
		}
		s.Cases = append(s.Cases, c.Case)
	} else {
		s.LeftOut++
	}
}

// keeps reports whether there is room for a case, and counts it.
func (j *junitReader) keeps(s *openSuite, c Case) bool {
	n, left := &j.tally.passed, &j.room.passed
	if c.Outcome != CasePassed {
		n, left = &j.tally.notPassed, &j.room.notPassed
		s.notPassed++
	}
	*n++
	if *left > 0 {
		*left--
		return true
	}
	wanted := c.Outcome == CasePassed && j.room.wanted != nil && j.room.wanted(s.File, s.Name, c)
	s.wanted = s.wanted || wanted
	return wanted
}

const maxSuiteDepth = 100

func (j *junitReader) openSuite(t token) {
	if len(j.open) >= maxSuiteDepth {
		j.closeSuite(false)
	}
	number := func(names ...string) (sum int) {
		for _, name := range names {
			if n, err := strconv.Atoi(strings.TrimSpace(t.attribute(name))); err == nil && n > 0 && n < 1e9 {
				sum += n
			}
		}
		return sum
	}
	j.count++
	j.open = append(j.open, &openSuite{
		Suite: Suite{
			File: j.file, Name: Name(t.attribute("name")), Start: junitTime(t.attribute("timestamp")), Duration: seconds(t.attribute("time")), order: j.count,
		},
		told: number("tests"), toldFailed: number("failures", "errors"),
	})
}

// closeSuite ends the innermost open suite. If the suite is torn, the cases that its
// attributes announce and that did not come are lost.
func (j *junitReader) closeSuite(torn bool) {
	s := j.open[len(j.open)-1]
	j.open = j.open[:len(j.open)-1]
	found, failed := s.found+s.within, s.failed+s.withinFailed
	if torn {
		s.Lost, s.LostFailed = max(0, s.told-found), max(0, s.toldFailed-failed)
		s.Lost = max(s.Lost, s.LostFailed)
		found, failed = found+s.Lost, failed+s.LostFailed
	}
	if above := j.suite(); above != nil {
		above.within += found
		above.withinFailed += failed
	}
	n, left := &j.tally.suites, &j.room.suites
	if s.LostFailed > 0 || s.notPassed > 0 {
		n, left = &j.tally.failedSuites, &j.room.failedSuites
	}
	*n++
	if *left > 0 {
		*left--
		j.suites = append(j.suites, s.Suite)
	} else if s.wanted {
		j.suites = append(j.suites, s.Suite)
	}
}

func (j *junitReader) suite() *openSuite {
	if len(j.open) == 0 {
		return nil
	}
	return j.open[len(j.open)-1]
}

// seconds reads a time attribute, which some writers group by commas.
func seconds(s string) time.Duration {
	if s == "" {
		return 0
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), 64)
	if err != nil || math.IsNaN(f) || f <= 0 || f > 1e8 {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

// junitTime parses a timestamp attribute. Most writers leave out the zone; those
// of Prow's jobs run in UTC.
func junitTime(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil && t.Year() >= 2000 && t.Year() < 2200 {
			return t.UTC()
		}
	}
	return time.Time{}
}
