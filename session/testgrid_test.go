package session_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/find"
	"prowtrace/session"
)

// The tab of a TestGrid link is the jobs that the default Prow's configuration tells, for a
// day as it was; what it does not tell stays an error that says what to paste, if no other
// Prow tells it.
func TestTestGridTabs(t *testing.T) {
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	server := gcstest.New(t)
	config, err := os.ReadFile("../testdata/deck/config/config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	server.PutConfig(config)
	known, _, err := prow.NewInstances([]prow.Instance{{Decks: []string{"prow.example.com"}, Provider: "gs", Bucket: "kubernetes-ci-logs", Default: true}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	var mu sync.Mutex
	others := 0 // of the other Prows that were asked
	jobsOf := func(offline bool, links ...string) (string, error) {
		s := session.New(session.Options{Instances: known, Offline: offline, Now: func() time.Time { return now },
			Tabs: func(ctx context.Context, deck string) ([]find.Tab, error) {
				mu.Lock()
				defer mu.Unlock()
				if deck != "prow.example.com" {
					others++
					return nil, nil
				}
				return find.DeckTabs(ctx, strings.TrimPrefix(server.Host, "http://"))
			}})
		refs, err := s.ParseAsking(t.Context(), links)
		var jobs []string
		for _, ref := range refs {
			if ref.Kind != prow.KindJob || ref.Host != "prow.example.com" || ref.Input != ref.Job {
				t.Errorf("%+v is not a job of its Prow", ref)
			}
			jobs = append(jobs, ref.Job)
		}
		return strings.Join(jobs, " "), err
	}
	const upgrade = "https://testgrid.k8s.io/sig-cluster-lifecycle-kops#gce-upgrade"
	for _, tt := range []struct {
		name, link string
		offline    bool
		after      time.Duration
		want       string // "" is an error
		asked      int
	}{
		{"offline, before any answer", upgrade, true, 0, "", 0},
		{"a tab", upgrade + "&width=20", false, 0, "e2e-kops-gce-upgrade-k134", 1},
		{"offline", upgrade, true, 0, "e2e-kops-gce-upgrade-k134", 0},
		{"a tab of two jobs", "https://testgrid.k8s.io/kops-nightly#aws-deb13", false, 0, "e2e-kops-aws-distro-deb13 e2e-kops-gce-upgrade-k134-nightly", 0},
		{"as the API names it", "https://testgrid.k8s.io/q/summary/kops-distros/aws-deb13/tests", false, 0, "e2e-kops-aws-distro-deb13", 0},
		{"named after its job", "testgrid.k8s.io/presubmits-kops#pull-kops-e2e-k8s-gce-cilium", false, 0, "pull-kops-e2e-k8s-gce-cilium", 0},
		{"an unknown tab", "https://testgrid.k8s.io/kops-nightly#other", false, 0, "", 0},
		{"a dashboard", "https://testgrid.k8s.io/kops-nightly", false, 0, "", 0},
		{"the next day", upgrade, false, 25 * time.Hour, "e2e-kops-gce-upgrade-k134", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server.ResetLog()
			others = 0
			now = now.Add(tt.after)
			got, err := jobsOf(tt.offline, tt.link)
			var wrong *session.ArgumentError
			if got != tt.want || errors.As(err, &wrong) != (tt.want == "") {
				t.Errorf("jobs %q, want %q; %v", got, tt.want, err)
			}
			if n := server.Count(gcstest.Config, ""); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
			if asked := others > 0; asked != (tt.name == "an unknown tab") {
				t.Errorf("%d other Prows were asked", others)
			}
		})
	}
}

// decks are Prows' pages on this machine, by the host that a known instance has.
type decks struct {
	t       *testing.T
	servers map[string]*gcstest.Server
	down    map[string]bool // these refuse connections

	mu    sync.Mutex
	asked []string
}

// newDecks starts pages of Prows that each show one job in the dashboard "nightly", in a tab
// of its own and in the tabs that are given.
func newDecks(t *testing.T, shown map[string][]string) *decks {
	d := &decks{t: t, servers: map[string]*gcstest.Server{}, down: map[string]bool{}}
	for host, tabs := range shown {
		d.servers[host] = gcstest.New(t)
		config := "periodics:\n"
		for _, tab := range tabs {
			config += "- annotations:\n    testgrid-dashboards: nightly\n    testgrid-tab-name: " + tab + "\n  name: " + tab + "-of-" + strings.Split(host, ".")[0] + "\n"
		}
		d.servers[host].PutConfig([]byte(config))
	}
	return d
}

// tabs asks the page of a host; other hosts show nothing in TestGrid.
func (d *decks) tabs(ctx context.Context, host string) ([]find.Tab, error) {
	server, ok := d.servers[host]
	if !ok && !d.down[host] {
		return nil, nil
	}
	d.mu.Lock()
	d.asked = append(d.asked, host)
	d.mu.Unlock()
	if d.down[host] {
		return find.DeckTabs(ctx, "127.0.0.1:1")
	}
	return find.DeckTabs(ctx, strings.TrimPrefix(server.Host, "http://"))
}

// A tab that the default Prow does not know is asked of all others that are known. One that
// does not answer hides nothing that another knows, and is told where nobody knows the tab.
func TestTabsOfOtherProws(t *testing.T) {
	own := func(host string, isDefault bool) prow.Instance {
		return prow.Instance{Decks: []string{host + ".example.com"}, Provider: "gs", Bucket: host + "-ci", Default: isDefault}
	}
	known, _, err := prow.NewInstances([]prow.Instance{own("second", false), own("main", true), own("third", false)})
	if err != nil {
		t.Fatal(err)
	}
	const main, second, third, istio = "main.example.com", "second.example.com", "third.example.com", "prow.istio.io"
	refused := "cannot reach Prow's page at 127.0.0.1:1: connection refused"
	for _, tt := range []struct {
		name, tab string
		down      []string
		want      string // job at host; "" is an error
		asked     string // hosts, in order
		again     string // hosts that are asked the next time
		told      string // part of a notice
		detail    bool   // it is one
	}{
		{name: "the default", tab: "a", want: "a-of-main@" + main, asked: main},
		{name: "the default, others too", tab: "shared", want: "shared-of-main@" + main, asked: main},
		{name: "another", tab: "c", want: "c-of-third@" + third, asked: "main prow second third"},
		{name: "one built in", tab: "i", want: "i-of-prow@" + istio, asked: "main prow second third"},
		{name: "two others", tab: "both", want: "both-of-second@" + second, asked: "main prow second third",
			told: `TestGrid's tab "both" exists in second.example.com and third.example.com: using the jobs of second.example.com`},
		{name: "the default is down", tab: "c", down: []string{main}, want: "c-of-third@" + third, asked: "main prow second third", again: main,
			told: `cannot ask 1 Prow for TestGrid's tab "c": ` + refused, detail: true},
		{name: "another is down", tab: "c", down: []string{second}, want: "c-of-third@" + third, asked: "main prow second third", again: "",
			told: `cannot ask 1 Prow for TestGrid's tab "c": ` + refused, detail: true},
		{name: "the one that knows is down", tab: "c", down: []string{third}, asked: "main prow second third", again: third,
			told: `cannot ask 1 Prow for TestGrid's tab "c": ` + refused},
		{name: "nobody", tab: "unknown", asked: "main prow second third"},
		{name: "nobody, and two are down", tab: "unknown", down: []string{main, istio}, asked: "main prow second third", again: "main prow",
			told: `cannot ask 2 Prows for TestGrid's tab "unknown": ` + refused + "; " + refused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("PROWTRACE_CACHE", t.TempDir())
			d := newDecks(t, map[string][]string{main: {"a", "shared"}, second: {"b", "both", "shared"}, third: {"c", "both"}, istio: {"i"}})
			for _, host := range tt.down {
				d.down[host] = true
			}
			h := &heard{}
			s := session.New(session.Options{Instances: known, Tabs: d.tabs, Events: h.add})
			ask := func() (got string, err error) {
				d.asked = nil
				refs, err := s.ParseAsking(t.Context(), []string{"https://testgrid.k8s.io/nightly#" + tt.tab})
				for _, ref := range refs {
					got += ref.Job + "@" + ref.Host
				}
				return got, err
			}
			for i, asked := range []string{tt.asked, tt.again} {
				got, err := ask()
				var wrong *session.ArgumentError
				if got != tt.want || errors.As(err, &wrong) != (tt.want == "") {
					t.Errorf("time %d: %q, want %q; %v", i, got, tt.want, err)
				}
				if names := shortNames(d.asked); names != shortNames(strings.Fields(asked)) {
					t.Errorf("time %d: asked %s, want %s", i, names, asked)
				}
			}
			var told []string
			for _, e := range h.events[:min(1, len(h.events))] {
				switch e := e.(type) {
				case session.Notice:
					told = append(told, fmt.Sprint(e.Text, false))
				case session.Found:
					told = append(told, fmt.Sprint(e.Text, e.Detail))
				}
			}
			want := tt.told
			if want != "" {
				want += fmt.Sprint(tt.detail)
			}
			if strings.Join(told, "\n") != want {
				t.Errorf("told %q, want %q", told, want)
			}
		})
	}
}

// Where no Prow answers, the network is at fault and not the link.
func TestTabOfSilentProws(t *testing.T) {
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	down := func(_ context.Context, host string) ([]find.Tab, error) {
		return nil, &find.DeckError{Host: host, Cause: objstore.NameUnknown}
	}
	s := session.New(session.Options{Tabs: down})
	_, err := s.ParseAsking(t.Context(), []string{"https://testgrid.k8s.io/nightly#a"})
	var tab *session.TabError
	var deck *find.DeckError
	var wrong *session.ArgumentError
	if !errors.As(err, &tab) || tab.Tab != "a" || tab.Prows < 2 || !errors.As(err, &deck) || errors.As(err, &wrong) {
		t.Fatalf("error %v", err)
	}
	if want := `cannot find the jobs of TestGrid's tab "a": cannot reach Prow's page at prow.k8s.io: `; !strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), " other Prows did not answer either") {
		t.Errorf("it says %q", err)
	}
}

