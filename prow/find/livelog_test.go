package find

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/prow"
)

func TestDeckLog(t *testing.T) {
	s := gcstest.New(t)
	s.PutLog("job", "1", "test", []byte("one\n"))
	away := httptest.NewServer(http.RedirectHandler("https://login.example.com/", http.StatusFound))
	t.Cleanup(away.Close)
	run := prow.Run{Provider: "gs", Bucket: "my-bucket", Root: "logs/job/1", Job: "job", Build: "1"}
	for _, tt := range []struct {
		name, host, container string
		want                  string
		err                   error
	}{
		{"there", s.Host, "test", "one\n", nil},
		{"another container", s.Host, "other", "", ErrNoLog},
		{"behind a login", strings.TrimPrefix(away.URL, "http://"), "test", "", errors.New("HTTP 302")},
		{"nobody answers", "127.0.0.1:1", "test", "", errors.New("cannot reach Prow's page at 127.0.0.1:1: connection refused")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := DeckLog(t.Context(), tt.host, run, tt.container)
			if err != nil {
				if tt.err == nil || !errors.Is(err, tt.err) && !strings.Contains(err.Error(), tt.err.Error()) {
					t.Errorf("%v, want %v", err, tt.err)
				}
				return
			}
			defer r.Close()
			if data, err := io.ReadAll(r); err != nil || string(data) != tt.want {
				t.Errorf("%q, %v", data, err)
			}
		})
	}
}
