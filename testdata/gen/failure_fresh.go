package main

import (
	"fmt"
	"strings"
	"time"
)

// Fresh cases: testdata/failures-apart2 is a second set apart, from further public threads, made without a look at the
// rules. Here are a case of kOps and those of builds: F1, F2, F6, F8, F9; failure_fresh_cloud.go and
// failure_fresh_tests.go have the others.

// freshFailures are the fresh cases, in the order of their ids.
func freshFailures() []failure {
	return []failure{freshFirewall, freshEnvoy, freshRateLimit, freshZone, freshCPUs, freshRace, freshHelm, freshLinter, freshDisk, freshSlowSuite, freshDocker, freshAdmit, freshKernel, freshPrometheus}
}

var freshFirewall = failure{
	id: "F1", job: job{name: "e2e-kops-grid-gce-calico-u2404-k34-ko34", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 8, 20, 2, 17, 0, 0, time.UTC), every: 24 * time.Hour,
		args: []string{"bash", "-c", "kubetest2 kops -v=2 --up --down --cloud-provider=gce --test=kops"}}, play: noPeering, passing: 1,
	expect: expectation{
		Title: "The firewall that kops makes lets no BGP from nodes to the control plane, so that one node's Calico never peers with it and validation waits in vain",
		Cause: `BGP not established|(?i)\btcp[/: ]?179\b`, NotFirst: []string{`wait time exceeded`, `(?i)metrics-server`, `(?i)image pull|ErrImagePull`, `^(Error: )?exit status 1$`}, Category: "product", Phase: "Up", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/nodes-us-west4-a-7q1d/kubelet.log", `calico/node is not ready: BIRD is not ready: BGP not established with 10\.0\.16\.2`}},
		Misleads: []place{{"run/build-log.txt", `wait time exceeded during validation`}, {"run/build-log.txt", `pod "metrics-server-[^"]*" is not ready`}, {"run/artifacts/cluster-info/kube-system/metrics-server-6c9f7b5d4-k8zrt/metrics-server.log", `(?s)(no route to host.*){15}`}, {"passing/1/artifacts/nodes-us-west4-a-7q1d/kubelet.log", `BIRD is not ready: Error querying BIRD`}},
	},
}

