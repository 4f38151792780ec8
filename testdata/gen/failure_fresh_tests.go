package main

import (
	"fmt"
	"strings"
	"time"
)

// Fresh cases of clusters that come up, or do not, for their tests: F7, F10, F12, F13.

var freshHelm = failure{
	id: "F7", job: job{prow: istioProw, name: "integ-helm_istio_postsubmit", org: "istio", repo: "istio", image: "build-tools:master-example", at: time.Date(2026, 3, 25, 17, 52, 0, 0, time.UTC), pool: "ip-10-42-", args: []string{"entrypoint", "prow/integ-suite-kind.sh", "test.integration.helm.kube"}}, play: newHelm, passing: 3,
	expect: expectation{
		Title: "The tools' image has Helm 4, which applies objects on the server by default and is refused where the operator of an earlier test owns the same fields",
		Cause: `(?i)apply failed with \d+ conflicts?|conflict occurred while applying object|conflicts? with "istio-operator"|(?i)\bhelm\b.{0,60}\bv?4\.\d`, NotFirst: []string{`make(\[\d\])?: \*\*\*`, `(?i)release: not found`, `(?i)too many open files`, `^FAIL\s`, `exit status 1$`}, Category: "dependency", Needs: []string{"run", "passing"},
		Evidence: []place{{"run/build-log.txt", `INSTALLATION FAILED: conflict occurred while applying object .*Apply failed with 1 conflict: conflict with "istio-operator"`}, {"run/build-log.txt", `v4\.1\.1\+g`}, {"passing/1/build-log.txt", `v3\.18\.6\+g`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(release: not found.*){3}`}, {"passing/1/build-log.txt", `release: not found`}, {"run/build-log.txt", `make: \*\*\* \[tests/integration/tests\.mk:\d+: test\.integration\.helm\.kube\] Error 1`}, {"passing/2/build-log.txt", `failed to create fsnotify watcher: too many open files`}},
	},
}

func newHelm(s *scene) {
	helm := "v3.18.6+gb76a950"
	if s.failed {
		helm = "v4.1.1+g5caf004"
	}
	stamp := func() string { return s.now.Format("2006-01-02T15:04:05.000000Z") }
	say := func(level, scope, format string, args ...any) {
		s.line("%s\t%s\t%s\t%s", stamp(), level, scope, fmt.Sprintf(format, args...))
	}
	s.line("Setting up Docker in Docker\n * Starting Docker: docker\n   ...done.\n++ helm version --short\n%s\n++ kind version\nkind v0.31.0 go1.25.5 linux/amd64\n++ kind create cluster --name=kind --config=/tmp/kind.yaml -v4 --retain --wait=180s", helm)
	s.goDownloads(90)
	s.wait(70 * time.Second)
	s.line(" ✓ Ready after 21s 💚\nconfigmap/kube-dns configured\nerror: failed to create fsnotify watcher: too many open files\nRunning 'make test.integration.helm.kube'\ngo test -p 1 -vet=off -v -tags=integ ./tests/integration/helm/... -timeout 30m --istio.test.ci --istio.test.pullpolicy=IfNotPresent")
	const charts, flags = "/home/prow/go/src/istio.io/istio/manifests/charts/", " --kubeconfig /home/.kube/config --timeout 2m0s"
	var cases []junitCase
	failed := 0
	for i, test := range []string{"TestDefaultInstall", "TestAmbientInstall", "TestInstallWithFirstPartyJwt", "TestReleaseChannels", "TestRevisionedUpgrade", "TestStableInPlaceUpgrade", "TestTagInstall", "TestZtunnelFromPreviousMinor"} {
		begin := s.now
		s.line("=== RUN   %s", test)
		say("info", "tf", "=== BEGIN: Test: 'helm[%s]' ===", test)
		for j := range 12 {
			s.wait(900 * time.Millisecond)
			say("info", "tf", "%s", s.vary([]string{"Wait for Istiod to be ready, attempt {d}", "Creating namespace istio-system-{pod}", "Checking pod istiod-{id}-{pod} is ready", "Applying helm command: helm list -n istio-system"}[(i+j)%4]))
		}
		values := "/logs/artifacts/helm-" + s.hex(24) + "/" + test + "/_test_context/values.yaml"
		command := "helm install istio-base " + charts + "base --namespace istio-system -f " + values + flags
		say("info", "tf", "Applying helm command: %s", command)
		s.wait(4 * time.Second)
		c := junitCase{Name: test, Class: "istio.io/istio/tests/integration/helm"}
		if refused := s.failed && i != 3 && i != 6; refused {
			failed++
			var all []string
			for _, kind := range []string{"wasmplugins.extensions.istio.io", "destinationrules.networking.istio.io", "envoyfilters.networking.istio.io"} {
				all = append(all, "conflict occurred while applying object /"+kind+" apiextensions.k8s.io/v1, Kind=CustomResourceDefinition: Apply failed with 1 conflict: conflict with \"istio-operator\": .metadata.labels.app.kubernetes.io/instance")
			}
			text := "Error: INSTALLATION FAILED: " + strings.Join(all, " && ")
			say("info", "tf", "(FAILED) Executing helm: %s (err: exit status 1): %s", command, text)
			c.Failure = "util.go:171: failed to install istio base chart: exit status 1: " + text
			s.line("    %s", c.Failure)
			say("error", "tf", "Test failed: helm[%s], dumping debug state", test)
			s.line("--- FAIL: %s (%.2fs)", test, s.now.Sub(begin).Seconds())
		} else {
			say("info", "tf", "Executed helm: NAME: istio-base STATUS: deployed REVISION: 1")
			s.line("--- PASS: %s (%.2fs)", test, s.now.Sub(begin).Seconds())
		}
		say("info", "tf", "(FAILED) Executing helm: helm delete istiod -n istio-system (err: exit status 1): Error: uninstall: Release not loaded: istiod: release: not found")
		c.Time = seconds(s.now.Sub(begin))
		cases = append(cases, c)
	}
	s.junit("junit.xml", "istio.io/istio/tests/integration/helm", cases...)
	if s.failed {
		s.line("FAIL\nFAIL\tistio.io/istio/tests/integration/helm\t%.3fs\nFAIL\n\nDONE 8 tests, %d failures\nmake: *** [tests/integration/tests.mk:67: test.integration.helm.kube] Error 1\n++ cleanup_kind_cluster kind\nExporting logs for cluster \"kind\" to: /logs/artifacts/kind\nDeleting cluster \"kind\" ...", 311.2, failed)
		s.fail()
		s.entrypointFailed()
		return
	}
	s.line("PASS\nok  \tistio.io/istio/tests/integration/helm\t298.711s\n++ cleanup_kind_cluster kind\nDeleting cluster \"kind\" ...")
}

var freshSlowSuite = failure{
	id: "F10", job: job{prow: knativeProw, name: "ci-knative-eventing-continuous", org: "knative", repo: "eventing", image: "prow-tests:v20201020-example", at: time.Date(2020, 11, 1, 13, 32, 0, 0, time.UTC), every: 9 * time.Hour, timeout: "1h30m0s", args: []string{"runner.sh", "./test/presubmit-tests.sh", "--all-tests"}}, play: slowSuite, passing: 2,
	expect: expectation{
		Title: "The suites have grown until they need more than the ninety minutes that this job has, and only this job has so few",
		Cause: `(?i)did not finish before 1h30m0s|1h30m0s|(?i)(job|run|test process)[^\n]{0,40}time(out| limit)`, NotFirst: []string{`(?i)context deadline exceeded`, `(?i)timeout waiting for at least`, `object has been modified`, `wrapped process failed`, `(?i)signal: terminated`}, Category: "timeout", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `Process did not finish before 1h30m0s timeout`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(object has been modified.*){6}`}, {"run/build-log.txt", `context deadline exceeded`}, {"passing/1/build-log.txt", `Timeout waiting for at least 1 matches`}, {"run/build-log.txt", `Process did not exit before 15m0s grace period`}},
	},
}

