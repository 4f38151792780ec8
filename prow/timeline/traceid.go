package timeline

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// TraceID is the id of the trace in which a run is drawn: the ProwJob's UUID without
// its dashes, by which traces made elsewhere join it (an older convention, see
// kubernetes/test-infra#30010). Where that is not known it is the first half of
// the SHA-256 of BUCKET/ROOT. The root's span id is the first half of it.
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

// Labels are the attributes by which a run is searched for in a backend that has
// many: keys and values. They belong on each resource of its traces.
func Labels(m *runfile.Metadata) [][2]string {
	all := [][2]string{{"prow.job", m.Run.Job}, {"prow.build_id", m.Run.Build}, {"prow.url", link.Page(m.Instances, m.Run)}}
	return slices.DeleteFunc(all, func(label [2]string) bool { return label[1] == "" })
}
