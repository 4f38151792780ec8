package fetch

import (
	"path"
	"strings"
)

// A scope is the part of a run that a link asks for: a directory or a file
// below the run's root that lies in an otlp directory. The empty scope is all
// of the run's trace files.
type scope string

// scopeOf reads the path that a link named below the run. A path that leads
// into no otlp directory (build-log.txt, artifacts/cluster-info) does not limit
// anything: who pastes the link of a log wants to see the run it belongs to.
func scopeOf(rest string) scope {
	rest = strings.Trim(rest, "/")
	if otlpDepth(rest) < 0 {
		return ""
	}
	return scope(rest)
}

func (s scope) contains(name string) bool {
	return s == "" || name == string(s) || strings.HasPrefix(name, string(s)+"/")
}

func (s scope) covers(other scope) bool { return s == "" || s.contains(string(other)) }

func (s scope) String() string {
	if s == "" {
		return "artifacts/**/otlp/"
	}
	return string(s)
}

// otlpDepth returns the index of the first otlp directory in artifacts/**/otlp,
// or -1.
func otlpDepth(name string) int {
	segments := strings.Split(name, "/")
	if segments[0] != "artifacts" {
		return -1
	}
	for i, s := range segments {
		if s == "otlp" {
			return i
		}
	}
	return -1
}

// isTrace reports whether an object can hold traces, by its place and, in the
// negative, by its extension. Formats are recognised by content later on, and
// Prow strips .gz from names, so an unknown extension says nothing.
func isTrace(name string) bool {
	depth := otlpDepth(name)
	return depth > 0 && strings.Count(name, "/") > depth && !notTraces[strings.ToLower(path.Ext(name))]
}

var notTraces = map[string]bool{
	".txt": true, ".log": true, ".md": true, ".html": true, ".htm": true, ".css": true, ".js": true, ".csv": true,
	".xml": true, ".yaml": true, ".yml": true, ".png": true, ".jpg": true, ".svg": true, ".pdf": true, ".sh": true,
}
