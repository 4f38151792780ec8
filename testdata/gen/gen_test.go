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
	for name, s := range map[string]sample{"bucket": buckets(t), "deck": liveLogs()} {
		t.Run(name, func(t *testing.T) { committed(t, s, filepath.Join("..", name)) })
	}
}

// committed compares a directory with what would be written to it.
func committed(t *testing.T, s sample, dir string) {
	t.Helper()
	written := t.TempDir()
	if err := s.write(written); err != nil {
		t.Fatal(err)
	}
	want, got := readTree(t, written), readTree(t, dir)
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
	first, second := buckets(t), buckets(t)
	if !maps.EqualFunc(first, second, func(a, b bucket) bool { return maps.EqualFunc(a, b, bytes.Equal) }) {
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
