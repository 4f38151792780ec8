package fetch

import (
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"

	"prowtrace/objstore"
)

func TestTooLittleSpace(t *testing.T) {
	for _, tt := range []struct {
		name    string
		free    int64
		held    bool // the big file is in the cache already, the run is asked for again
		message string
	}{
		{"unknown", -1, false, ""},
		{"enough", 1_000_100, false, ""},
		{"too little", 123_456, false, "cannot fetch gs://ci-logs/" + testRun.Root + ": no space in the cache DIR: 1.0 MB more needed, 123.5 kB free"},
		{"too little, but nothing is needed", 100, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			s.put(testRun.Bucket, testRun.Root+"/"+oneFile, big(1_000_000))
			if tt.held {
				if _, err := c.Fetch(t.Context(), s, testRun, Options{}); err != nil {
					t.Fatal(err)
				}
			}
			c.free = func(string) int64 { return tt.free }
			s.onGet = func(_ objstore.Object, data []byte, w io.Writer) error {
				if tt.message != "" {
					return syscall.EINTR // the download must not be quicker than the listing
				}
				return write(w, data)
			}
			_, err := c.Fetch(t.Context(), s, testRun, Options{Refresh: tt.held})
			if message := strings.ReplaceAll(tt.message, "DIR", c.Dir()); message == "" && err != nil || message != "" && (err == nil || err.Error() != message) {
				t.Errorf("error %v\nwant  %s", err, message)
			}
		})
	}
}

// A write that fails for want of room ends the transfer; what was complete stays.
func TestDiskFull(t *testing.T) {
	s, c := newStore(), openTest(t)
	s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/1.otel", "fits")
	s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/2.otel", big(keepAbove+1))
	s.put(testRun.Bucket, testRun.Root+"/artifacts/otlp/3.otel", "comes too late")
	s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
		if strings.HasSuffix(o.Name, "2.otel") {
			return errors.Join(write(w, data[:1000]), &localError{syscall.ENOSPC})
		}
		return write(w, data)
	}
	_, err := c.Fetch(t.Context(), s, testRun, Options{Only: "artifacts/otlp", Pool: NewPool(1)})
	var full *NoSpaceError
	if !errors.As(err, &full) || !errors.Is(err, syscall.ENOSPC) || full.Needed != keepAbove+1+int64(len("comes too late")) || full.Free <= 0 {
		t.Errorf("error %v %+v", err, full)
	}
	if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	s.onGet = nil
	s.asked()
	res, err := c.Fetch(t.Context(), s, testRun, Options{Only: "artifacts/otlp"})
	if err != nil {
		t.Fatal(err)
	}
	if asked := s.asked(); len(res.Files) != 3 || slices.Contains(asked, "get "+testRun.Bucket+"/"+testRun.Root+"/artifacts/otlp/1.otel") {
		t.Errorf("%d files, asked %q", len(res.Files), asked)
	}
}
