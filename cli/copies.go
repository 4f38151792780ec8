package cli

import (
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// localJobs makes jobs of files on this machine. Those of a run that was copied
// with what Prow wrote about it, as fetch -o and gcloud do, are a job each; the
// others together are one. Archives are opened, and may hold runs too.
func (g *sourcing) localJobs(ref prow.Ref, files []trace.Source) ([]job, error) {
	copies, others := findCopies(files)
	rest := job{ref: ref}
	for _, file := range others {
		if len(files) > 1 && beside(file.Name) {
			continue
		}
		members, ok, err := g.members(file)
		if err != nil {
			return nil, err
		}
		if !ok {
			rest.sources = append(rest.sources, file)
			continue
		}
		more, others := findCopies(members)
		copies = append(copies, more...)
		for _, f := range others {
			if len(members) > 1 && beside(f.Name) {
				continue
			}
			f.Name = file.Name + ":" + f.Name
			rest.sources = append(rest.sources, f)
		}
	}
	var jobs []job
	for _, c := range copies {
		jobs = append(jobs, g.copiedJob(ref, c))
	}
	if len(rest.sources) > 0 || len(jobs) == 0 {
		jobs = append(jobs, rest)
	}
	return jobs, nil
}

// A runCopy is a directory with the files of one run, under the names that they
// have below the run's root.
type runCopy struct {
	dir      string // below what was named; "" is that itself
	traces   []trace.Source
	metadata []trace.Source
}

// marks are the files at its root by which a copy of a run is known.
var marks = []string{"prowjob.json", "started.json", "finished.json"}

// maxCopyDepth is how many directories deep a copy is looked for.
const maxCopyDepth = 32

// findCopies parts the files of runs from others. What else a run has, such as logs, is left out.
func findCopies(files []trace.Source) (copies []*runCopy, others []trace.Source) {
	roots := map[string]*runCopy{}
	for _, f := range files {
		if dir, base := path.Split(cleanName(f.Name)); slices.Contains(marks, base) && strings.Count(dir, "/") <= maxCopyDepth {
			roots[dir] = &runCopy{dir: strings.TrimSuffix(dir, "/")}
		}
	}
	found := map[*runCopy]bool{}
	for _, f := range files {
		whole := cleanName(f.Name)
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
		if _, ok := runfile.Wanted(name); ok {
			run.metadata = append(run.metadata, f)
		} else if runfile.IsTrace(name) || path.Ext(name) == ".otel" {
			f.Name = strings.ReplaceAll(name, "%3A", ":") // as fetch -o writes it where files cannot have colons
			run.traces = append(run.traces, f)
		}
	}
	return copies, others
}

// beside reports a file of Prow's that lies beside traces where only a part of a run
// was copied. It is no trace file, and nobody meant it as one.
func beside(name string) bool {
	name = cleanName(name)
	_, ok := runfile.Wanted(name)
	_, inside := runfile.Wanted("artifacts/" + name)
	return ok || inside
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

// cleanName makes one form of the names that archives give a file.
func cleanName(name string) string { return strings.TrimLeft(path.Clean(name), "/") }

// copiedJob reads what the copy of a run tells.
func (g *sourcing) copiedJob(ref prow.Ref, c *runCopy) job {
	if ref.Kind == prow.KindPath {
		ref.Path = filepath.Join(ref.Path, filepath.FromSlash(c.dir))
	}
	j := job{ref: ref, story: &runfile.Metadata{Instances: g.known}, sources: c.traces}
	place := job{ref: ref}.title()
	// prowjob.json comes first: it says what the others are of.
	slices.SortStableFunc(c.metadata, func(a, b trace.Source) int {
		return isFirst(b.Name) - isFirst(a.Name)
	})
	budget := junitBudget{files: runfile.WantedMost, bytes: runfile.WantedBytes}
	for i, f := range c.metadata {
		if err := addCopied(j.story, f, &budget); err != nil {
			g.detail("%v", err)
		}
		if i == 0 && !j.story.Identify() {
			j.story.Run.Root = place // parts it from other runs of which no more is known
		}
	}
	j.ref.Run = j.story.Run
	if j.story.Run.Job == "" {
		j.story.Run.Job = place
	}
	g.note("%s: %s in %s", j.title(), count(int64(len(j.sources)), "trace file"), place)
	return j
}

func isFirst(name string) int {
	if name == "prowjob.json" {
		return 1
	}
	return 0
}

// A junitBudget is what may still be read of the files that are many.
type junitBudget struct {
	files int
	bytes int64
}

// addCopied reads a metadata file.
func addCopied(m *runfile.Metadata, file trace.Source, budget *junitBudget) error {
	limit, _ := runfile.Wanted(file.Name)
	named := slices.Contains(runfile.WantedNames(), file.Name)
	if !named {
		if limit = min(limit, budget.bytes); budget.files == 0 || limit <= 0 {
			return fmt.Errorf("%s is left out: there is much of its kind", line(file.Name))
		}
		budget.files--
	}
	r, err := open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("larger than " + size(limit))
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", line(file.Name), err)
	}
	if !named {
		budget.bytes -= int64(len(data))
	}
	return m.Add(file.Name, data)
}
