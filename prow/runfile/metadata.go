// Package runfile knows the files of a run. The table of [Kinds] lists them
// and says when they are fetched. [Metadata] is what Prow and the job wrote about the run.
//
// Reading a file is bounded and never panics, whatever the file holds. Each file may be
// missing, torn or odd; its readable part is used. The names of authors are not
// kept. The package sends no request, opens no file by itself, and does not
// read traces or logs.
package runfile

import (
	"cmp"
	"fmt"

	"prowtrace/internal/text"
	"prowtrace/prow"
)

// Metadata is what the small files of a run say about it. Each file is optional:
// a running job has no finished.json, and a job that was never scheduled has no
// podinfo.json. Parts of a file may be missing or invalid. The
// zero value is a run of which nothing is known.
//
// Texts in it are bounded, valid UTF-8 and free of control characters other than
// tab and newline. Otherwise they are as their writer chose. The names of
// authors are not kept.
type Metadata struct {
	Run prow.Run // as far as it is known

	// Unread says that finished.json could not be read, so its absence does not mean
	// that the run has not ended.
	Unread bool

	Started  *Started          // started.json
	Finished *Finished         // finished.json
	ProwJob  *ProwJob          // prowjob.json
	Pod      *Pod              // podinfo.json; nil also if the pod was gone when it was written
	Clones   []Clone           // clone-records.json
	Upload   *Upload           // sidecar-logs.json
	Steps    []Step            // artifacts/ci-operator-step-graph.json, of OpenShift
	Suites   []Suite           // artifacts/**/junit*.xml and their like
	Versions map[string]string // artifacts/metadata.json: the versions of kubetest2's parts
}

// maxInflated bounds a file as it is read, in bytes: a small compressed file can become
// a large one.
const maxInflated = 64 << 20

// Add reads one file of the run, named below its root. data is as stored, may be
// gzip, and is not kept. Files other than those of [Kind.IsMetadata] are ignored. An
// error says what of the file is missing; the readable part has been added.
func (m *Metadata) Add(name string, data []byte) error {
	k, ok := KindOf(name)
	if !ok || !k.IsMetadata() {
		return nil
	}
	if err := m.add(k, name, data); err != nil {
		if m.Run.Bucket != "" {
			return fmt.Errorf("cannot read %s of %s: %w", text.Name(name), m.Run.URL(), err)
		}
		return fmt.Errorf("cannot read %s: %w", text.Name(name), err)
	}
	return nil
}

func (m *Metadata) add(k Kind, name string, data []byte) error {
	data, cut := Inflate(data, maxInflated)
	err := k.read(m, name, data)
	m.findHelpers()
	return cmp.Or(err, cut)
}
