package triage

import (
	"reflect"
	"strings"
	"testing"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// The pass that finds facts also finds the lines with versions: in commands, in debug
// messages, and within colours. A line with an error level never counts.
func TestVersionsOfOnePass(t *testing.T) {
	lines := []string{
		"I0313 01:45:46.000000      38 up.go:42] kops version: 1.31.0",
		"time=\"2025-03-13T01:45:46Z\" level=debug msg=\"containerd/v1.7.20 answers\"",
		"+ docker-pull kind:v0.24.0",
		"\x1b[32mkubeadm v1.31.2\x1b[0m is there",
		"E0313 01:45:46.000000      38 up.go:42] helm/v3.16.0 failed",
		"terraform 1.9.5 " + strings.Repeat("x", factBytes),
		"a line of a log",
	}
	log, err := joblog.Index(t.Context(), []byte(strings.Join(lines, "\n")+"\n"), joblog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := NewMatcher(signatures)
	e := &Evidence{Metadata: &runfile.Metadata{}, Logs: []Log{{Name: "build-log.txt", Log: log}}}
	_, named, err := gather(t.Context(), e, known)
	if err != nil {
		t.Fatal(err)
	}
	got, want := versionsIn(e, named), Versions(e, known)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("one pass finds %v, a search of all lines %v", got, want)
	}
	values := map[string]bool{}
	for _, v := range got {
		values[strings.Join(v.Values, " ")] = true
	}
	if want := map[string]bool{"1.31.0": true, "1.7.20": true, "0.24.0": true, "1.31.2": true}; !reflect.DeepEqual(values, want) {
		t.Errorf("versions %v, want %v", values, want)
	}
}
