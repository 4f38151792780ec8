package find_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
)

// Of a pull request, the newest run of each job counts, if it is of the newest commit.
func TestPull(t *testing.T) {
	server := gcstest.New(t)
	put := func(job, build, sha, state string) {
		root := "pr-logs/pull/kops/7/" + job + "/" + build + "/"
		server.PutBytes(bucketName, root+"started.json", []byte(`{"timestamp":1}`))
		pulls := `[{"number":6,"sha":"other"},{"number":7,"sha":"` + sha + `"}]`
		server.PutBytes(bucketName, root+"prowjob.json", []byte(`{"spec":{"refs":{"org":"kubernetes","repo":"kops","pulls":`+pulls+`}},"status":{"state":"`+state+`"}}`))
		switch state {
		case "success":
			server.PutBytes(bucketName, root+"finished.json", []byte(`{"timestamp":9,"passed":true,"result":"SUCCESS"}`))
		case "failure":
			server.PutBytes(bucketName, root+"finished.json", []byte(`{"timestamp":9,"passed":false,"result":"FAILURE"}`))
		}
	}
	put("pull-a", "1900000000000000009", "new", "failure")
	put("pull-a", "1900000000000000008", "new", "success")
	put("pull-b", "1900000000000000007", "new", "pending")
	put("pull-c", "1900000000000000006", "old", "failure")
	put("pull-d", "1900000000000000005", "new", "success")
	client, err := gcs.New(t.Context(), gcs.Options{Endpoint: server.Host})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	for _, tt := range []struct {
		name, input string
		n           int
		want        string
	}{
		{"all", "kops#7", 10, "new: pull-a failed, pull-b running, pull-d passed; 1 older, 0 left out"},
		{"the newest two", "kops#7", 2, "new: pull-a failed, pull-b running; 0 older, 2 left out"},
		{"none", "kops#8", 10, "found no runs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ref, err := link.Parse(prow.Instances{}, tt.input)
			if err != nil {
				t.Fatal(err)
			}
			p, err := find.Pull(t.Context(), client, ref, tt.n, find.Options{Now: clock})
			var none *find.ResolveError
			if errors.As(err, &none) {
				if !strings.HasPrefix(none.Had, tt.want) {
					t.Error(none)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var runs []string
			for _, r := range p.Runs {
				runs = append(runs, r.Job+" "+string(r.State))
			}
			if got := fmt.Sprintf("%s: %s; %d older, %d left out", p.SHA, strings.Join(runs, ", "), p.Older, p.LeftOut); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}
