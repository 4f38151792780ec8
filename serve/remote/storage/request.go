// Package storage holds what the protocols of Jaeger's remote storage share: how
// the parameters of a request are read, what a set answers to them, and how
// answers are kept within what a client takes.
//
// It promises that a list or a message fits: the rest is left out or cut.
// It knows the messages of no protocol, and registers no service.
package storage

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/trace"
	"prowtrace/trace/query"
)

// Bounded adds bounds of the durations to q, and refuses negative ones.
func Bounded(q query.Query, shortest, longest *durationpb.Duration) (query.Query, error) {
	q.DurationMin, q.DurationMax = int64(shortest.AsDuration()), int64(longest.AsDuration())
	switch {
	case q.Limit < 0:
		return q, status.Errorf(codes.InvalidArgument, "the limit of %d traces is negative", q.Limit)
	case q.DurationMin < 0 || q.DurationMax < 0:
		return q, status.Errorf(codes.InvalidArgument, "a duration of %v to %v is negative",
			time.Duration(q.DurationMin), time.Duration(q.DurationMax))
	}
	return q, nil
}

// IsSet reports whether a time was given: clients send the zero time of Go, in
// the year 1, as well as none.
func IsSet(t *timestamppb.Timestamp) bool {
	return t != nil && t.GetSeconds() > time.Time{}.Unix()
}

// NotBefore gives a lower bound in Unix ns, and 0 for none: all spans are after
// 1970. Times that int64 ns cannot hold are beyond all spans and are cut to
// what it can.
func NotBefore(t *timestamppb.Timestamp) int64 {
	const most = 1<<63/1_000_000_000 - 1
	if t.GetSeconds() < 0 {
		return 0
	}
	return min(t.GetSeconds(), most)*1_000_000_000 + int64(t.GetNanos())
}

// NotAfter gives an upper bound likewise. One before 1970 is still a bound.
func NotAfter(t *timestamppb.Timestamp) int64 {
	if !IsSet(t) {
		return 0
	}
	return max(NotBefore(t), 1)
}

// ParseTraceID reads the id of a trace in a request, which has 16 bytes.
func ParseTraceID(b []byte) (trace.TraceID, error) {
	var id trace.TraceID
	if len(b) != len(id) {
		return id, status.Errorf(codes.InvalidArgument, "a trace id of %d bytes: want 16", len(b))
	}
	copy(id[:], b)
	return id, nil
}

// Timestamp gives Unix ns as protobuf has them.
func Timestamp(ns int64) *timestamppb.Timestamp { return timestamppb.New(time.Unix(0, ns)) }
