package cli_test

import (
	"net/url"
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
)

// A run beside the last one of its job that passed is a page: both timelines, what changed,
// both logs.
func TestDiffPage(t *testing.T) {
	server := gcstest.New(t)
	pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	r := startOn(t, server, nil, "diff", "--open", "--failed", pastruns.Broken)
	r.says(t, "Press Ctrl-C to end.")
	u, err := url.Parse(r.address)
	if err != nil || u.Query().Get("order") != "phases" || u.Query().Get("view") != "compare" {
		t.Fatalf("the address is %s", r.address)
	}
	trace, with := strings.TrimPrefix(u.Path, "/trace/"), u.Query().Get("compare")
	var head, other struct{ Result string }
	ask(t, r.api("traces/"+trace), &head)
	ask(t, r.api("traces/"+with), &other)
	if head.Result != "failed" || other.Result != "passed" {
		t.Errorf("a run that %s is compared with one that %s", head.Result, other.Result)
	}
	var phases struct {
		Bands []struct{ Name string }
		Rows  []struct{ Name string }
	}
	ask(t, r.api("traces/"+trace+"/phases?with="+with), &phases)
	if len(phases.Bands) < 2 || len(phases.Rows) < len(phases.Bands) {
		t.Errorf("the phases are %+v", phases)
	}
	var changed struct {
		Lists []struct{ Rows []struct{ Said string } }
	}
	ask(t, r.api("traces/"+trace+"/diff?with="+with), &changed)
	rows := 0
	for _, l := range changed.Lists {
		rows += len(l.Rows)
	}
	var logs struct{ Here, There struct{ Lines, Count int } }
	ask(t, r.api("traces/"+trace+"/log/diff?log=build-log.txt&with="+with), &logs)
	if rows == 0 || logs.Here.Count == 0 || logs.There.Lines == 0 {
		t.Errorf("%d changes, %+v", rows, logs)
	}
	r.interrupt(t)
}
