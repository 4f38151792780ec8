package cli

import (
	"context"
	"fmt"
	"sort"

	"prowtrace/internal/text"
	"prowtrace/session"
)

// unseen gives the lines of a log that are to be looked at: all, or, of a log that is
// followed, those behind what was looked at before. A line that is still being written
// waits for its end.
func (p *logPrinter) unseen(log *session.Log, lines *session.Lines) (from, end int) {
	end = lines.Len()
	if !p.follow {
		return 0, end
	}
	at := p.upTo[log.Name]
	from = sort.Search(end, func(i int) bool { return lines.Place(i) >= at })
	if log.Live && lines.Torn() && end > from {
		end--
		p.upTo[log.Name] = lines.Place(end)
	} else {
		p.upTo[log.Name] = log.Size
	}
	return from, end
}

// followLogs prints lines of logs as they are written, until the run has ended.
func (p *logPrinter) followLogs(ctx context.Context, in *session.Input, logs []*session.Log) error {
	if _, unfinished := in.Unfinished(); !unfinished {
		p.note("%s has ended: there is nothing to follow", text.Line(in.Title()))
		return nil
	}
	wanted := map[string]bool{}
	for _, l := range logs {
		wanted[l.Name] = true
	}
	for log, err := range in.FollowLogs(ctx) {
		if err != nil {
			return err
		}
		if !wanted[log.Name] {
			continue
		}
		if err := p.log(ctx, in, log); err != nil {
			return err
		}
		if err := p.out.Flush(); err != nil {
			return fmt.Errorf("cannot write the output: %w", err)
		}
		if !log.Live {
			p.note("%s has ended", text.Line(in.Title()))
		}
	}
	return nil
}
