package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"prowtrace/objstore"
)

const oneFile = "artifacts/otlp/kops.otel"

// trouble is what a store does to the downloads of one file, call by call; after
// that it behaves.
type trouble []func(data []byte, w io.Writer) error

func (tr trouble) on(s *memStore) {
	var mu sync.Mutex
	s.onGet = func(o objstore.Object, data []byte, w io.Writer) error {
		mu.Lock()
		var next func([]byte, io.Writer) error
		if len(tr) > 0 {
			next, tr = tr[0], tr[1:]
		}
		mu.Unlock()
		if next != nil {
			return next(data, w)
		}
		_, err := w.Write(data)
		return err
	}
}

var errCut = errors.New("connection reset")

func cutAfter(n int) func([]byte, io.Writer) error {
	return func(data []byte, w io.Writer) error { return errors.Join(write(w, data[:n]), errCut) }
}

func endAfter(n int) func([]byte, io.Writer) error {
	return func(data []byte, w io.Writer) error { return write(w, data[:n]) }
}

func flip(data []byte, w io.Writer) error {
	data = bytes.Clone(data)
	data[len(data)/2] ^= 0x10
	return write(w, data)
}

func tooMuch(data []byte, w io.Writer) error { return write(w, append(bytes.Clone(data), '!')) }

func write(w io.Writer, data []byte) error {
	_, err := w.Write(data)
	return err
}

