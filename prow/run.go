// Package prow knows how Prow names things: it reads a link, a storage path or
// a job name and says which run of which job in which bucket it means.
//
// [Parse] is the grammar. It is pure: it sends no request and does not look at
// the disk, so what it cannot know (the newest run of a job, the target of a
// pointer file, the bucket behind a page that names none) it leaves to
// [Resolve] and says so in [Ref.Kind]. Links are recognised by the shape of their
// path, not by their host, because Prow's hosts move from year to year; the
// [Instances] are only asked about pages that carry no bucket, about whose a pull
// request is, and about buckets that were moved.
//
// Resolve and [Runs] ask a [Store] for the runs of a job, by as few requests as
// they can. [Metadata] reads the small files that tell a run's story, each of
// which may be missing or broken, and [Timeline] draws them as spans.
//
// The storage layout is that of Prow's pod-utils (pkg/pod-utils/gcs/target.go);
// the links are those of Deck, gcsweb, Spyglass, Gubernator and the object
// stores' own pages and APIs.
//
// The package never downloads artifacts, keeps no names of authors, and Parse
// never rewrites a bucket name: the bucket is the literal one of the input.
package prow

import "strings"

// Run is one execution of one job, identified by where its files lie. Two links
// to the same run give equal Runs, so a Run can be a map key.
type Run struct {
	Provider string // "gs" or "s3"
	Bucket   string
	Root     string // object prefix of the run, without slashes at the ends
	Job      string
	Build    string // all digits, up to 20 of them

	// The pull request of a presubmit. Org and Repo are empty where the bucket's
	// path strategy does not tell them.
	Org, Repo, Pull string
}

// URL returns the bucket URL of the run's root, such as
// gs://kubernetes-ci-logs/logs/JOB/BUILD. Nothing in it is percent-encoded.
// Parse of a complete run's URL gives the same Run back.
func (r Run) URL() string {
	return r.Provider + "://" + r.Bucket + "/" + r.Root
}

// Kind says what an argument named, and so what is still to be found out.
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
	Host string // Deck host (with a port if one was given) where the link carries no bucket; "" is the default instance

	Container string // test container named by a /log link
	ProwJob   string // name (a UUID) of the ProwJob resource
	Cursor    string // build id at or below which a job-history page starts; not a selection
	Path      string // KindPath: the path as given, "~" not expanded

	Note string // for a person: what was assumed on the way
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

// Row is a Ref, or the error instead of one, as flat columns for tables and bots.
// All keys are always present. For a path, Root holds it.
type Row struct {
	Status   string `json:"status"` // "ok", "resolve" or "error"
	Kind     string `json:"kind"`
	Provider string `json:"provider"`
	Bucket   string `json:"bucket"`
	Root     string `json:"root"`
	Job      string `json:"job"`
	Build    string `json:"build"`
	Org      string `json:"org"`
	Repo     string `json:"repo"`
	Pull     string `json:"pull"`
	Rest     string `json:"rest"`
	Error    string `json:"error"` // begins with the class of the error, such as "E_NOBUILD: "
	Note     string `json:"note"`
}

// Columns are the names of a Row's columns, in the order of Values.
func Columns() []string {
	return []string{"status", "kind", "provider", "bucket", "root", "job", "build",
		"org", "repo", "pull", "rest", "error", "note"}
}

// NewRow renders the two results of [Parse].
func NewRow(ref Ref, err error) Row {
	if err != nil {
		return Row{Status: "error", Error: err.Error()}
	}
	root := ref.Root
	if ref.Kind == KindPath {
		root = ref.Path
	}
	return Row{
		Status: ref.Status(), Kind: string(ref.Kind),
		Provider: ref.Provider, Bucket: ref.Bucket, Root: root,
		Job: ref.Job, Build: ref.Build,
		Org: ref.Org, Repo: ref.Repo, Pull: ref.Pull,
		Rest: ref.Rest, Note: ref.Note,
	}
}

// Values are the cells of the row in the order of [Columns].
func (r Row) Values() []string {
	return []string{r.Status, r.Kind, r.Provider, r.Bucket, r.Root, r.Job, r.Build,
		r.Org, r.Repo, r.Pull, r.Rest, r.Error, r.Note}
}

// addNote appends to the note; parts are separated by "; ".
func (r *Ref) addNote(note string) {
	if r.Note != "" {
		note = r.Note + "; " + note
	}
	r.Note = note
}

// join puts path segments together again.
func join(segs []string) string { return strings.Join(segs, "/") }
