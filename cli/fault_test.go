package cli_test

import (
	"strings"
	"testing"

	"prowtrace/cli"
)

// A fault of the program is told as such: what to do, and where it was met.
func TestFaultIsTold(t *testing.T) {
	var out, errs strings.Builder
	crashing := func(string) string { panic("no such\x1b[31m span") }
	code := cli.Main(t.Context(), []string{"summary", "kops#18011"}, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: crashing})
	said := errs.String()
	if code != cli.ExitFailed || !strings.HasPrefix(said, "prowtrace: internal fault: no such") || !strings.Contains(said, "please report it") || !strings.Contains(said, "fault_test.go") || strings.ContainsRune(said, '\x1b') {
		t.Errorf("code %d:\n%s", code, said)
	}
}
