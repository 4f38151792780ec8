package main

import (
	"fmt"
	"strings"
	"time"
)

// Fresh cases in which a cloud, a service or the size of a cluster is the matter: F3, F4, F5, F11, F14.

var freshRateLimit = failure{
	id: "F3", job: job{name: "pull-cluster-api-provider-azure-e2e-aks", org: "kubernetes-sigs", repo: "cluster-api-provider-azure", pull: 3129, image: kubekins, at: time.Date(2023, 1, 31, 16, 12, 0, 0, time.UTC), args: []string{"runner.sh", "./scripts/ci-e2e.sh"}}, play: apiBudget, passing: 1,
	expect: expectation{
		Title: "The build cluster has used up what GitHub lets one address ask without a token, so that clusterctl cannot fetch cert-manager and no test is begun",
		Cause: `(?i)rate limit for github api|github api[^\n]{0,40}rate limit|failed to download files from GitHub release`, NotFirst: []string{`SynchronizedBeforeSuite`, `make(\[\d\])?: \*\*\*`, `ResourceGroupNotFound`, `(?i)parallel process #1`}, Category: "throttling", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `failed to download files from GitHub release v1\.10\.1: rate limit for github api has been reached`}},
		Misleads: []place{{"run/artifacts/junit.e2e_suite.1.xml", `SynchronizedBeforeSuite failed on Ginkgo parallel process #1`}, {"run/build-log.txt", `(?s)(ResourceGroupNotFound.*){2}`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:\d+: test-e2e-run\] Error 1`}, {"passing/1/build-log.txt", `ResourceGroupNotFound`}},
	},
}

func apiBudget(s *scene) {
	s.line("+ export AZURE_LOCATION=westus2\nfatal: No names found, cannot describe anything.\n+ az login --service-principal\n+ docker buildx create --name capz")
	s.goDownloads(120)
	for i := range 140 {
		s.wait(2 * time.Second)
		s.line("#%d %d.%d %s", 9+i/14, i, s.rng.IntN(10), s.vary([]string{"go build -ldflags '-extldflags \"-static\"' -o manager part {n}", "sha256:{id}{id} {n}MB / {n}MB {d}.1s done", "pushing layers {d}.0s done", "CACHED [builder 3/7] COPY go.sum, {d}"}[i%4]))
	}
	s.line("ERROR: (ResourceGroupNotFound) Resource group 'capz-ci-example' could not be found, it is made now.\nkubectl wait: error: no matching resources found, trying again\nRunning Suite: capz-e2e - /home/prow/go/src/sigs.k8s.io/cluster-api-provider-azure/test/e2e\nRandom Seed: 1675182001\n\nWill run 1 of 24 specs\nRunning in parallel across 3 processes")
	s.line("------------------------------\n[SynchronizedBeforeSuite]\n/home/prow/go/src/sigs.k8s.io/cluster-api-provider-azure/test/e2e/e2e_suite_test.go:58")
	s.providers()
	const flags = "--core cluster-api --bootstrap kubeadm --control-plane kubeadm --infrastructure azure"
	if !s.failed {
		s.line("INFO: clusterctl init %s: Fetching providers\nInstalling cert-manager Version=\"v1.10.1\"\nWaiting for cert-manager to be available...", flags)
		s.specs(18, "Workload cluster creation Creating an AKS cluster [Managed Kubernetes]", 80*time.Second)
		s.line("Ran 1 of 24 Specs in 1911.311 seconds\nSUCCESS! -- 1 Passed | 0 Failed | 0 Pending | 23 Skipped\n+ cleanup\nERROR: (ResourceGroupNotFound) Resource group 'capz-e2e-aks' could not be found.")
		s.junit("junit.e2e_suite.1.xml", "capz-e2e", junitCase{Name: "[It] Workload cluster creation Creating an AKS cluster", Time: 1801.2})
		return
	}
	const limit = "failed to read \"cert-manager.yaml\" from provider's repository \"cert-manager\": failed to download files from GitHub release v1.10.1: rate limit for github api has been reached. Please wait one hour or get a personal API token and assign it to the GITHUB_TOKEN environment variable"
	s.wait(time.Second)
	var stack strings.Builder
	for i, f := range []string{"repository.(*gitHubRepository).handleGithubErr", "repository.(*gitHubRepository).downloadFilesFromRelease", "repository.(*gitHubRepository).GetFile", "cluster.(*certManagerClient).getManifestObjs", "cluster.(*certManagerClient).EnsureInstalled", "client.(*clusterctlClient).Init", "framework/clusterctl.Init", "framework/clusterctl.InitManagementClusterAndWatchControllerLogs"} {
		fmt.Fprintf(&stack, "              sigs.k8s.io/cluster-api/cmd/clusterctl/client/%s\n              \t/home/prow/go/pkg/mod/sigs.k8s.io/cluster-api@v1.3.2/%d.go:%d\n", f, i, 100+i*37)
	}
	s.line("  [FAILED] in [SynchronizedBeforeSuite] - /home/prow/go/pkg/mod/sigs.k8s.io/cluster-api/test@v1.3.2/framework/clusterctl/client.go:94 @ %s\n  << Timeline\n\n  [FAILED] failed to run clusterctl init\n  Unexpected error:\n      <*errors.withStack | 0xc00224d0e0>: {\n          error: <*errors.withMessage | 0xc0008c5380>{\n              cause: <*errors.fundamental | 0xc000a1b2c8>{\n                  msg: \"rate limit for github api has been reached. Please wait one hour or get a personal API token and assign it to the GITHUB_TOKEN environment variable\",\n%s              },\n          },\n      }\n      %s\n  occurred\n  In [SynchronizedBeforeSuite] at: /home/prow/go/pkg/mod/sigs.k8s.io/cluster-api/test@v1.3.2/framework/clusterctl/client.go:94 @ %s", s.now.Format(ginkgoTime), stack.String(), limit, s.now.Format(ginkgoTime))
	const others = "SynchronizedBeforeSuite failed on Ginkgo parallel process #1\n  The first SynchronizedBeforeSuite function running on Ginkgo parallel process #1 failed.  This suite will now abort."
	for i := range 2 {
		s.line("------------------------------\n[SynchronizedBeforeSuite] [FAILED] [61.0%d seconds]\n  [FAILED] %s", i, others)
	}
	s.line("\nSummarizing 3 Failures:\n  [FAIL] [SynchronizedBeforeSuite] \n  /home/prow/go/pkg/mod/sigs.k8s.io/cluster-api/test@v1.3.2/framework/clusterctl/client.go:94\n  [FAIL] [SynchronizedBeforeSuite] \n  [FAIL] [SynchronizedBeforeSuite] \n\nRan 0 of 24 Specs in 71.301 seconds\nFAIL! -- A BeforeSuite node failed so all tests were skipped.\n\nGinkgo ran 1 suite in 4m2.8s\nTest Suite Failed\nmake[1]: *** [Makefile:655: test-e2e-run] Error 1\nmake: *** [Makefile:661: test-e2e-run] Error 1\n+ cleanup\n+ az group delete --name capz-e2e-aks --no-wait\nERROR: (ResourceGroupNotFound) Resource group 'capz-e2e-aks' could not be found.\nCode: ResourceGroupNotFound")
	s.junit("junit.e2e_suite.1.xml", "capz-e2e", junitCase{Name: "[SynchronizedBeforeSuite]", Status: "failed", Time: 61.3, Failure: "failed to run clusterctl init\n" + limit}, junitCase{Name: "[SynchronizedBeforeSuite]", Status: "failed", Time: 61.01, Failure: others}, junitCase{Name: "[SynchronizedBeforeSuite]", Status: "failed", Time: 61.02, Failure: others}, junitCase{Name: "[It] Workload cluster creation Creating an AKS cluster", Status: "skipped", Skipped: &junitMessage{"skipped"}})
	s.fail()
	s.entrypointFailed()
}

var freshZone = failure{
	id: "F4", job: openshiftJob("periodic-ci-openshift-release-master-ci-4.11-e2e-gcp-upgrade", "e2e-gcp-upgrade", time.Date(2022, 6, 29, 11, 4, 0, 0, time.UTC)), play: oldMachines, passing: 2,
	expect: expectation{
		Title: "The zone has no machines of the old type left that the jobs ask for, so that the control plane is not made",
		Cause: `(?i)does not have\s+enough resources available|resource type:compute|ZONE_RESOURCE_POOL_EXHAUSTED|STOCKOUT`, NotFirst: []string{`(?i)lease`, `(?i)failed to (fetch|generate)`, `(?i)deprecated`, `ContainerFailed`, `(?i)bootstrap`}, Category: "capacity", Needs: []string{"run"},
		Evidence: []place{{"run/artifacts/e2e-gcp-upgrade/ipi-install-install/build-log.txt", `zones/us-central1-c' does not have enough resources available`}, {"run/build-log.txt", `does not have enough resources available`}},
		Misleads: []place{{"run/artifacts/e2e-gcp-upgrade/ipi-install-install/build-log.txt", `level=fatal msg="failed to fetch Cluster`}, {"run/artifacts/e2e-gcp-upgrade/gather-extra/build-log.txt", `(?s)(no such host.*){8}`}, {"run/artifacts/e2e-gcp-upgrade/ipi-deprovision-deprovision/build-log.txt", `(?s)(notFound.*){3}`}, {"passing/1/artifacts/e2e-gcp-upgrade/ipi-install-install/build-log.txt", `level=warning`}},
	},
}

