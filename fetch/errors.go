package fetch

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// ErrNoTraces says that a run exists but nothing under artifacts/**/otlp/ can be
// a trace. Every such error is a *NoTracesError.
var ErrNoTraces = errors.New("no trace files")

// ErrNotFound says that there is no such run, or that it is gone. Every such error is
// a *NotFoundError.
var ErrNotFound = errors.New("run not found")

// ErrTooManyFiles says that a run has more trace files than Fetch accepts. A link to a
// directory or a file of the run limits them.
var ErrTooManyFiles = errors.New("too many trace files")

// NoTracesError is ErrNoTraces with what is known of the run. Fetch returns it
// together with a Result that holds the run's metadata files.
type NoTracesError struct {
	Run     prow.Run
	Place   string // where nothing was found: "artifacts/**/otlp/" or the path that the link named
	Limited bool   // Place comes from the link
	Ended   bool   // there is a finished.json
	Outcome string // its result: "FAILURE"; "" if it has none
	Said    string // Prow's description of it: "Job failed."; "" if it has none
	Other   int    // objects in Place that cannot be traces, by their extension
}

// MissingFile reports whether a link named one file that does not exist.
func (e *NoTracesError) MissingFile() bool {
	return e.Limited && e.Other == 0 && runfile.IsTrace(e.Place) && path.Ext(e.Place) != ""
}

func (e *NoTracesError) Error() string {
	var b strings.Builder
	if e.MissingFile() {
		return fmt.Sprintf("%s has no file %s", e.Run.URL(), text.Name(e.Place))
	}
	fmt.Fprintf(&b, "%s has no trace files: nothing in %s", e.Run.URL(), text.Name(e.Place))
	if e.Other > 0 {
		fmt.Fprintf(&b, " but %s of other kinds", text.Count(e.Other, "file"))
	}
	switch {
	case e.Limited: // the rest of the run may have some
	case e.Ended:
		b.WriteString("; the run has ended")
		var known []string
		if e.Outcome != "" {
			known = append(known, text.Name(e.Outcome))
		}
		if e.Said != "" {
			known = append(known, "Prow says: "+text.Line(e.Said))
		}
		if len(known) > 0 {
			b.WriteString(" (" + strings.Join(known, "; ") + ")")
		}
		b.WriteString(", and only jobs that write OpenTelemetry files there have traces")
	default:
		b.WriteString("; the run has not ended yet, and Prow uploads artifacts at the end")
	}
	return b.String()
}

func (e *NoTracesError) Is(target error) bool { return target == ErrNoTraces }

// NotFoundError is ErrNotFound with the buckets that were asked: the run's own
// and those that its runs were moved to or came from.
type NotFoundError struct {
	Run   prow.Run // as asked for
	Tried []Attempt
}

func (e *NotFoundError) Error() string {
	why := said(e.Tried, e.Run.Bucket)
	if len(why) == 0 {
		why = []string{"its bucket has no such run"}
	}
	return "cannot find " + e.Run.URL() + ": " + strings.Join(why, "; ")
}

// NoBucket reports whether none of the run's buckets exists.
func (e *NotFoundError) NoBucket() bool {
	return !slices.ContainsFunc(e.Tried, func(a Attempt) bool { return !a.closed && !errors.Is(a.Err, objstore.ErrBucketNotExist) }) && len(e.Tried) > 0
}

func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// Unwrap leaves out the refusals of buckets that were given up: they say nothing about
// missing permissions.
func (e *NotFoundError) Unwrap() []error {
	var errs []error
	for _, a := range e.Tried {
		if a.Err != nil && !a.refused() {
			errs = append(errs, a.Err)
		}
	}
	return errs
}

// FileError is one file that could not be fetched.
type FileError struct {
	Name string // below the run's root
	Err  error
}

// Error names the file once: most errors of a store do so themselves.
func (e FileError) Error() string {
	if said := e.Err.Error(); strings.Contains(said, e.Name) {
		return said
	}
	return text.Name(e.Name) + ": " + e.Err.Error()
}

func (e FileError) Unwrap() error { return e.Err }

// PartialError says that Fetch got a part of the run. The Result that comes with
// it holds that part; a caller may use it if that suits the user.
type PartialError struct {
	Result  *Result
	Total   int         // known files, as far as listed
	Failed  []FileError // by name
	Untried int         // files not tried after many failures in a row
	Listed  error       // why there may be more than Total; nil when the listing is complete
}

func (e *PartialError) Error() string {
	var b strings.Builder
	of := ""
	if e.Listed != nil {
		of = "at least "
	}
	fmt.Fprintf(&b, "cannot fetch all files: %d of %s%s fetched", e.Total-len(e.Failed)-e.Untried, of, text.Number(e.Total))
	if n := len(e.Failed); n > 0 {
		fmt.Fprintf(&b, ", %d failed", n)
	}
	if e.Untried > 0 {
		fmt.Fprintf(&b, ", %d not tried after that", e.Untried)
	}
	sep := ": "
	if e.Listed != nil {
		b.WriteString(sep + e.Listed.Error())
		sep = "; "
	}
	const shown = 5
	for i, f := range e.Failed {
		if i == shown {
			fmt.Fprintf(&b, "%sand %d more", sep, len(e.Failed)-shown)
			break
		}
		b.WriteString(sep + f.Error())
		sep = "; "
	}
	return b.String()
}

func (e *PartialError) Unwrap() []error {
	var errs []error
	if e.Listed != nil {
		errs = append(errs, e.Listed)
	}
	for _, f := range e.Failed {
		errs = append(errs, f.Err)
	}
	return errs
}
