//go:build unix

package launch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

var t0 = context.Background()

// never is a clock on which no time is ever up.
func never(time.Duration) <-chan time.Time { return nil }

// timeIsUp is a clock on which time is up as soon as the channel is closed.
func timeIsUp(up chan time.Time) func(time.Duration) <-chan time.Time {
	return func(time.Duration) <-chan time.Time { return up }
}

func mustFind(t *testing.T) Jaeger {
	t.Helper()
	j, err := Find(t0, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestStartAndStop(t *testing.T) {
	for _, c := range []struct {
		name, program string
		major         int
	}{
		{"v2", "jaeger", 2},
		{"v1", "jaeger-query", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, "ready", c.program)
			t.Setenv("LOG_LEVEL", "shout")
			j := mustFind(t)
			if j.Major != c.major {
				t.Fatalf("Major = %d, want %d", j.Major, c.major)
			}
			p, err := j.Start(t0, Options{Storage: "127.0.0.1:1", after: never})
			if err != nil {
				t.Fatal(err)
			}
			started := s.expect("started")
			if env := started.Args[0]; c.major == 1 {
				if strings.Contains(env, "LOG_LEVEL=") || !strings.Contains(env, "SPAN_STORAGE_TYPE=grpc\n") {
					t.Errorf("environment of a v1:\n%s", env)
				}
			}
			info, err := os.Stat(p.dir)
			if err != nil || info.Mode().Perm() != 0o700 {
				t.Errorf("directory of the configuration: %v %v", info, err)
			}
			res, err := http.Get(p.URL + readyPaths[0])
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if !strings.Contains(string(body), "kops") {
				t.Errorf("services: %s", body)
			}
			if err := p.Stop(t0); err != nil {
				t.Fatal(err)
			}
			s.expect("sigterm")
			if err := p.Wait(); err != nil {
				t.Errorf("Wait after Stop: %v", err)
			}
			if err := p.Stop(t0); err != nil {
				t.Errorf("second Stop: %v", err)
			}
			s.expectGone(started.Pid)
			if err := syscall.Kill(started.Pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process %d is still there (a zombie?): %v", started.Pid, err)
			}
			if got := p.LastLines(); len(got) != 1 || got[0] != "fake jaeger listens" {
				t.Errorf("last lines %q", got)
			}
			s.nothingLeft()
		})
	}
}

// A Jaeger after 2.20 has only version 3 of the API.
func TestStartWithoutTheOldAPI(t *testing.T) {
	s := newStage(t, "next", "jaeger")
	p, err := mustFind(t).Start(t0, Options{Storage: "127.0.0.1:1", after: never})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range readyPaths {
		if asked := s.expect("asked"); asked.Args[1] != path {
			t.Errorf("asked %v, want %s", asked.Args, path)
		}
	}
	if err := p.Stop(t0); err != nil {
		t.Fatal(err)
	}
	s.nothingLeft()
}

// It is not ready before it answers 200, and asking does not give up earlier.
func TestStartWaits(t *testing.T) {
	s := newStage(t, "slow", "jaeger")
	j := mustFind(t)
	type result struct {
		p   *Process
		err error
	}
	results := make(chan result)
	go func() {
		p, err := j.Start(t0, Options{Storage: "127.0.0.1:1", after: never})
		results <- result{p, err}
	}()
	s.expect("started")
	talk := <-s.conns
	s.expect("asked")
	s.expect("asked")
	select {
	case r := <-results:
		t.Fatalf("Start returned before it was ready: %v", r.err)
	default:
	}
	io.WriteString(talk, "go\n")
	r := <-results
	if r.err != nil {
		t.Fatal(r.err)
	}
	if err := r.p.Stop(t0); err != nil {
		t.Fatal(err)
	}
	s.nothingLeft()
}

func TestStartDies(t *testing.T) {
	s := newStage(t, "dies", "jaeger")
	_, err := mustFind(t).Start(t0, Options{Storage: "127.0.0.1:1", after: never})
	var pe *ProcessError
	if !errors.As(err, &pe) {
		t.Fatalf("error %v", err)
	}
	if len(pe.Lines) != tailLines || pe.Lines[tailLines-1] != "line 199 bold" {
		t.Errorf("lines %q", pe.Lines)
	}
	for _, want := range []string{"Jaeger v2 (" + s.dir, "exit status 3", "\n    line 199 bold"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	if strings.ContainsAny(err.Error(), "\x1b\r\u202e") {
		t.Errorf("error %q can harm a terminal", err)
	}
	s.nothingLeft()
}

// One that answers wrongly until the time is up is ended, and the error says what
// it answered.
func TestStartLate(t *testing.T) {
	for _, c := range []struct{ mode, want string }{
		{"error500", "500 Internal Server Error: {\"errors\""},
		{"foreign", "another program on this port"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			s := newStage(t, c.mode, "jaeger")
			j := mustFind(t)
			up := make(chan time.Time)
			errs := make(chan error)
			go func() {
				_, err := j.Start(t0, Options{Storage: "127.0.0.1:1", after: timeIsUp(up)})
				errs <- err
			}()
			pid := s.expect("started").Pid
			s.expect("asked")
			s.expect("asked") // so the first answer has been read
			close(up)
			err := <-errs
			var pe *ProcessError
			if !errors.As(err, &pe) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "not ready within 1m0s") {
				t.Errorf("error %v", err)
			}
			s.expectGone(pid)
			s.nothingLeft()
		})
	}
}

