package session

import (
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// A runCopy is a directory with the files of one run, under the names that they
// have below the run's root.
type runCopy struct {
	dir      string // below what was named; "" is that itself
	traces   []trace.Source
	metadata []trace.Source
	logs     []trace.Source
	all      []trace.Source // what else there is, too
	lost     []runfile.Loss // of the archive that it came from
}

// marks are the files at its root by which a copy of a run is known.
var marks = []string{"prowjob.json", "started.json", "finished.json"}

// maxCopyDepth is how many directories deep a copy is looked for.
const maxCopyDepth = 32

// findCopies parts the files of runs from others. What else a run has is left out.
func findCopies(files []trace.Source) (copies []*runCopy, others []trace.Source) {
	roots := map[string]*runCopy{}
	for _, f := range files {
		if dir, base := path.Split(canonicalName(f.Name)); slices.Contains(marks, base) && strings.Count(dir, "/") <= maxCopyDepth {
			roots[dir] = &runCopy{dir: strings.TrimSuffix(dir, "/")}
		}
	}
	found := map[*runCopy]bool{}
	for _, f := range files {
		whole := canonicalName(f.Name)
		run, name := copyOf(roots, whole)
		if run == nil {
			others = append(others, f)
			continue
		}
		if !found[run] {
			found[run] = true
			copies = append(copies, run)
		}
		f.Name = name
		run.all = append(run.all, f)
		if kind, _ := runfile.KindOf(name); kind.IsMetadata() {
			run.metadata = append(run.metadata, f)
		} else if runfile.IsTrace(name) || path.Ext(name) == ".otel" {
			f.Name = strings.ReplaceAll(name, "%3A", ":") // as exports write it where files cannot have colons
			run.traces = append(run.traces, f)
		} else if _, ok := runfile.ParseLog(name); ok {
			run.logs = append(run.logs, f)
		}
	}
	return copies, others
}

// copyOf gives the run that a file lies in, and its name there: the innermost one,
// but what is called as a run's files among the artifacts is an artifact.
func copyOf(roots map[string]*runCopy, whole string) (run *runCopy, name string) {
	for at, depth := 0, 0; depth <= maxCopyDepth && len(roots) > 0 && !(run != nil && strings.HasPrefix(name, "artifacts/")); depth++ {
		if r := roots[whole[:at]]; r != nil {
			run, name = r, whole[at:]
		}
		next := strings.IndexByte(whole[at:], '/')
		if next < 0 {
			break
		}
		at += next + 1
	}
	return run, name
}

// canonicalName makes one form of the names that archives give a file.
func canonicalName(name string) string { return strings.TrimLeft(path.Clean(name), "/") }

// copyInput makes the input of a copied run.
func (s *Session) copyInput(ref prow.Ref, c *runCopy) (*Input, error) {
	if ref.Kind == prow.KindPath {
		ref.Path = filepath.Join(ref.Path, filepath.FromSlash(c.dir))
	}
	where := (&Input{Ref: ref}).Title()
	m, losses := s.readCopied(c, where)
	in := &Input{Ref: ref, Sources: c.traces, leftOut: c.lost, readMetadata: func() (*runfile.Metadata, []runfile.Loss) { return m, losses }}
	in.Ref.Run = m.Run
	in.logs.local, in.logs.files, in.logs.known = c.logs, c.all, s.o.Instances
	if m.Run.Job == "" {
		m.Run.Job = where
	}
	if err := s.openArchives(in); err != nil {
		return nil, err
	}
	s.tell(CopyFound{in, where})
	return in, nil
}

// readCopied reads what the copy of a run says about it.
func (s *Session) readCopied(c *runCopy, where string) (*runfile.Metadata, []runfile.Loss) {
	var files []runfile.Source
	for _, f := range c.metadata {
		files = append(files, runfile.Source{Name: f.Name, Open: func() (io.ReadCloser, error) { return open(f) }})
	}
	m, losses := runfile.Read(prow.Run{}, files)
	if !m.Identify(s.o.Instances) {
		m.Run.Root = where // parts it from other runs of which no more is known
	}
	return m, losses
}
