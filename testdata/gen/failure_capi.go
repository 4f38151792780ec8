package main

import (
	"time"
)

// Cases of Cluster API's end-to-end tests: C3, C4, C5, C7.

var capiFailures = []failure{
	{
		id: "C3", job: job{name: "metal3-e2e-clusterctl-upgrade-test-main", org: "metal3-io", repo: "cluster-api-provider-metal3", image: "metal3-ci:example", at: time.Date(2025, 3, 5, 6, 0, 0, 0, time.UTC),
			args: []string{"make", "test-e2e", "GINKGO_FOCUS=clusterctl-upgrade"}}, play: webhookNotUp,
		expect: expectation{
			Title: "cert-manager's deployments are Available before its webhook can be called, so that the first certificate is refused",
			Cause: `failed calling webhook "webhook\.cert-manager\.io"`, NotFirst: []string{`(?i)deprovisioning`, `BeforeSuite.*FAILED`, `make: \*\*\*`, `^Summarizing`}, Category: "dependency", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `failed calling webhook "webhook\.cert-manager\.io".*connect: connection refused`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(timed out waiting for BareMetalHost .* deprovisioning.*){3}`}, {"run/build-log.txt", `make: \*\*\*`}, {"run/artifacts/junit.e2e_suite.1.xml", `clusterctl upgrade`}},
		},
	},
	{
		id: "C4", job: job{name: "periodic-conformance-main-k8s-main", org: "kubernetes-sigs", repo: "cluster-api-provider-aws", image: kubekins, at: time.Date(2025, 11, 3, 5, 40, 0, 0, time.UTC),
			args: []string{"runner.sh", "./scripts/ci-conformance.sh"}}, play: badMachineImage,
		expect: expectation{
			Title: "The machine image lacks kubeadm, so that the first machine never joins; the test waits 35 minutes for it",
			Cause: `kubeadm: command not found|(?i)cloud-init.{0,80}fail`, NotFirst: []string{`Timed out after 2100`, `No Control Plane machines came into existence`, `ACPI BIOS`}, Category: "image", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/clusters/conformance-wq5m2/machines/conformance-wq5m2-control-plane-h7x4k/cloud-init-output.log", `kubeadm: command not found`}},
			Misleads: []place{{"run/build-log.txt", `Timed out after 2100\.\d+s`}, {"run/artifacts/junit.e2e_suite.1.xml", `No Control Plane machines came into existence`}, {"run/artifacts/clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log", `Reconciler error`}},
		},
	},
	{
		id: "C5", job: job{name: "pull-cluster-api-provider-aws-e2e-eks", org: "kubernetes-sigs", repo: "cluster-api-provider-aws", pull: 5021, image: kubekins, at: time.Date(2025, 6, 14, 12, 30, 0, 0, time.UTC),
			args: []string{"runner.sh", "./scripts/ci-e2e-eks.sh"}}, play: elasticAddresses,
		expect: expectation{
			Title: "The account has no elastic addresses left for NAT gateways, so that the cluster's network is never made",
			Cause: `AddressLimitExceeded`, NotFirst: []string{`Timed out after`, `object has been modified`, `^(Error: )?exit status 1$`}, Category: "quota", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log", `AddressLimitExceeded: The maximum number of addresses has been reached`}},
			Misleads: []place{{"run/build-log.txt", `Timed out after 2400\.\d+s`}, {"run/artifacts/clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log", `(?s)(Reconciler error.*object has been modified.*){15}`}},
		},
	},
	{
		id: "C7", job: job{name: "periodic-cluster-api-provider-vsphere-e2e-vcsim-latestk8s-main", org: "kubernetes-sigs", repo: "cluster-api-provider-vsphere", image: kubekins, at: time.Date(2026, 9, 2, 3, 20, 0, 0, time.UTC), every: 24 * time.Hour,
			args: []string{"runner.sh", "./hack/e2e.sh"}}, play: imageAheadOfTag, passing: 3,
		expect: expectation{
			Title: "The node image is newer than its tag says: its kubeadm no longer takes the configuration that kind writes for that version",
			Cause: `kubeadm\.k8s\.io/v1beta3|(?i)old API spec|kubeadm config`, NotFirst: []string{`manifest unknown`, `mirror\.example\.org`, `failed to init node`}, Category: "config", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `your configuration file uses an old API spec: "kubeadm\.k8s\.io/v1beta3"`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(manifest for mirror\.example\.org\S+ not found: manifest unknown.*){3}`}, {"passing/1/build-log.txt", `manifest for mirror\.example\.org\S+ not found: manifest unknown`}, {"run/build-log.txt", `ERROR: failed to create cluster`}},
		},
	},
}

