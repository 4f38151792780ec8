package push

import (
	"context"
	"crypto/tls"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that wire replaces
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// wire is a codec for messages that are already encoded.
type wire struct{}

// Name is the name of the codec that wire replaces.
func (wire) Name() string { return "proto" }

// Marshal returns the bytes unchanged.
func (wire) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.([]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(b)}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

// Unmarshal gives the bytes unchanged.
func (wire) Unmarshal(data mem.BufferSlice, v any) error {
	if b, ok := v.(*[]byte); ok {
		*b = data.Materialize()
		return nil
	}
	return encoding.GetCodecV2("proto").Unmarshal(data, v)
}

// grpcTransport sends over gRPC.
type grpcTransport struct {
	to      string // for messages
	conn    *grpc.ClientConn
	headers metadata.MD
	options []grpc.CallOption
}

// reconnect is how long the connection pauses before it is tried again. The Client has its
// own pauses between requests.
const reconnect = 2 * time.Second

func newGRPC(t Target, agent string) (*grpcTransport, error) {
	g := &grpcTransport{to: t.String(), headers: metadata.MD{}, options: []grpc.CallOption{grpc.ForceCodecV2(wire{})}}
	for _, h := range t.Headers {
		g.headers.Append(h.Name, h.Value)
	}
	if t.Gzip {
		g.options = append(g.options, grpc.UseCompressor(gzip.Name))
	}
	secure := insecure.NewCredentials()
	if t.TLS != nil {
		secure = credentials.NewTLS(t.TLS.Clone())
	}
	delays := backoff.DefaultConfig
	delays.MaxDelay = reconnect
	conn, err := grpc.NewClient(t.hostPort(), grpc.WithTransportCredentials(secure), grpc.WithUserAgent(agent), grpc.WithDisableRetry(), grpc.WithDisableServiceConfig(),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: delays, MinConnectTimeout: 10 * time.Second}))
	if err != nil {
		return nil, fmt.Errorf("cannot use the endpoint %s: %w", g.to, err)
	}
	g.conn = conn
	return g, nil
}

func (g *grpcTransport) close() error { return g.conn.Close() }

func (g *grpcTransport) send(ctx context.Context, r *request) (answer, error) {
	var got []byte
	err := g.conn.Invoke(metadata.NewOutgoingContext(ctx, g.headers), exportMethod, r.encoded, &got, g.options...)
	if err == nil {
		return readAnswer(got), nil
	}
	s := status.Convert(err)
	e := &RefusedError{To: g.to, Status: s.Code().String(), Message: quoted(s.Message()), Err: err, again: againCodes[s.Code()]}
	for _, detail := range s.Proto().GetDetails() {
		if strings.HasSuffix(detail.GetTypeUrl(), "/"+retryInfo) {
			e.pause = readRetryInfo(detail.GetValue())
		}
	}
	e.size = sizeOfCode(s.Code(), e.Message, e.pause)
	switch s.Code() {
	case codes.Unauthenticated, codes.PermissionDenied:
		e.Reason = NotAllowed
	case codes.Unimplemented:
		e.Reason = NotReceiver
	case codes.Unavailable:
		g.unreachable(e)
	}
	return answer{}, e
}

// unreachable searches the text of a gRPC error, which has nothing else, for causes that
// waiting does not help against.
func (g *grpcTransport) unreachable(e *RefusedError) {
	said := e.Message
	for _, known := range []struct {
		words  string
		reason Reason
	}{
		{"first record does not look like a TLS handshake", WrongSecurity},
		{"x509: ", BadAuthority},
		{"error reading server preface", NotReceiver},
		{"no such host", NotFound},
		{"produced zero addresses", NotFound},
	} {
		if strings.Contains(said, known.words) {
			e.Reason, e.again = known.reason, known.words == "error reading server preface"
		}
	}
	g.conn.ResetConnectBackoff()
}

// clientTLS requires TLS 1.2 or later.
func clientTLS() *tls.Config { return &tls.Config{MinVersion: tls.VersionTLS12} }
