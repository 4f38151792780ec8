package find_test

import (
	"strings"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/prowtest"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
)

func TestOwnInstance(t *testing.T) {
	s := newSample(t)
	for bucket, names := range map[string][]string{
		"example-ci": {
			"logs/example-nightly/" + ago(2*day) + "/started.json",
			"logs/other/5/started.json",
			"pr-logs/pull/7/example-pull/" + ago(3*day) + "/started.json",
			"pr-logs/pull/tools/8/example-pull/" + ago(4*day) + "/started.json",
		},
		"example-old": {"logs/example-nightly/" + ago(5*day) + "/started.json", "logs/example-left/" + ago(5*day) + "/started.json"},
	} {
		s.memory.objects[bucket] = map[string]gcstest.Object{}
		for _, name := range names {
			s.memory.objects[bucket][name] = gcstest.Object{Data: []byte("{}")}
		}
	}
	pointer := "pr-logs/directory/example-pull/" + ago(3*day) + ".txt"
	s.memory.objects["example-ci"][pointer] = gcstest.Object{Data: []byte("gs://example-old/pr-logs/pull/7/example-pull/" + ago(3*day))}
	for _, tt := range []struct {
		name, input string
		isDefault   bool
		want        string // bucket/root, or a part of the error
	}{
		{"by the beginning of its name", "example-nightly", false, "example-ci/logs/example-nightly/" + ago(2*day)},
		{"in the former bucket", "example-left", false, "example-old/logs/example-left/" + ago(5*day)},
		{"a build in the former bucket", "example-nightly@" + ago(5*day), false, "example-old/logs/example-nightly/" + ago(5*day)},
		{"by its host", "https://prow.example.com/?job=other", false, "example-ci/logs/other/5"},
		{"by a host that was taken over", "https://prow.k8s.io/?job=other", false, "example-ci/logs/other/5"},
		{"a name that nobody claims", "other", false, "found no runs [gs://kubernetes-ci-logs/logs/other/"},
		{"a name that nobody claims, by default", "other", true, "example-ci/logs/other/5"},
		{"a pull request of its own", "example/main#7", false, "example-ci/pr-logs/pull/7/example-pull/" + ago(3*day)},
		{"of its own organisation by default", "tools#8", true, "example-ci/pr-logs/pull/tools/8/example-pull/" + ago(4*day)},
		{"of an organisation that was taken over", "istio/main#7", false, "found no runs [gs://example-ci/pr-logs/pull/istio_main/7/"},
		{"a pointer to where the run was", "gs://example-ci/" + pointer, false, "example-ci/pr-logs/pull/7/example-pull/" + ago(3*day)},
		{"a name of its own is asked of nobody else", "example-private", false, "found no runs [gs://example-ci/logs/example-private/, gs://example-ci/pr-logs/directory/example-private/, gs://example-ci/pr-logs/pull/batch/example-private/ and buckets example-old, example-attic"},
		{"kubernetes' jobs are still found", periodic, true, bucketName + "/logs/" + periodic + "/" + ago(day/24)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			known := prowtest.OwnInstances(t, tt.isDefault)
			ref, err := link.Parse(known, tt.input)
			if err != nil {
				t.Fatal(err)
			}
			run, err := find.Resolve(t.Context(), s.memory, ref, find.Options{Now: clock, Instances: known, Want: find.WantLatest})
			if got := run.Bucket + "/" + run.Root; got != tt.want && (err == nil || !strings.Contains(told(err), tt.want)) {
				t.Errorf("got %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}
