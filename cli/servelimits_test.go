package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The limits of a visitor hold however he asks: through the pages, as an agent, and, for all
// who look at Deck's page together, through the lens. Others are not kept from theirs.
func TestServeLimitsOfVisitors(t *testing.T) {
	r := start(t, nil, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "none", "--baseline", "none", "--visitor-spans", "1", "--visitor-header", "X-Visitor")
	address, ok := strings.CutPrefix(r.address, "pages ")
	if !ok {
		t.Fatalf("it printed %q", r.address)
	}
	r.address = address
	const (
		first  = "kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
		second = "kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
		third  = "kubernetes-ci-logs/pr-logs/pull/kops/18011/pull-kops-unit-go-arm64/1900100000000000007"
		fourth = "kubernetes-ci-logs/pr-logs/pull/kops/18011/pull-kops-unit-go-canary/1900100000000000004"
	)
	send := func(who, method, path, body string) (int, string) {
		req, err := http.NewRequest(method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Visitor", who)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		req.Header.Set("Mcp-Protocol-Version", "2025-06-18")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		said, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(said)
	}
	agent := func(who, run string) string {
		code, said := send(who, http.MethodPost, "mcp", fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_run_summary","arguments":{"run":"gs://%s"}}}`, run))
		if code != http.StatusOK {
			t.Fatalf("status %d: %s", code, said)
		}
		return said
	}
	page := func(who, run string) int {
		code, _ := send(who, http.MethodGet, "api/v1/summary?link="+url.QueryEscape("gs://"+run), "")
		return code
	}
	lens := func(run string) (said string) {
		for range 100 { // each waits for a moment
			if _, said = send("somebody", http.MethodPost, "lens", `{"action":"rerender","ArtifactSource":"gs/`+run+`"}`); !strings.Contains(said, "Reading the run") {
				return said
			}
		}
		t.Fatalf("the lens reads for ever: %s", said)
		return said
	}
	const refused = "had 1,044 spans loaded within"
	if said := agent("ann", first); strings.Contains(said, `"isError":true`) {
		t.Fatalf("the first run: %s", said)
	}
	if said := agent("ann", second); !strings.Contains(said, `"isError":true`) || !strings.Contains(said, "You have "+refused) {
		t.Errorf("an agent who has had his share: %s", said)
	}
	if code := page("ann", second); code != http.StatusTooManyRequests {
		t.Errorf("his page: status %d", code)
	}
	if said := agent("ann", first); strings.Contains(said, `"isError":true`) {
		t.Errorf("what is loaded already: %s", said)
	}
	if said := agent("bob", second); strings.Contains(said, `"isError":true`) {
		t.Errorf("another agent: %s", said)
	}
	if said := lens(third); strings.Contains(said, "loaded within") {
		t.Errorf("the lens: %s", said)
	}
	if said := lens(fourth); !strings.Contains(said, "The lens in Deck&#39;s page has had ") || !strings.Contains(said, "loaded within") {
		t.Errorf("the lens, when it has had its share: %s", said)
	}
	if said := lens(first); strings.Contains(said, "loaded within") {
		t.Errorf("the lens, for what is loaded already: %s", said)
	}
	if code := page("cay", fourth); code != http.StatusOK {
		t.Errorf("another visitor's page: status %d", code)
	}
	r.interrupt(t)
}
