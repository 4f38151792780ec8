package s3

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"prowtrace/internal/storehttp"
)

// Limits on an answer that is not an object. A page of 1000 names of the longest
// allowed kind stays below 10 MB.
const (
	maxAnswer     = 32 << 20 // bytes of a listing
	maxError      = 64 << 10 // bytes of the body of a refusal
	answerTimeout = time.Minute
)

// wire sends the library's requests, and repeats them. The library's own retries
// ignore Retry-After, and treat all errors alike. wire also bounds what the library
// would read without end.
type wire struct {
	client    *Client
	transport *storehttp.Transport
}

// operation records what happens during one call of the library. Only one goroutine uses it.
type operation struct {
	err     error    // the transport's last error
	listing *listing // nil: an object is read
}

type operationKey struct{}

func withOperation(ctx context.Context) (context.Context, *operation) {
	op, ok := ctx.Value(operationKey{}).(*operation)
	if !ok {
		op = new(operation)
		ctx = context.WithValue(storehttp.WithOperation(ctx), operationKey{}, op)
	}
	op.err = nil
	return ctx, op
}

// RoundTrip implements http.RoundTripper. All requests are GET and HEAD without a body.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, op := withOperation(req.Context())
	c := w.client
	for try := 1; ; try++ {
		res, err := w.once(req.WithContext(ctx), op)
		again := w.again(ctx, res, err)
		if !again || try == c.opts.Attempts {
			op.err = err
			return res, err
		}
		c.retries.Add(1)
		if err != nil {
			c.opts.Logf("try again: %v", err)
		} else {
			c.opts.Logf("try again: the server answers HTTP %d", res.StatusCode)
		}
		if err := storehttp.Sleep(ctx, pauseBefore(try, c.opts.RetryPause)); err != nil {
			op.err = err
			return nil, err
		}
	}
}

// pauseBefore returns how long to wait after the given number of attempts.
func pauseBefore(tries int, first time.Duration) time.Duration {
	return rand.N(min(first<<min(tries-1, 16), 30*time.Second))
}

// once makes one attempt. Answers other than objects are read to their end.
func (w *wire) once(req *http.Request, op *operation) (*http.Response, error) {
	if err := w.transport.Ready(req.Context()); err != nil {
		return nil, err
	}
	ctx, cancel := req.Context(), func() {}
	if op.listing != nil {
		ctx, cancel = context.WithTimeout(ctx, answerTimeout)
	}
	defer cancel()
	req = req.Clone(ctx)
	req.Header.Set("User-Agent", w.client.opts.UserAgent)
	res, err := w.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 == 2 && op.listing == nil {
		return res, nil
	}
	limit := int64(maxError)
	if res.StatusCode/100 == 2 {
		limit = maxAnswer
	}
	content, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	res.Body.Close()
	switch {
	case err != nil:
		return nil, err
	case int64(len(content)) > limit && res.StatusCode/100 == 2:
		return nil, errTooMuch
	case int64(len(content)) > limit:
		content = nil
	}
	if res.StatusCode/100 == 2 {
		if err := op.listing.check(res.StatusCode, content); err != nil {
			return nil, err
		}
	}
	res.Body = io.NopCloser(bytes.NewReader(content))
	return res, nil
}

var errTooMuch = errors.New("the answer has no end")

// again decides whether another attempt can help. Until the server has answered once, a
// failed dial is final. The likely reasons (no network, wrong host, no server) do not
// pass within seconds, and the user should see the reason immediately.
func (w *wire) again(ctx context.Context, res *http.Response, err error) bool {
	if err == nil {
		return isTemporary(res.StatusCode)
	}
	var silent *storehttp.SilentError
	var endless *endlessError
	var certificate *tls.CertificateVerificationError
	var dial *net.OpError
	switch {
	case ctx.Err() != nil, errors.Is(err, errTooMuch), errors.Is(err, errForeign), errors.As(err, &endless), errors.As(err, &certificate):
		return false
	case errors.As(err, &silent):
		return silent.Temporary()
	case errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect"):
		return w.transport.Reached()
	}
	return true
}

func isTemporary(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Bounds on one listing. A page has up to a thousand names. A server that skips deleted
// objects may send empty pages.
const (
	maxEmptyPages = 200    // in a row
	maxPages      = 20_000 // enough for the names of twenty million objects
)

// listing watches the pages of one listing, because the library follows tokens for as long as a
// server sends any.
type listing struct {
	tokens map[string]bool // tokens that pages have named
	pages  int
	empty  int // empty pages in a row
}

// endlessError is final.
type endlessError struct{ why string }

func (e *endlessError) Error() string { return "the listing does not end: " + e.why }

var errForeign = errors.New("the answer does not come from an S3 server")

// page holds the parts of a page of a listing that are checked.
type page struct {
	XMLName               xml.Name   `xml:"ListBucketResult"`
	NextContinuationToken string     `xml:"NextContinuationToken"`
	IsTruncated           bool       `xml:"IsTruncated"`
	Contents              []struct{} `xml:"Contents"`
	CommonPrefixes        []struct{} `xml:"CommonPrefixes"`
}

func (l *listing) check(status int, content []byte) error {
	if status != http.StatusOK {
		return fmt.Errorf("%w (HTTP %d to a listing)", errForeign, status)
	}
	var p page
	if err := xml.Unmarshal(content, &p); err != nil {
		return fmt.Errorf("%w (it is not a listing)", errForeign)
	}
	l.pages++
	l.empty++
	if len(p.Contents)+len(p.CommonPrefixes) > 0 {
		l.empty = 0
	}
	switch {
	case !p.IsTruncated:
		return nil
	case p.NextContinuationToken == "":
		return fmt.Errorf("%w (a page has no token for the next page)", errForeign)
	case l.tokens[p.NextContinuationToken]:
		return &endlessError{"the server names the same next page again"}
	case l.empty > maxEmptyPages:
		return &endlessError{fmt.Sprintf("%d pages in a row name no object", l.empty)}
	case l.pages >= maxPages:
		return &endlessError{fmt.Sprintf("it has more than %d pages", maxPages)}
	}
	l.tokens[p.NextContinuationToken] = true
	return nil
}
