package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// Logs are the logs of a run as the cache holds them.
type Logs struct {
	Files  []Artifact     // by name
	Lost   []runfile.Loss // logs, and parts of logs, that are left out
	Listed time.Time      // when the bucket was asked for them; zero: never
}

const (
	edgeSize     = 16 << 20 // bytes that are kept of each end of a log that is too large
	maxStored    = 1 << 30  // bytes of a log that is streamed to get its ends
	maxLogFiles  = 5000     // of a run
	logsParallel = 4        // logs under way at a time: each may hold its ends in memory
	maxRootFiles = 100_000  // looked at for logs
)

// FetchLogs fetches the logs of a run into the cache: those of its containers and of
// ci-operator's steps. runfile.Kinds limits the size of each and of all together.
// Of larger logs it fetches the first and the last 16 MiB. Call it after Fetch. It
// continues what Options.Logs began beside the traces. res must not be closed
// meanwhile.
//
// Logs that cannot be fetched are among the losses, even if none can. Errors are the
// context's, and those of the cache.
func (c *Cache) FetchLogs(ctx context.Context, store objstore.Store, res *Result, o ArtifactOptions) (*Logs, error) {
	return c.onDemand(store, res, o).logs(ctx, res.lane)
}

func (d *onDemand) logs(ctx context.Context, lane *logLane) (*Logs, error) {
	m := d.dir.readManifest()
	if d.Offline || m.Logs != nil && m.Logs.Final && !d.Refresh && d.holdsLogs(m) {
		return d.heldLogs(m), d.markUsed(ctx, m)
	}
	b, err := lane.take(ctx)
	if err != nil {
		return nil, err
	}
	if !b.listed {
		b.asked = d.cache.now()
		if b.objects, b.lost, err = d.listLogs(ctx); err != nil {
			return nil, err
		}
	}
	if !b.all {
		d.inOrder(b.objects)
		var more []runfile.Loss
		if b.files, more, err = d.bring(ctx, m, b.objects); err != nil {
			return nil, err
		}
		b.lost = append(b.lost, more...)
	}
	again := slices.ContainsFunc(b.lost, func(l runfile.Loss) bool { return l.Again })
	m, err = d.commit(ctx, b.files, func(m *manifest) {
		before := m.Logs
		m.Logs = &logListing{At: b.asked, Final: final(m.Files, b.asked) && !again, Lost: b.lost, Compared: d.Compared && (before == nil || before.Compared)}
	})
	if err != nil {
		return nil, fmt.Errorf("cannot fetch the logs of %s: %w", d.run.URL(), err)
	}
	return d.heldLogs(m), nil
}

// markUsed records that logs which were only fetched for comparison are now wanted themselves.
func (d *onDemand) markUsed(ctx context.Context, m manifest) error {
	if d.Compared || m.Logs == nil || !m.Logs.Compared {
		return nil
	}
	_, err := d.commit(ctx, nil, func(m *manifest) {
		if m.Logs != nil {
			m.Logs.Compared = false
		}
	})
	return err
}

// Logs returns the logs that the cache holds of the run, without a request.
func (r *Result) Logs() *Logs {
	d := &onDemand{run: r.Run, dir: runDir(r.Dir)}
	return d.heldLogs(d.dir.readManifest())
}

// heldLogs are the logs that the cache holds.
func (d *onDemand) heldLogs(m manifest) *Logs {
	all := &Logs{}
	if m.Logs != nil {
		all.Lost, all.Listed = m.Logs.Lost, m.Logs.At
	}
	for _, a := range m.Artifacts {
		if _, ok := runfile.ParseLog(a.Name); !ok {
			continue
		}
		if f, ok := d.dir.publish(d.run, a); ok {
			all.Files = append(all.Files, f)
		}
	}
	return all
}

// holdsLogs reports whether all logs of the manifest are in the cache.
func (d *onDemand) holdsLogs(m manifest) bool {
	for _, a := range m.Artifacts {
		if _, ok := runfile.ParseLog(a.Name); ok && !d.dir.holdsArtifact(d.run, &a) {
			return false
		}
	}
	return true
}

