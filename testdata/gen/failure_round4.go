package main

import (
	"fmt"
	"strings"
	"time"
)

// Fourth cases: testdata/failures-apart4 is a fourth set apart, from further public threads, made without a look at the
// rules. Here are those of builds, of suites and of Prow's own cluster: H1, H2, H5, H6, H8, H9, H12, H14;
// failure_round4_cloud.go has the others.

// round4Failures are the fourth cases, in the order of their ids.
func round4Failures() []failure {
	return []failure{round4Secret, round4Pip, round4Iptables, round4Spot, round4Budget, round4Driver, round4Handler, round4Tools, round4Topic, round4Kernel, round4Profiles, round4Months, round4Flags, round4Image}
}

var (
	round4KubermaticProw = instance{deck: "public-prow.loodse.com", bucket: "prow-dev-public-data", strategy: "explicit"}
	round4KymaProw       = instance{deck: "status.build.kyma-project.io", bucket: "kyma-prow-logs", strategy: "explicit"}
)

// round4Pending makes a run of a pod that never ran its test container: what there is of it was stored by Prow's reporter.
func (s *scene) round4Pending(after time.Duration, status obj, volumes []obj, events func(happened func(after time.Duration, typ, reason, from, message string, count int) obj) []obj, gone ...string) {
	s.now = s.run.created.Add(after)
	s.fail()
	s.run.ending.state, s.run.ending.description = "error", "Pod pending timeout."
	at := s.run.created.Truncate(time.Second)
	happened := func(after time.Duration, typ, reason, from, message string, count int) obj {
		return obj{"type": typ, "reason": reason, "message": message, "count": count, "firstTimestamp": at.Add(after), "lastTimestamp": at.Add(after + time.Duration(count-1)*45*time.Second), "source": obj{"component": from},
			"involvedObject": obj{"kind": "Pod", "namespace": "test-pods", "name": s.run.uuid}}
	}
	s.amend = func(files bucket) {
		for _, name := range append(gone, "build-log.txt", "sidecar-logs.json") {
			delete(files, name)
		}
		files["podinfo.json"] = indented(obj{
			"pod": obj{"metadata": obj{"name": s.run.uuid, "namespace": "test-pods", "creationTimestamp": at}, "spec": obj{"nodeName": s.run.node, "restartPolicy": "Never", "volumes": volumes, "containers": []obj{{"name": "test", "image": s.run.image}, {"name": "sidecar", "image": "prow/sidecar:v20250310-example"}}},
				"status": status},
			"events": events(happened), "node": obj{"metadata": obj{"name": s.run.node}},
		})
	}
}

var round4Secret = failure{
	id: "H1", job: job{prow: istioProw, name: "ci-test-infra-autobump-prow", org: "istio", repo: "test-infra", image: "gcr.io/k8s-prow/generic-autobumper:v20220107-example", at: time.Date(2022, 1, 12, 17, 5, 0, 0, time.UTC), every: 24 * time.Hour, args: []string{"--config=prow/oss/autobump-config.yaml"}}, play: round4NoSecret, passing: 2,
	expect: expectation{
		Title: "The secret with the robot's token is no longer in the build cluster after the secrets were moved, so that the pod's volume cannot be mounted and nothing is run",
		Cause: `(?i)secret[^\n]{0,60}(not found|missing|not there|does not exist)|oauth-token|MountVolume\.SetUp failed for volume "?github|FailedMount|(?i)(could not|cannot|unable to|failed to)( attach or)? mount[^\n]{0,80}(volume|secret|github)`, NotFirst: []string{`(?i)no (build )?log`, `(?i)build-log`, `(?i)pending timeout\.?$`}, Category: "infra", Needs: []string{"run"},
		Evidence: []place{{"run/podinfo.json", `MountVolume\.SetUp failed for volume \\"github\\" : secret \\"oauth-token\\" not found`}},
		Misleads: []place{{"run/prowjob.json", `Pod pending timeout\.`}, {"run/podinfo.json", `timed out waiting for the condition`}, {"run/podinfo.json", `NotTriggerScaleUp`}, {"run/finished.json", `ERROR`}},
	},
}

func round4NoSecret(s *scene) {
	if !s.failed {
		say := func(level, message string) {
			s.line(`{"component":"unset","level":%q,"msg":%q,"severity":%q,"time":%q}`, level, message, level, s.now.Format(time.RFC3339))
		}
		for i := range 60 {
			s.wait(2 * time.Second)
			say([]string{"info", "info", "warning"}[i%3], s.vary([]string{"cd: prow, part {n} is bumped from v20220107 to v20220112", "Searching prow/config/jobs/part-{n}.yaml", "prow/config/jobs/part-{n}.yaml has no tag, it is left as it is"}[i%3]))
		}
		say("info", "Pull request was updated")
		return
	}
	status := obj{"phase": "Pending", "qosClass": "Burstable", "startTime": s.run.created.Add(2 * time.Second).Truncate(time.Second),
		"conditions":            []obj{{"type": "Initialized", "status": "False", "reason": "ContainersNotInitialized", "message": "containers with incomplete status: [clonerefs initupload place-entrypoint]"}, {"type": "ContainersReady", "status": "False", "reason": "ContainersNotReady"}, {"type": "PodScheduled", "status": "True"}},
		"initContainerStatuses": []obj{{"name": "clonerefs", "ready": false, "restartCount": 0, "state": obj{"waiting": obj{"reason": "PodInitializing"}}}, {"name": "initupload", "ready": false, "restartCount": 0, "state": obj{"waiting": obj{"reason": "PodInitializing"}}}},
		"containerStatuses":     []obj{{"name": "test", "image": s.run.image, "ready": false, "restartCount": 0, "state": obj{"waiting": obj{"reason": "PodInitializing"}}}, {"name": "sidecar", "ready": false, "restartCount": 0, "state": obj{"waiting": obj{"reason": "PodInitializing"}}}}}
	s.round4Pending(15*time.Minute+3*time.Second, status, []obj{{"name": "logs", "emptyDir": obj{}}, {"name": "tools", "emptyDir": obj{}}, {"name": "github", "secret": obj{"secretName": "oauth-token"}}}, func(happened func(time.Duration, string, string, string, string, int) obj) []obj {
		return []obj{happened(0, "Normal", "NotTriggerScaleUp", "cluster-autoscaler", "pod didn't trigger scale-up (it wouldn't fit if a new node is added): 1 node(s) didn't match node selector", 1),
			happened(2*time.Second, "Normal", "Scheduled", "default-scheduler", "Successfully assigned test-pods/"+s.run.uuid+" to "+s.run.node, 1),
			happened(3*time.Second, "Warning", "FailedMount", "kubelet", `MountVolume.SetUp failed for volume "github" : secret "oauth-token" not found`, 15),
			happened(125*time.Second, "Warning", "FailedMount", "kubelet", `Unable to attach or mount volumes: unmounted volumes=[github], unattached volumes=[kube-api-access-4x2kd logs tools github]: timed out waiting for the condition`, 6)}
	}, "clone-log.txt", "clone-records.json")
}

