package fetch

import (
	"os"
	"path/filepath"
	"time"
)

// scratchAge is how old a file in the scratch directory is that nobody uses any more.
const scratchAge = 3 * 24 * time.Hour

// ScratchDir is a directory in the user's cache for files that are of use only while a
// process runs, and too large for memory, which is what the system's directory for
// temporary files often is. The caller makes it, and removes its files. Those that killed
// processes have left for days are removed here. It is "" where there is no cache.
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
