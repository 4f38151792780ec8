package runfile

import (
	"regexp"
	"slices"
)

// A Kind is a row of the table of a run's files. It says where files of the kind are, when
// they are fetched, and how much of them at most. Names are those of objects below
// the run's root.
type Kind struct {
	Title string // for the user, in the singular: "JUnit file"

	// Name is the file's name if it is the same in every run, else "". If it is "", Glob
	// is a pattern for a listing (see objstore.Store). It finds all files of the kind and
	// may find others, which [KindOf] tells apart.
	Name string
	Glob string

	Policy Policy

	// Limit is the size limit of one file, in bytes as stored. 0 is no limit: the
	// files are streamed to the disk and opened there.
	Limit int64

	// Most and Total limit the files of a kind with a Glob together: their number
	// and their bytes as stored. 0 is no limit.
	Most  int
	Total int64

	is   func(name string) bool
	read func(m *Metadata, name string, data []byte) error // nil: not for Metadata
}

// Policy says when files of a kind are fetched.
type Policy string

const (
	// Always: with the run. If one exists and cannot be fetched, the run is
	// incomplete.
	Always Policy = "always"

	// Beside: while the traces come, with the pool's slots that the traces leave free. A file
	// that does not come in time is left out, and reported.
	Beside Policy = "beside"

	// OnDemand: not with the run. A file is fetched when a reader needs it. If it is
	// larger than Limit, only parts are fetched.
	OnDemand Policy = "on-demand"
)

// IsMetadata reports whether files of the kind are read into [Metadata].
func (k Kind) IsMetadata() bool { return k.read != nil }

// Bounds of the files, in bytes. The largest seen have a few megabytes. Pod
// specifications make a prowjob.json about ten KiB long.
const (
	maxSmall   = 1 << 20
	maxProwJob = 4 << 20
	maxLarge   = 16 << 20
	maxLog     = 64 << 20
	maxLogs    = 512 << 20 // of all logs of a run together
)

// kinds is the table, files with a name of their own first.
var kinds = []Kind{
	named("started.json", Always, maxSmall, (*Metadata).readStarted),
	named("finished.json", Always, maxSmall, (*Metadata).readFinished),
	named("prowjob.json", Always, maxProwJob, (*Metadata).readProwJob),
	named("podinfo.json", Always, maxLarge, (*Metadata).readPod),
	named("clone-records.json", Always, maxLarge, (*Metadata).readClones),
	named("sidecar-logs.json", Always, maxLarge, (*Metadata).readUpload),
	named("artifacts/ci-operator-step-graph.json", Beside, maxLarge, (*Metadata).readSteps),
	named("artifacts/metadata.json", Beside, maxSmall, (*Metadata).readVersions),
	{
		Title: "JUnit file", Glob: "artifacts/**{junit,monitor}**xml*", Policy: Beside, Limit: maxJUnit, Most: maxJUnitFiles, Total: maxJUnit,
		is: junitName.MatchString, read: (*Metadata).addJUnit,
	},
	{Title: "trace file", Glob: TraceGlob, Policy: Always, is: IsTrace},
	{Title: "log", Glob: "*" + logName, Policy: OnDemand, Limit: maxLog, Total: maxLogs, is: isContainerLog},
	{Title: "log of a step", Glob: StepLogGlob, Policy: OnDemand, Limit: maxLog, Total: maxLogs, is: isStepLog},
}

func named(name string, policy Policy, limit int64, read func(*Metadata, string, []byte) error) Kind {
	return Kind{Title: name, Name: name, Policy: policy, Limit: limit, is: func(s string) bool { return s == name }, read: read}
}

// junitName matches the JUnit files of the Prows of Kubernetes and OpenShift:
// artifacts(/.*/|/)junit.*\.xml and .*/monitor.*\.xml, in which junit may be a
// directory, and other files with junit in their name. The content of a file shows if it
// is of another kind.
var junitName = regexp.MustCompile(`^artifacts/(?:.*/)?(?:monitor.*|[^/]*junit.*)\.xml(?:\.gz)?$`)

// Kinds returns the table, files with a fixed name first.
func Kinds() []Kind { return slices.Clone(kinds) }

// KindOf returns the kind of the file with this name below a run's root. ok is false
// for files that prowtrace does not read.
func KindOf(name string) (k Kind, ok bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.is(name) })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}
