//go:build unix

package push

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlptest"
	"prowtrace/internal/otlpwire"
	"prowtrace/internal/realjaeger"
	"prowtrace/internal/receivertest"
	"prowtrace/trace"
)

// A real Jaeger 2 with the documented configuration keeps every span, attribute, event, link
// and status, even after a restart.
func TestRealJaegerKeeps(t *testing.T) {
	path := realjaeger.Path(t, realjaeger.V2)
	text, err := os.ReadFile(docs + "jaeger-badger.yaml")
	if err != nil {
		t.Fatal(err)
	}
	overGRPC, overHTTP, query := realjaeger.FreeAddress(t), realjaeger.FreeAddress(t), realjaeger.FreeAddress(t)
	config := configured(t, string(text), "0.0.0.0:4317", overGRPC, "0.0.0.0:4318", overHTTP, "0.0.0.0:16685", query, "0.0.0.0:16686", realjaeger.FreeAddress(t), "/var/lib/jaeger", t.TempDir())
	jaeger := startProgram(t, path, config, overGRPC)
	v := joinedView(t, append(otlptest.Files(t, "../../testdata/bucket"), otlptest.Made(t))...)
	tree := v.Tree(v.Jobs()[0])
	want := essence(served(t, tree, every))
	for range 2 { // twice: the same ids are the same spans
		to, err := Resolve(Settings{Endpoint: "http://" + overGRPC, Protocol: "grpc"}, none, nil)
		if err != nil {
			t.Fatal(err)
		}
		if report, err := send(t, to, Options{}, NewPlan(v, Joined, false), 0); err != nil || !report.Complete() {
			t.Fatalf("%+v, %v", report, err)
		}
	}
	sameEssence(t, askUntil(t, query, tree.Trace.ID, len(want)), want)
	jaeger.stop(t)
	startProgram(t, path, config, query)
	sameEssence(t, askUntil(t, query, tree.Trace.ID, len(want)), want)
}

// askUntil queries a Jaeger for a trace until it has so many spans, because Jaeger writes in
// batches.
func askUntil(t *testing.T, address string, id trace.TraceID, spans int) []string {
	t.Helper()
	limit, tick := time.After(time.Minute), time.NewTicker(200*time.Millisecond)
	defer tick.Stop()
	for {
		got, err := jaegerTrace(t.Context(), address, id)
		if err == nil && len(got) >= spans {
			return essence(got)
		}
		select {
		case <-limit:
			if err != nil {
				t.Fatal(err)
			}
			return essence(got)
		case <-tick.C:
		}
	}
}

// jaegerTrace queries version 3 of Jaeger's API, which answers in OTLP.
func jaegerTrace(ctx context.Context, address string, id trace.TraceID) (all []receivertest.Span, err error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodecV2(wire{}), grpc.MaxCallRecvMsgSize(64<<20)))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, "/jaeger.api_v3.QueryService/GetTrace")
	if err != nil {
		return nil, err
	}
	ask := otlpwire.AppendVarint(otlpwire.AppendBytes(nil, 1, id.String()), 4, 1) // trace_id, raw_traces
	if err := errors.Join(stream.SendMsg(ask), stream.CloseSend()); err != nil {
		return nil, err
	}
	for {
		var b []byte
		if err := stream.RecvMsg(&b); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		var data tracepb.TracesData
		if err := proto.Unmarshal(b, &data); err != nil {
			return nil, err
		}
		all = append(all, spansOf(&data)...)
	}
}

// essence is what Jaeger's own model holds of spans, as texts in order, each once. The model
// has no schemas, no attributes of scopes and links, and no negative zero. Arrays and maps
// are JSON in it, and the name of an event is one of its attributes. It gives a span without
// a duration a duration of 1 ns, and a warning.
func essence(all []receivertest.Span) (texts []string) {
	for _, s := range all {
		var b strings.Builder
		fmt.Fprintf(&b, "%x %x %x %q %v %d %d %v %q", s.TraceId, s.SpanId, s.ParentSpanId, s.Name, s.Kind, s.StartTimeUnixNano, max(s.EndTimeUnixNano, s.StartTimeUnixNano+1), s.Status.GetCode(), s.Status.GetMessage())
		fmt.Fprintf(&b, "\n resource %q", attributeTexts(s.Resource.GetAttributes()))
		fmt.Fprintf(&b, "\n scope %q %q", s.Scope.GetName(), s.Scope.GetVersion())
		fmt.Fprintf(&b, "\n attributes %q", attributeTexts(s.Attributes))
		for _, e := range s.Events {
			name, rest := e.Name, slices.Clone(e.Attributes)
			if i := slices.IndexFunc(rest, func(kv *commonpb.KeyValue) bool { return kv.Key == "event" }); i >= 0 {
				name, rest = rest[i].Value.GetStringValue(), slices.Delete(rest, i, i+1)
			}
			fmt.Fprintf(&b, "\n event %d %q %q", e.TimeUnixNano, name, attributeTexts(rest))
		}
		for _, l := range s.Links {
			fmt.Fprintf(&b, "\n link %x %x", l.TraceId, l.SpanId)
		}
		texts = append(texts, b.String())
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

func attributeTexts(all []*commonpb.KeyValue) (texts []string) {
	for _, kv := range all {
		if kv.Key == "@jaeger@warnings" {
			continue
		}
		text := trace.ValueText(kv.Value)
		switch v := kv.Value.GetValue().(type) {
		case *commonpb.AnyValue_BytesValue:
			text = hex.EncodeToString(v.BytesValue)
		case *commonpb.AnyValue_DoubleValue:
			if v.DoubleValue == 0 {
				text = "0"
			}
		}
		texts = append(texts, kv.Key+"="+text)
	}
	slices.Sort(texts)
	return texts
}

func sameEssence(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d spans, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("the first that differs:\n got %s\nwant %s", got[i], want[i])
		}
	}
}
