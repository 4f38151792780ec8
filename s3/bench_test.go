package s3

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"prowtrace/internal/reals3"
)

// The cost of reading a real server: 1000 objects of 50 kB, 64 at a time, over loopback,
// listing included, connections new each time. BenchmarkRealPlain is the least that the
// server takes: the same reads by Go's HTTP client, which lists and compares nothing.
func BenchmarkRealDownload(b *testing.B) {
	s := thousand(b)
	for b.Loop() {
		c, err := New(Options{Place: func(string) Place { return Place{Endpoint: s.URL} }, Auth: AuthAnonymous})
		if err != nil {
			b.Fatal(err)
		}
		c.Warm(b.Context(), "bucket", 64)
		g, ctx := errgroup.WithContext(b.Context())
		g.SetLimit(64)
		for o, err := range c.List(ctx, "bucket", "", "") {
			if err != nil {
				b.Fatal(err)
			}
			g.Go(func() error { return c.Read(ctx, o, io.Discard) })
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}

func BenchmarkRealPlain(b *testing.B) {
	s := thousand(b)
	for b.Loop() {
		transport := &http.Transport{MaxIdleConnsPerHost: 64}
		client := &http.Client{Transport: transport}
		var g errgroup.Group
		g.SetLimit(64)
		for i := range 1000 {
			g.Go(func() error {
				res, err := client.Get(fmt.Sprintf("%s/bucket/%04d", s.URL, i))
				if err != nil {
					return err
				}
				defer res.Body.Close()
				_, err = io.Copy(io.Discard, res.Body)
				return err
			})
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
		transport.CloseIdleConnections()
	}
}

// thousand starts a server with the objects.
func thousand(b *testing.B) *reals3.Server {
	s := reals3.Start(b)
	s.CreateBucket(b, "bucket")
	s.Publish(b, "bucket")
	data := noise(50_000)
	for i := range 1000 {
		s.Put(b, "bucket", fmt.Sprintf("%04d", i), data, minio.PutObjectOptions{})
	}
	b.SetBytes(1000 * int64(len(data)))
	b.ReportAllocs()
	return s
}
