// Teambench loads prowtrace serve, as a program of its own, with visitors: 200 on 50 runs of
// 100,000 spans, then 10,000 small runs, a few at a time. It prints what the server
// takes: memory, goroutines, open files, mappings. It ends with 1 where the server takes more
// than it may, or answers wrongly.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"prowtrace/internal/gcstest"
)

// Bounds that the server must keep.
const (
	mostAnonymous = 2_000_000_000 // bytes, of RssAnon
	mostGrowth    = 1.25          // of anything, from 2,000 opened runs on
)

func main() {
	program := flag.String("program", "bin/prowtrace", "the program to load")
	visitors := flag.Int("visitors", 200, "visitors at once")
	runs := flag.Int("runs", 50, "runs that they open")
	spans := flag.Int("spans", 100_000, "spans of each")
	opened := flag.Int("opened", 10_000, "small runs that are opened")
	flag.Parse()
	if err := bench(*program, *visitors, *runs, *spans, *opened); err != nil {
		fmt.Fprintln(os.Stderr, "teambench:", err)
		os.Exit(1)
	}
}

func bench(program string, visitors, runs, spans, opened int) error {
	bucket, err := gcstest.Listen("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer bucket.Close()
	putRuns(bucket, "large", runs, traceFile(spans))
	return errors.Join(loaded(program, bucket.Host, visitors, runs), leaks(program, bucket, opened))
}

// server is a running prowtrace serve.
type server struct {
	cmd     *exec.Cmd
	address string // of its pages, without a slash at its end
	dir     string
}

func startServer(program, storage string, flags ...string) (*server, error) {
	dir, err := os.MkdirTemp("", "teambench-")
	if err != nil {
		return nil, err
	}
	program, err = filepath.Abs(program)
	if err != nil {
		return nil, err
	}
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--storage-listen", "127.0.0.1:0", "--visitor-header", "Visitor", "--baseline", "none"}, flags...)
	s := &server{cmd: exec.Command(program, args...), dir: dir}
	s.cmd.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST="+storage, "PROWTRACE_CACHE="+dir, "CI=true")
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd.Stderr = log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if page, ok := strings.CutPrefix(lines.Text(), "pages "); ok {
			s.address = strings.TrimSuffix(page, "/")
			return s, nil
		}
	}
	said, _ := os.ReadFile(log.Name())
	return nil, errors.Join(fmt.Errorf("the server did not start: %s", said), s.stop())
}

func (s *server) stop() error {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	return errors.Join(s.cmd.Wait(), os.RemoveAll(s.dir))
}

// loaded lets visitors open runs, and watches the server's memory.
func loaded(program, storage string, visitors, runs int) (err error) {
	s, err := startServer(program, storage)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	ctx, end := context.WithCancel(context.Background())
	defer end()
	peak := watch(ctx, s.cmd.Process.Pid)
	began := time.Now()
	took, err := visit(ctx, s.address, visitors, runs)
	if err != nil {
		return err
	}
	all := time.Since(began)
	end()
	most := <-peak
	now, err := usageOf(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	fmt.Printf("%d visitors on %d runs: %d answers in %.1f s; half within %d ms, 99 %% within %d ms; anonymous memory at most %d MB, at the end %d MB\n",
		visitors, runs, len(took), all.Seconds(), at(took, 0.5), at(took, 0.99), most/1e6, now.anonymous/1e6)
	if most > mostAnonymous {
		return fmt.Errorf("anonymous memory was %d MB, more than %d MB", most/1e6, int64(mostAnonymous)/1e6)
	}
	return nil
}

// leaks opens small runs, a few at a time, and looks whether anything grows.
func leaks(program string, bucket *gcstest.Server, opened int) (err error) {
	s, err := startServer(program, bucket.Host, "--memory", "400MB", "--visitor-spans", "2000000000", "--cache-size", "200MB")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	var first usage
	small, step := traceFile(10), max(1, opened/5)
	for n := step; n <= opened; n += step {
		if err := openSmall(bucket, s.address, n-step, n, small); err != nil {
			return err
		}
		u, err := usageOf(s.cmd.Process.Pid)
		if err == nil {
			err = u.metrics(s.address)
		}
		if err != nil {
			return err
		}
		fmt.Printf("%d runs opened: %s\n", n, u)
		if first == (usage{}) {
			first = u
		}
		if grown := u.grown(first); grown != "" {
			return fmt.Errorf("after %d opened runs there are more %s than after %d", n, grown, step)
		}
	}
	return nil
}
