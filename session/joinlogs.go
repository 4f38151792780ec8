package session

import (
	"context"
	"errors"
	"fmt"

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
	logs      [][]*timeline.Log // of the groups, once they were read
}

// JoinLogs makes what the logs of the runs tell a part of the joined traces: phases that
// only logs mark, errors as events, commands of processes that left no root span. Logs
// that are not at hand are fetched. A newer View of the same files takes the place of
// the current one; readers end with the one that they began with.
//
// What a log does not give is left out. Errors are those of ctx, of the cache and of the
// files. Where traces are not joined, it does nothing.
func (l *Loaded) JoinLogs(ctx context.Context) error {
	view, release := l.Acquire()
	defer release()
	if view == nil || len(l.joining.groups) == 0 {
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
	return errors.Join(append(errs, l.joinAgain(ctx, view))...)
}

// joinAgain puts a View that holds all that is known by now in the place of the current
// one.
func (l *Loaded) joinAgain(ctx context.Context, view *trace.View) error {
	j := &l.joining
	joined, err := join.Make(ctx, view.Set(), j.processes, j.session.jobs(j.told, j.processes, j.logs)...)
	if err != nil {
		return err
	}
	if err := l.Swap(joined); !errors.Is(err, trace.ErrClosed) {
		return err
	}
	return nil
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
