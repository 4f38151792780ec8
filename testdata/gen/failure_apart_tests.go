package main

import (
	"fmt"
	"strings"
	"time"
)

// Cases apart in which tests fail: A5, A6, A7, A12.

var apartAssertion = failure{
	id: "A5", job: job{name: "ci-kubernetes-kind-network-nftables-ipv6", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2026, 7, 25, 11, 14, 0, 0, time.UTC), args: []string{"wrapper.sh", "bash", "-c", "e2e-k8s.sh"}}, play: ruleRefused, passing: 2,
	expect: expectation{
		Title: "kube-proxy writes a rule in a new form on which nft crashes with IPv6, so that no service has an address that answers and the suite never begins",
		Cause: `nftables sync failed|Assertion .?dreg < ctx->reg_low`, NotFirst: []string{`SynchronizedBeforeSuite`, `(?i)NOT in RUNNING and READY`, `connect: connection refused`, `(?i)coredns`}, Category: "product", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/kind-worker/pods/kube-system_kube-proxy-*/kube-proxy/0.log", "Assertion `dreg < ctx->reg_low' failed"}},
		Misleads: []place{{"run/build-log.txt", `(?s)(pods in namespace kube-system are NOT in RUNNING and READY state.*){20}`}, {"run/artifacts/junit_01.xml", `SynchronizedBeforeSuite`}, {"run/artifacts/kind-worker/pods/kube-system_coredns-*/coredns/0.log", `(?s)(i/o timeout.*){10}`}, {"passing/1/artifacts/kind-worker/kubelet.log", `Probe failed`}},
	},
}

// container prints a line as a container runtime keeps what a pod prints.
func (p *printer) container(stream, format string, args ...any) {
	p.line("%s %s F %s", p.now.Format("2006-01-02T15:04:05.000000000Z"), stream, fmt.Sprintf(format, args...))
}

func ruleRefused(s *scene) {
	s.dockerInDocker("bash -c e2e-k8s.sh")
	s.line("+ kind build node-image -v 1\nStarting to build Kubernetes")
	s.goDownloads(30)
	s.wait(4 * time.Minute)
	s.line("Finished building Kubernetes\nBuilding node image ...\nImage \"kindest/node:latest\" build completed.\n+ kind create cluster --image=kindest/node:latest --retain --wait=1m -v=3 --config=/logs/artifacts/kind-config.yaml\nCreating cluster \"kind\" ...\n • Ensuring node image (kindest/node:latest) 🖼  ...\n ✓ Ensuring node image (kindest/node:latest) 🖼\n ✓ Preparing nodes 📦 📦 📦")
	up := s.now
	for range 40 {
		s.wait(500 * time.Millisecond)
		s.klog("", "I", 187, "round_trippers.go:632", `"Response" verb="GET" url="https://kind-control-plane:6443/livez?timeout=10s" status="" milliseconds=0`)
	}
	s.line(" ✓ Starting control-plane 🕹️\n ✓ Installing CNI 🔌\n ✓ Installing StorageClass 💾\n ✓ Joining worker nodes 🚜\n ✓ Waiting ≤ 1m0s for control-plane = Ready ⏳\n • Ready after 17s 💚")
	for _, node := range []string{"kind-control-plane", "kind-worker"} {
		s.proxies(node, up)
	}
	s.line("+ ./hack/ginkgo-e2e.sh --provider=skeleton --num-nodes=2 --ginkgo.focus=\\[sig-network\\]|\\[Conformance\\] --ginkgo.skip=\\[Feature:(Networking-IPv4|SCTPConnectivity)\\]\nRunning Suite: Kubernetes e2e suite - /home/prow/go/src/k8s.io/kubernetes/_output/bin\nRandom Seed: 1784978404\n\nWill run 361 of 7402 specs\nRunning in parallel across 25 processes")
	if !s.failed {
		s.specs(60, "[sig-network] Services", 5*time.Second)
		s.line("Ran 361 of 7402 Specs in 901.330 seconds\nSUCCESS! -- 361 Passed | 0 Failed | 0 Pending | 7041 Skipped\n+ kind export logs /logs/artifacts\n+ kind delete cluster")
		s.dockerInDockerEnds(0)
		return
	}
	s.line("------------------------------\n[SynchronizedBeforeSuite] [FAILED] [600.471 seconds]\n[SynchronizedBeforeSuite] \nk8s.io/kubernetes/test/e2e/e2e.go:69")
	for i := range 60 {
		s.now = s.now.Add(10 * time.Second)
		s.klog("  ", "I", 71449, "wait.go:208", "The status of Pod coredns-7c65d6cfc9-%s is Running (Ready = false), waiting for it to be either Running (with Ready = true) or Failed", []string{"8n5xq", "tz7lk"}[i%2])
		s.klog("  ", "I", 71449, "wait.go:226", "11 / 13 pods in namespace kube-system are NOT in RUNNING and READY state, waiting for 2 (%d seconds elapsed)", 10*(i+1))
	}
	const message = "[FAILED] Error waiting for all pods to be running and ready: Told to stop trying after 600.004s.\n2 / 13 pods in namespace kube-system are NOT in RUNNING and READY state in 10m0s\nPOD                      NODE        PHASE   GRACE CONDITIONS\ncoredns-7c65d6cfc9-8n5xq kind-worker Running       [{Ready False ContainersNotReady containers with unready status: [coredns]}]\ncoredns-7c65d6cfc9-tz7lk kind-worker Running       [{Ready False ContainersNotReady containers with unready status: [coredns]}]"
	s.line("  %s\n  In [SynchronizedBeforeSuite] at: k8s.io/kubernetes/test/e2e/e2e.go:233 @ %s", strings.ReplaceAll(message, "\n", "\n  "), s.now.Format(ginkgoTime))
	s.line("\nSummarizing 25 Failures:\n  [FAIL] [SynchronizedBeforeSuite] \n  k8s.io/kubernetes/test/e2e/e2e.go:233\n\nRan 0 of 7402 Specs in 600.602 seconds\nFAIL! -- A BeforeSuite node failed so all tests were skipped.\n\nGinkgo ran 1 suite in 10m12.118s\nTest Suite Failed\n+ cleanup\n+ kind export logs /logs/artifacts\n+ kind delete cluster")
	s.junit("junit_01.xml", "Kubernetes e2e suite", junitCase{Name: "[SynchronizedBeforeSuite]", Class: "Kubernetes e2e suite", Status: "failed", Time: 600.471, Failure: message}, junitCase{Name: "[It] [sig-network] DNS should provide DNS for the cluster [Conformance]", Class: "Kubernetes e2e suite", Status: "skipped", Skipped: &junitMessage{"skipped"}})
	s.dockerInDockerEnds(1)
	s.fail()
}

// proxies leaves what kind exports of a node: its kubelet's log and those of its pods.
func (s *scene) proxies(node string, up time.Time) {
	pods := node + "/pods/kube-system_"
	uid := s.hex(8) + "-" + s.hex(4) + "-4" + s.hex(3) + "-9" + s.hex(3) + "-" + s.hex(12)
	p := s.attach(pods+"kube-proxy-"+s.suffix()+"_"+uid+"/kube-proxy/0.log", up.Add(40*time.Second))
	say := func(severity, place, text string) {
		p.wait(4 * time.Millisecond)
		p.container("stderr", "%s%s       1 %s] %s", severity, p.now.Format("0102 15:04:05.000000"), place, text)
	}
	say("I", "server_linux.go:53", `"Using nftables proxy"`)
	say("E", "server.go:256", `"Kube-proxy configuration may be incomplete or incorrect" err="nodePortAddresses is unset; NodePort connections will be accepted on all local IPs. Consider using `+"`--nodeport-addresses primary`"+`"`)
	say("I", "server.go:715", `"Successfully retrieved node IP(s)" IPs=["fc00:f853:ccd:e793::3"]`)
	say("I", "conntrack.go:121", `"Set sysctl" entry="net/netfilter/nf_conntrack_tcp_timeout_established" value=86400`)
	for i := range 22 {
		say("I", "proxier.go:1097", `"Syncing nftables rules" ipFamily="IPv6" fullSync=true`)
		say("I", "proxier.go:1863", fmt.Sprintf(`"Reloading service nftables data" ipFamily="IPv6" numServices=4 numEndpoints=%d`, 2+min(i, 2)))
		if s.failed {
			say("E", "proxier.go:1874", `"nftables sync failed" err=<`)
			p.container("stderr", "\tnft: netlink_linearize.c:804: netlink_gen_expr: Assertion `dreg < ctx->reg_low' failed.")
			p.container("stderr", ` > ipFamily="IPv6"`)
			say("I", "proxier.go:1211", `"Sync failed" ipFamily="IPv6" retryingTime="30s"`)
		}
		p.wait(28 * time.Second)
	}
	k := s.attach(node+"/kubelet.log", up.Add(20*time.Second))
	k.kubelet(node, 30, 3*time.Second, kubeletRuns)
	probes := 2
	if s.failed {
		probes = 25
	}
	for range probes {
		k.kubelet(node, 2, 9*time.Second, kubeletRuns)
		k.kubeletLine(node, `I prober.go:120] "Probe failed" probeType="Readiness" pod="kube-system/coredns-7c65d6cfc9-8n5xq" containerName="coredns" probeResult="failure" output="HTTP probe failed with statuscode: 503"`)
	}
	if node != "kind-worker" {
		return
	}
	dns := s.attach(pods+"coredns-7c65d6cfc9-8n5xq_"+s.hex(8)+"/coredns/0.log", up.Add(70*time.Second))
	for range probes {
		dns.wait(20 * time.Second)
		dns.container("stdout", "[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server")
		if s.failed {
			dns.container("stdout", `[ERROR] plugin/kubernetes: Unhandled Error: failed to list *v1.Service: Get "https://[fd00:10:96::1]:443/api/v1/services?limit=500&resourceVersion=0": dial tcp [fd00:10:96::1]:443: i/o timeout`)
		}
	}
	dns.container("stdout", ".:53\nCoreDNS-1.12.3")
}

