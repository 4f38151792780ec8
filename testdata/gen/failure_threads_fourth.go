package main

import (
	"fmt"
	"slices"
	"time"
)

// Cases from public threads, which were written before the rules were tried on them: T34 to T40. Those to T47 are in
// failure_threads_fifth.go.

var threadFourth = slices.Concat([]failure{
	{
		id: "T34", job: job{name: "pull-kubernetes-node-e2e-containerd-sidecar-containers", org: "kubernetes", repo: "kubernetes", pull: 116429, image: kubekins, at: time.Date(2023, 3, 29, 11, 50, 0, 0, time.UTC), args: []string{"--deployment=node", "--provider=gce"}}, play: cgroupsPath,
		expect: expectation{
			Title: "The runtime takes cgroups of systemd and the kubelet gives it others, so that no pod of the tests gets its sandbox",
			Cause: `expected cgroupsPath to be of format`, NotFirst: []string{`(?i)timed out`, `exit status`, `^\[FAIL`, `(?i)BIOS`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `FailedCreatePodSandBox: .*expected cgroupsPath to be of format`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(timed out waiting for the condition.*){2}`}, {"run/artifacts/junit_ubuntu_01.xml", `timed out waiting for the condition`}},
		},
	},
	{
		id: "T35", job: job{name: "ci-cos-containerd-e2e-cos-gce", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2023, 3, 27, 8, 10, 0, 0, time.UTC), args: []string{"--provider=gce", "--image-family=cos-89-lts"}}, play: oldRuntime, passing: 2,
		expect: expectation{
			Title: "The machine image that the job names has a containerd that does not speak the interface of this kubelet, so that no node registers",
			Cause: `CRI v1 runtime API is not implemented|unknown service runtime\.v1`, NotFirst: []string{`(?i)timed out`, `No such file`, `exit status`, `ready nodes`}, Category: "config", Needs: []string{"run", "passing", "on-demand"},
			Evidence: []place{{"run/artifacts/bootstrap-e2e-minion-group-jm70/kubelet.log", `unknown service runtime\.v1\.RuntimeService`}},
			Misleads: []place{{"run/build-log.txt", `Timed out waiting for the nodes to be ready`}, {"run/build-log.txt", `(?s)(scp: /var/log/.*No such file or directory.*){6}`}, {"passing/1/build-log.txt", `No such file or directory`}},
		},
	},
	{
		id: "T36", job: job{name: "periodic-cluster-api-provider-aws-e2e", org: "kubernetes-sigs", repo: "cluster-api-provider-aws", image: kubekins, at: time.Date(2023, 5, 10, 9, 20, 0, 0, time.UTC), args: []string{"runner.sh", "./scripts/ci-e2e.sh"}}, play: attachDenied,
		expect: expectation{
			Title: "The storage driver has credentials that may not attach a volume, so that the pods of a set never start",
			Cause: `UnauthorizedOperation|not authorized to perform`, NotFirst: []string{`Timed out after`, `object has been modified`, `exit status`, `make`}, Category: "config", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/clusters/csi-migration-4k2dq/logs/kube-system/ebs-csi-controller-6d9f7b-x2x4k/ebs-plugin.log", `Could not attach volume .*UnauthorizedOperation`}},
			Misleads: []place{{"run/build-log.txt", `Timed out after 600\.\d+s`}, {"run/artifacts/clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log", `(?s)(object has been modified.*){5}`}},
		},
	},
	{
		id: "T37", job: kopsJob("e2e-kops-aws-k8s-1-15", time.Date(2020, 1, 17, 1, 50, 0, 0, time.UTC)), play: noNodeup,
		expect: expectation{
			Title: "The program that makes a machine a node is not where a release says that it is, so that no machine joins",
			Cause: `nodeup.*404|404 Not Found|curl: \(22\)|Failed to curl`, NotFirst: []string{`wait time exceeded`, `^(Error: )?exit status`, `no such host`, `(?i)BIOS`}, Category: "dependency", Phase: "Up", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/i-0a97c1d2e3f405162/cloud-init-output.log", `curl: \(22\) The requested URL returned error: 404 Not Found`}},
			Misleads: []place{{"run/build-log.txt", `wait time exceeded during validation`}, {"run/artifacts/junit_runner.xml", `exit status 1`}},
		},
	},
	{
		id: "T38", job: job{name: "post-kube-network-policies-image", org: "kubernetes-sigs", repo: "kube-network-policies", image: "image-builder:v20240605-example", at: time.Date(2024, 8, 5, 14, 6, 0, 0, time.UTC), args: []string{"/run.sh", "--project=k8s-staging-networking", "."}}, play: onePlatform,
		expect: expectation{
			Title: "The builder of the image cannot make images for several platforms with the driver that it has",
			Cause: `(?i)multiple platforms feature is currently not supported`, NotFirst: []string{`make`, `non-zero status`, `exit status`, `(?i)completed with status`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `error: multiple platforms feature is currently not supported for docker driver`}},
			Misleads: []place{{"run/build-log.txt", `ERROR: build step 0 .* failed: step exited with non-zero status: 2`}, {"run/build-log.txt", `Failed to run some build jobs`}},
		},
	},
	{
		id: "T39", job: job{name: "pull-jobset-verify-main", org: "kubernetes-sigs", repo: "jobset", pull: 1100, image: "golang:1.25-example", at: time.Date(2025, 12, 10, 12, 0, 0, 0, time.UTC), args: []string{"make", "verify"}}, play: olderLinter,
		expect: expectation{
			Title: "The linter was built with an older Go than the module asks for, and refuses to begin",
			Cause: `used to build golangci-lint is lower than`, NotFirst: []string{`make`, `exit status`, `(?i)warning`, `Failed executing command`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Error: can't load config: the Go language version \(go1\.24\) used to build golangci-lint is lower`}},
			Misleads: []place{{"run/build-log.txt", `make: \*\*\* \[Makefile:141: ci-lint\] Error 3`}},
		},
	},
	{
		id: "T40", job: job{name: "pull-kubevirt-e2e-k8s-cnao-1.19", org: "kubevirt", repo: "kubevirt", pull: 4657, image: "bootstrap:v20201119-example", at: time.Date(2020, 12, 12, 5, 0, 0, 0, time.UTC), args: []string{"/bin/sh", "-c", "automation/test.sh"}}, play: noDevices,
		expect: expectation{
			Title: "The nodes of the test's cluster have no devices for virtual machines, without which no test can begin",
			Cause: `KVM devices and vhost-net devices are required`, NotFirst: []string{`(?i)timed out`, `make`, `exit status`, `not found`}, Category: "node", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Both KVM devices and vhost-net devices are required for testing`}, {"run/artifacts/junit.functest.xml", `vhost-net devices are required`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(virt-launcher-\S+ not found.*){10}`}, {"run/build-log.txt", `Timed out after 90\.`}},
		},
	},
}, threadFifth)

