package cli_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
)

// The recipes of docs/bots.md, word for word, post what is new once, and again if that failed.
func TestBots(t *testing.T) {
	for _, tool := range []string{"jq", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the recipes need %s", tool)
		}
	}
	doc, err := os.ReadFile("../docs/bots.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```sh\n(# (\\w+)\\.sh: .*?)```").FindAllStringSubmatch(string(doc), -1) {
		scripts[m[2]] = m[1]
	}
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		t.Fatal(err)
	}
	bucket := gcstest.New(t)
	if err := bucket.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	pastruns.Put(func(name, object string, data []byte) { bucket.PutBytes(name, object, data) })
	for _, tt := range []struct{ script, path, field, want string }{
		{"comment", "/repos/kubernetes/kops/issues/18011/comments", "body", "**kubernetes/kops\\#18011 at 9c3e5b1a0d7f: 2 failed"},
		{"slack", "/services/x", "text", "Quota "},
	} {
		t.Run(tt.script, func(t *testing.T) {
			var mu sync.Mutex // guards what follows
			status, posted := http.StatusInternalServerError, []string{}
			all := func() []string {
				mu.Lock()
				defer mu.Unlock()
				return slices.Clone(posted)
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var message map[string]string
				if err := json.Unmarshal(body, &message); err != nil || r.Method != http.MethodPost || r.URL.Path != tt.path {
					t.Errorf("%s %s: %v\n%s", r.Method, r.URL, err, body)
				}
				if got := r.Header.Get("Authorization"); tt.script == "comment" && got != "Bearer TOKEN" {
					t.Errorf("Authorization: %q", got)
				}
				mu.Lock()
				defer mu.Unlock()
				posted = append(posted, message[tt.field])
				w.WriteHeader(status)
			}))
			defer server.Close()
			dir := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("headers", "Authorization: Bearer TOKEN\n")
			write("webhook", fmt.Sprintf("url = %q\n", server.URL+"/services/x"))
			run := func() error {
				cmd := exec.Command("/bin/sh", "-c", scripts[tt.script])
				cmd.Dir = dir
				cmd.Env = []string{"STORAGE_EMULATOR_HOST=" + bucket.Host, "PROWTRACE_CACHE=" + filepath.Join(dir, "cache"), "CI=true", "HOME=" + dir, "TMPDIR=" + dir,
					"PATH=" + filepath.Dir(exe) + ":/usr/bin:/bin", "GITHUB_API_URL=" + server.URL, "REPO=kubernetes/kops", "PULL=18011",
					"JOB=e2e-kops-gce-cni-cilium", "STATE=seen.json", "HEADERS=headers", "WEBHOOK=webhook"}
				out, err := cmd.CombinedOutput()
				t.Logf("%s", out)
				return err
			}
			if err := run(); err == nil || len(all()) != 1 {
				t.Fatalf("a refused message: %v, %d posted", err, len(all()))
			}
			mu.Lock()
			status = http.StatusOK
			mu.Unlock()
			for range 2 {
				if err := run(); err != nil {
					t.Fatal(err)
				}
			}
			if posted := all(); len(posted) != 2 || posted[0] != posted[1] || !strings.HasPrefix(posted[1], tt.want) {
				t.Errorf("posted %q", posted)
			}
		})
	}
}
