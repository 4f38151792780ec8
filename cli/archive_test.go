package cli_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
)

// archive makes a .tar.gz of a directory.
func archive(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func archiveFile(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "otlp.tar.gz")
	if err := os.WriteFile(path, archive(t, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