func cgroupsPath(s *scene) {
	const host = "tmp-node-e2e-64cf1522-ubuntu-gke-2204-1-24-v20230328"
	said := func(stream, format string, args ...any) {
		s.line("%s%s] %s", stream, s.now.Format("0102 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	said("W", "bootstrap.py is deprecated!")
	for i := range 50 {
		s.wait(400 * time.Millisecond)
		said("I", "+++ [%s] Building go targets for linux/amd64, part %d", s.now.Format("0102 15:04:05"), i)
	}
	said("W", "I%s   14720 remote.go:106] Starting tests on %q", s.now.Format("0102 15:04:05.000000"), host)
	said("W", "Activated service account credentials for: [prow@example.iam.gserviceaccount.com]")
	for i := range 30 {
		s.wait(8 * time.Second)
		said("W", "• [%d.%03d seconds]", 4+i%7, i*31)
		said("W", "[sig-node] Pods part %d should keep what it has", i)
		if i%9 == 4 {
			said("W", "  %s: INFO: Unable to fetch the log of container %d: the server could not find the requested resource", s.now.Format("Jan _2 15:04:05.000"), i)
		}
	}
	for _, spec := range []string{"init-container-fails-before-sidecar-starts", "sidecar-runs-before-regular"} {
		said("W", "------------------------------")
		said("W", "[sig-node] Containers Lifecycle %s", spec)
		said("W", "  STEP: Creating a pod %s @ %s", spec, s.now.Format(ginkgoTime))
		s.wait(5 * time.Minute)
		said("W", "  [FAILED] timed out waiting for the condition")
		said("W", "  In [It] at: test/e2e_node/container_lifecycle_test.go:212 @ %s", s.now.Format(ginkgoTime))
		said("W", "  STEP: Collecting events from namespace \"containers-lifecycle-%s\".", s.suffix())
		said("W", "  STEP: Found 4 events.")
		event := func(text string) {
			said("W", "  %s: INFO: At %s - event for %s: {kubelet %s} %s", s.now.Format("Jan _2 15:04:05.000"), s.now.Add(-4*time.Minute).Format("2006-01-02 15:04:05 -0700 MST"), spec, host, text)
		}
		for range 3 {
			event(fmt.Sprintf(`FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/kubepods/burstable/pod%s/%s" instead: unknown`, s.hex(16), s.hex(32)))
		}
		said("W", "  %s: INFO: POD  NODE  PHASE  GRACE  CONDITIONS", s.now.Format("Jan _2 15:04:05.000"))
		said("W", "• [FAILED] [300.412 seconds]")
	}
	said("W", "Summarizing 2 Failures:")
	said("W", "  [FAIL] [sig-node] Containers Lifecycle [It] init-container-fails-before-sidecar-starts")
	said("W", "Ran 32 of 401 Specs in 914.001 seconds")
	said("W", "FAIL! -- 30 Passed | 2 Failed | 0 Pending | 369 Skipped")
	said("W", "E%s   14720 run_remote.go:290] Error: error during make test-e2e-node: exit status 1", s.now.Format("0102 15:04:05.000000"))
	said("W", "subprocess.CalledProcessError: Command '('kubetest', '--deployment=node')' returned non-zero exit status 1")
	s.junit("junit_ubuntu_01.xml", "E2eNode Suite", junitCase{Name: "[It] [sig-node] Containers Lifecycle init-container-fails-before-sidecar-starts", Time: 300.4, Failure: "timed out waiting for the condition\nIn [It] at: test/e2e_node/container_lifecycle_test.go:212"},
		junitCase{Name: "[It] [sig-node] Containers Lifecycle sidecar-runs-before-regular", Time: 300.4, Failure: "timed out waiting for the condition\nIn [It] at: test/e2e_node/container_lifecycle_test.go:212"}, junitCase{Name: "[It] [sig-node] Pods part 3 should keep what it has", Time: 4.1})
	s.fail()
}

func oldRuntime(s *scene) {
	const minion = "bootstrap-e2e-minion-group-jm70"
	s.kubeUp("k8s-infra-e2e-boskos-112")
	tells := func() {
		p := s.attach(minion+"/kern.log", s.now.Add(-15*time.Minute))
		p.journal(minion, 60, 300*time.Millisecond, machineBoot)
		p = s.attach(minion+"/kubelet.log", s.now.Add(-14*time.Minute))
		if !s.failed {
			p.kubelet(minion, 60, 4*time.Second, kubeletRuns)
			return
		}
		for range 30 {
			p.wait(11 * time.Second)
			p.kubeletLine(minion, `I server.go:415] "Kubelet version" kubeletVersion="v1.27.0-beta.0.41"`)
			p.kubeletLine(minion, `W feature_gate.go:241] Setting GA feature gate CSIMigrationGCE=true. It will be removed in a future release.`)
			p.kubeletLine(minion, `E run.go:74] "command failed" err="failed to run Kubelet: validate service connection: CRI v1 runtime API is not implemented for endpoint \"unix:///run/containerd/containerd.sock\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"`)
			p.journalLine(minion, "systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE")
			p.journalLine(minion, "systemd[1]: kubelet.service: Failed with result 'exit-code'.")
		}
	}
	if !s.failed {
		s.wait(3 * time.Minute)
		s.line("Found 5 node(s).\nValidate output:\nCluster validation succeeded")
		s.specs(14, "[sig-node] containerd", 4*time.Second)
		tells()
		s.collected(minion)
		return
	}
	for range 26 {
		s.wait(30 * time.Second)
		s.line("Waiting for 5 ready nodes. 0 ready nodes, 1 registered. Retrying.")
	}
	s.line("Detected 0 ready nodes, found 1 nodes out of expected 5. Your cluster may not be fully functional.\nTimed out waiting for the nodes to be ready")
	tells()
	s.collected(minion)
	s.line("2023/03/27 08:41:11 main.go:328: Something went wrong: starting e2e cluster: error during ./hack/e2e-internal/e2e-up.sh: exit status 1")
	s.fail()
	s.entrypointFailed()
}

func attachDenied(s *scene) {
	s.goDownloads(90)
	s.providers("capi-controller-manager", "capa-controller-manager")
	begin := s.now
	s.step("Creating a cluster with external storage")
	s.wait(9 * time.Minute)
	s.line("INFO: Waiting for control plane to be ready")
	s.step("Installing a storage class and a set of pods with claims")
	s.line("INFO: Waiting for the stateful set default/intree-nginx-statefulset to be ready")
	s.wait(10 * time.Minute)
	at := s.now.Format(ginkgoTime)
	s.line("  [FAILED] Timed out after 600.001s.\n  Expected\n      <bool>: false\n  to be true\n  In [It] at: /home/prow/go/src/sigs.k8s.io/cluster-api-provider-aws/test/e2e/suites/unmanaged/helpers_test.go:310 @ %s", at)
	s.step("Dumping all the Cluster API resources of the spec's namespace")
	s.wait(20 * time.Second)
	s.line("error: failed to get logs of machine csi-migration-4k2dq-md-0: no bastion is given")
	p := s.attach("clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log", begin)
	p.manager(60, 8*time.Second)
	const driver = "clusters/csi-migration-4k2dq/logs/kube-system/ebs-csi-controller-6d9f7b-x2x4k/ebs-plugin.log"
	p = s.attach(driver, begin.Add(9*time.Minute))
	p.noise(40, time.Second, []string{`I driver.go:72] Driver: ebs.csi.aws.com Version: v1.{d}.0`, `I controller.go:410] ControllerGetCapabilities: called with args {{id}}`, `W cloud.go:510] Ignoring error from describe volume for volume "vol-{id}"; will retry: "RequestCanceled: request context canceled"`, `I controller.go:96] CreateVolume: called with args {Name:pvc-{id}}`}, func(text string) { p.klogLine(1, text) })
	for range 12 {
		p.wait(40 * time.Second)
		p.klogLine(1, `E driver.go:120] "GRPC error" err="rpc error: code = Internal desc = Could not attach volume \"vol-0475f64ff83e38dd9\" to node \"i-021bdeb1a8dbf7694\": could not attach volume: UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: QZ9VYB`+p.hex(60)+`"`)
	}
	s.suite("[unmanaged] [functional] CSI=external CCM=in-tree upgrade should create volumes dynamically", "Timed out after 600.001s.\nExpected\n    <bool>: false\nto be true", "test/e2e/suites/unmanaged/helpers_test.go:310")
}

func noNodeup(s *scene) {
	const cluster, api = "e2e-k8s-1-15.test-cncf-aws.k8s.io", "https://api.e2e-k8s-1-15.test-cncf-aws.k8s.io"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--node-count=4' --test=kops")
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --kubernetes-version v1.15.7 --zones us-east-2a", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --yes --admin", updatesCluster(cluster, nil))
		s.validates(cluster, "--count 10", 15*time.Minute, 10*time.Second, func(t *track) string {
			t.lost().aws("Autoscaling", "DescribeAutoScalingGroups", 200, 60*time.Millisecond)
			t.noHost(api)
			return "dns\tapiserver\tValidation Failed: the API server cannot be reached yet"
		})
	})
	const machine = "i-0a97c1d2e3f405162/"
	p := s.attach(machine+"journal.log", s.now.Add(-14*time.Minute))
	p.journal("ip-172-20-33-12", 70, 300*time.Millisecond, machineBoot)
	p = s.attach(machine+"cloud-init-output.log", s.now.Add(-14*time.Minute))
	said := func(lines ...string) {
		for _, l := range lines {
			p.journalLine("ip-172-20-33-12", "cloud-init[676]: %s", l)
		}
	}
	said("Cloud-init v. 0.7.9 running 'modules:config'. Up 9.65 seconds.", "Generating locales (this might take a while)...", "  en_US.UTF-8... done", "Generation complete.", "== nodeup node config starting ==")
	for range 20 {
		p.wait(30 * time.Second)
		said("Downloading https://artifacts.k8s.io/binaries/kops/1.15.0/linux/amd64/nodeup (attempt with curl)", "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current", "curl: (22) The requested URL returned error: 404 Not Found",
			"== Failed to curl https://artifacts.k8s.io/binaries/kops/1.15.0/linux/amd64/nodeup. Retrying. ==", "== All downloads failed; sleeping before retrying ==")
	}
	s.tears(cluster)
	s.kubetestEnds()
}

