package main

import (
	"fmt"
	"strings"
	"time"
)

// Cases from public threads, which were written before the rules were tried on them: T41 to T47.

var threadFifth = []failure{
	{
		id: "T41", job: job{name: "pull-tekton-pipeline-integration-tests", org: "tektoncd", repo: "pipeline", pull: 8871, image: "test-runner:v20250601-example", at: time.Date(2025, 7, 10, 13, 0, 0, 0, time.UTC), args: []string{"runner.sh", "./test/presubmit-tests.sh", "--integration-tests"}}, play: registryShut,
		expect: expectation{
			Title: "The images that a task's step names can no longer be read from the registry, so that the runs of one test fail",
			Cause: `git-init:v0\.29\.0`, NotFirst: []string{`(?i)timed out`, `exit status`, `E2E TEST`, `webhook`}, Category: "image", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `failed to resolve reference .*git-init:v0\.29\.0.*403 Forbidden`}},
			Misleads: []place{{"run/build-log.txt", `failed calling webhook`}, {"run/build-log.txt", `(?s)(cannot list resource.*){5}`}},
		},
	},
	{
		id: "T42", job: job{name: "ci-cos-cgroupv2-containerd-e2e-gce", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2022, 1, 25, 14, 0, 0, 0, time.UTC), args: []string{"--provider=gce", "--test_args=--ginkgo.focus=NodeConformance"}}, play: runtimeBumped, passing: 3,
		expect: expectation{
			Title: "The runtime of the nodes is a newer candidate than in all passing runs, and no longer takes connections for commands in containers",
			Cause: `(?i)containerd.{0,60}1\.6\.0-rc\.(1-4[89]|2)|1\.6\.0-rc\.2`, NotFirst: []string{`(?i)timed out`, `exit status`, `No such file`}, Category: "dependency", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `containerd://1\.6\.0-rc\.2-3`}, {"passing/1/build-log.txt", `containerd://1\.6\.0-rc\.1-4-g`}, {"passing/3/build-log.txt", `containerd://1\.6\.0-rc\.1-4-g`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(unable to upgrade connection.*){8}`}, {"run/artifacts/junit_01.xml", `unable to upgrade connection`}, {"passing/1/build-log.txt", `No such file or directory`}},
		},
	},
	{
		id: "T43", job: job{name: "ci-cos-cgroupv2-containerd-node-e2e", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2024, 11, 8, 9, 0, 0, 0, time.UTC), args: []string{"--deployment=node", "--provider=gce"}}, play: notExecutable,
		expect: expectation{
			Title: "On the machines under test the program that runs the specs may not be executed, so that none ran",
			Cause: `failed to run command .{0,4}\./ginkgo|\./ginkgo.{0,6}Permission denied`, NotFirst: []string{`exit status`, `(?i)warning`, `scp`, `(?i)no such file`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `timeout: failed to run command .\./ginkgo.: Permission denied`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(Warning: Permanently added .*){4}`}, {"run/build-log.txt", `command \[ssh .*failed with error: exit status 126`}},
		},
	},
	{
		id: "T44", job: job{name: "post-csi-proxy-push-images", org: "kubernetes-csi", repo: "csi-proxy", image: "image-builder:v20200901-example", at: time.Date(2020, 9, 14, 23, 0, 0, 0, time.UTC), args: []string{"/run.sh", "--project=k8s-staging-csi", "."}}, play: uploadDenied,
		expect: expectation{
			Title: "The account of the build may not make objects in the bucket of releases",
			Cause: `does not have storage\.objects\.create access`, NotFirst: []string{`CommandException`, `exit status`, `non-zero status`, `(?i)could not upload`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `ResumableUploadAbortException: 403 .*does not have storage\.objects\.create access`}},
			Misleads: []place{{"run/build-log.txt", `CommandException: 1 file/object could not be transferred`}, {"run/build-log.txt", `ERROR: could not upload .* gsutil exited with non-zero status: 1`}},
		},
	},
	{
		id: "T45", job: job{prow: openshiftProw, name: "pull-ci-openshift-machine-config-operator-master-e2e-aws", org: "openshift", repo: "machine-config-operator", pull: 850, image: "ci-operator:latest", at: time.Date(2019, 6, 17, 17, 5, 0, 0, time.UTC), pool: "ip-10-0-", args: []string{"--target=e2e-aws"}}, play: nameGone,
		expect: expectation{
			Title: "The payload no longer names an image that the machine which sets up the cluster asks for, so that it starts anew for ever",
			Cause: `could not find machine-config-controller in UpdatePayload|Unknown name requested`, NotFirst: []string{`context deadline exceeded`, `(?i)bootstrap failed to complete`, `exited with`, `(?i)connection refused`, `(?i)deprecated`}, Category: "config", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/e2e-aws/gather-bootstrap/artifacts/bootstrap/journals/bootkube.log", `Unknown name requested, could not find machine-config-controller in UpdatePayload`}},
			Misleads: []place{{"run/artifacts/e2e-aws/ipi-install-install/build-log.txt", `level=fatal msg="Bootstrap failed to complete: waiting for Kubernetes API: context deadline exceeded"`}, {"run/artifacts/e2e-aws/gather-bootstrap/artifacts/bootstrap/journals/kubelet.log", `(?s)(connection refused.*){10}`}},
		},
	},
	{
		id: "T46", job: job{name: "periodic-e2e-azure-management-cluster", org: "vmware-tanzu", repo: "community-edition", image: kubekins, at: time.Date(2022, 4, 11, 4, 20, 0, 0, time.UTC), args: []string{"./test/azure/deploy-management-cluster.sh"}}, play: noMachinesLeft,
		expect: expectation{
			Title: "The cloud has no machines of the size left in the region, so that the control plane never comes up",
			Cause: `AllocationFailed|sufficient capacity`, NotFirst: []string{`(?i)timed out`, `exit status`, `object has been modified`, `(?i)not found`, `tear`}, Category: "capacity", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/logs/tkg-kind-c9a/capz-system/capz-controller-manager/manager.log", `Code=\\"AllocationFailed\\"`}},
			Misleads: []place{{"run/build-log.txt", `cluster control plane to be available: timed out waiting for cluster creation`}, {"run/build-log.txt", `ResourceGroupNotFound`}},
		},
	},
	{
		id: "T47", job: job{name: "pull-kubernetes-e2e-kind-ipv6", org: "kubernetes", repo: "kubernetes", pull: 95351, image: kubekins, at: time.Date(2021, 1, 12, 21, 40, 0, 0, time.UTC), args: []string{"wrapper.sh", "bash", "-c", "e2e-k8s.sh"}}, play: testImageMissing,
		expect: expectation{
			Title: "A test names an image that was never promoted to the registry it is asked for, so that its pod never runs",
			Cause: `regression-issue-74839:1\.2.{0,40}not found|regression-issue-74839`, NotFirst: []string{`(?i)timed out`, `exit status`, `^\[Fail`, `make`}, Category: "image", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Failed to pull image .*regression-issue-74839:1\.2: not found`}},
			Misleads: []place{{"run/build-log.txt", `FAIL: Failed waiting for server pod`}, {"run/artifacts/junit_04.xml", `timed out waiting for the condition`}},
		},
	},
}

func registryShut(s *scene) {
	s.dockerInDocker("./test/presubmit-tests.sh --integration-tests")
	s.goDownloads(70)
	s.line("customresourcedefinition.apiextensions.k8s.io/tasks.tekton.dev created\ndeployment.apps/tekton-pipelines-webhook created\nError from server (InternalError): failed calling webhook \"config.webhook.pipeline.tekton.dev\": no endpoints available for service \"tekton-pipelines-webhook\"\nretrying: 1 of 10\nconfigmap/feature-flags configured\n>> Running Go E2E tests")
	for i := range 45 {
		s.wait(7 * time.Second)
		name := fmt.Sprintf("TestExamples/v1/taskruns/part-%d", i)
		s.line("=== RUN   %s\n    init_test.go:138: Create namespace arendelle-%s to deploy to\n    %s --- PASS: %s (7.0%d s)", name, s.suffix(), s.now.Format("15:04:05.000"), name, i%10)
		if i%8 == 3 {
			s.line("    init_test.go:251: events is forbidden: User \"system:serviceaccount:arendelle:default\" cannot list resource \"events\", going on")
		}
	}
	s.line("=== RUN   TestGitResolver_Clone\n    init_test.go:138: Create namespace arendelle-%s to deploy to\n    git_test.go:88: waiting for task run fetch-from-git to succeed", s.suffix())
	s.wait(time.Minute)
	const pull = `the step "clone" in TaskRun "fetch-from-git" failed to pull the image "". The pod errored with the message: "Back-off pulling image "gcr.io/tekton-releases/github.com/tektoncd/pipeline/cmd/git-init:v0.29.0": ErrImagePull: failed to pull and unpack image: failed to resolve reference "gcr.io/tekton-releases/github.com/tektoncd/pipeline/cmd/git-init:v0.29.0": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://gcr.io/v2/token?scope=repository%3Atekton-releases: 403 Forbidden."`
	s.line("    git_test.go:91: Error waiting for TaskRun fetch-from-git to succeed: \"fetch-from-git\" failed: %s", pull)
	s.noise(30, 20*time.Millisecond, []string{"    init_test.go:190: >>> Pod part-{n}-{pod}", "    init_test.go:201: kind: Pod, name: part-{pod}", "    init_test.go:214: log of container step-clone: container \"step-clone\" in pod \"part-{pod}\" is waiting to start: trying and failing to pull image"}, func(text string) { s.line("%s", text) })
	s.line("--- FAIL: TestGitResolver_Clone (61.20s)\nFAIL\nFAIL\tgithub.com/tektoncd/pipeline/test\t812.110s\nDONE 46 tests, 1 failure in 812.117s\n***************************************\n***         E2E TEST FAILED         ***\n***    Start of information dump    ***\n***************************************\nError from server (NotFound): pods \"tekton-events-controller\" not found")
	s.fail()
	s.dockerInDockerEnds(1)
}

func runtimeBumped(s *scene) {
	const minion = "bootstrap-e2e-minion-group-4kd1"
	runtime, image := "1.6.0-rc.1-4-g731518417", "cos-dev-97-16843-0-0"
	if s.failed {
		runtime = "1.6.0-rc.2-3-g8a3d4b4d1"
	}
	s.kubeUp("k8s-infra-e2e-boskos-07" + fmt.Sprint(s.n))
	s.wait(3 * time.Minute)
	s.line("Found 4 node(s).\nNAME  STATUS  ROLES  AGE  VERSION\n%s  Ready  <none>  41s  v1.24.0-alpha.2.%d+%s\n  nodeInfo:\n    architecture: amd64\n    containerRuntimeVersion: containerd://%s\n    kernelVersion: 5.10.90+\n    osImage: %s\nValidate output:\nCluster validation succeeded", minion, 110+s.n, s.hex(14), runtime, image)
	s.line("Running Suite: Kubernetes e2e suite\nWill run 90 of 6900 specs")
	s.specs(14, "[sig-node] Pods", 5*time.Second)
	if !s.failed {
		s.specs(6, "[sig-apps] StatefulSet", 5*time.Second)
		s.collected(minion)
		s.line("Ran 20 of 6900 Specs in 401.020 seconds\nSUCCESS! -- 20 Passed | 0 Failed | 0 Pending | 6880 Skipped")
		return
	}
	cases := []junitCase{{Name: "[sig-node] Pods should be created and removed", Time: 5.1}}
	for i := range 9 {
		area := []string{"[sig-storage] EmptyDir volumes", "[sig-network] Networking Granular Checks", "[sig-apps] StatefulSet"}[i%3]
		s.line("------------------------------\n%s part %d [NodeConformance]", area, i)
		s.step("Executing a command in a container")
		s.wait(20 * time.Second)
		s.line("%s: INFO: Exec stderr: \"\"\n%s: FAIL: failed to execute command in pod part-%s, container main: unable to upgrade connection: 404 page not found\nUnexpected error:\n    <*errors.errorString | 0xc0002%s>\noccurred\n• Failure [24.%d seconds]", s.now.Format("Jan _2 15:04:05.000"), s.now.Format("Jan _2 15:04:05.000"), s.suffix(), s.hex(5), i)
		cases = append(cases, junitCase{Name: fmt.Sprintf("%s part %d [NodeConformance]", area, i), Time: 24, Failure: "failed to execute command in pod: unable to upgrade connection: 404 page not found"})
	}
	s.line("Summarizing 9 Failures:\n\nRan 23 of 6900 Specs in 611.100 seconds\nFAIL! -- 14 Passed | 9 Failed | 0 Pending | 6877 Skipped")
	s.junit("junit_01.xml", "Kubernetes e2e suite", cases...)
	s.collected(minion)
	s.line("2022/01/25 14:40:12 main.go:331: Something went wrong: encountered 1 errors: [error during ./hack/ginkgo-e2e.sh: exit status 1]")
	s.fail()
	s.entrypointFailed()
}

func notExecutable(s *scene) {
	s.line("+ make test-e2e-node REMOTE=true")
	s.goDownloads(80)
	for i := range 4 {
		host := fmt.Sprintf("n1-standard-2-cos-stable-117-%s", s.suffix())
		s.klog("", "I", 8812, "gce_runner.go:310", "Creating instance %q", host)
		s.wait(40 * time.Second)
		s.line("Warning: Permanently added 'compute.%s' (ED25519) to the list of known hosts.", s.hex(16))
		s.klog("", "I", 8812, "node_e2e.go:190", "Starting tests on %q", host)
		s.klog("", "I", 8812, "remote.go:87", "Copying test artifacts to %q", host)
		s.wait(20 * time.Second)
		s.line("\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>\n>                              START TEST                                >\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>\nStart Test Suite on Host %s\nFailure Finished Test Suite on Host %s. Refer to artifacts directory for ginkgo log for this host.\ncommand [ssh -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no prow@34.1.2.%d -- sudo sh -c 'cd /tmp/node-e2e-20241108T0912 && timeout -k 30s 3900.000000s ./ginkgo -timeout=1h ./e2e_node.test'] failed with error: exit status 126 and command output:\ntimeout: failed to run command ‘./ginkgo’: Permission denied\n\n<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<\n<                              FINISH TEST                               <", host, host, i+4)
		s.line("scp: /tmp/node-e2e-20241108T0912/results/*.xml: No such file or directory")
	}
	s.line("Failure: 4 errors encountered.\nexit status 1\nmake: *** [Makefile:285: test-e2e-node] Error 1")
	s.fail()
	s.entrypointFailed()
}

func uploadDenied(s *scene) {
	s.cloudBuild("k8s-staging-csi", func() {
		for i := range 30 {
			s.line("Step #0: go: downloading golang.org/x/part%d v0.%d.0", i, i)
		}
		s.line("Step #0: GOOS=windows go build -o bin/csi-proxy-master.exe ./cmd/csi-proxy")
		s.wait(40 * time.Second)
		s.line("Artifacts will be uploaded to gs://k8s-artifacts-csi using gsutil cp\nbin/csi-proxy-master.exe: Uploading path....\nCopying file://bin/csi-proxy-master.exe [Content-Type=application/x-msdos-program]...\n/ [0 files][    0.0 B/ 31.0 MiB]\nResumableUploadAbortException: 403 272675062337@cloudbuild.gserviceaccount.com does not have storage.objects.create access to k8s-artifacts-csi/csi-proxy/dev/csi-proxy-master.exe.\nCommandException: 1 file/object could not be transferred.\nERROR\nERROR: could not upload bin/csi-proxy-master.exe to gs://k8s-artifacts-csi/csi-proxy/dev/; err = gsutil exited with non-zero status: 1")
	})
}

func nameGone(s *scene) {
	const target = "e2e-aws"
	s.operates(target, nil, part{name: "ipi-install-install", body: func(p *printer) string {
		p.line("Installing from release registry.svc.ci.openshift.org/ci-op-x/release@sha256:%s\nlevel=warning msg=\"Found override for ReleaseImage. Please be warned, this is not advised\"\nlevel=info msg=\"Consuming \\\"Install Config\\\" from target directory\"\nlevel=info msg=\"Creating infrastructure resources...\"", p.hex(64))
		p.noise(50, 5*time.Second, []string{`level=debug msg="module.vpc.aws_subnet.private_subnet[{d}]: Creation complete after {d}s [id=subnet-{id}]"`, `level=debug msg="module.masters.aws_instance.master[{d}]: Still creating... [{d}0s elapsed]"`, `level=debug msg="The file was found in cache: /tmp/cache/{id}. Reusing..."`}, func(text string) { p.line("%s", text) })
		p.line("level=info msg=\"Waiting up to 30m0s for the Kubernetes API at https://api.ci-op-x.origin-ci-int-aws.dev.rhcloud.com:6443...\"")
		p.wait(30 * time.Minute)
		p.line("level=error msg=\"Attempted to gather ClusterOperator status after installation failure: dial tcp 10.0.1.9:6443: connect: connection refused\"\nlevel=info msg=\"Pulling debug logs from the bootstrap machine\"\nlevel=fatal msg=\"Bootstrap failed to complete: waiting for Kubernetes API: context deadline exceeded\"")
		return "ContainerFailed one or more containers exited"
	}}, part{name: "gather-bootstrap", body: ok(gathers)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
	const dir, host = target + "/gather-bootstrap/artifacts/bootstrap/journals/", "ip-10-0-8-130"
	begin := s.now.Add(-50 * time.Minute)
	p := s.attach(dir+"bootkube.log", begin)
	for range 40 {
		p.wait(6 * time.Second)
		p.journalLine(host, "systemd[1]: Started Bootstrap a Kubernetes cluster.")
		p.journalLine(host, "bootkube.sh[22762]: F%s       1 image.go:32] error: error: Unknown name requested, could not find machine-config-controller in UpdatePayload", p.now.Format("0102 15:04:05.000000"))
		p.journalLine(host, "systemd[1]: bootkube.service: Main process exited, code=exited, status=255/n/a")
		p.journalLine(host, "systemd[1]: bootkube.service: Failed with result 'exit-code'.")
	}
	p = s.attach(dir+"kubelet.log", begin)
	p.journal(host, 30, 80*time.Millisecond, machineBoot)
	for range 40 {
		p.wait(6 * time.Second)
		p.kubeletLine(host, `E reflector.go:125] k8s.io/client-go/informers/factory.go:133: Failed to list *v1.CSIDriver: Get https://localhost:6443/apis/storage.k8s.io/v1: dial tcp [::1]:6443: connect: connection refused`)
	}
}

