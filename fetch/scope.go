package fetch

import (
	"strings"

	"prowtrace/prow/runfile"
)

// A scope is the part of a run that a link asks for: a directory or a file
// below the run's root that lies in an otlp directory. The empty scope is all
// of the run's trace files.
type scope string

// noTraces is the scope that contains no trace file. No link names it.
const noTraces scope = "-"

// scopeOf parses the path below the run that a link named. A path that leads
// into no otlp directory (build-log.txt, artifacts/cluster-info) does not limit
// anything: a user who pastes the link of a log wants to see its whole run.
func scopeOf(rest string) scope {
	rest = strings.Trim(rest, "/")
	if !runfile.InTraces(rest) {
		return ""
	}
	return scope(rest)
}

func (s scope) contains(name string) bool {
	return s == "" || s != noTraces && (name == string(s) || strings.HasPrefix(name, string(s)+"/"))
}

func (s scope) covers(other scope) bool {
	return s == other || other == noTraces || s.contains(string(other))
}

func (s scope) String() string {
	if s == "" || s == noTraces {
		return "artifacts/**/otlp/"
	}
	return string(s)
}
