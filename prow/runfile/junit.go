package runfile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// Suite is a testsuite element of a JUnit file. Suites within suites are suites of
// their own.
type Suite struct {
	File     string    // below the run's root
	Name     string    // may be empty, as kubetest2's is
	Start    time.Time // zero: the file tells none
	Duration time.Duration
	Parallel int    // how many cases ran at a time, if the file tells (Ginkgo); else 0
	Cases    []Case // without those that were skipped
	Skipped  int
	LeftOut  int // passed ones beyond the bound
}

// Case is a testcase element.
type Case struct {
	Name, Class string
	Start       time.Time // zero: the file tells none, as is usual
	Duration    time.Duration
	Failed      bool
	Message     string // why it failed
}

// Failed counts the failed cases.
func (s Suite) Failed() int {
	n := 0
	for _, c := range s.Cases {
		if c.Failed {
			n++
		}
	}
	return n
}

// Bounds over all JUnit files of a run. Kubernetes' conformance suite has 7,000
// cases, nearly all of them skipped. Failed ones have twice the room.
const (
	maxCases  = 20_000
	maxSuites = 2_000
)

// readJUnit reads token by token, so that a file that breaks off is read up to there.
func (m *Metadata) readJUnit(file string, data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(legalXML(withoutOutput(data))))
	d.Strict = false
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // legalXML has made it UTF-8
	r := junitReader{m: m, file: Name(file)}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			r.end("testcase") // what there is of it
			return fmt.Errorf("it breaks off: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			r.start(t)
		case xml.EndElement:
			r.end(t.Name.Local)
		case xml.CharData:
			r.text(t)
		}
	}
	if !r.seen {
		return errors.New("no testsuite in it")
	}
	return nil
}

type junitReader struct {
	m     *Metadata
	file  string
	open  []int // suites that are open, as indices; -1: one beyond the bound
	c     *Case
	skip  bool
	texts *strings.Builder // of a failure
	seen  bool
}

func (r *junitReader) start(e xml.StartElement) {
	switch e.Name.Local {
	case "testsuites":
		r.seen = true
	case "testsuite":
		r.seen = true
		if len(r.m.Suites) >= maxSuites || len(r.open) > 100 {
			r.open = append(r.open, -1)
			return
		}
		r.open = append(r.open, len(r.m.Suites))
		r.m.Suites = append(r.m.Suites, Suite{
			File: r.file, Name: Name(attr(e, "name")), Start: junitTime(attr(e, "timestamp")), Duration: seconds(attr(e, "time")),
		})
	case "property":
		if s := r.suite(); s != nil && r.c == nil && attr(e, "name") == "ParallelTotal" {
			if n, err := strconv.Atoi(attr(e, "value")); err == nil && n > 0 && n <= 1000 {
				s.Parallel = n
			}
		}
	case "testcase":
		r.skip = attr(e, "status") == "skipped"
		r.c = &Case{
			Name: Name(attr(e, "name")), Class: Name(attr(e, "classname")),
			Start: junitTime(attr(e, "timestamp")), Duration: seconds(attr(e, "time")),
		}
	case "skipped":
		r.skip = true
	case "failure", "error":
		if r.c != nil && !r.c.Failed {
			r.c.Failed = true
			r.texts = &strings.Builder{}
			if a := attr(e, "message"); a != "" {
				r.texts.WriteString(a[:min(len(a), maxMessage)] + "\n")
			}
		}
	}
}

func (r *junitReader) text(t xml.CharData) {
	if r.texts != nil && r.texts.Len() < maxMessage {
		r.texts.Write(t[:min(len(t), maxMessage)])
	}
}

func (r *junitReader) end(element string) {
	switch element {
	case "failure", "error":
		if r.texts != nil && r.c != nil {
			r.c.Message = message(r.texts.String())
		}
		r.texts = nil
	case "testcase":
		r.end("failure")
		r.add()
		r.c, r.skip = nil, false
	case "testsuite":
		if len(r.open) > 0 {
			r.open = r.open[:len(r.open)-1]
		}
	}
}

func (r *junitReader) add() {
	s := r.suite()
	switch {
	case s == nil || r.c == nil:
	case r.c.Failed && r.m.cases < 2*maxCases, !r.skip && r.m.cases < maxCases:
		s.Cases = append(s.Cases, *r.c)
		r.m.cases++
	case r.skip && !r.c.Failed:
		s.Skipped++
	default:
		s.LeftOut++
	}
}

func (r *junitReader) suite() *Suite {
	if len(r.open) == 0 || r.open[len(r.open)-1] < 0 {
		return nil
	}
	return &r.m.Suites[r.open[len(r.open)-1]]
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// seconds reads a time attribute, which some writers group by commas.
func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), 64)
	if err != nil || math.IsNaN(f) || f <= 0 || f > 1e8 {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

// junitTime reads a timestamp attribute. Most writers leave out the zone; those
// of Prow's jobs run in UTC.
func junitTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, strings.TrimSpace(s)); err == nil && t.Year() >= 2000 && t.Year() < 2200 {
			return t.UTC()
		}
	}
	return time.Time{}
}
