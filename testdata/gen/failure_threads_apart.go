package main

import (
	"fmt"
	"strings"
	"time"
)

// Cases from further public threads, which were written before the rules were tried on them: T19 to T28. T29 to T33, written
// later in the same way, are in failure_threads_third.go.

var threadSecond = append([]failure{
	{
		id: "T19", job: job{name: "periodic-kueue-test-integration-release-0-15", org: "kubernetes-sigs", repo: "kueue", image: kubekins, at: time.Date(2026, 3, 12, 1, 40, 0, 0, time.UTC), args: []string{"make", "test-integration"}}, play: noEtcd,
		expect: expectation{
			Title: "The program etcd was not installed where the suite's own control plane looks for it, so that one suite never began",
			Cause: `"?etcd\\?"?: executable file not found`, NotFirst: []string{`^\[FAIL`, `make`, `(?i)admission`, `(?i)lease`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `exec: "etcd": executable file not found in \$PATH`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(ERROR\tsetup\.).*`}, {"run/build-log.txt", `make: \*\*\*`}},
		},
	},
	{
		id: "T20", job: job{name: "post-release-push-image-k8s-ci-builder", org: "kubernetes", repo: "release", image: "image-builder:v20210302-example", at: time.Date(2021, 4, 14, 17, 0, 0, 0, time.UTC), args: []string{"/run.sh", "--project=k8s-staging-releng", "images/k8s-ci-builder"}}, play: pushDenied,
		expect: expectation{
			Title: "The account of the build may not push into the project that the makefile names",
			Cause: `Token exchange failed|does not have permission`, NotFirst: []string{`(?i)completed with status`, `make`, `non-zero status`, `(?i)gzip`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `denied: Token exchange failed for project`}},
			Misleads: []place{{"run/build-log.txt", `ERROR: \(gcloud\.builds\.submit\) build .* completed with status "FAILURE"`}, {"run/build-log.txt", `WARNING: `}},
		},
	},
	{
		id: "T21", job: job{name: "post-boskos-push-images", org: "kubernetes-sigs", repo: "boskos", image: "image-builder:v20210913-example", at: time.Date(2021, 9, 27, 18, 30, 0, 0, time.UTC), args: []string{"/run.sh", "--project=k8s-staging-boskos", "."}}, play: buildThrottled,
		expect: expectation{
			Title: "Too many jobs ask Cloud Build for their builds through one project, so that it refuses to answer this one",
			Cause: `Quota exceeded for quota metric 'Build and Operation Get requests'|RATE_LIMIT_EXCEEDED`, NotFirst: []string{`exit status`, `(?i)failed to push some images`, `(?i)no such object`}, Category: "throttling", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `"message": "Quota exceeded for quota metric 'Build and Operation Get requests' and limit`}},
			Misleads: []place{{"run/build-log.txt", `Failed to push some images: .*exit status 1`}, {"run/build-log.txt", `debconf: `}},
		},
	},
	{
		id: "T22", job: job{name: "pull-test-infra-bazel", org: "kubernetes", repo: "test-infra", pull: 4517, image: kubekins, at: time.Date(2017, 9, 12, 6, 11, 0, 0, time.UTC), args: []string{"bazel", "test", "//..."}}, play: dataRace,
		expect: expectation{
			Title: "The race detector finds that two goroutines use a process at once, in one test target of hundreds",
			Cause: `(?i)data race`, NotFirst: []string{`(?i)FAILED in`, `(?i)deprecated`, `(?i)remote cache`, `make`}, Category: "product", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `WARNING: DATA RACE`}},
			Misleads: []place{{"run/build-log.txt", `//kubetest:go_default_test +FAILED in 1\.2s`}, {"run/build-log.txt", `WARNING: Remote Cache`}},
		},
	},
	{
		id: "T23", job: job{name: "ci-kubernetes-conformance-image-test", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2019, 8, 28, 20, 0, 0, 0, time.UTC), args: []string{"runner.sh", "./hack/ci/e2e-k8s.sh"}}, play: warningAsImage,
		expect: expectation{
			Title: "kubeadm prints a warning among the images that it lists, and kind takes the warning for an image that it cannot pull",
			Cause: `The recommended value for|W0828`, NotFirst: []string{`exit status`, `(?i)command .* failed`, `(?i)deprecated`}, Category: "image", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Failed to pull W0828`}},
			Misleads: []place{{"run/build-log.txt", `DEBUG: `}, {"run/build-log.txt", `Error during post-deploy hook|failed to build node image`}},
		},
	},
	{
		id: "T24", job: openshiftJob("periodic-ci-konveyor-pelorus-master-4.10-e2e-openshift-test-scenario-2-periodic", "e2e-openshift-test-scenario-2-periodic", time.Date(2022, 7, 11, 4, 20, 0, 0, time.UTC)), play: noHelm,
		expect: expectation{
			Title: "The script of the test step calls helm, which its image lost; the cluster was installed well",
			Cause: `helm: command not found`, NotFirst: []string{`(?i)unable to retrieve container logs`, `(?i)no resources found`, `exited`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/artifacts/e2e-openshift-test-scenario-2-periodic/test/build-log.txt", `line 232: helm: command not found`}},
			Misleads: []place{{"run/artifacts/e2e-openshift-test-scenario-2-periodic/gather-extra/build-log.txt", `(?s)(error: .*){5}`}, {"run/artifacts/e2e-openshift-test-scenario-2-periodic/test/build-log.txt", `Error from server \(AlreadyExists\)`}},
		},
	},
	{
		id: "T25", job: job{name: "pull-kubermatic-e2e-aws", org: "kubermatic", repo: "kubermatic", pull: 2806, image: "e2e-kind:v0.9", at: time.Date(2019, 2, 15, 10, 2, 0, 0, time.UTC), args: []string{"./api/hack/ci/ci-run-e2e.sh"}}, play: vpaExists,
		expect: expectation{
			Title: "The chart makes cluster-wide objects of another release that are there already, after a flag was given a second meaning",
			Cause: `vpa.*already exists|already exists`, NotFirst: []string{`(?i)tiller`, `(?i)no such secret`, `exit`, `(?i)delete`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Error: release kubermatic failed: clusterrolebindings\.rbac\.authorization\.k8s\.io "vpa-updater" already exists`}},
			Misleads: []place{{"run/build-log.txt", `Error: could not find tiller`}, {"run/build-log.txt", `Error from server \(NotFound\)`}},
		},
	},
	{
		id: "T26", job: job{name: "pull-knative-client-build-tests", org: "knative", repo: "client", pull: 528, image: "prow-tests:stable", at: time.Date(2019, 12, 2, 7, 40, 0, 0, time.UTC), args: []string{"./test/presubmit-tests.sh", "--build-tests"}}, play: notCommitted,
		expect: expectation{
			Title: "Building changes files of the repository that the pull request has not committed",
			Cause: `is out of date\. Please run`, NotFirst: []string{`(?i)build tests failed`, `exit`, `(?i)license`}, Category: "test", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `ERROR: /home/prow/go/src/knative\.dev/client is out of date`}},
			Misleads: []place{{"run/build-log.txt", `BUILD TESTS FAILED`}, {"run/build-log.txt", `warning: `}},
		},
	},
	{
		id: "T27", job: job{prow: openshiftProw, name: "rehearse-36504-pull-ci-openstack-k8s-operators-nova-operator-build-deploy", org: "openshift", repo: "release", pull: 36504, image: "ci-operator:latest", at: time.Date(2023, 2, 17, 15, 20, 0, 0, time.UTC), pool: "ip-10-0-", args: []string{"--target=nova-operator-build-deploy"}}, play: stepImageGone,
		expect: expectation{
			Title: "A step names an image that the job never builds, so that its pod waits half an hour for it",
			Cause: `openstack-operator-ci-build-deploy`, NotFirst: []string{`(?i)one or more containers`, `(?i)heartbeat`, `(?i)deprecated`}, Category: "image", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `reason ImagePullBackOff and message Back-off pulling image "image-registry`}},
			Misleads: []place{{"run/build-log.txt", `pod pending timeout: container "test" has not started in 30m0s`}, {"run/build-log.txt", `failed to heartbeat`}},
		},
	},
	{
		id: "T28", job: job{name: "pull-kubernetes-node-kubelet-serial-crio-cgroupv2", org: "kubernetes", repo: "kubernetes", pull: 102209, image: kubekins, at: time.Date(2021, 6, 6, 10, 50, 0, 0, time.UTC), args: []string{"--node-tests=true", "--provider=gce"}}, play: kubeletConfig,
		expect: expectation{
			Title: "The kubelet cannot decode the configuration that the suite wrote for it and never becomes ready; all specs are skipped",
			Cause: `json parse error|couldn't get version/kind`, NotFirst: []string{`(?i)timed out`, `exit status`, `(?i)BIOS`, `(?i)garbage collection`}, Category: "config", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/n1-standard-4-fedora-coreos/kubelet.log", `failed to decode: couldn't get version/kind; json parse error`}},
			Misleads: []place{{"run/build-log.txt", `kubelet health check failed`}, {"run/artifacts/n1-standard-4-fedora-coreos/kubelet.log", `Image garbage collection failed`}},
		},
	},
}, threadThird...)

