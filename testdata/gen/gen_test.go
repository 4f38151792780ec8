package main

import (
	"bytes"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCommittedBucketIsCurrent(t *testing.T) {
	b, err := sampleBucket()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := b.write(dir); err != nil {
		t.Fatal(err)
	}
	want, got := readTree(t, dir), readTree(t, filepath.Join("..", "bucket"))
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if committed, ok := got[name]; !ok {
			t.Errorf("%s is missing", name)
		} else if !bytes.Equal(committed, want[name]) {
			t.Errorf("%s differs", name)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s is left over", name)
	}
	if t.Failed() {
		t.Log("write it again: go run ./testdata/gen")
	}
}

func TestBucketIsTheSameEachTime(t *testing.T) {
	first, err := sampleBucket()
	if err != nil {
		t.Fatal(err)
	}
	second, err := sampleBucket()
	if err != nil {
		t.Fatal(err)
	}
	if !maps.EqualFunc(first, second, bytes.Equal) {
		t.Error("two runs of the generator made different buckets")
	}
}

func TestBucketIsSmall(t *testing.T) {
	const limit = 1_500_000
	total := 0
	for _, data := range readTree(t, filepath.Join("..", "bucket")) {
		total += len(data)
	}
	if total == 0 || total > limit {
		t.Errorf("the committed bucket has %d bytes, want at most %d", total, limit)
	}
}

func TestDiskName(t *testing.T) {
	for _, test := range []struct{ name, object, disk string }{
		{"plain", "logs/job/1/started.json", "logs/job/1/started.json"},
		{"colons", "otlp/kops-1-2025-03-13T01:52:03Z.otel", "otlp/kops-1-2025-03-13T01%3A52%3A03Z.otel"},
		{"percent", "logs/node%231.log", "logs/node%25231.log"},
		{"directory placeholder", "artifacts/otlp/", "artifacts/otlp%2F"},
	} {
		t.Run(test.name, func(t *testing.T) {
			disk := diskName(test.object)
			if disk != test.disk {
				t.Errorf("diskName(%q) = %q, want %q", test.object, disk, test.disk)
			}
			if object, err := url.PathUnescape(disk); err != nil || object != test.object {
				t.Errorf("%q is unescaped to %q, %v", disk, object, err)
			}
		})
	}
}

// readTree has the files below dir by their slash-separated paths.
func readTree(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path], err = fs.ReadFile(root, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
