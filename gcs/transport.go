package gcs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/storage"
)

// Limits on a JSON answer. A page of 1000 names of the longest allowed kind
// with the selected fields stays below 10 MB.
const (
	maxAnswer     = 32 << 20
	answerTimeout = time.Minute
)

// wire sends the library's requests: it adds what the library leaves out with a
// foreign HTTP client (User-Agent, token), waits where the server asked for a
// pause, and bounds what the library would read or repeat without end.
type wire struct {
	client *Client
	token  tokenFunc // nil: anonymous
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	c := w.client
	ctx := req.Context()
	if err := c.pause.wait(ctx); err != nil {
		return nil, err
	}
	if err := silenceOf(ctx).next(c.opts.StallTimeout); err != nil {
		return nil, err
	}
	reading := readingOf(ctx)
	if err := reading.next(ctx, c.opts); err != nil {
		return nil, err
	}
	cancel := func() {}
	json := strings.HasPrefix(req.URL.Path, "/storage/v1/")
	if json {
		ctx, cancel = context.WithTimeout(ctx, answerTimeout)
	}
	req = req.Clone(ctx)
	req.Header.Set("User-Agent", c.opts.UserAgent)
	if w.token != nil {
		token, err := w.token(ctx)
		if err != nil {
			cancel()
			return nil, &credentialError{err}
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	watch := c.watch(ctx)
	stop := cancel
	cancel = func() { watch.end(nil); stop() }
	res, err := c.transport.RoundTrip(req.WithContext(watch))
	if err = watch.came(err); err != nil {
		cancel()
		return nil, err
	}
	c.reached.Store(true)
	c.pause.obey(res)
	if res.StatusCode == http.StatusNotFound && !json && saysNoBucket(res.Body) {
		res.Body.Close()
		cancel()
		return nil, errNoBucket
	}
	if res.StatusCode == http.StatusPartialContent {
		// The library takes "gzip" here for a body that the server inflated from
		// its beginning, and drops as many bytes as it has got before. But stored
		// bytes are what we ask for, and a partial answer begins where it should.
		res.Header.Del("Content-Encoding")
		res.Header.Del("X-Goog-Stored-Content-Encoding")
	}
	b := &body{ReadCloser: res.Body, client: c, reading: reading, watch: watch, cancel: cancel, left: -1}
	if json || res.StatusCode >= 300 {
		b.left = maxAnswer
	}
	if res.Body, err = listingOf(ctx).watch(res, b); err != nil {
		return nil, err
	}
	return res, nil
}

// errNoBucket tells a missing bucket from a missing object: the library makes one
// error of both when it reads through the XML API.
var errNoBucket = errors.New("no such bucket")

func saysNoBucket(r io.Reader) bool {
	text, _ := io.ReadAll(io.LimitReader(r, 4<<10))
	return strings.Contains(string(text), "<Code>NoSuchBucket</Code>")
}

// body is the body of an answer. left is how many bytes may still come, -1 any number.
type body struct {
	io.ReadCloser
	client  *Client
	reading *reading
	watch   *vigil
	cancel  func()
	left    int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errTooMuch
	}
	if b.left > 0 {
		p = p[:min(int64(len(p)), b.left)]
	}
	b.watch.wait(b.client.opts.FirstSign)
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.watch.silence.broken()
	}
	if err = b.watch.came(err); b.left > 0 {
		b.left -= int64(n)
	}
	if b.reading.broke(n, err) {
		b.client.retries.Add(1)
		b.client.opts.Logf("resume after a broken connection: %v", err)
	}
	return n, err
}

func (b *body) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

var errTooMuch = errors.New("the answer has no end")

// reading counts how often in a row the reading of one object broke without a
// new byte. The library reopens a broken body at once and each time with a new
// budget of attempts: a server that breaks every body would be asked for ever.
// One goroutine reads an object, so no lock is needed. All methods allow nil.
type reading struct {
	ctx       context.Context
	fruitless int
	last      error
}

type readingKey struct{}

func withReading(ctx context.Context) context.Context {
	return context.WithValue(ctx, readingKey{}, &reading{ctx: ctx})
}

func readingOf(ctx context.Context) *reading {
	r, _ := ctx.Value(readingKey{}).(*reading)
	return r
}

// broke records the outcome of one Read of a body.
func (r *reading) broke(n int, err error) bool {
	if r == nil {
		return false
	}
	if n > 0 {
		r.fruitless = 0
	}
	if err == nil || err == io.EOF || r.ctx.Err() != nil {
		return false
	}
	r.fruitless++
	r.last = err
	return true
}

