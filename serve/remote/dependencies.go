package remote

import (
	"context"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace"
)

// dependenciesV2 is jaeger.storage.v2's DependencyReader.
type dependenciesV2 struct {
	storagev2.UnimplementedDependencyReaderServer
	set *trace.Set
}

// GetDependencies counts the calls between services in a range of time.
func (d *dependenciesV2) GetDependencies(_ context.Context, req *storagev2.GetDependenciesRequest) (*storagev2.GetDependenciesResponse, error) {
	resp := &storagev2.GetDependenciesResponse{}
	for _, c := range d.set.Calls(notBefore(req.GetStartTime()), notAfter(req.GetEndTime())) {
		resp.Dependencies = append(resp.Dependencies, &storagev2.Dependency{Parent: c.Parent, Child: c.Child, CallCount: c.Count, Source: c.Source})
	}
	return resp, nil
}

// dependenciesV1 is jaeger.storage.v1's DependenciesReaderPlugin.
type dependenciesV1 struct {
	storagev1.UnimplementedDependenciesReaderPluginServer
	set *trace.Set
}

// GetDependencies counts the calls between services in a range of time.
func (d *dependenciesV1) GetDependencies(_ context.Context, req *storagev1.GetDependenciesRequest) (*storagev1.GetDependenciesResponse, error) {
	resp := &storagev1.GetDependenciesResponse{}
	for _, c := range d.set.Calls(notBefore(req.GetStartTime()), notAfter(req.GetEndTime())) {
		resp.Dependencies = append(resp.Dependencies, &modelv2.DependencyLink{Parent: c.Parent, Child: c.Child, CallCount: c.Count, Source: c.Source})
	}
	return resp, nil
}
