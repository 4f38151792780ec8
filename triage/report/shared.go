package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// JSON writes the Summary in the schema, with its secrets masked.
func (s *Summary) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(s.Masked())
}

// Masked is a copy without secrets.
func (s *Summary) Masked() *Summary { return mask.Copy(s) }

// Markdown writes the Summary for a comment: the title, the facts about it, and the rest
// folded. Its secrets are masked.
func (s *Summary) Markdown(w io.Writer) error {
	s = s.Masked()
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**\n", text.Markdown(s.headline()))
	fmt.Fprintf(&b, "%s\n", strings.Join(nonEmpty(text.Markdown(s.about()), text.Markdown(s.besides()), text.Markdown(s.seen()), strings.ToLower(s.Verdict.Result)+" "+s.link()), " · "))
	if said := s.unverified(); said != "" {
		fmt.Fprintf(&b, "\n(%s)\n", text.Markdown(said))
	}
	if len(s.Findings) > 0 {
		f := s.Findings[0]
		if f.Next != "" {
			fmt.Fprintf(&b, "\nNext: %s\n", text.Markdown(f.Next))
		}
		b.WriteString("\n<details><summary>How that is known</summary>\n\n")
		for _, step := range f.Chain {
			at := ""
			if step.Time != nil {
				at = "`" + step.Time.Format("15:04:05") + "` "
			}
			fmt.Fprintf(&b, "1. %s%s%s\n", at, text.MarkdownCode(step.Text), step.reference())
		}
		b.WriteString(s.others())
		b.WriteString(s.childList())
		b.WriteString(s.phases())
		b.WriteString(s.further())
		b.WriteString("\n</details>\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// others lists the further findings in Markdown.
func (s *Summary) others() string {
	var b strings.Builder
	for i, f := range s.Findings[min(1, len(s.Findings)):] {
		if i == 0 {
			b.WriteString("\nAlso:\n")
		}
		fmt.Fprintf(&b, "- %s%s\n", text.MarkdownCode(f.Title), f.Evidence[0].reference())
	}
	if said := s.knownLine(); said != "" {
		b.WriteString("\n(" + text.Markdown(said) + ")\n")
	}
	return b.String()
}

// further lists in Markdown what was waited for, what was running at the end, and what was
// not seen.
func (s *Summary) further() string {
	var b strings.Builder
	list := func(title string, lines []Told) {
		if len(lines) > 0 {
			b.WriteString("\n" + title + ":\n")
		}
		for _, l := range lines {
			fmt.Fprintf(&b, "- %s%s\n", text.MarkdownCode(l.Said), l.At.reference())
		}
	}
	list("Waited for", s.waited())
	list("Cut off", s.cut())
	var gaps []Told
	for _, g := range s.Gaps {
		gaps = append(gaps, Told{Said: sentence(g)})
	}
	list("Not seen", gaps)
	return b.String()
}

// phases lists in Markdown where the time went.
func (s *Summary) phases() string {
	if len(s.Time) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n| phase | took | usually |\n|---|---:|---:|\n")
	for _, p := range s.Time {
		usual := ""
		if p.Usual > 0 {
			usual = text.Duration(time.Duration(p.Usual))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", text.Markdown(p.Phase), text.Duration(time.Duration(p.Duration)), usual)
	}
	return b.String()
}

func (s *Summary) seen() string {
	if s.Seen == nil {
		return ""
	}
	return s.Seen.Text
}

// reference is a link to evidence, in brackets.
func (e Evidence) reference() string {
	place := e.Place()
	switch {
	case place == "":
		return ""
	case strings.HasPrefix(e.URL, "https://"):
		return " ([" + text.Markdown(place) + "](" + e.URL + "))"
	}
	return " (" + text.Markdown(place) + ")"
}

func nonEmpty(parts ...string) (some []string) {
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return some
}
