package main

import (
	"fmt"
	"time"
)

// Cases from public threads, which were written before the rules were tried on them, and after those to T47 were mended: T48
// to T55.

var threadSixth = []failure{
	{
		id: "T48", job: job{name: "ci-kubernetes-e2e-aks-engine-azure-master-windows-containerd", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2019, 10, 31, 7, 0, 0, 0, time.UTC), args: []string{"--deployment=aksengine"}}, play: otherWindows,
		expect: expectation{
			Title: "An image of a test was built for an older Windows than the nodes have, so that its container cannot be made",
			Cause: `container operating system does not match the host`, NotFirst: []string{`(?i)timed out`, `exit status`, `^\[Fail`, `(?i)back-off`}, Category: "image", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `The container operating system does not match the host operating system`}},
			Misleads: []place{{"run/artifacts/junit_02.xml", `Timed out after 300\.`}, {"run/build-log.txt", `(?s)(failed to open log file.*){4}`}},
		},
	},
	{
		id: "T49", job: job{name: "pull-kubernetes-unit", org: "kubernetes", repo: "kubernetes", pull: 103692, image: kubekins, at: time.Date(2021, 8, 13, 19, 30, 0, 0, time.UTC), args: []string{"make", "test", "KUBE_TIMEOUT=--timeout=180s"}}, play: convertible,
		expect: expectation{
			Title: "A test finds other pull secrets than it wants, because a newer Go converts what an older one did not",
			Cause: `TestAddImagePullSecrets|admission_test\.go:760|LocalObjectReference`, NotFirst: []string{`make`, `exit status`, `(?i)mutation detector`, `^!!!`}, Category: "test", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `admission_test\.go:760`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(Mutation detector is enabled.*){5}`}, {"run/build-log.txt", `(?s)(the server rejected our request.*){5}`}},
		},
	},
	{
		id: "T50", job: job{name: "periodic-kubernetes-unit-test-ppc64le", org: "kubernetes", repo: "kubernetes", image: "golang:1.21-example", at: time.Date(2024, 2, 12, 3, 0, 0, 0, time.UTC), args: []string{"bash", "-c", "hack/unit.sh"}}, play: noToolchain,
		expect: expectation{
			Title: "The file of dependencies names a Go that was never released under this name, so that no test is built",
			Cause: `toolchain not available`, NotFirst: []string{`make`, `exit status`, `^!!!`, `(?i)unable to find`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `go: download go1\.22 for linux/ppc64le: toolchain not available`}},
			Misleads: []place{{"run/build-log.txt", `!!! Error in`}, {"run/build-log.txt", `E: Unable to locate package`}},
		},
	},
	{
		id: "T51", job: job{name: "ci-cos-cgroupv2-containerd-node-e2e-serial", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2022, 1, 8, 3, 0, 0, 0, time.UTC), args: []string{"--deployment=node", "--provider=gce"}}, play: bootsForEver, passing: 2,
		expect: expectation{
			Title: "The script of the machine does not see that a newer image has the hierarchy of cgroups already, and starts the machine anew for ever",
			Cause: `(?i)reboot|cos-97|97-16919`, NotFirst: []string{`(?i)timed out`, `exit status`, `(?i)connection refused`, `(?i)permanently added`, `BIOS`}, Category: "node", Needs: []string{"run", "passing", "on-demand"},
			Evidence: []place{{"run/artifacts/tmp-node-e2e-cos-97/serial-1.log", `(?s)(cgroup v2 is not enabled, rebooting.*){5}`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(port 22: Connection refused.*){4}`}, {"passing/1/build-log.txt", `port 22: Connection refused`}},
		},
	},
	{
		id: "T52", job: job{name: "ci-kubernetes-node-kubelet-containerd-performance-test", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2022, 2, 22, 14, 0, 0, 0, time.UTC), args: []string{"--deployment=node", "--provider=gce"}}, play: noNetwork,
		expect: expectation{
			Title: "The machine has no configuration of a pod network for its runtime, so that the node is never ready",
			Cause: `(?i)no network config found|cni plugin not initialized|network ?plugin`, NotFirst: []string{`(?i)timed out`, `exit status`, `^\[FAIL`, `BIOS`}, Category: "node", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/tmp-node-e2e-1026ef4c-cos-89/containerd.log", `cni config load failed: no network config found in /etc/cni/net\.d`}},
			Misleads: []place{{"run/build-log.txt", `should be ready in 3m0s|Timed out after 180`}, {"run/artifacts/tmp-node-e2e-1026ef4c-cos-89/kubelet.log", `(?s)(unable to find data in memory cache.*){5}`}},
		},
	},
	{
		id: "T53", job: job{prow: openshiftProw, name: "pull-ci-openshift-cluster-samples-operator-master-okd-e2e-aws-operator", org: "openshift", repo: "cluster-samples-operator", pull: 334, image: "ci-operator:latest", at: time.Date(2020, 10, 23, 16, 40, 0, 0, time.UTC), pool: "ip-10-0-", args: []string{"--target=okd-e2e-aws-operator"}}, play: switchRefuses,
		expect: expectation{
			Title: "The network's pod cannot set what it needs in the node's switch and starts anew for ever, so that installing never ends",
			Cause: `error setting OVS external ID|ovs-vsctl`, NotFirst: []string{`(?i)deadline exceeded`, `exited with`, `(?i)connection refused`, `(?i)deprecated`, `(?i)failed to initialize the cluster`}, Category: "product", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/okd-e2e-aws-operator/gather-extra/artifacts/pods/openshift-ovn-kubernetes_ovnkube-node-5sk2j_ovnkube-node.log", `error setting OVS external ID`}},
			Misleads: []place{{"run/artifacts/okd-e2e-aws-operator/ipi-install-install/build-log.txt", `failed to initialize the cluster`}},
		},
	},
	{
		id: "T54", job: job{name: "pull-ovn-kubernetes-e2e-kind", org: "ovn-org", repo: "ovn-kubernetes", pull: 1904, image: kubekins, at: time.Date(2020, 12, 7, 19, 0, 0, 0, time.UTC), args: []string{"wrapper.sh", "bash", "-c", "contrib/kind.sh"}}, play: noRoot,
		expect: expectation{
			Title: "The node image tells the kubelet of a root of cgroups that older kind does not make, so that it never runs",
			Cause: `cgroup-root \[?.{0,3}kubelet.{0,3}\]? doesn't exist`, NotFirst: []string{`(?i)timed out`, `(?i)connection refused`, `failed to init node`, `exit status`, `BIOS`}, Category: "config", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/kind-logs/ovn-control-plane/journal.log", `failed to run Kubelet: invalid configuration: cgroup-root`}},
			Misleads: []place{{"run/build-log.txt", `ERROR: failed to create cluster: failed to init node with kubeadm`}, {"run/build-log.txt", `(?s)(connect: connection refused.*){20}`}},
		},
	},
	{
		id: "T55", job: job{name: "pull-kubevirt-e2e-k8s-1.20-sig-compute-nonroot", org: "kubevirt", repo: "kubevirt", pull: 6361, image: "bootstrap:v20210901-example", at: time.Date(2021, 9, 7, 7, 0, 0, 0, time.UTC), args: []string{"/bin/sh", "-c", "automation/test.sh"}}, play: noProvider,
		expect: expectation{
			Title: "The job asks for a kind of cluster that the scripts do not have",
			Cause: `cluster provider k8s-1\.20-nonroot does not exist`, NotFirst: []string{`make`, `exit status`, `(?i)no such container`, `not found`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `The cluster provider k8s-1\.20-nonroot does not exist`}},
			Misleads: []place{{"run/build-log.txt", `Error: No such container: k8s-1\.20-nonroot-dnsmasq`}, {"run/build-log.txt", `make: \*\*\*`}},
		},
	},
}

