package main

import (
	"fmt"
	"strings"
	"time"
)

// Third cases: testdata/failures-apart3 is a third set apart, from further public threads, made without a look at the
// rules. Here are those of builds, of suites and of Prow's own cluster: G4, G8, G9, G10, G11, G12, G14;
// failure_third_cloud.go has the others.

// thirdFailures are the third cases, in the order of their ids.
func thirdFailures() []failure {
	return []failure{thirdVPCs, thirdRegistry, thirdGateway, thirdCgroups, thirdStarved, thirdTag, thirdZones, thirdCompile, thirdVersion, thirdNoNode, thirdMemory, thirdScript, thirdRuntime, thirdExpired}
}

var thirdCgroups = failure{
	id: "G4", job: job{name: "pull-kubernetes-node-e2e-containerd-sidecar-containers", org: "kubernetes", repo: "kubernetes", pull: 116429, image: kubekins, at: time.Date(2023, 3, 29, 11, 50, 0, 0, time.UTC),
		args: []string{"runner.sh", "/workspace/scenarios/kubernetes_e2e.py", "--deployment=node", "--provider=gce", "--node-tests=true", "--timeout=180m"}}, play: driversApart, passing: 1,
	expect: expectation{
		Title: "The configuration of the job's machines gives containerd the systemd driver of cgroups and leaves the kubelet with the other, so that no pod gets a sandbox",
		Cause: `expected cgroupsPath to be of format|(?i)for systemd cgroups|(?i)cgroup.?driver|FailedCreatePodSandBox|(?i)failed to create pod sandbox`, NotFirst: []string{`(?i)Something went wrong`, `(?i)timed out after`, `(?i)Nameserver limits`, `CalledProcessError`, `exit status 1$`}, Category: "config", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `FailedCreatePodSandBox: Failed to create pod sandbox: .*expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(FailedMount.*){4}`}, {"passing/1/build-log.txt", `FailedMount`}, {"run/artifacts/junit_ubuntu-gke-220401.xml", `Timed out after 300`}, {"run/build-log.txt", `subprocess\.CalledProcessError`}},
	},
}

