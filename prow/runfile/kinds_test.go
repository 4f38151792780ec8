package runfile

import (
	"errors"
	"fmt"
	"io"
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
		"artifacts/logs/not-junit.xml":                          "", // the pattern finds it
		"artifacts/junit/report.xml":                            "",
		"artifacts/e2e/finished.json":                           "",
		"build-log.txt":                                         "",
		"artifacts/otlp/kops.otel":                              "trace file",
		"artifacts/node-1/otlp/kops.otel":                       "trace file",
		"artifacts/otlp/junit.xml":                              "JUnit file",
		"junit.xml":                                             "",
		"":                                                      "",
	} {
		k, ok := KindOf(name)
		if ok != (want != "") || k.Title != want || ok && k.IsMetadata() != (want != "trace file") || k.IsMetadata() && k.Limit == 0 {
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
	}
	for i := range 205 {
		files = append(files, source(fmt.Sprintf("artifacts/junit_%03d.xml", i), `<testsuite name="s"/>`))
	}
	m, errs := Read(prow.Run{Job: "j"}, files)
	if m.State() != Passed || m.Run.Job != "j" || len(m.Suites) != 200 || m.Suites[199].File != "artifacts/junit_199.xml" || m.Started == nil || m.Clones != nil || m.Pod != nil {
		t.Errorf("%+v", m)
	}
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	if all := strings.Join(texts, "\n"); len(errs) != 9 || // five JUnit files too many and another one
		!strings.Contains(all, "cannot read clone-records.json: larger than 16.8 MB") || !strings.Contains(all, "cannot read podinfo.json: gone") ||
		!strings.Contains(all, "cannot read started.json: ") || !strings.Contains(all, "of 200 JUnit files were read before it") {
		t.Errorf("%d errors:\n%s", len(errs), all)
	}
}

// Files that are many are bounded together.
func TestReadIsBoundedTogether(t *testing.T) {
	k := Kind{Title: "JUnit file", Glob: "*", Limit: 100, Most: 3, Total: 150}
	var held heldFiles
	for i, want := range []string{"", "larger than 50 bytes", "", "left out: 150 bytes of 2 JUnit files were read before it"} {
		size := []int{100, 51, 50, 1}[i]
		if _, err := held.read(k, source("x", strings.Repeat("x", size))); fmt.Sprint(err) != want && (err != nil || want != "") {
			t.Errorf("file %d: %v, want %q", i, err, want)
		}
	}
}
