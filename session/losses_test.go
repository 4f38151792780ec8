package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/prow/runfile"
	"prowtrace/session"
	"prowtrace/trace/join"
)

// What is lost beside the traces is a problem of what is loaded, joined or not, and is
// told once.
func TestLossesAreProblems(t *testing.T) {
	files, err := filepath.Glob("../testdata/bucket/kubernetes-ci-logs/logs/*/*/artifacts/otlp/*.otel")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	spans, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string]string{
		"finished.json": `{"timestamp":1741831000,"passed":false}`, "podinfo.json": `{"pod":{"metadata":{`,
		"artifacts/junit.xml": `<testsuite><testcase name="a">`, "artifacts/otlp/a.otel": string(spans),
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, by := range []join.By{join.ByTime, ""} {
		h := &heard{}
		l, err := load(t, session.Options{Join: by, Events: h.add}, dir)
		if err != nil {
			t.Fatal(err)
		}
		var sources []string
		for _, p := range l.Problems {
			if !p.Beside || p.What == "" {
				t.Errorf("%+v", p)
			}
			sources = append(sources, p.Source)
		}
		if got := strings.Join(sources, " "); got != "podinfo.json artifacts/junit.xml" {
			t.Errorf("problems of %s", got)
		}
		if got := h.names(); strings.Count(got, "MetadataLost") != 1 || strings.Contains(got, "ProblemsFound") {
			t.Errorf("events %s", got)
		}
		if lost := l.Inputs[0].Losses(); runfile.CountLost(lost) != 2 || lost[1].Kind != runfile.LossBroken {
			t.Errorf("lost %+v", lost)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
