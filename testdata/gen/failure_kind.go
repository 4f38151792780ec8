package main

import (
	"strings"
	"time"
)

// Cases of clusters in containers: E9, E10, E19.

var kindFailures = []failure{
	{
		id: "E9", job: job{name: "ci-kubernetes-e2e-kind-rootless", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2025, 1, 21, 4, 31, 5, 0, time.UTC),
			args: []string{"wrapper.sh", "bash", "-c", "e2e-k8s.sh"}}, play: dockerChanged, passing: 3,
		expect: expectation{
			Title: "A newer Docker saves images in another form, of which nothing is imported into the nodes, so that the control plane has no images to start from",
			Cause: `(?i)docker.{0,60}25\.0|docker save|imported 0|image load`, NotFirst: []string{`timed out waiting for the condition`, `connect: connection refused`, `(?i)kubelet is not running`},
			Category: "dependency", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `Server Version: 25\.0\.0`}, {"passing/1/build-log.txt", `Server Version: 24\.0\.7`}, {"passing/3/build-log.txt", `Server Version: 24\.0\.7`}, {"run/build-log.txt", `imported 0 images`}},
			Misleads: []place{{"run/build-log.txt", `timed out waiting for the condition`}, {"run/build-log.txt", `(?s)(connect: connection refused.*){50}`}, {"passing/2/build-log.txt", `connect: connection refused`}},
		},
	},
	{
		id: "E10", job: job{name: "ci-kind-dra", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2025, 5, 16, 8, 2, 40, 0, time.UTC),
			args: []string{"wrapper.sh", "bash", "-xc", "kind-dra.sh"}}, play: newerLibrary,
		expect: expectation{
			Title: "The nightly containerd needs a newer C library than the node image has, so that it never starts",
			Cause: `GLIBC_2\.32`, NotFirst: []string{`timed out waiting for the condition`, `(?i)error execution phase`, `failed to init node`}, Category: "dependency", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/kind-control-plane/journal.log", "version `GLIBC_2.32' not found"}},
			Misleads: []place{{"run/build-log.txt", `timed out waiting for the condition`}, {"run/build-log.txt", `ERROR: failed to create cluster`}, {"run/artifacts/kind-control-plane/journal.log", `ACPI BIOS Error`},
				{"run/artifacts/kind-control-plane/journal.log", `(?s)(Failed to run kubelet.*){20}`}},
		},
	},
	{
		id: "E19", job: job{name: "pull-kueue-test-e2e-extended-main-1-35", org: "kubernetes-sigs", repo: "kueue", pull: 11380, image: kubekins, at: time.Date(2026, 5, 4, 14, 12, 0, 0, time.UTC),
			args: []string{"wrapper.sh", "make", "kind-image-build", "test-e2e"}}, play: registryQuota, passing: 3,
		expect: expectation{
			Title: "The registry's quota a minute refused all five tries to pull one image; in passing runs, and for another image here, a later try was let through",
			Cause: `(?i)attempt 5/5|(5|five) (of (5|five) )?(attempts|tries|times)|gave up|leaderworkerset`, NotFirst: []string{`jobset-controller`, `make: \*\*\*`, `(?i)timed out waiting`}, Category: "throttling", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `toomanyrequests: Quota exceeded .*leaderworkerset.*\(attempt 5/5\)`}},
			Misleads: []place{{"run/build-log.txt", `toomanyrequests: Quota exceeded .*jobset-controller.*\(attempt 2/5\)`}, {"passing/1/build-log.txt", `(?s)toomanyrequests: .*\(attempt 2/5\)`}, {"run/build-log.txt", `make: \*\*\* .*Error 1`}, {"run/build-log.txt", `(?s)(Error from server \(NotFound\).*){8}`}},
		},
	},
}

// kindVersions are what differs from run to run, but for Docker.
func (s *scene) kindVersions(docker string) {
	s.line("Client:\n Version:    %s\n Context:    default\n\nServer:\n Containers: 0\n Images: %d\n Server Version: %s\n Storage Driver: overlay2\n containerd version: %s\n Kernel Version: 5.15.0-10%d-gke", docker, s.rng.IntN(4), docker, s.hex(40), 30+s.n)
}

func dockerChanged(s *scene) {
	s.dockerInDocker("bash -c e2e-k8s.sh")
	docker := "24.0.7"
	if s.failed {
		docker = "25.0.0"
	}
	s.kindVersions(docker)
	s.line("+ kind version\nkind v0.21.0-alpha+%s go1.21.6 linux/amd64\n+ kind build node-image --image=kindest/node:latest", s.hex(14))
	s.goDownloads(60)
	s.wait(4 * time.Minute)
	s.line("Finished building Kubernetes\nBuilding node image ...\nImage \"kindest/node:latest\" build completed.\n+ docker save -o /tmp/images.tar $(cat images.txt)")
	s.wait(9 * time.Second)
	images := 9
	if s.failed {
		images = 0
	}
	s.line("+ load-images /tmp/images.tar\nunpacking archive: %d entries\nimported %d images in %dms", 41+s.rng.IntN(4), images, 2100+s.rng.IntN(400))
	s.line("+ kind create cluster --image=kindest/node:latest --retain --wait=1m -v=3\nCreating cluster \"kind\" ...\n • Ensuring node image (kindest/node:latest) 🖼  ...\n ✓ Ensuring node image (kindest/node:latest) 🖼\n • Starting control-plane 🕹️  ...")
	s.klog("", "I", 134, "initconfiguration.go:261", "loading configuration from \"/kind/kubeadm.conf\"")
	for _, part := range []string{"ca", "apiserver", "apiserver-kubelet-client", "front-proxy-ca", "front-proxy-client", "etcd-ca", "etcd-server", "etcd-peer", "etcd-healthcheck-client", "apiserver-etcd-client", "sa"} {
		s.wait(200 * time.Millisecond)
		s.klog("", "I", 134, "certs.go:112", "creating a new certificate authority for %s", part)
		s.line("[certs] Generating %q certificate and key", part)
	}
	s.line("[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory \"/etc/kubernetes/manifests\". This can take up to 4m0s")
	polls := 25 + s.rng.IntN(9)
	if s.failed {
		polls = 240
	}
	for range polls {
		s.wait(time.Second)
		s.klog("", "I", 134, "round_trippers.go:553", "GET https://kind-control-plane:6443/healthz?timeout=10s  in 0 milliseconds")
		if s.rng.IntN(3) == 0 {
			s.klog("", "I", 134, "with_retry.go:241", "Got a Retry-After 1s response for attempt %d to https://kind-control-plane:6443/healthz?timeout=10s: dial tcp 172.18.0.2:6443: connect: connection refused", 1+s.rng.IntN(9))
		}
	}
	if s.failed {
		s.line("\nUnfortunately, an error has occurred:\n\ttimed out waiting for the condition\n\nThis error is likely caused by:\n\t- The kubelet is not running\n\t- The kubelet is unhealthy due to a misconfiguration of the node in some way (required cgroups disabled)")
		s.line("ERROR: failed to create cluster: failed to init node with kubeadm: command \"docker exec --privileged kind-control-plane kubeadm init --skip-phases=preflight --config=/kind/kubeadm.conf --v=6\" failed with error: exit status 1")
		s.line("timed out waiting for the condition\ncouldn't initialize a Kubernetes cluster\nk8s.io/kubernetes/cmd/kubeadm/app/cmd/phases/init.runWaitControlPlanePhase\n\tcmd/kubeadm/app/cmd/phases/init/waitcontrolplane.go:109")
	} else {
		s.line("[apiclient] All control plane components are healthy after %d.5s\n ✓ Starting control-plane 🕹️\n+ ./hack/ginkgo-e2e.sh", polls)
		s.specs(40, "[sig-node] Pods", 4*time.Second)
		s.line("Ran 40 of 7190 Specs in 204.1 seconds\nSUCCESS! -- 40 Passed | 0 Failed")
	}
	s.line("+ kind export logs /logs/artifacts\n+ kind delete cluster")
	s.dockerInDockerEnds(map[bool]int{true: 1}[s.failed])
	if s.failed {
		s.fail()
	}
}

func newerLibrary(s *scene) {
	s.dockerInDocker("bash -xc kind-dra.sh")
	s.line("+ curl -sSL -o containerd.tar.gz https://artifacts.example.org/containerd/nightly/linux-amd64.tar.gz\n+ kind build node-image --image=dra/node:base")
	s.goDownloads(110)
	s.wait(4 * time.Minute)
	s.line("Finished building Kubernetes\nImage \"dra/node:base\" build completed.\n+ docker build --tag dra/node:latest --file Dockerfile .\nStep 1/2 : FROM dra/node:base\nStep 2/2 : ADD containerd.tar.gz /usr/local/\nSuccessfully tagged dra/node:latest")
	s.line("+ kind create cluster --config kind.yaml --image dra/node:latest\nCreating cluster \"kind\" ...\n • Preparing nodes 📦 📦 📦  ...\n ✓ Preparing nodes 📦 📦 📦\n • Starting control-plane 🕹️  ...")
	begin := s.now
	for range 160 {
		s.wait(1500 * time.Millisecond)
		s.klog("", "I", 140, "round_trippers.go:560", "GET https://kind-control-plane:6443/healthz?timeout=10s  in 1 milliseconds")
	}
	s.line("[kubelet-check] The HTTP call equal to 'curl -sSL http://localhost:10248/healthz' failed with error: Get \"http://localhost:10248/healthz\": dial tcp [::1]:10248: connect: connection refused.")
	s.line("Unfortunately, an error has occurred:\n\ttimed out waiting for the condition\nerror execution phase wait-control-plane\nERROR: failed to create cluster: failed to init node with kubeadm: exit status 1")
	p := s.attach("kind-control-plane/journal.log", begin.Add(-9*time.Second))
	const host = "kind-control-plane"
	p.journal(host, 60, 60*time.Millisecond, machineBoot)
	for i := range 45 {
		p.wait(5 * time.Second)
		p.journalLine(host, "systemd[1]: Starting containerd.service - containerd container runtime...")
		if i < 6 {
			p.journalLine(host, "containerd[%d]: /usr/local/bin/containerd: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.32' not found (required by /usr/local/bin/containerd)", 301+i)
		}
		p.journalLine(host, "systemd[1]: containerd.service: Main process exited, code=exited, status=1/FAILURE")
		p.journalLine(host, "systemd[1]: containerd.service: Scheduled restart job, restart counter is at %d.", i+1)
		p.kubeletLine(host, `E run.go:74] "command failed" err="failed to run Kubelet: validate service connection: CRI v1 runtime API is not implemented for endpoint \"unix:///run/containerd/containerd.sock\": connect: no such file or directory"`)
		p.journalLine(host, "kubelet[612]: Error: Failed to run kubelet")
	}
	s.file("kind-version.txt", "kind v0.19.0 go1.20.4 linux/amd64\n")
	s.line("+ kind export logs /logs/artifacts\n+ kind delete cluster")
	s.dockerInDockerEnds(1)
	s.fail()
}

// registryQuota pulls images with five tries each. A minute's quota of the registry is short for all runs.
func registryQuota(s *scene) {
	s.dockerInDocker("make kind-image-build test-e2e")
	s.goDownloads(90)
	pull := func(image string, lost int) bool {
		s.line("docker pull %s", image)
		for i := range lost {
			s.wait(9 * time.Second)
			s.line("%s toomanyrequests: Quota exceeded for quota metric 'Requests per project per region' and limit 'Requests per project per region per minute per region' of service 'artifactregistry.googleapis.com' while pulling %s (attempt %d/5). Retrying in %ds...",
				s.now.Format(time.RFC3339), image, i+1, 5<<i)
			if i == 4 {
				return false
			}
			s.now = s.now.Add(time.Duration(5<<i) * time.Second)
		}
		for range 5 {
			s.line("%s: Pull complete", s.hex(12))
		}
		s.wait(3 * time.Second)
		s.line("Digest: sha256:%s\nStatus: Downloaded newer image for %s", s.hex(64), image)
		return true
	}
	const from = "registry.k8s.io/"
	ok := pull(from+"kind/node:v1.35.0", 0) && pull(from+"jobset/jobset-controller:v0.10.1", 2) && pull(from+"ray/kuberay-operator:v1.5.1", s.n%2)
	lost := 2
	if s.failed {
		lost = 5
	}
	ok = ok && pull(from+"lws/leaderworkerset:v0.7.0", lost)
	if !ok {
		s.line("make: *** [Makefile-test.mk:141: kind-image-load] Error 1\n+ cleanup")
		for _, name := range []string{"kueue-controller-manager", "jobset-controller-manager", "lws-controller-manager", "kuberay-operator", "appwrapper-controller", "mpi-operator", "training-operator", "cert-manager", "prometheus-operator"} {
			s.wait(200 * time.Millisecond)
			s.line("kubectl logs -n kueue-system deployment/%s\nError from server (NotFound): namespaces \"kueue-system\" not found", name)
		}
		s.dockerInDockerEnds(2)
		s.fail()
		return
	}
	s.line("kind load docker-image --name kind-worker1")
	s.specs(50, "Kueue Suite: Job", 6*time.Second)
	s.line("Ran 50 of 52 Specs in 311.9 seconds\nSUCCESS! -- 50 Passed | 0 Failed | 0 Pending | 2 Skipped")
	s.junit("junit.xml", "End To End Suite: kindest/node:v1.35.0", junitCase{Name: "[It] Kueue when creating a Job should run it", Time: 6.2})
	s.dockerInDockerEnds(0)
}

// dots is how a waiter passes the time.
func dots(n int) string { return strings.Repeat(".", n) }