func noEtcd(s *scene) {
	s.line("KUBEBUILDER_ASSETS=\"/home/prow/go/src/kubernetes-sigs/kueue/bin/k8s/1.34.0\" ginkgo --procs=4 --race ./test/integration/...")
	s.goDownloads(30)
	for i := range 6 {
		s.line("Running Suite: Suite %d - test/integration/part%d\n==========\nWill run 24 of 24 specs", i, i)
		s.noise(50, 300*time.Millisecond, []string{
			"ERROR\tsetup.controllers\tcould not admit workload {id}\t{\"error\": \"admission check not ready\"}", "INFO\tsetup\tworkload {n} admitted", "ERROR\tsetup.leader\tlease lost\t{\"error\": \"context canceled\"}",
		}, func(text string) { s.line("  %s\t%s", s.now.Format(time.RFC3339Nano), text) })
		s.line("••••••••••••••••••••••••\n\nRan 24 of 24 Specs in %d.%03d seconds\nSUCCESS! -- 24 Passed | 0 Failed | 0 Pending | 0 Skipped\nPASS", 40+i, i)
	}
	s.line("Running Suite: Webhook Suite - test/integration/webhook\n==========\nWill run 30 of 30 specs")
	s.wait(9 * time.Second)
	s.line("------------------------------\n[BeforeSuite] [FAILED] [8.117 seconds]\n[BeforeSuite] \ntest/integration/webhook/suite_test.go:61\n\n  Timeline >>")
	for try := range 5 {
		s.line("  %s\tERROR\tcontroller-runtime.test-env\tunable to start the controlplane\t{\"tries\": %d, \"error\": \"exec: \\\"etcd\\\": executable file not found in $PATH\"}\n  sigs.k8s.io/controller-runtime/pkg/envtest.(*Environment).startControlPlane\n  \tvendor/sigs.k8s.io/controller-runtime/pkg/envtest/server.go:330", s.now.Format(time.RFC3339Nano), try)
	}
	s.line("  [FAILED] in [BeforeSuite] - test/integration/framework/framework.go:88 @ %s\n  << Timeline\n\n  [FAILED] Unexpected error:\n      <*fmt.wrapError | 0xc0002c06c0>: \n      unable to start control plane itself: failed to start the controlplane. retried 5 times: exec: \"etcd\": executable file not found in $PATH\n      {\n          msg: \"unable to start control plane itself\",\n      }\n  occurred\n  In [BeforeSuite] at: test/integration/framework/framework.go:88 @ %[1]s", s.now.Format(ginkgoTime))
	s.line("------------------------------\nSummarizing 1 Failure:\n  [FAIL] [BeforeSuite] \n  test/integration/framework/framework.go:88\n\nRan 0 of 30 Specs in 8.120 seconds\nFAIL! -- A BeforeSuite node failed so all tests were skipped.\n--- FAIL: TestAPIs (8.12s)\nFAIL\n\nGinkgo ran 7 suites in 6m12.1s\n\nThere were failures detected in the following suites:\n  webhook ./test/integration/webhook\n\nTest Suite Failed\nmake: *** [Makefile-test.mk:101: test-integration] Error 1")
	s.fail()
	s.entrypointFailed()
}

