package triage_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/mask"
	"prowtrace/internal/runtest"
	"prowtrace/session"
	"prowtrace/triage"
	"prowtrace/triage/diff"
	"prowtrace/triage/report"
)

// random is assembled here, so no scanner takes this file for one with secrets.
var random = strings.Repeat("aB3", 14)

// secretsOf are texts of all forms in internal/mask, each with its secret.
var secretsOf = []struct{ form, before, secret, behind string }{
	{"header", "Authorization: Bearer ", random, ""},
	{"bearer", "bearer ", random, ", again"},
	{"signed URL", "https://b/o?X-Goog-Signature=", random, "&x=1"},
	{"address with password", "https://bot:", random, "@github.com/o/r"},
	{"docker", `{"auths":{"quay.io":{"auth":"`, random, `"}}}`},
	{"password", `password="`, "correct horse battery staple", `", user`},
	{"named secret", "AWS_SECRET_ACCESS_KEY=", random, " is wrong"},
	{"kubeadm token", "--token ", "abcdef.0123456789abcdef", " --discovery"},
	{"JWT", "got ", "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + "." + random, " from it"},
	{"AWS key id", "using ", "AKIA" + "IOSFODNN7EXAMPLE", " from it"},
	{"GitHub", "remote: ", "ghp_" + random, " is not valid"},
	{"GitLab", "x ", "glpat-" + "abcDEF0123456789abcd", " y"},
	{"Slack", "x ", "xoxb-" + "123456789012-abcdefghijkl", " y"},
	{"Slack", "https://hooks.slack.com/services/", "T0123456/B0123456/" + "abcdefgh01234567", " y"},
	{"Google", "key=", "AIza" + random, " y"},
	{"registries", "x ", "npm_" + random, " y"},
	{"private key", "-----BEGIN RSA " + "PRIVATE KEY-----", `\n` + random + `\n`, "-----END RSA " + "PRIVATE KEY-----"},
}

// mostOfSecret is how much of a secret may remain in the output, in bytes.
const mostOfSecret = 7

// leaks gives the first part of a secret that is in a text and too long.
func leaks(text, secret string) string {
	for i := range len(secret) - mostOfSecret {
		if part := secret[i : i+mostOfSecret+1]; strings.Contains(text, part) {
			return part
		}
	}
	return ""
}

// wordOf is a word of letters for a number: lines that differ only in numbers are one fact.
func wordOf(n int) string {
	return string([]byte{'a' + byte(n/400), 'a' + byte(n/20%20), 'a' + byte(n%20)}) + "y"
}

// linesWith are lines of a log that are cut within a secret, at limit bytes of the line's
// text.
func linesWith(before, secret, behind string, limit, every int) string {
	var b strings.Builder
	for at := 0; at <= len(secret); at += every {
		head := "error: cannot find " + wordOf(at) + strings.Repeat("z", limit/450) + " because "
		b.WriteString(head + strings.Repeat("x", max(0, limit-len(head)-len(before)-at-1)) + " " + before + secret + behind + "\n")
	}
	return b.String()
}

// Wherever a text is cut within a secret, the output has only a few letters of the secret.
// This holds for facts and titles, and for all forms of summaries and differences.
func TestSecretsThatAreCut(t *testing.T) {
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := triage.NewMatcher(all)
	for _, c := range secretsOf {
		t.Run(c.form, func(t *testing.T) {
			log := linesWith(c.before, c.secret, c.behind, 1000, 1)
			for _, limit := range []int{98, 500, 4000} {
				log += linesWith(c.before, c.secret, c.behind, limit, 5)
			}
			message := linesWith(c.before, c.secret, c.behind, 4093, 5)
			bad := map[string]string{
				"build-log.txt": log, "finished.json": `{"timestamp":1741834800,"passed":false,"result":"FAILURE"}`,
				"artifacts/junit_01.xml": `<testsuite name="s"><testcase name="n"><failure message="` + strings.NewReplacer(`"`, "&quot;", "&", "&amp;", "\n", "&#10;").Replace(message[:9000]) + `"/></testcase></testsuite>`,
				"podinfo.json":           fmt.Sprintf(`{"pod":{"status":{"phase":"Failed","reason":"Evicted","message":%q}}}`, strings.Repeat("x", 990-len(c.before))+" "+c.before+c.secret+c.behind),
			}
			dir := t.TempDir()
			for name, text := range bad {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			in, e := runtest.Load(t, dir)
			facts, err := triage.Facts(t.Context(), e, known)
			if err != nil {
				t.Fatal(err)
			}
			if len(facts) < len(c.secret)/2 {
				t.Fatalf("only %d facts", len(facts))
			}
			for _, f := range facts {
				for _, said := range []string{f.Text, f.Match.Title} {
					if part := leaks(mask.Text(said), c.secret); part != "" {
						t.Fatalf("a fact has %q: %s", part, said)
					}
				}
			}
			j, _, err := session.Judge(t.Context(), in, e, &session.Baseline{}, known)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range j.Findings {
				if part := leaks(mask.Text(f.Title), c.secret); part != "" {
					t.Fatalf("a title has %q: %s", part, f.Title)
				}
			}
			s := report.New(j, e, report.Context{})
			for _, form := range []func(io.Writer) error{s.JSON, s.Markdown, s.Issue} {
				noLeak(t, form, c.secret)
			}
			good := *e
			good.Logs = nil
			d, err := diff.Compare(t.Context(), []diff.Subject{{Evidence: &good}}, diff.Subject{Evidence: e}, known)
			if err != nil {
				t.Fatal(err)
			}
			for _, form := range []func(io.Writer) error{d.JSON, d.Markdown} {
				noLeak(t, form, c.secret)
			}
		})
	}
}

func noLeak(t *testing.T, form func(io.Writer) error, secret string) {
	t.Helper()
	var out bytes.Buffer
	if err := form(&out); err != nil {
		t.Fatal(err)
	}
	if part := leaks(out.String(), secret); part != "" {
		at := strings.Index(out.String(), part)
		t.Fatalf("a form has %q: %s", part, out.String()[max(0, at-100):min(out.Len(), at+100)])
	}
}

// The part of a line in a signature's title has no part of a secret.
func TestSecretInTitle(t *testing.T) {
	all, err := triage.Read("test", strings.NewReader(`
- id: a-thing
  title: "${thing} of ${name} is gone"
  category: config
  pattern: 'thing-is-gone (?P<thing>\S{1,12})\S*(?: (?P<name>\w+))?'
  next: Bring it back.
  examples: [thing-is-gone x]
  not: [thing-is-here x]
`))
	if err != nil {
		t.Fatal(err)
	}
	known := triage.NewMatcher(all)
	for _, c := range secretsOf {
		m, ok := known.Line([]byte("thing-is-gone " + c.before + c.secret + c.behind))
		if part := leaks(m.Title, c.secret); !ok || part != "" {
			t.Errorf("%s: the title is %q", c.form, m.Title)
		}
	}
}
