package fetch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// Export copies the run's files into dir under the names that they have below the
// run's root, and returns where each went, relative to dir. The files are traces, metadata, and
// the logs that the cache holds whole. A file that is stored with gzip, but whose name does not
// say so, is unpacked. Names are changed as little as every file system needs: see localNames.
// On Windows, kOps' names lose their colons. Existing files are replaced, each atomically when
// its copy is complete. Nothing outside dir is touched, whatever the names say
// and wherever symbolic links in dir lead.
//
// Two runs need two directories. If dir holds another run, the error is an
// *OtherRunError and nothing is copied.
func (r *Result) Export(ctx context.Context, dir string) (map[string]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("cannot copy the files to %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot copy the files to %s: %w", dir, err)
	}
	defer root.Close()
	if err := r.checkAlone(root, dir); err != nil {
		return nil, err
	}
	files := r.all()
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Name
	}
	paths := localNames(names, runtime.GOOS != "windows")
	for _, f := range files {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("cannot copy the files to %s: %w", dir, context.Cause(ctx))
		}
		if err := f.copyTo(root, filepath.FromSlash(paths[f.Name])); err != nil {
			return nil, fmt.Errorf("cannot copy %s to %s: %w", text.Name(f.Name), dir, err)
		}
	}
	return paths, nil
}

// OtherRunError says that a directory holds the files of another run. The export would
// replace some of them.
type OtherRunError struct {
	Dir   string
	Run   prow.Run // the run to be copied
	Other string   // the URL of the run in the directory; "" if it is not known
}

func (e *OtherRunError) Error() string {
	other := "another run"
	if e.Other != "" {
		other = text.Name(e.Other)
	}
	return fmt.Sprintf("cannot copy the files of %s to %s: it holds those of %s", e.Run.URL(), text.Name(e.Dir), other)
}

// checkAlone checks whether a directory holds another run, by the files that every
// run has. A run that was moved to another bucket has the same root.
func (r *Result) checkAlone(root *os.Root, dir string) error {
	var there, ours runfile.Metadata
	for _, name := range []string{"prowjob.json", "started.json", "finished.json"} {
		kind, _ := runfile.KindOf(name)
		f, err := root.Open(name)
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(f, kind.Limit))
		f.Close()
		if err == nil {
			there.Add(name, data) // a file that cannot be parsed does not prove another run
		}
		if own, err := os.ReadFile(r.Metadata[name].Path); err == nil {
			ours.Add(name, own)
		}
	}
	if there.Identify(prow.Instances{}) {
		if there.Run.Root != r.Run.Root {
			return &OtherRunError{dir, r.Run, there.Run.URL()}
		}
		return nil
	}
	if t, o := there.ProwJob, ours.ProwJob; t != nil && o != nil && t.ID != "" && o.ID != "" {
		if t.ID != o.ID {
			return &OtherRunError{Dir: dir, Run: r.Run}
		}
		return nil
	}
	begun := there.Started != nil && ours.Started != nil && !there.Started.Time.Equal(ours.Started.Time)
	ended := there.Finished != nil && ours.Finished != nil && !there.Finished.Time.Equal(ours.Finished.Time)
	if begun || ended {
		return &OtherRunError{Dir: dir, Run: r.Run}
	}
	return nil
}

func (r *Result) all() []File {
	files := append([]File(nil), r.Files...)
	for _, f := range r.Metadata {
		files = append(files, f)
	}
	for _, a := range r.Logs().Files {
		if a.Whole() && !a.Live {
			files = append(files, File{Name: a.Name, Path: a.Path, Size: a.Size, Updated: a.Updated})
		}
	}
	return files
}

// copyTo copies the file to a path in root. The path exists only once the copy is complete.
func (f File) copyTo(root *os.Root, path string) error {
	from, err := os.Open(f.Path)
	if err != nil {
		return err
	}
	defer from.Close()
	content, err := asNamed(from, f.Name)
	if err != nil {
		return err
	}
	err = f.write(root, path, content)
	if errors.Is(err, errUnpack) {
		// Nothing of a damaged file is lost: it is exported as stored.
		if _, err = from.Seek(0, io.SeekStart); err == nil {
			err = f.write(root, path, from)
		}
	}
	return err
}

func (f File) write(root *os.Root, path string, content io.Reader) error {
	dir := filepath.Dir(path)
	if err := root.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	part := filepath.Join(dir, ".prowtrace-"+rand.Text()+".part")
	to, err := root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, content)
	if err = errors.Join(err, to.Close()); err == nil {
		root.Chtimes(part, f.Updated, f.Updated)
		err = root.Rename(part, path)
	}
	if err != nil {
		root.Remove(part)
	}
	return err
}
