package viewer

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"prowtrace/internal/text"
)

// A guard stands before all pages: it refuses what a page of another site
// could ask for, and sets the headers that keep the browser from running
// anything.
type guard struct {
	hosts *Hosts
	next  http.Handler
}

// newGuard lets requests to hosts pass to next. An unspecified address among
// hosts stands for all addresses, but not for names: whoever rebinds a name to
// this machine has to ask under that name.
func newGuard(hosts []string, next http.Handler) *guard {
	return &guard{NewHosts(hosts...), next}
}

// Hosts are the names and addresses that a server answers to, besides those of loopback.
// Whoever makes a name of his own lead to this machine asks under that name, and is refused.
type Hosts struct {
	names   map[string]bool
	anyAddr bool // listening on all addresses: answer to each
}

// NewHosts are these. An unspecified address stands for all addresses. Ports are ignored.
func NewHosts(hosts ...string) *Hosts {
	all := &Hosts{names: map[string]bool{}}
	for _, h := range hosts {
		h = bareHost(h)
		if a, err := netip.ParseAddr(h); err == nil && a.IsUnspecified() {
			all.anyAddr = true
		}
		if h != "" {
			all.names[h] = true
		}
	}
	return all
}

// policy allows the scripts, styles, icon and API of this server, and nothing
// else; no text can become markup or code, not even by a mistake in a script.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	SetHeaders(h)
	switch {
	case !g.hosts.AnswerTo(r.Host):
		refuse(w, http.StatusForbidden, fmt.Sprintf(
			"Refused: this page was asked for as “%s”, which is not a name of this machine. Open it under the address that prowtrace printed, or under localhost.", text.Clip(r.Host, 100)))
	case !SameOrigin(r):
		refuse(w, http.StatusForbidden, fmt.Sprintf(
			"Refused: a page of “%s” asked for this. Traces are shown to this page's own visitors only.", text.Clip(r.Header.Get("Origin"), 100)))
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "Refused: this page can only be read (GET or HEAD).")
	default:
		g.next.ServeHTTP(w, r)
	}
}

// SetHeaders sets the headers that keep a browser from running anything in an answer but
// the scripts of this server.
func SetHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
}

func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, sentence)
}

// AnswerTo reports whether a request's Host is one of them.
func (g *Hosts) AnswerTo(hostport string) bool {
	host := bareHost(hostport)
	if g.names[host] || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a.Unmap().IsLoopback() || g.anyAddr)
}

// bareHost takes the port, brackets and a last dot off a host.
func bareHost(s string) string {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	return strings.ToLower(strings.TrimSuffix(s, "."))
}

// SameOrigin reports whether a request comes from this server's own pages, as
// far as the browser says where it comes from.
func SameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, r.Host)
}
