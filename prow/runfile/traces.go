package runfile

import (
	"path"
	"strings"
)

// Where traces lie below a run's root. Test suites write to TraceDir. TraceGlob also
// finds what steps and machines wrote, but a store has to search the run for it.
const (
	TraceDir  = "artifacts/otlp/"
	TraceGlob = "artifacts/**/otlp/**"
)

// IsTrace reports whether an object can hold traces. name is its name below the
// run's root. The object must be in artifacts/**/otlp/. Its extension can only speak
// against it: formats are recognised by content later, and Prow strips .gz
// from names, so an unknown extension says nothing.
func IsTrace(name string) bool {
	depth := otlpDepth(name)
	return depth > 0 && strings.Count(name, "/") > depth && !notTraces[strings.ToLower(path.Ext(name))]
}

// InTraces reports whether a path below a run's root is, or lies in, one of its
// otlp directories.
func InTraces(name string) bool { return otlpDepth(name) > 0 }

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

var notTraces = map[string]bool{
	".txt": true, ".log": true, ".md": true, ".html": true, ".htm": true, ".css": true, ".js": true, ".csv": true,
	".xml": true, ".yaml": true, ".yml": true, ".png": true, ".jpg": true, ".svg": true, ".pdf": true, ".sh": true,
}
