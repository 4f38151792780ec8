package gcs

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/api/googleapi"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

func gz(t *testing.T, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestSurvivedFaults: what a reader must not notice.
func TestSurvivedFaults(t *testing.T) {
	never := make(chan struct{})
	quick := func(o *Options) { o.StallTimeout = 200 * time.Millisecond }
	tests := []struct {
		name   string
		times  int
		effect gcstest.Effect
		opts   func(*Options)
	}{
		{"503 twice", 2, gcstest.Status(503), nil},
		{"429 twice", 2, gcstest.Status(429), nil},
		{"500 four times", 4, gcstest.Status(500), nil},
		{"408", 1, gcstest.Status(408), nil},
		{"reset in the body", 3, gcstest.Reset(200_000), nil},
		{"closed in the body", 3, gcstest.Cut(200_000), nil},
		{"closed before the body", 4, gcstest.Cut(0), nil},
		{"stall before the headers", 1, gcstest.StallHeaders(never), quick},
		{"stall in the body", 2, gcstest.StallBody(100_000, never), quick},
	}
	data := noise(500_000)
	for _, tt := range tests {
		for _, encoding := range []string{"", "gzip"} {
			for _, op := range []gcstest.Op{gcstest.Get, gcstest.List} {
				t.Run(fmt.Sprintf("%s %s%s", op, tt.name, encoding), func(t *testing.T) {
					s := gcstest.New(t)
					s.Put(gcstest.Object{Bucket: "b", Name: "x", Data: data, ContentEncoding: encoding})
					s.Fault(gcstest.Match{Op: op, Times: tt.times}, tt.effect)
					c := client(t, s, func(o *Options) {
						if tt.opts != nil {
							tt.opts(o)
						}
					})
					got, err := download(t, c, "b", "x")
					if err != nil || !bytes.Equal(got, data) {
						t.Fatalf("%d of %d bytes, %v", len(got), len(data), err)
					}
					// A listing is shorter than some faults reach.
					if again := s.Count(op, "") - 1; op == gcstest.Get && again == 0 {
						t.Error("the fault did not happen")
					} else if again > 0 && c.Retries() == 0 && !strings.HasPrefix(tt.name, "stall before") {
						t.Error("no retry was counted") // net/http itself tries a reused connection's request again
					}
				})
			}
		}
	}
}

func TestResumeAsksForTheRest(t *testing.T) {
	s := gcstest.New(t)
	data := noise(500_000)
	s.PutBytes("b", "x", data)
	s.Fault(gcstest.Match{Op: gcstest.Get, Times: 1}, gcstest.Cut(200_000))
	c := client(t, s)
	if got, err := download(t, c, "b", "x"); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	reads := s.Requests()[1:]
	if len(reads) != 2 || reads[1].Header.Get("Range") != "bytes=200000-" {
		t.Errorf("requests %+v, want the second from byte 200000", reads)
	}
	for _, r := range reads {
		if r.Query.Get("generation") == "" {
			t.Errorf("a request without a generation: %v", r.Query)
		}
	}
}

// TestFatalFaults: what a reader must be told, and how.
func TestFatalFaults(t *testing.T) {
	never := make(chan struct{})
	size := func(n int64) func(*gcstest.Object) { return func(o *gcstest.Object) { o.ListedSize = &n } }
	wrongCRC := uint32(1)
	tests := []struct {
		name   string
		effect gcstest.Effect
		object func(*gcstest.Object)
		opts   func(*Options)
		is     error
		want   string // part of the message
	}{
		{"404", gcstest.Status(404), nil, nil, objstore.ErrNotExist, "read gs://b/x: object does not exist"},
		{"503 for ever", gcstest.Status(503), nil, nil, nil, "read gs://b/x: the server answers HTTP 503 (Service Unavailable), also after 5 attempts; try again later"},
		{"400", gcstest.Status(400), nil, nil, nil, "read gs://b/x: the server answers HTTP 400 (Bad Request)"},
		{"cut for ever", gcstest.Cut(0), nil, nil, nil, "the connection broke 5 times without a new byte: unexpected EOF"},
		{"reset for ever", gcstest.Reset(0), nil, nil, nil, "cannot reach 127.0.0.1"},
		{"stall for ever", gcstest.StallBody(0, never), nil, func(o *Options) { o.StallTimeout = 50 * time.Millisecond }, nil, "no data for 50ms, 3 times in a row"},
		{"silence for ever", gcstest.StallHeaders(never), nil, func(o *Options) { o.StallTimeout = 50 * time.Millisecond }, nil, "no data for 50ms, 3 times in a row"},
		{"too slow", gcstest.StallBody(5, never), nil, func(o *Options) { o.Patience = 50 * time.Millisecond }, nil, "cannot reach 127.0.0.1"},
		{"flipped bit", gcstest.FlipBit(3), nil, nil, objstore.ErrChecksum, "damaged download"},
		{"truncated", gcstest.Truncate(4), nil, nil, objstore.ErrChecksum, "damaged download"},
		{"truncated to nothing", gcstest.Truncate(0), nil, nil, objstore.ErrChecksum, ""},
		{"flipped bit, server without checksum", compose(gcstest.FlipBit(3), gcstest.Header("X-Goog-Hash", "")), nil, nil, objstore.ErrChecksum, "CRC32C 400f2a56, listed 280c069e"},
		{"truncated, server without checksum", compose(gcstest.Truncate(4), gcstest.Header("X-Goog-Hash", "")), nil, nil, objstore.ErrChecksum, "4 bytes instead of the 10 listed"},
		{"listed too long", nil, size(11), nil, objstore.ErrChecksum, "10 bytes instead of the 11 listed"},
		{"listed too short", nil, size(9), nil, objstore.ErrChecksum, ""},
		{"listed empty", nil, size(0), nil, objstore.ErrChecksum, "more bytes than the 0 listed"},
		{"listed with another checksum", nil, func(o *gcstest.Object) { o.ListedCRC32C = &wrongCRC }, nil, objstore.ErrChecksum, "CRC32C 280c069e, listed 00000001"},
		{"redirect", redirect("https://login.example/"), nil, nil, nil, "the answer does not come from Cloud Storage (HTTP 302 to https://login.example/)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := gcstest.New(t)
			o := gcstest.Object{Bucket: "b", Name: "x", Data: []byte("0123456789")}
			if tt.object != nil {
				tt.object(&o)
			}
			s.Put(o)
			if tt.effect != nil {
				s.Fault(gcstest.Match{Op: gcstest.Get}, tt.effect)
			}
			c := client(t, s, func(o *Options) {
				if tt.opts != nil {
					tt.opts(o)
				}
			})
			_, err := download(t, c, "b", "x")
			if err == nil {
				t.Fatal("no error")
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v, want %v", err, tt.is)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error\n%v, want\n%s", err, tt.want)
			}
			var unreachable *objstore.UnreachableError
			if strings.HasPrefix(tt.want, "cannot reach") && !errors.As(err, &unreachable) {
				t.Errorf("%T is no UnreachableError", err)
			}
		})
	}
}