func slowSuite(s *scene) {
	begin := s.now
	stamp := func() string { return s.now.Format("2006-01-02T15:04:05.000Z") }
	s.line("========================================\n==== RUNNING BUILD TESTS ====\n========================================")
	s.goDownloads(60)
	s.wait(5 * time.Minute)
	s.line(">> Build tests passed\n========================================\n==== RUNNING UNIT TESTS ====\n========================================")
	for i := range 40 {
		s.wait(14 * time.Second)
		s.line("ok  \tknative.dev/eventing/pkg/part%d\t%d.%03ds", i, 1+s.rng.IntN(40), s.rng.IntN(1000))
	}
	s.line("========================================\n==== RUNNING INTEGRATION TESTS ====\n========================================\nRunning integration test ./test/e2e-tests.sh\n==== CREATING TEST CLUSTER")
	s.wait(6 * time.Minute)
	s.line("Kubernetes control plane is running at https://35.247.0.91\n>> Installing Knative Eventing\n>> Waiting until all pods in namespace knative-eventing are up")
	s.wait(70 * time.Second)
	pace := 31 * time.Second
	if s.failed {
		pace = 40 * time.Second
	}
	var cases []junitCase
	for i := range 120 {
		test := []string{"TestChannelTracingWithReply", "TestBrokerChannelFlowTriggerV1BrokerV1", "TestApiServerSourceV1Alpha2", "TestParallel", "TestSequence", "TestSinkBindingV1Beta1CronJob", "TestEventTransformationForTrigger", "TestPingSourceV1Beta1"}[i%8]
		test += fmt.Sprintf("/InMemoryChannel-messaging.knative.dev/v%d", i)
		from := s.now
		s.line("=== RUN   %s", test)
		if s.wait(pace); s.failed && s.now.Sub(begin) > 90*time.Minute {
			break
		}
		switch {
		case i%16 == 3:
			s.line("    creation.go:%d: %s WARN Operation cannot be fulfilled on triggers.eventing.knative.dev \"trigger-%s\": the object has been modified; please apply your changes to the latest version and try again", 200+i, stamp(), s.suffix())
		case i == 70:
			s.line("    event_info_store.go:245: Timeout waiting for at least 1 matches.\n        Error: FAIL MATCHING: saw 0/1 matching events.\n    tracing.go:88: %s INFO trying again: context deadline exceeded", stamp())
		}
		s.line("--- PASS: %s (%.2fs)", test, s.now.Sub(from).Seconds())
		if i%6 == 0 {
			cases = append(cases, junitCase{Name: test, Class: "knative.dev/eventing/test/e2e", Time: seconds(s.now.Sub(from))})
		}
	}
	if !s.failed {
		s.line("PASS\nok  \tknative.dev/eventing/test/e2e\t%.3fs\n***************************************\n***        E2E TESTS PASSED         ***\n***************************************", s.now.Sub(begin).Seconds())
		s.junit("junit_"+s.suffix()+".xml", "knative.dev/eventing/test/e2e", cases...)
		return
	}
	entrypoint := func(message string) {
		s.line(`{"component":"entrypoint","file":"prow/entrypoint/run.go:165","func":"k8s.io/test-infra/prow/entrypoint.Options.ExecuteProcess","level":"error","msg":%q,"severity":"error","time":%q}`, message, s.now.Format(time.RFC3339))
	}
	s.now = begin.Add(90*time.Minute + time.Second)
	entrypoint("Process did not finish before 1h30m0s timeout")
	for range 14 {
		s.wait(20 * time.Second)
		s.line("    wait.go:71: %s INFO Waiting for Channel %q to be ready", stamp(), "chan-"+s.suffix())
	}
	s.line("signal: terminated\n>> Removing namespace of the test: Error from server (Conflict): Operation cannot be fulfilled on namespaces")
	s.now = begin.Add(105 * time.Minute)
	entrypoint("Process did not exit before 15m0s grace period")
	s.line(`{"component":"entrypoint","error":"os: process already finished","file":"prow/entrypoint/run.go:252","func":"k8s.io/test-infra/prow/entrypoint.gracefullyTerminate","level":"error","msg":"Could not kill process after grace period","severity":"error","time":%q}`, s.now.Format(time.RFC3339))
	s.fail()
	s.run.ending = ending{exit: 127, description: "Job failed."}
}