func noPeering(s *scene) {
	const cluster, api, node = "e2e-kops-grid-gce-calico-u2404-k34-ko34.k8s.local", "https://34.125.0.88", "nodes-us-west4-a-7q1d"
	gce := func(t *track, method, path string, status int) {
		t.lost().http(method, gceProject+path, status, 120*time.Millisecond)
	}
	s.kubetest("--up --down --cloud-provider=gce --create-args=\"--networking=calico --gce-service-account=default\" --kops-version-marker=https://storage.googleapis.com/k8s-staging-kops/kops/releases/markers/release-1.34/latest-ci-updown-green.txt --test=kops")
	problem := "Pod\tkube-system/calico-node-vw6kx\tsystem-node-critical pod \"calico-node-vw6kx\" is not ready (calico-node)\nPod\tkube-system/metrics-server-6c9f7b5d4-k8zrt\tsystem-cluster-critical pod \"metrics-server-6c9f7b5d4-k8zrt\" is not ready (metrics-server)"
	failure := ""
	if s.failed {
		failure = "exit status 1"
	}
	var up time.Time
	s.phase("Up", failure, func() {
		s.kops("create cluster --name "+cluster+" --cloud gce --networking=calico --zones us-west4-a", func(t *track) {
			gce(t, "GET", "regions/us-west4", 200)
			gce(t, "GET", "zones", 200)
		})
		s.kops("update cluster --name "+cluster+" --admin --yes", func(t *track) {
			for _, task := range []string{"Network/default", "Subnet/us-west4", "FirewallRule/master-to-master", "FirewallRule/master-to-node", "FirewallRule/node-to-master", "FirewallRule/node-to-node", "InstanceTemplate/nodes-us-west4-a", "InstanceGroupManager/a-nodes-us-west4-a"} {
				t.span(scopeTasks, "task-"+task, func(t *track) {
					gce(t, "GET", "global/"+strings.ToLower(task[:4])+"s/"+task[strings.Index(task, "/")+1:], 404)
					gce(t, "POST", "global/"+strings.ToLower(task[:4])+"s", 200)
					t.sleep(4 * time.Second)
				})
			}
		})
		up = s.now
		ready := 4 * time.Minute
		if s.failed {
			ready = time.Hour
		}
		s.kops("validate cluster --name "+cluster+" --count 10 --wait 20m0s", func(t *track) {
			for t.since() < 20*time.Minute-30*time.Second {
				gce(t, "GET", "zones/us-west4-a/instanceGroupManagers", 200)
				if t.since() < 80*time.Second {
					t.lost().unreachable("GET", api+"/api/v1/nodes", "*net.OpError", "dial tcp 34.125.0.88:443: connect: connection refused", 3*time.Millisecond)
				} else {
					t.asksAPI(api)
				}
				if t.since() > ready {
					return
				}
				s.says(t, "W", "validate_cluster.go:232", "(will retry): cluster not yet healthy")
				t.sleep(30 * time.Second)
			}
		})
		if !s.failed {
			s.line("\nYour cluster %s is ready", cluster)
			return
		}
		s.line("INSTANCE GROUPS\nNAME\t\t\t\tROLE\t\tMACHINETYPE\tMIN\tMAX\tSUBNETS\ncontrol-plane-us-west4-a\tControlPlane\te2-standard-2\t1\t1\tus-west4\nnodes-us-west4-a\t\tNode\t\te2-medium\t4\t4\tus-west4\n")
		s.line("VALIDATION ERRORS\nKIND\tNAME\tMESSAGE\n%s\n\nValidation Failed\nError: validation failed: wait time exceeded during validation", problem)
	})
	s.calicoNode(node, up.Add(2*time.Minute))
	if !s.failed {
		s.phase("Test", "", func() { s.specs(25, "[sig-network] Networking Granular Checks: Pods", 6*time.Second) })
	}
	s.phase("Down", "", func() {
		s.kops("toolbox dump --name "+cluster+" --dir /logs/artifacts --ssh-user ubuntu", func(t *track) {
			gce(t, "GET", "zones/us-west4-a/instances", 200)
			t.sleep(50 * time.Second)
		})
		s.line("W: could not read /var/log/cloud-init.log of one instance: Process exited with status 1")
		s.kops("delete cluster --name "+cluster+" --yes", func(t *track) {
			for _, path := range []string{"zones/us-west4-a/instanceGroupManagers/a-nodes-us-west4-a", "global/firewalls/node-to-master", "global/firewalls/node-to-node"} {
				gce(t, "DELETE", path, 200)
				t.sleep(20 * time.Second)
			}
		})
		s.line("Deleted cluster: %q", cluster)
	})
	s.kubetestEnds()
}

// calicoNode leaves what kops toolbox dump finds of one node and its pods.
func (s *scene) calicoNode(node string, up time.Time) {
	const pods = "cluster-info/kube-system/"
	k := s.attach(node+"/kubelet.log", up)
	k.kubelet(node, 60, 900*time.Millisecond, kubeletRuns)
	probe := func(why string) {
		k.kubeletLine(node, `I prober.go:120] "Probe failed" probeType="Readiness" pod="kube-system/calico-node-vw6kx" containerName="calico-node" probeResult="failure" output="calico/node is not ready: `+why+`"`)
	}
	probe("BIRD is not ready: Error querying BIRD: unable to connect to BIRDv4 socket: dial unix /var/run/calico/bird.ctl: connect: no such file or directory")
	bird := s.attach(pods+"calico-node-vw6kx/calico-node.log", up.Add(40*time.Second))
	say := func(level, format string, args ...any) {
		bird.line("%s [%s][71] %s", bird.now.Format("2006-01-02 15:04:05.000"), level, fmt.Sprintf(format, args...))
	}
	say("INFO", "startup/startup.go 428: Early log level set to info")
	bird.line("bird: device1: Initializing\nbird: direct1: Initializing\nbird: Mesh_10_0_16_2: Initializing\nbird: Mesh_10_0_16_4: Initializing\nbird: device1: Starting\nbird: device1: Connected to table master\nbird: Mesh_10_0_16_2: Starting\nbird: Mesh_10_0_16_4: Starting\nbird: Mesh_10_0_16_4: Connected to table master\nbird: Mesh_10_0_16_4: State changed to feed\nbird: Mesh_10_0_16_4: State changed to up")
	if !s.failed {
		bird.line("bird: Mesh_10_0_16_2: Connected to table master\nbird: Mesh_10_0_16_2: State changed to up")
	}
	bird.noise(90, 7*time.Second, []string{"felix/int_dataplane.go 1836: Received *proto.WorkloadEndpointUpdate update from calculation graph, part {n}", "felix/summary.go 100: Summarising {n} dataplane reconciliation loops over 1m2.3s: avg={d}ms longest={n}ms ()", "monitor-addresses/autodetection_methods.go 103: Using autodetected IPv4 address on interface ens4: 10.0.16.9/32", "confd/resource.go 241: Target config /etc/calico/confd/config/bird_ipam.cfg is in sync"},
		func(text string) { say("INFO", "%s", text) })
	server := s.attach(pods+"metrics-server-6c9f7b5d4-k8zrt/metrics-server.log", up.Add(70*time.Second))
	for range 30 {
		server.wait(25 * time.Second)
		server.klogLine(1, `I server.go:191] "Failed probe" probe="metric-storage-ready" err="no metrics to serve"`)
		if s.failed {
			server.klogLine(1, `E scraper.go:149] "Failed to scrape node" err="Get \"https://10.0.16.2:10250/metrics/resource\": dial tcp 10.0.16.2:10250: connect: no route to host" node="control-plane-us-west4-a-x0cf"`)
		}
	}
	if s.failed {
		for range 24 {
			probe("BIRD is not ready: BGP not established with 10.0.16.2")
			k.kubelet(node, 5, 9*time.Second, kubeletRuns)
		}
	}
	s.file("toolbox-dump.yaml", "%s", "resources:\n- type: FirewallRule\n  id: master-to-node\n  allowed: [tcp, udp, icmp, esp, ah, sctp, ipip]\n- type: FirewallRule\n  id: node-to-master\n  allowed: [\"tcp:443\", \"tcp:3988\", \"tcp:10250\", \"udp:4789\", ipip]\n- type: FirewallRule\n  id: node-to-node\n  allowed: [tcp, udp, icmp, esp, ah, sctp, ipip]\n")
}

