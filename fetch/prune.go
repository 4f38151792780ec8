package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"prowtrace/prow"
)

// A CachedRun is a run as the cache knows it.
type CachedRun struct {
	Run    prow.Run // zero for a run whose first fetch did not come to its end
	Dir    string
	Files  int       // trace files and metadata
	Size   int64     // bytes on disk, parts included
	Used   time.Time // last Fetch
	Listed time.Time // when the bucket was last asked
	Ended  bool      // it will not be asked again
}

// Runs lists what is in the cache, the last used first.
func (c *Cache) Runs() ([]CachedRun, error) {
	dirs, err := os.ReadDir(filepath.Join(c.dir, "jobs"))
	if err != nil {
		return nil, fmt.Errorf("list the cache: %w", err)
	}
	var runs []CachedRun
	for _, d := range dirs {
		if d.IsDir() {
			runs = append(runs, runDir(filepath.Join(c.dir, "jobs", d.Name())).describe())
		}
	}
	slices.SortFunc(runs, func(a, b CachedRun) int {
		if order := b.Used.Compare(a.Used); order != 0 {
			return order
		}
		return strings.Compare(a.Dir, b.Dir)
	})
	return runs, nil
}

func (d runDir) describe() CachedRun {
	m := d.readManifest()
	r := CachedRun{Run: m.Run, Dir: string(d), Files: len(m.Files), Size: d.size()}
	for _, l := range m.Listings {
		if l.At.After(r.Listed) {
			r.Listed, r.Ended = l.At, l.Final
		}
	}
	for _, path := range []string{d.manifest(), string(d)} {
		if fi, err := os.Stat(path); err == nil {
			r.Used = fi.ModTime()
			break
		}
	}
	return r
}

// size adds up the files of a run; what vanishes meanwhile counts as nothing.
func (d runDir) size() (total int64) {
	filepath.WalkDir(string(d), func(_ string, f fs.DirEntry, err error) error {
		if err == nil && f.Type().IsRegular() {
			if fi, err := f.Info(); err == nil {
				total += fi.Size()
			}
		}
		return nil
	})
	return total
}

// Limits say what may stay in the cache; a zero field sets no limit.
type Limits struct {
	Size int64         // bytes of all runs together
	Age  time.Duration // since a run was last used
}

// DefaultLimits are for pruning now and then without being told to.
var DefaultLimits = Limits{Size: 5e9, Age: 30 * 24 * time.Hour}

// Prune removes whole runs, the least recently used first, until the limits are
// kept, and returns those that it has removed. Runs that a process works on or
// shows are left alone.
func (c *Cache) Prune(l Limits) ([]CachedRun, error) {
	return c.prune(func(r CachedRun, total int64) bool {
		return l.Size > 0 && total > l.Size || l.Age > 0 && c.now().Sub(r.Used) > l.Age
	})
}

// Clear removes all runs but those that a process works on or shows.
func (c *Cache) Clear() ([]CachedRun, error) {
	return c.prune(func(CachedRun, int64) bool { return true })
}

// prune removes the runs that drop chooses, given the size of what is left.
func (c *Cache) prune(drop func(r CachedRun, total int64) bool) ([]CachedRun, error) {
	runs, err := c.Runs()
	if err != nil {
		return nil, err
	}
	var total int64
	for _, r := range runs {
		total += r.Size
	}
	var gone []CachedRun
	var errs []error
	for _, r := range slices.Backward(runs) {
		if !drop(r, total) {
			continue
		}
		ok, err := c.remove(runDir(r.Dir))
		if err != nil {
			errs = append(errs, fmt.Errorf("remove a run from the cache: %w", err))
		}
		if ok {
			gone = append(gone, r)
			total -= r.Size
		}
	}
	c.pruneLocks()
	return gone, errors.Join(errs...)
}

// pruneLocks removes the locks of runs that were looked for and not found.
func (c *Cache) pruneLocks() {
	locks, _ := os.ReadDir(filepath.Join(c.dir, "locks"))
	for _, f := range locks {
		id, _, _ := strings.Cut(f.Name(), ".")
		d := runDir(filepath.Join(c.dir, "jobs", id))
		if d.exists() {
			continue
		}
		c.alone(d, func() error {
			if d.exists() {
				return errors.New("it came meanwhile")
			}
			return nil
		})
	}
}

func (d runDir) exists() bool {
	_, err := os.Lstat(string(d))
	return !errors.Is(err, fs.ErrNotExist)
}

// remove deletes a run, unless it is in use. The manifest goes first: a kill in
// between leaves blobs that nothing counts on.
func (c *Cache) remove(d runDir) (bool, error) {
	return c.alone(d, func() error {
		if err := os.Remove(d.manifest()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.RemoveAll(string(d))
	})
}

// alone does something to a run that nobody works on or shows, and takes away its
// locks if it succeeds. It reports whether it did.
func (c *Cache) alone(d runDir, do func() error) (bool, error) {
	work := c.newLock(d.id(), "work")
	if ok, err := c.tryExclusive(work); !ok || err != nil {
		return false, err
	}
	defer work.Unlock()
	unlock, ok := c.lockUnused(d.id())
	if !ok {
		return false, nil
	}
	defer unlock()
	if err := do(); err != nil {
		return false, err
	}
	os.Remove(c.lockPath(d.id(), "work")) // Windows refuses while they are open: they are empty
	os.Remove(c.lockPath(d.id(), "use"))
	return true, nil
}
