package viewer

import (
	"bytes"
	"embed"
	"fmt"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"prowtrace/trace"
)

//go:embed ui/*.html ui/*.css ui/*.svg ui/*.js ui/*/*.js
var ui embed.FS

// A site is a page with what it loads: all of it is below ui.
type site struct {
	page string // its HTML

	// scripts are its modules as they are sent, made when the first is asked for.
	scripts func() (map[string][]byte, error)
}

func newSite(page, main string) site {
	return site{page, sync.OnceValues(func() (map[string][]byte, error) { return joinModules(ui, "ui", main) })}
}

var (
	ofTraces  = newSite("index.html", "main.js")
	ofHistory = newSite("history.html", "history.js")
)

func (s site) serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("asset")
	content, err := s.asset(name)
	if err != nil || path.Ext(name) == ".html" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", tag(content))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// asset gives the content of an asset by its name below /ui/.
func (s site) asset(name string) ([]byte, error) {
	modules, err := s.scripts()
	if err != nil {
		return nil, err
	}
	if script, ok := modules[name]; ok {
		return script, nil
	}
	return ui.ReadFile("ui/" + name)
}

// servePage sends the page; its script reads the address.
func (s site) servePage(w http.ResponseWriter, r *http.Request, at Mount, status int) {
	content, err := ui.ReadFile("ui/" + s.page)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, status, blob{contentType: "text/html; charset=utf-8", body: at.write(content)})
}

// servePageOfTrace tells programs by the status what the page tells people, and the
// browser what the page is going to ask for, so that it asks before it has the
// script.
func (v *reader) servePageOfTrace(w http.ResponseWriter, r *http.Request) {
	given := r.PathValue("trace")
	t, err := v.lookup(given)
	if err != nil {
		ofTraces.servePage(w, r, v.mount, asHTTPError(err).status)
		return
	}
	w.Header().Set("Link", strings.Join(firstRequests(v.mount.Base, given, t), ", "))
	ofTraces.servePage(w, r, v.mount, http.StatusOK)
}

const (
	pieceOfColumns  = 200_000 // lines of one answer, up to 5 MB: PIECE in ui/state/load.js
	piecesRequested = 3       // with the others they leave a browser's six connections one for the script
)

// firstRequests are links to what the page of a trace asks for first, word for word.
// base is where the page is mounted; id is the trace's id as the address has it: hex digits.
func firstRequests(base, id string, t trace.Trace) []string {
	addresses := []string{"run", "traces/" + id}
	for from := 0; from < t.Spans && from < piecesRequested*pieceOfColumns; from += pieceOfColumns {
		addresses = append(addresses, fmt.Sprintf("traces/%s/columns?from=%d&to=%d", id, from, from+pieceOfColumns))
	}
	for i, a := range addresses {
		addresses[i] = "<" + base + "/api/v1/" + a + ">; rel=preload; as=fetch; crossorigin"
	}
	return addresses
}
