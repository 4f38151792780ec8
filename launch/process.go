package launch

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	grace        = 5 * time.Second       // between asking a child to end and killing it
	killLimit    = 10 * time.Second      // until even a killed one counts as stuck
	defaultReady = time.Minute           // measured: 0.3 s; a cold disk and a busy machine take longer
	pollEvery    = 50 * time.Millisecond // between two questions whether it is ready
	portAttempts = 5
)

// Process is a running Jaeger. Its methods are safe for concurrent use.
//
// Whoever started it must call Stop; the child does not outlive a call of Stop.
// If our own process is killed so that it cannot call Stop, Linux ends the child;
// on other systems it goes on until it is ended by hand.
type Process struct {
	URL string // where its UI and API are: http://127.0.0.1:port, without a slash at the end

	jaeger    Jaeger
	dir       string // private directory with the configuration, removed at the end
	container string // name of the container; empty for a program
	nonce     string // what nonceHeader must say; empty when this Jaeger cannot say it
	tail      tail
	after     func(time.Duration) <-chan time.Time
	child     *os.Process

	stopping  atomic.Bool
	terminate sync.Once
	done      chan struct{}
	err       error // how it ended; set before done is closed
}

// Start starts j on o.Storage and returns when it answers with 200. Another
// program that takes the chosen port in between costs a further attempt.
//
// ctx bounds the start only: when it ends before Jaeger is ready, Jaeger is ended
// and the error is ctx's. A Jaeger that ends early, or does not answer within
// o.ReadyTimeout, is a *ProcessError. After an error nothing is left running.
func (j Jaeger) Start(ctx context.Context, o Options) (*Process, error) {
	if err := j.pullImage(ctx, o); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		p, err := j.startOnce(ctx, o)
		var ended *ProcessError
		if attempt < portAttempts && errors.As(err, &ended) && ended.portTaken() {
			continue
		}
		return p, err
	}
}

func (j Jaeger) startOnce(ctx context.Context, o Options) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", j, err)
	}
	port, err := freePort(o.Port)
	if err != nil {
		return nil, err
	}
	p := newProcess(j, port, o.timeAfter)
	cmd, err := p.prepare(o, port)
	if err == nil {
		err = p.spawn(cmd)
	}
	if err != nil {
		p.removeDir()
		return nil, fmt.Errorf("cannot start %s: %w", j, err)
	}
	if err := p.waitReady(ctx, o); err != nil {
		// Gently even when ctx has ended: that is how a user's Ctrl-C arrives here.
		if stopErr := p.Stop(context.WithoutCancel(ctx)); stopErr != nil {
			err = errors.Join(err, stopErr)
		}
		return nil, err
	}
	return p, nil
}

func newProcess(j Jaeger, port int, after func(time.Duration) <-chan time.Time) *Process {
	return &Process{
		URL:    "http://127.0.0.1:" + strconv.Itoa(port),
		jaeger: j,
		nonce:  rand.Text(),
		after:  after,
		done:   make(chan struct{}),
	}
}

// prepare writes the configuration and builds the command.
func (p *Process) prepare(o Options, port int) (*exec.Cmd, error) {
	j := p.jaeger
	parent := "" // the system's directory for temporary files
	if j.engine.gateway != "" {
		// A virtual machine sees the home directory, but not always that one.
		if cache, err := os.UserCacheDir(); err == nil && os.MkdirAll(cache, 0o700) == nil {
			parent = cache
		}
	}
	var err error
	if p.dir, err = os.MkdirTemp(parent, "prowtrace-jaeger-"); err != nil { // mode 0700
		return nil, fmt.Errorf("cannot create a directory for its configuration: %w", err)
	}
	dir := p.dir
	if j.Image != "" {
		// The container's user may read this one; on this machine nobody else gets to it.
		dir = filepath.Join(p.dir, "config")
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
	}
	s, err := j.setupFor(o.Storage, port, p.nonce)
	if err != nil {
		return nil, err
	}
	if err := j.write(dir, s, o.UI, j.Image != ""); err != nil {
		return nil, err
	}
	var cmd *exec.Cmd
	switch {
	case j.Image != "":
		p.container = filepath.Base(p.dir)
		cmd = exec.Command(j.Path, j.runArgs(p.container, dir, port)...)
	case j.Major == 2:
		cmd = exec.Command(j.Path, "--config="+configName)
		cmd.Dir = p.dir
	default:
		if _, ok := j.flags["query.additional-headers"]; !ok {
			p.nonce = ""
		}
		cmd = exec.Command(j.Path, v1Args(s, j.flags)...)
		cmd.Env = v1Env(os.Environ(), j.storageType, j.flags)
		cmd.Dir = p.dir
	}
	cmd.Stdout, cmd.Stderr = &p.tail, &p.tail
	cmd.WaitDelay = time.Second // for grandchildren that keep the pipe open
	// The client of an engine passes SIGTERM on to its container; a program is killed.
	ownGroup(cmd, true)
	if p.container != "" {
		deathByTerm(cmd)
	}
	return cmd, nil
}

// spawn starts the command and the goroutine that waits for its end.
func (p *Process) spawn(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		// Linux ends the child when the thread that started it ends, so this
		// goroutine keeps its thread until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		p.child = cmd.Process
		started <- err
		if err != nil {
			return
		}
		untie := tie(cmd.Process)
		err = cmd.Wait()
		untie()
		killGroup(cmd.Process) // what a wrapper script may have left behind
		if p.container != "" {
			p.engineCommand("rm", "-f", p.container)
		}
		p.removeDir()
		how := "exit status 0"
		if err != nil {
			how = err.Error()
		}
		p.err = &ProcessError{Jaeger: p.jaeger.String(), Reason: "exited early (" + how + ")", Lines: p.tail.Lines(), ended: true}
		close(p.done)
	}()
	return <-started
}

