package fetch

import (
	"os"
	"time"

	"prowtrace/prow/runfile"
)

// settled is how long after finished.json a run may still get files: crier
// uploads podinfo.json and the last prowjob.json after the sidecar has ended.
const settled = 10 * time.Minute

// abandoned is how long after its last object a run without finished.json is
// given up: its pod was killed before anything could write it. No job runs for
// that long. Artifacts can come only at a job's end, but crier keeps prowjob.json fresh.
const abandoned = 7 * 24 * time.Hour

// final reports whether the run will stay as it was when its bucket was last asked.
func final(files []entry, asked time.Time) bool {
	var last time.Time
	for _, e := range files {
		if e.Name == "finished.json" {
			return asked.Sub(e.Updated) >= settled
		}
		if e.Updated.After(last) {
			last = e.Updated
		}
	}
	return !last.IsZero() && asked.Sub(last) >= abandoned
}

// result makes a Result from the entries that are held.
func (t *transfer) result(held []entry, listed time.Time) *Result {
	res := &Result{Run: t.run, Dir: string(t.dir), Metadata: map[string]File{}, Listed: listed, Unverified: unverified(held)}
	for _, e := range held {
		f := File{
			Name: e.Name, Path: t.dir.blob(t.run, &e), Size: e.Size, Updated: e.Updated,
			ContentType: e.ContentType, ContentEncoding: e.ContentEncoding,
		}
		if isMetadata(e.Name) {
			res.Metadata[e.Name] = f
		} else {
			res.Files = append(res.Files, f)
		}
	}
	_, res.Ended = res.Metadata["finished.json"]
	return res
}

// verdict returns the error for a run that was fetched as a whole and has no traces.
func (t *transfer) verdict(res *Result, other int) error {
	if len(res.Files) > 0 {
		return nil
	}
	err := &NoTracesError{Run: t.run, Place: t.scope.String(), Limited: t.scope != "", Ended: res.Ended, Other: other}
	m := readMetadata(res, "finished.json", "prowjob.json")
	if m.Finished != nil {
		err.Outcome = m.Finished.Result
	}
	if m.ProwJob != nil {
		err.Said = m.ProwJob.Description
	}
	return err
}

// readMetadata reads some of the small files and ignores mistakes in them.
func readMetadata(res *Result, names ...string) (m runfile.Metadata) {
	for _, name := range names {
		if data, err := os.ReadFile(res.Metadata[name].Path); err == nil {
			m.Add(name, data)
		}
	}
	return m
}
