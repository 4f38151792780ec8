package team

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/session"
)

// api makes a handler of an answer in JSON; errors are JSON too.
func (s *Server) api(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := f(r)
		if err != nil {
			s.failAPI(w, r, err)
			return
		}
		sendJSON(w, http.StatusOK, answer)
	}
}

// written is an answer that is JSON already.
type written []byte

func sendJSON(w http.ResponseWriter, status int, answer any) {
	body, ok := answer.(written)
	if !ok {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(answer); err != nil {
			plain(w, http.StatusInternalServerError, oneLine(err))
			return
		}
		body = b.Bytes()
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the visitor may have left
}

// failAPI tells what is wrong, as JSON.
func (s *Server) failAPI(w http.ResponseWriter, r *http.Request, err error) {
	if gone(r, err) {
		return
	}
	e := told(err)
	retryLater(w, e.status)
	sendJSON(w, e.status, map[string]*userError{"error": e})
}

func noSuchAddress(*http.Request) (any, error) {
	return nil, tellUser(http.StatusNotFound, "There is no such address in the API", "docs/server.md lists the addresses there are.")
}

// state is how far a run or an answer is.
type state struct {
	Step  string `json:"step"` // waiting, fetching, loading, making, ready, failed
	Text  string `json:"text"`
	Page  string `json:"page"` // path of the page on this server
	Files int64  `json:"files"`
	Bytes int64  `json:"bytes"`
	Known int64  `json:"bytes_known"` // that are to come, as far as listed
	Spans int    `json:"spans"`

	Error *userError `json:"error,omitempty"`
}

func stateOf(o session.OpenState) state {
	out := state{Step: string(o.Step), Files: o.Counts.Done, Bytes: o.Counts.BytesDone + o.Counts.BytesSaved, Known: o.Counts.Bytes, Spans: o.Spans}
	switch o.Step {
	case session.OpenWaiting:
		out.Text = "Other runs are loaded first…"
	case session.OpenFetching:
		out.Text = "Fetching: " + text.Count(o.Counts.Done, "file") + ", " + text.Size(out.Bytes)
		if out.Known > 0 && !o.Counts.Listing {
			out.Text += " of " + text.Size(out.Known)
		}
	case session.OpenLoading:
		out.Text = "Reading " + text.Count(o.Counts.Done, "file") + "…"
	case session.OpenReady:
		out.Text = "Ready: " + text.Count(o.Spans, "span")
	case session.OpenFailed:
		out.Error = told(o.Err)
		out.Text = out.Error.What
	}
	return out
}

// linked is the reference that a request names.
func (s *Server) linked(r *http.Request) (prow.Ref, error) {
	given := r.URL.Query().Get("link")
	if given == "" {
		return prow.Ref{}, tellUser(http.StatusBadRequest, "The parameter link is missing", "Add ?link= with a link or a job's name, percent-encoded.")
	}
	return s.parse(given)
}

// linkedRun is the run that a request names, chosen where it names a job.
func (s *Server) linkedRun(r *http.Request) (prow.Ref, error) {
	ref, err := s.linked(r)
	if err == nil && ref.Kind == prow.KindPR {
		err = tellUser(http.StatusBadRequest, "This is a pull request, not a run", "Ask /api/v1/pull.")
	}
	if err == nil {
		ref, err = s.Visitor(r.Context()).Choose(r.Context(), ref)
	}
	return prow.Ref{Kind: ref.Kind, Run: ref.Run}, err
}

// getState says how far a run, a history or a pull request is, and begins it.
func (s *Server) getState(r *http.Request) (any, error) {
	ref, err := s.linked(r)
	if err == nil {
		ref, err = s.choose(r.Context(), ref)
	}
	if err != nil {
		return nil, err
	}
	var out state
	path, query, _ := pathOf(ref)
	switch ref.Kind {
	case prow.KindRun:
		open, err := s.Visitor(r.Context()).begin(prow.Ref{Kind: prow.KindRun, Run: ref.Run})
		if err != nil {
			return nil, err
		}
		out = stateOf(open)
	case prow.KindPR:
		_, there, err := s.pulls.ready(s.Visitor(r.Context()).who, newQuestion(ref, mostPullJudged))
		out = making(there, err, "The failed jobs are judged…")
	default:
		_, there, err := s.pasts.ready(s.Visitor(r.Context()).who, newQuestion(ref, historyRuns))
		out = making(there, err, "The last "+strconv.Itoa(historyRuns)+" runs are read…")
	}
	out.Page = s.address(path, query)
	return out, nil
}

// making is the state of an answer that is made.
func making(there bool, err error, said string) state {
	switch {
	case err != nil:
		e := told(err)
		return state{Step: string(session.OpenFailed), Text: e.What, Error: e}
	case there:
		return state{Step: string(session.OpenReady), Text: "Ready"}
	}
	return state{Step: "making", Text: said}
}

// getSummary waits for what broke first in a run.
func (s *Server) getSummary(r *http.Request) (any, error) {
	ref, err := s.linkedRun(r)
	if err != nil {
		return nil, err
	}
	run, err := s.Visitor(r.Context()).Open(r.Context(), ref)
	if err != nil {
		return nil, err
	}
	defer run.Release()
	sum, err := run.Summary(r.Context())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = sum.JSON(&b)
	return written(b.Bytes()), err
}

// getHistory waits for what the last runs of a job tell.
func (s *Server) getHistory(r *http.Request) (any, error) {
	ref, err := s.linked(r)
	if err != nil {
		return nil, err
	}
	n := historyRuns
	if given := r.URL.Query().Get("n"); given != "" {
		if n, err = strconv.Atoi(given); err != nil || n < 1 || n > mostRuns {
			return nil, tellUser(http.StatusBadRequest, "invalid n "+text.Quote(given, 60), "Use a number from 1 to "+strconv.Itoa(mostRuns)+".")
		}
	}
	h, err := s.pasts.get(r.Context(), s.Visitor(r.Context()).who, newQuestion(ref, n))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = h.JSON(&b)
	return written(b.Bytes()), err
}

// getPull waits for the failed jobs of a pull request.
func (s *Server) getPull(r *http.Request) (any, error) {
	ref, err := s.linked(r)
	if err == nil && ref.Kind != prow.KindPR {
		err = tellUser(http.StatusBadRequest, "This is not a pull request", "Use a link of GitHub, or kops#18011.")
	}
	if err != nil {
		return nil, err
	}
	all, err := s.pulls.get(r.Context(), s.Visitor(r.Context()).who, newQuestion(ref, mostPullJudged))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = all.JSON(&b)
	return written(b.Bytes()), err
}

// getResolved says what a link means, without a request to a bucket.
func (s *Server) getResolved(r *http.Request) (any, error) {
	ref, err := s.linked(r)
	if err != nil {
		return nil, err
	}
	path, query, ok := pathOf(ref)
	out := struct {
		link.Row
		Page string `json:"page,omitempty"` // path of the page on this server
	}{Row: link.NewRow(ref, nil)}
	if ok {
		out.Page = s.address(path, query)
	}
	return out, nil
}

// logQuery asks the page of a run for lines of a log.
func logQuery(l prow.Lines) string {
	at := l.File + ":" + strconv.Itoa(l.From)
	if l.To > l.From {
		at += "-" + strconv.Itoa(l.To)
	}
	return url.Values{"log": {at}}.Encode()
}

// requestTime bounds what an answer may take; streams of the mounts last as they like.
const requestTime = 10 * time.Minute