var freshAdmit = failure{
	id: "F12", job: job{name: "ci-kubernetes-conformance-kind-ga-only", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2020, 3, 5, 8, 52, 0, 0, time.UTC), args: []string{"wrapper.sh", "bash", "-c", "curl -sSL https://kind.sigs.k8s.io/dl/latest/linux-amd64.tgz | tar xvfz - -C \"${PATH%%:*}/\" && e2e-k8s.sh"}}, play: admitPanics, passing: 2,
	expect: expectation{
		Title: "With beta features off, a part of the kubelet that aligns resources is used without having been made: the kubelet panics with each pod, and the control plane never starts",
		Cause: `Observed a panic|(?i)nil pointer dereference|resourceAllocator\)?\.Admit`, NotFirst: []string{`timed out waiting for the condition`, `connection refused`, `(?i)failed to init node`, `(?i)kubelet is not running`, `node "kind-control-plane" not found`}, Category: "product", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/logs/kind-control-plane/kubelet.log", `Observed a panic: "invalid memory address or nil pointer dereference"`}},
		Misleads: []place{{"run/build-log.txt", `timed out waiting for the condition`}, {"run/build-log.txt", `(?s)(connect: connection refused.*){40}`}, {"passing/1/build-log.txt", `connect: connection refused`}, {"run/artifacts/logs/kind-control-plane/kubelet.log", `(?s)(node "kind-control-plane" not found.*){20}`}, {"passing/1/artifacts/logs/kind-control-plane/kubelet.log", `node "kind-control-plane" not found`}},
	},
}

