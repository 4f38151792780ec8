package fetch

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// Extras are the metadata files among a run's artifacts: JUnit files, ci-operator's
// step graph, kubetest2's versions. They make the story richer and are optional in
// every way. What of them cannot be had is told and forgotten: it is no error and
// fails nothing, and it is asked for again only by a Refresh. They take places in
// the pool that the traces have left over, and when the traces have come the
// extras have only so much patience left.
type extras struct {
	t      *transfer
	cancel context.CancelFunc
	traces chan struct{} // closed when the traces have their places
	all    sync.WaitGroup

	mu       sync.Mutex // guards these four
	failed   int
	first    string // of those that failed, and why
	tooLarge int
	large    string // one of those

	listErr error
	more    bool // than may be taken
}

// patience is how long the extras may take after the traces have come. Most runs
// have all within a round trip or two; a step graph with thousands of JUnit files
// beside it is listed in a few seconds.
const patience = 10 * time.Second

// errSlow is the cause that ends extras whose time is up.
var errSlow = fmt.Errorf("it had not come %v after the traces", patience)

// seekExtras starts to look for the extras: one listing and a request for each
// known name, beside those for the traces.
func (t *transfer) seekExtras(ctx context.Context) *extras {
	ctx, cancel := context.WithCancelCause(ctx)
	x := &extras{t: t, cancel: func() { cancel(errSlow) }, traces: make(chan struct{})}
	for _, name := range runfile.WantedNames() {
		if isExtra(name) {
			x.start(ctx, name, func() error { return x.named(ctx, name) })
		}
	}
	x.all.Go(func() { x.listed(ctx) })
	return x
}

// mayLoad says that the traces have the places they need.
func (x *extras) mayLoad() { close(x.traces) }

// wait lets the extras end, if there is something for them to belong to, and
// notes what is left out.
func (x *extras) wait(wanted bool) {
	if !wanted {
		x.cancel()
	}
	late := time.AfterFunc(patience, x.cancel)
	x.all.Wait()
	late.Stop()
	x.cancel()
	leave := func(format string, args ...any) { x.t.left = append(x.t.left, fmt.Sprintf(format, args...)) }
	if x.listErr != nil {
		leave("JUnit files are left out, they could not be listed: %v; --refresh asks again", x.listErr)
	}
	if x.more {
		leave("there are more than %d JUnit files; the first by name are taken", runfile.WantedMost)
	}
	if x.tooLarge > 0 {
		leave("%s %s left out as too large, alone or with the others, such as %s", count(x.tooLarge, "metadata file"), are(x.tooLarge), printable(x.large))
	}
	if x.failed > 0 {
		leave("%s %s left out: %s; --refresh asks again", count(x.failed, "metadata file"), are(x.failed), x.first)
	}
}

// start does something for a file when the pool has a place for it.
func (x *extras) start(ctx context.Context, name string, work func() error) {
	x.all.Go(func() {
		err := x.t.Pool.acquire(ctx)
		if err == nil {
			err = work()
			x.t.Pool.release()
		}
		if err != nil {
			x.t.ledger.drop(name)
		}
		switch {
		case errors.Is(err, objstore.ErrTooLarge):
			x.exceed(name)
		case err != nil:
			x.lack(name, cause(ctx, err))
		}
	})
}

// cause is why something failed: where time was up, that.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (x *extras) lack(name string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failed++; x.failed == 1 {
		x.first = printable(name) + ": " + err.Error()
	}
}

// exceed is lack for a file that asking again would not bring.
func (x *extras) exceed(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.tooLarge++
	x.large = name
}

func (x *extras) named(ctx context.Context, name string) error {
	e, there, err := x.t.readNamed(ctx, name)
	if err == nil && there {
		x.t.ledger.succeed(e)
	}
	return err
}

// listed brings the files that are found by the pattern, once the traces are
// under way.
func (x *extras) listed(ctx context.Context) {
	root := x.t.run.Root + "/"
	found, err := x.find(x.t.store.List(ctx, x.t.run.Bucket, root+"artifacts/", root+runfile.WantedGlob))
	if err != nil {
		x.listErr = cause(ctx, err)
	}
	select {
	case <-x.traces:
	case <-ctx.Done():
	}
	for _, o := range found {
		name := strings.TrimPrefix(o.Name, root)
		x.start(ctx, name, func() error { return x.file(ctx, name, o) })
	}
}

// find picks the files that are wanted, as many as are allowed. A server's idea of
// a pattern is not relied on.
func (x *extras) find(objects iter.Seq2[objstore.Object, error]) (found []objstore.Object, err error) {
	named := runfile.WantedNames()
	var bytes int64
	for o, err := range objects {
		if err != nil {
			return found, err
		}
		name, ok := strings.CutPrefix(o.Name, x.t.run.Root+"/")
		limit, wanted := runfile.Wanted(name)
		if !ok || !wanted || slices.Contains(named, name) {
			continue
		}
		switch {
		case len(found) == runfile.WantedMost:
			x.more = true
			return found, nil
		case o.Size > limit || bytes+o.Size > runfile.WantedBytes:
			x.exceed(name)
		default:
			bytes += o.Size
			found = append(found, o)
		}
	}
	return found, nil
}

// file makes sure that the cache has one file that was listed.
func (x *extras) file(ctx context.Context, name string, o objstore.Object) error {
	e, news, err := x.t.ledger.expect(name, o)
	if err != nil || !news {
		return err
	}
	if x.t.dir.holds(x.t.run, &e) {
		x.t.ledger.reuse(e)
		return nil
	}
	if err := x.t.download(ctx, o, &e); err != nil {
		return err
	}
	x.t.ledger.succeed(e)
	return nil
}
