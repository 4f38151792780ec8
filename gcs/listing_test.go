package gcs

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

// answering gives an effect that answers with a body of its own; n counts the
// requests from 1.
func answering(status int, body func(n int) string) gcstest.Effect {
	n := 0
	return func(_ *gcstest.Server, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		n++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if status != http.StatusNoContent {
			fmt.Fprint(w, body(n))
		}
	}
}

// A listing ends, whatever the server answers. Requests are counted, not time.
func TestListingsEnd(t *testing.T) {
	always := func(body string) func(int) string { return func(int) string { return body } }
	item := `{"name":"x","size":"1"}`
	tests := []struct {
		name     string
		status   int
		body     func(n int) string
		requests int // at most
		want     string
	}{
		{"the same token for ever", 200, always(`{"nextPageToken":"t","items":[` + item + `]}`), 2, "names the same next page again"},
		{"two tokens in turn", 200, func(n int) string { return fmt.Sprintf(`{"nextPageToken":"t%d","items":[%s]}`, n%2, item) }, 3, "names the same next page again"},
		{"empty pages with new tokens", 200, func(n int) string { return fmt.Sprintf(`{"nextPageToken":"t%d"}`, n) }, maxEmptyPages + 1, "pages in a row name no object"},
		{"an empty body", 200, always(""), 1, "an empty answer to a listing"},
		{"no content", 204, always(""), 1, "HTTP 204 to a listing"},
		{"a part", 206, always(`{}`), 1, "HTTP 206 to a listing"},
		{"a page of a portal", 200, always("<html>Sign in</html>"), 1, "it is not a listing"},
		{"another object", 200, always(`{"login":"here"}`), 1, "it is not a listing"},
		{"null", 200, always(`null`), 1, "it is not a listing"},
		{"a list", 200, always(`[]`), 1, "it is not a listing"},
		{"two answers", 200, always(`{} {}`), 1, "it is not a listing"},
	}
	for _, tt := range tests {
		for _, how := range []string{"all", "directory"} {
			t.Run(tt.name+" "+how, func(t *testing.T) {
				s := gcstest.New(t)
				s.PutBytes("b", "x", []byte("x"))
				s.Fault(gcstest.Match{Op: gcstest.List}, answering(tt.status, tt.body))
				c := client(t, s)
				var err error
				if how == "all" {
					for _, e := range c.List(t.Context(), "b", "", "") {
						err = e
					}
				} else {
					for _, e := range c.ListDir(t.Context(), "b", "", objstore.Bounds{}) {
						err = e
					}
				}
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error %v, want %q", err, tt.want)
				}
				if n := s.Count(gcstest.List, ""); n > tt.requests {
					t.Errorf("%d requests, want at most %d", n, tt.requests)
				}
			})
		}
	}
}

// Empty pages on the way to objects are the service's way of searching with a glob.
func TestEmptyPagesOnTheWay(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("x"))
	s.Fault(gcstest.Match{Op: gcstest.List}, answering(200, func(n int) string {
		if n <= 50 {
			return fmt.Sprintf(`{"nextPageToken":"t%d"}`, n)
		}
		return `{"items":[{"name":"x","size":"1"}]}`
	}))
	c := client(t, s)
	found := 0
	var failed error
	for _, err := range c.List(t.Context(), "b", "", "**") {
		if err == nil {
			found++
		}
		failed = errors.Join(failed, err)
	}
	if found != 1 || failed != nil {
		t.Errorf("%d objects, %v", found, failed)
	}
}
