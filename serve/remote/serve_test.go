package remote

import (
	"errors"
	"io"
	"net"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace"
)

// listen serves the view on a loopback port until the test ends.
func listen(t testing.TB, view *trace.View) (address string) {
	t.Helper()
	return listenShared(t, trace.NewShared(view))
}

func listenShared(t testing.TB, shared *trace.Shared) (address string) {
	t.Helper()
	return listenServer(t, NewServer(shared))
}

func listenServer(t testing.TB, server *grpc.Server) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) { // stopped before it began
			t.Errorf("serving: %v", err)
		}
	})
	return l.Addr().String()
}

// clients are the generated ones, all on one connection.
type clients struct {
	conn         *grpc.ClientConn
	reader       storagev2.TraceReaderClient
	dependencies storagev2.DependencyReaderClient
	v1           storagev1.SpanReaderPluginClient
	v1Deps       storagev1.DependenciesReaderPluginClient
}

// connect serves the view and gives clients for it. They take messages of any
// size: the tests look at the size themselves.
func connect(t testing.TB, view *trace.View) clients {
	t.Helper()
	return connectShared(t, trace.NewShared(view))
}

func connectShared(t testing.TB, shared *trace.Shared) clients {
	t.Helper()
	return connectTo(t, listenShared(t, shared))
}

func connectTo(t testing.TB, address string) clients {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return clients{
		conn: conn, reader: storagev2.NewTraceReaderClient(conn), dependencies: storagev2.NewDependencyReaderClient(conn),
		v1: storagev1.NewSpanReaderPluginClient(conn), v1Deps: storagev1.NewDependenciesReaderPluginClient(conn),
	}
}

// all receives a stream to its end.
func all[M any](stream grpc.ServerStreamingClient[M], err error) ([]*M, error) {
	if err != nil {
		return nil, err
	}
	var messages []*M
	for {
		m, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return messages, nil
		}
		if err != nil {
			return messages, err
		}
		messages = append(messages, m)
	}
}

// received takes a stream of OTLP that has to end well.
func received(t testing.TB) func(grpc.ServerStreamingClient[tracepb.TracesData], error) []*tracepb.TracesData {
	return must[tracepb.TracesData](t)
}

// must is all for streams that have to end well.
func must[M any](t testing.TB) func(grpc.ServerStreamingClient[M], error) []*M {
	return func(stream grpc.ServerStreamingClient[M], err error) []*M {
		t.Helper()
		messages, err := all(stream, err)
		if err != nil {
			t.Fatal(err)
		}
		return messages
	}
}

func wantCode(t testing.TB, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("code %v (%v), want %v", got, err, want)
	}
}
