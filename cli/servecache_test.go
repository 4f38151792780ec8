package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
)

// What a team's server has read with its own rights is not shown when it reads the bucket as
// everybody: the cache tells them apart. What everybody may read stays in it.
func TestServeCacheByAccess(t *testing.T) {
	const run = "gs://kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	cache := "PROWTRACE_CACHE=" + t.TempDir()
	status := func(access string, refused bool) int {
		t.Helper()
		bucket := gcstest.New(t)
		if err := bucket.LoadDir("../testdata/bucket"); err != nil {
			t.Fatal(err)
		}
		if refused {
			bucket.Fault(gcstest.Match{}, gcstest.Status(http.StatusForbidden))
		}
		r := startIn(t, []string{cache}, bucket, nil, "serve", "--listen", "127.0.0.1:0", "--storage-listen", "none", "--baseline", "none", "--allow-bucket", "kubernetes-ci-logs"+access)
		address, ok := strings.CutPrefix(r.address, "pages ")
		if !ok {
			t.Fatalf("it printed %q", r.address)
		}
		r.address = address
		resp, err := http.Get(fmt.Sprintf("%sapi/v1/summary?link=%s", address, url.QueryEscape(run)))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		r.interrupt(t)
		return resp.StatusCode
	}
	for _, tt := range []struct {
		name, access string
		refused      bool
		want         int
	}{
		{"with the server's rights", "=auto", false, http.StatusOK},
		{"as everybody, who may not", "", true, http.StatusForbidden},
		{"as everybody, who may", "", false, http.StatusOK},
		{"as everybody, from the cache", "", true, http.StatusOK},
		{"with the server's rights, from the cache", "=auto", true, http.StatusOK},
	} {
		if got := status(tt.access, tt.refused); got != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.want)
		}
	}
}
