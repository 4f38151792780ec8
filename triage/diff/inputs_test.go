package diff_test

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/prow/runfile"
	"prowtrace/triage"
	"prowtrace/triage/diff"
)

// subject is a run with only the given files, named below its root.
func subject(t testing.TB, files map[string]string) diff.Subject {
	t.Helper()
	m := &runfile.Metadata{}
	for name, data := range files {
		if err := m.Add(name, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	return diff.Subject{Evidence: &triage.Evidence{Metadata: m}}
}

const job = `{"spec":{"job":"ci","cluster":%q,"decoration_config":{"timeout":%q},"extra_refs":[{"org":"kubernetes","repo":"kops","base_sha":%q}],"pod_spec":{"containers":[
	{"image":"kubekins:%s","command":["runner.sh"],"args":["make","test",%q],"env":[{"name":"ZONE","value":"a"},{"name":"DB_PASSWORD","value":%q}],"resources":{"requests":{"cpu":%q}}}]}}}`

const oldSHA, newSHA = "2f6d1c9b7a50e4d38c1f0b9e6a7d5c4b3a291807", "9c3e5b1a0d7f42688e94b6a1c5d2f7e3b8a06914"

// The inputs that changed, each with its old and new value, with secrets masked.
func TestInputs(t *testing.T) {
	run := func(node, version string, of ...any) diff.Subject {
		return subject(t, map[string]string{
			"prowjob.json": fmt.Sprintf(job, of...), "podinfo.json": `{"pod":{"spec":{"nodeName":"` + node + `"}}}`, "artifacts/metadata.json": `{"kubetest-version":"` + version + `"}`,
		})
	}
	good := run("n1", "v1", "build", "1h0m0s", oldSHA, "v1", "--fast", "hunter2hunter2", "4")
	other := run("n2", "v1", "build", "1h0m0s", oldSHA, "v1", "--fast", "hunter2hunter2", "4")
	bad := run("n3", "v2", "other", "2h0m0s", newSHA, "v2", "--slow", "swordfish99", "8")
	var got []string
	for _, in := range compare(t, bad, good, other).Inputs {
		got = append(got, fmt.Sprintf("%s | %s | %s → %s | -%s +%s | %v %s", in.Kind, in.Name, strings.Join(in.Good, " or "), in.Bad, strings.Join(in.Removed, " "), strings.Join(in.Added, " "), in.Steady, in.URL))
	}
	want := `commit | kubernetes/kops | ` + oldSHA + ` → ` + newSHA + ` | - + | true https://github.com/kubernetes/kops/compare/` + oldSHA + `...` + newSHA + `
image | test | kubekins:v1 → kubekins:v2 | - + | true 
version | kubetest-version | v1 → v2 | - + | true 
job | job timeout | 1h0m0s → 2h0m0s | - + | true 
job | test command line | runner.sh make test --fast → runner.sh make test --slow | ---fast +--slow | true 
job | test env DB_PASSWORD | [masked] → [masked] | - + | true 
job | test request of cpu | 4 → 8 | - + | true 
cluster | cluster | build → other | - + | true 
node | node | n1 or n2 → n3 | - + | false `
	if got := strings.Join(got, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A run without a file says nothing about the inputs in that file.
func TestInputsOfMissingFiles(t *testing.T) {
	all := subject(t, map[string]string{"prowjob.json": fmt.Sprintf(job, "build", "1h0m0s", oldSHA, "v1", "--fast", "x", "4"), "podinfo.json": `{"pod":{"spec":{"nodeName":"n1"}}}`})
	none := subject(t, nil)
	if d := compare(t, all, none); len(d.Inputs) != 0 {
		t.Errorf("%+v", d.Inputs)
	}
	if d := compare(t, none, all); len(d.Inputs) != 0 {
		t.Errorf("%+v", d.Inputs)
	}
}
