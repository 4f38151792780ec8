package session

import (
	"context"
	"errors"
	"os"
	"path"
	"slices"

	"prowtrace/fetch"
	"prowtrace/joblog"
	"prowtrace/objstore"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// Logs gives the logs of the input's run, those of containers first. The first call
// fetches those of a run in a bucket, unless the cache has them; later calls give the
// same. What could not be had is told by [Input.LogLosses]; errors are those of ctx and
// of the cache. Nothing is asked of logs before the first call.
//
// It is safe for concurrent use, also before Load and beside it: one call waits for
// another. After the files have been let go of, the error is [ErrLogClosed].
func (in *Input) Logs(ctx context.Context) ([]*Log, error) {
	if all, known, err := in.knownLogs(); known {
		return all, err
	}
	done, err := in.logs.turns.take(ctx, theLogs)
	if err != nil {
		return nil, err
	}
	defer done()
	if all, known, err := in.knownLogs(); known {
		return all, err
	}
	var all []*Log
	var lost []runfile.Loss
	if in.Fetched == nil {
		all = in.localLogs()
	} else if all, lost, err = in.fetchedLogs(ctx); err != nil {
		return nil, err
	}
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	if in.logs.closed {
		return nil, ErrLogClosed
	}
	in.logs.all, in.logs.lost, in.logs.found = all, lost, true
	return all, nil
}

// theLogs names the turn of whoever fetches logs, in turns.
const theLogs = ""

// knownLogs gives the logs if they were fetched; the error is ErrLogClosed.
func (in *Input) knownLogs() (all []*Log, known bool, err error) {
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	if in.logs.closed {
		return nil, true, ErrLogClosed
	}
	return in.logs.all, in.logs.found, nil
}

// setLogs says how the logs of a run in the cache are fetched.
func (s *Session) setLogs(in *Input, cache *fetch.Cache, store objstore.Store, o fetch.ArtifactOptions) {
	in.logs.known = s.o.Instances
	if !s.o.Offline {
		s.setLive(in, cache)
	}
	in.logs.fetch = func(ctx context.Context) (*fetch.Logs, error) {
		o := o
		o.Order = in.Metadata().LogOrder()
		return cache.FetchLogs(ctx, store, in.Fetched, o)
	}
	in.logs.more = func(ctx context.Context, name string, offset, size int64) (fetch.Artifact, error) {
		return cache.FetchRange(ctx, store, in.Fetched, name, offset, size, o)
	}
	in.logs.list = func(ctx context.Context) ([]fetch.Listed, error) {
		return cache.ListArtifacts(ctx, store, in.Fetched, o)
	}
	in.logs.one = func(ctx context.Context, name string) (fetch.Artifact, []runfile.Loss, error) {
		return cache.FetchArtifact(ctx, store, in.Fetched, name, o)
	}
}

// MoreOfLog gives one of the input's logs with more of it: what is missing of size bytes
// from an offset in it, as whole lines, at most 64 MiB. It is fetched if need be, and
// [Input.Logs] gives it from then on. The log of before stays as it was for those who
// read its lines. Errors are those of the bucket, of the cache and of ctx.
func (in *Input) MoreOfLog(ctx context.Context, l *Log, offset, size int64) (*Log, error) {
	if _, err := l.Lines(ctx); err != nil {
		return nil, err // its file goes
	}
	done, err := in.logs.turns.take(ctx, theLogs) // each has what those before it brought
	if err != nil {
		return nil, err
	}
	defer done()
	if in.logs.more == nil || len(l.Gaps) == 0 {
		return l, nil
	}
	f, err := in.logs.more(ctx, l.Name, offset, size) // the logs can be read meanwhile
	if err != nil {
		return nil, err
	}
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	at := slices.IndexFunc(in.logs.all, func(other *Log) bool { return other.Name == l.Name })
	switch {
	case in.logs.closed:
		return nil, ErrLogClosed
	case at < 0:
		return l, nil
	}
	more := in.replaceLog(at, f)
	if len(more.Gaps) == 0 {
		in.logs.lost = slices.DeleteFunc(slices.Clone(in.logs.lost), func(lost runfile.Loss) bool {
			return lost.Kind == runfile.LossTooLarge && lost.File == l.Name && lost.Files == 1
		})
	}
	return more, nil
}

// artifactLog is the log that an artifact in the cache is.
func (in *Input) artifactLog(f fetch.Artifact) *Log {
	l := in.newLog(f.Name)
	l.Path, l.Size, l.Unchecked, l.Live, l.Gaps = f.Path, f.Size, f.Unchecked, f.Live, gapsOf(f)
	return l
}

// LogLosses are the logs, and the parts of them, that are not held. They are known
// when Logs has returned.
func (in *Input) LogLosses() []runfile.Loss {
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	return in.logs.lost
}

// fetchedLogs are those of a run in the cache.
func (in *Input) fetchedLogs(ctx context.Context) (all []*Log, lost []runfile.Loss, err error) {
	held := in.Fetched.Logs()
	if in.logs.fetch != nil {
		if held, err = in.logs.fetch(ctx); err != nil {
			return nil, nil, err
		}
	}
	if in.wantsLive(held) {
		if err := in.addLive(ctx, held); err != nil {
			return nil, nil, err
		}
	}
	lost = held.Lost
	if held.Listed.IsZero() {
		lost = append(lost, runfile.Loss{Kind: runfile.LossUnlisted, Files: 1, Why: "the cache has no logs of the run", Again: true})
	}
	for _, f := range held.Files {
		all = append(all, in.artifactLog(f))
	}
	slices.SortStableFunc(all, compareLogs)
	return all, lost, nil
}

// gapsOf are the parts of an artifact that are not held.
func gapsOf(f fetch.Artifact) (gaps []Gap) {
	at := int64(0)
	for _, p := range f.Parts {
		if p.Offset > at {
			gaps = append(gaps, Gap{at, p.Offset - at})
		}
		at = p.Offset + p.Size
	}
	if at < f.Size {
		gaps = append(gaps, Gap{at, f.Size - at})
	}
	return gaps
}

// closeLogs lets go of the logs.
func (in *Input) closeLogs() error {
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	in.logs.closed = true
	var errs []error
	for _, l := range slices.Concat(in.logs.all, in.logs.before, in.logs.others) {
		errs = append(errs, l.close())
	}
	in.logs.all, in.logs.before, in.logs.others = nil, nil, nil
	return errors.Join(errs...)
}

// localLogs are those among the files that were named.
func (in *Input) localLogs() (all []*Log) {
	for _, f := range in.logs.local {
		all = append(all, in.localLog(f))
	}
	slices.SortStableFunc(all, compareLogs)
	return all
}

// localLog is the log that a file on this machine is.
func (in *Input) localLog(f trace.Source) *Log {
	l := in.newLog(f.Name)
	l.Path, l.data, l.Size = f.Path, f.Data, int64(len(f.Data))
	if f.Path != "" {
		if info, err := os.Stat(f.Path); err == nil {
			l.Size = info.Size()
		}
	}
	return l
}

// newLog makes the log of a file below the run's root.
func (in *Input) newLog(name string) *Log {
	l := &Log{Name: name, run: in.Ref.Run, known: in.logs.known, turn: make(chan struct{}, 1)}
	l.Of, _ = runfile.ParseLog(name)
	if m := in.Metadata(); m != nil {
		l.Of.Container = m.Container(l.Of)
		start, end := m.Span()
		l.options = joblog.Options{Start: start, End: end}
	}
	return l
}

// partLogs parts logs from the other files of a directory or archive that is no run's,
// going by their own names.
func partLogs(files []trace.Source) (logs, others []trace.Source) {
	for _, f := range files {
		base := path.Base(canonicalName(f.Name))
		if _, ok := runfile.ParseLog(base); ok {
			logs = append(logs, f)
		} else {
			others = append(others, f)
		}
	}
	return logs, others
}
