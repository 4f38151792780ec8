// Package gcsweb reads a bucket through the pages of a gcsweb. It is for buckets that refuse
// readers but have public pages. Its [Client] is an objstore.Store.
//
// It promises:
//   - A listing is read page by page, within bounds, and ends.
//   - Content has the listed length. Nothing else can be checked: the pages have no sums,
//     no versions and no ranges, and their operator can change bytes. The store therefore
//     declares no Features.
//   - Nothing waits for ever, and every error is of objstore's kinds.
//
// It never sends credentials, never follows a redirect, and knows nothing of Prow. It
// cannot read names that are not clean paths. It cannot read a directory that has the same
// name as a file, because a gcsweb then shows the file. Read cannot return objects of Google's
// store that have the encoding gzip: a gcsweb inflates them and reports a size that fits neither
// form.
package gcsweb

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"prowtrace/internal/storehttp"
	"prowtrace/internal/text"
	"prowtrace/objstore"
)

// Bounds on the answers of a gcsweb.
const (
	maxPage    = 64 << 20 // bytes of a page
	maxRows    = 200_000  // of a page
	maxName    = 1024     // bytes
	maxPages   = 5_000    // of a listing
	maxObjects = 200_000  // of a listing
	together   = 8        // pages that are requested at the same time
	headSize   = 16 << 10 // bytes that are enough to tell a page from a file
	maxHeld    = 2 << 20  // largest object, in bytes, that is held until it is complete
	lowestRate = 16 << 10 // bytes a second that are worth waiting for
)

// Client reads objects. It is safe for concurrent use.
type Client struct {
	opts    Options
	retries atomic.Int64

	mu         sync.Mutex
	transports map[string]*storehttp.Transport // by host
}

// Options configures a Client. Pages must be set.
type Options struct {
	// Pages returns the address of a bucket's pages, such as https://HOST/s3/BUCKET; nil if
	// it has none. It always returns the same answer for a bucket. It is called from any goroutine.
	Pages func(bucket string) *url.URL

	UserAgent string                                 // "": prowtrace
	Logf      func(format string, args ...any)       // may be nil; called from any goroutine
	Silent    func(host string, since time.Duration) // as in gcs; may be nil

	Attempts     int           // for one request; 0: 4
	RetryPause   time.Duration // longest first pause between attempts, doubled each time; 0: 1 s
	StallTimeout time.Duration // without a byte, after which a request ends; 0: 15 s
	FirstSign    time.Duration // without a byte, after which Silent is called; 0: 5 s
	Patience     time.Duration // for one answer, on top of its size at 16 KiB/s; 0: 1 min
}

// New returns a client. It sends no request.
func New(o Options) *Client {
	setDefault(&o.UserAgent, "prowtrace")
	setDefault(&o.Attempts, 4)
	setDefault(&o.RetryPause, time.Second)
	setDefault(&o.StallTimeout, 15*time.Second)
	setDefault(&o.FirstSign, 5*time.Second)
	setDefault(&o.Patience, time.Minute)
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	return &Client{opts: o, transports: map[string]*storehttp.Transport{}}
}

func setDefault[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}

// Features returns none: see the package.
func (c *Client) Features() objstore.Features { return objstore.Features{} }

// Retries returns how many requests had to be repeated so far.
func (c *Client) Retries() int64 { return c.retries.Load() }

// Close closes idle connections. All reads must have ended before.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.transports {
		t.Close()
	}
	return nil
}

func (c *Client) transport(address *url.URL) *storehttp.Transport {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.transports[address.Host]
	if !ok {
		t = storehttp.New(&url.URL{Scheme: address.Scheme, Host: address.Host}, storehttp.Options{
			Connections: 2 * together, StallTimeout: c.opts.StallTimeout, FirstSign: c.opts.FirstSign, Silent: c.opts.Silent, Logf: c.opts.Logf,
		})
		c.transports[address.Host] = t
	}
	return t
}

// Read implements objstore.Store. A small object is requested again if it broke off. A large
// one is not, because the writer already has a part of it.
func (c *Client) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	return c.get(ctx, "read", o.Bucket, o.Name, o.Size, func(res *http.Response, body *bufio.Reader) error {
		if head, _ := body.Peek(headSize); isPage(head, o.Bucket, o.Name) {
			return objstore.ErrNotExist
		}
		limited := io.LimitReader(body, o.Size+1)
		if o.Size > maxHeld {
			n, err := io.Copy(callers{w}, limited)
			if err = fits(o, n, err, res); err != nil {
				return &finalError{err}
			}
			return nil
		}
		data, err := io.ReadAll(limited)
		if err := fits(o, int64(len(data)), err, res); err != nil {
			return err
		}
		_, err = callers{w}.Write(data)
		return err
	})
}