func driversApart(s *scene) {
	w := func(format string, args ...any) {
		s.line("W%s] %s", s.now.Format("0102 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	const host = "tmp-node-e2e-64cf1522-ubuntu-gke-2204-1-24-v20230328"
	w("2023/03/29 11:52:03 process.go:153: Running: go run /go/src/k8s.io/kubernetes/test/e2e_node/runner/remote/run_remote.go --cleanup -vmodule=*=4 --ssh-env=gce --results-dir=/workspace/_artifacts --image-config-file=/workspace/test-infra/jobs/e2e_node/containerd/containerd-main/image-config.yaml")
	s.goDownloads(70)
	for i := range 50 {
		s.wait(4 * time.Second)
		s.line("+++ [%s] Building go targets for linux/amd64\n    k8s.io/kubernetes/part%d (non-static)", s.now.Format("0102 15:04:05"), i)
	}
	w("I run_remote.go:879] Creating instance {image:ubuntu-gke-2204-1-24-v20230328 project:ubuntu-os-gke-cloud machine:n1-standard-2}")
	s.wait(70 * time.Second)
	w("Warning: Permanently added '%s' (ED25519) to the list of known hosts.", host)
	w("scp: /var/log/cloud-init.log: Permission denied, it is left out")
	s.line("Running Suite: E2eNode Suite\nRandom Seed: 1680091301\n\nWill run 9 of 367 specs")
	var cases []junitCase
	var summary []string
	for i, test := range []string{"init-container-fails-before-sidecar-starts", "sidecar-starts-before-regular", "sidecar-restarts-on-exit", "sidecar-with-startup-probe", "regular-init-runs-once", "restartable-init-order", "sidecar-outlives-container", "sidecar-hooks-run", "sidecar-exit-code-ignored"} {
		from := s.now
		name := "[sig-node] [NodeFeature:SidecarContainers] Containers Lifecycle " + strings.ReplaceAll(test, "-", " ")
		w("------------------------------")
		w("%s", name)
		s.step("Creating a pod %s", test)
		s.wait(9 * time.Second)
		event := func(reason, text string) {
			w("  %s: INFO: At %s - event for %s: {kubelet %s} %s: %s", s.now.Format("Jan _2 15:04:05.000"), s.now.Format("2006-01-02 15:04:05 -0700 MST"), test, host, reason, text)
		}
		event("FailedMount", fmt.Sprintf("MountVolume.SetUp failed for volume \"kube-api-access-%s\" : failed to sync configmap cache: timed out waiting for the condition", s.suffix()))
		c := junitCase{Name: "[It] " + name, Class: "E2eNode Suite"}
		if s.failed {
			s.now = s.now.Add(5 * time.Minute)
			for range 4 {
				event("FailedCreatePodSandBox", fmt.Sprintf("Failed to create pod sandbox: rpc error: code = Unknown desc = failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/kubepods/burstable/pod%s-3b26-4f31/%s\" instead: unknown", s.hex(8), s.hex(64)))
			}
			c.Failure = "[FAILED] Timed out after 300.001s.\nExpected pod " + test + " to be running or to have ended\nIn [It] at: test/e2e_node/container_lifecycle_test.go:" + fmt.Sprint(80+40*i)
			w("  [FAILED] Timed out after 300.001s. Expected pod %s to be running or to have ended", test)
			w("• [FAILED] [%.3f seconds]", s.now.Sub(from).Seconds())
			summary = append(summary, "  [FAIL] "+name)
		} else {
			event("Started", "Started container regular-1")
			w("• [%.3f seconds]", s.now.Sub(from).Seconds())
		}
		c.Time = seconds(s.now.Sub(from))
		cases = append(cases, c)
		for range 12 {
			s.wait(300 * time.Millisecond)
			w("  %s: INFO: %s", s.now.Format("Jan _2 15:04:05.000"), s.vary("At 2023-03-29 - event for image-pull-{n}-{pod}: {kubelet "+host+"} Pulled: Container image \"registry.k8s.io/e2e-test-images/busybox:1.29-4\" already present on machine"))
		}
		w("  %s: INFO: At 2023-03-29 - event for dns-%s: {kubelet %s} DNSConfigForming: Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 10.0.0.2 10.0.0.3 10.0.0.4", s.now.Format("Jan _2 15:04:05.000"), s.suffix(), host)
	}
	s.junit("junit_ubuntu-gke-220401.xml", "E2eNode Suite", cases...)
	if !s.failed {
		s.line("Ran 9 of 367 Specs in 211.108 seconds\nSUCCESS! -- 9 Passed | 0 Failed | 0 Pending | 358 Skipped")
		return
	}
	s.line("Summarizing 9 Failures:\n%s\n\nRan 9 of 367 Specs in 2811.220 seconds\nFAIL! -- 0 Passed | 9 Failed | 0 Pending | 358 Skipped\n\nFailure Finished Test Suite on Host %s. Refer to artifacts directory for ginkgo log for this host.", strings.Join(summary, "\n"), host)
	w("2023/03/29 main.go:328: Something went wrong: encountered 1 errors: [error during go run run_remote.go: exit status 1]")
	w("Traceback (most recent call last):\n  File \"/workspace/scenarios/kubernetes_e2e.py\", line 723, in <module>\n    main(parse_args())\nsubprocess.CalledProcessError: Command '('kubetest', '--deployment=node')' returned non-zero exit status 1.")
	s.fail()
	s.entrypointFailed()
}

var thirdCompile = failure{
	id: "G8", job: job{prow: kubevirtProw, name: "pull-kubevirt-e2e-k8s-1.14.6", org: "kubevirt", repo: "kubevirt", pull: 2661, image: "kubevirtci/bootstrap:v20190820-example", at: time.Date(2019, 9, 4, 8, 20, 0, 0, time.UTC), pool: "ibm-srv0", args: []string{"/usr/local/bin/runner.sh", "/bin/sh", "-c", "export TARGET=k8s-1.14.6 && automation/test.sh"}}, play: mergedApart, passing: 1,
	expect: expectation{
		Title: "Several changes were merged that do not fit together: a test of one calls a function that another has changed, and the tests no longer compile",
		Cause: `not enough arguments in call to|GoCompile failed|vmi_gpu_test\.go|(?i)compil(e|ation) error`, NotFirst: []string{`make: \*\*\*`, `(?i)no such container`, `Build did NOT complete`, `returned 404`, `(?i)cannot stat`}, Category: "product", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `tests/vmi_gpu_test\.go:88:41: not enough arguments in call to tests\.NewRandomVMIWithEphemeralDisk`}},
		Misleads: []place{{"run/build-log.txt", `make: \*\*\* \[Makefile:\d+: cluster-build\] Error 1`}, {"run/build-log.txt", `(?s)(no such container.*){2}`}, {"passing/1/build-log.txt", `GET returned 404 Not Found`}, {"run/build-log.txt", `FAILED: Build did NOT complete successfully`}},
	},
}

func mergedApart(s *scene) {
	s.line("+ export KUBEVIRT_PROVIDER=k8s-1.14.6\n+ make cluster-down\nError: no such container k8s-1.14.6-dnsmasq\n+ make cluster-up")
	for i := range 60 {
		s.wait(2 * time.Second)
		s.line("%s %s", s.now.Format("2006/01/02 15:04:05"), s.vary([]string{"Waiting for host: 192.168.66.101:22", "Problem with dial: dial tcp 192.168.66.101:22: getsockopt: connection refused. Sleeping {d}s", "Connected to tcp://192.168.66.101:22", "+ kubectl create -f /tmp/part-{n}.yaml"}[i%4]))
	}
	s.line("+ make cluster-build\nhack/dockerized \"hack/build-manifests.sh && hack/bazel-build.sh\"\nStarting local Bazel server and connecting to it...")
	build := func(n, from int) {
		for i := range n {
			s.wait(2 * time.Second)
			if i%40 == 9 {
				s.line("WARNING: Download from https://mirror.bazel.build/github.com/part-%d/archive/v1.tar.gz failed: class com.google.devtools.build.lib.bazel.repository.downloader.UnrecoverableHttpException GET returned 404 Not Found", i)
				continue
			}
			s.line("[%d / 2,102] %s", from+13*i, s.vary([]string{"GoCompile vendor/k8s.io/api/part{n}/linux_amd64_stripped/go_default_library.a; {n}s linux-sandbox", "GoLink cmd/virt-api/linux_amd64_stripped/virt-api; {d}s linux-sandbox", "Fetching @libvirt__tar; fetching {n}s"}[i%3]))
		}
	}
	build(110, 11)
	if s.failed {
		s.line("ERROR: /root/go/src/kubevirt.io/kubevirt/tests/BUILD.bazel:48:1: GoCompile tests/linux_amd64_stripped/go_default_test%%/kubevirt.io/kubevirt/tests_test.a failed (Exit 1): builder failed: error executing command bazel-out/host/bin/external/go_sdk/builder compile -sdk external/go_sdk -installsuffix linux_amd64 -src tests/vmi_gpu_test.go ... (remaining 61 argument(s) skipped)\n\nUse --sandbox_debug to see verbose messages from the sandbox")
		s.line("/root/.cache/bazel/_bazel_root/sandbox/linux-sandbox/1433/execroot/kubevirt/tests/vmi_gpu_test.go:88:41: not enough arguments in call to tests.NewRandomVMIWithEphemeralDisk\n\thave (string)\n\twant (string, *v1.VirtualMachineInstanceSpec)\n2019/09/04 08:31:07 error running compiler: exit status 1")
		s.line("Target //tests:go_default_test failed to build\nUse --verbose_failures to see the command lines of failed build steps.\nINFO: Elapsed time: 288.911s, Critical Path: 101.22s\nINFO: 1441 processes: 1390 remote cache hit, 51 linux-sandbox.\nFAILED: Build did NOT complete successfully\nmake: *** [Makefile:88: cluster-build] Error 1\n+ collect_debug_logs\ncp: cannot stat '/root/go/src/kubevirt.io/kubevirt/_out/artifacts/junit': No such file or directory\n+ make cluster-down\nError: no such container k8s-1.14.6-nfs-data\nError: no such container k8s-1.14.6-registry-proxy")
		s.fail()
		s.entrypointFailed()
		return
	}
	s.line("INFO: Build completed successfully, 2102 total actions")
	s.wait(4 * time.Minute)
	s.specs(30, "VMIlifecycle", 20*time.Second)
	s.line("Ran 30 of 402 Specs in 2911.442 seconds\nSUCCESS! -- 30 Passed | 0 Failed | 0 Pending | 372 Skipped\n+ make cluster-down\nError: no such container k8s-1.14.6-nfs-data")
}

var thirdVersion = failure{
	id: "G9", job: job{name: "ci-kubernetes-e2e-kubeadm-kinder-upgrade-1-17-master", org: "kubernetes", repo: "kubeadm", image: kubekins, at: time.Date(2020, 2, 19, 12, 58, 0, 0, time.UTC), every: 12 * time.Hour, args: []string{"wrapper.sh", "kinder", "test", "workflow", "ci/workflows/upgrade-1.17-master.yaml", "--loglevel=debug", "--kubetest-ginkgo-version"}}, play: noEtcdVersion, passing: 1,
	expect: expectation{
		Title: "The branch has become 1.19, and kubeadm has no version of etcd for it: the upgrade of a control plane breaks off",
		Cause: `(?i)unsupported or unknown Kubernetes version|EtcdSupportedVersion|(?i)failed to retrieve an etcd version`, NotFirst: []string{`^(Error: )?exit status 1$`, `failed to exec action`, `(?i)isvalid|deprecat`, `(?i)task-0\d-\S+( failed)?$`, `(?i)already exists`}, Category: "product", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `unsupported or unknown Kubernetes version\(1\.19\.0-alpha\.0\.41\+507a2decf9143a\)`}},
		Misleads: []place{{"run/artifacts/junit_runner.xml", `task-06-upgrade`}, {"run/build-log.txt", `Error: failed to exec action kubeadm-upgrade`}, {"passing/1/build-log.txt", `deprecated`}, {"run/build-log.txt", `(?s)(WARNING: .*){4}`}},
	},
}