// cloudBuild prints how Prow's builder of images hands a build over, and how it ends there.
func (s *scene) cloudBuild(project string, body func()) {
	stamp := func(format string, args ...any) {
		s.line("%s %s", s.now.Format("2006/01/02 15:04:05"), fmt.Sprintf(format, args...))
	}
	s.line("Running...\n$ARTIFACTS is set, sending logs to /logs/artifacts")
	stamp("Build directory: .")
	stamp("Creating source tarball at /tmp/%s...", s.hex(8))
	s.line("Copying file:///tmp/%s [Content-Type=application/octet-stream]...\n/ [0 files][    0.0 B/  7.2 MiB]\n/ [1 files][  7.2 MiB/  7.2 MiB]\nOperation completed over 1 objects/7.2 MiB.", s.hex(8))
	stamp("Running build jobs...")
	stamp("No variants.yaml, starting single build job...")
	s.line("Created [https://cloudbuild.googleapis.com/v1/projects/%s/builds/%s].\nWARNING: the flag --gcs-log-dir of this command will change its meaning\n----------------------------- REMOTE BUILD OUTPUT ------------------------------\nstarting build\nFETCHSOURCE\nFetching storage object: gs://%s-gcb/source/%s.tgz\nBUILD", project, s.hex(12), project, s.hex(12))
	for i := range 40 {
		s.wait(300 * time.Millisecond)
		s.line("%s: Pull complete", s.hex(12))
		if i%13 == 7 {
			s.line("%s: Retrying in 1 second", s.hex(12))
		}
	}
	body()
	s.line("--------------------------------------------------------------------------------")
	stamp("Failed to run some build jobs: [error running [gcloud builds submit --verbosity info --config cloudbuild.yaml --project %s]: exit status 1]", project)
	s.fail()
	s.entrypointFailed()
}

