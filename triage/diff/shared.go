package diff

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// JSON writes the Diff in the schema, with its secrets masked.
func (d *Diff) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(d.Masked())
}

// Masked is a copy without secrets. The name of an attribute can show that its value is one.
func (d *Diff) Masked() *Diff {
	out := mask.Copy(d)
	for i := range out.Attributes {
		a := &out.Attributes[i]
		a.Value = mask.Named(a.Key, a.Value)
	}
	return out
}

// listed bounds the rows of a list in Markdown.
const listed = 20

// Markdown writes the Diff for a comment: the inputs that changed, and the rest folded. Its
// secrets are masked.
func (d *Diff) Markdown(w io.Writer) error {
	d = d.Masked()
	var b strings.Builder
	fmt.Fprintf(&b, "**What is different in %s**\n", d.Bad.link())
	if len(d.Good) == 1 {
		fmt.Fprintf(&b, "%s, against %s (%s)\n", text.Markdown(d.Bad.Result), d.Good[0].link(), text.Markdown(d.Good[0].Result))
	} else {
		fmt.Fprintf(&b, "%s, against %s\n", text.Markdown(d.Bad.Result), text.Markdown(d.Against()))
	}
	d.markdownInputs(&b)
	if d.Same() {
		b.WriteString("\nNo difference was found.\n")
	}
	for _, l := range d.Lists() {
		l.markdown(&b)
	}
	if len(d.Attributes) > 0 {
		b.WriteString("\n<details><summary>Attributes of spans</summary>\n\n")
		for i := range d.Attributes {
			a := &d.Attributes[i]
			fmt.Fprintf(&b, "- %s: %s\n", text.MarkdownCode(a.Key+"="+a.Value), a.Said())
		}
		b.WriteString("\n</details>\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (d *Diff) markdownInputs(b *strings.Builder) {
	if len(d.Inputs) == 0 {
		return
	}
	b.WriteString("\n| input | change |\n|---|---|\n")
	for i := range d.Inputs {
		in := &d.Inputs[i]
		said := text.MarkdownCode(in.Said())
		if in.URL != "" {
			said = "[" + text.Markdown(in.Said()) + "](" + in.URL + ")"
		}
		if !in.telling() {
			said += " (differs in each run)"
		}
		fmt.Fprintf(b, "| %s | %s |\n", text.Markdown(in.Title()), strings.ReplaceAll(said, "|", "\\|"))
	}
	if more := d.LeftOut["inputs"]; more > 0 {
		fmt.Fprintf(b, "\nand %s more\n", text.Number(more))
	}
}

func (l *List) markdown(b *strings.Builder) {
	if len(l.Rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n", l.Title)
	shown := min(len(l.Rows), listed)
	for i := range l.Rows[:shown] {
		c := &l.Rows[i]
		fmt.Fprintf(b, "- %s: %s", c.Kind, text.MarkdownCode(c.Said()))
		if how := l.HowMuch(i); how != "" {
			b.WriteString(" " + text.Markdown(how))
		}
		b.WriteString(c.place().reference() + "\n")
	}
	if rest := l.rest(shown); rest != "" {
		fmt.Fprintf(b, "\n%s\n", rest)
	}
	b.WriteString("\n</details>\n")
}

// link is the title of a run with the address of its page.
func (r *Run) link() string {
	if !strings.HasPrefix(r.URL, "https://") {
		return text.Markdown(r.title())
	}
	return "[" + text.Markdown(r.title()) + "](" + r.URL + ")"
}

// reference is a link to a place, in brackets.
func (p *Place) reference() string {
	said := p.said()
	switch {
	case said == "":
		return ""
	case strings.HasPrefix(p.URL, "https://"):
		return " ([" + text.Markdown(said) + "](" + p.URL + "))"
	}
	return " (" + text.Markdown(said) + ")"
}