func noEtcdVersion(s *scene) {
	to := "v1.18.0-beta.0.312+9f3e1c7a0b8d24"
	if s.failed {
		to = "v1.19.0-alpha.0.41+507a2decf9143a"
	}
	s.dockerInDocker("kinder test workflow ci/workflows/upgrade-1.17-master.yaml")
	s.line("Resolving workflow variables\n  upgradeVersion = %s\n  initVersion = v1.17.3-12+a1b2c3d4e5f607", to)
	var cases []junitCase
	task := func(name string, body func() string) bool {
		from := s.now
		s.line("\n# %s\n%s", name, strings.Repeat("-", 40))
		failure := body()
		cases = append(cases, junitCase{Name: name, Class: "kinder.test.workflow", Time: seconds(s.now.Sub(from)), Failure: failure})
		return failure == ""
	}
	passes := func(n int, table ...string) func() string {
		return func() string {
			s.noise(n, 900*time.Millisecond, table, func(text string) { s.line("%s", text) })
			return ""
		}
	}
	task("task-01-pull-base-image", passes(20, "{id}{d}: Pulling fs layer", "{id}{d}: Pull complete"))
	task("task-02-add-kubernetes-versions", passes(30, "Downloading kubelet, {n} of 400 MB", "loading image k8s.gcr.io/kube-apiserver-part{n}"))
	task("task-03-create-cluster", passes(24, "level=debug msg=\"docker run --name kinder-upgrade-node-{n}\"", "WARNING: node kinder-upgrade-worker-{d}: label kubeadm.alpha.kubernetes.io/{pod} is deprecated"))
	task("task-04-init", passes(40, "[certs] Generating \"part{n}\" certificate and key", "\t[WARNING IsDockerSystemdCheck]: detected \"cgroupfs\" as the Docker cgroup driver of part{n}", "[kubelet-check] Initial timeout of 40s passed."))
	task("task-05-join", passes(40, "[etcd] Announced new etcd member joining to the existing etcd cluster, member {id}", "[kubelet-start] Writing kubelet configuration to file {n}", "error: namespaces \"kinder\" already exists"))
	good := task("task-06-upgrade", func() string {
		s.line("kinder-upgrade-control-plane-1:$ kubeadm upgrade apply -f %s -v=6", to)
		for i := range 90 {
			s.wait(500 * time.Millisecond)
			if i%18 == 7 {
				s.line("\t[WARNING: CoreDNSUnsupportedPlugins]: the plugin part%d is deprecated", i)
				continue
			}
			s.klog("", "I", 10688, "round_trippers.go:443", "GET https://172.17.0.5:6443/api/v1/namespaces/kube-system/configmaps/part-%d 200 OK in %d milliseconds", i, 1+s.rng.IntN(30))
		}
		s.line("[upgrade/apply] Upgrading your Static Pod-hosted control plane to version %q...", to)
		s.klog("", "I", 10688, "etcd.go:125", "etcd endpoints read from pods: https://172.17.0.3:2379,https://172.17.0.2:2379,https://172.17.0.6:2379")
		s.klog("", "I", 10688, "etcd.go:166", "update etcd endpoints: https://172.17.0.3:2379,https://172.17.0.2:2379,https://172.17.0.6:2379")
		if !s.failed {
			s.wait(2 * time.Minute)
			s.line("[upgrade/staticpods] Component \"etcd\" upgraded successfully!\n[upgrade/successful] SUCCESS! Your cluster was upgraded to %q. Enjoy!", to)
			return ""
		}
		s.line("unsupported or unknown Kubernetes version(1.19.0-alpha.0.41+507a2decf9143a)\nk8s.io/kubernetes/cmd/kubeadm/app/constants.EtcdSupportedVersion\n\t/go/src/k8s.io/kubernetes/_output/dockerized/go/src/k8s.io/kubernetes/cmd/kubeadm/app/constants/constants.go:452\nk8s.io/kubernetes/cmd/kubeadm/app/phases/upgrade.performEtcdStaticPodUpgrade\n\t/go/src/k8s.io/kubernetes/_output/dockerized/go/src/k8s.io/kubernetes/cmd/kubeadm/app/phases/upgrade/staticpods.go:284\nk8s.io/kubernetes/cmd/kubeadm/app/phases/upgrade.StaticPodControlPlane\n\t/go/src/k8s.io/kubernetes/_output/dockerized/go/src/k8s.io/kubernetes/cmd/kubeadm/app/phases/upgrade/staticpods.go:455")
		s.line("failed to retrieve an etcd version for the target Kubernetes version\n[upgrade/apply] FATAL\nError: failed to exec action kubeadm-upgrade: failed to upgrade: exit status 1\n exit status 1")
		return "exit status 1"
	})
	if good {
		task("task-07-e2e", func() string {
			s.specs(25, "[sig-cluster-lifecycle] [area-kubeadm] kubeadm-config ConfigMap", 2*time.Second)
			return ""
		})
	}
	task("task-08-get-logs", passes(20, "collecting kinder-upgrade-worker-{d}: {n} kB", "WARNING: could not copy /var/log/pods/{id} of kinder-upgrade-worker-{d}"))
	task("task-09-delete", passes(4, "Deleting nodes, {n}"))
	s.junit("junit_runner.xml", "kinder.test.workflow", cases...)
	if good {
		s.line("Workflow completed")
		s.dockerInDockerEnds(0)
		return
	}
	s.line("Error: failed executing the workflow: task-06-upgrade failed")
	s.dockerInDockerEnds(1)
	s.fail()
}

