package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"prowtrace/internal/gcstest"
	"prowtrace/trace"
)

// A run of ci-operator, with its step graph and JUnit files where the steps keep
// them, comes from a bucket into one trace: first from the server, then from the
// cache.
func TestStepsAndSuitesOfARun(t *testing.T) {
	const bucket, root = "test-platform-results", "logs/periodic-ci-demo-e2e/1900000000000000003/"
	archive, err := txtar.ParseFile("../prow/timeline/testdata/openshift.txtar")
	if err != nil {
		t.Fatal(err)
	}
	server := gcstest.New(t)
	for _, f := range archive.Files {
		if f.Name != "want" {
			server.PutBytes(bucket, root+f.Name, f.Data)
		}
	}
	files, err := filepath.Glob("../testdata/bucket/kubernetes-ci-logs/logs/*/*/artifacts/otlp/kops-1020-*.otel")
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	server.PutBytes(bucket, root+"artifacts/e2e-aws/install/artifacts/otlp/kops-1020.otel", data)
	server.PutBytes(bucket, root+"artifacts/junit_torn.xml", []byte(`<testsuite name="torn"><testcase name="one`))
	t.Setenv("STORAGE_EMULATOR_HOST", server.Host)
	t.Setenv("PROWTRACE_CACHE", t.TempDir())

	for _, offline := range []bool{false, true} {
		tree, stderr := loadRun(t, "gs://"+bucket+"/"+root, func(r *request) { r.offline, r.verbose = offline, true })
		if !strings.Contains(stderr, "artifacts/junit_torn.xml") {
			t.Errorf("stderr does not tell of the torn file:\n%s", stderr)
		}
		var paths []string
		waited := map[string][]string{}
		for i := range tree.Len() {
			var names []string
			for at := i; at >= 0; at = tree.Parent(at) {
				names = append([]string{tree.Span(at).Name}, names...)
			}
			paths = append(paths, strings.Join(names, "/"))
			d, err := tree.Detail(i)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range d.Span.Links {
				if to, ok := spanOf(tree, [8]byte(l.SpanId)); ok && [16]byte(l.TraceId) == tree.Trace.ID {
					waited[names[len(names)-1]] = append(waited[names[len(names)-1]], tree.Span(to).Name)
				}
			}
		}
		const steps = "periodic-ci-demo-e2e/test/e2e-aws/"
		for _, want := range []string{steps + "e2e-aws-install/kops export kubecfg/kops", steps + "e2e-aws-test/openshift-tests/c", "periodic-ci-demo-e2e/test/operator/a", "periodic-ci-demo-e2e/test/torn"} {
			if !slices.Contains(paths, want) {
				t.Errorf("there is no %s in\n%s", want, strings.Join(paths, "\n"))
			}
		}
		if got := waited["e2e-aws"]; !slices.Equal(got, []string{"bin", "src"}) {
			t.Errorf("e2e-aws waited for %v", got)
		}
	}
}

func spanOf(tree trace.Tree, id trace.SpanID) (int, bool) {
	for i := range tree.Len() {
		if tree.ID(i) == id {
			return i, true
		}
	}
	return 0, false
}
