package trace

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// padded is a file of n records of one span with a name of size bytes.
func padded(t testing.TB, trace byte, n, size int) []byte {
	t.Helper()
	var records [][]byte
	for i := range n {
		s := inTrace(trace, span(uint64(i+1), 0, fmt.Sprintf("%0*d", size, i), int64(n-i), int64(n+i)))
		records = append(records, otlp(t, "s", s))
	}
	return otel(t, records...)
}

func packed(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestLargeFileIsShared loads a file of many portions, the last of which is not full.
func TestLargeFileIsShared(t *testing.T) {
	const n, size = 333, 10_000
	data := padded(t, 1, n, size)
	path := filepath.Join(t.TempDir(), "large.otel") // the file is mapped
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, src := range []Source{{Name: "in memory", Data: data}, {Name: "mapped", Path: path}} {
		s, err := Load(t.Context(), []Source{src})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if st := s.Stats(); s.Len() != n || st.Records != n || st.Bytes != int64(len(data)) || len(s.Problems()) > 0 {
			t.Fatalf("%s: %d spans, %+v, problems %v", src.Name, s.Len(), st, s.Problems())
		}
		for row := range s.Len() {
			if want := fmt.Sprintf("%0*d", size, n-1-row); s.Span(row).Name != want {
				t.Fatalf("%s: row %d has the wrong span", src.Name, row)
			}
		}
	}
}

// endsAfter is a context that ends after some checks.
type endsAfter struct {
	context.Context
	end  context.CancelFunc
	left atomic.Int64
}

func (c *endsAfter) Err() error {
	if c.left.Add(-1) < 0 {
		c.end()
	}
	return c.Context.Err()
}

// TestLoadEndsWithQueuedRecords cancels a load at each check of its context. Portions that
// are queued by then must be taken out of the queue, or assign waits for them for ever.
func TestLoadEndsWithQueuedRecords(t *testing.T) {
	data := padded(t, 1, 333, 10_000) // of 13 portions
	for looks := range int64(12) {
		synctest.Test(t, func(t *testing.T) { // reports a deadlock
			inner, end := context.WithCancel(t.Context())
			defer end()
			ctx := &endsAfter{Context: inner, end: end}
			ctx.left.Store(looks)
			set := &Set{sources: make([]source, 1)}
			defer set.Close()
			r := newReader(set, []Source{{Name: "one", Data: data}}, maxUnpacked)
			go func() {
				defer close(r.files)
				_ = r.assign(inner, 1)
			}()
			if err := r.work(ctx, newShard(1)); !errors.Is(err, context.Canceled) {
				t.Errorf("after %d looks: %v", looks, err)
			}
		})
	}
}

func TestGrowthIsBoundedForAllFilesTogether(t *testing.T) {
	// Unpacked, the first three grow by 1, 3 and 1 MB.
	small, large, last := packed(t, padded(t, 1, 10, 100_000)), packed(t, padded(t, 2, 30, 100_000)), packed(t, padded(t, 3, 10, 100_000))
	plain := padded(t, 4, 10, 100_000)
	sources := []Source{{Name: "a", Data: small}, {Name: "b", Data: large}, {Name: "c", Data: last}, {Name: "d", Data: plain}}
	stored := int64(len(small) + len(large) + len(last) + len(plain))
	tests := []struct {
		name string
		room int64
		told int // how many files are reported to have hit the bound
	}{
		{"room for all", 100e6, 0},
		{"room for all, but not in equal shares", 5.1e6, 0},
		{"too little for one file", 4e6, 1}, // which one depends on the order of reading
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Options{Unpacked: tt.room}.Load(context.Background(), sources)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if grown := s.Stats().Bytes - stored; grown > tt.room {
				t.Errorf("grown by %d bytes, %d are allowed", grown, tt.room)
			}
			if held := s.Stats().Unpacked; held != s.Stats().Bytes-int64(len(plain)) {
				t.Errorf("%d bytes are said to be held in memory of %d", held, s.Stats().Bytes)
			}
			told := 0
			for _, p := range s.Problems() {
				if strings.Contains(p.What, "more than one set may hold") {
					told++
				}
			}
			if told != tt.told || told == 0 && s.Len() != 60 {
				t.Errorf("%d files were told to have hit the bound, want %d; %d spans; problems: %v", told, tt.told, s.Len(), s.Problems())
			}
			if got, _ := s.Lookup(TraceID(tid(4))); got.Spans != 10 {
				t.Errorf("the file that is not compressed has %d spans", got.Spans)
			}
		})
	}
}

func TestNoRoomAtAll(t *testing.T) {
	plain := padded(t, 1, 10, 1000)
	s, err := Options{}.loadWithin(context.Background(), []Source{{Name: "plain", Data: plain}, {Name: "packed", Data: packed(t, padded(t, 2, 10, 1000))}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Len() != 10 || len(s.Problems()) == 0 {
		t.Errorf("%d spans, problems %v", s.Len(), s.Problems())
	}
}
