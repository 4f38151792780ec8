package fetch

import (
	"os"
	"path/filepath"
)

// OpenDir returns the run whose directory in a cache is dir (Result.Dir), as far
// as the cache holds it. It sends no request and does not check the bytes.
// ok says whether dir is such a directory. If dir is still in its cache, the run is kept from
// pruning until the Result is closed. A copy of the directory works as well.
func OpenDir(dir string) (res *Result, ok bool) {
	d := runDir(filepath.Clean(dir))
	m := d.readManifest()
	if m.Run.Bucket == "" {
		return nil, false
	}
	var release func() error
	if abs, err := filepath.Abs(string(d)); err == nil {
		cache := &Cache{dir: runDir(abs).cacheDir()}
		if unlock, err := cache.lockUse(d.id()); err == nil {
			release = unlock
		}
	}
	t := transfer{run: m.Run, dir: d}
	var held []entry
	for _, e := range m.Files {
		if fi, err := os.Stat(d.blob(m.Run, &e)); err == nil && fi.Size() == e.Size {
			held = append(held, e)
		}
	}
	var newest listing
	for _, l := range m.Listings {
		if l.At.After(newest.At) {
			newest = l
		}
	}
	res = t.result(held, newest.At)
	res.Lost = newest.Lost
	res.Asked, res.FromCache, res.release = m.Run, true, release
	return res, true
}