var apartPrivate = failure{
	id: "A6", job: kubeUpJob("ci-kubernetes-e2e-gci-gce", time.Date(2020, 12, 1, 22, 6, 0, 0, time.UTC)), play: privateImage, passing: 2,
	expect: expectation{
		Title: "The project of the private test image was shut, so that the registry gives nobody a token for it and the two tests of private images wait for pods that never run",
		Cause: `(?i)403 Forbidden|k8s-authenticated-test`, NotFirst: []string{`invalid\.registry`, `error during ./hack/ginkgo-e2e\.sh`, `^(Error: )?exit status 1$`, `(?i)no such host`}, Category: "image", Phase: "Test", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `Failed to pull image "gcr\.io/k8s-authenticated-test/agnhost:2\.6".*failed to fetch oauth token: unexpected status: 403 Forbidden`}},
		Misleads: []place{{"run/build-log.txt", `Failed to pull image "invalid\.registry\.k8s\.io/invalid/alpine:3\.1"`}, {"passing/1/build-log.txt", `Failed to pull image "invalid\.registry\.k8s\.io/invalid/alpine:3\.1"`}, {"run/artifacts/junit_runner.xml", `error during ./hack/ginkgo-e2e\.sh`}, {"run/build-log.txt", `timed out waiting for the condition`}},
	},
}

