package prow_test

import (
	"fmt"
	"slices"
	"testing"

	"prowtrace/internal/prowtest"
	"prowtrace/prow"
)

func TestBuckets(t *testing.T) {
	own := prowtest.OwnInstances(t, false)
	for bucket, want := range map[string]string{
		"example-ci":            "[{example-ci false false} {example-old false false} {example-attic false true}]",
		"example-old":           "[{example-old false false} {example-ci true false} {example-attic false true}]",
		"example-attic":         "[{example-attic false true} {example-ci true false} {example-old true false}]",
		"kubernetes-jenkins":    "[{kubernetes-jenkins false true} {kubernetes-ci-logs true false}]",
		"test-platform-results": "[{test-platform-results false false} {test-platform-results-public true false} {origin-ci-test false true}]",
		"unknown":               "[{unknown false false}]",
	} {
		if got := fmt.Sprint(own.Buckets(bucket)); got != want {
			t.Errorf("buckets of %s: %s\nwant %s", bucket, got, want)
		}
	}
}

// The default comes first, and no Prow twice.
func TestDefaultFirst(t *testing.T) {
	builtin := (prow.Instances{}).DefaultFirst()
	for _, tt := range []struct {
		name    string
		known   prow.Instances
		first   []string
		missing string // which the first stands for
		n       int
	}{
		{"built in", prow.Instances{}, []string{"prow.k8s.io", "prow.ci.openshift.org"}, "", len(builtin)},
		{"an own one that takes over the default", prowtest.OwnInstances(t, false), []string{"prow.example.com", "prow.ci.openshift.org"}, "prow.k8s.io", len(builtin)},
		{"an own default", prowtest.OwnInstances(t, true), []string{"prow.example.com", "prow.ci.openshift.org"}, "prow.k8s.io", len(builtin)},
	} {
		var decks []string
		for _, in := range tt.known.DefaultFirst() {
			if slices.Contains(decks, in.Decks[0]) || in.Decks[0] == tt.missing {
				t.Errorf("%s: %s is there", tt.name, in.Decks[0])
			}
			decks = append(decks, in.Decks[0])
		}
		if len(decks) != tt.n || !slices.Equal(decks[:2], tt.first) {
			t.Errorf("%s: %q", tt.name, decks)
		}
	}
	own, _, err := prow.NewInstances([]prow.Instance{{Decks: []string{"a.example.com"}, Provider: "gs", Bucket: "a-ci"}, {Decks: []string{"b.example.com"}, Provider: "gs", Bucket: "b-ci", Default: true}})
	if all := own.DefaultFirst(); err != nil || len(all) != len(builtin)+2 || all[0].Decks[0] != "b.example.com" || all[1].Decks[0] != "a.example.com" {
		t.Errorf("two of the user's: %v, %v", all, err)
	}
}

func TestAt(t *testing.T) {
	for host, bucket := range map[string]string{
		"":                      "kubernetes-ci-logs",
		"prow.k8s.io":           "kubernetes-ci-logs",
		"gcsweb.k8s.io:443":     "kubernetes-ci-logs",
		"prow.ci.openshift.org": "test-platform-results-public",
		"aws.prow.istio.io":     "istio-prow",
	} {
		if in, ok := (prow.Instances{}).At(host); !ok || in.Bucket != bucket {
			t.Errorf("At(%q) = %+v, %v", host, in, ok)
		}
	}
	if in, ok := (prow.Instances{}).At("prow.example.org"); ok {
		t.Errorf("At of a foreign host = %+v", in)
	}
}

// Only hosts of known Prows are asked, at the usual port or the one that is named for them.
func TestMayAsk(t *testing.T) {
	own, i, err := prow.NewInstances([]prow.Instance{
		{Decks: []string{"prow.example.com:8443"}, Gcsweb: []string{"web.example.com"}, Provider: "gs", Bucket: "a-ci"},
		{Decks: []string{"prow.example.com:9443"}, Provider: "gs", Bucket: "b-ci"},
	})
	if err != nil {
		t.Fatal(i, err)
	}
	for host, want := range map[string]bool{
		"prow.k8s.io": true, "prow.example.com": true, "prow.example.com:8443": true, "prow.example.com:9443": true, "web.example.com": true,
		"": false, "prow.k8s.io:22": false, "prow.example.com:22": false, "web.example.com:8443": false, "evil.example.com": false,
		"prow.k8s.io.evil.example.com": false, "127.0.0.1:80": false, "169.254.169.254": false, "[::1]": false,
	} {
		if got := own.MayAsk(host); got != want {
			t.Errorf("%q: %v", host, got)
		}
	}
	for host, bucket := range map[string]string{"prow.example.com:9443": "b-ci", "prow.example.com:8443": "a-ci", "prow.example.com": "a-ci", "prow.example.com:1": "a-ci"} {
		if in, ok := own.At(host); !ok || in.Bucket != bucket {
			t.Errorf("At(%q) = %+v, %v", host, in, ok)
		}
	}
	for _, host := range []string{"x:", "x:0", "x:65536", "x:y", ":80", "x:1:2", "X:80"} {
		if _, _, err := prow.NewInstances([]prow.Instance{{Decks: []string{host}, Provider: "gs", Bucket: "a-ci"}}); err == nil {
			t.Errorf("%q is taken for a host", host)
		}
	}
}
