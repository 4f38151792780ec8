package mcp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/serve/mcp"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

var update = flag.Bool("update", false, "write the golden answers")

const (
	failing = "gs://kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	passing = "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
	tests   = "gs://kubernetes-ci-logs/pr-logs/pull/kops/18011/pull-kops-unit-go-canary/1900100000000000004"
)

// clock is when the tests run.
var clock = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// bench is a server of tools over the sample bucket, and a client of it.
type bench struct {
	t       *testing.T
	bucket  *gcstest.Server
	options mcp.Options
	client  *sdk.ClientSession
	tools   map[string]*jsonschema.Resolved // the schemas of their answers
	most    int                             // bytes of an answer
}

// newBench serves the sample bucket, and connects over HTTP. change may change the options.
func newBench(t *testing.T, change func(*mcp.Options)) *bench {
	t.Helper()
	bucket := gcstest.New(t)
	if err := bucket.LoadDir("../../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	pastruns.Put(func(name, object string, data []byte) { bucket.PutBytes(name, object, data) })
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	store, err := gcs.New(t.Context(), gcs.Options{Auth: gcs.AuthAnonymous, Endpoint: bucket.Host, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	options := session.Options{Stores: map[string]objstore.Store{"gs": store}, Join: join.ByTime, Untraced: true, Logs: true, Now: func() time.Time { return clock }}
	known, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	how := session.Judging{Known: triage.NewMatcher(known), Baseline: session.BaselineAuto, Number: 3, Page: func(r prow.Run) string { return "https://prow.example/view/" + strings.Replace(r.URL(), "://", "/", 1) }}
	runs := session.NewOpenRuns(session.New(options), session.OpenRunsOptions{Judging: how})
	t.Cleanup(func() { runs.Close() })
	b := &bench{t: t, bucket: bucket, most: mcp.DefaultAnswer, tools: map[string]*jsonschema.Resolved{}}
	b.options = mcp.Options{
		Version: "test", Judging: how, Now: func() time.Time { return clock },
		Session: func(_ context.Context, c session.Choice) *session.Session {
			o := options
			o.Choice = c
			return session.New(o)
		},
		Open: func(ctx context.Context, ref prow.Ref) (mcp.Run, error) { return runs.Open(ctx, ref) },
	}
	if change != nil {
		change(&b.options)
	}
	web := httptest.NewServer(mcp.New(b.options).Handler())
	t.Cleanup(web.Close)
	b.connect(&sdk.StreamableClientTransport{Endpoint: web.URL, DisableStandaloneSSE: true}, nil)
	return b
}

// connect connects a client, and reads the schemas of the tools.
func (b *bench) connect(transport sdk.Transport, o *sdk.ClientOptions) {
	b.t.Helper()
	client := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, o)
	connected, err := client.Connect(b.t.Context(), transport, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.client = connected
	b.t.Cleanup(func() { connected.Close() })
	for tool, err := range connected.Tools(b.t.Context(), nil) {
		if err != nil {
			b.t.Fatal(err)
		}
		encoded, err := json.Marshal(tool.OutputSchema)
		if err != nil {
			b.t.Fatal(err)
		}
		var schema jsonschema.Schema
		if err := json.Unmarshal(encoded, &schema); err != nil {
			b.t.Fatal(err)
		}
		if b.tools[tool.Name], err = schema.Resolve(nil); err != nil {
			b.t.Fatal(err)
		}
	}
}

// args are arguments of a tool.
type args = map[string]any

// call uses a tool.
func (b *bench) call(tool string, a args) *sdk.CallToolResult {
	b.t.Helper()
	r, err := b.client.CallTool(b.t.Context(), &sdk.CallToolParams{Name: tool, Arguments: a})
	if err != nil {
		b.t.Fatalf("%s: %v", tool, err)
	}
	return r
}

// refused gives the error of a tool.
func (b *bench) refused(tool string, a args) string {
	b.t.Helper()
	r := b.call(tool, a)
	if !r.IsError || len(r.Content) != 1 {
		b.t.Fatalf("%s %v: no error: %s", tool, a, encode(b.t, r.StructuredContent))
	}
	return r.Content[0].(*sdk.TextContent).Text
}

// answer gives what a tool answers: it fits its schema and its bound, says the same as text,
// and has no text that could do harm.
func (b *bench) answer(tool string, a args) args {
	b.t.Helper()
	r := b.call(tool, a)
	if r.IsError {
		b.t.Fatalf("%s %v: %s", tool, a, r.Content[0].(*sdk.TextContent).Text)
	}
	if err := b.tools[tool].Validate(r.StructuredContent); err != nil {
		b.t.Errorf("%s %v: the answer does not fit its schema: %v", tool, a, err)
	}
	if n := len(encode(b.t, r)); n > b.most {
		b.t.Errorf("%s %v: the answer has %d bytes, more than %d", tool, a, n, b.most)
	}
	var said any
	if err := json.Unmarshal([]byte(r.Content[0].(*sdk.TextContent).Text), &said); err != nil || !reflect.DeepEqual(said, r.StructuredContent) {
		b.t.Errorf("%s %v: the text is another answer (%v)", tool, a, err)
	}
	return r.StructuredContent.(args)
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// golden compares an answer with a file.
func golden(t *testing.T, name string, answer any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(answer); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s: go test ./serve/mcp -update writes what differs:\n%s", file, b.Bytes())
	}
}

// Each tool answers of the sample runs what its golden file says.
func TestAnswers(t *testing.T) {
	b := newBench(t, nil)
	// What tells of the first call to a run would tell of the order of calls.
	for _, c := range []struct {
		name, tool string
		args       args
	}{
		{"resolve_run", "resolve_link", args{"link": "https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001/artifacts/otlp/"}},
		{"resolve_job", "resolve_link", args{"link": "e2e-kops-gce-cni-cilium"}},
		{"runs", "list_runs", args{"job": "e2e-kops-gce-cni-cilium", "result": "failed", "limit": 3}},
		{"summary", "get_run_summary", args{"run": failing}},
		{"failures", "get_test_failures", args{"run": tests, "include_flaky": true}},
		{"timeline", "get_run_timeline", args{"run": failing, "limit": 12}},
		{"timeline_phase", "get_run_timeline", args{"run": failing, "phase": "Up", "depth": 1}},
		{"critical_path", "get_critical_path", args{"run": failing, "limit": 4}},
		{"spans", "search_spans", args{"run": failing, "query": "error name:POST", "limit": 3}},
		{"details", "get_span_details", args{"run": failing, "span_ids": []string{"779f76273d335d88", "0000000000000001"}}},
		{"evidence", "search_evidence", args{"run": failing, "text_regex": "^Error: "}},
		{"files", "search_evidence", args{"run": failing, "path_glob": "*.json"}},
		{"log", "get_log", args{"run": failing, "from": 23, "to": 29}},
		{"compare", "compare_runs", args{"run": failing, "baseline": passing, "limit": 6}},
		{"history", "get_job_history", args{"job": "e2e-kops-gce-cni-cilium", "runs": 8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b.t = t
			golden(t, c.name, b.answer(c.tool, c.args))
		})
	}
	b.t = t
}
