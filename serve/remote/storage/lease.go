package storage

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"prowtrace/trace"
)

// ServerOptions are what a server of the protocols needs: the codec for Encoded
// messages, and for each request the View that is current when it begins. Methods
// get it by ViewOf. The request holds it until its answer is encoded, because
// strings in an answer can lie in the View's files. Stop waits for requests under
// way to let go.
func ServerOptions(shared *trace.Shared) []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.ForceServerCodecV2(Codec{}), grpc.WaitForHandlers(true),
		grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
			if !needsView(info.FullMethod) {
				return handle(ctx, req)
			}
			ctx, release, err := withView(ctx, shared)
			if err != nil {
				return nil, err
			}
			defer release()
			answer, err := handle(ctx, req)
			if err != nil {
				return nil, err
			}
			b, err := proto.Marshal(answer.(proto.Message))
			if err != nil {
				return nil, status.Errorf(codes.Internal, "cannot encode the answer: %v", err)
			}
			return Encoded{mem.SliceBuffer(b)}, nil
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			if !needsView(info.FullMethod) {
				return handle(srv, stream)
			}
			ctx, release, err := withView(stream.Context(), shared)
			if err != nil {
				return err
			}
			defer release()
			return handle(srv, viewStream{stream, ctx})
		}),
	}
}

// needsView leaves out the health service, whose streams last as long as their
// clients.
func needsView(method string) bool {
	return !strings.HasPrefix(method, "/"+healthpb.Health_ServiceDesc.ServiceName+"/")
}

// viewStream is a stream whose context has a View. SendMsg encodes a message before
// it returns.
type viewStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s viewStream) Context() context.Context { return s.ctx }

type viewKey struct{}

func withView(ctx context.Context, shared *trace.Shared) (with context.Context, release func(), err error) {
	view, release := shared.Acquire()
	if view == nil {
		return nil, nil, status.Error(codes.Unavailable, "no run is loaded")
	}
	return context.WithValue(ctx, viewKey{}, view), release, nil
}

// ViewOf gives the View of a request to a server with ServerOptions. It must not be
// used when the method has returned.
func ViewOf(ctx context.Context) *trace.View { return ctx.Value(viewKey{}).(*trace.View) }
