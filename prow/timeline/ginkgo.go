package timeline

import (
	"bytes"
	"strings"
	"time"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// ginkgoReader reads the specs that Ginkgo reports, of version 1 or 2:
//
//	Running Suite: Kubernetes e2e suite - /path
//	------------------------------
//	• [FAILED] [33.295 seconds]
//	[sig-network] Services should …
//	…
//	  STEP: Creating a pod @ 03/13/25 05:08:48.135
//	------------------------------
//	Ran 322 of 6891 Specs in 587.537 seconds
//
// A spec that ran alone has its report behind its output, else before it. It begins with
// the first time in it, and lasts as long as it says.
type ginkgoReader struct {
	r     *phaseReader
	suite int // -1 is none
	open  bool
	spec  ginkgoSpec
}

type ginkgoSpec struct {
	first, lines int // first line; how many have text
	title        string
	reported     bool // the report has been read
	awaited      bool // the next line with text is the title
	length       time.Duration
	outcome      runfile.Outcome
	message      string
	from         int64 // the first time that is written in it; 0 is none
}

func newGinkgoReader(r *phaseReader) *ginkgoReader { return &ginkgoReader{r: r, suite: -1} }

const ginkgoRule = "------------------------------"

func (g *ginkgoReader) line(i int, line joblog.Line, text []byte) {
	switch {
	case bytes.HasPrefix(text, []byte("Running Suite: ")):
		name, _, _ := strings.Cut(string(text[len("Running Suite: "):]), " - /")
		if g.suite, g.open = -1, false; line.Origin != joblog.NoTime {
			at := line.Time.UnixNano()
			g.suite = g.r.add(logPhase{kind: "suite", name: name, from: at, to: at, estimated: line.Origin != joblog.Read, alone: true,
				outcome: runfile.CasePassed, parent: -1, lines: [2]int{i, i}})
		}
		return
	case bytes.HasPrefix(text, []byte("Ran ")) && bytes.Contains(text, []byte(" Specs in ")):
		g.ran(i, string(text))
		return
	case string(text) == ginkgoRule:
		g.close(i, line)
		g.open, g.spec = true, ginkgoSpec{first: i + 1}
		return
	}
	if g.open {
		g.spec.read(line, bytes.TrimSpace(text))
	}
}

// ran ends the suite.
func (g *ginkgoReader) ran(i int, text string) {
	g.open = false
	if g.suite < 0 {
		return
	}
	_, rest, _ := strings.Cut(text, " Specs in ")
	s := &g.r.phases[g.suite]
	if d, ok := secondsOf(strings.TrimSuffix(rest, " seconds")); ok {
		s.to = s.from + int64(d)
	}
	s.lines[1], g.suite = i, -1
}

func (s *ginkgoSpec) read(line joblog.Line, text []byte) {
	if line.Origin == joblog.Read && s.from == 0 {
		s.from = line.Time.UnixNano()
	}
	if len(text) == 0 {
		return
	}
	s.lines++
	if !s.reported && s.report(string(text)) {
		s.reported, s.awaited = true, s.lines == 1 && s.title == ""
		return
	}
	if s.title == "" && (s.lines == 1 || s.awaited) {
		s.title, s.awaited = string(text), false
	}
	if rest, ok := bytes.CutPrefix(text, []byte("[FAILED] ")); ok && s.message == "" && !bytes.HasPrefix(rest, []byte("in [")) {
		said, _, _ := bytes.Cut(rest, []byte(" @ "))
		s.message = string(said)
	}
}

// report reads • [FAILED] [33.295 seconds], and the like for what runs around specs:
// [BeforeSuite] PASSED [2.1 seconds].
func (s *ginkgoSpec) report(text string) bool {
	mark, ok := strings.CutPrefix(text, "•")
	if !ok {
		mark, ok = strings.CutPrefix(text, "↺") // flaky
	}
	around := !ok && strings.HasPrefix(text, "[")
	if !ok && !around {
		return false
	}
	if around {
		var node string
		if node, mark, ok = strings.Cut(text, "] "); !ok || !strings.HasPrefix(mark, "PASSED [") && !strings.HasPrefix(mark, "FAILED [") {
			return false
		}
		s.title = node + "]"
	}
	body, ok := strings.CutSuffix(mark, " seconds]")
	open := strings.LastIndexByte(body, '[')
	if !ok || open < 0 {
		return false
	}
	length := body[open+1:]
	if colon := strings.LastIndexByte(length, ':'); colon >= 0 { // [SLOW TEST:12.3 seconds]
		length = length[colon+1:]
	}
	if s.length, ok = secondsOf(length); !ok {
		return false
	}
	switch status := strings.ToUpper(body[:open]); {
	case strings.Contains(status, "FLAK"):
		s.outcome = runfile.CaseFlaky
	case strings.Contains(status, "FAIL"), strings.Contains(status, "PANIC"), strings.Contains(status, "TIMEDOUT"), strings.Contains(status, "INTERRUPTED"), strings.Contains(status, "ABORTED"):
		s.outcome = runfile.CaseFailed
	default:
		s.outcome = runfile.CasePassed
	}
	return true
}

// close ends the spec that is read.
func (g *ginkgoReader) close(i int, line joblog.Line) {
	s := g.spec
	if !g.open || !s.reported || s.title == "" || s.from == 0 && line.Origin == joblog.NoTime {
		return
	}
	p := logPhase{kind: "case", name: s.title, from: s.from, estimated: s.from == 0, outcome: s.outcome, message: s.message, parent: g.suite, lines: [2]int{s.first, i}}
	if p.estimated {
		p.from = line.Time.UnixNano() - int64(s.length)
	}
	p.to = p.from + int64(s.length)
	g.r.add(p)
	if g.suite >= 0 {
		g.r.phases[g.suite].to = max(g.r.phases[g.suite].to, p.to)
	}
}

// end ends what the log breaks off in: a spec without an end tells nothing.
func (g *ginkgoReader) end() {}
