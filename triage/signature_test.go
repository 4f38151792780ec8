package triage

import (
	"slices"
	"strings"
	"testing"
)

func builtInSignatures(t testing.TB) []*Signature {
	t.Helper()
	all, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Each built-in signature matches its examples, is the first one to match them, and says
// where its title comes from.
func TestBuiltIn(t *testing.T) {
	all := builtInSignatures(t)
	if len(all) < 60 {
		t.Errorf("there are %d signatures", len(all))
	}
	m := NewMatcher(all)
	for _, s := range all {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
		for _, e := range s.Examples {
			switch found, ok := m.Line([]byte(e)); {
			case !ok:
				t.Errorf("%s: nothing is found in its example %q", s.ID, e)
			case found.ID != s.ID:
				t.Errorf("%s: its example %q is called %s", s.ID, e, found.ID)
			case found.Title == "" || strings.Contains(found.Title, "${"):
				t.Errorf("%s: the title of %q is %q", s.ID, e, found.Title)
			}
		}
	}
}

func TestTitles(t *testing.T) {
	m := NewMatcher(builtInSignatures(t))
	for _, c := range []struct{ line, title string }{
		{"Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1., quotaExceeded", "Quota 'CPUS' exceeded in region us-central1"},
		{"panic: a\x1b[31mb", "A Go program panicked: a�[31mb"},
		{"panic: " + strings.Repeat("x", 500), "A Go program panicked: " + strings.Repeat("x", 70)},
		{"Cluster operator dns Degraded is True", "The cluster operator dns is degraded"},
		{"all is well", ""},
	} {
		if found, _ := m.Line([]byte(c.line)); found.Title != c.title {
			t.Errorf("%q\n got %q\nwant %q", c.line, found.Title, c.title)
		}
	}
}

const oneSignature = `
- id: mine
  title: It broke at ${where}
  category: test
  pattern: 'it broke at (?P<where>\w+)'
  next: Mend it.
  examples: ["it broke at noon"]
  not: ["it works"]
`

func TestRead(t *testing.T) {
	all, err := Read("mine.yaml", strings.NewReader(oneSignature))
	if err != nil || len(all) != 1 || all[0].ID != "mine" || all[0].Category != Test {
		t.Fatal(all, err)
	}
	if all, err := Read("empty.yaml", strings.NewReader("")); len(all) != 0 || err != nil {
		t.Error(all, err)
	}
	for _, c := range []struct{ name, from, to, want string }{
		{"no list", "- id: mine\n", "id: mine\n", "cannot read mine.yaml as a list of signatures"},
		{"a tab", "  next", "\tnext", "cannot read mine.yaml as a list of signatures: line 6"},
		{"an id", "id: mine", "id: Mine!", `mine.yaml:2: id "Mine!": want words of a-z and 0-9`},
		{"a category", "category: test", "category: bad luck", `mine.yaml:2: signature mine: category "bad luck": want one of quota, `},
		{"a pattern", `\w+`, `(\w+`, "mine.yaml:2: signature mine: pattern: error parsing regexp: missing closing )"},
		{"a short pattern", "it broke at ", ".*", "want a word of at least 4 characters"},
		{"a group", "${where}", "${who}", "the title has ${who}, the pattern no group"},
		{"no example", `examples: ["it broke at noon"]`, "", "give a text in examples"},
		{"a field", "next:", "then:", `mine.yaml:2: a signature has no field "then": want some of id, title, `},
		{"a list", "title: It broke at ${where}", "title: [1, 2]", "mine.yaml:2: cannot read the signature: cannot unmarshal !!seq into string"},
		{"a link", "next:", "link: ftp://x\n  next:", `link "ftp://x": want an address that begins with https://`},
	} {
		_, err := Read("mine.yaml", strings.NewReader(strings.Replace(oneSignature, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := Read("mine.yaml", strings.NewReader(oneSignature+oneSignature)); err == nil || !strings.Contains(err.Error(), "mine.yaml:10: duplicate signature mine: first in line 2") {
		t.Errorf("the same twice: %v", err)
	}
}

func TestCheck(t *testing.T) {
	written := strings.Replace(oneSignature, `["it broke at noon"]`, `["it broke at noon", "it bent"]`, 1)
	written = strings.Replace(written, `["it works"]`, `["it broke at last"]`, 1)
	all, err := Read("mine.yaml", strings.NewReader(written))
	if err != nil {
		t.Fatal(err)
	}
	want := "signature mine does not match its example \"it bent\"\nsignature mine matches what it must not: \"it broke at last\""
	if err := all[0].Check(); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestRequiredLiterals(t *testing.T) {
	for _, c := range []struct {
		pattern string
		want    []string
	}{
		{"Quota '(\\w+)' exceeded", []string{"' exceeded"}},
		{"(?i)Hash Sum", []string{"hash sum"}},
		{"(abcd|efghi)+x", []string{"abcd", "efghi"}},
		{"(abcd|ef)", nil},
		{"(abcd|ef)longer", []string{"abcdlonger", "eflonger"}},
		{"(abcd)?", nil}, {"(abcd){2}", []string{"abcd"}}, {"abc", nil},
		{"ab(cd)?ef", []string{"abcdef", "abef"}}, {"[a-z]+(abcd|ef)", nil},
		{"größer als", []string{"er als"}},
		{"\\((?:govet|gosec|lll)\\)$", []string{"(gosec)", "(govet)", "(lll)"}},
		{"x+[Cc]luster ?[0-9]+ of", []string{"cluster", "cluster "}},
		{"connection (?:was )?refused", []string{"connection refused", "connection was refused"}},
		{"(", nil},
	} {
		var got []string
		for _, l := range requiredLiterals(c.pattern) {
			got = append(got, l.text)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.pattern, got, c.want)
		}
	}
}

// If a match must be at the beginning of its line, the line has its beginning.
func TestLiteralsThatBegin(t *testing.T) {
	for _, c := range []struct {
		pattern string
		want    []literal
	}{
		{`^In (\S+) line \d+:$|\bSC\d{4} \(error\)`, []literal{{" line ", "In "}, {" (error)", ""}}},
		{`^diff --git a/|^diff -\w+ x`, []literal{{"diff --git a/", "diff --git a/"}, {"diff -", "diff -"}}},
		{`(?i)^In (\S+) line `, []literal{{" line ", ""}}},
		{`^\W?In (\S+) line `, []literal{{" line ", ""}}},
		{`(?m)^In (\S+) line `, []literal{{" line ", ""}}},
		{"^\uFFFD(\\S+) line ", []literal{{" line ", ""}}}, // it is any byte that is not text
	} {
		if got := requiredLiterals(c.pattern); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.pattern, got, c.want)
		}
	}
}

func TestAttributes(t *testing.T) {
	all, err := Read("mine.yaml", strings.NewReader(strings.Replace(oneSignature, "  next", "  attributes: [error.type]\n  next", 1)))
	if err != nil {
		t.Fatal(err)
	}
	m := NewMatcher(all)
	if found, ok := m.Attribute("error.type", "it broke at noon"); !ok || found.Title != "It broke at noon" {
		t.Errorf("got %+v, %t", found, ok)
	}
	if _, ok := m.Attribute("error.kind", "it broke at noon"); ok {
		t.Error("another attribute has it")
	}
	if _, ok := m.Line([]byte("it broke at noon")); ok {
		t.Error("a line has it")
	}
}

// FuzzLine checks that the Matcher finds the same as trying one signature after the other.
func FuzzLine(f *testing.F) {
	all := builtInSignatures(f)
	for _, s := range all {
		f.Add([]byte(s.Examples[0]))
		f.Add([]byte(s.Not[0] + s.Examples[0]))
	}
	m := NewMatcher(all)
	f.Fuzz(func(t *testing.T, line []byte) {
		var want string
		for _, s := range all {
			if s.Pattern.Match(line[:min(len(line), longestLine)]) {
				want = s.ID
				break
			}
		}
		if found, ok := m.Line(line); ok != (want != "") || ok && found.ID != want {
			if strings.ContainsAny(string(line), "ſK") {
				t.Skip("letters that are others of ASCII in another case")
			}
			t.Errorf("%q: got %t %v, want %s", line, ok, found.Signature, want)
		}
	})
}

// FuzzRead checks that any file gives signatures or an error, and that valid signatures can
// be used.
func FuzzRead(f *testing.F) {
	f.Add(oneSignature)
	f.Add("- {}")
	f.Add("- &a [*a]")
	f.Fuzz(func(t *testing.T, written string) {
		all, err := Read("mine.yaml", strings.NewReader(written))
		if err != nil {
			return
		}
		m := NewMatcher(all)
		for _, s := range all {
			_ = s.Check()
			_, _ = m.Line([]byte(s.Examples[0]))
		}
	})
}

// BenchmarkLine measures lines with and without a signature. The bytes are those of the
// lines.
func BenchmarkLine(b *testing.B) {
	m := NewMatcher(builtInSignatures(b))
	for _, bench := range []struct{ name, line string }{
		{"plain", "I0313 01:45:46.123456   12345 executor.go:111] Tasks: 0 done / 94 total; 44 can run"},
		{"waiting", "W0313 01:45:46.123456   12345 validate.go:22] (will retry): cluster not yet healthy: machine \"i-0123\" has not yet joined cluster"},
		{"known", "E0313 01:45:46.123456   12345 up.go:11] googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1., quotaExceeded"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.line)))
			for b.Loop() {
				m.Line([]byte(bench.line))
			}
		})
	}
}

// BenchmarkBuiltIn measures reading all signatures at the start of a command.
func BenchmarkBuiltIn(b *testing.B) {
	for b.Loop() {
		NewMatcher(builtInSignatures(b))
	}
}
