// Package launch finds a Jaeger on this machine, starts it on top of our own
// gRPC storage, waits until it answers, and ends it again. It also opens the
// browser and builds the deep links that show a trace or a search.
//
// It promises: nothing that Start began outlives Stop (a program, its process
// group, a container, the private directory with the configuration); whatever
// is started listens on loopback only and on ports nobody else holds; what the
// child prints is kept for error messages and never mixed into our output.
//
// It never reads a trace and knows nothing of jobs: the caller hands over the
// address of a storage and what the UI should link to.
//
// What each Jaeger needs was tried with jaeger-query and jaeger-all-in-one 1.76
// and with Jaeger 2.13, 2.20 and its main of August 2026; keys and flags are named
// where they are set.
package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Options say which Jaeger to use and what it shows. Find reads Jaeger and
// Note, Start the rest. The zero value searches the machine.
type Options struct {
	// Jaeger is the program to use: a path, a name on PATH, a directory that
	// holds one, or a container engine (docker, podman, nerdctl) by path or name.
	// Empty means: search PATH for programs, then for a container engine.
	Jaeger string

	// Storage is where our gRPC storage listens, as host:port. An unspecified
	// host (0.0.0.0, ::) is reached over loopback.
	Storage string

	// Port is where Jaeger's page listens on 127.0.0.1; 0 is any free port.
	Port int

	// UI is what the Jaeger UI shows beside the traces.
	UI UI

	// ReadyTimeout bounds the time from starting the program to its first good
	// answer; 0 means one minute. Pulling an image is not part of it.
	ReadyTimeout time.Duration

	// Note receives one line for a person at a time ("pulling image …"). It is
	// called from the goroutine that called Find or Start. May be nil.
	Note func(line string)

	after func(time.Duration) <-chan time.Time // time.After; tests decide when time is up
}

// Jaeger is a Jaeger that can be started: a program of this machine, or an
// image and the engine that runs it. Find makes it; the zero value is of no use.
type Jaeger struct {
	Major   int    // 1 or 2: which configuration and which storage protocol it speaks
	Version string // "2.20.0"; empty when the program does not know its own
	Path    string // absolute path of the program, or of the container engine
	Image   string // the image to run; empty for a program

	flags       map[string]string // v1: the flags it knows and their defaults
	storageType string            // v1: the value of SPAN_STORAGE_TYPE for a remote storage
	engine      engine            // how containers of Image reach us
	pull        bool              // Image is not on this machine yet
}

// ErrNoJaeger is what errors.Is finds in the error of Find when this machine has
// no Jaeger that could be started. The error itself is a *NotFoundError.
var ErrNoJaeger = errors.New("no Jaeger on this machine")

// NotFoundError says what was looked at, and why each thing was of no use. Its text
// has several lines.
type NotFoundError struct {
	Tried []string // one sentence each, in the order of the search
	Image string   // what a container engine would run, if there were one
}

func (e *NotFoundError) Error() string {
	var b strings.Builder
	b.WriteString(ErrNoJaeger.Error() + ":")
	for _, t := range e.Tried {
		b.WriteString("\n  - " + t)
	}
	return b.String()
}

// Unwrap returns ErrNoJaeger.
func (e *NotFoundError) Unwrap() error { return ErrNoJaeger }

// NamedError says that the Jaeger that Options names cannot be used. Err says why:
// fs.ErrPermission, for one, where the file is not executable.
type NamedError struct {
	Jaeger string // as it was named
	Err    error
}

func (e *NamedError) Error() string {
	return fmt.Sprintf("cannot use the Jaeger %q: %v", e.Jaeger, e.Err)
}

// Unwrap returns Err.
func (e *NamedError) Unwrap() error { return e.Err }

// programs are the names under which Jaeger is installed, best first: v2, then
// the query-only v1, then the v1 that brings a collector along.
var programs = []string{"jaeger", "jaeger-query", "jaeger-all-in-one"}

