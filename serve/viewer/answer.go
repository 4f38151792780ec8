package viewer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"prowtrace/internal/text"

	"github.com/klauspost/compress/gzip"
)

// A handler answers a request of the API: with a blob, or with a value that is
// sent as JSON.
type handler func(v *reader, r *http.Request) (any, error)

// blob is an answer other than JSON.
type blob struct {
	contentType string
	body        []byte
	file        string // the name to save it under; "" is to be shown
	dense       bool   // compression saves no more than a third
}

func (h handler) serve(v *reader, w http.ResponseWriter, r *http.Request) {
	answer, err := h(v, r)
	if r.Context().Err() != nil {
		return // the visitor has left
	}
	status := http.StatusOK
	if err != nil {
		e := asHTTPError(err)
		status, answer = e.status, map[string]any{"error": e}
	}
	b, ok := answer.(blob)
	if !ok {
		b.contentType = "application/json"
		if b.body, err = json.Marshal(answer); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	send(w, r, status, b)
}

// send sends b: compressed where the client takes it, and not at all where it
// has the same already. What is dense goes to this machine as it is: to compress it
// takes longer than to hand it over.
func send(w http.ResponseWriter, r *http.Request, status int, b blob) {
	h := w.Header()
	h.Set("Content-Type", b.contentType)
	h.Set("Vary", "Accept-Encoding")
	if b.file != "" {
		h.Set("Content-Disposition", `attachment; filename="`+b.file+`"`)
	}
	if status == http.StatusOK {
		h.Set("ETag", tag(b.body))
		if strings.Contains(r.Header.Get("If-None-Match"), tag(b.body)) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if len(b.body) > smallest && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && !(b.dense && fromThisMachine(r)) {
		h.Set("Content-Encoding", "gzip")
		b.body = squeeze(b.body)
	}
	h.Set("Content-Length", strconv.Itoa(len(b.body)))
	w.WriteHeader(status)
	_, _ = w.Write(b.body) // the visitor may have left
}

// smallest is what is worth compressing: less fits in one packet.
const smallest = 1400

func fromThisMachine(r *http.Request) bool {
	client, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && client.Addr().Unmap().IsLoopback()
}

func squeeze(body []byte) []byte {
	var out bytes.Buffer
	z, _ := gzip.NewWriterLevel(&out, gzip.BestSpeed) // only an unknown level fails
	_, _ = z.Write(body)                              // and a buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// tag is the ETag of a content, weak because compression does not change it.
func tag(content []byte) string {
	sum := sha256.Sum256(content)
	return `W/"` + hex.EncodeToString(sum[:8]) + `"`
}

// httpError is an error with a status of its own.
type httpError struct {
	status int
	What   string `json:"what"` // what is wrong
	Next   string `json:"next"` // what to do
}

func (e *httpError) Error() string { return e.What }

func notFound(what, next string) error   { return &httpError{http.StatusNotFound, what, next} }
func badRequest(what, next string) error { return &httpError{http.StatusBadRequest, what, next} }

func asHTTPError(err error) *httpError {
	var e *httpError
	if errors.As(err, &e) {
		return e
	}
	return &httpError{http.StatusInternalServerError, "This answer could not be made: " + text.Clip(err.Error(), 500),
		"The other pages are not affected. The file can still be read with other tools: its name is in the message or with the span."}
}

// number reads a whole number of at least 0 from a query, or gives otherwise.
func number(r *http.Request, key string, otherwise int) (int, error) {
	s := r.URL.Query().Get(key)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, badRequest(fmt.Sprintf("invalid %s %s: use a whole number", key, text.Quote(s, 60)), "docs/api.md says what each address takes.")
	}
	return n, nil
}

// window reads offset and limit, and cuts them to a list of n.
func window(r *http.Request, n, limit int) (from, to int, err error) {
	if from, err = number(r, "offset", 0); err != nil {
		return 0, 0, err
	}
	size, err := number(r, "limit", limit)
	if err != nil {
		return 0, 0, err
	}
	from = min(from, n)
	return from, from + min(size, limit, n-from), nil
}