func admitPanics(s *scene) {
	s.dockerInDocker("bash -c e2e-k8s.sh")
	s.line("+ kind version\nkind v0.8.0-alpha+%s go1.13.8 linux/amd64\n+ kind build node-image --type=bazel", s.hex(14))
	for i := range 50 {
		s.wait(5 * time.Second)
		s.line("[%d / 9,912] GoCompilePkg staging/src/k8s.io/part%d/linux_amd64_stripped/go_default_library.a", 198*i, i)
	}
	s.line("INFO: Build completed successfully, 9912 total actions\nImage build completed.\n+ kind create cluster --image=kindest/node:latest --retain --wait=1m -v=3 --config=/logs/artifacts/kind-config.yaml\nCreating cluster \"kind\" ...\n • Ensuring node image (kindest/node:latest) 🖼  ...\n ✓ Preparing nodes 📦 📦 📦\n • Writing configuration 📜  ...\n • Starting control-plane 🕹️  ...")
	up := s.now
	s.line("I%s     120 initconfiguration.go:200] loading configuration from \"/kind/kubeadm.conf\"\nfeatureGates:\n  AllAlpha: false\n  AllBeta: false\n[kubelet-start] Starting the kubelet\n[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory \"/etc/kubernetes/manifests\". This can take up to 4m0s", s.now.Format("0102 15:04:05.000000"))
	polls := 30
	if s.failed {
		polls = 190
	}
	for i := range polls {
		s.wait(1250 * time.Millisecond)
		s.klog("", "I", 120, "round_trippers.go:443", "GET https://172.17.0.3:6443/healthz?timeout=32s  in 0 milliseconds")
		if i%4 == 1 {
			s.line("[kubelet-check] Get http://localhost:10248/healthz: dial tcp 127.0.0.1:10248: connect: connection refused, is tried again")
		}
	}
	s.admits("kind-control-plane", up)
	if !s.failed {
		s.line("[apiclient] All control plane components are healthy after %d.501720 seconds\n ✓ Starting control-plane 🕹️\n ✓ Joining worker nodes 🚜\n • Ready after 31s 💚\n+ ./hack/ginkgo-e2e.sh --provider=skeleton --ginkgo.focus=\\[Conformance\\]", polls)
		s.specs(50, "[sig-apps] ReplicaSet [Conformance]", 5*time.Second)
		s.line("Ran 278 of 4842 Specs in 1911.118 seconds\nSUCCESS! -- 278 Passed | 0 Failed | 0 Pending | 4564 Skipped\n+ kind export logs /logs/artifacts/logs\n+ kind delete cluster")
		s.dockerInDockerEnds(0)
		return
	}
	s.line("\nUnfortunately, an error has occurred:\n\ttimed out waiting for the condition\n\nThis error is likely caused by:\n\t- The kubelet is not running\n\t- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups disabled)\n\ntimed out waiting for the condition\ncouldn't initialize a Kubernetes cluster\nk8s.io/kubernetes/cmd/kubeadm/app/cmd/phases/init.runWaitControlPlanePhase\n\t/go/src/k8s.io/kubernetes/cmd/kubeadm/app/cmd/phases/init/waitcontrolplane.go:114")
	s.line(" ✗ Starting control-plane 🕹️\nERROR: failed to create cluster: failed to init node with kubeadm: command \"docker exec --privileged kind-control-plane kubeadm init --ignore-preflight-errors=all --config=/kind/kubeadm.conf --skip-token-print --v=6\" failed with error: exit status 1\n+ kind export logs /logs/artifacts/logs\n+ kind delete cluster")
	s.dockerInDockerEnds(1)
	s.fail()
}

