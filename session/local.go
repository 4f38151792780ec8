package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"prowtrace/fetch"
	"prowtrace/internal/text"
	"prowtrace/otelfile"
	"prowtrace/prow"
	"prowtrace/trace"
)

// maxFiles bounds a directory: a run has some hundred trace files.
const maxFiles = 100_000

// local takes a file, a directory, the directory of a run in the cache, or standard
// input.
func (s *Session) local(ctx context.Context, ref prow.Ref) ([]*Input, error) {
	if ref.Kind == prow.KindStdin {
		file, err := s.readInput(ctx)
		if err != nil {
			return nil, err
		}
		inputs, err := s.localInputs(ref, []trace.Source{file})
		if err != nil {
			return nil, errors.Join(err, removeInput(file))
		}
		inputs[len(inputs)-1].remove = func() error { return removeInput(file) }
		return inputs, nil
	}
	if run, ok := fetch.OpenDir(ref.Path); ok {
		ref.Run = run.Run
		in := &Input{Ref: ref}
		in.setFetched(run)
		in.logs.known = s.o.Instances
		return []*Input{in}, nil
	}
	files, hidden, err := localFiles(ref.Path)
	if err != nil {
		return nil, err
	}
	if len(hidden) > 0 {
		s.tell(HiddenLeftOut{hidden})
	}
	return s.localInputs(ref, files)
}

// localFiles lists what lies at a path: the file, or all files below the directory,
// with names relative to it. Directories such as .git, whose names begin with a dot, are
// not looked into but named: other programs keep their own files there.
func localFiles(path string) (files []trace.Source, hidden []string, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &MissingPathError{path}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("cannot open %s: %w", text.Line(path), err)
	}
	if !info.IsDir() {
		return []trace.Source{{Name: filepath.Base(path), Path: path}}, nil, nil
	}
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != path && strings.HasPrefix(d.Name(), "."):
			name, err := filepath.Rel(path, p)
			hidden = append(hidden, filepath.ToSlash(name))
			return cmp.Or(err, fs.SkipDir)
		case !d.Type().IsRegular():
			return nil
		}
		if len(files) == maxFiles {
			return &TooManyFilesError{path, maxFiles}
		}
		name, err := filepath.Rel(path, p)
		files = append(files, trace.Source{Name: filepath.ToSlash(name), Path: p})
		return err
	})
	if tooMany := (*TooManyFilesError)(nil); errors.As(err, &tooMany) {
		return nil, nil, err
	} else if err != nil {
		return nil, nil, fmt.Errorf("cannot read %s: %w", text.Line(path), err)
	}
	slices.SortFunc(files, func(a, b trace.Source) int { return strings.Compare(a.Name, b.Name) })
	return files, hidden, nil
}

// localInputs makes inputs of files on this machine. Those of a run that was copied
// with what Prow wrote about it, as gcloud does, are an input each; the others
// together are one. Archives are opened, and may hold runs too.
func (s *Session) localInputs(ref prow.Ref, files []trace.Source) ([]*Input, error) {
	copies, others := findCopies(files)
	rest := &Input{Ref: ref}
	rest.logs.known, rest.logs.files = s.o.Instances, others
	if logs, more := partLogs(others); len(files) > 1 || s.o.Logs {
		rest.logs.local, others = logs, more
	} else {
		rest.logs.local = logs
	}
	var archives otelfile.Archives
	for _, file := range others {
		if len(files) > 1 && isBesideTraces(file.Name) {
			continue
		}
		members, ok, lost, err := s.readArchive(&archives, file)
		if err != nil {
			return nil, err
		}
		if !ok {
			rest.Sources = append(rest.Sources, file)
			continue
		}
		more, others := findCopies(members)
		for _, c := range more {
			c.lost = lost
		}
		rest.leftOut = append(rest.leftOut, lost...)
		copies = append(copies, more...)
		rest.logs.files = append(rest.logs.files, others...)
		logs, others := partLogs(others)
		rest.logs.local = append(rest.logs.local, logs...)
		for _, f := range others {
			if len(members) > 1 && isBesideTraces(f.Name) {
				continue
			}
			f.Name = memberName(file, f)
			rest.Sources = append(rest.Sources, f)
		}
	}
	var inputs []*Input
	for _, c := range copies {
		in, err := s.copyInput(ref, c)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, in)
	}
	if len(rest.Sources) > 0 || len(inputs) == 0 {
		inputs = append(inputs, rest)
	}
	return inputs, nil
}
