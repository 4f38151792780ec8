package v1

import (
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
	"prowtrace/trace/query"
)

// question turns the parameters of a v1 search into a query.
func question(p *storagev1.TraceQueryParameters) (query.Query, error) {
	q := query.Query{
		Service: p.GetServiceName(), Operation: p.GetOperationName(),
		StartMin: storage.NotBefore(p.GetStartTimeMin()), StartMax: storage.NotAfter(p.GetStartTimeMax()),
		Limit: int(p.GetNumTraces()),
	}
	for key, value := range p.GetTags() {
		q.Attributes = append(q.Attributes, trace.Attribute{Key: key, Value: value})
	}
	return storage.Bounded(q, p.GetDurationMin(), p.GetDurationMax())
}
