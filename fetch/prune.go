package fetch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"prowtrace/prow"
)

// A CachedRun is a run as the cache knows it.
type CachedRun struct {
	Run    prow.Run // zero if the run's first fetch did not finish
	Dir    string
	Files  int       // trace files and metadata
	Size   int64     // bytes on disk, parts included
	Logs   int64     // bytes of Size that are logs and other requested artifacts
	Used   time.Time // last Fetch
	Listed time.Time // when the bucket was last asked
	Ended  bool      // it will not be requested again

	compared bool // its logs were only fetched for comparison with other runs
}

// Runs lists what is in the cache, the last used first.
func (c *Cache) Runs() ([]CachedRun, error) {
	runs, err := c.allRuns()
	return slices.DeleteFunc(runs, func(r CachedRun) bool { return !c.mayRead(r.Run, runDir(r.Dir).id()) }), err
}

// allRuns lists the runs of all readers.
func (c *Cache) allRuns() ([]CachedRun, error) {
	dirs, err := os.ReadDir(filepath.Join(c.dir, "jobs"))
	if err != nil {
		return nil, fmt.Errorf("cannot list the cache: %w", err)
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
	r := CachedRun{Run: m.Run, Dir: string(d), Files: len(m.Files), Size: sizeOf(string(d)), Logs: sizeOf(d.artifactDir())}
	r.compared = m.Logs != nil && m.Logs.Compared
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

// sizeOf adds up the files of a directory. A file that vanishes meanwhile counts as 0.
func sizeOf(dir string) (total int64) {
	filepath.WalkDir(dir, func(_ string, f fs.DirEntry, err error) error {
		if err == nil && f.Type().IsRegular() {
			if fi, err := f.Info(); err == nil {
				total += fi.Size()
			}
		}
		return nil
	})
	return total
}

// Limits say what may stay in the cache. A zero field sets no limit.
type Limits struct {
	Size int64         // bytes of all runs together
	Age  time.Duration // since a run was last used
}

// DefaultLimits are for automatic pruning.
var DefaultLimits = Limits{Size: 5e9, Age: 30 * 24 * time.Hour}

// Pruned lists what pruning has removed.
type Pruned struct {
	Runs []CachedRun // as they were before
	Logs []CachedRun // runs of which only the logs were removed, as they were before
	Size int64       // bytes removed in total
}

// Prune removes runs that are too old. Then it removes what is beyond the
// size limit, the least recently used first: logs that were only fetched for comparison
// with other runs, then all logs, then whole runs. Runs that a process works on or shows
// are kept.
func (c *Cache) Prune(l Limits) (Pruned, error) {
	return c.prune(l, func(r CachedRun) bool { return l.Age > 0 && c.now().Sub(r.Used) > l.Age })
}

// Clear removes all notes, and all runs except those that a process works on or shows.
func (c *Cache) Clear() (Pruned, error) {
	c.clearNotes()
	return c.prune(Limits{}, func(CachedRun) bool { return true })
}

// pruning is the state of one Prune or Clear.
type pruning struct {
	c     *Cache
	runs  []CachedRun // the runs that are left, the last used first
	total int64       // bytes of the runs that are left
	done  Pruned
	errs  []error
}

// prune removes the runs that drop chooses, then what is beyond the size limit.
func (c *Cache) prune(l Limits, drop func(CachedRun) bool) (Pruned, error) {
	runs, err := c.allRuns()
	if err != nil {
		return Pruned{}, err
	}
	p := &pruning{c: c, runs: runs}
	for _, r := range runs {
		p.total += r.Size
	}
	tooLarge := func() bool { return l.Size > 0 && p.total > l.Size }
	p.removeRuns(drop)
	for _, compared := range []bool{true, false} {
		p.removeLogs(func(r CachedRun) bool { return tooLarge() && r.compared == compared })
	}
	p.removeRuns(func(CachedRun) bool { return tooLarge() })
	c.pruneLocks()
	c.pruneNotes()
	return p.done, errors.Join(p.errs...)
}

// removeRuns removes whole runs, the least recently used first.
func (p *pruning) removeRuns(which func(CachedRun) bool) {
	for i := len(p.runs) - 1; i >= 0; i-- {
		r := p.runs[i]
		if !which(r) {
			continue
		}
		ok, err := p.c.remove(runDir(r.Dir))
		if err != nil {
			p.errs = append(p.errs, fmt.Errorf("cannot remove a run from the cache: %w", err))
		}
		if ok {
			p.runs = slices.Delete(p.runs, i, i+1)
			p.total -= r.Size
			p.done.Size += r.Size
			p.done.Logs = slices.DeleteFunc(p.done.Logs, func(l CachedRun) bool { return l.Dir == r.Dir })
			p.done.Runs = append(p.done.Runs, r)
		}
	}
}

// removeLogs removes the logs of runs, in the same order.
func (p *pruning) removeLogs(which func(CachedRun) bool) {
	for i := len(p.runs) - 1; i >= 0; i-- {
		r := p.runs[i]
		if r.Logs == 0 || !which(r) {
			continue
		}
		d := runDir(r.Dir)
		ok, err := p.c.alone(d, func() error { return os.RemoveAll(d.artifactDir()) })
		if err != nil {
			p.errs = append(p.errs, fmt.Errorf("cannot remove logs from the cache: %w", err))
		}
		if ok {
			p.done.Logs = append(p.done.Logs, r)
			p.runs[i].Size, p.runs[i].Logs = r.Size-r.Logs, 0
			p.total -= r.Logs
			p.done.Size += r.Logs
		}
	}
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
				return errors.New("the run was fetched meanwhile")
			}
			return nil
		})
	}
}

func (d runDir) exists() bool {
	_, err := os.Lstat(string(d))
	return !errors.Is(err, fs.ErrNotExist)
}

// remove deletes a run, unless it is in use. The manifest goes first: if the process is killed
// in between, the remaining blobs are unused.
func (c *Cache) remove(d runDir) (bool, error) {
	return c.alone(d, func() error {
		if err := os.Remove(d.manifest()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.RemoveAll(string(d))
	})
}

// alone runs a function on a run that no process works on or shows, and removes the run's
// locks if the function succeeds. It reports whether it succeeded.
func (c *Cache) alone(d runDir, do func() error) (done bool, err error) {
	work := c.newLock(d.id(), "work")
	if ok, err := c.tryExclusive(work); !ok || err != nil {
		return false, err
	}
	defer func() {
		if done && runtime.GOOS == "windows" { // Windows does not remove a file that is open
			c.removeLocks(d.id())
		}
	}()
	defer work.Unlock()
	unlock, ok := c.lockUnused(d.id())
	if !ok {
		return false, nil
	}
	defer unlock()
	if err := do(); err != nil {
		return false, err
	}
	if runtime.GOOS != "windows" { // only while they are held: another process could lock them
		c.removeLocks(d.id())
	}
	return true, nil
}

func (c *Cache) removeLocks(id string) {
	os.Remove(c.lockPath(id, "work"))
	os.Remove(c.lockPath(id, "use"))
}
