package remote

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"prowtrace/joblog"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/prow/timeline"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// Real Jaegers show the errors of a run's log as logs of the spans that wrote them, and
// the name of a process that only the log tells.
func TestRealJaegerShowsErrorsOfTheLog(t *testing.T) {
	storage := listen(t, loggedJob(t))
	for _, name := range jaegers {
		t.Run(name, func(t *testing.T) {
			j := start(t, name, storage)
			var got []uiTrace
			j.ask(t, "/api/traces/5b1f6a523c0e4d8f9a710c6d2e8f4b10", nil, &got)
			if len(got) != 1 {
				t.Fatalf("%d traces", len(got))
			}
			said := map[string][]string{}
			for _, s := range got[0].Spans {
				for _, l := range s.Logs {
					fields := map[string]string{}
					for _, f := range l.Fields {
						fields[f.Key] = fmt.Sprint(f.Value)
					}
					if text := fields["log.record.original"]; text != "" {
						said[s.OperationName] = append(said[s.OperationName], fields["event"]+" "+fields["log.severity"]+" "+fields["log.file.path"]+":"+fields["log.file.line"]+" "+text)
					}
				}
				if s.OperationName == "kops toolbox dump" {
					said[s.OperationName] = append(said[s.OperationName], "named")
				}
			}
			if !slices.Contains(said["kops toolbox dump"], "named") {
				t.Error("no span is named kops toolbox dump")
			}
			if got := strings.Join(said["kops validate cluster"], "\n"); !strings.Contains(got, "log ERROR build-log.txt:") || !strings.Contains(got, "Error: validation failed: wait time exceeded") {
				t.Errorf("kops validate cluster says %q, of all %v", got, said)
			}
		})
	}
}

// loggedJob is the failing run of the sample bucket with its log.
func loggedJob(t *testing.T) *trace.View {
	t.Helper()
	const address = "gs://kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	dir := "../../testdata/bucket/" + strings.TrimPrefix(address, "gs://") + "/"
	ref, err := link.Parse(prow.Instances{}, address)
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(dir + name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	m := &runfile.Metadata{Run: ref.Run}
	for _, name := range []string{"prowjob.json", "podinfo.json", "finished.json", "artifacts/junit_runner.xml"} {
		if err := m.Add(name, read(name)); err != nil {
			t.Fatal(err)
		}
	}
	begin, end := m.Span()
	lines, err := joblog.Index(t.Context(), read("build-log.txt"), joblog.Options{Start: begin, End: end})
	if err != nil {
		t.Fatal(err)
	}
	log, err := timeline.ReadLog(t.Context(), "build-log.txt", lines, func(i int) int { return i + 1 })
	if err != nil {
		t.Fatal(err)
	}
	job := timeline.Job(m, timeline.Options{Logs: []*timeline.Log{log}})
	job.By = join.ByTime
	return loadJobs(t, runFiles(t, "pr-logs/pull/kops/18000", 1), job)
}
