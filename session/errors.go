package session

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"prowtrace/fetch"
	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
)

// MissingPathError: an argument names no file on this machine. It matches
// fs.ErrNotExist.
type MissingPathError struct{ Path string }

func (e *MissingPathError) Error() string {
	return "cannot read " + text.Line(e.Path) + ": no such file or directory"
}

// Is makes it a path that does not exist.
func (e *MissingPathError) Is(target error) bool { return target == fs.ErrNotExist }

// TooManyFilesError: a directory holds more files than a run can have.
type TooManyFilesError struct {
	Dir   string
	Limit int
}

func (e *TooManyFilesError) Error() string {
	return fmt.Sprintf("cannot read %s: it holds more than %s", text.Line(e.Dir), text.Count(e.Limit, "file"))
}

// InputTooLargeError: standard input is more than is taken.
type InputTooLargeError struct{ Limit int64 } // bytes

func (e *InputTooLargeError) Error() string {
	return "cannot read standard input: it is larger than " + text.Size(e.Limit)
}

// UnsupportedStoreError: a run lies in a store that cannot be read.
type UnsupportedStoreError struct{ Run prow.Run }

func (e *UnsupportedStoreError) Error() string {
	return fmt.Sprintf("cannot fetch %s: its store is not supported", text.Line(e.Run.URL()))
}

// ErrOfflineChoice: only a bucket tells how runs ended and when they started.
var ErrOfflineChoice = errors.New("cannot choose a run by its result, time or traces offline")

// NotCachedError: no run in the cache fits a reference, and buckets may not be
// asked. It matches fetch.ErrOffline.
type NotCachedError struct{ Input string }

func (e *NotCachedError) Error() string {
	return "cannot find " + text.Line(e.Input) + " offline: the cache has no such run"
}

// Is makes it a matter of working offline.
func (e *NotCachedError) Is(target error) bool { return target == fetch.ErrOffline }

// CacheError: the user's cache cannot be used, and the request needs it.
type CacheError struct {
	Offline bool // the cache is all there is; else its files are to stay
	Err     error
}

func (e *CacheError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *CacheError) Unwrap() error { return e.Err }

// WaitError: a run could not be waited for. It is context.Canceled where that was
// the caller's wish.
type WaitError struct {
	Run prow.Run
	Err error
}

func (e *WaitError) Error() string {
	if errors.Is(e.Err, context.Canceled) {
		return "stopped waiting for the end of " + runName(e.Run)
	}
	return fmt.Sprintf("cannot wait for the end of %s: %v", runName(e.Run), e.Err)
}

// Unwrap gives the cause.
func (e *WaitError) Unwrap() error { return e.Err }

// NotUploadedError: a run has no traces because it has not ended, or not as it
// should. It is the *fetch.NoTracesError that it wraps.
type NotUploadedError struct {
	Run     prow.Run
	State   runfile.State
	Since   time.Time // when it was started, UTC; zero if that is not known
	At      time.Time // when this was found out
	Overdue bool      // it should have ended long ago

	Instances prow.Instances // know the run's page
	Err       error
}

func (e *NotUploadedError) Error() string {
	name := runName(e.Run)
	switch {
	case e.State != runfile.Running:
		return fmt.Sprintf("%s ended (%s) before it could upload anything", name, e.State)
	case e.Overdue:
		return fmt.Sprintf("%s has not ended since %s UTC (%s), past its timeout: its pod was probably deleted before it could upload anything",
			name, e.Since.Format(time.DateTime), text.Age(e.At.Sub(e.Since)))
	case e.Since.IsZero():
		return name + " is still running, and uploads artifacts at the end"
	}
	return fmt.Sprintf("%s is still running since %s UTC (%s), and uploads artifacts at the end", name, e.Since.Format(time.DateTime), text.Age(e.At.Sub(e.Since)))
}

// Unwrap gives the fetch's error.
func (e *NotUploadedError) Unwrap() error { return e.Err }

// runName names a run for a person.
func runName(r prow.Run) string { return r.Job + " " + r.Build }

// ChoiceError: no run could be chosen. It says what was asked for, what there was, and
// between which runs the choice is.
type ChoiceError struct {
	Job  string   // the name that was asked for; "" for a pull request
	Near []string // jobs whose names are nearly that, those of which runs are in the cache first
	Err  *find.ResolveError
}

func (e *ChoiceError) Error() string {
	var b strings.Builder
	b.WriteString(e.Err.Error())
	const shown = 10
	for i, choice := range e.Err.Choices {
		if i == shown {
			fmt.Fprintf(&b, "\n    and %s more", text.Number(len(e.Err.Choices)-shown))
			break
		}
		b.WriteString("\n    " + choice.URL())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *ChoiceError) Unwrap() error { return e.Err }

// choiceError makes the error of package prow one of these.
func (s *Session) choiceError(ref prow.Ref, err error) error {
	var r *find.ResolveError
	if !errors.As(err, &r) {
		return err
	}
	e := &ChoiceError{Job: ref.Job, Err: r}
	if r.Reason == find.ReasonNoRuns && ref.Job != "" {
		for _, name := range append(find.Near(ref.Job, s.cachedJobs()), r.Near...) {
			if !slices.Contains(e.Near, name) {
				e.Near = append(e.Near, name)
			}
		}
	}
	return e
}

// cachedJobs are the jobs of the runs in the cache, if there is one.
func (s *Session) cachedJobs() (names []string) {
	if s.o.Cache == CacheTemporary {
		return nil
	}
	cache, err := s.lastingCache()
	if err != nil {
		return nil
	}
	defer cache.Close()
	runs, _ := cache.Runs() // no runs, no names
	for _, r := range runs {
		if r.Run.Job != "" {
			names = append(names, r.Run.Job)
		}
	}
	return names
}
