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
	"prowtrace/trace"
)

// The values of --join; the first two are trace.Joining's.
const joinNone = "none"

// maxMetadata bounds a metadata file that is read for the timeline.
const maxMetadata = 32 << 20

// joining gives what trace.Load needs to join the traces of each job into one:
// the files of all jobs, and the jobs themselves.
func (g *sourcing) joining(jobs []job) (sources []trace.Source, joined []trace.Job, err error) {
	by := trace.Joining(g.join)
	if g.join != joinNone && by != trace.JoinTime && by != trace.JoinProcess {
		return nil, nil, usageError{fmt.Errorf("--join %s: there is no such choice", line(g.join)), "choose one of time, process, none"}
	}
	known := map[trace.TraceID]int{}
	for _, j := range jobs {
		number := 0
		if g.join != joinNone {
			t := g.traceJob(j)
			t.By = by
			if known[t.ID] == 0 { // the same run named twice is one job
				joined = append(joined, t)
				known[t.ID] = len(joined)
			}
			number = known[t.ID]
		}
		for _, s := range j.sources {
			s.Job = number
			sources = append(sources, s)
		}
	}
	return sources, joined, nil
}

// traceJob gives a run's own story, as far as its metadata tells; local files
// have none.
func (g *sourcing) traceJob(j job) trace.Job {
	if j.result == nil {
		t := trace.Job{Name: line(j.title())}
		sum := sha256.Sum256([]byte("prowtrace: files of " + j.title()))
		copy(t.ID[:], sum[:])
		return t
	}
	m := metadata(j.result, g.detail)
	m.Instances = g.known
	t := trace.Job{Name: j.title(), ID: trace.TraceID(m.TraceID()), Timeline: prow.Timeline(m)}
	for _, label := range m.Labels() {
		t.Attributes = append(t.Attributes, trace.Attribute{Key: label[0], Value: label[1]})
	}
	return t
}

// metadata reads what a run's small files tell. What is missing or broken in
// them is told to note; each is optional.
func metadata(r *fetch.Result, note func(format string, args ...any)) *prow.Metadata {
	m := &prow.Metadata{Run: r.Run, AsOf: r.Listed}
	for _, name := range slices.Sorted(maps.Keys(r.Metadata)) {
		data, err := readBounded(r.Metadata[name].Path, maxMetadata)
		if err == nil {
			err = m.Add(name, data)
		}
		if err != nil {
			note("%s: %v", name, err)
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
