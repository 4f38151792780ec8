package runfile

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"prowtrace/prow"
)

// Each case has the line that its tag begins in, however the file is filled, and of a
// compressed file as it reads.
func TestLinesOfCases(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<testsuites>\n<testsuite name=\"s\">")
	var want []int
	for i := range 3000 {
		b.WriteString(strings.Repeat("\n", r.IntN(3)) + strings.Repeat(" ", r.IntN(50)))
		want = append(want, 1+strings.Count(b.String(), "\n"))
		fmt.Fprintf(&b, "<testcase name=\"case %d\"%s time=\"1\">", i, strings.Repeat("\n", r.IntN(4)))
		fmt.Fprintf(&b, "<failure message=\"m\">%s</failure><system-out>%s</system-out></testcase>", strings.Repeat("text\n", r.IntN(9)), strings.Repeat("out\n", r.IntN(r.IntN(200)+1)))
	}
	b.WriteString("</testsuite></testsuites>")
	for how, data := range map[string][]byte{"plain": []byte(b.String()), "gzip": zipped(t, b.String())} {
		m, losses := Read(prow.Run{}, []Source{source("artifacts/junit.xml", string(data))})
		if len(losses) > 0 || len(m.Suites) != 1 || len(m.Suites[0].Cases) != len(want) {
			t.Fatalf("%s: %v, %d suites", how, losses, len(m.Suites))
		}
		for i, c := range m.Suites[0].Cases {
			if c.Line != want[i] {
				t.Fatalf("%s: %s is in line %d, want %d", how, c.Name, c.Line, want[i])
			}
		}
	}
}

// FuzzLinesOfCases: a case's line has the beginning of a tag.
func FuzzLinesOfCases(f *testing.F) {
	f.Add([]byte("<testsuite>\n<testcase name='a'>\n<failure/>\n<testcase\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
			return
		}
		suites, _, _ := readJUnit(bytes.NewReader(data), "junit.xml", room{passed: 100, notPassed: 100, suites: 100, failedSuites: 100})
		lines := bytes.Split(data, []byte("\n"))
		for _, s := range suites {
			for _, c := range s.Cases {
				if c.Line < 1 || c.Line > len(lines) || !bytes.Contains(lines[c.Line-1], []byte("<testcase")) {
					t.Errorf("%q: case %q is in line %d", data, c.Name, c.Line)
				}
			}
		}
	})
}
