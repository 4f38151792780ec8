package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// seenSchema names the form of a SeenFile.
const seenSchema = "prowtrace.seen/v1"

// Bounds of a SeenFile.
const (
	mostSeen     = 5_000   // findings; those that were found least lately go
	maxSeenFile  = 8 << 20 // bytes
	maxSeenID    = 64      // bytes of an id
	maxSeenTitle = 100     // characters
)

// seenRelock is how often the lock is tried while another process has it.
const seenRelock = 50 * time.Millisecond

// A SeenFile keeps which findings were told before, by their id, over many runs of any jobs.
// Whoever opens one holds its lock until Close, beside it in a file with ".lock" at the end,
// so that processes which use the same file tell a finding once. It is not for concurrent use.
type SeenFile struct {
	path string
	lock *flock.Flock
	all  map[string]seenFinding
}

// seenFinding is a finding in the file.
type seenFinding struct {
	ID    string    `json:"id"`
	Title string    `json:"title,omitempty"` // for people who read the file; without secrets
	First time.Time `json:"first"`           // when it was told
	Last  time.Time `json:"last"`            // when it was found last
}

// seenDocument is the file.
type seenDocument struct {
	Schema   string        `json:"schema"`
	Findings []seenFinding `json:"findings"`
}

// SeenError: a SeenFile cannot be used. Unless it is Damaged, Err is of the system.
type SeenError struct {
	Path    string
	Verb    string // read, lock, write
	Damaged bool   // its content is not that of a SeenFile; it is left as it is
	Err     error
}

func (e *SeenError) Error() string {
	return fmt.Sprintf("cannot %s %s: %v", e.Verb, text.Line(e.Path), e.Err)
}

func (e *SeenError) Unwrap() error { return e.Err }

// CheckSeen reports whether a SeenFile can be read, without waiting for its lock. One that
// does not exist is empty. Its errors are *SeenError.
func CheckSeen(path string) error {
	_, err := readSeen(path)
	return err
}

// OpenSeen locks and reads a SeenFile. One that does not exist is empty; Save makes it. It
// calls waiting once if another process has the lock. Its errors are *SeenError, and why ctx
// ended.
func OpenSeen(ctx context.Context, path string, waiting func()) (*SeenFile, error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the link stays, and all its names share a lock
	}
	f := &SeenFile{path: path, lock: flock.New(path+".lock", flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))}
	ok, err := f.lock.TryLock()
	if err == nil && !ok {
		waiting()
		_, err = f.lock.TryLockContext(ctx, seenRelock)
	}
	if ctx.Err() != nil {
		return nil, errors.Join(context.Cause(ctx), f.Close())
	}
	if err != nil {
		return nil, &SeenError{Path: path, Verb: "lock", Err: err}
	}
	if f.all, err = readSeen(path); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Has reports whether a finding was told.
func (f *SeenFile) Has(id string) bool {
	_, ok := f.all[id]
	return ok
}

// Note notes that a finding was told, or found again.
func (f *SeenFile) Note(id, title string, at time.Time) {
	at = at.UTC().Truncate(time.Second)
	one, ok := f.all[id]
	if !ok {
		one = seenFinding{ID: id, Title: text.Short(text.Line(mask.Text(title)), maxSeenTitle), First: at}
	}
	one.Last = at
	f.all[id] = one
}

// Save writes the file as a whole, so that a failure leaves what was there. Its errors are
// *SeenError.
func (f *SeenFile) Save() error {
	if err := f.save(); err != nil {
		return &SeenError{Path: f.path, Verb: "write", Err: err}
	}
	return nil
}

func (f *SeenFile) save() error {
	data, err := f.document()
	if err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(f.path), "."+filepath.Base(f.path)+".*.part")
	if err != nil {
		return err
	}
	_, err = part.Write(data)
	if before, missing := os.Stat(f.path); missing == nil && err == nil {
		err = part.Chmod(before.Mode().Perm())
	}
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), f.path)
	}
	if err != nil {
		os.Remove(part.Name())
	}
	return err
}

// document is the content of the file: a finding a line, the latest first.
func (f *SeenFile) document() ([]byte, error) {
	doc := seenDocument{Schema: seenSchema, Findings: []seenFinding{}}
	for _, one := range f.all {
		doc.Findings = append(doc.Findings, one)
	}
	slices.SortFunc(doc.Findings, func(a, b seenFinding) int {
		return cmp.Or(b.Last.Compare(a.Last), b.First.Compare(a.First), cmp.Compare(a.ID, b.ID))
	})
	doc.Findings = doc.Findings[:min(len(doc.Findings), mostSeen)]
	data, err := json.MarshalIndent(doc, "", " ")
	return append(data, '\n'), err
}

// Close lets others open the file.
func (f *SeenFile) Close() error { return f.lock.Unlock() }

// readSeen gives the findings of a file, none of one that does not exist.
func readSeen(path string) (map[string]seenFinding, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]seenFinding{}, nil
	}
	if err == nil && !info.Mode().IsRegular() { // a pipe would have no end
		err = errors.New("not a regular file")
	}
	if err != nil {
		return nil, &SeenError{Path: path, Verb: "read", Err: err}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, &SeenError{Path: path, Verb: "read", Err: err}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSeenFile+1))
	if err != nil {
		return nil, &SeenError{Path: path, Verb: "read", Err: err}
	}
	all, err := parseSeen(data)
	if err != nil {
		return nil, &SeenError{Path: path, Verb: "read", Damaged: true, Err: err}
	}
	return all, nil
}

// parseSeen reads the content of a file. Fields that it does not know are passed over: a
// later version may add some.
func parseSeen(data []byte) (map[string]seenFinding, error) {
	if len(data) > maxSeenFile {
		return nil, fmt.Errorf("it is larger than %s", text.Size(maxSeenFile))
	}
	if len(data) == 0 {
		return nil, errors.New("it is empty")
	}
	var doc seenDocument
	if err := json.Unmarshal(data, &doc); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("invalid JSON at byte %d: %w", syntax.Offset, err)
		}
		return nil, fmt.Errorf("invalid JSON: %w", err)
	}
	if doc.Schema != seenSchema {
		return nil, fmt.Errorf("unknown schema %s, want %q", text.Quote(doc.Schema, 40), seenSchema)
	}
	all := make(map[string]seenFinding, min(len(doc.Findings), mostSeen))
	for i, one := range doc.Findings {
		if one.ID == "" || len(one.ID) > maxSeenID {
			return nil, fmt.Errorf("finding %d has no valid id", i+1)
		}
		all[one.ID] = one
	}
	return all, nil
}
