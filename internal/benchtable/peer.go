package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

var peerLoad = figure{"Peer", "ns/op"}

// buildPeer builds kOps' trace server, a module of its own, and gives its path.
func buildPeer(ctx context.Context, dir, temp string) (string, error) {
	server := filepath.Join(temp, "traceserver")
	build := exec.CommandContext(ctx, "go", "build", "-o", server, ".")
	build.Dir = dir
	build.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the peer in %s: %w: %s", dir, err, out)
	}
	return server, nil
}

// timePeer gives how long the peer takes from its start until it says that it listens,
// which it does when it has loaded.
func timePeer(ctx context.Context, server, spans string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, server, "-src", spans, "-listen", "127.0.0.1:0")
	says, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		cancel()
		_ = cmd.Wait()
	}()
	last := ""
	for lines := bufio.NewScanner(says); lines.Scan(); {
		if last = lines.Text(); strings.Contains(last, "server listening") {
			return time.Since(began), nil
		}
	}
	return 0, fmt.Errorf("cannot measure the peer: it ended before it listened: %s", last)
}