var certManagerProw = instance{deck: "prow.infra.cert-manager.io", bucket: "cert-manager-prow-artifacts", strategy: "explicit"}

var freshEnvoy = failure{
	id: "F2", job: job{prow: certManagerProw, name: "ci-cert-manager-master-e2e-v1-34", org: "cert-manager", repo: "cert-manager", image: "make-dind:20250910-example", at: time.Date(2025, 9, 30, 7, 40, 0, 0, time.UTC), every: 2 * time.Hour,
		args: []string{"runner", "make", "-j7", "vendor-go", "e2e-ci", "K8S_VERSION=1.34"}}, play: imageDeleted, passing: 2,
	expect: expectation{
		Title: "The publisher has deleted the Envoy image that the tests of the Gateway API install, so that the preparation of the cluster fails",
		Cause: `MANIFEST_UNKNOWN|manifest unknown|(?i)bitnami/envoy[^\n]{0,80}(not found|does not exist|no longer|deleted|cannot be (found|pulled))`, NotFirst: []string{`make(\[\d\])?: \*\*\*`, `(?i)no kind clusters found`, `(?i)already exists`, `(?i)deprecated`}, Category: "image", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `bitnami/envoy.*MANIFEST_UNKNOWN: manifest unknown`}},
		Misleads: []place{{"run/build-log.txt", `make: \*\*\* \[make/e2e-setup\.mk:\d+: .*\] Error 1`}, {"run/build-log.txt", `make: \*\*\* Waiting for unfinished jobs`}, {"run/build-log.txt", `(?s)(Error from server \(NotFound\).*){3}`}, {"passing/1/build-log.txt", `is deprecated`}},
	},
}