// compose makes one effect of two; the first is next to the true answer.
func compose(inner, outer gcstest.Effect) gcstest.Effect {
	return func(s *gcstest.Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
		outer(s, w, r, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inner(s, w, r, next) }))
	}
}

func redirect(to string) gcstest.Effect {
	return func(_ *gcstest.Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, to, http.StatusFound)
	}
}

func TestAttemptsAreLimited(t *testing.T) {
	for _, tt := range []struct {
		name   string
		effect gcstest.Effect
	}{{"503", gcstest.Status(503)}, {"cut without a byte", gcstest.Cut(0)}, {"reset without a byte", gcstest.Reset(0)}} {
		t.Run(tt.name, func(t *testing.T) {
			s := gcstest.New(t)
			s.PutBytes("b", "x", []byte("x"))
			s.Fault(gcstest.Match{Op: gcstest.Get}, tt.effect)
			c := client(t, s, func(o *Options) { o.Attempts = 3 })
			_, err := download(t, c, "b", "x")
			if n := s.Count(gcstest.Get, "x"); err == nil || n < 3 || n > 9 {
				t.Errorf("%d requests, error %v", n, err)
			}
			var answer *googleapi.Error
			if tt.name == "503" && (!errors.As(err, &answer) || answer.Code != 503) {
				t.Errorf("the status is not in %v", err)
			}
		})
	}
}

