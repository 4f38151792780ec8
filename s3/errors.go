package s3

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/minio/minio-go/v7"

	"prowtrace/internal/storehttp"
	"prowtrace/internal/text"
	"prowtrace/objstore"
)

// answerOf returns the refusal of a server; ok is false if err is not one.
func answerOf(err error) (answer minio.ErrorResponse, ok bool) {
	return answer, errors.As(err, &answer) && answer.StatusCode != 0
}

// explain turns an error of the library into one of objstore's kinds. ctx is the
// caller's: if it has ended, its error is returned.
func (c *Client) explain(ctx context.Context, op, bucket, object string, err error) error {
	place := where(bucket, object)
	var refused *objstore.AccessError
	var endless *endlessError
	answer, answered := answerOf(err)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s %s: %w", op, place, ctx.Err())
	case errors.As(err, &endless):
		return fmt.Errorf("%s %s: %w", op, place, endless)
	case errors.As(err, &refused), errors.Is(err, errBucketName):
		return err
	case errors.Is(err, objstore.ErrNotExist):
		return fmt.Errorf("%s %s: %w", op, place, err)
	case answer.Code == minio.NoSuchBucket, answered && answer.StatusCode == http.StatusNotFound && op == "list":
		return fmt.Errorf("%s %s: %w", op, where(bucket, ""), objstore.ErrBucketNotExist)
	case answered && (answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusPreconditionFailed || answer.StatusCode == http.StatusGone):
		return fmt.Errorf("%s %s: %w", op, place, objstore.ErrNotExist)
	case answered && answer.StatusCode/100 != 3:
		said := fmt.Sprintf("%s %s: the server answers HTTP %d (%s)", op, place, answer.StatusCode, messageOf(answer))
		if isTemporary(answer.StatusCode) {
			said += fmt.Sprintf(", also after %d attempts; try again later", c.opts.Attempts)
		}
		return &failure{said, err}
	case answered:
		err = fmt.Errorf("%w (HTTP %d, a redirect)", errForeign, answer.StatusCode)
	}
	if isNetwork(err) {
		return fmt.Errorf("%s %s: %w", op, place, c.unreachable(bucket, err))
	}
	return &failure{fmt.Sprintf("%s %s: %s", op, place, oneLine(err.Error())), err}
}

// isNetwork reports whether an error comes from the network, or from something on the way.
func isNetwork(err error) bool {
	var broken *brokenError
	var silent *storehttp.SilentError
	var library minio.ErrorResponse // without a status: the library did not understand an answer
	var other net.Error
	return errors.As(err, &broken) || errors.As(err, &silent) || errors.As(err, &library) || errors.As(err, &other) || errors.Is(err, errForeign) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, errTooMuch) || errors.Is(err, context.DeadlineExceeded)
}

// unreachable explains why the network failed.
func (c *Client) unreachable(bucket string, err error) *objstore.UnreachableError {
	host, cause, named := "the server of bucket "+bucket, objstore.NetworkFailed, ""
	if _, endpoint, err := c.place(bucket); err == nil {
		host = endpoint.Host
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var slow *slowError
	var silent *storehttp.SilentError
	var library minio.ErrorResponse
	var dial *net.OpError
	said := err.Error()
	switch {
	case errors.As(err, &dns):
		cause, said = objstore.NameUnknown, dns.Error()
	case errors.As(err, &certificate):
		cause, said = objstore.Certificate, certificate.Error()
	case errors.As(err, &slow), errors.As(err, &silent):
		cause = objstore.TooSlow
	case errors.As(err, &library):
		cause, said = objstore.ForeignAnswer, errForeign.Error()+" ("+library.Message+")"
	case errors.Is(err, errForeign):
		cause = objstore.ForeignAnswer
	case errors.Is(err, syscall.ECONNREFUSED) && c.opts.Place(bucket).Endpoint == "" && setting() != "":
		cause, named = objstore.NotRunning, setting()
	}
	if errors.As(err, &dial) && dial.Op == "dial" && dial.Addr != nil && dial.Addr.String() == host {
		said = dial.Err.Error() // without repeating the address
	}
	return &objstore.UnreachableError{Host: host, Cause: cause, Setting: named, Err: &failure{oneLine(said), err}}
}

// failure has its own text for the user, and the cause for errors.As.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

// messageOf returns what the server said, for the user.
func messageOf(answer minio.ErrorResponse) string {
	if answer.Message == "" {
		return oneLine(http.StatusText(answer.StatusCode))
	}
	return oneLine(answer.Message)
}

// maxMessage bounds what a server or another program says, in bytes.
const maxMessage = 800

func oneLine(s string) string { return text.Plain(s, maxMessage) }

// where writes an object as a URL, quoted if its name is not plain text.
func where(bucket, object string) string {
	if object == "" {
		return text.Name("s3://" + bucket)
	}
	return text.Name("s3://" + bucket + "/" + object)
}
