package fetch

import (
	"context"
	"strings"
	"sync"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// A transfer is one running Fetch. A lister finds files while many goroutines fetch
// them.
type transfer struct {
	Options
	cache  *Cache
	store  objstore.Store
	run    prow.Run
	scope  scope
	dir    runDir
	ledger *ledger

	lane    *logLane // fetches the logs; nil if nothing does
	small   bool     // the cache has the small files, and they will not change
	waited  bool     // Fetch waited for another process
	before  listing  // what was known at the start
	listErr error    // why the listing failed

	mu   sync.Mutex     // guards lost while files are fetched
	lost []runfile.Loss // small files that could not be fetched, in the end by policy and name
}

func newTransfer(c *Cache, store objstore.Store, run prow.Run, o Options) *transfer {
	t := &transfer{
		Options: o, cache: c, store: store, run: run, scope: scopeOf(o.Only), dir: c.runDir(run),
		ledger: newLedger(o.Progress),
	}
	if o.NoTraces {
		t.scope = noTraces
	}
	return t
}

// lookahead is how far the lister may run ahead of the downloads, in objects. It lets
// the next page come while a page of 1000 is fetched.
const lookahead = 10_000

// ask lists and downloads. Failures of single files go to the ledger. A returned error
// ended the transfer.
func (t *transfer) ask(ctx context.Context) error {
	if err := t.dir.make(); err != nil {
		return err
	}
	var beside *besideFiles
	if t.small {
		t.startLogs(ctx)
	} else {
		beside = t.startBeside(ctx)
	}
	g, ctx := panics.WithContext(ctx)
	t.warm(ctx)
	found := make(chan *objstore.Object, lookahead)
	g.Go(func() error {
		defer close(found)
		if t.listErr = t.list(ctx, found); t.listErr == nil {
			return t.checkSpace()
		}
		return context.Cause(ctx)
	})
	g.Go(func() error {
		for _, kind := range t.rootKinds() {
			if err := t.start(ctx, g, func() error { return t.fetchRootFile(ctx, kind) }); err != nil {
				return err
			}
		}
		for o := range found {
			t.startLogs(ctx)
			if err := t.start(ctx, g, func() error { return t.fetchFile(ctx, *o) }); err != nil {
				return err
			}
		}
		beside.tracesStarted()
		return nil
	})
	err := panics.Guard(g.Wait) // after a panic, the files beside the traces end too
	if err == nil && len(t.ledger.known()) > 0 {
		t.startLogs(ctx)
	}
	t.lane.tracesCame()
	beside.wait(err == nil)
	return err
}

// warm lets the store open connections while the first page is under way,
// which saves the downloads two round trips. It skips a run that the cache knows, because
// little of it is missing. Few runs have more files than the store opens connections for.
func (t *transfer) warm(ctx context.Context) {
	if w, ok := t.store.(objstore.Warmer); ok && (t.Refresh || len(t.ledger.before) == 0) {
		w.Warm(ctx, t.run.Bucket, min(t.Pool.size(), 64))
	}
}

// start runs work in g when the pool has a slot for it.
func (t *transfer) start(ctx context.Context, g *panics.Group, work func() error) error {
	if err := t.Pool.acquire(ctx); err != nil {
		return err
	}
	g.Go(func() error {
		defer t.Pool.release()
		return work()
	})
	return nil
}

// fetchFile makes sure that the cache has one trace file.
func (t *transfer) fetchFile(ctx context.Context, o objstore.Object) error {
	e, ok := t.ledger.next(strings.TrimPrefix(o.Name, t.run.Root+"/"))
	if !ok || e.Version != version(o.Version) {
		return nil
	}
	if t.dir.holds(t.run, &e) {
		t.ledger.reuse(e)
		return nil
	}
	err := t.download(ctx, o, &e)
	return t.done(ctx, e, err)
}

// done records the outcome of a file. An interruption and a full disk are not the
// file's failure; they end the transfer.
func (t *transfer) done(ctx context.Context, e entry, err error) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case isFull(err):
		return t.noSpace(err)
	case err != nil:
		t.ledger.fail(e, err)
	default:
		t.ledger.succeed(e)
	}
	return nil
}