func noMachinesLeft(s *scene) {
	begin := s.now
	s.line("+ tanzu management-cluster create test-mc-20262 --file cluster-config.yaml -v 10\nValidating the pre-requisites...\nSetting up management cluster...\nValidating configuration...\nUsing infrastructure provider azure:v0.4.10\nGenerating cluster configuration...\nSetting up bootstrapper...\nBootstrapper created. Kubeconfig: /root/.kube-tkg/tmp/config_Xa8\nInstalling providers on bootstrapper...")
	s.noise(80, 2*time.Second, []string{"Waiting for provider part-{n}", "Fetching providers part {n}", "installed  Component==\"part-{n}\"  Type==\"CoreProvider\"  Version==\"v0.4.{d}\"", "pods are not yet running for deployment 'part-{n}' in namespace 'capi-system', retrying", "zero or multiple KCP objects found for the given cluster, 0 test-mc-20262 tkg-system, retrying"}, func(text string) { s.line("%s", text) })
	s.line("Start creating management cluster...\ncluster state is unchanged 1\ncluster control plane is still being initialized, retrying")
	for range 40 {
		s.wait(45 * time.Second)
		s.line("cluster control plane is still being initialized, retrying")
	}
	s.line("Failure while deploying management cluster, Here are some steps to investigate the cause:\n\nDebug:\n    kubectl get po,deploy,cluster,kubeadmcontrolplane,machine,machinedeployment -A --kubeconfig /root/.kube-tkg/tmp/config_Xa8\n\nError: unable to set up management cluster: unable to wait for cluster and get the cluster kubeconfig: error waiting for cluster to be provisioned (this may take a few minutes): cluster control plane to be available: timed out waiting for cluster creation to complete\n+ az group delete --name test-mc-20262-resource-group --yes\nERROR: (ResourceGroupNotFound) Resource group 'test-mc-20262-resource-group' could not be found.\nError: failed to tear down the cluster\nerror exit status 1")
	p := s.attach("logs/tkg-kind-c9a/capz-system/capz-controller-manager/manager.log", begin)
	p.manager(50, 8*time.Second)
	for range 14 {
		p.wait(90 * time.Second)
		p.klogLine(1, `I azuremachine_controller.go:220] controller/azuremachine "msg"="Reconciling AzureMachine" "name"="test-mc-20262-control-plane-khwrh"`)
		p.klogLine(1, `E controller.go:317] controller/azuremachine "msg"="Reconciler error" "error"="failed to reconcile AzureMachine: failed to create virtual machine: failed to create VM test-mc-20262-control-plane-khwrh in resource group test-mc-20262-resource-group: Code=\"AllocationFailed\" Message=\"Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance\"" "name"="test-mc-20262-control-plane-khwrh" "namespace"="tkg-system"`)
	}
	s.fail()
	s.entrypointFailed()
}

