package triage

import (
	"time"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// Evidence is everything that is available of a run. Judging does not change it.
type Evidence struct {
	Metadata *runfile.Metadata // from Prow's files and JUnit; required
	Tree     *trace.Tree       // the run's joined trace, or nil
	Logs     []Log

	// Passing are the last runs of the same job that passed, the newest first. They have the
	// same sources as far as these are available.
	Passing []*Evidence

	compared *compared // set by Prepare
}

// A Log is a log of the run.
type Log struct {
	Name string // below the run's root
	Of   runfile.LogOf
	*joblog.Log

	// Number gives the number of a line in the complete log, counted from 1. If it is nil,
	// the lines in memory are counted.
	Number func(line int) (number int, exact bool)
}

// A Source is the kind of file that a Fact comes from.
type Source string

const (
	FromSpan  Source = "span"
	FromLog   Source = "log"
	FromJUnit Source = "junit"
	FromPod   Source = "pod"
	FromProw  Source = "prow"
	FromStep  Source = "step"
	FromDiff  Source = "diff" // it differs from the passing runs
)

// A Place is where a Fact can be read.
type Place struct {
	Source Source
	File   string // below the run's root; "" for a span
	Line   int    // of a log, counted from 1; 0 if there is none
	Span   int    // number in the Tree, or -1
}

// A Fact is one thing that a source says about the run.
type Fact struct {
	Place
	Time     time.Time // when, or first; zero if unknown
	Last     time.Time // the last of Count
	Count    int
	Text     string // one line, safe to show, at most 1,000 bytes
	Severity joblog.Severity
	Match    Match // of a signature; its Signature is nil if none matches

	// Passing is how many of the passing runs have the same fact. It is -1 if none of them
	// has the source.
	Passing int

	kind       kind
	print      uint64 // the same for texts that differ only in numbers and ids
	file       string // the same source in every run has this name
	informal   bool   // of a case that its runner calls informing or flaky
	rare       []string
	lost       bool     // the last of several tries
	why        bool     // it waited in vain and says why
	worded     bool     // only its words make it a fault
	beside     bool     // just before a line that says that something failed, or the end of a script
	wentOn     bool     // the script went on after it
	swallowed  bool     // the script was written to go on: cmd || true
	afterwards bool     // something could not be removed after a test had failed
	commands   int      // of the script, up to the last time the fact was seen
	ofPassed   bool     // it is in a test that passed
	ofFailed   bool     // it is in a test that failed
	passedStep bool     // it is in the log of a step that passed, while another step failed
	cleans     bool     // something could not be removed
	outside    bool     // it is also outside of tests
	tests      int      // failed tests that it is in
	tearDown   bool     // it was written when the job handled what was left, or took it down
	category   Category // if the fact itself says so
}

// kind is the role of a text as evidence.
type kind uint8

const (
	content   kind = iota // it says what went wrong
	bare                  // it says only that something went wrong: never a cause
	waiter                // it waited in vain: seldom a cause
	retry                 // it will be tried again
	cancelled             // it was ended from outside
	reason                // the pod's or Prow's own reason
	slowCheck             // a check that takes too long itself
	deviation             // it differs from the passing runs
	changed               // the job's definition differs from theirs
)
