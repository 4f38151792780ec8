package runfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"prowtrace/prow"
)

func TestKindOf(t *testing.T) {
	for name, want := range map[string]string{
		"started.json":                                          "started.json",
		"sidecar-logs.json":                                     "sidecar-logs.json",
		"artifacts/metadata.json":                               "artifacts/metadata.json",
		"artifacts/ci-operator-step-graph.json":                 "artifacts/ci-operator-step-graph.json",
		"artifacts/junit_runner.xml":                            "JUnit file",
		"artifacts/junit.xml":                                   "JUnit file",
		"artifacts/e2e/test/artifacts/junit/junit_e2e_2025.xml": "JUnit file",
		"artifacts/logs/test-e2e-junit.xml":                     "JUnit file",
		"artifacts/junit/report.xml":                            "JUnit file",
		"artifacts/junit_x/deep/TEST-a.xml":                     "JUnit file",
		"artifacts/e2e/test/artifacts/junit/results.xml":        "JUnit file",
		"artifacts/e2e/monitor-tests.xml":                       "JUnit file",
		"artifacts/e2e/junit.xml.gz":                            "JUnit file",
		"artifacts/junit.xml.bak":                               "",
		"artifacts/report.xml":                                  "",
		"artifacts/junit/notes.txt":                             "",
		"artifacts/e2e/finished.json":                           "",
		"build-log.txt":                                         "log",
		"artifacts/e2e/step/build-log.txt":                      "log of a step",
		"artifacts/otlp/kops.otel":                              "trace file",
		"artifacts/node-1/otlp/kops.otel":                       "trace file",
		"artifacts/otlp/junit.xml":                              "JUnit file",
		"junit.xml":                                             "",
		"":                                                      "",
	} {
		k, ok := KindOf(name)
		if ok != (want != "") || k.Title != want || ok && k.IsMetadata() != (want != "trace file" && k.Policy != OnDemand) || k.IsMetadata() && k.Limit == 0 {
			t.Errorf("KindOf(%q) = %+v, %v; want %q", name, k, ok, want)
		}
	}
}

func TestKinds(t *testing.T) {
	names := 0
	for _, k := range Kinds() {
		if k.Name != "" {
			names++
			if found, ok := KindOf(k.Name); !ok || found.Name != k.Name || k.Glob != "" {
				t.Errorf("%s is of the kind %+v", k.Name, found)
			}
		}
		if k.Policy == "" || (k.Name == "") != (k.Glob != "") || k.Policy == Beside && k.Glob != "" && (k.Most == 0 || k.Total == 0) {
			t.Errorf("%+v", k)
		}
	}
	if names != 8 {
		t.Errorf("%d names", names)
	}
}

func source(name, data string) Source {
	return Source{name, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }}
}

func TestRead(t *testing.T) {
	files := []Source{
		source("finished.json", `{"passed":true}`), source("started.json", `{"timestamp":1741830341`),
		source("build-log.txt", "not read"), source("artifacts/otlp/kops.otel", "not read"),
		source("clone-records.json", strings.Repeat(" ", maxLarge+1)),
		{"podinfo.json", func() (io.ReadCloser, error) { return nil, errors.New("gone") }},
		source("artifacts/z/junit.xml", `<testsuite name="last"/>`),
		source("artifacts/monitoring.xml", `<?xml version="1.0"?><dashboard/>`),
		source("artifacts/junit/empty.xml", ""), source("artifacts/junit/text.xml", "no reports found"),
	}
	for i := range 205 {
		files = append(files, source(fmt.Sprintf("artifacts/junit_%03d.xml", i), `<testsuite name="s"/>`))
	}
	m, losses := Read(prow.Run{Job: "j"}, files)
	if m.State() != Passed || m.Run.Job != "j" || len(m.Suites) != 206 || m.Suites[205].Name != "last" || m.Started == nil || m.Clones != nil || m.Pod != nil {
		t.Errorf("%+v", m)
	}
	want := []Loss{
		{Kind: LossTooLarge, File: "clone-records.json", Files: 1, Why: "larger than 16.8 MB"},
		{Kind: LossBroken, File: "podinfo.json", Files: 1, Why: "gone"},
		{Kind: LossBroken, File: "started.json", Files: 1, Why: "unexpected end of JSON input"},
		{Kind: LossBroken, File: "artifacts/junit/empty.xml", Files: 1, Why: "it is empty"},
		{Kind: LossBroken, File: "artifacts/junit/text.xml", Files: 1, Why: "it is not XML"},
	}
	if !slices.Equal(losses, want) || CountLost(losses) != 5 {
		t.Errorf("lost %+v", losses)
	}
}
