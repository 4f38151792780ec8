package team_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// The answers that docs/server.md shows are those that the server gives.
func TestDocumentedAnswers(t *testing.T) {
	doc, err := os.ReadFile("../../docs/server.md")
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, nil)
	shown := 0
	lines := strings.Split(string(doc), "\n")
	for i, line := range lines {
		command, ok := strings.CutPrefix(line, "    $ curl -s 'localhost:8080")
		if !ok {
			continue
		}
		shown++
		path, filter, _ := strings.Cut(command, "'")
		_, got := s.get(path)
		if _, field, ok := strings.Cut(filter, "| jq -r ."); ok {
			var at any
			if err := json.Unmarshal([]byte(got), &at); err != nil {
				t.Fatal(err)
			}
			for name := range strings.SplitSeq(field, ".") {
				at = at.(map[string]any)[name]
			}
			got = at.(string)
		}
		if want := strings.TrimPrefix(lines[i+1], "    "); strings.TrimSpace(got) != want {
			t.Errorf("%s\ngot  %s\nwant %s", path, got, want)
		}
	}
	if shown != 4 {
		t.Errorf("%d answers are shown", shown)
	}
}
