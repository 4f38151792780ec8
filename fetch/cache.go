package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"prowtrace/prow"
)

// A Cache is a directory of runs:
//
//	CACHEDIR.TAG                      keeps backup programs away
//	jobs/<hash of bucket and root>/
//	    manifest.json                 what the bucket listed and when, what is held
//	    blobs/<hash of bucket, object, generation>   stored bytes, never changed
//	    artifacts/                    logs, and what else was asked for by its name, as texts
//	    listing.json                  all of the run, if it was asked for
//	    tmp/                          downloads under way
//	locks/<hash of bucket and root>.work and .use
//	notes/<hash of job>/<hash of bucket and root>.json
//	kept/<hash of kind and job>/<hash of bucket and root>.json
//	locks/<hash of kind and job>.kept
//	scratch/                          see ScratchDir
//
// Object names never reach the file system: a hash has no colons, no reserved
// words, no parent directories and no length to speak of. The generation is
// part of the key, so a blob that exists is right for ever.
//
// A Cache is safe for concurrent use, also by several processes.
type Cache struct {
	dir  string
	temp bool // goes with Close

	now  func() time.Time
	free func(dir string) int64 // bytes, -1 if unknown

	reader func(prow.Run) string // see ReadBy; nil: all readers are the same
}

// OpenCache opens the cache at dir, and creates it if it does not exist. An
// empty dir means $PROWTRACE_CACHE or, if that is not set, prowtrace/v1 in the user's
// cache directory. Directories are private to the user, because some buckets are.
func OpenCache(dir string) (*Cache, error) {
	dir, err := cacheDir(dir)
	if err != nil {
		return nil, &CacheError{Op: "find", Err: err}
	}
	c := &Cache{dir: dir, now: time.Now, free: freeBytes}
	for _, sub := range []string{"jobs", "locks"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, &CacheError{Op: "create", Dir: dir, Err: err}
		}
	}
	return c, c.tag()
}

// cacheDir returns the absolute path of a cache; "" means the user's cache.
func cacheDir(dir string) (string, error) {
	if dir == "" {
		dir = os.Getenv("PROWTRACE_CACHE")
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(base, "prowtrace", "v1")
	}
	return filepath.Abs(dir)
}

// OpenTemp opens a new cache in a temporary directory, for users who want
// to leave nothing behind. Close removes it.
func OpenTemp() (*Cache, error) {
	dir, err := os.MkdirTemp("", "prowtrace-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary cache: %w", err)
	}
	c, err := OpenCache(dir)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	c.temp = true
	return c, nil
}

// ReadBy sets whose rights the cache's caller reads each run with. "" stands for everybody's
// rights, as in a Cache without ReadBy. A run and its notes are given only to callers with
// the rights that it was read with; others read it anew. Call it before any other method.
func (c *Cache) ReadBy(reader func(prow.Run) string) { c.reader = reader }

// Close ends the use of the cache. A temporary cache is removed with all its files.
func (c *Cache) Close() error {
	if !c.temp {
		return nil
	}
	return os.RemoveAll(c.dir)
}

// Dir returns the cache's directory, absolute.
func (c *Cache) Dir() string { return c.dir }

// tag marks the directory as a cache, see https://bford.info/cachedir/.
func (c *Cache) tag() error {
	f, err := os.OpenFile(filepath.Join(c.dir, "CACHEDIR.TAG"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return &CacheError{Op: "write to", Dir: c.dir, Err: err}
	}
	_, err = f.WriteString("Signature: 8a477f597d28d172789f06886806bc55\n# Downloads of prowtrace; all of it can be fetched again.\n")
	return errors.Join(err, f.Close())
}

// CacheError says that there is no usable cache: its directory cannot be
// found, created or written to.
type CacheError struct {
	Op  string // "find", "create", "write to"
	Dir string // "" if it could not be found
	Err error
}

func (e *CacheError) Error() string {
	if e.Dir == "" {
		return "cannot " + e.Op + " a directory for the cache: " + e.Err.Error()
	}
	return "cannot " + e.Op + " the cache " + e.Dir + ": " + e.Err.Error()
}

func (e *CacheError) Unwrap() error { return e.Err }

// runDir is the directory of one run in the cache.
type runDir string

// runDir names the directory by the bucket, the place in it and the reader. The provider is
// part of the name, because another provider's store may have a bucket of the same name.
func (c *Cache) runDir(run prow.Run) runDir {
	bucket := run.Bucket
	if run.Provider != "" && run.Provider != prow.DefaultProvider {
		bucket = run.Provider + "://" + bucket
	}
	parts := []string{bucket, run.Root}
	if c.reader != nil {
		if reader := c.reader(run); reader != "" {
			parts = append(parts, reader)
		}
	}
	return runDir(filepath.Join(c.dir, "jobs", hash(parts...)[:32]))
}

// mayRead reports whether the run with this id was read with the rights of the caller.
func (c *Cache) mayRead(run prow.Run, id string) bool {
	return c.reader == nil || c.runDir(run).id() == id
}

func (d runDir) cacheDir() string { return filepath.Dir(filepath.Dir(string(d))) }

// id names the run in the cache.
func (d runDir) id() string { return filepath.Base(string(d)) }

func (d runDir) manifest() string { return filepath.Join(string(d), "manifest.json") }
func (d runDir) tmp() string      { return filepath.Join(string(d), "tmp") }

func (d runDir) blob(run prow.Run, e *entry) string {
	return filepath.Join(string(d), "blobs", key(run, e))
}

// part returns where a blob is received. Its name stays the same as long as the blob's, so
// the next process can go on where one was killed.
func (d runDir) part(run prow.Run, e *entry) string {
	return filepath.Join(d.tmp(), key(run, e)+".part")
}

func key(run prow.Run, e *entry) string {
	return hash(run.Bucket, run.Root+"/"+e.Name, e.Version.key())
}

// make creates the directories that a download writes to.
func (d runDir) make() error {
	for _, sub := range []string{"blobs", "tmp"} {
		if err := os.MkdirAll(filepath.Join(string(d), sub), 0o700); err != nil {
			return &CacheError{Op: "write to", Dir: d.cacheDir(), Err: err}
		}
	}
	return nil
}

// touch marks the run as used at t.
func (d runDir) touch(t time.Time) { os.Chtimes(d.manifest(), t, t) }

// sweep removes what killed processes left of downloads.
func (d runDir) sweep() {
	left, _ := os.ReadDir(d.tmp())
	for _, f := range left {
		os.Remove(filepath.Join(d.tmp(), f.Name()))
	}
}

// drop removes the blobs that the manifest does not name: older generations of
// objects that were overwritten.
func (d runDir) drop(m manifest) {
	keep := map[string]bool{}
	for _, e := range m.Files {
		keep[key(m.Run, &e)] = true
	}
	blobs := filepath.Join(string(d), "blobs")
	have, _ := os.ReadDir(blobs)
	for _, f := range have {
		if !keep[f.Name()] {
			os.Remove(filepath.Join(blobs, f.Name()))
		}
	}
}

// removeEmpty removes the directories that make created, if they are still empty.
func (d runDir) removeEmpty() {
	for _, dir := range []string{d.tmp(), filepath.Join(string(d), "blobs"), string(d)} {
		os.Remove(dir)
	}
}

// hash names a thing by its parts; the zero byte between them cannot occur in a
// bucket's or an object's name.
func hash(parts ...string) string {
	h := sha256.New()
	for i, p := range parts {
		if i > 0 {
			h.Write([]byte{0})
		}
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}
