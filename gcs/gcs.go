// Package gcs reads Google Cloud Storage: it lists objects and reads their
// stored bytes. Its [Client] is an objstore.Store.
//
// It promises:
//   - Public buckets need no login. Every bucket is read anonymously first.
//     Credentials are looked for only after the bucket answered 401 or 403, with a
//     read-only scope and a time limit. They are then remembered for that bucket.
//   - Bytes are returned as stored. They are never inflated on the way, belong to exactly the
//     generation that was listed, and are compared with the listed size and CRC32C.
//   - Nothing waits for ever. Attempts are limited, a silent connection is given
//     up, an object has a deadline, and a server's Retry-After is followed up to
//     a minute.
//   - Every error names the bucket or object and the reason, in the kinds of
//     objstore.
//
// It never writes to a bucket, never follows a redirect, sends no request
// before one is needed, knows nothing of Prow, and names no flags.
package gcs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/option"

	"prowtrace/internal/storehttp"
	"prowtrace/objstore"
)

// Client reads objects. It is safe for concurrent use. It has all the features
// of objstore, and opens connections ahead (objstore.Warmer).
type Client struct {
	opts     Options
	host     string // host:port of the service, for messages
	emulator bool   // STORAGE_EMULATOR_HOST chose the host

	transport *storehttp.Transport
	anonymous *storage.Client
	retries   atomic.Int64 // requests that had to be repeated
	buffers   sync.Pool    // of *[]byte, for copying bodies

	access access
}

// Auth says which identity reads a bucket.
type Auth string

const (
	AuthAuto      Auth = "auto"      // anonymous, and credentials after a 401 or 403
	AuthAnonymous Auth = "anonymous" // never look for credentials
	AuthADC       Auth = "adc"       // credentials from the first request on (Application Default Credentials)
)

// Options configures a Client. The zero value is good for the real service.
type Options struct {
	Auth Auth // "": AuthAuto

	// BillingProject pays for reads of requester-pays buckets. It needs
	// credentials, so no bucket is asked anonymously when it is set.
	BillingProject string

	// Connections is how many connections may be kept open; 0: 128. Each
	// carries one request at a time (HTTP/1.1): one HTTP/2 connection is bound
	// to a single TCP window, measured 3 to 5 times slower at 40 ms round trip.
	Connections int

	// Endpoint is another server, "host:port" (http) or a URL; its path is
	// ignored. "": STORAGE_EMULATOR_HOST, else the real service. A server from
	// the environment is never sent credentials of this machine.
	Endpoint string

	UserAgent string // "": prowtrace

	// Logf receives details for finding faults; may be nil. It is called from any goroutine.
	Logf func(format string, args ...any)

	// Silent is called when the server has sent nothing for a while (FirstSign). It is called at
	// most once every StallTimeout, however many requests wait. May be nil. It is called
	// from any goroutine.
	Silent func(host string, since time.Duration)

	// Token returns an OAuth access token with read access, each time one is
	// needed. nil: Application Default Credentials.
	Token func(ctx context.Context) (string, error)

	Attempts     int           // for one request; 0: 5
	RetryPause   time.Duration // longest first pause between attempts, doubled each time up to 30 s, with jitter; 0: 1 s
	StallTimeout time.Duration // without a byte from the server, after which a request is repeated, three times in a row at most; 0: 15 s
	FirstSign    time.Duration // without a byte, after which Silent is called; 0: 5 s
	Patience     time.Duration // for one object, on top of its size at 16 KiB/s; 0: 1 min

	tls   *tls.Config                           // for tests: trusts their server
	proxy func(*http.Request) (*url.URL, error) // for tests: instead of the environment
}

