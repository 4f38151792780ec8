package team

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"prowtrace/prow"
	"prowtrace/serve/viewer"
	"prowtrace/session"
)

// openLink leads from what was pasted to its page.
func (s *Server) openLink(w http.ResponseWriter, r *http.Request) {
	ref, err := s.parse(r.URL.Query().Get("link"))
	if err == nil {
		ref, err = s.choose(r.Context(), ref)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	path, query, _ := pathOf(ref)
	to := s.address(path, query)
	if ref.Lines.File != "" { // of a log, as the link's fragment names them
		to = s.address(path, logQuery(ref.Lines))
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// choose finds the run of a reference that stands for one; jobs and pull requests have pages
// of their own.
func (s *Server) choose(ctx context.Context, ref prow.Ref) (prow.Ref, error) {
	if _, _, shown := pathOf(ref); shown {
		return ref, nil
	}
	return s.Visitor(ctx).Choose(ctx, ref)
}

// run serves the page of a run, and what is below it: its traces and the API that they ask.
func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, s.base)
	ref, err := s.parsePath(path, "")
	if err == nil {
		ref, err = s.choose(r.Context(), ref)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if ref.Kind != prow.KindRun {
		to, query, _ := pathOf(ref)
		http.Redirect(w, r, s.address(to, query), http.StatusFound)
		return
	}
	own, below := strings.CutPrefix(path, RunPath(ref.Run))
	ref = prow.Ref{Kind: prow.KindRun, Run: ref.Run}
	switch {
	case below && strings.HasPrefix(own, "/api/v1/"):
		s.serveRun(w, r, ref)
	case below && (own == "" || own == "/" || strings.HasPrefix(own, "/trace/")):
		s.pageOfRun(w, r, ref, own)
	default: // files of the run, and other ways to write its link
		http.Redirect(w, r, s.address(RunPath(ref.Run), ""), http.StatusFound)
	}
}

// pageOfRun shows the page of a run once it is loaded, and before that how far it is.
func (s *Server) pageOfRun(w http.ResponseWriter, r *http.Request, ref prow.Ref, own string) {
	state, err := s.Visitor(r.Context()).begin(ref)
	switch {
	case err != nil:
		s.fail(w, r, err)
	case state.Step == session.OpenFailed:
		s.fail(w, r, state.Err)
	case state.Step != session.OpenReady:
		s.pages.wait(w, ref.Run, state)
	case own != "":
		s.serveRun(w, r, ref)
	default:
		run, err := s.Visitor(r.Context()).Open(r.Context(), ref)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		defer run.Release()
		to := RunPath(ref.Run) + "/trace/" + run.Input().Trace.String()
		http.Redirect(w, r, s.address(to, r.URL.RawQuery), http.StatusFound)
	}
}

// serveRun answers from the viewer of a run.
func (s *Server) serveRun(w http.ResponseWriter, r *http.Request, ref prow.Ref) {
	run, err := s.Visitor(r.Context()).Open(r.Context(), ref)
	if err != nil {
		s.failAPI(w, r, err)
		return
	}
	defer run.Release()
	h := run.Kept("viewer", func() any { return s.newViewer(run) }).(http.Handler)
	http.StripPrefix(s.base+RunPath(ref.Run), h).ServeHTTP(w, r)
}

// newViewer makes the pages of a run. They outlive the lease of who asked first, and are used
// under those of who asks later.
func (s *Server) newViewer(run *session.OpenRun) http.Handler {
	info := s.o.Info(run.Input())
	info.Judged = func(ctx context.Context, known int64) (viewer.Judgement, int64) {
		step, version, err := run.Judged(ctx, known)
		j := viewer.Judgement{Summary: step.Summary, Compared: step.Compared, ToCompare: step.ToCompare, Final: step.Final}
		if err != nil {
			j.Failed, j.Final = oneLine(err), true
		}
		return j, version
	}
	return viewer.NewMounted(run.Loaded().Shared, info, viewer.Mount{Base: s.base + RunPath(run.Ref().Run), UI: s.base + "/ui/run"})
}

// gone reports whether an error means that the visitor does not wait any more.
func gone(r *http.Request, err error) bool {
	return r.Context().Err() != nil && errors.Is(err, r.Context().Err())
}
