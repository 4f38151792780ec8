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

// A transfer is one Fetch at work: a lister that finds files and a crowd that
// brings them, at the same time.
type transfer struct {
	Options
	cache  *Cache
	store  objstore.Store
	run    prow.Run
	scope  scope
	dir    runDir
	ledger *ledger

	lane    *logLane // brings the logs; nil where none does
	small   bool     // the cache has the small files, and they will not change
	waited  bool     // for another process
	before  listing  // what was known then
	listErr error    // why the listing broke off

	mu   sync.Mutex     // guards lost while files are brought
	lost []runfile.Loss // small files that could not be had, by policy and name at the end
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

// lookahead is how far the lister may run ahead of the downloads, in objects, so
// that the next page is on its way while a page of 1000 is brought.
const lookahead = 10_000

// ask lists and downloads. Failures of single files go to the ledger; what is
// returned ended the transfer.
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
	err := panics.Guard(g.Wait) // what goes on beside ends after a fault too
	if err == nil && len(t.ledger.known()) > 0 {
		t.startLogs(ctx)
	}
	t.lane.tracesCame()
	beside.wait(err == nil)
	return err
}

// warm lets a store that can do so connect while the first page is under way,
// which spares the downloads two round trips. A run that the cache knows will
// have little to bring, and few runs have more files than the store is warmed for.
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

// done enters what became of a file. An interruption and a full disk are not the
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
