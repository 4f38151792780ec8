package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every file and folder that CONTRIBUTING.md names exists.
func TestContributingNamesWhatExists(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile("`([^`\n]+)`|\\]\\(([^)\n]+)\\)").FindAllStringSubmatch(string(text), -1) {
		names = append(names, m[1]+m[2])
	}
	for _, command := range regexp.MustCompile(`(?:go run|go test) (\./[\w./]+)`).FindAllStringSubmatch(string(text), -1) {
		names = append(names, strings.TrimSuffix(command[1], "/..."))
	}
	// What else stands between backquotes.
	words := []string{"make test", "-short", "cannot VERB OBJECT: cause"}
	for _, name := range names {
		if slices.Contains(words, name) || strings.HasPrefix(name, "go ") {
			continue
		}
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if len(names) < 30 {
		t.Errorf("only %d names were found", len(names))
	}
}
