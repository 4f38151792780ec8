package storage

import (
	"context"
	"slices"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/trace/query"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Services lists the services of a set that fit an answer.
func Services(view *trace.View) []string {
	return Fit(view.Services(), AnswerSize, serviceSize)
}

// How much of an answer each takes.
func serviceSize(name string) int { return otlpwire.FieldSize(len(name)) }

func operationSize(op trace.Operation) int {
	// v1 sends each name twice.
	return 2*otlpwire.FieldSize(len(op.Name)) + otlpwire.MaxHead + otlpwire.FieldSize(len(op.Kind.String()))
}

func callsSize(c analysis.Calls) int {
	return otlpwire.FieldSize(otlpwire.FieldSize(len(c.Parent)) + otlpwire.FieldSize(len(c.Child)) + otlpwire.FieldSize(len(c.Source)) + 1 + 10)
}

// Operations lists the operations of a service that fit an answer, of one kind if
// kind is not empty. A service must be named.
func Operations(view *trace.View, service, kind string) ([]trace.Operation, error) {
	if service == "" {
		return nil, status.Error(codes.InvalidArgument, "operations are asked for without a service")
	}
	ops := view.Operations(service)
	if kind != "" {
		wanted, known := trace.ParseKind(kind)
		ops = slices.DeleteFunc(ops, func(op trace.Operation) bool { return !known || op.Kind != wanted })
	}
	return Fit(ops, AnswerSize, operationSize), nil
}

// Find gives the traces that match, newest first, or the status of a context that
// has ended.
func Find(ctx context.Context, view *trace.View, q query.Query) ([]trace.Trace, error) {
	found, err := query.Find(ctx, view, q)
	if err != nil {
		return nil, status.FromContextError(err).Err()
	}
	return found, nil
}

// Calls counts the calls between services in the traces that overlap a range of
// time, as many as fit an answer.
func Calls(view *trace.View, start, end *timestamppb.Timestamp) ([]analysis.Calls, error) {
	from, to := NotBefore(start), NotAfter(end)
	if to != 0 && to < from {
		return nil, status.Errorf(codes.InvalidArgument, "the range ends at %v, before it begins at %v", end.AsTime(), start.AsTime())
	}
	return Fit(analysis.Of(view).Calls(from, to), AnswerSize, callsSize), nil
}
