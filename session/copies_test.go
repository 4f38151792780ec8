package session

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

func TestFindCopies(t *testing.T) {
	deep := strings.Repeat("d/", maxCopyDepth)
	for _, tt := range []struct{ name, files, want string }{
		{"no run", "a.otel b/c.otel", " | a.otel b/c.otel"},
		{"a run", "started.json artifacts/otlp/a artifacts/otlp/b.log build-log.txt artifacts/x/junit_1.xml c.otel", ": artifacts/otlp/a c.otel + started.json artifacts/x/junit_1.xml | "},
		{"names of archives", "./r/prowjob.json ./r//artifacts/otlp/a /r/artifacts/otlp/b", "r: artifacts/otlp/a artifacts/otlp/b + prowjob.json | "},
		{"a run in a run", "r/finished.json r/artifacts/otlp/started.json r/s/prowjob.json r/s/a.otel", "r: artifacts/otlp/started.json + finished.json, r/s: a.otel + prowjob.json | "},
		{"two and others", "r/finished.json s/finished.json s/a.otel t/a.otel", "r:  + finished.json, s: a.otel + finished.json | t/a.otel"},
		{"climbing", "../r/started.json ../../b.otel", "../r:  + started.json | ../../b.otel"},
		{"as deep as is looked", deep + "started.json", strings.TrimSuffix(deep, "/") + ":  + started.json | "},
		{"too deep", deep + "d/started.json", " | " + deep + "d/started.json"},
	} {
		var files []trace.Source
		for name := range strings.FieldsSeq(tt.files) {
			files = append(files, trace.Source{Name: name})
		}
		copies, others := findCopies(files)
		names := func(files []trace.Source) string {
			var all []string
			for _, f := range files {
				all = append(all, f.Name)
			}
			return strings.Join(all, " ")
		}
		var found []string
		for _, c := range copies {
			found = append(found, c.dir+": "+names(c.traces)+" + "+names(c.metadata))
		}
		if got := strings.Join(found, ", ") + " | " + names(others); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// Of JUnit files no more are read than of a run in a bucket.
func TestCopiedMetadataIsBounded(t *testing.T) {
	report := []byte(`<testsuite name="s"><testcase name="c" time="1"><failure/></testcase></testsuite>`)
	c := &runCopy{}
	junit, _ := runfile.KindOf("artifacts/junit.xml")
	for i := range junit.Most + 5 {
		c.metadata = append(c.metadata, trace.Source{Name: fmt.Sprintf("artifacts/junit_%03d.xml", i), Data: report})
	}
	started, _ := runfile.KindOf("started.json")
	c.metadata = append(c.metadata, trace.Source{Name: "started.json", Data: append([]byte(`{"timestamp":1}`), make([]byte, started.Limit)...)})
	in, err := New(Options{}).copyInput(prow.Local("d"), c)
	if err != nil {
		t.Fatal(err)
	}
	m := in.Metadata()
	if len(m.Suites) != junit.Most || m.Started != nil {
		t.Errorf("%d suites, want %d; started.json %+v", len(m.Suites), junit.Most, m.Started)
	}
}
