package team

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/serve/viewer"
)

// largestBody is what is read of a request that a mount gets, in bytes.
const largestBody = 4 << 20

// own guards the server's own pages: hosts, origins, and what a browser may run.
func (s *Server) own(h http.HandlerFunc) http.Handler {
	return s.hosted(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		viewer.SetHeaders(w.Header())
		w.Header().Set("Content-Security-Policy", policy)
		if !s.fromOwnPage(r) {
			plain(w, http.StatusForbidden, "Refused: the request comes from a page of another site.")
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			plain(w, http.StatusMethodNotAllowed, "Refused: this page can only be read (GET or HEAD).")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		h(w, r.WithContext(ctx))
	}))
}

// policy is the viewer's, and lets the start page's form ask this server.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// hosted refuses requests under names that are not the server's.
func (s *Server) hosted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(s.o.Hosts, "*") && !s.hosts.AnswerTo(r.Host) {
			plain(w, http.StatusMisdirectedRequest, "Refused: this server does not serve the host name "+text.Quote(r.Host, 100)+".")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, largestBody)
		h.ServeHTTP(w, r)
	})
}

// fromOwnPage reports whether a request comes from the server's own pages, or from those of
// the origins that are allowed, as far as the browser says.
func (s *Server) fromOwnPage(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || viewer.SameOrigin(r) || slices.ContainsFunc(s.o.Origins, func(o string) bool { return strings.EqualFold(o, origin) })
}

// watched counts and logs requests, and ends a fault with the request that met it.
func (s *Server) watched(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.o.Now()
		ctx, span := s.o.Tracer.request(r)
		out, who := &counted{ResponseWriter: w}, s.nameOf(r)
		r = r.WithContext(context.WithValue(ctx, visitorKey{}, who))
		defer func() {
			met := recover()
			begun := out.status != 0
			if met != nil && met != http.ErrAbortHandler {
				s.Fault(panics.Of(met), "path", text.Clip(r.URL.Path, 300))
				if !begun {
					out.Header().Del("Content-Length") // of what is not written now
					out.Header().Del("Content-Encoding")
					plain(out, http.StatusInternalServerError, "Internal fault. The server's log has the time of this request.")
				}
			}
			took := s.o.Now().Sub(began)
			route := s.route(r)
			s.metrics.request(route, out.code(), took)
			span.end(route, out.code(), s.o.Now())
			level := slog.LevelInfo
			if route == "probe" {
				level = slog.LevelDebug
			}
			s.o.Log.Log(ctx, level, "request", "method", r.Method, "path", text.Clip(r.URL.Path, 300), "route", route, "status", out.code(), "bytes", out.bytes, "took", took.Round(time.Microsecond), "visitor", who)
			if met == http.ErrAbortHandler || met != nil && begun {
				panic(http.ErrAbortHandler) // nobody takes half an answer for a whole one
			}
		}()
		h.ServeHTTP(out, r)
	})
}

// route is the kind of a request, of which there are few, for metrics.
func (s *Server) route(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, s.base)
	switch {
	case path == "/healthz" || path == "/readyz" || path == "/metrics":
		return "probe"
	case strings.HasPrefix(path, "/ui/"):
		return "asset"
	case strings.HasPrefix(path, "/api/"):
		return "api"
	case strings.HasPrefix(path, "/view/") && strings.Contains(path, "/api/v1/"):
		return "viewer"
	case strings.HasPrefix(path, "/view/") || strings.HasPrefix(path, "/gcs/"):
		return "run"
	case strings.HasPrefix(path, "/job-history"), strings.HasPrefix(path, "/pr-history"):
		return "history"
	case path == "/" || path == "/open":
		return "start"
	}
	for _, at := range s.mounted {
		if path == at || strings.HasPrefix(path, at+"/") {
			return strings.TrimPrefix(at, "/")
		}
	}
	return "other"
}

// counted notes what was answered.
type counted struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (c *counted) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(b []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	n, err := c.ResponseWriter.Write(b)
	c.bytes += int64(n)
	return n, err
}

// Unwrap lets handlers flush.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// Flush is for streams of the mounts.
func (c *counted) Flush() { _ = http.NewResponseController(c.ResponseWriter).Flush() }

func (c *counted) code() int {
	if c.status == 0 {
		return http.StatusOK
	}
	return c.status
}