// cloudBuilds is how a build of images begins.
func (s *scene) cloudBuilds() {
	s.line("Activated service account credentials for: [gcb-builder@example.iam.gserviceaccount.com]\n%s Build directory: /home/prow/go/src/example\n%[1]s Config directory: images\n%[1]s Creating source tarball...", s.now.Format("2006/01/02 15:04:05"))
	s.line("WARNING: 'gcloud builds submit' uploads the whole directory; see gcloud topic gcloudignore\nCreated [https://cloudbuild.googleapis.com/v1/projects/example/builds/a9a85c0c].\nLogs are available at [https://console.cloud.google.com/cloud-build/builds/a9a85c0c].\n----------------------------- REMOTE BUILD OUTPUT ------------------------------\nstarting build \"a9a85c0c\"\n\nFETCHSOURCE\nFetching storage object: gs://example/source/1.tgz#1\nBUILD")
	for i := range 40 {
		s.wait(3 * time.Second)
		s.line("Step #0: Step %d/40 : RUN install part-%d\nStep #0:  ---> %s", i+1, i, s.hex(12))
	}
	s.line("Step #0: debconf: unable to initialize frontend: Dialog\nStep #0: gzip: warning: output is not a terminal")
}

func pushDenied(s *scene) {
	s.cloudBuilds()
	s.line("Step #0: docker push gcr.io/k8s-staging-build-image/k8s-ci-builder:v1\nStep #0: The push refers to repository [gcr.io/k8s-staging-build-image/k8s-ci-builder]")
	for range 12 {
		s.line("Step #0: %s: Preparing", s.hex(12))
	}
	s.line("Step #0: denied: Token exchange failed for project 'k8s-staging-build-image'. Caller does not have permission 'storage.buckets.get'. To configure permissions, follow instructions at: https://cloud.google.com/container-registry/docs/access-control\nStep #0: make: *** [Makefile:61: push] Error 1\nERROR\nERROR: build step 0 \"gcr.io/k8s-testimages/gcb-docker-gcloud:v20201130-750d12f\" failed: step exited with non-zero status: 2\n--------------------------------------------------------------------------------\nERROR: (gcloud.builds.submit) build a9a85c0c-1f57-48dd-95f3-04b02c69c0b0 completed with status \"FAILURE\"")
	s.line("%s Failed to run cloud build: error running [gcloud builds submit --config images/cloudbuild.yaml]: exit status 1", s.now.Format("2006/01/02 15:04:05"))
	s.fail()
	s.entrypointFailed()
}