// next is called before each request for the object.
func (r *reading) next(ctx context.Context, o Options) error {
	if r == nil || r.fruitless == 0 {
		return nil
	}
	if r.fruitless >= o.Attempts {
		return &brokenError{r.fruitless, r.last}
	}
	return sleep(ctx, rand.N(min(o.RetryPause<<(r.fruitless-1), 30*time.Second)))
}

// brokenError is final; see [Client.retryable].
type brokenError struct {
	times int
	last  error
}

func (e *brokenError) Error() string {
	return fmt.Sprintf("the connection broke %d times without a new byte: %v", e.times, e.last)
}

// pause holds all requests back while the server wants none (Retry-After): when
// one of many parallel readers is told so, the others need not ask.
type pause struct {
	log func(string, ...any)

	mu    sync.Mutex
	until time.Time
}

const longestPause = time.Minute

func (p *pause) obey(res *http.Response) {
	if res.StatusCode != http.StatusTooManyRequests && res.StatusCode != http.StatusServiceUnavailable {
		return
	}
	d := retryAfter(res.Header.Get("Retry-After"), time.Now())
	if d <= 0 {
		return
	}
	p.log("the server asks for a pause of %s (HTTP %d)", d, res.StatusCode)
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := time.Now().Add(d); t.After(p.until) {
		p.until = t
	}
}

func (p *pause) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		d := time.Until(p.until)
		p.mu.Unlock()
		if d <= 0 {
			return nil
		}
		// Up to a quarter more, so that not all come back in the same moment.
		if err := sleep(ctx, d+rand.N(d/4+1)); err != nil {
			return err
		}
	}
}

// retryAfter reads the header (RFC 9110, 10.2.3: seconds or a date), at most a minute.
func retryAfter(value string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, longestPause)
	}
	if t, err := http.ParseTime(value); err == nil {
		return min(max(t.Sub(now), 0), longestPause)
	}
	return 0
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// retryable decides for the library. Until the service has answered once, a
// failed dial is final: the likely reasons (no network, wrong host, no server)
// do not pass within seconds, and the person should read why at once.
func (c *Client) retryable(err error) bool {
	var broken *brokenError
	var credential *credentialError
	var endless *endlessError
	var silent *silentError
	if errors.As(err, &silent) && !silent.Temporary() || errors.As(err, &broken) || errors.As(err, &credential) || errors.As(err, &endless) || errors.Is(err, errForeign) {
		return false
	}
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") && !c.reached.Load() {
		return false
	}
	if !storage.ShouldRetry(err) {
		return false
	}
	c.retries.Add(1)
	c.opts.Logf("try again: %v", err)
	return true
}

// connect makes the transport. Bodies are never inflated by it, and it speaks
// HTTP/1.1 only (see Options.Connections).
func (c *Client) connect(endpoint *url.URL) {
	address := endpoint.Host
	if endpoint.Port() == "" {
		address = net.JoinHostPort(endpoint.Hostname(), map[string]string{"http": "80", "https": "443"}[endpoint.Scheme])
	}
	config := &tls.Config{}
	if c.opts.tls != nil {
		config = c.opts.tls.Clone()
	}
	config.NextProtos = []string{"http/1.1"}

	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &watched{conn, 2 * c.opts.StallTimeout}, nil
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

	c.pool = newPool(c.opts.Connections, address)
	if endpoint.Scheme == "https" && config.RootCAs == nil {
		// Reading the system's certificates takes 10 to 25 ms, which the first
		// handshake would wait for.
		c.pool.prepare = func() { x509.SystemCertPool() }
	}
	c.transport = &http.Transport{
		Proxy:               c.opts.proxy,
		DialContext:         c.pool.dialer(dial, endpoint.Scheme == "http"),
		DialTLSContext:      c.pool.dialer(dialTLS, endpoint.Scheme == "https"),
		TLSClientConfig:     config, // behind a proxy
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
		MaxIdleConnsPerHost: c.opts.Connections,
		IdleConnTimeout:     time.Minute,
		Protocols:           new(http.Protocols),
	}
	c.transport.Protocols.SetHTTP1(true)
	if proxy, err := c.opts.proxy(&http.Request{URL: endpoint}); err != nil || proxy != nil {
		c.pool.disable() // connections go to the proxy, and only the transport knows how
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
