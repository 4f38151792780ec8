package timeline

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// Options hold what the files of a run do not say.
type Options struct {
	// Instances are used to find the run's page in Prow.
	Instances prow.Instances

	// AsOf is when the bucket was read. A run that has not ended is drawn up to
	// then, or to when it was due. Zero: up to the last known time.
	AsOf time.Time

	// Processes are those of the run's traces.
	Processes []join.Process

	// Logs are the logs of the run's containers and steps that were read.
	Logs []*Log
}

// Job returns what joining needs of a run: the id of its trace, the spans from its
// metadata, if any, and the attributes by which it is searched for. Its
// Name is the job's. The caller decides how traces are joined.
func Job(m *runfile.Metadata, o Options) join.Job {
	j := join.Job{Name: m.Run.Job, ID: TraceID(m)}
	if t := draw(m, o); t != nil {
		j.Own, j.Started = t.own(), started(t.timed())
		j.Events, j.MoreEvents = t.events()
	}
	j.Attributes = labels(m, o.Instances)
	return j
}

// Draws reports whether a run can be drawn: something is known of it, including its
// start.
func Draws(m *runfile.Metadata) bool {
	told := m.ProwJob != nil || m.Started != nil || m.Finished != nil || m.Pod != nil || len(m.Clones)+len(m.Steps)+len(m.Suites) > 0
	start, _, _ := (&timeline{m: m}).extent()
	return told && !start.IsZero()
}

// TraceID returns the id of the trace in which a run is drawn. It is the ProwJob's UUID without
// its dashes; traces made elsewhere join it by that id (an older convention, see
// kubernetes/test-infra#30010). If the UUID is not known, it is the first half of
// the SHA-256 of BUCKET/ROOT. The root's span id is the first half of the trace id.
func TraceID(m *runfile.Metadata) trace.TraceID {
	var ids []string
	if m.ProwJob != nil {
		ids = append(ids, m.ProwJob.ID)
	}
	if m.Pod != nil {
		ids = append(ids, m.Pod.Name)
	}
	for _, id := range ids {
		var whole trace.TraceID
		b, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
		if prow.IsProwJob(id) && err == nil && len(b) == len(whole) && [8]byte(b) != [8]byte{} {
			copy(whole[:], b)
			return whole
		}
	}
	sum := sha256.Sum256([]byte(m.Run.Bucket + "/" + m.Run.Root))
	return trace.TraceID(sum[:16])
}

// labels returns the attributes by which a run is searched for in a backend with
// many runs. They belong on each resource of its traces.
func labels(m *runfile.Metadata, known prow.Instances) []trace.Attribute {
	all := []trace.Attribute{
		{Key: "prow.job", Value: m.Run.Job}, {Key: "prow.build_id", Value: m.Run.Build}, {Key: "prow.url", Value: link.Page(known, m.Run)},
	}
	return slices.DeleteFunc(all, func(a trace.Attribute) bool { return a.Value == "" })
}
