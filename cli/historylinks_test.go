package cli

import (
	"testing"

	"prowtrace/prow"
	"prowtrace/triage/history"
)

// Squares of a history lead to pages, also where the Prow of a run is not known.
func TestHistoryLinks(t *testing.T) {
	own, _, err := prow.NewInstances([]prow.Instance{{Decks: []string{"prow.example.com"}, Provider: "gs", Bucket: "own-bucket"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, url, want string }{
		{"of a known Prow", "https://prow.example.com/view/gs/own-bucket/logs/job/1900000000000000001", "https://prow.example.com/view/gs/own-bucket/logs/job/1900000000000000001"},
		{"in a public bucket of an unknown Prow", "gs://other-bucket/logs/job/1900000000000000001", "https://prow.k8s.io/view/gs/other-bucket/logs/job/1900000000000000001"},
		{"in a store without pages", "s3://other-bucket/logs/job/1900000000000000001", ""},
		{"unknown", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := history.Make([]history.Run{{Job: "job", Build: "1900000000000000001", URL: c.url, State: "passed"}})
			r := &historyCommand{request: request{known: own}}
			if r.linkRuns(h); h.Jobs[0].Runs[0].URL != c.want {
				t.Errorf("it leads to %q, not %q", h.Jobs[0].Runs[0].URL, c.want)
			}
		})
	}
}
