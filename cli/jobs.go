package cli

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"prowtrace/fetch"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/prow/timeline"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// The values of --join; the first two are join.By's.
const joinNone = "none"

// maxMetadata bounds a metadata file that is read for the timeline.
const maxMetadata = 32 << 20

// checkJoin refuses a --join that is none, before anything is downloaded for it.
func (g *sourcing) checkJoin() error {
	switch g.join {
	case string(join.ByTime), string(join.ByProcess), joinNone:
		return nil
	}
	return usageError{fmt.Errorf("--join %s: there is no such choice", line(g.join)), "choose one of time, process, none"}
}

// joining gives what trace.Load needs to join the traces of each job into one:
// the files of all jobs, and the jobs themselves. It tells the jobs the ids.
func (g *sourcing) joining(jobs []job) (sources []trace.Source, joined []join.Job, err error) {
	by := join.By(g.join)
	known := map[trace.TraceID]int{}
	var runs []*prow.Run // of each that is joined; nil for local files
	for i := range jobs {
		j := &jobs[i]
		number := 0
		if g.join != joinNone {
			t := g.traceJob(*j)
			t.By, j.joined = by, t.ID
			if known[t.ID] == 0 { // the same run named twice is one job
				joined = append(joined, t)
				known[t.ID] = len(joined)
				var run *prow.Run
				switch {
				case j.result != nil:
					run = &j.result.Run
				case j.story != nil && j.ref.Job != "":
					run = &j.ref.Run
				}
				runs = append(runs, run)
			}
			number = known[t.ID]
		}
		for _, s := range j.sources {
			s.Group = number
			sources = append(sources, s)
		}
	}
	for i, label := range labels(runs) {
		joined[i].Label = label
	}
	return sources, joined, nil
}

// labels tell the services of runs from those of each other: by the job where
// all are of different ones, by the build where all are of the same, else by both.
// A single run needs none, and local files have nothing short to go by.
func labels(runs []*prow.Run) []string {
	builds := map[string]int{} // by job
	total := 0
	for _, r := range runs {
		if r != nil {
			builds[r.Job]++
			total++
		}
	}
	all := make([]string, len(runs))
	for i, r := range runs {
		switch {
		case r == nil || total == 1:
		case len(builds) == total:
			all[i] = r.Job
		case len(builds) == 1:
			all[i] = r.Build
		default:
			all[i] = r.Job + "/" + r.Build
		}
	}
	return all
}

// traceJob gives a run's own story, as far as its metadata tells; local files
// have none.
func (g *sourcing) traceJob(j job) join.Job {
	if !j.isRun() {
		t := join.Job{Name: line(j.title())}
		sum := sha256.Sum256([]byte("prowtrace: files of " + j.title()))
		copy(t.ID[:], sum[:])
		return t
	}
	m := j.story
	if m == nil {
		m = metadata(j.result, g.detail)
		m.Instances = g.known
	}
	t := join.Job{Name: j.title(), ID: timeline.TraceID(m), Own: timeline.Own(m)}
	for _, label := range timeline.Labels(m) {
		t.Attributes = append(t.Attributes, trace.Attribute{Key: label[0], Value: label[1]})
	}
	return t
}

// metadata reads what a run's small files tell. What is missing or broken in
// them is told to note; each is optional.
func metadata(r *fetch.Result, note func(format string, args ...any)) *runfile.Metadata {
	m := &runfile.Metadata{Run: r.Run, AsOf: r.Listed}
	for _, name := range slices.Sorted(maps.Keys(r.Metadata)) {
		data, err := readBounded(r.Metadata[name].Path, maxMetadata)
		if err != nil {
			err = fmt.Errorf("read %s of %s: %w", name, r.Run.URL(), err)
		} else {
			err = m.Add(name, data)
		}
		if err != nil {
			note("%v", err)
		}
	}
	return m
}

func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("larger than " + size(limit))
	}
	return data, err
}
