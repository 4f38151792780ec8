package fetch

import (
	"errors"
	"fmt"
	"testing"

	"prowtrace/internal/gcstest"
)

// Ranges of a log that is held in part are added to it, as whole lines.
func TestFetchRange(t *testing.T) {
	for _, tt := range []struct {
		name         string
		zipped       bool
		offset, size int64
		want         string // of the parts
		requests     int
	}{
		{"what is held", false, 0, 20, "[{0 20} {180 20}]", 0},
		{"nothing", false, 50, 0, "[{0 20} {180 20}]", 0},
		{"behind the end", false, 500, 10, "[{0 20} {180 20}]", 0},
		{"the next lines", false, 20, 25, "[{0 40} {180 20}]", 1},
		{"lines within", false, 95, 30, "[{0 20} {100 20} {180 20}]", 1},
		{"within a line", false, 95, 3, "[{0 20} {180 20}]", 1},
		{"up to the last", false, 155, 30, "[{0 20} {160 40}]", 1},
		{"all", false, 0, 1 << 40, "[{0 200}]", 1},
		{"of gzip", true, 95, 30, "[{0 200}]", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := gcstest.New(t)
			client, c := dial(t, s), openTest(t)
			s.PutBytes(testRun.Bucket, testRun.Root+"/finished.json", []byte("{}"))
			s.PutBytes(testRun.Bucket, testRun.Root+"/artifacts/otlp/kops-1.otel", []byte("x"))
			text := numbered(20)
			o := gcstest.Object{Bucket: testRun.Bucket, Name: testRun.Root + "/build-log.txt", Data: []byte(text)}
			if tt.zipped {
				o.Data, o.ContentEncoding = []byte(zip(text)), "gzip"
			}
			s.Put(o)
			before := fetchLogs(t, c, client, ArtifactOptions{}, 80, 25, 1000)
			res, err := c.Fetch(t.Context(), client, testRun, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer res.Close()
			s.ResetLog()
			a, err := c.FetchRange(t.Context(), client, res, "build-log.txt", tt.offset, tt.size, ArtifactOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if asked := s.Requests(); len(asked) != tt.requests {
				t.Errorf("asked %v", asked)
			}
			if got := fmt.Sprint(a.Parts); got != tt.want || a.Unchecked == tt.zipped {
				t.Errorf("parts %s, want %s; %+v", got, tt.want, a)
			}
			held := ""
			for _, p := range a.Parts {
				held += text[p.Offset:p.end()]
			}
			if got := readFile(t, a.Path); got != held {
				t.Errorf("held %q, want %q", got, held)
			}
			if grown := tt.want != "[{0 20} {180 20}]"; (a.Path != before.Files[0].Path) != grown {
				t.Errorf("in the file %s, before it was %s", a.Path, before.Files[0].Path)
			}
			if logs := res.Logs(); fmt.Sprint(logs.Files[0].Parts) != tt.want {
				t.Errorf("in the cache: %v", logs.Files[0].Parts)
			}
		})
	}
}

func TestFetchRangeErrors(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	s.put(testRun.Bucket, testRun.Root+"/build-log.txt", numbered(20))
	fetchLogs(t, c, s, ArtifactOptions{}, 80, 25, 1000)
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if _, err := c.FetchRange(t.Context(), s, res, "other.log", 0, 10, ArtifactOptions{}); !errors.Is(err, ErrUnknownArtifact) {
		t.Errorf("of an unknown one: %v", err)
	}
	if _, err := c.FetchRange(t.Context(), nil, res, "build-log.txt", 50, 10, ArtifactOptions{Offline: true}); !errors.Is(err, ErrOffline) {
		t.Errorf("offline: %v", err)
	}
	s.put(testRun.Bucket, testRun.Root+"/build-log.txt", "other")
	if _, err := c.FetchRange(t.Context(), s, res, "build-log.txt", 50, 10, ArtifactOptions{}); err == nil {
		t.Error("of one that was overwritten")
	}
	if got := len(names(t, c.Dir(), "artifacts")); got != 1 {
		t.Errorf("%d files", got)
	}
}

// Gzip is read from its beginning, once: what is missing stays in the cache. If that is
// more than the logs of a run may have, so much stays behind what was asked for.
func TestFetchRangesOfGzip(t *testing.T) {
	for _, tt := range []struct {
		name     string
		total    int64
		want     string
		requests int // of three ranges
	}{
		{"all that is missing", 160, "[{0 200}]", 1},
		{"a part of it", 50, "[{0 20} {40 160}]", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			putRun(s, testRun)
			text := numbered(20)
			s.put(testRun.Bucket, testRun.Root+"/build-log.txt", zip(text))
			fetchLogs(t, c, s, ArtifactOptions{}, 80, 25, 1000)
			res, err := c.Fetch(t.Context(), s, testRun, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer res.Close()
			s.asked()
			var a Artifact
			for _, from := range []int64{30, 80, 130} {
				d := c.onDemand(s, res, ArtifactOptions{})
				d.total = tt.total
				if a, err = d.fetchRange(t.Context(), "build-log.txt", from, 10); err != nil {
					t.Fatal(err)
				}
			}
			if n := gets(s.asked()); n != tt.requests {
				t.Errorf("read %d times, want %d", n, tt.requests)
			}
			if got := fmt.Sprint(a.Parts); got != tt.want {
				t.Errorf("parts %s, want %s", got, tt.want)
			}
			held := ""
			for _, p := range a.Parts {
				held += text[p.Offset:p.end()]
			}
			if got := readFile(t, a.Path); got != held || a.Unchecked {
				t.Errorf("held %q, want %q, unchecked %t", got, held, a.Unchecked)
			}
			if left := names(t, res.Dir, "artifacts"); len(left) != 1 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}
