package fetch

import (
	"context"
	"slices"
	"testing"
)

// warmStore notes how many connections it was asked to open ahead.
type warmStore struct {
	*memStore
	warmed []int
}

func (s *warmStore) Warm(_ context.Context, _ string, n int) { s.warmed = append(s.warmed, n) }

func TestConnectionsAreOpenedAhead(t *testing.T) {
	s := &warmStore{memStore: newStore(testRun.Bucket)}
	putRun(s.memStore, testRun)
	s.delete(testRun.Bucket, testRun.Root+"/finished.json") // so that the run is asked for each time
	c := openTest(t)
	steps := []struct {
		name string
		o    Options
		want []int // all so far
	}{
		{"new run", Options{}, []int{64}},
		{"known run", Options{}, []int{64}},
		{"known run, all anew", Options{Refresh: true, Pool: NewPool(7)}, []int{64, 7}},
	}
	for _, step := range steps {
		res, err := c.Fetch(t.Context(), s, testRun, step.o)
		if err != nil {
			t.Fatal(err)
		}
		res.Close()
		if !slices.Equal(s.warmed, step.want) {
			t.Errorf("%s: warmed %v, want %v", step.name, s.warmed, step.want)
		}
	}
}
