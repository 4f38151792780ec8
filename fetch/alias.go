package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"prowtrace/gcs"
	"prowtrace/prow"
)

// moved are buckets whose runs were moved, oldest first. A run lies under the
// same root in each. Where a bucket's name lives on without its runs it is
// retired: being refused there only means that there is nothing any more.
//
// kubernetes-jenkins: kubernetes/test-infra#33611 and #33381. origin-ci-test:
// openshift/release#47152. test-platform-results-public: openshift/release#85245,
// which has no runs from before the cut, while the former bucket is private now.
var moved = [][]bucket{
	{{"kubernetes-jenkins", true}, {"kubernetes-ci-logs", false}},
	{{"origin-ci-test", true}, {"test-platform-results", false}, {"test-platform-results-public", false}},
}

type bucket struct {
	name    string
	retired bool
}

// places returns the buckets that may have what a link of b promises: b itself,
// its successors, then its predecessors, the nearest first.
func places(b string) []bucket {
	for _, chain := range moved {
		i := slices.IndexFunc(chain, func(c bucket) bool { return c.name == b })
		if i < 0 {
			continue
		}
		out := slices.Clone(chain[i:])
		for _, c := range slices.Backward(chain[:i]) {
			out = append(out, c)
		}
		return out
	}
	return []bucket{{name: b}}
}

// fetchMoved fetches the run from the first of its places that has it. A place
// that the cache knows comes first: the others were asked before and had nothing.
func (c *Cache) fetchMoved(ctx context.Context, store Store, run prow.Run, o Options) (*Result, error) {
	all := places(run.Bucket)
	if !o.Refresh {
		slices.SortStableFunc(all, func(a, b bucket) int { return c.knows(run, b) - c.knows(run, a) })
	}
	var tried []Attempt
	for _, b := range all {
		there := run
		there.Bucket = b.name
		t := newTransfer(c, store, there, o)
		res, err := t.do(ctx)
		var refused *gcs.AccessError
		var missing *NotFoundError
		switch {
		case res == nil && errors.As(err, &missing):
			tried = append(tried, missing.Tried...)
			t.ledger.retract()
		case res == nil && errors.As(err, &refused):
			tried = append(tried, Attempt{Bucket: b.name, Err: err, retired: b.retired})
			t.ledger.retract()
		case res == nil && o.Offline && errors.Is(err, ErrOffline):
		case res == nil:
			return nil, err
		default:
			res.Asked = run
			if b.name != run.Bucket {
				o.Notice(there.URL() + " has the run: " + b.relation(run.Bucket))
			}
			return res, err
		}
	}
	if o.Offline {
		return nil, fmt.Errorf("%s: %w; fetch it once without --offline (the cache is %s)", run.URL(), ErrOffline, c.dir)
	}
	return nil, notFound(run, tried)
}

// relation says why a run is in b that a link has in the bucket asked.
func (b bucket) relation(asked string) string {
	for _, chain := range moved {
		for _, c := range chain {
			switch c.name {
			case asked:
				return "gs://" + asked + " was moved there"
			case b.name:
				return "it was never moved to gs://" + asked
			}
		}
	}
	return ""
}

func (c *Cache) knows(run prow.Run, b bucket) int {
	run.Bucket = b.name
	if _, err := os.Stat(c.runDir(run).manifest()); err != nil {
		return 0
	}
	return 1
}

// An Attempt is one bucket that a run was looked for in.
type Attempt struct {
	Bucket string
	Err    error // what the store said; nil when it listed the place and found it empty

	retired bool
}

// notFound makes one error of all attempts. Where a living bucket refuses, the
// run may well be there, and access is what is missing.
func notFound(run prow.Run, tried []Attempt) error {
	refusedBy := slices.IndexFunc(tried, func(a Attempt) bool { return a.refused() && !a.retired })
	if refusedBy < 0 {
		return &NotFoundError{Run: run, Tried: tried}
	}
	err := tried[refusedBy].Err
	if others := slices.Delete(tried, refusedBy, refusedBy+1); len(others) > 0 {
		err = fmt.Errorf("%w (%s)", err, said(others, ", "))
	}
	return err
}

func (a Attempt) refused() bool {
	var refused *gcs.AccessError
	return errors.As(a.Err, &refused)
}

// said puts attempts into words.
func said(tried []Attempt, sep string) string {
	var out []string
	for _, a := range tried {
		switch {
		case a.refused():
			out = append(out, a.Bucket+" is closed")
		case errors.Is(a.Err, gcs.ErrBucketNotExist):
			out = append(out, "there is no bucket "+a.Bucket)
		default:
			out = append(out, "nothing in "+a.Bucket)
		}
	}
	return strings.Join(out, sep)
}
