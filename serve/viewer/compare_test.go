package viewer

import (
	"fmt"
	"testing"

	"prowtrace/trace"
	"prowtrace/trace/join"
)

// Calls are matched by their path, the roots in any case; what only one trace
// has is nothing in the other, whichever way they are compared.
func TestCompare(t *testing.T) {
	h := newViewer(load(t,
		file(t, 1, span{id: 1, name: "good", end: 1000}, span{id: 2, parent: 1, name: "apply", end: 600}, span{id: 3, parent: 2, name: "poll", start: 100, end: 200}),
		file(t, 2, span{id: 1, name: "bad", end: 9000}, span{id: 2, parent: 1, name: "apply", end: 8000}, span{id: 3, parent: 2, name: "poll", start: 100, end: 200, change: failed("no")},
			span{id: 4, parent: 1, name: "poll", start: 8100, end: 8200}),
	), Info{})
	good, bad := traceID(1).String(), traceID(2).String()
	words := func(c comparison) (out []string) {
		for _, p := range c.Paths {
			out = append(out, fmt.Sprintf("%d %s %+v %+v", p.Parent, p.Name, p.Here, p.There))
		}
		return out
	}
	there := words(answer[comparison](t, h, "traces/"+bad+"/compare?with="+good))
	want := []string{
		"-1 bad {Count:1 Errors:0 Total:9000000000 Self:900000000} {Count:1 Errors:0 Total:1000000000 Self:400000000}",
		"0 apply {Count:1 Errors:0 Total:8000000000 Self:7900000000} {Count:1 Errors:0 Total:600000000 Self:500000000}",
		"1 poll {Count:1 Errors:1 Total:100000000 Self:100000000} {Count:1 Errors:0 Total:100000000 Self:100000000}",
		"0 poll {Count:1 Errors:0 Total:100000000 Self:100000000} {Count:0 Errors:0 Total:0 Self:0}",
	}
	if fmt.Sprint(there) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", there, want)
	}
	back := answer[comparison](t, h, "traces/"+good+"/compare?with="+bad)
	for _, o := range back.Operations {
		if o.Name == "poll" && (o.Here.Count != 1 || o.There.Count != 2 || o.There.Errors != 1) {
			t.Errorf("the other way round: %+v", o)
		}
	}
	for _, p := range answer[comparison](t, h, "traces/"+bad+"/compare?with="+bad).Paths {
		if p.Here != p.There {
			t.Errorf("compared with itself, %s differs: %+v, %+v", p.Name, p.Here, p.There)
		}
	}
}

// With several runs the services have their run behind their names; they are
// compared without it.
func TestCompareLabelled(t *testing.T) {
	one := file(t, 1, span{id: 1, name: "kops", end: 1000}, span{id: 2, parent: 1, name: "apply", end: 600})
	two := file(t, 2, span{id: 1, name: "kops", end: 9000}, span{id: 2, parent: 1, name: "apply", end: 8000})
	one.Group, two.Group = 1, 2
	set, err := join.Load(t.Context(), []trace.Source{one, two}, join.Job{Name: "good", ID: trace.TraceID{1}, Description: trace.Description{Label: "good"}}, join.Job{Name: "bad", ID: trace.TraceID{2}, Description: trace.Description{Label: "bad"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	h := newViewer(set, Info{})
	c := answer[comparison](t, h, "traces/"+traceID(2).String()+"/compare?with="+traceID(1).String())
	if len(c.Operations) != 2 || len(c.Paths) != 2 {
		t.Fatalf("%d operations, %d paths: %+v", len(c.Operations), len(c.Paths), c)
	}
	if o := c.Operations[0]; o.Service != "kops" || o.HereService != "kops@bad" || o.ThereService != "kops@good" || o.Here.Count != 1 || o.There.Count != 1 {
		t.Errorf("got %+v", o)
	}
	if o := answer[comparison](t, h, "traces/"+set.Jobs()[1].ID.String()+"/compare?with="+set.Jobs()[0].ID.String()).Operations[0]; o.Name != "apply" || o.HereService != "" || o.There.Count != 1 {
		t.Errorf("of the jobs: %+v", o)
	}
}

// A file's name can be in several runs: only the joined trace says which.
func TestFilesOfSeveralRuns(t *testing.T) {
	one, two := file(t, 1, span{id: 1, name: "kops", end: 1000}), file(t, 2, span{id: 1, name: "kops", end: 9000})
	one.Group, two.Group, two.Name = 1, 2, one.Name
	set, err := join.Load(t.Context(), []trace.Source{one, two}, join.Job{Name: "good", ID: trace.TraceID{1}}, join.Job{Name: "bad", ID: trace.TraceID{2}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	info := Info{}
	for i, id := range []string{"1", "2"} {
		info.Jobs = append(info.Jobs, Job{Trace: set.Jobs()[i].ID, Title: id, Links: []Link{{"artifacts", "https://x.example/" + id + "/artifacts/"}}})
	}
	h := newViewer(set, info)
	files := answer[struct{ Files []runFile }](t, h, "files").Files
	for i, f := range files {
		if want := fmt.Sprintf("https://x.example/%d/artifacts/otlp/kops-1.otel", i+1); len(files) != 2 || f.URL != want || f.Trace != set.Jobs()[i].ID.String() || f.Spans != 1 {
			t.Errorf("file %d of %d: %+v, want %s", i, len(files), f, want)
		}
	}
	for _, tt := range []struct{ trace, want string }{
		{set.Jobs()[0].ID.String(), "https://x.example/1/artifacts/otlp/kops-1.otel"},
		{set.Jobs()[1].ID.String(), "https://x.example/2/artifacts/otlp/kops-1.otel"},
		{traceID(1).String(), ""},
	} {
		last := answer[struct{ Lines int }](t, h, "traces/"+tt.trace).Lines - 1
		if got := answer[detail](t, h, fmt.Sprintf("traces/%s/spans/%d", tt.trace, last)).Sources[0].URL; got != tt.want {
			t.Errorf("trace %s: %q, want %q", tt.trace, got, tt.want)
		}
	}
}

// A file of an archive is found where the archive lies.
func TestArtifactOfAnArchive(t *testing.T) {
	info := Info{Links: []Link{{"artifacts", "https://x.example/1/artifacts/"}}}
	for name, want := range map[string]string{
		"artifacts/otlp/kops-1.otel":               "https://x.example/1/artifacts/otlp/kops-1.otel",
		"artifacts/otlp/traces.tar.gz/kops-1.otel": "https://x.example/1/artifacts/otlp/traces.tar.gz",
		"artifacts/otlp/traces.tar/../a/b.otel":    "https://x.example/1/artifacts/otlp/traces.tar",
		"artifacts/otlp/traces.tar.gz":             "https://x.example/1/artifacts/otlp/traces.tar.gz",
	} {
		if got := info.artifact(name, trace.TraceID{}); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
