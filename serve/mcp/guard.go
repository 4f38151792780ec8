package mcp

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// guard refuses requests that a page of another site could make a browser send: those under
// a foreign name, to which somebody may have given this machine's address, and those that a
// browser says come from elsewhere.
func guard(hosts []string, next http.Handler) http.Handler {
	anyAddress := slices.ContainsFunc(hosts, func(h string) bool {
		a, err := netip.ParseAddr(bareHost(h))
		return err == nil && a.IsUnspecified()
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		host := bareHost(r.Host)
		a, err := netip.ParseAddr(host)
		known := host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && (a.Unmap().IsLoopback() || anyAddress) ||
			slices.ContainsFunc(hosts, func(h string) bool { return bareHost(h) == host })
		switch {
		case !known:
			http.Error(w, "Refused: this is not a name that the server answers to. Ask under the address that prowtrace printed.", http.StatusForbidden)
		case !sameOrigin(r):
			http.Error(w, "Refused: a page of another site asked for this.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// bareHost takes the port, brackets and a last dot off a host.
func bareHost(s string) string {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	return strings.ToLower(strings.TrimSuffix(s, "."))
}

// sameOrigin reports whether a request comes from this server's own pages, or from no page.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Host, r.Host)
}
