package cli

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// Links are the lines of standard input, within bounds: a link that is cut off could lead to
// another run.
func TestLinksOfStdin(t *testing.T) {
	for _, tt := range []struct {
		name, said string
		want       []string
		wrong      string
	}{
		{"lines", " kops#18000\r\n\n\tgs://b/logs/j/1\n", []string{"kops#18000", "gs://b/logs/j/1"}, ""},
		{"without an end", "kops#18000", []string{"kops#18000"}, ""},
		{"none", " \n\n", nil, "standard input holds no link"},
		{"too many", strings.Repeat("kops#18000\n", maxLinks+1), nil, "standard input holds 101 lines, at most 100 are allowed"},
		{"as large as it may be", "gs://b/" + strings.Repeat("x", maxPasted-len("gs://b/")), []string{"gs://b/" + strings.Repeat("x", maxPasted-len("gs://b/"))}, ""},
		{"too large", "gs://b/" + strings.Repeat("x", maxPasted), nil, "standard input holds more than 65.5 kB"},
	} {
		got, err := stdinLinks(t.Context(), Streams{In: strings.NewReader(tt.said), Err: io.Discard})
		if tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || err.Error() != tt.wrong || exitCode(err) != ExitUsage) || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %d links, error %v", tt.name, len(got), err)
		}
	}
}

// Nobody waits for standard input after Ctrl-C.
func TestLinksOfSilentStdin(t *testing.T) {
	ctx, end := context.WithCancelCause(t.Context())
	silent, never := io.Pipe()
	defer never.Close()
	end(errInterrupted)
	if _, err := stdinLinks(ctx, Streams{In: silent, Err: io.Discard}); !errors.Is(err, errInterrupted) {
		t.Errorf("error %v", err)
	}
}

// --from takes the place of arguments, whose number is checked all the same.
func TestFromTakesThePlaceOfArguments(t *testing.T) {
	for _, tt := range []struct {
		args []string
		in   string
		says string
	}{
		{[]string{"resolve", "--from", "stdin", "kops#18000"}, "", "--from stdin and an argument cannot be combined"},
		{[]string{"runs", "--from", "stdin"}, "kops#18000\nkops#18011\n", "takes one job, but got 2 arguments"},
		{[]string{"resolve", "--from", "elsewhere"}, "", "clipboard or stdin"},
	} {
		var out, errs strings.Builder
		code := Main(t.Context(), tt.args, Streams{In: strings.NewReader(tt.in), Out: &out, Err: &errs, Getenv: func(string) string { return "" }})
		if code != ExitUsage || !strings.Contains(errs.String(), tt.says) {
			t.Errorf("%q: exit code %d\n%s", tt.args, code, errs.String())
		}
	}
}
