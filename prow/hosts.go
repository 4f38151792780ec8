package prow

import (
	"slices"
	"strings"
)

// Instance is one Prow installation: where the runs of its jobs are stored by
// default. It is asked only about links that carry no bucket and about the
// owner of a pull request; entries were read from the installations' public
// configuration and may be out of date, which Parse survives.
type Instance struct {
	Provider string // "gs" or "s3"
	Bucket   string // default bucket of new runs; "" if it is not known

	// Path strategy of the bucket: how pr-logs/pull/… names the repository.
	Strategy                Strategy
	DefaultOrg, DefaultRepo string

	decks   []string // Deck hosts
	gcsweb  []string // gcsweb hosts
	buckets []string // further buckets, in use or left behind, of the same strategy
	orgs    []string // GitHub organisations whose pull requests it tests
	jobs    []string // how names of its jobs begin, where that tells it from others
}

// Strategy is Prow's path_strategy: which part of ORG_REPO a presubmit's path holds.
type Strategy int

const (
	Explicit Strategy = iota // always ORG_REPO
	Legacy                   // nothing for the default repository, REPO in the default organisation, else ORG_REPO
	Single                   // nothing for the default repository, else ORG_REPO
)

// DefaultInstance stands for a link or a name that says no host: prow.k8s.io.
func DefaultInstance() Instance { return instances()[0] }

// InstanceAt returns the instance whose Deck or gcsweb has the given host name,
// and DefaultInstance for "". A port is ignored.
func InstanceAt(host string) (Instance, bool) {
	if host == "" {
		return DefaultInstance(), true
	}
	host, _, _ = strings.Cut(host, ":")
	for _, in := range instances() {
		if slices.Contains(in.decks, host) || slices.Contains(in.gcsweb, host) {
			return in, true
		}
	}
	return Instance{}, false
}

func instances() []Instance {
	const openshift = ".apps.ci.l2s4.p1.openshiftapps.com"
	return []Instance{
		{
			Provider: "gs", Bucket: "kubernetes-ci-logs",
			Strategy: Legacy, DefaultOrg: "kubernetes", DefaultRepo: "kubernetes",
			decks: []string{"prow.k8s.io"}, gcsweb: []string{"gcsweb.k8s.io"},
			buckets: []string{"kubernetes-jenkins", "kubernetes-jenkins-pull"},
		},
		{
			Provider: "gs", Bucket: "test-platform-results-public",
			Strategy: Single, DefaultOrg: "openshift", DefaultRepo: "origin",
			decks:   []string{"prow.ci.openshift.org", "prow.svc.ci.openshift.org"},
			gcsweb:  []string{"gcsweb-ci" + openshift, "gcs.ci.openshift.org", "gcsweb-ci.svc.ci.openshift.org"},
			buckets: []string{"test-platform-results", "origin-ci-test"},
			orgs:    []string{"openshift"},
			jobs:    []string{"periodic-ci-", "pull-ci-", "branch-ci-", "rehearse-", "release-openshift-"},
		},
		{
			Provider: "gs", Bucket: "origin-ci-private",
			Strategy: Single, DefaultOrg: "openshift", DefaultRepo: "origin",
			decks: []string{"deck-internal-ci" + openshift}, gcsweb: []string{"gcsweb-private-ci" + openshift},
			orgs: []string{"openshift-priv"},
		},
		{
			Provider: "gs", Bucket: "qe-private-deck",
			Strategy: Single, DefaultOrg: "openshift", DefaultRepo: "origin",
			decks: []string{"qe-private-deck-ci" + openshift}, gcsweb: []string{"gcsweb-qe-private-deck-ci" + openshift},
		},
		{
			Provider: "s3", Bucket: "istio-prow",
			decks: []string{"prow.istio.io", "aws.prow.istio.io"}, gcsweb: []string{"gcsweb.istio.io"},
			orgs: []string{"istio", "istio-ecosystem"},
		},
		{Provider: "s3", Bucket: "istio-prow-private", decks: []string{"prow-private.istio.io"}},
		{
			Provider: "gs", Bucket: "kubevirt-prow",
			decks: []string{"prow.ci.kubevirt.io"}, gcsweb: []string{"gcsweb.ci.kubevirt.io"},
			orgs: []string{"kubevirt"}, jobs: []string{"pull-kubevirt-", "periodic-kubevirt-"},
		},
		{Provider: "gs", Bucket: "oss-prow", decks: []string{"oss.gprow.dev", "prow.infra.cft.dev"}},
		{Provider: "gs", Bucket: "knative-prow", decks: []string{"prow.knative.dev"}, orgs: []string{"knative", "knative-extensions"}},
		{Provider: "s3", decks: []string{"prow.apps.test.metal3.io"}, orgs: []string{"metal3-io"}},
	}
}

