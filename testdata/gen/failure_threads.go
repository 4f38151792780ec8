package main

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

// Cases of jobs that build, check and test code, told in public threads: T1, T2, T3, T4, T8, T9, T11, T16. The others are in
// failure_threads_runs.go.

var threadFailures = append([]failure{
	{
		id: "T1", job: job{name: "pull-kwok-unit-test-main", org: "kubernetes-sigs", repo: "kwok", pull: 915, image: kubekins, at: time.Date(2024, 1, 15, 9, 12, 0, 0, time.UTC), args: []string{"make", "unit-test"}}, play: oneUnitTest,
		expect: expectation{
			Title: "One unit test of thousands finds a pod in no phase, and its package fails; the code under test logs errors all the time",
			Cause: `want pod pod1 phase is running`, NotFirst: []string{`(?i)connection refused`, `(?i)deadlock`, `make: \*\*\*`, `^FAIL`}, Category: "test", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `pod_controller_test\.go:321: want pod pod1 phase is running`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(error: .*){20}`}, {"run/build-log.txt", `make: \*\*\*`}, {"run/build-log.txt", `connect: connection refused`}},
		},
	},
	{
		id: "T2", job: job{name: "pull-kubernetes-etcd-image-build", org: "kubernetes", repo: "kubernetes", pull: 104290, image: kubekins, at: time.Date(2021, 8, 11, 12, 40, 0, 0, time.UTC), args: []string{"make", "-C", "cluster/images/etcd", "build"}}, play: doesNotCompile,
		expect: expectation{
			Title: "A package uses a function that the old compiler of the image does not have, so that the image cannot be built",
			Cause: `undefined: errors\.Is`, NotFirst: []string{`make`, `(?i)returned a non-zero code`, `(?i)deprecated`}, Category: "product", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `client_conn_pool\.go:305:6: undefined: errors\.Is`}},
			Misleads: []place{{"run/build-log.txt", `WARNING: `}, {"run/build-log.txt", `returned a non-zero code: 2`}},
		},
	},
	{
		id: "T3", job: job{name: "pull-apiserver-network-proxy-make-lint", org: "kubernetes-sigs", repo: "apiserver-network-proxy", pull: 341, image: kubekins, at: time.Date(2022, 4, 13, 15, 2, 0, 0, time.UTC), args: []string{"make", "lint"}}, play: oldLinter,
		expect: expectation{
			Title: "The linter is older than the compiler of the image and cannot read what that exports",
			Cause: `export data is newer version|unknown iexport format`, NotFirst: []string{`make`, `(?i)deprecated`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `level=error msg="Running error: buildir: failed to load package goarch`}},
			Misleads: []place{{"run/build-log.txt", `is deprecated`}, {"run/build-log.txt", `make: \*\*\*`}},
		},
	},
	{
		id: "T4", job: job{name: "build-prow-images", org: "aws-controllers-k8s", repo: "test-infra", image: "build-prow-images:0.0.67", at: time.Date(2026, 6, 2, 17, 20, 0, 0, time.UTC), args: []string{"bash", "-c", "./prow/scripts/build-prow-images.sh"}}, play: oldBinary,
		expect: expectation{
			Title: "The image of the job holds an older tool that does not know a flag of the script, which was cloned newer",
			Cause: `unknown flag: --base-branch`, NotFirst: []string{`(?i)credential`, `exit(ed)? `, `(?i)no such container`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Error: unknown flag: --base-branch`}},
			Misleads: []place{{"run/build-log.txt", `WARNING! Your credentials are stored unencrypted`}, {"run/build-log.txt", `Error: No such container`}},
		},
	},
	{
		id: "T8", job: job{name: "pull-gateway-api-verify", org: "kubernetes-sigs", repo: "gateway-api", pull: 2155, image: kubekins, at: time.Date(2023, 6, 28, 18, 1, 0, 0, time.UTC), args: []string{"make", "verify"}}, play: baseImageGone,
		expect: expectation{
			Title: "The mirror no longer has the base image that a Dockerfile names, after other checks had passed",
			Cause: `golang:1\.20.*not found`, NotFirst: []string{`make`, `(?i)SECURITY WARNING`, `Verification failed`}, Category: "image", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `ERROR: failed to solve: golang:1\.20: .*not found: not found`}},
			Misleads: []place{{"run/build-log.txt", `error: no changes to commit`}, {"run/build-log.txt", `make: \*\*\*`}},
		},
	},
	{
		id: "T9", job: job{name: "pull-descheduler-verify-master", org: "kubernetes-sigs", repo: "descheduler", pull: 1567, image: kubekins, at: time.Date(2024, 12, 4, 22, 4, 0, 0, time.UTC), timeout: "10m0s", args: []string{"make", "verify"}}, play: slowLinter,
		expect: expectation{
			Title: "The linter was still at work when the job's ten minutes were over",
			Cause: `10m0s|golangci-lint run`, NotFirst: []string{`(?i)--timeout option`, `make`, `grace period`}, Category: "timeout", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Process did not finish before 10m0s timeout`}},
			Misleads: []place{{"run/build-log.txt", `level=error msg="Timeout exceeded: try increasing it by passing --timeout option"`}, {"run/build-log.txt", `make: \*\*\*`}},
		},
	},
	{
		id: "T11", job: job{name: "publish-kubevirtci", org: "kubevirt", repo: "kubevirtci", image: "bootstrap:v20250124-example", at: time.Date(2025, 1, 24, 6, 30, 0, 0, time.UTC), args: []string{"/bin/bash", "-c", "./publish.sh"}}, play: noDocker,
		expect: expectation{
			Title: "The image of the job no longer has docker, which a script some directories down calls",
			Cause: `docker: command not found`, NotFirst: []string{`(?i)refresh`, `(?i)no such volume`, `exit`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `\./build\.sh: line 7: docker: command not found`}},
			Misleads: []place{{"run/build-log.txt", `error refreshing cache`}, {"run/build-log.txt", `rmdir: failed to remove`}},
		},
	},
	{
		id: "T16", job: job{name: "pull-kubernetes-dependencies", org: "kubernetes", repo: "kubernetes", pull: 99632, image: kubekins, at: time.Date(2021, 3, 2, 10, 5, 0, 0, time.UTC), args: []string{"runner.sh", "make", "verify"}}, play: vendorDiffers,
		expect: expectation{
			Title: "The vendored modules are not what the tool would write: a sum of a module is left over",
			Cause: `Vendor Verify failed|vendor/k8s\.io/sample-controller/go\.sum|hack/update-vendor\.sh`, NotFirst: []string{`make`, `!!! Error`, `(?i)fatal: not a git`}, Category: "test", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Vendor Verify failed`}},
			Misleads: []place{{"run/build-log.txt", `!!! Error in hack/make-rules/verify\.sh`}, {"run/build-log.txt", `fatal: not a git repository`}},
		},
	},
}, threadRuns...)

// controllerSays is what code under test logs while its tests pass.
var controllerSays = []string{
	`E {place}] "Failed to list" err="Get \"https://127.0.0.1:6443/api/v1/nodes\": dial tcp 127.0.0.1:6443: connect: connection refused" reflector="pkg/cache.go:{d}"`,
	`I {place}] "Pod event" pod="default/pod{d}"`,
	`W {place}] "watch of *v1.Lease ended with: unexpected EOF" reflector="lease"`,
	`E {place}] "error: cannot patch node" err="nodes \"node{d}\" not found"`,
	`I {place}] "Lock released" holder="node{d}"`,
}

func oneUnitTest(s *scene) {
	s.line("go test -race -v ./...")
	s.goDownloads(40)
	for pkg := range 40 {
		begin := s.now
		broken := pkg == 25
		for i := range 16 {
			name := fmt.Sprintf("Test%s/case_%d", []string{"NodeController", "PodController", "LeaseController", "StageSelector", "Renderer", "DeadlockFree"}[pkg%6], i)
			s.line("=== RUN   %s", name)
			s.noise(5, 20*time.Millisecond, controllerSays, func(text string) {
				s.klogLine(17210, strings.ReplaceAll(text, "{place}", "controller.go:88"))
			})
			if broken && i == 9 {
				s.wait(11 * time.Second)
				s.line("=== RUN   TestPodController\n    pod_controller_test.go:321: want pod pod1 phase is running, got \n--- FAIL: TestPodController (11.00s)")
			}
			s.line("--- PASS: %s (0.06s)", name)
		}
		name := fmt.Sprintf("sigs.k8s.io/kwok/pkg/part%d", pkg)
		if broken {
			s.line("FAIL\nFAIL\t%s\t%.3fs", name, s.now.Sub(begin).Seconds())
		} else {
			s.line("PASS\nok  \t%s\t%.3fs\tcoverage: %d.1%% of statements", name, s.now.Sub(begin).Seconds(), 20+pkg)
		}
	}
	s.line("FAIL\nmake: *** [Makefile:122: unit-test] Error 1")
	s.fail()
	s.entrypointFailed()
}

func doesNotCompile(s *scene) {
	s.dockerInDocker("make -C cluster/images/etcd build")
	s.line("make: Entering directory '/home/prow/go/src/k8s.io/kubernetes/cluster/images/etcd'\nDOCKER_CLI_EXPERIMENTAL=enabled\nWARNING: the flag --squash is experimental and may be removed\nSending build context to Docker daemon  14.34kB")
	for i := range 30 {
		s.wait(2 * time.Second)
		s.line("Step %d/40 : RUN [ \"true\" ]\n ---> Running in %s\nRemoving intermediate container %s\n ---> %s", i+1, s.hex(12), s.hex(12), s.hex(12))
	}
	s.line("debconf: delaying package configuration, since apt-utils is not installed\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.")
	s.wait(40 * time.Second)
	s.line("k8s.io/kubernetes/cluster/images/etcd/migrate\nk8s.io/kubernetes/vendor/golang.org/x/net/http2/hpack\n# k8s.io/kubernetes/vendor/golang.org/x/net/http2\nsrc/k8s.io/kubernetes/vendor/golang.org/x/net/http2/client_conn_pool.go:305:6: undefined: errors.Is")
	s.line("The command '/bin/sh -c go install -i ./migrate' returned a non-zero code: 2\nmake: *** [Makefile:86: build] Error 2\nmake: Leaving directory '/home/prow/go/src/k8s.io/kubernetes/cluster/images/etcd'")
	s.fail()
	s.dockerInDockerEnds(2)
}

func oldLinter(s *scene) {
	s.goDownloads(70)
	s.line("GO111MODULE=on go install github.com/golangci/golangci-lint/cmd/golangci-lint@v1.27.0")
	s.wait(50 * time.Second)
	s.line("golangci-lint run --no-config --disable-all --enable=golint,gofmt,staticcheck --timeout 3m ./...")
	s.line(`level=warning msg="[runner] The linter 'golint' is deprecated (since v1.41.0) due to: The repository of the linter has been archived by the owner."`)
	s.wait(70 * time.Second)
	s.line(`level=error msg="Running error: buildir: failed to load package goarch: could not load export data: cannot import \"internal/goarch\" (unknown iexport format version 2), export data is newer version - update tool"`)
	s.line("make: *** [Makefile:93: lint] Error 3")
	s.fail()
	s.entrypointFailed()
}

func oldBinary(s *scene) {
	s.line("Starting Docker: docker.\n+ set -eo pipefail")
	for _, step := range []string{"Login to the registry", "Check which images have changed", "Build e2e-test", "Build deploy"} {
		s.wait(20 * time.Second)
		s.line("build-prow-images.sh][INFO] %s", step)
		if strings.HasPrefix(step, "Login") {
			s.line("WARNING! Your credentials are stored unencrypted in '/root/.docker/config.json'.\nLogin Succeeded\nError: No such container: buildkit-leftover")
		}
		for i := range 15 {
			s.line("STEP %d/15: RUN install %s\n--> %s", i+1, s.suffix(), s.hex(12))
		}
	}
	s.line("build-prow-images.sh][INFO] Open a pull request with the new tags")
	s.line("Error: unknown flag: --base-branch\nUsage:\n  ack-build-tools publish-pr [flags]\n\nFlags:\n  -h, --help                        help for publish-pr\n      --images-config-path string   path to the list of images\n      --jobs-config-path string     path to the list of jobs; an error in it is fatal\n      --source-branch string        branch that the change is made on")
	s.line("unknown flag: --base-branch")
	s.fail()
	s.entrypointFailed()
}

func baseImageGone(s *scene) {
	s.line("hack/verify-all.sh -v")
	for _, check := range []string{"boilerplate", "codegen", "docs", "golint", "gofmt"} {
		s.line("Verifying hack/verify-%s.sh", check)
		s.wait(30 * time.Second)
		if check == "codegen" {
			s.line("Generating clientset\nerror: no changes to commit\nGenerating listers")
		}
		s.line("SUCCESS")
	}
	s.line("Verifying hack/verify-docker-build.sh\n#1 [internal] load .dockerignore\n#1 transferring context: 2B done\n#1 DONE 0.1s\n#2 [internal] load build definition from Dockerfile.webhook\n#2 DONE 0.1s\n#3 [internal] load metadata for docker.io/library/golang:1.20")
	s.wait(2 * time.Second)
	const gone = "failed to copy: httpReadSeeker: failed open: content at https://mirror.gcr.io/v2/library/golang/manifests/sha256:344193a70dc3588452ea39b4a1e465a8d3c91f788ae053f7ee168cebf18e0a50?ns=docker.io not found: not found"
	s.line("#3 ERROR: %s\n#4 [internal] load metadata for gcr.io/distroless/static:nonroot\n#4 DONE 0.8s\n------\n > [internal] load metadata for docker.io/library/golang:1.20:\n------", gone)
	s.line("Dockerfile.webhook:16\n--------------------\n  14 |     \n  15 |     ARG BUILDPLATFORM=linux/amd64\n  16 | >>> FROM --platform=$BUILDPLATFORM golang:1.20 AS build-env\n  17 |     RUN mkdir -p /go/src/sig.k8s.io/gateway-api\n--------------------\nERROR: failed to solve: golang:1.20: %s", gone)
	s.line("FAILURE\nVerification failed: 1 check of 6 did not pass\nmake: *** [Makefile:87: verify] Error 1")
	s.fail()
	s.entrypointFailed()
}

func slowLinter(s *scene) {
	begin := s.run.times().test
	s.line("hack/verify-vendor.sh")
	s.wait(50 * time.Second)
	s.line("Vendor Verified\ncurl -sSfL https://raw.githubusercontent.com/golangci/golangci-lint/master/install.sh | sh -s -- -b ./_output/bin v1.62.2\ngolangci/golangci-lint info checking GitHub for tag 'v1.62.2'\ngolangci/golangci-lint info found version: 1.62.2 for v1.62.2/linux/amd64\ngolangci/golangci-lint info installed ./_output/bin/golangci-lint\n./_output/bin/golangci-lint run")
	entrypoint := func(function, message string) {
		s.line(`{"component":"entrypoint","file":"sigs.k8s.io/prow/pkg/entrypoint/run.go:169","func":"sigs.k8s.io/prow/pkg/entrypoint.%s","level":"error","msg":%q,"severity":"error","time":%q}`, function, message, s.now.Format(time.RFC3339))
	}
	s.now = begin.Add(10 * time.Minute)
	entrypoint("Options.ExecuteProcess", "Process did not finish before 10m0s timeout")
	s.wait(2 * time.Minute)
	s.line("level=error msg=\"Timeout exceeded: try increasing it by passing --timeout option\"\nmake: *** [Makefile:150: lint] Error 4")
	entrypoint("gracefullyTerminate", "Process gracefully exited before 15m0s grace period")
	s.fail()
}

func noDocker(s *scene) {
	s.line("+ source hack/common.sh\n+ mkdir -p /tmp/work\n+ podman login --username example --password-stdin quay.io")
	s.wait(3 * time.Second)
	s.line("Login Succeeded!\n+ hack/refresh-cache.sh\nerror refreshing cache: connection reset by peer\n+ hack/refresh-cache.sh --again")
	s.wait(20 * time.Second)
	s.line("cache refreshed\n+ cd cluster-provision/k8s/1.32\n+ ../cli-build.sh")
	for i := range 60 {
		s.wait(time.Second)
		s.line("[%d/60] compile cluster-provision/gocli/cmd/part%d", i+1, i)
	}
	s.line("+ [[ linux,k8s =~ linux.* ]]\n+ cd ../centos9\n+ ./build.sh\n./build.sh: line 7: docker: command not found")
	s.line("+ cleanup\n+ echo 'Cleaning up'\nCleaning up\n+ rmdir /tmp/work/cache\nrmdir: failed to remove '/tmp/work/cache': Directory not empty\n+ podman volume prune -f")
	s.wait(2 * time.Second)
	s.line("WARN[0001] no volumes to prune")
	s.fail()
	s.run.ending.exit = 127
	s.line(`{"component":"entrypoint","error":"wrapped process failed: exit status 127","file":"sigs.k8s.io/prow/pkg/entrypoint/run.go:84","func":"sigs.k8s.io/prow/pkg/entrypoint.Options.internalRun","level":"error","msg":"Error executing test process","severity":"error","time":%q}`, s.now.Format(time.RFC3339))
}

func vendorDiffers(s *scene) {
	for i, check := range []string{"bazel", "boilerplate", "gofmt", "govet", "spelling", "imports"} {
		s.line("Verifying verify-%s.sh", check)
		if i == 1 {
			s.line("fatal: not a git repository (or any of the parent directories): .git")
		}
		s.wait(40 * time.Second)
		s.line("SUCCESS  verify-%s.sh\t%ds", check, 30+i)
	}
	s.line("Verifying verify-vendor.sh")
	s.goDownloads(120)
	s.wait(5 * time.Minute)
	s.line(`--- vendor/k8s.io/sample-controller/go.sum	2021-03-02 10:12:28.416619906 +0000