// imageDeleted is a make with seven jobs: those that had begun go on after one has failed.
func imageDeleted(s *scene) {
	s.line("Starting Docker in Docker\nWaiting for Docker to be ready, sleeping for 1 seconds ...")
	s.wait(5 * time.Second)
	s.goDownloads(140)
	const kubectl, crane = "_bin/downloaded/tools/kubectl@v1.34.1_linux_amd64", "_bin/tools/crane pull --platform=linux/amd64"
	for _, tool := range []string{"helm@v3.18.6", "kubectl@v1.34.1", "kind@v0.30.0", "ko@0.18.0", "crane@v0.20.6", "ginkgo@v2.25.3", "protoc@v32.0", "vault@1.20.3"} {
		s.wait(2 * time.Second)
		s.line("curl --silent --show-error --fail --location --retry 10 --retry-connrefused https://dl.example.org/%s/linux-amd64.tar.gz -o _bin/downloaded/tools/_%s.tar.gz", tool, tool)
	}
	s.line("WARNING: the flag --platform=all of ko is deprecated, use --platform=linux/amd64\nmake/cluster.sh --name kind\nCreating cluster \"kind\" ...\n • Ensuring node image (kindest/node@sha256:%s) 🖼  ...", s.hex(64))
	for _, image := range []string{"quay.io/jetstack/cert-manager-acmesolver:latest", "registry.k8s.io/ingress-nginx/controller:v1.13.2", "docker.io/kyverno/kyverno:v1.15.2", "ghcr.io/letsencrypt/pebble:2.8.0", "docker.io/hashicorp/vault:1.20.3", "registry.k8s.io/e2e-test-images/agnhost:2.56", "ghcr.io/projectcontour/contour:v1.29.1"} {
		s.wait(3 * time.Second)
		s.line("%s %s _bin/downloaded/containers/amd64/%s.tar", crane, image, strings.ReplaceAll(image, ":", "+"))
	}
	const envoy = "docker.io/bitnami/envoy"
	s.line("%s %s@sha256:4b98a9c1ed4f3d3a3e0d9b4c7d2c9a1e55e0b37b3b6d2f4b7a8f0e1c2d3a4b5c _bin/downloaded/containers/amd64/%s+1.29.1.tar", crane, envoy, envoy)
	s.wait(2 * time.Second)
	if s.failed {
		s.line("Error: fetching %q: GET https://index.docker.io/v2/bitnami/envoy/manifests/sha256:4b98a9c1ed4f3d3a3e0d9b4c7d2c9a1e55e0b37b3b6d2f4b7a8f0e1c2d3a4b5c: MANIFEST_UNKNOWN: manifest unknown; unknown tag=1.29.1-debian-12-r4", envoy)
		s.line("make: *** [make/e2e-setup.mk:189: _bin/downloaded/containers/amd64/%s+1.29.1.tar] Error 1\nmake: *** Waiting for unfinished jobs....", envoy)
	}
	for i := range 60 {
		s.wait(time.Second)
		s.line("#%d %d.%d %s", 7+i/12, i, s.rng.IntN(10), s.vary([]string{"sha256:{id}{id} {n}kB / {n}kB 0.4s done", "RUN apk add --no-cache ca-certificates, step {d}", "extracting sha256:{id}{id} done", "exporting layers"}[i%4]))
	}
	s.line(" ✓ Ensuring node image 🖼\n ✓ Preparing nodes 📦\n ✓ Starting control-plane 🕹️\n ✓ Installing CNI 🔌\nSet kubectl context to \"kind-kind\"\nWarning: resource namespaces/kube-system is missing the annotation kubectl.kubernetes.io/last-applied-configuration\nnamespace/bind already exists")
	if s.failed {
		s.line("make e2e-ci: collecting logs before the cluster is deleted\n+ kind export logs /logs/artifacts")
		for _, name := range []string{"deployments.apps \"cert-manager\"", "pods \"contour\"", "namespaces \"gateway-system\"", "namespaces \"vault\""} {
			s.wait(400 * time.Millisecond)
			s.line("%s logs\nError from server (NotFound): %s not found", kubectl, name)
		}
		s.line("Deleting cluster \"kind\" ...\nCleaning up after docker in docker.\nDone cleaning up after docker in docker.")
		s.fail()
		s.run.ending.exit = 2
		s.line(`{"component":"entrypoint","error":"wrapped process failed: exit status 2","file":"sigs.k8s.io/prow/pkg/entrypoint/run.go:84","func":"sigs.k8s.io/prow/pkg/entrypoint.Options.internalRun","level":"error","msg":"Error executing test process","severity":"error","time":"%s"}`, s.now.Format(time.RFC3339))
		return
	}
	s.wait(3 * time.Minute)
	s.specs(40, "[cert-manager] Certificate issuance with Gateway", 7*time.Second)
	s.line("Ran 40 of 1912 Specs in 1811.871 seconds\nSUCCESS! -- 40 Passed | 0 Failed | 0 Pending | 1872 Skipped\nDeleting cluster \"kind\" ...")
	s.junit("junit__01.xml", "cert-manager e2e suite", junitCase{Name: "[It] [cert-manager] Certificate issuance with Gateway should be created and removed", Time: 7.2})
}

var freshRace = failure{
	id: "F6", job: job{name: "pull-kubernetes-unit", org: "kubernetes", repo: "kubernetes", pull: 106948, image: kubekins, at: time.Date(2022, 2, 10, 9, 41, 0, 0, time.UTC), args: []string{"runner.sh", "make", "test", "KUBE_RACE=-race"}}, play: raceInTest, passing: 1,
	expect: expectation{
		Title: "A test puts back standard error while the log library of a server that it started still writes to it: a data race of the test alone",
		Cause: `DATA RACE|race detected during execution of test|TestErrConnKilled\b`, NotFirst: []string{`Observed a panic`, `make: \*\*\*`, `^FAIL\s`, `TLS handshake error`}, Category: "test", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `WARNING: DATA RACE`}, {"run/artifacts/junit_20220210-094511.xml", `race detected during execution of test`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(Observed a panic.*){4}`}, {"run/build-log.txt", `(?s)(TLS handshake error.*){10}`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:186: test\] Error 1`}, {"passing/1/build-log.txt", `Observed a panic`}},
	},
}

