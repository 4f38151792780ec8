package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"prowtrace/export"
	"prowtrace/internal/text"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/trace/query"
)

// derived is what searches ask of analyses.
var derived = query.Derived{Self: analysis.SelfTimes, Peer: analysis.Peers, Path: analysis.Paths, Link: analysis.Links}

// trees chooses what is handed over: of runs the joined traces, unless the flags say
// otherwise; of other files what is in them.
func (e *exportCommand) trees(ctx context.Context, view *trace.View, inputs []*session.Input) (iter.Seq[export.Tree], error) {
	runs := map[trace.TraceID]bool{} // by their joined traces
	for _, in := range inputs {
		if in.IsRun() {
			runs[in.Trace] = true
		}
	}
	trees := export.Joined(view)
	switch {
	case e.trace != "":
		t, err := e.named(view)
		if err != nil {
			return nil, err
		}
		trees = slices.Values([]export.Tree{{Tree: view.Tree(t)}})
	case e.all, len(runs) == 0, len(view.Jobs()) == 0:
		trees = reported(view, runs)
	}
	if e.find == "" {
		return trees, nil
	}
	filter, err := e.filter()
	if err != nil {
		return nil, err
	}
	return onlyFound(ctx, view, trees, filter)
}

// filter is the search of --find.
func (e *exportCommand) filter() (query.Filter, error) {
	filter, err := query.Parse(e.find)
	var wrong *query.SyntaxError
	if errors.As(err, &wrong) {
		return filter, usageError{fmt.Errorf("invalid --find %s: %s", text.Quote(e.find, maxQuoted), wrong.Problem), wrong.Hint}
	}
	return filter, err
}

// reported gives the traces that files hold, and what runs say of themselves. What else heads
// a joined trace was made up for the pages.
func reported(view *trace.View, runs map[trace.TraceID]bool) iter.Seq[export.Tree] {
	return func(yield func(export.Tree) bool) {
		for t := range export.All(view) {
			if (!t.Joined() || runs[t.Trace.ID]) && !yield(t) {
				return
			}
		}
	}
}

// named is the trace of --trace.
func (e *exportCommand) named(view *trace.View) (trace.Trace, error) {
	id, err := e.traceID()
	if err != nil {
		return trace.Trace{}, err
	}
	t, ok := view.Lookup(id)
	if !ok {
		return trace.Trace{}, &noTraceError{id}
	}
	return t, nil
}

// traceID is the id of --trace; zero: none was given.
func (e *exportCommand) traceID() (id trace.TraceID, err error) {
	if e.trace == "" {
		return id, nil
	}
	if id, err = trace.ParseTraceID(e.trace); err != nil {
		return id, usageError{fmt.Errorf("invalid --trace %s", text.Quote(e.trace, maxQuoted)), "a trace id has 32 hex digits"}
	}
	return id, nil
}

// noTraceError: no trace has the id of --trace.
type noTraceError struct{ id trace.TraceID }

func (e *noTraceError) Error() string {
	return fmt.Sprintf("cannot export trace %v: no trace has this id", e.id)
}

// onlyFound narrows trees to the spans that a search finds. Whole traces are asked first: most
// are of one span, and have nothing.
func onlyFound(ctx context.Context, view *trace.View, trees iter.Seq[export.Tree], filter query.Filter) (iter.Seq[export.Tree], error) {
	traces, err := query.Find(ctx, view, query.Query{Filter: filter, Joined: true, Derived: derived})
	if err != nil {
		return nil, err
	}
	possible := make([]bool, view.NumTraces())
	for _, t := range traces {
		possible[t.Index] = true
	}
	hit := make([]bool, view.Len()) // by row, which trees can share: each has its own choice besides
	for t := range trees {
		if !possible[t.Trace.Index] {
			continue
		}
		hits, err := query.InTree(ctx, t.Tree, filter, derived)
		if err != nil {
			return nil, err
		}
		for i, is := range hits {
			if row := t.Row(i); is && (t.Chosen == nil || t.Chosen(row)) {
				hit[row] = true
			}
		}
	}
	return func(yield func(export.Tree) bool) {
		for t := range trees {
			found := func(row int) bool { return hit[row] && (t.Chosen == nil || t.Chosen(row)) }
			if possible[t.Trace.Index] && !yield(export.Tree{Tree: t.Tree, Chosen: found}) {
				return
			}
		}
	}, nil
}
