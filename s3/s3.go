// Package s3 reads Amazon S3 and servers with the same protocol, such as MinIO, Ceph
// and R2: it lists objects and reads their stored bytes. Its [Client] is an
// objstore.Store.
//
// It promises:
//   - Public buckets need no login. Every bucket is read anonymously first.
//     Credentials are looked for only after the bucket answered 401 or 403: in the
//     environment, in the file of Amazon's tools and from the machine's role, with a
//     time limit. They are then remembered for that bucket.
//   - Bytes are returned as stored, of exactly the ETag that was listed. Without an ETag, the
//     time of the last change must be the listed one. The bytes are
//     compared with the server's checksum, else with the ETag if it is the MD5 of
//     an object of a single part, and always with the listed size.
//   - Nothing waits for ever. Attempts are limited, a silent connection is given up, an
//     object has a deadline, and a server's Retry-After is followed up to a minute.
//   - Every error names the bucket or object and the reason, in the kinds of objstore.
//
// It never writes to a bucket. It never follows a redirect: an answer that says
// where a bucket is only gives the name of the region. It sends no request before
// one is needed, knows nothing of Prow, and names no flags.
package s3

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"prowtrace/internal/storehttp"
	"prowtrace/objstore"
)

// Client reads objects. It is safe for concurrent use. Its listings have no sums: it
// reports each object's sum separately (objstore.Summer). It opens connections ahead
// (objstore.Warmer) to servers other than Amazon's, whose host names it knows in advance.
type Client struct {
	opts    Options
	retries atomic.Int64
	access  access
	sums    sums
	buffers sync.Pool // of *[]byte, for copying bodies

	mu         sync.Mutex
	regions    map[string]string // of buckets, as reported by servers
	libraries  map[libraryKey]*library
	transports map[string]*storehttp.Transport // by the endpoint
}

// Auth says which identity reads a bucket.
type Auth string

const (
	AuthAuto        Auth = "auto"        // anonymous, and credentials after a 401 or 403
	AuthAnonymous   Auth = "anonymous"   // never look for credentials
	AuthCredentials Auth = "credentials" // credentials from the first request on
)

// Addressing is where a request names the bucket.
type Addressing string

const (
	AddressingAuto    Addressing = ""        // in the host for Amazon, in the path for all others
	AddressingPath    Addressing = "path"    // https://HOST/BUCKET/OBJECT
	AddressingVirtual Addressing = "virtual" // https://BUCKET.HOST/OBJECT
)

// Place is where a bucket is. The zero value is Amazon's service.
type Place struct {
	// Endpoint is a server: a URL without a path, or host[:port], which means https.
	// "": what AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL says, else Amazon's.
	Endpoint   string
	Region     string // "": us-east-1 until the server names another
	Addressing Addressing
}

// Options configures a Client. The zero value is good for Amazon's service.
type Options struct {
	Auth Auth // "": AuthAuto

	// Place returns where a bucket is; nil: all are in the zero Place. It always returns the same
	// answer for a bucket. It is called from any goroutine.
	Place func(bucket string) Place

	Connections int    // how many may be kept open to a server, with one request at a time each; 0: 128
	UserAgent   string // "": prowtrace

	// Logf receives details for finding faults; may be nil. It is
	// called from any goroutine.
	Logf func(format string, args ...any)

	// Silent is called when a server has sent nothing for a while (FirstSign). It is called at
	// most once every StallTimeout. May be nil. It is called from any goroutine.
	Silent func(host string, since time.Duration)

	Attempts     int           // for one request; 0: 5
	RetryPause   time.Duration // longest first pause between attempts, doubled each time up to 30 s, with jitter; 0: 1 s
	StallTimeout time.Duration // without a byte, after which a request is repeated, three times in a row at most; 0: 15 s
	FirstSign    time.Duration // without a byte, after which Silent is called; 0: 5 s
	Patience     time.Duration // for one object, on top of its size at 16 KiB/s; 0: 1 min

	// Credentials are the sources of credentials, tried in order. nil: the environment, Amazon's
	// file, the role of the machine.
	Credentials []Source

	tls   *tls.Config                           // for tests: trusts their server
	proxy func(*http.Request) (*url.URL, error) // for tests: instead of the environment
}

// A Source is a place where credentials may be.
type Source struct {
	Name     string // shown to the user
	Provider credentials.Provider
}

