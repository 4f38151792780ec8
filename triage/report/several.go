package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
)

// SeveralSchema names the form of Summaries.
const SeveralSchema = "prowtrace.summaries/v1"

// Summaries are the summaries of several runs, with groups of runs that have the same first
// finding.
type Summaries struct {
	Schema string     `json:"schema"`
	Runs   []*Summary `json:"runs"`
	Groups []Group    `json:"groups"`

	Pull *Pull `json:"pull,omitempty"` // the pull request of these failed runs
}

// Pull is a pull request at a commit, with the results of the newest runs of its jobs.
type Pull struct {
	Change  string `json:"change"` // "kubernetes/kops#18000"
	SHA     string `json:"sha,omitempty"`
	Failed  int    `json:"failed"`
	Passed  int    `json:"passed"`
	Running int    `json:"running"`
	Aborted int    `json:"aborted"`
	Unknown int    `json:"unknown"`
	Older   int    `json:"older"`    // jobs whose newest run is from another commit
	LeftOut int    `json:"left_out"` // jobs that were not looked at, and failed runs that were not judged
}

// Count counts a run by its result.
func (p *Pull) Count(state runfile.State) {
	switch state {
	case runfile.Failed, runfile.Errored:
		p.Failed++
	case runfile.Passed:
		p.Passed++
	case runfile.Running:
		p.Running++
	case runfile.Aborted:
		p.Aborted++
	default:
		p.Unknown++
	}
}

// Line says how the runs ended.
func (p *Pull) Line() string {
	var parts []string
	add := func(n int, words string) {
		if n > 0 {
			parts = append(parts, text.Number(n)+" "+words)
		}
	}
	add(p.Failed, "failed")
	add(p.Passed, "passed")
	add(p.Running, "running")
	add(p.Aborted, "aborted")
	add(p.Unknown, "unknown")
	said := p.Change
	if p.SHA != "" {
		said += " at " + p.SHA[:min(len(p.SHA), 12)]
	}
	said += ": " + cmp.Or(strings.Join(parts, ", "), "no runs")
	if p.Older > 0 {
		said += "; last run at another commit: " + text.Count(p.Older, "job")
	}
	if p.LeftOut > 0 {
		said += "; left out: " + text.Count(p.LeftOut, "job")
	}
	return text.Line(said)
}

// Group is a first finding with the builds that have it.
type Group struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Category string   `json:"category"`
	Builds   []string `json:"builds"`
	Jobs     []string `json:"jobs"` // the job of each of Builds
}

// Several groups summaries, in the order in which their findings first occur. If runs of
// different changes have a finding, none of the changes is probably the cause; this is
// added.
func Several(all []*Summary) *Summaries {
	all = slices.Clone(all)
	changes := map[string]string{} // by the id of the finding: the first change that has it
	for range 2 {                  // the second time all changes are known
		for i, one := range all {
			if len(one.Findings) == 0 || one.Run.Change == "" {
				continue
			}
			id := one.Findings[0].ID
			if changes[id] == "" {
				changes[id] = one.Run.Change
			}
			if changes[id] != one.Run.Change {
				changes[id] = severalChanges
			}
			if changes[id] == severalChanges && !one.Verdict.NotTheChange {
				marked := *one
				marked.Verdict.NotTheChange = true
				all[i] = &marked
			}
		}
	}
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
		s.Groups[i].Builds, s.Groups[i].Jobs = append(s.Groups[i].Builds, one.Run.Build), append(s.Groups[i].Jobs, one.Run.Job)
	}
	return s
}

// severalChanges stands for more than one change.
const severalChanges = "\x00"

// severalJobs reports whether the runs are from different jobs. Then builds alone do not
// identify them.
func (s *Summaries) severalJobs() bool {
	return slices.ContainsFunc(s.Runs, func(r *Summary) bool { return r.Run.Job != s.Runs[0].Run.Job })
}

// JSON writes the Summaries in the schema, with their secrets masked.
func (s *Summaries) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(mask.Copy(s))
}

// Text writes a line for each run, and the groups with several runs. Lines are broken at the
// width of the screen.
func (s *Summaries) Text(w io.Writer, look text.Look) error {
	var b strings.Builder
	wrapped := func(said, indent string) {
		for _, line := range text.Wrap(said, max(0, look.Width-len(indent))) {
			b.WriteString(indent + line + "\n")
		}
	}
	if s.Pull != nil {
		wrapped(s.Pull.Line(), "")
		if len(s.Runs) > 0 {
			b.WriteString("\n")
		}
	}
	jobs := s.severalJobs() || s.Pull != nil
	var t text.Table
	for _, one := range s.Runs {
		cells := []string{text.Name(one.Run.Build), one.Verdict.Result, one.Run.took(), text.Line(one.inTable())}
		if jobs {
			cells = append([]string{text.Name(one.Run.Job)}, cells...)
		}
		t.Row(cells...)
	}
	for _, line := range t.Lines(look.Width) {
		b.WriteString(line + "\n")
	}
	for _, g := range s.Groups {
		if len(g.Builds) > 1 {
			names := g.Builds
			if jobs {
				names = g.Jobs
			}
			b.WriteString("\n")
			wrapped(text.Count(len(g.Builds), "run")+": "+text.Line(g.Title), "")
			wrapped(text.Line(strings.Join(names, " ")), "  ")
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Markdown writes a table with a row for each run, with secrets masked.
func (s *Summaries) Markdown(w io.Writer) error {
	s = mask.Copy(s)
	var b strings.Builder
	if s.Pull != nil {
		b.WriteString("**" + text.Markdown(s.Pull.Line()) + "**\n\n")
	}
	if len(s.Runs) == 0 {
		_, err := io.WriteString(w, b.String())
		return err
	}
	b.WriteString("| run | result | took | what broke first |\n|---|---|---:|---|\n")
	for _, one := range s.Runs {
		name := text.Markdown(strings.TrimSpace(one.Run.Job + " " + one.Run.Build))
		if strings.HasPrefix(one.Run.URL, "https://") {
			name = "[" + name + "](" + one.Run.URL + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, text.Markdown(one.Verdict.Result), one.Run.took(), text.Markdown(one.inTable()))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// took is how long a run took, or "" if that is unknown.
func (r Run) took() string {
	if r.Duration <= 0 {
		return ""
	}
	return text.Duration(time.Duration(r.Duration))
}
