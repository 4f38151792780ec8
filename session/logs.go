package session

import (
	"context"
	"errors"
	"os"
	"path"
	"slices"
	"strings"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
)

// Logs gives the logs of the input's run, those of containers first. They are looked
// for once; later calls give the same. It is safe for concurrent use, also before
// Load. After the files have been let go of, the error is [ErrLogClosed].
func (in *Input) Logs(ctx context.Context) ([]*Log, error) {
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	switch {
	case in.logs.closed:
		return nil, ErrLogClosed
	case in.logs.found:
		return in.logs.all, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	in.logs.all = in.localLogs()
	in.logs.found = true
	return in.logs.all, nil
}

// closeLogs lets go of the logs.
func (in *Input) closeLogs() error {
	in.logs.mu.Lock()
	defer in.logs.mu.Unlock()
	in.logs.closed = true
	var errs []error
	for _, l := range in.logs.all {
		errs = append(errs, l.close())
	}
	in.logs.all = nil
	return errors.Join(errs...)
}

// localLogs are those among the files that were named.
func (in *Input) localLogs() (all []*Log) {
	for _, f := range in.logs.local {
		l := in.newLog(f.Name)
		l.Path, l.data, l.Size = f.Path, f.Data, int64(len(f.Data))
		if f.Path != "" {
			if info, err := os.Stat(f.Path); err == nil {
				l.Size = info.Size()
			}
		}
		all = append(all, l)
	}
	slices.SortStableFunc(all, compareLogs)
	return all
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

// compareLogs orders the logs of a run.
func compareLogs(a, b *Log) int {
	if steps := strings.Count(a.Name, "/") - strings.Count(b.Name, "/"); (a.Of.Step == "") != (b.Of.Step == "") {
		return steps
	}
	return strings.Compare(a.Name, b.Name)
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
