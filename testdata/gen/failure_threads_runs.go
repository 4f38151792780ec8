package main

import (
	"fmt"
	"time"
)

// Cases of jobs that did not come to their program, or run clusters, told in public threads: T5, T6, T7, T10, T12, T13, T14,
// T15, T17, T18.

var threadRuns = []failure{
	{
		id: "T5", job: job{name: "ci-kubernetes-verify-1-17", org: "kubernetes", repo: "kubernetes", image: goneImage, at: time.Date(2019, 10, 30, 22, 0, 0, 0, time.UTC), args: []string{"make", "verify"}}, play: testImageGone,
		expect: expectation{
			Title: "The image of the job was never pushed, so that its pod waited for it until Prow gave up",
			Cause: `kubekins-e2e:v20191029-4802b07-1\.17`, NotFirst: []string{`Pod pending timeout`, `(?i)insufficient cpu`}, Category: "image", Needs: []string{"run"},
			Evidence: []place{{"run/podinfo.json", `Failed to pull image \\"gcr\.io/k8s-testimages/kubekins-e2e:v20191029-4802b07-1\.17`}},
			Misleads: []place{{"run/prowjob.json", `Pod pending timeout`}, {"run/podinfo.json", `Insufficient cpu`}},
		},
	},
	{
		id: "T6", job: job{name: "ci-kubernetes-e2e-ubuntu-gce-containerd", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2020, 2, 9, 23, 14, 0, 0, time.UTC), args: []string{"--check-leaked-resources", "--provider=gce"}}, play: noProjectFree,
		expect: expectation{
			Title: "Boskos had no project to lend for five minutes, because none was cleaned",
			Cause: `boskos failed to acquire project`, NotFirst: []string{`(?i)gcp-project is missing`, `(?i)kubeconfig`}, Category: "capacity", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `boskos failed to acquire project: resources not found`}},
			Misleads: []place{{"run/build-log.txt", `--gcp-project is missing`}, {"run/build-log.txt", `ERROR: \(gcloud`}},
		},
	},
	{
		id: "T7", job: job{name: "pull-kubernetes-bazel-test", org: "kubernetes", repo: "kubernetes", pull: 81688, image: kubekins, at: time.Date(2019, 9, 3, 8, 31, 0, 0, time.UTC), args: []string{"bazel", "test", "//..."}}, play: mergeConflict,
		expect: expectation{
			Title: "The change does not merge with its base, so that the job's program was never started",
			Cause: `CONFLICT|(?i)does not merge|Automatic merge failed`, NotFirst: []string{`exit status`, `\d clone records? failed`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/clone-records.json", `CONFLICT \(content\): Merge conflict in hack/\.staticcheck_failures`}},
			Misleads: []place{{"run/clone-log.txt", `error: unable to create symlink`}},
		},
	},
	{
		id: "T10", job: job{prow: openshiftProw, name: "pull-ci-stolostron-submariner-addon-main-golangci-lint", org: "stolostron", repo: "submariner-addon", pull: 260, image: "ci-operator:latest", at: time.Date(2022, 1, 24, 20, 58, 0, 0, time.UTC), pool: "ip-10-0-", args: []string{"--target=golangci-lint"}}, play: linterKilled,
		expect: expectation{
			Title: "The container of the linter used up its memory and was killed; the step before it had passed",
			Cause: `OOMKilled`, NotFirst: []string{`make`, `(?i)deprecated`, `exit status 2`}, Category: "oom", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Container test exited with code 2, reason OOMKilled`}},
			Misleads: []place{{"run/build-log.txt", `make: \*\*\* \[Makefile:123: golangci-lint\] Killed`}, {"run/build-log.txt", `is deprecated`}},
		},
	},
	{
		id: "T12", job: job{prow: openshiftProw, name: "pull-ci-redhat-openshift-ecosystem-community-operators-prod-main-4.12-deploy-operator", org: "redhat-openshift-ecosystem", repo: "community-operators-prod", pull: 2066, image: "ci-operator:latest", at: time.Date(2023, 1, 13, 10, 49, 0, 0, time.UTC), pool: "ip-10-0-", args: []string{"--target=deploy-operator"}}, play: noRelease,
		expect: expectation{
			Title: "No release of the stream that the job names was accepted, so that nothing was run",
			Cause: `no tags exist within the release|failed to request latest release`, NotFirst: []string{`(?i)some steps failed`, `(?i)deprecated`}, Category: "dependency", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `server responded with 404: no tags exist within the release that satisfy the request`}},
			Misleads: []place{{"run/build-log.txt", `is deprecated`}},
		},
	},
	{
		id: "T13", job: job{name: "periodic-node-feature-discovery-e2e-test-master", org: "kubernetes-sigs", repo: "node-feature-discovery", image: kubekins, at: time.Date(2022, 11, 21, 11, 40, 0, 0, time.UTC), args: []string{"runner.sh", "./scripts/test-e2e.sh"}}, play: labelMissing,
		expect: expectation{
			Title: "A node has not the labels that one spec wants; image pulls before it were tried again and went well",
			Cause: `label not found|labels do not match expected`, NotFirst: []string{`(?i)Failed to pull image`, `(?i)object has been modified`, `(?i)cannot remove`, `(?i)tear ?down`}, Category: "test", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `FAIL: label not found!`}},
			Misleads: []place{{"run/build-log.txt", `Failed to pull image`}, {"run/build-log.txt", `(?s)(error when deleting.*){4}`}},
		},
	},
	{
		id: "T14", job: job{name: "pull-npd-e2e-kubernetes-gce-ubuntu", org: "kubernetes", repo: "node-problem-detector", pull: 1159, image: kubekins, at: time.Date(2025, 10, 20, 20, 48, 0, 0, time.UTC), args: []string{"runner.sh", "bash", "-c", "test/e2e-install.sh && kubetest2 gce --up --down"}}, play: oldCgroups, passing: 2,
		expect: expectation{
			Title: "The kubelet refuses machines with version 1 of cgroups, which those of the job's image have, so that no node ever joins",
			Cause: `cgroup v1`, NotFirst: []string{`(?i)timed out`, `(?i)dbus|udev`, `exit status`, `scp: `}, Category: "config", Needs: []string{"run", "passing", "on-demand"},
			Evidence: []place{{"run/artifacts/e2e-80d4170f39-minion-group-0l2l/kubelet.log", `configured to not run on a host using cgroup v1`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(scp: .*No such file.*){6}`}, {"run/artifacts/e2e-80d4170f39-minion-group-0l2l/kern.log", `ACPI BIOS Error`}},
		},
	},
	{
		id: "T15", job: job{name: "pull-cert-manager-master-e2e-v1-30", org: "cert-manager", repo: "cert-manager", pull: 6960, image: kubekins, at: time.Date(2024, 4, 18, 14, 3, 0, 0, time.UTC), pool: "gke-cert-manager-spot-", args: []string{"make", "e2e"}}, play: nodeTaken,
		expect: expectation{
			Title: "The node of the build cluster was a spot machine and was taken away while the tests ran",
			Cause: `node no longer exists|DisruptionTarget|node was taken`, NotFirst: []string{`(?i)webhook`, `(?i)connection refused`, `(?i)retry`}, Category: "infra", Needs: []string{"run"},
			Evidence: []place{{"run/podinfo.json", `GCPControllerManager: node no longer exists`}},
			Misleads: []place{{"run/build-log.txt", `failed calling webhook`}},
		},
	},
	{
		id: "T17", job: job{name: "ci-google-knative-gcp-continuous", org: "google", repo: "knative-gcp", image: "prow-tests:stable", at: time.Date(2020, 3, 26, 16, 5, 0, 0, time.UTC), args: []string{"./test/presubmit-tests.sh", "--integration-tests"}}, play: newKubectl, passing: 3,
		expect: expectation{
			Title: "The kubectl of the new image applies a manifest in another way: it looks up a kind before that is defined",
			Cause: `no matches for kind "?Image|kubectl.*1\.17|v1\.17`, NotFirst: []string{`(?i)resource version`, `Test FAILED`, `(?i)deleting`}, Category: "config", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `no matches for kind "Image" in version "caching\.internal\.knative\.dev/v1alpha1"`}},
			Misleads: []place{{"run/build-log.txt", `Error from server \(NotFound\): namespaces "knative-monitoring" not found`}, {"passing/1/build-log.txt", `Error from server \(NotFound\): namespaces "knative-monitoring" not found`}},
		},
	},
	{
		id: "T18", job: job{name: "ci-kubernetes-node-kubelet-serial-hugepages", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2021, 6, 5, 3, 30, 0, 0, time.UTC), args: []string{"--node-tests=true"}}, play: podDeleted,
		expect: expectation{
			Title: "The pod of the job was deleted while it ran; its log is lost",
			Cause: `Pod got deleted unexpectedly`, NotFirst: []string{`exit status`}, Category: "infra", Needs: []string{"run"},
			Evidence: []place{{"run/prowjob.json", `Job execution failed: Pod got deleted unexpectedly`}},
			Misleads: []place{{"run/podinfo.json", `Started container test`}},
		},
	},
}

