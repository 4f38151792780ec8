package gcs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Bounds on one listing. A page of the service has up to a thousand names. With
// a glob a page may also be empty: it ends after a part of the service's own scan.
const (
	maxEmptyPages = 200    // in a row
	maxPages      = 20_000 // enough for the names of twenty million objects
)

// listing watches the pages of one listing, because the library follows page tokens for as
// long as a server sends any. Only one goroutine lists, so no lock is needed. All
// methods allow nil.
type listing struct {
	tokens map[string]bool // tokens that pages have named
	pages  int
	empty  int // empty pages in a row
}

type listingKey struct{}

func withListing(ctx context.Context) context.Context {
	return context.WithValue(ctx, listingKey{}, &listing{tokens: map[string]bool{}})
}

func listingOf(ctx context.Context) *listing {
	l, _ := ctx.Value(listingKey{}).(*listing)
	return l
}

// endlessError is final; see [Client.retryable].
type endlessError struct{ why string }

func (e *endlessError) Error() string { return "the listing does not end: " + e.why }

// foreignError is an answer that does not come from the service, such as the page of a proxy
// or of a hotel. It matches errForeign.
type foreignError struct{ what string }

func (e *foreignError) Error() string { return fmt.Sprintf("%v (%s)", errForeign, e.what) }
func (e *foreignError) Unwrap() error { return errForeign }

// page is all that a page of a listing may have.
type page struct {
	Kind          string            `json:"kind"`
	NextPageToken string            `json:"nextPageToken"`
	Items         []json.RawMessage `json:"items"`
	Prefixes      []string          `json:"prefixes"`
}

// watch checks an answer to a request for a page, and returns its body to be read
// again. If the body broke off, the library meets the same error and then retries.
func (l *listing) watch(res *http.Response, body io.ReadCloser) (io.ReadCloser, error) {
	if l == nil || res.StatusCode/100 != 2 {
		return body, nil
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return &readAgain{io.MultiReader(bytes.NewReader(content), &failing{err}), body}, nil
	}
	if err := l.check(res.StatusCode, content); err != nil {
		body.Close()
		return nil, err
	}
	return &readAgain{bytes.NewReader(content), body}, nil
}

func (l *listing) check(status int, content []byte) error {
	if status != http.StatusOK {
		return &foreignError{fmt.Sprintf("HTTP %d to a listing", status)}
	}
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	var p *page
	switch err := d.Decode(&p); {
	case errors.Is(err, io.EOF):
		return &foreignError{"an empty answer to a listing"}
	case err != nil, p == nil, d.More():
		return &foreignError{"it is not a listing"}
	}
	l.pages++
	l.empty++
	if len(p.Items)+len(p.Prefixes) > 0 {
		l.empty = 0
	}
	switch {
	case p.NextPageToken == "":
	case l.tokens[p.NextPageToken]:
		return &endlessError{"the server names the same next page again"}
	case l.empty > maxEmptyPages:
		return &endlessError{fmt.Sprintf("%d pages in a row name no object", l.empty)}
	case l.pages > maxPages:
		return &endlessError{fmt.Sprintf("it has more than %d pages", maxPages)}
	}
	l.tokens[p.NextPageToken] = true
	return nil
}

// readAgain is a body whose content has already been read.
type readAgain struct {
	io.Reader
	io.Closer
}

// failing is a reader that always fails.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }
