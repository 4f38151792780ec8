package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// longSentence is how many words a sentence of the documentation may have.
const longSentence = 30

// TestSentences counts the words of every sentence for people.
func TestSentences(t *testing.T) {
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		long := 0
		var said strings.Builder
		for _, s := range sentences(string(text)) {
			if n := len(strings.Fields(s)); n > longSentence {
				long++
				said.WriteString("\n" + s)
			}
		}
		if long > 0 {
			t.Errorf("%s has %d sentences of more than %d words:%s", filepath.ToSlash(page), long, longSentence, said.String())
		}
	}
}

var (
	codeText     = regexp.MustCompile("`[^`]*`")
	linkText     = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	sentenceEnds = regexp.MustCompile(`[.!?:;][)*]*\s+`)
)

// sentences are those of a page in Markdown, without blocks of code. A cell of a table is a
// paragraph, as is an entry of a list.
func sentences(page string) (all []string) {
	paragraph := ""
	end := func() {
		plain := linkText.ReplaceAllString(codeText.ReplaceAllString(paragraph, "X"), "$1")
		all = append(all, sentenceEnds.Split(plain, -1)...)
		paragraph = ""
	}
	fenced := false
	for line := range strings.SplitSeq(page, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			fenced = !fenced
			end()
		case fenced || strings.HasPrefix(line, "    "):
			end()
		case strings.HasPrefix(line, "|"):
			end()
			for cell := range strings.SplitSeq(line, "|") {
				paragraph = cell
				end()
			}
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			end()
		case strings.HasPrefix(line, "- "):
			end()
			paragraph = line[2:]
		default:
			paragraph += " " + line
		}
	}
	end()
	return all
}