func oldMachines(s *scene) {
	install := func(p *printer) string {
		say := func(level, format string, args ...any) {
			p.line("time=%q level=%s msg=%q", p.now.Format(time.RFC3339), level, fmt.Sprintf(format, args...))
		}
		say("info", "Credentials loaded from environment variable \"GOOGLE_CREDENTIALS\", file \"/var/run/secrets/ci.openshift.io/cluster-profile/gce.json\"")
		say("warning", "Found override for release image (registry.build04.ci.openshift.org/ci-op/release). Please be warned, this is not advised")
		say("info", "Creating infrastructure resources...")
		for i := range 50 {
			p.wait(7 * time.Second)
			what := []string{"google_compute_network.cluster_network", "google_compute_firewall.api", "google_compute_address.cluster_ip", "google_dns_record_set.api_internal", "google_service_account.node", "google_compute_router.router"}[i%6]
			say("debug", "%s: %s", what, []string{"Creating...", fmt.Sprintf("Still creating... [%d0s elapsed]", 1+i%7), fmt.Sprintf("Creation complete after %ds [id=projects/XXXXXXXXXXXXXXXXXXXXXXXX/global/part-%d]", 10+i%9, i)}[i%3])
		}
		if !s.failed {
			installLog(p, nil, "")
			return ""
		}
		say("debug", "module.master.google_compute_instance.master[2]: Still creating... [10s elapsed]")
		p.wait(12 * time.Second)
		say("error", "")
		say("error", "Error: Error waiting for instance to create: The zone 'projects/XXXXXXXXXXXXXXXXXXXXXXXX/zones/us-central1-c' does not have enough resources available to fulfill the request.  '(resource type:compute)'.")
		for _, l := range []string{"", "  with module.master.google_compute_instance.master[2],", "  on ../../../../tmp/openshift-install-cluster-2077/master/main.tf line 57, in resource \"google_compute_instance\" \"master\":", "  57: resource \"google_compute_instance\" \"master\" {", ""} {
			say("error", "%s", l)
		}
		say("fatal", "failed to fetch Cluster: failed to generate asset \"Cluster\": failure applying terraform for \"cluster\" stage: failed to create cluster: failed to apply Terraform: exit status 1\n\nError: Error waiting for instance to create")
		p.line("Setup phase finished, prepare env for next steps\nCopying log bundle...\ncp: cannot stat '/tmp/installer/log-bundle-*.tar.gz': No such file or directory")
		return "ContainerFailed one or more containers exited"
	}
	gather := func(p *printer) {
		if !s.failed {
			gathers(p)
			return
		}
		p.noise(12, 3*time.Second, []string{"error: unable to connect: Get \"https://api.ci-op-7w2k9c4d-part{n}.origin-ci-int-gce.dev.openshift.com:6443/api\": dial tcp: lookup api.ci-op-7w2k9c4d.origin-ci-int-gce.dev.openshift.com on 172.30.0.10:53: no such host", "Gathering part {n} of the cluster"}, func(text string) { p.line("%s", text) })
		p.noise(6, 2*time.Second, []string{"Unable to connect to the server: dial tcp: lookup api.ci-op-7w2k9c4d.origin-ci-int-gce.dev.openshift.com on 172.30.0.10:53: no such host"}, func(text string) { p.line("%s", text) })
	}
	deprovision := func(p *printer) {
		deprovisions(p)
		p.noise(4, 5*time.Second, []string{`level=debug msg="Bootstrap instance part-{n}: googleapi: Error 404: The resource was not found, notFound"`}, func(text string) { p.line("time=%q %s", p.now.Format(time.RFC3339), text) })
	}
	s.operates("e2e-gcp-upgrade", nil, part{name: "ipi-conf-gcp", body: ok(func(p *printer) {
		p.line("GCP region: us-central1 (zones: us-central1-a us-central1-b us-central1-c)\ncontrolPlane:\n  platform:\n    gcp:\n      type: n1-standard-4")
		p.wait(3 * time.Second)
	})}, part{name: "ipi-install-install", body: install}, part{name: "openshift-e2e-test", body: ok(func(p *printer) { p.tests(25) })}, part{name: "gather-extra", body: ok(gather)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovision)})
}

