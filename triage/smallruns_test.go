package triage_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

const buildLog = "build-log.txt"

// logOf are the files of a run that left only its log.
func logOf(text string) map[string]string { return map[string]string{buildLog: text} }

// A smallRun is a run as programs leave it, cut down to the lines that count. It has the
// expected first finding, and its category if only one is right.
type smallRun struct {
	name, cause, category string
	files                 map[string]string
}

// smallRuns are of programs of all kinds.
var smallRuns = []smallRun{
	{"helm-webhook-crash", `no matches for kind`, "config", map[string]string{buildLog: `+ helm install foo charts/foo --wait --timeout 5m
Error: INSTALLATION FAILED: timed out waiting for the condition
+ kubectl get pods -A
NAMESPACE   NAME        READY   STATUS             RESTARTS   AGE
foo         foo-7c9d    0/1     CrashLoopBackOff   5          5m
+ kubectl logs -n foo deploy/foo
{"level":"info","ts":"2024-01-01T00:00:00Z","msg":"starting manager"}
{"level":"error","ts":"2024-01-01T00:00:10Z","logger":"setup","msg":"unable to create controller","controller":"Bar","error":"no matches for kind \"Bar\" in version \"bar.io/v1beta1\""}
+ exit 1
make: *** [Makefile:101: test-e2e] Error 1
`}},
	{"go-mod-410", `410 Gone`, "dependency", logOf(`+ go build ./...
go: downloading k8s.io/api v0.29.0
go: downloading github.com/foo/bar v1.2.3
go: github.com/foo/bar@v1.2.3: reading https://proxy.golang.org/github.com/foo/bar/@v/v1.2.3.mod: 410 Gone
	server response: not found: github.com/foo/bar@v1.2.3: invalid version: unknown revision v1.2.3
make: *** [Makefile:20: build] Error 1
`)},
	{"kaniko-push", `(?i)denied`, "config", logOf(`INFO[0000] Retrieving image manifest golang:1.21
INFO[0003] Built cross stage deps: map[0:[/workspace/manager]]
INFO[0012] Executing 0 build triggers
INFO[0120] Taking snapshot of full filesystem...
INFO[0130] Pushing image to gcr.io/k8s-staging-foo/foo:v1
error pushing image: failed to push to destination gcr.io/k8s-staging-foo/foo:v1: DENIED: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource (or it may not exist).
`)},
	{"docker-ratelimit-then-retry", `pull rate limit|quota of requests`, "throttling", logOf(`Step 1/12 : FROM golang:1.21
toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit
make: *** [Makefile:44: docker-build] Error 1
+ EXIT_VALUE=2
+ cleanup_dind
Cleaning up after docker
Error response from daemon: No such container: kind-control-plane
`)},
	{"kind-create-cgroup", `(?i)cgroup`, "config", map[string]string{buildLog: `Creating cluster "kind" ...
 • Ensuring node image (kindest/node:v1.31.0) 🖼  ...
 ✓ Ensuring node image (kindest/node:v1.31.0) 🖼
 • Preparing nodes 📦 📦   ...
 ✓ Preparing nodes 📦 📦
 • Starting control-plane 🕹️  ...
 ✗ Starting control-plane 🕹️
ERROR: failed to create cluster: failed to init node with kubeadm: command "docker exec --privileged kind-control-plane kubeadm init --skip-phases=preflight --config=/kind/kubeadm.conf --skip-token-print --v=6" failed with error: exit status 1
Command Output: I0113 07:01:12.111111     141 initconfiguration.go:255] loading configuration from "/kind/kubeadm.conf"
[kubelet-check] Initial timeout of 40s passed.
[kubelet-check] It seems like the kubelet isn't running or healthy.
[kubelet-check] The HTTP call equal to 'curl -sSL http://localhost:10248/healthz' failed with error: Get "http://localhost:10248/healthz": dial tcp 127.0.0.1:10248: connect: connection refused.
couldn't initialize a Kubernetes cluster
+ kind export logs
`, "artifacts/kind-control-plane/kubelet.log": `Jan 13 07:01:20 kind-control-plane systemd[1]: Started kubelet.service - kubelet: The Kubernetes Node Agent.
Jan 13 07:01:20 kind-control-plane kubelet[201]: I0113 07:01:20.100000     201 server.go:467] "Kubelet version" kubeletVersion="v1.31.0"
Jan 13 07:01:20 kind-control-plane kubelet[201]: E0113 07:01:20.200000     201 run.go:72] "command failed" err="failed to run Kubelet: failed to initialize top level QOS containers: root container [kubelet kubepods] doesn't exist: cgroup controllers not enabled"
Jan 13 07:01:20 kind-control-plane systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE
Jan 13 07:01:20 kind-control-plane systemd[1]: kubelet.service: Failed with result 'exit-code'.
`}},
	{"capi-manager", `(?i)InvalidParameterValue|security group`, "", map[string]string{buildLog: `INFO: Creating workload cluster capa-1
INFO: Waiting for the cluster infrastructure to be provisioned
STEP: Waiting for one control plane node to exist
[FAILED] Timed out after 1200.001s.
No Control Plane machines came into existence.
Expected
    <bool>: false
to be true
In [It] at: /home/prow/go/pkg/mod/sigs.k8s.io/cluster-api/test@v1.5.0/framework/controlplane_helpers.go:154
FAIL! -- 3 Passed | 1 Failed | 0 Pending | 12 Skipped
`, "artifacts/clusters/bootstrap/logs/capa-system/capa-controller-manager/capa-1/manager.log": `I0313 01:45:46.000000       1 awsmachine_controller.go:500] "Creating EC2 instance" AWSMachine="default/cp-1"
E0313 01:45:47.000000       1 awsmachine_controller.go:530] "unable to create instance" err="failed to create AWSMachine instance: failed to run instance: InvalidParameterValue: Value (control-plane.cluster-api-provider-aws.sigs.k8s.io) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
E0313 01:45:47.100000       1 controller.go:329] "Reconciler error" err="failed to create AWSMachine instance: failed to run instance: InvalidParameterValue: Value (control-plane.cluster-api-provider-aws.sigs.k8s.io) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name" controller="awsmachine"
E0313 01:55:47.100000       1 controller.go:329] "Reconciler error" err="failed to patch AWSMachine: Operation cannot be fulfilled on awsmachines: the object has been modified" controller="awsmachine"
`}},
	{"unbound", `unbound variable`, "product", logOf(`+ source hack/lib.sh
hack/lib.sh: line 10: GOPATH: unbound variable
+ EXIT_VALUE=1
+ set +o xtrace
`)},
	{"jq", `jq: error|parse error`, "", logOf(`+ curl -sL https://api.github.com/repos/foo/bar/releases/latest
+ jq -r .tag_name
parse error: Invalid numeric literal at line 1, column 10
+ exit 4
`)},
	{"oom-go-build", `(?i)memory|killed`, "oom", logOf(`+ go build -o bin/manager ./cmd
k8s.io/api/core/v1: /usr/local/go/pkg/tool/linux_amd64/compile: signal: killed
make: *** [Makefile:33: build] Error 1
`)},
	{"race", `race detector`, "product", logOf(`=== RUN   TestFoo
==================
WARNING: DATA RACE
Write at 0x00c0001 by goroutine 12:
  example.com/x.(*T).Set()
      /src/x/t.go:12 +0x44

Previous read at 0x00c0001 by goroutine 11:
  example.com/x.(*T).Get()
      /src/x/t.go:20 +0x44
==================
    testing.go:1312: race detected during execution of test
--- FAIL: TestFoo (0.12s)
=== RUN   TestBar
    bar_test.go:12: could not connect: connection refused, retrying
--- PASS: TestBar (0.12s)
FAIL
FAIL	example.com/x	1.2s
`)},
	{"pytest", `AssertionError|assert 3 == 4|assert`, "test", logOf(`============================= test session starts ==============================
collected 12 items

tests/test_a.py ..F.........                                             [100%]

=================================== FAILURES ===================================
______________________________ test_count ______________________________________

    def test_count():
>       assert count() == 4
E       assert 3 == 4
E        +  where 3 = count()

tests/test_a.py:12: AssertionError
=========================== short test summary info ============================
FAILED tests/test_a.py::test_count - assert 3 == 4
========================= 1 failed, 11 passed in 0.12s =========================
`)},
	{"verify-diff", `(?i)out of date|not up to date|dirty|commit`, "test", logOf(`+ make generate
controller-gen object paths=./...
+ git diff --exit-code
diff --git a/api/v1/zz_generated.deepcopy.go b/api/v1/zz_generated.deepcopy.go
index 123..456 100644
--- a/api/v1/zz_generated.deepcopy.go
+++ b/api/v1/zz_generated.deepcopy.go
@@ -1,6 +1,6 @@
-//go:build !ignore_autogenerated
+//go:build !ignore
ERROR: generated code is out of date, please run make generate and commit
make: *** [Makefile:12: verify-generate] Error 1
`)},
	{"verify-diff-bare", `(?i)git diff|differ|generated`, "test", logOf(`+ make generate
controller-gen object paths=./...
+ git diff --exit-code
diff --git a/api/v1/zz_generated.deepcopy.go b/api/v1/zz_generated.deepcopy.go
index 123..456 100644
--- a/api/v1/zz_generated.deepcopy.go
+++ b/api/v1/zz_generated.deepcopy.go
@@ -1,6 +1,6 @@
-//go:build !ignore_autogenerated
+//go:build !ignore
make: *** [Makefile:12: verify-generate] Error 1
`)},
	{"terraform-perm", `(?i)AccessDenied|not authorized|not allow`, "config", logOf(`module.vpc.aws_vpc.this: Creating...
module.vpc.aws_vpc.this: Still creating... [10s elapsed]
╷
│ Error: creating EC2 VPC: UnauthorizedOperation: You are not authorized to perform this operation. Encoded authorization failure message: abc
│ 
│   with module.vpc.aws_vpc.this,
│   on main.tf line 12, in resource "aws_vpc" "this":
╵
make: *** [up] Error 1
`)},
	{"ginkgo-image", `(?i)image`, "image", logOf(`[It] should start
  STEP: Creating a pod @ 03/13/25 01:50:03.123
  [FAILED] Timed out after 300.001s.
  pod ns/foo is not ready
  Expected
      <v1.PodPhase>: Pending
  to equal
      <v1.PodPhase>: Running
  In [It] at: /src/test/e2e/foo_test.go:44 @ 03/13/25 01:55:03.123
  STEP: Dumping events @ 03/13/25 01:55:03.200
  At 2025-03-13 01:50:05 +0000 UTC - event for foo: {kubelet node-1} Failed: Failed to pull image "quay.io/foo/bar:v9": rpc error: code = NotFound desc = failed to pull and unpack image "quay.io/foo/bar:v9": not found
  At 2025-03-13 01:50:06 +0000 UTC - event for foo: {kubelet node-1} BackOff: Back-off pulling image "quay.io/foo/bar:v9"
• [FAILED] [300.1 seconds]
`)},
	{"controller-panic", `(?i)nil pointer|panic`, "product", map[string]string{buildLog: `=== RUN   TestE2E
    e2e_test.go:55: waiting for deployment foo-controller-manager to be available
    e2e_test.go:60: timed out waiting for the condition
--- FAIL: TestE2E (300.00s)
FAIL
FAIL	sigs.k8s.io/foo/test/e2e	300.12s
make: *** [Makefile:12: e2e] Error 1
`, "artifacts/logs/foo-system/foo-controller-manager-abc/manager.log": `I0313 01:45:46.000000       1 main.go:50] starting manager
I0313 01:45:47.000000       1 controller.go:50] reconciling foo
panic: runtime error: invalid memory address or nil pointer dereference [recovered]
	panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x123]

goroutine 1 [running]:
sigs.k8s.io/foo/controllers.(*Foo).Reconcile(0xc000)
	/workspace/controllers/foo.go:123 +0x55
`}},
	{"retry-won-then-test", `expected 3 replicas, got 2`, "test", logOf(`curl: (56) Recv failure: Connection reset by peer
curl failed, retrying in 5 seconds
  % Total    % Received
100  40M  100  40M    0     0
kubectl installed
=== RUN   TestScale
    scale_test.go:33: expected 3 replicas, got 2
--- FAIL: TestScale (12.00s)
FAIL
FAIL	example.com/e2e	12.1s
`)},
	{"boskos-html", `(?i)boskos|invalid character`, "", logOf(`2024/01/01 00:00:00 main.go:311: Limiting testing to 2h0m0s
2024/01/01 00:00:01 Something went wrong: failed to prepare test environment: --provider=gce boskos failed to acquire project: status 502 Bad Gateway, statusCode 502
Traceback (most recent call last):
  File "/workspace/scenarios/kubernetes_e2e.py", line 723, in <module>
    main(parse_args())
  File "/workspace/scenarios/kubernetes_e2e.py", line 569, in main
    mode.start(runner_args)
subprocess.CalledProcessError: Command '('kubetest', '--dump=/workspace/_artifacts')' returned non-zero exit status 1
`)},
	{"cmd-missing", `yq`, "config", logOf(`+ ./hack/update.sh
./hack/update.sh: line 22: yq: command not found
+ kubectl apply -f -
error: no objects passed to apply
make: *** [Makefile:1: x] Error 1
`)},
	{"goroutine-dump", `test timed out|longer than`, "timeout", logOf(`=== RUN   TestLong
I0313 01:45:46.000000       1 x.go:50] doing
W0313 01:45:47.000000       1 reflector.go:456] watch of *v1.Pod ended with: an error on the server ("unable to decode an event from the watch stream: http2: client connection lost") has prevented the request from succeeding
panic: test timed out after 10m0s
running tests:
	TestLong (10m0s)

goroutine 1234 [running]:
testing.(*M).startAlarm.func1()
	/usr/local/go/src/testing/testing.go:2036 +0x8e
FAIL	example.com/x	600.012s
`)},
	{"aws-expired", `(?i)ExpiredToken|expired|too old`, "config", logOf(`+ aws sts get-caller-identity

An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired
+ kops delete cluster --name e2e --yes
Error: error reading cluster configuration: error reading s3://x/e2e/config: AccessDenied
`)},
	{"stockout-manager", `(?i)does not have enough resources|no more machines`, "capacity", map[string]string{buildLog: `Waiting for 3 ready nodes. 1 ready nodes, 1 registered. Retrying.
Waiting for 3 ready nodes. 1 ready nodes, 1 registered. Retrying.
Detected 1 ready nodes, found 1 nodes out of expected 3. Your cluster may not be fully functional.
2024/01/01 00:10:00 process.go:155: Step './hack/e2e-internal/e2e-up.sh' finished in 10m0s
2024/01/01 00:10:00 main.go:328: Something went wrong: starting e2e cluster: error during ./hack/e2e-internal/e2e-up.sh: exit status 1
`, "artifacts/bootstrap-e2e-master/kube-controller-manager.log": `I0101 00:01:00.000000       1 x.go:1] started
`, "artifacts/gcp/instance-group-manager.log": `E0101 00:02:00.000000       1 mig.go:1] error creating instance: The zone 'projects/p/zones/us-east1-b' does not have enough resources available to fulfill the request.  '(resource type:compute)'.
`}},
	{"port-in-use", `already allocated|in use`, "config", logOf(`+ docker run -d -p 5000:5000 --name registry registry:2
docker: Error response from daemon: driver failed programming external connectivity on endpoint registry (abc): Bind for 0.0.0.0:5000 failed: port is already allocated.
+ cleanup
+ docker rm -f registry
Error: No such container: registry
`)},
	{"crd-conflict", `(?i)selectableFields|unknown field|not valid`, "config", logOf(`customresourcedefinition.apiextensions.k8s.io/a created
Error from server (BadRequest): error when creating "config/crd": CustomResourceDefinition in version "v1" cannot be handled as a CustomResourceDefinition: strict decoding error: unknown field "spec.versions[0].selectableFields"
namespace/foo created
error: timed out waiting for the condition on pods/foo
make: *** [Makefile:1: deploy] Error 1
`)},
	{"node-notready-evicted", `(?i)disk ?pressure|no space|ephemeral`, "", map[string]string{buildLog: `[It] should keep pods
[FAILED] Timed out after 600.0s.
Pod x is not ready: node ip-10-0-0-1 is NotReady
In [It] at: /src/x_test.go:1
FAIL! -- 9 Passed | 1 Failed | 0 Pending | 4 Skipped
`, "artifacts/nodes/ip-10-0-0-1/kubelet.log": `Jan 13 07:01:20 ip-10-0-0-1 kubelet[201]: I0113 07:01:20.100000     201 server.go:467] "Kubelet version" kubeletVersion="v1.31.0"
Jan 13 07:11:20 ip-10-0-0-1 kubelet[201]: E0113 07:11:20.100000     201 eviction_manager.go:1] "Eviction manager: must evict pod(s) to reclaim" resourceName="ephemeral-storage"
Jan 13 07:11:25 ip-10-0-0-1 kubelet[201]: E0113 07:11:25.100000     201 kuberuntime.go:1] "Failed to create log" err="write /var/log/pods/x: no space left on device"
Jan 13 07:12:25 ip-10-0-0-1 kubelet[201]: E0113 07:12:25.100000     201 reflector.go:1] "Failed to watch" err="Get \"https://10.0.0.9:6443/api/v1/nodes\": dial tcp 10.0.0.9:6443: connect: connection refused"
`}},
	{"junit-java", `expected: <true>|AssertionFailed`, "test", logOf(`[INFO] Running io.foo.BarTest
[ERROR] Tests run: 3, Failures: 1, Errors: 0, Skipped: 0, Time elapsed: 3.1 s <<< FAILURE! - in io.foo.BarTest
[ERROR] io.foo.BarTest.testX  Time elapsed: 0.2 s  <<< FAILURE!
org.opentest4j.AssertionFailedError: expected: <true> but was: <false>
	at io.foo.BarTest.testX(BarTest.java:33)
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-surefire-plugin:2.22:test (default-test) on project foo: There are test failures.
`)},
	{"maven-dep", `(?i)could not (?:resolve|transfer|find) `, "dependency", logOf(`[INFO] Scanning for projects...
[INFO] BUILD FAILURE
[ERROR] Failed to execute goal on project foo: Could not resolve dependencies for project io.foo:foo:jar:1.0: Could not transfer artifact org.x:y:jar:1.2 from/to central (https://repo.maven.apache.org/maven2): Transfer failed for https://repo.maven.apache.org/maven2/org/x/y/1.2/y-1.2.jar 503 Service Unavailable -> [Help 1]
[ERROR] 
[ERROR] To see the full stack trace of the errors, re-run Maven with the -e switch.
`)},
	{"release-tool-json", `(?i)json|invalid character`, "", logOf(`INFO Fetching latest release
FATA[0003] decoding response: invalid character '<' looking for beginning of value
make: *** [release] Error 1
`)},
	{"apt-lock-passes", `NO_PUBKEY|public key|not signed`, "dependency", logOf(`Get:1 http://deb.debian.org/debian bullseye InRelease [116 kB]
Err:2 https://packages.cloud.google.com/apt cloud-sdk InRelease
  The following signatures couldn't be verified because the public key is not available: NO_PUBKEY FEEA9169307EA071
Reading package lists...
W: GPG error: https://packages.cloud.google.com/apt cloud-sdk InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY FEEA9169307EA071
E: The repository 'https://packages.cloud.google.com/apt cloud-sdk InRelease' is not signed.
The command '/bin/sh -c apt-get update' returned a non-zero code: 100
`)},
	{"deprecated-flag-noise", `unknown feature gate|unrecognized feature gate`, "config", map[string]string{buildLog: `Flag --pod-infra-container-image has been deprecated, will be removed in 1.27.
[kubelet-check] It seems like the kubelet isn't running or healthy.
error execution phase wait-control-plane: couldn't initialize a Kubernetes cluster
`, "artifacts/node1/kubelet.log": `Jan 13 07:01:20 n kubelet[201]: Flag --pod-infra-container-image has been deprecated, will be removed in 1.27. Image garbage collector will get sandbox image information from CRI.
Jan 13 07:01:20 n kubelet[201]: E0113 07:01:20.200000     201 run.go:74] "command failed" err="failed to set feature gates from initial flags-based config: unrecognized feature gate: DynamicKubeletConfig"
Jan 13 07:01:20 n systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE
`}},
	{"cni-journal", `(?i)plugin|loopback|version`, "", map[string]string{buildLog: `error: timed out waiting for the condition on nodes/n1
make: *** [x] Error 1
`, "artifacts/n1/containerd.log": `Jan 13 07:01:20 n1 containerd[100]: time="2025-01-13T07:01:20Z" level=info msg="starting containerd" revision=abc version=2.0.0
Jan 13 07:01:21 n1 containerd[100]: time="2025-01-13T07:01:21Z" level=error msg="failed to load cni during init, please check CRI plugin status before setting up network for pods" error="cni config load failed: no network config found in /etc/cni/net.d: cni plugin not initialized: failed to load cni config"
Jan 13 07:02:21 n1 containerd[100]: time="2025-01-13T07:02:21Z" level=error msg="RunPodSandbox for calico-node failed, error" error="failed to find plugin \"loopback\" in path [/opt/cni/bin]"
`}},
	{"flag-removed-controller", `unknown flag: --enable-leader-election`, "config", map[string]string{buildLog: `+ kubectl -n foo wait --for=condition=Available deploy/foo --timeout=300s
error: timed out waiting for the condition on deployments/foo
+ kubectl -n foo describe pod -l app=foo
    Last State:     Terminated
      Reason:       Error
      Exit Code:    2
  Warning  BackOff    3s (x12 over 2m)  kubelet  Back-off restarting failed container manager in pod foo-1
make: *** [Makefile:40: e2e] Error 1
`, "artifacts/pods/foo-system/foo-1/manager.log": `Error: unknown flag: --enable-leader-election
Usage:
  manager [flags]

Flags:
  -h, --help   help for manager
unknown flag: --enable-leader-election
`}},
	{"aborted-suite-last-running", `did not (?:finish|end)|within`, "timeout", map[string]string{buildLog: `=== RUN   TestA
--- PASS: TestA (1.00s)
=== RUN   TestB
E0313 01:45:46.000000       1 x.go:50] error syncing: connection refused
{"component":"entrypoint","file":"k8s.io/test-infra/prow/entrypoint/run.go:164","func":"k8s.io/test-infra/prow/entrypoint.Options.ExecuteProcess","level":"error","msg":"Process did not finish before 1h0m0s timeout","severity":"error","time":"2025-01-13T07:59:46Z"}
{"component":"entrypoint","level":"error","msg":"Process did not exit before 15m0s grace period","severity":"error","time":"2025-01-13T08:10:46Z"}
`}},
	{"cluster-api-docker-pull", `no such host|could not be resolved`, "dependency", map[string]string{buildLog: `INFO: Waiting for control plane to be ready
[FAILED] Timed out after 600.001s.
Timed out waiting for 1 ready replicas for MachineDeployment quick-start/md-0
In [It] at: /x.go:1
FAIL! -- 3 Passed | 1 Failed
`, "artifacts/clusters/quick-start/machines/md-0-abc/containerd.log": `Jan 13 07:02:21 n1 containerd[100]: time="2025-01-13T07:02:21Z" level=error msg="PullImage \"registry.k8s.io/pause:3.10\" failed" error="failed to pull and unpack image \"registry.k8s.io/pause:3.10\": failed to resolve reference: dial tcp: lookup registry.k8s.io on 10.0.0.2:53: no such host"
`, "artifacts/clusters/quick-start/machines/md-0-abc/kubelet.log": `Jan 13 07:02:20 n1 kubelet[1]: E0113 07:02:20.200000     201 kubelet.go:2347] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
Jan 13 07:02:22 n1 kubelet[1]: E0113 07:02:22.200000     201 pod_workers.go:1298] "Error syncing pod, skipping" err="failed to \"CreatePodSandbox\" for \"kube-proxy\""
`}},
	{"go-version", `requires go`, "config", logOf(`+ go test ./...
go: go.mod requires go >= 1.23.0 (running go 1.22.5; GOTOOLCHAIN=local)
make: *** [Makefile:1: test] Error 1
`)},
	{"old-go-compile", `not in (?:GOROOT|std)`, "config", logOf(`+ go build ./...
cmd/main.go:5:2: package slices is not in GOROOT (/usr/local/go/src/slices)
note: imported by a module that requires go 1.21
make: *** [Makefile:1: build] Error 1
`)},
	{"buildx-exec-format", `(?i)exec format`, "", logOf(`#12 [linux/arm64 build 4/6] RUN go build ./...
#12 0.213 exec /bin/sh: exec format error
#12 ERROR: process "/bin/sh -c go build ./..." did not complete successfully: exit code: 255
------
 > [linux/arm64 build 4/6] RUN go build ./...:
0.213 exec /bin/sh: exec format error
------
Dockerfile:12
--------------------
  10 |     COPY . .
  11 |     
  12 | >>> RUN go build ./...
  13 |     
--------------------
ERROR: failed to solve: process "/bin/sh -c go build ./..." did not complete successfully: exit code: 255
`)},
	{"buildx-apk", `(?i)temporary error|unable to select|no such package|fetch`, "dependency", logOf(`#9 [base 2/3] RUN apk add --no-cache foo=1.2.3-r0
#9 0.301 fetch https://dl-cdn.alpinelinux.org/alpine/v3.16/main/x86_64/APKINDEX.tar.gz
#9 0.801 ERROR: unable to select packages:
#9 0.801   foo-1.2.4-r0:
#9 0.801     breaks: world[foo=1.2.3-r0]
#9 ERROR: process "/bin/sh -c apk add --no-cache foo=1.2.3-r0" did not complete successfully: exit code: 1
------
ERROR: failed to solve: process "/bin/sh -c apk add --no-cache foo=1.2.3-r0" did not complete successfully: exit code: 1
`)},
	{"gotestsum", `expected: 200`, "test", logOf(`=== FAIL: pkg/server TestServe (0.10s)
    server_test.go:33: 
        	Error Trace:	/src/pkg/server/server_test.go:33
        	Error:      	Not equal: 
        	            	expected: 200
        	            	actual  : 500
        	Test:       	TestServe

DONE 123 tests, 1 failure in 12.3s
make: *** [Makefile:10: test] Error 1
`)},
	{"envtest-etcd-missing", `etcd: no such file|unable to start control plane|etcd`, "config", logOf(`=== RUN   TestAPIs
  [FAILED] in [BeforeSuite] - /src/suite_test.go:66 @ 01/13/25 07:01:20.111
  [FAILED] Unexpected error:
      <*fmt.wrapError | 0xc0003>: 
      unable to start control plane itself: failed to start the controlplane. retried 5 times: fork/exec /usr/local/kubebuilder/bin/etcd: no such file or directory
      {
          msg: "unable to start control plane itself: failed to start the controlplane. retried 5 times: fork/exec /usr/local/kubebuilder/bin/etcd: no such file or directory",
      }
  occurred
  In [BeforeSuite] at: /src/suite_test.go:66 @ 01/13/25 07:01:20.111
Ran 0 of 3 Specs in 5.1 seconds
FAIL! -- A BeforeSuite node failed so all tests were skipped.
--- FAIL: TestAPIs (5.10s)
FAIL
`)},
	{"shellcheck", `SC2086|shellcheck`, "test", logOf(`Verifying verify-shellcheck.sh

In ./hack/foo.sh line 12:
  rm $x
     ^-- SC2086 (info): Double quote to prevent globbing and word splitting.

Please review the above warnings.
!!! [0302 10:18:14] Call tree:
FAILED   verify-shellcheck.sh	34s
`)},
	{"apidiff", `(?i)incompatible|removed`, "", logOf(`+ go-apidiff origin/main
sigs.k8s.io/foo/api/v1
  Incompatible changes:
  - Foo.Bar: removed
make: *** [apidiff] Error 1
`)},
	{"docker-daemon", `(?i)docker daemon`, "", logOf(`Docker in Docker enabled, initializing...
================================================================================
 * Starting Docker: docker
 * Docker failed to start (core dumped)
Waiting for docker to be ready, sleeping for 1 seconds.
Waiting for docker to be ready, sleeping for 2 seconds.
Reached maximum attempts, not waiting any longer...
Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
+ kind create cluster
ERROR: failed to create cluster: failed to list nodes: command "docker ps -a --filter label=io.x-k8s.kind.cluster=kind --format '{{.Names}}'" failed with error: exit status 1
Command Output: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
`)},
	{"gh-release", `(?i)already_exists`, "config", logOf(`INFO[0010] creating release
FATA[0012] publishing: POST https://api.github.com/repos/foo/bar/releases: 422 Validation Failed [{Resource:Release Field:tag_name Code:already_exists Message:}]
`)},
	{"gcb-build", `(?i)does not exist|not found`, "", logOf(`Starting Step #1
Step #1: Already have image (with digest): gcr.io/cloud-builders/docker
Step #1: Sending build context to Docker daemon  1.2MB
Step #1: Step 1/4 : FROM gcr.io/distroless/static:nonroot-foo
Step #1: manifest for gcr.io/distroless/static:nonroot-foo not found: manifest unknown: Failed to fetch "nonroot-foo"
Finished Step #1
ERROR
ERROR: build step 1 "gcr.io/cloud-builders/docker" failed: step exited with non-zero status: 1
ERROR: (gcloud.builds.submit) build 123-abc completed with status "FAILURE"
2024/01/01 00:00:00 Failed to run some build jobs: [error running [gcloud builds submit]: exit status 1]
`)},
	{"etcd-leader-lost-consequence", `(?i)etcd was slow|fdatasync|etcd`, "node", map[string]string{buildLog: `[FAILED] Timed out after 300s.
deployment foo is not ready
FAIL! -- 3 Passed | 1 Failed
`, "artifacts/pods/kube-system/etcd-cp/etcd.log": `{"level":"warn","ts":"2025-01-13T07:10:00.000Z","caller":"wal/wal.go:802","msg":"slow fdatasync","took":"8.2s","expected-duration":"1s"}
`, "artifacts/pods/kube-system/kcm/kube-controller-manager.log": `E0113 07:10:12.000000       1 leaderelection.go:330] error retrieving resource lock kube-system/kube-controller-manager: Get "https://127.0.0.1:6443/x": context deadline exceeded
F0113 07:10:13.000000       1 controllermanager.go:294] leaderelection lost
`}},
	{"rbac-controller", `is forbidden`, "config", map[string]string{buildLog: `=== RUN   TestSlices
    slice_test.go:10: timed out waiting for endpoints of service foo
--- FAIL: TestSlices (120.0s)
FAIL
`, "artifacts/logs/foo-controller.log": `I0113 07:00:12.000000       1 main.go:330] started
W0113 07:00:12.000000       1 reflector.go:424] failed to list *v1.EndpointSlice: endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:foo:foo" cannot list resource "endpointslices" in API group "discovery.k8s.io" at the cluster scope
E0113 07:00:12.000000       1 reflector.go:140] Failed to watch *v1.EndpointSlice: failed to list *v1.EndpointSlice: endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:foo:foo" cannot list resource "endpointslices" in API group "discovery.k8s.io" at the cluster scope
`}},
	{"webhook-cert", `(?i)x509|webhook`, "config", logOf(`+ kubectl apply -f config/samples
Error from server (InternalError): error when creating "config/samples": Internal error occurred: failed calling webhook "mfoo.kb.io": failed to call webhook: Post "https://foo-webhook-service.foo.svc:443/mutate?timeout=10s": x509: certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure")
make: *** [Makefile:1: samples] Error 1
`)},
	{"bash-many-swallowed", `path "./charts/bar" not found`, "config", logOf(`+ kubectl delete ns foo
Error from server (NotFound): namespaces "foo" not found
+ true
+ kubectl create ns foo
namespace/foo created
+ helm install bar ./charts/bar -n foo
Error: path "./charts/bar" not found
+ cleanup
+ kubectl delete ns foo
namespace "foo" deleted
+ exit 1
`)},
	{"kubectl-version-skew", `the server could not find the requested resource|no matches|resource type`, "config", logOf(`=== RUN   TestAccept
    a.go:12: creating CronJob: the server could not find the requested resource (post cronjobs.batch)
--- FAIL: TestAccept (2.0s)
=== RUN   TestReject
--- PASS: TestReject (2.0s)
FAIL
`)},
	{"openshift-step", `(?i)InvalidClientToken|credentials`, "config", map[string]string{buildLog: `INFO[2025-01-13T07:00:00Z] ci-operator version v2025
INFO[2025-01-13T07:01:00Z] Running step e2e-aws-ipi-install-install.
INFO[2025-01-13T07:03:00Z] Logs for container test in pod e2e-aws-ipi-install-install:
INFO[2025-01-13T07:03:00Z] level=info msg=Credentials loaded from the "default" profile in file "/var/run/secrets/ci.openshift.io/cluster-profile/.awscred"
level=fatal msg="failed to fetch Cluster: failed to generate asset \"Platform Credentials Check\": validate AWS credentials: InvalidClientTokenId: The security token included in the request is invalid."
Installer exit with code 1
Setup phase finished, prepare env for next steps
{"component":"entrypoint","error":"wrapped process failed: exit status 1","file":"sigs.k8s.io/prow/pkg/entrypoint/run.go:84","level":"error","msg":"Error executing test process","severity":"error","time":"2025-01-13T07:02:59Z"}
error: failed to execute wrapped command: exit status 1
INFO[2025-01-13T07:03:01Z] Step e2e-aws-ipi-install-install failed after 1m59s.
INFO[2025-01-13T07:06:01Z] Ran for 6m1s
ERRO[2025-01-13T07:06:01Z] Some steps failed:
ERRO[2025-01-13T07:06:01Z]
  * could not run steps: step e2e-aws failed: "e2e-aws" pre steps failed: "e2e-aws" pod "e2e-aws-ipi-install-install" failed: could not watch pod: the pod ci-op-x/e2e-aws-ipi-install-install failed after 1m58s (failed containers: test): ContainerFailed one or more containers exited
`}},
}