const goneImage = "gcr.io/k8s-testimages/kubekins-e2e:v20191029-4802b07-1.17"

func testImageGone(s *scene) {
	s.fail()
	s.wait(20 * time.Minute)
	t := s.run.times()
	event := func(at time.Time, reason, message string, count int) obj {
		return obj{"type": "Warning", "reason": reason, "message": message, "count": count, "firstTimestamp": at, "lastTimestamp": at.Add(19 * time.Minute),
			"involvedObject": obj{"kind": "Pod", "namespace": "test-pods", "name": s.run.uuid}}
	}
	s.run.ending = ending{
		state: "error", description: "Pod pending timeout.",
		status: obj{"phase": "Pending", "containerStatuses": []obj{
			{"name": "sidecar", "image": "prow/sidecar:v20191029-example", "ready": true, "restartCount": 0, "state": obj{"running": obj{"startedAt": t.test}}},
			{"name": "test", "image": goneImage, "ready": false, "restartCount": 0, "state": obj{"waiting": obj{"reason": "ImagePullBackOff", "message": "Back-off pulling image \"" + goneImage + "\""}}},
		}},
		events: []obj{
			event(t.pending, "FailedScheduling", "0/61 nodes are available: 61 Insufficient cpu.", 2),
			event(t.test, "Failed", "Failed to pull image \""+goneImage+"\": rpc error: code = Unknown desc = failed to resolve image \""+goneImage+"\": no available registry endpoint: "+goneImage+" not found", 8),
			event(t.test.Add(time.Second), "Failed", "Error: ErrImagePull", 8),
			event(t.test.Add(2*time.Second), "BackOff", "Back-off pulling image \""+goneImage+"\"", 80),
		},
	}
	s.amend = without(nil, "build-log.txt", "sidecar-logs.json")
}

