// Package team serves runs to a team: pages and an API for any run, job or pull request
// that a visitor names. A run is loaded when it is first opened.
//
// Its paths are those of Prow's pages, so that changing the host of a link is enough:
// /view/gs/BUCKET/…, /gcs/BUCKET/…, /job-history/… and /pr-history. The start page takes a
// link or a name. Programs ask below /api/v1/ (docs/server.md).
//
// What it promises: it reads only the buckets of a list, with the access that the list
// names, and never a file of this machine. Requests are bounded for each visitor and for all
// together. Visitors who open the same run share one answer. A fault of one request ends
// that request alone. All texts of buckets are escaped, and a strict
// Content-Security-Policy runs nothing but the server's own scripts.
//
// What it never does: know who a visitor is, read a bucket that is not on its list, follow
// a host that a visitor names.
package team

import (
	"cmp"
	"context"
	"embed"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/triage"
	"prowtrace/triage/history"
	"prowtrace/triage/report"
)

//go:embed ui/*
var ui embed.FS

// Options say what is served, and to whom.
type Options struct {
	Session *session.Session // reads only by Buckets
	Known   prow.Instances
	Buckets *Buckets

	// Open bounds what is loaded. Its Allow and Ended are the server's own.
	Open session.OpenRunsOptions

	// Info gives what the pages say of a run beside what is judged of it.
	Info func(*session.Input) viewer.Info

	// BasePath stands before all paths, as a proxy has it: "/prowtrace". "": none.
	BasePath string

	Hosts   []string // names that the server answers to, besides those of this machine; "*": all
	Origins []string // other origins than its own whose pages may send requests, as https://prow.example.com

	// VisitorHeader names the header in which a proxy says who asks; "": the address counts.
	// Its last part behind a comma counts, which is what the nearest proxy wrote.
	VisitorHeader string
	PerVisitor    Allowance

	// Mounts are further handlers, by their paths: "/mcp". They guard themselves against
	// other origins; the server checks the host, counts and logs. They open runs for a
	// Visitor only. It may be nil.
	Mounts func(*Server) map[string]http.Handler

	Log     *slog.Logger // nil: nothing is logged
	Tracer  *Tracer      // nil: no traces of itself
	Version string
	Now     func() time.Time // nil: time.Now
}

// A Server is the handler of all. It is safe for concurrent use. Close ends it.
type Server struct {
	o        Options
	base     string // BasePath without a slash at its end
	runs     *session.OpenRuns
	visitors *visitors
	mounted  []string // paths of the mounts below the base
	metrics  *metrics
	hosts    *viewer.Hosts
	pasts    *answers[*history.History]
	pulls    *answers[*report.Summaries]
	pages    pages
	handler  http.Handler
	ready    func() error
}

// New makes the server.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Open.Judging.Known == nil {
		o.Open.Judging.Known = triage.NewMatcher(nil)
	}
	if o.Open.Judging.Page == nil {
		o.Open.Judging.Page = func(run prow.Run) string { return link.Page(o.Known, run) }
	}
	s := &Server{o: o, base: strings.TrimRight(o.BasePath, "/"), hosts: viewer.NewHosts(o.Hosts...)}
	s.pages = pages{(&url.URL{Path: s.base}).EscapedPath()}
	s.visitors = newVisitors(o.PerVisitor, o.Now)
	o.Open.Allow = o.Buckets.Allow
	o.Open.Ended = s.loadEnded
	o.Open.Fault = func(run prow.Run, met *panics.Error) { s.Fault(met, "run", run.URL()) }
	s.runs = session.NewOpenRuns(o.Session, o.Open)
	s.metrics = newMetrics(s.runs, o.Version)
	asked := func(q question, met *panics.Error) { s.Fault(met, "job", q.of.Job, "pull", q.of.Pull) }
	s.pasts = newAnswers(o.Now, s.makeHistory, asked)
	s.pulls = newAnswers(o.Now, s.makePull, asked)
	may := func(who string) error { return Visitor{s, who}.spent() }
	s.pasts.may, s.pulls.may = may, may
	s.handler = s.routes()
	return s
}

