package timeline

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// goTestReader reads what go test prints, with -v or without:
//
//	=== RUN   TestUpdate
//	--- FAIL: TestUpdate (2.36s)
//	    update_test.go:87: got 1, want 2
//	FAIL	k8s.io/kops/pkg/model	11.785s
//
// It has no times of its own: a test ended when the lines around say, and lasted as long
// as it says.
type goTestReader struct {
	r       *phaseReader
	tests   []goTest // of the package that is read
	running map[string]int
	said    string // the last message of a test that has not ended
	passed  int    // of tests
	leftOut int
}

type goTest struct {
	phase  logPhase
	parent string // the test that it is a part of; "" is none
}

func newGoTestReader(r *phaseReader) *goTestReader {
	return &goTestReader{r: r, running: map[string]int{}}
}

func (g *goTestReader) line(i int, line joblog.Line, text []byte) {
	trimmed := bytes.TrimLeft(text, " \t")
	if len(trimmed) == 0 {
		return
	}
	switch trimmed[0] {
	case '=':
		if name, ok := bytes.CutPrefix(trimmed, []byte("=== RUN   ")); ok {
			if len(g.running) < maxLogCases {
				g.running[string(name)] = i
			}
			g.said = ""
		}
	case '-':
		if rest, ok := bytes.CutPrefix(trimmed, []byte("--- ")); ok {
			g.ended(i, line, string(rest))
		}
	case 'o', 'F':
		if len(trimmed) == len(text) {
			g.packageEnded(i, line, string(text))
		}
	default:
		g.message(trimmed, len(text)-len(trimmed))
	}
}

// message keeps what a test says of its failure: a file, a line and a text.
func (g *goTestReader) message(text []byte, indent int) {
	at := bytes.Index(text, []byte("_test.go:"))
	if at < 0 || indent == 0 || bytes.IndexByte(text[:at], ' ') >= 0 {
		return
	}
	if n := len(g.tests); n > 0 && len(g.running) == 0 { // without -v it follows the result
		if p := &g.tests[n-1].phase; p.outcome == runfile.CaseFailed && p.message == "" {
			p.message = string(text)
		}
	} else if g.said == "" {
		g.said = string(text)
	}
}

// ended ends a test: PASS: TestUpdate (2.36s).
func (g *goTestReader) ended(i int, line joblog.Line, text string) {
	result, rest, ok := strings.Cut(text, ": ")
	name, took, ok2 := strings.Cut(rest, " (")
	d, ok3 := secondsOf(strings.TrimSuffix(took, "s)"))
	if !ok || !ok2 || !ok3 || result == "SKIP" || line.Origin == joblog.NoTime {
		return
	}
	p := logPhase{kind: "case", name: name, to: line.Time.UnixNano(), estimated: true, outcome: runfile.CasePassed, lines: [2]int{i, i}}
	p.from = p.to - int64(d)
	if first, ok := g.running[name]; ok {
		p.lines[0] = first
		delete(g.running, name)
	}
	if result == "FAIL" {
		p.outcome, p.message, g.said = runfile.CaseFailed, g.said, ""
	}
	if p.outcome == runfile.CasePassed && g.passed >= maxLogCases || len(g.tests) >= 2*maxLogCases {
		g.leftOut++
		return
	}
	if p.outcome == runfile.CasePassed {
		g.passed++
	}
	t := goTest{phase: p}
	if slash := strings.LastIndexByte(name, '/'); slash > 0 {
		t.parent = name[:slash]
	}
	g.tests = append(g.tests, t)
}

// packageEnded ends a package: its name and how long it took lie between tabs.
func (g *goTestReader) packageEnded(i int, line joblog.Line, text string) {
	fields := strings.Split(text, "\t")
	result := strings.TrimSpace(fields[0])
	if len(fields) < 3 || result != "ok" && result != "FAIL" {
		return
	}
	d, ok := secondsOf(strings.TrimSuffix(fields[2], "s"))
	defer g.forget()
	if !ok || line.Origin == joblog.NoTime {
		return
	}
	p := logPhase{kind: "suite", name: fields[1], to: line.Time.UnixNano(), estimated: true, outcome: runfile.CasePassed, parent: -1, lines: [2]int{i, i}, leftOut: g.leftOut, cases: g.leftOut}
	if p.from = p.to - int64(d); result == "FAIL" {
		p.outcome = runfile.CaseFailed
	}
	suite := g.r.add(p)
	number := map[string]int{}
	for _, t := range g.tests {
		t.phase.parent = suite
		if n, ok := number[t.parent]; ok {
			t.phase.parent = n
		}
		if n := g.r.add(t.phase); n >= 0 {
			number[t.phase.name] = n
		}
	}
}

