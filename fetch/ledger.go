package fetch

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"prowtrace/objstore"
)

// A ledger records, during a transfer, which files there are and what became of each.
type ledger struct {
	progress *Progress
	before   map[string]entry // by name: entries of the last manifest; those with a ModTime need not be read again

	mu      sync.Mutex
	files   map[string]entry // by name: what the bucket has, newest version
	held    map[string]bool  // those of files that the cache has
	failed  map[string]error // files that could not be fetched
	untried map[string]bool  // files not tried after giveUp failures in a row
	other   map[string]bool  // names in otlp directories that cannot be traces
	inRow   int              // failures since the last success
}

// maxFiles bounds the files of a run. No job is known to write more than some
// hundreds of traces, and each costs memory here.
const maxFiles = 100_000

// giveUp is the number of files in a row that may fail before the rest is
// not tried. Each failure has already cost the store's own attempts. A fault that fails
// so often (no network, no permission) affects all files.
const giveUp = 16

func newLedger(p *Progress) *ledger {
	return &ledger{
		progress: p,
		files:    map[string]entry{}, held: map[string]bool{}, failed: map[string]error{},
		untried: map[string]bool{}, other: map[string]bool{},
	}
}

// remember takes the sums from the last manifest. With trust it also takes what the manifest
// says about blobs that are unchanged since. Call it before the transfer.
func (l *ledger) remember(files []entry, trust bool) {
	l.before = map[string]entry{}
	for _, e := range files {
		if !trust {
			e.ModTime = 0
		}
		l.before[e.Name] = e
	}
}

// expect records an object and reports whether it is new. A listing that changes
// between its pages can name an object twice: the newest version counts.
func (l *ledger) expect(name string, o objstore.Object) (e entry, news bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old, again := l.files[name]
	if again && !old.replacedBy(o) {
		return old, false, nil
	}
	if !again && len(l.files) >= maxFiles {
		return e, false, fmt.Errorf("%w: more than %d", ErrTooManyFiles, maxFiles)
	}
	if !again {
		l.progress.files.Add(1)
	}
	l.progress.bytes.Add(o.Size - old.Size)
	e = newEntry(name, o)
	before := l.before[name]
	if before.Version == e.Version && e.Version != "" && before.Size == e.Size && e.sum() == (objstore.Sum{}) {
		e.setSum(before.sum()) // the store sent the sum when the file was fetched
	}
	if before.Version == e.Version && before.sum() == e.sum() {
		e.ModTime = before.ModTime
	}
	l.files[name] = e
	return e, true, nil
}

// ignore records a name in an otlp directory that cannot be a trace.
func (l *ledger) ignore(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.other) < maxFiles {
		l.other[name] = true
	}
}

// next returns the entry under a name, unless the file must not be tried.
func (l *ledger) next(name string) (e entry, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.inRow >= giveUp {
		l.untried[name] = true
		return e, false
	}
	return l.files[name], true
}

// succeed records that the cache has an entry. An entry that is no longer the newest
// is ignored.
func (l *ledger) succeed(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inRow = 0
	if l.files[e.Name].Version != e.Version {
		return
	}
	l.files[e.Name] = e
	l.held[e.Name] = true
	delete(l.failed, e.Name)
	l.progress.done.Add(1)
}

func (l *ledger) reuse(e entry) {
	l.saved(e)
	l.succeed(e)
}

// have records a file of the cache that is not requested.
func (l *ledger) have(e entry) {
	l.mu.Lock()
	l.files[e.Name] = e
	l.mu.Unlock()
	l.progress.files.Add(1)
	l.progress.bytes.Add(e.Size)
	l.reuse(e)
}

// saved counts files that need not be fetched.
func (l *ledger) saved(e entry) {
	l.progress.reused.Add(1)
	l.progress.bytesSaved.Add(e.Size)
}

func (l *ledger) fail(e entry, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inRow++
	if l.files[e.Name].Version != e.Version {
		return
	}
	l.failed[e.Name] = err
	l.progress.failed.Add(1)
}

// drop forgets a file that could not be fetched and is not needed.
func (l *ledger) drop(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, known := l.files[name]
	if !known || l.held[name] {
		return
	}
	delete(l.files, name)
	l.progress.files.Add(-1)
	l.progress.bytes.Add(-e.Size)
}

// retract subtracts what was counted, when another bucket is tried instead.
func (l *ledger) retract() {
	for _, e := range l.files {
		l.progress.bytes.Add(-e.Size)
	}
	l.progress.files.Add(-int64(len(l.files)))
	l.progress.done.Add(-int64(len(l.held)))
	l.progress.failed.Add(-int64(len(l.failed)))
}

// outstanding returns the total size of the files that are not known to be held.
func (l *ledger) outstanding() (total int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, e := range l.files {
		if !l.held[name] {
			total += e.Size
		}
	}
	return total
}

// known returns all files whose version is known, by name. Files beside the traces may still
// come.
func (l *ledger) known() []entry {
	return l.sorted(func(e entry) bool { return e.Version != "" })
}

// allHeld returns the files that the cache has, by name. It and the methods below are for
// use after the transfer.
func (l *ledger) allHeld() []entry {
	return l.sorted(func(e entry) bool { return l.held[e.Name] })
}

func (l *ledger) sorted(want func(entry) bool) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []entry
	for _, e := range l.files {
		if want(e) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// failures returns the files that could not be fetched, by name.
func (l *ledger) failures() []FileError {
	var out []FileError
	for name, err := range l.failed {
		out = append(out, FileError{Name: name, Err: err})
	}
	slices.SortFunc(out, func(a, b FileError) int { return strings.Compare(a.Name, b.Name) })
	return out
}
