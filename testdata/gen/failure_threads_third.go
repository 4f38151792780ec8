package main

import (
	"fmt"
	"time"
)

// Cases from public threads, which were written before the rules were tried on them: T29 to T33.

var threadThird = []failure{
	{
		id: "T29", job: job{name: "ci-kyma-autobump", org: "kyma-project", repo: "test-infra", image: "generic-autobumper:v20231023-example", at: time.Date(2023, 10, 30, 6, 0, 0, 0, time.UTC), args: []string{"--config=autobump.yaml"}}, play: podRefused,
		expect: expectation{
			Title: "The cluster's policy does not let the job's container use a secret, so that its pod is never made",
			Cause: `not allowed to use restricted secret`, NotFirst: []string{`exit status`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/prowjob.json", `admission webhook \\"validation\.gatekeeper\.sh\\" denied the request`}},
			Misleads: []place{{"run/finished.json", `"result": ?"ERROR"`}},
		},
	},
	{
		id: "T30", job: job{name: "periodic-capi-provider-ibmcloud-e2e-powervs", org: "kubernetes-sigs", repo: "cluster-api-provider-ibmcloud", image: kubekins, at: time.Date(2025, 4, 10, 23, 50, 0, 0, time.UTC), args: []string{"./scripts/ci-e2e.sh"}}, play: templateRefused,
		expect: expectation{
			Title: "A newer Cluster API refuses the empty token of the cluster's template; what looks after the failed spec fails too, and is louder",
			Cause: `bootstrapToken\.token: Invalid value|is not valid: spec\.template\.spec\.joinConfiguration|A manifest is not valid`, NotFirst: []string{`KubeConfigPath`, `DumpAllResources`, `make`, `^\[FAIL`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `is invalid: spec\.template\.spec\.joinConfiguration\.discovery\.bootstrapToken\.token: Invalid value: ""`}},
			Misleads: []place{{"run/build-log.txt", `\[FAILED\] input\.KubeConfigPath is required for DumpAllResources`}, {"run/artifacts/junit.e2e_suite.1.xml", `is required for DumpAllResources`}},
		},
	},
	{
		id: "T31", job: job{prow: openshiftProw, name: "rehearse-20433-pull-ci-openshift-installer-master-e2e-ibmcloud", org: "openshift", repo: "release", pull: 20433, image: "ci-operator:latest", at: time.Date(2021, 8, 9, 14, 56, 0, 0, time.UTC), pool: "ip-10-0-", args: []string{"--target=e2e-ibmcloud"}}, play: packageGone,
		expect: expectation{
			Title: "The repositories of the base image no longer have a package that an image of the job installs",
			Cause: `No match for argument|An RPM package could not|Unable to find a match`, NotFirst: []string{`exit status`, `(?i)DockerBuildFailed`, `(?i)lease`, `(?i)deprecated`}, Category: "dependency", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `No match for argument: ansible-2\.9\.14-1\.el8ae`}},
			Misleads: []place{{"run/build-log.txt", `failed after 4m28s with reason DockerBuildFailed`}, {"run/build-log.txt", `error while running runtime: exit status 1`}},
		},
	},
	{
		id: "T32", job: job{name: "ci-kubernetes-e2e-gce-scale-performance", org: "kubernetes", repo: "perf-tests", image: kubekins, at: time.Date(2019, 4, 22, 8, 2, 0, 0, time.UTC), args: []string{"--cluster=gce-scale-cluster", "--test-cmd=$GOPATH/src/k8s.io/perf-tests/run-e2e.sh"}}, play: slowPods, passing: 3,
		expect: expectation{
			Title: "Pods take longer to start than they may, since a regression; failures to gather profiles are in every run",
			Cause: `too high latency 50th percentile`, NotFirst: []string{`(?i)failed to gather profile`, `Status: Fail`, `(?i)disappeared`, `tests? (have )?failed`}, Category: "product", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `PodStartupLatency error: pod startup: too high latency 50th percentile`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(failed to gather profile.*){6}`}, {"passing/1/build-log.txt", `(?s)(failed to gather profile.*){6}`}},
		},
	},
	{
		id: "T33", job: job{name: "ci-kubernetes-e2e-kubeadm-gce", org: "kubernetes", repo: "kubeadm", image: kubekins, at: time.Date(2017, 8, 22, 20, 45, 0, 0, time.UTC), args: []string{"--deployment=kubernetes-anywhere"}}, play: dumpFails,
		expect: expectation{
			Title: "All tests passed and the cluster was taken down; only the script that fetches logs fails, for want of a program",
			Cause: `gcloud: command not found|gcloud is not installed`, NotFirst: []string{`exit status`, `Command failed`, `(?i)connection refused`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `log-dump\.sh: line 57: gcloud: command not found`}},
			Misleads: []place{{"run/build-log.txt", `connect: connection refused`}, {"run/build-log.txt", `\[error during \./cluster/log-dump/log-dump\.sh`}},
		},
	},
}

func podRefused(s *scene) {
	s.wait(2 * time.Second)
	s.fail()
	s.run.ending = ending{state: "error", description: `Pod can not be created: create pod default/b1846354-ecc1-4d6a-846d-babdeccdef4f in cluster trusted-workload: admission webhook "validation.gatekeeper.sh" denied the request: [kyma-autobump-bot-github-token] Container test is not allowed to use restricted secret: kyma-autobump-bot-github-token.`,
		status: obj{"phase": "Pending", "conditions": []obj{}, "initContainerStatuses": []obj{}, "containerStatuses": []obj{}}}
	s.amend = without(nil, "build-log.txt", "sidecar-logs.json", "clone-log.txt")
}

func templateRefused(s *scene) {
	s.line("+ make test-e2e")
	s.goDownloads(60)
	s.line("Running Suite: capibm-e2e - /home/prow/go/src/cluster-api-provider-ibmcloud/test/e2e\nWill run 1 of 1 specs\n------------------------------\nWorkload cluster creation Creating a single control-plane cluster Should create a cluster with 1 worker node")
	at := func() string { return s.now.Format(ginkgoTime) }
	s.step("Creating a namespace for hosting the \"create-workload-cluster\" test spec")
	s.line("  W%s   33120 warnings.go:70] metadata.finalizers: prefer a domain-qualified finalizer name", s.now.Format("0102 15:04:05.000000"))
	s.wait(20 * time.Second)
	s.step("Getting the cluster template yaml")
	s.step("Applying the cluster template yaml to the cluster")
	s.wait(4 * time.Second)
	const invalid = `KubeadmConfigTemplate.bootstrap.cluster.x-k8s.io "capibm-e2e-2nmy7v-md-0" is invalid: spec.template.spec.joinConfiguration.discovery.bootstrapToken.token: Invalid value: "": spec.template.spec.joinConfiguration.discovery.bootstrapToken.token in body should be at least 1 chars long`
	s.line("  [FAILED] in [It] - /home/prow/go/pkg/mod/sigs.k8s.io/cluster-api/test@v1.10.0/framework/clusterctl/clusterctl_helpers.go:404 @ %s", at())
	for _, what := range []string{"Dumping logs from the workload cluster", "Dumping all the Cluster API resources"} {
		s.step("%s", what)
		s.wait(time.Second)
	}
	s.line("  [FAILED] in [AfterEach] - /home/prow/go/pkg/mod/sigs.k8s.io/cluster-api/test@v1.10.0/framework/alltypes_helpers.go:132 @ %s\n• [FAILED] [31.204 seconds]\nWorkload cluster creation Creating a single control-plane cluster [It] Should create a cluster with 1 worker node\n", at())
	s.line("  [FAILED] Failed to apply the cluster template\n  Expected success, but got an error:\n      <errors.aggregate | len:1, cap:1>: \n      [%s]\n      [\n          <*errors.StatusError | 0xc0009d2320>{\n          },\n      ]\n  In [It] at: clusterctl_helpers.go:404 @ %s\n", invalid, at())
	s.line("  [FAILED] input.KubeConfigPath is required for DumpAllResources\n  Expected\n      <string>: \n  not to be empty\n  In [AfterEach] at: alltypes_helpers.go:132 @ %s\n------------------------------\nSummarizing 1 Failure:\n  [FAIL] Workload cluster creation Creating a single control-plane cluster [It] Should create a cluster with 1 worker node\n\nRan 1 of 1 Specs in 61.020 seconds\nFAIL! -- 0 Passed | 1 Failed | 0 Pending | 0 Skipped\n--- FAIL: TestE2E (61.02s)\nFAIL\nmake: *** [Makefile:181: test-e2e] Error 1", at())
	s.junit("junit.e2e_suite.1.xml", "capibm-e2e", junitCase{Name: "[It] Workload cluster creation Creating a single control-plane cluster Should create a cluster with 1 worker node", Class: "capibm-e2e", Status: "failed", Time: 31.2,
		Failure: "[FAILED] Failed to apply the cluster template\nExpected success, but got an error:\n    <errors.aggregate | len:1, cap:1>: \n    [" + invalid + "]\nThere were additional failures detected after the initial failure:\n[FAILED] input.KubeConfigPath is required for DumpAllResources"})
	s.fail()
	s.entrypointFailed()
}

func packageGone(s *scene) {
	say := func(level, format string, args ...any) {
		s.line("%s[%s] %-40s", level, s.now.Format(time.RFC3339), fmt.Sprintf(format, args...))
	}
	say("INFO", "ci-operator version v20210809-%s", s.hex(9))
	say("WARN", "the field build_root.from_repository is deprecated")
	for _, build := range []string{"src", "bin", "installer", "upi-installer"} {
		say("INFO", "Building %s", build)
		s.wait(3 * time.Minute)
		if build != "upi-installer" {
			say("INFO", "Build %s succeeded after 3m1s", build)
		}
	}
	say("INFO", "Build openstack-installer failed, printing logs:")
	for i := range 30 {
		s.line("STEP %d: RUN part-%d\n--> %s", i+1, i, s.hex(11))
	}
	s.line("STEP 31: RUN yum update -y && yum install -y ansible-2.9.14-1.el8ae python3-netaddr && chmod g+w /etc/passwd\nLast metadata expiration check: 0:00:03 ago on Mon Aug  9 15:02:52 2021.\nNo match for argument: ansible-2.9.14-1.el8ae\nNo match for argument: python3-netaddr\nError: Unable to find a match: ansible-2.9.14-1.el8ae python3-netaddr\nerror: build error: error building at STEP \"RUN yum update -y && yum install -y ansible-2.9.14-1.el8ae python3-netaddr && chmod g+w /etc/passwd\": error while running runtime: exit status 1")
	s.wait(4 * time.Minute)
	say("INFO", "Ran for 14m15s")
	say("ERRO", "Some steps failed:")
	say("ERRO", "\n  * could not run steps: step openstack-installer failed: the build openstack-installer failed after 4m28s with reason DockerBuildFailed: Dockerfile build strategy has failed.")
	say("INFO", "Reporting job state 'failed' with reason 'executing_graph:step_failed:building_project_image'")
	s.fail()
	s.entrypointFailed()
}

func slowPods(s *scene) {
	const pid = 12669
	s.line("Project: k8s-infra-scale\nFound 5001 node(s).\nValidate output:\nCluster validation succeeded")
	say := func(severity, place, format string, args ...any) {
		s.wait(2 * time.Second)
		s.klog("", severity, pid, place, format, args...)
	}
	for i := range 70 {
		say("I", "wait_for_controlled_pods.go:257", "WaitForControlledPodsRunning: running %d of 150000", i*2100)
		if i%8 == 3 {
			say("E", "profile.go:101", "failed to gather profile for simple.profileConfig{componentName:\"kube-scheduler\", provider:\"gce\", host:\"35.227.71.%d\", name:\"MemoryProfile\"}: exit status 255", 1+i)
		}
	}
	if s.failed {
		s.line("W%s %7d clusterloader.go:180] too many pods disappeared in namespace test-%s", s.now.Format("0102 15:04:05.000000"), pid, s.suffix())
		say("E", "clusterloader.go:219", "Test Finished\n  Test: testing/density/config.yaml\n  Status: Fail\n  Errors: [measurement call PodStartupLatency - PodStartupLatency error: pod startup: too high latency 50th percentile: 5.589886258s]")
		s.line("F%s %7d clusterloader.go:273] 1 tests have failed!", s.now.Format("0102 15:04:05.000000"), pid)
		s.line("Error: exit status 1")
		s.fail()
		s.entrypointFailed()
		return
	}
	say("I", "clusterloader.go:219", "Test Finished\n  Test: testing/density/config.yaml\n  Status: Success")
}

func dumpFails(s *scene) {
	said := func(stream, format string, args ...any) {
		s.line("%s%s] %s", stream, s.now.Format("0102 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	run := func(file, format string, args ...any) {
		said("W", "%s %s: %s", s.now.Format("2006/01/02 15:04:05"), file, fmt.Sprintf(format, args...))
	}
	run("util.go:131", "Running: make -C /workspace/kubernetes-anywhere WAIT_FOR_KUBECONFIG=y deploy")
	for i := range 10 {
		s.wait(8 * time.Second)
		said("I", "Unable to connect to the server: dial tcp 104.154.0.7:443: connect: connection refused, try %d", i+1)
	}
	run("util.go:133", "Step 'make -C /workspace/kubernetes-anywhere WAIT_FOR_KUBECONFIG=y deploy' finished in 3m1s")
	run("util.go:131", "Running: ./hack/e2e-internal/e2e-status.sh")
	run("util.go:131", "Running: ./hack/ginkgo-e2e.sh --ginkgo.focus=Conformance")
	for i := range 60 {
		s.wait(12 * time.Second)
		said("I", "• [SLOW TEST:%d.%d seconds]", 6+i%9, i%10)
	}
	said("I", "Ran 60 of 696 Specs in 812.103 seconds")
	said("I", "SUCCESS! -- 60 Passed | 0 Failed | 0 Pending | 636 Skipped PASS")
	run("util.go:133", "Step './hack/ginkgo-e2e.sh --ginkgo.focus=Conformance' finished in 13m40s")
	run("util.go:131", "Running: ./cluster/log-dump/log-dump.sh /workspace/k8s.io/kubernetes/_artifacts")
	said("W", "./cluster/log-dump/log-dump.sh: line 57: gcloud: command not found")
	run("util.go:133", "Step './cluster/log-dump/log-dump.sh /workspace/k8s.io/kubernetes/_artifacts' finished in 41.2ms")
	run("util.go:131", "Running: make -C /workspace/kubernetes-anywhere FORCE_DESTROY=y destroy")
	for i := range 40 {
		s.wait(4 * time.Second)
		said("I", "google_compute_instance.part-%d: Destruction complete", i)
	}
	run("util.go:133", "Step 'make -C /workspace/kubernetes-anywhere FORCE_DESTROY=y destroy' finished in 2m38.317499299s")
	run("main.go:204", "Saved XML output to /workspace/k8s.io/kubernetes/_artifacts/junit_runner.xml.")
	run("main.go:245", "Something went wrong: encountered 1 errors: [error during ./cluster/log-dump/log-dump.sh /workspace/k8s.io/kubernetes/_artifacts: exit status 127]")
	said("W", "Traceback (most recent call last):")
	said("W", `  File "/workspace/./test-infra/jenkins/../scenarios/kubernetes_e2e.py", line 682, in <module>`)
	said("W", "    main(parse_args())")
	said("W", "subprocess.CalledProcessError: Command '('kubetest', '--dump=/workspace/_artifacts')' returned non-zero exit status 1")
	said("E", "Command failed")
	said("I", "process 441 exited with code 1 after 21.3m")
	said("E", "FAIL: ci-kubernetes-e2e-kubeadm-gce")
	s.fail()
}
