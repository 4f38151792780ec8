package fetch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// dial returns the real client, talking to a server in this process.
func dial(t *testing.T, s *gcstest.Server) *gcs.Client {
	t.Helper()
	client, err := gcs.New(t.Context(), gcs.Options{
		Auth: gcs.AuthAnonymous, Endpoint: s.URL, Attempts: 3, RetryPause: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func zip(data string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(data))
	z.Close()
	return b.String()
}

func TestClientOddObjects(t *testing.T) {
	s := gcstest.New(t)
	client, c := dial(t, s), openTest(t)
	want := map[string]string{}
	put := func(name, data string, o gcstest.Object) {
		want[name] = data
		o.Bucket, o.Name, o.Data = testRun.Bucket, testRun.Root+"/"+name, []byte(data)
		s.Put(o)
	}
	plain := gcstest.Object{}
	put("finished.json", zip(`{"result":"SUCCESS"}`), gcstest.Object{ContentType: "application/json", ContentEncoding: "gzip"})
	put("podinfo.json", `{}`, plain)
	put("artifacts/otlp/kops-7-2026-08-22T01:02:03Z.otel", "colons", plain)
	put("artifacts/otlp/a#b.otel", "number sign", plain)
	put("artifacts/otlp/a%23b.otel", "escaped number sign", plain)
	put("artifacts/otlp/two words?.otel", "space", plain)
	put("artifacts/otlp/../../../../etc/passwd", "climbing", plain)
	put("artifacts/otlp/CON", "reserved", plain)
	put("artifacts/otlp/a", "file", plain)
	put("artifacts/otlp/a/b", "beside a directory of its name", plain)
	put("artifacts/otlp/A", "upper case", plain)
	put("artifacts/otlp/"+strings.Repeat("long", 75), "300 characters", plain)
	put("artifacts/otlp/empty.otel", "", plain)
	put("artifacts/otlp/encoded.json", zip("inflated by Prow's config"), gcstest.Object{ContentType: "application/json", ContentEncoding: "gzip"})
	put("artifacts/otlp/twice.json", zip(zip("twice")), gcstest.Object{ContentType: "application/json", ContentEncoding: "gzip"})
	put("artifacts/otlp/was-gz.otel", zip("x.otel.gz"), gcstest.Object{ContentType: "application/gzip"})
	s.PutBytes(testRun.Bucket, testRun.Root+"/artifacts/otlp/", nil) // a directory placeholder

	res, err := c.Fetch(t.Context(), client, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantContents(t, res, want)
	for _, name := range names(t, c.Dir(), "") {
		if strings.ContainsAny(name, ":#%? ") || strings.Contains(name, "passwd") || len(name) > 120 {
			t.Errorf("an object's name got into the cache: %q", name)
		}
	}
}

func TestClientManyObjects(t *testing.T) {
	s := gcstest.New(t)
	client, c := dial(t, s), openTest(t)
	want := map[string]string{"finished.json": "{}"}
	s.PutBytes(testRun.Bucket, testRun.Root+"/finished.json", []byte("{}"))
	for i := range 2500 {
		name := fmt.Sprintf("artifacts/otlp/kops-%04d.otel", i)
		want[name] = fmt.Sprint("data of ", i)
		s.PutBytes(testRun.Bucket, testRun.Root+"/"+name, []byte(want[name]))
	}
	res, err := c.Fetch(t.Context(), client, testRun, Options{Only: "artifacts/otlp"})
	if err != nil {
		t.Fatal(err)
	}
	wantContents(t, res, want)
	if lists := s.Count(gcstest.List, ""); lists != 4 {
		t.Errorf("%d list requests, want 3 pages and one for JUnit files", lists)
	}

	s.ResetLog()
	if _, err = c.Fetch(t.Context(), client, testRun, Options{}); err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, kind := range runfile.Kinds() {
		if kind.Name != "" {
			named++
		}
	}
	if n := s.Count(gcstest.Get, ""); n > named {
		t.Errorf("%d get requests for what the cache has", n)
	}
	s.ResetLog()
	again, err := c.Fetch(t.Context(), client, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Requests(); len(r) > 0 || !again.FromCache {
		t.Errorf("an ended run was asked for again: %v", r)
	}
	if !maps.Equal(contents(t, again), want) {
		t.Error("the cache answers differently")
	}
}

func TestClientRefuses(t *testing.T) {
	s := gcstest.New(t)
	client, c := dial(t, s), openTest(t)
	s.CreateBucket("empty")
	s.PutBytes("private", testRun.Root+"/finished.json", []byte("{}"))
	s.Private("private", "secret")
	for _, tt := range []struct {
		bucket string
		check  func(error) bool
	}{
		{"missing", func(err error) bool {
			return errors.Is(err, ErrNotFound) && errors.Is(err, objstore.ErrBucketNotExist)
		}},
		{"empty", func(err error) bool { return errors.Is(err, ErrNotFound) && !errors.Is(err, ErrNoTraces) }},
		{"private", func(err error) bool {
			var refused *objstore.AccessError
			return errors.As(err, &refused) && refused.Bucket == "private" && !errors.Is(err, ErrNotFound)
		}},
	} {
		t.Run(tt.bucket, func(t *testing.T) {
			run := testRun
			run.Bucket = tt.bucket
			res, err := c.Fetch(t.Context(), client, run, Options{})
			if res != nil || !tt.check(err) {
				t.Errorf("result %v, error %v", res, err)
			}
		})
	}
}
