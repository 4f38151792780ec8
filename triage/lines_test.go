package triage

import (
	"fmt"
	"testing"

	"prowtrace/joblog"
)

// errorLines are lines as programs print them, with their kind as evidence. A line whose
// kind is content has a category. They come from all kinds of programs that run in jobs, and
// are judged alone: the lines around them may say more.
var errorLines = []struct {
	line     string
	kind     kind
	category Category
}{
	// Lines that only say that something failed.
	{"make: *** [Makefile-test.mk:68: test] Error 1", bare, ""},
	{"make[1]: *** [Makefile:150: lint] Error 4", bare, ""},
	{"make: Target 'verify' not remade because of errors.", bare, ""},
	{"exit status 2", bare, ""},
	{"Error: exit status 255", bare, ""},
	{"FAIL", bare, ""},
	{"FAIL\tsigs.k8s.io/kwok/pkg/kwok/controllers\t11.210s", bare, ""},
	{"--- FAIL: TestPodController (11.00s)", bare, ""},
	{"    --- FAIL: TestPodController/with_lease (1.20s)", bare, ""},
	{"FAIL: ci-kubernetes-e2e-ubuntu-gce-containerd", bare, ""},
	{"DONE 9666 tests, 1 error in 270.700s", bare, ""},
	{"DONE 4121 tests, 12 skipped, 3 failures in 412.034s", bare, ""},
	{"Test Suite Failed", bare, ""},
	{"  [FAIL] [NFD] Node Feature Discovery when deploying nfd-master [It] should label the node", bare, ""},
	{"• [FAILED] [3413.643 seconds]", bare, ""},
	{"• Failure [300.112 seconds]", bare, ""},
	{"• Failure in Spec Setup (BeforeEach) [63.208 seconds]", bare, ""},
	{"Summarizing 1 Failure:", bare, ""},
	{"FAIL! -- 9 Passed | 1 Failed | 0 Pending | 4 Skipped", bare, ""},
	{"ERROR: Build failed. Not running tests", bare, ""},
	{"FAILED: Build did NOT complete successfully", bare, ""},
	{"//pkg/util:go_default_test                          FAILED in 3 out of 3 in 12.3s", bare, ""},
	{"Executed 412 out of 413 tests: 412 tests pass and 1 fails locally.", bare, ""},
	{"2020/02/09 23:21:12 main.go:316: Something went wrong: encountered 1 errors: [error during ./hack/ginkgo-e2e.sh: exit status 1]", bare, ""},
	{"subprocess.CalledProcessError: Command '('kubetest', '--up')' returned non-zero exit status 1", bare, ""},
	{"process 520 exited with code 1 after 5.3m", bare, ""},
	{"Command failed", bare, ""},
	{"wrapper.sh] [TEST] Test Command exit code: 1", bare, ""},
	{"!!! Error in hack/make-rules/verify.sh:212", bare, ""},
	{"!!! [0302 10:18:14] Call tree:", bare, ""},
	{"Verification failed: 1 check of 6 did not pass", bare, ""},
	{"FAILED   verify-vendor.sh\t341s", bare, ""},
	{"FAILED TESTS", bare, ""},
	{"The command '/bin/sh -c make build' returned a non-zero code: 2", bare, ""},
	{`ERROR: process "/bin/sh -c make build" did not complete successfully: exit code: 2`, bare, ""},
	{`ERROR: failed to solve: process "/bin/sh -c go build ./..." did not complete successfully: exit code: 1`, bare, ""},
	{"npm ERR! code ELIFECYCLE", bare, ""},
	{"npm ERR! errno 1", bare, ""},
	{"error Command failed with exit code 1.", bare, ""},
	{"ERRO[2022-01-24T21:07:10Z] Some steps failed:", bare, ""},
	{"Container test exited with code 1, reason Error", bare, ""},
	{`  * could not run steps: step e2e-aws failed: "e2e-aws" pod "e2e-aws-test" failed: the pod ci-op-1/e2e-aws-test failed after 41m2s (failed containers: test): ContainerFailed one or more containers exited`, bare, ""},
	{"*** E2E TESTS FAILED ***", bare, ""},
	{"command [ssh -o StrictHostKeyChecking=no prow@34.1.2.4 -- sudo sh -c 'cd /tmp/e2e && ./ginkgo'] failed with error: exit status 126 and command output:", bare, ""},
	{"Failure: 4 errors encountered.", bare, ""},
	{"FAIL! -- A BeforeSuite node failed so all tests were skipped.", bare, ""},
	{"BackOff: Back-off restarting failed container", bare, ""},
	{"Error in hack/lib/golang.sh:512. 'go list ./...' exited with status 1", bare, ""},
	{"==== INTEGRATION TESTS FAILED ====", bare, ""},
	{"***         E2E TEST FAILED         ***", bare, ""},
	{"task: Failed to run task \"test\": exit status 1", bare, ""},
	{"Error: failed to run tests: exit status 2", bare, ""},
	{"error: build failed", bare, ""},
	{"FAIL\tk8s.io/kops/pkg/a [build failed]", bare, ""},
	{"mage: error: exit code 1", bare, ""},
	{"ERROR: Job failed: exit code 1", bare, ""},

	// Waits in vain.
	{"timed out waiting for the condition", waiter, Timeout},
	{"error: timed out waiting for the condition on deployments/cert-manager-webhook", waiter, Timeout},
	{"Timed out waiting for 1 nodes to be created for MachineDeployment caprke2/md-0", waiter, Timeout},
	{"[FAILED] Timed out after 1200.000s.", waiter, ""},
	{"Error: UPGRADE FAILED: timed out waiting for the condition", waiter, Timeout},
	{"Error: INSTALLATION FAILED: context deadline exceeded", waiter, Timeout},
	{"level=error msg=\"Cluster initialization failed because one or more operators are not functioning properly: timed out waiting for the condition\"", waiter, Timeout},
	{"Apr 30 23:44:52.522: Expected volume limits to be set, error: could not get CSINode limit for driver csi-hostpath: timed out waiting for the condition", waiter, Timeout},
	{"Detected 0 ready nodes, found 1 nodes out of expected 4. Your cluster may not be fully functional.", waiter, ""},
	{"Gave up waiting for cluster to become ready", waiter, ""},
	{"pod pending timeout: container \"test\" has not started in 30m0s", waiter, ""},

	// Tries that will be repeated, and work that was ended from outside.
	{"Waiting for 4 ready nodes. 0 ready nodes, 1 registered. Retrying.", retry, ""},
	{"W0327 22:46:13.232    1 retry.go:41] Failed to list instances, will retry: EOF", retry, ""},
	{"WARN[2026-01-02T03:04:05Z] failed to heartbeat lease, trying again", retry, ""},
	{"error refreshing cache: connection reset by peer, retrying in 5s", retry, ""},
	{`level=error msg="Get \"https://api/\": context canceled"`, cancelled, ""},
	{"kops toolbox dump failed: signal: killed", cancelled, ""},

	// Quotas.
	{"googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1., quotaExceeded", content, Quota},
	{"Failed to CreateNetworkInterface InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses to satisfy the request.", content, Quota},
	{"VpcLimitExceeded: The maximum number of VPCs has been reached.", content, Quota},
	{"Error: creating IAM Role: LimitExceeded: Cannot exceed quota for RolesPerAccount: 1000", content, Quota},
	{"Code=\"PublicIPCountLimitReached\" Message=\"Cannot create more than 100 public IP addresses for this subscription in this region.\"", content, Quota},
	{`pods "e2e-1" is forbidden: exceeded quota: compute-resources, requested: limits.cpu=2, used: limits.cpu=16, limited: limits.cpu=16`, content, Quota},
	{"ERROR: (gcloud.compute.networks.create) Could not fetch resource: - Quota 'NETWORKS' exceeded. Limit: 5.0 globally.", content, Quota},
	{"reached the limit of 64 load balancers in this account", content, Quota},

	// Capacity.
	{"InsufficientInstanceCapacity: We currently do not have sufficient p3.2xlarge capacity in the Availability Zone you requested", content, Capacity},
	{"failed to prepare test environment: --provider=gce boskos failed to acquire project: resources not found", content, Capacity},
	{"F0117 21:21:30.475   1 up.go:42] unable to acquire resource type \"gce-project\" from boskos: no available resource", content, Capacity},
	{`{"error":"Resource gke-e2e-test not exist","level":"error","msg":"No available resource","time":"2019-11-13T19:22:04Z"}`, content, Capacity},
	{"The zone 'projects/p/zones/us-east1-b' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.", content, Capacity},
	{"No valid host was found. There are not enough hosts available.", content, Capacity},

	// Throttling.
	{"toomanyrequests: You have reached your pull rate limit.", content, Throttling},
	{"api error Throttling: Rate exceeded", content, Throttling},
	{"GET https://api.github.com/repos/o/r/releases: 403 API rate limit exceeded for 203.0.113.9.", content, Throttling},
	{"curl: (22) The requested URL returned error: 429", content, Throttling},
	{"server returned HTTP status 429 Too Many Requests", content, Throttling},
	{"SlowDown: Please reduce your request rate.", content, Throttling},

	// Images.
	{`Failed to pull image "gcr.io/k8s-testimages/kubekins-e2e:v20191029-4802b07-1.17": rpc error: code = Unknown desc = failed to resolve image: not found`, content, Image},
	{"ERROR: failed to solve: golang:1.20: failed to copy: httpReadSeeker: failed open: content at https://mirror.gcr.io/v2/library/golang/manifests/sha256:344 not found: not found", content, Image},
	{"Error: initializing source docker://registry.example.com/index:v4.14: reading manifest v4.14 in registry.example.com/index: manifest unknown: manifest unknown", content, Image},
	{"docker: Error response from daemon: manifest for kindest/node:v1.99.0 not found: manifest unknown", content, Image},
	{`Back-off pulling image "image-registry.svc:5000/ci-op-cgzjrtyl/stable:openstack"`, content, Image},
	{"Unable to find image 'quay.io/kubevirtci/gocli:2501' locally: repository does not exist", content, Image},
	{"InvalidImageName: couldn't parse image reference \"gcr.io/a/b:W0828\"", content, Image},
	{"Error response from daemon: invalid reference format", content, Image},
	{`could not find Image for "099720109477/ubuntu/images/old"`, content, Image},
	{"ERROR: failed to build: failed to solve: failed to load cache key: docker.io/library/alpine:3.99: not found", content, Image},
	{"ERROR: no image found for platform linux/s390x", content, Image},

	// Things outside of the job.
	{"dial tcp: lookup proxy.golang.org on 10.63.240.10:53: no such host", content, Dependency},
	{"curl: (6) Could not resolve host: dl.k8s.io", content, Dependency},
	{"curl: (56) Recv failure: Connection reset by peer", content, Dependency},
	{"curl: (28) Failed to connect to storage.googleapis.com port 443: Connection timed out", content, Dependency},
	{"curl: (22) The requested URL returned error: 404 Not Found", content, Dependency},
	{"wget: unable to resolve host address 'get.helm.sh'", content, Dependency},
	{"E: Failed to fetch http://deb.debian.org/debian/pool/main/j/jq/jq_1.5.deb  404  Not Found [IP: 151.101.2.132 80]", content, Dependency},
	{"E: Unable to locate package libseccomp2", content, Dependency},
	{"Error: Failed to download metadata for repo 'appstream': Cannot prepare internal mirrorlist: No URLs in mirrorlist", content, Dependency},
	{"go: example.com/m@v1.2.3: reading https://proxy.golang.org/example.com/m/@v/v1.2.3.zip: 502 Bad Gateway", content, Dependency},
	{`go: sigs.k8s.io/x@v0.1.0: Get "https://proxy.golang.org/sigs.k8s.io/x/@v/v0.1.0.mod": net/http: TLS handshake timeout`, content, Dependency},
	{"npm ERR! network request to https://registry.npmjs.org/left-pad failed, reason: connect ETIMEDOUT 104.16.3.35:443", content, Dependency},
	{"npm ERR! code E404", content, Dependency},
	{"ERROR: Could not find a version that satisfies the requirement PyYAML==5.4.1", content, Dependency},
	{"requests.exceptions.ConnectionError: HTTPSConnectionPool(host='pypi.org', port=443): Max retries exceeded with url: /simple/", content, Dependency},
	{"java.net.UnknownHostException: repo.maven.apache.org", content, Dependency},
	{"ERROR: An error occurred during the fetch of repository 'io_bazel_rules_go': java.io.IOException: Error downloading [https://github.com/x.tar.gz]: GET returned 504 Gateway Timeout", content, Dependency},
	{"failed to resolve release latest: failed to request latest release: server responded with 404: no tags exist within the release that satisfy the request", content, Dependency},
	{"error: unable to iterate over layer sha256:84d0260f from quay.io/openshift-release-dev/ocp: unexpected EOF", content, Dependency},
	{"Error: failed to fetch https://charts.jetstack.io/index.yaml : 503 Service Unavailable", content, Dependency},
	{"Error: looks like \"https://charts.helm.sh/stable\" is not a valid chart repository or cannot be reached", content, Dependency},
	{"verifying example.com/m@v1.2.3: checksum mismatch", content, Dependency},
	{"pinging container registry registry.redhat.io: Get \"https://registry.redhat.io/v2/\": dial tcp 69.192.160.217:443: connect: network is unreachable", content, Dependency},

	// Configuration.
	{"Error: unknown flag: --base-branch", content, Config},
	{"flag provided but not defined: -dns-domain", content, Config},
	{`Error: unknown command "publish-pr" for "ack-build-tools"`, content, Config},
	{"error: unknown shorthand flag: 'k' in -k", content, Config},
	{"./build.sh: line 7: docker: command not found", content, Config},
	{"/bin/sh: 1: jq: not found", content, Config},
	{"bash: ./hack/verify-all.sh: No such file or directory", content, Config},
	{"cp: cannot stat '_output/bin/kubectl': No such file or directory", content, Config},
	{"make: *** No rule to make target 'verify-boilerplate'.  Stop.", content, Config},
	{"open /etc/kubernetes/admin.conf: permission denied", content, Config},
	{"hack/lib/util.sh: line 12: KUBE_ROOT: unbound variable", content, Product},
	{"error: error validating \"kustomization.yaml\": error validating data: unknown field \"spec.foo\"", content, Config},
	{"error: unable to recognize \"serving.yaml\": no matches for kind \"Image\" in version \"caching.internal.knative.dev/v1alpha1\"", content, Config},
	{`Error from server (NotFound): namespaces "test-pods" not found`, content, Config},
	{"error converting YAML to JSON: yaml: line 12: did not find expected key", content, Config},
	{"Error: accumulating resources: accumulation err='accumulating resources from '../default': open /src/config/default: no such file or directory'", content, Config},
	{"strict decoding error: unknown field \"spec.versions[0].selectableFields\"", content, Config},
	{"level=error msg=\"Running error: buildir: failed to load package goarch: could not load export data: cannot import \\\"internal/goarch\\\" (unknown iexport format version 2), export data is newer version - update tool\"", content, Config},
	{"level=error msg=\"can't load config: can't set severity rule option: no default severity defined\"", content, Config},
	{"go: go.mod requires go >= 1.22.0 (running go 1.21.3; GOTOOLCHAIN=local)", content, Config},
	{"go: updates to go.mod needed; to update it:", content, Config},
	{"go install: version is required when current directory is not in a module", content, Config},
	{"Error response from daemon: client version 1.40 is too new. Maximum supported API version is 1.39", content, Config},
	{"Error: Unsupported Terraform Core version", content, Config},
	{"│ Error: Missing required argument", content, Config},
	{"An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform sts:AssumeRoleWithWebIdentity", content, Config},
	{"ERROR: (gcloud.container.clusters.create) ResponseError: code=400, message=Master version \"1.14.1\" is unsupported.", content, Config},
	{"googleapi: Error 400: Invalid value for field 'resource.zone': 'us-west4-a'. Unknown zone., invalid", content, Config},
	{"ERROR: AADSTS7000222: The provided client secret keys for app are expired.", content, Config},
	{"PERMISSION_DENIED: Permission denied to list services for consumer container", content, Config},
	{"x509: certificate has expired or is not yet valid: current time 2025-03-13T01:45:46Z is after 2025-03-12", content, Config},
	{"error execution phase preflight: your configuration file uses an old API spec: \"kubeadm.k8s.io/v1beta2\"", content, Config},
	{"failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup v1", content, Config},
	{"failed to run Kubelet: invalid configuration: cgroup-root [\"kubelet\"] doesn't exist", content, Config},
	{"CONFLICT (content): Merge conflict in hack/.staticcheck_failures", content, Config},
	{"Error: chart requires kubeVersion: >= 1.25.0-0 which is incompatible with Kubernetes v1.22.0", content, Config},
	{"exec /manager: exec format error", content, Config},
	{"fatal: detected dubious ownership in repository at '/home/prow/go/src/x'", content, Config},
	{"ModuleNotFoundError: No module named 'yaml'", content, Config},
	{"Error: Cannot find module 'webpack'", content, Config},

	// Prow's own cluster.
	{"Pod was rejected: The node had condition: [DiskPressure]", content, Infra},
	{"GCPControllerManager: node no longer exists", content, Infra},
	{"Job execution failed: Pod got deleted unexpectedly", content, Infra},
	{"0/12 nodes are available: 12 Insufficient memory.", content, Infra},
	{"fatal: unable to access 'https://github.com/kubernetes/kubernetes.git/': The requested URL returned error: 503", content, Infra},
	{"Preempted in order to admit critical pod", content, Infra},

	// Nodes.
	{"write /var/lib/containerd/x: no space left on device", content, Node},
	{"too many open files", content, Node},
	{`"Failed to create pod sandbox" err="rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type=\"calico\" failed (add): no podCIDR"`, content, Node},
	{"etcdserver: request timed out", content, Node},
	{"node \"ip-10-0-1-2\" is NotReady: PLEG is not healthy: pleg was last seen active 3m ago", waiter, ""},
	{"containerd.service: Main process exited, code=exited, status=1/FAILURE", bare, ""},
	{"ERROR: failed to create cluster: failed to init node with kubeadm: command \"docker exec kind-control-plane kubeadm init\" failed with error: exit status 1", bare, ""},

	// Memory.
	{"make: *** [Makefile:123: golangci-lint] Killed", content, OOM},
	{"Container test exited with code 137, reason OOMKilled", content, OOM},
	{"/usr/local/go/pkg/tool/linux_amd64/link: signal: killed", content, OOM},
	{"fatal error: runtime: out of memory", content, OOM},
	{"FATAL ERROR: Ineffective mark-compacts near heap limit Allocation failed - JavaScript heap out of memory", content, OOM},
	{"fork/exec /usr/local/go/bin/go: cannot allocate memory", content, OOM},

	// Budgets of time.
	{"Mar 29 11:56:08.012: INFO: At 2023-03-29 11:55:57 +0000 UTC - event for pod-1: {kubelet node-1} FailedCreatePodSandBox: rpc error: code = Unknown desc = runc create failed: expected cgroupsPath to be of format \"slice:prefix:name\", got \"/kubepods/x\" instead", content, Config},
	{`"command failed" err="failed to run Kubelet: rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"`, content, Config},
	{"error: multiple platforms feature is currently not supported for docker driver", content, Config},
	{"Both KVM devices and vhost-net devices are required for testing, but are not present on cluster nodes", content, Node},
	{"failed to open /dev/kvm: no such file or directory", content, Node},
	{"go: download go1.22 for linux/ppc64le: toolchain not available", content, Config},
	{"The cluster provider k8s-1.20-nonroot does not exist", content, Config},
	{"Failed: Error: failed to create containerd task: The container operating system does not match the host operating system.: unknown", content, Image},
	{"Jan 12 21:48:41.854: FAIL: Failed waiting for server pod boom-server to be running", waiter, ""},
	{"Process did not finish before 10m0s timeout", content, Timeout},
	{"panic: test timed out after 10m0s", content, Timeout},
	{"level=error msg=\"Timeout exceeded: try increasing it by passing --timeout option\"", waiter, Timeout},
	{"[TIMEDOUT] A suite timeout occurred", content, Timeout},
	{"ERROR: Interrupted: build timed out after 3600 seconds", content, Timeout},

	// Assertions.
	{"    pod_controller_test.go:321: want pod pod1 phase is running, got ", content, Test},
	{"    config_test.go:581: pull-cluster-registry-verify-gensrc: please add to the pinnedJobs list or else update tag to v20171214", content, Test},
	{"        Error:      \tNot equal: expected: 3 actual: 4", content, Test},
	{"Nov 21 12:00:43.207: FAIL: label not found!", content, Test},
	{"Expected <bool>: false to be true", content, Test},
	{"Expected <string>: Pending to equal <string>: Running", content, Test},
	{"Unexpected error: <*errors.errorString | 0xc00147a710>: node labels do not match expected", content, Test},
	{"fail [github.com/openshift/origin/test/e2e.go:88]: disruption of service-load-balancer was 14s, more than the allowed 5s", content, Test},
	{"AssertionError: 404 != 200", content, Test},
	{"E       assert 'Running' == 'Succeeded'", content, Test},
	{"pkg/a/a.go:12:3: Error return value of `f.Close` is not checked (errcheck)", content, Test},
	{"ERROR: /home/prow/go/src/knative.dev/client is out of date. Please run ./hack/build.sh -c and commit.", content, Test},
	{"Vendor Verify failed.", content, Test},
	{"generated files are out of date; please run 'make generate'", content, Test},
	{"The following files are not properly formatted:", content, Test},
	{"Boilerplate header is wrong for: /src/pkg/a.go", content, Test},
	{"testing.go:1398: race detected during execution of test", content, Product},

	// The product.
	{"vendor/golang.org/x/net/http2/client_conn_pool.go:305:6: undefined: errors.Is", content, Product},
	{"pkg/a/a.go:12:3: cannot use x (variable of type int) as string value in argument to f", content, Product},
	{"# command-line-arguments: undefined reference to `crypt'", content, Product},
	{"error[E0425]: cannot find value `x` in this scope", content, Product},
	{"src/main.ts(12,5): error TS2322: Type 'string' is not assignable to type 'number'.", content, Product},
	{"panic: runtime error: invalid memory address or nil pointer dereference", content, Product},
	{"panic: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", content, Product},
	{"fatal error: concurrent map writes", content, Product},
	{"fatal error: all goroutines are asleep - deadlock!", content, Product},
	{"Back-off restarting failed container manager in pod capz-controller-manager-1: CrashLoopBackOff", content, Product},
	{"Segmentation fault (core dumped)", content, Product},
	{"ERROR: /src/cmd/BUILD.bazel:3:11: GoLink cmd/app failed: (Exit 1): builder failed", content, Product},
	{"Exception in thread \"main\" java.lang.NullPointerException", content, Product},
	{"import cycle not allowed", content, Product},

	// Remains.
	{"DependencyViolation: The vpc 'vpc-0123456789abcdef0' has dependencies and cannot be deleted.", content, Cleanup},
	{"error when deleting \"part.yaml\": namespaces \"x\" could not be deleted: finalizers remain", content, Cleanup},
	{"ERROR: failed to delete cluster \"kind\": failed to remove container", content, Cleanup},
	{"leaked resources were found: 3 firewall rules", content, Cleanup},
	{"  12:7  error  'x' is assigned a value but never used  no-unused-vars", content, Test},
	{"goleak: Errors on successful test run: found unexpected goroutines:", content, Test},
	{`Failed to find license for github.com/foo/bar: cannot find a known open source license for "github.com/foo/bar"`, content, Test},
	{`vet: pkg/a/a.go:5:2: "fmt" imported and not used`, content, Product},
	{"error: duplicated presubmit job (consider both inrepo and central config): pull-foo-test", content, Config},
	{"npm ERR! Failed at the foo@1.0.0 lint script.", bare, ""},
	{"fatal: Could not read from remote repository.", bare, ""},

	// Faults that charts, builds, clouds, checks, scripts and machines report about
	// themselves.
	{`Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress`, content, Config},
	{`Error: INSTALLATION FAILED: cannot re-use a name that is still in use`, content, Config},
	{`Error: INSTALLATION FAILED: unable to build kubernetes objects from release manifest: resource mapping not found for name: "x" namespace: "" from "": no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"`, content, Config},
	{`Error: INSTALLATION FAILED: template: chart/templates/deploy.yaml:12:20: executing "chart/templates/deploy.yaml" at <.Values.foo.bar>: nil pointer evaluating interface {}.bar`, content, Config},
	{`Error: INSTALLATION FAILED: execution error at (x/templates/NOTES.txt:3:4): A value is required`, content, Config},
	{`Error: parse error at (chart/templates/a.yaml:12): function "foo" not defined`, content, Config},
	{`error: error when creating "a.yaml": admission webhook "validation.gateway.networking.k8s.io" denied the request: spec.listeners[0].port: must be unique`, content, Config},
	{`The CustomResourceDefinition "httproutes.gateway.networking.k8s.io" is invalid: spec.validation.openAPIV3Schema: Forbidden: estimated rule cost exceeds budget`, content, Config},
	{`The CustomResourceDefinition "x.example.com" is invalid: metadata.annotations: Too long: must have at most 262144 bytes`, content, Config},
	{`Error from server (Forbidden): pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false`, content, Config},
	{`Error from server (Forbidden): User "system:serviceaccount:ci:default" cannot list resource "pods" in API group "" in the namespace "x"`, content, Config},
	{`error: the server doesn't have a resource type "httproutes"`, content, Config},
	{`error: You must be logged in to the server (Unauthorized)`, content, Config},
	{`Unable to connect to the server: x509: certificate signed by unknown authority`, content, Config},
	{`Unable to connect to the server: getting credentials: exec: executable gke-gcloud-auth-plugin not found`, content, Config},
	{`error: exec plugin: invalid apiVersion "client.authentication.k8s.io/v1alpha1"`, content, Config},
	{`ERROR: (gcloud.auth.activate-service-account) There was a problem refreshing your current auth tokens: ('invalid_grant: Invalid JWT Signature.', {'error': 'invalid_grant'})`, content, Config},
	{`ERROR: (gcloud.compute.instances.create) Could not fetch resource: - The resource 'projects/x/zones/us-central1-f/machineTypes/n1-standard-1' was not found`, content, Config},
	{`ERROR: (gcloud.compute.instances.create) unrecognized arguments: --foo`, content, Config},
	{`ERROR: gcloud crashed (ModuleNotFoundError): No module named 'imp'`, content, Config},
	{`An error occurred (ExpiredToken) when calling the GetCallerIdentity operation: The security token included in the request is expired`, content, Config},
	{`An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: The security token included in the request is invalid.`, content, Config},
	{`An error occurred (InvalidParameterValue) when calling the RunInstances operation: Invalid IAM Instance Profile name`, content, Config},
	{`An error occurred (UnauthorizedOperation) when calling the RunInstances operation: You are not authorized to perform this operation.`, content, Config},
	{`(AuthorizationFailed) The client 'x' with object id 'y' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourcegroups/write' over scope`, content, Config},
	{`│ Error: creating EC2 VPC: VpcLimitExceeded: The maximum number of VPCs has been reached.`, content, Quota},
	{`Error: error configuring Terraform AWS Provider: no valid credential sources for Terraform AWS Provider found.`, content, Config},
	{`Error: Failed to query available provider packages: Could not retrieve the list of available versions for provider hashicorp/aws: could not connect to registry.terraform.io`, content, Dependency},
	{`Error: Error acquiring the state lock`, content, Config},
	{`ERROR: The project you're trying to build requires Bazel 4.2.1 (specified in .bazelversion), but it wasn't found in /usr/bin.`, content, Config},
	{`error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: checking push permission for "gcr.io/x": creating push check transport for gcr.io failed: GET https://gcr.io/v2/token?scope=: DENIED: Permission "artifactregistry.repositories.uploadArtifacts" denied`, content, Config},
	{`ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref abc: "/go.sum": not found`, content, Config},
	{`COPY failed: file not found in build context or excluded by .dockerignore: stat bin/manager: file does not exist`, content, Config},
	{`main.go:4:2: no required module provides package github.com/x/y; to add it:`, content, Config},
	{`go: github.com/x/y@v1.0.0: missing go.sum entry for go.mod file; to add it:`, content, Config},
	{`go: inconsistent vendoring in /src:`, content, Config},
	{`go: github.com/x/y@v1.0.0: invalid version: unknown revision abcdef123456`, content, Dependency},
	{`go: errors parsing go.mod: /src/go.mod:3: invalid go version '1.21.0': must match format 1.23`, content, Config},
	{`note: module requires Go 1.21`, content, Config},
	{`package slices is not in GOROOT (/usr/local/go/src/slices)`, content, Config},
	{`verifying github.com/x/y@v1.0.0/go.mod: reading https://sum.golang.org/lookup/github.com/x/y@v1.0.0: 410 Gone`, content, Dependency},
	{`go: github.com/x/y@v1.0.0: reading https://proxy.golang.org/github.com/x/y/@v/v1.0.0.mod: 410 Gone`, content, Dependency},
	{`fatal: could not read Username for 'https://github.com': terminal prompts disabled`, content, Config},
	{`fatal: Remote branch release-1.99 not found in upstream origin`, content, Config},
	{`fatal: couldn't find remote ref refs/heads/master`, content, Config},
	{`error: pathspec 'master' did not match any file(s) known to git`, content, Config},
	{`fatal: not a git repository (or any of the parent directories): .git`, content, Config},
	{`fatal: No names found, cannot describe anything.`, content, Config},
	{`Error: GPG error: https://packages.cloud.google.com/apt kubernetes-xenial InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY B53DC80D13EDEF05`, content, Dependency},
	{`E: The repository 'http://deb.debian.org/debian buster Release' does not have a Release file.`, content, Dependency},
	{`E: Release file for http://deb.debian.org/debian/dists/x is not valid yet (invalid for another 2h)`, content, Dependency},
	{`Error: Unable to find a match: python3-foo`, content, Dependency},
	{`error: externally-managed-environment`, content, Config},
	{`AttributeError: module 'collections' has no attribute 'Mapping'`, content, Product},
	{`ImportError: cannot import name 'soft_unicode' from 'markupsafe' (/usr/lib/python3/site-packages/markupsafe/__init__.py)`, content, Config},
	{`Error: bad file '-': yaml: line 2: mapping values are not allowed in this context`, content, Config},
	{`invalid character '<' looking for beginning of value`, content, Dependency},
	{`json: cannot unmarshal string into Go struct field Config.foo of type int`, content, Config},
	{`Error: unknown feature gate: "FooBar"`, content, Config},
	{`invalid argument "FooBar=true" for "--feature-gates" flag: unrecognized feature gate: FooBar`, content, Config},
	{`"command failed" err="unknown flag: --network-plugin"`, content, Config},
	{`Error: failed to parse kubelet flag: unknown flag: --container-runtime`, content, Config},
	{`"Failed to run kubelet" err="failed to run Kubelet: misconfiguration: kubelet cgroup driver: \"systemd\" is different from docker cgroup driver: \"cgroupfs\""`, content, Config},
	{`"Failed to run kubelet" err="failed to run Kubelet: running with swap on is not supported, please disable swap!"`, content, Config},
	{`failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/bin/foo": stat /bin/foo: no such file or directory: unknown`, content, Config},
	{`leaderelection.go:330] error retrieving resource lock kube-system/x: etcdserver: request timed out`, content, Node},
	{`{"level":"error","ts":"2024-01-01T00:00:00Z","logger":"setup","msg":"unable to create controller","controller":"Foo","error":"no matches for kind \"Foo\" in version \"x.io/v1\""}`, content, Config},
	{`{"level":"error","ts":1616161616.1,"logger":"controller-runtime.source","msg":"if kind is a CRD, it should be installed before calling Start","kind":"Foo.x.io","error":"no matches for kind \"Foo\" in version \"x.io/v1\""}`, content, Config},
	{`exec /usr/bin/tini: no such file or directory`, content, Config},
	{`/bin/bash: ./foo.sh: Permission denied`, content, Config},
	{`/usr/bin/env: 'python': No such file or directory`, content, Config},
	{`./hack/foo.sh: line 33: syntax error near unexpected token 'fi'`, content, Product},
	{`sed: -e expression #1, char 5: unterminated 's' command`, content, Product},
	{`tar: Cannot open: No such file or directory`, content, Config},
	{`tar: This does not look like a tar archive`, content, Dependency},
	{`gzip: stdin: not in gzip format`, content, Dependency},
	{`curl: (60) SSL certificate problem: certificate has expired`, content, Config},
	{`curl: (35) OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to github.com:443`, content, Dependency},
	{`curl: (18) transfer closed with 12345 bytes remaining to read`, content, Dependency},
	{`curl: (92) HTTP/2 stream 0 was not closed cleanly: INTERNAL_ERROR (err 2)`, content, Dependency},
	{`pkg/a/a_test.go:12: Unexpected call to *mocks.Client.Get`, content, Test},
	{`org.opentest4j.AssertionFailedError: expected: <true> but was: <false>`, content, Test},
	{`java.lang.AssertionError: Expected 3 got 2`, content, Test},
	{`ERROR: license check failed: go.uber.org/x: unknown license`, content, Test},
	{`Error: file header missing license: pkg/a.go`, content, Test},
	{`ERROR: uncommitted changes after make generate`, content, Test},
	{`The git tree is dirty. Please run make manifests and commit the changes`, content, Test},
	{`error: "git diff" shows changes: run 'make update' and commit`, content, Test},
	{`In ./hack/x.sh line 12: SC2086: Double quote to prevent globbing`, content, Test},
	{`coverage 71.2% is below the threshold of 80%`, content, Test},
	{`docker: Error response from daemon: Conflict. The container name "/kind-control-plane" is already in use by container`, content, Config},
	{`ERROR: failed to create cluster: node(s) already exist for a cluster with the name "kind"`, content, Config},
	{`docker: Error response from daemon: driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:5000 failed: port is already allocated.`, content, Config},
	{`listen tcp :8080: bind: address already in use`, content, Config},
	{`iptables v1.8.4 (legacy): can't initialize iptables table 'nat': Table does not exist (do you need to insmod?)`, content, Node},
	{`modprobe: FATAL: Module br_netfilter not found in directory /lib/modules/5.4.0`, content, Node},
	{`	[ERROR FileContent--proc-sys-net-bridge-bridge-nf-call-iptables]: /proc/sys/net/bridge/bridge-nf-call-iptables does not exist`, content, Node},
	{`	[ERROR KubeletVersion]: the kubelet version is higher than the control plane version`, content, Config},
	{`this version of kubeadm only supports deploying clusters with the control plane version >= 1.19.0. Current version: v1.18.0`, content, Config},
	{`{"level":"error","msg":"Failed to provision volume with StorageClass \"standard\": googleapi: Error 403: Quota 'SSD_TOTAL_GB' exceeded"}`, content, Quota},
	{`Warning  FailedMount  MountVolume.SetUp failed for volume "x" : secret "webhook-server-cert" not found`, content, Config},
	{`failed to list *v1.EndpointSlice: endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:kube-system:x" cannot list resource "endpointslices" in API group "discovery.k8s.io" at the cluster scope`, content, Config},
	{`failed to list *v1beta1.CronJob: the server could not find the requested resource`, content, Config},
	{`422 Validation Failed [{Resource:Release Field:tag_name Code:already_exists Message:}]`, content, Config},
	{`HTTP 401: Bad credentials (https://api.github.com/graphql)`, content, Config},
	{`gsutil: AccessDeniedException: 403 x@y.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object.`, content, Config},
	{`CommandException: No URLs matched: gs://kubernetes-release-dev/ci/latest-1.99.txt`, content, Dependency},
	{`BucketNotFoundException: 404 gs://foo bucket does not exist.`, content, Config},
	{`ld.lld: error: undefined symbol: foo`, content, Product},
	{`error: linker 'cc' not found`, content, Config},
	{`vet: pkg/a/a.go:12:3: undeclared name: foo`, content, Product},
	{`pkg/a/a.go:12:3: fmt.Printf format %d has arg x of wrong type string`, content, Test},
	{`pkg/a/a.go:5:2: could not import k8s.io/api/foo (no such package)`, content, Product},
	{`pkg/x.go:12:2: cannot find package "." in:`, content, Config},
	{`vendor/k8s.io/client-go/x.go:10:2: package k8s.io/api/settings/v1alpha1 is not in std`, content, Config},
	{`./main.go:12:3: x.Foo undefined (type *X has no field or method Foo)`, content, Product},
	{`./main.go:12:3: not enough arguments in call to foo`, content, Product},
	{`unexpected fault address 0x0`, content, Product},
	{`fatal error: fault`, content, Product},
	{`runtime: goroutine stack exceeds 1000000000-byte limit`, content, Product},
	{`oom_reaper: reaped process 1234 (java), now anon-rss:0kB`, content, OOM},
	{`/bin/bash: line 1:  1234 Killed                  go test ./...`, content, OOM},
	{`Killed`, content, OOM},
	{`virtual memory exhausted: Cannot allocate memory`, content, OOM},
	{`write /tmp/go-build1/b001/x.a: no space left on device`, content, Node},
	{`The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 512Mi.`, content, Infra},
	{`Pod ephemeral local storage usage exceeds the total limit of containers 10Gi.`, content, Infra},
	{`ZONE_RESOURCE_POOL_EXHAUSTED`, content, Capacity},
	{`SkuNotAvailable: The requested VM size for resource is currently not available in location 'eastus'`, content, Capacity},
	{`Unsupported: Your requested instance type (c4.large) is not supported in your requested Availability Zone (us-east-1e).`, content, Config},
	{`error: no base image available from resolve: ImageStreamTag ocp/4.99:base not found`, content, Image},
	{`error: the image "x" could not be resolved: imagestreamtags.image.openshift.io "4.99:cli" not found`, content, Image},
	{`Error: image operating system "windows" cannot be used on this platform`, content, Image},
	{`WARNING: The requested image's platform (linux/amd64) does not match the detected host platform (linux/arm64/v8) and no specific platform was requested`, content, Image},
	{`standard_init_linux.go:228: exec user process caused: exec format error`, content, Config},
	{`json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)`, content, Dependency},
	{`Error: failed to query provider "https://dex.k8s.X.X": 400 Bad Request: Client sent an HTTP request to an HTTPS server.`, content, Config},
	{`I0411 05:17:54.489811       1 leaderelection.go:207] failed to renew lease kube-system/kube-controller-manager`, content, Node},
	{`./zz_test.go:16:5: g redeclared in this block`, content, Product},
	{`Error: Validation failed: cluster not yet healthy`, waiter, ""},
	{`ERROR: Docker engine did not become ready within 60 seconds.`, waiter, ""},
	{`./main.go:18:14: assignment mismatch: 1 variable but lenAndUpper returns 2 values`, content, Product},
	{`jq: error (at <stdin>:1): Cannot iterate over null (null)`, content, Config},
	{`npm ERR! code ECONNREFUSED`, content, Dependency},
}

