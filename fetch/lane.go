package fetch

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// A logLane fetches the logs of a run while its traces are on their way, without slowing them
// down. It uses slots that the traces leave idle, one at a time, and gives its slot back
// when they want all. It transfers at most a small share of the bytes that they do. When they
// have come, it continues as FetchLogs does. FetchLogs takes over what it has fetched.
type logLane struct {
	d      *onDemand
	traces *Progress     // counts their bytes
	came   chan struct{} // closed when all traces have come
	one    chan struct{} // holds the one log that is under way before that
	bytes  atomic.Int64  // of logs fetched before that

	cancel context.CancelCauseFunc
	work   errgroup.Group
	ended  chan struct{} // closed when everything is done, or nothing more will be
	taken  atomic.Bool   // the results belong to the caller of take
	err    error         // why the logs must be requested anew; the fields below are then incomplete
	brought
}

// brought holds what is known of a run's logs, and the files of those that came.
type brought struct {
	asked   time.Time
	objects []objstore.Object
	listed  bool
	all     bool // the logs were fetched, not only listed
	files   []received
	lost    []runfile.Loss
}

// Bounds of logs while traces are under way.
const (
	laneShare = 32                    // for so many bytes of traces, one byte may be a log's
	laneSpare = 64 << 10              // bytes beyond that
	lanePause = 20 * time.Millisecond // between looks at whether there is room
)

var errNoReader = errors.New("the logs are no longer needed")

// startLogs starts the lane of a run that is known to exist.
func (t *transfer) startLogs(ctx context.Context) {
	if t.Logs == nil || t.lane != nil {
		return
	}
	d := t.cache.onDemand(t.store, t.result(nil, time.Time{}), *t.Logs)
	m := d.dir.readManifest()
	if m.Logs != nil && m.Logs.Final && !d.Refresh && d.holdsLogs(m) {
		return
	}
	d.Pool = t.Pool
	l := &logLane{d: d, traces: t.Progress, came: make(chan struct{}), one: make(chan struct{}, 1), ended: make(chan struct{})}
	d.lane = l
	ctx, l.cancel = context.WithCancelCause(context.WithoutCancel(ctx)) // it may outlast Fetch
	l.work.Go(func() error {
		defer close(l.ended)
		l.err = panics.Guard(func() error { return l.run(ctx, m) })
		return nil // an error of the lane ends nothing else
	})
	t.lane = l
}

// run lists the logs, and fetches them if there is room for all. If there is not, the order
// decides, and it is known only when the run's other files have come.
func (l *logLane) run(ctx context.Context, m manifest) (err error) {
	l.asked = l.d.cache.now()
	if l.objects, l.lost, err = l.d.listLogs(ctx); err != nil {
		return err
	}
	if l.listed = true; l.d.needs(l.objects) > l.d.total {
		return nil
	}
	var lost []runfile.Loss
	if l.files, lost, err = l.d.bring(ctx, m, l.objects); err == nil {
		l.lost, l.all = append(l.lost, lost...), true
	}
	return err
}

// tracesCame lets the logs use what the pool has left. It may be called on nil, but only once.
func (l *logLane) tracesCame() {
	if l != nil {
		close(l.came)
	}
}

// stop ends the lane, and removes what was not taken. It may be called on nil.
func (l *logLane) stop() {
	if l == nil {
		return
	}
	l.cancel(errNoReader)
	l.work.Wait()
	if l.taken.CompareAndSwap(false, true) {
		discard(l.files, nil)
	}
}

// take waits for the lane and returns what it has fetched, to its first caller only. The
// error is that of ctx.
func (l *logLane) take(ctx context.Context) (b brought, err error) {
	if l == nil {
		return b, nil
	}
	select {
	case <-l.ended:
		if l.err != nil || !l.taken.CompareAndSwap(false, true) {
			return b, nil // the logs are requested anew
		}
		return l.brought, nil
	case <-ctx.Done():
		return b, context.Cause(ctx)
	}
}

func (l *logLane) tracesHere() bool {
	select {
	case <-l.came:
		return true
	default:
		return false
	}
}

// pause waits until it may be worthwhile to look again.
func (l *logLane) pause(ctx context.Context) error {
	timer := time.NewTimer(lanePause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.came:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// A place is what a log needs while it is fetched: a slot of the pool and, beside
// traces, the lane.
type place struct {
	pool *Pool
	lane *logLane // nil if logs come after traces
	one  bool     // it is the lane's only log

	mu   sync.Mutex // guards held: the ends of a log are read at the same time
	held bool       // a slot of the pool
}

// enter waits until a log may be fetched.
func (d *onDemand) enter(ctx context.Context) (*place, error) {
	p := &place{pool: d.Pool, lane: d.lane}
	if l := d.lane; l != nil {
		select {
		case <-l.came:
		case l.one <- struct{}{}:
			p.one = true
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if err := p.acquire(ctx); err != nil {
		p.leave()
		return nil, err
	}
	return p, nil
}

// acquire takes a slot of the pool. Before all traces have come it takes only a slot that
// no trace wants.
func (p *place) acquire(ctx context.Context) error {
	for p.lane != nil && !p.lane.tracesHere() {
		if p.held = p.pool.acquireIdle(); p.held {
			return nil
		}
		if err := p.lane.pause(ctx); err != nil {
			return err
		}
	}
	err := p.pool.acquire(ctx)
	p.held = err == nil
	return err
}

func (p *place) leave() {
	if p.held {
		p.pool.release()
	}
	if p.one {
		<-p.lane.one
	}
}

// pace waits until n more bytes of a log may come. Meanwhile it gives the slot to traces that
// want it.
func (p *place) pace(ctx context.Context, n int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := p.lane; l != nil && !l.tracesHere(); {
		if p.pool.crowded() {
			p.pool.release()
			p.held = false
			if err := p.acquire(ctx); err != nil {
				return err
			}
		}
		if l.bytes.Load() <= laneSpare+l.traces.bytesDone.Load()/laneShare {
			l.bytes.Add(int64(n))
			return nil
		}
		if err := l.pause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// paced is a writer that keeps the pace of a place.
type paced struct {
	ctx   context.Context
	place *place
	w     io.Writer
}

func (p paced) Write(b []byte) (int, error) {
	if err := p.place.pace(p.ctx, len(b)); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}

// counted is a writer that counts bytes, and keeps the pace if logs come beside
// traces.
func (d *onDemand) counted(ctx context.Context, w io.Writer) io.Writer {
	w = io.MultiWriter(w, progressWriter{d.Progress})
	if d.place != nil {
		w = paced{ctx, d.place, w}
	}
	return w
}

// needs returns how many bytes the logs take if none is left out.
func (d *onDemand) needs(objects []objstore.Object) (sum int64) {
	for _, o := range objects {
		switch {
		case strings.Contains(strings.ToLower(o.ContentEncoding), "gzip"):
			sum += max(d.whole, o.Size)
		case o.Size > d.whole:
			sum += 2 * d.edge
		default:
			sum += o.Size
		}
	}
	return sum
}