func privateImage(s *scene) {
	s.phase("Up", "", func() {
		s.e2ePhase("./hack/e2e-internal/e2e-up.sh", "", func() {
			s.kubeUp("k8s-jkns-gci-gce-example")
			s.now = s.now.Add(6 * time.Minute)
			s.line("Found 4 node(s).\nCluster validation succeeded\nKubernetes control plane is running at https://34.82.0.16")
		})
	})
	say := func(format string, args ...any) {
		s.wait(120 * time.Millisecond)
		s.line("%s: INFO: %s", s.now.Format("Jan _2 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	event := func(pod, reason, text string) {
		say("At %s +0000 UTC - event for %s: {kubelet bootstrap-e2e-minion-group-6s0c} %s: %s", s.now.Add(-20*time.Second).Format("2006-01-02 15:04:05"), pod, reason, text)
	}
	var cases []junitCase
	passes := func(n int, area string) {
		for i := range n {
			s.wait(3 * time.Second)
			say("Waiting for pod of case %d to be running", i)
			s.line("•{\"msg\":\"PASSED %s should do its part, case %d\",\"total\":1104,\"completed\":%d,\"skipped\":4012,\"failed\":0}\nSSSS", area, i, i)
		}
		cases = append(cases, junitCase{Name: area + " should do its part, case 0", Class: "Kubernetes e2e suite", Time: 6.1})
	}
	const ginkgo = "error during ./hack/ginkgo-e2e.sh --ginkgo.skip=\\[Slow\\]|\\[Serial\\]|\\[Disruptive\\]|\\[Flaky\\]|\\[Feature:.+\\] --minStartupPods=8 --report-dir=/workspace/_artifacts --disable-log-dump=true: exit status 1"
	failure := ""
	if s.failed {
		failure = ginkgo
	}
	s.phase("Test", failure, func() {
		s.line("%s process.go:153: Running: ./hack/ginkgo-e2e.sh\nRunning Suite: Kubernetes e2e suite\nRunning in parallel across 30 nodes", s.now.Format("2006/01/02 15:04:05"))
		passes(40, "[k8s.io] Pods")
		say("STEP: checking that an image of an unknown registry is not pulled")
		event("image-pull-test"+s.suffix(), "Failed", `Failed to pull image "invalid.registry.k8s.io/invalid/alpine:3.1": rpc error: code = Unknown desc = failed to pull and unpack image "invalid.registry.k8s.io/invalid/alpine:3.1": failed to resolve reference "invalid.registry.k8s.io/invalid/alpine:3.1": failed to do request: Head "https://invalid.registry.k8s.io/v2/invalid/alpine/manifests/3.1": dial tcp: lookup invalid.registry.k8s.io on 169.254.169.254:53: no such host`)
		s.line("•{\"msg\":\"PASSED [k8s.io] Container Runtime blackbox test when running a container with a new image should not be able to pull image from invalid registry [NodeConformance]\",\"total\":1104,\"completed\":44,\"skipped\":4012,\"failed\":0}")
		say("Unable to fetch metrics of kube-scheduler on port 10259: the server could not find the requested resource")
		passes(40, "[sig-network] Services")
		s.privateTests(say, event, &cases)
		passes(30, "[sig-storage] EmptyDir volumes")
		if s.failed {
			s.line("\nSummarizing 2 Failures:\n\n[Fail] [sig-apps] ReplicaSet [It] should serve a basic image on each replica with a private image \n/go/src/k8s.io/kubernetes/test/e2e/apps/replica_set.go:171\n\n[Fail] [sig-apps] ReplicationController [It] should serve a basic image on each replica with a private image \n/go/src/k8s.io/kubernetes/test/e2e/apps/rc.go:168\n\nRan 1104 of 5116 Specs in 1402.010 seconds\nFAIL! -- 1102 Passed | 2 Failed | 0 Pending | 4012 Skipped\n\nGinkgo ran 1 suite in 23m29s\nTest Suite Failed")
		}
	})
	s.junit("junit_01.xml", "Kubernetes e2e suite", cases...)
	s.phase("Down", "", func() { s.collected("bootstrap-e2e-master"); s.now = s.now.Add(7 * time.Minute) })
	s.junit("junit_runner.xml", "kubetest", s.phases...)
	if s.failed {
		s.line("%s main.go:316: Something went wrong: encountered 1 errors: [%s]", s.now.Format("2006/01/02 15:04:05"), ginkgo)
		s.fail()
		s.entrypointFailed()
	}
}

func (s *scene) privateTests(say func(string, ...any), event func(pod, reason, text string), cases *[]junitCase) {
	for _, k := range []struct{ kind, place string }{{"ReplicaSet", "replica_set.go:171"}, {"ReplicationController", "rc.go:168"}} {
		name := "[sig-apps] " + k.kind + " should serve a basic image on each replica with a private image"
		if !s.failed {
			s.wait(9 * time.Second)
			s.line("•{\"msg\":\"PASSED %s\",\"total\":1104,\"completed\":80,\"skipped\":4012,\"failed\":0}", name)
			continue
		}
		pod := "my-hostname-private-" + s.hex(8) + "-" + s.hex(4) + "-4bad-8d26-" + s.hex(12) + "-" + s.suffix()
		say("Creating %s %s", k.kind, pod[:len(pod)-6])
		for range 30 {
			s.now = s.now.Add(10 * time.Second)
			say("Pod %q is not ready yet: Pending, waiting", pod)
		}
		message := "Unexpected error:\n    <*errors.errorString | 0xc0014c6dd0>: {\n        s: \"pod \\\"" + pod + "\\\" never run (phase: Pending): timed out waiting for the condition\",\n    }\n    pod \"" + pod + "\" never run (phase: Pending): timed out waiting for the condition\noccurred"
		s.line("STEP: Collecting events from namespace \"%s-7112\".\nSTEP: Found 6 events.", strings.ToLower(k.kind))
		event(pod, "Pulling", `Pulling image "gcr.io/k8s-authenticated-test/agnhost:2.6"`)
		event(pod, "Failed", `Failed to pull image "gcr.io/k8s-authenticated-test/agnhost:2.6": rpc error: code = Unknown desc = failed to pull and unpack image "gcr.io/k8s-authenticated-test/agnhost:2.6": failed to resolve reference "gcr.io/k8s-authenticated-test/agnhost:2.6": failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden`)
		event(pod, "Failed", "Error: ErrImagePull")
		event(pod, "BackOff", `Back-off pulling image "gcr.io/k8s-authenticated-test/agnhost:2.6"`)
		event(pod, "Failed", "Error: ImagePullBackOff")
		s.line("• Failure [302.%d seconds]\n%s\n/go/src/k8s.io/kubernetes/test/e2e/apps/framework.go:23\n\n  %s\n\n  /go/src/k8s.io/kubernetes/test/e2e/apps/%s\n------------------------------\n{\"msg\":\"FAILED %s\",\"total\":1104,\"completed\":80,\"skipped\":4012,\"failed\":1}", s.rng.IntN(900), name, strings.ReplaceAll(message, "\n", "\n  "), k.place, name)
		*cases = append(*cases, junitCase{Name: name, Class: "Kubernetes e2e suite", Time: 302.4, Failure: "/go/src/k8s.io/kubernetes/test/e2e/apps/" + k.place + "\n" + message})
	}
}

var knativeProw = instance{deck: "prow.knative.dev", bucket: "knative-prow", strategy: "explicit"}

var apartCertificate = failure{
	id: "A7", job: job{prow: knativeProw, name: "istio-latest-no-mesh-tls_serving_main", org: "knative", repo: "serving", pull: 14323, image: "prow-tests:v20230812-example", at: time.Date(2023, 8, 31, 12, 51, 0, 0, time.UTC), args: []string{"runner.sh", "./test/e2e-tests.sh", "--istio-version", "latest", "--https"}}, play: staleCertificate,
	expect: expectation{
		Title: "The certificate that lies among the test's own data was made a year ago and ended this morning, so that every test that calls through it fails",
		Cause: `x509: certificate has expired or is not yet valid`, NotFirst: []string{`object has been modified`, `connect: connection refused`, `(?i)failed calling webhook`, `^(Error: )?exit status 1$`, `===.*E2E TEST(S)? FAILED`}, Category: "test", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `x509: certificate has expired or is not yet valid: current time 2023-08-31T13:\d\d:\d\dZ is after 2023-08-31T09:13:11Z`}},
		Misleads: []place{{"run/build-log.txt", `failed calling webhook "config\.webhook\.serving\.knative\.dev"`}, {"run/build-log.txt", `(?s)(status: 404.*){30}`}, {"run/build-log.txt", `E2E TESTS FAILED`}, {"run/build-log.txt", `(?s)(object has been modified.*){8}`}},
	},
}

