package fetch

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"prowtrace/objstore"
)

func TestMoved(t *testing.T) {
	const (
		jenkins, k8s     = "kubernetes-jenkins", "kubernetes-ci-logs"
		origin, platform = "origin-ci-test", "test-platform-results"
		public           = "test-platform-results-public"
		root             = "logs/e2e-kops/1900000000000000001"
	)
	refusal := (&objstore.AccessError{Bucket: platform, Op: "list", Status: 403}).Error()
	for _, tt := range []struct {
		name   string
		has    []string // buckets with the run
		exist  []string // buckets without it
		closed []string
		asked  string
		from   string   // the bucket that answers
		order  []string // buckets asked, in this order
		notice string
		is     error
		fails  string
	}{
		{"literal first", []string{jenkins, k8s}, nil, nil, jenkins, jenkins, []string{jenkins}, "", nil, ""},
		{"successor after 404", []string{k8s}, []string{jenkins}, nil, jenkins, k8s, []string{jenkins, k8s},
			"using gs://" + k8s + "/" + root + ": the runs of bucket " + jenkins + " were moved there", nil, ""},
		{"successor after 403", []string{k8s}, nil, []string{jenkins}, jenkins, k8s, []string{jenkins, k8s},
			"using gs://" + k8s + "/" + root + ": the runs of bucket " + jenkins + " were moved there", nil, ""},
		{"successor where the bucket is gone", []string{k8s}, nil, nil, jenkins, k8s, []string{jenkins, k8s},
			"using gs://" + k8s + "/" + root + ": the runs of bucket " + jenkins + " were moved there", nil, ""},
		{"newest successor", []string{public}, []string{origin}, []string{platform}, origin, public, []string{origin, public},
			"using gs://" + public + "/" + root + ": the runs of bucket " + origin + " were moved there", nil, ""},
		{"predecessor", []string{platform}, []string{public}, nil, public, platform, []string{public, platform},
			"using gs://" + platform + "/" + root + ": this run was not moved to bucket " + public, nil, ""},
		{"expired everywhere", nil, []string{k8s}, []string{jenkins}, jenkins, "", []string{jenkins, k8s}, "", ErrNotFound,
			"cannot find gs://" + jenkins + "/" + root + ": bucket " + jenkins + " is closed; nothing in bucket " + k8s},
		{"expired in the new bucket", nil, []string{k8s}, nil, k8s, "", []string{k8s, jenkins}, "", ErrNotFound,
			"cannot find gs://" + k8s + "/" + root + ": nothing in bucket " + k8s},
		{"a living bucket is private", nil, []string{public}, []string{platform, origin}, origin, "", []string{origin, public, platform}, "", nil,
			"cannot look for traces of gs://" + platform + "/" + root + ": bucket " + origin + " is closed, nothing in bucket " + public + ", and " + refusal},
		{"two living buckets are private", nil, nil, []string{platform, public}, platform, "", []string{platform, public, origin}, "", nil,
			"cannot look for traces of gs://" + platform + "/" + root + ": bucket " + public + " refuses too, and " + refusal},
		{"not moved", nil, []string{"other"}, nil, "other", "", []string{"other"}, "", ErrNotFound,
			"cannot find gs://other/" + root + ": its bucket has no such run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := newStore(tt.exist...), openTest(t)
			for _, b := range append(slices.Clone(tt.has), tt.closed...) {
				run := testRun
				run.Bucket = b
				putRun(s, run)
			}
			run := testRun
			run.Bucket = tt.asked
			var notices []string
			var progress Progress
			o := Options{Progress: &progress, Notice: func(n Notice) { notices = append(notices, n.Text) }}
			res, err := c.Fetch(t.Context(), &refusingStore{s, tt.closed}, run, o)

			if asked := s.bucketsAsked(); !slices.Equal(asked, tt.order) {
				t.Errorf("asked %q, want %q", asked, tt.order)
			}
			if tt.from == "" {
				if err == nil || err.Error() != tt.fails {
					t.Errorf("error %v\nwant  %s", err, tt.fails)
				}
				var refused *objstore.AccessError
				if errors.Is(err, ErrNotFound) != (tt.is == ErrNotFound) || errors.As(err, &refused) == (tt.is == ErrNotFound) {
					t.Errorf("error %#v is of the wrong kind", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if res.Run.Bucket != tt.from || res.Asked != run || len(res.Files) != 3 {
				t.Errorf("result %+v", res)
			}
			if got := strings.Join(notices, "\n"); got != tt.notice {
				t.Errorf("notices %s\nwant    %s", got, tt.notice)
			}

			if got := progress.Counts(); got.Files != 6 || got.Done != 6 || got.Failed != 0 || got.Bytes != got.BytesDone {
				t.Errorf("progress %+v", got)
			}

			// The cache remembers where the run is.
			s.asked()
			again, err := c.Fetch(t.Context(), s, run, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if asked := s.asked(); len(asked) > 0 || again.Run != res.Run || again.Asked != run {
				t.Errorf("the second call asked %q and got %+v", asked, again)
			}
			if offline, err := c.Fetch(t.Context(), nil, run, Options{Offline: true}); err != nil || offline.Run != res.Run {
				t.Errorf("offline: %+v, %v", offline, err)
			}
		})
	}
}

func TestMovedOffline(t *testing.T) {
	c := openTest(t)
	run := testRun
	run.Bucket = "kubernetes-jenkins"
	_, err := c.Fetch(t.Context(), nil, run, Options{Offline: true})
	want := "cannot find " + run.URL() + " offline: not in the cache " + c.Dir()
	if err == nil || err.Error() != want || !errors.Is(err, ErrOffline) {
		t.Errorf("error %v\nwant  %s", err, want)
	}
}
