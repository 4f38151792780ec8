package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
	"prowtrace/session"
)

// caseRow is a line that a JUnit case printed, as --json prints it.
type caseRow struct {
	File   string `json:"file"`
	Suite  string `json:"suite,omitempty"`
	Case   string `json:"case"`
	Stream string `json:"stream"` // system-out, system-err, or failure for its body
	Text   string `json:"text"`
}

// printCases prints what JUnit cases printed, and why they failed: of those whose names
// hold a text.
func (l *logCommand) printCases(in *session.Input) error {
	m := in.Metadata()
	if m == nil {
		return usageError{fmt.Errorf("%s is not a run", text.Line(in.Title())), "name a run, or a directory with its files"}
	}
	out := bufio.NewWriter(l.streams.Out)
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	cases, printed := 0, 0
	for _, s := range m.Suites {
		for _, c := range s.Cases {
			if !strings.Contains(strings.ToLower(c.Name), strings.ToLower(l.ofCase)) {
				continue
			}
			cases++
			for _, o := range c.Output {
				var secrets mask.Lines
				for line := range strings.Lines(o.Text) {
					line = strings.TrimRight(line, "\r\n")
					if !l.search.MatchString(line) {
						secrets.Skip(line)
						continue
					}
					printed++
					if l.asJSON {
						e.Encode(caseRow{s.File, mask.Text(s.Name), mask.Text(c.Name), o.Stream, secrets.Line(text.Valid(line))}) // an error of writing comes again with Flush
						continue
					}
					fmt.Fprintf(out, "%s:%s  [%s]  %s\n", text.Line(s.File), o.Stream, text.Line(c.Name), printable([]byte(line)))
				}
			}
		}
	}
	switch {
	case cases == 0:
		l.note("no JUnit case of %s contains %s in its name", text.Line(in.Title()), text.Quote(l.ofCase, maxQuoted))
	case printed == 0:
		l.note("no line matches in %s of JUnit", text.Count(cases, "case"))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("cannot write the output: %w", err)
	}
	return nil
}