func staleCertificate(s *scene) {
	s.line("==========================================\n==== CREATING TEST CLUSTER\n==========================================")
	s.goDownloads(50)
	s.wait(7 * time.Minute)
	s.line("Kubernetes control plane is running at https://35.247.0.12\n>> Installing Istio latest\n>> Installing Knative serving\nError from server (InternalError): error when creating \"STDIN\": Internal error occurred: failed calling webhook \"config.webhook.serving.knative.dev\": failed to call webhook: Post \"https://webhook.knative-serving.svc:443/config-validation?timeout=10s\": dial tcp 10.7.242.9:8443: connect: connection refused\n>> Retrying in 10 seconds (1 of 6)")
	s.wait(12 * time.Second)
	s.line("configmap/config-network configured\n>> Waiting until all pods in namespace knative-serving are up")
	s.wait(50 * time.Second)
	s.line("==========================================\n==== RUNNING GO TESTS\n==========================================\nRunning tests with 'go test -race -v -json -count=1 -timeout=30m ./test/conformance/... ./test/e2e/... --https'")
	var cases []junitCase
	for i, test := range []string{"TestContainerErrorMsg", "TestServiceToServiceCall", "TestAutoscaleUpDownUp", "TestServiceToServiceCallViaActivator", "TestBlueGreenRoute", "TestCallToPublicService", "TestGRPCUnaryPing", "TestWebSocket", "TestSubrouteVisibilityPublicToPrivate", "TestRevisionTimeout", "TestMultipleNamespace", "TestCustomResourcesLimits"} {
		begin := s.now
		s.line("=== RUN   %s\n=== PAUSE %s\n=== CONT  %s", test, test, test)
		stamp := func() string { return s.now.Format("2006-01-02T15:04:05.000Z") }
		service := strings.ToLower(test[4:8]) + "-" + s.suffix()
		for range 10 {
			s.wait(2 * time.Second)
			s.line("    spoof.go:212: %s INFO %s Retrying https://%s.serving-tests.example.com: response: status: 404, body: , headers: map[]", stamp(), test, service)
		}
		s.line("    service.go:94: %s ERROR %s Update of Service %s: Operation cannot be fulfilled on services.serving.knative.dev %q: the object has been modified; please apply your changes to the latest version and try again", stamp(), test, service, service)
		c := junitCase{Name: test, Class: "knative.dev/serving/test/e2e"}
		if tls := strings.Contains(test, "ServiceToService") || strings.Contains(test, "CallToPublic") || strings.Contains(test, "Subroute"); tls {
			s.wait(40 * time.Second)
			c.Failure = fmt.Sprintf("service_to_service_test.go:168: Failed to start endpoint of httpproxy: response: status: 502, body: x509: certificate has expired or is not yet valid: current time %s is after 2023-08-31T09:13:11Z\n, headers: map[Content-Type:[text/plain] Server:[istio-envoy]]", s.now.Format("2006-01-02T15:04:05Z"))
			s.line("    %s\n--- FAIL: %s (%.2fs)", c.Failure, test, s.now.Sub(begin).Seconds())
		} else {
			if i == 6 {
				s.line("    grpc_test.go:310: %s INFO %s rpc error: code = Unavailable desc = connection error: desc = \"transport: Error while dialing: dial tcp 35.247.0.40:443: connect: connection refused\", retrying", stamp(), test)
			}
			s.line("--- PASS: %s (%.2fs)", test, s.now.Sub(begin).Seconds())
		}
		c.Time = seconds(s.now.Sub(begin))
		cases = append(cases, c)
	}
	s.junit("junit_"+s.suffix()+".xml", "knative.dev/serving/test/e2e", cases...)
	s.line("FAIL\nFAIL\tknative.dev/serving/test/e2e\t%.3fs\nDONE 12 tests, 4 failures in %.3fs\n***************************************\n***         E2E TEST FAILED         ***\n***    Start of information dump    ***\n***************************************\n>>> All resources:", s.now.Sub(s.run.times().test).Seconds(), s.now.Sub(s.run.times().test).Seconds())
	s.noise(50, 80*time.Millisecond, []string{"knative-serving   pod/activator-{id}-{pod}   1/1   Running   0   {n}m", "knative-serving   pod/webhook-{id}-{pod}   1/1   Running   1   {n}m", "serving-tests   Warning   Unhealthy   pod/{pod}   Readiness probe failed: HTTP probe failed with statuscode: 503", "Error from server (NotFound): pods \"autoscaler-{pod}\" not found"}, func(text string) { s.line("%s", text) })
	s.line("***************************************\n***        E2E TESTS FAILED         ***\n***     End of information dump     ***\n***************************************\nERROR: E2E tests failed")
	s.fail()
	s.entrypointFailed()
}

