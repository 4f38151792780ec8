package viewer

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"prowtrace/trace"
)

// The page has the bits of the flags that it draws from the server's table.
func TestFlagsOfThePage(t *testing.T) {
	var bits []string
	for _, f := range []struct {
		name string
		flag trace.Flags
	}{
		{"unfinished", trace.Unfinished}, {"timeUnknown", trace.TimeUnknown},
		{"inferred", trace.Inferred}, {"missing", trace.MissingParent}, {"fold", trace.Folded},
	} {
		bits = append(bits, fmt.Sprintf("%s: %d", f.name, f.flag))
	}
	want := "export const FLAG = { " + strings.Join(bits, ", ") + " };"
	const module = "ui/model/columns.js"
	content, err := os.ReadFile(module)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^export const FLAG = .*$`)
	if *update {
		if err := os.WriteFile(module, line.ReplaceAllLiteral(content, []byte(want)), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got := string(line.Find(content)); got != want {
		t.Errorf("%s has\n%s\nwant\n%s", module, got, want)
	}
}
