package runfile

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
)

// Bounds over all JUnit files of a run. Kubernetes' conformance suite has 7,000
// cases, nearly all of them skipped.
const (
	maxCases        = 20_000  // that passed
	maxNotPassed    = 120_000 // cases
	maxSuites       = 2_000   // of passed cases only
	maxFailedSuites = 20_000

	maxJUnitFiles = 20_000
	maxJUnit      = 1 << 30 // bytes, as stored and inflated: a small file can become a large one
)

func fullRoom() room {
	return room{passed: maxCases, notPassed: maxNotPassed, suites: maxSuites, failedSuites: maxFailedSuites}
}

// junitFile is a JUnit file that is read.
type junitFile struct {
	source Source
	tally  tally
	suites []Suite
	err    error
}

// readJUnitFiles reads all JUnit files of a run, several at a time, as streams. It keeps
// the failed cases of all files first, then passed cases as far as there is room.
// If there is not room for all, the files are read twice: only when all failed cases are
// known is it known which passed in a second try.
func (m *Metadata) readJUnitFiles(sources []Source) (losses []Loss) {
	files := make([]*junitFile, 0, min(len(sources), maxJUnitFiles))
	for _, s := range sources[:min(len(sources), maxJUnitFiles)] {
		files = append(files, &junitFile{source: s})
	}
	if more := sources[len(files):]; len(more) > 0 {
		losses = append(losses, Loss{Kind: LossTooMany, File: more[0].Name, Files: len(more), Why: "only " + text.Count(maxJUnitFiles, "JUnit file") + " of a run are read"})
	}
	failed, whole := readAll(files)
	if !whole {
		allot(files, failed)
	}
	leftOut := 0
	for _, f := range files {
		m.Suites = append(m.Suites, f.suites...)
		leftOut += f.tally.suites + f.tally.failedSuites - len(f.suites)
		if f.err != nil && !errors.Is(f.err, errNoJUnit) {
			losses = append(losses, lossOf(f.source.Name, f.err))
		}
	}
	if leftOut > 0 {
		losses = append(losses, Loss{Kind: LossTooMany, Files: 1, Why: text.Count(leftOut, "JUnit suite") + " of passed cases not drawn: there are too many"})
	}
	m.findFlaky()
	return losses
}

// lossOf turns the error of a file that could not be read whole into a loss.
func lossOf(name string, err error) Loss {
	l := Loss{Kind: LossBroken, File: name, Files: 1, Why: text.Line(err.Error())}
	var large *tooLargeError
	if errors.As(err, &large) {
		l.Kind = LossTooLarge
	}
	return l
}

// readAll reads the files a first time. whole reports whether their content is within
// the bounds; if not, failed has the keys of the cases that failed.
func readAll(files []*junitFile) (failed map[string]bool, whole bool) {
	var (
		kept   atomic.Int64 // cases
		suites atomic.Int64
		over   atomic.Bool
		bytes  atomic.Int64
		mu     sync.Mutex
	)
	failed = map[string]bool{}
	output := new(outputRoom)
	inParallel(files, func(f *junitFile) {
		r := fullRoom()
		r.output = output
		f.read(r, &bytes)
		cases := f.tally.passed + f.tally.notPassed
		mu.Lock()
		for _, s := range f.suites {
			for _, c := range s.Cases {
				if c.Outcome == CaseFailed && len(failed) < maxNotPassed {
					failed[retryKey(s.File, s.Name, c)] = true
				}
			}
		}
		mu.Unlock()
		if kept.Add(int64(cases)) > maxCases || suites.Add(int64(f.tally.suites+f.tally.failedSuites)) > maxSuites {
			over.Store(true)
			f.suites = nil
		}
	})
	return failed, !over.Load()
}

// allot divides the room among the files, failed cases first, and reads the
// files once more.
func allot(files []*junitFile, failed map[string]bool) {
	left := fullRoom()
	rooms := map[*junitFile]room{}
	for _, failing := range []bool{true, false} {
		for _, f := range files {
			if (f.tally.failedSuites > 0 || f.err != nil) != failing {
				continue
			}
			r := room{
				passed: min(left.passed, f.tally.passed), notPassed: min(left.notPassed, f.tally.notPassed),
				suites: min(left.suites, f.tally.suites), failedSuites: min(left.failedSuites, f.tally.failedSuites),
			}
			left.passed -= r.passed
			left.notPassed -= r.notPassed
			left.suites -= r.suites
			left.failedSuites -= r.failedSuites
			rooms[f] = r
		}
	}
	var bytes, wanted atomic.Int64
	output := new(outputRoom)
	inParallel(files, func(f *junitFile) {
		r := rooms[f]
		r.output = output
		if f.suites = nil; r.suites+r.failedSuites == 0 && len(failed) == 0 {
			return
		}
		r.wanted = func(file, suite string, c Case) bool {
			return failed[retryKey(file, suite, c)] && wanted.Add(1) <= maxNotPassed
		}
		f.tally = tally{}
		f.read(r, &bytes)
	})
}

// inParallel calls a function for all files, on all processors.
func inParallel(files []*junitFile, do func(*junitFile)) {
	var next atomic.Int64
	var all panics.WaitGroup
	for range min(len(files), runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files); i = int(next.Add(1)) - 1 {
				do(files[i])
			}
		})
	}
	all.Wait()
}

// read reads the file. total counts the inflated bytes of all files.
func (f *junitFile) read(r room, total *atomic.Int64) {
	file, err := f.source.Open()
	if err != nil {
		f.err = err
		return
	}
	defer file.Close()
	in, err := inflating(file)
	if err != nil {
		f.err = err
		return
	}
	f.suites, f.tally, f.err = readJUnit(&boundedReader{in, total, maxJUnit}, f.source.Name, r)
}

// inflating undoes the gzip of a stream, recognised by content.
func inflating(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if begin, _ := b.Peek(2); string(begin) != "\x1f\x8b" {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, errors.New("it cannot be inflated: " + err.Error())
	}
	return z, nil
}

// boundedReader ends when all files together have become too large.
type boundedReader struct {
	r     io.Reader
	total *atomic.Int64
	limit int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.total.Load() >= b.limit {
		return 0, &tooLargeError{b.limit}
	}
	n, err := b.r.Read(p)
	b.total.Add(int64(n))
	return n, err
}

// tooLargeError means that a file, or many files together, exceed the limit.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string { return "larger than " + text.Size(e.limit) }

// addJUnit reads one file, for [Metadata.Add].
func (m *Metadata) addJUnit(file string, data []byte) error {
	left := fullRoom()
	left.output = new(outputRoom)
	for _, s := range m.Suites {
		left.suites--
		for _, c := range s.Cases {
			if c.Outcome == CasePassed {
				left.passed--
			} else {
				left.notPassed--
			}
		}
	}
	suites, _, err := readJUnit(strings.NewReader(string(data)), file, left)
	m.Suites = slices.Concat(m.Suites, suites)
	m.findFlaky()
	return err
}