var apartCompiler = failure{
	id: "A12", job: job{name: "ci-kubernetes-e2e-gce-scale-performance", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2019, 3, 28, 0, 1, 0, 0, time.UTC), every: 24 * time.Hour, timeout: "18h0m0s", args: []string{"runner.sh", "kubernetes_e2e.py", "--provider=gce", "--gcp-nodes=5000"}}, play: newCompiler, passing: 3,
	expect: expectation{
		Title: "Kubernetes is built with Go 1.12 for the first time, whose garbage collector makes calls of the API server wait; they take longer than they may",
		Cause: `(?i)go ?1\.12|golang ?1\.12`, NotFirst: []string{`(?i)error dialing prow`, `took too long`, `exit status 1`, `(?i)overall`}, Category: "dependency", Phase: "Test", Needs: []string{"run", "passing"},
		Evidence: []place{{"run/build-log.txt", `GoVersion:"go1\.12\.1"`}, {"passing/1/build-log.txt", `GoVersion:"go1\.11\.5"`}, {"passing/3/build-log.txt", `GoVersion:"go1\.11\.5"`}, {"run/build-log.txt", `there should be no high-latency requests`}},
		Misleads: []place{{"run/artifacts/junit.xml", `there should be no high-latency requests`}, {"run/build-log.txt", `(?s)(error dialing prow@.*){5}`}, {"passing/1/build-log.txt", `error dialing prow@`}, {"run/artifacts/e2e-big-master/etcd.log", `apply request took too long`}, {"passing/2/build-log.txt", `WARNING Top latency metric`}},
	},
}

