package mask

import (
	"fmt"
	"strings"
	"testing"
)

// hostile are texts that are made to be slow, when they are repeated.
var hostile = []string{"token", "token=", "token ", "value name: token", "key:token\n", `"name":"token",`, "password", "password=the ", "://", "://a:b", "eyJ", "eyJaaaaaaaa.", "authorization:", "bearer ", "PRIVATE KEY-----", "-----END "}

// TestReach: what ends where a rule first looks to is a secret only if it ends there indeed.
func TestReach(t *testing.T) {
	token := "123456" + ".1234567890123456"
	named := "token" + strings.Repeat(" ", formReach-len("token")-len(token))
	for text, want := range map[string]string{
		named + token:        named + Mark,
		named + token + " 7": named + Mark + " 7",
		named + token + "7":  named + token + "7",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q\ngot %q\nwant %q", text, got, want)
		}
	}
}

// BenchmarkHostile measures them at two lengths: the time of a byte must not grow with it.
func BenchmarkHostile(b *testing.B) {
	for _, unit := range hostile {
		for _, n := range []int{20_000, 80_000} {
			s := strings.Repeat(unit, n/len(unit)) + " value"
			b.Run(fmt.Sprintf("%q/%d", unit, n), func(b *testing.B) {
				b.SetBytes(int64(len(s)))
				for b.Loop() {
					Text(s)
				}
			})
		}
	}
}