// suite leaves the report of a suite with one failure, and prints Ginkgo's end.
func (s *scene) suite(spec, message, at string) {
	s.line("\nSummarizing 1 Failure:\n  [FAIL] %s\n  %s\n\nRan 1 of 61 Specs in %.3f seconds\nFAIL! -- 0 Passed | 1 Failed | 0 Pending | 60 Skipped\n--- FAIL: TestE2E", spec, at, s.now.Sub(s.run.times().test).Seconds())
	s.junit("junit.e2e_suite.1.xml", "e2e suite", junitCase{Name: "[SynchronizedBeforeSuite]", Time: 312.5}, junitCase{Name: "[It] " + spec, Time: seconds(s.now.Sub(s.run.times().test)), Failure: message})
	s.line("make: *** [Makefile:301: test-e2e] Error 1")
	s.fail()
	s.entrypointFailed()
}

// providers prints how clusterctl installs providers.
func (s *scene) providers(names ...string) {
	s.line("INFO: Creating a kind cluster with name \"capi-test\"\nCreating cluster \"capi-test\" ...\n • Ensuring node image (kindest/node:v1.34.0) 🖼  ...\n • Preparing nodes 📦   ...")
	s.wait(50 * time.Second)
	s.step("Initializing the bootstrap cluster")
	s.line("INFO: clusterctl init --config /logs/artifacts/repository/clusterctl-config.yaml --kubeconfig /tmp/kubeconfig")
	for _, name := range names {
		s.wait(15 * time.Second)
		s.line("INFO: Waiting for deployment %s to be available\nINFO: Creating log watcher for controller %s, pod %s-%s, container manager", name, name, name, s.suffix())
	}
}

func webhookNotUp(s *scene) {
	s.goDownloads(100)
	s.providers("cert-manager/cert-manager", "cert-manager/cert-manager-cainjector", "cert-manager/cert-manager-webhook")
	for _, name := range []string{"cert-manager", "cert-manager-cainjector", "cert-manager-webhook"} {
		s.line("deployment.apps/%s condition met: Available", name)
	}
	for i := range 40 {
		s.wait(200 * time.Millisecond)
		s.line("Installing provider object %d of 212: customresourcedefinition.apiextensions.k8s.io/part%d.cluster.x-k8s.io", i+1, i)
	}
	s.line("Error: Internal error occurred: failed calling webhook \"webhook.cert-manager.io\": failed to call webhook: Post \"https://cert-manager-webhook.cert-manager.svc:443/validate?timeout=30s\": dial tcp 10.96.41.7:443: connect: connection refused")
	s.line("  [FAILED] in [It] - clusterctl_upgrade_test.go:118 @ %s", s.now.Format(ginkgoTime))
	s.step("Dumping all the Cluster API resources in the namespace")
	s.noise(60, 100*time.Millisecond, []string{"WARNING: could not get logs of pod capm3-system/capm3-{pod}: pods \"capm3-{pod}\" not found", "Dumping BareMetalHost node-{n} to /logs/artifacts/clusters/bootstrap/resources"}, func(text string) { s.line("%s", text) })
	for i := range 5 {
		s.wait(4 * time.Minute)
		s.line("ERROR: timed out waiting for BareMetalHost node-%d to leave state deprovisioning: ironic answered 503, no conductor has the node", i)
	}
	s.suite("When testing cluster upgrade [clusterctl-upgrade] Should create a management cluster and then clusterctl upgrade its providers", "failed to run clusterctl init\nexit status 1", "clusterctl_upgrade_test.go:118")
}

