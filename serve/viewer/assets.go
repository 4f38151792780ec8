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

// scripts are the modules of ui as they are sent, made when the first is asked for.
var scripts = sync.OnceValues(func() (map[string][]byte, error) { return joinModules(ui, "ui", "main.js") })

func serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("asset")
	content, err := asset(name)
	if err != nil || path.Ext(name) == ".html" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", tag(content))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

// asset gives the content of an asset by its name below /ui/.
func asset(name string) ([]byte, error) {
	modules, err := scripts()
	if err != nil {
		return nil, err
	}
	if script, ok := modules[name]; ok {
		return script, nil
	}
	return ui.ReadFile("ui/" + name)
}

// servePage sends the one page there is; its script reads the address.
func servePage(w http.ResponseWriter, r *http.Request, status int) {
	content, err := ui.ReadFile("ui/index.html")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, status, blob{contentType: "text/html; charset=utf-8", body: content})
}

// servePageOfTrace tells programs by the status what the page tells people, and the
// browser what the page is going to ask for, so that it asks before it has the
// script.
func (v *reader) servePageOfTrace(w http.ResponseWriter, r *http.Request) {
	given := r.PathValue("trace")
	t, err := v.lookup(given)
	if err != nil {
		servePage(w, r, asHTTPError(err).status)
		return
	}
	w.Header().Set("Link", strings.Join(firstRequests(given, t), ", "))
	servePage(w, r, http.StatusOK)
}

const (
	pieceOfColumns  = 200_000 // lines of one answer, up to 5 MB: PIECE in ui/state/load.js
	piecesRequested = 3       // with the others they leave a browser's six connections one for the script
)

// firstRequests are links to what the page of a trace asks for first, word for word.
// id is its id as the address has it: hex digits.
func firstRequests(id string, t trace.Trace) []string {
	addresses := []string{"run", "traces/" + id}
	for from := 0; from < t.Spans && from < piecesRequested*pieceOfColumns; from += pieceOfColumns {
		addresses = append(addresses, fmt.Sprintf("traces/%s/columns?from=%d&to=%d", id, from, from+pieceOfColumns))
	}
	for i, a := range addresses {
		addresses[i] = "</api/v1/" + a + ">; rel=preload; as=fetch; crossorigin"
	}
	return addresses
}