func TestWriterErrorsAreItsOwn(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("x"))
	c := client(t, s)
	o := mustList(t, c, "b", "x")[0]
	err := c.Read(t.Context(), o, failingWriter{})
	if !errors.Is(err, syscall.ENOSPC) || err.Error() != "write the bytes of gs://b/x: no space left on device" {
		t.Errorf("error %v", err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestCancel(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", noise(1000))
	c := client(t, s)
	o := mustList(t, c, "b", "x")[0]
	ctx, cancel := context.WithCancel(t.Context())
	s.Fault(gcstest.Match{Op: gcstest.Get}, func(s *gcstest.Server, w http.ResponseWriter, r *http.Request, next http.Handler) {
		cancel()
		gcstest.StallHeaders(make(chan struct{}))(s, w, r, next)
	})
	if err := c.Read(ctx, o, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestMissing(t *testing.T) {
	s := gcstest.New(t)
	s.CreateBucket("b")
	c := client(t, s)
	tests := []struct {
		name string
		do   func() error
		is   error
		want string
	}{
		{"list", func() error { _, err := collect(t, c, "gone", "p/"); return err }, objstore.ErrBucketNotExist, "list gs://gone: bucket does not exist"},
		{"read from no bucket", func() error { _, _, err := c.ReadAll(t.Context(), "gone", "x", 1); return err }, objstore.ErrBucketNotExist, "read gs://gone: bucket does not exist"},
		{"read no object", func() error { _, _, err := c.ReadAll(t.Context(), "b", "x", 1); return err }, objstore.ErrNotExist, "read gs://b/x: object does not exist"},
		{"impossible bucket", func() error { _, err := collect(t, c, "a/../b", ""); return err }, objstore.ErrBucketNotExist, `"a/../b": bucket does not exist: a bucket's name has letters`},
		{"impossible bucket, read", func() error { _, _, err := c.ReadAll(t.Context(), "", "x", 1); return err }, objstore.ErrBucketNotExist, `"": bucket does not exist`},
		{"hostile name", func() error { _, _, err := c.ReadAll(t.Context(), "b", "x\x1b[2J\n", 1); return err }, objstore.ErrNotExist, `read "gs://b/x\x1b[2J\n": object does not exist`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do()
			if !errors.Is(err, tt.is) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
			for _, other := range []error{objstore.ErrNotExist, objstore.ErrBucketNotExist} {
				if other != tt.is && errors.Is(err, other) {
					t.Errorf("%v is also %v", err, other)
				}
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	tests := []struct {
		name, endpoint string
		want           string
		cause          objstore.Cause
	}{
		{"refused", deadAddress(t), "connection refused", objstore.NetworkFailed},
		{"no such host", "https://storage.invalid", "storage.invalid: lookup storage.invalid", objstore.NameUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The pause would be noticed if an unreachable service were tried again.
			c := client(t, gcstest.New(t), func(o *Options) { o.Endpoint, o.RetryPause = tt.endpoint, time.Hour })
			_, err := collect(t, c, "b", "")
			var unreachable *objstore.UnreachableError
			if !errors.As(err, &unreachable) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "list gs://b: cannot reach ") || unreachable.Cause != tt.cause {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
	t.Run("refused by an emulator", func(t *testing.T) {
		t.Setenv("STORAGE_EMULATOR_HOST", deadAddress(t))
		c := client(t, gcstest.New(t), func(o *Options) { o.Endpoint = "" })
		_, err := collect(t, c, "b", "")
		if causeOf(err) != objstore.NotRunning {
			t.Errorf("error %v", err)
		}
	})
	t.Run("foreign certificate", func(t *testing.T) {
		s := gcstest.NewTLS(t)
		c := client(t, s, func(o *Options) { o.Endpoint = s.URL })
		_, err := collect(t, c, "b", "")
		if causeOf(err) != objstore.Certificate {
			t.Errorf("error %v", err)
		}
	})
	t.Run("login page", func(t *testing.T) {
		s := gcstest.New(t)
		s.Fault(gcstest.Match{}, func(_ *gcstest.Server, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			io.WriteString(w, "<html>please log in")
		})
		_, err := collect(t, client(t, s), "b", "")
		if causeOf(err) != objstore.ForeignAnswer || !strings.Contains(err.Error(), "the answer does not come from Cloud Storage") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("endless listing", func(t *testing.T) {
		s := gcstest.New(t)
		s.Fault(gcstest.Match{}, func(_ *gcstest.Server, w http.ResponseWriter, r *http.Request, _ http.Handler) {
			spaces := bytes.Repeat([]byte(" "), 1<<20)
			for r.Context().Err() == nil {
				if _, err := w.Write(spaces); err != nil {
					return
				}
			}
		})
		_, err := collect(t, client(t, s), "b", "")
		if err == nil || !strings.Contains(err.Error(), "the answer has no end") {
			t.Errorf("error %v", err)
		}
	})
}

// causeOf is why the service was not reached.
func causeOf(err error) objstore.Cause {
	var unreachable *objstore.UnreachableError
	if !errors.As(err, &unreachable) {
		return "no UnreachableError"
	}
	return unreachable.Cause
}

func TestRetryAfterReachesThePause(t *testing.T) {
	s := gcstest.New(t)
	s.PutBytes("b", "x", []byte("x"))
	ctx, cancel := context.WithCancel(t.Context())
	c := client(t, s, func(o *Options) {
		o.Logf = func(format string, args ...any) {
			switch got := fmt.Sprintf(format, args...); {
			case got == "the server asks for a pause of 1m0s (HTTP 429)":
				cancel() // else the next attempt would wait a minute
			case !strings.HasPrefix(got, "try again: "):
				t.Errorf("log %q", got)
			}
		}
	})
	o := mustList(t, c, "b", "x")[0]
	s.Fault(gcstest.Match{Op: gcstest.Get}, gcstest.RetryAfter(429, "3600"))
	if err := c.Read(ctx, o, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if n := s.Count(gcstest.Get, ""); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestMessagesAreCleanAndShort(t *testing.T) {
	for body, want := range map[string]string{
		"<Error><Message>Access denied.</Message><Details>someone&#39;s &lt;x&gt;</Details></Error>": "someone's <x>",
		"<Error><Message>Access denied.</Message></Error>":                                           "Access denied.",
		"<html>oops":                                           "Forbidden",
		"<Message>\x1b[2Jred\x07 a\nb</Message>":               "red a b",
		"<Message>" + strings.Repeat("x", 5000) + "</Message>": strings.Repeat("x", maxMessage) + "…",
	} {
		if got := messageOf(&googleapi.Error{Code: 403, Body: body}); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestCauseIsKept(t *testing.T) {
	cause := errors.New("expired")
	var err error = &objstore.AccessError{Bucket: "b", Op: "list", Status: 401, Reason: objstore.NoCredentials, Credentials: cause}
	if !errors.Is(err, cause) {
		t.Errorf("%v lost its cause", err)
	}
}
