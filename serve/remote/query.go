package remote

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
	"prowtrace/trace/query"
)

// queryV2 turns the parameters of a v2 search into a query.
func queryV2(p *storagev2.TraceQueryParameters) (q query.Query, err error) {
	q = query.Query{
		Service: p.GetServiceName(), Operation: p.GetOperationName(),
		StartMin: storage.NotBefore(p.GetStartTimeMin()), StartMax: storage.NotAfter(p.GetStartTimeMax()),
		Limit: int(p.GetSearchDepth()),
	}
	for _, kv := range p.GetAttributes() {
		q.Attributes = append(q.Attributes, trace.Attribute{Key: kv.GetKey(), Value: anyText(kv.GetValue())})
	}
	if q, err = storage.Bounded(q, p.GetDurationMin(), p.GetDurationMax()); err != nil || p.GetFilter() == nil {
		return q, err
	}
	if q.Service != "" || q.Operation != "" || q.Attributes != nil || q.DurationMin != 0 || q.DurationMax != 0 {
		return q, status.Error(codes.InvalidArgument, "a filter excludes service_name, operation_name, attributes, duration_min and duration_max: say it all in the filter")
	}
	q.Filter, err = filter(p.GetFilter())
	return q, err
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
