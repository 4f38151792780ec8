package main

import (
	"fmt"
	"strings"
	"time"
)

// Cases that are decided by the machine that a job runs on: E5, E7, I1, I3.

var buildFailures = []failure{
	{
		id: "E5", job: job{name: "pull-cloud-provider-aws-e2e", org: "kubernetes", repo: "cloud-provider-aws", pull: 1231, image: kubekins, at: time.Date(2025, 8, 1, 18, 20, 0, 0, time.UTC), memory: "4Gi",
			args: []string{"runner.sh", "./hack/e2e.sh"}}, play: outOfMemory,
		expect: expectation{
			Title: "The test container used more memory than it may and was killed; its log breaks off",
			Cause: `OOMKilled|(?i)out of memory`, NotFirst: []string{`connect: connection refused`, `(?i)signal: killed`, `(?i)FLAKEY`}, Category: "oom", Needs: []string{"run"},
			Evidence: []place{{"run/podinfo.json", `"reason": "OOMKilled"`}},
			Misleads: []place{{"run/build-log.txt", `E\d{4} .*connect: connection refused`}, {"run/build-log.txt", `compile: signal: killed`}, {"run/build-log.txt", `go: downloading \S+$`}},
		},
	},
	{
		id: "E7", job: job{name: "pull-node-feature-discovery-build-image-cross-generic", org: "kubernetes-sigs", repo: "node-feature-discovery", pull: 2402, image: "kubekins-e2e:v20260214-example-master",
			at: time.Date(2026, 2, 20, 9, 12, 0, 0, time.UTC), memory: "8Gi", args: []string{"runner.sh", "make", "image-all", "IMAGE_ALL_PLATFORMS=linux/amd64,linux/arm64,linux/ppc64le,linux/s390x,linux/arm/v7"}}, play: emulated, history: 5,
		expect: expectation{
			Title: "Go crashes in another way each time, always in go mod download: the memory is too small for five emulated platforms at once",
			Cause: `(?i)go mod download`, NotFirst: []string{`did not complete successfully`, `make: \*\*\*`, `(?i)DeadlineExceeded`}, Category: "oom", Needs: []string{"run", "history"},
			Evidence: []place{{"run/build-log.txt", `found bad pointer in Go heap|pointer .* to unallocated span`}, {"history/1/build-log.txt", `SIGSEGV: segmentation violation`}, {"history/3/build-log.txt", `marked free object in span`}, {"history/2/build-log.txt", `Successfully built`}},
			Misleads: []place{{"run/build-log.txt", `did not complete successfully: exit code: 2`}, {"run/build-log.txt", `make: \*\*\*`}, {"run/build-log.txt", `WARN: LegacyKeyValueFormat`}},
		},
	},
	{
		id: "I1", job: job{name: "integ-pilot-multicluster_istio", org: "istio", repo: "istio", pull: 56120, image: "build-tools:main-example", at: time.Date(2025, 10, 8, 13, 5, 0, 0, time.UTC),
			args: []string{"entrypoint", "prow/integ-suite-kind.sh", "test.integration.pilot.kube"}}, play: watchLimits,
		expect: expectation{
			Title: "The node of the build cluster has too few inotify instances; etcd of the kind clusters answers too late, whatever object is created",
			Cause: `etcdserver: request timed out|(?i)inotify|too many open files`, NotFirst: []string{`(?i)VirtualService .{0,40}not (created|applied)`, `^FAIL$`, `make: \*\*\*`}, Category: "infra", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/primary-control-plane/etcd.log", `waiting for ReadIndex response took too long|slow fdatasync`}, {"run/artifacts/primary-control-plane/journal.log", `inotify_init1? ?.*too many open files|[Tt]oo many open files`}, {"run/build-log.txt", `(?s)(etcdserver: request timed out.*){4}`}},
			Misleads: []place{{"run/build-log.txt", `failed to create VirtualService`}, {"run/build-log.txt", `failed to create Secret`}, {"run/artifacts/junit.xml", `TestTraffic`}, {"run/build-log.txt", `make: \*\*\*`}},
		},
	},
	{
		id: "I3", job: job{name: "integ-security_istio", org: "istio", repo: "istio", pull: 55410, image: "build-tools:main-example", at: time.Date(2025, 11, 12, 10, 40, 0, 0, time.UTC), pool: "gke-istio-prow-build-",
			args: []string{"entrypoint", "prow/integ-suite-kind.sh", "test.integration.security.kube"}}, play: slowNode, history: 7,
		expect: expectation{
			Title: "All slow runs were on one node of the build cluster, where containers of dead runs use the processors; the others were as quick as ever",
			Cause: `gke-istio-prow-build-7c1e09b4-x2lq`, NotFirst: []string{`^FAIL`, `panic: test timed out`, `make: \*\*\*`}, Category: "infra", Needs: []string{"run", "history"},
			Evidence: []place{{"run/podinfo.json", `gke-istio-prow-build-7c1e09b4-x2lq`}, {"history/2/podinfo.json", `gke-istio-prow-build-7c1e09b4-x2lq`}, {"history/5/podinfo.json", `gke-istio-prow-build-7c1e09b4-x2lq`}},
			Misleads: []place{{"run/build-log.txt", `panic: test timed out after 40m0s`}, {"run/build-log.txt", `Waiting for .* to be ready`}, {"run/build-log.txt", `make: \*\*\*`}},
		},
	},
}

