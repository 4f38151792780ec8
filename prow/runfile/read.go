package runfile

import (
	"io"
	"slices"
	"strings"

	"prowtrace/prow"
)

// A Source is a file of a run that the caller already has.
type Source struct {
	Name string // below the run's root
	Open func() (io.ReadCloser, error)
}

// Read reads the metadata files of a run once, for all callers. Files of kinds
// other than [Metadata] are skipped. Of kinds with many files it reads no more
// than the table allows. The losses say what is missing; the readable part of
// such a file is used.
// such a file counts.
// run holds what is known of the run; see [Metadata.Identify].
// run is as far as it is known; see [Metadata.Identify].
func Read(run prow.Run, files []Source) (*Metadata, []Loss) {
	m := &Metadata{Run: run}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	var losses []Loss
	var junit []Source
	for _, f := range files {
		k, ok := KindOf(f.Name)
		switch {
		case !ok || !k.IsMetadata():
		case k.Glob != "":
			junit = append(junit, f)
		default:
			if err := m.readFile(k, f); err != nil {
				losses = append(losses, lossOf(f.Name, err))
			}
		}
	}
	return m, append(losses, m.readJUnitFiles(junit)...)
}

// readFile reads one file that is known by its name.
func (m *Metadata) readFile(k Kind, f Source) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, k.Limit+1))
	if err == nil && int64(len(data)) > k.Limit {
		err = &tooLargeError{k.Limit}
	}
	if err != nil {
		return err
	}
	return m.add(k, f.Name, data)
}
