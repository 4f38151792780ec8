package otelfile

import (
	"archive/tar"
	"bytes"
	"strings"
	"testing"
)

func tarOf(t *testing.T, files ...Member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{{Name: "dir/", Typeflag: tar.TypeDir}, {Name: "dir/link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.Name, Size: int64(len(f.Data)), Mode: 0o600, Format: tar.FormatPAX}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchives(t *testing.T) {
	one, two := Member{"otlp/kops-1-2026-11-25T06:01:05Z.otel", []byte("first")}, Member{"../../two", bytes.Repeat([]byte("2"), 3<<20)}
	plain := tarOf(t, one, two)
	tests := []struct {
		name    string
		in      []byte
		files   int
		archive bool
		err     string
	}{
		{"plain", plain, 2, true, ""},
		{"gzip", zipped(plain), 2, true, ""},
		{"gzip twice", zipped(zipped(plain)), 2, true, ""},
		{"zstd", zstdOf(t, plain), 2, true, ""},
		{"no files", tarOf(t), 0, true, ""},
		{"cut off in the second file", plain[:len(plain)-2<<20], 2, true, `in its file "../../two"`},
		{"cut off in a header", plain[:4*tarBlock+100], 1, true, "cut off after"},
		{"not an archive", []byte("hello"), 0, false, ""},
		{"gzip of something else", zipped([]byte("hello")), 0, false, ""},
		{"broken gzip", []byte{0x1f, 0x8b, 8, 1}, 0, false, ""},
		{"empty", nil, 0, false, ""},
		{"a bomb", zipped(tarOf(t, Member{"zeros", make([]byte, 200<<20)})), 1, true, "too much data"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, archive, err := new(Archives).Read(bytes.NewReader(tt.in))
			if len(files) != tt.files || archive != tt.archive || (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("%d files, archive %v, error %v; want %d, %v, %q", len(files), archive, err, tt.files, tt.archive, tt.err)
			}
			if len(files) == 2 && (files[0].Name != one.Name || string(files[0].Data) != "first" || err == nil && !bytes.Equal(files[1].Data, two.Data)) {
				t.Errorf("files %q %q with %d bytes", files[0].Name, files[1].Name, len(files[1].Data))
			}
		})
	}
}

// Many small archives unpack to no more than one may.
func TestArchivesShareTheirBounds(t *testing.T) {
	a := Archives{members: maxMembers - 1}
	packed := tarOf(t, Member{"one", []byte("1")}, Member{"two", []byte("2")})
	if files, _, err := a.Read(bytes.NewReader(packed)); len(files) != 1 || err == nil {
		t.Errorf("%d files, error %v", len(files), err)
	}
	a = Archives{bytes: maxArchiveBytes - 1}
	files, _, err := a.Read(bytes.NewReader(tarOf(t, Member{"large", make([]byte, 2<<20)})))
	if len(files) != 1 || len(files[0].Data) > 1<<20 || err == nil {
		t.Errorf("%d files, error %v", len(files), err)
	}
}