// engines run Jaeger's image where there is no program, in the order of asking.
var engines = []string{"docker", "podman", "nerdctl"}

// Find returns the Jaeger that o.Jaeger names, or the first usable one of this
// machine. It runs each candidate to ask what it is (0.1 s for a program; at most
// ten seconds for one that hangs), so it is worth running beside a download.
//
// A search without result is a *NotFoundError. When o.Jaeger is given nothing
// else is tried, and the error says what is wrong with that one.
func Find(ctx context.Context, o Options) (Jaeger, error) {
	if o.Jaeger != "" {
		return named(ctx, o.Jaeger)
	}
	var tried, unusable []string
	for _, kind := range []struct {
		names   []string
		ask     func(context.Context, string) (Jaeger, error)
		missing string
	}{
		{programs, askProgram, "no program " + strings.Join(programs, ", ") + " is on PATH"},
		{engines, askEngine, "no container engine (" + strings.Join(engines, ", ") + ") is on PATH"},
	} {
		missing := true
		for _, name := range kind.names {
			path, err := exec.LookPath(name)
			if err != nil {
				continue
			}
			missing = false
			j, err := kind.ask(ctx, path)
			if err == nil {
				for _, u := range unusable { // why it is not the one that was expected
					o.note(u)
				}
				return j, nil
			}
			if ctx.Err() != nil {
				return Jaeger{}, fmt.Errorf("cannot look for Jaeger: %w", ctx.Err())
			}
			unusable = append(unusable, err.Error())
			tried = append(tried, err.Error())
		}
		if missing {
			tried = append(tried, kind.missing)
		}
	}
	return Jaeger{}, &NotFoundError{Tried: tried, Image: defaultImage}
}

// named gives the Jaeger that Options names. Errors are *NamedError.
func named(ctx context.Context, what string) (Jaeger, error) {
	path := what
	if info, err := os.Stat(what); err == nil && info.IsDir() {
		path = ""
		for _, name := range programs {
			if p, err := exec.LookPath(filepath.Join(what, name)); err == nil {
				path = p
				break
			}
		}
		if path == "" {
			return Jaeger{}, &NamedError{what, errors.New("the directory holds no " + strings.Join(programs, ", "))}
		}
	}
	found, err := exec.LookPath(path)
	if err != nil && !errors.Is(err, exec.ErrDot) {
		return Jaeger{}, &NamedError{what, errors.Unwrap(err)}
	}
	found, err = filepath.Abs(found)
	if err != nil {
		return Jaeger{}, &NamedError{what, err}
	}
	ask := askProgram
	if isEngine(found) {
		ask = askEngine
	}
	j, err := ask(ctx, found)
	if err != nil {
		return Jaeger{}, &NamedError{what, err}
	}
	return j, nil
}

// String names the Jaeger for a person: "Jaeger 2.20.0 (/usr/bin/jaeger)".
func (j Jaeger) String() string {
	version := j.Version
	if version == "" {
		version = fmt.Sprintf("v%d", j.Major)
	}
	if j.Image != "" {
		return fmt.Sprintf("Jaeger %s (%s image %s)", version, programName(j.Path), j.Image)
	}
	return fmt.Sprintf("Jaeger %s (%s)", version, j.Path)
}

// StorageHost is the host our storage has to listen on so that this Jaeger
// reaches it: 127.0.0.1, or 0.0.0.0 for a container in a virtual machine (macOS,
// Windows, Docker Desktop), which sees us as just another host. Callers should
// say so then: the storage can be read from the network while it runs.
func (j Jaeger) StorageHost() string {
	if j.engine.gateway != "" {
		return "0.0.0.0"
	}
	return "127.0.0.1"
}

func (o Options) note(line string) {
	if o.Note != nil {
		o.Note(line)
	}
}

func (o Options) timeAfter(d time.Duration) <-chan time.Time {
	if o.after != nil {
		return o.after(d)
	}
	return time.After(d)
}

// programName is the name of a program without directory and ".exe".
func programName(path string) string {
	return strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".exe")
}