// admits leaves the log of a kubelet, as kind exports it.
func (s *scene) admits(node string, up time.Time) {
	k := s.attach("logs/"+node+"/kubelet.log", up)
	rounds := 4
	if s.failed {
		rounds = 21
	}
	for i := range rounds {
		pid := 334
		if s.failed {
			pid += 60 * i
		}
		say := func(format string, args ...any) {
			k.journalLine(node, "kubelet[%d]: %s", pid, fmt.Sprintf(format, args...))
		}
		klog := func(severity, format string, args ...any) {
			k.wait(20 * time.Millisecond)
			say("%s%s     %d %s", severity, k.now.Format("0102 15:04:05.000000"), pid, fmt.Sprintf(format, args...))
		}
		if i == 0 || s.failed {
			k.journalLine(node, "systemd[1]: Started kubelet: The Kubernetes Node Agent.")
			klog("I", "server.go:416] Version: v1.19.0-alpha.0.%d+%s", 300-s.n, s.run.base()[:14])
			klog("W", "feature_gate.go:235] Setting deprecated feature gate DynamicKubeletConfig=false. It will be removed in a future release.")
		}
		klog("E", `kubelet.go:2274] node "kind-control-plane" not found`)
		klog("E", `reflector.go:178] k8s.io/client-go/informers/factory.go:135: Failed to list *v1.CSIDriver: Get https://172.17.0.3:6443/apis/storage.k8s.io/v1beta1/csidrivers?limit=500: dial tcp 172.17.0.3:6443: connect: connection refused`)
		klog("I", "kubelet_node_status.go:70] Attempting to register node kind-control-plane")
		klog("E", `kubelet.go:2274] node "kind-control-plane" not found`)
		if s.failed {
			klog("E", `runtime.go:78] Observed a panic: "invalid memory address or nil pointer dereference" (runtime error: invalid memory address or nil pointer dereference)`)
			for _, l := range []string{"goroutine 218 [running]:", "k8s.io/kubernetes/vendor/k8s.io/apimachinery/pkg/util/runtime.logPanic(0x3a7d7c0, 0x6e8bf20)", "        staging/src/k8s.io/apimachinery/pkg/util/runtime/runtime.go:74 +0xa3", "panic(0x3a7d7c0, 0x6e8bf20)", "        GOROOT/src/runtime/panic.go:679 +0x1b2", "k8s.io/kubernetes/pkg/kubelet/cm.(*resourceAllocator).Admit(0xc000886940, 0xc000f49180, 0x0, 0x0, 0x0, 0x0, 0x0)", "        pkg/kubelet/cm/container_manager_linux.go:686 +0x134", "k8s.io/kubernetes/pkg/kubelet.(*Kubelet).canAdmitPod(0xc000a56000, 0x0, 0x0, 0x0, 0xc000f49180, 0xc000f49180, 0x0, 0x0)", "        pkg/kubelet/kubelet.go:1672 +0x102"} {
				say("%s", l)
			}
			k.journalLine(node, "systemd[1]: kubelet.service: Main process exited, code=exited, status=2/INVALIDARGUMENT")
			k.journalLine(node, "systemd[1]: kubelet.service: Failed with result 'exit-code'.")
			k.wait(10 * time.Second)
			k.journalLine(node, "systemd[1]: kubelet.service: Scheduled restart job, restart counter is at %d.", i+1)
		}
	}
	if !s.failed {
		k.kubelet(node, 90, 2*time.Second, kubeletRuns)
	}
}