func buildThrottled(s *scene) {
	s.cloudBuilds()
	s.line(`ERROR: (gcloud.builds.submit) HttpError accessing <https://cloudbuild.googleapis.com/v1/projects/example/builds/a9a85c0c?alt=json>: response: <{'status': '429', 'content-type': 'application/json; charset=UTF-8'}>, content <{
  "error": {
    "code": 429,
    "message": "Quota exceeded for quota metric 'Build and Operation Get requests' and limit 'Build and Operation Get requests per minute' of service 'cloudbuild.googleapis.com' for consumer 'project_number:180382678033'.",
    "status": "RESOURCE_EXHAUSTED",
    "details": [
      {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com"
      }
    ]
  }
}
>`)
	s.line("CommandException: No such object: gs://example-scratch/logs/log-a9a85c0c.txt")
	s.line("%s Failed to push some images: [error running [gcloud builds submit --config cloudbuild.yaml --project k8s-staging-boskos]: exit status 1]", s.now.Format("2006/01/02 15:04:05"))
	s.fail()
	s.entrypointFailed()
}

func dataRace(s *scene) {
	s.line("WARNING: Remote Cache: UNAVAILABLE: io exception\nWARNING: option '--spawn_strategy' is deprecated\nLoading: 0 packages loaded\nAnalyzing: 412 targets (120 packages loaded)")
	s.wait(4 * time.Minute)
	s.line("FAIL: //kubetest:go_default_test (see /root/.cache/bazel/_bazel_root/27a95fe2/bazel-out/k8-fastbuild/testlogs/kubetest/go_default_test/test.log)\nINFO: From Testing //kubetest:go_default_test:\n==================== Test output for //kubetest:go_default_test:")
	s.line("2017/09/12 06:18:01 util.go:131: Command failed: exit status 1, which the test wants\n2017/09/12 06:18:01 util.go:140: Error: no such file or directory, as the test wants\n==================\nWARNING: DATA RACE\nRead at 0x00c42009fd80 by goroutine 58:\n  k8s.io/test-infra/kubetest/go_default_test.finishRunningParallel()\n      kubetest/util.go:276 +0x8d6\n\nPrevious write at 0x00c42009fd80 by goroutine 15:\n  os/exec.(*Cmd).Start()\n      src/os/exec/exec.go:363 +0x8d6\n==================\n--- FAIL: TestFinishRunningParallel (0.02s)\n\ttesting.go:699: race detected during execution of test\nFAIL\n================================================================================")
	for i := range 160 {
		s.wait(time.Second)
		s.line("//part%d:go_default_test %30s in %d.%ds", i, "PASSED", 1+i%7, i%10)
	}
	s.line("//kubetest:go_default_test                                               FAILED in 1.2s\n  /root/.cache/bazel/_bazel_root/27a95fe2/bazel-out/k8-fastbuild/testlogs/kubetest/go_default_test/test.log\n\nExecuted 161 out of 161 tests: 160 tests pass and 1 fails locally.\nThere were tests whose specified size is too big. Use the --test_verbose_timeout_warnings command line option to see which ones these are.")
	s.fail()
	s.entrypointFailed()
}

