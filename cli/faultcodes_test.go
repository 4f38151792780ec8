package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
)

// TestFaultExitCodes runs prowtrace against a server with one fault each: the
// exit code, what is printed, and that the next run, without the fault, brings
// what was missing. What each fault does to bytes and cache is tested in fetch.
func TestFaultExitCodes(t *testing.T) {
	const run = "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
	const object = "logs/e2e-kops-aws-distro-deb13/1900000000000000002/artifacts/otlp/kops-"
	bad := func(s *gcstest.Server, effect gcstest.Effect, times int) {
		files, err := filepath.Glob("../testdata/bucket/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/*/artifacts/otlp/kops-*.otel")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		name := object + strings.TrimPrefix(strings.ReplaceAll(filepath.Base(files[0]), "%3A", ":"), "kops-")
		s.Fault(gcstest.Match{Op: gcstest.Get, Object: name, Times: times}, effect)
	}
	tests := []struct {
		name  string
		fault func(s *gcstest.Server)
		code  int
		says  string // on standard error
	}{
		{"no fault", func(*gcstest.Server) {}, 0, "18 trace files"},
		{"401 on the listing", func(s *gcstest.Server) { s.Fault(gcstest.Match{Op: gcstest.List}, gcstest.Status(401)) }, 5, "refuses anonymous readers"},
		{"403 on the listing", func(s *gcstest.Server) { s.Fault(gcstest.Match{Op: gcstest.List}, gcstest.Status(403)) }, 5, "refuses anonymous readers"},
		{"404 on everything", func(s *gcstest.Server) { s.Fault(gcstest.Match{}, gcstest.Status(404)) }, 4, "check the bucket's name"},
		{"403 on one object", func(s *gcstest.Server) { bad(s, gcstest.Status(403), 0) }, 1, "1 failed: artifacts/otlp/kops-"},
		{"404 on one object", func(s *gcstest.Server) { bad(s, gcstest.Status(404), 0) }, 1, "1 failed: read gs://"},
		{"reset in the middle", func(s *gcstest.Server) { bad(s, gcstest.Reset(100), 1) }, 0, "18 trace files"},
		{"cut in the middle", func(s *gcstest.Server) { bad(s, gcstest.Cut(100), 1) }, 0, "18 trace files"},
		{"truncated once", func(s *gcstest.Server) { bad(s, gcstest.Truncate(100), 1) }, 0, "18 trace files"},
		{"a bit flipped once", func(s *gcstest.Server) { bad(s, gcstest.FlipBit(77), 1) }, 0, "18 trace files"},
		{"a bit flipped always", func(s *gcstest.Server) { bad(s, gcstest.FlipBit(77), 0) }, 1, "1 failed: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := gcstest.New(t)
			if err := server.LoadDir("../testdata/bucket"); err != nil {
				t.Fatal(err)
			}
			env := append(os.Environ(), "STORAGE_EMULATOR_HOST="+server.Host, "PROWTRACE_CACHE="+t.TempDir(), "CI=true")
			fetch := func() (code int, stdout, stderr string) {
				cmd := exec.Command("prowtrace", "fetch", run)
				cmd.Env = env
				var out, errs strings.Builder
				cmd.Stdout, cmd.Stderr = &out, &errs
				if err := cmd.Run(); cmd.ProcessState == nil {
					t.Fatal(err)
				}
				return cmd.ProcessState.ExitCode(), out.String(), errs.String()
			}
			tt.fault(server)
			code, stdout, stderr := fetch()
			if code != tt.code || !strings.Contains(stderr, tt.says) {
				t.Errorf("exit code %d, want %d; stderr, which should have %q:\n%s", code, tt.code, tt.says, stderr)
			}
			if (stdout != "") != (tt.code == 0) {
				t.Errorf("stdout %q", stdout)
			}
			server.ClearFaults()
			if code, _, stderr := fetch(); code != 0 || !strings.Contains(stderr, "18 trace files") {
				t.Errorf("the next run: exit code %d\n%s", code, stderr)
			}
		})
	}
}
