package query

import (
	"context"
	"runtime"

	"golang.org/x/sync/errgroup"

	"prowtrace/trace"
)

// blockRows is about how many spans one goroutine searches before it is seen
// whether enough was found: some milliseconds' work where attributes are
// compared.
const blockRows = 1 << 14

// search gives the traces below index last that match, newest first, at most
// limit of them unless that is 0. Columns alone are searched by one goroutine;
// where encoded spans have to be read, all processors take blocks of traces, the
// newest first, and the result is the same.
func (m *matcher) search(ctx context.Context, last, limit int) ([]trace.Trace, error) {
	workers := 1
	if len(m.attributes) > 0 || m.filter != nil {
		workers = runtime.GOMAXPROCS(0)
	}
	each := make([]*matcher, workers)
	for w := range each {
		own := *m
		own.subject = newSubject(m.view, m.part)
		each[w] = &own
	}
	var found []trace.Trace
	for last > 0 {
		matched := make([][]trace.Trace, workers)
		var g errgroup.Group
		for w := range workers {
			hi := last
			last = m.blockBelow(hi)
			lo := last
			g.Go(func() error {
				matched[w] = each[w].block(lo, hi, limit)
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return nil, err
		}
		for _, traces := range matched {
			found = append(found, traces...)
		}
		if limit > 0 && len(found) >= limit {
			return found[:limit], nil
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// blockBelow gives where a block of traces that ends before index hi begins.
func (m *matcher) blockBelow(hi int) int {
	lo := hi
	for lo > 0 && m.firstRow(hi)-m.firstRow(lo) < blockRows {
		lo--
	}
	return lo
}

// block gives the matches in a range of traces, newest first.
func (m *matcher) block(lo, hi, limit int) []trace.Trace {
	var found []trace.Trace
	for t := hi - 1; t >= lo; t-- {
		if m.trace(t) {
			found = append(found, m.view.Trace(m.view.TraceIndex(m.part, t)))
			if len(found) == limit {
				break
			}
		}
	}
	return found
}