func onePlatform(s *scene) {
	s.cloudBuild("k8s-staging-networking", func() {
		s.line("Status: Downloaded newer image for gcr.io/k8s-testimages/krte:latest-master\ngcr.io/k8s-testimages/krte:latest-master\nwrapper.sh] [INFO] Wrapping Test Command: `make image-push`")
		s.wait(20 * time.Second)
		s.line("docker buildx build . \\\n\t--platform=\"linux/amd64,linux/arm64\" \\\n\t--tag=\"gcr.io/k8s-staging-networking/kube-network-policies:v20240805-4c4d7de\" \\\n\t--push\nerror: multiple platforms feature is currently not supported for docker driver. Please switch to a different driver (eg. \"docker buildx create --use\")\nmake: *** [Makefile:46: image-push] Error 1\nERROR\nERROR: build step 0 \"gcr.io/k8s-testimages/krte:latest-master\" failed: step exited with non-zero status: 2")
	})
}

func olderLinter(s *scene) {
	s.line("make verify\n/go/src/bin/controller-gen rbac:roleName=manager-role crd webhook paths=\"./...\"")
	s.goDownloads(120)
	s.line("GOBIN=/go/src/bin GO111MODULE=on go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.1.6")
	s.goDownloads(40)
	s.line("warning: the version of openapi-gen could not be told, using the newest\n./hack/update-codegen.sh\nGenerating deepcopy code for 2 targets\nGenerating openapi code for 1 targets\nGenerating applyconfig code for 1 targets")
	s.wait(80 * time.Second)
	s.line("/go/src/bin/golangci-lint run --timeout 15m0s\nError: can't load config: the Go language version (go1.24) used to build golangci-lint is lower than the targeted Go version (1.25.0)\nFailed executing command with error: can't load config: the Go language version (go1.24) used to build golangci-lint is lower than the targeted Go version (1.25.0)\nmake: *** [Makefile:141: ci-lint] Error 3")
	s.fail()
	s.entrypointFailed()
}

