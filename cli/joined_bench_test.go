package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/otelfile"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/prow/timeline"
	"prowtrace/serve/remote"
	"prowtrace/serve/viewer"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// BenchmarkJoined measures what stands between a fetched run of 100,000 spans and
// the picture of the whole job: loading with and without joining, the trace in
// both of Jaeger's protocols, and what the viewer asks for first. Clients receive
// and do not decode.
func BenchmarkJoined(b *testing.B) {
	sources, job := largeRun(b)
	load := func(b *testing.B, jobs ...join.Job) *trace.View {
		for i := range sources {
			sources[i].Group = len(jobs)
		}
		set, err := join.Load(b.Context(), sources, jobs...)
		if err != nil {
			b.Fatal(err)
		}
		return set
	}
	for name, jobs := range map[string][]join.Job{"load/joined": {job}, "load/apart": nil} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				load(b, jobs...).Set().Close()
			}
		})
	}
	set := load(b, job)
	defer set.Set().Close()
	whole := set.Jobs()[0]
	if n := set.Tree(whole).Len(); n < 100_000 {
		b.Fatalf("%d spans", n)
	}
	conn := dialRemote(b, set)
	b.Run("v2", func(b *testing.B) {
		reader := storagev2.NewTraceReaderClient(conn)
		for b.Loop() {
			received(b)(reader.GetTraces(b.Context(), &storagev2.GetTracesRequest{Query: []*storagev2.GetTraceParams{{TraceId: whole.ID[:]}}}, undecoded))
		}
	})
	b.Run("v1", func(b *testing.B) {
		reader := storagev1.NewSpanReaderPluginClient(conn)
		for b.Loop() {
			received(b)(reader.GetTrace(b.Context(), &storagev1.GetTraceRequest{TraceId: whole.ID[:]}, undecoded))
		}
	})
	page := func(b *testing.B, h http.Handler, what string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), "GET", "http://127.0.0.1/api/v1/traces/"+whole.ID.String()+"/"+what, nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
	b.Run("viewer/first-columns", func(b *testing.B) {
		for b.Loop() {
			page(b, viewer.New(trace.NewShared(set), viewer.Info{}, "127.0.0.1"), "columns")
		}
	})
	h := viewer.New(trace.NewShared(set), viewer.Info{}, "127.0.0.1")
	for _, what := range []string{"columns", "critical"} {
		b.Run("viewer/"+what, func(b *testing.B) {
			for b.Loop() {
				page(b, h, what)
			}
		})
	}
}

// largeRun makes the files of 40 kops processes, one after the other, each with
// 2,500 calls that lost their parent, in the time of the failing demo run, whose
// metadata it has.
func largeRun(b *testing.B) ([]trace.Source, join.Job) {
	b.Helper()
	ref, err := link.Parse(prow.Instances{}, failingDemo)
	if err != nil {
		b.Fatal(err)
	}
	m := &runfile.Metadata{Run: ref.Run}
	for _, k := range runfile.Kinds() {
		if k.Name == "" {
			continue
		}
		if data, err := os.ReadFile(filepath.Join("../testdata/bucket", ref.Bucket, ref.Root, k.Name)); err == nil {
			if err := m.Add(k.Name, data); err != nil {
				b.Fatal(err)
			}
		}
	}
	job := timeline.Job(m, timeline.Options{})
	job.By = join.ByTime
	begin := time.Date(2025, 3, 13, 1, 46, 0, 0, time.UTC)
	var sources []trace.Source
	for p := range 40 {
		var file bytes.Buffer
		if err := otelfile.NewWriter(&file).Write(processCalls(b, p, begin.Add(time.Duration(p)*40*time.Second), 2500)); err != nil {
			b.Fatal(err)
		}
		sources = append(sources, trace.Source{Name: fmt.Sprintf("artifacts/otlp/kops-%d-x.otel", 1000+p), Data: file.Bytes()})
	}
	return sources, job
}

// processCalls is what a process exports: a root that lasts 39 s, and calls in
// threes: a task with two requests below it in time only.
func processCalls(b *testing.B, process int, begin time.Time, calls int) []byte {
	str := func(s string) *commonpb.AnyValue {
		return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
	}
	number := uint64(process) << 32
	span := func(name string, kind tracepb.Span_SpanKind, at, took time.Duration, attributes ...*commonpb.KeyValue) *tracepb.Span {
		number++
		id := binary.BigEndian.AppendUint64(nil, number)
		start := uint64(begin.Add(at).UnixNano())
		return &tracepb.Span{TraceId: append([]byte("a trace."), id...), SpanId: id, Name: name, Kind: kind,
			StartTimeUnixNano: start, EndTimeUnixNano: start + uint64(took), Attributes: attributes}
	}
	args := &commonpb.ArrayValue{Values: []*commonpb.AnyValue{str("/usr/local/bin/kops"), str("update"), str("cluster"), str("--yes")}}
	spans := []*tracepb.Span{span("kops", tracepb.Span_SPAN_KIND_INTERNAL, 0, 39*time.Second,
		&commonpb.KeyValue{Key: "args", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: args}}})}
	pause := 38 * time.Second / time.Duration(calls)
	for i := range calls - 1 {
		at := time.Duration(i) * pause
		if i%3 == 0 {
			spans = append(spans, span(fmt.Sprintf("task-Keypair/key-%d", i), tracepb.Span_SPAN_KIND_INTERNAL, at, 3*pause-1))
			continue
		}
		spans = append(spans, span("HTTP GET", tracepb.Span_SPAN_KIND_CLIENT, at, pause/2,
			&commonpb.KeyValue{Key: "http.request.method", Value: str("GET")},
			&commonpb.KeyValue{Key: "url.full", Value: str(fmt.Sprintf("https://compute.googleapis.com/compute/v1/projects/example/zones/us-central1-a/operations/operation-%d", i))},
			&commonpb.KeyValue{Key: "server.address", Value: str("compute.googleapis.com")},
			&commonpb.KeyValue{Key: "network.protocol.version", Value: str("1.1")},
			&commonpb.KeyValue{Key: "user_agent.original", Value: str("google-api-go-client/0.5 kops/1.37.0")},
		))
	}
	payload, err := proto.Marshal(&collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: "service.name", Value: str("kops")}}},
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: spans}},
	}}})
	if err != nil {
		b.Fatal(err)
	}
	return payload
}

func dialRemote(b *testing.B, set *trace.View) *grpc.ClientConn {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := remote.NewServer(trace.NewShared(set))
	go server.Serve(listener)
	b.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return conn
}

// undecoded makes a call that does not look at what it receives.
var undecoded = grpc.ForceCodecV2(blind{encoding.GetCodecV2("proto")})

type blind struct{ encoding.CodecV2 }

func (blind) Unmarshal(mem.BufferSlice, any) error { return nil }

// received takes all of a stream.
func received(b *testing.B) func(stream interface{ RecvMsg(any) error }, err error) {
	return func(stream interface{ RecvMsg(any) error }, err error) {
		for err == nil {
			err = stream.RecvMsg(nil)
		}
		if !errors.Is(err, io.EOF) || errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
	}
}