// New returns a client. It sends no request and looks for no credentials; an error
// means a wrong option.
func New(o Options) (*Client, error) {
	o.setDefaults()
	if o.Auth != AuthAuto && o.Auth != AuthAnonymous && o.Auth != AuthCredentials {
		return nil, fmt.Errorf("unknown authentication %q: want auto, anonymous or credentials", o.Auth)
	}
	c := &Client{
		opts: o, regions: map[string]string{}, libraries: map[libraryKey]*library{}, transports: map[string]*storehttp.Transport{},
	}
	c.access.remembered = map[string]bool{}
	c.buffers.New = func() any { return new(make([]byte, 64<<10)) }
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
	if o.Place == nil {
		o.Place = func(string) Place { return Place{} }
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	if o.Credentials == nil {
		o.Credentials = usual()
	}
}

func setDefault[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}

// Features: a version is an ETag, or a time if there is none. The server has sums of whole
// objects only, and sends them with the object.
func (c *Client) Features() objstore.Features {
	return objstore.Features{Pinned: true, Ranges: true}
}

// Retries returns how many requests had to be repeated so far.
func (c *Client) Retries() int64 { return c.retries.Load() }

// Warm implements objstore.Warmer.
func (c *Client) Warm(ctx context.Context, bucket string, n int) {
	p, endpoint, err := c.place(bucket)
	if err != nil || isAmazon(endpoint) || p.Addressing == AddressingVirtual {
		return // the request will report it, or goes to another host
	}
	c.transport(endpoint).Warm(ctx, n)
}

// Close closes idle connections. All reads must have ended before.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.transports {
		t.Close()
	}
	return nil
}

const amazonEndpoint = "https://s3.amazonaws.com"

func isAmazon(endpoint *url.URL) bool {
	host := endpoint.Hostname()
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
}

// setting returns the environment variable that names the server of buckets whose
// place is not known; "" if none does.
func setting() string {
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} {
		if os.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// place returns where a bucket is, with the region that is known so far.
func (c *Client) place(bucket string) (Place, *url.URL, error) {
	p := c.opts.Place(bucket)
	address, from := p.Endpoint, ""
	switch name := setting(); {
	case address != "":
	case name != "":
		address, from = os.Getenv(name), " ("+name+")"
	default:
		address = amazonEndpoint
	}
	endpoint, err := ParseEndpoint(address)
	if err != nil {
		return Place{}, nil, fmt.Errorf("%w%s", err, from)
	}
	setDefault(&p.Region, "us-east-1")
	c.mu.Lock()
	defer c.mu.Unlock()
	if region, ok := c.regions[bucket]; ok {
		p.Region = region
	}
	return p, endpoint, nil
}

// ParseEndpoint parses the address of a server: a URL without a path, or host[:port],
// which means https.
func ParseEndpoint(address string) (*url.URL, error) {
	full := address
	if !strings.Contains(full, "://") {
		full = "https://" + full
	}
	u, err := url.Parse(full)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("invalid address %q of an S3 server: want http(s)://host[:port] without a path", address)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// A libraryKey holds all settings that the library fixes when a client is made.
type libraryKey struct {
	endpoint   string
	region     string
	addressing Addressing
	signed     bool
}

// library is a client of the library.
type library = minio.Core

// library returns the client of the library for a place; creds may be nil.
func (c *Client) library(p Place, endpoint *url.URL, creds *credentials.Credentials) (*library, error) {
	key := libraryKey{endpoint.String(), p.Region, p.Addressing, creds != nil}
	transport := c.transport(endpoint)
	c.mu.Lock()
	defer c.mu.Unlock()
	if lib, ok := c.libraries[key]; ok {
		return lib, nil
	}
	lookup := map[Addressing]minio.BucketLookupType{AddressingPath: minio.BucketLookupPath, AddressingVirtual: minio.BucketLookupDNS}
	lib, err := minio.NewCore(endpoint.Host, &minio.Options{
		Creds: creds, Secure: endpoint.Scheme == "https", Region: p.Region, BucketLookup: lookup[p.Addressing],
		Transport:  &wire{client: c, transport: transport},
		MaxRetries: 1, // wire retries instead
	})
	if err != nil {
		return nil, fmt.Errorf("set up the S3 client: %w", err)
	}
	c.libraries[key] = lib
	return lib, nil
}

func (c *Client) transport(endpoint *url.URL) *storehttp.Transport {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.transports[endpoint.String()]
	if !ok {
		t = storehttp.New(endpoint, storehttp.Options{
			Connections: c.opts.Connections, StallTimeout: c.opts.StallTimeout, FirstSign: c.opts.FirstSign,
			Silent: c.opts.Silent, Logf: c.opts.Logf, TLS: c.opts.tls, Proxy: c.opts.proxy,
		})
		c.transports[endpoint.String()] = t
	}
	return t
}