func raceInTest(s *scene) {
	s.line("+ make test KUBE_RACE=-race KUBE_TIMEOUT=--timeout=300s\n+++ [%s] Set GOMAXPROCS automatically to 8\n+++ [%s] Running tests without code coverage and with -race", s.now.Format("0102 15:04:05"), s.now.Format("0102 15:04:05"))
	areas := []string{"cmd/kubeadm/app/phases", "pkg/apis/core/validation", "pkg/controller/deployment", "pkg/kubelet/cm", "pkg/kubelet/volumemanager", "pkg/proxy/iptables", "pkg/registry/core/pod", "pkg/scheduler/framework", "vendor/k8s.io/client-go/tools", "vendor/k8s.io/kubectl/pkg/cmd"}
	passes := func(n int) {
		for i := range n {
			s.wait(4 * time.Second)
			s.line("ok  \tk8s.io/kubernetes/%s/part%d\t%d.%03ds", areas[i%len(areas)], i, 1+s.rng.IntN(20), s.rng.IntN(1000))
			if i%4 == 1 {
				s.line("?   \tk8s.io/kubernetes/%s/testing%d\t[no test files]", areas[i%len(areas)], i)
			}
		}
	}
	passes(130)
	const at, root = "/home/prow/go/src/k8s.io/kubernetes/_output/local/go/src/", "k8s.io/kubernetes/vendor/k8s.io/"
	noisy := func(n int) { // what tests want to be printed
		for i := range n {
			s.wait(30 * time.Millisecond)
			if i%3 == 0 {
				s.line("E%s   12731 wrap.go:58] apiserver panic'd on GET /, as the test wants\nE%s   12731 runtime.go:78] Observed a panic: \"test panic\" (kill connection panic)", s.now.Format("0102 15:04:05.000000"), s.now.Format("0102 15:04:05.000000"))
			} else {
				s.line("%s http: TLS handshake error from 127.0.0.1:%d: EOF", s.now.Format("2006/01/02 15:04:05"), 30000+s.rng.IntN(20000))
			}
		}
	}
	s.line("=== RUN   TestTimeoutWithLogging")
	noisy(18)
	s.line("--- PASS: TestTimeoutWithLogging (0.11s)\n=== RUN   TestErrConnKilled")
	c := junitCase{Name: "TestErrConnKilled", Class: root + "apiserver/pkg/server/filters", Time: 0.01}
	if s.failed {
		race := "==================\nWARNING: DATA RACE\nRead at 0x0000038a5620 by goroutine 140:\n  " + root + "klog/v2.(*loggingT).output()\n      " + at + root + "klog/v2/klog.go:1036 +0x73e\n  " + root + "klog/v2.(*loggingT).printDepth()\n      " + at + root + "klog/v2/klog.go:735 +0x2d4\n  " + root + "apimachinery/pkg/util/runtime.logError()\n      " + at + root + "apimachinery/pkg/util/runtime/runtime.go:115 +0x1d\n\nPrevious write at 0x0000038a5620 by goroutine 405:\n  " + root +
			"apiserver/pkg/server/filters.captureStdErr.func2()\n      " + at + root + "apiserver/pkg/server/filters/timeout_test.go:273 +0x5a\n  " + root + "apiserver/pkg/server/filters.TestErrConnKilled()\n      " + at + root + "apiserver/pkg/server/filters/timeout_test.go:323 +0x411\n  testing.tRunner()\n      /usr/local/go/src/testing/testing.go:1259 +0x22f\n\nGoroutine 140 (running) created at:\n  net/http.(*Server).Serve()\n      /usr/local/go/src/net/http/server.go:3034 +0x847\n=================="
		s.line("%s", race)
		s.line("    testing.go:1152: race detected during execution of test\n--- FAIL: TestErrConnKilled (0.01s)")
		c.Failure = "=== RUN   TestErrConnKilled\n" + race + "\n    testing.go:1152: race detected during execution of test\n--- FAIL: TestErrConnKilled (0.01s)"
	} else {
		s.line("--- PASS: TestErrConnKilled (0.01s)")
	}
	s.line("=== RUN   TestErrConnKilledHTTP2")
	noisy(14)
	s.line("--- PASS: TestErrConnKilledHTTP2 (0.02s)")
	if s.failed {
		s.line("FAIL\nFAIL\t%sapiserver/pkg/server/filters\t61.204s", root)
	} else {
		s.line("ok  \t%sapiserver/pkg/server/filters\t60.911s", root)
	}
	passes(80)
	s.junit("junit_"+s.run.created.Format("20060102")+"-094511.xml", "k8s.io/kubernetes", junitCase{Name: "TestTimeoutWithLogging", Class: c.Class, Time: 0.11}, c, junitCase{Name: "TestErrConnKilledHTTP2", Class: c.Class, Time: 0.02})
	if !s.failed {
		s.line("+++ [%s] Saved JUnit XML test report", s.now.Format("0102 15:04:05"))
		return
	}
	s.line("FAIL\n\n=== Failed\n=== FAIL: vendor/k8s.io/apiserver/pkg/server/filters TestErrConnKilled (0.01s)\n\nDONE 41288 tests, 61 skipped, 1 failure in 988.120s\n!!! [%s] Call tree:\n!!! [%s]  1: hack/make-rules/test.sh:263 runTests(...)\nmake: *** [Makefile:186: test] Error 1", s.now.Format("0102 15:04:05"), s.now.Format("0102 15:04:05"))
	s.line("+ EXIT_VALUE=2\n+ set +o xtrace\nCleaning up after docker in docker.\nCleaning up binfmt_misc ...")
	s.fail()
	s.entrypointFailed()
}

