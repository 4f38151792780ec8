package text

import "testing"

func TestMarkdown(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                 "plain",
		"@org/team <b>x</b> #1": `&#64;org/team &lt;b&gt;x&lt;/b&gt; \#1`,
		"[a](b) | `c` *d* _e_":  "\\[a\\](b) \\| \\`c\\` \\*d\\* \\_e\\_",
		"/close":                `\/close`,
		" \t/lgtm cancel":       "\ufffd/lgtm cancel",
		"  /hold":               `\/hold`,
		"a\n/close":             "a\ufffd/close",
	} {
		if got := Markdown(in); got != want {
			t.Errorf("Markdown(%q) = %q, want %q", in, got, want)
		}
	}
}