var freshCPUs = failure{
	id: "F5", job: job{name: "pull-containerd-node-e2e", org: "containerd", repo: "containerd", pull: 9753, image: kubekins, at: time.Date(2024, 2, 5, 19, 48, 0, 0, time.UTC),
		args: []string{"runner.sh", "kubetest2", "noop", "--test=node", "--", "--gcp-project=cri-c8d-pr-node-e2e", "--gcp-zone=us-central1-f"}}, play: noProcessors, passing: 2,
	expect: expectation{
		Title: "The project of the tests has as many processors in its region as it may, so that no machine can be made for them",
		Cause: `Quota 'CPUS' exceeded|CPUS-per-project-region|compute\.googleapis\.com/cpus`, NotFirst: []string{`invalid format`, `was not found`, `make(\[\d\])?: \*\*\*`, `^(Error: )?exit status 1$`, `(?i)deprecated`}, Category: "quota", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", ` - Quota 'CPUS' exceeded\.  Limit: 100\.0 in region us-central1\.`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(invalid format.*){3}`}, {"passing/1/build-log.txt", `invalid format`}, {"run/build-log.txt", `(?s)(was not found.*){2}`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:292: test-e2e-node\] Error 1`}},
	},
}

func noProcessors(s *scene) {
	const project, image = "cri-c8d-pr-node-e2e", "ubuntu-gke-2204-1-26-v20240126"
	s.line("Configure registry authentication...\nActivated service account credentials for: [pull-containerd@example.iam.gserviceaccount.com]\n+ make test-e2e-node REMOTE=true IMAGE_CONFIG_FILE=/home/prow/go/src/k8s.io/test-infra/jobs/e2e_node/containerd/containerd-main-presubmit/image-config-presubmit.yaml")
	s.goDownloads(80)
	for i := range 70 {
		s.wait(4 * time.Second)
		s.line("+++ [%s] Building go targets for linux/amd64\n    k8s.io/kubernetes/part%d (non-static)", s.now.Format("0102 15:04:05"), i)
	}
	hosts := []string{"tmp-node-e2e-" + s.hex(8) + "-" + image, "tmp-node-e2e-" + s.hex(8) + "-cos-beta-113-18244-1-6"}
	imageOf := func(host string) string { return strings.SplitN(host, "-", 5)[4] }
	say := func(severity, place, format string, args ...any) { s.klog("", severity, 18220, place, format, args...) }
	say("I", "gce_runner.go:121", "Running tests on %s, cos-beta-113-18244-1-6", image)
	say("W", "gce_runner.go:214", "--ssh-options is deprecated, use --ssh-key")
	for range 3 {
		s.wait(time.Second)
		s.line("Load key \"/root/.ssh/google_compute_engine\": invalid format")
	}
	for _, name := range hosts {
		say("I", "gce_runner.go:390", "Creating instance: {image:%s project:%s machine:n1-standard-2}", imageOf(name), project)
		s.wait(25 * time.Second)
		if s.failed {
			s.line("ERROR: (gcloud.compute.instances.create) Could not fetch resource:\n - Quota 'CPUS' exceeded.  Limit: 100.0 in region us-central1.\n\tmetric name = compute.googleapis.com/cpus\n\tlimit name = CPUS-per-project-region\n\tlimit = 100.0\n\tdimensions = region: us-central1\nTry your request in another zone, or view documentation on how to increase quotas: https://cloud.google.com/compute/quotas.")
			s.wait(2 * time.Second)
			s.line("ERROR: (gcloud.compute.instances.delete) Could not fetch resource:\n - The resource 'projects/%s/zones/us-central1-f/instances/%s' was not found", project, name)
			say("E", "gce_runner.go:744", "Error deleting instance %q: exit status 1", name)
		}
	}
	if !s.failed {
		s.specs(60, "[sig-node] Pods [NodeConformance]", 9*time.Second)
		s.line("Ran 60 of 801 Specs in 611.880 seconds\nSUCCESS! -- 60 Passed | 0 Failed | 0 Pending | 741 Skipped")
		s.junit("junit_cos-beta01.xml", "E2eNode Suite", junitCase{Name: "[It] [sig-node] Pods should be created and removed", Time: 9.2})
		return
	}
	for _, host := range hosts {
		s.line("\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>\n>                              START TEST                                >\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>\nStart Test Suite on Host\n\nFailure Finished Test Suite on Host. Refer to artifacts directory for ginkgo log for this host.\nunable to create gce instance with running docker daemon for image %s.  could not create instance %s: exit status 1\n<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\n<                              FINISH TEST                               <", imageOf(host), host)
	}
	s.line("Failure: 2 errors encountered.\nmake: *** [Makefile:292: test-e2e-node] Error 1\nF%s   18101 tester.go:105] failed to run node tester: exit status 2", s.now.Format("0102 15:04:05.000000"))
	s.fail()
	s.entrypointFailed()
}

