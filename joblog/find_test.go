package joblog

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

func TestFind(t *testing.T) {
	long := strings.Repeat("x", searchBytes) + " quota exceeded"
	l := index(t, "a quota\n\x1b[31mquo\x1b[0mta exceeded\n"+long+"\nb\n", Options{})
	for pattern, want := range map[string][]int{
		"quota":          {0, 1, 2},
		"^quota":         {1},
		"exceeded$":      {1, 2},
		"b|a quota":      {0, 3},
		"nothing of it":  nil,
		`\n`:             nil,
		"(?i)QUOTA EXCE": {1, 2},
	} {
		var got []int
		for i, err := range l.Find(context.Background(), regexp.MustCompile(pattern), 0) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, i)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: lines %d, want %d", pattern, got, want)
		}
	}
	for i := range l.Find(context.Background(), regexp.MustCompile("quota"), 1) {
		if i != 1 {
			t.Errorf("from line 1: line %d", i)
		}
		break
	}
}

// A search on all processors, with the help of a literal, finds what a look at each line
// does, in order.
func TestFindInParallel(t *testing.T) {
	data := string(generate(3<<20, append([]string{"\x1b[31mretry\x1b[0m #", "Retrying once", "\u212aelvin SECONDS ſeconds"}, mixedLines...)))
	l := index(t, data, Options{})
	if l.Len() < manyLines {
		t.Fatalf("only %d lines", l.Len())
	}
	for _, pattern := range []string{"retry", "(?i)retry", "(?i)RETRYING ONCE", "retry.*after 1#?2", "^retry 1", "Watch|retry", "(?i)kelvin", "(?i)seconds", "(retry|x)+ing", "ing once$", "no such thing", "\\d\\d%$"} {
		re := regexp.MustCompile(pattern)
		var want, got []int
		var text []byte
		for i := range l.Len() {
			if text = l.Text(text[:0], i, 1<<20); re.Match(text) {
				want = append(want, i)
			}
		}
		for i, err := range l.Find(context.Background(), re, 0) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, i)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d lines, want %d", pattern, len(got), len(want))
		}
		if len(want) > 2 {
			for i := range l.Find(context.Background(), re, want[1]) {
				if i != want[1] {
					t.Errorf("%s from line %d: line %d", pattern, want[1], i)
				}
				break // the others stop
			}
		}
	}
}

func TestLiteralOf(t *testing.T) {
	for pattern, want := range map[string]string{
		"quota":                     "quota",
		"(?i)quota '\\w+' exceeded": "(?i)' exceeded",
		"a|b":                       "",
		"(retry)+ing":               "retry",
		"x{2,}(retry){0}abc":        "abc",
		"(?:retry)?abc":             "abc",
		"(?i)asked":                 "",
		"ab":                        "",
		"(?i)Übergang":              "(?i)bergang",
	} {
		l := literalOf(regexp.MustCompile(pattern))
		got := string(l.text)
		if l.fold {
			got = "(?i)" + got
		}
		if got != want {
			t.Errorf("%s: %q, want %q", pattern, got, want)
		}
	}
}

// countdown is a context that ends after it was looked at some times.
type countdown struct {
	context.Context
	left atomic.Int64
}

func (c *countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// An ended context is noticed within a MiB, also inside one long line.
func TestContext(t *testing.T) {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	many := []byte(strings.Repeat("I0313 01:45:46.000000 1 a.go:1] x\n", 100_000))
	if _, err := Index(ended, many, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("index: %v", err)
	}
	l := index(t, string(many), Options{})
	if _, err := l.Fingerprints(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("fingerprints: %v", err)
	}
	for name, log := range map[string]string{"many lines": string(many), "one line": strings.Repeat("x", len(many))} {
		ctx := &countdown{Context: context.Background()}
		ctx.left.Store(1)
		var err error
		for _, err = range index(t, log, Options{}).Find(ctx, regexp.MustCompile("nothing"), 0) {
		}
		if !errors.Is(err, context.Canceled) || ctx.left.Load() < -3-int64(runtime.GOMAXPROCS(0)) {
			t.Errorf("find in %s: %v, looked at %d times more", name, err, -ctx.left.Load())
		}
	}
}

// While a pattern is tried the context is looked at each 64 KiB, in short lines and long ones.
func TestContextOfPatterns(t *testing.T) {
	for name, log := range map[string]string{"many lines": strings.Repeat("0123456789\n", 100_000), "lines of 100 kB": strings.Repeat(strings.Repeat("x", 100_000)+"\n", 11), "one line": strings.Repeat("x", 1_100_000)} {
		ctx := &countdown{Context: context.Background()}
		ctx.left.Store(1000)
		l := index(t, log, Options{})
		for _, err := range l.FindBetween(ctx, regexp.MustCompile("[ab]?[c]"), 0, l.Len()) {
			t.Errorf("%s: found, %v", name, err)
		}
		if looks := 1000 - ctx.left.Load(); looks < int64(len(log)>>16) {
			t.Errorf("%s: %d looks at %d bytes", name, looks, len(log))
		}
	}
}

// Part of a log is searched from a line on, and before another.
func TestFindBetween(t *testing.T) {
	l := index(t, "a\nb\na\na\n", Options{})
	var found []int
	for i, err := range l.FindBetween(t.Context(), regexp.MustCompile("a"), 1, 3) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, i)
	}
	if !slices.Equal(found, []int{2}) {
		t.Errorf("found in lines %v", found)
	}
}
