package viewer

import (
	"bytes"
	"cmp"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// Mount says where the pages stand in the paths of a server. The zero value is the root.
type Mount struct {
	Base string // path before all addresses of the page and its API, without a slash at its end
	UI   string // path of the scripts and styles (see RunAssets); "": Base with /ui

	// Run gives where the server shows a run of a history, by its address at Prow: a path of
	// the server, or that address. nil: the latter.
	Run func(address string) string
}

// RunAssets serves what pages of runs load, below a pattern that ends in {asset...}.
func RunAssets() http.Handler { return http.HandlerFunc(ofTraces.serveAsset) }

// HistoryAssets serves what pages of a history load, as RunAssets does.
func HistoryAssets() http.Handler { return http.HandlerFunc(ofHistory.serveAsset) }

// whole fills in what is not said, and escapes the paths.
func (m Mount) whole() Mount {
	m.Base = (&url.URL{Path: strings.TrimRight(m.Base, "/")}).EscapedPath()
	m.UI = cmp.Or((&url.URL{Path: m.UI}).EscapedPath(), m.Base+"/ui")
	return m
}

// write gives a page that loads what it needs from there.
func (m Mount) write(page []byte) []byte {
	page = bytes.Replace(page, []byte(`name="prowtrace-base" content=""`), []byte(`name="prowtrace-base" content="`+html.EscapeString(m.Base)+`"`), 1)
	return bytes.ReplaceAll(page, []byte(`="/ui/`), []byte(`="`+html.EscapeString(m.UI)+`/`))
}