// deckOf returns the Deck host of the instance that tests an organisation's pull
// requests, "" for the default instance, which also stands for unknown ones.
func deckOf(org string) string {
	for _, in := range instances()[1:] {
		if slices.Contains(in.orgs, org) {
			return in.decks[0]
		}
	}
	return ""
}

// instancesOf returns the instances that may run a job of this name, the
// likeliest first. The default instance is always among them.
func instancesOf(job string) []Instance {
	var in []Instance
	for _, i := range instances()[1:] {
		if slices.ContainsFunc(i.jobs, func(prefix string) bool { return strings.HasPrefix(job, prefix) }) {
			in = append(in, i)
		}
	}
	return append(in, DefaultInstance())
}

// instanceOf returns the instance whose runs are, or were, in a bucket.
func instanceOf(bucket string) (Instance, bool) {
	for _, in := range instances() {
		if in.Bucket == bucket || slices.Contains(in.buckets, bucket) {
			return in, true
		}
	}
	return Instance{}, false
}

// siblings are the other buckets that may have what is not in a bucket: runs are
// moved when an installation moves.
func siblings(bucket string) []string {
	in, ok := instanceOf(bucket)
	if !ok {
		return nil
	}
	return slices.DeleteFunc(append([]string{in.Bucket}, in.buckets...), func(b string) bool { return b == bucket })
}

// sameInstance reports whether two buckets hold runs of the same installation.
func sameInstance(a, b string) bool { return slices.Contains(siblings(a), b) }

// owner tells whose pull requests lie under a repository segment ("" if the
// path has none). It depends on the bucket alone, so that a run has the same
// identity through whichever link it is reached.
func owner(bucket, segment string) (org, repo string) {
	if org, repo, ok := strings.Cut(segment, "_"); ok {
		return org, repo // GitHub organisations cannot hold "_"; Gerrit's host cannot either
	}
	in, _ := instanceOf(bucket)
	switch {
	case segment == "":
		return in.DefaultOrg, in.DefaultRepo
	case in.Strategy == Legacy:
		return in.DefaultOrg, segment
	}
	return "", segment
}

// pullDirs are where the runs of a pull request lie in a bucket: the inverse of
// owner. In a bucket of unknown strategy there is a second guess.
func pullDirs(bucket string, ref Ref) []string {
	dir := func(repo string) string {
		if repo != "" {
			repo += "/"
		}
		return "pr-logs/pull/" + repo + ref.Pull
	}
	in, known := instanceOf(bucket)
	full := ref.Repo
	if ref.Org != "" {
		full = strings.ReplaceAll(strings.TrimPrefix(ref.Org, "https://"), "/", "_") + "_" + strings.ReplaceAll(ref.Repo, "/", "_")
	}
	switch {
	case !known:
		return []string{dir(full), dir(ref.Repo)}
	case in.Strategy != Explicit && ref.Repo == in.DefaultRepo && ref.Org == in.DefaultOrg:
		return []string{dir("")}
	case in.Strategy == Legacy && ref.Org == in.DefaultOrg:
		return []string{dir(ref.Repo)}
	}
	return []string{dir(full)}
}

// isDeck reports whether a host serves Deck: one of the known ones, or one that
// calls itself so. "" is the default instance.
func isDeck(host string) bool {
	if host == "" {
		return true
	}
	for _, in := range instances() {
		if slices.Contains(in.decks, host) {
			return true
		}
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
func isHost(s string) bool {
	name, port, hasPort := strings.Cut(s, ":")
	if hasPort {
		return name != "" && isDigits(port)
	}
	name = strings.ToLower(name)
	if _, ok := InstanceAt(name); ok || isGubernator(name) || name == "localhost" {
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
