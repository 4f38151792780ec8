package cli

import (
	"strings"
	"testing"

	"prowtrace/fetch"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// Jaeger opens on the comparison of two runs of one job, else on their list; the
// built-in pages on that of any two.
func TestJaegerPageOfSeveralRuns(t *testing.T) {
	a, b, c := trace.TraceID{1}, trace.TraceID{2}, trace.TraceID{3}
	job := func(name string, id trace.TraceID) join.Job { return join.Job{Name: name, ID: id} }
	const base = "http://127.0.0.1:1"
	for _, tt := range []struct {
		name string
		jobs []join.Job
		want string
	}{
		{"one run", []join.Job{job("e2e", a)}, base + "/trace/" + a.String()},
		{"two of one job", []join.Job{job("e2e", b), job("e2e", a)}, base + "/trace/" + b.String() + "..." + a.String()},
		{"two of different jobs", []join.Job{job("e2e", a), job("pull", b)}, base + "/search?"},
		{"three of one job", []join.Job{job("e2e", a), job("e2e", b), job("e2e", c)}, base + "/search?"},
	} {
		set, err := join.Load(t.Context(), nil, tt.jobs...)
		if err != nil {
			t.Fatal(err)
		}
		if got := jaegerPage(set, base); !strings.HasPrefix(got, tt.want) || strings.Contains(got, "search") && !strings.Contains(got, "service=prow") {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		builtin := builtinPage(set, base+"/")
		want := base + "/"
		switch len(tt.jobs) {
		case 1:
			want += "trace/" + a.String()
		case 2:
			want += "trace/" + tt.jobs[1].ID.String() + "?view=compare&compare=" + tt.jobs[0].ID.String() + "&order=calls"
		}
		if builtin != want {
			t.Errorf("%s: the built-in page is %s, want %s", tt.name, builtin, want)
		}
		set.Set().Close()
	}
}

// The built-in pages lead to each of several runs.
func TestPagesOfSeveralRuns(t *testing.T) {
	of := func(build string) *session.Input {
		return &session.Input{Ref: prow.Ref{Run: prow.Run{Bucket: "b", Root: "logs/e2e/" + build, Job: "e2e", Build: build}}, Fetched: &fetch.Result{Ended: true}}
	}
	info := openedRequest(t, testRequest(t, nil, nil)).pageInfo([]*session.Input{of("1"), of("2"), {Ref: prow.Ref{Path: "dir"}}})
	if info.Title != "3 jobs" || len(info.Jobs) != 3 || info.Note != "" {
		t.Fatalf("%+v", info)
	}
	for i, build := range []string{"1", "2"} {
		j := info.Jobs[i]
		if j.Title != "e2e "+build || !strings.HasSuffix(j.Run, "logs/e2e/"+build) || len(j.Links) != 2 || !strings.Contains(j.Links[1].URL, "logs/e2e/"+build+"/build-log.txt") {
			t.Errorf("run %s: %+v", build, j)
		}
	}
	if j := info.Jobs[2]; j.Title != "dir" || j.Run != "" || len(j.Links) > 0 {
		t.Errorf("local files: %+v", j)
	}
}
