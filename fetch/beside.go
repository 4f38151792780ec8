package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// besideFiles fetches the files of the policy runfile.Beside: JUnit files,
// ci-operator's step graph, kubetest2's versions. They are optional. A
// file that cannot be read is reported in a notice; Fetch does not fail,
// and only a Refresh asks for it again. These files use the pool's slots that the traces
// leave free, and end soon after the traces have come.
type besideFiles struct {
	t      *transfer
	cancel context.CancelFunc
	traces chan struct{} // closed when all traces are under way
	all    panics.WaitGroup

	mu       sync.Mutex  // guards what follows
	waiting  time.Time   // when the wait began
	late     *time.Timer // ends the wait; nil before the wait
	given    int         // files that failed because time was up, for a caller that wants no more
	last     string      // one of those
	failed   int
	first    string // the first that failed
	why      string // why that file failed
	tooLarge int
	large    string           // one of those
	unlisted map[string]error // by Kind.Title: why its files could not be listed
	cut      []beyond         // kinds of which there are more files than may be taken
}

// beyond counts the listed files of a kind beyond those that may be taken.
type beyond struct {
	kind  runfile.Kind
	files int
	more  bool // there may be more: the listing was not read to its end
}

func (c beyond) loss() runfile.Loss {
	there := text.Count(c.kind.Most+c.files, c.kind.Title)
	if c.more {
		there = "at least " + there
	}
	return runfile.Loss{Kind: runfile.LossTooMany, Files: c.files, Why: fmt.Sprintf("%s, only the first %s by name are used", there, text.Number(c.kind.Most))}
}

// How long files beside the traces may take after the traces have come. They may go on while
// one comes now and then, but not for ever. Most runs have all within a round trip or two;
// thousands of JUnit files take some seconds.
const (
	patience    = 10 * time.Second // without a file
	maxPatience = time.Minute
)

// errLate is the cause that ends files beside the traces when their time is up.
var errLate = errors.New("it took too long after the traces")

// startBeside starts to look for the files, with a listing for each kind that has a pattern
// and a request for each known name.
func (t *transfer) startBeside(ctx context.Context) *besideFiles {
	ctx, cancel := context.WithCancelCause(ctx)
	b := &besideFiles{t: t, cancel: func() { cancel(errLate) }, traces: make(chan struct{}), unlisted: map[string]error{}}
	for _, kind := range runfile.Kinds() {
		switch {
		case kind.Policy != runfile.Beside:
		case kind.Name != "":
			b.all.Go(func() { b.start(ctx, kind.Name, func() error { return b.fetchNamed(ctx, kind) }) })
		default:
			b.all.Go(func() { b.fetchListed(ctx, kind) })
		}
	}
	return b
}

// tracesStarted lets the listed files use what the pool has left. It may be called on nil,
// as may wait.
func (b *besideFiles) tracesStarted() {
	if b != nil {
		close(b.traces)
	}
}

// wait lets the files end if the run came, and records what is lost.
func (b *besideFiles) wait(wanted bool) {
	if b == nil {
		return
	}
	if !wanted {
		b.cancel()
	}
	b.mu.Lock()
	b.waiting = time.Now()
	b.late = time.AfterFunc(cmp.Or(b.t.Patience, patience), b.cancel)
	b.mu.Unlock()
	b.all.Wait()
	b.late.Stop()
	b.cancel()
	for _, kind := range runfile.Kinds() {
		if err := b.unlisted[kind.Title]; b.gaveUp(err) {
			b.given++
		} else if err != nil {
			b.t.lose(runfile.Loss{Kind: runfile.LossUnlisted, Files: 1, Why: fmt.Sprintf("cannot list %ss: %v", kind.Title, err), Again: true})
		}
	}
	for _, c := range b.cut {
		b.t.lose(c.loss())
	}
	if b.tooLarge > 0 {
		b.t.lose(runfile.Loss{Kind: runfile.LossTooLarge, File: b.large, Files: b.tooLarge, Why: "too large, alone or with the others"})
	}
	if b.given > 0 {
		b.t.lose(runfile.Loss{Kind: runfile.LossLate, File: b.last, Files: b.given, Why: "still downloading", Again: true})
	}
	if b.failed > 0 {
		b.t.lose(runfile.Loss{Kind: runfile.LossUnavailable, File: b.first, Files: b.failed, Why: b.why, Again: true})
	}
}

