package fakegcs

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"prowtrace/gcs"
	"prowtrace/objstore"
	"prowtrace/objstore/storetest"
)

// start runs the server on a free port. XML reads answer 404 unless PublicHost
// is the Host header with its port, so the port is chosen first.
func start(t *testing.T, objects ...fakestorage.Object) *gcs.Client {
	t.Helper()
	c, _ := startServer(t, objects...)
	return c
}

func startServer(t *testing.T, objects ...fakestorage.Object) (*gcs.Client, *fakestorage.Server) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	host := fmt.Sprintf("127.0.0.1:%d", port)
	server, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		Scheme: "http", Host: "127.0.0.1", Port: uint16(port), PublicHost: host, InitialObjects: objects, Writer: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "empty"})
	t.Setenv("STORAGE_EMULATOR_HOST", host)
	c, err := gcs.New(t.Context(), gcs.Options{Logf: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, server
}

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Server {
		c, server := startServer(t)
		server.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "b"})
		return storetest.Server{
			Store: c,
			Put: func(u storetest.Upload) {
				server.CreateObject(fakestorage.Object{Content: u.Data, ObjectAttrs: fakestorage.ObjectAttrs{
					BucketName: u.Bucket, Name: u.Name, ContentType: u.ContentType, ContentEncoding: u.ContentEncoding, Metadata: u.Metadata,
				}})
			},
			Delete: func(bucket, name string) {
				if err := server.Client().Bucket(bucket).Object(name).Delete(t.Context()); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

func object(name string, data []byte) fakestorage.Object {
	return fakestorage.Object{ObjectAttrs: fakestorage.ObjectAttrs{BucketName: "b", Name: name}, Content: data}
}

func list(t *testing.T, c *gcs.Client, bucket, prefix string) ([]objstore.Object, error) {
	t.Helper()
	var all []objstore.Object
	for o, err := range c.List(t.Context(), bucket, prefix, "") {
		if err != nil {
			return all, err
		}
		all = append(all, o)
	}
	return all, nil
}

func TestListPages(t *testing.T) {
	var objects []fakestorage.Object
	var want []string
	for i := range 2100 {
		name := fmt.Sprintf("run/%04d", i)
		objects, want = append(objects, object(name, []byte("x"))), append(want, name)
	}
	all, err := list(t, start(t, append(objects, object("other", nil))...), "b", "run/")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range all {
		got = append(got, o.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d objects, want all %d in order", len(got), len(want))
	}
}

func TestOddNames(t *testing.T) {
	names := []string{"a", "a/b", "a//b", "kops-1-2025-01-01T00:00:00Z.otel", "what?", "num#ber", "100%25", "100%", "two words", "a+b&c=d;e", "../up", "ünï/日本", "slash/", strings.Repeat("n", 300)}
	var objects []fakestorage.Object
	for _, name := range names {
		objects = append(objects, object(name, []byte("data of "+name)))
	}
	c := start(t, objects...)
	all, err := list(t, c, "b", "")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, o := range all {
		seen[o.Name] = true
		var buf bytes.Buffer
		if err := c.Read(t.Context(), o, &buf); err != nil || buf.String() != "data of "+o.Name {
			t.Errorf("%q: read %q, %v", o.Name, buf.String(), err)
		}
		if data, _, err := c.ReadAll(t.Context(), "b", o.Name, 1000); err != nil || string(data) != "data of "+o.Name {
			t.Errorf("%q: ReadAll %q, %v", o.Name, data, err)
		}
	}
	for _, name := range names {
		if !seen[name] {
			t.Errorf("%q is not listed", name)
		}
	}
}

func TestPlaceholdersAreLeftOut(t *testing.T) {
	all, err := list(t, start(t, object("d/", nil), object("d/x", nil)), "b", "")
	if err != nil || len(all) != 1 || all[0].Name != "d/x" {
		t.Errorf("listed %+v, %v", all, err)
	}
}

func TestGzipIsReadAsStored(t *testing.T) {
	var stored bytes.Buffer
	w := gzip.NewWriter(&stored)
	w.Write(bytes.Repeat([]byte("inflates well "), 1000))
	w.Close()
	encoded := object("encoded", stored.Bytes())
	encoded.ContentEncoding, encoded.ContentType = "gzip", "application/json"
	unmarked := object("unmarked", stored.Bytes())
	unmarked.ContentType = "application/gzip"
	c := start(t, encoded, unmarked)
	all, err := list(t, c, "b", "")
	if err != nil || len(all) != 2 {
		t.Fatalf("%d objects, %v", len(all), err)
	}
	for _, o := range all {
		if sum := objstore.CRC32COf(stored.Bytes()); o.Size != int64(stored.Len()) || o.Sum != sum {
			t.Errorf("%s: listed with %d bytes and sum %v, want %d and %v", o.Name, o.Size, o.Sum, stored.Len(), sum)
		}
		var buf bytes.Buffer
		if err := c.Read(t.Context(), o, &buf); err != nil || !bytes.Equal(buf.Bytes(), stored.Bytes()) {
			t.Errorf("%s: %d bytes, want the %d stored; %v", o.Name, buf.Len(), stored.Len(), err)
		}
		o.Sum = objstore.NewCRC32C(1)
		if err := c.Read(t.Context(), o, io.Discard); !errors.Is(err, objstore.ErrChecksum) {
			t.Errorf("%s: error %v, want ErrChecksum", o.Name, err)
		}
	}
}

func TestRanges(t *testing.T) {
	c := start(t, object("x", []byte("0123456789")))
	all, err := list(t, c, "b", "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [][2]int64{{0, 10}, {0, 3}, {4, 3}, {9, 1}} {
		var buf bytes.Buffer
		if err := c.ReadRange(t.Context(), all[0], r[0], r[1], &buf); err != nil || buf.String() != "0123456789"[r[0]:r[0]+r[1]] {
			t.Errorf("range %v: %q, %v", r, buf.String(), err)
		}
	}
}

func TestMissing(t *testing.T) {
	c := start(t, object("x", []byte("x")))
	all, err := list(t, c, "b", "x")
	if err != nil {
		t.Fatal(err)
	}
	other := all[0]
	other.Version += "1"
	tests := []struct {
		name string
		do   func() error
		want error
	}{
		{"another generation", func() error { return c.Read(t.Context(), other, io.Discard) }, objstore.ErrNotExist},
		{"object", func() error { _, _, err := c.ReadAll(t.Context(), "b", "y", 1); return err }, objstore.ErrNotExist},
		{"bucket", func() error { _, err := list(t, c, "gone", ""); return err }, objstore.ErrBucketNotExist},
		{"nothing listed", func() error { _, err := list(t, c, "empty", ""); return err }, nil},
		{"cancelled", func() error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return c.Read(ctx, all[0], io.Discard)
		}, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.do(); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	o := object("latest.txt", []byte("gs://b/run"))
	o.Metadata = map[string]string{"Link": "gs://b/run"}
	c := start(t, o)
	_, read, err := c.ReadAll(t.Context(), "b", "latest.txt", 100)
	if err != nil || read.Metadata["link"] != "gs://b/run" {
		t.Errorf("metadata %v, %v", read.Metadata, err)
	}
}