var tektonProw = instance{deck: "prow.tekton.dev", bucket: "tekton-prow", strategy: "explicit"}

var freshDocker = failure{
	id: "F11", job: job{prow: tektonProw, name: "pull-tekton-cli-integration-tests", org: "tektoncd", repo: "cli", pull: 1771, image: "test-runner:v20220913-example", at: time.Date(2022, 11, 3, 6, 14, 0, 0, time.UTC), args: []string{"/usr/local/bin/entrypoint.sh", "./test/presubmit-tests.sh", "--integration-tests"}}, play: imageType, passing: 2,
	expect: expectation{
		Title: "The script asks for nodes with Docker, which the stable channel of the cloud no longer makes, so that there is no cluster",
		Cause: `node images based on Docker|(?i)container runtimes is not supported|clusters\.create\) ResponseError: code=400`, NotFirst: []string{`E2E TESTS? FAILED`, `localhost:8080`, `(?i)default change`, `exit status 1`}, Category: "config", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `Creation of node pools using node images based on Docker container runtimes is not supported in GKE v1\.23`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(connection to the server localhost:8080 was refused.*){4}`}, {"run/build-log.txt", `E2E TEST FAILED`}, {"passing/1/build-log.txt", `Default change: During creation of nodepools`}, {"run/build-log.txt", `Something went wrong: error creating cluster`}},
	},
}

func imageType(s *scene) {
	const create = "gcloud beta container clusters create --quiet --enable-autoscaling --min-nodes=1 --max-nodes=3 --scopes=cloud-platform --no-issue-client-certificate --project=tekton-prow-7 --region=us-central1 --machine-type=e2-standard-4 --image-type=cos --num-nodes=1 --network=tekton-cli-e2e-net tekton-cli-e2e-cls"
	say := func(place, format string, args ...any) {
		s.line("%s %s: %s", s.now.Format("2006/01/02 15:04:05"), place, fmt.Sprintf(format, args...))
	}
	s.line("Activated service account credentials for: [prow-account@tekton-releases.iam.gserviceaccount.com]\n>> go version is go1.18.7\n==================================\n==== RUNNING INTEGRATION TESTS ====\n==================================\nRunning integration test ./test/e2e-tests.sh\n==== CREATING TEST CLUSTER")
	s.goDownloads(150)
	say("main.go:343", "Limiting testing to 50m0s")
	say("main.go:780", "provider gke, will acquire project type gke-project from boskos")
	say("gke.go:190", "project tekton-prow-7, zone , region us-central1")
	say("process.go:153", "Running: gcloud compute networks create tekton-cli-e2e-net --project tekton-prow-7 --subnet-mode=auto")
	for i := range 60 {
		s.wait(700 * time.Millisecond)
		s.line("tekton-cli-e2e-net  part-%d  us-central1  10.%d.0.0/20  IPV4_ONLY", i, 128+i)
	}
	say("process.go:153", "Running: %s", create)
	s.wait(9 * time.Second)
	s.line("WARNING: Currently VPC-native is the default mode during cluster creation for versions greater than 1.21.0-gke.1500. To create advanced routes based clusters, please pass the `--no-enable-ip-alias` flag\nDefault change: During creation of nodepools or autoscaling configuration changes for cluster versions greater than 1.24.1-gke.800 a default location policy is applied. For Spot and PVM it defaults to ANY, and for all other VM kinds a BALANCED policy is used. To change the default values use the `--location-policy` flag.\nNote: Your Pod address range (`--cluster-ipv4-cidr`) can accommodate at most 1008 node(s).")
	if s.failed {
		const refused = "ERROR: (gcloud.beta.container.clusters.create) ResponseError: code=400, message=Creation of node pools using node images based on Docker container runtimes is not supported in GKE v1.23. This is to prepare for the removal of Dockershim in Kubernetes v1.24. We recommend that you migrate to image types based on Containerd (examples). For more information, contact Cloud Support."
		s.line("%s", refused)
		say("process.go:155", "Step '%s' finished in 9.81s", create)
		say("main.go:317", "Something went wrong: error creating cluster: error during %s: exit status 1", create)
		s.line("***************************************\n***         E2E TEST FAILED         ***\n***    Start of information dump    ***\n***************************************")
		for _, what := range []string{"All resources", "Services", "Events", "Logs of tekton-pipelines-controller", "Logs of tekton-pipelines-webhook"} {
			s.wait(600 * time.Millisecond)
			s.line(">>> %s:\nThe connection to the server localhost:8080 was refused - did you specify the right host or port?", what)
		}
		s.line("***************************************\n***         E2E TEST FAILED         ***\n***     End of information dump     ***\n***************************************\nFinished run, return code is 1")
		s.junit("junit_runner.xml", "kubetest", junitCase{Name: "Up", Time: 41.2, Failure: "error during " + create + ": exit status 1"})
		s.fail()
		s.entrypointFailed()
		return
	}
	s.wait(6 * time.Minute)
	s.line("Created [https://container.googleapis.com/v1beta1/projects/tekton-prow-7/zones/us-central1/clusters/tekton-cli-e2e-cls].\nNAME                LOCATION     MASTER_VERSION    MASTER_IP     MACHINE_TYPE   NUM_NODES  STATUS\ntekton-cli-e2e-cls  us-central1  1.22.15-gke.1%d00  35.202.0.31  e2-standard-4  3          RUNNING", s.n)
	for i := range 40 {
		s.wait(8 * time.Second)
		s.line("=== RUN   TestPipelinesE2E/part_%d\n--- PASS: TestPipelinesE2E/part_%d (%d.%02ds)", i, i, 2+s.rng.IntN(20), s.rng.IntN(100))
	}
	s.line("ok  \tgithub.com/tektoncd/cli/test/e2e/pipeline\t611.2s\n>> E2E TESTS PASSED")
	s.junit("junit_runner.xml", "kubetest", junitCase{Name: "Up", Time: 391.2}, junitCase{Name: "Test", Time: 611.2})
}

var freshPrometheus = failure{
	id: "F14", job: job{name: "ci-kubernetes-e2e-kops-aws-5000-node-dra-with-workload-amazonvpc-using-cl2", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 6, 6, 4, 1, 0, 0, time.UTC), every: 24 * time.Hour, timeout: "9h0m0s", args: []string{"bash", "-c", "tests/e2e/scenarios/scalability/run-test.sh"}}, play: scraperKilled, passing: 1,
	expect: expectation{
		Title: "Prometheus, which now reads every kubelet, needs more than its ten gigabytes with 5,000 nodes and is killed again and again, so that the load test cannot ask it for its measurements",
		Cause: `OOMKilled|(?i)out of memory|oom-kill|(?i)prometheus\S* [^\n]{0,80}(exit ?code:? ?137|oom)`, NotFirst: []string{`load overall|dra overall`, `(?i)failed to gather profile`, `(?i)unknown field`, `^(Error: )?exit status 1$`}, Category: "oom", Phase: "Test", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/cluster-info/monitoring/pods.yaml", `reason: OOMKilled`}, {"run/artifacts/i-0a71c3e95b2d4f608/kern.log", `Memory cgroup out of memory: Killed process \d+ \(prometheus\)`}},
		Misleads: []place{{"run/artifacts/junit.xml", `dra overall`}, {"run/build-log.txt", `the server is currently unable to handle the request \(get services http:prometheus-k8s:9090\)`}, {"run/build-log.txt", `(?s)(failed to gather profile.*){3}`}, {"passing/1/build-log.txt", `failed to gather profile`}, {"run/artifacts/junit_runner.xml", `exit status 1`}},
	},
}

func scraperKilled(s *scene) {
	const cluster, api, node = "scale-5000-dra.periodic.test-cncf-aws.k8s.io", "https://api-scale-5000-dra-0example.elb.us-east-2.amazonaws.com", "i-0a71c3e95b2d4f608"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--networking=amazonvpc --node-count=5000 --node-size=t3a.medium' --test=clusterloader2")
	s.phase("Up", "", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --node-count 5000 --zones us-east-2a,us-east-2b,us-east-2c", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		s.validates(cluster, "--count 10", 65*time.Minute, time.Minute, until(24*time.Minute, api, "InstanceGroup\tnodes-us-east-2a\tInstanceGroup \"nodes-us-east-2a\" did not have enough nodes 4211 vs 5000"))
	})
	begin := s.now
	say := func(severity, place, format string, args ...any) { s.klog("", severity, 21056, place, format, args...) }
	failure := ""
	if s.failed {
		failure = "exit status 1"
	}
	s.phase("Test", failure, func() {
		s.line("+ kubetest2-tester-clusterloader2 --provider=aws --nodes=5000 --prometheus-scrape-kubelets=true --test-configs=./clusterloader2/testing/dra/config.yaml")
		say("I", "prometheus.go:311", "Setting up prometheus stack")
		say("W", "warnings.go:70", "unknown field \"spec.selector.k8s-app\"")
		for i := range 30 {
			s.wait(20 * time.Second)
			say("I", "util.go:93", "%d/%d targets are ready", 170*i, 5012)
		}
		for i := range 130 {
			s.wait(50 * time.Second)
			say("I", "wait_for_controlled_pods.go:269", "WaitForControlledPodsRunning: running %d, pending 0, timeout: 0, unknown: 0", 140*(i+1))
			if i%30 == 11 {
				say("W", "profile.go:101", "failed to gather profile for kube-scheduler: the server could not find the requested resource, will be tried again")
			}
		}
		var cases []junitCase
		var lost []string
		for _, m := range []string{"PodStartupLatency", "DRA PrepareResources latency", "SchedulingThroughputPrometheus", "APIResponsivenessPrometheus", "ContainerRestarts"} {
			s.wait(3 * time.Second)
			if s.failed && m != "PodStartupLatency" {
				lost = append(lost, m+" error: query error: the server is currently unable to handle the request (get services http:prometheus-k8s:9090)")
				say("E", "prometheus_measurement.go:109", "%s", lost[len(lost)-1])
				continue
			}
			say("I", "simple_test_executor.go:171", "%s: gathered, %d objects", m, 1+s.rng.IntN(40))
		}
		cases = append(cases, junitCase{Name: "dra: [step: 01] Starting measurements", Class: "ClusterLoaderV2", Time: 12.2})
		if !s.failed {
			s.junit("junit.xml", "ClusterLoaderV2", append(cases, junitCase{Name: "dra overall (testing/dra/config.yaml)", Class: "ClusterLoaderV2", Time: 7100})...)
			s.line("Test Finished\n  Test: ./clusterloader2/testing/dra/config.yaml\n  Status: Success")
			return
		}
		all := "[measurement call " + strings.Join(lost, "\nmeasurement call ") + "]"
		s.line("--------------------------------------------------------------------------------\nTest Finished\n  Test: ./clusterloader2/testing/dra/config.yaml\n  Status: Fail\n  Errors: %s\n--------------------------------------------------------------------------------\nF%s   21056 clusterloader.go:411] 1 tests have failed!", all, s.now.Format("0102 15:04:05.000000"))
		s.junit("junit.xml", "ClusterLoaderV2", append(cases, junitCase{Name: "dra: [step: 09] Gathering measurements", Class: "ClusterLoaderV2", Time: 61.3, Failure: all}, junitCase{Name: "dra overall (testing/dra/config.yaml)", Class: "ClusterLoaderV2", Time: 7300, Failure: all})...)
	})
	s.scraper(node, begin.Add(-20*time.Minute))
	s.tears(cluster)
	s.kubetestEnds()
}

// scraper leaves what kops toolbox dump finds of Prometheus and of the node that it runs on.
func (s *scene) scraper(node string, at time.Time) {
	k := s.attach(node+"/kern.log", at)
	k.journal(node, 60, 40*time.Second, machineBoot)
	last, restarts := "      lastState: {}\n", 0
	if s.failed {
		restarts = 5
		for range restarts {
			pid := 8000 + k.rng.IntN(20000)
			k.now = k.now.Add(16 * time.Minute)
			k.journalLine(node, "kernel: prometheus invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=-997")
			k.journalLine(node, "kernel: memory: usage 10485760kB, limit 10485760kB, failcnt %d", 300+k.rng.IntN(900))
			k.journalLine(node, "kernel: Memory cgroup out of memory: Killed process %d (prometheus) total-vm:22418312kB, anon-rss:10440008kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:21904kB oom_score_adj:-997", pid)
			k.journal(node, 5, 9*time.Second, machineBoot)
		}
		last = fmt.Sprintf("      lastState:\n        terminated:\n          containerID: containerd://%s\n          exitCode: 137\n          finishedAt: %q\n          reason: OOMKilled\n          startedAt: %q\n", k.hex(64), k.now.Format(time.RFC3339), k.now.Add(-16*time.Minute).Format(time.RFC3339))
	}
	pods := "apiVersion: v1\nkind: PodList\nitems:\n"
	pod := func(name, container, memory string, restarts int, last string) {
		pods += fmt.Sprintf("- metadata:\n    name: %s\n    namespace: monitoring\n  spec:\n    nodeName: %s\n    containers:\n    - name: %s\n      resources:\n        limits: {memory: %s}\n  status:\n    phase: Running\n    containerStatuses:\n    - name: %s\n      ready: %t\n      restartCount: %d\n%s      state:\n        running: {}\n",
			name, node, container, memory, container, restarts == 0, restarts, last)
	}
	pod("grafana-7c9d8f6b5-x2xq8", "grafana", "200Mi", 0, "      lastState: {}\n")
	pod("prometheus-operator-6d5f7b9c4-tz4kd", "prometheus-operator", "400Mi", 0, "      lastState: {}\n")
	pod("prometheus-k8s-0", "prometheus", "10Gi", restarts, last)
	s.file("cluster-info/monitoring/pods.yaml", "%s", pods)
}