// start does the work for a file. It waits until the pool has a slot for it.
func (b *besideFiles) start(ctx context.Context, name string, work func() error) {
	err := b.t.Pool.acquire(ctx)
	b.all.Go(func() {
		if err == nil {
			err = b.t.Pool.done(work)
		}
		if err != nil {
			b.t.ledger.drop(name)
		} else {
			b.came()
		}
		switch {
		case errors.Is(err, objstore.ErrTooLarge):
			b.leaveLarge(name)
		case err != nil:
			b.leaveFailed(name, cause(ctx, err))
		}
	})
}

// came gives the other files more time.
func (b *besideFiles) came() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.late != nil && b.t.Patience == 0 && b.late.Stop() {
		b.late.Reset(min(patience, max(0, maxPatience-time.Since(b.waiting))))
	}
}

// cause returns why something failed: if time was up, that.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (b *besideFiles) leaveFailed(name string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.gaveUp(err) {
		b.given++
		b.last = name
		return
	}
	if b.failed++; b.failed == 1 {
		b.first, b.why = name, err.Error()
	}
}

// gaveUp reports whether err is that of a file that the caller did not wait for, and will
// request again.
func (b *besideFiles) gaveUp(err error) bool {
	return b.t.Patience > 0 && errors.Is(err, errLate)
}

// leaveLarge records a file that a second request would not bring.
func (b *besideFiles) leaveLarge(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tooLarge++
	b.large = name
}

func (b *besideFiles) fetchNamed(ctx context.Context, kind runfile.Kind) error {
	e, there, err := b.t.readNamed(ctx, kind)
	if err == nil && there {
		b.t.ledger.succeed(e)
	}
	return err
}

// fetchListed fetches the files that match a kind's pattern, once the traces are
// under way.
func (b *besideFiles) fetchListed(ctx context.Context, kind runfile.Kind) {
	root := b.t.run.Root + "/"
	found := make(chan *objstore.Object, lookahead)
	b.all.Go(func() {
		defer close(found)
		if err := b.choose(ctx, kind, b.t.store.List(ctx, b.t.run.Bucket, root+fixedDir(kind.Glob), root+kind.Glob), found); err != nil {
			b.mu.Lock()
			b.unlisted[kind.Title] = cause(ctx, err)
			b.mu.Unlock()
		}
	})
	select {
	case <-b.traces:
	case <-ctx.Done():
	}
	for o := range found {
		name := strings.TrimPrefix(o.Name, root)
		b.start(ctx, name, func() error { return b.fetchFile(ctx, name, *o) })
	}
}

// fixedDir returns the directory that contains all names which match a glob.
func fixedDir(glob string) string {
	if i := strings.IndexAny(glob, "*?[{"); i >= 0 {
		glob = glob[:i]
	}
	return glob[:strings.LastIndexByte(glob, '/')+1]
}

// choose passes on files of a kind as they are listed, as many as are allowed. It counts
// as many again of the rest while the first are on their way. A server can interpret the
// pattern differently, so choose checks each name itself.
func (b *besideFiles) choose(ctx context.Context, kind runfile.Kind, objects iter.Seq2[objstore.Object, error], found chan<- *objstore.Object) error {
	var bytes int64
	files := 0
	rest := beyond{kind: kind}
	for o, err := range objects {
		if err != nil && rest.files > 0 {
			rest.more = true
			break
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(o.Name, b.t.run.Root+"/")
		if is, known := runfile.KindOf(name); !ok || !known || is.Glob != kind.Glob {
			continue
		}
		if kind.Most > 0 && files == kind.Most {
			if rest.files++; rest.files > kind.Most {
				rest.more = true
				break
			}
			continue
		}
		if kind.Limit > 0 && o.Size > kind.Limit || kind.Total > 0 && bytes+o.Size > kind.Total {
			b.leaveLarge(name)
			continue
		}
		bytes += o.Size
		files++
		select {
		case found <- &o:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if rest.files > 0 {
		b.mu.Lock()
		b.cut = append(b.cut, rest)
		b.mu.Unlock()
	}
	return nil
}

// fetchFile makes sure that the cache has one file that was listed.
func (b *besideFiles) fetchFile(ctx context.Context, name string, o objstore.Object) error {
	e, news, err := b.t.ledger.expect(name, o)
	if err != nil || !news {
		return err
	}
	if b.t.dir.holds(b.t.run, &e) {
		b.t.ledger.reuse(e)
		return nil
	}
	if err := b.t.download(ctx, o, &e); err != nil {
		return err
	}
	b.t.ledger.succeed(e)
	return nil
}
