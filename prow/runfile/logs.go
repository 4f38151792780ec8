package runfile

import (
	"path"
	"regexp"
	"strings"
	"time"
)

// LogOf says what wrote a log file: a container of the pod, or a step of
// ci-operator.
type LogOf struct {
	// Container is the container's name, if the file's name has it. Prow adds
	// it only if a pod has several test containers; see [Metadata.Container].
	Container string

	// Test and Step are set for the log of a step: ci-operator runs step S of test T
	// as T-S. A test with a single step has no Test.
	Test, Step string
}

// Where logs are stored. The sidecar writes build-log.txt, or one file for each container.
// The logs of ci-operator's steps have their own directories.
const (
	logName = "build-log.txt"

	// StepLogGlob is a pattern for a listing that finds the logs of steps, and may find others.
	StepLogGlob = "artifacts/**/" + logName
)

var containerLog = regexp.MustCompile(`^(?:([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)-)?build-log\.txt$`)

// ParseLog returns what wrote the log with this name below a run's root. ok is false for
// files that are not such logs.
func ParseLog(name string) (of LogOf, ok bool) {
	if m := containerLog.FindStringSubmatch(name); m != nil {
		return LogOf{Container: m[1]}, true
	}
	dir, isStep := strings.CutPrefix(name, "artifacts/")
	dir, isLog := strings.CutSuffix(dir, "/"+logName)
	parts := strings.Split(dir, "/")
	switch {
	case !isStep || !isLog || parts[0] == "" || parts[len(parts)-1] == "" || len(parts) > 2:
		return LogOf{}, false
	case len(parts) == 1:
		return LogOf{Step: parts[0]}, true
	}
	return LogOf{Test: parts[0], Step: parts[1]}, true
}

func isContainerLog(name string) bool {
	of, ok := ParseLog(name)
	return ok && of.Step == ""
}

func isStepLog(name string) bool {
	of, ok := ParseLog(name)
	return ok && of.Step != ""
}

// Container returns the name of the container that wrote a log: the one in the file's name,
// else the only test container. It is "" for the log of a step, and if the name is
// unknown.
func (m *Metadata) Container(of LogOf) string {
	if of.Container != "" || of.Step != "" || m == nil {
		return of.Container
	}
	if m.Pod != nil {
		name := ""
		for _, c := range m.Pod.Containers {
			if c.Role == RoleTest {
				if name != "" {
					return ""
				}
				name = c.Name
			}
		}
		if name != "" {
			return name
		}
	}
	return testName
}

// TestContainers returns the names of the test containers, each with the name
// that its log has below the run's root. It uses Prow's names, even before the pod has
// been described.
func (m *Metadata) TestContainers() (logs map[string]string) {
	var names []string
	if m.Pod != nil {
		for _, c := range m.Pod.Containers {
			if c.Role == RoleTest {
				names = append(names, c.Name)
			}
		}
	}
	if len(names) == 0 && m.ProwJob != nil {
		if configured := m.ProwJob.containers(); len(configured) > 1 {
			names = configured
		}
	}
	if len(names) == 0 {
		names = []string{testName}
	}
	logs = map[string]string{}
	for _, name := range names[:min(len(names), maxContainers)] {
		if log := name + "-" + logName; len(names) > 1 && isContainerLog(log) {
			logs[name] = log
		} else if len(names) == 1 {
			logs[name] = logName
		}
	}
	return logs
}

// Span returns when the run began and ended, as far as its files say. A zero time is
// unknown.
func (m *Metadata) Span() (start, end time.Time) {
	start = m.Since()
	if m.Finished != nil {
		end = m.Finished.Time
	}
	if m.ProwJob != nil && m.ProwJob.Completion.After(end) {
		end = m.ProwJob.Completion
	}
	return start, end
}

// LogOrder returns the order in which logs are wanted, the lowest first: logs of failed
// steps, logs of containers, all others. It takes names below the run's root.
func (m *Metadata) LogOrder() func(name string) int {
	failed := m.StepLogs()
	return func(name string) int {
		switch {
		case failed[name]:
			return 0
		case isContainerLog(name):
			return 1
		}
		return 2
	}
}

// operatorCase matches the case of junit_operator.xml for step S of test T, which runs as
// T-S (openshift/ci-tools, pkg/steps/multi_stage/run.go).
var operatorCase = regexp.MustCompile(`^Run multi-stage test (\S+) - (\S+) container test$`)

// StepLogs returns the names of the logs of ci-operator's finished steps, below the run's
// root, and whether each step failed. It reads the step graph, and junit_operator.xml for steps
// that are not in it: earlier graphs had no parts. m may be nil.
func (m *Metadata) StepLogs() (failed map[string]bool) {
	failed = map[string]bool{}
	if m == nil {
		return failed
	}
	for _, suite := range m.Suites {
		if path.Base(suite.File) != "junit_operator.xml" {
			continue
		}
		for _, c := range suite.Cases {
			named := operatorCase.FindStringSubmatch(c.Name)
			if named != nil && (c.Outcome == CasePassed || c.Outcome == CaseFailed) {
				failed[StepDir(named[1], named[2])+logName] = c.Outcome == CaseFailed
			}
		}
	}
	var walk func(test string, steps []Step)
	walk = func(test string, steps []Step) { // no deeper than maxStepDepth
		for _, s := range steps {
			if s.Failed || !s.Finished.IsZero() {
				failed[StepDir(test, s.Name)+logName] = s.Failed
			}
			walk(s.Name, s.Steps)
		}
	}
	walk("", m.Steps)
	return failed
}
