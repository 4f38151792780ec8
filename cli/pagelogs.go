package cli

import (
	"context"
	"fmt"
	"net/url"

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
			logs = append(logs, pageLog(in, l))
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
