// Package viewer is the trace viewer built into prowtrace: a page in the
// browser and the API it asks. The page shows the traces of a run, one trace
// as a waterfall, one span with all that is known of it, and the same spans as
// a table of operations, a flame graph, a map of services, a flat list, and their
// events by time; and beside them the lines of the run's logs. A page of its own
// shows the history of jobs: what their last runs tell.
//
// Go computes, the page draws: order, self times, the critical path, searches
// and statistics come from here (docs/api.md describes each answer), the page
// in ui/ is plain HTML, CSS and JavaScript modules without a build step and
// asks nothing of any other host. Addresses of traces are the same as Jaeger's
// (/trace/{id}), so a link to one works in the other.
//
// The package promises that nothing in a trace can become markup, a script or
// more than its share of an answer: the page only ever sets text, text is kept
// on its line and cut to a length, long lists are served in pages, and the
// browser is told by a strict Content-Security-Policy to run nothing else. It
// answers only to the names of this machine, so that no other site can read
// traces through a visitor's browser. It never changes anything and never
// reads a file: traces and logs are handed to it.
package viewer

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"

	"prowtrace/internal/text"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
	"prowtrace/triage"
	"prowtrace/triage/diff"
)

// Info says what run the traces are of. All fields may be empty; all may come
// from a bucket and are not trusted. Addresses other than http and https are
// shown as text.
type Info struct {
	Title  string // the run, for people: "pull-kops-e2e-k8s-gce-cilium 1900000000000000001"
	Run    string // address of the run's page at Prow
	Links  []Link // artifacts, the build log
	Jaeger string // base address of a Jaeger that shows the same traces
	Note   string // what else to know of the run: that it is still running, and since when
	Result string // what became of the job, in a word: "failed"
	Jobs   []Job  // where the traces are of several runs: each of them

	// Logs gives the logs that are shown beside the spans; nil is none. It is called
	// by requests, of several goroutines at once, and may wait for a log to come.
	Logs func(context.Context) ([]Log, error)

	// LostLogs gives what of the logs is left out, and why; nil is nothing. It is called
	// when Logs has returned.
	LostLogs func() []runfile.Loss

	// Known gives the errors that are marked in logs; nil is none. It is called as Logs is.
	Known func() *triage.Matcher

	// Judged gives what is said so far of why the run failed, and its version; nil if
	// nobody judges it. Where that is the known version it waits for another one, but not
	// beyond a final one or the end of the context (Judging.Next). It is called as Logs is.
	Judged func(ctx context.Context, known int64) (Judgement, int64)

	// Differ says what differs between the runs of two joined traces, those of Jobs: the
	// first against the second. nil: nobody can say. It is called as Logs is.
	Differ func(ctx context.Context, here, there trace.TraceID) (*diff.Diff, error)
}

// Job is one of several runs.
type Job struct {
	Trace  trace.TraceID // its joined trace; zero where there is none
	Title  string
	Run    string // as in Info
	Links  []Link
	Note   string
	Result string
	Logs   func(context.Context) ([]Log, error)
	Judged func(ctx context.Context, known int64) (Judgement, int64)

	LostLogs func() []runfile.Loss
}

// Link is an address with the text to show for it. One whose path ends in
// /artifacts/ is also where the files of the View are found by their names.
type Link struct{ Text, URL string }

// A Viewer is the handler of the page and its API. It is safe for concurrent use.
type Viewer struct {
	shared *trace.Shared
	info   atomic.Pointer[Info]
	mount  Mount
	pages  http.Handler
}

// New gives the viewer of what shared holds. Each request is answered from the View
// that was current when it came; where there is none any more, it is refused. The
// viewer answers requests to loopback names and addresses, and to hosts, the names or
// addresses without port that the server listens on.
func New(shared *trace.Shared, info Info, hosts ...string) *Viewer {
	v := NewMounted(shared, info, Mount{})
	v.pages = newGuard(hosts, v.pages)
	return v
}

