package main

import (
	"time"

	"prowtrace/prow"
)

// The run that has not ended: there is what came before its test container, and the log that Deck shows of it.

// runningBuild means 2025-03-14 14:10:05 UTC.
const runningBuild = "1900550000000000006"

const runningJob = "e2e-kops-gce-upgrade-k134"

func runningRun() *prowRun {
	made, _ := prow.BuildTime(runningBuild)
	return &prowRun{
		prow: kubernetesProw, job: runningJob, build: runningBuild, root: "logs/" + runningJob + "/" + runningBuild,
		uuid: "2d90f6b8-7c14-4ea3-b85f-e1c6a4073d59", cluster: "k8s-infra-kops-prow-build", node: "gke-prow-build-pool-example-1f0c7b2e-8k4d",
		extraRefs: []obj{{"org": "kubernetes", "repo": "kops", "base_ref": "master", "workdir": true, "path_alias": "k8s.io/kops"}},
		image:     kubekins,
		args:      []string{"bash", "-c", "make test-e2e-install && tests/e2e/scenarios/upgrade/run-test.sh"},
		created:   made, scheduling: 4 * time.Second,
	}
}

// liveLogs are the logs that Deck shows of runs that have not ended, as JOB/BUILD/CONTAINER.txt.
func liveLogs() sample {
	r := runningRun()
	p := newPrinter(r.build, r.times().test)
	kops := func(source, command string, took time.Duration) {
		p.klog("", "I", kubetestPID, source, "/tmp/kops.example/kops %s", command)
		p.klog("", "I", kubetestPID, "local.go:42", "⚙️ /tmp/kops.example/kops %s", command)
		p.wait(took)
	}
	const cluster = "e2e-upgrade.k8s.local"
	p.line("+ bash -c make test-e2e-install && tests/e2e/scenarios/upgrade/run-test.sh")
	p.wait(41 * time.Second)
	p.line("+ KOPS=/tmp/kops.example/kops\n+ kubetest2 kops -v=2 --cloud-provider=gce --up --kubernetes-version=v1.33.4")
	p.klog("", "I", kubetestPID, "app.go:61", "The files in RunDir shall not be part of Artifacts")
	p.klog("", "I", kubetestPID, "app.go:130", "ID for this run: %q", r.uuid)
	kops("up.go:271", "create cluster --name "+cluster+" --cloud gce --kubernetes-version v1.33.4 --networking=kindnet --zones us-central1-a", 3*time.Second)
	kops("up.go:333", "update cluster --name "+cluster+" --admin --yes", 52*time.Second)
	kops("up.go:361", "validate cluster --name "+cluster+" --count 10 --wait 15m0s", 0)
	for range 14 {
		p.wait(10 * time.Second)
		p.klog("", "W", 2214, "validate_cluster.go:232", "(will retry): cluster not yet healthy")
	}
	p.wait(95 * time.Second)
	p.klog("", "I", kubetestPID, "up.go:167", "cluster reported as up")
	p.line("+ kops set cluster " + cluster + " spec.kubernetesVersion=v1.34.0")
	kops("up.go:333", "update cluster --name "+cluster+" --yes", 34*time.Second)
	p.line("+ kops rolling-update cluster " + cluster + " --yes --validation-timeout=30m")
	for _, node := range []string{"control-plane-us-central1-a-4v7k", "nodes-us-central1-a-2f9s"} {
		p.klog("", "I", 3127, "instancegroups.go:509", "Validating the cluster.")
		p.wait(2 * time.Second)
		p.klog("", "I", 3127, "instancegroups.go:404", "Draining the node: %q.", node)
		p.wait(48 * time.Second)
		p.klog("", "I", 3127, "instancegroups.go:721", "Stopping instance %q, node %q, in group %q (this may take a while).", node, node, cluster)
		p.wait(70 * time.Second)
		p.klog("", "W", 3127, "instancegroups.go:560", "Cluster did not validate, will retry in \"30s\": node %q of role \"node\" is not ready.", node)
	}
	return sample{r.job: {r.build + "/test.txt": p.Bytes()}, "config": {"config.yaml": []byte(deckConfig)}}
}

// deckConfig is what Deck shows of its Prow's configuration: jobs, and where TestGrid shows
// them.
const deckConfig = `decorate_all_jobs: true
periodics:
- agent: kubernetes
  annotations:
    description: Upgrades a cluster of the version before
    testgrid-dashboards: sig-cluster-lifecycle-kops, kops-upgrades
    testgrid-tab-name: gce-upgrade
  cluster: k8s-infra-prow-build
  extra_refs:
  - base_ref: master
    org: kubernetes
    repo: kops
  interval: 8h
  name: e2e-kops-gce-upgrade-k134
- annotations:
    testgrid-dashboards: sig-cluster-lifecycle-kops, kops-distros,
      kops-nightly
    testgrid-tab-name: aws-deb13
  interval: 8h
  name: e2e-kops-aws-distro-deb13
- annotations:
    testgrid-dashboards: kops-nightly
    testgrid-tab-name: aws-deb13
  interval: 24h
  name: e2e-kops-gce-upgrade-k134-nightly
presubmits:
  kubernetes/kops:
  - always_run: false
    annotations:
      testgrid-dashboards: presubmits-kops
    name: pull-kops-e2e-k8s-gce-cilium
  - always_run: false
    name: pull-kops-e2e-k8s-unseen
prowjob_namespace: default
`
