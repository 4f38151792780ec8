package launch

import (
	"context"
	"os"
	"runtime"
	"time"
)

// PerfettoOrigin is the site of Perfetto's page, and PerfettoAddress the one address of this
// machine that it may fetch traces from (its Content-Security-Policy).
const (
	PerfettoOrigin  = "https://ui.perfetto.dev"
	PerfettoAddress = "127.0.0.1:9001"
)

// PerfettoLink is Perfetto's page with the trace at an address, which is one of ours: it needs
// no escapes.
func PerfettoLink(trace string) string { return PerfettoOrigin + "/#!/?url=" + trace }

// Perfetto opens Perfetto's page with a trace of this machine in the user's browser, as
// Browser does. The page stays in the browser: what it fetches it sends nowhere.
func Perfetto(ctx context.Context, trace string) error {
	if err := ownPage(trace); err != nil {
		return err
	}
	return openAddress(ctx, PerfettoLink(trace), browserCommands(runtime.GOOS, os.Getenv), time.After)
}
