package gcstest

import (
	"net"
	"net/http"
	"strconv"
)

// Match selects the requests that a fault befalls. Zero fields match all.
type Match struct {
	Op     Op
	Bucket string
	Object string // of a list: the prefix
	Skip   int    // this many matching requests pass unharmed first
	Times  int    // then this many are hit; 0: all that follow
}

// Effect answers a request instead of, or around, the true answer of next.
// The effects below cover the known troubles; a test may write its own.
type Effect func(s *Server, w http.ResponseWriter, r *http.Request, next http.Handler)

type fault struct {
	match Match
	do    Effect
	seen  int
}

// Fault attaches an effect to the matching requests. Several may hit one
// request: the one attached first is next to the true answer.
func (s *Server) Fault(m Match, do Effect) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{match: m, do: do})
}

// ClearFaults heals the server.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func (s *Server) effectsLocked(r *Request) []Effect {
	var hit []Effect
	for _, f := range s.faults {
		m := f.match
		if m.Op != "" && m.Op != r.Op || m.Bucket != "" && m.Bucket != r.Bucket || m.Object != "" && m.Object != r.Object {
			continue
		}
		f.seen++
		if f.seen > m.Skip && (m.Times == 0 || f.seen <= m.Skip+m.Times) {
			hit = append(hit, f.do)
		}
	}
	return hit
}

// Status answers with an HTTP status (401, 403, 404, 429, 503 …).
func Status(status int) Effect {
	return func(_ *Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
		refuse(w, parse(r), status, "fault", http.StatusText(status))
	}
}

// RetryAfter answers with an HTTP status and the header Retry-After.
func RetryAfter(status int, value string) Effect {
	return func(_ *Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", value)
		refuse(w, parse(r), status, "fault", http.StatusText(status))
	}
}

// Before calls f, then answers truly: f can overwrite or delete objects between
// a listing and a read, or between two pages.
func Before(f func()) Effect {
	return func(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
		f()
		next.ServeHTTP(w, r)
	}
}

// Header sets a header of the answer; "" removes it.
func Header(key, value string) Effect {
	return onWrite(func(w *distorter) {
		if value == "" {
			w.Header().Del(key)
		} else {
			w.Header().Set(key, value)
		}
	}, nil)
}

// StallHeaders sends nothing until release is closed, the client goes away or the server ends.
func StallHeaders(release <-chan struct{}) Effect {
	return func(s *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
		s.wait(r, release)
		next.ServeHTTP(w, r)
	}
}

// StallBody sends n bytes of the body, then nothing until release is closed,
// the client goes away or the server ends.
func StallBody(n int64, release <-chan struct{}) Effect {
	return at(n, func(s *Server, w http.ResponseWriter, r *http.Request) { s.wait(r, release) })
}

// Reset sends n bytes of the body and resets the connection.
func Reset(n int64) Effect {
	return at(n, func(_ *Server, w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			if tcp, ok := conn.(*net.TCPConn); ok {
				tcp.SetLinger(0)
			}
			conn.Close()
		}
		panic(http.ErrAbortHandler)
	})
}

// Cut sends n bytes of the body and closes the connection in good order,
// although more was announced.
func Cut(n int64) Effect {
	return at(n, func(*Server, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// Truncate sends only the first n bytes of the body, and says so in
// Content-Length: a short object that looks complete.
func Truncate(n int64) Effect {
	return onWrite(func(w *distorter) {
		if have, err := strconv.ParseInt(w.Header().Get("Content-Length"), 10, 64); err == nil {
			w.Header().Set("Content-Length", strconv.FormatInt(min(have, n), 10))
		}
	}, func(w *distorter, p []byte) []byte {
		return p[:max(0, min(int64(len(p)), n-w.sent))]
	})
}

// FlipBit inverts the lowest bit of the n-th byte of the body.
func FlipBit(n int64) Effect {
	return onWrite(nil, func(w *distorter, p []byte) []byte {
		if i := n - w.sent; i >= 0 && i < int64(len(p)) {
			p = append([]byte(nil), p...)
			p[i] ^= 1
		}
		return p
	})
}

func (s *Server) wait(r *http.Request, release <-chan struct{}) {
	select {
	case <-release:
	case <-r.Context().Done():
	case <-s.done:
	}
}

// at runs do after n bytes of the body were sent to the client.
func at(n int64, do func(*Server, http.ResponseWriter, *http.Request)) Effect {
	return func(s *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
		d := &distorter{ResponseWriter: w}
		done := false
		d.body = func(d *distorter, p []byte) []byte {
			if done || d.sent+int64(len(p)) < n {
				return p
			}
			done = true
			head := p[:n-d.sent]
			d.ResponseWriter.Write(head)
			http.NewResponseController(d.ResponseWriter).Flush()
			do(s, d.ResponseWriter, r)
			return p[len(head):]
		}
		next.ServeHTTP(d, r)
	}
}

// onWrite answers truly, with the headers and the body passed through the two functions.
func onWrite(header func(*distorter), body func(*distorter, []byte) []byte) Effect {
	return func(_ *Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
		d := &distorter{ResponseWriter: w, header: header, body: body}
		next.ServeHTTP(d, r)
		if !d.wrote { // an empty body
			d.WriteHeader(http.StatusOK)
		}
	}
}

// distorter passes an answer on, changed.
type distorter struct {
	http.ResponseWriter
	header func(*distorter)
	body   func(*distorter, []byte) []byte
	sent   int64 // body bytes taken from the true answer so far
	wrote  bool
}

func (d *distorter) WriteHeader(status int) {
	if !d.wrote && d.header != nil {
		d.header(d)
	}
	d.wrote = true
	d.ResponseWriter.WriteHeader(status)
}

func (d *distorter) Write(p []byte) (int, error) {
	if !d.wrote {
		d.WriteHeader(http.StatusOK)
	}
	rest := p
	if d.body != nil {
		rest = d.body(d, p)
	}
	d.sent += int64(len(p))
	if _, err := d.ResponseWriter.Write(rest); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Unwrap lets [http.ResponseController] reach the connection.
func (d *distorter) Unwrap() http.ResponseWriter { return d.ResponseWriter }
