package history

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// JSON writes a History in its schema, with its secrets masked.
func (h *History) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(h.Masked())
}

// Masked is a copy without secrets.
func (h *History) Masked() *History { return mask.Copy(h) }

// Markdown writes a History for a comment: the verdict of each job in bold, what failed, and
// the rest folded. Its secrets are masked.
func (h *History) Markdown(w io.Writer) error {
	h = h.Masked()
	var b strings.Builder
	for _, s := range h.Systemic {
		fmt.Fprintf(&b, "**Systemic: %s** (%s)\n\n", text.Markdown(s.Title), text.Markdown(s.where()))
	}
	for i, j := range h.Jobs {
		if i > 0 {
			b.WriteString("\n")
		}
		j.markdown(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (j *Job) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "**%s**\n%s · %s\n", text.Markdown(j.Title), text.Markdown(j.Name), j.Counts())
	if g := j.Worst(); g != nil {
		for _, line := range g.Began() {
			fmt.Fprintf(b, "%s\n", text.Markdown(line))
		}
	}
	if len(j.Groups) > 0 {
		b.WriteString("\n| what failed | verdict | runs | first | last |\n|---|---|---:|---|---|\n")
	}
	for i := range j.Groups {
		g := &j.Groups[i]
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", text.Markdown(strings.Join(slices.Concat([]string{g.Title}, g.Elsewhere(), sayings(g.Over)), "; ")), text.Markdown(g.Outlook.Said()), j.links(g.Runs), minute(g.First), minute(g.Last))
	}
	if more := j.markdownMore(); more != "" {
		b.WriteString("\n<details><summary>Durations, limits and flaky cases</summary>\n\n" + more + "\n</details>\n")
	}
}

// markdownMore is the folded part of a job, or "" if there is none.
func (j *Job) markdownMore() string {
	b := new(strings.Builder)
	for i := range j.Dying {
		fmt.Fprintf(b, "- phase %s %s\n", text.Markdown(j.Dying[i].Title), text.Markdown(j.Dying[i].OneCause()))
	}
	for i := range j.Phases {
		if p := &j.Phases[i]; p.Usual.Runs > 0 {
			fmt.Fprintf(b, "- %s: %s\n", text.Markdown(p.Name), p.Said())
		}
	}
	for i := range j.Limits {
		fmt.Fprintf(b, "- limit of %s: %s\n", text.Markdown(j.Limits[i].Name), j.Limits[i].Said())
	}
	for _, s := range sayings(j.Slow) {
		fmt.Fprintf(b, "- slow runs: %s\n", text.Markdown(s))
	}
	for _, s := range sayings(j.Bad) {
		fmt.Fprintf(b, "- failed or slow runs: %s\n", text.Markdown(s))
	}
	for i := range j.Flaky {
		fmt.Fprintf(b, "- %s\n", text.Markdown(j.Flaky[i].Said()))
	}
	for _, a := range j.Again {
		fmt.Fprintf(b, "- %s\n", text.Markdown(j.PassedAgain(a)))
	}
	return b.String()
}

// mostLinks bounds the links of a row.
const mostLinks = 5

// links gives the numbers of the last runs of a group, each linked to its run.
func (j *Job) links(runs []int) string {
	parts := []string{fmt.Sprint(len(runs))}
	for n, i := range slices.Backward(runs[max(0, len(runs)-mostLinks):]) {
		if strings.HasPrefix(j.Runs[i].URL, "https://") && !strings.ContainsAny(j.Runs[i].URL, " ()<>\n|") {
			parts = append(parts, fmt.Sprintf("[%d](%s)", max(0, len(runs)-mostLinks)+n+1, j.Runs[i].URL))
		}
	}
	return strings.Join(parts, " ")
}
