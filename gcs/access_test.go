package gcs

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

// tokens is a source that counts how often it is asked.
type tokens struct {
	value string
	err   error
	asked atomic.Int64
}

func (s *tokens) get(context.Context) (string, error) {
	s.asked.Add(1)
	return s.value, s.err
}

func TestAccess(t *testing.T) {
	tests := []struct {
		name    string
		auth    Auth
		token   tokens
		private bool   // the bucket wants the token "good"
		want    string // the error's text; "" is success
		asked   bool   // the token source was asked
		first   string // Authorization of the first request; "none" if there is no request
	}{
		{name: "public bucket, broken credentials", token: tokens{err: errors.New("expired")}, first: ""},
		{name: "private bucket, good credentials", private: true, token: tokens{value: "good"}, asked: true},
		{name: "private bucket, wrong credentials", private: true, token: tokens{value: "bad"}, asked: true,
			want: "bucket b refuses your credentials (HTTP 403 to list: someone@example.com does not have storage.objects.list access to the Google Cloud Storage bucket)"},
		{name: "private bucket, no credentials", private: true, token: tokens{err: errors.New("could not find default credentials")}, asked: true,
			want: "bucket b refuses anonymous readers (HTTP 401 to list: Anonymous caller does not have storage.objects.list access to the Google Cloud Storage bucket), and no credentials can be used: could not find default credentials"},
		{name: "anonymous only", auth: AuthAnonymous, private: true, token: tokens{value: "good"},
			want: "bucket b refuses anonymous readers (HTTP 401 to list: Anonymous caller does not have storage.objects.list access to the Google Cloud Storage bucket)"},
		{name: "credentials at once", auth: AuthADC, token: tokens{value: "good"}, asked: true, first: "Bearer good"},
		{name: "credentials at once, none there", auth: AuthADC, token: tokens{err: errors.New("expired")}, asked: true, first: "none",
			want: "cannot list bucket b: no credentials can be used: expired"},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			s := gcstest.New(t)
			s.PutBytes("b", "x", []byte("x"))
			if tt.private {
				s.Private("b", "good")
			}
			c := client(t, s, func(o *Options) { o.Auth, o.Token = tt.auth, tt.token.get })
			_, err := collect(t, c, "b", "")
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("error\n%v, want\n%s", err, tt.want)
			}
			var access *objstore.AccessError
			if err != nil && !errors.As(err, &access) {
				t.Errorf("%T is no AccessError", err)
			}
			if got := tt.token.asked.Load() > 0; got != tt.asked {
				t.Errorf("asked for a token: %v, want %v", got, tt.asked)
			}
			requests := s.Requests()
			if tt.first == "none" {
				if len(requests) != 0 {
					t.Errorf("%d requests", len(requests))
				}
			} else if got := requests[0].Header.Get("Authorization"); got != tt.first {
				t.Errorf("first request with Authorization %q, want %q", got, tt.first)
			}
		})
	}
}

