package lens

import (
	"testing"

	"prowtrace/prow"
)

// What Deck's page has behind /view/, and which run that is.
func TestSource(t *testing.T) {
	own, _, err := prow.NewInstances([]prow.Instance{{Decks: []string{"prow.example.org"}, Provider: "s3", Bucket: "own"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ host, source, want string }{
		{"deck", "gs/b1-logs/logs/ci-unit/1900000000000000001", "gs://b1-logs/logs/ci-unit/1900000000000000001"},
		{"deck", "gs/b1-logs/logs/ci-unit/1900000000000000001/", "gs://b1-logs/logs/ci-unit/1900000000000000001"},
		{"deck", "gcs/b1-logs/pr-logs/pull/a_b/1/pull-unit/19", "gs://b1-logs/pr-logs/pull/a_b/1/pull-unit/19"},
		{"deck", "s3/b1-logs/logs/ci-unit/19", "s3://b1-logs/logs/ci-unit/19"},
		{"prow.example.org:8080", "prowjob/ci-unit/19", "ci-unit 19 at prow.example.org"},
		{"PROW.example.org", "prowjob/ci-unit/19", "ci-unit 19 at prow.example.org"},
		{"evil.example.org", "prowjob/ci-unit/19", "ci-unit 19 at "},
		{"127.0.0.1:22", "prowjob/ci-unit/19", "ci-unit 19 at "},
		{"", "prowjob/ci-unit/19", "ci-unit 19 at "},
		{"deck", "gs/b1-logs/logs/ci-unit/19/artifacts/otlp", ""},
		{"deck", "gs/b1-logs/logs/ci-unit", ""},
		{"deck", "gs/b1-logs/../secret/logs/ci-unit/19", ""},
		{"deck", "gs/b1-logs/logs/%2e%2e/19", ""},
		{"deck", "gs/b1-logs/logs/ci-unit/19?x=/../", ""},
		{"deck", "prowjob/ci-unit", ""},
		{"deck", "../job-history/gs/b1-logs/logs/ci-unit", ""},
		{"deck", "/etc/passwd", ""},
		{"deck", "", ""},
	} {
		got := ""
		ref, err := refOf(own, tt.host, tt.source)
		switch {
		case err != nil:
		case ref.Kind == prow.KindDeck:
			got = ref.Job + " " + ref.Build + " at " + ref.Host
		default:
			got = ref.URL()
		}
		if got != tt.want {
			t.Errorf("%s at %q: %q (%v), want %q", tt.source, tt.host, got, err, tt.want)
		}
	}
}
