package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"prowtrace/objstore"
	"prowtrace/prow"
)

// fetchMoved fetches the run from the first of its buckets that has it. A bucket
// that the cache knows comes first: the others were asked before and did not have the run.
func (c *Cache) fetchMoved(ctx context.Context, store objstore.Store, run prow.Run, o Options) (*Result, error) {
	buckets := o.Instances.Buckets(run.Bucket)
	if !o.Refresh {
		slices.SortStableFunc(buckets, func(a, b prow.Bucket) int { return c.knows(run, b) - c.knows(run, a) })
	}
	var tried []Attempt
	for _, p := range buckets {
		there := run
		there.Bucket = p.Name
		t := newTransfer(c, store, there, o)
		res, err := t.do(ctx)
		var refused *objstore.AccessError
		var missing *NotFoundError
		switch {
		case res == nil && errors.As(err, &missing):
			for _, a := range missing.Tried {
				a.closed = p.Closed
				tried = append(tried, a)
			}
			t.ledger.retract()
		case res == nil && errors.As(err, &refused):
			tried = append(tried, Attempt{Bucket: p.Name, Err: err, closed: p.Closed})
			t.ledger.retract()
		case res == nil && o.Offline && errors.Is(err, ErrOffline):
		case res == nil:
			return nil, err
		default:
			res.Asked = run
			switch {
			case p.Newer:
				t.notice("using %s: the runs of bucket %s were moved there", there.URL(), run.Bucket)
			case p.Name != run.Bucket:
				t.notice("using %s: this run was not moved to bucket %s", there.URL(), run.Bucket)
			}
			return res, err
		}
	}
	if o.Offline {
		return nil, fmt.Errorf("cannot find %s offline: %w %s", run.URL(), ErrOffline, c.dir)
	}
	return nil, notFound(run, tried)
}

func (c *Cache) knows(run prow.Run, p prow.Bucket) int {
	run.Bucket = p.Name
	if _, err := os.Stat(c.runDir(run).manifest()); err != nil {
		return 0
	}
	return 1
}

// An Attempt is one bucket that a run was looked for in.
type Attempt struct {
	Bucket string
	Err    error // what the store said; nil when its listing was empty

	closed bool // given up, so a refusal says nothing about the run
}

// notFound makes one error of all attempts. If a bucket in use refuses access, the
// run may be there, and access is what is missing.
func notFound(run prow.Run, tried []Attempt) error {
	refusedBy := slices.IndexFunc(tried, func(a Attempt) bool { return a.refused() && !a.closed })
	if refusedBy < 0 {
		return &NotFoundError{Run: run, Tried: tried}
	}
	at := tried[refusedBy]
	others := slices.Delete(tried, refusedBy, refusedBy+1)
	var refused *objstore.AccessError
	if len(others) == 0 || !errors.As(at.Err, &refused) {
		return at.Err
	}
	why := said(others, run.Bucket)
	run.Bucket = at.Bucket
	if len(why) == 0 {
		return fmt.Errorf("cannot look for traces of %s: %w", run.URL(), refused)
	}
	// The refusal comes last, because it ends with a hint.
	return fmt.Errorf("cannot look for traces of %s: %s, and %w", run.URL(), strings.Join(why, ", "), refused)
}

func (a Attempt) refused() bool {
	var refused *objstore.AccessError
	return errors.As(a.Err, &refused)
}

// said puts attempts into words. It leaves out closed buckets, except the one that was asked
// for. It returns "" if the bucket asked for exists and was the only one.
func said(tried []Attempt, asked string) (out []string) {
	if len(tried) == 1 && tried[0].Err == nil {
		return nil
	}
	for _, a := range tried {
		switch {
		case a.closed && a.Bucket != asked:
		case a.refused() && a.closed:
			out = append(out, "bucket "+a.Bucket+" is closed")
		case a.refused():
			out = append(out, "bucket "+a.Bucket+" refuses too")
		case errors.Is(a.Err, objstore.ErrBucketNotExist):
			out = append(out, "bucket "+a.Bucket+" does not exist")
		default:
			out = append(out, "nothing in bucket "+a.Bucket)
		}
	}
	return out
}
