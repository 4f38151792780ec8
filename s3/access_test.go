package s3

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/minio/minio-go/v7/pkg/credentials"

	"prowtrace/internal/s3test"
	"prowtrace/objstore"
)

func TestAccess(t *testing.T) {
	none := func(o *Options) {}
	for _, tt := range []struct {
		name    string
		auth    Auth
		creds   func(*Options)
		private bool
		want    string // the error's text; "" is success
		signed  []string
	}{
		{"public bucket", AuthAuto, key("bad"), false, "", []string{"", ""}},
		{"private bucket, good credentials", AuthAuto, key(s3test.Key), true, "", []string{"", s3test.Key, s3test.Key}},
		{"private bucket, wrong credentials", AuthAuto, key("bad"), true,
			"bucket bucket refuses your credentials (HTTP 403 to list: The AWS Access Key Id you provided does not exist in our records)", []string{"", "bad"}},
		{"private bucket, no credentials", AuthAuto, none, true,
			"bucket bucket refuses anonymous readers (HTTP 403 to list: Access Denied), and no credentials can be used: none found in nowhere", []string{""}},
		{"anonymous only", AuthAnonymous, key(s3test.Key), true,
			"bucket bucket refuses anonymous readers (HTTP 403 to list: Access Denied)", []string{""}},
		{"credentials at once", AuthCredentials, key(s3test.Key), true, "", []string{s3test.Key, s3test.Key}},
		{"credentials at once, none there", AuthCredentials, none, true, "cannot list bucket bucket: no credentials can be used: none found in nowhere", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s3test.New(t)
			s.PutBytes("bucket", "x", []byte("data"))
			if tt.private {
				s.Private("bucket", false)
			}
			c := client(t, s, tt.creds, func(o *Options) { o.Auth = tt.auth })
			got, err := download(t, c, "bucket", "x")
			switch {
			case tt.want == "" && (err != nil || got != "data"):
				t.Errorf("%q, %v", got, err)
			case tt.want != "" && (err == nil || err.Error() != tt.want || !errors.Is(err, fs.ErrPermission)):
				t.Errorf("error\n%v, want\n%s", err, tt.want)
			}
			var signed []string
			for _, r := range s.Requests() {
				signed = append(signed, r.SignedBy)
			}
			if fmt.Sprint(signed) != fmt.Sprint(tt.signed) {
				t.Errorf("signed by %q, want %q", signed, tt.signed)
			}
		})
	}
}

// counted counts how often credentials are asked for.
type counted struct {
	credentials.Static
	times atomic.Int64
}

func (c *counted) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	c.times.Add(1)
	return credentials.Value{}, errors.New("expired\x1b[2J")
}

func TestCredentialsAreSearchedOnce(t *testing.T) {
	s := s3test.New(t)
	s.PutBytes("bucket", "x", nil)
	s.Private("bucket", false)
	source := &counted{}
	c := client(t, s, func(o *Options) { o.Credentials = []Source{{"a file", source}} })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, _, err := c.ReadAll(t.Context(), "bucket", "x", 1)
			if err == nil || !strings.HasSuffix(err.Error(), "none found in a file (expired)") {
				t.Errorf("error %v", err)
			}
		})
	}
	wg.Wait()
	if n := source.times.Load(); n != 1 {
		t.Errorf("%d searches, want 1", n)
	}
}

// The usual places are asked in their order.
func TestUsualCredentials(t *testing.T) {
	machine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"AccessKeyId":"`+s3test.Key+`","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}`)
	}))
	defer machine.Close()
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[ci]\naws_access_key_id = "+s3test.Key+"\naws_secret_access_key = s\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(t.TempDir(), "absent")
	for _, tt := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"environment", map[string]string{"AWS_ACCESS_KEY_ID": s3test.Key, "AWS_SECRET_ACCESS_KEY": "s"}, ""},
		{"file", map[string]string{"AWS_SHARED_CREDENTIALS_FILE": file, "AWS_PROFILE": "ci"}, ""},
		{"role", map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": machine.URL, "AWS_EC2_METADATA_DISABLED": "false"}, ""},
		{"nowhere", map[string]string{}, "no credentials can be used: none found in the environment, Amazon's credentials file ("},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_PROFILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
				"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
				t.Setenv(name, "")
			}
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", absent)
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			s := s3test.New(t)
			s.PutBytes("bucket", "x", []byte("data"))
			s.Private("bucket", false)
			got, err := download(t, client(t, s, func(o *Options) { o.Credentials = nil }), "bucket", "x")
			if tt.want == "" && (err != nil || got != "data") || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%q, error %v", got, err)
			}
		})
	}
}

// A server that signs for another region says so, once for a bucket.
func TestRegionIsLearnt(t *testing.T) {
	s := s3test.New(t)
	s.InRegion("eu-central-1")
	s.PutBytes("bucket", "x", []byte("data"))
	s.Private("bucket", false)
	c := client(t, s, key(s3test.Key))
	if got, err := download(t, c, "bucket", "x"); err != nil || got != "data" {
		t.Fatalf("%q, %v", got, err)
	}
	var got []string
	for _, r := range s.Requests() {
		got = append(got, r.Op+" "+r.Region)
	}
	want := []string{"list ", "list us-east-1", "list ", "list eu-central-1", "get eu-central-1"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("requests %q, want %q", got, want)
	}
}

// A redirect names a region, or it is no answer: nobody is followed to another host.
func TestRedirects(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("was asked") }))
	defer elsewhere.Close()
	for _, tt := range []struct {
		name   string
		status int
		region string
		want   objstore.Cause
	}{
		{"no region", 301, "", objstore.ForeignAnswer},
		{"a region again and again", 307, "eu-west-1", objstore.ForeignAnswer},
		{"a host for a region", 301, "evil.example.com/", objstore.ForeignAnswer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := s3test.New(t)
			s.Intercept(func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Location", elsewhere.URL)
					w.Header().Set("X-Amz-Bucket-Region", tt.region)
					s3test.Refuse(w, tt.status, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.")
				})
			})
			c := client(t, s)
			_, err := collect(t, c, "bucket", "")
			var unreachable *objstore.UnreachableError
			if !errors.As(err, &unreachable) || unreachable.Cause != tt.want {
				t.Errorf("error %v", err)
			}
			if n := len(s.Requests()); n > maxMoves+1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
