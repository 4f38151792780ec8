package push

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"

	"prowtrace/internal/otlpwire"
)

// httpTransport sends protobuf over HTTP.
type httpTransport struct {
	to      string // for messages
	url     string
	headers http.Header
	gzip    bool
	client  *http.Client
	way     *http.Transport
}

// mostAnswer bounds how much of an answer is read, in bytes.
const mostAnswer = 64 << 10

const protobuf = "application/x-protobuf"

func newHTTP(t Target, agent string) (*httpTransport, error) {
	way := http.DefaultTransport.(*http.Transport).Clone()
	if t.TLS != nil {
		way.TLSClientConfig = t.TLS.Clone()
	}
	h := &httpTransport{to: t.String(), url: t.URL, headers: http.Header{}, gzip: t.Gzip, way: way}
	for _, one := range t.Headers {
		h.headers.Add(one.Name, one.Value)
	}
	h.headers.Set("Content-Type", protobuf)
	if agent != "" {
		h.headers.Set("User-Agent", agent)
	}
	// A redirected POST would lose its body, and would send its headers to another host.
	h.client = &http.Client{Transport: way, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return h, nil
}

func (h *httpTransport) close() error {
	h.way.CloseIdleConnections()
	return nil
}

func (h *httpTransport) send(ctx context.Context, r *request) (answer, error) {
	body, err := h.pack(r)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, fmt.Errorf("cannot use the endpoint %s: %w", h.to, err)
	}
	req.Header = h.headers.Clone()
	if h.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	res, err := h.client.Do(req)
	if err != nil {
		return answer{}, h.unreachable(ctx, err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if res.StatusCode/100 == 2 {
		if err != nil { // the request may have been accepted or not
			return answer{}, h.unreachable(ctx, err)
		}
		return h.taken(res, said)
	}
	return answer{}, h.refused(res, said)
}

// pack compresses a request once.
func (h *httpTransport) pack(r *request) ([]byte, error) {
	if !h.gzip {
		return r.encoded, nil
	}
	if r.packed == nil {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		if _, err := w.Write(r.encoded); err != nil {
			return nil, fmt.Errorf("cannot compress a request: %w", err)
		}
		if err := w.Close(); err != nil {
			return nil, fmt.Errorf("cannot compress a request: %w", err)
		}
		r.packed = b.Bytes()
	}
	return r.packed, nil
}

// taken reads the answer to a request that was accepted. An HTML page means that the server
// accepts anything and keeps nothing.
func (h *httpTransport) taken(res *http.Response, said []byte) (answer, error) {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case kind == protobuf:
		return readAnswer(said), nil
	case kind == "application/json":
		var a struct {
			PartialSuccess struct {
				RejectedSpans json.Number `json:"rejectedSpans"` // a text in protobuf's JSON
				ErrorMessage  string      `json:"errorMessage"`
			} `json:"partialSuccess"`
		}
		if json.Unmarshal(said, &a) != nil {
			return answer{}, nil
		}
		rejected, _ := a.PartialSuccess.RejectedSpans.Int64() // 0 if it is not a number
		return answer{rejected, quoted(a.PartialSuccess.ErrorMessage)}, nil
	case len(bytes.TrimSpace(said)) == 0:
		return answer{}, nil
	}
	return answer{}, &RefusedError{To: h.to, Status: quoted(res.Status), Message: "with " + quoted(kind) + ", which is not what a receiver of OTLP answers", Reason: NotReceiver}
}

// refused reads why a request was refused.
func (h *httpTransport) refused(res *http.Response, said []byte) error {
	e := &RefusedError{To: h.to, Status: quoted(res.Status), Message: reasonIn(res, said), again: againStatuses[res.StatusCode]}
	e.pause = retryAfter(res.Header.Get("Retry-After"), time.Now())
	e.size = sizeOfStatus(res.StatusCode, e.Message)
	switch res.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		e.Reason = NotAllowed
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		e.Reason = NotReceiver
	}
	if to := res.Header.Get("Location"); res.StatusCode/100 == 3 && to != "" {
		e.Reason, e.Message = NotReceiver, "it sends on to "+quoted(to)
	}
	return e
}

// reasonIn finds the text in an answer: a google.rpc.Status, its JSON, or a text.
func reasonIn(res *http.Response, said []byte) string {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	text := string(bytes.TrimSpace(said))
	switch kind {
	case protobuf:
		text = string(otlpwire.Bytes(said, 2))
	case "application/json":
		var s struct{ Message, Error string }
		if json.Unmarshal(said, &s) == nil && s.Message+s.Error != "" {
			text = s.Message + s.Error
		}
	case "text/html":
		text = "" // an HTML page
	}
	return quoted(text)
}

// unreachable says why there is no answer, and whether a retry can help.
func (h *httpTransport) unreachable(ctx context.Context, err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err // url.Error would name the URL again
	}
	if cause := context.Cause(ctx); errors.Is(err, context.DeadlineExceeded) && cause != nil {
		err = cause
	}
	e := &RefusedError{To: h.to, Message: quoted(err.Error()), Err: err, again: true}
	var name *net.DNSError
	var notTLS tls.RecordHeaderError
	var unverified *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &name) && name.IsNotFound:
		e.Reason, e.again = NotFound, false
	case errors.As(err, &notTLS), strings.Contains(e.Message, "server gave HTTP response to HTTPS client"):
		e.Reason, e.again = WrongSecurity, false
	case errors.As(err, &unverified), errors.As(err, &authority), errors.As(err, &host):
		e.Reason, e.again = BadAuthority, false
	case strings.Contains(e.Message, "malformed HTTP"): // of gRPC
		e.Reason, e.again = NotReceiver, false
	}
	return e
}