+++ /home/prow/go/src/k8s.io/kubernetes/_tmp/kube-vendor.5adX8q/kubernetes/vendor/k8s.io/sample-controller/go.sum	2021-03-02 10:18:14.068730286 +0000
@@ -437,7 +437,6 @@ k8s.io/utils v0.0.0-20201110183641-67b21
 rsc.io/binaryregexp v0.2.0/go.mod h1:qTv7/COck+e2FymRvadv62gMdZztPaShugOCi3I+8D8=
-sigs.k8s.io/structured-merge-diff/v4 v4.0.2 h1:YHQV7Dajm86OuqnIR6zAelnDWBRjo+YhYV9PmGrh1s8=
 sigs.k8s.io/structured-merge-diff/v4 v4.0.3 h1:4oyYo8NREp49LBBhKxEqCulFjg26rawYKrnCmg+Sr6c=
Vendor Verify failed.
If you're seeing this locally, run the below command to fix your directories:
hack/update-vendor.sh
FAILED   verify-vendor.sh	341s
========================
FAILED TESTS
========================
hack/make-rules/../../hack/verify-vendor.sh`)
	s.line("!!! Error in hack/make-rules/verify.sh:212\n  Error hack/make-rules/verify.sh:212. 'exit 1' exited with status 1\nCall stack:\n  1: hack/make-rules/verify.sh:212 main(...)\nExiting with status 1\nmake: *** [Makefile:108: verify] Error 1")
	s.fail()
	s.entrypointFailed()
}

// without takes files away that a run does not leave, and sets others.
func without(set bucket, names ...string) func(bucket) {
	return func(files bucket) {
		for _, name := range names {
			delete(files, name)
		}
		maps.Copy(files, set)
	}
}