func warningAsImage(s *scene) {
	s.dockerInDocker("./hack/ci/e2e-k8s.sh")
	s.line("+ kind build node-image --type=bazel --kube-root=/go/src/k8s.io/kubernetes\nStarting to build Kubernetes\nDEBUG: Rule 'bazel_skylib' is deprecated\nINFO: Build completed successfully, 5104 total actions")
	s.wait(8 * time.Minute)
	s.line("Starting image build ...\nBuilding in /tmp/kind-node-image")
	s.line("Pulling: W0828 20:10:25.905084      79 defaults.go:196] The recommended value for \"rotate-certificates\" in \"\" is: true; the provided value is: false\nPulling: k8s.gcr.io/etcd:3.3.10\nPulling: k8s.gcr.io/coredns:1.5.0\nPulling: k8s.gcr.io/pause:3.1")
	s.wait(4 * time.Second)
	s.line("time=%q level=warning msg=\"Failed to pull W0828 20:10:25.905084      79 defaults.go:196] The recommended value for \\\"rotate-certificates\\\" in \\\"\\\" is: true; the provided value is: false, trying again: invalid reference format\"", s.now.Format("15:04:05"))
	s.wait(9 * time.Second)
	s.line("time=%q level=error msg=\"Image build Failed! Failed to pull Images: failed to save W0828 20:10:25.905084      79 defaults.go:196] The recommended value for \\\"rotate-certificates\\\" in \\\"\\\" is: true; the provided value is: false: exit status 1\"", s.now.Format("15:04:05"))
	s.line("Error: error building node image: failed to build node image\n+ cleanup\n+ kind export logs /logs/artifacts/logs\nError: unknown cluster \"kind\"\n+ kind delete cluster --name kind")
	s.fail()
	s.dockerInDockerEnds(1)
}

