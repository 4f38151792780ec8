package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"prowtrace/internal/text"
)

// SeveralSchema names the form of Summaries.
const SeveralSchema = "prowtrace.summaries/v1"

// Summaries are those of several runs, with groups of runs that have the same first finding.
type Summaries struct {
	Schema string     `json:"schema"`
	Runs   []*Summary `json:"runs"`
	Groups []Group    `json:"groups"`
}

// Group is a first finding and the builds that have it.
type Group struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Category string   `json:"category"`
	Builds   []string `json:"builds"`
}

// Several groups summaries, in the order in which their findings come first.
func Several(all []*Summary) *Summaries {
	s := &Summaries{Schema: SeveralSchema, Runs: all, Groups: []Group{}}
	at := map[string]int{}
	for _, one := range all {
		if len(one.Findings) == 0 {
			continue
		}
		f := one.Findings[0]
		i, ok := at[f.ID]
		if !ok {
			i = len(s.Groups)
			at[f.ID] = i
			s.Groups = append(s.Groups, Group{ID: f.ID, Title: f.Title, Category: f.Category})
		}
		s.Groups[i].Builds = append(s.Groups[i].Builds, one.Run.Build)
	}
	return s
}

// JSON writes them in the schema, their secrets masked.
func (s *Summaries) JSON(w io.Writer) error {
	out := *s
	out.Runs = nil
	for _, one := range s.Runs {
		out.Runs = append(out.Runs, one.Masked())
	}
	out.Groups = Several(out.Runs).Groups
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

// Text writes a line for each run, and the groups that several runs are in.
func (s *Summaries) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, one := range s.Runs {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", text.Name(one.Run.Build), one.Verdict.Result, text.Duration(time.Duration(one.Run.Duration)), text.Line(one.Verdict.Text))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, g := range s.Groups {
		if len(g.Builds) > 1 {
			if _, err := fmt.Fprintf(w, "\n%s: %s\n  %s\n", text.Count(len(g.Builds), "run"), text.Line(g.Title), text.Line(strings.Join(g.Builds, " "))); err != nil {
				return err
			}
		}
	}
	return nil
}

// Markdown writes a table with a row for each run, its secrets masked.
func (s *Summaries) Markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("| run | result | took | what broke first |\n|---|---|---:|---|\n")
	for _, one := range s.Runs {
		one = one.Masked()
		name := text.Markdown(strings.TrimSpace(one.Run.Job + " " + one.Run.Build))
		if strings.HasPrefix(one.Run.URL, "https://") {
			name = "[" + name + "](" + one.Run.URL + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, text.Markdown(one.Verdict.Result), text.Duration(time.Duration(one.Run.Duration)), text.Markdown(one.Verdict.Text))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
