package cli

import (
	"bytes"
	goflag "flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

var update = goflag.Bool("update", false, "write the expected trees and help texts")

const demoBucket = "gs://kubernetes-ci-logs/"

// The two runs of the sample bucket.
const (
	failingDemo = demoBucket + "pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	passingDemo = demoBucket + "logs/e2e-kops-aws-distro-deb13/1900000000000000002"
)

// The whole of both demo runs as one trace each: the job, its phases, suites and
// cases, the processes and their calls, and which of them are on the critical
// path.
func TestDemoTrees(t *testing.T) {
	for name, link := range map[string]string{"failing": failingDemo, "passing": passingDemo} {
		t.Run(name, func(t *testing.T) {
			golden := filepath.Join("testdata", "joined", name+".txt")
			got := drawTree(loadDemo(t, link))
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the tree is another than %s; -update writes it:\n%s", golden, got)
			}
		})
	}
}

// loadDemo fetches and loads a run of the sample bucket, and gives its trace.
func loadDemo(t *testing.T, link string) trace.Tree {
	t.Helper()
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", server.Host)
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	tree, _ := loadRun(t, link, func(*request) {})
	return tree
}

// loadRun fetches and loads a run from the server that is set up, and gives its
// trace and what was printed.
func loadRun(t *testing.T, address string, with func(*request)) (trace.Tree, string) {
	t.Helper()
	ref, err := link.Parse(prow.Instances{}, address)
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	r := testRequest(t, nil, &stderr)
	r.auth = "anonymous"
	with(r)
	openedRequest(t, r)
	loaded, err := r.load(t.Context(), []prow.Ref{ref})
	if err != nil {
		t.Fatal(err, stderr.String())
	}
	t.Cleanup(func() { loaded.Close() })
	view, release := loaded.Acquire()
	t.Cleanup(release)
	return view.Tree(view.Jobs()[0]), stderr.String()
}

// drawTree draws a tree by indentation: * what is on the critical path, ~ what
// was put below its parent by time, ! what failed, from when to when after the
// job's start. Leaves of one name that follow each other are one line.
func drawTree(tree trace.Tree) string {
	critical := map[int]bool{}
	for _, s := range analysis.CriticalPath(tree) {
		for i := s.Span; i >= 0; i = tree.Parent(i) {
			critical[i] = true
		}
	}
	children := make([][]int, tree.Len()+1)
	for i := range tree.Len() {
		p := tree.Parent(i) + 1
		children[p] = append(children[p], i)
	}
	mark := func(i int) string {
		marks := []byte("   ")
		for at, set := range []bool{critical[i], tree.Inferred(i), tree.Span(i).Status == trace.StatusError} {
			if set {
				marks[at] = "*~!"[at]
			}
		}
		return string(marks)
	}
	alike := func(a, b int) bool {
		return tree.Span(a).Name == tree.Span(b).Name && mark(a) == mark(b) && len(children[a+1])+len(children[b+1]) == 0
	}
	origin, _ := tree.Extent()
	at := func(ns int64) string {
		return time.Duration(ns - origin).Round(time.Millisecond).String()
	}
	var b strings.Builder
	var draw func(parent, depth int)
	draw = func(parent, depth int) {
		all := children[parent+1]
		for len(all) > 0 {
			first := all[0]
			n := slices.IndexFunc(all, func(i int) bool { return !alike(first, i) })
			if len(children[first+1]) > 0 {
				n = 1
			} else if n < 0 {
				n = len(all)
			}
			times, end := "", int64(0)
			if n > 1 {
				times = fmt.Sprintf(" ×%d", n)
			}
			for _, i := range all[:n] {
				end = max(end, tree.Span(i).End())
			}
			fmt.Fprintf(&b, "%s%s%s%s [%s %s]\n", mark(first), strings.Repeat("  ", depth), tree.Span(first).Name, times, at(tree.Span(first).Start), at(end))
			draw(first, depth+1)
			all = all[n:]
		}
	}
	draw(-1, 0)
	return b.String()
}

// The critical path of the failing run leads through the test container, its phase Up
// and the kops process in it to the calls that were refused, past the sidecar, which
// only waited.
func TestCriticalPathLeadsToTheFailure(t *testing.T) {
	tree := loadDemo(t, failingDemo)
	paths := map[string]int{}
	for _, s := range analysis.CriticalPath(tree) {
		var names []string
		for i := s.Span; i >= 0; i = tree.Parent(i) {
			names = append([]string{tree.Span(i).Name}, names...)
		}
		paths[strings.Join(names, " → ")]++
	}
	const refused = "pull-kops-e2e-k8s-gce-cilium → pod → test → junit_runner.xml → Up → kops update cluster → kops → " +
		"task-InstanceGroupManager/a-nodes-us-central1-a-e2e-pr18000-cilium-k8s-local → HTTP POST"
	if paths[refused] < 6 {
		t.Errorf("the six refused calls are not on the path: %v", paths)
	}
	if path := "pull-kops-e2e-k8s-gce-cilium → pod → sidecar → upload"; paths[path] != 1 {
		t.Errorf("the upload is not on the path: %v", paths)
	}
}

// A backend that holds many runs finds those of a job by the attributes of any
// span's resource.
func TestEveryResourceNamesItsRun(t *testing.T) {
	for _, link := range []string{failingDemo, passingDemo} {
		tree := loadDemo(t, link)
		services := map[string]int{}
		for i := range tree.Len() {
			d, err := tree.Detail(i)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, kv := range d.Resource.Attributes {
				got[kv.Key] = kv.Value.GetStringValue()
			}
			services[got["service.name"]]++
			root := strings.TrimPrefix(link, "gs://")
			segments := strings.Split(root, "/")
			if got["prow.job"] != segments[len(segments)-2] || got["prow.build_id"] != segments[len(segments)-1] || got["prow.url"] != "https://prow.k8s.io/view/gs/"+root {
				t.Fatalf("%s of %s: %v", tree.Span(i).Name, link, got)
			}
		}
		if services["prow"] == 0 || services["kops"] == 0 {
			t.Errorf("services %v", services)
		}
	}
}