func noProjectFree(s *scene) {
	said := func(stream, format string, args ...any) {
		s.line("%s%s] %s", stream, s.now.Format("0102 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	run := func(file string, format string, args ...any) {
		said("W", "%s %s: %s", s.now.Format("2006/01/02 15:04:05"), file, fmt.Sprintf(format, args...))
	}
	said("W", "**************************************************************************\nbootstrap.py is deprecated!\ntest-infra oncall does not support any job still using bootstrap.py.\n**************************************************************************")
	for i := range 30 {
		s.wait(300 * time.Millisecond)
		said("I", "Call:  git fetch --quiet --tags https://github.com/kubernetes/kubernetes part-%d", i)
	}
	said("W", "Activated service account credentials for: [prow-build@example.iam.gserviceaccount.com]")
	said("W", "ERROR: (gcloud.config.unset) Section [core] has no property [example].")
	run("main.go:332", "Limiting testing to 1h40m0s")
	run("main.go:726", "--gcp-project is missing, trying to fetch a project from boskos.\n(for local runs please set --gcp-project to your dev project)")
	run("main.go:738", "provider gce, will acquire project type gce-project from boskos")
	s.wait(5*time.Minute + 17*time.Second)
	run("process.go:96", "Saved XML output to /workspace/_artifacts/junit_runner.xml.")
	run("main.go:316", "Something went wrong: failed to prepare test environment: --provider=gce boskos failed to acquire project: resources not found")
	said("W", "Traceback (most recent call last):")
	for _, l := range []string{`  File "/workspace/./test-infra/jenkins/../scenarios/kubernetes_e2e.py", line 778, in <module>`, `    main(parse_args())`, `  File "/workspace/./test-infra/jenkins/../scenarios/kubernetes_e2e.py", line 111, in check_env`, `    subprocess.check_call(cmd, env=env)`,
		`subprocess.CalledProcessError: Command '('kubetest', '--dump=/workspace/_artifacts', '--up', '--down', '--provider=gce')' returned non-zero exit status 1`} {
		said("W", "%s", l)
	}
	said("E", "Command failed")
	said("I", "process 520 exited with code 1 after 5.3m")
	said("E", "FAIL: ci-kubernetes-e2e-ubuntu-gce-containerd")
	s.fail()
}

func mergeConflict(s *scene) {
	s.fail()
	s.run.ending = ending{description: "Job failed."}
	s.amend = func(files bucket) {
		delete(files, "build-log.txt")
		delete(files, "sidecar-logs.json")
		records := s.run.cloneRecords()
		record := records[1]
		commands := record["commands"].([]obj)
		last := commands[len(commands)-1]
		last["output"] = "Auto-merging pkg/volume/util/operationexecutor/operation_generator.go\nAuto-merging pkg/kubelet/dockershim/security_context.go\nAuto-merging hack/.staticcheck_failures\nCONFLICT (content): Merge conflict in hack/.staticcheck_failures\nAuto-merging cmd/kubelet/app/server.go\nAutomatic merge failed; fix conflicts and then commit the result.\n"
		last["error"] = "exit status 1"
		record["failed"] = true
		delete(record, "final_sha")
		files["clone-records.json"] = compact(records)
		files["clone-log.txt"] = append(files["clone-log.txt"], "error: unable to create symlink docs/latest: File exists\n# Error: exit status 1\n"...)
	}
}

func linterKilled(s *scene) {
	say := func(level, format string, args ...any) {
		s.line("%s[%s] %-40s", level, s.now.Format(time.RFC3339), fmt.Sprintf(format, args...))
	}
	say("INFO", "ci-operator version v20220124-%s", s.hex(9))
	say("WARN", "the field build_root.from_repository is deprecated")
	say("INFO", "Resolved source https://github.com/stolostron/submariner-addon to main@%s, merging: #260", s.hex(8))
	say("INFO", "Building src")
	s.wait(3 * time.Minute)
	say("INFO", "Build src succeeded after 3m1s")
	say("INFO", "Executing test unit")
	s.wait(time.Minute)
	say("INFO", "Test unit succeeded after 1m0s")
	say("INFO", "Executing test golangci-lint")
	s.wait(6*time.Minute + 25*time.Second)
	say("INFO", "Logs for container test in pod golangci-lint:")
	s.line("INFO[%s] golangci-lint run --timeout 10m\nlevel=warning msg=\"[runner] The linter 'scopelint' is deprecated\"\nmake: *** [Makefile:123: golangci-lint] Killed", s.now.Format(time.RFC3339))
	s.line(`{"component":"entrypoint","error":"wrapped process failed: exit status 2","file":"prow/entrypoint/run.go:80","func":"k8s.io/test-infra/prow/entrypoint.Options.Run","level":"error","msg":"Error executing test process","severity":"error","time":%q}`, s.now.Format(time.RFC3339))
	say("INFO", "Ran for 11m2s")
	say("ERRO", "Some steps failed:")
	say("ERRO", "\n  * could not run steps: step golangci-lint failed: test \"golangci-lint\" failed: the pod ci-op-r6jy3sni/golangci-lint failed after 6m25s (failed containers: test): ContainerFailed one or more containers exited\n\nContainer test exited with code 2, reason OOMKilled\n---\nmake: *** [Makefile:123: golangci-lint] Killed\n---")
	say("INFO", "Reporting job state 'failed' with reason 'executing_graph:step_failed:running_pod'")
	s.fail()
	s.entrypointFailed()
}

func noRelease(s *scene) {
	say := func(level, format string, args ...any) {
		s.line("%s[%s] %-40s", level, s.now.Format(time.RFC3339), fmt.Sprintf(format, args...))
	}
	say("INFO", "ci-operator version v20230113-%s", s.hex(9))
	say("INFO", "Loading configuration from https://config.ci.openshift.org/ for redhat-openshift-ecosystem/community-operators-prod@main [4.12]")
	say("WARN", "the field tag_specification is deprecated")
	say("INFO", "Resolved source https://github.com/redhat-openshift-ecosystem/community-operators-prod to main@%s, merging: #2066", s.hex(8))
	say("INFO", "Requesting a release from https://amd64.ocp.releases.ci.openshift.org/api/v1/releasestream/4.12.0-0.nightly/latest?rel=1")
	say("INFO", "Ran for 0s")
	say("ERRO", "Some steps failed:")
	say("ERRO", "\n  * failed to generate steps from config: failed to resolve release latest: failed to request latest release: server responded with 404: no tags exist within the release that satisfy the request")
	say("INFO", "Reporting job state 'failed' with reason 'loading_args:generating_steps'")
	s.fail()
	s.entrypointFailed()
}

func labelMissing(s *scene) {
	s.dockerInDocker("./scripts/test-e2e.sh")
	for i := range 3 {
		s.wait(5 * time.Second)
		s.line("  Warning  Failed  %ds  kubelet  Failed to pull image \"gcr.io/k8s-staging-nfd/node-feature-discovery:master\": rpc error: code = Unknown desc = unexpected EOF", 12-i)
	}
	s.line("  Normal   Pulled  2s  kubelet  Successfully pulled image \"gcr.io/k8s-staging-nfd/node-feature-discovery:master\"")
	s.line("=== RUN   TestE2E\nRunning Suite: NFD E2E Suite\nWill run 14 of 14 specs")
	info := func(format string, args ...any) {
		s.line("%s: INFO: %s", s.now.Format("Jan _2 15:04:05.000"), fmt.Sprintf(format, args...))
	}
	for i := range 9 {
		s.line("------------------------------\n[NFD] Node Feature Discovery when deploying nfd-worker, case %d", i)
		s.wait(8 * time.Second)
		info("waiting for 1 pod to be ready")
		if i == 4 {
			s.line("E%s   22110 update.go:77] Operation cannot be fulfilled on nodes \"kind-control-plane\": the object has been modified; please apply your changes to the latest version and try again", s.now.Format("0102 15:04:05.000000"))
		}
		s.line("• [SLOW TEST] [8.104 seconds]")
	}
	s.line("------------------------------\n[NFD] Node Feature Discovery when deploying nfd-master and nfd-worker pods with NodeFeatureRules, should label the node")
	s.step("Getting target node and checking labels")
	s.wait(40 * time.Second)
	s.line("%s: FAIL: label not found!\nExpected\n    <bool>: false\nto be true\n\nFull Stack Trace\nsigs.k8s.io/node-feature-discovery/test/e2e.glob..func1.2()\n\t/go/node-feature-discovery/test/e2e/node_feature_discovery.go:472 +0x1a7", s.now.Format("Jan _2 15:04:05.000"))
	for i := range 6 {
		s.wait(time.Second)
		s.line("error when deleting \"nfd-part-%d.yaml\": nodefeaturerules.nfd.k8s-sigs.io \"e2e-%d\" not found", i, i)
	}
	s.line("• [FAILED] [46.210 seconds]\n------------------------------\nSummarizing 1 Failure:\n  [FAIL] [NFD] Node Feature Discovery when deploying nfd-master and nfd-worker pods [It] should label the node\n  /go/node-feature-discovery/test/e2e/node_feature_discovery.go:472\n\nRan 10 of 14 Specs in 160.114 seconds\nFAIL! -- 9 Passed | 1 Failed | 0 Pending | 4 Skipped\n--- FAIL: TestE2E (160.11s)\nFAIL")
	s.line("+ kind delete cluster\nDeleting cluster \"kind\" ...\nERROR: failed to update kubeconfig: cannot remove lock file")
	s.fail()
	s.dockerInDockerEnds(1)
}

func oldCgroups(s *scene) {
	const minion = "e2e-80d4170f39-minion-group-0l2l"
	s.kubeUp("k8s-infra-e2e-boskos-031")
	s.line("Waiting for 4 ready nodes. 0 ready nodes, 1 registered. Retrying.")
	journal := func() {
		p := s.attach(minion+"/kern.log", s.now.Add(-15*time.Minute))
		p.journal(minion, 60, 300*time.Millisecond, machineBoot)
		p = s.attach(minion+"/kubelet.log", s.now.Add(-14*time.Minute))
		if !s.failed {
			p.kubelet(minion, 60, 4*time.Second, kubeletRuns)
			return
		}
		for range 40 {
			p.wait(10 * time.Second)
			p.kubeletLine(minion, `I server.go:525] "Kubelet version" kubeletVersion="v1.35.0-alpha.1"`)
			p.kubeletLine(minion, `E run.go:72] "command failed" err="failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported and will be removed in a future release, path: &TypeMeta{Kind:,APIVersion:,}"`)
			p.journalLine(minion, "systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE")
		}
	}
	if !s.failed {
		s.wait(3 * time.Minute)
		s.line("Found 4 node(s).\nValidate output:\nCluster validation succeeded")
		s.specs(20, "[NPD] node-problem-detector", 4*time.Second)
		journal()
		s.collected(minion)
		return
	}
	for range 28 {
		s.wait(30 * time.Second)
		s.line("Waiting for 4 ready nodes. 0 ready nodes, 1 registered. Retrying.")
	}
	s.line("Detected 0 ready nodes, found 1 nodes out of expected 4. Your cluster may not be fully functional.\nTimed out waiting for the nodes to be ready")
	journal()
	s.collected(minion)
	s.line("Error: exit status 1")
	s.fail()
	s.entrypointFailed()
}

func nodeTaken(s *scene) {
	s.line("make e2e")
	s.goDownloads(60)
	s.line("Error from server (InternalError): failed calling webhook \"webhook.cert-manager.io\": dial tcp 10.96.9.1:443: connect: connection refused\nretry 1 of 10: the webhook is not ready yet\nwebhook is ready")
	s.specs(24, "[cert-manager] Certificate", 9*time.Second)
	s.fail()
	at := s.now.Truncate(time.Second)
	s.run.ending = ending{exit: 137, description: "Job failed.", status: obj{
		"conditions": []obj{{"type": "DisruptionTarget", "status": "True", "reason": "DeletionByGCPControllerManager", "message": "GCPControllerManager: node no longer exists", "lastTransitionTime": at}},
	}}
	s.amend = without(nil, "sidecar-logs.json")
}

func newKubectl(s *scene) {
	client := "v1.15.3"
	if s.failed {
		client = "v1.17.4"
	}
	s.line("Client Version: %s\n==== RUNNING INTEGRATION TESTS ====", client)
	for i := range 40 {
		s.wait(4 * time.Second)
		s.line("namespace/part-%d created", i)
	}
	s.line("Error from server (NotFound): namespaces \"knative-monitoring\" not found\n>> Installing Knative Serving\ncustomresourcedefinition.apiextensions.k8s.io/routes.serving.knative.dev created\ncustomresourcedefinition.apiextensions.k8s.io/images.caching.internal.knative.dev created")
	if s.failed {
		s.line("error: unable to recognize \"https://storage.googleapis.com/knative-nightly/serving/latest/serving.yaml\": no matches for kind \"Image\" in version \"caching.internal.knative.dev/v1alpha1\"\nERROR: Failed to install the Serving release\n***************************************\n***         E2E TEST FAILED         ***\n***    Start of information dump    ***\n***************************************")
		for i := range 12 {
			s.line("Error from server (NotFound): pods \"dump-%d\" not found", i)
		}
		s.line("Deleting namespaces\nERROR: test cluster could not be deleted: it is being changed\n==== INTEGRATION TESTS FAILED ====\nexit status 1")
		s.fail()
		s.entrypointFailed()
		return
	}
	s.line("image.caching.internal.knative.dev/queue-proxy created")
	s.specs(10, "[knative-gcp] PubSub", 6*time.Second)
	s.line("==== INTEGRATION TESTS PASSED ====")
}

func podDeleted(s *scene) {
	s.wait(2 * time.Hour)
	s.fail()
	s.run.ending = ending{state: "error", description: "Job execution failed: Pod got deleted unexpectedly"}
	s.amend = func(files bucket) {
		delete(files, "build-log.txt")
		delete(files, "sidecar-logs.json")
	}
}
