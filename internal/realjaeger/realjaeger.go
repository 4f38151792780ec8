// Package realjaeger finds the real Jaegers that tests start: those that
// launch/testdata/build-jaeger.sh builds once a machine. PROWTRACE_JAEGER names
// any other Jaeger 2 to test with in their place, such as a newer one:
//
//	PROWTRACE_JAEGER=/path/to/jaeger go test ./launch ./serve/remote ./cli
//
// It never builds or downloads one.
package realjaeger

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

// The programs: V2 speaks version 2 of the storage protocol, V1 version 1.
const (
	V2 = "jaeger"
	V1 = "jaeger-query"
)

// Path gives the absolute path of V2 or V1. A test without it is skipped, or
// fails where PROWTRACE_REQUIRE_JAEGER is 1.
func Path(t testing.TB, program string) string {
	t.Helper()
	path, err := locate(program)
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		const hint = "%v; make jaeger builds it (once, some minutes)"
		if os.Getenv("PROWTRACE_REQUIRE_JAEGER") == "1" {
			t.Fatalf(hint, err)
		}
		t.Skipf(hint, err)
	}
	return path
}

// FreeAddress is an address of this machine, for a Jaeger to listen at, that was
// free a moment ago.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func locate(program string) (path string, err error) {
	if other := os.Getenv("PROWTRACE_JAEGER"); other != "" && program == V2 {
		return filepath.Abs(other)
	}
	dir := os.Getenv("PROWTRACE_JAEGER_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "prowtrace-test")
	}
	return filepath.Abs(filepath.Join(dir, program))
}
