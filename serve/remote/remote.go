// Package remote serves a span set as a Jaeger storage backend over gRPC, in
// both protocols on one port: jaeger.storage.v2, which Jaeger 2 speaks, and
// jaeger.storage.v1, which jaeger-query and jaeger-all-in-one 1.x speak.
//
// It promises whole traces, newest first; messages below 1 MiB, except that a
// larger single span is sent alone; no message that mixes traces or is empty;
// answers that are one message below 4 MiB. A request for what is not supported is
// refused with the status that the protocol names, never answered in part.
//
// This package answers v2: it splices answers from the encoded spans of the set
// without decoding them. Package v1 answers v1. Package storage has what both need.
//
// It never writes: views are immutable, and the writer services of the
// protocols are not registered. It reads no files and decides nothing about
// what matters in a trace.
package remote

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/serve/remote/storage"
	v1 "prowtrace/serve/remote/v1"
	"prowtrace/trace"
)

// NewServer gives a gRPC server for the View that is shared. A request ends with the
// View that was current when it began. The caller serves it on a listener, stops it,
// and closes the shared View.
func NewServer(shared *trace.Shared) *grpc.Server {
	s := grpc.NewServer(storage.ServerOptions(shared)...)
	storagev2.RegisterTraceReaderServer(s, &readerV2{})
	storagev2.RegisterDependencyReaderServer(s, &dependenciesV2{})
	storagev2.RegisterCapabilitiesServer(s, &capabilitiesV2{})
	v1.Register(s)
	healthpb.RegisterHealthServer(s, health.NewServer()) // serving, from the start
	return s
}
