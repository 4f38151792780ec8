package team

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/session"
)

// Bounds on what a Tracer keeps.
const (
	mostSpans  = 2048 // that wait to be sent; more are dropped
	batchSpans = 256
	sentEvery  = 5 * time.Second
	sendTime   = 10 * time.Second
)

// A Tracer sends spans of the server's own work: of each request, and of each load. It never
// keeps work back: spans that cannot be sent are dropped and counted. A nil Tracer does
// nothing. It is safe for concurrent use.
type Tracer struct {
	send     func(ctx context.Context, encoded []byte) error
	resource *resourcepb.Resource
	failed   func(error, int)

	spans chan *tracepb.Span
	done  chan struct{}
	once  sync.Once
	ended chan struct{}
}

// NewTracer sends by send, which is given an encoded ExportTraceServiceRequest. failed hears
// of spans that could not be sent; it may be nil. Close ends it.
func NewTracer(version string, send func(context.Context, []byte) error, failed func(err error, spans int)) *Tracer {
	if failed == nil {
		failed = func(error, int) {}
	}
	t := &Tracer{send: send, failed: failed, spans: make(chan *tracepb.Span, mostSpans), done: make(chan struct{}), ended: make(chan struct{})}
	t.resource = &resourcepb.Resource{Attributes: []*commonpb.KeyValue{textOf("service.name", "prowtrace"), textOf("service.version", version)}}
	go t.run()
	return t
}

// Close sends what is left, for a while, and ends.
func (t *Tracer) Close() {
	if t == nil {
		return
	}
	t.once.Do(func() { close(t.done) })
	<-t.ended
}

// run sends spans until Close.
func (t *Tracer) run() {
	defer close(t.ended)
	tick := time.NewTicker(sentEvery)
	defer tick.Stop()
	var batch []*tracepb.Span
	for {
		last := false
		select {
		case s := <-t.spans:
			batch = append(batch, s)
		case <-tick.C:
			batch = t.flush(batch)
		case <-t.done:
			last = true
		}
		for more := last; more; {
			select {
			case s := <-t.spans:
				batch = append(batch, s)
			default:
				more = false
			}
		}
		if len(batch) >= batchSpans || last {
			batch = t.flush(batch)
		}
		if last {
			return
		}
	}
}

// flush sends a batch.
func (t *Tracer) flush(batch []*tracepb.Span) []*tracepb.Span {
	if len(batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), sendTime)
	defer cancel()
	// Its bytes are those of an ExportTraceServiceRequest, whose type brings a web server along.
	encoded, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource: t.resource, ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "prowtrace/serve/team"}, Spans: batch}},
	}}})
	if err == nil {
		err = t.send(ctx, encoded)
	}
	if err != nil {
		t.failed(err, len(batch))
	}
	return nil
}

// record takes a span, unless too many wait.
func (t *Tracer) record(s *tracepb.Span) {
	select {
	case t.spans <- s:
	default:
	}
}

// requestSpan is the span of a request; nil does nothing.
type requestSpan struct {
	tracer *Tracer
	span   *tracepb.Span
}

// request begins the span of a request, below the caller's where it names one.
func (t *Tracer) request(r *http.Request) (context.Context, *requestSpan) {
	if t == nil {
		return r.Context(), nil
	}
	s := &tracepb.Span{SpanId: random(8), Kind: tracepb.Span_SPAN_KIND_SERVER, StartTimeUnixNano: uint64(time.Now().UnixNano())}
	s.TraceId, s.ParentSpanId = parentOf(r.Header.Get("traceparent"))
	s.Attributes = []*commonpb.KeyValue{textOf("http.request.method", r.Method), textOf("url.path", cut(r.URL.Path, 300))}
	return r.Context(), &requestSpan{t, s}
}

func (s *requestSpan) end(route string, code int, now time.Time) {
	if s == nil || route == "probe" {
		return
	}
	s.span.Name = s.span.Attributes[0].Value.GetStringValue() + " " + route
	s.span.EndTimeUnixNano = uint64(now.UnixNano())
	s.span.Attributes = append(s.span.Attributes, textOf("http.route", route), numberOf("http.response.status_code", int64(code)))
	if code >= 500 {
		s.span.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR}
	}
	s.tracer.record(s.span)
}

// load records the span of a load.
func (t *Tracer) load(e session.EndedLoad, now time.Time) {
	if t == nil {
		return
	}
	s := &tracepb.Span{TraceId: random(16), SpanId: random(8), Name: "load run", Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: uint64(now.Add(-e.Took).UnixNano()), EndTimeUnixNano: uint64(now.UnixNano()),
		Attributes: []*commonpb.KeyValue{textOf("prow.job", e.Run.Job), textOf("prow.build_id", e.Run.Build), numberOf("prowtrace.bytes", e.Bytes), numberOf("prowtrace.spans", int64(e.Spans))}}
	if e.Err != nil {
		s.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: oneLine(e.Err)}
	}
	t.record(s)
}

// parentOf reads a W3C traceparent; without a valid one the trace is a new one.
func parentOf(header string) (trace, parent []byte) {
	parts := strings.Split(header, "-")
	if len(parts) >= 4 && len(parts[0]) == 2 && parts[0] != "ff" && len(parts[1]) == 32 && len(parts[2]) == 16 {
		trace, err := hex.DecodeString(parts[1])
		parent, err2 := hex.DecodeString(parts[2])
		if err == nil && err2 == nil && strings.Trim(parts[1], "0") != "" && strings.Trim(parts[2], "0") != "" {
			return trace, parent
		}
	}
	return random(16), nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func textOf(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: strings.ToValidUTF8(value, "\uFFFD")}}}
}

func numberOf(key string, value int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: value}}}
}

func cut(s string, most int) string { return s[:min(len(s), most)] }