func noDevices(s *scene) {
	s.line("+ export KUBEVIRT_PROVIDER=k8s-1.19\n+ make cluster-up")
	for i := range 60 {
		s.wait(2 * time.Second)
		s.line("%s: %s", s.now.Format("15:04:05"), s.vary([]string{"[init] part {n} of the control plane is being written", "customresourcedefinition.apiextensions.k8s.io/part{n} created", "dnsmasq-dhcp: DHCPACK(br0) {ip}", "ssh: connect to host {ip} port 22: Connection refused, trying again"}[i%4]))
	}
	s.line("+ make cluster-sync\nnetworkaddonsconfig.networkaddonsoperator.network.kubevirt.io/cluster created\nkubevirt.kubevirt.io/kubevirt condition met\n+ make functest\nRunning Suite: Tests Suite\n==========================\nRandom Seed: 1607750000\nWill run 96 of 704 specs")
	s.noise(30, 3*time.Second, []string{"• [SLOW TEST:2{d}.{n} seconds]", "• [SLOW TEST:1{d}.{n} seconds]"}, func(text string) { s.line("%s", text) })
	const needs = "Both KVM devices and vhost-net devices are required for testing, but are not present on cluster nodes"
	var cases []junitCase
	for i := range 9 {
		s.line("------------------------------\n• Failure in Spec Setup (BeforeEach) [0.%d seconds]\n[rfe_id:694][crit:medium]Networking part %d", 300+i, i)
		s.line("/root/go/src/kubevirt.io/kubevirt/tests/network/network_test.go:7%d\n\n  %s\n  Expected\n      <bool>: false\n  to be true\n\n  tests/utils.go:4411", i, needs)
		for range 2 {
			s.line("level=error msg=\"failed to fetch pod logs\" reason=\"pods \\\"virt-launcher-testvmi-%s\\\" not found\" pos=reporter.go:412", s.suffix())
		}
		s.line("level=error msg=\"failed to fetch: pods \"virt-launcher-%s\" not found\"", s.suffix())
		s.wait(2 * time.Second)
		cases = append(cases, junitCase{Name: fmt.Sprintf("[rfe_id:694][crit:medium]Networking part %d", i), Time: 0.3, Failure: needs + "\nExpected\n    <bool>: false\nto be true"})
	}
	s.wait(90 * time.Second)
	s.line("------------------------------\n• Failure [90.312 seconds]\n[rfe_id:609]VMIheadless\ntests/vmi_headless_test.go:61\n\n  Timed out after 90.017s.\n  Timed out waiting for VMI testvmi-9k2 to enter Running phase\n  Expected\n      <v1.VirtualMachineInstancePhase>: Scheduling\n  to equal\n      <v1.VirtualMachineInstancePhase>: Running")
	cases = append(cases, junitCase{Name: "[rfe_id:609]VMIheadless should start", Time: 90.3, Failure: "Timed out after 90.017s.\nTimed out waiting for VMI testvmi-9k2 to enter Running phase"})
	s.line("Summarizing 10 Failures:\n\n[Fail] [rfe_id:694][crit:medium]Networking [BeforeEach] part 0\n\nRan 96 of 704 Specs in 412.117 seconds\nFAIL! -- 86 Passed | 10 Failed | 0 Pending | 608 Skipped\n--- FAIL: TestTests (412.14s)\nFAIL\nmake: *** [Makefile:112: functest] Error 1\n+ make cluster-down")
	s.junit("junit.functest.xml", "Tests Suite", cases...)
	s.fail()
	s.entrypointFailed()
}