func TestErrorLines(t *testing.T) {
	all, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := NewMatcher(all)
	for _, c := range errorLines {
		index, err := joblog.Index(t.Context(), []byte(c.line), joblog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		said := messageOf(string(index.Text(nil, 0, factBytes)))
		if said == c.line && c.kind != bare { // unchanged, as in a Fact
			said = messageOf(c.line)
		}
		if got := kindOf(said); got != c.kind {
			t.Errorf("%q: kind %d, want %d", c.line, got, c.kind)
			continue
		}
		f := Fact{Place: Place{Source: FromLog}, Text: said, kind: c.kind}
		f.Match, _ = known.Line([]byte(said))
		if got := categoryOf(&f, &outcome{}); c.category != "" && got != c.category {
			t.Errorf("%q: category %s, want %s (%s)", c.line, got, c.category, idOf(f.Match))
		}
		if line := index.Line(0); line.Severity < joblog.Warning && f.Match.Signature == nil && !(known.words(line.Bytes, nil).fault && (c.kind == bare || tells(line.Bytes))) && !pollText.MatchString(c.line) {
			t.Errorf("%q is passed over", c.line)
		}
	}
	t.Log(len(errorLines), "lines")
}

func idOf(m Match) string {
	if m.Signature == nil {
		return "no signature"
	}
	return fmt.Sprintf("signature %s", m.ID)
}

// quietLines are lines of all kinds in a log that are not errors.
var quietLines = []string{
	"go: downloading github.com/pkg/errors v0.9.1",
	"ok  \tk8s.io/kops/pkg/errors\t0.012s",
	"--- PASS: TestInvalidFails (0.00s)",
	"=== RUN   TestErrorNotFound",
	"passed: (1.3s) 2026-01-19T19:47:37 \"[sig-api] should fail when the name is invalid\"",
	"+ kubectl get pods --ignore-not-found",
	"SUCCESS! -- 321 Passed | 0 Failed | 0 Pending | 12 Skipped",
	"Ran for 6m31s, 0 errors, 0 failures",
	"I0313 01:45:46.000000   1 a.go:1] no error was found",
	"The flag --fail-fast is set",
	"DONE 9666 tests in 270.700s",
	"Compiling failure v0.1.8",
	"Selecting previously unselected package liberror-perl.",
	"  --error-on-missing   an error in it is fatal",
	"[sig-network] Services should fail health check node port if there are only terminating endpoints",
	"• [8.104 seconds]",
}

func TestQuietLines(t *testing.T) {
	all, err := BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	known := NewMatcher(all)
	for _, line := range quietLines {
		if known.words([]byte(line), nil).fault && tells([]byte(line)) {
			t.Errorf("%q counts as an error", line)
		}
	}
}
