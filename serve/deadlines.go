package serve

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// deadlines bound how long a client may keep a connection waiting. What a request holds, such
// as the lease on a run, is held no longer than its client reads and writes.
type deadlines struct {
	header time.Duration // to send the header of a request
	body   time.Duration // to send its body
	piece  time.Duration // to take the next piece of an answer
	idle   time.Duration // between two requests on a connection
}

// forClients are the deadlines of all pages: slow networks keep to them with ease.
var forClients = deadlines{header: 10 * time.Second, body: 30 * time.Second, piece: 30 * time.Second, idle: 2 * time.Minute}

// pieceSize is how much of an answer is sent by one deadline, in bytes.
const pieceSize = 256 << 10

// server makes the server of a handler.
func (d deadlines) server(h http.Handler) *http.Server {
	return &http.Server{Handler: d.handler(h), ReadHeaderTimeout: d.header, IdleTimeout: d.idle, MaxHeaderBytes: 64 << 10}
}

// handler keeps the bodies and answers of a handler to the deadlines. An answer may take as
// long as it likes while its client takes piece after piece, and a stream may pause.
func (d deadlines) handler(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &timedWriter{ResponseWriter: w, control: http.NewResponseController(w), piece: d.piece}
		if r.Body != nil && r.Body != http.NoBody {
			_ = out.control.SetReadDeadline(time.Now().Add(d.body)) // the server closes what has none
			r.Body = &timedBody{ReadCloser: r.Body, ended: sync.OnceFunc(func() { _ = out.control.SetReadDeadline(time.Time{}) })}
		}
		defer out.extend() // the server sends the rest of the answer
		h.ServeHTTP(out, r)
	})
}

// timedBody lifts the deadline of a body when all of it was read: from then on a read waits
// for the client to leave.
type timedBody struct {
	io.ReadCloser
	ended func()
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended()
	}
	return n, err
}

// timedWriter moves the deadline on with each piece that it writes.
type timedWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	piece   time.Duration
}

func (w *timedWriter) extend() { _ = w.control.SetWriteDeadline(time.Now().Add(w.piece)) }

func (w *timedWriter) Write(p []byte) (n int, err error) {
	for {
		w.extend()
		m, err := w.ResponseWriter.Write(p[n:min(n+pieceSize, len(p))])
		if n += m; err != nil || n == len(p) {
			return n, err
		}
	}
}

// Flush sends what was written.
func (w *timedWriter) Flush() { _ = w.FlushError() }

// FlushError is Flush for a http.ResponseController.
func (w *timedWriter) FlushError() error {
	w.extend()
	return w.control.Flush()
}

// Unwrap lets a http.ResponseController find the connection.
func (w *timedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
