package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"prowtrace/prow"
)

// The run of end-to-end tests in a kind cluster: no traces and no JUnit report, only a long log. Two specs need
// a pod on kind-worker2 when its addresses are used up: one passes at its second attempt, the other fails.

// ginkgoBuild means 2025-03-13 05:03:15 UTC.
const ginkgoBuild = "1900050000000000003"

const ginkgoJob = "ci-kubernetes-e2e-kind-network-policy"

func ginkgoRun() *prowRun {
	made, _ := prow.BuildTime(ginkgoBuild)
	in := kubernetesProw
	in.compress = []string{"txt"} // this job's logs are long
	r := &prowRun{
		prow: in, job: ginkgoJob, build: ginkgoBuild, root: "logs/" + ginkgoJob + "/" + ginkgoBuild,
		uuid: "8f2a7c31-4e6b-4d19-a0c5-61d7e93b2f48", cluster: "k8s-infra-prow-build", node: "gke-prow-build-pool-example-1f0c7b2e-9t2m",
		extraRefs: []obj{{"org": "kubernetes", "repo": "kubernetes", "base_ref": "master", "workdir": true, "path_alias": "k8s.io/kubernetes"}},
		image:     "kubekins-e2e:v20250310-example-master",
		args:      []string{"wrapper.sh", "bash", "-c", "./hack/e2e-kind-network-policy.sh"},
		created:   made, scheduling: 3 * time.Second, failure: "1 spec failed",
	}
	p := newPrinter(r.build, r.times().test)
	kindUp(p)
	kubelet := ginkgoSuite(p)
	kindDown(p)
	r.log, r.ended = p.Bytes(), p.now
	r.artifacts = bucket{
		"artifacts/kind-version.txt":         []byte("kind v0.27.0 go1.23.6 linux/amd64\n"),
		"artifacts/kind-worker2/kubelet.log": kubelet,
	}
	return r
}

// kindUp builds Kubernetes and creates a cluster of three nodes.
func kindUp(p *printer) {
	p.line("wrapper.sh] [INFO] Wrapping Test Command: `bash -c ./hack/e2e-kind-network-policy.sh`")
	p.line("wrapper.sh] [SETUP] Performing pre-test setup ...")
	p.line("wrapper.sh] [SETUP] Docker in Docker enabled, initializing ...")
	p.line("Starting Docker: docker.")
	p.line("[Barnacle] %s Cleaning up Docker data root...", p.now.Format("2006/01/02 15:04:05"))
	p.wait(3 * time.Second)
	p.line("wrapper.sh] [SETUP] Done setting up Docker in Docker.")
	p.line("wrapper.sh] [TEST] Running Test Command: `bash -c ./hack/e2e-kind-network-policy.sh` ...")
	p.line("+ kind version\nkind v0.27.0 go1.23.6 linux/amd64")
	p.line("+ kind build node-image --image=kindest/node:latest")
	p.line("Starting to build Kubernetes")
	p.wait(8 * time.Second)
	p.line("+++ [%s] Building go targets for linux/amd64", p.now.Format("0102 15:04:05"))
	for _, program := range []string{"kubeadm", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl"} {
		p.line("    k8s.io/kubernetes/cmd/%s (static)", program)
	}
	p.wait(206 * time.Second)
	p.line("Finished building Kubernetes\nBuilding node image ...")
	p.wait(31 * time.Second)
	p.line(`Image "kindest/node:latest" build completed.`)
	p.line("+ kind create cluster --image=kindest/node:latest --retain --wait=1m -v=3 --config=/logs/artifacts/kind-config.yaml")
	p.line(`Creating cluster "kind" ...`)
	kindPhase := func(title string, body func()) {
		p.line(" • %s  ...", title)
		body()
		p.line(" ✓ %s", title)
	}
	kindPhase("Ensuring node image (kindest/node:latest) 🖼", func() { p.wait(300 * time.Millisecond) })
	kindPhase("Preparing nodes 📦 📦 📦", func() { p.wait(17 * time.Second) })
	kindPhase("Writing configuration 📜", func() { p.wait(time.Second) })
	kindPhase("Starting control-plane 🕹️", func() { kubeadmInit(p) })
	kindPhase("Installing CNI 🔌", func() { p.wait(2 * time.Second) })
	kindPhase("Installing StorageClass 💾", func() { p.wait(time.Second) })
	kindPhase("Joining worker nodes 🚜", func() {
		p.wait(3 * time.Second)
		p.line("[preflight] Running pre-flight checks\n[kubelet-start] Starting the kubelet")
		p.wait(9 * time.Second)
		p.line("This node has joined the cluster:")
	})
	kindPhase("Waiting ≤ 1m0s for control-plane = Ready ⏳", func() { p.wait(14 * time.Second) })
	p.line(" • Ready after 14s 💚\nSet kubectl context to \"kind-kind\"")
}

