package session

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"prowtrace/fetch"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// An Input is what one argument came to: files on this machine, and the run they
// are of if it is known. It is safe for concurrent readers.
type Input struct {
	// Ref says what was asked for. Its Run is what is known of the run.
	Ref prow.Ref

	// Fetched is the run in the cache; nil for other files.
	Fetched *fetch.Result

	// Sources are the trace files. Those of a run have the names that they have in it.
	Sources []trace.Source

	// Trace is the id of the joined trace; zero before Load, and where traces are not
	// joined.
	Trace trace.TraceID

	// readMetadata reads the small files of the run at its first call, and gives what is
	// missing or broken. It is nil for files of which nothing is known.
	readMetadata func() (*runfile.Metadata, []runfile.Loss)
	metadataTold sync.Once

	// fetchRest asks for the run in the cache once more; nil for other files.
	fetchRest func(context.Context) (*fetch.Result, error)

	remove   func() error   // the file that standard input was kept in; nil: there is none
	leftOut  []runfile.Loss // trace files that could not be fetched, or read of archives
	untraced error          // see Untraced; set by a fetch, or by Load

	logs inputLogs
}

// inputLogs are the logs of an input.
type inputLogs struct {
	local []trace.Source // those among the files that were named
	files []trace.Source // all of these
	known prow.Instances

	// fetch brings those of a run in the cache; nil for other files, and for a run
	// that was named by its directory in a cache.
	fetch func(ctx context.Context) (*fetch.Logs, error)
	more  func(ctx context.Context, name string, offset, size int64) (fetch.Artifact, error)
	list  func(ctx context.Context) ([]fetch.Listed, error)
	one   func(ctx context.Context, name string) (fetch.Artifact, []runfile.Loss, error)
	live  *liveLogs // nil where they may not be asked for

	turns turns // of fetching: each artifact for itself, and all logs together (theLogs)

	mu     sync.Mutex // guards what follows, and is held for moments only
	found  bool       // all is complete
	closed bool
	all    []*Log
	before []*Log // those that all had with fewer lines
	others []*Log // artifacts that are no logs by their names
	lost   []runfile.Loss
}

// IsRun reports whether the files are of a run, wherever they lie.
func (in *Input) IsRun() bool { return in.readMetadata != nil }

// Located reports whether it is known in which bucket the run lies, and where.
func (in *Input) Located() bool {
	return in.Fetched != nil || in.IsRun() && in.Ref.Bucket != ""
}

// Title names the input for a person.
func (in *Input) Title() string {
	switch {
	case in.Ref.Job != "":
		return strings.TrimSpace(runName(in.Ref.Run))
	case in.Ref.Kind == prow.KindStdin:
		return "standard input"
	}
	return in.Ref.Path
}

// Metadata is what the small files of the run say; nil for files of which nothing
// is known. They are read once, at the first call. What is missing or broken in them
// is told by Load.
func (in *Input) Metadata() *runfile.Metadata {
	if in.readMetadata == nil {
		return nil
	}
	m, _ := in.readMetadata()
	return m
}

// Losses are what of the run could not be had, and what of its small files could not
// be read.
func (in *Input) Losses() []runfile.Loss {
	if in.readMetadata == nil {
		return in.leftOut
	}
	_, losses := in.readMetadata()
	if in.Fetched != nil {
		losses = slices.Concat(in.Fetched.Lost, losses)
	}
	return slices.Concat(in.leftOut, losses)
}

// AsOf is when the run's bucket was asked; zero for other files.
func (in *Input) AsOf() time.Time {
	if in.Fetched == nil {
		return time.Time{}
	}
	return in.Fetched.Listed
}

// Unfinished says of a run that it had not ended when its bucket was asked. There
// may be more of it by now.
type Unfinished struct {
	AsOf    time.Time // when the bucket was asked; zero if that is not known
	Since   time.Time // when the run was started; zero if that is not known
	Overdue bool      // it should have ended long ago, so it was probably deleted
}

// Unfinished reports whether the run had not ended.
func (in *Input) Unfinished() (Unfinished, bool) {
	if in.Fetched != nil && in.Fetched.Ended {
		return Unfinished{}, false
	}
	m := in.Metadata()
	if m == nil || m.State() != runfile.Running {
		return Unfinished{}, false
	}
	asOf := in.AsOf()
	return Unfinished{AsOf: asOf, Since: m.Since(), Overdue: m.Overdue(asOf)}, true
}

// Part is the part of a run that a link limits it to; "" is all of it. The link of
// the directory that every run writes to stands for the run: what its machines
// wrote lies beside it and belongs to the same job.
func (in *Input) Part() string {
	rest := strings.Trim(in.Ref.Rest, "/")
	if rest == "artifacts/otlp" || !runfile.InTraces(rest) {
		return ""
	}
	return rest
}

// setFetched makes the input that of a run in the cache.
func (in *Input) setFetched(result *fetch.Result) {
	in.Fetched = result
	in.Sources = make([]trace.Source, len(result.Files))
	for i, f := range result.Files {
		in.Sources[i] = trace.Source{Name: f.Name, Path: f.Path}
	}
	in.readMetadata = sync.OnceValues(func() (*runfile.Metadata, []runfile.Loss) {
		var files []runfile.Source
		for name, f := range result.Metadata {
			files = append(files, runfile.Source{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(f.Path) }})
		}
		m, losses := runfile.Read(result.Run, files)
		m.Unread = slices.ContainsFunc(result.Lost, func(l runfile.Loss) bool { return l.File == "finished.json" })
		return m, losses
	})
}

// tellMetadata tells once what is missing or broken in the metadata of an input.
func (s *Session) tellMetadata(in *Input) {
	if in.readMetadata == nil {
		return
	}
	in.metadataTold.Do(func() {
		if _, losses := in.readMetadata(); len(losses) > 0 {
			s.tell(MetadataLost{in, losses})
		}
	})
}
