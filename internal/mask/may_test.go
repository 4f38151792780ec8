package mask

import "testing"

// Whatever Text changes, May has seen.
func FuzzMay(f *testing.F) {
	for _, s := range []string{"", "plain", "Authorization: Bearer " + letters, "https://user:hunter22@example.org/", "https://example.org/a", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA", "PASSWORD=hunter22", "AKIA0123456789ABCDEF", "xoxb-0123456789-abc", "sha256~" + letters} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		keys, _ := hideKeys(s, false)
		if hideForms(keys) != s && !May([]byte(s)) {
			t.Errorf("%q has something to hide, and was passed over", s)
		}
	})
}

func TestMay(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "a": false, "GET https://example.org/api/v1/nodes?limit=500": false, "https://user:pw@example.org": true,
		"Token": true, "AUTHORIZATION": true, "eyj": true,
	} {
		if got := May([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func BenchmarkMay(b *testing.B) {
	line := []byte("I0313 01:45:46.123456   12345 executor.go:111] Tasks: 0 done / 94 total; 44 can run\n")
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		May(line)
	}
}