var freshLinter = failure{
	id: "F8", job: job{prow: openshiftProw, name: "pull-ci-openshift-route-monitor-operator-master-lint", org: "openshift", repo: "route-monitor-operator", pull: 598, image: "ci-operator:latest", at: time.Date(2026, 7, 18, 13, 5, 0, 0, time.UTC), pool: "ip-10-29-", args: []string{"--target=lint"}}, play: lintContainerKilled, passing: 2,
	expect: expectation{
		Title: "The linters have become more than the memory limit of their container allows, so that they are killed",
		Cause: `OOMKilled|(?i)(exited with|exit) code 137`, NotFirst: []string{`^make`, `(?i)lease`, `level=warning`, `could not be imported`}, Category: "oom", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `Container test exited with code 137, reason OOMKilled`}, {"run/artifacts/build-resources/pods.json", `OOMKilled`}},
		Misleads: []place{{"run/build-log.txt", `level=warning msg="\[config_reader\]`}, {"run/build-log.txt", `(?s)(could not be imported, trying again.*){3}`}, {"passing/1/build-log.txt", `could not be imported, trying again`}},
	},
}

// lintContainerKilled is a test of ci-operator that is one container, without steps of its own.
func lintContainerKilled(s *scene) {
	begin := s.now
	say := func(level, format string, args ...any) {
		s.line("%s[%s] %s", level, s.now.Format(time.RFC3339), fmt.Sprintf(format, args...))
	}
	namespace := "ci-op-" + s.suffix() + "x4k"
	say("INFO", "ci-operator version v20260716-%s", s.hex(9))
	say("INFO", "Loading configuration from https://config.ci.openshift.org for openshift/route-monitor-operator@master")
	say("INFO", "Resolved source https://github.com/openshift/route-monitor-operator to master@%s, merging: #598 %s @example-author", s.run.base()[:8], pullSHA[:8])
	say("INFO", "Using namespace https://console.build07.ci.openshift.org/k8s/cluster/projects/%s", namespace)
	say("INFO", "Running [input:root], src, lint")
	for i := range 120 {
		s.wait(500 * time.Millisecond)
		say("INFO", "Tagging openshift/boilerplate:image-v8.%d.0 into pipeline:part-%d.", i/9, i)
		if i%32 == 5 {
			say("WARN", "ImageStreamTag boilerplate:image-v8.%d.0 could not be imported, trying again", i/9)
		}
	}
	say("INFO", "Building src")
	s.wait(2 * time.Minute)
	say("INFO", "Build src succeeded after %s", s.now.Sub(begin).Round(time.Second))
	say("INFO", "Executing test lint")
	start := s.now
	log := newPrinter(s.run.build+"lint", s.now)
	log.line("make -s golangci-lint\nboilerplate/_lib/container-make: running in the build image\ngo mod download")
	log.goDownloads(90)
	log.line("GOLANGCI_LINT_CACHE=/tmp/golangci-cache golangci-lint run -v -c boilerplate/openshift/golang-osd-operator/golangci.yml --new-from-rev=%s ./...", s.run.base()[:12])
	log.line("level=warning msg=\"[config_reader] The configuration option `run.skip-dirs` is deprecated, please use `issues.exclude-dirs`.\"\nlevel=info msg=\"[lintersdb] Active 27 linters: [asciicheck bodyclose errcheck gosec govet ineffassign misspell revive staticcheck unused whitespace]\"")
	log.wait(3 * time.Minute)
	log.line("level=info msg=\"[loader] Go packages loading at mode 8767 (compiled_files|deps|exports_file|files|imports|name|types_sizes) took 2m58.1s\"\nlevel=info msg=\"[runner/filename_unadjuster] Pre-built 0 adjustments in 31.2ms\"")
	log.wait(5 * time.Minute)
	s.now = log.now
	took := s.now.Sub(start).Round(time.Second)
	status := obj{"name": "test", "ready": false, "restartCount": 0, "state": obj{"terminated": obj{"exitCode": 0, "reason": "Completed", "startedAt": start, "finishedAt": s.now}}}
	c := junitCase{Name: "Run test lint", Time: seconds(s.now.Sub(start))}
	if s.failed {
		status["state"] = obj{"terminated": obj{"exitCode": 137, "reason": "OOMKilled", "startedAt": start, "finishedAt": s.now}}
		say("INFO", "Logs for container test in pod lint:")
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		for _, l := range lines[max(0, len(lines)-60):] {
			say("INFO", "%s", l)
		}
		c.Failure = "could not watch pod: the pod " + namespace + "/lint failed after " + took.String() + " (failed containers: test): ContainerFailed one or more containers exited\n\nContainer test exited with code 137, reason OOMKilled"
	} else {
		say("INFO", "Test lint succeeded after %s", took)
	}
	s.file("build-resources/pods.json", "%s", indented(obj{"items": []obj{{"metadata": obj{"name": "lint", "namespace": namespace}, "spec": obj{"containers": []obj{{"name": "test", "resources": obj{"limits": obj{"memory": "4Gi"}, "requests": obj{"cpu": "100m", "memory": "200Mi"}}}}}, "status": obj{"phase": map[bool]string{true: "Failed", false: "Succeeded"}[s.failed], "containerStatuses": []obj{status}}}}}))
	s.file("lint/finished.json", "%s", compact(obj{"timestamp": s.now.Unix(), "passed": !s.failed, "result": map[bool]string{true: "FAILURE", false: "SUCCESS"}[s.failed]}))
	s.file("ci-operator-step-graph.json", "%s", indented([]obj{graphed("src", nil, begin, start, false), graphed("lint", []string{"src"}, start, s.now, s.failed)}))
	s.junit("junit_operator.xml", "operator", junitCase{Name: "Build image src from the repository", Time: 121}, c)
	say("INFO", "Ran for %s", s.now.Sub(begin).Round(time.Second))
	if s.failed {
		say("ERRO", "Some steps failed:")
		say("ERRO", "\n  * could not run steps: step lint failed: test \"lint\" failed: %s\n---\n%s\n---", c.Failure, "level=info msg=\"[runner/filename_unadjuster] Pre-built 0 adjustments in 31.2ms\"")
		say("INFO", "Reporting job state 'failed' with reason 'executing_graph:step_failed:running_pod'")
		s.fail()
		s.entrypointFailed()
	}
}

