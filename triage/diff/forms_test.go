package diff_test

import (
	"regexp"
	"strings"
	"testing"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/triage"
	"prowtrace/triage/diff"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// On a terminal lines fit its width, except for addresses. Elsewhere there is no colour.
func TestTextFits(t *testing.T) {
	d := compare(t, loaded(t, samples+"pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"), loaded(t, samples+"logs/e2e-kops-aws-distro-deb13/1900000000000000002"))
	for _, width := range []int{100, 200} {
		var b strings.Builder
		if err := d.Text(&b, text.Look{Width: width, Colour: true}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "\x1b[31mnew     \x1b[0m") {
			t.Error("what is new has no colour")
		}
		lines := strings.Split(escapes.ReplaceAllString(b.String(), ""), "\n")
		if len(lines) > 90 {
			t.Errorf("%d lines are more than two screens", len(lines))
		}
		for _, line := range lines {
			if len([]rune(line)) > width && !strings.Contains(line, "https://") {
				t.Errorf("%d columns: %s", len([]rune(line)), line)
			}
		}
	}
	var plain strings.Builder
	if err := d.Text(&plain, text.Look{}); err != nil || strings.Contains(plain.String(), "\x1b") {
		t.Error("colour without a terminal", err)
	}
}

// Nothing from a log or a name reaches the terminal as an escape or becomes markup. Its
// secrets are masked in what others get.
func TestHostileTexts(t *testing.T) {
	run := func(text string) diff.Subject {
		log, err := joblog.Index(t.Context(), []byte(text), joblog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return diff.Subject{
			Evidence: &triage.Evidence{Metadata: &runfile.Metadata{}, Logs: []triage.Log{{Name: "build-log.txt", Log: log}}},
			About:    diff.About{Job: "a\x1b[2Jb", Build: "1\n2"},
		}
	}
	d := compare(t, run("Error: \x1b]0;owned\x07 <script>@all [x](y) password=hunter2hunter2\n"), run("nothing\n"))
	if len(d.Errors) != 1 {
		t.Fatalf("%+v", d.Errors)
	}
	var plain, markdown, json strings.Builder
	if d.Text(&plain, text.Look{}) != nil || d.Markdown(&markdown) != nil || d.JSON(&json) != nil {
		t.Fatal("not written")
	}
	for form, said := range map[string]string{"text": plain.String(), "markdown": markdown.String(), "JSON": json.String()} {
		if strings.ContainsAny(said, "\x1b\x07") {
			t.Errorf("%s has escapes: %q", form, said)
		}
		if form != "text" && strings.Contains(said, "hunter2") {
			t.Errorf("%s has a secret: %s", form, said)
		}
	}
	if !strings.Contains(markdown.String(), "`Error: ") || strings.Contains(strings.ReplaceAll(markdown.String(), "`", ""), "\n2") {
		t.Errorf("markdown: %s", markdown.String())
	}
}