func outOfMemory(s *scene) {
	s.line("+ make test-e2e\n+ ginkgo build ./tests/e2e")
	s.goDownloads(140)
	for i := range 4 {
		s.wait(10 * time.Second)
		s.klog("", "E", 2201, "wait.go:88", "the API server of the cluster is not there yet (try %d): dial tcp 3.20.0.4:443: connect: connection refused", i+1)
	}
	s.line("cluster is ready\n↺ [FLAKEY TEST - TOOK 2 ATTEMPTS TO PASS] [61.120 seconds]\n[cloud-provider-aws-e2e] loadbalancer NLB should be reachable")
	s.specs(18, "[cloud-provider-aws-e2e] loadbalancer", 8*time.Second)
	s.line("+ go test -c -o /tmp/e2e-nodes ./tests/e2e/nodes\nk8s.io/client-go/kubernetes/typed/apps/v1: /usr/local/go/pkg/tool/linux_amd64/compile: signal: killed\n+ retry go test -p 1 -c -o /tmp/e2e-nodes ./tests/e2e/nodes")
	s.wait(40 * time.Second)
	s.goDownloads(30)
	s.WriteString("go: downloading k8s.io/kubern")
	s.fail()
	s.run.ending = ending{exit: 137, reason: "OOMKilled"}
}