func kubeadmInit(p *printer) {
	const pid = 149
	klog := func(place, format string, args ...any) {
		p.wait(180 * time.Millisecond)
		p.klog("", "I", pid, place, format, args...)
	}
	klog("initconfiguration.go:261", "loading configuration from \"/kind/kubeadm.conf\"")
	p.line("[init] Using Kubernetes version: v1.34.0-alpha.0.217+4d3c8f0b1e6a92")
	p.line("[preflight] Running pre-flight checks")
	klog("checks.go:561", "validating Kubernetes and kubeadm version")
	p.line("\t[WARNING Swap]: swap is supported for cgroup v2 only; the kubelet must be properly configured to use swap")
	p.line("[certs] Using certificateDir folder \"/etc/kubernetes/pki\"")
	for _, cert := range []string{"ca", "apiserver", "apiserver-kubelet-client", "front-proxy-ca", "front-proxy-client", "etcd/ca", "etcd/server"} {
		klog("certs.go:112", "creating a new certificate authority for %s", cert)
		p.line("[certs] Generating %q certificate and key", cert)
	}
	p.line("[kubeconfig] Using kubeconfig folder \"/etc/kubernetes\"")
	p.line("[etcd] Creating static Pod manifest for local etcd in \"/etc/kubernetes/manifests\"")
	p.line("[control-plane] Using manifest folder \"/etc/kubernetes/manifests\"")
	p.line("[kubelet-start] Starting the kubelet")
	p.line("[control-plane-check] Waiting for healthy control plane components. This can take up to 4m0s")
	for range 8 {
		p.wait(500 * time.Millisecond)
		p.klog("", "I", pid, "round_trippers.go:560", "GET https://kind-control-plane:6443/livez?timeout=10s  in 0 milliseconds")
	}
	p.wait(2 * time.Second)
	p.line("[control-plane-check] kube-apiserver is healthy after 6.014s")
	p.line("[addons] Applied essential addon: CoreDNS\n[addons] Applied essential addon: kube-proxy")
	p.line("Your Kubernetes control-plane has initialized successfully!")
}

// How many processes run specs, and how many specs they run.
const (
	ginkgoProcs = 25
	ginkgoSpecs = 322
	allSpecs    = 6891
)

// A spec is one that was run.
type spec struct {
	text, place string
	namespace   string
	attempts    int
	failed      bool
	begin, end  time.Time
	gaveUp      time.Time // when it failed
	output      []byte
}

