package fetch

import (
	"os"
	"path/filepath"
	"time"
)

// scratchAge is the age at which an unused file in the scratch directory is removed.
const scratchAge = 3 * 24 * time.Hour

// ScratchDir returns a directory in the user's cache for files that are needed only while a
// process runs. They are too large for memory, and the system's directory for temporary files
// is often in memory. The caller creates the directory and removes its files. ScratchDir removes
// files that killed processes left days ago. It returns "" if there is no cache.
func ScratchDir(now time.Time) string {
	cache, err := cacheDir("")
	if err != nil {
		return ""
	}
	dir := filepath.Join(cache, "scratch")
	left, _ := os.ReadDir(dir)
	for _, f := range left {
		if fi, err := f.Info(); err == nil && fi.Mode().IsRegular() && now.Sub(fi.ModTime()) > scratchAge {
			os.Remove(filepath.Join(dir, f.Name()))
		}
	}
	return dir
}