// emulated fails in three of six runs, each time with another crash.
func emulated(s *scene) {
	s.line("docker buildx build --platform=linux/amd64,linux/arm64,linux/ppc64le,linux/s390x,linux/arm/v7 --progress=plain .")
	elapsed := func() float64 { return s.now.Sub(s.run.times().test).Seconds() }
	s.line("#1 [internal] load build definition from Dockerfile\n#1 DONE 0.1s\n\n 1 warning found:\nWARN: LegacyKeyValueFormat: \"ENV key=value\" should be used instead of legacy \"ENV key value\" format (line 12)")
	s.wait(40 * time.Second)
	platforms := []string{"linux/amd64", "linux/arm64", "linux/ppc64le", "linux/s390x", "linux/arm/v7"}
	for i, p := range platforms {
		s.line("#%d [%s builder 4/7] RUN --mount=type=cache,target=/go/pkg/mod go mod download", 21+i, p)
	}
	for i := range 150 {
		s.wait(700 * time.Millisecond)
		s.line("#%d %.1f go: downloading %s", 21+i%5, elapsed(), s.vary(modules[s.rng.IntN(len(modules))]))
	}
	crashes := map[int][]string{
		0: {"runtime: pointer 0xc000a3e180 to unallocated span span.base()=0xc000a3e000 span.limit=0xc000a40000 span.state=0", "fatal error: found bad pointer in Go heap (incorrect use of unsafe or cgo?)"},
		1: {"SIGSEGV: segmentation violation", "PC=0x4a1f0 m=4 sigcode=1 addr=0x18"},
		3: {"runtime: marked free object in span 0x7f3c1d20a4e8, elemsize=64 freeindex=9 (bad use of unsafe.Pointer? try -d=checkptr)", "fatal error: found pointer to free object"},
	}
	crash, bad := crashes[s.n]
	if !bad {
		for i, p := range platforms {
			s.wait(30 * time.Second)
			s.line("#%d DONE %.1fs\n#%d [%s builder 7/7] RUN make install", 21+i, elapsed(), 31+i, p)
		}
		s.wait(8 * time.Minute)
		s.line("Successfully built gcr.io/example/node-feature-discovery:cross")
		return
	}
	step := 22 + s.n%4
	s.line("#%d %.1f %s\n#%d %.1f %s\n#%d %.1f", step, elapsed(), crash[0], step, elapsed(), crash[1], step, elapsed())
	for i := range 12 {
		s.line("#%d %.1f goroutine %d [IO wait]:\n#%d %.1f internal/poll.runtime_pollWait(0x%s, 0x72)\n#%d %.1f \t/usr/local/go/src/runtime/netpoll.go:351 +0x8%d", step, elapsed(), 17*i+1, step, elapsed(), s.hex(12), step, elapsed(), i%10)
	}
	s.line("#%d ERROR: process \"/bin/sh -c go mod download\" did not complete successfully: exit code: 2\n------\n > [%s builder 4/7] RUN --mount=type=cache,target=/go/pkg/mod go mod download:\n------", step, platforms[step-21])
	s.line("ERROR: failed to solve: process \"/bin/sh -c go mod download\" did not complete successfully: exit code: 2\nmake: *** [Makefile:118: image-all] Error 1")
	s.fail()
	s.entrypointFailed()
}

func watchLimits(s *scene) {
	s.line("+ setup_kind_clusters primary remote cross-network-primary")
	begin := s.now
	s.goDownloads(60)
	for _, cluster := range []string{"primary", "remote", "cross-network-primary"} {
		s.wait(50 * time.Second)
		s.line("%s\tinfo\tCreating cluster %q ...\n ✓ Preparing nodes 📦 📦\n ✓ Starting control-plane 🕹️\n ✓ Joining worker nodes 🚜", s.now.Format("2006-01-02T15:04:05.000000Z"), cluster)
	}
	say := func(level, format string, args ...any) {
		s.wait(400 * time.Millisecond)
		s.line("%s\t%s\ttf\t%s", s.now.Format("2006-01-02T15:04:05.000000Z"), level, fmt.Sprintf(format, args...))
	}
	node := s.attach("primary-control-plane/journal.log", begin.Add(3*time.Minute))
	const host = "primary-control-plane"
	node.journal(host, 70, 50*time.Millisecond, machineBoot)
	for range 16 {
		node.kubelet(host, 6, 4*time.Second, kubeletRuns)
		node.journalLine(host, "systemd[1]: Failed to allocate directory watch: Too many open files")
		node.kubeletLine(host, `W watcher.go:93] "Error while processing event" err="inotify_init: too many open files" path="/sys/fs/cgroup/kubelet"`)
	}
	etcd := s.attach("primary-control-plane/etcd.log", begin.Add(3*time.Minute))
	etcd.etcd(70, 2*time.Second, etcdRuns)
	var cases []junitCase
	objects := []string{"VirtualService", "Gateway", "Secret", "DestinationRule", "Namespace", "Sidecar"}
	for i, test := range []string{"TestTraffic", "TestReachability", "TestGateway", "TestServices", "TestAuthZ", "TestLocality", "TestEnvoyFilter"} {
		begin := s.now
		for range 14 {
			say("info", "=== Test setup of %s: applying %s to cluster %s", test, objects[s.rng.IntN(6)], []string{"primary", "remote"}[s.rng.IntN(2)])
		}
		c := junitCase{Name: test, Class: "pilot"}
		if object := objects[i%6]; i != 3 {
			s.wait(8 * time.Second)
			if etcd.now.Before(s.now) {
				etcd.now = s.now
			}
			etcd.etcd(2, 300*time.Millisecond, []string{`{"level":"warn","ts":"{now}","caller":"etcdserver/v3_server.go:897","msg":"waiting for ReadIndex response took too long, retrying","sent-request-id":{n},"retry-timeout":"500ms"}`,
				`{"level":"warn","ts":"{now}","caller":"wal/wal.go:805","msg":"slow fdatasync","took":"7.{d}s","expected-duration":"1s"}`})
			say("error", "%s: failed to create %s %s-%s: etcdserver: request timed out", test, object, strings.ToLower(object), s.suffix())
			s.line("    config.go:141: VirtualService of %s not applied, so its traffic is not what the test wants\n--- FAIL: %s (%.2fs)", test, test, s.now.Sub(begin).Seconds())
			c.Failure = "failed to create " + object + ": etcdserver: request timed out"
		} else {
			s.line("--- PASS: %s (%.2fs)", test, s.now.Sub(begin).Seconds())
		}
		c.Time = seconds(s.now.Sub(begin))
		cases = append(cases, c)
	}
	s.junit("junit.xml", "pilot", cases...)
	s.line("FAIL\nFAIL\tistio.io/istio/tests/integration/pilot\t%.3fs\nFAIL\nmake: *** [tests/integration/tests.mk:41: test.integration.pilot.kube] Error 1", s.now.Sub(begin).Seconds())
	s.fail()
	s.entrypointFailed()
}