var round4Image = failure{
	id: "H14", job: job{name: "ci-kubernetes-unit-1-24", org: "kubernetes", repo: "kubernetes", image: "gcr.io/k8s-staging-test-infra/kubekins-e2e:v20220420-a8dc19ed91-1.24", at: time.Date(2022, 4, 21, 3, 20, 0, 0, time.UTC), every: 2 * time.Hour, args: []string{"make", "test", "KUBE_TIMEOUT=--timeout=600s"}}, play: round4NoImage, passing: 1,
	expect: expectation{
		Title: "The configuration was bumped to an image of the tests of which the variant for 1.24 had not been published, so that the test container never starts",
		Cause: `ImagePullBackOff|ErrImagePull|(?i)(failed to|could not|cannot|unable to|back-off) pull(ing)?( and unpack)?( the)?( container)? image|kubekins-e2e:v20220420-a8dc19ed91-1\.24`, NotFirst: []string{`(?i)no (build )?log`, `(?i)build-log`, `(?i)pending timeout\.?$`, `FailedScheduling|(?i)insufficient cpu`}, Category: "image", Needs: []string{"run"},
		Evidence: []place{{"run/podinfo.json", `"reason": "ImagePullBackOff"`}, {"run/podinfo.json", `kubekins-e2e:v20220420-a8dc19ed91-1\.24: not found`}},
		Misleads: []place{{"run/prowjob.json", `Pod pending timeout\.`}, {"run/podinfo.json", `Insufficient cpu`}, {"run/finished.json", `ERROR`}},
	},
}

func round4NoImage(s *scene) {
	if !s.failed {
		s.run.image = "gcr.io/k8s-staging-test-infra/kubekins-e2e:v20220411-6b5ca2bb5b-1.24"
		s.line("+ make test KUBE_TIMEOUT=--timeout=600s\n+++ [%s] Running tests without code coverage and with -race", s.now.Format("0102 15:04:05"))
		s.goDownloads(20)
		for i := range 120 {
			s.wait(4 * time.Second)
			s.line("ok  \tk8s.io/kubernetes/pkg/part%d\t%d.%03ds", i, 1+s.rng.IntN(40), s.rng.IntN(1000))
		}
		s.line("+++ [%s] Saved JUnit XML test report to /logs/artifacts/junit_20220421.xml", s.now.Format("0102 15:04:05"))
		return
	}
	image := s.run.image
	began := s.run.created.Add(70 * time.Second).Truncate(time.Second)
	done := func(name string) obj {
		return obj{"name": name, "image": "prow/" + name + ":v20250310-example", "ready": true, "restartCount": 0, "state": obj{"terminated": obj{"startedAt": began, "finishedAt": began.Add(20 * time.Second), "exitCode": 0, "reason": "Completed"}}}
	}
	status := obj{"phase": "Pending", "startTime": began.Add(-10 * time.Second), "conditions": []obj{{"type": "Initialized", "status": "True"}, {"type": "ContainersReady", "status": "False", "reason": "ContainersNotReady", "message": "containers with unready status: [test]"}, {"type": "PodScheduled", "status": "True"}},
		"initContainerStatuses": []obj{done("clonerefs"), done("initupload"), done("place-entrypoint")},
		"containerStatuses":     []obj{{"name": "sidecar", "ready": true, "restartCount": 0, "state": obj{"running": obj{"startedAt": began.Add(25 * time.Second)}}}, {"name": "test", "image": image, "ready": false, "restartCount": 0, "state": obj{"waiting": obj{"reason": "ImagePullBackOff", "message": "Back-off pulling image \"" + image + "\""}}}}}
	s.round4Pending(31*time.Minute, status, nil, func(happened func(time.Duration, string, string, string, string, int) obj) []obj {
		return []obj{happened(0, "Warning", "FailedScheduling", "default-scheduler", "0/88 nodes are available: 3 node(s) had taint {dedicated: sandbox}, that the pod didn't tolerate, 85 Insufficient cpu.", 2),
			happened(2*time.Second, "Normal", "TriggeredScaleUp", "cluster-autoscaler", "pod triggered scale-up: [{https://www.googleapis.com/compute/v1/projects/k8s-infra-prow-build/zones/us-central1-c/instanceGroups/gke-prow-build-pool5-example-grp 21->22 (max: 80)}]", 1),
			happened(60*time.Second, "Normal", "Scheduled", "default-scheduler", "Successfully assigned test-pods/"+s.run.uuid+" to "+s.run.node, 1),
			happened(62*time.Second, "Normal", "Pulled", "kubelet", "Successfully pulled image \"prow/clonerefs:v20250310-example\" in 2.2s", 1),
			happened(70*time.Second, "Normal", "Started", "kubelet", "Started container clonerefs", 1),
			happened(95*time.Second, "Normal", "Pulling", "kubelet", "Pulling image \""+image+"\"", 4),
			happened(96*time.Second, "Warning", "Failed", "kubelet", "Failed to pull image \""+image+"\": rpc error: code = NotFound desc = failed to pull and unpack image \""+image+"\": failed to resolve reference \""+image+"\": "+image+": not found", 4),
			happened(96*time.Second, "Warning", "Failed", "kubelet", "Error: ErrImagePull", 4),
			happened(97*time.Second, "Normal", "BackOff", "kubelet", "Back-off pulling image \""+image+"\"", 38),
			happened(97*time.Second, "Warning", "Failed", "kubelet", "Error: ImagePullBackOff", 38)}
	})
}