var freshKernel = failure{
	id: "F13", job: job{name: "ci-kubernetes-e2e-ubuntu-ec2-containerd", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2025, 3, 26, 10, 41, 0, 0, time.UTC), every: 12 * time.Hour, args: []string{"runner.sh", "bash", "-c", "kubetest2 ec2 --build --stage provider-aws-test-infra --up --down --test=ginkgo"}}, play: kernelMarks, passing: 2,
	expect: expectation{
		Title: "A new kernel of the nodes' image no longer lets packets be marked with IPv6, so that kube-proxy's rules are refused there and some tests of services fail",
		Cause: `unknown option .{0,3}--xor-mark|Extension MARK revision 0 not supported|(?i)ip6tables-restore|6\.8\.0-1026-aws|(?i)iptables-restore`, NotFirst: []string{`timed out waiting for the condition`, `(?i)error during|failed to run ginkgo`, `(?i)InvalidInstanceID`, `^(Error: )?exit status 1$`}, Category: "node", Phase: "Test", Needs: []string{"run", "passing", "on-demand"},
		Evidence: []place{{"run/artifacts/cluster-info/kube-system/kube-proxy-p7wzl/logs.txt", `ip6tables-restore v1\.8\.9 \(nf_tables\): unknown option "--xor-mark"`}, {"run/artifacts/cluster-info/nodes.json", `6\.8\.0-1026-aws`}, {"passing/1/artifacts/cluster-info/nodes.json", `6\.8\.0-1024-aws`}},
		Misleads: []place{{"run/artifacts/junit_01.xml", `timed out waiting for the condition`}, {"run/build-log.txt", `(?s)(\[FAILED\].*){3}`}, {"run/artifacts/junit_runner.xml", `exit status 1`}, {"passing/1/artifacts/cluster-info/kube-system/kube-proxy-p7wzl/logs.txt", `Kube-proxy configuration may be incomplete`}, {"passing/1/build-log.txt", `InvalidInstanceID\.NotFound`}},
	},
}

func kernelMarks(s *scene) {
	say := func(severity, place, format string, args ...any) { s.klog("", severity, 3051, place, format, args...) }
	s.line("+ kubetest2 ec2 --build --stage provider-aws-test-infra --up --down --region us-east-1 --worker-image ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id --test=ginkgo")
	s.goDownloads(70)
	s.phase("Up", "", func() {
		for i := range 50 {
			s.wait(5 * time.Second)
			say("I", "up.go:171", "waiting for instances to be running and to have joined, %d of 3", i/18)
			if i == 2 {
				say("W", "aws.go:318", "InvalidInstanceID.NotFound: The instance ID 'i-0%s' does not exist, it is asked for again", s.hex(16))
			}
		}
		say("I", "up.go:231", "cluster is up: 3 nodes are ready")
	})
	var cases []junitCase
	failure := ""
	if s.failed {
		failure = "exit status 1"
	}
	begin := s.now
	s.phase("Test", failure, func() {
		s.line("Running Suite: Kubernetes e2e suite - /home/prow/go/src/k8s.io/kubernetes/_rundir\nRandom Seed: 1742986000\n\nWill run 941 of 7011 specs\nRunning in parallel across 25 processes")
		s.specs(45, "[sig-node] Pods", 4*time.Second)
		for _, spec := range []struct{ name, at string }{{"[sig-network] Services should fail health check node port if there are only terminating endpoints", "service.go:2846"}, {"[sig-network] Networking should check kube-proxy urls", "networking.go:151"}, {"[sig-network] Services should implement NodePort and HealthCheckNodePort correctly when ExternalTrafficPolicy changes", "service.go:3861"}} {
			from := s.now
			c := junitCase{Name: "[It] " + spec.name, Class: "Kubernetes e2e suite", Time: 31.2}
			s.line("------------------------------\n%s", spec.name)
			s.step("creating the service test-svc of the namespace services-%d", 1000+s.rng.IntN(9000))
			for range 9 {
				s.wait(3 * time.Second)
				s.klog("  ", "I", 71449, "builder.go:121", "Running '/kubectl --namespace=services exec pause-pod -- curl -q -s --connect-timeout 2 http://localhost:10256/healthz'")
				s.klog("  ", "I", 71449, "builder.go:146", "rc: %d", 7*map[bool]int{true: 1}[s.failed])
			}
			if s.failed {
				s.wait(3 * time.Minute)
				c.Failure = "[FAILED] timed out waiting for the condition\nIn [It] at: k8s.io/kubernetes/test/e2e/network/" + spec.at
				s.line("  [FAILED] timed out waiting for the condition\n  In [It] at: k8s.io/kubernetes/test/e2e/network/%s @ %s\n• [FAILED] [%.3f seconds]", spec.at, s.now.Format(ginkgoTime), s.now.Sub(from).Seconds())
			} else {
				s.line("• [%.3f seconds]", s.now.Sub(from).Seconds())
			}
			c.Time = seconds(s.now.Sub(from))
			cases = append(cases, c)
			s.specs(25, "[sig-storage] Projected configMap", 4*time.Second)
		}
		if s.failed {
			s.line("\nSummarizing 3 Failures:\n  [FAIL] [sig-network] Services [It] should fail health check node port if there are only terminating endpoints\n  [FAIL] [sig-network] Networking [It] should check kube-proxy urls\n  [FAIL] [sig-network] Services [It] should implement NodePort and HealthCheckNodePort correctly when ExternalTrafficPolicy changes\n\nRan 941 of 7011 Specs in 2011.420 seconds\nFAIL! -- 938 Passed | 3 Failed | 0 Pending | 6070 Skipped\n\nF%s   70211 ginkgo.go:120] failed to run ginkgo tester: exit status 1", s.now.Format("0102 15:04:05.000000"))
		} else {
			s.line("Ran 941 of 7011 Specs in 1811.020 seconds\nSUCCESS! -- 941 Passed | 0 Failed | 0 Pending | 6070 Skipped")
		}
	})
	s.junit("junit_01.xml", "Kubernetes e2e suite", append(cases, junitCase{Name: "[It] [sig-node] Pods should be created and removed", Class: "Kubernetes e2e suite", Time: 4.1})...)
	s.marks(begin)
	s.phase("Down", "", func() { s.wait(2 * time.Minute) })
	s.kubetestEnds()
}

