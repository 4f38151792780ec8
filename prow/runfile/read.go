package runfile

import (
	"io"
	"slices"
	"strings"

	"prowtrace/prow"
)

// A Source is a file of a run that the caller has.
type Source struct {
	Name string // below the run's root
	Open func() (io.ReadCloser, error)
}

// Read reads what the files of a run say: once, for all who want to know. Files of
// other kinds than [Metadata] are passed over, and of those that are many no more
// is read than the table allows. The losses say what is missing; what could be read of
// such a file counts.
//
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
