package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// Notes are short texts about runs. They outlive the files of the runs, which are large and
// expire in their bucket. So results stay known.

// Bounds of notes.
const (
	maxNote    = 256 << 10 // bytes of one
	mostNotes  = 500       // of a job
	mostOfJobs = 20_000    // that are read together
	mostBytes  = 256 << 20 // of these
	notesAge   = 180 * 24 * time.Hour
)

// A Note is a text that was stored about a run.
type Note struct {
	Run  prow.Run        `json:"run"`
	Text json.RawMessage `json:"text"`
}

func (c *Cache) notesDir() string { return filepath.Join(c.dir, "notes") }

// jobNotes is the directory of a job's notes.
func (c *Cache) jobNotes(job string) string {
	sum := sha256.Sum256([]byte(job))
	return filepath.Join(c.notesDir(), hex.EncodeToString(sum[:16]))
}

// AddNote stores a note about a run and replaces the earlier one. If there are too many, the
// oldest notes of a job are removed. Several processes may call it at the same time.
func (c *Cache) AddNote(n Note) error { return c.addNote(c.jobNotes(n.Run.Job), n, mostNotes) }

// addNote writes a note to a directory, and keeps at most the given number there.
func (c *Cache) addNote(dir string, n Note, most int) error {
	data, err := json.Marshal(n)
	if err != nil || len(data) > maxNote {
		return errors.Join(err, fmt.Errorf("cannot write the note of %s: %d bytes are too many", n.Run.URL(), len(data)))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot write a note about a run: %w", err)
	}
	f, err := os.CreateTemp(dir, "part-")
	if err == nil {
		_, err = f.Write(data)
		err = errors.Join(err, f.Close())
		if err == nil {
			err = os.Rename(f.Name(), filepath.Join(dir, string(c.runDir(n.Run).id())+".json"))
		}
		if err != nil {
			os.Remove(f.Name())
		}
	}
	if err != nil {
		return fmt.Errorf("cannot write a note about a run: %w", err)
	}
	c.trimNotes(dir, most, notesAge)
	return nil
}

// trimNotes removes the oldest notes of a job, and those that are too old.
func (c *Cache) trimNotes(dir string, most int, age time.Duration) {
	type file struct {
		name string
		at   time.Time
	}
	var all []file
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			all = append(all, file{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return b.at.Compare(a.at) })
	for i, f := range all {
		if i >= most || c.now().Sub(f.at) > age {
			os.Remove(filepath.Join(dir, f.name))
		}
	}
	if most == 0 {
		os.Remove(dir)
	}
}

// pruneNotes removes notes that are too old or beyond the limits.
func (c *Cache) pruneNotes() {
	c.trimAll(c.notesDir(), mostNotes, notesAge)
	c.trimAll(c.keptDir(), mostKept, notesAge)
}

// clearNotes removes all notes.
func (c *Cache) clearNotes() {
	c.trimAll(c.notesDir(), 0, 0)
	c.trimAll(c.keptDir(), 0, 0)
}

func (c *Cache) trimAll(root string, most int, age time.Duration) {
	dirs, _ := os.ReadDir(root)
	for _, d := range dirs {
		if d.IsDir() { // the target of a link does not belong to the cache
			c.trimNotes(filepath.Join(root, d.Name()), most, age)
		}
	}
}

// Notes returns the notes about the runs of a job, or of all jobs if job is "", in no
// order. Notes that cannot be read are skipped.
func (c *Cache) Notes(job string) (notes []Note, err error) {
	dirs := []string{c.jobNotes(job)}
	if job == "" {
		dirs = nil
		entries, err := os.ReadDir(c.notesDir())
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot read the notes about runs: %w", err)
		}
		for _, e := range entries {
			if e.IsDir() {
				dirs = append(dirs, filepath.Join(c.notesDir(), e.Name()))
			}
		}
	}
	return c.readNotes(dirs, job), nil
}

// readNotes reads the notes of a job, or of all jobs if job is "", from some directories.
func (c *Cache) readNotes(dirs []string, job string) (notes []Note) {
	read := int64(0)
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() || info.Size() > maxNote || filepath.Ext(e.Name()) != ".json" || len(notes) == mostOfJobs || read+info.Size() > mostBytes {
				continue
			}
			read += info.Size()
			var n Note
			data, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err == nil && json.Unmarshal(data, &n) == nil && (job == "" || n.Run.Job == job) && c.mayRead(n.Run, strings.TrimSuffix(e.Name(), ".json")) {
				notes = append(notes, n)
			}
		}
	}
	return notes
}