// New returns a client. It sends no request and looks for no credentials; an
// error means that the options contradict each other.
func New(ctx context.Context, o Options) (*Client, error) {
	o.setDefaults()
	switch {
	case o.Auth != AuthAuto && o.Auth != AuthAnonymous && o.Auth != AuthADC:
		return nil, fmt.Errorf("unknown authentication %q: want auto, anonymous or adc", o.Auth)
	case o.Auth == AuthAnonymous && o.BillingProject != "":
		return nil, errors.New("a billing project needs credentials, but only anonymous access is allowed: leave out one of the two")
	}
	c := &Client{opts: o}
	address := o.Endpoint
	if address == "" {
		address = os.Getenv("STORAGE_EMULATOR_HOST")
		c.emulator = address != ""
	}
	endpoint, err := parseEndpoint(address)
	if err != nil {
		return nil, err
	}
	c.host = endpoint.Host
	if c.emulator {
		o.Logf("STORAGE_EMULATOR_HOST is set: all requests go to %s", endpoint.Host)
	}
	// HTTP/1.1: see Options.Connections.
	c.transport = storehttp.New(endpoint, storehttp.Options{
		Connections: o.Connections, StallTimeout: o.StallTimeout, FirstSign: o.FirstSign, Silent: o.Silent, Logf: o.Logf, TLS: o.tls, Proxy: o.proxy,
	})
	c.access.remembered = map[string]bool{}
	c.buffers.New = func() any { return new(make([]byte, 64<<10)) }
	c.anonymous, err = c.storageClient(ctx, endpoint, nil)
	if err != nil {
		return nil, fmt.Errorf("set up the storage client: %w", err)
	}
	c.access.signIn = func(ctx context.Context) (*storage.Client, error) {
		token, err := c.token(ctx)
		if err != nil {
			return nil, err
		}
		return c.storageClient(ctx, endpoint, token)
	}
	return c, nil
}

func (o *Options) setDefaults() {
	setDefault(&o.Auth, AuthAuto)
	setDefault(&o.Connections, 128)
	setDefault(&o.UserAgent, "prowtrace")
	setDefault(&o.Attempts, 5)
	setDefault(&o.RetryPause, time.Second)
	setDefault(&o.StallTimeout, 15*time.Second)
	setDefault(&o.FirstSign, 5*time.Second)
	setDefault(&o.Patience, time.Minute)
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
}

func setDefault[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}

// parseEndpoint completes an address to the URL of the JSON API. Without a
// scheme it means http, as STORAGE_EMULATOR_HOST does in Google's clients.
func parseEndpoint(address string) (*url.URL, error) {
	if address == "" {
		address = "https://storage.googleapis.com"
	}
	full := address
	if !strings.Contains(full, "://") {
		full = "http://" + full
	}
	u, err := url.Parse(full)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("storage server %q (STORAGE_EMULATOR_HOST): want host:port or http(s)://host:port", address)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/storage/v1/"}, nil
}

// storageClient makes one library client on the shared connections; token may be nil.
//
// With our own HTTP client, the library adds neither authentication nor
// telemetry. WithoutAuthentication is still needed to keep it from looking for credentials.
// By default the library would retry for ever.
func (c *Client) storageClient(ctx context.Context, endpoint *url.URL, token tokenFunc) (*storage.Client, error) {
	sc, err := storage.NewClient(ctx,
		option.WithHTTPClient(&http.Client{
			Transport:     &wire{client: c, token: token},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}),
		option.WithoutAuthentication(),
		option.WithEndpoint(endpoint.String()),
		storage.WithDisabledClientMetrics(),
	)
	if err != nil {
		return nil, err
	}
	sc.SetRetry(
		storage.WithMaxAttempts(c.opts.Attempts),
		storage.WithBackoff(gax.Backoff{Initial: c.opts.RetryPause, Max: 30 * time.Second, Multiplier: 2}),
		storage.WithErrorFunc(c.retryable),
	)
	return sc, nil
}

// Features returns all features of a store: an object's version is its generation,
// and its sum is a CRC-32C.
func (c *Client) Features() objstore.Features {
	return objstore.Features{Pinned: true, Sums: true, Ranges: true, Described: true}
}

// Retries returns how many requests had to be repeated so far.
func (c *Client) Retries() int64 { return c.retries.Load() }

// Warm opens up to n connections in the background, for use while the first listing
// is under way. It returns immediately. Failures are not reported, because the requests will
// report them. Behind a proxy it does nothing.
func (c *Client) Warm(ctx context.Context, _ string, n int) { c.transport.Warm(ctx, n) }

// Close closes idle connections. All reads must have ended before.
func (c *Client) Close() error {
	c.transport.Close()
	return nil
}