func TestAccessIsRememberedPerBucket(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("private", "x", []byte("x"))
	s.Private("private", "good")
	s.PutBytes("public", "x", []byte("x"))
	c := client(t, s, func(o *Options) { o.Token = (&tokens{value: "good"}).get })

	if _, err := download(t, c, "private", "x"); err != nil {
		t.Fatal(err)
	}
	if _, err := download(t, c, "public", "x"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.ReadAll(t.Context(), "private", "x", 1); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range s.Requests() {
		got = append(got, fmt.Sprintf("%s %s %q", r.Op, r.Bucket, r.Header.Get("Authorization")))
	}
	want := []string{
		`list private ""`, `list private "Bearer good"`, `get private "Bearer good"`,
		`list public ""`, `get public ""`, `get private "Bearer good"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("requests\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestReadsFallBackToCredentials(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("secret"))
	s.Private("b", "good")
	c := client(t, s, func(o *Options) { o.Token = (&tokens{value: "good"}).get })
	if data, _, err := c.ReadAll(t.Context(), "b", "x", 10); err != nil || string(data) != "secret" {
		t.Errorf("read %q, %v", data, err)
	}
}

func TestCredentialsAreSearchedOnce(t *testing.T) {
	s := gcstest.New(t)
	s.Private("b", "good")
	source := &tokens{err: errors.New("none")}
	c := client(t, s, func(o *Options) { o.Token = source.get })
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			var access *objstore.AccessError
			if _, _, err := c.ReadAll(t.Context(), "b", fmt.Sprint(i), 1); !errors.As(err, &access) {
				t.Errorf("error %v", err)
			}
		})
	}
	wg.Wait()
	if n := source.asked.Load(); n != 1 {
		t.Errorf("%d searches for credentials, want 1", n)
	}
}

func TestTokenCannotBeRenewed(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("x"))
	s.Private("b", "good")
	source := &tokens{value: "good"}
	c := client(t, s, func(o *Options) { o.Token = source.get })
	o := mustList(t, c, "b", "")[0]
	source.err = errors.New("connection reset: the login was revoked")
	err := c.Read(t.Context(), o, io.Discard)
	var access *objstore.AccessError
	if !errors.As(err, &access) || !strings.Contains(err.Error(), "no credentials can be used: connection reset: the login was revoked") {
		t.Errorf("error %v", err)
	}
}

func TestRefusedInTheMiddle(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", noise(1000))
	c := client(t, s)
	o := mustList(t, c, "b", "")[0]
	s.Fault(gcstest.Match{Op: gcstest.Get, Times: 1}, gcstest.Cut(500))
	s.Fault(gcstest.Match{Op: gcstest.Get, Skip: 1}, gcstest.Status(403))
	err := c.Read(t.Context(), o, io.Discard)
	var access *objstore.AccessError
	if !errors.As(err, &access) || access.Status != 403 || access.Reason != objstore.AnonymousRefused {
		t.Errorf("error %v", err)
	}
}

func TestBillingProject(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("x"))
	s.RequesterPays("b")

	_, err := collect(t, client(t, s), "b", "")
	want := "bucket b bills its readers (HTTP 400 to list: Bucket is a requester pays bucket but no user project provided)"
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}

	s.ResetLog()
	c := client(t, s, func(o *Options) { o.BillingProject, o.Token = "mine", (&tokens{value: "good"}).get })
	if _, err := download(t, c, "b", "x"); err != nil {
		t.Fatal(err)
	}
	for _, r := range s.Requests() {
		if r.Header.Get("Authorization") != "Bearer good" || r.Query.Get("userProject")+r.Header.Get("X-Goog-User-Project") != "mine" {
			t.Errorf("request without a payer: %+v", r)
		}
	}
}

func TestEmulatorGetsNoCredentialsOfTheMachine(t *testing.T) {
	s := gcstest.New(t)
	s.Private("b", "good")
	t.Setenv("STORAGE_EMULATOR_HOST", s.Host)
	c := client(t, s, func(o *Options) { o.Endpoint, o.Token = "", nil })
	_, err := collect(t, c, "b", "")
	if err == nil || !strings.Contains(err.Error(), "this machine's credentials are not sent to the server that STORAGE_EMULATOR_HOST names") {
		t.Errorf("error %v", err)
	}
}

// TestApplicationDefaultCredentials goes through the real search with a
// service account whose token server is local.
func TestApplicationDefaultCredentials(t *testing.T) {
	var form string
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		form = r.Form.Get("assertion")
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"access_token":"good","token_type":"Bearer","expires_in":3600}`)
	}))
	defer issuer.Close()

	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "reader@project.example", "private_key_id": "1", "token_uri": issuer.URL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(file, account, 0o600); err != nil {
		t.Fatal(err)
	}

	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("x"))
	s.Private("b", "good")
	t.Run("found", func(t *testing.T) {
		t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
		c := client(t, s, func(o *Options) { o.Token = nil })
		if _, err := download(t, c, "b", "x"); err != nil {
			t.Fatal(err)
		}
		if scope := claims(t, form)["scope"]; scope != "https://www.googleapis.com/auth/devstorage.read_only" {
			t.Errorf("scope %v, want read only", scope)
		}
	})
	t.Run("file missing", func(t *testing.T) {
		t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file+".gone")
		c := client(t, s, func(o *Options) { o.Token = nil })
		_, err := collect(t, c, "b", "")
		if err == nil || !strings.Contains(err.Error(), "account.json.gone: no such file or directory") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("not needed", func(t *testing.T) {
		s.PutBytes("public", "x", []byte("x"))
		t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file+".gone")
		c := client(t, s, func(o *Options) { o.Token = nil })
		if _, err := download(t, c, "public", "x"); err != nil {
			t.Error(err)
		}
	})
}

// claims reads the payload of a JWT.
func claims(t *testing.T, jwt string) map[string]any {
	t.Helper()
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", jwt)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
