package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// figures are what one run of a tool cost.
type figures struct {
	Wall   time.Duration
	CPU    time.Duration // of the tool's processes
	Memory int64         // bytes; 0 where the system does not tell
	Server time.Duration // CPU of server and line meanwhile
}

// measured runs a command in a process that measures it. Linux counts the
// memory of the process that starts another as the other's, until that has
// loaded its program; this one holds the set, the one in between nothing.
func measured(command, env []string) (figures, error) {
	self, err := os.Executable()
	if err != nil {
		return figures{}, err
	}
	cmd := exec.Command(self, append([]string{"measure"}, command...)...)
	cmd.Env = env
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return figures{}, fmt.Errorf("%w: %s", err, lastLines(complaint.String()))
	}
	var f figures
	return f, json.Unmarshal(out, &f)
}

// measure runs the command that args are and prints its figures.
func measure(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	err := cmd.Run()
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return json.NewEncoder(os.Stdout).Encode(figures{
		Wall: time.Since(start), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Memory: peak(cmd.ProcessState),
	})
}

func lastLines(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], " / ")
}

// medians takes each figure's median by itself.
func medians(runs []figures) figures {
	return figures{
		Wall:   median(runs, func(f figures) time.Duration { return f.Wall }),
		CPU:    median(runs, func(f figures) time.Duration { return f.CPU }),
		Memory: median(runs, func(f figures) int64 { return f.Memory }),
		Server: median(runs, func(f figures) time.Duration { return f.Server }),
	}
}

func median[R any, T cmp.Ordered](runs []R, of func(R) T) T {
	values := make([]T, len(runs))
	for i, f := range runs {
		values[i] = of(f)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func extremes(runs []figures) (fastest, slowest time.Duration) {
	byWall := func(a, b figures) int { return cmp.Compare(a.Wall, b.Wall) }
	return slices.MinFunc(runs, byWall).Wall, slices.MaxFunc(runs, byWall).Wall
}