var round4Pip = failure{
	id: "H2", job: job{name: "pull-azure-vhds", org: "kubernetes-sigs", repo: "image-builder", pull: 1319, image: "gcr.io/k8s-staging-test-infra/kubekins-e2e:v20231009-33c1bda1da-master", at: time.Date(2023, 10, 10, 20, 31, 0, 0, time.UTC), every: 30 * time.Hour, args: []string{"runner.sh", "./images/capi/scripts/ci-azure-e2e.sh"}}, play: round4Managed, passing: 2,
	expect: expectation{
		Title: "The newer image of the job has a Python that belongs to the distribution and lets pip install nothing, so that Ansible cannot be installed",
		Cause: `(?i)externally.managed|(?i)PEP 668|(?i)break-system-packages|kubekins-e2e:v20231009`, NotFirst: []string{`make(\[\d\])?: \*\*\*`, `ResourceGroupNotFound`, `(?i)deprecat`, `(?i)running pip as the 'root' user`}, Category: "dependency", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `error: externally-managed-environment`}, {"run/build-log.txt", `This environment is externally managed`}},
		Misleads: []place{{"run/build-log.txt", `ERROR: \(ResourceGroupNotFound\)`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:\d+: deps-common\] Error 1`}, {"passing/1/build-log.txt", `WARNING: Running pip as the 'root' user`}, {"passing/1/build-log.txt", `ERROR: \(ResourceGroupNotFound\)`}},
	},
}

func round4Managed(s *scene) {
	s.dockerInDocker("./images/capi/scripts/ci-azure-e2e.sh")
	if !s.failed {
		s.run.image = "gcr.io/k8s-staging-test-infra/kubekins-e2e:v20230727-ea685f8747-master"
	}
	s.line("+ export AZURE_LOCATION=northcentralus\n+ make -C images/capi deps-azure\nmake: Entering directory '/home/prow/go/src/sigs.k8s.io/image-builder/images/capi'\nhack/ensure-jq.sh\nRight version of jq has already been installed")
	for i := range 130 {
		s.wait(400 * time.Millisecond)
		s.line("%s", s.vary([]string{"Get:{n} http://deb.debian.org/debian bookworm/main amd64 part{d} amd64 1.{n} [{n} kB]", "Selecting previously unselected package part{n}.", "Unpacking part{n} (1.{n}) ...", "Setting up part{n} (1.{n}) ...", "debconf: delaying package configuration, since apt-utils is not installed"}[i%5]))
	}
	s.line("hack/ensure-ansible.sh\nStarting install of ansible....\n+ pip3 install --user ansible-core==2.15.4")
	if s.failed {
		s.line("error: externally-managed-environment\n\n× This environment is externally managed\n╰─> To install Python packages system-wide, try apt install\n    python3-xyz, where xyz is the package you are trying to\n    install.\n    \n    If you wish to install a non-Debian-packaged Python package,\n    create a virtual environment using python3 -m venv path/to/venv.\n    Then use path/to/venv/bin/python and path/to/venv/bin/pip. Make\n    sure you have python3-full installed.\n    \n    See /usr/share/doc/python3.11/README.venv for more information.\n\nnote: If you believe this is a mistake, please contact your Python installation or OS distribution provider. You can override this, at the risk of breaking your Python installation or OS, by passing --break-system-packages.\nhint: See PEP 668 for the detailed specification.")
		s.line("make: *** [Makefile:67: deps-common] Error 1\nmake: Leaving directory '/home/prow/go/src/sigs.k8s.io/image-builder/images/capi'\n+ cleanup")
	} else {
		for i := range 30 {
			s.wait(700 * time.Millisecond)
			s.line("%s", s.vary([]string{"Collecting ansible-part{n}", "  Downloading part{n}-2.{d}.{d}-py3-none-any.whl ({n} kB)", "Requirement already satisfied: part{n} in /usr/lib/python3/dist-packages"}[i%3]))
		}
		s.line("Successfully installed ansible-core-2.15.4\nWARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager. It is recommended to use a virtual environment instead: https://pip.pypa.io/warnings/venv")
		s.line("+ make -C images/capi build-azure-all")
		for i := range 160 {
			s.wait(5 * time.Second)
			s.line("azure-arm.vhd-ubuntu-%d04: %s", 20+2*(i%2), s.vary([]string{"TASK [node : part {n}] ********", "ok: [default]", "changed: [default]", "[WARNING]: part {n} is deprecated"}[i%4]))
		}
		s.line("Build 'azure-arm.vhd-ubuntu-2204' finished after 14 minutes 2 seconds.\n==> Builds finished. The artifacts of successful builds are:\n--> azure-arm.vhd-ubuntu-2204: Azure.ResourceManagement.VMImage\n+ cleanup")
	}
	for _, name := range []string{"cluster-api-images", "cluster-api-gallery"} {
		s.wait(6 * time.Second)
		s.line("+ az group delete --name %s-%s --no-wait -y\nERROR: (ResourceGroupNotFound) Resource group '%s-%s' could not be found.\nCode: ResourceGroupNotFound", name, s.hex(8), name, s.hex(8))
	}
	if s.failed {
		s.dockerInDockerEnds(2)
		s.fail()
		s.run.ending.exit = 2
		return
	}
	s.dockerInDockerEnds(0)
}

var round4Budget = failure{
	id: "H5", job: job{prow: round4KubermaticProw, name: "pre-kubermatic-mla-e2e", org: "kubermatic", repo: "kubermatic", pull: 11133, image: "quay.io/kubermatic/build:go-1.19-node-16-kind-0.16-example", at: time.Date(2022, 10, 10, 20, 41, 0, 0, time.UTC), every: 9 * time.Hour, args: []string{"./hack/ci/run-mla-e2e-in-kind.sh"}}, play: round4NoBudget, passing: 1,
	expect: expectation{
		Title:    "The newer kind makes clusters of Kubernetes 1.25, which has no disruption budgets in policy/v1beta1 any more; the chart of Cortex still asks for one and cannot be installed",
		Cause:    `(?i)no matches for kind|(?i)resource mapping not found|(?i)PodDisruptionBudget|policy/v1beta1|(?i)unable to build kubernetes objects from release manifest|v1\.25\.2`,
		NotFirst: []string{`(?i)NotFound\): (pods|namespaces)`, `(?i)is deprecated`, `(?i)connection refused`, `exit status 1$`}, Category: "config", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `no matches for kind \\"PodDisruptionBudget\\" in version \\"policy/v1beta1\\"`}},
		Misleads: []place{{"run/build-log.txt", `Error from server \(NotFound\): namespaces`}, {"run/build-log.txt", `(?s)(connection refused.*){4}`}, {"passing/1/build-log.txt", `PodSecurityPolicy is deprecated`}, {"passing/1/build-log.txt", `connection refused`}},
	},
}

func round4NoBudget(s *scene) {
	echo := func(format string, args ...any) {
		s.line("[%s] %s", s.now.Format("2006-01-02T15:04:05+00:00"), fmt.Sprintf(format, args...))
	}
	say := func(level, message string) {
		s.line("time=%q level=%s msg=%q", s.now.Format(time.RFC3339), level, message)
	}
	version := "v1.24.6"
	if s.failed {
		version = "v1.25.2"
	}
	echo("Starting Docker in Docker...")
	s.wait(5 * time.Second)
	echo("Creating the kind cluster kubermatic, image kindest/node:%s", version)
	s.line("Creating cluster \"kubermatic\" ...\n ✓ Ensuring node image (kindest/node:%s) 🖼\n ✓ Preparing nodes 📦\n ✓ Writing configuration 📜\n ✓ Starting control-plane 🕹️\n ✓ Installing CNI 🔌\n ✓ Installing StorageClass 💾", version)
	echo("Building binaries and Docker images...")
	s.goDownloads(60)
	for i := range 50 {
		s.wait(2 * time.Second)
		s.line("%s", s.vary([]string{" ---> Running in {id}", "Step {d}/9 : COPY ./_build/part{n} /usr/local/bin/", "Image: \"quay.io/kubermatic/part{n}:latest\" with ID \"sha256:{id}\" not yet present on node \"kubermatic-control-plane\", loading..."}[i%3]))
	}
	echo("Deploying Kubermatic...")
	for i := range 40 {
		s.wait(3 * time.Second)
		if i%9 == 4 {
			say("warning", fmt.Sprintf("Get \"https://127.0.0.1:%d/healthz\": dial tcp 127.0.0.1:%d: connect: connection refused, trying again", 38000+i, 38000+i))
			continue
		}
		say("info", s.vary([]string{"   📝 Applying custom resource definition part {n}…", "   📦 Deploying cert-manager part {n}…", "   ✅ Success."}[i%3]))
		if !s.failed && i%13 == 6 {
			s.klog("", "W", 1, "warnings.go:70", "policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+")
		}
	}
	echo("Kubermatic is ready, setting up the MLA stack…")
	tries := 1
	if s.failed {
		tries = 3
	}
	for try := range tries {
		say("info", "🚀 Deploying user cluster MLA…")
		for _, chart := range []string{"Consul", "Minio", "Grafana", "Cortex"} {
			say("info", "   📦 Deploying "+chart+"…")
			s.wait(20 * time.Second)
			if chart == "Cortex" && s.failed {
				say("error", "❌ Operation failed: failed to deploy Cortex: failed to deploy Helm release: failed to install: Error: unable to build kubernetes objects from release manifest: resource mapping not found for name: \"cortex-nginx\" namespace: \"mla\" from \"\": no matches for kind \"PodDisruptionBudget\" in version \"policy/v1beta1\"\nensure CRDs are installed first.")
				break
			}
			say("info", "   ✅ Success.")
		}
		if s.failed {
			echo("Command failed, retrying (%d/3)…", try+1)
		}
	}
	if !s.failed {
		s.line("=== RUN   TestMLAIntegration")
		s.noise(40, 8*time.Second, []string{`{"level":"info","time":"{now}","msg":"user cluster is not healthy yet, try {n}"}`, `{"level":"info","time":"{now}","msg":"alertmanager answers, {n}"}`}, func(text string) { s.line("%s", strings.ReplaceAll(text, "{now}", s.now.Format(time.RFC3339))) })
		s.line("--- PASS: TestMLAIntegration (412.20s)\nPASS\nok  \tk8c.io/kubermatic/v2/pkg/test/e2e/mla\t412.301s")
		echo("Cleaning up clusters...")
		return
	}
	echo("Cleaning up clusters...")
	s.line("Error from server (NotFound): namespaces \"cluster-xyz\" not found\nError from server (NotFound): pods \"seed-kubermatic\" not found")
	for range 20 {
		s.wait(300 * time.Millisecond)
		s.line("Collected logs of pod %s/%s-%s", s.suffix(), s.suffix(), s.suffix())
	}
	s.line("Deleting cluster \"kubermatic\" ...")
	s.fail()
	s.entrypointFailed()
}

var round4Driver = failure{
	id: "H6", job: job{name: "post-kindnet-image", org: "kubernetes-sigs", repo: "kindnet", image: "gcr.io/k8s-staging-test-infra/image-builder:v20250925-example", at: time.Date(2025, 10, 16, 9, 18, 0, 0, time.UTC), every: 40 * time.Hour, args: []string{"--project=k8s-staging-networking", "--scratch-bucket=gs://k8s-staging-networking-gcb", "--env-passthrough=PULL_BASE_SHA", "."}}, play: round4OnePlatform, passing: 1,
	expect: expectation{
		Title: "The image is built for two platforms, which Docker's own driver cannot do, and no other builder was made before",
		Cause: `(?i)multi-platform build is not supported|(?i)not supported for the docker driver|(?i)switch to a different driver`, NotFirst: []string{`make(\[\d\])?: \*\*\*`, `completed with status "FAILURE"`, `(?i)build step 0`, `(?i)deprecated`, `(?i)Failed to run some build jobs`}, Category: "config", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `ERROR: Multi-platform build is not supported for the docker driver\.`}},
		Misleads: []place{{"run/build-log.txt", `make: \*\*\* \[Makefile:50: image-push\] Error 1`}, {"run/build-log.txt", `failed: step exited with non-zero status: 2`}, {"run/build-log.txt", `completed with status "FAILURE"`}, {"passing/1/build-log.txt", `this behaviour is deprecated`}},
	},
}

func round4OnePlatform(s *scene) {
	stamp := func() string { return s.now.Format("2006/01/02 15:04:05") }
	id := s.hex(8) + "-" + s.hex(4) + "-46b9-94ab-" + s.hex(12)
	s.line("%s Build directory: /home/prow/go/src/github.com/kubernetes-sigs/kindnet\n%s Config directory: .\n%s cd-ing to build directory: /home/prow/go/src/github.com/kubernetes-sigs/kindnet\n%s Creating source tarball at /tmp/%s...", stamp(), stamp(), stamp(), stamp(), s.hex(8))
	s.wait(12 * time.Second)
	s.line("%s Uploading /tmp/%s to gs://k8s-staging-networking-gcb/source/%s.tgz...\n%s Running build jobs...\nCreated [https://cloudbuild.googleapis.com/v1/projects/k8s-staging-networking/locations/global/builds/%s].\nWARNING: gcloud builds submit only displays logs from Cloud Storage, this behaviour is deprecated.\n----------------------------- REMOTE BUILD OUTPUT ------------------------------\nstarting build %q\n\nFETCHSOURCE\nFetching storage object: gs://k8s-staging-networking-gcb/source/source.tgz\nOperation completed over 1 objects/2.1 MiB.\nBUILD\nPulling image: gcr.io/k8s-staging-test-infra/gcb-docker-gcloud", stamp(), s.hex(8), s.hex(8), stamp(), id, id)
	for i := range 70 {
		s.wait(700 * time.Millisecond)
		s.line("%s: %s", s.hex(12), []string{"Pulling fs layer", "Waiting", "Verifying Checksum", "Download complete", "Pull complete"}[i%5])
	}
	s.line("Status: Downloaded newer image for gcr.io/k8s-staging-test-infra/gcb-docker-gcloud:latest\ngcr.io/k8s-staging-test-infra/gcb-docker-gcloud:latest")
	for i := range 50 {
		s.wait(400 * time.Millisecond)
		s.line("%s", s.vary([]string{"go: downloading k8s.io/part{n} v0.3{d}.{d}", "golang.org/x/part{n}", "warning: GOPATH set to GOROOT (/usr/local/go), part {n} has no effect"}[i%3]))
	}
	if !s.failed {
		s.line("docker buildx create --use --name kindnet-builder --driver docker-container\nkindnet-builder")
	}
	s.line("docker buildx build . \\\n\t--progress=\"auto\" \\\n\t--platform=\"linux/amd64,linux/arm64\" \\\n\t--tag=\"gcr.io/k8s-staging-networking/kindnet:v20251016-%s\" --push", s.run.base()[:7])
	if s.failed {
		s.line("ERROR: Multi-platform build is not supported for the docker driver.\nSwitch to a different driver, or turn on the containerd image store, and try again.\nLearn more at https://docs.docker.com/go/build-multi-platform/\nmake: *** [Makefile:50: image-push] Error 1\nERROR\nERROR: build step 0 \"gcr.io/k8s-staging-test-infra/gcb-docker-gcloud\" failed: step exited with non-zero status: 2\n--------------------------------------------------------------------------------")
		s.line("\nBUILD FAILURE: Build step failure: build step 0 \"gcr.io/k8s-staging-test-infra/gcb-docker-gcloud\" failed: step exited with non-zero status: 2\nERROR: (gcloud.builds.submit) build %s completed with status \"FAILURE\"", id)
		s.line("%s Failed to run some build jobs: [error running [gcloud builds submit --verbosity info --config /home/prow/go/src/github.com/kubernetes-sigs/kindnet/cloudbuild.yaml --project k8s-staging-networking --gcs-log-dir gs://k8s-staging-networking-gcb/logs]: exit status 1]", stamp())
		s.fail()
		s.entrypointFailed()
		return
	}
	for i := range 60 {
		s.wait(900 * time.Millisecond)
		s.line("#%d %d.%03d %s", 4+i/10, i, s.rng.IntN(999), s.vary("[linux/arm64 builder {d}/9] RUN part {n}"))
	}
	s.line("PUSH\nDONE\n--------------------------------------------------------------------------------\n%s Finished.", stamp())
}

var round4Tools = failure{
	id: "H8", job: job{prow: round4KymaProw, name: "pre-main-serverless-controller-tests", org: "kyma-project", repo: "kyma", pull: 17940, image: "europe-docker.pkg.dev/kyma-project/prod/test-infra/kyma-integration:v20230801-example", at: time.Date(2023, 8, 3, 8, 12, 0, 0, time.UTC), every: 20 * time.Hour, args: []string{"make", "-C", "components/function-controller", "test"}}, play: round4NoTools, passing: 1,
	expect: expectation{
		Title:    "The container that the tests were moved to has neither pkg-config nor the etcd that they start, so that some do not compile and the others have no API server",
		Cause:    `(?i)"?pkg-config"?: executable file not found|kubebuilder/bin/etcd|(?i)etcd[^\n]{0,60}(not found|missing|no such file)|(?i)pkg-config[^\n]{0,60}(not found|missing)|(?i)(missing|not found)[^\n]{0,40}pkg-config|kyma-integration:v20230801`,
		NotFirst: []string{`make(\[\d\])?: \*\*\*`, `^(---\s)?FAIL`, `(?i)the object has been modified`, `exit status 1$`, `\[build failed\]`}, Category: "config", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `pkg-config: exec: "pkg-config": executable file not found in \$PATH`}, {"run/build-log.txt", `fork/exec /usr/local/kubebuilder/bin/etcd: no such file or directory`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(--- FAIL: Test.*){5}`}, {"run/build-log.txt", `\[build failed\]`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:\d+: test\] Error 1`}, {"passing/1/build-log.txt", `the object has been modified`}},
	},
}

func round4NoTools(s *scene) {
	if !s.failed {
		s.run.image = "europe-docker.pkg.dev/kyma-project/prod/test-infra/buildpack-go:v20230717-example"
	}
	s.line("make: Entering directory '/home/prow/go/src/github.com/kyma-project/kyma/components/function-controller'\ngo test ./... -coverprofile=cover.out")
	s.goDownloads(140)
	noise := func(n int) {
		for i := range n {
			s.wait(200 * time.Millisecond)
			s.line("%s\t%s\t%s", s.now.Format("2006-01-02T15:04:05.000Z"), []string{"DEBUG", "INFO", "ERROR"}[i%3], s.vary([]string{"reconciling function {id}", "config map base-{n} is copied to namespace {pod}", "Operation cannot be fulfilled on configmaps \"base-{n}\": the object has been modified; please apply your changes to the latest version and try again"}[i%3]))
		}
	}
	for _, name := range []string{"cmd/manager", "cmd/registry-gc", "cmd/webhook"} {
		s.line("?   \tgithub.com/kyma-project/kyma/components/function-controller/%s\t[no test files]", name)
	}
	s.line("ok  \tgithub.com/kyma-project/kyma/components/function-controller/internal/config\t2.027s\tcoverage: 89.7%% of statements")
	if s.failed {
		s.line("# pkg-config --cflags  -- libgit2\npkg-config: exec: \"pkg-config\": executable file not found in $PATH\nFAIL\tgithub.com/kyma-project/kyma/components/function-controller/internal/git [build failed]")
	}
	var cases []junitCase
	for i, test := range []string{"TestConfigMapReconciler_Reconcile", "TestNamespaceReconciler_Reconcile", "TestRoleReconciler_Reconcile", "TestRoleBindingReconciler_Reconcile", "TestSecretReconciler_Reconcile", "TestServiceAccountReconciler_Reconcile", "TestFunctionReconciler_Reconcile"} {
		c := junitCase{Name: test, Class: "github.com/kyma-project/kyma/components/function-controller/internal/controllers/kubernetes", Time: 0.11}
		noise(9)
		if s.failed {
			c.Failure = "suite_test.go:22: \n        Expected\n            <*fmt.wrapError | 0xc0005714e0>: {\n                msg: \"unable to start control plane itself: failed to start the controlplane. retried 5 times: fork/exec /usr/local/kubebuilder/bin/etcd: no such file or directory\",\n                err: <*fs.PathError | 0xc00031b2c0>{\n                    Op: \"fork/exec\",\n                    Path: \"/usr/local/kubebuilder/bin/etcd\",\n                    Err: <syscall.Errno>0x2,\n                },\n            }\n        to be nil"
			s.line("--- FAIL: %s (0.%02ds)\n    %s", test, 11+i, c.Failure)
		} else {
			c.Time = 4.1
			s.line("--- PASS: %s (4.%02ds)", test, 11+i)
		}
		cases = append(cases, c)
	}
	if s.failed {
		s.line("FAIL\nFAIL\tgithub.com/kyma-project/kyma/components/function-controller/internal/controllers/kubernetes\t0.894s")
	}
	for i := range 30 {
		s.wait(900 * time.Millisecond)
		s.line("ok  \tgithub.com/kyma-project/kyma/components/function-controller/internal/part%d\t%d.%03ds\tcoverage: %d.%d%% of statements", i, s.rng.IntN(9), s.rng.IntN(1000), 40+s.rng.IntN(50), s.rng.IntN(10))
	}
	s.junit("junit_function-controller.xml", "function-controller", cases...)
	if s.failed {
		s.line("FAIL\nmake: *** [Makefile:41: test] Error 1\nmake: Leaving directory '/home/prow/go/src/github.com/kyma-project/kyma/components/function-controller'")
		s.fail()
		s.run.ending.exit = 2
		s.line(`{"component":"entrypoint","error":"wrapped process failed: exit status 2","level":"error","msg":"Error executing test process","severity":"error","time":"%s"}`, s.now.Format(time.RFC3339))
	}
}

var round4Topic = failure{
	id: "H9", job: job{prow: knativeProw, name: "pull-google-knative-gcp-integration-tests", org: "google", repo: "knative-gcp", pull: 283, image: "gcr.io/knative-tests/test-infra/prow-tests:stable", at: time.Date(2019, 9, 18, 19, 40, 0, 0, time.UTC), args: []string{"runner.sh", "./test/presubmit-tests.sh", "--integration-tests"}}, play: round4NoPublisher, passing: 1,
	expect: expectation{
		Title: "The service account of Cloud Storage may not publish to the topic, because the account that Prow gives to the test was never given that permission to hand on; the source never becomes ready",
		Cause: `(?i)Error 403|(?i)does not have permission to publish|(?i)permission[^\n]{0,60}(pub/?sub|topic|publish)|(?i)forbidden`, NotFirst: []string{`timed out waiting for the condition$`, `(?i)quota project`, `^--- FAIL`, `exit status 1$`, `(?i)leader`}, Category: "config", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `googleapi: Error 403: The service account 'service-\d+@gs-project-accounts\.iam\.gserviceaccount\.com' does not have permission to publish messages`}},
		Misleads: []place{{"run/artifacts/junit_e2e.xml", `timed out waiting for the condition`}, {"run/build-log.txt", `(?s)(ERROR: .*){3}`}, {"passing/1/build-log.txt", `without a quota project`}, {"run/build-log.txt", `SOME TESTS FAILED`}},
	},
}

func round4NoPublisher(s *scene) {
	s.line("============================\n==== RUNNING INTEGRATION TESTS ====\n============================\n+ boskos acquire gke-project\nProject: knative-boskos-%d\nCreating GKE cluster ke2e-cls%s in us-central1", 30+s.rng.IntN(60), s.hex(6))
	for i := range 50 {
		s.wait(5 * time.Second)
		s.line("%s", s.vary([]string{"Creating cluster in us-central1... Cluster is being health-checked ({n})", "WARNING: Your application has authenticated using end user credentials without a quota project, part {n}", "customresourcedefinition.apiextensions.k8s.io/part{n}.events.cloud.google.com created"}[i%3]))
	}
	for _, what := range []string{"Knative Eventing", "Cloud Run Events"} {
		s.wait(30 * time.Second)
		s.line("Waiting until all pods in namespace are up (%s)....\nAll pods are up:\nNAME                       READY   STATUS    RESTARTS   AGE\ncontroller-%s-%s   1/1     Running   0          41s", what, s.hex(8), s.suffix())
	}
	s.line("Running tests with 'go test -race -v -count=1 -tags=e2e -timeout=20m ./test/e2e'")
	test := func(name string, took time.Duration, failure string) junitCase {
		from, namespace := s.now, "test-"+strings.ToLower(name)
		s.line("=== RUN   %s\n    lifecycle.go:121: namespace is : %s", name, namespace)
		for i := range 14 {
			s.wait(took / 14)
			s.line("    %s", s.vary([]string{"creation.go:{n}: created part {id}", "wait.go:{n}: ResourceReady is not there yet", "creation.go:{n}: Warning: source {pod} has no leader yet"}[i%3]))
		}
		c := junitCase{Name: name, Class: "github.com/google/knative-gcp/test/e2e", Time: seconds(s.now.Sub(from)), Failure: failure}
		if failure != "" {
			s.line("    %s", failure)
			s.line("--- FAIL: %s (%.2fs)", name, c.Time)
		} else {
			s.line("--- PASS: %s (%.2fs)", name, c.Time)
		}
		return c
	}
	cases := []junitCase{test("TestSmokePullSubscription", 40*time.Second, ""), test("TestPullSubscription", 90*time.Second, ""), test("TestSmokeTopic", 30*time.Second, "")}
	failure := ""
	if s.failed {
		failure = "test_storage.go:104: Failed to get storage ready: timed out waiting for the condition"
	}
	cases = append(cases, test("TestStorage", 4*time.Minute, failure), test("TestScheduler", 50*time.Second, ""))
	s.junit("junit_e2e.xml", "github.com/google/knative-gcp/test/e2e", cases...)
	if !s.failed {
		s.line("PASS\nok  \tgithub.com/google/knative-gcp/test/e2e\t448.102s\n*** ALL TESTS PASSED ***\nERROR: (gcloud.container.clusters.delete) an operation on the cluster is not done yet, trying again")
		return
	}
	s.line("FAIL\nFAIL\tgithub.com/google/knative-gcp/test/e2e\t448.311s\n***************************************\n***         E2E TEST FAILED         ***\n***    Start of information dump    ***\n***************************************\n>>> All resources:\nNAMESPACE        NAME                                        READY   STATUS\ntest-storage     pod/storage-54292b44-notification-%s     0/1     Error\nknative-eventing pod/eventing-controller-%s-%s   1/1     Running", s.suffix(), s.hex(8), s.suffix())
	s.noise(60, 40*time.Millisecond, []string{"test-storage   {n}s   Normal   Scheduled   pod/part-{pod}   Successfully assigned", "knative-eventing   {n}s   Warning   Unhealthy   pod/eventing-{pod}   Readiness probe failed: HTTP probe failed with statuscode: 500", "cloud-run-events   {n}s   Normal   Pulled   pod/controller-{pod}   Container image already present on machine"}, func(text string) { s.line("%s", text) })
	s.line(">>> Pod test-storage/storage-54292b44-notification log:")
	log := func(level, message string) {
		s.line(`{"level":%q,"ts":"%s","caller":"notification/main.go:104","msg":%q}`, level, s.now.Format("2006-01-02T15:04:05.000Z"), message)
	}
	log("info", "notification operation begins")
	log("warn", "metrics are not set up, going on without them")
	log("error", "googleapi: Error 403: The service account 'service-758498956531@gs-project-accounts.iam.gserviceaccount.com' does not have permission to publish messages to to the Cloud Pub/Sub topic '//pubsub.googleapis.com/projects/knative-boskos-68/topics/storage-54292b44-d992-11e9-a940-42010a800073', or that topic does not exist., forbidden")
	s.line("***************************************\n***     E2E TEST FAILED             ***\n***     End of information dump     ***\n***************************************\nERROR: (gcloud.container.clusters.delete) an operation on the cluster is not done yet, trying again\nERROR: e2e tests failed\nERROR: test/e2e-tests.sh returned 1\n*** SOME TESTS FAILED ***")
	s.fail()
	s.entrypointFailed()
}

var round4Months = failure{
	id: "H12", job: job{name: "ci-kubernetes-test-go", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2017, 12, 1, 2, 10, 0, 0, time.UTC), every: 5 * time.Hour, args: []string{"./scenarios/kubernetes_verify.py", "--branch=master"}}, play: round4ShortMonths, passing: 2,
	expect: expectation{
		Title: "A test takes three months for 92 days, which is not so on the first of December",
		Cause: `TestTranslateTimestamp|(?i)expected '92d', but got '91d'|(?i)months ago`, NotFirst: []string{`make(\[\d\])?: \*\*\*`, `(?i)connection refused`, `^FAIL\s+k8s\.io`, `(?i)!!! Error in`, `exit status 1$`}, Category: "test", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `resource_printer_test\.go:1226: On months ago, expected '92d', but got '91d'`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(connection refused.*){6}`}, {"passing/1/build-log.txt", `connection refused`}, {"run/build-log.txt", `!!! Error in ./hack/make-rules/test\.sh:\d+`}, {"run/build-log.txt", `make: \*\*\* \[test\] Error 1`}},
	},
}

