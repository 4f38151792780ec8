package gcs

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"syscall"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

	"prowtrace/internal/storehttp"
	"prowtrace/internal/text"
	"prowtrace/objstore"
)

// unreachable explains why the network failed.
func (c *Client) unreachable(err error) *objstore.UnreachableError {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var slow *slowError
	var silent *storehttp.SilentError
	cause := objstore.NetworkFailed
	switch {
	case errors.As(err, &dns):
		cause = objstore.NameUnknown
	case errors.As(err, &certificate):
		cause = objstore.Certificate
	case errors.As(err, &slow), errors.As(err, &silent):
		cause = objstore.TooSlow
	case errors.Is(err, errForeign):
		cause = objstore.ForeignAnswer
	case errors.Is(err, syscall.ECONNREFUSED) && c.emulator:
		cause = objstore.NotRunning
	}
	said := err.Error()
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" && dial.Addr != nil && dial.Addr.String() == c.host {
		said = dial.Err.Error() // without repeating the address
	}
	setting := ""
	if cause == objstore.NotRunning {
		setting = "STORAGE_EMULATOR_HOST"
	}
	return &objstore.UnreachableError{Host: c.host, Cause: cause, Setting: setting, Err: &failure{oneLine(said), err}}
}

var errForeign = errors.New("the answer does not come from Cloud Storage")

// failure has its own text for the user, and the cause for errors.As.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

// explain turns an error of the library into one of this package's. ctx is the
// caller's: if it has ended, its error is returned.
func (c *Client) explain(ctx context.Context, op, bucket, object string, err error) error {
	place := where(bucket, object)
	if err == nil {
		return nil
	}
	// try finds refusals at the beginning of an object or a listing.
	// A refusal in the middle comes here first.
	err = c.refusal(op, bucket, c.asksAnonymously(bucket), err)
	var refused *objstore.AccessError
	var answer *googleapi.Error
	var endless *endlessError
	var foreign *foreignError
	switch {
	case errors.As(err, &endless):
		return fmt.Errorf("%s %s: %w", op, place, endless)
	case errors.As(err, &foreign):
		return fmt.Errorf("%s %s: %w", op, place, c.unreachable(foreign))
	case ctx.Err() != nil:
		return fmt.Errorf("%s %s: %w", op, place, ctx.Err())
	case errors.As(err, &refused), errors.Is(err, errBucketName):
		return err
	case errors.Is(err, errNoBucket), errors.Is(err, storage.ErrBucketNotExist):
		return fmt.Errorf("%s %s: %w", op, where(bucket, ""), objstore.ErrBucketNotExist)
	case errors.Is(err, storage.ErrObjectNotExist):
		return fmt.Errorf("%s %s: %w", op, place, objstore.ErrNotExist)
	case isBadCRC(err):
		return fmt.Errorf("%s %s: %w: wrong CRC32C", op, place, objstore.ErrChecksum)
	case errors.As(err, &answer) && answer.Code/100 != 3:
		answered := fmt.Sprintf("%s %s: the server answers HTTP %d (%s)", op, place, answer.Code, messageOf(answer))
		if storage.ShouldRetry(answer) {
			answered += fmt.Sprintf(", also after %d attempts; try again later", c.opts.Attempts)
		}
		return &failure{answered, err}
	}
	if cause := network(err); cause != nil {
		return fmt.Errorf("%s %s: %w", op, place, c.unreachable(cause))
	}
	return fmt.Errorf("%s %s: %w", op, place, err)
}

// network returns the part of err that says why the network failed; nil if it did not.
func network(err error) error {
	var syntax *json.SyntaxError
	var answer *googleapi.Error
	if errors.As(err, &syntax) {
		return fmt.Errorf("%w (%v)", errForeign, syntax)
	}
	if errors.As(err, &answer) {
		return fmt.Errorf("%w (HTTP %d to %s)", errForeign, answer.Code, answer.Header.Get("Location"))
	}
	var broken *brokenError
	var silent *storehttp.SilentError
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	var op *net.OpError
	var other net.Error
	switch {
	case errors.As(err, &silent):
		return silent
	case errors.As(err, &broken):
		return broken
	case errors.As(err, &certificate):
		return certificate
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &op):
		return op
	case errors.As(err, &other), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, context.DeadlineExceeded), errors.Is(err, errTooMuch):
		return err
	}
	return nil
}

// messageOf returns what the server said, for the user. JSON errors have a message;
// XML errors come as their whole body.
func messageOf(e *googleapi.Error) string {
	message := e.Message
	if message == "" {
		if m := xmlMessage.FindStringSubmatch(e.Body); m != nil {
			message = m[1]
			if m := xmlDetails.FindStringSubmatch(e.Body); m != nil {
				message = m[1]
			}
			message = html.UnescapeString(message)
		}
	}
	if message == "" {
		message = http.StatusText(e.Code)
	}
	return oneLine(message)
}

var (
	xmlMessage = regexp.MustCompile(`<Message>([^<]*)</Message>`)
	xmlDetails = regexp.MustCompile(`<Details>([^<]*)</Details>`)
)

func billsReaders(message string) bool {
	return strings.Contains(strings.ToLower(message), "requester pays")
}

// blocked returns why a refusal has nothing to do with the reader's identity; "" if it may
// have. The server says so by its reason or, in XML, only in words.
func blocked(e *googleapi.Error, message string) objstore.Reason {
	said := strings.ToLower(message + " " + e.Body)
	for _, item := range e.Errors {
		said += " " + strings.ToLower(item.Reason+" "+item.Message)
	}
	switch {
	case strings.Contains(said, "vpcservicecontrols") || strings.Contains(said, "vpc service controls") || strings.Contains(said, "security_policy_violated") || strings.Contains(said, "securitypolicyviolated") || strings.Contains(said, "organization's policy"):
		return objstore.PerimeterDenied
	case strings.Contains(said, "accountdisabled") || strings.Contains(said, "billing account") && (strings.Contains(said, "disabled") || strings.Contains(said, "closed") || strings.Contains(said, "absent") || strings.Contains(said, "delinquent")) ||
		strings.Contains(said, "billing_disabled") || strings.Contains(said, "userprojectaccountproblem"):
		return objstore.BillingDisabled
	}
	return ""
}

// maxMessage bounds what a server or another program says, in bytes.
const maxMessage = 800

func oneLine(s string) string { return text.Plain(s, maxMessage) }

// where writes an object as a URL, quoted if its name is not plain text.
func where(bucket, object string) string {
	if object == "" {
		return text.Name("gs://" + bucket)
	}
	return text.Name("gs://" + bucket + "/" + object)
}

var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,221}$`)

var errBucketName = fmt.Errorf("%w: a bucket's name has letters, digits, '-', '_' and '.' only", objstore.ErrBucketNotExist)

// checkBucket keeps names that cannot exist out of URL paths.
func checkBucket(name string) error {
	if !bucketName.MatchString(name) {
		return fmt.Errorf("%q: %w", name, errBucketName)
	}
	return nil
}
