package team_test

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/serve/team"
)

// Requests and loads are spans, below the caller's where it names one. Close sends what is
// left.
func TestTracesOfItself(t *testing.T) {
	var mu sync.Mutex
	var spans []*tracepb.Span
	tracer := team.NewTracer("1.2.3", func(_ context.Context, encoded []byte) error {
		var request tracepb.TracesData // as ExportTraceServiceRequest on the wire
		if err := proto.Unmarshal(encoded, &request); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, r := range request.GetResourceSpans() {
			if name := r.GetResource().GetAttributes()[0]; name.GetKey() != "service.name" || name.GetValue().GetStringValue() != "prowtrace" {
				t.Errorf("resource %v", r.GetResource())
			}
			for _, s := range r.GetScopeSpans() {
				spans = append(spans, s.GetSpans()...)
			}
		}
		return nil
	}, func(err error, n int) { t.Errorf("%d spans: %v", n, err) })
	s := serve(t, func(o *team.Options) { o.Tracer = tracer })
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	s.get("/api/v1/summary?link="+url.QueryEscape(failingLink), func(r *http.Request) { r.Header.Set("traceparent", "00-"+trace+"-"+parent+"-01") })
	s.get("/api/v1/nothing", func(r *http.Request) {
		r.Header.Set("traceparent", "00-00000000000000000000000000000000-0000000000000000-01")
	})
	s.get("/healthz")
	tracer.Close()
	tracer.Close() // does nothing
	mu.Lock()
	defer mu.Unlock()
	names := map[string]*tracepb.Span{}
	for _, span := range spans {
		names[span.GetName()] = span
		if len(span.GetTraceId()) != 16 || len(span.GetSpanId()) != 8 || span.GetEndTimeUnixNano() < span.GetStartTimeUnixNano() {
			t.Errorf("span %v", span)
		}
	}
	if len(spans) != 3 || names["load run"] == nil || names["GET api"] == nil {
		t.Fatalf("%d spans: %v", len(spans), spans)
	}
	found := false
	for _, span := range spans {
		if hex.EncodeToString(span.GetTraceId()) == trace {
			found = hex.EncodeToString(span.GetParentSpanId()) == parent
		} else if len(span.GetParentSpanId()) != 0 {
			t.Errorf("%s has a parent", span.GetName())
		}
	}
	if !found {
		t.Error("no span is below the caller's")
	}
}

// A receiver that refuses keeps nothing back: what could not be sent is told.
func TestTracesThatCannotBeSent(t *testing.T) {
	refused := errors.New("refused")
	var lost int
	tracer := team.NewTracer("1", func(context.Context, []byte) error { return refused }, func(err error, n int) {
		if !errors.Is(err, refused) {
			t.Error(err)
		}
		lost += n
	})
	s := serve(t, func(o *team.Options) { o.Tracer = tracer })
	if resp, _ := s.get("/"); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	tracer.Close()
	if lost != 1 {
		t.Errorf("%d spans were lost", lost)
	}
}
