package timeline

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// openshiftReader reads the tests that openshift-tests reports, which run side by side:
//
//	started: 0/3/2933 "[sig-arch] Managed cluster should …"
//	fail [k8s.io/kubernetes/test/e2e/apps/rs.go:12]: timed out
//	failed: (2m3s) 2026-01-19T19:47:37 "[sig-arch] Managed cluster should …"
//	passed: (1.3s) 2026-01-19T19:47:40 "[sig-cli] oc explain …"
//	error: 1 fail, 2711 pass, 221 skip (41m3s)
//
// A test ended at the time on its line, and lasted as long as it says. What failed it is
// printed just before. One that passes when it is tried again is flaky.
type openshiftReader struct {
	r      *phaseReader
	suite  int            // -1 is none
	failed map[string]int // tests, by name
	first  int            // line behind the last report
	said   string         // why a test failed
}

func newOpenshiftReader(r *phaseReader) *openshiftReader {
	return &openshiftReader{r: r, suite: -1, failed: map[string]int{}}
}

// openshiftOutcomes are the words that begin a report.
var openshiftOutcomes = map[string]runfile.Outcome{
	"passed": runfile.CasePassed, "failed": runfile.CaseFailed, "flaked": runfile.CaseFlaky,
}

func (o *openshiftReader) line(i int, line joblog.Line, text []byte) {
	if len(text) == 0 {
		return
	}
	switch text[0] {
	case 's':
		if rest, ok := bytes.CutPrefix(text, []byte("started: ")); ok && bytes.HasSuffix(rest, []byte(`"`)) && (rest[0] == '(' || rest[0] >= '0' && rest[0] <= '9') {
			if o.suite < 0 && line.Origin != joblog.NoTime {
				o.begin(i, line.Time)
			}
			o.first = i + 1
		}
	case 'p', 'f':
		word, rest, _ := bytes.Cut(text, []byte(": ("))
		if outcome, ok := openshiftOutcomes[string(word)]; ok {
			o.ended(i, line, outcome, string(rest))
		} else if bytes.HasPrefix(text, []byte("fail [")) {
			o.said = string(text)
		}
	default:
		if o.suite >= 0 && openshiftEnd(text) {
			o.finish(i, line)
		}
	}
}

// begin begins the suite: its name stands nowhere.
func (o *openshiftReader) begin(i int, at time.Time) {
	o.suite = o.r.add(logPhase{kind: "suite", name: "openshift-tests", from: at.UnixNano(), to: at.UnixNano(), estimated: true, alone: true,
		outcome: runfile.CasePassed, parent: -1, lines: [2]int{i, i}})
}

// ended ends a test: 2m3s) 2026-01-19T19:47:37 "NAME".
func (o *openshiftReader) ended(i int, line joblog.Line, outcome runfile.Outcome, text string) {
	took, rest, ok := strings.Cut(text, ") ")
	d, err := time.ParseDuration(took)
	_, quoted, named := strings.Cut(rest, " ")
	name, bad := strconv.Unquote(quoted)
	if !ok || err != nil || d < 0 || d > 100*24*time.Hour || !named || bad != nil || line.Origin != joblog.Read {
		return
	}
	to := line.Time.UnixNano()
	p := logPhase{kind: "case", name: name, from: to - int64(d), to: to, outcome: outcome, lines: [2]int{o.first, i}}
	if o.suite < 0 {
		o.begin(o.first, time.Unix(0, p.from))
	}
	p.parent = o.suite
	if outcome != runfile.CasePassed {
		p.message = o.said
	}
	o.said, o.first = "", i+1
	n := o.r.add(p)
	s := &o.r.phases[o.suite]
	s.from, s.to, s.lines[1] = min(s.from, p.from), max(s.to, p.to), i
	switch before, again := o.failed[name]; {
	case outcome == runfile.CaseFailed && n >= 0:
		o.failed[name] = n
	case outcome == runfile.CasePassed && again:
		delete(o.failed, name)
		o.r.phases[before].outcome = runfile.CaseFlaky
		if s.failed--; s.failed == 0 {
			s.outcome = runfile.CasePassed
		}
	}
}

// openshiftEnd reports the line that sums all up.
func openshiftEnd(text []byte) bool {
	text = bytes.TrimPrefix(text, []byte("error: "))
	return bytes.Contains(text, []byte(" pass, ")) && bytes.Contains(text, []byte(" skip (")) && text[0] >= '0' && text[0] <= '9'
}

// finish ends the suite.
func (o *openshiftReader) finish(i int, line joblog.Line) {
	s := &o.r.phases[o.suite]
	s.lines[1] = i
	if line.Origin == joblog.Read {
		s.to = max(s.to, line.Time.UnixNano())
	}
	o.suite, o.said, o.first = -1, "", i+1
	clear(o.failed)
}

// end forgets what failed: nothing follows that could show it to be flaky.
func (o *openshiftReader) end() { clear(o.failed) }
