package cli

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"prowtrace/serve/viewer"
	"prowtrace/session"
)

// logsOf hands the logs of a run to the built-in pages.
func logsOf(in *session.Input) func(context.Context) ([]viewer.Log, error) {
	looks := &logLooks{in: in, now: time.Now, last: map[string]time.Time{}}
	return func(ctx context.Context) ([]viewer.Log, error) {
		found, err := in.Logs(ctx)
		if err != nil {
			return nil, err
		}
		var logs []viewer.Log
		for _, l := range found {
			logs = append(logs, looks.page(l))
		}
		return logs, nil
	}
}

// linesQuery asks the page of the only run for the lines that its link names.
func linesQuery(inputs []*session.Input) string {
	if len(inputs) != 1 || inputs[0].Ref.Lines.File == "" {
		return ""
	}
	lines := inputs[0].Ref.Lines
	log := fmt.Sprintf("%s:%d", lines.File, lines.From)
	if lines.To > lines.From {
		log += fmt.Sprintf("-%d", lines.To)
	}
	return "?log=" + url.QueryEscape(log)
}

// betweenLooks is how often a log that grows is read again, however many pages show it.
const betweenLooks = 4 * time.Second

// logLooks lets pages look at logs of a run that has not ended. It is safe for concurrent
// use.
type logLooks struct {
	in  *session.Input
	now func() time.Time

	mu   sync.Mutex
	last map[string]time.Time // looks, by log
}

// page hands a log to the pages.
func (k *logLooks) page(l *session.Log) viewer.Log {
	out := pageLog(k.in, l)
	if l.Live {
		out.Later = func(ctx context.Context) (viewer.Log, error) {
			if !k.due(l.Name) {
				return k.page(l), nil
			}
			later, err := k.in.LaterLog(ctx, l)
			if err != nil {
				return viewer.Log{}, err
			}
			return k.page(later), nil
		}
	}
	return out
}

// due reports whether a log may be read again, and notes that it is.
func (k *logLooks) due(log string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if now.Sub(k.last[log]) < betweenLooks {
		return false
	}
	k.last[log] = now
	return true
}

func pageLog(in *session.Input, l *session.Log) viewer.Log {
	out := viewer.Log{Name: l.Name, URL: l.URL(), Size: l.Size, Unchecked: l.Unchecked}
	for _, g := range l.Gaps {
		out.Gaps = append(out.Gaps, viewer.Gap(g))
	}
	if len(l.Gaps) > 0 {
		out.More = func(ctx context.Context, offset, size int64) error {
			_, err := in.MoreOfLog(ctx, l, offset, size)
			return err
		}
	}
	out.Lines = func(ctx context.Context) (viewer.Lines, error) {
		lines, err := l.Lines(ctx)
		if err != nil {
			return viewer.Lines{}, err
		}
		return viewer.Lines{Log: lines.Log, Numbering: lines, Damaged: lines.Damaged}, nil
	}
	return out
}
