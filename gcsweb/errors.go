package gcsweb

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"prowtrace/internal/storehttp"
	"prowtrace/internal/text"
	"prowtrace/objstore"
)

var (
	errForeign  = errors.New("the answer does not come from gcsweb")
	errInflated = errors.New("it is stored with gzip encoding, and gcsweb inflates it: its length cannot be checked")
	errBrokeOff = errors.New("gcsweb could not read the whole object")
)

// maxMessage bounds the text of a server, in bytes.
const maxMessage = 400

// statusError is an answer whose status is not 200.
type statusError struct {
	status int
	said   string
}

func (e *statusError) Error() string {
	if e.said == "" {
		return fmt.Sprintf("HTTP %d", e.status)
	}
	return fmt.Sprintf("HTTP %d: %s", e.status, e.said)
}

// finalError may come after the caller has got bytes, so the request is not repeated.
type finalError struct{ err error }

func (e *finalError) Error() string { return e.err.Error() }
func (e *finalError) Unwrap() error { return e.err }

// callers is the caller's writer; it tells the writer's errors from the network's.
type callers struct{ w io.Writer }

func (c callers) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return n, &writeError{err}
	}
	return n, nil
}

type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

// isTemporary reports whether another attempt can help. Until the server has answered
// once, a failed dial is final.
func (c *Client) isTemporary(address *url.URL, err error) bool {
	var status *statusError
	var silent *storehttp.SilentError
	var done *finalError
	var write *writeError
	var certificate *tls.CertificateVerificationError
	var dial *net.OpError
	switch {
	case errors.As(err, &done), errors.As(err, &write), errors.As(err, &certificate), errors.Is(err, errForeign), errors.Is(err, errInflated),
		errors.Is(err, objstore.ErrBucketNotExist), errors.Is(err, objstore.ErrNotExist), errors.Is(err, objstore.ErrTooLarge):
		return false
	case errors.As(err, &status):
		return status.status == http.StatusTooManyRequests || status.status >= 500
	case errors.As(err, &silent):
		return silent.Temporary()
	case errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect"):
		return c.transport(address).Reached()
	}
	return true
}

// explain makes an error of objstore's kinds.
func (c *Client) explain(ctx context.Context, op, bucket, name, host string, err error) error {
	place := where(bucket, name)
	var status *statusError
	var write *writeError
	switch {
	case errors.As(err, &write):
		return fmt.Errorf("write the bytes of %s: %w", place, write.err)
	case ctx.Err() != nil:
		return fmt.Errorf("%s %s: %w", op, place, ctx.Err())
	case errors.Is(err, objstore.ErrBucketNotExist):
		return fmt.Errorf("%s %s: %w", op, where(bucket, ""), objstore.ErrBucketNotExist)
	case errors.Is(err, objstore.ErrNotExist), errors.Is(err, objstore.ErrTooLarge), errors.Is(err, objstore.ErrChecksum), errors.Is(err, errInflated):
		return fmt.Errorf("%s %s: %w", op, place, err)
	case errors.As(err, &status):
		switch status.status {
		case http.StatusNotFound:
			return fmt.Errorf("%s %s: %w", op, where(bucket, ""), objstore.ErrBucketNotExist)
		case http.StatusUnauthorized, http.StatusForbidden:
			return &objstore.AccessError{Provider: "gcsweb", Bucket: bucket, Op: op, Reason: objstore.AnonymousRefused, Status: status.status, Message: status.said}
		}
		if status.status >= 400 {
			return fmt.Errorf("%s %s: the gcsweb at %s answers %w", op, place, text.Name(host), err)
		}
		err = fmt.Errorf("%w (%w)", errForeign, err)
	}
	return fmt.Errorf("%s %s: %w", op, place, unreachable(host, err))
}

func unreachable(host string, err error) *objstore.UnreachableError {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var silent *storehttp.SilentError
	cause := objstore.NetworkFailed
	switch {
	case errors.As(err, &dns):
		cause = objstore.NameUnknown
	case errors.As(err, &certificate):
		cause = objstore.Certificate
	case errors.As(err, &silent), errors.Is(err, context.DeadlineExceeded):
		cause = objstore.TooSlow
	case errors.Is(err, errForeign):
		cause = objstore.ForeignAnswer
	}
	return &objstore.UnreachableError{Host: host, Cause: cause, Err: &failure{text.Plain(err.Error(), maxMessage), err}}
}

// failure has its own text for the user, and the cause for errors.As.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

func where(bucket, name string) string {
	if name == "" {
		return text.Name(bucket)
	}
	return text.Name(bucket + "/" + name)
}
