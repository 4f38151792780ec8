package v1

import (
	"context"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace/analysis"
)

// dependencies is jaeger.storage.v1's DependenciesReaderPlugin.
type dependencies struct {
	storagev1.UnimplementedDependenciesReaderPluginServer
}

// GetDependencies counts the calls between services in the traces that overlap
// a range of time.
func (d *dependencies) GetDependencies(ctx context.Context, req *storagev1.GetDependenciesRequest) (*storagev1.GetDependenciesResponse, error) {
	calls, err := storage.Calls(storage.ViewOf(ctx), req.GetStartTime(), req.GetEndTime())
	if err != nil {
		return nil, err
	}
	return linksOf(calls), nil
}

func linksOf(calls []analysis.Calls) *storagev1.GetDependenciesResponse {
	resp := &storagev1.GetDependenciesResponse{}
	for _, c := range calls {
		resp.Dependencies = append(resp.Dependencies, &modelv2.DependencyLink{Parent: c.Parent, Child: c.Child, CallCount: c.Count, Source: c.Source})
	}
	return resp
}
