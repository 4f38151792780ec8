package cli

import (
	"context"

	"prowtrace/serve/viewer"
	"prowtrace/session"
)

// logsOf hands the logs of a run to the built-in pages.
func logsOf(in *session.Input) func(context.Context) ([]viewer.Log, error) {
	return func(ctx context.Context) ([]viewer.Log, error) {
		found, err := in.Logs(ctx)
		if err != nil {
			return nil, err
		}
		var logs []viewer.Log
		for _, l := range found {
			logs = append(logs, pageLog(l))
		}
		return logs, nil
	}
}

func pageLog(l *session.Log) viewer.Log {
	out := viewer.Log{Name: l.Name, URL: l.URL(), Size: l.Size, Unchecked: l.Unchecked}
	for _, g := range l.Gaps {
		out.Gaps = append(out.Gaps, viewer.Gap(g))
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
