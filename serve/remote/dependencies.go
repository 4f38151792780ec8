package remote

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// dependenciesV2 is jaeger.storage.v2's DependencyReader.
type dependenciesV2 struct {
	storagev2.UnimplementedDependencyReaderServer
	set *trace.View
}

// GetDependencies counts the calls between services in the traces that overlap
// a range of time.
func (d *dependenciesV2) GetDependencies(_ context.Context, req *storagev2.GetDependenciesRequest) (*storagev2.GetDependenciesResponse, error) {
	calls, err := calls(d.set, req.GetStartTime(), req.GetEndTime())
	if err != nil {
		return nil, err
	}
	resp := &storagev2.GetDependenciesResponse{}
	for _, c := range calls {
		resp.Dependencies = append(resp.Dependencies, &storagev2.Dependency{Parent: c.Parent, Child: c.Child, CallCount: c.Count, Source: c.Source})
	}
	return resp, nil
}

// dependenciesV1 is jaeger.storage.v1's DependenciesReaderPlugin.
type dependenciesV1 struct {
	storagev1.UnimplementedDependenciesReaderPluginServer
	set *trace.View
}

// GetDependencies counts the calls between services in the traces that overlap
// a range of time.
func (d *dependenciesV1) GetDependencies(_ context.Context, req *storagev1.GetDependenciesRequest) (*storagev1.GetDependenciesResponse, error) {
	calls, err := calls(d.set, req.GetStartTime(), req.GetEndTime())
	if err != nil {
		return nil, err
	}
	resp := &storagev1.GetDependenciesResponse{}
	for _, c := range calls {
		resp.Dependencies = append(resp.Dependencies, &modelv2.DependencyLink{Parent: c.Parent, Child: c.Child, CallCount: c.Count, Source: c.Source})
	}
	return resp, nil
}

func calls(set *trace.View, start, end *timestamppb.Timestamp) ([]analysis.Calls, error) {
	from, to := notBefore(start), notAfter(end)
	if to != 0 && to < from {
		return nil, status.Errorf(codes.InvalidArgument, "the range ends at %v, before it begins at %v", end.AsTime(), start.AsTime())
	}
	return fit(analysis.Of(set).Calls(from, to), answerSize, func(c analysis.Calls) int {
		return fieldSize(fieldSize(len(c.Parent)) + fieldSize(len(c.Child)) + fieldSize(len(c.Source)) + 1 + 10)
	}), nil
}
