package runfile

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow"
)

// A Source is a file of a run that the caller has.
type Source struct {
	Name string // below the run's root
	Open func() (io.ReadCloser, error)
}

// Read reads what the files of a run say: once, for all who want to know. Files of
// other kinds than [Metadata] are passed over, and of those that are many no more
// is read than the table allows. The errors say what is missing, a file each; what
// could be read of such a file counts.
//
// run is as far as it is known; see [Metadata.Identify].
func Read(run prow.Run, files []Source) (*Metadata, []error) {
	m := &Metadata{Run: run}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b Source) int { return strings.Compare(a.Name, b.Name) })
	var errs []error
	held := map[string]*heldFiles{} // by the kind's pattern
	for _, f := range files {
		k, ok := KindOf(f.Name)
		if !ok || !k.IsMetadata() {
			continue
		}
		if held[k.Glob] == nil {
			held[k.Glob] = &heldFiles{}
		}
		data, err := held[k.Glob].read(k, f)
		if err == nil {
			err = m.Add(f.Name, data)
		} else {
			err = fmt.Errorf("cannot read %s: %w", text.Name(f.Name), err)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return m, errs
}

// heldFiles is what was read of a kind.
type heldFiles struct {
	files int
	bytes int64
}

// read gives the bytes of a file, as many as the kind allows.
func (h *heldFiles) read(k Kind, f Source) ([]byte, error) {
	limit := k.Limit
	if k.Glob != "" {
		if limit = min(limit, k.Total-h.bytes); h.files == k.Most || limit <= 0 {
			return nil, fmt.Errorf("left out: %s of %s were read before it", text.Size(h.bytes), text.Count(h.files, k.Title))
		}
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("larger than " + text.Size(limit))
	}
	if err != nil {
		return nil, err
	}
	h.files++
	h.bytes += int64(len(data))
	return data, nil
}
