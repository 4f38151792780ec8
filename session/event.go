package session

import (
	"prowtrace/fetch"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/triage/history"
)

// An Event is something that a person may want to know while a request goes on. It
// is one of the types of this file. Texts in events can come from outside.
type Event interface{ event() }

// Chosen: a reference stands for this run.
type Chosen struct {
	Run    prow.Run
	Cached int // offline: it is the newest of so many in the cache that fit; 0 when a bucket was asked
}

// ChoiceIgnored: an argument is one run already, so there is nothing to choose.
type ChoiceIgnored struct{ Run prow.Run }

// PatternDropped: an argument has wildcards, and all trace files of its directory are
// used, not only those that fit.
type PatternDropped struct{ Ref prow.Ref }

// InputAwaited: standard input is read from now on, up to its end.
type InputAwaited struct{}

// Duplicate: another argument names the same run, so this one is left out.
type Duplicate struct{ Input *Input }

// CacheOpened: files go to this cache.
type CacheOpened struct{ Dir string }

// CacheUnusable: the user's cache cannot be used, so files go to a temporary
// directory.
type CacheUnusable struct{ Err error }

// FetchStarted: runs are chosen, waited for and downloaded from now on.
type FetchStarted struct {
	Counts func() fetch.Counts // how far it is; safe for concurrent use
}

// FetchEnded: all that FetchStarted began has ended.
type FetchEnded struct{}

// Waiting: a look at a run showed that it has not ended.
type Waiting struct {
	Run      prow.Run
	Progress find.WaitProgress
}

// Waited: a run is not waited for any more. The state is what became of it;
// Running or Unknown where that is for the fetch to tell.
type Waited struct {
	Run   prow.Run
	State runfile.State
}

// Found tells how runs were chosen where that is not plain.
type Found struct{ find.Notice }

// Notice is something worth knowing that fetching a run noticed.
type Notice struct {
	Text    string
	Refresh bool // Options.Refresh asks again for what was left out
}

// Fetched: these files of a run are there, maybe not all.
type Fetched struct{ Input *Input }

// LeftOut: something cannot be had, and the request goes on without it.
type LeftOut struct{ Err error }

// CopyFound: local files are the copy of a run.
type CopyFound struct {
	Input *Input
	Where string // the path, or "standard input"
}

// ArchiveDamaged: not all files of an archive could be read.
type ArchiveDamaged struct {
	Name string
	Err  error
}

// MetadataLost: small files of a run, or parts of them, could not be read. There is
// at least one loss.
type MetadataLost struct {
	Input  *Input
	Losses []runfile.Loss
}

// Labelled: the services of an input have a label behind their names, which tells them
// from those of others.
type Labelled struct{ Title, Label string }

// UntracedShown: a run has no spans of its files, and what Prow's files tell of it is
// shown alone. Err is the error that this would be where traces are demanded.
type UntracedShown struct {
	Input *Input
	Err   error
}

// HistoryStarted: so many runs of a job are read from now on.
type HistoryStarted struct {
	Ref  prow.Ref
	Runs int
}

// HistoryRead: one of them was read, or cannot be (see its Gap).
type HistoryRead struct{ Run history.Run }

// ForeignFiles: these files of directories and archives are no trace files.
type ForeignFiles struct{ Names []string }

// HiddenLeftOut: directories whose names begin with a dot are not looked into. There is at
// least one; the names are relative to the directory that was named.
type HiddenLeftOut struct{ Names []string }

// ProblemsFound: something is wrong with files, or with parts of them. There is at
// least one problem.
type ProblemsFound struct{ Problems []trace.Problem }

func (Chosen) event()         {}
func (ChoiceIgnored) event()  {}
func (PatternDropped) event() {}
func (InputAwaited) event()   {}
func (HistoryStarted) event() {}
func (HistoryRead) event()    {}
func (ForeignFiles) event()   {}
func (HiddenLeftOut) event()  {}
func (UntracedShown) event()  {}
func (Duplicate) event()      {}
func (CacheOpened) event()    {}
func (CacheUnusable) event()  {}
func (FetchStarted) event()   {}
func (FetchEnded) event()     {}
func (Waiting) event()        {}
func (Waited) event()         {}
func (Found) event()          {}
func (Notice) event()         {}
func (Fetched) event()        {}
func (LeftOut) event()        {}
func (CopyFound) event()      {}
func (ArchiveDamaged) event() {}
func (MetadataLost) event()   {}
func (Labelled) event()       {}
func (ProblemsFound) event()  {}
