package timeline

import (
	"bytes"
	"path"
	"strings"

	"prowtrace/joblog"
)

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
	maxSources = 256     // source files that are told apart, and programs
	maxCommand = 4 << 10 // bytes of a line that are looked at
)

// readRunner reads what the last runner wrote in a log; nil if there is none.
func readRunner(l *joblog.Log) *runnerLog {
	var r *runnerLog
	var text []byte
	for i, line := range l.Lines() {
		if line.Origin != joblog.Read || line.Severity == joblog.NoSeverity {
			continue
		}
		text = l.Text(text[:0], i, maxCommand)
		pid, place, message, ok := joblog.Klog(text)
		if !ok {
			continue
		}
		source, _, _ := bytes.Cut(place, []byte(":"))
		if string(source) == runnerSource && (r == nil || r.pid != pid) {
			r = &runnerLog{pid: pid, began: line.Time.UnixNano(), programs: map[string]bool{}, sources: map[string]*extent{}}
		}
		if r != nil {
			r.add(line.Time.UnixNano(), pid, string(source), message)
		}
	}
	return r
}

func (r *runnerLog) add(at, pid int64, source string, message []byte) {
	if command, ok := bytes.CutPrefix(message, []byte(commandSign)); ok && len(r.programs) < maxSources {
		program, _, _ := strings.Cut(string(command), " ")
		program = path.Base(program)
		r.programs[program] = true
		if pid == r.pid && r.tester == 0 && strings.HasPrefix(program, testerPrefix) {
			r.tester = at
		}
	}
	if pid != r.pid {
		return
	}
	if e := r.sources[source]; e != nil {
		e.from, e.to = min(e.from, at), max(e.to, at)
	} else if len(r.sources) < maxSources {
		r.sources[source] = &extent{at, at}
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
