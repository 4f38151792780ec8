package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"prowtrace/prow/timeline"
	"prowtrace/trace"
	"prowtrace/trace/join"
)

// joining is what is needed to join the traces of a Loaded once more.
type joining struct {
	session   *Session
	groups    []*Input
	told      []*Input // what the small files of the groups tell: the groups themselves, or those fetched later
	processes []join.Process

	mu       sync.Mutex        // guards what follows, and told
	logs     [][]*timeline.Log // of the groups, once they were read
	findings [][]join.Finding  // of the groups, once they were judged
}

// JoinLogs makes what the logs of the runs tell a part of the joined traces: phases that
// only logs mark, errors as events, commands of processes that left no root span. Logs
// that are not at hand are fetched. A newer View of the same files takes the place of
// the current one; readers end with the one that they began with.
//
// What a log does not give is left out. Errors are those of ctx, of the cache and of the
// files. Where traces are not joined, or logs have been joined, it does nothing. One call
// waits for another.
func (l *Loaded) JoinLogs(ctx context.Context) error {
	l.joining.mu.Lock()
	defer l.joining.mu.Unlock()
	view, release := l.Acquire()
	defer release()
	if view == nil || len(l.joining.groups) == 0 || l.joining.logs != nil {
		return nil
	}
	var errs []error
	logs := make([][]*timeline.Log, len(l.joining.groups))
	some := false
	for i, in := range l.joining.groups {
		var err error
		if logs[i], err = in.readLogs(ctx); err != nil {
			errs = append(errs, err)
		}
		some = some || len(logs[i]) > 0
	}
	if err := ctx.Err(); err != nil || !some {
		return errors.Join(append(errs, err)...)
	}
	l.joining.logs = logs
	return errors.Join(append(errs, l.joinAgain(ctx, view, l.Swap))...)
}

// joinAgain puts a View that holds all that is known by now in the place of the current
// one. The caller has the lock.
func (l *Loaded) joinAgain(ctx context.Context, view *trace.View, swap func(*trace.View) error) error {
	j := &l.joining
	jobs := j.session.jobs(j.told, j.processes, j.logs)
	for i := range j.findings {
		jobs[i].Findings = j.findings[i]
	}
	joined, err := join.Make(ctx, view.Set(), j.processes, jobs...)
	if err != nil {
		return err
	}
	if err := swap(joined); !errors.Is(err, trace.ErrClosed) {
		return err
	}
	return nil
}

// mark marks spans of an input's joined trace as those of findings, in place of those that
// were marked before.
func (l *Loaded) mark(ctx context.Context, in *Input, findings []join.Finding) error {
	j := &l.joining
	j.mu.Lock()
	defer j.mu.Unlock()
	view, release := l.Acquire()
	defer release()
	group := slices.Index(j.groups, in)
	if view == nil || group < 0 || len(findings) == 0 && (j.findings == nil || len(j.findings[group]) == 0) {
		return nil
	}
	if j.findings == nil {
		j.findings = make([][]join.Finding, len(j.groups))
	}
	j.findings[group] = findings
	return l.joinAgain(ctx, view, l.Amend)
}

// ToldBy is the input whose small files tell of another: that itself, or, when
// [Loaded.FetchRest] has brought files that were late, one that has them too.
func (l *Loaded) ToldBy(in *Input) *Input {
	l.joining.mu.Lock()
	defer l.joining.mu.Unlock()
	if i := slices.Index(l.joining.groups, in); i >= 0 {
		return l.joining.told[i]
	}
	return in
}

// readLogs reads the logs of a run whose files tell what else is known of it.
func (in *Input) readLogs(ctx context.Context) (all []*timeline.Log, err error) {
	if in.Metadata() == nil {
		return nil, nil
	}
	logs, err := in.Logs(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot join the logs of %s: %w", in.Title(), err)
	}
	var errs []error
	for _, l := range logs {
		lines, err := l.Lines(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		read, err := timeline.ReadLog(ctx, l.Name, lines.Log, lines.exactNumber)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, read)
	}
	return all, errors.Join(errs...)
}

// exactNumber is the number of a line in the whole log, 0 where it is not known.
func (l *Lines) exactNumber(i int) int {
	if n, exact := l.Number(i); exact {
		return n
	}
	return 0
}
