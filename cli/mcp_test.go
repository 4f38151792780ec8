package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"prowtrace/internal/gcstest"
)

// saidText is what a running program has printed so far.
type saidText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *saidText) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *saidText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// agent starts prowtrace mcp as a child on the sample bucket, and connects a client to it.
func agent(t *testing.T, args ...string) (client *sdk.ClientSession, stderr *saidText) {
	t.Helper()
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	stderr = &saidText{}
	c := exec.Command("prowtrace", append([]string{"mcp"}, args...)...)
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST="+server.Host, "PROWTRACE_CACHE="+t.TempDir(), "HOME="+t.TempDir())
	c.Stderr = stderr
	client, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(context.WithoutCancel(t.Context()), &sdk.CommandTransport{Command: c}, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Errorf("the program ended so: %v\n%s", err, stderr)
		}
	})
	return client, stderr
}

func askAgent(t *testing.T, client *sdk.ClientSession, tool string, args map[string]any) (answer map[string]any, failed string) {
	t.Helper()
	r, err := client.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: args})
	if err != nil {
		t.Fatal(err)
	}
	if r.IsError {
		return nil, r.Content[0].(*sdk.TextContent).Text
	}
	return r.StructuredContent.(map[string]any), ""
}

// The real program answers on standard input and output, as over HTTP, and prints nothing else.
func TestAgentOnStandardStreams(t *testing.T) {
	client, stderr := agent(t)
	if said := client.InitializeResult(); !strings.Contains(said.Instructions, "untrusted_") || said.ServerInfo.Name != "prowtrace" {
		t.Errorf("instructions %q of %+v", said.Instructions, said.ServerInfo)
	}
	answer, failed := askAgent(t, client, "get_run_summary", map[string]any{"run": failingRun})
	if failed != "" {
		t.Fatal(failed)
	}
	verdict := answer["verdict"].(map[string]any)
	if verdict["category"] != "quota" || verdict["untrusted_text"] != "Quota 'CPUS' exceeded in region us-central1" {
		t.Errorf("verdict %v", verdict)
	}
	if answer, _ := askAgent(t, client, "get_log", map[string]any{"run": failingRun, "from": -2}); answer["total_count"] != 2.0 {
		t.Errorf("log %v", answer)
	}
	if said := stderr.String(); said != "" {
		t.Errorf("printed:\n%s", said)
	}
}

// Paths on this machine are read only where a flag allows it, and whether there is such a
// file is not told.
func TestAgentAndLocalFiles(t *testing.T) {
	dir, err := filepath.Abs("../testdata/bucket/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002")
	if err != nil {
		t.Fatal(err)
	}
	client, _ := agent(t)
	_, here := askAgent(t, client, "get_run_summary", map[string]any{"run": dir})
	_, nowhere := askAgent(t, client, "get_run_summary", map[string]any{"run": dir + "x"})
	if !strings.Contains(here, "not allowed") || here != strings.ReplaceAll(nowhere, dir+"x", dir) {
		t.Errorf("refused with %q and %q", here, nowhere)
	}
	for _, tool := range []string{"resolve_link", "list_runs", "get_job_history"} {
		arg := "job"
		if tool == "resolve_link" {
			arg = "link"
		}
		if _, failed := askAgent(t, client, tool, map[string]any{arg: dir}); failed == "" {
			t.Errorf("%s takes a path", tool)
		}
	}
	if _, failed := askAgent(t, client, "get_log", map[string]any{"run": "-"}); failed == "" {
		t.Error("standard input is read")
	}

	client, _ = agent(t, "--local")
	answer, failed := askAgent(t, client, "get_run_summary", map[string]any{"run": dir})
	if failed != "" || answer["result"] != "passed" {
		t.Errorf("--local: %v %s", answer, failed)
	}
}

// Whatever a client sends, only lines of the protocol come back.
func TestAgentPrintsOnlyItsProtocol(t *testing.T) {
	c := exec.CommandContext(t.Context(), "prowtrace", "mcp", "-v")
	c.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST=127.0.0.1:1", "PROWTRACE_CACHE="+t.TempDir(), "HOME="+t.TempDir())
	c.Stdin = strings.NewReader(strings.Join([]string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"get_log","arguments":{"run":"gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"}}}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"get_log","arguments":{"run":7,"from":[]}}}`,
		`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"rm"}}`,
	}, "\n") + "\n")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Errorf("it ended so: %v\n%s", err, &stderr)
	}
	var ids []float64
	for line := range bytes.Lines(out) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil || m["jsonrpc"] != "2.0" {
			t.Errorf("no message of the protocol: %q", line)
		}
		if id, ok := m["id"].(float64); ok {
			ids = append(ids, id)
		}
	}
	if slices.Sort(ids); !slices.Equal(ids, []float64{1, 2, 3, 4}) {
		t.Errorf("answered are %v: %s", ids, out)
	}
}

// A team's server answers agents at /mcp: of its own buckets only, and no file of its machine.
func TestAgentOverHTTP(t *testing.T) {
	r := start(t, nil, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "127.0.0.1:0", "--base-path", "/pt", "--allow-bucket", "kubernetes-ci-logs", "--max-answer", "9000")
	pagesOfTeam(t, r)
	base := r.address
	client, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: base + "mcp"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	answer, failed := askAgent(t, client, "get_run_summary", map[string]any{"run": failingRun})
	if failed != "" || answer["verdict"].(map[string]any)["category"] != "quota" {
		t.Errorf("%v %s", answer, failed)
	}
	if encoded, err := json.Marshal(answer); err != nil || len(encoded) > 9000/2 {
		t.Errorf("%d bytes, twice (%v)", len(encoded), err)
	}
	if answer, failed := askAgent(t, client, "get_run_timeline", map[string]any{"run": failingRun, "depth": 10}); failed != "" || answer["truncated"] != true {
		t.Errorf("timeline: %v %s", answer["truncated"], failed)
	}
	for _, c := range []struct{ run, want string }{
		{"gs://test-platform-results-public/logs/periodic-ci-example-operator-main-e2e-aws/1900320000000000005", "not on this server's list"},
		{"gs://private-bucket/logs/job/1900000000000000001", "not on this server's list"},
		{"/etc/passwd", "not allowed"},
		{".", "not allowed"},
		{"-", "not allowed"},
	} {
		for _, tool := range []string{"get_run_summary", "get_log", "compare_runs"} {
			if _, failed := askAgent(t, client, tool, map[string]any{"run": c.run}); !strings.Contains(failed, c.want) {
				t.Errorf("%s %s: %q", tool, c.run, failed)
			}
		}
		if _, failed := askAgent(t, client, "compare_runs", map[string]any{"run": failingRun, "baseline": c.run}); !strings.Contains(failed, c.want) {
			t.Errorf("baseline %s: %q", c.run, failed)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"mcp", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "evil.example"
	refused, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	refused.Body.Close()
	if refused.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("asked under a foreign name, it says %d", refused.StatusCode)
	}
	client.Close()
	r.interrupt(t)
}
