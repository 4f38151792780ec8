package mask

import (
	"strings"
	"testing"
)

// However a text is cut, what is masked of it afterwards is a beginning of what is masked of
// the whole.
func TestCut(t *testing.T) {
	for _, c := range hidden {
		text := "it failed: " + c.text
		whole := Text(text)
		for limit := range len(text) + 1 {
			head, cut := Cut(text, limit)
			if len(head) > limit || !strings.HasPrefix(text, head) || cut != (limit < len(text)) {
				t.Fatalf("%s: Cut(%q, %d) is %q, %v", c.rule, text, limit, head, cut)
			}
			if got := Text(head); !strings.HasPrefix(whole, got) {
				t.Errorf("%s: cut at %d: %q is no beginning of %q", c.rule, limit, got, whole)
			}
		}
	}
}

func TestCutKeeps(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"no secret is here", 9, "no secret"},
		{"größe", 3, "gr"},
		{"password=hunter2", 12, "password=hun"},
		{"ghp_" + letters, 20, ""},
		{"anything", -1, ""},
	} {
		if got, _ := Cut(c.text, c.limit); got != c.want {
			t.Errorf("Cut(%q, %d) is %q, want %q", c.text, c.limit, got, c.want)
		}
	}
}

func TestTail(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"MIIE\nabc=\n" + pemEnd + "\nafter", pemEnd + "\nafter"},
		{pem + "\nMIIE\n" + pemEnd, pem + "\nMIIE\n" + pemEnd},
		{"-----END CERTIFICATE-----\n" + pem + "\nMIIE", "-----END CERTIFICATE-----\n" + pem + "\nMIIE"},
		{"nothing", "nothing"},
	} {
		if got := Tail(c.text); got != c.want {
			t.Errorf("Tail(%q) is %q, want %q", c.text, got, c.want)
		}
	}
}

func TestNamed(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"DB_PASSWORD", "hunter2", Mark},
		{"--github-token", "correct horse", Mark},
		{"AWS_SECRET_ACCESS_KEY", letters, Mark},
		{"client-key-data", letters, Mark},
		{"--token-file", "/etc/token", "/etc/token"},
		{"HEADER", "Authorization: Bearer " + letters, "Authorization: Bearer " + Mark},
		{"CLOUD", "aws", "aws"},
		{"TOKEN", "", ""},
	} {
		if got := Named(c.name, c.value); got != c.want {
			t.Errorf("Named(%q, %q) is %q, want %q", c.name, c.value, got, c.want)
		}
	}
	if got, want := Command("run --token hunter2 --fast PASSWORD=x"), "run --token "+Mark+" --fast PASSWORD="+Mark; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// FuzzCut: the rule of TestCut for any text before a secret, and any behind it.
func FuzzCut(f *testing.F) {
	for _, c := range hidden {
		f.Add(c.text, " behind", 20)
	}
	f.Fuzz(func(t *testing.T, before, behind string, limit int) {
		text := before + " ghp_" + letters + " " + behind
		head, _ := Cut(text, limit)
		if len(head) > max(limit, 0) && len(head) < len(text) {
			t.Errorf("%d bytes of %q are %q", limit, text, head)
		}
		if len(text) <= max(limit, 0)+Beyond && !strings.HasPrefix(Text(text), Text(head)) {
			t.Errorf("%q\ncut at %d: %q\nis no beginning of %q", text, limit, Text(head), Text(text))
		}
	})
}