// shortNames are the first parts of hosts, in order.
func shortNames(hosts []string) string {
	names := map[string]bool{}
	for _, host := range hosts {
		names[strings.Split(host, ".")[0]] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}

// A job of a tab is looked for where its Prow keeps runs, and nowhere else.
func TestTabResolvesInItsProw(t *testing.T) {
	o, _, server := sample(t)
	own := prow.Instance{Decks: []string{"second.example.com"}, Provider: "gs", Bucket: "second-ci"}
	known, _, err := prow.NewInstances([]prow.Instance{own})
	if err != nil {
		t.Fatal(err)
	}
	d := newDecks(t, map[string][]string{"second.example.com": {"ci-kubernetes"}})
	server.PutBytes("second-ci", "logs/ci-kubernetes-of-second/1900000000000000007/started.json", []byte("{}"))
	server.PutBytes("kubernetes-ci-logs", "logs/ci-kubernetes-of-second/1900000000000000008/started.json", []byte("{}"))
	o.Instances, o.Tabs = known, d.tabs
	s := session.New(o)
	refs, err := s.ParseAsking(t.Context(), []string{"https://testgrid.k8s.io/nightly#ci-kubernetes"})
	if err != nil || len(refs) != 1 {
		t.Fatal(refs, err)
	}
	server.ResetLog()
	runs, err := s.Runs(t.Context(), refs[0], 5)
	if err != nil || len(runs) != 1 || runs[0].URL() != "gs://second-ci/logs/ci-kubernetes-of-second/1900000000000000007" {
		t.Errorf("runs %v, %v", runs, err)
	}
	for _, r := range server.Requests() {
		if r.Bucket != "second-ci" {
			t.Errorf("%s is asked", r.Bucket)
		}
	}
}