func noHelm(s *scene) {
	s.operates("e2e-openshift-test-scenario-2-periodic", nil, part{name: "ipi-install-install", body: ok(installs)}, part{name: "test", body: func(p *printer) string {
		p.line("Already on 'master'\nError from server (AlreadyExists): namespaces \"pelorus\" already exists\nnamespace/mongo-persistent created")
		p.noise(40, 4*time.Second, []string{"INFO: waiting for pods of mongo, {n} of 400", "INFO: part {n} is ready", "Collecting package-{n}"}, func(text string) { p.line("%s", text) })
		p.line("./scripts/run-pelorus-e2e-tests: line 232: helm: command not found\nINFO: cleaning up\nnamespace \"mongo-persistent\" deleted")
		return "ContainerFailed one or more containers exited"
	}}, part{name: "gather-extra", body: ok(gathers)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
}

func vpaExists(s *scene) {
	step := func(format string, args ...any) {
		s.line("[%s] %s", s.now.Format("15:04:05"), fmt.Sprintf(format, args...))
	}
	step("Fetching secrets")
	s.line("Error: could not find tiller\n$HELM_HOME has been configured at /root/.helm.\nTiller (the Helm server-side component) has been installed into your Kubernetes Cluster.\nWaiting for tiller-deploy to be ready")
	s.wait(30 * time.Second)
	step("Building and pushing images")
	for i := range 50 {
		s.wait(2 * time.Second)
		s.line("%s: Pushed", s.hex(12))
		if i == 20 {
			s.line("Error from server (NotFound): secrets \"old-kubeconfig\" not found")
		}
	}
	step("Installing Kubermatic")
	s.line("+ helm upgrade --install --force --wait --timeout 300 --set=kubermatic.enableVPA=true kubermatic ./config/kubermatic/\nRelease \"kubermatic\" does not exist. Installing it now.")
	s.wait(11 * time.Second)
	s.line("Error: release kubermatic failed: clusterrolebindings.rbac.authorization.k8s.io \"vpa-updater\" already exists")
	step("Cleaning up")
	s.line("+ kubectl delete namespace e2e-2806 --wait=false\nnamespace \"e2e-2806\" deleted\n+ kubectl delete clusters --all\nNo resources found.\n+ helm delete --purge kubermatic\nrelease \"kubermatic\" deleted")
	s.wait(50 * time.Second)
	s.fail()
	s.entrypointFailed()
}

func notCommitted(s *scene) {
	s.line("==================================\n==== RUNNING BUILD TESTS ====\n==================================")
	s.goDownloads(80)
	s.line("warning: ignoring symlink /home/prow/go/src/knative.dev/client/docs\ncollecting licenses: 0 errors")
	for _, step := range []string{"Update", "Format", "Lint", "Compile", "Docs"} {
		s.wait(20 * time.Second)
		s.line("%s %s", "✅", step)
	}
	s.line("diff --git a/go.mod b/go.mod\n--- a/go.mod\n+++ b/go.mod\n@@ -1,5 +1,7 @@\n module knative.dev/client\n \n+go 1.13\n+")
	s.line("ERROR: /home/prow/go/src/knative.dev/client is out of date. Please run ./hack/build.sh -c and commit.")
	s.line("%s\n=== BUILD TESTS FAILED ===\n%[1]s", strings.Repeat("=", 34))
	s.fail()
	s.entrypointFailed()
}

func stepImageGone(s *scene) {
	say := func(level, format string, args ...any) {
		s.line("%s[%s] %-40s", level, s.now.Format(time.RFC3339), fmt.Sprintf(format, args...))
	}
	say("INFO", "ci-operator version v20230217-%s", s.hex(9))
	say("WARN", "the field releases.initial is deprecated")
	for i := range 20 {
		s.wait(time.Second)
		say("INFO", "Importing release image component-%d of latest", i)
	}
	say("INFO", "Running multi-stage test nova-operator-build-deploy")
	for range 3 {
		s.wait(5 * time.Minute)
		say("WARN", "failed to heartbeat lease quota-slice: server error: 502 Bad Gateway, trying again")
	}
	say("INFO", "Running step nova-operator-build-deploy-openstack-k8s-operators-build.")
	s.wait(30 * time.Minute)
	say("INFO", "Step nova-operator-build-deploy-openstack-k8s-operators-build failed after 30m10s.")
	say("INFO", "Ran for 49m2s")
	say("ERRO", "Some steps failed:")
	say("ERRO", "\n  * could not run steps: step nova-operator-build-deploy failed: \"nova-operator-build-deploy\" test steps failed: pod pending timeout: container \"test\" has not started in 30m0s: \n* Container test is not ready with reason ImagePullBackOff and message Back-off pulling image \"image-registry.openshift-image-registry.svc:5000/ci-op-cgzjrtyl/stable-latest-nova-operator-build-deploy:openstack-operator-ci-build-deploy\"")
	say("INFO", "Reporting job state 'failed' with reason 'executing_graph:step_failed:utilizing_lease:executing_test:executing_multi_stage_test'")
	s.fail()
	s.entrypointFailed()
}

func kubeletConfig(s *scene) {
	const host = "n1-standard-4-fedora-coreos"
	s.kubeUp("k8s-infra-e2e-boskos-044")
	s.line("I%s    6120 remote.go:71] Staging test binaries on %q\n>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>>\n>                              START TEST                                >\nStart Test Suite on Host %s", s.now.Format("0102 15:04:05.000000"), host, host)
	begin := s.now
	for range 20 {
		s.wait(12 * time.Second)
		s.line("I%s    3811 server.go:171] Running health check for service \"kubelet\"", s.now.Format("0102 15:04:05.000000"))
	}
	s.line("F%s    3811 server.go:180] kubelet health check failed: Get \"http://127.0.0.1:10248/healthz\": dial tcp 127.0.0.1:10248: connect: connection refused", s.now.Format("0102 15:04:05.000000"))
	s.line("Failure [242.118 seconds]\n[BeforeSuite] BeforeSuite \n_output/local/go/src/k8s.io/kubernetes/test/e2e_node/e2e_node_suite_test.go:171\n\n  should be able to run services\n  timed out waiting for node ready\n\nRan 309 of 0 Specs in 242.203 seconds\nFAIL! -- 0 Passed | 309 Failed | 0 Pending | 0 Skipped\n--- FAIL: TestE2eNode (242.25s)\nFAIL\n\nFailure Finished Test Suite on Host %s\ncommand [ssh core@10.0.0.7 sudo sh -c 'cd /tmp && timeout 2700s ./ginkgo'] failed with error: exit status 1\n%s", host, strings.Repeat("<", 60))
	p := s.attach(host+"/kubelet.log", begin)
	p.journal("localhost", 30, 80*time.Millisecond, machineBoot)
	for range 8 {
		p.wait(20 * time.Second)
		p.kubeletLine("localhost", `I server.go:440] "Kubelet version" kubeletVersion="v1.22.0-alpha.2"`)
		p.kubeletLine("localhost", `E kubelet.go:1306] "Image garbage collection failed once. Stats initialization may not have completed yet" err="failed to get imageFs info: unable to find data in memory cache"`)
		p.kubeletLine("localhost", `E controller.go:151] "Kubelet config controller" err="failed to decode: couldn't get version/kind; json parse error: invalid character '0' looking for beginning of object key string" reason="failed to load"`)
		p.journalLine("localhost", "systemd[1]: kubelet.service: Failed with result 'exit-code'.")
	}
	s.line("make: *** [Makefile:261: test-e2e-node] Error 1")
	s.fail()
	s.entrypointFailed()
}