var thirdNoNode = failure{
	id: "G10", job: job{name: "pull-kubernetes-e2e-kind", org: "kubernetes", repo: "kubernetes", pull: 123568, image: kubekins, at: time.Date(2024, 3, 5, 0, 31, 0, 0, time.UTC), pool: "gke-prow-build-pool5-example-", args: []string{"wrapper.sh", "bash", "-c", "curl -sSL https://kind.sigs.k8s.io/dl/latest/linux-amd64.tgz | tar xvfz - -C \"${PATH%%:*}/\" && e2e-k8s.sh"}}, play: noRoom, passing: 1,
	expect: expectation{
		Title: "Prow's cluster has no node with room for the job's pod, and new nodes are not ready in time, so that the job is given up before anything runs",
		Cause: `(?i)Insufficient cpu|Unschedulable|FailedScheduling|(?i)no nodes that your pod can schedule|(?i)pod (scheduling|unscheduled) time(out|d out)|(?i)(never|not|could not be|was not) scheduled`, NotFirst: []string{`(?i)no (build )?log`, `(?i)build-log`, `NotTriggerScaleUp`}, Category: "infra", Needs: []string{"run"},
		Evidence: []place{{"run/podinfo.json", `0/135 nodes are available: 11 Insufficient memory, 135 Insufficient cpu`}, {"run/prowjob.json", `Pod scheduling timeout`}},
		Misleads: []place{{"run/podinfo.json", `TriggeredScaleUp`}, {"run/podinfo.json", `NotTriggerScaleUp`}, {"run/finished.json", `ERROR`}},
	},
}

