package remote

import (
	"context"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/trace/query"
)

// capabilitiesV2 is jaeger.storage.v2's Capabilities: what a search may ask for.
type capabilitiesV2 struct {
	storagev2.UnimplementedCapabilitiesServer
}

// GetCapabilities declares all that the protocol knows today.
func (*capabilitiesV2) GetCapabilities(context.Context, *storagev2.GetCapabilitiesRequest) (*storagev2.GetCapabilitiesResponse, error) {
	levels := make([]string, 0, len(query.Levels()))
	for _, l := range query.Levels() {
		levels = append(levels, string(l))
	}
	return &storagev2.GetCapabilitiesResponse{Search: &storagev2.SearchCapabilities{
		WithoutServiceName: true, SameSpanConjunction: true,
		Filter:    &storagev2.FilterCapabilities{Levels: levels, Operators: operators},
		Paginated: true, SpanSearch: true, SpanSorting: true,
	}}, nil
}
