package cli

import (
	"context"
	"errors"
	"time"

	"prowtrace/internal/text"
	"prowtrace/session"
	"prowtrace/triage/report"
)

// printNew prints what the file of --new-since does not have, and adds it: only once it is
// printed, so that a failure tells it again. Others who use the file wait meanwhile, so that
// each finding is printed by one of them. It gives the summaries with what is new.
func (c *summaryCommand) printNew(ctx context.Context, all *report.Summaries) (news *report.Summaries, err error) {
	seen, err := session.OpenSeen(ctx, c.newSince, func() { c.note("waiting for another process that uses %s", text.Line(c.newSince)) })
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, seen.Close()) }()
	news = all.News(seen.Has)
	switch found := news.Found(); {
	case c.output == asJSON:
		err = c.print(news)
	case len(found.Runs) > 0:
		err = c.print(found)
	case all.Pull != nil:
		c.note("%s", all.Pull.Line())
	}
	if err != nil {
		return nil, err
	}
	c.noteLeftOut(news)
	for i, one := range all.Runs {
		for _, f := range one.Findings {
			if seen.Has(f.ID) {
				seen.Note(f.ID, f.Title, time.Now())
			}
		}
		for _, f := range news.Runs[i].Findings {
			seen.Note(f.ID, f.Title, time.Now())
		}
	}
	return news, seen.Save()
}

// noteLeftOut tells which runs are not printed, or have nothing new.
func (c *summaryCommand) noteLeftOut(news *report.Summaries) {
	for _, one := range news.Runs {
		switch {
		case len(one.Findings) > 0:
		case one.Known > 0:
			c.note("%s %s: nothing new, %s seen before", text.Name(one.Run.Job), text.Name(one.Run.Build), text.Count(one.Known, "finding"))
		default:
			c.note("%s %s: no findings (%s)", text.Name(one.Run.Job), text.Name(one.Run.Build), one.Verdict.Result)
		}
	}
}
