package launch

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"prowtrace/internal/text"
)

const (
	tailLines    = 20  // how many of the last lines are kept
	tailLineSize = 500 // bytes shown of one line; Jaeger's log lines carry long JSON
)

// tail keeps the last lines written to it: what a child printed before it died.
// Safe for concurrent use; it never fails and never grows.
type tail struct {
	mu    sync.Mutex
	lines []string
	part  []byte // the line that has no end yet
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(p)
	for {
		i := bytes.IndexAny(p, "\r\n")
		if i < 0 {
			break
		}
		t.add(append(t.part, t.fitting(p[:i])...))
		t.part, p = t.part[:0], p[i+1:]
	}
	t.part = append(t.part, t.fitting(p)...)
	return n, nil
}

// fitting cuts p so that the part in the making stays bounded. It leaves room for
// escapes that are taken out later.
func (t *tail) fitting(p []byte) []byte {
	return p[:min(len(p), max(0, 8*tailLineSize-len(t.part)))]
}

func (t *tail) add(line []byte) {
	if l := plain(string(line)); l != "" {
		t.lines = append(t.lines, l)
		if len(t.lines) > tailLines {
			t.lines = slices.Delete(t.lines, 0, 1)
		}
	}
}

// Lines returns the lines so far, oldest first, free of terminal escapes.
func (t *tail) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := slices.Clone(t.lines)
	if l := plain(string(t.part)); l != "" {
		lines = append(lines, l)
	}
	return lines[max(0, len(lines)-tailLines):]
}

// plain bounds one line of another program's output and makes it safe for a terminal.
func plain(line string) string { return text.Plain(line, tailLineSize) }

// runToTail runs a command to its end and returns its last lines.
func runToTail(ctx context.Context, path string, args ...string) ([]string, error) {
	var t tail
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout, cmd.Stderr = &t, &t
	cmd.WaitDelay = time.Second
	ownGroup(cmd, false)
	cmd.Cancel = func() error { killGroup(cmd.Process); return nil }
	err := cmd.Run()
	return t.Lines(), err
}

// ProcessError is a Jaeger that did not start, did not get ready, or ended by
// itself. Its text has several lines: the last that Jaeger printed follow the reason.
type ProcessError struct {
	Jaeger string   // Jaeger.String of what was started
	Reason string   // continues the sentence that Jaeger begins
	Lines  []string // the last lines it printed, oldest first, safe for a terminal

	NotPulled bool // its image is not on this machine and could not be pulled

	ended bool // the process is gone (it may have failed for its port)
}

func (e *ProcessError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Jaeger, e.Reason)
	if len(e.Lines) == 0 {
		b.WriteString("; it printed nothing")
		return b.String()
	}
	b.WriteString("; its last output:")
	for _, l := range e.Lines {
		b.WriteString("\n    " + l)
	}
	return b.String()
}

// portTaken reports whether it ended because another program took its port.
func (e *ProcessError) portTaken() bool {
	return e.ended && slices.ContainsFunc(e.Lines, func(l string) bool {
		for _, sign := range []string{
			"address already in use",
			"Only one usage of each socket address", // Windows
			"port is already allocated",             // docker
		} {
			if strings.Contains(l, sign) {
				return true
			}
		}
		return false
	})
}
