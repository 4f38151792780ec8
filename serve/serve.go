// Package serve runs prowtrace's servers: the Jaeger storage of package remote
// and the pages of package viewer, each on a listener of its own.
//
// Listen opens the ports, so that an address that is taken is an error before
// anything else begins; Run serves until its context ends and then lets the
// requests under way finish for a moment. ListenPages is for pages without a storage.
// The package does not decide what is served, and reads no files.
package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
)

// Grace is how long requests under way may take once Run is to end.
const Grace = 2 * time.Second

// Servers are listeners that wait for Run.
type Servers struct {
	storage net.Listener // nil where only pages are served
	viewer  net.Listener
}

// A TakenError is the error of listening on an address that another program has.
type TakenError struct {
	Storage bool   // of the Jaeger storage; else of the viewer
	Address string // host:port
}

func (e *TakenError) Error() string {
	what := "viewer"
	if e.Storage {
		what = "Jaeger storage"
	}
	return fmt.Sprintf("cannot open the %s on %s: another program listens there", what, e.Address)
}

// Listen opens a listener for the Jaeger storage, unless storage is "", and one for the
// viewer. Port 0 takes any free one. Errors are a *[TakenError] or the system's.
func Listen(ctx context.Context, storage, viewer string) (*Servers, error) {
	if storage == "" {
		return ListenPages(ctx, viewer)
	}
	s := &Servers{}
	var err error
	if s.storage, err = listen(ctx, storageName, storage); err != nil {
		return nil, err
	}
	if s.viewer, err = listen(ctx, "viewer", viewer); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

const storageName = "Jaeger storage"

// ListenPages opens a listener for pages alone. Their Run takes no storage.
func ListenPages(ctx context.Context, address string) (*Servers, error) {
	l, err := listen(ctx, "viewer", address)
	if err != nil {
		return nil, err
	}
	return &Servers{viewer: l}, nil
}

func listen(ctx context.Context, what, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, &TakenError{what == storageName, address}
	case err != nil:
		return nil, fmt.Errorf("cannot open the %s on %s: %w", what, address, err)
	}
	return l, nil
}

// Storage is the address of the Jaeger storage, as host:port; "" where only pages are served.
func (s *Servers) Storage() string {
	if s.storage == nil {
		return ""
	}
	return s.storage.Addr().String()
}

// Viewer is the address of the viewer, as host:port.
func (s *Servers) Viewer() string { return s.viewer.Addr().String() }

// Close closes the listeners of Servers that were not Run.
func (s *Servers) Close() {
	for _, l := range []net.Listener{s.storage, s.viewer} {
		if l != nil {
			l.Close()
		}
	}
}

// Run serves until ctx ends or a server fails. The end of ctx is no error. storage is nil
// where only pages are served.
func (s *Servers) Run(ctx context.Context, storage *grpc.Server, pages http.Handler) error {
	defer s.Close()
	web := forClients.server(pages)
	g, ctx := errgroup.WithContext(ctx)
	if storage != nil && s.storage != nil {
		g.Go(func() error {
			if err := storage.Serve(s.storage); err != nil {
				return fmt.Errorf("serving the Jaeger storage on %s: %w", s.Storage(), err)
			}
			return nil
		})
	}
	g.Go(func() error {
		if err := web.Serve(s.viewer); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving the viewer on %s: %w", s.Viewer(), err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		// The context has ended; the grace is for what is under way.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), Grace)
		defer cancel()
		stopped := stopping(grace, storage)
		if web.Shutdown(grace) != nil {
			web.Close()
		}
		<-stopped
		return nil
	})
	return g.Wait()
}

// stopping stops a storage, gracefully until grace ends. What it gives is closed when the
// storage has stopped.
func stopping(grace context.Context, storage *grpc.Server) <-chan struct{} {
	stopped := make(chan struct{})
	if storage == nil {
		close(stopped)
		return stopped
	}
	go func() {
		defer close(stopped)
		defer context.AfterFunc(grace, storage.Stop)() // ends a graceful stop that waits
		storage.GracefulStop()
	}()
	return stopped
}