func round4ShortMonths(s *scene) {
	s.line("Run: ('./hack/jenkins/test-dockerized.sh')\n+ make test KUBE_COVER=n\n+++ [%s] Running tests without code coverage", s.now.Format("0102 15:04:05"))
	passes := func(area string, n int) {
		for i := range n {
			s.wait(2 * time.Second)
			s.line("ok  \tk8s.io/kubernetes/%s/part%d\t%d.%03ds", area, i, s.rng.IntN(20), s.rng.IntN(1000))
			if i%11 == 3 {
				s.klog("", "E", 20000+i, "reflector.go:205", "k8s.io/kubernetes/%s/part%d: Failed to list *v1.Pod: Get http://127.0.0.1:%d/api/v1/pods: dial tcp 127.0.0.1:%d: getsockopt: connection refused", area, i, 30000+i, 30000+i)
			}
		}
	}
	passes("cmd", 40)
	passes("pkg/controller", 90)
	c := junitCase{Name: "TestTranslateTimestamp", Class: "k8s.io/kubernetes/pkg/kubectl", Time: 0.01}
	cases := []junitCase{{Name: "TestVersionedPrinter", Class: c.Class, Time: 0.01}, {Name: "TestPrintDefault", Class: c.Class, Time: 0.02}}
	if s.failed {
		c.Failure = "resource_printer_test.go:1226: On months ago, expected '92d', but got '91d'"
		s.line("--- FAIL: TestTranslateTimestamp (0.00s)\n\t%s\nFAIL\nFAIL\tk8s.io/kubernetes/pkg/kubectl\t1.934s", c.Failure)
	} else {
		s.line("ok  \tk8s.io/kubernetes/pkg/kubectl\t1.934s")
	}
	s.junit("junit_pkg_kubectl.xml", "k8s.io/kubernetes/pkg/kubectl", append(cases, c)...)
	passes("pkg/kubelet", 80)
	passes("plugin/pkg", 40)
	s.line("+++ [%s] Saved JUnit XML test report to /workspace/artifacts/junit_pkg_kubectl.xml", s.now.Format("0102 15:04:05"))
	if s.failed {
		s.line("!!! [%s] Call tree:\n!!! [%s]  1: ./hack/make-rules/test.sh:374 runTests(...)\n!!! Error in ./hack/make-rules/test.sh:264\n  Error in ./hack/make-rules/test.sh:264. 'return ${rc}' exited with status 1\nCall stack:\n  1: ./hack/make-rules/test.sh:264 main(...)\nExiting with status 1\nMakefile:163: recipe for target 'test' failed\nmake: *** [test] Error 1", s.now.Format("0102 15:04:05"), s.now.Format("0102 15:04:05"))
		s.line("Command failed\nTraceback (most recent call last):\n  File \"./scenarios/kubernetes_verify.py\", line 155, in <module>\n    main(ARGS.branch, ARGS.script, ARGS.force, ARGS.prow)\nsubprocess.CalledProcessError: Command '('docker', 'run', '--rm=true')' returned non-zero exit status 2")
		s.fail()
		s.entrypointFailed()
	}
}
