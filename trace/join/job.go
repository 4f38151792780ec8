// Package join makes Views: it joins the traces of a job's files into one trace,
// together with the job's own spans, log events and marks of findings.
//
// It is the one package that knows how kOps writes its traces. One process writes one file
// named kops-<pid>-<time>.otel. The root span of a command has its command line as attribute
// args. Most calls inside a command lose their context, so they become traces of their own.
//
// The package promises: every span of the job's files is in the joined trace exactly once. A
// reported parent is never replaced. An inferred parent contains its child in time and is
// marked. Nothing is moved in time. The Set stays unchanged, so any number of Views of it
// can follow each other.
//
// It never reads a file, never uses the network or the clock, and knows nothing of Prow:
// facts about a run come as encoded spans with marks.
package join

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"

	"prowtrace/internal/panics"
	"prowtrace/trace"
)

// A Job joins the sources of one group into one trace. This has the job's own spans, then
// one span for each file (one process writes one file), then the traces of that file.
type Job struct {
	// Name is the job's name for people. It is used if Own has no root.
	Name string

	// ID is the id of the joined trace. Its first 8 bytes are the id of the root that is
	// made if there are no own spans. Neither may be zero.
	ID trace.TraceID

	// Own are the spans of the job itself. All are in trace ID and have one root. If there
	// are none, the root lasts as long as the files' spans.
	Own Own

	trace.Description

	// By says how the traces of a file are placed below its process.
	By By

	// Events are added to the innermost own spans that ran at their time; see Event.
	// MoreEvents is the number of events that are only counted.
	Events     []Event
	MoreEvents int

	// Started are the commands that are known to have been started, ordered by time.
	Started []Started

	// Findings mark spans of the joined trace.
	Findings []Finding

	// Problems are those of files of the job that hold no spans. Make sets their Group and
	// Beside.
	Problems []trace.Problem
}

// Own are spans that no file holds.
type Own struct {
	Spans []byte // encoded TracesData
	Marks map[trace.SpanID]Mark
}

// Mark says about an own span what its encoding does not.
type Mark struct {
	Estimated  bool   // its times were derived, not reported
	Directory  string // files below it belong to the span: "artifacts/e2e/"; "" means none
	MayContain bool   // spans that ran at its time ran in it; always true for the root
}

// unplaced reports whether only the duration of a span is known, and not when it ran. An
// estimated span that may contain others is one of several that followed each other.
func (m Mark) unplaced() bool { return m.Estimated && !m.MayContain }

// By says where a trace is put in the joined one if no parent was reported.
type By string

// The ways of joining.
const (
	ByTime    By = "time"    // below the deepest span of its process that contains it, if only one can
	ByProcess By = "process" // below its process
)

// Service is the service of the spans that a View adds.
const Service = "prow"

// Attributes of the spans that are made.
const (
	attrFile     = "prowtrace.file"
	attrCommands = "prowtrace.commands" // in one process
	attrExit     = "prowtrace.exit"
)

// Make makes the View of a set. Job i joins the sources of group i+1; processes are those of
// the set (see Processes). Several jobs with the same id are a mistake: only the first is
// joined.
func Make(ctx context.Context, set *trace.Set, processes []Process, jobs ...Job) (*trace.View, error) {
	if len(jobs) == 0 {
		return trace.Plain(set), nil
	}
	material := trace.Material{Groups: map[int]trace.Description{}, Added: map[int][]byte{}}
	members := byGroup(processes, len(jobs))
	var sources []trace.Source
	drawn := make([]drawing, len(jobs))
	for i := range jobs {
		nameProcesses(members[i], jobs[i].Started)
		drawn[i] = jobs[i].draw(members[i])
		sources = append(sources, trace.Source{Name: jobs[i].Name, Data: drawn[i].encoded, Group: i + 1})
		material.Groups[i+1] = jobs[i].Description
		for _, p := range jobs[i].Problems {
			p.Group, p.Beside = i+1, true
			material.Problems = append(material.Problems, p)
		}
	}
	own, err := trace.LoadEncoded(ctx, sources)
	if err != nil {
		return nil, fmt.Errorf("drawing the jobs' own spans: %w", err)
	}
	material.Own = own
	material.Joined = make([]trace.Joined, len(jobs))
	var next atomic.Int64
	g, ctx := panics.WithContext(ctx)
	for range min(len(jobs), runtime.GOMAXPROCS(0)) {
		g.Go(func() error {
			for i := int(next.Add(1)) - 1; i < len(jobs); i = int(next.Add(1)) - 1 {
				joined, err := newJoiner(set, own, &jobs[i], members[i], drawn[i].marks).join(ctx)
				if err != nil {
					return fmt.Errorf("joining the traces of %s: %w", jobs[i].Name, err)
				}
				material.Joined[i] = joined
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i := range jobs {
		addFacts(set, own, &jobs[i], &material.Joined[i], material.Added)
	}
	return trace.NewView(set, material), nil
}

// byGroup gives the processes of each job, in order of start.
func byGroup(processes []Process, jobs int) [][]Process {
	members := make([][]Process, jobs)
	for _, p := range processes {
		if p.Group >= 1 && p.Group <= jobs {
			members[p.Group-1] = append(members[p.Group-1], p)
		}
	}
	for _, m := range members {
		sortByStart(m)
	}
	return members
}

// Load loads sources and joins them: trace.Load, Processes and Make.
func Load(ctx context.Context, sources []trace.Source, jobs ...Job) (*trace.View, error) {
	set, err := trace.Load(ctx, sources)
	if err != nil {
		return nil, err
	}
	var processes []Process
	if len(jobs) > 0 {
		processes, err = Processes(ctx, set)
	}
	var view *trace.View
	if err == nil {
		view, err = Make(ctx, set, processes, jobs...)
	}
	if err != nil {
		_ = set.Close() // the first error is the one to report
		return nil, err
	}
	return view, nil
}
