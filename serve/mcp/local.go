package mcp

import (
	"context"
	"errors"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/triage/report"
)

// localRun is what a path on this machine holds: it is loaded for one call.
type localRun struct {
	loaded  *session.Loaded
	judging session.Judging
}

// openLocal loads what a path holds, if that is one run.
func (s *Server) openLocal(ctx context.Context, ref prow.Ref) (Run, error) {
	asked := s.o.Session(ctx, session.Choice{})
	files, err := asked.Collect(ctx, []prow.Ref{ref})
	if err != nil {
		return nil, err
	}
	loaded, err := asked.Load(ctx, files)
	if err != nil {
		return nil, err
	}
	if n := len(loaded.Inputs); n != 1 {
		return nil, errors.Join(&callError{what: "this path holds " + text.Count(n, "run"), next: "Name the directory of one of them."}, loaded.Close())
	}
	return &localRun{loaded, s.o.Judging}, nil
}

// Summary judges the run, each time that it is asked for.
func (r *localRun) Summary(ctx context.Context) (*report.Summary, error) {
	return r.loaded.Judge(ctx, r.Input(), r.judging)
}

func (r *localRun) Loaded() *session.Loaded { return r.loaded }
func (r *localRun) Input() *session.Input   { return r.loaded.Inputs[0] }

// Release unmaps the files. What cannot be unmapped stays until the program ends.
func (r *localRun) Release() { _ = r.loaded.Close() }
