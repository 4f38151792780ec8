package otelfile

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	big := join(traces, bytes.Repeat(one, 100_000)) // above the size that is mapped
	for _, test := range []struct {
		name    string
		options Options
		file    []byte
		records int
		mapped  bool
	}{
		{"small, read", Options{}, join(traces, one, two), 2, false},
		{"small, mapped on demand", Options{MapFrom: 1}, join(traces, one, two), 2, true},
		{"large, mapped", Options{}, big, 100_000, true},
		{"large, read on demand", Options{MapFrom: -1}, big, 100_000, false},
		{"gzip, not mapped after unpacking", Options{MapFrom: 1}, zipped(big), 100_000, false},
		{"empty", Options{MapFrom: 1}, nil, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "kops-1-2026-11-25T06:01:05Z.otel")
			if runtime.GOOS == "windows" {
				path = filepath.Join(t.TempDir(), "kops-1.otel")
			}
			if err := os.WriteFile(path, test.file, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := test.options.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if payloads, _ := read(t, f); len(payloads) != test.records {
				t.Errorf("%d records, want %d", len(payloads), test.records)
			}
			if mapped := f.unmap != nil; mapped != (test.mapped && runtime.GOOS != "windows") {
				t.Errorf("mapped: %v, want %v", mapped, test.mapped)
			}
			if f.Name() != path {
				t.Errorf("name %q, want %q", f.Name(), path)
			}
			for range 2 {
				if err := f.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "absent.otel")); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "absent.otel") {
		t.Errorf("absent file: error %v, want one that names it", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), dir+" is a directory") {
		t.Errorf("directory: error %v", err)
	}
}