// ginkgoSuite runs the specs, and prints each when it has ended, as Ginkgo does with several processes: times of the log
// go back from one spec to the next. It returns the kubelet's log of the node that ran out of addresses.
func ginkgoSuite(p *printer) (kubelet []byte) {
	p.line("+ ./hack/ginkgo-e2e.sh --provider=skeleton --num-nodes=2 --ginkgo.focus=\\[sig-network\\] --ginkgo.skip=\\[Serial\\] --ginkgo.flake-attempts=2 --disable-log-dump=true")
	p.line("Conformance test: not doing test setup.")
	p.wait(4 * time.Second)
	p.klog("  ", "I", 31207, "e2e.go:109", "Starting e2e run %q on Ginkgo node 1", "3f0d5c1e-77a2-4b5a-9f0e-2d8e1b6c4a90")
	p.line("Running Suite: Kubernetes e2e suite - /home/prow/go/src/k8s.io/kubernetes/_output/bin\n%s", strings.Repeat("=", 85))
	p.line("Random Seed: %d - will randomize all specs\n", p.now.Unix())
	p.line("Will run %d of %d specs\nRunning in parallel across %d processes", ginkgoSpecs, allSpecs, ginkgoProcs)

	begin := p.now
	free := make([]time.Time, ginkgoProcs) // when each process begins its next spec
	for i := range free {
		free[i] = begin.Add(time.Duration(9000+40*i) * time.Millisecond)
	}
	var all []*spec
	for i := range ginkgoSpecs {
		proc := 0
		for j := range free {
			if free[j].Before(free[proc]) {
				proc = j
			}
		}
		s := &spec{begin: free[proc], attempts: 1}
		s.text, s.place, s.namespace = specName(i)
		switch i {
		case 175: // of Netpol
			s.failed = true
		case 182:
			s.attempts = 2
		}
		s.run(32000 + proc)
		free[proc] = s.end.Add(20 * time.Millisecond)
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b *spec) int { return a.end.Compare(b.end) })
	passed, flaked := 0, 0
	var failures []*spec
	for _, s := range all {
		if skipped := p.rng.IntN(40); skipped > 0 {
			p.line("%s", strings.Repeat("S", skipped))
		}
		p.line("%s", strings.Repeat("-", 30))
		p.Write(s.output)
		switch {
		case s.failed:
			failures = append(failures, s)
		case s.attempts > 1:
			flaked++
			fallthrough
		default:
			passed++
		}
		p.now = s.end
	}
	p.line("%s\n\nSummarizing %d Failure:", strings.Repeat("-", 30), len(failures))
	for _, s := range failures {
		p.line("  [FAIL] %s\n  k8s.io/kubernetes/test/e2e/network/netpol/test_helper.go:127", s.text)
	}
	took := p.now.Sub(begin)
	p.line("\nRan %d of %d Specs in %.3f seconds", ginkgoSpecs, allSpecs, took.Seconds())
	p.line("FAIL! -- %d Passed | %d Failed | %d Flaked | 0 Pending | %d Skipped\n", passed, len(failures), flaked, allSpecs-ginkgoSpecs)
	p.line("Ginkgo ran 1 suite in %s\n\nTest Suite Failed", took.Round(time.Microsecond))
	p.line("!!! Error in ./hack/ginkgo-e2e.sh:264\n  Error ./hack/ginkgo-e2e.sh:264. 'exit \"${fail}\"' exited with status 1")
	for _, s := range failures {
		kubelet = kubeletLog(s)
	}
	return kubelet
}

// specName names the n-th spec.
func specName(n int) (text, place, namespace string) {
	groups := []struct{ text, file, namespace string }{
		{"Netpol NetworkPolicy between server and client", "netpol/network_policy.go", "netpol"},
		{"Services", "service.go", "services"},
		{"DNS", "dns.go", "dns"},
		{"EndpointSlice", "endpointslice.go", "endpointslice"},
		{"Networking Granular Checks: Pods", "networking.go", "pod-network-test"},
		{"Conntrack", "conntrack.go", "conntrack"},
		{"HostPort", "hostport.go", "hostport"},
	}
	should := []string{"should enforce policy based on", "should deny ingress from", "should deny egress from", "should allow ingress from", "should serve traffic for",
		"should keep connections of", "should update rules of", "should clean up after"}
	object := []string{"PodSelector with MatchExpressions", "NamespaceSelector with MatchLabels", "Ports", "named ports", "a single endpoint", "pods of another namespace", "an updated policy"}
	g := groups[n%len(groups)]
	text = "[sig-network] " + g.text + " " + should[n/len(groups)%len(should)] + " " + object[n/(len(groups)*len(should))%len(object)]
	return text, fmt.Sprintf("k8s.io/kubernetes/test/e2e/network/%s:%d", g.file, 120+n), fmt.Sprintf("%s-%d", g.namespace, 1000+n*27%9000)
}

// run prints the spec's own log, from its begin on, and sets its end.
func (s *spec) run(pid int) {
	p := newPrinter(s.text, s.begin)
	for attempt := 1; attempt <= s.attempts; attempt++ {
		if attempt > 1 {
			p.line("\n  Attempt #%d Failed.  Retrying ↺ @ %s\n", attempt-1, p.now.Format(ginkgoTime))
		}
		s.attempt(p, pid, s.failed || attempt < s.attempts)
	}
	s.end = p.now
	body := p.Bytes()
	p = newPrinter(s.text, s.end)
	header := "•"
	switch {
	case s.failed:
		header += " [FAILED]"
	case s.attempts > 1:
		header = fmt.Sprintf("↺ [FLAKEY TEST - TOOK %d ATTEMPTS TO PASS]", s.attempts)
	case s.end.Sub(s.begin) > 4*time.Minute:
		header += " [SLOW TEST]"
	}
	p.line("%s [%.3f seconds]\n%s\n%s\n\n  Timeline >>", header, s.end.Sub(s.begin).Seconds(), s.text, s.place)
	p.Write(body)
	p.line("  << Timeline")
	if s.failed {
		p.line("\n  [FAILED] unable to initialize resources: timed out after 300.001s: pod %s/b is not running: Pending, %s", s.namespace, noAddress)
		p.line("  In [It] at: k8s.io/kubernetes/test/e2e/network/netpol/test_helper.go:127 @ %s", s.gaveUp.Format(ginkgoTime))
	}
	s.output = p.Bytes()
}

