package session

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/otelfile"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// openArchives puts, among an input's trace files of a run, the files of archives in the
// place of these. Files that kOps names are taken for what they say they are, so that thousands
// need not be opened once more.
func (s *Session) openArchives(in *Input) error {
	if !slices.ContainsFunc(in.Sources, maybeArchive) {
		return nil
	}
	var archives otelfile.Archives
	var all []trace.Source
	for _, file := range in.Sources {
		if !maybeArchive(file) {
			all = append(all, file)
			continue
		}
		members, ok, lost, err := s.readArchive(&archives, file)
		if err != nil {
			return err
		}
		in.leftOut = append(in.leftOut, lost...)
		if !ok {
			all = append(all, file)
			continue
		}
		for _, f := range members {
			if dir, _ := path.Split(file.Name); runfile.IsTrace(dir+f.Name) && !isBesideTraces(f.Name) {
				f.Name = memberName(file, f)
				all = append(all, f)
			}
		}
	}
	in.Sources = all
	return nil
}

func maybeArchive(file trace.Source) bool {
	return path.Ext(strings.TrimSuffix(file.Name, ".gz")) != ".otel"
}

// memberName names a file of an archive as if the archive were a directory.
func memberName(archive, member trace.Source) string {
	return archive.Name + path.Clean("/"+member.Name)
}

// isBesideTraces reports a file of Prow's that lies beside traces where only a part
// of a run was copied. It is no trace file, and nobody meant it as one.
func isBesideTraces(name string) bool {
	name = canonicalName(name)
	kind, _ := runfile.KindOf(name)
	inside, _ := runfile.KindOf("artifacts/" + name)
	return kind.IsMetadata() || inside.IsMetadata()
}

// readArchive gives the files of an archive, and tells what is wrong with it; ok
// reports whether the file is one.
func (s *Session) readArchive(archives *otelfile.Archives, file trace.Source) (files []trace.Source, ok bool, lost []runfile.Loss, err error) {
	r, err := open(file)
	if err != nil {
		return nil, false, nil, err
	}
	defer r.Close()
	members, ok, err := archives.Read(r)
	if err != nil {
		s.tell(ArchiveDamaged{file.Name, err})
		lost = []runfile.Loss{{Kind: runfile.LossBroken, File: file.Name, Files: 1, Why: text.Line(err.Error())}}
	}
	for _, f := range members {
		files = append(files, trace.Source{Name: f.Name, Data: f.Data})
	}
	return files, ok, lost, nil
}

// open gives the bytes of a local file.
func open(file trace.Source) (io.ReadCloser, error) {
	if file.Path == "" {
		return io.NopCloser(bytes.NewReader(file.Data)), nil
	}
	f, err := os.Open(file.Path)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", text.Line(file.Path), err)
	}
	return f, nil
}