// Done is closed when Jaeger has ended, for whatever reason, and is cleaned up.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait returns when Jaeger has ended: nil after Stop, else a *ProcessError.
func (p *Process) Wait() error {
	<-p.done
	if p.stopping.Load() {
		return nil
	}
	return p.err
}

// LastLines returns what Jaeger printed last, oldest first, safe for a terminal.
func (p *Process) LastLines() []string { return p.tail.Lines() }

// Stop ends Jaeger and returns when it is gone and its directory is removed:
// SIGTERM to its process group (or the engine's stop), after five seconds or as
// soon as ctx ends a kill. It may be called more than once and on a Jaeger that
// has ended. The error, if any, says what could not be ended.
func (p *Process) Stop(ctx context.Context) error {
	p.stopping.Store(true)
	select {
	case <-p.done:
		return nil
	default:
	}
	patience := grace
	if p.container != "" {
		patience += 3 * time.Second // the engine itself waits for grace and then kills
	}
	if ctx.Err() == nil {
		p.terminate.Do(func() {
			if p.container == "" {
				terminateGroup(p.child)
				return
			}
			go p.engineCommand("stop", "-t", strconv.Itoa(int(grace/time.Second)), p.container)
		})
	}
	select {
	case <-p.done:
		return nil
	case <-p.after(patience):
	case <-ctx.Done():
	}
	if p.container != "" {
		p.engineCommand("rm", "-f", p.container)
	}
	killGroup(p.child)
	select {
	case <-p.done:
		return nil
	case <-time.After(killLimit):
		return fmt.Errorf("cannot stop %s: process %d still runs after it was killed", p.jaeger, p.child.Pid)
	}
}

// engineCommand tells the engine to end the container. Its failures mean that the
// container is gone already, or that the engine is.
func (p *Process) engineCommand(args ...string) {
	_, _, _ = run(context.Background(), nil, p.jaeger.Path, args...)
}

func (p *Process) removeDir() {
	if p.dir != "" {
		_ = os.RemoveAll(p.dir)
	}
}

var errLate = errors.New("not ready in time")

// waitReady asks until Jaeger answers, ends, or the time is over.
func (p *Process) waitReady(parent context.Context, o Options) error {
	limit := o.ReadyTimeout
	if limit <= 0 {
		limit = defaultReady
	}
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	late := p.after(limit)
	go func() {
		select {
		case <-p.done:
			cancel(p.err)
		case <-late:
			cancel(errLate)
		case <-ctx.Done():
		}
	}()
	client := &http.Client{
		// No proxy stands between us and our child, whatever HTTP_PROXY says.
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}
	answer := "GET " + p.URL + readyPaths[0] + " was not answered"
	for {
		said, ready := p.askReady(ctx, client)
		if ready {
			return nil
		}
		if ctx.Err() == nil { // else the question was cut short and says nothing
			answer = said
		}
		select {
		case <-time.After(pollEvery):
			continue
		case <-ctx.Done():
		}
		switch cause := context.Cause(ctx); {
		case cause == errLate:
			return &ProcessError{
				Jaeger: p.jaeger.String(),
				Reason: fmt.Sprintf("was not ready within %v: %s", limit, answer),
				Lines:  p.tail.Lines(),
			}
		case parent.Err() != nil:
			return fmt.Errorf("cannot wait for %s: %w", p.jaeger, context.Cause(parent))
		default:
			return cause // p.err
		}
	}
}

// readyPaths need the storage: when one answers, the whole chain works. Jaeger 1
// and 2 up to 2.20 have the first; its successors have only the second.
var readyPaths = [...]string{"/api/services", "/api/v3/services"}

// askReady asks once; said describes an answer that was not good.
func (p *Process) askReady(ctx context.Context, client *http.Client) (said string, ready bool) {
	for _, path := range readyPaths {
		answer, status := p.askServices(ctx, client, path)
		if answer == "" {
			return "", true
		}
		if said = "GET " + p.URL + path + " gave " + answer; status != http.StatusNotFound {
			break
		}
	}
	return said, false
}

// askServices wants a list of services; said is empty when it came.
func (p *Process) askServices(ctx context.Context, client *http.Client, path string) (said string, status int) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path, nil)
	if err != nil {
		return err.Error(), 0
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Sprintf("no answer (%v)", errors.Unwrap(err)), 0
	}
	defer res.Body.Close()
	if p.nonce != "" && res.Header.Get(nonceHeader) != p.nonce {
		return "the answer of another program on this port", 0
	}
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
		return fmt.Sprintf("%s: %s", plain(res.Status), plain(string(body))), res.StatusCode
	}
	var services struct{ Data, Services []string } // one on either path
	if err := json.NewDecoder(io.LimitReader(res.Body, 16<<20)).Decode(&services); err != nil {
		return fmt.Sprintf("something that is not a list of services (%v)", err), res.StatusCode
	}
	return "", res.StatusCode
}

// freePort returns a TCP port of 127.0.0.1 that is free now: the wanted one, or any with 0.
func freePort(wanted int) (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(wanted))
	if err != nil && wanted != 0 {
		return 0, fmt.Errorf("cannot use port %d on 127.0.0.1: %w", wanted, err)
	}
	if err != nil {
		return 0, fmt.Errorf("cannot find a free port on 127.0.0.1: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
