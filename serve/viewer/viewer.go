// Package viewer is the small web page built into prowtrace: it serves where
// no Jaeger is found. It shows the traces of a set, one trace as an indented
// table with bars, and one span with all that is known of it.
//
// Pages are made on the server, need no script and ask nothing of any other
// host. Addresses of traces are the same as Jaeger's (/trace/{id}), so a link
// to one works in the other.
//
// The package promises that nothing in a trace can become markup, a script or
// more than its share of a page: all text is escaped, kept on its line and cut
// to a length, long lists are served in pages, and the browser is told by a
// strict Content-Security-Policy to run nothing. It answers only to the names
// of this machine, so that no other site can read traces through a visitor's
// browser. It never changes anything and never reads a file.
package viewer

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"prowtrace/trace"
)

// Info says what run the traces are of. All fields may be empty; all may come
// from a bucket and are not trusted. Addresses other than http and https are
// shown as text.
type Info struct {
	Title  string // the run, for people: "pull-kops-e2e-k8s-gce-cilium 1900000000000000001"
	Run    string // address of the run's page at Prow
	Links  []Link // artifacts, the build log
	Jaeger string // base address of a Jaeger that shows the same traces
}

// Link is an address with the text to show for it.
type Link struct{ Text, URL string }

// New returns the handler of the pages for set, which must not be closed while
// requests are served. It answers requests to loopback names and addresses,
// and to hosts, the names or addresses without port that the server listens
// on. The handler is safe for concurrent use.
func New(set *trace.Set, info Info, hosts ...string) http.Handler {
	v := &viewer{set: set, info: shown(info), pages: newPages()}
	v.totals = sync.OnceValue(func() totals { return newTotals(set) })

	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", v.page(v.overview))
	mux.HandleFunc("/trace/{trace}", v.page(v.trace))
	mux.HandleFunc("/trace/{trace}/span/{span}", v.page(v.span))
	mux.HandleFunc("/trace/{trace}/span/{span}/raw", v.page(v.raw))
	mux.HandleFunc("/trace/{trace}/span/{span}/value/{value}", v.page(v.value))
	mux.HandleFunc("/ui/{asset}", v.page(v.asset))
	mux.HandleFunc("/", v.page(func(http.ResponseWriter, *http.Request) error {
		return notFound("There is no such page", "The list of all traces is the place to start from.")
	}))
	return newGuard(hosts, mux)
}

type viewer struct {
	set    *trace.Set
	info   Info
	totals func() totals
	pages  *template.Template
}

//go:embed ui
var ui embed.FS

func newPages() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"count": count}).ParseFS(ui, "ui/*.html"))
}

// frame is what every page has around its content.
type frame struct {
	Title string // of the page
	Info  Info
}

// httpError is an error with a page of its own.
type httpError struct {
	status     int
	What, Next string // what is wrong; what to do
}

func (e *httpError) Error() string { return e.What }

func notFound(what, next string) error { return &httpError{http.StatusNotFound, what, next} }

// page makes a handler of h; what h returns as an error becomes a page.
func (v *viewer) page(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil || r.Context().Err() != nil {
			return
		}
		var e *httpError
		if !errors.As(err, &e) {
			e = &httpError{http.StatusInternalServerError, "This page could not be made: " + clip(err.Error(), 500),
				"The other pages are not affected. The file can still be read with other tools: its name is in the message or on the trace's page."}
		}
		if err := v.render(w, e.status, "message.html", struct {
			frame
			*httpError
		}{v.frame(e.What), e}); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

func (v *viewer) frame(title string) frame { return frame{title, v.info} }

// render makes the whole page before the first byte is sent, so that an error
// never leaves half of one.
func (v *viewer) render(w http.ResponseWriter, status int, name string, data any) error {
	var b bytes.Buffer
	if err := v.pages.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("filling in %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the visitor may have left
	return nil
}

// asset serves the style sheet and the icon.
func (v *viewer) asset(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("asset")
	if ext := path.Ext(name); ext != ".css" && ext != ".svg" {
		return notFound("There is no such file", "The list of all traces is the place to start from.")
	}
	content, err := ui.ReadFile("ui/" + name)
	if err != nil {
		return notFound("There is no such file", "The list of all traces is the place to start from.")
	}
	sum := sha256.Sum256(content)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
	return nil
}

// shown makes info fit to be shown.
func shown(info Info) Info {
	out := Info{Title: clip(info.Title, 200), Run: webAddress(info.Run), Jaeger: strings.TrimRight(webAddress(info.Jaeger), "/")}
	if out.Title == "" {
		out.Title = "Traces"
	}
	for _, l := range info.Links[:min(len(info.Links), 100)] {
		text := clip(l.Text, 100)
		if text == "" {
			text = clip(l.URL, 100)
		}
		if text != "" {
			out.Links = append(out.Links, Link{text, webAddress(l.URL)})
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
