package timeline

import (
	"bytes"
	"path"
	"strings"

	"prowtrace/joblog"
	"prowtrace/trace/join"
)

// command is a command line that a log shows before what it printed: by set -x, or by
// kubetest2.
type command struct {
	time  int64 // Unix ns; 0 is not known
	until int64 // the same of the next line of who started it; 0 is not known
	args  []string
	line  int // of the log, counted from 1; 0 is not known
	above int // the command of the log that started it; -1 is none known
}

// A runnerLog is what a runner of kubetest2's kind wrote of itself: it logs each command
// before it runs it. Of several runners in one log it is the last, whose JUnit file is
// the one that stayed.
type runnerLog struct {
	pid      int64
	began    int64              // Unix ns
	programs map[string]bool    // that it started, itself or by its children
	sources  map[string]*extent // when each of its source files wrote
	tester   int64              // when it started its tester, in Unix ns; 0 is never
}

// Marks of kubetest2's log: the source that is its main loop, and the sign before a
// command.
const (
	runnerSource = "app.go"
	commandSign  = "⚙️ "
	testerPrefix = "kubetest2-tester-"
)

const (
	maxSources  = 256    // source files that are told apart, and programs
	maxCommands = 20_000 // of one log
)

// commandReader reads the commands of a log, and what its last runner wrote.
type commandReader struct {
	number  func(i int) int
	runner  *runnerLog
	all     []command
	open    []openCommand
	current string // the title of the last one
}

func (r *commandReader) line(i int, line joblog.Line, text []byte) {
	if len(text) > 0 && text[0] == '+' {
		if c, ok := joblog.Command(text); ok {
			r.shellWent(line)
			r.add(i, line, 0, c)
		}
		return
	}
	if line.Origin != joblog.Read || line.Severity == joblog.NoSeverity {
		return
	}
	pid, place, message, ok := joblog.Klog(text)
	if !ok {
		return
	}
	source, _, _ := bytes.Cut(place, []byte(":"))
	at := line.Time.UnixNano()
	if string(source) == runnerSource && (r.runner == nil || r.runner.pid != pid) {
		r.runner = &runnerLog{pid: pid, began: at, programs: map[string]bool{}, sources: map[string]*extent{}}
	}
	if r.runner != nil {
		r.runner.wrote(at, pid, string(source))
	}
	r.wentOn(pid, at)
	if c, ok := bytes.CutPrefix(message, []byte(commandSign)); ok {
		if args := r.add(i, line, pid, c); r.runner != nil && len(args) > 0 {
			r.runner.started(at, pid, path.Base(args[0]))
		}
	}
}

// add adds a command that a process started, and gives its words.
func (r *commandReader) add(i int, line joblog.Line, by int64, text []byte) []string {
	args := words(text)
	if len(args) == 0 {
		return nil
	}
	r.current = join.Title(args)
	if len(r.all) == maxCommands {
		return args
	}
	c := command{time: timeOf(line), args: args, line: r.number(i), above: -1}
	if n := len(r.open); n > 0 {
		c.above = r.open[n-1].command
	}
	r.all = append(r.all, c)
	if len(r.open) < maxOpen {
		r.open = append(r.open, openCommand{command: len(r.all) - 1, by: by})
	}
	return args
}

// maxWords bounds the words of a command line.
const maxWords = 256

// words parts a command line as a shell has printed it, without what is assigned to
// variables before the program. It undoes plain quotes only.
func words(text []byte) (args []string) {
	for _, w := range strings.Fields(string(text)) {
		if name, _, ok := strings.Cut(w, "="); ok && len(args) == 0 && !strings.ContainsAny(name, "/-.") {
			continue
		}
		if n := len(w); n > 1 && (w[0] == '\'' || w[0] == '"') && w[n-1] == w[0] {
			w = w[1 : n-1]
		}
		if args = append(args, w); len(args) == maxWords {
			break
		}
	}
	return args
}

// wrote notes a line of some process.
func (r *runnerLog) wrote(at, pid int64, source string) {
	if pid != r.pid {
		return
	}
	if e := r.sources[source]; e != nil {
		e.from, e.to = min(e.from, at), max(e.to, at)
	} else if len(r.sources) < maxSources {
		r.sources[source] = &extent{at, at}
	}
}

// started notes a program that the runner or a child of it started.
func (r *runnerLog) started(at, pid int64, program string) {
	if len(r.programs) < maxSources {
		r.programs[program] = true
	}
	if pid == r.pid && r.tester == 0 && strings.HasPrefix(program, testerPrefix) {
		r.tester = at
	}
}

// phase gives when a phase was certainly running, and when it began, as far as the log
// tells: a deployer has its phases in source files of their names.
func (r *runnerLog) phase(name string) (within extent, began int64) {
	if e := r.sources[strings.ToLower(name)+".go"]; e != nil {
		within = *e
	}
	if name == "Test" {
		began = r.tester
	}
	return within, began
}

// ran reports whether the runner ran a program; without a log, only kOps is known to be
// run by one.
func (r *runnerLog) ran(program string) bool {
	if r == nil {
		return program == "kops"
	}
	return r.programs[program]
}
