// Package prow holds the identity of what Prow runs: a [Run], a [Ref] that may
// still have to be resolved to a run, and the known [Instances] of Prow with
// the buckets where they keep runs.
//
// Everything in it is a plain value. It sends no request, does not look at the
// disk and reads no file of a run. Package link reads and writes links, runfile
// reads a run's files, find resolves names to runs, and timeline draws a run as
// spans.
package prow

// Run is one execution of one job, identified by the place of its files. Two links
// to the same run give equal Runs, so a Run can be a map key. Its JSON names
// are those of the manifests in caches: they never change.
type Run struct {
	Provider string `json:"Provider"` // "gs" or "s3"
	Bucket   string `json:"Bucket"`
	Root     string `json:"Root"` // object prefix of the run, without slashes at the ends
	Job      string `json:"Job"`
	Build    string `json:"Build"` // all digits, up to 20 of them

	// The pull request of a presubmit. Org and Repo are empty if the bucket's
	// path strategy does not include them.
	Org  string `json:"Org"`
	Repo string `json:"Repo"`
	Pull string `json:"Pull"`
}

// URL returns the bucket URL of the run's root, such as
// gs://kubernetes-ci-logs/logs/JOB/BUILD. Nothing in it is percent-encoded.
// Parsing a complete run's URL gives the same Run back.
func (r Run) URL() string {
	return r.Provider + "://" + r.Bucket + "/" + r.Root
}

// DefaultProvider is the provider of buckets and jobs that are named without one.
const DefaultProvider = "gs"

// Kind says what an argument named, and so what is still unknown.
type Kind string

// The kinds of Ref.
const (
	KindRun     Kind = "run"     // a complete run: no request is needed
	KindPointer Kind = "pointer" // Root is an object BUILD.txt whose content is the run's URL
	KindJob     Kind = "job"     // a job: one of its runs is to be chosen
	KindPR      Kind = "pr"      // a pull request: list its jobs
	KindPRJob   Kind = "prjob"   // a job of a pull request: list its runs
	KindDeck    Kind = "deck"    // job and build without a bucket: that of Host, or of the default instance
	KindProwJob Kind = "prowjob" // the ProwJob resource ProwJob: Host knows its run
	KindPath    Kind = "path"    // a file or a directory on this machine
	KindStdin   Kind = "stdin"   // standard input
)

// Ref is what one argument means before any request is sent.
type Ref struct {
	Input string // as given
	Kind  Kind
	Run   // the fields known so far; all that URL needs only for KindRun

	Rest string // path below the run that the link named ("artifacts/otlp"), decoded
	// Pattern is what the link named with wildcards, below the run. Rest is the part
	// above the wildcards.
	Pattern string

	Host string // Deck host (with a port if one was given) if the link carries no bucket; "" is the default instance

	Deck      string // host, and port if one was given, of the Deck whose page of the run was given
	Container string // test container named by a /log link
	Lines     Lines  // of a log, as named by the link's fragment
	ProwJob   string // name (a UUID) of the ProwJob resource
	Cursor    string // a job-history page starts at this build id or below; not a selection
	Path      string // KindPath: the path as given, "~" not expanded

	Note string // for the user: what was assumed
}

// Lines are lines of a log that a link to Prow's page of a run names.
type Lines struct {
	File     string // below the run's root, as the link says; "" if it names no lines
	From, To int    // counted from 1, both included
}

// Local returns the Ref of a file or directory, whatever its name looks like.
// Callers that may look at the disk use it for arguments that exist there.
func Local(path string) Ref {
	return Ref{Input: path, Kind: KindPath, Path: path}
}

// Status is "ok" if the Ref can be used as it is and "resolve" if a request has
// to be sent first.
func (r Ref) Status() string {
	switch r.Kind {
	case KindRun, KindPath, KindStdin:
		return "ok"
	}
	return "resolve"
}
