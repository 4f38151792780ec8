package fetch

import (
	"os"
	"time"
)

// OpenDir gives the run whose directory in a cache is dir (Result.Dir), as far
// as the cache holds it, without a request and without a check of the bytes.
// ok tells whether dir is one.
func OpenDir(dir string) (res *Result, ok bool) {
	d := runDir(dir)
	m := d.readManifest()
	if m.Run.Bucket == "" {
		return nil, false
	}
	t := transfer{run: m.Run, dir: d}
	var held []entry
	for _, e := range m.Files {
		if fi, err := os.Stat(d.blob(m.Run, &e)); err == nil && fi.Size() == e.Size {
			held = append(held, e)
		}
	}
	var listed time.Time
	for _, l := range m.Listings {
		if l.At.After(listed) {
			listed = l.At
		}
	}
	res = t.result(held, listed)
	res.FromCache = true
	return res, true
}