// listLogs lists the run's logs in the bucket. The error is the context's.
func (d *onDemand) listLogs(ctx context.Context) (found []objstore.Object, lost []runfile.Loss, err error) {
	var mu sync.Mutex
	add := func(o objstore.Object) bool {
		mu.Lock()
		defer mu.Unlock()
		if len(found) < maxLogFiles {
			found = append(found, o)
		}
		return len(found) < maxLogFiles
	}
	root := d.run.Root + "/"
	var g panics.Group
	var atRoot, ofSteps error
	g.Go(func() error {
		n := 0
		for e, err := range d.store.ListDir(ctx, d.run.Bucket, root, objstore.Bounds{}) {
			if n++; err != nil || n > maxRootFiles {
				atRoot = err
				return nil
			}
			if of, ok := runfile.ParseLog(strings.TrimPrefix(e.Name, root)); ok && !e.Dir && of.Step == "" && !add(e.Object) {
				return nil
			}
		}
		return nil
	})
	g.Go(func() error {
		for o, err := range d.store.List(ctx, d.run.Bucket, root+"artifacts/", root+runfile.StepLogGlob) {
			if err != nil {
				ofSteps = err
				return nil
			}
			if of, ok := runfile.ParseLog(strings.TrimPrefix(o.Name, root)); ok && of.Step != "" && !add(o) {
				return nil
			}
		}
		return nil
	})
	g.Wait()
	if err := ctx.Err(); err != nil {
		return nil, nil, context.Cause(ctx)
	}
	if err := cmp.Or(atRoot, ofSteps); err != nil {
		lost = append(lost, runfile.Loss{Kind: runfile.LossUnlisted, Files: 1, Why: "cannot list the logs: " + text.Line(err.Error()), Again: true})
	}
	if len(found) == maxLogFiles {
		lost = append(lost, runfile.Loss{Kind: runfile.LossTooMany, Files: 1, Why: "only " + text.Count(maxLogFiles, "log") + " of a run are read"})
	}
	d.inOrder(found)
	return found, lost, nil
}

// inOrder sorts logs by which come first.
func (d *onDemand) inOrder(objects []objstore.Object) {
	order := func(o objstore.Object) int { return d.Order(strings.TrimPrefix(o.Name, d.run.Root+"/")) }
	slices.SortFunc(objects, func(a, b objstore.Object) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Name, b.Name))
	})
}

// bring fetches the listed logs in their order, as long as there is room. The
// error is the context's.
func (d *onDemand) bring(ctx context.Context, m manifest, objects []objstore.Object) (files []received, lost []runfile.Loss, err error) {
	var mu sync.Mutex // guards the results
	left := &room{left: d.total}
	var omitted []string
	var g panics.Group
	g.SetLimit(logsParallel)
	for _, o := range objects {
		name := strings.TrimPrefix(o.Name, d.run.Root+"/")
		a := artifact{entry: newEntry(name, o), Content: o.Size}
		if old, ok := m.artifactNamed(name); ok && old.Version == a.Version && d.dir.holdsArtifact(d.run, &old) {
			left.spend(old.Held.Size)
			if l, ok := lossOf(old); ok {
				mu.Lock()
				lost = append(lost, l)
				mu.Unlock()
			}
			continue
		}
		how := d.plan(o, left.free())
		if how.cost >= 0 {
			how.room = left.take(how.cost)
		}
		if how.room == nil {
			omitted = append(omitted, name)
			continue
		}
		g.Go(func() error {
			r, l, err := d.receive(ctx, o, a, how)
			mu.Lock()
			defer mu.Unlock()
			lost = append(lost, l...)
			if err == nil {
				files = append(files, r)
				how.room.settle(heldBytes(r.Parts))
			} else if ctx.Err() == nil {
				lost = append(lost, runfile.Loss{Kind: runfile.LossUnavailable, File: name, Files: 1, Why: text.Line(err.Error()), Again: true})
			}
			return nil
		})
	}
	g.Wait()
	if ctx.Err() != nil {
		return nil, nil, discard(files, context.Cause(ctx))
	}
	if len(omitted) > 0 {
		lost = append(lost, runfile.Loss{Kind: runfile.LossTooLarge, File: omitted[0], Files: len(omitted), Why: "the logs of a run are limited to " + text.Size(d.total)})
	}
	slices.SortStableFunc(lost, func(a, b runfile.Loss) int { return strings.Compare(a.File, b.File) })
	return files, lost, nil
}

// lossOf says which parts of an artifact are missing.
func lossOf(a artifact) (l runfile.Loss, ok bool) {
	held := heldBytes(a.Parts)
	if held >= a.Content {
		return l, false
	}
	why := fmt.Sprintf("only %s of %s fetched: the beginning and the end", text.Size(held), text.Size(a.Content))
	return runfile.Loss{Kind: runfile.LossTooLarge, File: a.Name, Files: 1, Why: why}, true
}

func heldBytes(parts []Part) (n int64) {
	for _, p := range parts {
		n += p.Size
	}
	return n
}

// method is how an artifact is fetched.
type method struct {
	ends bool  // only its first and last bytes, by range
	cost int64 // bytes to be fetched; negative: none of it may be fetched

	room *reserved // its reserved room, more if it turns out to be gzip; nil: as much as a log may have
}