// noAddress is what the container runtime says when a node has no address left for a pod.
const noAddress = `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type="ptp" failed (add): ` +
	`failed to allocate for range 0: no IP addresses available in range set: 10.244.2.1-10.244.2.254`

func (s *spec) attempt(p *printer, pid int, fails bool) {
	klog := func(place, format string, args ...any) {
		p.wait(350 * time.Millisecond)
		p.klog("  ", "I", pid, place, format, args...)
	}
	p.step("Creating a kubernetes client")
	klog("util.go:506", ">>> kubeConfig: /root/.kube/config")
	p.step("Building a namespace api object, basename %s", strings.TrimRight(s.namespace, "-0123456789"))
	p.step("Waiting for a default service account to be provisioned in namespace")
	p.step("Waiting for kube-root-ca.crt to be provisioned in namespace")
	pods := []string{"a", "b", "c"}
	p.step("Creating 3 pods in namespace %s", s.namespace)
	waited := 3 + p.rng.IntN(6)
	if fails {
		waited = 150
		p.step("Waiting up to 5m0s for pod %q in namespace %q to be running and ready", "b", s.namespace)
	}
	if fails && s.attempts > 1 {
		waited = 30
	}
	for i := range waited {
		p.now = p.now.Add(1650 * time.Millisecond)
		klog("wait.go:104", "Pod %q: Phase=\"Pending\", Reason=\"\", readiness=false. Elapsed: %.6fs", "b", float64(2*i)+float64(p.rng.IntN(1e6))/1e6)
	}
	if fails {
		s.gaveUp = p.now
		p.line("  [FAILED] in [It] - k8s.io/kubernetes/test/e2e/network/netpol/test_helper.go:127 @ %s", p.now.Format(ginkgoTime))
		s.dump(p)
		return
	}
	for _, pod := range pods {
		klog("wait.go:104", "Pod %q: Phase=\"Running\", Reason=\"\", readiness=true", pod)
	}
	for round := range 3 + p.rng.IntN(3) {
		p.step("Validating reachability matrix, round %d", round+1)
		for _, from := range pods {
			for _, to := range pods {
				klog("kubemanager.go:198", "ExecWithOptions: execute(POST https://127.0.0.1:42351/api/v1/namespaces/%s/pods/%s/exec?command=%%2Fagnhost&command=connect&command=10.244.%d.%d%%3A80&"+
					"command=--timeout%%3D1s&command=--protocol%%3Dtcp&container=cont-80-tcp&stderr=true&stdout=true)", s.namespace, from, 1+p.rng.IntN(2), 2+p.rng.IntN(250))
				p.wait(400 * time.Millisecond)
				if to == "c" && round == 0 {
					p.klog("  ", "I", pid, "probe.go:89", "%s/%s -> %s/%s: unable to execute command: command terminated with exit code 1: TIMEOUT, as expected", s.namespace, from, s.namespace, to)
				}
			}
		}
		klog("test_helper.go:146", "reachability: correct:9, incorrect:0, result=true")
		p.line("  expected and observed:\n\n  -\t%[1]s/a\t%[1]s/b\t%[1]s/c\n  %[1]s/a\t.\t.\tX\n  %[1]s/b\t.\t.\tX\n  %[1]s/c\t.\t.\tX\n", s.namespace)
		klog("dump.go:58", "policies: [{\"metadata\":{\"name\":\"policy-%s\",\"namespace\":\"%s\",\"creationTimestamp\":null},\"spec\":{\"podSelector\":{\"matchLabels\":{\"pod\":\"a\"}},"+
			"\"ingress\":[{\"ports\":[{\"protocol\":\"TCP\",\"port\":80}],\"from\":[{\"namespaceSelector\":{\"matchExpressions\":[{\"key\":\"kubernetes.io/metadata.name\",\"operator\":\"NotIn\",\"values\":[\"%s\"]}]}}]}],"+
			"\"policyTypes\":[\"Ingress\"]},\"status\":{}}]", p.suffix(), s.namespace, s.namespace)
	}
	p.step("Destroying namespace %q for this suite.", s.namespace)
}

