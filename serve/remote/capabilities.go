package remote

import (
	"context"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace"
)

// capabilitiesV2 is jaeger.storage.v2's Capabilities: what a search may ask for.
type capabilitiesV2 struct {
	storagev2.UnimplementedCapabilitiesServer
}

// GetCapabilities declares all that the protocol knows today.
func (*capabilitiesV2) GetCapabilities(context.Context, *storagev2.GetCapabilitiesRequest) (*storagev2.GetCapabilitiesResponse, error) {
	levels := make([]string, 0, len(trace.Levels()))
	for _, l := range trace.Levels() {
		levels = append(levels, string(l))
	}
	return &storagev2.GetCapabilitiesResponse{Search: &storagev2.SearchCapabilities{
		WithoutServiceName: true, SameSpanConjunction: true,
		Filter:    &storagev2.FilterCapabilities{Levels: levels, Operators: operators},
		Paginated: true, SpanSearch: true, SpanSorting: true,
	}}, nil
}

// capabilitiesV1 is jaeger.storage.v1's PluginCapabilities: this storage has no
// archive, and nothing is written to it.
type capabilitiesV1 struct {
	storagev1.UnimplementedPluginCapabilitiesServer
}

// Capabilities declares none of those that v1 knows.
func (*capabilitiesV1) Capabilities(context.Context, *storagev1.CapabilitiesRequest) (*storagev1.CapabilitiesResponse, error) {
	return &storagev1.CapabilitiesResponse{}, nil
}