// plan chooses how to fetch a log.
func (d *onDemand) plan(o objstore.Object, left int64) method {
	zipped := strings.Contains(strings.ToLower(o.ContentEncoding), "gzip")
	ranges := d.store.Features().Ranges && !zipped && o.Size > 2*d.edge
	switch {
	case o.Size <= min(d.whole, left):
		return method{cost: o.Size}
	case ranges:
		return method{ends: true, cost: 2 * d.edge}
	case o.Size > maxStored:
		return method{cost: -1}
	}
	return method{cost: o.Size}
}

// errZipped means that the bytes to be read by range are gzip.
var errZipped = errors.New("it is gzip")

// receive fetches an artifact into a file.
func (d *onDemand) receive(ctx context.Context, o objstore.Object, a artifact, how method) (received, []runfile.Loss, error) {
	p, err := d.enter(ctx)
	if err != nil {
		return received{}, nil, err
	}
	defer p.leave()
	there := *d
	d, there.place = &there, p
	d.Progress.files.Add(1)
	d.Progress.bytes.Add(how.cost)
	var damage error
	f, err := d.dir.newPart()
	if err == nil && how.ends {
		a.Parts, err = d.readEnds(ctx, o, f)
		a.Unchecked = true
	}
	if err == nil && !how.ends || errors.Is(err, errZipped) {
		a.Unchecked = !d.checks()
		damage, err = d.readAll(ctx, o, f, &a, how.room)
	}
	if f == nil {
		return received{}, nil, err
	}
	r := received{a, f.Name()}
	if err = errors.Join(err, f.Close()); err != nil {
		d.Progress.failed.Add(1)
		return received{}, nil, discard([]received{r}, err)
	}
	d.Progress.done.Add(1)
	var lost []runfile.Loss
	if l, ok := lossOf(a); ok {
		lost = append(lost, l)
	}
	if damage != nil {
		lost = append(lost, runfile.Loss{Kind: runfile.LossBroken, File: a.Name, Files: 1, Why: text.Line(damage.Error())})
	}
	return r, lost, nil
}

// checks reports whether the store compares whole objects with their sums.
func (d *onDemand) checks() bool {
	_, tells := d.store.(objstore.Summer)
	return tells || d.store.Features().Sums
}

// readAll streams a whole object and keeps its text. The store checks its sum if it has one. The
// text of damaged gzip is kept as far as it goes, and damage says so.
func (d *onDemand) readAll(ctx context.Context, o objstore.Object, f fileWriter, a *artifact, room *reserved) (damage, err error) {
	if o.Size > maxStored {
		return nil, fmt.Errorf("%w: it has %s and cannot be read in parts", objstore.ErrTooLarge, text.Size(o.Size))
	}
	for range 2 {
		if err := emptyFile(f); err != nil {
			return nil, err
		}
		k := &keeper{f: f, whole: d.whole, edge: d.edge, room: room}
		damage, err = d.stream(ctx, o, k)
		if errors.Is(err, objstore.ErrChecksum) {
			d.Progress.Retry()
			continue
		}
		if err != nil {
			return nil, err
		}
		a.Parts, err = k.parts()
		a.Content = k.n
		return damage, err
	}
	return nil, fmt.Errorf("twice: %w", err)
}

// stream reads a whole object and writes its text to w.
func (d *onDemand) stream(ctx context.Context, o objstore.Object, w io.Writer) (damage, err error) {
	from, to := io.Pipe()
	var g panics.Group
	var local error
	g.Go(func() error {
		defer from.Close() // otherwise the store would wait for ever for a reader that met an error
		err := inflateTo(w, from, o.Size)
		if errors.Is(err, errInflate) {
			damage = err
			_, err = io.Copy(io.Discard, from) // the store checks the sum of the whole object
		}
		local = err
		from.CloseWithError(err)
		return nil
	})
	err = d.store.Read(ctx, o, d.counted(ctx, to))
	to.CloseWithError(err)
	g.Wait()
	if isFull(local) || err == nil && local != nil {
		return damage, local
	}
	return damage, err
}

// readEnds reads the first and the last bytes of an object by range.
func (d *onDemand) readEnds(ctx context.Context, o objstore.Object, f fileWriter) ([]Part, error) {
	head, tail := &limitedBuffer{limit: int(d.edge)}, &limitedBuffer{limit: int(d.edge)}
	var g panics.Group
	g.Go(func() error {
		return d.store.ReadRange(ctx, o, 0, d.edge, d.counted(ctx, head))
	})
	g.Go(func() error {
		return d.store.ReadRange(ctx, o, o.Size-d.edge, d.edge, d.counted(ctx, tail))
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if isGzip(head.b) {
		return nil, errZipped
	}
	return writeEdges(f, head.b, tail.b, o.Size)
}
