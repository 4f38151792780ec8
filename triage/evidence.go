package triage

import (
	"time"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// Evidence is what a run left behind, as far as it is at hand. Judging changes nothing of it.
type Evidence struct {
	Metadata *runfile.Metadata // what Prow's files and JUnit say; needed
	Tree     *trace.Tree       // the run's joined trace; nil where there is none
	Logs     []Log

	// Passing are the last runs of the same job that passed, the newest first, with the
	// same sources where they could be had.
	Passing []*Evidence

	compared *compared // set by Prepare
}

// A Log is a log of the run.
type Log struct {
	Name string // below the run's root
	Of   runfile.LogOf
	*joblog.Log

	// Number gives the number of a line in the whole log, counted from 1; nil: lines that
	// are held are counted.
	Number func(line int) (number int, exact bool)
}

// A Source says what kind of file a Fact is from.
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

// A Place is where a Fact can be looked at.
type Place struct {
	Source Source
	File   string // below the run's root; "" for a span
	Line   int    // of a log, counted from 1; 0 where there is none
	Span   int    // number in the Tree; -1 where there is none
}

// A Fact is one thing that some source tells about the run.
type Fact struct {
	Place
	Time     time.Time // when, or first; zero where nobody tells
	Last     time.Time // the last of Count
	Count    int
	Text     string // one line, safe to be shown, at most 1,000 bytes
	Severity joblog.Severity
	Match    Match // of a signature; its Signature is nil where none is known

	// Passing is how many of the passing runs have the same; -1 where none of them has the
	// source.
	Passing int

	kind       kind
	print      uint64 // the same for texts that differ in numbers and ids only
	file       string // that the same source has in every run
	informal   bool   // of a case that its runner calls informing or flaky
	rare       []string
	lost       bool     // the last of several tries
	why        bool     // it waited in vain and says why
	worded     bool     // only its words call it a fault
	beside     bool     // just before a line that says that something failed, or the end of a script
	wentOn     bool     // the script went on after it
	swallowed  bool     // the script was written to go on: cmd || true
	afterwards bool     // something could not be removed after a test had failed
	commands   int      // of the script, up to its last sighting
	ofPassed   bool     // it stands in a test that passed
	ofFailed   bool     // it stands in a test that failed
	passedStep bool     // it stands in the log of a step that passed, where another failed
	cleans     bool     // something could not be removed
	outside    bool     // it stands outside of tests too
	tests      int      // that failed, in which it stands
	tearDown   bool     // it was written when the job looked after what was left, or took it down
	category   Category // where the fact itself tells
}

// kind is what a text is as evidence.
type kind uint8

const (
	content   kind = iota // it says what went wrong
	bare                  // it says only that something did: never a cause
	waiter                // it waited for something in vain: seldom a cause
	retry                 // it will be tried again
	cancelled             // it was ended from outside
	reason                // what the pod or Prow say of themselves
	slowCheck             // a check that takes too long itself
	deviation             // it differs from the passing runs
	changed               // the job is defined otherwise than it was for them
)
