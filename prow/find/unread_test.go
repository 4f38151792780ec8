package find_test

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
)

// farStore takes a second for each listing.
type farStore struct{ *memoryStore }

func (f farStore) ListDir(ctx context.Context, bucket, dir string, within objstore.Bounds) iter.Seq2[objstore.Entry, error] {
	return func(yield func(objstore.Entry, error) bool) {
		select {
		case <-time.After(time.Second):
			f.memoryStore.ListDir(ctx, bucket, dir, within)(yield)
		case <-ctx.Done():
			yield(objstore.Entry{}, ctx.Err())
		}
	}
}

// Runs whose files the caller reads cost listings only, and those of the last month are under
// way together.
func TestRunsUnread(t *testing.T) {
	const job = "e2e-kops-gce"
	for _, c := range []struct {
		name  string
		every time.Duration
		where string
		want  time.Duration
		lists int
	}{
		{"within a day", 20 * time.Minute, "logs/" + job, time.Second, 3 + 2},
		{"within a month", 12 * time.Hour, "logs/" + job, time.Second, 3 + 2},
		{"within a year", 48 * time.Hour, "logs/" + job, 3 * time.Second, 3 + 2 + 2}, // is there any, and the year
		{"of batches", 12 * time.Hour, "pr-logs/pull/batch/" + job, 2 * time.Second, 3 + 2 + 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now().Add(27 * 365 * 24 * time.Hour) // in 2027: ids of builds hold no time before 2010
				objects := map[string]gcstest.Object{}
				for i := range 100 {
					objects[fmt.Sprintf("%s/%s/finished.json", c.where, prow.BuildAt(now.Add(-time.Duration(i+1)*c.every)))] = gcstest.Object{}
				}
				store := farStore{&memoryStore{objects: map[string]map[string]gcstest.Object{"bucket": objects}}}
				ref := prow.Ref{Kind: prow.KindJob, Run: prow.Run{Provider: "gs", Bucket: "bucket", Job: job}}
				begin := time.Now()
				infos, err := find.Runs(t.Context(), store, ref, 30, find.Options{Unread: true, Now: func() time.Time { return now }})
				if took := time.Since(begin); err != nil || len(infos) != 30 || took != c.want {
					t.Errorf("%d runs after %v, not 30 after %v: %v", len(infos), took, c.want, err)
				}
				for i, info := range infos {
					if want := now.Add(-time.Duration(i+1) * c.every); info.Started.Sub(want).Abs() > time.Second || info.Root == "" {
						t.Errorf("run %d is %s of %s, not of %s", i, info.Root, info.Started, want)
					}
				}
				if store.asked[0] > c.lists || store.asked[1] != 0 {
					t.Errorf("%d listings and %d files were asked for, not %d and none", store.asked[0], store.asked[1], c.lists)
				}
			})
		})
	}
}