// slowNode has a run on the node in question every second or third time.
func slowNode(s *scene) {
	slow := s.n == 0 || s.n == 2 || s.n == 5
	if slow {
		s.run.node = "gke-istio-prow-build-7c1e09b4-x2lq"
	}
	s.failed = s.n == 0 || s.n == 5 // one of the slow runs was just in time
	factor := time.Duration(10)
	if slow {
		factor = 34
	}
	s.goDownloads(40)
	begin := s.now
	var cases []junitCase
	for i, test := range []string{"TestReachability", "TestMtlsStrict", "TestAuthorization", "TestJWT", "TestIngressGateway", "TestCustomCA", "TestFileMounted", "TestCertificateRotation", "TestExternalCA", "TestPassthrough"} {
		from := s.now
		s.line("=== RUN   %s", test)
		for range 10 {
			s.wait(factor * 700 * time.Millisecond)
			s.line("%s\tinfo\ttf\tWaiting for echo-%s.default to be ready, 1 of 2 endpoints", s.now.Format("2006-01-02T15:04:05.000000Z"), s.suffix())
		}
		if s.failed && i == 9 {
			s.now = begin.Add(40 * time.Minute)
			s.line("panic: test timed out after 40m0s\n\trunning tests:\n\t\t%s (%s)\n\ngoroutine 4411 [running]:\ntesting.(*M).startAlarm.func1()\n\t/usr/local/go/src/testing/testing.go:2484 +0x394\nFAIL\tistio.io/istio/tests/integration/security\t2400.112s\nFAIL\nmake: *** [tests/integration/tests.mk:41: test.integration.security.kube] Error 1", test, s.now.Sub(from).Round(time.Second))
			s.fail()
			s.entrypointFailed()
			return
		}
		s.line("--- PASS: %s (%.2fs)", test, s.now.Sub(from).Seconds())
		cases = append(cases, junitCase{Name: test, Class: "security", Time: seconds(s.now.Sub(from))})
	}
	s.junit("junit.xml", "security", cases...)
	s.line("PASS\nok  \tistio.io/istio/tests/integration/security\t%.3fs", s.now.Sub(begin).Seconds())
}