func newCompiler(s *scene) {
	golang := "go1.11.5"
	if s.failed {
		golang = "go1.12.1"
	}
	s.phase("Up", "", func() {
		s.e2ePhase("./hack/e2e-internal/e2e-up.sh", "", func() {
			s.kubeUp("kubernetes-scale-example")
			s.now = s.now.Add(21 * time.Minute)
			s.line("Found 5001 node(s).\nCluster validation succeeded")
		})
	})
	s.e2ePhase("./cluster/kubectl.sh --match-server-version=false version", "", func() {
		version := fmt.Sprintf(`version.Info{Major:"1", Minor:"15+", GitVersion:"v1.15.0-alpha.0.%d+%s", GitCommit:"%s", GitTreeState:"clean", BuildDate:"%s", GoVersion:"%s", Compiler:"gc", Platform:"linux/amd64"}`, 1468-31*s.n, s.run.base()[:14], s.run.base(), s.now.Add(-5*time.Hour).Format(time.RFC3339), golang)
		s.line("Client Version: %s\nServer Version: %s", version, version)
	})
	etcd := s.attach("e2e-big-master/etcd.log", s.now)
	etcd.etcd(120, 4*time.Minute, etcdRuns)
	failure := ""
	if s.failed {
		failure = "error during /go/src/k8s.io/perf-tests/run-e2e.sh cluster-loader2 --nodes=5000 --provider=gce --report-dir=/workspace/_artifacts --testconfig=testing/load/config.yaml: exit status 1"
	}
	s.phase("ClusterLoaderV2", failure, func() { s.slowCalls() })
	s.phase("Down", "", func() { s.collected("e2e-big-master"); s.now = s.now.Add(25 * time.Minute) })
	s.junit("junit_runner.xml", "kubetest", s.phases...)
	if s.failed {
		s.line("%s main.go:309: Something went wrong: encountered 1 errors: [%s]", s.now.Format("2006/01/02 15:04:05"), failure)
		s.fail()
		s.entrypointFailed()
	}
}

