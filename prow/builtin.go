package prow

// builtin are the instances that are known without a config file; the first is
// the default. They were read from the installations' public configuration and
// may be out of date; the grammar of links survives that. Buckets moved in these changes:
// kubernetes-jenkins in kubernetes/test-infra#33611 and #33381; origin-ci-test in
// openshift/release#47152; test-platform-results in openshift/release#85245. Since then
// test-platform-results is private, and the public bucket has only newer runs.
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
			Provider: "gs", Bucket: "origin-ci-private", Private: true,
			Strategy: Single, DefaultOrg: "openshift", DefaultRepo: "origin",
			Decks: []string{"deck-internal-ci" + openshift}, Gcsweb: []string{"gcsweb-private-ci" + openshift},
			Orgs: []string{"openshift-priv"},
		},
		{
			Provider: "gs", Bucket: "qe-private-deck", Private: true,
			Strategy: Single, DefaultOrg: "openshift", DefaultRepo: "origin",
			Decks: []string{"qe-private-deck-ci" + openshift}, Gcsweb: []string{"gcsweb-qe-private-deck-ci" + openshift},
		},
		{
			Provider: "s3", Bucket: "istio-prow",
			Decks: []string{"prow.istio.io", "aws.prow.istio.io"}, Gcsweb: []string{"gcsweb.istio.io"}, ThroughGcsweb: true,
			Orgs: []string{"istio", "istio-ecosystem"},
		},
		{Provider: "s3", Bucket: "istio-prow-private", Private: true, Decks: []string{"prow-private.istio.io"}},
		{
			Provider: "gs", Bucket: "kubevirt-prow",
			Decks: []string{"prow.ci.kubevirt.io"}, Gcsweb: []string{"gcsweb.ci.kubevirt.io"},
			Orgs: []string{"kubevirt"}, Jobs: []string{"pull-kubevirt-", "periodic-kubevirt-"},
		},
		{Provider: "gs", Bucket: "oss-prow", Decks: []string{"oss.gprow.dev", "prow.infra.cft.dev"}},
		{Provider: "gs", Bucket: "knative-prow", Decks: []string{"prow.knative.dev"}, Orgs: []string{"knative", "knative-extensions"}},
		{
			Provider: "s3", Bucket: "prow-logs", Endpoint: "https://xerces.ericsson.net:7480", // a Ceph
			Decks: []string{"prow.apps.test.metal3.io"}, Orgs: []string{"metal3-io"},
		},
	}
}
