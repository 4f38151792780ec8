package runfile

import (
	"encoding/json"
	"strings"
	"testing"
)

// What a job is configured to run is kept, and nobody's name.
func TestDefinition(t *testing.T) {
	m := &Metadata{}
	err := m.Add("prowjob.json", []byte(`{"spec":{"decoration_config":{"utility_images":{"sidecar":"prow/sidecar:v1","odd":{}}},"pod_spec":{"containers":[
		{"name":"","image":"kubekins:v1","command":["runner.sh"],"args":["bash","-c","git config user.name Some One\nmake test"],
		 "env":[{"name":"ZONES","value":"a,b"},{"name":"GIT_AUTHOR_NAME","value":"Some One"},{"name":"KEY","valueFrom":{"secretKeyRef":{"name":"cloud","key":"json"}}},
		        {"name":"HOST","valueFrom":{"fieldRef":{"fieldPath":"status.hostIP"}}},{"name":"ODD","value":{}}],
		 "resources":{"requests":{"cpu":4,"memory":"6Gi"},"limits":{"memory":"8Gi"}}}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(m.ProwJob.Definition)
	const want = `{"Containers":[{"Name":"","Image":"kubekins:v1","Command":["runner.sh"],"Args":["bash","-c","git config user.name …\nmake test"],` +
		`"Env":[{"Name":"GIT_AUTHOR_NAME","Value":""},{"Name":"HOST","Value":"field status.hostIP"},{"Name":"KEY","Value":"secret cloud/json"},{"Name":"ODD","Value":""},{"Name":"ZONES","Value":"a,b"}],` +
		`"Requests":{"cpu":"4","memory":"6Gi"},"Limits":{"memory":"8Gi"}}],"Utilities":{"sidecar":"prow/sidecar:v1"}}`
	if err != nil || string(got) != want {
		t.Errorf("got %s\nwant %s\n%v", got, want, err)
	}
}

// However much is configured, what is kept is bounded.
func TestDefinitionIsBounded(t *testing.T) {
	m := &Metadata{}
	long := `"` + strings.Repeat("x", 100_000) + `"`
	if err := m.Add("prowjob.json", []byte(`{"spec":{"pod_spec":{"containers":[{"args":[`+long+strings.Repeat(`,"a"`, 1000)+`],"env":[{"name":"A"}`+strings.Repeat(`,{"name":"B"}`, 1000)+`]}`+
		strings.Repeat(`,{}`, 1000)+`]}}}`)); err != nil {
		t.Fatal(err)
	}
	d := m.ProwJob.Definition
	if c := d.Containers[0]; len(d.Containers) != maxContainers || len(c.Args) != maxArguments || len(c.Args[0]) > maxMessage || len(c.Env) != maxVariables {
		t.Errorf("%d containers, %d arguments, the first of %d bytes, %d variables", len(d.Containers), len(c.Args), len(c.Args[0]), len(c.Env))
	}
}

// configured is a job's definition with containers of some names.
func configured(names ...string) (d Definition) {
	for _, name := range names {
		d.Containers = append(d.Containers, Configured{Name: name})
	}
	return d
}
