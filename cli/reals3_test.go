package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"prowtrace/cli"
	"prowtrace/internal/reals3"
)

// The sample bucket, copied into the directory of a real S3 server, says the same as it
// does from Google's store: to everybody where a policy publishes it, else to who signs.
func TestRealS3Summary(t *testing.T) {
	s := reals3.Start(t)
	const bucket = "kubernetes-ci-logs"
	s.CreateBucket(t, bucket)
	if err := os.CopyFS(filepath.Join(s.Dir, bucket), os.DirFS("../testdata/bucket/"+bucket)); err != nil {
		t.Fatal(err)
	}
	const run = "s3://" + bucket + "/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	summary := func(auth string, env map[string]string) (out, errs string, code int) {
		t.Setenv("AWS_ENDPOINT_URL_S3", s.URL)
		t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
		t.Setenv("PROWTRACE_CACHE", t.TempDir())
		for name, value := range env {
			t.Setenv(name, value)
		}
		var stdout, stderr bytes.Buffer
		code = cli.Main(t.Context(), []string{"summary", "--auth", auth, run}, cli.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: os.Getenv})
		return stdout.String(), stderr.String(), code
	}
	signed := map[string]string{"AWS_ACCESS_KEY_ID": reals3.Key, "AWS_SECRET_ACCESS_KEY": reals3.Secret}
	if _, errs, code := summary("anonymous", nil); code == 0 || !strings.Contains(errs, "refuses anonymous readers") {
		t.Errorf("a private bucket: code %d\n%s", code, errs)
	}
	want, errs, code := summary("auto", signed)
	if code != 0 || !strings.Contains(want, "Quota 'CPUS' exceeded in region us-central1") || !regexp.MustCompile(`span [0-9a-f]{16}`).MatchString(want) {
		t.Fatalf("signed: code %d\n%s%s", code, want, errs)
	}
	if !strings.Contains(errs, "no checksum") || !strings.Contains(want, "Source not verified: the bucket has no checksum of ") { // of what was copied behind the server's back
		t.Errorf("nobody told that only sizes were compared:\n%s%s", want, errs)
	}
	s.Publish(t, bucket)
	if got, errs, code := summary("anonymous", nil); code != 0 || got != want {
		t.Errorf("anonymous: code %d\n%s%s\nwant\n%s", code, got, errs, want)
	}
}