func (g *goTestReader) forget() {
	g.tests, g.said, g.passed, g.leftOut = nil, "", 0, 0
	clear(g.running)
}

// end forgets tests whose package did not end: nothing tells its name.
func (g *goTestReader) end() { g.forget() }

// testJSONReader reads what go test -json prints: an object a line, with its time.
type testJSONReader struct {
	r        *phaseReader
	packages map[string]*jsonPackage
}

type jsonPackage struct {
	from  int64
	first int
	tests map[string]*jsonTest
	done  []goTest
}

type jsonTest struct {
	from    int64
	first   int
	message string
}

// testEvent is a line of go test -json.
type testEvent struct {
	Time          time.Time
	Action        string
	Package, Test string
	Elapsed       float64 // seconds
	Output        string
}

func newTestJSONReader(r *phaseReader) *testJSONReader {
	return &testJSONReader{r: r, packages: map[string]*jsonPackage{}}
}

// maxOpenTests bounds the tests and packages that have begun and not ended.
const maxOpenTests = 4096

func (j *testJSONReader) line(i int, _ joblog.Line, text []byte) {
	if len(text) == 0 || text[0] != '{' || !bytes.Contains(text, []byte(`"Action":"`)) {
		return
	}
	var e testEvent
	if json.Unmarshal(text, &e) != nil || e.Package == "" || e.Time.IsZero() || e.Time.Year() > 2200 || e.Time.Year() < 1970 {
		return
	}
	p := j.packages[e.Package]
	if p == nil {
		if len(j.packages) == maxOpenTests {
			return
		}
		p = &jsonPackage{from: e.Time.UnixNano(), first: i, tests: map[string]*jsonTest{}}
		j.packages[e.Package] = p
	}
	t := p.tests[e.Test]
	switch e.Action {
	case "run":
		if len(p.tests) < maxOpenTests {
			p.tests[e.Test] = &jsonTest{from: e.Time.UnixNano(), first: i}
		}
	case "output":
		if t != nil && t.message == "" && strings.Contains(e.Output, "_test.go:") {
			t.message = strings.TrimSpace(e.Output)
		}
	case "pass", "fail":
		if e.Test == "" {
			j.ended(i, e, p)
		} else if t != nil {
			p.ended(i, e, t)
		}
	case "skip":
		if e.Test == "" {
			delete(j.packages, e.Package)
		} else {
			delete(p.tests, e.Test)
		}
	}
}

func (p *jsonPackage) ended(i int, e testEvent, t *jsonTest) {
	delete(p.tests, e.Test)
	if len(p.done) >= 2*maxLogCases {
		return
	}
	done := goTest{phase: logPhase{kind: "case", name: e.Test, from: t.from, to: e.Time.UnixNano(), outcome: runfile.CasePassed, lines: [2]int{t.first, i}}}
	if e.Action == "fail" {
		done.phase.outcome, done.phase.message = runfile.CaseFailed, t.message
	}
	if slash := strings.LastIndexByte(e.Test, '/'); slash > 0 {
		done.parent = e.Test[:slash]
	}
	p.done = append(p.done, done)
}

// ended draws a package. Its tests have ended in order, the parts of a test before it.
func (j *testJSONReader) ended(i int, e testEvent, p *jsonPackage) {
	delete(j.packages, e.Package)
	s := logPhase{kind: "suite", name: e.Package, from: p.from, to: e.Time.UnixNano(), outcome: runfile.CasePassed, parent: -1, lines: [2]int{p.first, i}}
	if e.Action == "fail" {
		s.outcome = runfile.CaseFailed
	}
	suite := j.r.add(s)
	number := map[string]int{}
	for k := len(p.done) - 1; k >= 0; k-- {
		t := p.done[k]
		t.phase.parent = suite
		if n, ok := number[t.parent]; ok {
			t.phase.parent = n
		}
		if n := j.r.add(t.phase); n >= 0 {
			number[t.phase.name] = n
		}
	}
}

// end forgets packages that did not end.
func (j *testJSONReader) end() { clear(j.packages) }