const capaLogs = "clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log"

func badMachineImage(s *scene) {
	s.goDownloads(100)
	s.line("Looking up the newest image of CI build v1.35.0-alpha.2.114: ami-0d1c5e7f2a9b8463c, built 2025-11-03")
	s.providers("capi-system/capi-controller-manager", "capi-kubeadm-bootstrap-system/capi-kubeadm-bootstrap-controller-manager", "capa-system/capa-controller-manager")
	s.step("Creating a namespace for hosting the %q test spec", "conformance")
	s.step("Applying the cluster template yaml to the cluster")
	s.line("cluster.cluster.x-k8s.io/conformance-wq5m2 created\nawscluster.infrastructure.cluster.x-k8s.io/conformance-wq5m2 created")
	p := s.attach(capaLogs, s.now)
	p.manager(160, 13*time.Second)
	s.now = s.now.Add(4 * time.Minute)
	m := s.attach("clusters/conformance-wq5m2/machines/conformance-wq5m2-control-plane-h7x4k/cloud-init-output.log", s.now)
	m.noise(50, 300*time.Millisecond, []string{"Get:{n} http://us-west-2.ec2.archive.ubuntu.com/ubuntu noble/main amd64 Packages [{n} kB]", "Generating locales (this might take a while)...", "W: Some index files failed to download. They have been ignored, or old ones used instead.", "ci-info: | eth0 | True | {ip} | 255.255.240.0 | global |"},
		func(text string) { m.line("%s", text) })
	m.line("Cloud-init v. 24.4 running 'modules:final' at %s. Up 31.07 seconds.", m.now.Format("Mon, 02 Jan 2006 15:04:05 +0000"))
	m.line("/var/lib/cloud/instance/scripts/runcmd: line 3: kubeadm: command not found")
	m.line("%s - cc_scripts_user.py[WARNING]: Failed to run module scripts_user (scripts in /var/lib/cloud/instance/scripts)", m.now.Format("2006-01-02 15:04:05,000"))
	m.line("%s - util.py[WARNING]: Running module scripts_user (<module 'cloudinit.config.cc_scripts_user'>) failed", m.now.Format("2006-01-02 15:04:05,000"))
	s.step("Waiting for one control plane node to exist")
	s.now = s.now.Add(35 * time.Minute)
	const message = "Timed out after 2100.000s.\nNo Control Plane machines came into existence. \nExpected\n    <bool>: false\nto be true"
	s.line("  [FAILED] Timed out after 2100.000s.\n  No Control Plane machines came into existence.\n  Expected\n      <bool>: false\n  to be true\n  In [It] at: cluster-api/test/framework/controlplane_helpers.go:154 @ %s", s.now.Format(ginkgoTime))
	s.step("Dumping logs from the %q workload cluster", "conformance-wq5m2")
	s.line("Failed to get logs for Machine conformance-wq5m2-control-plane-h7x4k: running command \"journalctl -u kubelet\": Process exited with status 1")
	s.now = s.now.Add(9 * time.Minute)
	s.suite("[unmanaged] [conformance] tests conformance", message, "cluster-api/test/framework/controlplane_helpers.go:154")
}

