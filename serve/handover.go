package serve

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// A HandOver gives one file to one page of another origin, once: Perfetto's, which fetches
// traces from this machine. It listens on the one port that this page may ask, as Perfetto's
// own tools do.
//
// It answers one request for a name that cannot be guessed, to its own address, from that
// origin. All other requests are refused, those of other sites in the same browser too.
type HandOver struct {
	listener net.Listener
	origin   string
	name     string
	write    func(context.Context, io.Writer) error
	taken    atomic.Bool
	done     chan error // what became of the answer
}

// ListenOnce opens the listener of a HandOver at an address. write writes the file; it is
// called once, with the context of the request.
func ListenOnce(ctx context.Context, address, origin, suffix string, write func(context.Context, io.Writer) error) (*HandOver, error) {
	l, err := listen(ctx, "hand-over", address)
	if err != nil {
		return nil, err
	}
	return &HandOver{listener: l, origin: origin, name: rand.Text() + suffix, write: write, done: make(chan error, 1)}, nil
}

// URL is where the file is fetched.
func (h *HandOver) URL() string { return "http://" + h.listener.Addr().String() + "/" + h.name }

// Close closes the listener of a HandOver that is not Run.
func (h *HandOver) Close() error { return h.listener.Close() }

// Run answers until the file was fetched, or ctx ends, and then closes the port. The error
// is that of the answer or of the context: nobody has the file then.
func (h *HandOver) Run(ctx context.Context) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	g, serving := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("cannot serve %s: %w", h.listener.Addr(), err)
		}
		return nil
	})
	g.Go(func() error {
		var err error
		select {
		case err = <-h.done:
		case <-serving.Done():
			err = context.Cause(serving)
		}
		// The context has ended; the grace is for the last bytes.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
		defer cancel()
		if server.Shutdown(grace) != nil {
			server.Close()
		}
		return err
	})
	return g.Wait()
}

// ServeHTTP answers the one request, and the question of a browser whether it may be sent.
func (h *HandOver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Vary", "Origin")
	switch {
	case r.Host != h.listener.Addr().String(): // another name that leads here: DNS rebinding
		http.Error(w, "not for this address", http.StatusMisdirectedRequest)
		return
	case r.Header.Get("Origin") != h.origin:
		http.Error(w, "not for this origin", http.StatusForbidden)
		return
	case strings.TrimPrefix(r.URL.Path, "/") != h.name:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", h.origin)
	if r.Method == http.MethodOptions { // Chrome asks before a public page may ask this machine
		w.Header().Set("Access-Control-Allow-Methods", http.MethodGet)
		w.Header().Set("Access-Control-Allow-Private-Network", "true")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if r.Method != http.MethodGet {
		http.Error(w, "only GET", http.StatusMethodNotAllowed)
		return
	}
	if !h.taken.CompareAndSwap(false, true) {
		http.Error(w, "it was fetched already", http.StatusGone)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	err := h.write(r.Context(), w)
	h.done <- err
	if err != nil {
		panic(http.ErrAbortHandler) // half a file is not to be taken for one
	}
}
