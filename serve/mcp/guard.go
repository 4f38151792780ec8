package mcp

import (
	"net/http"
	"net/url"
	"strings"
)

// sameSite refuses requests that a page of another site made a browser send.
func sameSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if origin := r.Header.Get("Origin"); origin != "" {
			u, err := url.Parse(origin)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || !strings.EqualFold(u.Host, r.Host) {
				http.Error(w, "Refused: a page of another site asked for this.", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
