package cli_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
)

// mcpClient is a program of others that speaks with servers of the protocol, which npm has installed in
// serve/mcp/clients. A test without it is skipped, or fails where PROWTRACE_REQUIRE_MCP_CLIENTS
// is 1.
func mcpClient(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("../serve/mcp/clients/node_modules/.bin", name))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil && os.Getenv("PROWTRACE_REQUIRE_MCP_CLIENTS") == "1" {
		t.Fatal(err)
	} else if err != nil {
		t.Skipf("make mcp-clients installs %s", name)
	}
	return path
}

// The MCP inspector lists the tools, uses one and gets the prompt, over both transports.
func TestRealInspector(t *testing.T) {
	inspector := mcpClient(t, "mcp-inspector")
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	prowtrace, err := exec.LookPath("prowtrace")
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, nil, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "127.0.0.1:0")
	pagesOfTeam(t, r)
	for name, at := range map[string][]string{"stdio": {prowtrace, "mcp"}, "http": {r.address + "mcp", "--transport", "http"}} {
		t.Run(name, func(t *testing.T) {
			ask := func(args ...string) (answer map[string]any) {
				c := exec.CommandContext(t.Context(), inspector, append(append([]string{"--cli"}, at...), args...)...)
				c.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST="+server.Host, "PROWTRACE_CACHE="+t.TempDir(), "HOME="+t.TempDir())
				out, err := c.Output()
				if err == nil {
					err = json.Unmarshal(out, &answer)
				}
				if err != nil {
					t.Fatalf("%v: %v\n%s", args, err, out)
				}
				return answer
			}
			if tools := ask("--method", "tools/list")["tools"].([]any); len(tools) != 12 {
				t.Errorf("%d tools are listed", len(tools))
			}
			answer := ask("--method", "tools/call", "--tool-name", "get_log", "--tool-arg", "run="+failingRun, "--tool-arg", "from=-2")
			if rows := answer["structuredContent"].(map[string]any)["lines"].([]any); len(rows) != 2 {
				t.Errorf("answered %v", answer)
			}
			if p := ask("--method", "prompts/get", "--prompt-name", "triage_run", "--prompt-args", "run="+failingRun); len(p["messages"].([]any)) != 1 {
				t.Errorf("prompt %v", p)
			}
		})
	}
}

// The conformance suite has nothing against what the server does. Its scenarios that need tools,
// resources and prompts of its own, or a session, are left out.
func TestRealConformance(t *testing.T) {
	suite := mcpClient(t, "conformance")
	r := start(t, nil, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "127.0.0.1:0")
	pagesOfTeam(t, r)
	for _, scenario := range []string{"server-initialize", "ping", "tools-list", "prompts-list", "dns-rebinding-protection"} {
		c := exec.CommandContext(t.Context(), suite, "server", "--url", r.address+"mcp", "--scenario", scenario)
		c.Dir = t.TempDir()
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), " 0 failed, 0 warnings") || strings.Contains(string(out), "Passed: 0/") {
			t.Errorf("%s: %v\n%s", scenario, err, out)
		}
	}
}