func TestDownloadTrouble(t *testing.T) {
	const data = "0123456789"
	object := testRun.Bucket + "/" + testRun.Root + "/" + oneFile
	whole := "get " + object
	part := func(from int) string { return fmt.Sprintf("get %s from %d to 10", object, from) }
	for _, tt := range []struct {
		name    string
		trouble trouble
		want    string // content; "" if it fails
		message string // of the one file that fails
		gets    []string
		retries int64
	}{
		{"none", nil, data, "", []string{whole}, 0},
		{"cut once", trouble{cutAfter(4)}, data, "", []string{whole, part(4)}, 1},
		{"cut three times", trouble{cutAfter(4), cutAfter(1), cutAfter(1)}, data, "", []string{whole, part(4), part(5), part(6)}, 3},
		{"cut too often", trouble{cutAfter(1), cutAfter(1), cutAfter(1), cutAfter(1)}, "", "connection reset", []string{whole, part(1), part(2), part(3)}, 3},
		{"cut before a byte came", trouble{cutAfter(0)}, "", "connection reset", []string{whole}, 0},
		{"cut, then nothing more", trouble{cutAfter(4), cutAfter(0)}, "", "connection reset", []string{whole, part(4)}, 1},
		{"truncated", trouble{endAfter(4)}, data, "", []string{whole, part(4)}, 1},
		{"a bit flipped", trouble{flip}, data, "", []string{whole, whole}, 1},
		{"a bit flipped twice", trouble{flip, flip}, "", "twice: " + objstore.ErrChecksum.Error() + ": its CRC32C is a72e674d, listed 280c069e", []string{whole, whole}, 1},
		{"a bit flipped after a cut", trouble{cutAfter(4), flip}, data, "", []string{whole, whole, part(4)}, 2},
		{"too long", trouble{tooMuch}, data, "", []string{whole, whole}, 1},
		{"always too long", trouble{tooMuch, tooMuch}, "", "twice: " + objstore.ErrChecksum.Error() + ": more bytes than listed", []string{whole, whole}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			s.put(testRun.Bucket, testRun.Root+"/"+oneFile, data)
			s.put(testRun.Bucket, testRun.Root+"/finished.json", "{}")
			tt.trouble.on(s)
			var p Progress
			res, err := c.Fetch(t.Context(), s, testRun, Options{Progress: &p, Only: oneFile})
			want := map[string]string{"finished.json": "{}", oneFile: tt.want}
			if tt.want == "" {
				delete(want, oneFile)
				message := "cannot fetch all files: 1 of 2 fetched, 1 failed: " + oneFile + ": " + tt.message
				if err == nil || err.Error() != message {
					t.Errorf("error %v\nwant  %s", err, message)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			wantContents(t, res, want)
			asked := s.asked()
			asked = slices.DeleteFunc(asked, func(r string) bool { return !strings.HasPrefix(r, "get ") })
			if !slices.Equal(asked, tt.gets) {
				t.Errorf("asked %q, want %q", asked, tt.gets)
			}
			if got := p.Counts().Retries; got != tt.retries {
				t.Errorf("%d retries, want %d", got, tt.retries)
			}
			if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestOverwritten(t *testing.T) {
	name := testRun.Root + "/" + oneFile
	for _, tt := range []struct {
		name    string
		change  func(s *memStore, n int) // before the n-th download
		want    string
		message string
		notices []string
	}{
		{"once", func(s *memStore, n int) {
			if n == 0 {
				s.put(testRun.Bucket, name, "newer")
			}
		}, "newer", "", []string{oneFile + " was overwritten during the download: using the new content"}},
		{"for ever", func(s *memStore, n int) { s.put(testRun.Bucket, name, "newer and newer") }, "",
			"cannot fetch all files: 0 of 1 fetched, 1 failed: " + oneFile + ": was overwritten 3 times during the download; try again later",
			slices.Repeat([]string{oneFile + " was overwritten during the download: using the new content"}, 3)},
		{"deleted", func(s *memStore, n int) {
			s.delete(testRun.Bucket, name)
			s.put(testRun.Bucket, name+"2", "a longer name")
		}, "", "cannot fetch all files: 0 of 1 fetched, 1 failed: " + oneFile + ": was deleted from the bucket after it was listed", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			s.put(testRun.Bucket, name, "old")
			var notices []string
			n := 0
			store := &beforeGet{s, func() { tt.change(s, n); n++ }}
			res, err := c.Fetch(t.Context(), store, testRun, Options{Only: oneFile, Notice: func(n Notice) { notices = append(notices, n.Text) }})
			if tt.want != "" {
				if err != nil {
					t.Fatal(err)
				}
				wantContents(t, res, map[string]string{oneFile: tt.want})
			} else if err == nil || err.Error() != tt.message {
				t.Errorf("error %v\nwant  %s", err, tt.message)
			}
			if !slices.Equal(notices, tt.notices) {
				t.Errorf("notices %q, want %q", notices, tt.notices)
			}
			if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// big makes bytes that differ everywhere.
func big(n int) string {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{1}).Read(data)
	return string(data)
}

func TestSlices(t *testing.T) {
	const size = 2*sliceSize + 1000
	data := big(size)
	object := testRun.Bucket + "/" + testRun.Root + "/" + oneFile
	slice := func(i int) string {
		return fmt.Sprintf("get %s from %d to %d", object, i*sliceSize, min((i+1)*sliceSize, size))
	}
	isSlice := func(d []byte, i int) bool { return d[0] == data[i*sliceSize] && d[1] == data[i*sliceSize+1] }
	only := func(i int, do func([]byte, io.Writer) error) func(objstore.Object, []byte, io.Writer) error {
		var mu sync.Mutex
		done := false
		return func(_ objstore.Object, d []byte, w io.Writer) error {
			mu.Lock()
			now := !done && isSlice(d, i)
			done = done || now
			mu.Unlock()
			if now {
				return do(d, w)
			}
			return write(w, d)
		}
	}
	for _, tt := range []struct {
		name        string
		pool        int
		onGet       func(objstore.Object, []byte, io.Writer) error
		first, then []string // requests of the first call and, if that fails, of the second
	}{
		{"together", 8, nil, []string{slice(0), slice(1), slice(2)}, nil},
		{"one place in the pool", 1, nil, []string{slice(0), slice(1), slice(2)}, nil},
		{"a slice is cut", 1, only(1, cutAfter(10)),
			[]string{slice(0), slice(1), fmt.Sprintf("get %s from %d to %d", object, sliceSize+10, 2*sliceSize), slice(2)}, nil},
		{"a bit of a slice is flipped", 1, only(1, flip),
			[]string{slice(0), slice(0), slice(1), slice(1), slice(2), slice(2)}, nil},
		{"a slice fails, the next call goes on", 1, only(1, cutAfter(0)),
			[]string{slice(0), slice(1)}, []string{slice(1), slice(2)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			s.put(testRun.Bucket, testRun.Root+"/"+oneFile, data)
			s.onGet = tt.onGet
			requests := [][]string{tt.first, tt.then}
			for call, want := range requests {
				res, err := c.Fetch(t.Context(), s, testRun, Options{Only: oneFile, Pool: NewPool(tt.pool)})
				asked := slices.DeleteFunc(s.asked(), func(r string) bool { return !strings.HasPrefix(r, "get ") })
				slices.Sort(want)
				if !slices.Equal(asked, want) {
					t.Errorf("call %d asked %q\nwant %q", call, asked, want)
				}
				if call == 0 && tt.then != nil {
					if !errors.Is(err, errCut) {
						t.Errorf("error %v", err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if readFile(t, res.Files[0].Path) != data {
					t.Error("the bytes are wrong")
				}
				if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
					t.Errorf("left behind: %q", left)
				}
				break
			}
		})
	}
}

// A part of a large object is gone on with by the next call; that of a small one
// is not worth keeping.
func TestResumeNextTime(t *testing.T) {
	for _, tt := range []struct {
		name   string
		size   int
		change func(t *testing.T, s *memStore, part string)
		second string // where the second call starts; "" for a whole download
	}{
		{"small", 1000, nil, ""},
		{"large", keepAbove + 1000, nil, fmt.Sprintf(" from 900 to %d", keepAbove+1000)},
		{"large, overwritten since", keepAbove + 1000, func(t *testing.T, s *memStore, _ string) {
			s.put(testRun.Bucket, testRun.Root+"/"+oneFile, big(keepAbove+1000))
		}, ""},
		{"large, part damaged", keepAbove + 1000, func(t *testing.T, s *memStore, part string) {
			damage(t, part, func(b []byte) []byte { b[7]++; return b })
		}, fmt.Sprintf(" from 900 to %d", keepAbove+1000)}, // and then once more, from the start
		{"large, part longer than the object", keepAbove + 1000, func(t *testing.T, s *memStore, part string) {
			damage(t, part, func(b []byte) []byte { return make([]byte, keepAbove+1001) })
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(), openTest(t)
			data := big(tt.size)
			s.put(testRun.Bucket, testRun.Root+"/"+oneFile, data)
			trouble{cutAfter(900), cutAfter(0)}.on(s)
			if _, err := c.Fetch(t.Context(), s, testRun, Options{Only: oneFile}); !errors.Is(err, errCut) {
				t.Fatalf("error %v", err)
			}
			left := names(t, c.Dir(), "tmp")
			if (len(left) == 1) != (tt.size > keepAbove) {
				t.Fatalf("left behind: %q", left)
			}
			if tt.change != nil {
				tt.change(t, s, c.Dir()+string(os.PathSeparator)+left[0])
			}
			s.asked()
			res, err := c.Fetch(t.Context(), s, testRun, Options{Only: oneFile})
			if err != nil {
				t.Fatal(err)
			}
			if got := readFile(t, res.Files[0].Path); got != data {
				t.Error("the bytes are wrong")
			}
			asked := s.asked()
			want := "get " + testRun.Bucket + "/" + testRun.Root + "/" + oneFile + tt.second
			if !slices.Contains(asked, want) || tt.second == "" && gets(asked) != 1 {
				t.Errorf("asked %q, want %q", asked, want)
			}
			if left := names(t, c.Dir(), "tmp"); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}
