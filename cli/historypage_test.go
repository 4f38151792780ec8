package cli_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
)

// A history is served as a page until Ctrl-C. Its runs lead to Prow's pages.
func TestHistoryPage(t *testing.T) {
	server := gcstest.New(t)
	pastruns.Put(func(bucket, name string, data []byte) { server.PutBytes(bucket, name, data) })
	r := startOn(t, server, nil, "history", "--open", "-n", "6", pastruns.Broken)
	r.says(t, "Press Ctrl-C to end.")
	resp, err := http.Get(r.address + "api/v1/history")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Jobs []struct {
			Job, Title string
			Runs       []struct{ Build, URL string }
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil || len(got.Jobs) != 1 {
		t.Fatalf("%v: %+v", err, got)
	}
	j, last := got.Jobs[0], pastruns.Build(pastruns.Broken, pastruns.Runs-1)
	if j.Job != pastruns.Broken || j.Title != "Broken since "+pastruns.Build(pastruns.Broken, 10)+": 4 of the last 5 runs failed with the same finding" {
		t.Errorf("of %s it says %q", j.Job, j.Title)
	}
	if len(j.Runs) != 6 || j.Runs[5].Build != last || j.Runs[5].URL != "https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/"+pastruns.Broken+"/"+last {
		t.Errorf("the runs are %+v", j.Runs)
	}
	r.interrupt(t)
}