// fits compares the number of bytes received with the listed one. A gcsweb reports the encoding
// of an object as its character set.
func fits(o objstore.Object, n int64, err error, res *http.Response) error {
	switch {
	case err != nil:
		return err
	case n != o.Size && strings.HasSuffix(res.Header.Get("Content-Type"), "; charset=gzip"):
		return errInflated
	case n > o.Size:
		return fmt.Errorf("%w: more bytes than the %d listed", objstore.ErrChecksum, o.Size)
	case n < o.Size:
		return fmt.Errorf("%w: %d bytes instead of the %d listed", objstore.ErrChecksum, n, o.Size)
	}
	return nil
}

// ReadRange implements objstore.Store. It always fails, because a gcsweb has no ranges.
func (c *Client) ReadRange(_ context.Context, o objstore.Object, _, _ int64, _ io.Writer) error {
	return fmt.Errorf("read %s: gcsweb cannot read ranges", where(o.Bucket, o.Name))
}

// ReadAll implements objstore.Store. Only the object's bytes and type are known.
func (c *Client) ReadAll(ctx context.Context, bucket, name string, limit int64) (data []byte, o objstore.Object, err error) {
	err = c.get(ctx, "read", bucket, name, limit, func(res *http.Response, body *bufio.Reader) (err error) {
		if head, _ := body.Peek(headSize); isPage(head, bucket, name) {
			return objstore.ErrNotExist
		}
		if data, err = io.ReadAll(io.LimitReader(body, limit+1)); err != nil && int64(len(data)) <= limit {
			return err
		}
		switch {
		case int64(len(data)) > limit:
			return fmt.Errorf("%w: more than %d bytes", objstore.ErrTooLarge, limit)
		case bytes.Contains(data[max(0, len(data)-maxMessage):], []byte(copyFailed)):
			return errBrokeOff
		}
		o = objstore.Object{Bucket: bucket, Name: name, Size: int64(len(data)), ContentType: res.Header.Get("Content-Type")}
		return nil
	})
	if err != nil {
		return nil, objstore.Object{}, err
	}
	return data, o, nil
}

// copyFailed is how the text begins that a gcsweb writes after the bytes of an object that it
// could not read to its end.
const copyFailed = "Error: coudln't copy data to the response writer: "

// googlesPages is how the address begins to which a gcsweb redirects requests for a directory
// in a bucket of Google's store that it does not show.
const googlesPages = "https://console.cloud.google.com/storage/browser/"

// get requests a file or a directory and passes each attempt's answer to a reader. expected is
// the approximate number of bytes.
func (c *Client) get(ctx context.Context, op, bucket, name string, expected int64, read func(*http.Response, *bufio.Reader) error) error {
	pages := c.opts.Pages(bucket)
	if pages == nil {
		return fmt.Errorf("%s %s: %w", op, where(bucket, name), objstore.ErrBucketNotExist)
	}
	address := *pages
	address.Path = strings.TrimSuffix(address.Path, "/") + "/" + written(name)
	if !isClean(name) {
		return fmt.Errorf("%s %s: %w: a gcsweb shows no such names", op, where(bucket, name), objstore.ErrNotExist)
	}
	limit := c.opts.Patience + time.Duration(float64(expected)/lowestRate*float64(time.Second))
	rctx, cancel := context.WithTimeout(storehttp.WithOperation(ctx), limit)
	defer cancel()
	for try := 1; ; try++ {
		err := c.once(rctx, &address, read)
		if err == nil {
			return nil
		}
		if try == c.opts.Attempts || rctx.Err() != nil || !c.isTemporary(&address, err) {
			return c.explain(ctx, op, bucket, name, address.Host, err)
		}
		c.retries.Add(1)
		c.opts.Logf("try again: %v", err)
		if err := storehttp.Sleep(rctx, rand.N(c.opts.RetryPause<<(try-1))); err != nil {
			return c.explain(ctx, op, bucket, name, address.Host, err)
		}
	}
}

// written escapes a name for the path of an address. A gcsweb parses the path as an address
// once more, so characters with a meaning in an address are escaped twice.
func written(name string) string {
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; c == '%' || c == '?' || c == '#' || c < ' ' || c == 0x7f {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isClean reports whether a name reaches a server unchanged: paths are cleaned on the way.
func isClean(name string) bool {
	name = strings.TrimSuffix(name, "/")
	return len(name) <= maxName && (name == "" || path.Clean("/"+name) == "/"+name)
}

func (c *Client) once(ctx context.Context, address *url.URL, read func(*http.Response, *bufio.Reader) error) error {
	t := c.transport(address)
	if err := t.Ready(ctx); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", c.opts.UserAgent)
	res, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSeeOther && strings.HasPrefix(res.Header.Get("Location"), googlesPages) {
		return objstore.ErrBucketNotExist
	}
	if res.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		return &statusError{res.StatusCode, text.Plain(string(said), maxMessage)}
	}
	return read(res, bufio.NewReaderSize(res.Body, headSize))
}
