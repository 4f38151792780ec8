// Package realcollector finds the real OpenTelemetry Collector that tests start: the one
// that build-collector.sh builds once a machine from the module in collector.
// PROWTRACE_COLLECTOR names any other one to test with in its place, which must have the
// same components.
//
// It never builds or downloads one.
package realcollector

import (
	"os"
	"path/filepath"
	"testing"
)

// Path gives the absolute path of the Collector. A test without it is skipped, or fails
// where PROWTRACE_REQUIRE_COLLECTOR is 1.
func Path(t testing.TB) string {
	t.Helper()
	path, err := locate()
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		const hint = "%v; make collector builds it (once, some minutes)"
		if os.Getenv("PROWTRACE_REQUIRE_COLLECTOR") == "1" {
			t.Fatalf(hint, err)
		}
		t.Skipf(hint, err)
	}
	return path
}

func locate() (path string, err error) {
	if other := os.Getenv("PROWTRACE_COLLECTOR"); other != "" {
		return filepath.Abs(other)
	}
	dir := os.Getenv("PROWTRACE_COLLECTOR_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "prowtrace-test")
	}
	return filepath.Abs(filepath.Join(dir, "collector"))
}