// slowCalls is a load test, whose calls take about twice as long with the newer compiler.
func (s *scene) slowCalls() {
	const pid = 12669
	say := func(severity, place, format string, args ...any) {
		s.wait(time.Second)
		s.klog("", severity, pid, place, format, args...)
	}
	s.line("%s process.go:153: Running: /go/src/k8s.io/perf-tests/run-e2e.sh cluster-loader2 --nodes=5000 --provider=gce --report-dir=/workspace/_artifacts --testconfig=testing/load/config.yaml", s.now.Format("2006/01/02 15:04:05"))
	pace := 4 * time.Minute
	if s.failed {
		pace = 5 * time.Minute
	}
	for i := range 90 {
		s.wait(pace)
		say("I", "wait_for_controlled_pods.go:261", "WaitForControlledPodsRunning: running %d, deleted 0, timeout: 0, unknown: 0", 10*(i+1))
		if i%16 == 9 {
			s.line("error dialing prow@35.227.0.123:22: 'dial tcp 35.227.0.123:22: connect: connection timed out', retrying")
			say("W", "profile.go:101", "failed to gather profile for kube-scheduler, will be tried again")
		}
	}
	type call struct {
		what  string
		limit time.Duration
		usual time.Duration
	}
	var slow []string
	for _, c := range []call{{"{Resource:replicationcontrollers Subresource: Verb:LIST Scope:cluster", 30 * time.Second, 16 * time.Second}, {"{Resource:pods Subresource: Verb:LIST Scope:namespace", 5 * time.Second, 3100 * time.Millisecond}, {"{Resource:nodes Subresource: Verb:LIST Scope:cluster", 30 * time.Second, 4 * time.Second},
		{"{Resource:services Subresource: Verb:POST Scope:namespace", time.Second, 640 * time.Millisecond}, {"{Resource:endpoints Subresource: Verb:PUT Scope:namespace", time.Second, 590 * time.Millisecond}, {"{Resource:pods Subresource:binding Verb:POST Scope:namespace", time.Second, 810 * time.Millisecond}, {"{Resource:events Subresource: Verb:DELETE Scope:namespace", time.Second, 1040 * time.Millisecond}} {
		took := c.usual + time.Duration(s.rng.IntN(90))*time.Millisecond
		if s.failed && !strings.Contains(c.what, "events") {
			took = took*9/5 + time.Duration(s.rng.IntN(200))*time.Millisecond
		}
		metric := fmt.Sprintf("%s Latency:{Perc50:%s Perc90:%s Perc99:%s} Count:%d}", c.what, took/9, took/2, took, 300+s.rng.IntN(90_000))
		mark := ""
		if took > c.limit {
			mark = "WARNING "
			if s.failed && !strings.Contains(c.what, "events") { // of events the test says that they are not counted
				slow = append(slow, "got: "+metric+"; expected perc99 <= "+c.limit.String())
			}
		}
		say("I", "api_responsiveness.go:95", "APIResponsiveness: %sTop latency metric: %s; threshold: %s", mark, metric, c.limit)
	}
	cases := []junitCase{{Name: "load: [step: 01] starting measurements", Class: "ClusterLoaderV2", Time: 120.1}}
	if !s.failed {
		s.junit("junit.xml", "ClusterLoaderV2", append(cases, junitCase{Name: "load overall (testing/load/config.yaml)", Class: "ClusterLoaderV2", Time: 21600})...)
		say("I", "clusterloader.go:177", "Test Finished\n  Test: testing/load/config.yaml\n  Status: Success")
		return
	}
	message := "[measurement call APIResponsiveness - APIResponsiveness error: top latency metric: there should be no high-latency requests, but: [" + strings.Join(slow, "\n") + "]]"
	say("E", "test_executor.go:110", "step 27 failed: %s", strings.ReplaceAll(message, "\n", " "))
	s.line("--------------------------------------------------------------------------------\nTest Finished\n  Test: testing/load/config.yaml\n  Status: Fail\n  Errors: %s\n--------------------------------------------------------------------------------\nF%s %7d clusterloader.go:240] 1 tests have failed!", message, s.now.Format("0102 15:04:05.000000"), pid)
	s.junit("junit.xml", "ClusterLoaderV2", append(cases, junitCase{Name: "load: [step: 27] gathering measurements", Class: "ClusterLoaderV2", Time: 61.2, Failure: message}, junitCase{Name: "load overall (testing/load/config.yaml)", Class: "ClusterLoaderV2", Time: 27000, Failure: message})...)
}
