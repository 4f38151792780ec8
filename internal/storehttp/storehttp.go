// Package storehttp is the HTTP transport under the clients of object stores. It
// makes their requests and waits for them:
//   - A server that sends nothing is reported, and then given up.
//   - If a server asks for a pause (Retry-After), all requests wait.
//   - Connections can be opened ahead.
//   - Bodies are those that are stored: never inflated on the way.
//
// It never repeats a request, follows no redirect, and knows no store.
package storehttp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// Options configure a Transport. All durations and Connections must be set.
type Options struct {
	Connections  int                                    // that may be kept open
	StallTimeout time.Duration                          // without a byte from the server, after which a request ends
	FirstSign    time.Duration                          // without a byte, after which Silent is called
	Silent       func(host string, since time.Duration) // not more often than every StallTimeout; may be nil
	Logf         func(format string, args ...any)       // called from any goroutine
	TLS          *tls.Config                            // nil: the system's
	Proxy        func(*http.Request) (*url.URL, error)  // nil: what the environment says
}

// Transport is an http.RoundTripper. It is safe for concurrent use.
type Transport struct {
	opts      Options
	transport *http.Transport
	pool      *pool
	pause     pause
	quiet     quiet
	reached   atomic.Bool
}

// New makes a transport. Connections are opened ahead to the endpoint; other
// hosts are reached as well.
func New(endpoint *url.URL, o Options) *Transport {
	if o.Proxy == nil {
		o.Proxy = http.ProxyFromEnvironment
	}
	t := &Transport{opts: o, pause: pause{log: o.Logf}}
	t.quiet = quiet{first: o.FirstSign, every: o.StallTimeout, report: func(since time.Duration) {
		if o.Silent != nil {
			o.Silent(endpoint.Host, since)
		}
	}}
	t.connect(endpoint)
	return t
}

// Ready waits as long as the server wants no request, and fails where the
// operation has met too many silences. It is called before each request.
func (t *Transport) Ready(ctx context.Context) error {
	if err := t.pause.wait(ctx); err != nil {
		return err
	}
	return silenceOf(ctx).next(t.opts.StallTimeout)
}

// RoundTrip is http.RoundTripper's. A body must be closed.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	watch := t.watch(req.Context())
	res, err := t.transport.RoundTrip(req.WithContext(watch))
	if err = watch.came(err); err != nil {
		watch.end(nil)
		return nil, err
	}
	t.reached.Store(true)
	t.pause.obey(res)
	res.Body = &body{res.Body, t, watch}
	return res, nil
}

// Reached reports whether a server has answered at least once.
func (t *Transport) Reached() bool { return t.reached.Load() }

// Close closes idle connections.
func (t *Transport) Close() {
	t.pool.close()
	t.transport.CloseIdleConnections()
}

// body is a body under a vigil.
type body struct {
	io.ReadCloser
	transport *Transport
	watch     *vigil
}

func (b *body) Read(p []byte) (int, error) {
	b.watch.wait(b.transport.opts.FirstSign)
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.watch.silence.broken()
	}
	return n, b.watch.came(err)
}

func (b *body) Close() error {
	defer b.watch.end(nil)
	return b.ReadCloser.Close()
}

// connect makes the transport. Bodies are never inflated by it, and it speaks
// HTTP/1.1 only (see Options.Connections).
func (t *Transport) connect(endpoint *url.URL) {
	address := endpoint.Host
	if endpoint.Port() == "" {
		address = net.JoinHostPort(endpoint.Hostname(), map[string]string{"http": "80", "https": "443"}[endpoint.Scheme])
	}
	config := &tls.Config{}
	if t.opts.TLS != nil {
		config = t.opts.TLS.Clone()
	}
	config.NextProtos = []string{"http/1.1"}

	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &watched{conn, 2 * t.opts.StallTimeout}, nil
	}
	dialTLS := func(ctx context.Context, network, addr string) (net.Conn, error) {
		plain, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		own := config.Clone()
		if own.ServerName, _, err = net.SplitHostPort(addr); err != nil {
			own.ServerName = addr
		}
		conn := tls.Client(plain, own)
		if err := conn.HandshakeContext(ctx); err != nil {
			plain.Close()
			return nil, fmt.Errorf("TLS handshake with %s: %w", addr, err)
		}
		return conn, nil
	}

	t.pool = newPool(t.opts.Connections, address)
	if endpoint.Scheme == "https" && config.RootCAs == nil {
		// Reading the system's certificates takes 10 to 25 ms, which the first
		// handshake would wait for.
		t.pool.prepare = func() { x509.SystemCertPool() }
	}
	t.transport = &http.Transport{
		Proxy:               t.opts.Proxy,
		DialContext:         t.pool.dialer(dial, endpoint.Scheme == "http"),
		DialTLSContext:      t.pool.dialer(dialTLS, endpoint.Scheme == "https"),
		TLSClientConfig:     config, // behind a proxy
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
		MaxIdleConnsPerHost: t.opts.Connections,
		IdleConnTimeout:     time.Minute,
		Protocols:           new(http.Protocols),
	}
	t.transport.Protocols.SetHTTP1(true)
	if proxy, err := t.opts.Proxy(&http.Request{URL: endpoint}); err != nil || proxy != nil {
		t.pool.disable() // connections go to the proxy, and only the transport knows how
	}
}

// watched is a connection that fails when the other side is silent for too
// long: the last resort, behind the vigil over each request. Writing moves the
// limit too: the transport also reads while a connection is idle, and a new
// request must not inherit the rest of that time.
type watched struct {
	net.Conn
	limit time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	w.SetReadDeadline(time.Now().Add(w.limit))
	return w.Conn.Read(p)
}

func (w *watched) Write(p []byte) (int, error) {
	w.SetDeadline(time.Now().Add(w.limit))
	return w.Conn.Write(p)
}
