package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"

	"golang.org/x/term"

	"prowtrace/internal/text"
)

// replaceFile writes a file as a whole: to another name beside it first, so that a failure
// or Ctrl-C leaves what was there.
func replaceFile(name string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return writeSpecial(name, info, write)
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real // the link stays
	}
	beside := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%x.tmp", filepath.Base(name), rand.Uint64()))
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return unwritable(name, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(beside)
		}
	}()
	buffered := bufio.NewWriterSize(f, 1<<18)
	if err := write(buffered); err != nil {
		return err
	}
	if err = errors.Join(buffered.Flush(), f.Close()); err == nil {
		err = os.Rename(beside, name)
	}
	if err != nil {
		return fmt.Errorf("cannot write -o %s: %w", text.Line(name), err)
	}
	return nil
}

// checkFile refuses a name that replaceFile cannot write to, as far as that can be seen
// before there is anything to write; "" is standard output.
func checkFile(name string) error {
	if name == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return directoryError(name)
	}
	if _, err := os.Stat(filepath.Dir(name)); err != nil {
		return unwritable(name, err)
	}
	return nil
}

// unwritable says that there can be no file of a name. The cause names the file or directory
// that was tried, which nobody has typed: it is left out.
func unwritable(name string, err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return advised{fmt.Errorf("cannot write -o %s: %w", text.Line(name), err), "name a file in a directory that can be written"}
}

func directoryError(name string) error {
	return usageError{fmt.Errorf("cannot write -o %s: it is a directory", text.Line(name)), "name a file"}
}

// writeSpecial writes to what cannot be replaced, such as /dev/stdout or a pipe.
func writeSpecial(name string, info os.FileInfo, write func(io.Writer) error) error {
	if info.IsDir() {
		return directoryError(name)
	}
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return unwritable(name, err)
	}
	return errors.Join(write(f), f.Close())
}

// isTerminal reports whether a person would see the bytes that are written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