// NewMounted is New for a server that shows many runs, each below a path of its own. The
// server strips that path from requests, and guards them: the viewer answers whoever
// asks, and sets no headers of safety (see [SetHeaders]).
func NewMounted(shared *trace.Shared, info Info, at Mount) *Viewer {
	v := &Viewer{shared: shared, mount: at.whole()}
	v.SetInfo(info)
	mux := http.NewServeMux()
	for pattern, answer := range addresses {
		mux.HandleFunc("/api/v1/"+pattern, v.reading(func(read *reader, w http.ResponseWriter, r *http.Request) {
			answer.serve(read, w, r)
		}))
	}
	mux.HandleFunc("/api/v1/traces/{trace}/otlp", v.reading((*reader).streamTrace))
	mux.HandleFunc("/api/v1/traces/{trace}/log/raw", v.reading((*reader).streamLog))
	mux.HandleFunc("/api/v1/summary", v.waitJudged)
	mux.HandleFunc("/api/v1/traces/{trace}/summary", v.waitJudged)
	mux.HandleFunc("/ui/{asset...}", ofTraces.serveAsset)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) { ofTraces.servePage(w, r, v.mount, http.StatusOK) })
	mux.HandleFunc("/trace/{trace}", v.reading((*reader).servePageOfTrace))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { ofTraces.servePage(w, r, v.mount, http.StatusNotFound) })
	v.pages = mux
	return v
}

// SetInfo changes what the pages say of the run. Requests that are being answered
// keep the Info that they began with, also where their View is a newer one.
func (v *Viewer) SetInfo(info Info) {
	info = shown(info)
	v.info.Store(&info)
}

// SetJaeger changes the base address of a Jaeger that shows the same traces; "" is
// none. All else that Info says stays.
func (v *Viewer) SetJaeger(address string) {
	for {
		before := v.info.Load()
		info := *before
		info.Jaeger = shown(Info{Jaeger: address}).Jaeger
		if v.info.CompareAndSwap(before, &info) {
			return
		}
	}
}

func (v *Viewer) ServeHTTP(w http.ResponseWriter, r *http.Request) { v.pages.ServeHTTP(w, r) }

// viewHeader tells which View an answer is of: numbers of lines of one mean nothing in
// another, so that the page begins anew when it changes.
const viewHeader = "Prowtrace-View"

