package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"prowtrace/internal/gcstest"
)

// runsOfVisitor is how many runs each visitor opens.
const runsOfVisitor = 5

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 300}, Timeout: 5 * time.Minute}

// get asks as a visitor, and wants a good answer.
func get(ctx context.Context, visitor, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Visitor", visitor)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d: %.300s", address, resp.StatusCode, body)
	}
	return body, err
}

// visit lets all visitors open runs and ask what the page of a run asks. It gives how long
// answers of the API took, sorted.
func visit(ctx context.Context, address string, visitors, runs int) (took []time.Duration, err error) {
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	for v := range visitors {
		g.Go(func() error {
			rng := rand.New(rand.NewPCG(uint64(v), 1))
			for range runsOfVisitor {
				times, err := open(ctx, address, fmt.Sprint("visitor ", v), "large", rng.IntN(runs))
				if err != nil {
					return err
				}
				mu.Lock()
				took = append(took, times...)
				mu.Unlock()
			}
			return nil
		})
	}
	err = g.Wait()
	slices.Sort(took)
	return took, err
}

// open opens a run once it is loaded.
func open(ctx context.Context, address, visitor, job string, n int) (took []time.Duration, err error) {
	link := "gs://" + bucketName + "/" + rootOf(job, n)
	for {
		body, err := get(ctx, visitor, address+"/api/v1/state?link="+url.QueryEscape(link))
		if err != nil {
			return nil, err
		}
		var state struct{ Step, Text string }
		if err := json.Unmarshal(body, &state); err != nil {
			return nil, err
		}
		if state.Step == "failed" {
			return nil, fmt.Errorf("%s: %s", link, state.Text)
		}
		if state.Step == "ready" {
			break
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	page := address + "/view/gs/" + bucketName + "/" + rootOf(job, n)
	var run struct{ Jobs []string }
	ask := func(path string) ([]byte, error) {
		began := time.Now()
		body, err := get(ctx, visitor, page+"/api/v1/"+path)
		took = append(took, time.Since(began))
		return body, err
	}
	body, err := ask("run")
	if err == nil {
		err = json.Unmarshal(body, &run)
	}
	if err == nil && len(run.Jobs) != 1 {
		err = fmt.Errorf("%s has %d jobs", page, len(run.Jobs))
	}
	if err != nil {
		return nil, err
	}
	trace := "traces/" + run.Jobs[0]
	for _, path := range []string{trace, trace + "/columns?from=0&to=200000", trace + "/lines?at=0-60", trace + "/find?q=" + url.QueryEscape("http.url=instances/77"), trace + "/operations", trace + "/summary?known=-1", trace + "/critical"} {
		if _, err := ask(path); err != nil {
			return nil, err
		}
	}
	return took, nil
}

// smallTogether is how many small runs are opened at a time.
const smallTogether = 8

// openSmall opens small runs, each of a job of its own that is in the bucket only meanwhile,
// and has them judged.
func openSmall(bucket *gcstest.Server, address string, from, to int, trace []byte) error {
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(smallTogether)
	for n := from; n < to; n++ {
		g.Go(func() error {
			job := fmt.Sprint("small-", n)
			names := putRun(bucket, job, n, passed, trace)
			_, err := get(ctx, fmt.Sprint("visitor ", n%smallTogether), address+"/api/v1/summary?link="+url.QueryEscape("gs://"+bucketName+"/"+rootOf(job, n)))
			for _, name := range names {
				bucket.Delete(bucketName, name)
			}
			return err
		})
	}
	return g.Wait()
}

// at gives a quantile of sorted times, in ms.
func at(sorted []time.Duration, q float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(q*float64(len(sorted)-1))].Milliseconds()
}