// marks leaves what kubectl cluster-info dump and the collection of nodes' logs find.
func (s *scene) marks(at time.Time) {
	const node = "i-04be1f7c9a3d52e80"
	kernel := "6.8.0-1024-aws"
	if s.failed {
		kernel = "6.8.0-1026-aws"
	}
	var nodes []obj
	for _, name := range []string{"i-0c2a6d8e41f7b9035", node, "i-0f19d3b7a6c8e2541"} {
		nodes = append(nodes, obj{"metadata": obj{"name": name}, "status": obj{"conditions": []obj{{"type": "Ready", "status": "True", "reason": "KubeletReady"}},
			"nodeInfo": obj{"kernelVersion": kernel, "osImage": "Ubuntu 24.04.2 LTS", "containerRuntimeVersion": "containerd://1.7.27", "kubeletVersion": "v1.33.0-alpha.3.412"}}})
	}
	s.file("cluster-info/nodes.json", "%s", indented(obj{"kind": "NodeList", "apiVersion": "v1", "items": nodes}))
	proxy := s.attach("cluster-info/kube-system/kube-proxy-p7wzl/logs.txt", at.Add(-2*time.Minute))
	proxy.line("==== START logs for container kube-proxy of pod kube-system/kube-proxy-p7wzl ====")
	proxy.klogLine(1, `I server_linux.go:66] "Using iptables proxy"`)
	proxy.klogLine(1, `E server.go:234] "Kube-proxy configuration may be incomplete or incorrect" err="nodePortAddresses is unset; NodePort connections will be accepted on all local IPs. Consider using `+"`--nodeport-addresses primary`"+`"`)
	for range 45 {
		proxy.wait(30 * time.Second)
		proxy.klogLine(1, `I proxier.go:828] "Syncing iptables rules" ipFamily="IPv4"`)
		proxy.klogLine(1, `I proxier.go:822] "SyncProxyRules complete" ipFamily="IPv4" elapsed="4`+fmt.Sprint(proxy.rng.IntN(10))+`.2ms"`)
		if s.failed {
			proxy.klogLine(1, `E proxier.go:1564] "Failed to execute iptables-restore" err=<`)
			proxy.line("\texit status 2: Warning: Extension MARK revision 0 not supported, missing kernel module?\n\tip6tables-restore v1.8.9 (nf_tables): unknown option \"--xor-mark\"\n\tError occurred at line: 11\n\tTry `ip6tables-restore -h' or 'ip6tables-restore --help' for more information.\n > ipFamily=\"IPv6\"")
			proxy.klogLine(1, `I proxier.go:840] "Sync failed" ipFamily="IPv6" retryingTime="30s"`)
		}
	}
	proxy.line("==== END logs for container kube-proxy of pod kube-system/kube-proxy-p7wzl ====")
	k := s.attach(node+"/kubelet.log", at.Add(-3*time.Minute))
	k.kubelet(node, 90, 9*time.Second, kubeletRuns)
}