// What comes through a pipe has no size and cannot be mapped.
func TestOpenPipe(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /dev/fd")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		w.Write(join(traces, one, two))
		w.Close()
	}()
	f, err := Open(fmt.Sprintf("/dev/fd/%d", r.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if payloads, problems := read(t, f); strings.Join(payloads, " ") != "one two" || len(problems) != 0 {
		t.Errorf("payloads %q, problems %q", payloads, problems)
	}
}

func TestGzip(t *testing.T) {
	plain := join(traces, one, two)
	for _, test := range []struct {
		name     string
		file     []byte
		limit    int64
		want     string
		format   Format
		problems []string
	}{
		{name: "one layer", file: zipped(plain), want: "one two", format: FormatOtel},
		{name: "two layers", file: zipped(zipped(plain)), want: "one two", format: FormatOtel},
		{name: "two members", file: join(zipped(plain), zipped(three)), want: "one two three", format: FormatOtel},
		{
			name: "three layers", file: zipped(zipped(zipped(plain))), format: FormatUnknown,
			problems: []string{"foreign file @0: not a trace file: it is still gzip after two layers were unpacked"},
		}, {
			name: "nothing inside", file: zipped(nil), format: FormatEmpty,
			problems: []string{"empty file @0: the file is empty"},
		}, {
			name: "only the magic bytes", file: zipped(plain)[:3], format: FormatEmpty,
			problems: []string{"damaged compression @0: the gzip data (3 bytes) is cut off: 0 bytes unpacked"},
		}, {
			name: "trailer torn off", file: cutEnd(stored(plain), 4), want: "one two", format: FormatOtel,
			problems: []string{"damaged compression @122: the gzip data (141 bytes) is cut off: 122 bytes unpacked"},
		}, {
			name: "torn in the middle", file: cutEnd(stored(plain), 19), want: "one", format: FormatOtel,
			problems: []string{
				"damaged compression @111: the gzip data (126 bytes) is cut off: 111 bytes unpacked",
				"torn header @103: cut off at byte 111: the compressed file is not complete",
			},
		}, {
			name: "both layers torn", file: cutEnd(stored(cutEnd(stored(plain), 4)), 14), want: "one", format: FormatOtel,
			problems: []string{
				"damaged compression @120: the gzip data (150 bytes) is cut off: 135 bytes unpacked",
				"torn payload @103: cut off at byte 120: the compressed file is not complete",
			},
		}, {
			name: "followed by something else", file: join(stored(plain), []byte("0123456789")), want: "one two", format: FormatOtel,
			problems: []string{"damaged compression @122: the gzip data (155 bytes) is damaged or followed by other data: 122 bytes unpacked"},
		}, {
			name: "checksum wrong", file: spoil(stored(plain), -8), want: "one two", format: FormatOtel,
			problems: []string{"damaged compression @122: the gzip data (145 bytes) is damaged (its checksum is wrong): 122 bytes unpacked"},
		}, {
			name: "more than the limit", file: stored(join(plain, make([]byte, 1000))), limit: 110, want: "one", format: FormatOtel,
			problems: []string{
				"too large @110: the gzip data (1145 bytes) unpacks to more than 110 bytes: the rest was not read",
				"torn header @103: cut off at byte 110: the compressed file is not complete",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := Options{MaxDecoded: test.limit}.Parse("kops.otel", test.file)
			if err != nil {
				t.Fatal(err)
			}
			if f.Format() != test.format {
				t.Errorf("format %v, want %v", f.Format(), test.format)
			}
			payloads, problems := read(t, f)
			if got := strings.Join(payloads, " "); got != test.want {
				t.Errorf("payloads %q, want %q", got, test.want)
			}
			if got, want := strings.Join(problems, "\n"), strings.Join(test.problems, "\n"); got != want {
				t.Errorf("problems\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestGzipBomb(t *testing.T) {
	const limit = 1 << 20
	bomb := zipped(zipped(make([]byte, 16<<20)))
	f, err := Options{MaxDecoded: limit}.Parse("bomb.gz", bomb)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Bytes()) != limit || cap(f.Bytes()) > 2*limit {
		t.Errorf("%d bytes unpacked into a buffer of %d, the limit was %d", len(f.Bytes()), cap(f.Bytes()), limit)
	}
	_, problems := read(t, f)
	if len(problems) == 0 || !strings.HasPrefix(problems[0], "too large @1048576: ") {
		t.Errorf("problems %q, want the first to say too large", problems)
	}
}

// A bomb is stopped by its ratio long before the limit for honest files.
func TestDecodedLimit(t *testing.T) {
	for _, test := range []struct {
		max    int64
		stored int
		want   int64
	}{
		{0, 0, 64 << 20},
		{0, 1 << 20, 64<<20 + 256<<20},
		{0, 1 << 30, 4 << 30},
		{1 << 40, 1 << 30, 64<<20 + 256<<30},
		{1000, 1 << 20, 1000},
		{-1, 1 << 20, 0},
	} {
		want := min(test.want, math.MaxInt-1)
		if got := (Options{MaxDecoded: test.max}).decodedLimit(test.stored); got != want {
			t.Errorf("at most %d bytes, %d stored: limit %d, want %d", test.max, test.stored, got, want)
		}
	}
}

// A limit that is used up unpacks nothing; only 0 stands for the default.
func TestNoRoomToUnpack(t *testing.T) {
	f, err := Options{MaxDecoded: -1}.Parse("kops.otel", zipped(join(traces, one)))
	if err != nil {
		t.Fatal(err)
	}
	payloads, problems := read(t, f)
	if len(f.Bytes()) != 0 || len(payloads) != 0 || len(problems) != 1 || !strings.HasPrefix(problems[0], "too large") {
		t.Errorf("%d bytes, payloads %q, problems %q", len(f.Bytes()), payloads, problems)
	}
}

func TestSniff(t *testing.T) {
	plain := join(traces, one)
	for _, test := range []struct {
		name, file string
		data       []byte
		format     Format
		says       string
	}{
		{"another extension", "trace.json", plain, FormatOtel, ""},
		{"no extension", "-", plain, FormatOtel, ""},
		{"header only, another name", "x", plain[:16], FormatOtel, ""},
		{"torn declaration, another name", "x", plain[:40], FormatOtel, ""},
		{"wrong checksum, another name", "x", join(damaged(traces), one), FormatUnknown, "begins with the bytes 00 00 00 44"},
		{"wrong checksum, our name", "x.otel.gz", join(damaged(traces), one), FormatOtel, ""},
		{"a few bytes, another name", "x", plain[:7], FormatUnknown, "begins with the bytes 00 00 00 44"},
		{"a few bytes, our name", "x.otel", plain[:7], FormatOtel, ""},
		{"no declaration first", "x.otel", one, FormatUnknown, "begins with the bytes"},
		{"flags on the declaration", "x.otel", flagged(traces, 1), FormatUnknown, "begins with the bytes"},
		{"declaration too long", "x.otel", lengthened(traces, maxDeclaration+1), FormatUnknown, "begins with the bytes"},
		{"zeros", "x.otel", make([]byte, 100), FormatUnknown, "begins with the bytes 00"},
		{"OTLP JSON", "x.otel", []byte(`{"resourceSpans":[]}`), FormatOTLPJSON, "no spans"},
		{"JSON with a byte order mark", "x.otel", []byte("\ufeff\r\n [1]"), FormatUnknown, "JSON"},
		{"web page", "x.otel", []byte("\n<!DOCTYPE html><html>"), FormatUnknown, "web page"},
		{"storage error", "x.otel", []byte("<?xml version='1.0'?><Error><Code>NoSuchKey</Code></Error>"), FormatUnknown, "error of the object store"},
		{"text", "build-log.txt", []byte("I1125 06:01:05 naïve ☃\n\tstarting\r\n"), FormatUnknown, "text"},
		{"zstd", "x", []byte("\x28\xb5\x2f\xfd\x04\x00"), FormatEmpty, "the zstd data (6 bytes) is cut off"},
		{"UTF-16", "x.json", []byte("\xff\xfe{\x00"), FormatUnknown, "UTF-16"},
		{"UTF-16 without a mark", "x.json", []byte("\x00[\x00{"), FormatUnknown, "UTF-16"},
		{"zip", "x", []byte("PK\x03\x04\x14\x00"), FormatUnknown, "zip"},
		{"tar", "x", tarHeader(), FormatUnknown, "tar archive"},
		{"gzip of something else", "x", zipped([]byte("hello")), FormatUnknown, "text"},
		{"looks like gzip", "x", []byte("\x1f\x8b\x07\x00"), FormatUnknown, "begins with the bytes 1f 8b 07 00"},
		{"terminal escapes", "x", []byte("\x1b]0;title\x07"), FormatUnknown, "begins with the bytes 1b 5d"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f, err := Parse(test.file, test.data)
			if err != nil {
				t.Fatal(err)
			}
			if f.Format() != test.format {
				t.Errorf("format %v, want %v", f.Format(), test.format)
			}
			_, problems := read(t, f)
			if all := strings.Join(problems, "\n"); !strings.Contains(all, test.says) {
				t.Errorf("problems %q do not say %q", all, test.says)
			}
			if test.format == FormatUnknown && (len(problems) != 1 || !strings.HasPrefix(problems[0], "foreign file @0: ")) {
				t.Errorf("problems %q, want one that says foreign file", problems)
			}
		})
	}
}

// FuzzOpen checks that any file opens, and what holds for its records, with the data
// as it is and under one and two layers of gzip, whole and torn.
func FuzzOpen(f *testing.F) {
	plain := join(traces, one, damaged(two), three)
	f.Add(plain, uint16(0))
	f.Add(zipped(plain), uint16(3))
	f.Add(zipped(zipped(plain)), uint16(9))
	f.Add(cutEnd(stored(plain), 20), uint16(70))
	f.Add([]byte(`{"resourceSpans":[]}`), uint16(1))
	f.Add([]byte("0000\x1f\x8b\b0"), uint16(9))
	f.Fuzz(func(t *testing.T, data []byte, cut uint16) {
		packed := stored(data) // the cheapest layer: what matters here is what it holds
		for _, file := range [][]byte{data, packed, stored(packed), packed[:max(0, len(packed)-int(cut))]} {
			const limit = 1 << 16
			opened, err := Options{MaxDecoded: limit}.Parse("x", file)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(opened.Bytes()); n > limit && n != len(file) {
				t.Fatalf("%d bytes unpacked, the limit was %d", n, limit)
			}
			for r := range opened.Records(func(p Problem) { checkProblem(t, opened, p) }) {
				if !bytes.Equal(opened.Bytes()[r.Offset:][:len(r.Payload)], r.Payload) {
					t.Fatalf("the payload at %d is not what the file has there", r.Offset)
				}
			}
			if err := opened.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if unpacked, problem := unpack(packed, 1<<20); !isGzip(data) && (!bytes.Equal(unpacked, data) || problem != nil) {
			t.Fatalf("one layer of gzip gave other bytes, problem %v", problem)
		}
	})
}

func zipped(data []byte) []byte { return gzipped(data, gzip.BestSpeed) }

func gzipped(data []byte, level int) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		panic(err)
	}
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// stored is gzip without compression: a test can count its bytes, and fuzzing is not
// slowed down by a compressor's tables.
func stored(data []byte) []byte {
	b := []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}
	for rest := data; ; {
		n := min(len(rest), math.MaxUint16)
		last := byte(0)
		if n == len(rest) {
			last = 1
		}
		b = binary.LittleEndian.AppendUint16(append(b, last), uint16(n))
		b = binary.LittleEndian.AppendUint16(b, ^uint16(n))
		b = append(b, rest[:n]...)
		if rest = rest[n:]; last == 1 {
			break
		}
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(data))
	return binary.LittleEndian.AppendUint32(b, uint32(len(data)))
}

func cutEnd(data []byte, n int) []byte { return data[:len(data)-n] }

// spoil changes one byte, counted from the end where at is negative.
func spoil(data []byte, at int) []byte {
	data = bytes.Clone(data)
	data[len(data)+at] ^= 1
	return data
}

func tarHeader() []byte {
	block := make([]byte, 512)
	copy(block, "artifacts/otlp/kops.otel")
	copy(block[257:], "ustar\x0000")
	return block
}
