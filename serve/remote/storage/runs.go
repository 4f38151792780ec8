package storage

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/trace/query"
)

// A Run is one of several whose traces are served together.
type Run struct {
	Shared     *trace.Shared
	Job, Build string
	Release    func() // called once, when a request does not use the run any more
}

// Runs gives the runs that are loaded when a request comes. It is called once for each, and
// answered as if they were one.
type Runs func() []Run

// Found is a trace of one of several runs.
type Found struct {
	View *trace.View
	trace.Trace
}

// viewed is a run as one request sees it.
type viewed struct {
	Run
	view *trace.View
}

// open gives the runs that a request is about, and what ends their use.
func (r Runs) open(wanted func(Run) bool) (all []viewed, release func()) {
	var releases []func()
	for _, run := range r() {
		view, let := run.Shared.Acquire()
		releases = append(releases, func() { let(); run.Release() })
		if view != nil && wanted(run) {
			all = append(all, viewed{run, view})
		}
	}
	return all, func() {
		for _, f := range releases {
			f()
		}
	}
}

func whichever(Run) bool { return true }

// ofRuns takes from a search what says which runs it is about.
func ofRuns(q query.Query) (query.Query, func(Run) bool) {
	asked := map[string]string{}
	q.Attributes = slices.DeleteFunc(slices.Clone(q.Attributes), func(a trace.Attribute) bool {
		of := map[string]string{"prow.job": "job", "prow.build": "build", "prow.build_id": "build"}[a.Key]
		if of != "" {
			asked[of] = a.Value
		}
		return of != ""
	})
	return q, func(r Run) bool {
		return (asked["job"] == "" || asked["job"] == r.Job) && (asked["build"] == "" || asked["build"] == r.Build)
	}
}

// Lookup gives the traces of ids, each once, and of the first run that has it. They can be used
// until release.
func (r Runs) Lookup(ids ...trace.TraceID) (found []Found, release func()) {
	all, release := r.open(whichever)
	sent := map[trace.TraceID]bool{}
	for _, id := range ids {
		for _, run := range all {
			if t, ok := run.view.Lookup(id); ok && !sent[id] {
				sent[id] = true
				found = append(found, Found{run.view, t})
			}
		}
	}
	return found, release
}

// Find gives the traces of all runs that match, newest first; the attributes prow.job and
// prow.build say of which runs. They can be used until release, which is never nil.
func (r Runs) Find(ctx context.Context, q query.Query) (found []Found, release func(), err error) {
	q, wanted := ofRuns(q)
	all, letGo := r.open(wanted)
	release = func() {}
	handedOn := false
	defer func() {
		if !handedOn { // it failed, or met a fault
			letGo()
		}
	}()
	for _, run := range all {
		some, err := Find(ctx, run.view, q)
		if err != nil {
			return nil, release, err
		}
		for _, t := range some {
			found = append(found, Found{run.view, t})
		}
	}
	slices.SortStableFunc(found, func(a, b Found) int { return cmp.Compare(b.Start, a.Start) })
	if q.Limit > 0 {
		found = found[:min(len(found), q.Limit)]
	}
	handedOn = true
	return found, letGo, nil
}

// What follows outlives the views.

// Services is described at the function of that name.
func (r Runs) Services() []string {
	all, release := r.open(whichever)
	defer release()
	names := map[string]bool{}
	for _, run := range all {
		for _, name := range Services(run.view) {
			names[strings.Clone(name)] = true
		}
	}
	return Fit(slices.Sorted(maps.Keys(names)), AnswerSize, serviceSize)
}

// Operations is described at the function of that name. Those with one name follow each other.
func (r Runs) Operations(service, kind string) ([]trace.Operation, error) {
	all, release := r.open(whichever)
	defer release()
	seen := map[trace.Operation]bool{}
	for _, run := range all {
		ops, err := Operations(run.view, service, kind)
		if err != nil {
			return nil, err
		}
		for _, op := range ops {
			op.Name = strings.Clone(op.Name)
			seen[op] = true
		}
	}
	order := slices.SortedFunc(maps.Keys(seen), func(a, b trace.Operation) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	return Fit(order, AnswerSize, operationSize), nil
}

// Calls is described at the function of that name.
func (r Runs) Calls(start, end *timestamppb.Timestamp) ([]analysis.Calls, error) {
	all, release := r.open(whichever)
	defer release()
	counts := map[analysis.Calls]uint64{} // by calls without their count
	for _, run := range all {
		calls, err := Calls(run.view, start, end)
		if err != nil {
			return nil, err
		}
		for _, c := range calls {
			counts[analysis.Calls{Parent: strings.Clone(c.Parent), Child: strings.Clone(c.Child), Source: strings.Clone(c.Source)}] += c.Count
		}
	}
	var sum []analysis.Calls
	for c, n := range counts {
		c.Count = n
		sum = append(sum, c)
	}
	slices.SortFunc(sum, func(a, b analysis.Calls) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child), cmp.Compare(a.Source, b.Source))
	})
	return Fit(sum, AnswerSize, callsSize), nil
}
