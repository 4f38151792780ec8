package otelfile

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"

	"prowtrace/internal/text"
)

var zipMagic = []byte("PK\x03\x04")

// maxZip bounds a packed archive, in bytes: its list of files stands at its end, so all
// of it is held.
const maxZip = 1 << 30

// readZip reads the files of a zip archive within the bounds of all archives.
func (a *Archives) readZip(r io.Reader) ([]Member, error) {
	packed, err := io.ReadAll(io.LimitReader(r, maxZip+1))
	if err != nil {
		return nil, fmt.Errorf("the archive is damaged or cut off: %w", err)
	}
	if len(packed) > maxZip {
		return nil, fmt.Errorf("the archive is larger than %s: unpack it and name the directory", text.Size(int64(maxZip)))
	}
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fmt.Errorf("the archive is damaged or cut off: %w", err)
	}
	left := min(maxArchiveBytes-a.bytes, max(archiveFree, int64(len(packed))*maxArchiveRatio))
	var files []Member
	for _, f := range archive.File {
		if !f.Mode().IsRegular() {
			continue
		}
		if a.members+len(files) == maxMembers {
			return files, errTooManyMembers
		}
		data, err := readZipped(f, left)
		if err != nil {
			return files, fmt.Errorf("the archive is damaged after %s: %w", text.Count(len(files), "file"), err)
		}
		left -= int64(len(data))
		files = append(files, Member{f.Name, data})
	}
	return files, nil
}

// readZipped reads one file of at most so many bytes.
func readZipped(f *zip.File, most int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		err = errArchiveTooLarge
	}
	return data, err
}
