package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// A result that cannot be written is a failure, not something to serve on after.
func TestResultThatCannotBeWritten(t *testing.T) {
	sample := "../testdata/bucket/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002/artifacts/otlp"
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	for _, args := range []string{
		"--ui=none " + sample,
		"--ui=builtin " + sample,
		"serve --listen 127.0.0.1:0 --storage-listen 127.0.0.1:0 " + sample,
		"resolve x",
		"version",
		"--version",
		"cache dir",
	} {
		t.Run(args, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var stderr bytes.Buffer
			code := Main(ctx, strings.Fields(args), Streams{Out: full{}, Err: &stderr, Getenv: func(string) string { return "" }})
			if code != ExitFailed || !strings.Contains(stderr.String(), "no space left") {
				t.Errorf("exit code %d, want %d, with why\n%s", code, ExitFailed, &stderr)
			}
		})
	}
}

// full is a file on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
