package triage_test

// checkRuns are small runs of checks, linters and clusters.
var checkRuns = []smallRun{
	{"cmp-diff", `mismatch|\(-want`, "test", logOf(`=== RUN   TestConvert
    convert_test.go:44: unexpected result (-want +got):
          &v1.Pod{
        -   Name: "a",
        +   Name: "b",
          }
--- FAIL: TestConvert (0.01s)
=== RUN   TestOther
E0313 01:45:47.000000    1234 other.go:12] "Unhandled error" err="open /x: no such file or directory"
--- PASS: TestOther (0.01s)
FAIL
FAIL	example.com/convert	0.1s
ok  	example.com/other	0.1s
make: *** [Makefile:3: test] Error 1
`)},
	{"prow-config", `duplicated presubmit job`, "config", logOf(`{"component":"checkconfig","file":"x.go:1","func":"main","level":"info","msg":"checkconfig..","severity":"info","time":"2025-01-13T07:00:00Z"}
{"component":"checkconfig","error":"duplicated presubmit job (consider both inrepo and central config): pull-foo-test","file":"x.go:1","func":"main","level":"fatal","msg":"Error loading Prow config","severity":"fatal","time":"2025-01-13T07:00:01Z"}
`)},
	{"eslint", `(?i)no-unused|never used`, "test", logOf(`> eslint src

/src/src/a.js
  12:7  error  'x' is assigned a value but never used  no-unused-vars

✖ 1 problem (1 error, 0 warnings)

npm ERR! code ELIFECYCLE
npm ERR! errno 1
npm ERR! foo@1.0.0 lint: eslint src
npm ERR! Exit status 1
npm ERR! 
npm ERR! Failed at the foo@1.0.0 lint script.
`)},
	{"yamllint", `(?i)syntax error|trailing`, "test", logOf(`+ yamllint -c .yamllint.conf .
./config/jobs/a.yaml
  12:1      error    trailing spaces  (trailing-spaces)

make: *** [lint] Error 1
`)},
	{"integration-port", `address already in use`, "config", logOf(`+++ [0113 07:00:00] Starting etcd instance
etcd --advertise-client-urls http://127.0.0.1:2379
{"level":"fatal","ts":"2025-01-13T07:00:01.000Z","caller":"etcdmain/etcd.go:204","msg":"discovery failed","error":"listen tcp 127.0.0.1:2379: bind: address already in use"}
Waiting for etcd to come up.
+++ [0113 07:00:30] On try 300, etcd: : 
!!! [0113 07:00:30] Timed out waiting for etcd to answer at http://127.0.0.1:2379/health; tried 300 waiting 0.1 between each
!!! Error in hack/lib/etcd.sh:112
`)},
	{"unused-import", `imported and not used`, "product", logOf(`+ go vet ./...
# sigs.k8s.io/foo/pkg/a
vet: pkg/a/a.go:5:2: "fmt" imported and not used
make: *** [Makefile:1: vet] Error 1
`)},
	{"kubeadm-join-expired", `(?i)expired`, "config", logOf(`[preflight] Running pre-flight checks
	[WARNING SystemVerification]: this Docker version is not on the list of validated versions: 20.10.1. Latest validated version: 19.03
	[WARNING IsDockerSystemdCheck]: detected "cgroupfs" as the Docker cgroup driver. The recommended driver is "systemd".
error execution phase preflight: couldn't validate the identity of the API Server: Get "https://10.0.0.1:6443/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s": x509: certificate has expired or is not yet valid: current time 2025-01-13T07:00:00Z is after 2025-01-12T00:00:00Z
To see the stack trace of this error execute with --v=5 or higher
`)},
	{"journal-oom-kubelet", `(?i)memory`, "oom", map[string]string{buildLog: `Waiting for nodes to be ready
error: timed out waiting for the condition on nodes/worker-1
make: *** [up] Error 1
`, "artifacts/worker-1/journal.log": `Jan 13 07:00:20 worker-1 systemd[1]: Started kubelet.
Jan 13 07:00:25 worker-1 kubelet[200]: E0113 07:00:25.100000     200 kubelet.go:2347] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
Jan 13 07:01:20 worker-1 kernel: Memory cgroup out of memory: Killed process 1234 (calico-node) total-vm:838kB
Jan 13 07:01:21 worker-1 kubelet[200]: E0113 07:01:21.100000     200 pod_workers.go:1298] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"calico-node\" with CrashLoopBackOff: \"back-off 10s restarting failed container=calico-node pod=calico-node-x_kube-system(abc)\"" pod="kube-system/calico-node-x"
`}},
	{"openshift-operator", `(?i)no space|failed to|panic|permission denied|nil map`, "product", map[string]string{buildLog: `level=info msg=Waiting up to 40m0s for the cluster to initialize...
level=error msg=Cluster operator authentication Degraded is True with OAuthServerRouteEndpointAccessibleController_SyncError: OAuthServerRouteEndpointAccessibleControllerDegraded: Get "https://oauth-openshift.apps.ci/healthz": EOF
level=info msg=Cluster operator ingress Progressing is True with Reconciling: ingress controller is progressing
level=error msg=Cluster initialization failed because one or more operators are not functioning properly.
level=fatal msg=failed to initialize the cluster: Cluster operator authentication is not available
`, "artifacts/e2e/gather-extra/artifacts/pods/openshift-ingress_router-default-abc_router.log": `I0113 07:00:12.000000       1 router.go:330] starting
E0113 07:00:13.000000       1 router.go:330] failed to sync route
panic: assignment to entry in nil map

goroutine 1 [running]:
main.main()
`}},
	{"capz-quota-noise", `(?i)quota`, "quota", map[string]string{buildLog: `INFO: Waiting for the machine deployments to be provisioned
[FAILED] Timed out after 1800.0s.
Timed out waiting for 2 nodes to be created for MachineDeployment x/md-0
FAIL! -- 3 Passed | 1 Failed
`, "artifacts/clusters/bootstrap/logs/capz-system/capz-controller-manager/c-1/manager.log": `E0113 07:00:12.000000       1 controller.go:329] "Reconciler error" err="failed to get cluster: Cluster.cluster.x-k8s.io \"x\" not found"
E0113 07:00:13.000000       1 controller.go:329] "Reconciler error" err="Operation cannot be fulfilled on azuremachines: the object has been modified; please apply your changes to the latest version and try again"
E0113 07:05:13.000000       1 controller.go:329] "Reconciler error" err="failed to reconcile AzureMachine: failed to create virtual machine: OperationNotAllowed: Operation could not be completed as it results in exceeding approved standardDSv3Family Cores quota. Current Limit: 10, Current Usage: 8, Additional Required: 4"
E0113 07:06:13.000000       1 controller.go:329] "Reconciler error" err="failed to patch: etcdserver: request timed out"
`}},
	{"pod-insufficient", `(?i)insufficient`, "", logOf(`[It] should schedule
[FAILED] Timed out after 300.0s.
Expected pod to be running
In [It] at: /src/x_test.go:1
Jan 13 07:00:00.000: INFO: At 2025-01-13 07:00:00 +0000 UTC - event for foo: {default-scheduler } FailedScheduling: 0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available: 3 No preemption victims found for incoming pod.
• [FAILED] [300.1 seconds]
`)},
	{"many-tests-apiserver-gone", `(?i)connection refused|unable to connect|etcd|out of memory`, "", map[string]string{buildLog: `[FAILED] Get "https://10.0.0.1:6443/api/v1/namespaces": dial tcp 10.0.0.1:6443: connect: connection refused
• [FAILED] [1.1 seconds]
[FAILED] Get "https://10.0.0.1:6443/api/v1/pods": dial tcp 10.0.0.1:6443: connect: connection refused
• [FAILED] [1.1 seconds]
FAIL! -- 3 Passed | 2 Failed
`, "artifacts/cp-1/journal.log": `Jan 13 07:00:20 cp-1 systemd[1]: Started kubelet.
Jan 13 07:01:20 cp-1 kernel: Out of memory: Killed process 1234 (kube-apiserver) total-vm:838kB
`}},
	{"git-safe-dir", `dubious ownership`, "config", logOf(`+ make build
fatal: detected dubious ownership in repository at '/home/prow/go/src/x'
To add an exception for this directory, call:
	git config --global --add safe.directory /home/prow/go/src/x
error obtaining VCS status: exit status 128
	Use -buildvcs=false to disable VCS stamping.
make: *** [build] Error 1
`)},
	{"helm-lint", `(?i)parse error|unexpected|nil pointer`, "config", logOf(`==> Linting charts/foo
[INFO] Chart.yaml: icon is recommended
[ERROR] templates/: parse error at (foo/templates/deploy.yaml:33): unexpected {{end}}

Error: 1 chart(s) linted, 1 chart(s) failed
make: *** [helm-lint] Error 1
`)},
	{"license", `(?i)license`, "test", logOf(`+ go-licenses check ./...
W0113 07:00:00.000000   123 library.go:101] "golang.org/x/sys/unix" contains non-Go code that can't be inspected for further dependencies:
/go/pkg/mod/golang.org/x/sys/unix/asm.s
E0113 07:00:01.000000   123 library.go:122] Failed to find license for github.com/foo/bar: cannot find a known open source license for "github.com/foo/bar"
F0113 07:00:02.000000   123 main.go:77] some errors occurred when loading direct and transitive dependency packages
`)},
	{"govulncheck", `(?i)vulnerab|GO-2024`, "test", logOf(`Scanning your code and 400 packages across 50 dependent modules for known vulnerabilities...

=== Symbol Results ===

Vulnerability #1: GO-2024-2687
    HTTP/2 CONTINUATION flood in net/http
  More info: https://pkg.go.dev/vuln/GO-2024-2687
  Standard library
    Found in: net/http@go1.22.1
    Fixed in: net/http@go1.22.2

Your code is affected by 1 vulnerability from the Go standard library.
make: *** [vuln] Error 3
`)},
	{"goleak", `(?i)goroutine`, "test", logOf(`=== RUN   TestX
--- PASS: TestX (0.01s)
PASS
goleak: Errors on successful test run: found unexpected goroutines:
[Goroutine 12 in state select, with foo on top of the stack:
foo()
	/src/foo.go:1 +0x1
]
FAIL	example.com/foo	0.5s
FAIL
`)},
	{"ginkgo-suite-timeout-progress", `(?i)suite timeout|longer than`, "timeout", logOf(`[It] should drain
  STEP: waiting for drain @ 01/13/25 07:00:00.000
  [TIMEDOUT] A suite timeout occurred
  In [It] at: /src/drain_test.go:33 @ 01/13/25 08:00:00.000
  This is the Progress Report generated when the suite timeout occurred:
    should drain (Spec Runtime: 58m0s)
      In [It] (Node Runtime: 58m0s)
        At [By Step] waiting for drain (Step Runtime: 58m0s)
      Spec Goroutine
      goroutine 55 [select]
• [TIMEDOUT] [3480.0 seconds]
FAIL! - Suite Timeout Elapsed -- 3 Passed | 1 Failed
`)},
	{"bats", `(?i)helm install|line 12|failed`, "", logOf(`1..3
ok 1 deploys
not ok 2 upgrades
# (in test file test/e2e.bats, line 12)
#   ` + "`helm upgrade foo ./chart' failed" + `
# Error: UPGRADE FAILED: "foo" has no deployed releases
ok 3 deletes
make: *** [e2e] Error 1
`)},
	{"ssh-key", `(?i)permission denied \(publickey|host key`, "config", logOf(`+ git push git@github.com:foo/bar.git HEAD:main
Warning: Permanently added 'github.com,140.82.112.4' (RSA) to the list of known hosts.
git@github.com: Permission denied (publickey).
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
`)},
	{"gsutil-perm", `(?i)does not have storage|not allow`, "config", logOf(`+ gsutil cp out.tgz gs://k8s-release/
Copying file://out.tgz [Content-Type=application/x-tar]...
AccessDeniedException: 403 foo@bar.iam.gserviceaccount.com does not have storage.objects.create access to the Google Cloud Storage object.
CommandException: 1 file/object could not be transferred.
make: *** [release] Error 1
`)},
	{"crash-shared-lib", `(?i)shared librar`, "", logOf(`+ ./bin/tool
./bin/tool: error while loading shared libraries: libssl.so.1.1: cannot open shared object file: No such file or directory
+ exit 127
`)},
	{"flaky-case", `Pending to equal`, "test", map[string]string{
		buildLog: "FAIL\n",
		"artifacts/junit_01.xml": `<testsuite tests="2" failures="2">
<testcase name="Security Context should support volume SELinux relabeling [Flaky] [LinuxOnly]" time="9"><failure>Unexpected error: node labels do not match expected</failure></testcase>
<testcase name="Pods should run" time="9"><failure>Expected &lt;string&gt;: Pending to equal &lt;string&gt;: Running</failure></testcase>
</testsuite>
`}},
	{"definition-changed", `too many open files`, "node", map[string]string{
		buildLog:       "+ make test\ntoo many open files\nmake: *** [Makefile:3: test] Error 1\n",
		"prowjob.json": definedWith("kubekins:v2"),
	}},
}

// passingRuns are runs that passed before some of the small ones.
var passingRuns = map[string][]map[string]string{
	"definition-changed": {
		{buildLog: "+ make test\nok\n", "prowjob.json": definedWith("kubekins:v1")},
		{buildLog: "+ make test\nok\n", "prowjob.json": definedWith("kubekins:v1")},
	},
}

// definedWith is a job definition with an image.
func definedWith(image string) string {
	return `{"metadata":{"name":"a"},"spec":{"type":"periodic","job":"small","pod_spec":{"containers":[{"image":"` + image + `"}]}},"status":{"state":"failure"}}`
}
