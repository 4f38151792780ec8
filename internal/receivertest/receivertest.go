// Package receivertest is a receiver of OTLP inside the test process, over gRPC and HTTP,
// that answers as a test tells it to: it takes spans, asks to have them again, rejects some,
// or hangs up. Only tests import it.
//
// It keeps what it took, decoded. It is safe for concurrent use.
package receivertest

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // which clients may send
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"prowtrace/internal/otlpwire"
)

// A Reply says what becomes of a request. The zero Reply takes it.
type Reply struct {
	Status     int        // of HTTP; 0 is 200
	Code       codes.Code // of gRPC
	Message    string     // of an error, or beside a success
	Rejected   int64      // spans that are not kept, as the receiver says
	RetryAfter time.Duration
	HangUp     bool // close all connections and give no answer
	Keep       bool // keep the spans whatever the answer is
}

// A Request is one that came.
type Request struct {
	Header http.Header // of HTTP, or the metadata of gRPC under their names there
	Path   string
	Size   int // of the message, without compression
	Data   *tracepb.TracesData
}

// A Span is one that was kept, with what describes it.
type Span struct {
	Resource                    *resourcepb.Resource
	Scope                       *commonpb.InstrumentationScope
	ResourceSchema, ScopeSchema string
	*tracepb.Span
}

// A Receiver listens until the test ends.
type Receiver struct {
	GRPC, HTTP string // addresses

	// MostBytes bounds a message, as receivers do. It is set before something is sent.
	MostBytes int

	mu       sync.Mutex
	answer   func(n int, r *Request) Reply
	requests []*Request
	kept     []Span
	conns    map[net.Conn]bool
}

// Start starts a Receiver.
func Start(t testing.TB) *Receiver {
	t.Helper()
	r := &Receiver{MostBytes: 4 << 20, conns: map[net.Conn]bool{}}
	listen := func() *listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return &listener{l, r}
	}
	overHTTP, overGRPC := listen(), listen()
	r.HTTP, r.GRPC = "http://"+overHTTP.Addr().String(), "http://"+overGRPC.Addr().String()
	web := &http.Server{Handler: http.HandlerFunc(r.serveHTTP), ReadHeaderTimeout: time.Minute}
	rpc := grpc.NewServer(grpc.UnknownServiceHandler(r.serveGRPC), grpc.MaxRecvMsgSize(64<<20))
	var served sync.WaitGroup
	served.Go(func() {
		if err := web.Serve(overHTTP); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	served.Go(func() {
		if err := rpc.Serve(overGRPC); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		web.Close()
		rpc.Stop()
		served.Wait()
	})
	return r
}

// Answer says how the requests are answered from now on, which are counted from 0; nil, as
// at first, takes all.
func (r *Receiver) Answer(answer func(n int, r *Request) Reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// Requests are all that came, in order.
func (r *Receiver) Requests() []*Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Kept are the spans of all requests that were taken, in order.
func (r *Receiver) Kept() []Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.kept)
}

// Forget forgets what came.
func (r *Receiver) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.kept = nil, nil
}

// hangUp closes all connections.
func (r *Receiver) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		c.Close()
	}
}

// receive decides about a message. tooLarge reports one that is beyond MostBytes.
func (r *Receiver) receive(header http.Header, path string, message []byte) (reply Reply, tooLarge bool, err error) {
	req := &Request{Header: header, Path: path, Size: len(message), Data: &tracepb.TracesData{}}
	if err := proto.Unmarshal(message, req.Data); err != nil {
		return Reply{}, false, err
	}
	r.mu.Lock()
	n, answer := len(r.requests), r.answer
	r.requests = append(r.requests, req)
	r.mu.Unlock()
	if len(message) > r.MostBytes {
		return Reply{}, true, nil
	}
	if answer != nil {
		reply = answer(n, req)
	}
	if reply.Keep || !reply.HangUp && reply.Code == 0 && reply.Status/100 <= 2 {
		r.keep(req.Data)
	}
	return reply, false, nil
}

func (r *Receiver) keep(data *tracepb.TracesData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, rs := range data.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				r.kept = append(r.kept, Span{rs.Resource, ss.Scope, rs.SchemaUrl, ss.SchemaUrl, s})
			}
		}
	}
}

// response is an ExportTraceServiceResponse.
func response(reply Reply) (b []byte) {
	if reply.Rejected == 0 && reply.Message == "" {
		return nil
	}
	partial := otlpwire.AppendNumber(nil, 1, uint64(reply.Rejected))
	return otlpwire.AppendBytes(nil, 1, otlpwire.AppendOptional(partial, 2, reply.Message))
}

func (r *Receiver) serveHTTP(w http.ResponseWriter, req *http.Request) {
	var body io.Reader = req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(req.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	message, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	reply, tooLarge, err := r.receive(req.Header.Clone(), req.URL.Path, message)
	switch {
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case tooLarge:
		http.Error(w, "the body has too many bytes", http.StatusRequestEntityTooLarge)
	case reply.HangUp:
		r.hangUp()
	case reply.Status/100 > 2:
		if reply.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(reply.RetryAfter/time.Second)))
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
		w.WriteHeader(reply.Status)
		_, _ = w.Write(otlpwire.AppendOptional(nil, 2, reply.Message)) // who asked may be gone
	default:
		w.Header().Set("Content-Type", "application/x-protobuf")
		_, _ = w.Write(response(reply))
	}
}

func (r *Receiver) serveGRPC(_ any, stream grpc.ServerStream) error {
	in := &emptypb.Empty{} // whose unknown fields are the message
	if err := stream.RecvMsg(in); err != nil {
		return err
	}
	header := http.Header{}
	if md, ok := metadata.FromIncomingContext(stream.Context()); ok {
		for name, values := range md {
			header[http.CanonicalHeaderKey(name)] = values
		}
	}
	method, _ := grpc.MethodFromServerStream(stream)
	reply, tooLarge, err := r.receive(header, method, in.ProtoReflect().GetUnknown())
	switch {
	case err != nil:
		return status.Error(codes.InvalidArgument, err.Error())
	case tooLarge:
		return status.Errorf(codes.ResourceExhausted, "grpc: received message larger than max (%d)", r.MostBytes)
	case reply.HangUp:
		r.hangUp()
		return context.Cause(stream.Context())
	case reply.Code != 0:
		return refusal(reply)
	}
	out := &emptypb.Empty{}
	out.ProtoReflect().SetUnknown(response(reply))
	return stream.SendMsg(out)
}

// refusal is a gRPC error, with the pause that is asked for.
func refusal(reply Reply) error {
	s := status.New(reply.Code, reply.Message)
	if reply.RetryAfter == 0 {
		return s.Err()
	}
	delay, err := proto.Marshal(durationpb.New(reply.RetryAfter))
	if err != nil {
		return err
	}
	p := s.Proto()
	p.Details = append(p.Details, &anypb.Any{TypeUrl: "type.googleapis.com/google.rpc.RetryInfo", Value: otlpwire.AppendBytes(nil, 1, delay)})
	return status.ErrorProto(p)
}

// listener knows the connections of a Receiver.
type listener struct {
	net.Listener
	of *Receiver
}

func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.of.mu.Lock()
		l.of.conns[c] = true
		l.of.mu.Unlock()
	}
	return c, err
}
