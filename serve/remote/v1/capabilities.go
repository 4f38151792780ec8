package v1

import (
	"context"

	"prowtrace/internal/jaegerpb/storagev1"
)

// capabilities is jaeger.storage.v1's PluginCapabilities: this storage has no
// archive, and nothing is written to it.
type capabilities struct {
	storagev1.UnimplementedPluginCapabilitiesServer
}

// Capabilities declares none of those that v1 knows.
func (*capabilities) Capabilities(context.Context, *storagev1.CapabilitiesRequest) (*storagev1.CapabilitiesResponse, error) {
	return &storagev1.CapabilitiesResponse{}, nil
}
