//go:build unix

package cli_test

import (
	"bufio"
	"errors"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// make sample serves the sample, says what to export, and leaves nothing behind after Ctrl-C.
func TestMakeSample(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the program")
	}
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("no make")
	}
	address := freeAddress(t)
	cmd := exec.Command("make", "-C", "..", "-s", "sample", "BIN="+t.TempDir(), "SAMPLE_ADDRESS="+address)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches the whole group
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	group := -cmd.Process.Pid
	hard := time.AfterFunc(9*time.Minute, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
	t.Cleanup(func() {
		hard.Stop()
		_ = syscall.Kill(group, syscall.SIGKILL)
	})

	var exports []string
	serves := false
	lines := bufio.NewScanner(out)
	for !serves && lines.Scan() {
		line := lines.Text()
		if export := strings.TrimSpace(line); strings.HasPrefix(export, "export ") {
			exports = append(exports, export)
		}
		serves = line == "STORAGE_EMULATOR_HOST="+address
	}
	if !serves || len(exports) != 2 {
		t.Fatalf("it serves: %v; it says %q", serves, exports)
	}
	example := exec.Command("/bin/sh", "-c", strings.Join(append(exports, "prowtrace runs e2e-kops-aws-distro-deb13"), "\n"))
	example.Env = []string{"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "CI=true", "PROWTRACE_CACHE=" + t.TempDir()}
	if got, err := example.CombinedOutput(); err != nil || !strings.Contains(string(got), "1900000000000000002") {
		t.Errorf("an example in another terminal: %v\n%s", err, got)
	}

	if err := syscall.Kill(group, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // make says that it was interrupted
	if err := syscall.Kill(group, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("processes of the target are left: %v", err)
	}
	if c, err := net.Dial("tcp", address); err == nil {
		c.Close()
		t.Error("the server still answers")
	}
}

// freeAddress is one of this machine that nothing listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