// reading makes a handler of a function that reads the current View.
func (v *Viewer) reading(f func(*reader, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		view, release := v.shared.Acquire()
		defer release()
		if view == nil {
			http.Error(w, "The traces are no longer served.", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set(viewHeader, strconv.FormatInt(view.Place(), 10))
		f(&reader{view, analysis.Of(view), *v.info.Load(), v.mount}, w, r)
	}
}

// addresses are those of the API, below /api/v1/.
var addresses = map[string]handler{
	"run":                         (*reader).getRun,
	"files":                       (*reader).getFiles,
	"problems":                    (*reader).getProblems,
	"traces":                      (*reader).getTraces,
	"operations":                  (*reader).getAllOperations,
	"keys":                        (*reader).getAllKeys,
	"flame":                       (*reader).getWholeFlame,
	"services":                    (*reader).getAllServices,
	"traces/{trace}":              ofTrace((*reader).getTrace),
	"traces/{trace}/find":         ofTrace((*reader).getFound),
	"traces/{trace}/compare":      ofTrace((*reader).getComparison),
	"traces/{trace}/diff":         ofTrace((*reader).getDifferences),
	"traces/{trace}/phases":       ofTrace((*reader).getPhases),
	"traces/{trace}/columns":      ofTrace((*reader).getColumns),
	"traces/{trace}/lines":        ofTrace((*reader).getLines),
	"traces/{trace}/events":       ofTrace((*reader).getEvents),
	"traces/{trace}/critical":     ofTrace((*reader).getCritical),
	"traces/{trace}/operations":   ofTrace((*reader).getOperations),
	"traces/{trace}/keys":         ofTrace((*reader).getKeys),
	"traces/{trace}/flame":        ofTrace((*reader).getFlame),
	"traces/{trace}/services":     ofTrace((*reader).getServices),
	"traces/{trace}/spans/{span}": ofTrace((*reader).getSpan),
	"traces/{trace}/logs":         ofTrace((*reader).getLogs),
	"traces/{trace}/logs/errors":  ofTrace((*reader).getLogErrors),
	"traces/{trace}/issue":        ofTrace((*reader).getIssue),
	"traces/{trace}/log":          ofLog((*reader).getLog),
	"traces/{trace}/log/more":     ofLog((*reader).getMoreOfLog),
	"traces/{trace}/log/lines":    ofLog((*reader).getLogLines),
	"traces/{trace}/log/line":     ofLog((*reader).getLogLine),
	"traces/{trace}/log/at":       ofLog((*reader).getLogAt),
	"traces/{trace}/log/find":     ofLog((*reader).getLogFound),
	"traces/{trace}/log/diff":     ofLog((*reader).getLogDifferences),

	"traces/{trace}/spans/{span}/raw":            ofTrace((*reader).getRaw),
	"traces/{trace}/spans/{span}/otlp":           ofTrace((*reader).getSpanJSON),
	"traces/{trace}/spans/{span}/values/{value}": ofTrace((*reader).getValue),
	"": noSuchAddress,
}

func noSuchAddress(*reader, *http.Request) (any, error) {
	return nil, notFound("There is no such address in the API", "docs/api.md lists the addresses there are.")
}

// shown makes info fit to be shown.
func shown(info Info) Info {
	out := Info{
		Title: text.Clip(info.Title, 200), Run: webAddress(info.Run), Note: text.Clip(info.Note, 500),
		Jaeger: strings.TrimRight(webAddress(info.Jaeger), "/"), Result: text.Clip(info.Result, 30), Logs: info.Logs, LostLogs: info.LostLogs, Known: info.Known, Judged: info.Judged, Differ: info.Differ,
	}
	if out.Title == "" {
		out.Title = "Traces"
	}
	out.Links = shownLinks(info.Links)
	for _, j := range info.Jobs[:min(len(info.Jobs), 100)] {
		out.Jobs = append(out.Jobs, Job{j.Trace, text.Clip(j.Title, 200), webAddress(j.Run), shownLinks(j.Links), text.Clip(j.Note, 500), text.Clip(j.Result, 30), j.Logs, j.Judged, j.LostLogs})
	}
	return out
}

func shownLinks(links []Link) (out []Link) {
	for _, l := range links[:min(len(links), 100)] {
		if shown := text.Clip(cmp.Or(l.Text, l.URL), 100); shown != "" {
			out = append(out, Link{shown, webAddress(l.URL)})
		}
	}
	return out
}

// webAddress gives address when it is one of the web, else "".
func webAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

// of is what is known of the job whose joined trace this is: its result and what else
// to know of it, "" where that is not known.
func (i Info) of(id trace.TraceID) (result, note string) {
	for _, j := range i.Jobs {
		if j.Trace == id {
			return j.Result, j.Note
		}
	}
	return i.Result, i.Note
}

// artifact gives the address of a file of the View, or "" where none is known: the
// same name can be in several runs, so the trace has to be that of one of them.
func (i Info) artifact(name string, of trace.TraceID) string {
	links := i.Links
	for _, j := range i.Jobs {
		if j.Trace == of && !of.IsZero() {
			links = j.Links
		}
	}
	rest, ok := strings.CutPrefix(packedIn(name), "artifacts/")
	if !ok {
		return ""
	}
	for _, l := range links {
		if u, err := url.Parse(l.URL); err == nil && l.URL != "" && strings.HasSuffix(u.Path, "/artifacts/") {
			return u.JoinPath(strings.Split(rest, "/")...).String()
		}
	}
	return ""
}

// packedIn is the archive that holds a file, which is named as if the archive were a
// directory; else the file itself.
func packedIn(name string) string {
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		for _, ending := range []string{".tar", ".tar.gz", ".tgz", ".zip"} {
			if strings.HasSuffix(name[:i], ending) {
				return name[:i]
			}
		}
	}
	return name
}
