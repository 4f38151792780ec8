package find

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"prowtrace/internal/text"
	"prowtrace/objstore"
)

// Getter fetches a page by HTTP and returns its status and body. The first
// megabyte of the body is enough. An error means that there was no answer.
type Getter func(ctx context.Context, url string) (status int, body []byte, err error)

// Bounds of a page that is fetched from a Deck.
const (
	deckTimeout = 15 * time.Second
	maxPage     = 1 << 20 // bytes
)

// getPage fetches a page of a Deck. It sends no credentials.
func getPage(ctx context.Context, url string) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, deckTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	resp, err := deckClient(req).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxPage))
	return resp.StatusCode, body, err
}

// deckPage is the address of a page of a Deck.
func deckPage(host, path string, query url.Values) string {
	page := url.URL{Scheme: "https", Host: host, Path: path, RawQuery: query.Encode()}
	if name, _, _ := strings.Cut(host, ":"); name == "localhost" || name == "127.0.0.1" {
		page.Scheme = "http"
	}
	return page.String()
}

// deckClient follows no redirect to another host: such redirects only lead to a login.
func deckClient(first *http.Request) *http.Client {
	return &http.Client{CheckRedirect: func(next *http.Request, before []*http.Request) error {
		if next.URL.Host != first.URL.Host || len(before) > 3 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

// DeckError means that a Deck does not answer.
type DeckError struct {
	Host  string         // of the Deck, with the port if one was given
	Cause objstore.Cause // NetworkFailed, NameUnknown, Certificate or TooSlow
	Err   error
	why   string // the cause in words: one bounded line without control characters
}

func (e *DeckError) Error() string { return "cannot reach Prow's page at " + e.Host + ": " + e.why }

// Unwrap returns the error of the HTTP client.
func (e *DeckError) Unwrap() error { return e.Err }

// unreachable says plainly why a Deck does not answer. If the caller gave up, the Deck is not
// at fault, and the error stays as it is.
func unreachable(host string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	e := &DeckError{Host: host, Err: err}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var timed net.Error
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		e.Cause, e.why = objstore.NameUnknown, "the name of its host cannot be resolved"
		if dns.IsNotFound {
			e.why = "no such host"
		}
	case errors.As(err, &certificate):
		e.Cause, e.why = objstore.Certificate, "its certificate is not trusted: "+text.Plain(certificate.Err.Error(), maxQuoted)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timed) && timed.Timeout():
		e.Cause, e.why = objstore.TooSlow, "timed out"
	case errors.Is(err, syscall.ECONNREFUSED):
		e.why = "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.why = "the connection broke off"
	default:
		var request *url.Error // names the address once more
		if errors.As(err, &request) {
			err = request.Err
		}
		e.why = text.Plain(err.Error(), maxQuoted)
	}
	if errors.As(err, &op) && op.Op == "proxyconnect" {
		e.why = "proxy: " + e.why
	}
	return e
}