func TestSmallRuns(t *testing.T) {
	for _, c := range slices.Concat(smallRuns, checkRuns) {
		t.Run(c.name, func(t *testing.T) {
			dir := c.write(t)
			passing, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "passing", "*"))
			j := judge(t, dir, passing...)
			if len(j.Findings) == 0 {
				t.Fatal("there is no finding")
			}
			first := &j.Findings[0]
			if !matches(first, c.cause) {
				t.Errorf("first is %q, want %s", first.Title, c.cause)
			}
			if c.category != "" && string(first.Category) != c.category {
				t.Errorf("%q has the category %s, want %s", first.Title, first.Category, c.category)
			}
		})
	}
}

// write writes the files of a run, and of the passing runs before it, and gives its
// directory.
func (run smallRun) write(t *testing.T) (dir string) {
	top := t.TempDir()
	for i, files := range passingRuns[run.name] {
		writeRun(t, filepath.Join(top, "passing", strconv.Itoa(i)), `{"timestamp":1736755600,"passed":true,"result":"SUCCESS"}`, files)
	}
	dir = filepath.Join(top, "1900000000000000001")
	writeRun(t, dir, `{"timestamp":1736755600,"passed":false,"result":"FAILURE"}`, run.files)
	return dir
}

func writeRun(t *testing.T, dir, finished string, files map[string]string) {
	all := map[string]string{"started.json": `{"timestamp":1736751600}`, "finished.json": finished}
	maps.Copy(all, files)
	for name, text := range all {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
