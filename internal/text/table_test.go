package text_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"prowtrace/internal/text"
)

func TestTable(t *testing.T) {
	for _, tt := range []struct {
		name  string
		width int
		want  string
	}{
		{"no limit", 0, `
ID   STATE    SAID
1    passed   nothing
222  aborted  the quota of the region is exceeded by far`},
		{"the last column wraps", 45, `
ID   STATE    SAID
1    passed   nothing
222  aborted  the quota of the region is
              exceeded by far`},
		{"the last column moves below", 40, `
ID   STATE
  SAID
1    passed
  nothing
222  aborted
  the quota of the region is exceeded by
  far`},
		{"two columns move below", 10, `
ID
  STATE
  SAID
1
  passed
  nothing
222
  aborted
  the quota of the region is exceeded by far`}, // no line fits in so little
	} {
		var table text.Table
		table.Row("ID", "STATE", "SAID")
		table.Row("1", "passed", "nothing")
		table.Row("222", "aborted", "the quota of the region is exceeded by far")
		var b strings.Builder
		if err := table.Write(&b, tt.width); err != nil || b.String() != strings.TrimPrefix(tt.want, "\n")+"\n" {
			t.Errorf("%s: %v\n%s\nwant%s", tt.name, err, &b, tt.want)
		}
	}
	if lines := new(text.Table).Lines(80); lines != nil {
		t.Errorf("an empty table has lines %q", lines)
	}
}

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		width      int
		want       []string
	}{
		{"it fits", "      --a  b  c", 20, []string{"      --a  b  c"}},
		{"no limit", "some  words  of it", 0, []string{"some  words  of it"}},
		{"below its last column", "  --ui KIND   what to open when the run is there", 45, []string{"  --ui KIND   what to open when the run is", "              there"}},
		{"too little room there", "      --ui KIND   what to open when the run is there, and more", 40,
			[]string{"      --ui KIND", "        what to open when the run is", "        there, and more"}},
		{"no columns", "one two three four five six seven eight", 30, []string{"one two three four five six", "seven eight"}},
	} {
		if got := text.Fold(tt.line, tt.width); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Whatever the cells are, none is lost, and no line with spaces in its last column is wider
// than the screen.
func FuzzTable(f *testing.F) {
	f.Add("a b c", "123", 40)
	f.Add("ä  ö", "", 1)
	f.Fuzz(func(t *testing.T, first, second string, width int) {
		if !utf8.ValidString(first+"|"+second) || strings.ContainsAny(first+second, "\r\n") || width < 0 || width > 300 {
			t.Skip()
		}
		var table text.Table
		table.Row(first, second)
		table.Row(second, first)
		var b strings.Builder
		if err := table.Write(&b, width); err != nil {
			t.Fatal(err)
		}
		some := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got, want := some(b.String()), some(first+second+second+first); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		folded := some(strings.Join(text.Fold(first, width), " "))
		if folded != some(first) {
			t.Errorf("folded %q, want %q", folded, some(first))
		}
	})
}
