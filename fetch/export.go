package fetch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Export copies the run's files, traces and metadata, into dir under the names
// that they have below the run's root, and returns where each went, relative to
// dir. Names are changed as little as every file system needs, by the same rule
// on every system: see localNames. Existing files are replaced, each at once when
// its copy is complete; nothing outside dir is touched, whatever the names say
// and wherever symbolic links in dir lead.
//
// Two runs need two directories.
func (r *Result) Export(ctx context.Context, dir string) (map[string]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer root.Close()
	files := r.all()
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	paths := localNames(names)
	for _, f := range files {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("export: %w", context.Cause(ctx))
		}
		if err := f.copyTo(root, filepath.FromSlash(paths[f.Name])); err != nil {
			return nil, fmt.Errorf("export %s to %s: %w", printable(f.Name), dir, err)
		}
	}
	return paths, nil
}

func (r *Result) all() []File {
	files := append([]File(nil), r.Files...)
	for _, f := range r.Metadata {
		files = append(files, f)
	}
	return files
}

// copyTo copies the file to a path in root, which exists when it is complete.
func (f File) copyTo(root *os.Root, path string) error {
	from, err := os.Open(f.Path)
	if err != nil {
		return err
	}
	defer from.Close()
	dir := filepath.Dir(path)
	if err := root.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	part := filepath.Join(dir, ".prowtrace-"+rand.Text()+".part")
	to, err := root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err == nil {
		root.Chtimes(part, f.Updated, f.Updated)
		err = root.Rename(part, path)
	}
	if err != nil {
		root.Remove(part)
	}
	return err
}
