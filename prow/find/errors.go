package find

import (
	"errors"
	"fmt"
	"time"

	"prowtrace/prow"
)

// Errors that a *ResolveError matches by errors.Is.
var (
	// ErrNoRun: the store, or Deck, answered and has no such run, or has it no longer.
	ErrNoRun = errors.New("no such run")
	// ErrManyRuns: several runs match, and the caller did not say which one is wanted.
	ErrManyRuns = errors.New("several runs")
)

// ResolveError says why no run could be chosen.
type ResolveError struct {
	Asked  string // what was asked for
	Had    string // what there was
	Looked string // where the search looked: directories of a bucket, and other buckets
	Reason Reason

	Choices []prow.Run // runs to choose from, newest first, with ReasonSeveral
	Near    []string   // names of jobs in the bucket that are nearly the one asked for, with ReasonNoRuns
	Bucket  string     // Options.Bucket
	Timed   bool       // Options.After or Options.Before limited the search
	Oldest  time.Time  // start of the oldest run that was looked at, with ReasonLimit; zero if not known

	Err error // ErrNoRun, ErrManyRuns, or what Deck said
}

func (e *ResolveError) Error() string {
	verb := "find"
	if e.Reason == ReasonSeveral {
		verb = "choose"
	}
	return "cannot " + verb + " " + e.Asked + ": " + e.Had
}

// Unwrap returns the cause.
func (e *ResolveError) Unwrap() error { return e.Err }

// UnknownHostError means that a link names a host that is not asked, because no known Prow has
// it, or none at that port.
type UnknownHostError struct {
	Host string // with the port if one was given
}

func (e *UnknownHostError) Error() string {
	return "cannot ask " + e.Host + ": unknown Prow host or port"
}

// Reason says why no run was chosen, so that callers can advise the user.
type Reason string

// The reasons of a ResolveError.
const (
	ReasonSeveral   Reason = "several"     // any of Choices could be meant
	ReasonNoRuns    Reason = "no-runs"     // there are no runs of this job or pull request
	ReasonOutOfTime Reason = "out-of-time" // there are runs, but the time limits exclude all of them
	ReasonLimit     Reason = "limit"       // none of the newest runs fits; older ones were not looked at
	ReasonNoneFits  Reason = "none-fits"   // none of all the runs fits
	ReasonRunning   Reason = "running"     // likewise, but the newest has not ended
	ReasonNotThere  Reason = "not-there"   // the build has expired, or is in another bucket

	ReasonNoBucket Reason = "no-bucket" // the named bucket does not exist

	ReasonStore   Reason = "store"   // the bucket is in a store that cannot be listed
	ReasonBucket  Reason = "bucket"  // Options.Bucket is not a bucket's name
	ReasonProw    Reason = "prow"    // the Prow of the link is not among the Instances
	ReasonUnasked Reason = "unasked" // only the host of the link could tell, and it belongs to no known Prow
	ReasonKind    Reason = "kind"    // a reference of this kind names no runs

	ReasonDeleted    Reason = "deleted"     // Deck no longer has the ProwJob
	ReasonNotStarted Reason = "not-started" // the ProwJob has no run yet
	ReasonLink       Reason = "link"        // the ProwJob's link leads to no run
	ReasonDeck       Reason = "deck"        // Deck did not answer as it should
)

// TooManyError means that a directory holds more entries than one job or one pull request
// can have.
type TooManyError struct {
	Dir  string // URL of the directory
	Noun string // "build" or "job"
	Most int
}

func (e *TooManyError) Error() string {
	return fmt.Sprintf("cannot list %s: more than %d %ss", e.Dir, e.Most, e.Noun)
}

// A Notice says how runs were chosen.
type Notice struct {
	Text    string    // one sentence
	Detail  bool      // only for users who want details
	Limited bool      // Options.Limit ended the search
	Oldest  time.Time // start of the oldest run that was looked at, with Limited; zero if not known
}
