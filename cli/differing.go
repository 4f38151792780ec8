package cli

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/trace"
	"prowtrace/triage/diff"
)

// differences say what differs between the runs that are shown, and keep it: reading the logs
// of two runs takes its time.
type differences struct {
	r      *request
	loaded *session.Loaded
	masked bool // the pages are for others

	mu   sync.Mutex
	kept map[[2]trace.TraceID]*diff.Diff
}

// mostDifferences bounds those that are kept.
const mostDifferences = 20

// show lets the pages of several runs ask.
func (d *differences) show(info viewer.Info) viewer.Info {
	if len(info.Jobs) > 1 {
		info.Differ = d.between
	}
	return info
}

// between compares the run of one trace with that of another. One question waits for another.
func (d *differences) between(ctx context.Context, here, there trace.TraceID) (*diff.Diff, error) {
	bad, good := d.input(here), d.input(there)
	if bad == nil || good == nil {
		return nil, fmt.Errorf("cannot compare %s and %s: they are not traces of two runs", here, there)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	pair := [2]trace.TraceID{here, there}
	if known := d.kept[pair]; known != nil {
		return known, nil
	}
	found, err := d.loaded.Diff(ctx, bad, session.Differing{Known: d.r.knownErrors(), Good: good, Page: d.r.page})
	if err != nil {
		return nil, err
	}
	if d.masked {
		found = found.Masked()
	}
	if bad.Late()+good.Late() == 0 && len(d.kept) < mostDifferences {
		if d.kept == nil {
			d.kept = map[[2]trace.TraceID]*diff.Diff{}
		}
		d.kept[pair] = found
	}
	return found, nil
}

func (d *differences) input(of trace.TraceID) *session.Input {
	i := slices.IndexFunc(d.loaded.Inputs, func(in *session.Input) bool { return in.Trace == of && !of.IsZero() })
	if i < 0 {
		return nil
	}
	return d.loaded.Inputs[i]
}
