package team

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/serve/viewer"
	"prowtrace/triage/history"
	"prowtrace/triage/report"
)

// Bounds on what is looked at of a job or a pull request.
const (
	historyRuns    = 30
	mostRuns       = 100
	mostPullJobs   = 200 // jobs whose newest runs are asked for their outcome
	mostPullJudged = 20  // failed ones that are judged
)

// jobHistory serves the page of a job's last runs, and the API that it asks.
func (s *Server) jobHistory(w http.ResponseWriter, r *http.Request) {
	path, _, api := strings.Cut(strings.TrimPrefix(r.URL.Path, s.base), "/api/v1/")
	path = strings.TrimRight(path, "/")
	ref, err := s.jobRef(path, r.URL.Query().Get("job"))
	if err == nil && path == "/job-history" {
		if ref, err = s.locateJob(r.Context(), ref); err == nil {
			to, query, _ := pathOf(ref)
			http.Redirect(w, r, s.address(to, query), http.StatusFound)
			return
		}
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	h, there, err := s.pasts.ready(s.Visitor(r.Context()).who, newQuestion(ref, historyRuns))
	switch {
	case err != nil && api:
		s.failAPI(w, r, err)
	case err != nil:
		s.fail(w, r, err)
	case !there && !api:
		s.pages.waitFor(w, text.Clip(ref.Job, 200), "The last "+strconv.Itoa(historyRuns)+" runs are read…", jobLink(ref))
	case !there:
		s.failAPI(w, r, tellUser(http.StatusServiceUnavailable, "The history is loading", "Load the page again."))
	default:
		s.serveHistory(w, r, h, path)
	}
}

// serveHistory answers from the page of a history that stands at a path.
func (s *Server) serveHistory(w http.ResponseWriter, r *http.Request, h *history.History, path string) {
	at := viewer.Mount{Base: s.base + path, UI: s.base + "/ui/history", Run: s.ownAddress}
	below := strings.TrimPrefix(r.URL.Path, s.base+path)
	u := *r.URL
	u.Path, u.RawPath = cmp.Or(below, "/"), ""
	inner := r.Clone(r.Context())
	inner.URL = &u
	viewer.NewMountedHistory(h, at).ServeHTTP(w, inner)
}

// jobRef is the job that a path or a name means.
func (s *Server) jobRef(path, job string) (prow.Ref, error) {
	var ref prow.Ref
	var err error
	if path == "/job-history" {
		ref, err = s.parse(job)
	} else {
		ref, err = s.parsePath(path, "")
	}
	if err == nil && ref.Kind != prow.KindJob {
		err = tellUser(http.StatusBadRequest, "This is not a job", "Paste the name of a job.")
	}
	return ref, err
}

// locateJob finds the bucket of a job that is named without one.
func (s *Server) locateJob(ctx context.Context, ref prow.Ref) (prow.Ref, error) {
	if ref.Bucket != "" && ref.Root != "" {
		return ref, nil
	}
	done, err := s.Visitor(ctx).searching()
	if err != nil {
		return ref, err
	}
	defer done()
	runs, err := s.o.Session.Runs(ctx, ref, 1)
	if err != nil {
		return ref, err
	}
	if len(runs) == 0 {
		return ref, tellUser(http.StatusNotFound, "No runs of "+text.Quote(ref.Job, 100)+" were found", "Check the name of the job.")
	}
	run, root := runs[0].Run, "logs/"
	if strings.HasPrefix(run.Root, "pr-logs/") {
		root = "pr-logs/directory/"
	}
	return prow.Ref{Kind: prow.KindJob, Run: prow.Run{Provider: run.Provider, Bucket: run.Bucket, Root: root + run.Job, Job: run.Job}}, nil
}

// jobLink is a link to a job that parse understands.
func jobLink(ref prow.Ref) string {
	if ref.Bucket != "" && ref.Root != "" {
		return ref.Provider + "://" + ref.Bucket + "/" + ref.Root
	}
	return ref.Job
}

// makeHistory looks at the last runs of a job.
func (s *Server) makeHistory(ctx context.Context, q question) (*history.History, error) {
	runs, err := s.Visitor(ctx).Counting(s.o.Session).History(ctx, q.of, q.runs, s.o.Open.Judging.Known)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, tellUser(http.StatusNotFound, "No runs were found", "Check the name of the job.")
	}
	return history.Make(runs).Masked(), nil
}

// pullHistory serves the page of a pull request: its failed jobs at its newest commit.
func (s *Server) pullHistory(w http.ResponseWriter, r *http.Request) {
	ref, err := s.parsePath("/pr-history", r.URL.RawQuery)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if ref.Kind != prow.KindPR {
		s.fail(w, r, tellUser(http.StatusBadRequest, "This is not a pull request", "Name org, repo and pr."))
		return
	}
	all, there, err := s.pulls.ready(s.Visitor(r.Context()).who, newQuestion(ref, mostPullJudged))
	title := strings.TrimPrefix(text.Clip(ref.Org+"/"+ref.Repo+"#"+ref.Pull, 200), "/")
	switch {
	case err != nil:
		s.fail(w, r, err)
	case !there:
		s.pages.waitFor(w, title, "The failed jobs are judged…", s.pullLink(ref))
	default:
		s.pull(w, title, all)
	}
}

// pullLink is a link to a pull request that parse understands.
func (s *Server) pullLink(ref prow.Ref) string {
	_, query, _ := pathOf(ref)
	return "https://" + s.host() + "/pr-history?" + query
}

// makePull judges the failed jobs of a pull request at its newest commit.
func (s *Server) makePull(ctx context.Context, q question) (*report.Summaries, error) {
	reading := s.Visitor(ctx).Counting(s.o.Session)
	found, err := reading.Pull(ctx, q.of, mostPullJobs)
	if err != nil {
		return nil, err
	}
	p := &report.Pull{Change: strings.TrimPrefix(q.of.Org+"/"+q.of.Repo+"#"+q.of.Pull, "/"), SHA: found.SHA, Older: found.Older, LeftOut: found.LeftOut}
	var failed []prow.Run
	for _, r := range found.Runs {
		if r.State == runfile.Failed || r.State == runfile.Errored {
			failed = append(failed, r.Run)
		} else {
			p.Count(r.State)
		}
	}
	if more := len(failed) - q.runs; more > 0 {
		p.LeftOut += more
		failed = failed[:q.runs]
	}
	judged, errs := reading.JudgeRuns(ctx, failed, s.o.Open.Judging)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []*report.Summary
	for i, one := range judged {
		if errs[i] != nil {
			p.Unknown++
			continue
		}
		p.Count(runfile.State(one.Run.Result))
		if one.Run.Result != string(runfile.Passed) && one.Run.Result != string(runfile.Running) {
			all = append(all, one.Masked())
		}
	}
	if err := errors.Join(errs...); err != nil && len(all) == 0 && len(failed) > 0 {
		return nil, err
	}
	several := report.Several(all)
	several.Pull = p
	return several, nil
}