// dump prints what the framework collects when a spec has failed.
func (s *spec) dump(p *printer) {
	p.step("dump namespace information after failure")
	p.step("Collecting events from namespace %q.", s.namespace)
	p.step("Found 5 events.")
	event := func(ago time.Duration, object, source, text string) {
		p.line("  I%s   31207 dump.go:53] At %s - event for %s: {%s} %s", p.now.Format("0102 15:04:05.000000"), p.now.Add(-ago).Truncate(time.Second).Format("2006-01-02 15:04:05 -0700 UTC"), object, source, text)
		p.wait(time.Millisecond)
	}
	waited := p.now.Sub(s.begin)
	event(waited, "a", "default-scheduler ", "Scheduled: Successfully assigned "+s.namespace+"/a to kind-worker")
	event(waited, "b", "default-scheduler ", "Scheduled: Successfully assigned "+s.namespace+"/b to kind-worker2")
	event(waited-2*time.Second, "a", "kubelet kind-worker", "Started: Started container cont-80-tcp")
	event(waited-2*time.Second, "b", "kubelet kind-worker2", "FailedCreatePodSandBox: "+noAddress)
	event(waited-14*time.Second, "b", "kubelet kind-worker2", "FailedCreatePodSandBox: (combined from similar events): "+noAddress)
	p.wait(200 * time.Millisecond)
	p.klog("  ", "I", 31207, "resource.go:168", "POD  NODE          PHASE    GRACE  CONDITIONS")
	p.klog("  ", "I", 31207, "resource.go:175", "a    kind-worker   Running         [{PodReadyToStartContainers 0 True} {Initialized 0 True} {Ready 0 True}]")
	p.klog("  ", "I", 31207, "resource.go:175", "b    kind-worker2  Pending         [{PodReadyToStartContainers 0 False} {Initialized 0 True} {Ready 0 False ContainersNotReady containers with unready status: [cont-80-tcp]}]")
	p.wait(2500 * time.Millisecond)
	p.step("Destroying namespace %q for this suite.", s.namespace)
}

// kubeletLog is the journal of the kubelet of kind-worker2 while a spec failed.
func kubeletLog(s *spec) []byte {
	p := newPrinter("kubelet", s.begin.Add(-30*time.Second))
	line := func(severity, place, format string, args ...any) {
		p.line("%s kind-worker2 kubelet[279]: %s%s     279 %s] %s", p.now.Format("Jan 02 15:04:05"), severity, p.now.Format("0102 15:04:05.000000"), place, fmt.Sprintf(format, args...))
	}
	for p.now.Before(s.end) {
		p.wait(700 * time.Millisecond)
		name := "probe-" + p.suffix()
		line("I", "kubelet.go:2440", `"SyncLoop ADD" source="api" pods=["pod-network-test-4471/%s"]`, name)
		if p.now.After(s.begin) {
			p.wait(9 * time.Second)
			line("E", "kuberuntime_sandbox.go:70", `"Failed to create sandbox for pod" err="%s" pod="%s/b"`, strings.ReplaceAll(noAddress, `"`, `\"`), s.namespace)
			line("E", "pod_workers.go:1301", `"Error syncing pod, skipping" err="failed to \"CreatePodSandbox\" for \"b_%[1]s\"" pod="%[1]s/b"`, s.namespace)
		}
	}
	return p.Bytes()
}

func kindDown(p *printer) {
	p.wait(time.Second)
	p.line("+ cleanup\n+ kind export logs /logs/artifacts")
	p.wait(9 * time.Second)
	p.line("Exporting logs for cluster \"kind\" to:\n/logs/artifacts")
	p.line("+ kind delete cluster\nDeleting cluster \"kind\" ...")
	p.wait(4 * time.Second)
	p.line("Deleted nodes: [\"kind-worker2\" \"kind-control-plane\" \"kind-worker\"]")
	p.line("wrapper.sh] [TEST] Test Command exit code: 1")
	p.line("wrapper.sh] [CLEANUP] Cleaning up after Docker in Docker ...")
	p.wait(6 * time.Second)
	p.line("wrapper.sh] [CLEANUP] Done cleaning up after Docker in Docker.\nwrapper.sh] Exiting 1")
	p.entrypointFailed()
}
