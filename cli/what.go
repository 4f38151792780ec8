package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"prowtrace/otelfile"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/trace"
)

// errNotThere says that a path leads to nothing.
var errNotThere = errors.New("not found")

// parse says what each argument means: what is on disk, else what prow reads
// in it.
func (g *sourcing) parse(args []string) (refs []prow.Ref, err error) {
	if g.known, err = knownInstances(g.streams.Getenv); err != nil {
		return nil, err
	}
	refs = make([]prow.Ref, len(args))
	for i, arg := range args {
		ref, err := parseOne(g.known, arg)
		if err != nil {
			return nil, noDirectory(arg, badWhat(err))
		}
		refs[i] = ref
	}
	return refs, nil
}

// parseOne takes a name that exists on disk as that, whatever else it could mean.
func parseOne(known prow.Instances, arg string) (prow.Ref, error) {
	if arg != "-" {
		if _, err := os.Lstat(arg); err == nil {
			return prow.Local(arg), nil
		}
	}
	return link.Parse(known, arg)
}

// badWhat words what prow could not read as wrong usage: first what is missing,
// then what was understood, and on a line of its own what to do. The class is for
// scripts, which resolve tells it.
func badWhat(err error) error {
	var p *link.ParseError
	if !errors.As(err, &p) {
		return usageError{err: err}
	}
	text := p.Missing
	if p.Understood != "" {
		text += " (in: " + p.Understood + ")"
	}
	return usageError{errors.New(text), p.Hint}
}

// noDirectory says of what looks like a directory's name first that there is none.
func noDirectory(arg string, err error) error {
	var usage usageError
	if !strings.HasSuffix(arg, "/") || strings.Contains(arg, "://") || !errors.As(err, &usage) {
		return err
	}
	return usageError{fmt.Errorf("there is no directory %s here, and as a link it says too little: %w", line(arg), usage.err), usage.hint}
}

// maxFiles bounds a directory: a run has some hundred trace files.
const maxFiles = 100_000

// localFiles lists what lies at a path: the file, or all files below the
// directory, with names relative to it.
func localFiles(path string) ([]trace.Source, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notThere(path)
	}
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", line(path), err)
	}
	if !info.IsDir() {
		return []trace.Source{{Name: filepath.Base(path), Path: path}}, nil
	}
	var files []trace.Source
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if len(files) == maxFiles {
			return fmt.Errorf("there are more than %d files below it; name the directory that holds the traces", maxFiles)
		}
		name, err := filepath.Rel(path, p)
		files = append(files, trace.Source{Name: filepath.ToSlash(name), Path: p})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", line(path), err)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Name < files[j].Name })
	return files, nil
}

// notThere is the error of a path that leads to nothing.
func notThere(path string) error {
	return failure{fmt.Sprintf("%s: no such file or directory; check the name, or paste the link of a Prow job", line(path)), errNotThere}
}

// maxInput bounds standard input, which has to be held in memory.
const maxInput = 2 << 30

// input reads one file or archive from standard input.
func (g *sourcing) input(ctx context.Context) (trace.Source, error) {
	data, err := io.ReadAll(io.LimitReader(contextReader{ctx, g.streams.In}, maxInput+1))
	if err != nil {
		return trace.Source{}, fmt.Errorf("reading standard input: %w", err)
	}
	if len(data) > maxInput {
		return trace.Source{}, fmt.Errorf("reading standard input: more than %s; write it to a file and name that", size(maxInput))
	}
	return trace.Source{Name: "standard input", Data: data}, nil
}

// open gives the bytes of a local file.
func open(file trace.Source) (io.ReadCloser, error) {
	if file.Path == "" {
		return io.NopCloser(bytes.NewReader(file.Data)), nil
	}
	f, err := os.Open(file.Path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", line(file.Path), err)
	}
	return f, nil
}

// members gives the files of an archive, and tells what is wrong with it; ok
// reports whether the file is one.
func (g *sourcing) members(archive trace.Source) (files []trace.Source, ok bool, err error) {
	r, err := open(archive)
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	all, ok, err := otelfile.ReadArchive(r)
	if err != nil {
		g.note("%q: %v", archive.Name, err)
	}
	for _, f := range all {
		files = append(files, trace.Source{Name: f.Name, Data: f.Data})
	}
	return files, ok, nil
}

// contextReader ends reading when its context does, between two reads.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