// noRoom has no container: what there is of the run was stored by Prow's own reporter.
func noRoom(s *scene) {
	if !s.failed {
		s.dockerInDocker("bash -c e2e-k8s.sh")
		s.goDownloads(20)
		s.wait(4 * time.Minute)
		s.line("Image \"kindest/node:latest\" build completed.\n+ kind create cluster --image=kindest/node:latest --retain --wait=1m\n • Ready after 17s 💚\n+ ./hack/ginkgo-e2e.sh --provider=skeleton --num-nodes=2")
		s.specs(40, "[sig-apps] Deployment", 4*time.Second)
		s.line("Ran 371 of 7407 Specs in 801.330 seconds\nSUCCESS! -- 371 Passed | 0 Failed | 0 Pending | 7036 Skipped")
		s.dockerInDockerEnds(0)
		return
	}
	s.now = s.run.created.Add(5*time.Minute + 4*time.Second)
	s.fail()
	s.run.ending.state, s.run.ending.description = "error", "Pod scheduling timeout."
	const full = "0/135 nodes are available: 11 Insufficient memory, 135 Insufficient cpu. preemption: 0/135 nodes are available: 135 No preemption victims found for incoming pod.."
	at := s.run.created.Truncate(time.Second)
	event := func(after time.Duration, typ, reason, from, message string, count int) obj {
		return obj{"type": typ, "reason": reason, "message": message, "count": count, "firstTimestamp": at.Add(after), "lastTimestamp": at.Add(after + time.Duration(count-1)*70*time.Second), "source": obj{"component": from},
			"involvedObject": obj{"kind": "Pod", "namespace": "test-pods", "name": s.run.uuid}}
	}
	s.amend = func(files bucket) {
		for _, name := range []string{"build-log.txt", "clone-log.txt", "clone-records.json", "sidecar-logs.json"} {
			delete(files, name)
		}
		files["started.json"] = compact(obj{"timestamp": at.Unix(), "pull": s.run.pull(), "repos": s.run.started()["repos"], "repo-commit": s.run.head()})
		files["podinfo.json"] = indented(obj{
			"pod": obj{"metadata": obj{"name": s.run.uuid, "namespace": "test-pods", "creationTimestamp": at}, "spec": obj{"restartPolicy": "Never", "containers": []obj{{"name": "test", "image": s.run.image, "resources": obj{"requests": obj{"cpu": "7", "memory": "9000Mi"}, "limits": obj{"cpu": "7", "memory": "9000Mi"}}}}},
				"status": obj{"phase": "Pending", "qosClass": "Guaranteed", "conditions": []obj{{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": full, "lastTransitionTime": at}}}},
			"events": []obj{event(0, "Warning", "FailedScheduling", "default-scheduler", full, 4),
				event(2*time.Second, "Normal", "TriggeredScaleUp", "cluster-autoscaler", "pod triggered scale-up: [{https://www.googleapis.com/compute/v1/projects/k8s-infra-prow-build/zones/us-central1-b/instanceGroups/gke-prow-build-pool5-2021092812495606-3a8095df-grp 41->42 (max: 80)}]", 1),
				event(31*time.Second, "Normal", "NotTriggerScaleUp", "cluster-autoscaler", "pod didn't trigger scale-up (it wouldn't fit if a new node is added): 3 Insufficient cpu", 1),
				event(90*time.Second, "Warning", "FailedScheduling", "default-scheduler", "0/136 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, 10 Insufficient memory, 135 Insufficient cpu.", 2)},
		})
	}
}

var thirdMemory = failure{
	id: "G11", job: job{name: "pull-kubernetes-node-e2e", org: "kubernetes", repo: "kubernetes", pull: 95625, image: kubekins, at: time.Date(2020, 10, 16, 23, 12, 0, 0, time.UTC), memory: "3Gi", args: []string{"runner.sh", "/workspace/scenarios/kubernetes_e2e.py", "--deployment=node", "--provider=gce", "--timeout=65m"}}, play: smallLimit, passing: 1,
	expect: expectation{
		Title: "The job's container may have three gigabytes, which the build of the tests no longer fits into: it is killed in the midst of it",
		Cause: `OOMKilled|(?i)out of memory|oom.?kill|(?i)(exit(ed)?|status|code)[^\n]{0,20}\b137\b`, NotFirst: []string{`(?i)permission denied`, `(?i)DEPRECATED|deprecat`, `(?i)could not (stat|read)`}, Category: "oom", Needs: []string{"run"},
		Evidence: []place{{"run/podinfo.json", `"reason": "OOMKilled"`}},
		Misleads: []place{{"run/build-log.txt", `fatal: not a git repository`}, {"passing/1/build-log.txt", `fatal: not a git repository`}, {"run/build-log.txt", `(?s)(warning: .*){4}`}, {"run/prowjob.json", `"description": "Job failed\."`}},
	},
}

func smallLimit(s *scene) {
	w := func(format string, args ...any) {
		s.line("W%s] %s", s.now.Format("0102 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	w("**************************************************************************\nbootstrap.py is deprecated!\ntest-infra oncall does not support any job still using bootstrap.py\n**************************************************************************")
	w("fatal: not a git repository (or any of the parent directories): .git")
	w("2020/10/16 process.go:153: Running: go run /go/src/k8s.io/kubernetes/test/e2e_node/runner/remote/run_remote.go --cleanup --ssh-env=gce --results-dir=/workspace/_artifacts --image-config-file=/workspace/test-infra/jobs/e2e_node/image-config.yaml")
	s.goDownloads(60)
	build := func(n int) {
		for i := range n {
			s.wait(3 * time.Second)
			s.line("I%s] +++ [%s] Building go targets for linux/amd64:\n    ./vendor/k8s.io/code-generator/cmd/part%d", s.now.Format("0102 15:04:05.000"), s.now.Format("0102 15:04:05"), i)
			if i%16 == 3 {
				w("warning: ignoring symlink /go/src/k8s.io/kubernetes/_output/local/go/src/part%d", i)
			}
		}
	}
	build(90)
	s.line("I%s] +++ [%s] Building go targets for linux/amd64:\n    cmd/kubelet\n    test/e2e_node/e2e_node.test\n    vendor/github.com/onsi/ginkgo/ginkgo", s.now.Format("0102 15:04:05.000"), s.now.Format("0102 15:04:05"))
	s.wait(2 * time.Minute)
	if s.failed {
		s.fail()
		s.run.ending = ending{exit: 137, reason: "OOMKilled"}
		return
	}
	s.wait(90 * time.Second)
	w("I run_remote.go:568] Creating instance {image:cos-81-12871-59-0 project:cos-cloud}")
	s.specs(40, "[k8s.io] [sig-node] Pods [NodeConformance]", 9*time.Second)
	s.line("Ran 157 of 314 Specs in 781.105 seconds\nSUCCESS! -- 157 Passed | 0 Failed | 0 Pending | 157 Skipped")
	s.junit("junit_cos-8101.xml", "E2eNode Suite", junitCase{Name: "[k8s.io] Pods should be created and removed [NodeConformance]", Time: 9.2})
}

var thirdScript = failure{
	id: "G12", job: job{name: "post-kubernetes-push-image-etcd", org: "kubernetes", repo: "kubernetes", image: "gcr.io/k8s-staging-test-infra/image-builder:v20250425-example", at: time.Date(2025, 6, 12, 4, 2, 0, 0, time.UTC), args: []string{"--project=k8s-staging-etcd", "--scratch-bucket=gs://k8s-staging-etcd-gcb", "cluster/images/etcd/"}}, play: scriptMoved,
	expect: expectation{
		Title: "The newer etcd has its build script in another directory than the image's Makefile calls, so that its programs are not built and cannot be put into the image",
		Cause: `build\.sh: No such file or directory`, NotFirst: []string{`(?i)can't stat`, `(?i)cannot stat`, `completed with status "FAILURE"`, `make(\[\d\])?: \*\*\*`, `(?i)deprecated`, `InvalidDefaultArgInFrom`}, Category: "config", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `/bin/bash: line 1: \./build\.sh: No such file or directory`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(install: can't stat.*){2}`}, {"run/build-log.txt", `make\[1\]: \*\*\* \[Makefile:\d+: build\] Error 1`}, {"run/build-log.txt", `completed with status "FAILURE"`}, {"run/build-log.txt", `You are in 'detached HEAD' state`}},
	},
}

func scriptMoved(s *scene) {
	stamp := func() string { return s.now.Format("2006/01/02 15:04:05") }
	s.line("%s Build directory: /home/prow/go/src/k8s.io/kubernetes/cluster/images/etcd\n%s Config directory: cluster/images/etcd/\n%s Creating source tarball at /tmp/%s...", stamp(), stamp(), stamp(), s.hex(8))
	s.wait(20 * time.Second)
	s.line("%s Uploading /tmp/source.tgz to gs://k8s-staging-etcd-gcb/source/%s.tgz...\nCreated [https://cloudbuild.googleapis.com/v1/projects/k8s-staging-etcd/locations/global/builds/0bbd94cb-example].\nWARNING: gcloud builds submit only displays logs from Cloud Storage, this behaviour is deprecated.\n----------------------------- REMOTE BUILD OUTPUT ------------------------------\nstarting build \"0bbd94cb-example\"\n\nFETCHSOURCE", stamp(), s.hex(8))
	for i := range 40 {
		s.wait(600 * time.Millisecond)
		s.line("%s: %s", s.hex(12), []string{"Pulling fs layer", "Waiting", "Download complete", "Pull complete"}[i%4])
	}
	s.line("BUILD\nmake sub-push-image-linux-amd64\nmake[1]: Entering directory '/workspace/cluster/images/etcd'")
	for _, v := range []string{"3.4.18", "3.5.21", "3.6.1"} {
		s.line("Cloning into '/go/src/github.com/coreos/etcd'...\nNote: switching to 'v%s'.\n\nYou are in 'detached HEAD' state. You can look around, make experimental\nchanges and commit them.\n\nHEAD is now at %s version: bump up to %s", v, s.hex(9), v)
		if v == "3.6.1" {
			s.line("/bin/bash: line 1: ./build.sh: No such file or directory")
			break
		}
		for i := range 60 {
			s.wait(500 * time.Millisecond)
			s.line("go: downloading go.etcd.io/part%d v1.%d.%d", i, s.rng.IntN(9), s.rng.IntN(9))
		}
		s.line("%% (cd server && env GO_BUILD_FLAGS= CGO_ENABLED=0 go build -o=../bin/etcd .)\n%% (cd etcdctl && env CGO_ENABLED=0 go build -o=../bin/etcdctl .)\nSUCCESS: etcd_build (GOARCH=amd64)")
	}
	s.line("done\ninstall: can't stat '/workspace/tmp.BbIfCf/etcd': No such file or directory\ninstall: can't stat '/workspace/tmp.BbIfCf/etcdctl': No such file or directory\ndocker buildx build --progress=plain --load --platform=linux/amd64 -t gcr.io/k8s-staging-etcd/etcd-amd64:3.6.1-0 .")
	for i := range 50 {
		s.wait(300 * time.Millisecond)
		s.line("#%d %d.%03d %s", 4+i/10, i, s.rng.IntN(999), s.vary("transferring context: {n}.{d}kB done"))
	}
	s.line(" 1 warning found (use --debug to expand):\n - InvalidDefaultArgInFrom: Default value for ARG ${RUNNERIMAGE} results in empty or invalid base image name (line 16)\nDockerfile:19\n--------------------\n  17 |     EXPOSE 2379 2380 4001 7001\n  19 | >>> COPY etcd* etcdctl* /usr/local/bin/\n--------------------\nERROR: failed to solve: failed to compute cache key: \"/etcdctl*\" not found\ncp: cannot stat 'bin/amd64/etcd*': No such file or directory\nmake[1]: *** [Makefile:130: build] Error 1\nmake[1]: Leaving directory '/workspace/cluster/images/etcd'\nmake: *** [Makefile:221: sub-push-image-linux-amd64] Error 2\nERROR\nERROR: build step 0 \"gcr.io/k8s-staging-test-infra/gcb-docker-gcloud:v20240523-example\" failed: step exited with non-zero status: 2\n--------------------------------------------------------------------------------")
	s.line("ERROR: (gcloud.builds.submit) build 0bbd94cb-0c8b-41f0-9631-53590a87a4c7 completed with status \"FAILURE\"\n%s Failed to run builds: error running [gcloud builds submit --verbosity info --config /workspace/cloudbuild.yaml]: exit status 1", stamp())
	s.fail()
	s.entrypointFailed()
}

var thirdExpired = failure{
	id: "G14", job: job{prow: istioProw, name: "unit-tests-master", org: "istio", repo: "istio", pull: 13226, image: "build-tools:master-example", at: time.Date(2019, 4, 11, 6, 40, 0, 0, time.UTC), args: []string{"entrypoint", "prow/istio-unit-tests.sh"}}, play: fixtureExpired, passing: 1,
	expect: expectation{
		Title: "The certificates that lie beside the unit tests have expired",
		Cause: `(?i)certificate has expired|x509: certificate|(?i)(cert|certificate)s?\b[^\n]{0,40}expired`, NotFirst: []string{`make: \*\*\*`, `^FAIL\s`, `(?i)connection refused`, `(?i)Failed to (watch|list)`, `exit status 1$`}, Category: "test", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `failed to verify the certificate chain: x509: certificate has expired or is not yet valid`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(connect: connection refused.*){6}`}, {"passing/1/build-log.txt", `connect: connection refused`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:\d+: security-test\] Error 1`}},
	},
}

func fixtureExpired(s *scene) {
	s.line("+ ./prow/istio-unit-tests.sh\n+ make build test\nbin/gobuild.sh out/linux_amd64/release/pilot-discovery ./pilot/cmd/pilot-discovery")
	s.goDownloads(60)
	stamp := func() string { return s.now.Format("2006-01-02T15:04:05.000000Z") }
	passes := func(area string, n int) {
		for i := range n {
			s.wait(2 * time.Second)
			s.line("ok  \tistio.io/istio/%s/part%d\t%d.%03ds", area, i, 1+s.rng.IntN(20), s.rng.IntN(1000))
			if i%9 == 4 {
				s.line("%s\terror\tFailed to watch *v1.Endpoints: Get http://127.0.0.1:%d/api/v1/endpoints: dial tcp 127.0.0.1:%d: connect: connection refused", stamp(), 30000+i, 30000+i)
			}
		}
	}
	passes("pilot/pkg", 80)
	passes("mixer/pkg", 60)
	s.line("=== RUN   TestVerifyCert\n%s\tinfo\tload cert chain from ../testdata/cert-chain.pem", stamp())
	var cases []junitCase
	for _, test := range []string{"TestVerifyCert", "TestKeyCertBundleWithRootCertFromFile", "TestNewVerifiedKeyCertBundleFromFile"} {
		s.wait(300 * time.Millisecond)
		c := junitCase{Name: test, Class: "istio.io/istio/security/pkg/pki/util", Time: 0.03}
		if s.failed {
			c.Failure = "keycertbundle_test.go:149: failed to verify the certificate chain: x509: certificate has expired or is not yet valid"
			s.line("--- FAIL: %s (0.03s)\n    %s", test, c.Failure)
		} else {
			s.line("--- PASS: %s (0.03s)", test)
		}
		cases = append(cases, c)
	}
	if s.failed {
		s.line("FAIL\nFAIL\tistio.io/istio/security/pkg/pki/util\t1.311s")
	}
	passes("security/pkg/nodeagent", 40)
	s.junit("junit_unit-tests.xml", "istio.io/istio", cases...)
	if s.failed {
		s.line("make: *** [Makefile:601: security-test] Error 1\nmake: *** Waiting for unfinished jobs....")
		passes("galley/pkg", 30)
		s.fail()
		s.run.ending.exit = 2
		s.line(`{"component":"entrypoint","error":"wrapped process failed: exit status 2","level":"error","msg":"Error executing test process","time":"%s"}`, s.now.Format(time.RFC3339))
	}
}
