package fetch

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

// TestFaults runs the real client against a server with one fault each, on the
// reading of one of two trace files or on the listing.
func TestFaults(t *testing.T) {
	const good, bad = "artifacts/otlp/good.otel", "artifacts/otlp/bad.otel"
	object := testRun.Root + "/" + bad
	data := big(300_000)
	get := func(times int) gcstest.Match { return gcstest.Match{Op: gcstest.Get, Object: object, Times: times} }
	list := func(times int) gcstest.Match { return gcstest.Match{Op: gcstest.List, Times: times} }
	url := "gs://" + testRun.Bucket + "/" + object
	failed := "cannot fetch all files: 2 of 3 fetched, 1 failed: "
	for _, tt := range []struct {
		name   string
		match  gcstest.Match
		effect gcstest.Effect
		fails  string // message; "" for none
		check  func(error) bool
		files  int // of the Result; -1: no Result
	}{
		{"503 twice", get(2), gcstest.Status(503), "", nil, 2},
		{"503 for ever", get(0), gcstest.Status(503),
			failed + "read " + url + ": the server answers HTTP 503 (Service Unavailable), also after 3 attempts; try again later", nil, 1},
		{"503 on the listing for ever", list(0), gcstest.Status(503),
			"cannot look for traces: list " + "gs://" + testRun.Bucket + "/" + testRun.Root + "/artifacts/otlp: the server answers HTTP 503 (Service Unavailable), also after 3 attempts; try again later", nil, -1},
		{"429 twice", get(2), gcstest.Status(429), "", nil, 2},
		{"429 with a date to wait for", get(1), gcstest.RetryAfter(429, "0"), "", nil, 2},
		{"401 on the listing", list(0), gcstest.Status(401), "", isRefusal, -1},
		{"403 on the listing", list(0), gcstest.Status(403), "", isRefusal, -1},
		{"403 on one object", get(0), gcstest.Status(403), "", isRefusal, 1},
		{"404 on one object that is listed", get(0), gcstest.Status(404), failed + "read " + url + ": object does not exist", nil, 1},
		{"reset in the middle", get(1), gcstest.Reset(100_000), "", nil, 2},
		{"reset in the middle, again and again", get(3), gcstest.Reset(50_000), "", nil, 2},
		{"cut in the middle", get(1), gcstest.Cut(100_000), "", nil, 2},
		{"stall before the headers", get(1), gcstest.StallHeaders(nil), "", nil, 2},
		{"stall in the middle", get(1), gcstest.StallBody(100_000, nil), "", nil, 2},
		{"truncated", get(1), gcstest.Truncate(100_000), "", nil, 2},
		{"a bit flipped", get(1), gcstest.FlipBit(77), "", nil, 2},
		{"a bit flipped always", get(0), gcstest.FlipBit(77), "", func(err error) bool { return errors.Is(err, objstore.ErrChecksum) }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := gcstest.New(t), openTest(t)
			client, err := gcs.New(t.Context(), gcs.Options{
				Auth: gcs.AuthAnonymous, Endpoint: s.URL, Attempts: 3, RetryPause: time.Millisecond, StallTimeout: 100 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			want := map[string]string{"finished.json": "{}", good: "good", bad: data}
			for name, data := range want {
				s.PutBytes(testRun.Bucket, testRun.Root+"/"+name, []byte(data))
			}
			s.Fault(tt.match, tt.effect)
			res, err := c.Fetch(t.Context(), client, testRun, Options{Only: "artifacts/otlp"})
			switch {
			case tt.fails != "" && (err == nil || err.Error() != tt.fails):
				t.Errorf("error %v\nwant  %s", err, tt.fails)
			case tt.check != nil && !tt.check(err):
				t.Errorf("error %v", err)
			case tt.fails == "" && tt.check == nil && err != nil:
				t.Fatal(err)
			}
			if (res == nil) != (tt.files < 0) || res != nil && len(res.Files) != tt.files {
				t.Fatalf("result %+v, want %d files", res, tt.files)
			}
			if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			if res != nil {
				for name, got := range contents(t, res) {
					if got != want[name] {
						t.Errorf("%s has wrong bytes", name)
					}
				}
			}
			checkBlobs(t, c, want)

			// Once the trouble is over, only what is missing is fetched.
			s.ClearFaults()
			s.ResetLog()
			res, err = c.Fetch(t.Context(), client, testRun, Options{Only: "artifacts/otlp"})
			if err != nil {
				t.Fatal(err)
			}
			wantContents(t, res, want)
			if got := s.Count(gcstest.Get, testRun.Root+"/"+good); got > 0 && tt.files > 0 {
				t.Errorf("%s was fetched again", good)
			}
		})
	}
}

func isRefusal(err error) bool {
	var refused *objstore.AccessError
	return errors.As(err, &refused) && refused.Bucket == testRun.Bucket && !errors.Is(err, ErrNotFound)
}

// What the listing says of an object counts: a server that lists one thing and
// sends another is not believed.
func TestListedOtherwise(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int64
		crc  uint32
	}{
		{"smaller", 99, 0}, {"larger", 101, 0}, {"huge", 1 << 40, 0}, {"another checksum", 0, 1234},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := gcstest.New(t), openTest(t)
			o := gcstest.Object{Bucket: testRun.Bucket, Name: testRun.Root + "/" + oneFile, Data: []byte(big(100))}
			if tt.size != 0 {
				o.ListedSize = &tt.size
			}
			if tt.crc != 0 {
				o.ListedCRC32C = &tt.crc
			}
			s.Put(o)
			c.free = func(string) int64 { return -1 }
			res, err := c.Fetch(t.Context(), dial(t, s), testRun, Options{Only: oneFile})
			if err == nil || len(res.Files) != 0 {
				t.Errorf("result %+v, error %v", res, err)
			}
			if left := names(t, c.Dir(), "blobs"); len(left) > 0 {
				t.Errorf("kept: %q", left)
			}
		})
	}
}

// Several runs share one pool.
func TestSharedPool(t *testing.T) {
	s, c := newStore(), openTest(t)
	var progress Progress
	pool := NewPool(3)
	done := make(chan error)
	for i := range 5 {
		run := runNumber(i)
		for j := range 20 {
			s.put(run.Bucket, fmt.Sprintf("%s/artifacts/otlp/%02d.otel", run.Root, j), "x")
		}
	}
	busy := watchPool(s)
	for i := range 5 {
		go func() {
			res, err := c.Fetch(t.Context(), s, runNumber(i), Options{Pool: pool, Progress: &progress})
			if err == nil && len(res.Files) != 20 {
				err = fmt.Errorf("%d files", len(res.Files))
			}
			done <- err
		}()
	}
	for range 5 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if most := busy(); most > 3 || most < 1 {
		t.Errorf("%d downloads at once in a pool of 3", most)
	}
	if got := progress.Counts(); got.Files != 100 || got.Done != 100 || got.Bytes != 100 || got.Listing {
		t.Errorf("progress %+v", got)
	}
}
