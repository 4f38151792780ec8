package timeline

import (
	"context"
	"errors"
	"fmt"

	"prowtrace/internal/text"
	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// A Log holds what was read from the log of a container or a step: the commands it shows,
// the phases that its writers mark, and its errors. It no longer needs the log itself.
type Log struct {
	Of   runfile.LogOf
	File string // below the run's root

	foreign  bool // its clock differs from the run's: no line can be placed in time
	runner   *runnerLog
	commands []command
	phases   []logPhase
	errors   []errorLine
	more     int // errors that are only counted
}

// logReader reads one aspect of a log, line by line. The text is valid only for the call.
type logReader interface {
	line(i int, line joblog.Line, text []byte)
}

// look is the number of lines after which the context is checked.
const look = 4096

// maxText bounds how much of a line is read, in bytes.
const maxText = 4 << 10

// ReadLog reads a log once. file is its name below the run's root. number returns the
// number of a line in the whole log, from 1, or 0 if it is not known. The error is
// that of ctx, or says that the file is not a log of a container or step.
func ReadLog(ctx context.Context, file string, l *joblog.Log, number func(i int) int) (*Log, error) {
	of, ok := runfile.ParseLog(file)
	if !ok {
		return nil, fmt.Errorf("cannot read %s: %w", text.Name(file), errors.New("it is no log of a container or step"))
	}
	commands, failures := &commandReader{number: number}, &errorReader{number: number}
	phases := newPhaseReader()
	failures.commands = commands
	readers := []logReader{commands, phases, failures}
	var line []byte
	for i, at := range l.Lines() {
		if i%look == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		line = l.Text(line[:0], i, maxText)
		for _, r := range readers {
			r.line(i, at, line)
		}
	}
	commands.end()
	return &Log{
		Of: of, File: runfile.Name(file), foreign: l.Foreign(), runner: commands.runner, commands: commands.all,
		phases: phases.end(), errors: failures.all, more: failures.more,
	}, nil
}

// logOf finds the log of a container or a step; nil if none is usable.
func (t *timeline) logOf(n *node) *Log {
	for _, l := range t.o.Logs {
		if t.writer(l.Of) == n && !l.foreign {
			return l
		}
	}
	return nil
}

// writer finds the span that wrote a log; nil if there is none.
func (t *timeline) writer(of runfile.LogOf) *node {
	if of.Step == "" {
		if n := t.containers[t.m.Container(of)]; n != nil {
			return n
		}
		return t.testParent()
	}
	if n := t.stepNodes[of.Test+"-"+of.Step]; n != nil {
		return n
	}
	return t.stepNodes[of.Step]
}

// runnerLog is what the runner wrote in the log of a container or step.
func (t *timeline) runnerLog(n *node) *runnerLog {
	if l := t.logOf(n); l != nil {
		return l.runner
	}
	return nil
}
