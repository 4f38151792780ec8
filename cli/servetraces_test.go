package cli_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/receivertest"
)

// With the variables of OTLP a team's server sends spans of its own work: one of each request,
// below the caller's, and one of each load. Those that wait are sent when it stops.
func TestServeTracesItself(t *testing.T) {
	receiver := receivertest.Start(t)
	bucket := gcstest.New(t)
	if err := bucket.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	env := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + receiver.HTTP, "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", "OTEL_EXPORTER_OTLP_HEADERS=x-team=kops"}
	r := startIn(t, env, bucket, nil, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "none", "--baseline", "none")
	address, ok := strings.CutPrefix(r.address, "pages ")
	if !ok {
		t.Fatalf("it printed %q", r.address)
	}
	r.address = address
	const run = "gs://kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	req, err := http.NewRequest(http.MethodGet, address+"api/v1/summary?link="+url.QueryEscape(run), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	r.interrupt(t)

	spans := map[string]receivertest.Span{}
	for _, s := range receiver.Kept() {
		spans[s.Name] = s
	}
	asked, load := spans["GET api"], spans["load run"]
	if asked.Span == nil || load.Span == nil {
		t.Fatalf("the receiver has %d spans: %v\n%s", len(receiver.Kept()), spans, r.stderr)
	}
	if string(asked.ParentSpanId) != "\xb7\xad\x6b\x71\x69\x20\x33\x31" || string(asked.TraceId[:2]) != "\x0a\xf7" {
		t.Errorf("the request's span is not below its caller's: trace %x, parent %x", asked.TraceId, asked.ParentSpanId)
	}
	if got := asked.Resource.Attributes[0]; got.Key != "service.name" || got.Value.GetStringValue() != "prowtrace" {
		t.Errorf("resource %v", asked.Resource)
	}
	for _, kv := range load.Attributes {
		if kv.Key == "prowtrace.spans" && kv.Value.GetIntValue() == 0 || kv.Key == "prow.job" && kv.Value.GetStringValue() != "pull-kops-e2e-k8s-gce-cilium" {
			t.Errorf("the load's span says %v", kv)
		}
	}
	for _, sent := range receiver.Requests() {
		if sent.Header.Get("X-Team") != "kops" {
			t.Errorf("headers %v", sent.Header)
		}
	}
}