func otherWindows(s *scene) {
	s.line("+ aks-engine deploy --dns-prefix kubetest\n+ kubectl get nodes -o wide\n1234k8s010   Ready   agent   5m   v1.18.0-alpha.0.151   Windows Server 2019 Datacenter   containerd://1.3.0\nRunning Suite: Kubernetes e2e suite")
	info := func(format string, args ...any) {
		s.line("%s: INFO: %s", s.now.Format("Jan _2 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	for i := range 5 {
		s.specs(8, "[sig-windows] part", 6*time.Second)
		info("Failed to get logs of container agnhost in pod part-%d: failed to open log file: The system cannot find the file specified.", i)
	}
	s.line("------------------------------\n[k8s.io] Container Runtime blackbox test when running a container with a new image should be able to pull from private registry with secret [NodeConformance]")
	s.step("create image pull secret")
	s.step("create the container")
	s.step("check the container status")
	s.wait(5 * time.Minute)
	s.line("%s: FAIL: Timed out after 300.001s.\nExpected\n    <v1.PodPhase>: Pending\nto equal\n    <v1.PodPhase>: Running\n\nFull Stack Trace\nk8s.io/kubernetes/test/e2e/common.glob..func21.1.4.1()\n\ttest/e2e/common/runtime.go:366 +0x6c5", s.now.Format("Jan _2 15:04:05.000"))
	s.step("Collecting events from namespace \"container-runtime-5221\".")
	s.step("Found 6 events.")
	for _, e := range []string{"Scheduled: Successfully assigned container-runtime-5221/image-pull-test to 1234k8s010", `Pulled: Successfully pulled image "gcr.io/authenticated-image-pulling/windows-nanoserver:v1"`, "Created: Created container image-pull-test",
		"Failed: Error: failed to create containerd task: hcsshim::CreateComputeSystem image-pull-test: The container operating system does not match the host operating system.: unknown", "BackOff: Back-off restarting failed container"} {
		info("At %s - event for image-pull-test: {kubelet 1234k8s010} %s", s.now.Add(-4*time.Minute).Format("2006-01-02 15:04:05 -0700 MST"), e)
	}
	s.line("• Failure [304.212 seconds]\n[k8s.io] Container Runtime\ntest/e2e/framework/framework.go:680\n  should be able to pull from private registry with secret [NodeConformance] [It]")
	s.specs(10, "[sig-windows] more", 6*time.Second)
	s.line("Summarizing 1 Failure:\n\n[Fail] [k8s.io] Container Runtime blackbox test [It] should be able to pull from private registry with secret [NodeConformance]\ntest/e2e/common/runtime.go:366\n\nRan 51 of 4800 Specs in 1012.001 seconds\nFAIL! -- 50 Passed | 1 Failed | 0 Pending | 4749 Skipped\nerror during ./hack/ginkgo-e2e.sh: exit status 1")
	s.junit("junit_02.xml", "Kubernetes e2e suite", junitCase{Name: "[k8s.io] Container Runtime blackbox test should be able to pull from private registry with secret [NodeConformance]", Time: 304.2, Failure: "Timed out after 300.001s.\nExpected\n    <v1.PodPhase>: Pending\nto equal\n    <v1.PodPhase>: Running"})
	s.fail()
	s.entrypointFailed()
}

func convertible(s *scene) {
	s.line("+ go version\ngo version go1.17rc2 linux/amd64\n+++ [0813 19:31:02] Running tests without code coverage and with -race")
	for i := range 90 {
		s.wait(2 * time.Second)
		switch i % 6 {
		case 2:
			s.line("W%s   71%03d mutation_detector.go:53] Mutation detector is enabled, this will result in memory leakage.", s.now.Format("0102 15:04:05.000000"), i)
		case 4:
			s.line("E%s   70%03d status.go:71] apiserver received an error that is not an metav1.Status: &errors.errorString{s:\"the server rejected our request\"}", s.now.Format("0102 15:04:05.000000"), i)
		default:
			s.line("ok  \tk8s.io/kubernetes/pkg/part%d\t%d.%03ds", i, 1+i%20, i)
		}
	}
	s.line("=== FAIL: plugin/pkg/admission/serviceaccount TestAddImagePullSecrets (0.00s)\nW%s   71471 mutation_detector.go:53] Mutation detector is enabled, this will result in memory leakage.\n    admission_test.go:760: \n        \tError Trace:\tadmission_test.go:760\n        \tError:      \tNot equal: \n        \t            \texpected: []v1.LocalObjectReference([]v1.LocalObjectReference{v1.LocalObjectReference{Name:\"foo\"}, v1.LocalObjectReference{Name:\"bar\"}})\n        \t            \tactual  : []core.LocalObjectReference([]core.LocalObjectReference{core.LocalObjectReference{Name:\"foo\"}, core.LocalObjectReference{Name:\"bar\"}})\n        \tTest:       \tTestAddImagePullSecrets\n        \tMessages:   \texpected [{foo} {bar}], got [{foo} {bar}]\n\nDONE 41210 tests, 31 skipped, 1 failure in 1220.034s\n+++ [0813 19:53:11] Saved JUnit XML test report to /logs/artifacts/junit_20210813-193102.xml\nmake: *** [Makefile:192: test] Error 1\n+++ exit code: 2\n!!! [0813 19:53:11] Call tree:\n!!! [0813 19:53:11]  1: hack/make-rules/test.sh:294 runTests(...)", s.now.Format("0102 15:04:05.000000"))
	s.fail()
	s.entrypointFailed()
}

func noToolchain(s *scene) {
	for i := range 60 {
		s.line("Get:%d http://deb.debian.org/debian bookworm/main ppc64el part%d ppc64el 1.%d [%d kB]", i+1, i, i%9, 20+i)
	}
	s.line("E: Unable to locate package rsync-old\ngoing on without rsync-old\n+ git clone https://github.com/kubernetes/kubernetes\nCloning into 'kubernetes'...\n+ cd kubernetes\n+ make test\n+++ [0212 03:04:11] Set GOMAXPROCS automatically to 16")
	s.wait(4 * time.Second)
	s.line("go: download go1.22 for linux/ppc64le: toolchain not available\n!!! Error in hack/make-rules/../../hack/lib/golang.sh:512\n  Error in hack/make-rules/../../hack/lib/golang.sh:512. 'GO111MODULE=on go list ./...' exited with status 1\nCall stack:\n  1: hack/make-rules/../../hack/lib/golang.sh:512 kube::golang::setup_env(...)\n  2: hack/make-rules/test.sh:22 main(...)\nExiting with status 1\nmake: *** [Makefile:192: test] Error 1")
	s.fail()
	s.entrypointFailed()
}

func bootsForEver(s *scene) {
	image, host := "cos-93-16623-39-40", "tmp-node-e2e-cos-93"
	if s.failed {
		image, host = "cos-97-16919-29-9", "tmp-node-e2e-cos-97"
	}
	s.line("+ make test-e2e-node REMOTE=true")
	s.goDownloads(60)
	s.klog("", "I", 8812, "run_remote.go:612", "Creating instance %q with image %s of project cos-cloud", host, image)
	for i := range 3 {
		s.wait(10 * time.Second)
		s.line("ssh: connect to host 34.1.2.%d port 22: Connection refused", 7+i)
	}
	p := s.attach(host+"/serial-1.log", s.now)
	boot := func() {
		p.journal(host, 24, 300*time.Millisecond, machineBoot)
		p.journalLine(host, "systemd[1]: Starting Google Compute Engine startup scripts...")
	}
	if !s.failed {
		boot()
		p.journalLine(host, "startup-script[612]: Initializing CNI and containerd")
		s.line("Running Suite: E2eNode Suite")
		s.specs(20, "[sig-node] Pods", 9*time.Second)
		s.line("Ran 20 of 400 Specs in 300.000 seconds\nSUCCESS! -- 20 Passed | 0 Failed | 0 Pending | 380 Skipped")
		return
	}
	for range 9 {
		boot()
		p.wait(20 * time.Second)
		p.journalLine(host, "startup-script[612]: cgroup v2 is not enabled, rebooting to enable it")
		p.journalLine(host, "systemd-logind[%d]: System is rebooting.", 300+p.rng.IntN(90))
		p.journalLine(host, "systemd[1]: Stopped target Multi-User System.")
	}
	for i := range 20 {
		s.wait(20 * time.Second)
		s.line("ssh: connect to host 34.1.2.%d port 22: Connection refused", 7+i)
	}
	s.klog("", "E", 8812, "run_remote.go:640", "Unable to create gce instance with running docker daemon for image %s.  instance %s not running docker/containerd/crio daemon: timed out waiting for the command", image, host)
	s.line("Failure: 1 errors encountered.\nexit status 1\nmake: *** [Makefile:285: test-e2e-node] Error 1")
	s.fail()
	s.entrypointFailed()
}

func noNetwork(s *scene) {
	const host = "tmp-node-e2e-1026ef4c-cos-89"
	s.line("+ make test-e2e-node REMOTE=true")
	s.goDownloads(60)
	s.klog("", "I", 8812, "run_remote.go:612", "Starting tests on %q", host)
	s.line("Running Suite: E2eNode Suite\nWill run 5 of 400 specs\n------------------------------\n[SynchronizedBeforeSuite]")
	s.klog("  ", "I", 2100, "services.go:78", "Kubelet started.")
	s.klog("  ", "I", 2100, "e2e_node_suite_test.go:224", "Wait for the node to be ready")
	begin := s.now
	s.wait(3 * time.Minute)
	s.line("  [FAILED] Timed out after 180.001s.\n  Expected success, but got an error:\n      <*errors.errorString>: \n      node is not ready: Node{ObjectMeta:{%s    %s 89 0 2022-02-22 14:21:06 +0000 UTC}\n  In [SynchronizedBeforeSuite] at: test/e2e_node/e2e_node_suite_test.go:300 @ %s\n[SynchronizedBeforeSuite] [FAILED] [181.020 seconds]\nRan 0 of 400 Specs in 181.040 seconds\nFAIL! -- A BeforeSuite node failed so all tests were skipped.", host, s.hex(8), s.now.Format(ginkgoTime))
	p := s.attach(host+"/containerd.log", begin.Add(-2*time.Minute))
	say := func(level, text string) {
		p.journalLine(host, "containerd[339]: time=%q level=%s msg=%q", p.now.Format(time.RFC3339Nano), level, text)
	}
	for i := range 30 {
		p.wait(90 * time.Millisecond)
		say("info", fmt.Sprintf("loading plugin \"io.containerd.part.v%d\"...", i))
	}
	say("warning", "skip loading plugin io.containerd.snapshotter.v1.btrfs: path must be a btrfs filesystem to be used with the btrfs snapshotter")
	p.journalLine(host, `containerd[339]: time=%q level=error msg="failed to load cni during init, please check CRI plugin status before setting up network for pods" error="cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config"`, p.now.Format(time.RFC3339Nano))
	for range 20 {
		p.wait(9 * time.Second)
		say("info", "No cni config template is specified, wait for other system components to drop the config.")
	}
	p = s.attach(host+"/kubelet.log", begin)
	for range 30 {
		p.wait(6 * time.Second)
		p.klogLine(2109, `E cri_stats_provider.go:455] "Failed to get the info of the filesystem with mountpoint" err="unable to find data in memory cache" mountpoint="/var/lib/containerd"`)
		p.klogLine(2109, `I kubelet.go:2323] "Container runtime status" status="Runtime Conditions: RuntimeReady=true reason: message:, NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"`)
	}
	s.line("Failure: 1 errors encountered.\nexit status 1\nmake: *** [Makefile:285: test-e2e-node] Error 1")
	s.fail()
	s.entrypointFailed()
}

func switchRefuses(s *scene) {
	const target = "okd-e2e-aws-operator"
	begin := s.now
	s.operates(target, nil, part{name: "ipi-install-install", body: func(p *printer) string {
		p.noise(50, 5*time.Second, []string{`level=debug msg="module.vpc.aws_subnet.private_subnet[{d}]: Creation complete after {d}s [id=subnet-{id}]"`, `level=debug msg="Still waiting for the cluster to initialize: Working towards 4.6.0: {n} of 660 done"`, `level=debug msg="The file was found in cache: /tmp/cache/{id}. Reusing..."`}, func(text string) { p.line("%s", text) })
		p.wait(35 * time.Minute)
		p.line("level=error msg=\"Cluster operator network Degraded is True with RolloutHung: DaemonSet \\\"openshift-ovn-kubernetes/ovnkube-node\\\" rollout is not making progress - last change 2020-10-23T17:05:01Z\"\nlevel=info msg=\"Cluster operator insights Disabled is False with : \"\nlevel=error msg=\"Cluster initialization failed because one or more operators are not functioning properly.\"\nlevel=fatal msg=\"failed to initialize the cluster: Some cluster operators are still updating: authentication, console, ingress, network: context deadline exceeded\"")
		return "ContainerFailed one or more containers exited"
	}}, part{name: "gather-extra", body: ok(gathers)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
	const pods = target + "/gather-extra/artifacts/pods/"
	p := s.attach(pods+"openshift-ovn-kubernetes_ovnkube-node-5sk2j_ovnkube-node.log", begin.Add(20*time.Minute))
	for range 12 {
		p.wait(40 * time.Second)
		p.klogLine(21329, `I config.go:1282] Parsed config file /run/ovnkube-config/ovnkube.conf`)
		p.klogLine(21329, `I config.go:919] exec: /usr/bin/ovs-vsctl --timeout=15 set Open_vSwitch . external_ids:ovn-nb="ssl:10.0.148.244:9641" => exit status 1`)
		p.klogLine(21329, `F ovnkube.go:130] error setting OVS external ID 'ovn-nb="ssl:10.0.148.244:9641"': ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed (Permission denied)`)
	}
	p = s.attach(pods+"openshift-authentication-operator_authentication-operator-7d9-x2k_authentication-operator.log", begin.Add(20*time.Minute))
	p.noise(40, 20*time.Second, []string{`E base_controller.go:250] "OAuthServerRoute" controller failed to sync "key", err: the server is currently unable to handle the request (get routes.route.openshift.io)`, `I event.go:282] Event(v1.ObjectReference{Kind:"Deployment"}): part {n} changed`, `W reflector.go:436] watch of *v1.ConfigMap ended with: too old resource version: {n}`}, func(text string) { p.klogLine(1, text) })
}

func noRoot(s *scene) {
	s.dockerInDocker("bash -c contrib/kind.sh")
	s.kindVersions("19.03.13")
	s.line("+ kind create cluster --name ovn --image aojea/kindnode:kind92f54895_k8se1c617a88ec --retain\nCreating cluster \"ovn\" ...\n • Ensuring node image (aojea/kindnode:kind92f54895_k8se1c617a88ec) 🖼  ...\n ✓ Ensuring node image\n ✓ Preparing nodes 📦 📦 📦\n ✓ Writing configuration 📜\n • Starting control-plane 🕹️  ...\n ✗ Starting control-plane 🕹️\nERROR: failed to create cluster: failed to init node with kubeadm: command \"docker exec --privileged ovn-control-plane kubeadm init --skip-phases=preflight --config=/kind/kubeadm.conf --skip-token-print --v=6\" failed with error: exit status 1\nCommand Output: I1207 19:15:20.134711     212 initconfiguration.go:201] loading configuration from \"/kind/kubeadm.conf\"")
	begin := s.now
	for range 40 {
		s.wait(500 * time.Millisecond)
		s.line("I%s     212 round_trippers.go:445] GET https://ovn-control-plane:6443/healthz?timeout=10s  in 0 milliseconds: dial tcp 172.18.0.3:6443: connect: connection refused", s.now.Format("0102 15:04:05.000000"))
	}
	s.wait(4 * time.Minute)
	s.line("\n\tUnfortunately, an error has occurred:\n\t\ttimed out waiting for the condition\n\n\tThis error is likely caused by:\n\t\t- The kubelet is not running\n\t\t- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups disabled)\n\ncouldn't initialize a Kubernetes cluster\n+ kind export logs --name ovn /logs/artifacts/kind-logs")
	const host = "ovn-control-plane"
	p := s.attach("kind-logs/ovn-control-plane/journal.log", begin)
	p.journal(host, 50, 60*time.Millisecond, machineBoot)
	for range 25 {
		p.wait(6 * time.Second)
		p.kubeletLine(host, `I server.go:416] Version: v1.21.0-alpha.0.401+e1c617a88ec`)
		p.kubeletLine(host, `F server.go:269] failed to run Kubelet: invalid configuration: cgroup-root ["kubelet"] doesn't exist`)
		p.journalLine(host, "kubelet[994]: goroutine 1 [running]:")
		p.journalLine(host, "systemd[1]: kubelet.service: Main process exited, code=exited, status=255/EXCEPTION")
		p.journalLine(host, "systemd[1]: kubelet.service: Failed with result 'exit-code'.")
	}
	s.fail()
	s.dockerInDockerEnds(1)
}

func noProvider(s *scene) {
	s.line("+ export KUBEVIRT_PROVIDER=k8s-1.20-nonroot\n+ source hack/config-default.sh\n+ export WORKSPACE=/home/prow/go/src/github.com/kubevirt/kubevirt\n+ kubectl version --client")
	for i := range 50 {
		s.wait(time.Second)
		s.line("%s: Pull complete", s.hex(12))
		if i == 20 {
			s.line("Trying to pull repository docker.io/kubevirt/builder ... not found, using quay.io")
		}
	}
	s.line("+ make cluster-down\n./cluster-up/down.sh\nError: No such container: k8s-1.20-nonroot-dnsmasq\n+ make cluster-up\n./hack/cluster-up.sh\nselecting k8s-1.20-nonroot provider\nThe cluster provider k8s-1.20-nonroot does not exist\nmake: *** [Makefile:140: cluster-up] Error 1\n+ make cluster-down\n./cluster-up/down.sh\nError: No such container: k8s-1.20-nonroot-dnsmasq")
	s.fail()
	s.entrypointFailed()
}