func elasticAddresses(s *scene) {
	s.goDownloads(100)
	s.providers("capi-system/capi-controller-manager", "capa-system/capa-controller-manager")
	s.step("Applying the cluster template yaml to the cluster")
	s.line("cluster.cluster.x-k8s.io/eks-nodes-k2v7h created")
	p := s.attach(capaLogs, s.now)
	p.manager(100, 6*time.Second)
	for range 9 {
		p.klogLine(1, `E controller.go:474] "Reconciler error" err="failed to reconcile network for AWSManagedControlPlane eks-nodes-k2v7h/eks-nodes-k2v7h-control-plane: failed to create one or more IP addresses for NAT gateways: failed to allocate Elastic IP: AddressLimitExceeded: The maximum number of addresses has been reached." controller="awsmanagedcontrolplane"`)
		p.manager(14, 14*time.Second)
	}
	s.step("Waiting for the cluster infrastructure to be provisioned")
	s.now = s.now.Add(40 * time.Minute)
	const message = "Timed out after 2400.001s.\nExpected\n    <string>: Provisioning\nto equal\n    <string>: Provisioned"
	s.line("  [FAILED] Timed out after 2400.001s.\n  Expected\n      <string>: Provisioning\n  to equal\n      <string>: Provisioned\n  In [It] at: cluster-api/test/framework/cluster_helpers.go:143 @ %s", s.now.Format(ginkgoTime))
	s.line("WARNING: failed to collect logs of 0 machines: no machines found")
	s.suite("[managed] [general] EKS cluster tests should create a cluster and add nodes", message, "cluster-api/test/framework/cluster_helpers.go:143")
}

func imageAheadOfTag(s *scene) {
	s.goDownloads(80)
	s.line("export KUBERNETES_VERSION_LATEST_CI=v1.34.0-beta.%d", s.rng.IntN(3))
	for _, image := range []string{"kindest/node:v1.34.0", "capi/core:v1.11.0", "capi/vcsim:main"} {
		s.wait(4 * time.Second)
		s.line("+ docker pull mirror.example.org/%[1]s\nError response from daemon: manifest for mirror.example.org/%[1]s not found: manifest unknown: manifest unknown\nERROR: the mirror does not have %[1]s, trying docker.io\n+ docker pull docker.io/%[1]s\nStatus: Downloaded newer image for docker.io/%[1]s", image)
	}
	s.line("+ kind create cluster --image kindest/node:v1.34.0 -v 3\nCreating cluster \"capv-test\" ...\n • Ensuring node image (kindest/node:v1.34.0) 🖼  ...\n ✓ Preparing nodes 📦\n • Starting control-plane 🕹️  ...")
	for range 40 {
		s.wait(60 * time.Millisecond)
		s.klog("", "I", 151, "initconfiguration.go:261", "loading configuration from \"/kind/kubeadm.conf\", document %d", s.rng.IntN(5))
	}
	if s.failed {
		s.line("W%s     151 common.go:101] your configuration file uses an old API spec: \"kubeadm.k8s.io/v1beta3\" (kind: \"ClusterConfiguration\"). Please use kubeadm v1.34 instead and run 'kubeadm config migrate --old-config old.yaml --new-config new.yaml'", s.now.Format("0102 15:04:05.000000"))
		s.line("ERROR: failed to create cluster: failed to init node with kubeadm: command \"docker exec --privileged capv-test-control-plane kubeadm init --config=/kind/kubeadm.conf --v=6\" failed with error: exit status 1")
		s.line("Stack Trace:\nsigs.k8s.io/kind/pkg/errors.WithStack\n\tsigs.k8s.io/kind/pkg/errors/errors.go:59\nsigs.k8s.io/kind/pkg/exec.(*LocalCmd).Run")
		s.suite("When testing ClusterClass with vcsim [vcsim] Should create a workload cluster", "Failed to create a kind cluster\nexit status 1", "e2e_suite_test.go:301")
		return
	}
	s.line(" ✓ Starting control-plane 🕹️")
	s.providers("capi-system/capi-controller-manager", "capv-system/capv-controller-manager")
	s.specs(20, "When testing ClusterClass with vcsim [vcsim]", 30*time.Second)
	s.line("Ran 20 of 61 Specs in 611.020 seconds\nSUCCESS! -- 20 Passed | 0 Failed | 0 Pending | 41 Skipped")
}
