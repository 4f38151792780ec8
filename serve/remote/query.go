package remote

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace"
)

// queryV2 turns the parameters of a v2 search into a query.
func queryV2(p *storagev2.TraceQueryParameters) (q trace.Query, err error) {
	q = trace.Query{
		Service: p.GetServiceName(), Operation: p.GetOperationName(),
		StartMin: notBefore(p.GetStartTimeMin()), StartMax: notAfter(p.GetStartTimeMax()),
		Limit: int(p.GetSearchDepth()),
	}
	for _, kv := range p.GetAttributes() {
		q.Attributes = append(q.Attributes, trace.Attribute{Key: kv.GetKey(), Value: anyText(kv.GetValue())})
	}
	if q, err = bounded(q, p.GetDurationMin(), p.GetDurationMax()); err != nil || p.GetFilter() == nil {
		return q, err
	}
	if q.Service != "" || q.Operation != "" || q.Attributes != nil || q.DurationMin != 0 || q.DurationMax != 0 {
		return q, status.Error(codes.InvalidArgument, "a filter excludes service_name, operation_name, attributes, duration_min and duration_max: say it all in the filter")
	}
	q.Filter, err = filter(p.GetFilter())
	return q, err
}

// queryV1 turns the parameters of a v1 search into a query.
func queryV1(p *storagev1.TraceQueryParameters) (trace.Query, error) {
	q := trace.Query{
		Service: p.GetServiceName(), Operation: p.GetOperationName(),
		StartMin: notBefore(p.GetStartTimeMin()), StartMax: notAfter(p.GetStartTimeMax()),
		Limit: int(p.GetNumTraces()),
	}
	for key, value := range p.GetTags() {
		q.Attributes = append(q.Attributes, trace.Attribute{Key: key, Value: value})
	}
	return bounded(q, p.GetDurationMin(), p.GetDurationMax())
}

// bounded adds the durations, and refuses what cannot be meant.
func bounded(q trace.Query, shortest, longest *durationpb.Duration) (trace.Query, error) {
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

// isSet reports whether a time was given: clients send the zero time of Go, in
// the year 1, as well as none.
func isSet(t *timestamppb.Timestamp) bool {
	return t != nil && t.GetSeconds() > time.Time{}.Unix()
}

// notBefore gives a lower bound in Unix ns, and 0 for none: all spans are after
// 1970. Times that int64 ns cannot hold are beyond all spans and are cut to
// what it can.
func notBefore(t *timestamppb.Timestamp) int64 {
	const most = 1<<63/1_000_000_000 - 1
	if t.GetSeconds() < 0 {
		return 0
	}
	return min(t.GetSeconds(), most)*1_000_000_000 + int64(t.GetNanos())
}

// notAfter gives an upper bound likewise. One before 1970 is still a bound.
func notAfter(t *timestamppb.Timestamp) int64 {
	if !isSet(t) {
		return 0
	}
	return max(notBefore(t), 1)
}

// anyText gives a value as text. The message has the layout of OTLP's, under
// another name.
func anyText(v *storagev2.AnyValue) string {
	if v == nil {
		return ""
	}
	var value commonpb.AnyValue
	b, err := proto.Marshal(v)
	if err != nil || proto.Unmarshal(b, &value) != nil {
		return ""
	}
	return trace.ValueText(&value)
}

// traceID reads the id of a request.
func traceID(b []byte) (trace.TraceID, error) {
	var id trace.TraceID
	if len(b) != len(id) {
		return id, status.Errorf(codes.InvalidArgument, "a trace id of %d bytes: want 16", len(b))
	}
	copy(id[:], b)
	return id, nil
}

func timestamp(ns int64) *timestamppb.Timestamp { return timestamppb.New(time.Unix(0, ns)) }
