//go:build !race

package mcp_test

import "testing"

// A run with 100,000 cases that failed is answered within the bound, and all are counted.
// TestEveryElementOnce tells that pages have each of so many.
func TestManyFailures(t *testing.T) {
	const many = 100_000
	b := newBench(t, nil)
	run := failures(b, many)
	answer := b.answer("get_test_failures", args{"run": run, "limit": 200})
	if answer["total_count"] != float64(many) || answer["failed"] != float64(many) || answer["truncated"] != true || answer["next_cursor"] == nil {
		t.Errorf("%v of %d, truncated %v", answer["total_count"], many, answer["truncated"])
	}
	b.answer("get_run_timeline", args{"run": run, "depth": 20, "limit": 300})
	b.answer("search_spans", args{"run": run, "query": "error", "limit": 200})
}
