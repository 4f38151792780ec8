package gcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"time"

	"cloud.google.com/go/storage"

	"prowtrace/internal/storehttp"
)

// Limits on a JSON answer. A page of 1000 names of the longest allowed kind
// with the selected fields stays below 10 MB.
const (
	maxAnswer     = 32 << 20
	answerTimeout = time.Minute
)

// wire sends the library's requests. It adds what the library leaves out with another
// HTTP client (User-Agent, token), pauses if the server asked for it,
// and bounds what the library would read or repeat without end.
type wire struct {
	client *Client
	token  tokenFunc // nil: anonymous
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	c := w.client
	ctx := req.Context()
	if err := c.transport.Ready(ctx); err != nil {
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
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		cancel()
		return nil, err
	}
	if res.StatusCode == http.StatusNotFound && !json && saysNoBucket(res.Body) {
		res.Body.Close()
		cancel()
		return nil, errNoBucket
	}
	if res.StatusCode == http.StatusPartialContent {
		// For the library, "gzip" here means that the server inflated the body from
		// its beginning, so it drops as many bytes as it already has. But we ask for stored
		// bytes, and a partial answer begins where it should.
		res.Header.Del("Content-Encoding")
		res.Header.Del("X-Goog-Stored-Content-Encoding")
	}
	b := &body{ReadCloser: res.Body, client: c, reading: reading, cancel: cancel, left: -1}
	if json || res.StatusCode >= 300 {
		b.left = maxAnswer
	}
	if res.Body, err = listingOf(ctx).watch(res, b); err != nil {
		return nil, err
	}
	return res, nil
}

// errNoBucket tells a missing bucket from a missing object: when the library reads through
// the XML API, it makes the same error of both.
var errNoBucket = errors.New("no such bucket")

func saysNoBucket(r io.Reader) bool {
	text, _ := io.ReadAll(io.LimitReader(r, 4<<10))
	return strings.Contains(string(text), "<Code>NoSuchBucket</Code>")
}

// body is the body of an answer. left is how many bytes may still come; -1: any number.
type body struct {
	io.ReadCloser
	client  *Client
	reading *reading
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
	n, err := b.ReadCloser.Read(p)
	if b.left > 0 {
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
// new byte. The library reopens a broken body immediately, each time with a new
// budget of attempts. It would read for ever from a server that breaks every body.
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
	return storehttp.Sleep(ctx, rand.N(min(o.RetryPause<<(r.fruitless-1), 30*time.Second)))
}

// brokenError is final; see [Client.retryable].
type brokenError struct {
	times int
	last  error
}

func (e *brokenError) Error() string {
	return fmt.Sprintf("the connection broke %d times without a new byte: %v", e.times, e.last)
}

// retryable decides for the library. Until the service has answered once, a
// failed dial is final. The likely reasons (no network, wrong host, no server)
// do not pass within seconds, and the user should see the reason immediately.
func (c *Client) retryable(err error) bool {
	var broken *brokenError
	var credential *credentialError
	var endless *endlessError
	var silent *storehttp.SilentError
	if errors.As(err, &silent) && !silent.Temporary() || errors.As(err, &broken) || errors.As(err, &credential) || errors.As(err, &endless) || errors.Is(err, errForeign) {
		return false
	}
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect") && !c.transport.Reached() {
		return false
	}
	if !storage.ShouldRetry(err) {
		return false
	}
	c.retries.Add(1)
	c.opts.Logf("try again: %v", err)
	return true
}
