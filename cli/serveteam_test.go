package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"prowtrace/internal/jaegerpb/storagev2"
)

// prowtrace serve without a run: a team's server from the start to a graceful stop.
func TestServeTeam(t *testing.T) {
	r := start(t, nil, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "127.0.0.1:0", "--base-path", "/pt", "--log-format", "json", "--baseline", "none")
	storage := pagesOfTeam(t, r)
	address := r.address
	if !strings.HasSuffix(address, "/pt/") {
		t.Fatalf("the pages are at %q", address)
	}
	get := func(path string) (int, string) {
		resp, err := http.Get(strings.TrimSuffix(address, "/pt/") + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	code, body := get("/pt/api/v1/summary?link=" + url.QueryEscape("gs://"+failingRun[strings.Index(failingRun, "kubernetes-ci-logs"):]))
	var summary struct {
		Findings []struct{ Title string }
	}
	if err := json.Unmarshal([]byte(body), &summary); err != nil || code != http.StatusOK || len(summary.Findings) == 0 {
		t.Errorf("status %d: %s", code, body)
	}
	if code, body := get("/pt/view/gs/private-bucket/logs/job/1900000000000000001"); code != http.StatusForbidden {
		t.Errorf("status %d: %s", code, body)
	}
	if code, body := get("/metrics"); code != http.StatusOK || !strings.Contains(body, "prowtrace_runs_loaded 1\n") {
		t.Errorf("status %d: %s", code, body)
	}
	if n := tracesOf(t, storage, "pull-kops-e2e-k8s-gce-cilium"); n == 0 {
		t.Error("the storage has no trace of the job")
	}
	if n := tracesOf(t, storage, "another-job"); n != 0 {
		t.Errorf("the storage has %d traces of another job", n)
	}
	r.interrupt(t)
	for _, line := range strings.Split(strings.TrimSpace(r.stderr.String()), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("no line of JSON: %s", line)
		}
	}
	if !strings.Contains(r.stderr.String(), `"msg":"stopped"`) {
		t.Errorf("it does not tell that it stopped:\n%s", r.stderr)
	}
}

// The server answers Deck at /lens: under Deck's name, which is not its own, if it knows
// that Deck. The full page is linked where visitors find the server.
func TestServeLens(t *testing.T) {
	r := start(t, nil, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "127.0.0.1:0", "--base-path", "/pt", "--url", "https://prowtrace.example.com/pt/", "--host", "prow.example.com", "--baseline", "none")
	pagesOfTeam(t, r)
	address := r.address
	ask := func(host string) (int, string) {
		const run = "kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
		req, err := http.NewRequest(http.MethodPost, address+"lens", strings.NewReader(`{"action":"rerender","ArtifactSource":"gs/`+run+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	for _, host := range []string{"prow.k8s.io", "prow.example.com:8080", "127.0.0.1"} {
		if code, body := ask(host); code != http.StatusOK || !strings.Contains(body, `href="https://prowtrace.example.com/pt/view/gs/kubernetes-ci-logs/pr-logs/pull/kops/18000/`) {
			t.Errorf("%s: %d %s", host, code, body)
		}
	}
	if code, body := ask("evil.example.com"); code != http.StatusMisdirectedRequest {
		t.Errorf("%d %s", code, body)
	}
	r.interrupt(t)
}

// The arguments of the deployed server are those that it takes.
func TestDeployedArguments(t *testing.T) {
	manifest, err := os.ReadFile("../deploy/kubernetes/deployment.yaml")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"serve", "--storage-listen=127.0.0.1:0"}
	for _, m := range regexp.MustCompile(`(?m)^ +- (--\S+)`).FindAllStringSubmatch(string(manifest), -1) {
		if !strings.HasPrefix(m[1], "--listen=") {
			args = append(args, m[1])
		}
	}
	if len(args) < 6 {
		t.Fatalf("arguments %q", args)
	}
	r := start(t, nil, append(args, "--listen=127.0.0.1:0")...)
	pagesOfTeam(t, r)
	resp, err := http.Get(r.address)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	r.interrupt(t)
}

// pagesOfTeam reads both addresses that the server printed: that of its pages becomes its
// address.
func pagesOfTeam(t *testing.T, r *running) (storage string) {
	t.Helper()
	storage, ok := strings.CutPrefix(r.address, "storage ")
	line, err := r.out.ReadString('\n')
	pages, ok2 := strings.CutPrefix(strings.TrimSpace(line), "pages ")
	if !ok || !ok2 || err != nil {
		t.Fatalf("it printed %q and %q, error %v", r.address, line, err)
	}
	r.address = pages
	return storage
}

// tracesOf asks a Jaeger storage for the traces of a job.
func tracesOf(t *testing.T, storage, job string) int {
	t.Helper()
	conn, err := grpc.NewClient(storage, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	found, err := storagev2.NewTraceReaderClient(conn).FindTraceIDs(t.Context(), &storagev2.FindTraceIDsRequest{Query: &storagev2.TraceQueryParameters{
		Attributes: []*storagev2.KeyValue{{Key: "prow.job", Value: &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: job}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return len(found.GetTraceIds())
}