// Runs are the runs that are loaded, for what else serves them. What is opened there counts
// for no visitor.
func (s *Server) Runs() *session.OpenRuns { return s.runs }

// Close ends what goes on beside requests, and lets go of all runs.
func (s *Server) Close() error {
	s.pasts.close()
	s.pulls.close()
	return s.runs.Close()
}

// loadEnded hears of each load.
func (s *Server) loadEnded(e session.EndedLoad) {
	s.visitors.ended(e)
	s.metrics.ended(e)
	level, attrs := slog.LevelInfo, []any{"run", e.Run.URL(), "took", e.Took.Round(time.Millisecond), "bytes", e.Bytes, "spans", e.Spans}
	if e.Err != nil {
		level, attrs = slog.LevelWarn, append(attrs, "error", oneLine(e.Err))
	}
	s.o.Log.Log(context.Background(), level, "load", attrs...)
	s.o.Tracer.load(e, s.o.Now())
}

// Fault logs and counts a fault of the program, with what it was met at, as package slog has
// it: also for what else is served of the runs.
func (s *Server) Fault(met *panics.Error, at ...any) {
	s.metrics.faults.Inc()
	s.o.Log.Error("fault", append(at, "fault", oneLine(met), "stack", string(met.Stack))...)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// routes is the table of all paths.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	page := func(pattern string, h http.HandlerFunc) { mux.Handle(s.base+pattern, s.own(h)) }
	page("/{$}", s.start)
	page("/open", s.openLink)
	page("/view/{rest...}", s.run)
	page("/gcs/{rest...}", s.run)
	page("/job-history/{rest...}", s.jobHistory)
	page("/job-history", s.jobHistory)
	page("/pr-history", s.pullHistory)
	page("/ui/run/{asset...}", viewer.RunAssets().ServeHTTP)
	page("/ui/history/{asset...}", viewer.HistoryAssets().ServeHTTP)
	page("/ui/team/{asset}", s.asset)
	page("/api/v1/state", s.api(s.getState))
	page("/api/v1/summary", s.api(s.getSummary))
	page("/api/v1/history", s.api(s.getHistory))
	page("/api/v1/pull", s.api(s.getPull))
	page("/api/v1/resolve", s.api(s.getResolved))
	page("/api/", s.api(noSuchAddress))
	page("/", func(w http.ResponseWriter, r *http.Request) {
		s.fail(w, r, tellUser(http.StatusNotFound, "There is no such page", "Paste a link or a job's name on the start page."))
	})
	mounts := map[string]http.Handler{}
	if s.o.Mounts != nil {
		mounts = s.o.Mounts(s)
	}
	for at, h := range mounts {
		at = "/" + strings.Trim(at, "/")
		s.mounted = append(s.mounted, at)
		at = s.base + at
		h = s.hosted(http.StripPrefix(at, h))
		mux.Handle(at, h)
		mux.Handle(at+"/", h)
	}
	if s.base != "" {
		mux.HandleFunc(s.base, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, s.base+"/", http.StatusMovedPermanently)
		})
	}
	// These are asked for by address, and not through a proxy.
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("/readyz", s.readyz)
	mux.Handle("/metrics", s.metrics.handler())
	return s.watched(mux)
}

// SetReady says what keeps the server from taking visitors; nil: nothing. It must be called
// before the first request.
func (s *Server) SetReady(f func() error) { s.ready = f }

func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	if s.ready != nil {
		if err := s.ready(); err != nil {
			plain(w, http.StatusServiceUnavailable, oneLine(err))
			return
		}
	}
	plain(w, http.StatusOK, "ready")
}

// host is the host that stands for a link without one: paths are read as Prow's own.
func (s *Server) host() string {
	if decks := s.o.Known.Default().Decks; len(decks) > 0 {
		return decks[0]
	}
	return cmp.Or(s.o.Known.DeckOf(""), "prow.k8s.io")
}