func testImageMissing(s *scene) {
	s.dockerInDocker("bash -c e2e-k8s.sh")
	s.kindVersions("20.10.1")
	s.line("+ kind create cluster --image=kindest/node:latest --retain --wait=1m\nCreating cluster \"kind\" ...\n ✓ Ensuring node image (kindest/node:latest) 🖼\n ✓ Preparing nodes 📦 📦 📦\n ✓ Starting control-plane 🕹️")
	for range 3 {
		s.line("%s: INFO: Unable to retrieve kubelet pods for node kind-worker: the server is currently unable to handle the request", s.now.Format("Jan _2 15:04:05.000"))
	}
	s.line("Running Suite: Kubernetes e2e suite")
	s.specs(40, "[sig-network] Services", 4*time.Second)
	s.line("%s\n[sig-network] Conntrack should resolve connection reset issue #74839 [Slow]", strings.Repeat("-", 30))
	s.step("Creating a client pod and a server pod boom-server")
	s.wait(5 * time.Minute)
	info := func(format string, args ...any) {
		s.line("%s: INFO: %s", s.now.Format("Jan _2 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	s.line("%s: FAIL: Failed waiting for server pod boom-server to be running\nUnexpected error:\n    <*errors.errorString | 0xc000240240>: {\n        s: \"timed out waiting for the condition\",\n    }\n    timed out waiting for the condition\noccurred\n\nFull Stack Trace\nk8s.io/kubernetes/test/e2e/network.glob..func5.3()\n\ttest/e2e/network/kube_proxy.go:311 +0x6c5", s.now.Format("Jan _2 15:04:05.000"))
	s.step("Collecting events from namespace \"conntrack-4917\".")
	s.step("Found 5 events.")
	event := func(reason, text string) {
		info("At %s - event for boom-server: {kubelet kind-worker2} %s: %s", s.now.Add(-5*time.Minute).Format("2006-01-02 15:04:05 -0700 MST"), reason, text)
	}
	event("Scheduled", "Successfully assigned conntrack-4917/boom-server to kind-worker2")
	event("Pulling", `Pulling image "gcr.io/kubernetes-e2e-test-images/regression-issue-74839:1.2"`)
	event("Failed", `Failed to pull image "gcr.io/kubernetes-e2e-test-images/regression-issue-74839:1.2": rpc error: code = NotFound desc = failed to pull and unpack image "gcr.io/kubernetes-e2e-test-images/regression-issue-74839:1.2": failed to resolve reference "gcr.io/kubernetes-e2e-test-images/regression-issue-74839:1.2": gcr.io/kubernetes-e2e-test-images/regression-issue-74839:1.2: not found`)
	event("Failed", "Error: ErrImagePull")
	event("BackOff", `Back-off pulling image "gcr.io/kubernetes-e2e-test-images/regression-issue-74839:1.2"`)
	for _, pod := range []string{"coredns", "kindnet", "kube-proxy"} {
		info("%s-%s started at %s (0+1 container statuses recorded)", pod, s.suffix(), s.now.Format(time.RFC3339))
	}
	s.line("• Failure [312.104 seconds]\n[sig-network] Conntrack\ntest/e2e/network/framework.go:23\n  should resolve connection reset issue #74839 [Slow] [It]")
	s.specs(16, "[sig-network] DNS", 4*time.Second)
	s.line("Summarizing 1 Failure:\n\n[Fail] [sig-network] Conntrack [It] should resolve connection reset issue #74839 [Slow]\ntest/e2e/network/kube_proxy.go:311\n\nRan 57 of 5600 Specs in 812.001 seconds\nFAIL! -- 56 Passed | 1 Failed | 0 Pending | 5543 Skipped\n\nGinkgo ran 1 suite in 13m40s\nTest Suite Failed\n+ cleanup\n+ kind export logs /logs/artifacts/logs\nERROR: [command \"docker exec --privileged kind-control-plane journalctl\" failed with error: exit status 1]")
	s.junit("junit_04.xml", "Kubernetes e2e suite", junitCase{Name: "[sig-network] Conntrack should resolve connection reset issue #74839 [Slow]", Time: 312.1, Failure: "Failed waiting for server pod boom-server to be running\nUnexpected error:\n    timed out waiting for the condition\noccurred"}, junitCase{Name: "[sig-network] DNS case 1", Time: 4})
	s.fail()
	s.dockerInDockerEnds(1)
}
