package fetch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestScratchDirLosesOldFiles(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("PROWTRACE_CACHE", cache)
	now := time.Now()
	dir := ScratchDir(now)
	if dir != filepath.Join(cache, "scratch") {
		t.Fatalf("directory %q", dir)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory was made")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{"old": 4 * 24 * time.Hour, "new": time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	ScratchDir(now)
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "new" {
		t.Errorf("left are %v", left)
	}
}