func TestStartCancelled(t *testing.T) {
	s := newStage(t, "slow", "jaeger")
	j := mustFind(t)
	ctx, cancel := context.WithCancel(t0)
	errs := make(chan error)
	go func() {
		_, err := j.Start(ctx, Options{Storage: "127.0.0.1:1", after: never})
		errs <- err
	}()
	s.expect("asked")
	cancel()
	if err := <-errs; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	s.expect("sigterm")
	s.expect("gone")
	s.nothingLeft()
}

func TestPortTaken(t *testing.T) {
	s := newStage(t, "taken", "jaeger")
	p, err := mustFind(t).Start(t0, Options{Storage: "127.0.0.1:1", after: never})
	if err != nil {
		t.Fatal(err)
	}
	first, second := s.expect("started"), s.expect("started")
	if first.Pid == second.Pid {
		t.Error("there was no second start")
	}
	if err := p.Stop(t0); err != nil {
		t.Fatal(err)
	}
	s.nothingLeft()
}

// One that ignores SIGTERM is killed when the time is up, or when the caller
// cannot wait.
func TestStopHard(t *testing.T) {
	for _, name := range []string{"time is up", "no patience"} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, "deaf", "jaeger")
			up := make(chan time.Time)
			p, err := mustFind(t).Start(t0, Options{Storage: "127.0.0.1:1", after: timeIsUp(up)})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t0)
			defer cancel()
			errs := make(chan error)
			go func() { errs <- p.Stop(ctx) }()
			pid := s.expect("sigterm").Pid
			select {
			case <-p.Done():
				t.Fatal("it ended although it is deaf")
			default:
			}
			if name == "no patience" {
				cancel()
			} else {
				close(up)
			}
			if err := <-errs; err != nil {
				t.Fatal(err)
			}
			s.expectGone(pid)
			s.nothingLeft()
		})
	}
}

// One that dies later is noticed, and what it left running is ended.
func TestEndsByItself(t *testing.T) {
	s := newStage(t, "ready", "jaeger")
	p, err := mustFind(t).Start(t0, Options{Storage: "127.0.0.1:1", after: never})
	if err != nil {
		t.Fatal(err)
	}
	syscall.Kill(s.expect("started").Pid, syscall.SIGKILL)
	var pe *ProcessError
	if err := p.Wait(); !errors.As(err, &pe) || !strings.Contains(err.Error(), "exited early (signal: killed)") {
		t.Errorf("Wait: %v", err)
	}
	s.nothingLeft()
}

func TestGrandchildrenEnd(t *testing.T) {
	s := newStage(t, "leaves", "jaeger")
	_, err := mustFind(t).Start(t0, Options{Storage: "127.0.0.1:1", after: never})
	if err == nil || !strings.Contains(err.Error(), "exit status 4") {
		t.Errorf("error %v", err)
	}
	s.expect("started")
	s.expectGone(s.expect("run").Pid) // the grandchild
	s.nothingLeft()
}

// When we are killed, Linux ends the child.
func TestChildDiesWithUs(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ties a child's life to ours")
	}
	s := newStage(t, "ready", "jaeger", "owner")
	cmd := exec.Command(filepath.Join(s.dir, "owner"))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 100)
	n, _ := out.Read(line)
	if got := string(line[:n]); got != "owner: <nil>\n" {
		t.Fatalf("the owner says %q", got)
	}
	pid := s.expect("started").Pid
	cmd.Process.Kill()
	cmd.Wait()
	s.expectGone(pid)
}

func TestStartRefusesBadStorage(t *testing.T) {
	s := newStage(t, "ready", "jaeger")
	_, err := mustFind(t).Start(t0, Options{Storage: "nowhere"})
	if err == nil || !strings.Contains(err.Error(), `address of the storage "nowhere"`) {
		t.Errorf("error %v", err)
	}
	s.nothingLeft()
}
