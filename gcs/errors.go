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
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"
)

var (
	// ErrNotExist: the bucket is there, the object or the asked generation of
	// it is not. It was never uploaded, has been overwritten, or has expired.
	ErrNotExist = errors.New("object does not exist")

	// ErrBucketNotExist: there is no bucket of this name (any more).
	ErrBucketNotExist = errors.New("bucket does not exist")

	// ErrChecksum: the bytes that came are not those that were listed, by their
	// number or their CRC32C. Reading once more can help.
	ErrChecksum = errors.New("the bytes are not those that are stored")

	// ErrTooLarge: an object is larger than the caller is ready to hold.
	ErrTooLarge = errors.New("object is too large")
)

// AccessError: the bucket does not let this caller read it.
type AccessError struct {
	Bucket    string
	Op        string // "list" or "read"
	Status    int    // HTTP status; 0 if it never came to a request for want of credentials
	Anonymous bool   // the refused request carried no credentials
	Message   string // the server's words, without control characters
	// Credentials says why no credentials could be used after an anonymous
	// request was refused; nil if they were used, or not allowed to be looked for.
	Credentials error
}

const login = "log in with: gcloud auth application-default login"

func (e *AccessError) Error() string {
	refused := fmt.Sprintf("HTTP %d to %s", e.Status, e.Op)
	if e.Message != "" {
		refused += ": " + strings.TrimSuffix(e.Message, ".")
	}
	switch {
	case e.Status == http.StatusBadRequest:
		return fmt.Sprintf("bucket %s bills its readers (%s); name a project that pays: --billing-project PROJECT", e.Bucket, refused)
	case e.Status == 0 && e.Credentials != nil:
		return fmt.Sprintf("cannot %s bucket %s with credentials, because none work: %s; %s", e.Op, e.Bucket, clean(e.Credentials.Error()), login)
	case e.Credentials != nil:
		return fmt.Sprintf("bucket %s refuses anonymous readers (%s), and there are no credentials that work: %s; %s", e.Bucket, refused, clean(e.Credentials.Error()), login)
	case e.Anonymous:
		return fmt.Sprintf("bucket %s refuses anonymous readers (%s), and credentials were not to be used; allow them with --auth auto", e.Bucket, refused)
	default:
		return fmt.Sprintf("bucket %s refuses your credentials (%s); ask its owner for the role roles/storage.objectViewer, or use another account: gcloud auth application-default login", e.Bucket, refused)
	}
}

func (e *AccessError) Unwrap() error { return e.Credentials }

// UnreachableError: the service, or what stands between, does not answer as it should.
type UnreachableError struct {
	Host string
	Err  error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("cannot reach %s: %s; %s", e.Host, clean(e.Err.Error()), e.advice())
}

func (e *UnreachableError) Unwrap() error { return e.Err }

func (e *UnreachableError) advice() string {
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var slow *slowError
	switch {
	case errors.As(e.Err, &dns):
		return "check the network, and HTTPS_PROXY if there is a proxy"
	case errors.As(e.Err, &certificate):
		return "if a proxy inspects TLS here, point SSL_CERT_FILE to its certificate"
	case errors.As(e.Err, &slow):
		return "check the network, and try again: what is complete is kept"
	case errors.Is(e.Err, errForeign):
		return "a proxy or the network's login page answers instead: open any page in a browser, or set HTTPS_PROXY"
	case errors.Is(e.Err, syscall.ECONNREFUSED) && os.Getenv("STORAGE_EMULATOR_HOST") != "":
		return "STORAGE_EMULATOR_HOST names this server: start it, or unset the variable"
	default:
		return "check the network, a firewall, and HTTPS_PROXY if there is a proxy; then try again"
	}
}

var errForeign = errors.New("the answer is not Cloud Storage's")

// failure has a text of its own for a person, and the cause for errors.As.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

// explain turns an error of the library into one of this package's. ctx is the
// caller's: its end is reported as such.
func (c *Client) explain(ctx context.Context, op, bucket, object string, err error) error {
	place := where(bucket, object)
	if err == nil {
		return nil
	}
	// try has looked for refusals at the beginning of an object or a listing;
	// one in the middle of it comes here first.
	err = c.refusal(op, bucket, c.asksAnonymously(bucket), err)
	var refused *AccessError
	var answer *googleapi.Error
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s %s: %w", op, place, ctx.Err())
	case errors.As(err, &refused), errors.Is(err, errBucketName):
		return err
	case errors.Is(err, errNoBucket), errors.Is(err, storage.ErrBucketNotExist):
		return fmt.Errorf("%s %s: %w", op, where(bucket, ""), ErrBucketNotExist)
	case errors.Is(err, storage.ErrObjectNotExist):
		return fmt.Errorf("%s %s: %w", op, place, ErrNotExist)
	case isBadCRC(err):
		return fmt.Errorf("%s %s: %w: they do not fit the server's CRC32C", op, place, ErrChecksum)
	case errors.As(err, &answer) && answer.Code/100 != 3:
		text := fmt.Sprintf("%s %s: the server answers HTTP %d (%s)", op, place, answer.Code, messageOf(answer))
		if storage.ShouldRetry(answer) {
			text += fmt.Sprintf(", also after %d attempts; try again later", c.opts.Attempts)
		}
		return &failure{text, err}
	}
	if cause := network(err); cause != nil {
		return fmt.Errorf("%s %s: %w", op, place, &UnreachableError{c.host, cause})
	}
	return fmt.Errorf("%s %s: %w", op, place, err)
}

// network returns the part of err that tells why the network failed, nil if it did not.
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
	var certificate *tls.CertificateVerificationError
	var dns *net.DNSError
	var op *net.OpError
	var other net.Error
	switch {
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

// messageOf is what the server said, for a person: JSON errors have a message,
// XML errors come as their whole body.
func messageOf(e *googleapi.Error) string {
	text := e.Message
	if text == "" {
		if m := xmlMessage.FindStringSubmatch(e.Body); m != nil {
			text = m[1]
			if m := xmlDetails.FindStringSubmatch(e.Body); m != nil {
				text = m[1]
			}
			text = html.UnescapeString(text)
		}
	}
	if text == "" {
		text = http.StatusText(e.Code)
	}
	return clean(text)
}

var (
	xmlMessage = regexp.MustCompile(`<Message>([^<]*)</Message>`)
	xmlDetails = regexp.MustCompile(`<Details>([^<]*)</Details>`)
)

func billsReaders(message string) bool {
	return strings.Contains(strings.ToLower(message), "requester pays")
}

// clean makes foreign text harmless on a terminal: one line, no control
// characters, not endless.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if r := []rune(s); len(r) > 400 {
		s = string(r[:400]) + "…"
	}
	return s
}

// where names an object as a URL, quoted if its name is not plain text.
func where(bucket, object string) string {
	name := "gs://" + bucket
	if object != "" {
		name += "/" + object[:min(len(object), 1024)] // the longest allowed
	}
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		return quoted
	}
	return name
}

var bucketName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,221}$`)

var errBucketName = fmt.Errorf("%w: a bucket's name has letters, digits, '-', '_' and '.' only", ErrBucketNotExist)

// checkBucket keeps names that cannot exist out of URL paths.
func checkBucket(name string) error {
	if !bucketName.MatchString(name) {
		return fmt.Errorf("%q: %w", name, errBucketName)
	}
	return nil
}