var freshDisk = failure{
	id: "F9", job: job{prow: kubevirtProw, name: "pull-kubevirt-e2e-k8s-1.16", org: "kubevirt", repo: "kubevirt", pull: 3972, image: "kubevirtci/bootstrap:v20200803-example", at: time.Date(2020, 8, 19, 10, 31, 0, 0, time.UTC), pool: "ibm-srv0", args: []string{"/usr/local/bin/runner.sh", "/bin/sh", "-c", "export TARGET=k8s-1.16 && automation/test.sh"}}, play: diskFull, passing: 2,
	expect: expectation{
		Title: "Dumps of crashed programs have filled the disk of the machine that the job runs on, so that its build cannot write its images",
		Cause: `(?i)no space left on device|Errno 28`, NotFirst: []string{`make: \*\*\*`, `returned 404`, `(?i)no such container`, `Build did NOT complete`}, Category: "infra", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `OSError: \[Errno 28\] No space left on device`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(GET returned 404 Not Found.*){4}`}, {"passing/1/build-log.txt", `GET returned 404 Not Found`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:\d+: cluster-sync\] Error 1`}, {"run/build-log.txt", `(?s)(no such container.*){2}`}},
	},
}

func diskFull(s *scene) {
	s.line("+ export KUBEVIRT_PROVIDER=k8s-1.16\n+ make cluster-down\nError: no such container k8s-1.16-dnsmasq\n+ make cluster-up\nDownloading .......\nDownloading .......")
	for range 14 {
		s.wait(2 * time.Second)
		s.line("%s: Pull complete", s.hex(12))
	}
	for i := range 60 {
		s.wait(1800 * time.Millisecond)
		s.line("%s %s", s.now.Format("2006/01/02 15:04:05"), s.vary([]string{"Waiting for host: 192.168.66.101:22", "Problem with dial: dial tcp 192.168.66.101:22: getsockopt: connection refused. Sleeping {d}s", "Connected to tcp://192.168.66.101:22", "+ kubectl --kubeconfig=/etc/kubernetes/admin.conf create -f /tmp/part-{n}.yaml"}[i%4]))
	}
	s.line("kube-system   coredns-5644d7b6d9-%s   1/1   Running\n+ make cluster-sync\n./hack/dockerized \"./hack/bazel-build.sh && ./hack/bazel-push-images.sh\"\nStarting local Bazel server and connecting to it...", s.suffix())
	for i := range 130 {
		s.wait(2 * time.Second)
		switch {
		case i%26 == 9:
			s.line("WARNING: Download from https://mirror.bazel.build/github.com/part-%d/archive/v%d.tar.gz failed: class com.google.devtools.build.lib.bazel.repository.downloader.UnrecoverableHttpException GET returned 404 Not Found", i, s.rng.IntN(9))
		default:
			s.line("[%d / 2,311] %s", 17*i, s.vary([]string{"GoCompilePkg vendor/k8s.io/api/part{n}/linux_amd64_stripped/go_default_library%/part.a; {n}s linux-sandbox", "GoLink cmd/virt-handler/linux_amd64_stripped/virt-handler; {d}s linux-sandbox", "ImageLayer rpms/part_{n}-layer.tar; {d}s linux-sandbox", "Fetching @go_puller_linux; fetching {n}s"}[i%4]))
		}
	}
	if s.failed {
		s.line("ERROR: /root/go/src/kubevirt.io/kubevirt/cmd/virt-launcher/BUILD.bazel:112:1: ImageLayer cmd/virt-launcher/version-container-layer.tar failed (Exit 1): build_tar failed: error executing command bazel-out/host/bin/external/io_bazel_rules_docker/container/build_tar --output=bazel-out/k8-fastbuild/bin/cmd/virt-launcher/version-container-layer.tar\nTraceback (most recent call last):\n  File \"/root/.cache/bazel/_bazel_root/sandbox/linux-sandbox/911/execroot/kubevirt/build_tar.py\", line 447, in <module>\n    main(FLAGS)\n  File \"/usr/lib64/python3.7/tarfile.py\", line 248, in copyfileobj\n    dst.write(buf)\nOSError: [Errno 28] No space left on device")
		s.line("Target //:push-images failed to build\nUse --verbose_failures to see the command lines of failed build steps.\nINFO: Elapsed time: 311.204s, Critical Path: 94.10s\nINFO: 1871 processes: 1744 remote cache hit, 127 linux-sandbox.\nFAILED: Build did NOT complete successfully\nmake: *** [Makefile:101: cluster-sync] Error 1")
		s.line("+ collect_debug_logs\ncp: cannot stat '/root/go/src/kubevirt.io/kubevirt/_out/artifacts/k8s-reporter': No such file or directory\n+ make cluster-down\n./cluster-up/down.sh\nk8s-1.16-node01\nError: no such container k8s-1.16-nfs-data\nError: no such container k8s-1.16-registry-proxy")
		s.fail()
		s.entrypointFailed()
		return
	}
	s.line("INFO: Build completed successfully, 2311 total actions\nPushed image registry:5000/kubevirt/virt-launcher:devel")
	s.wait(4 * time.Minute)
	s.specs(40, "[rfe_id:273][crit:high][vendor:cnv-qe@redhat.com] VMIlifecycle", 20*time.Second)
	s.line("Ran 40 of 611 Specs in 3911.442 seconds\nSUCCESS! -- 40 Passed | 0 Failed | 0 Pending | 571 Skipped\n+ make cluster-down\nError: no such container k8s-1.16-nfs-data")
	s.junit("junit.functest.xml", "Tests Suite", junitCase{Name: "[rfe_id:273] VMIlifecycle should be created and removed", Time: 20.2})
}
