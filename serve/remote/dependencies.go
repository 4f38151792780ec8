package remote

import (
	"context"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/serve/remote/storage"
)

// dependenciesV2 is jaeger.storage.v2's DependencyReader.
type dependenciesV2 struct {
	storagev2.UnimplementedDependencyReaderServer
}

// GetDependencies counts the calls between services in the traces that overlap
// a range of time.
func (d *dependenciesV2) GetDependencies(ctx context.Context, req *storagev2.GetDependenciesRequest) (*storagev2.GetDependenciesResponse, error) {
	calls, err := storage.Calls(storage.ViewOf(ctx), req.GetStartTime(), req.GetEndTime())
	if err != nil {
		return nil, err
	}
	resp := &storagev2.GetDependenciesResponse{}
	for _, c := range calls {
		resp.Dependencies = append(resp.Dependencies, &storagev2.Dependency{Parent: c.Parent, Child: c.Child, CallCount: c.Count, Source: c.Source})
	}
	return resp, nil
}
