package cli

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/gcs"
	"prowtrace/internal/s3test"
	"prowtrace/objstore"
	"prowtrace/session"
)

// teamStores are the stores of a team's server with a config file and a list of buckets.
func teamStores(t *testing.T, config string, allow ...string) map[string]objstore.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	known, err := knownInstances(func(string) string { return path })
	if err != nil {
		t.Fatal(err)
	}
	s := &teamServe{r: &request{known: known}, allow: allow}
	buckets, err := s.buckets()
	if err != nil {
		t.Fatal(err)
	}
	all, end, err := s.stores(t.Context(), buckets, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	return all
}

// A team's server asks the S3 server of the config file, and sends its credentials to no
// other.
func TestTeamStoresEndpoint(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", s3test.Key)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "made-up")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("another server is asked: %s", r.URL) }))
	defer elsewhere.Close()
	t.Setenv("AWS_ENDPOINT_URL_S3", elsewhere.URL)
	server := s3test.New(t)
	for _, bucket := range []string{"open-ci", "team-ci", "other-ci"} {
		server.PutBytes(bucket, "logs/j/1/started.json", []byte("{}"))
	}
	server.Private("team-ci", false)
	server.InRegion("eu-test-1")
	config := "instances:\n"
	for _, bucket := range []string{"open-ci", "team-ci", "other-ci"} {
		config += fmt.Sprintf("  - deck: %s.example.com\n    provider: s3\n    bucket: %[1]s\n    endpoint: %s\n    region: eu-test-1\n    addressing: path\n", bucket, server.URL)
	}
	all := teamStores(t, config, "s3://open-ci", "s3://team-ci=adc")
	for bucket, signed := range map[string]bool{"open-ci": false, "team-ci": true} {
		data, _, err := all["s3"].ReadAll(t.Context(), bucket, "logs/j/1/started.json", 100)
		if err != nil || string(data) != "{}" {
			t.Errorf("%s: %q, %v", bucket, data, err)
		}
		for _, r := range server.Requests() {
			if (r.Header.Get("Authorization") != "") != signed {
				t.Errorf("%s: request %+v", bucket, r)
			}
		}
	}
	var access *objstore.AccessError
	if _, _, err := all["s3"].ReadAll(t.Context(), "other-ci", "logs/j/1/started.json", 100); !errors.As(err, &access) || len(server.Requests()) > 0 {
		t.Errorf("a bucket that is not listed: %v", err)
	}
}

// A team's server reads through a gcsweb what the command line reads so, if it is listed.
func TestTeamStoresThroughGcsweb(t *testing.T) {
	var asked []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		io.WriteString(w, `{"timestamp":1}`)
	}))
	defer web.Close()
	const name = "logs/j/1/started.json"
	config := "instances:\n"
	for _, bucket := range []string{"paged-ci", "other-ci"} {
		config += fmt.Sprintf("  - deck: %s.example.com\n    provider: s3\n    bucket: %[1]s\n    gcsweb: %q\n    through-gcsweb: true\n", bucket, strings.TrimPrefix(web.URL, "http://"))
	}
	all := teamStores(t, config, "s3://paged-ci", "gs://other-ci")
	pages := all[session.ThroughGcsweb]
	if pages == nil {
		t.Fatal("there is no store for pages")
	}
	google := gcs.Client{}
	if got, want := all["gs"].Features(), google.Features(); got != want {
		t.Errorf("Google's store: features %+v, want %+v", got, want)
	}
	if f := pages.Features(); f != (objstore.Features{}) {
		t.Errorf("features %+v", f)
	}
	data, _, err := pages.ReadAll(t.Context(), "paged-ci", name, 100)
	if err != nil || string(data) != `{"timestamp":1}` {
		t.Errorf("%q, %v", data, err)
	}
	for _, bucket := range []string{"other-ci", "unknown-ci"} { // listed for another provider, and not at all
		var access *objstore.AccessError
		if _, _, err := pages.ReadAll(t.Context(), bucket, name, 100); !errors.As(err, &access) {
			t.Errorf("%s: %v", bucket, err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", s3test.Key)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "made-up")
	server := s3test.New(t)
	server.PutBytes("paged-ci", name, []byte("{}"))
	server.Private("paged-ci", false)
	own := teamStores(t, strings.Replace(config, "    gcsweb:", "    endpoint: "+server.URL+"\n    region: eu-test-1\n    gcsweb:", 1), "s3://paged-ci=adc")
	if data, _, err := own[session.ThroughGcsweb].ReadAll(t.Context(), "paged-ci", name, 100); err != nil || string(data) != "{}" {
		t.Errorf("with credentials: %q, %v", data, err)
	}
	if len(asked) != 1 || asked[0] != "/s3/paged-ci/"+name {
		t.Errorf("asked %q", asked)
	}
}
