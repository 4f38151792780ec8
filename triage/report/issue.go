package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow"
)

// Form is one of Kubernetes' forms for an issue.
type Form string

const (
	FailingTest Form = "failing" // tests or jobs that fail each time
	FlakingTest Form = "flaking" // that pass or fail without a change of the code
)

// Form chooses the form by evidence. A test flakes if a later run passed, of the same change
// or, if no change is tested, of the job. Otherwise it fails.
func (s *Summary) Form() Form {
	later := func(c Compared) bool { return prow.CompareBuilds(c.Build, s.Run.Build) > 0 }
	if s.Seen != nil && s.Seen.PassedIn != "" || s.Run.Change == "" && slices.ContainsFunc(s.Run.Baseline, later) {
		return FlakingTest
	}
	return FailingTest
}

// Issue writes the fields of the form that the evidence suggests; see Form.
func (s *Summary) Issue(w io.Writer) error { return s.IssueAs(w, s.Form()) }

// IssueAs writes the fields of one of Kubernetes' forms, for a failing or a flaking test.
// Its secrets are masked.
func (s *Summary) IssueAs(w io.Writer, form Form) error {
	s = s.Masked()
	var b strings.Builder
	field := func(title, said string) {
		fmt.Fprintf(&b, "### %s\n\n%s\n\n", title, cmp.Or(strings.TrimSpace(said), "-"))
	}
	tests := s.Tests
	if len(tests) == 0 {
		tests = nonEmpty(s.Verdict.Phase)
	}
	field("Testgrid test name", text.Markdown(strings.Join(tests[:min(len(tests), 1)], "")))
	field("Testgrid link", "")
	field("Which jobs are "+string(form)+"?", "- "+s.link())
	field("Which tests are "+string(form)+"?", listed(tests))
	field("Since when has it been "+string(form)+"?", s.since())
	field("Reason for failure (if possible)", s.reason())
	field("Anything else we need to know?", s.anything())
	field("Relevant SIG(s)", "/sig")
	_, err := io.WriteString(w, b.String())
	return err
}

// link names the run, with a link to its page if that is known.
func (s *Summary) link() string {
	name := text.Markdown(strings.TrimSpace(s.Run.Job + " " + s.Run.Build))
	if strings.HasPrefix(s.Run.URL, "https://") {
		return "[" + name + "](" + s.Run.URL + ")"
	}
	return name
}

// mostTests bounds the tests that an issue lists.
const mostTests = 10

func listed(tests []string) string {
	var b strings.Builder
	for _, t := range tests[:min(len(tests), mostTests)] {
		b.WriteString("- " + text.MarkdownCode(t) + "\n")
	}
	if more := len(tests) - mostTests; more > 0 {
		b.WriteString("- and " + text.Number(more) + " more\n")
	}
	return b.String()
}

// since is when it was first seen, as far as is known.
func (s *Summary) since() string {
	switch seen := s.Seen; {
	case seen != nil && seen.Times > 1 && seen.Since != nil:
		return seen.Since.Format("2006-01-02 15:04 UTC") + ", or before: " + text.Markdown(seen.Text)
	case s.Run.Started != nil:
		return s.Run.Started.Format("2006-01-02 15:04 UTC") + " (this run)"
	}
	return ""
}

// reason is the cause, and the evidence for it.
func (s *Summary) reason() string {
	var b strings.Builder
	b.WriteString(text.Markdown(s.headline()))
	if said := s.about(); said != "" {
		b.WriteString(" (" + text.Markdown(said) + ")")
	}
	b.WriteString("\n")
	if len(s.Findings) > 0 {
		for _, step := range s.Findings[0].Chain {
			fmt.Fprintf(&b, "\n- %s%s", text.MarkdownCode(step.Text), step.reference())
		}
	}
	return b.String()
}

// anything is what else was found, and which runs passed.
func (s *Summary) anything() string {
	said := strings.TrimSpace(s.others() + s.further())
	if not := s.unverified(); not != "" {
		said += "\n\n" + text.Markdown(not)
	}
	for _, c := range s.Run.Baseline {
		name := text.Markdown(c.Build)
		if strings.HasPrefix(c.URL, "https://") {
			name = "[" + name + "](" + c.URL + ")"
		}
		said += "\n\nPassed: " + name
	}
	return said
}
