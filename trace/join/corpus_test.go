package join

import (
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/trace"
)

// checkApart checks that every span of a file is below the span of the process that wrote it
// and in its time. It also checks that the commands of a process follow each other in the
// order in which they ran.
func checkApart(t *testing.T, tree trace.Tree) {
	t.Helper()
	processes := map[string]int{} // by file
	for i := range tree.Len() {
		if tree.Own(i) {
			if d, err := tree.Detail(i); err == nil {
				if file := textOf(d.Span.Attributes, attrFile); file != "" {
					processes[file] = i
				}
			}
		}
	}
	commandEnd := map[int]int64{}
	for i := range tree.Len() {
		if tree.Own(i) {
			continue
		}
		at := i
		for !tree.Own(at) {
			at = tree.Parent(at)
		}
		file := tree.View().Locations(tree.Row(i))[0].Source
		if want, ok := processes[file]; !ok || at != want {
			t.Errorf("%s of %s is below %s", tree.Span(i).Name, file, tree.Span(at).Name)
		}
		if s, p := tree.Span(i), tree.Span(at); s.Start < p.Start || s.End() > p.End() {
			t.Errorf("%s of %s lies outside its process", s.Name, file)
		}
		if p := tree.Parent(i); tree.Inferred(i) && p != at {
			if s, above := tree.Span(i), tree.Span(p); s.Start < above.Start || s.End() > above.End() {
				t.Errorf("%s was put below %s, which does not contain it", s.Name, above.Name)
			}
		}
		if CommandLine(tree.Encoded(i)) != nil {
			if tree.Span(i).Start < commandEnd[at] {
				t.Errorf("two commands of %s at the same time", file)
			}
			commandEnd[at] = tree.Span(i).End()
		}
	}
}

// TestJoinCorpus joins files of real kOps processes: every span is in the joined
// trace once, below the process that wrote it, and the 84 traces of the process
// that ran eight commands are below them, in order.
func TestJoinCorpus(t *testing.T) {
	paths, _ := filepath.Glob("../../shared/corpus/*.otel")
	if len(paths) == 0 {
		t.Skip("no corpus beside the repository")
	}
	var sources []trace.Source
	for _, p := range paths {
		sources = append(sources, trace.Source{Name: "artifacts/otlp/" + filepath.Base(p), Path: p, Group: 1})
	}
	s := loadJobs(t, sources, Job{Name: "corpus", ID: jobID, By: ByTime})
	tree := s.Tree(s.Jobs()[0])
	if tree.Len() != s.Len() {
		t.Errorf("%d of %d spans are in the joined trace", tree.Len(), s.Len())
	}
	checkServed(t, tree)
	checkApart(t, tree)
	drawn := outline(tree)
	_, eight, _ := strings.Cut(drawn, "\n  kops-6178-2026-11-25T06:03:12Z.otel (8 commands)")
	eight, _, _ = strings.Cut(eight, "\n  kops")
	if got := strings.Count(eight, "\n    ~kops"); got != 8 {
		t.Errorf("%d commands, want 8:\n%s", got, eight)
	}
	if got := strings.Count(eight, "HTTP"); got < 60 {
		t.Errorf("%d HTTP calls below the eight commands", got)
	}
	if got := strings.Count(eight, "\n    ~HTTP"); got != 0 {
		t.Errorf("%d HTTP calls are below no command:\n%s", got, eight)
	}
}
