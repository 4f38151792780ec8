package prow

import (
	"slices"
	"strings"
)

// builtin are the instances that are known without a config file; the first is
// the default. They were read from the installations' public configuration and
// may be out of date, which Parse survives. Moves of buckets: kubernetes-jenkins
// in kubernetes/test-infra#33611 and #33381; origin-ci-test in
// openshift/release#47152; test-platform-results in openshift/release#85245,
// since which it is private, and the public one has only what is newer.
func builtin() []Instance {
	const openshift = ".apps.ci.l2s4.p1.openshiftapps.com"
	return []Instance{
		{
			Provider: "gs", Bucket: "kubernetes-ci-logs", Closed: []string{"kubernetes-jenkins"},
			Strategy: Legacy, DefaultOrg: "kubernetes", DefaultRepo: "kubernetes",
			Decks: []string{"prow.k8s.io"}, Gcsweb: []string{"gcsweb.k8s.io"},
			Orgs: []string{"kubernetes", "kubernetes-sigs", "kubernetes-client", "kubernetes-csi", "etcd-io"},
			Jobs: []string{"ci-kubernetes-", "pull-kubernetes-", "e2e-kops-", "pull-kops-"},
		},
		{
			Provider: "gs", Bucket: "test-platform-results-public",
			Former: []string{"test-platform-results"}, Closed: []string{"origin-ci-test"},
			Strategy: Single, DefaultOrg: "openshift", DefaultRepo: "origin",
			Decks:  []string{"prow.ci.openshift.org", "prow.svc.ci.openshift.org"},
			Gcsweb: []string{"gcsweb-ci" + openshift, "gcs.ci.openshift.org", "gcsweb-ci.svc.ci.openshift.org"},
			Orgs:   []string{"openshift"},
			Jobs:   []string{"periodic-ci-", "pull-ci-", "branch-ci-", "rehearse-", "release-openshift-"},
		},
		{
			Provider: "gs", Bucket: "origin-ci-private",
			Strategy: Single, DefaultOrg: "openshift", DefaultRepo: "origin",
			Decks: []string{"deck-internal-ci" + openshift}, Gcsweb: []string{"gcsweb-private-ci" + openshift},
			Orgs: []string{"openshift-priv"},
		},
		{
			Provider: "gs", Bucket: "qe-private-deck",
			Strategy: Single, DefaultOrg: "openshift", DefaultRepo: "origin",
			Decks: []string{"qe-private-deck-ci" + openshift}, Gcsweb: []string{"gcsweb-qe-private-deck-ci" + openshift},
		},
		{
			Provider: "s3", Bucket: "istio-prow",
			Decks: []string{"prow.istio.io", "aws.prow.istio.io"}, Gcsweb: []string{"gcsweb.istio.io"},
			Orgs: []string{"istio", "istio-ecosystem"},
		},
		{Provider: "s3", Bucket: "istio-prow-private", Decks: []string{"prow-private.istio.io"}},
		{
			Provider: "gs", Bucket: "kubevirt-prow",
			Decks: []string{"prow.ci.kubevirt.io"}, Gcsweb: []string{"gcsweb.ci.kubevirt.io"},
			Orgs: []string{"kubevirt"}, Jobs: []string{"pull-kubevirt-", "periodic-kubevirt-"},
		},
		{Provider: "gs", Bucket: "oss-prow", Decks: []string{"oss.gprow.dev", "prow.infra.cft.dev"}},
		{Provider: "gs", Bucket: "knative-prow", Decks: []string{"prow.knative.dev"}, Orgs: []string{"knative", "knative-extensions"}},
		{Provider: "s3", Decks: []string{"prow.apps.test.metal3.io"}, Orgs: []string{"metal3-io"}},
	}
}

// isDeck reports whether a host serves Deck: one of the known ones, or one that
// calls itself so. "" is the default instance.
func (t Instances) isDeck(host string) bool {
	if host == "" {
		return true
	}
	if _, ok := t.find(func(in Instance) bool { return slices.Contains(in.Decks, host) }); ok {
		return true
	}
	first, _, _ := strings.Cut(host, ".")
	for _, name := range []string{"prow", "deck"} {
		if first == name || strings.HasPrefix(first, name+"-") || strings.HasSuffix(first, "-"+name) {
			return true
		}
	}
	return false
}

// isGubernator reports whether a host was one of the viewer that Deck replaced.
// The hosts are gone; their links still name bucket and path.
func isGubernator(host string) bool {
	return slices.Contains([]string{"k8s-gubernator.appspot.com", "gubernator.k8s.io", "openshift-gce-devel.appspot.com"}, host)
}

// isHost reports whether text without a scheme can only be a host name.
func (t Instances) isHost(s string) bool {
	name, port, hasPort := strings.Cut(s, ":")
	if hasPort {
		return name != "" && isDigits(port)
	}
	name = strings.ToLower(name)
	if _, ok := t.At(name); ok || isGubernator(name) || name == "localhost" {
		return name != ""
	}
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || len(name)-i < 3 {
		return false
	}
	for _, c := range name[i+1:] {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

// isKnownHost reports a host without which a word could be a job's name.
func (t Instances) isKnownHost(host string) bool {
	host = strings.ToLower(host)
	_, known := t.At(host)
	return known || isGubernator(host) || isConsole(host) || slices.Contains(googleHosts, host) || strings.HasPrefix(host, "testgrid.")
}
