package joblog

import (
	"context"
	"testing"
	"time"
)

var (
	runStart = time.Date(2025, 3, 13, 1, 45, 0, 0, time.UTC)
	runEnd   = time.Date(2025, 3, 13, 2, 17, 0, 0, time.UTC)
)

func index(t testing.TB, text string, o Options) *Log {
	t.Helper()
	l, err := Index(context.Background(), []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Each line is read alone, in a log of a run on 13 March 2025 from 01:45 to 02:17 UTC.
func TestForms(t *testing.T) {
	const none = ""
	for _, test := range []struct {
		name, line string
		time       string // RFC 3339 with nanoseconds
		origin     Origin
		severity   Severity
	}{
		// Kubernetes
		{"klog info", `I0313 01:45:46.000000      38 app.go:61] The files in RunDir shall not be part of Artifacts`, "2025-03-13T01:45:46Z", Read, Info},
		{"klog warning", `W0313 01:45:46.123456       1 reflector.go:533] failed to list *v1.Node: Unauthorized`, "2025-03-13T01:45:46.123456Z", Read, Warning},
		{"klog error", `E0313 02:11:13.654321   12345 up.go:271] error running up`, "2025-03-13T02:11:13.654321Z", Read, Error},
		{"klog fatal", `F0313 02:11:13.654321   12345 main.go:72] cannot start`, "2025-03-13T02:11:13.654321Z", Read, Fatal},
		{"klog with a year", `E20250313 01:45:46.123456   123 file.cc:12] failed`, "2025-03-13T01:45:46.123456Z", Read, Error},
		{"klog, indented by Ginkgo", `  I0313 01:50:03.123456   14653 util.go:12] Waiting for pods`, "2025-03-13T01:50:03.123456Z", Read, Info},
		{"klog JSON", `{"ts":1741830346123.456,"caller":"app/server.go:45","msg":"Starting","v":0}`, "2025-03-13T01:45:46.123456Z", Read, NoSeverity},
		{"klog JSON error", `{"ts":1741830346123.456,"caller":"app/server.go:45","msg":"Sync","err":"timed out"}`, "2025-03-13T01:45:46.123456Z", Read, Error},
		{"Prow's kill", `W0313 01:45:46.768] Process did not finish before 1h0m0s timeout`, "2025-03-13T01:45:46.768Z", Read, Warning},
		{"Prow entrypoint", `{"component":"entrypoint","file":"sigs.k8s.io/prow/pkg/entrypoint/run.go:169","func":"sigs.k8s.io/prow/pkg/entrypoint.Options.ExecuteProcess","level":"error","msg":"Process did not finish before 1h0m0s timeout","severity":"error","time":"2025-03-13T02:17:19Z"}`, "2025-03-13T02:17:19Z", Read, Error},
		{"Prow sidecar", `{"component":"sidecar","dest":"logs/a/1/build-log.txt","level":"info","msg":"Finished upload","time":"2025-03-13T02:17:20.5Z"}`, "2025-03-13T02:17:20.5Z", Read, Info},
		{"kubeadm phase", `[init] Using Kubernetes version: v1.32.2`, none, NoTime, NoSeverity},
		{"kubeadm preflight", "\t[ERROR CRI]: container runtime is not running: output: time=now", none, NoTime, Error},
		{"kubeadm failure", `error execution phase wait-control-plane: could not initialize a Kubernetes cluster`, none, NoTime, Error},
		{"kubectl", `Error from server (NotFound): namespaces "test-pods" not found`, none, NoTime, Error},
		{"kops", `Error: spec.image: Invalid value: "a": could not find Image for "b"`, none, NoTime, Error},
		{"clusterloader2", `E0313 01:59:12.000001    9021 clusterloader.go:273] Test Finished`, "2025-03-13T01:59:12.000001Z", Read, Error},
		{"audit", `{"kind":"Event","level":"Metadata","auditID":"9","stage":"ResponseComplete","user":{"username":"a \"b\""},"stageTimestamp":"2025-03-13T01:45:46.123456Z"}`, "2025-03-13T01:45:46.123456Z", Read, NoSeverity},
		{"CRI prefix", `2025-03-13T01:45:46.123456789Z stderr F E0313 01:45:46.123400       1 main.go:1] oops`, "2025-03-13T01:45:46.123456789Z", Read, Error},
		{"CRI prefix, plain text", `2025-03-13T01:45:46.123456789+00:00 stdout P part of a line`, "2025-03-13T01:45:46.123456789Z", Read, NoSeverity},
		{"docker json-file", `{"log":"E0313 01:45:46.000000 1 a.go:1] oops\n","stream":"stderr","time":"2025-03-13T01:45:46.5Z"}`, "2025-03-13T01:45:46.5Z", Read, Error},
		{"etcd JSON", `{"level":"warn","ts":"2025-03-13T01:45:46.123456Z","caller":"etcdserver/util.go:170","msg":"apply request took too long"}`, "2025-03-13T01:45:46.123456Z", Read, Warning},
		{"etcd JSON, zone without a colon", `{"level":"fatal","ts":"2025-03-13T01:45:46.123+0000","msg":"discovery failed"}`, "2025-03-13T01:45:46.123Z", Read, Fatal},
		{"etcd capnslog", `2025-03-13 01:45:46.123456 W | etcdserver: read-only range request took too long`, "2025-03-13T01:45:46.123456Z", Read, Warning},
		{"containerd", `time="2025-03-13T01:45:46.123456789Z" level=error msg="failed to load cni"`, "2025-03-13T01:45:46.123456789Z", Read, Error},

		// tests
		{"Ginkgo step", `STEP: Creating a pod @ 03/13/25 01:50:03.123`, "2025-03-13T01:50:03.123Z", Read, NoSeverity},
		{"Ginkgo failure", `  [FAILED] Timed out after 300.000s. @ 03/13/25 01:50:03.123`, "2025-03-13T01:50:03.123Z", Read, Error},
		{"Ginkgo exit with a duration", `< Exit [It] should work - test/e2e/a.go:12 @ 03/13/25 01:50:03.12 (12.3s)`, "2025-03-13T01:50:03.12Z", Read, NoSeverity},
		{"Ginkgo bullet", `• [FAILED] [12.345 seconds]`, none, NoTime, Error},
		{"Ginkgo bullet, panicked", `• [PANICKED] [0.345 seconds]`, none, NoTime, Fatal},
		{"e2e framework", `Mar 13 01:50:03.123: INFO: Waiting up to 5m0s for pod`, "2025-03-13T01:50:03.123Z", Read, Info},
		{"openshift-tests passed", `passed: (1.3s) 2025-03-13T01:47:37 "[sig-api] works [Suite:openshift]"`, "2025-03-13T01:47:37Z", Read, NoSeverity},
		{"openshift-tests failed", `failed: (5m1s) 2025-03-13T01:47:37 "[sig-api] works [Suite:openshift]"`, "2025-03-13T01:47:37Z", Read, Error},
		{"openshift-tests started", `started: 0/12/345 "[sig-api] works"`, none, NoTime, NoSeverity},
		{"go test failure", `--- FAIL: TestForms (0.01s)`, none, NoTime, Error},
		{"go test package", "FAIL\tprowtrace/joblog\t0.312s", none, NoTime, Error},
		{"go test passed", "ok  \tprowtrace/joblog\t0.312s", none, NoTime, NoSeverity},
		{"go test log", `    forms_test.go:12: got 1, want 2`, none, NoTime, NoSeverity},
		{"test2json", `{"Time":"2025-03-13T01:45:46.123Z","Action":"fail","Package":"a","Test":"TestB"}`, "2025-03-13T01:45:46.123Z", Read, Error},
		{"Go panic", `panic: runtime error: invalid memory address or nil pointer dereference`, none, NoTime, Fatal},
		{"Go runtime", `fatal error: all goroutines are asleep - deadlock!`, none, NoTime, Fatal},
		{"race detector", `WARNING: DATA RACE`, none, NoTime, Warning},

		// loggers
		{"Go log", `2025/03/13 01:45:46 listening on :8080`, "2025-03-13T01:45:46Z", Read, NoSeverity},
		{"logrus text", `INFO[2025-03-13T01:45:46Z] Resolved source https://github.com/a/b`, "2025-03-13T01:45:46Z", Read, Info},
		{"logrus text, seconds", `ERRO[0012] could not pull`, "2025-03-13T01:45:00Z", Estimated, Error},
		{"logrus text, coloured", "\x1b[36mINFO\x1b[0m[2025-03-13T01:45:46Z] Running step e2e", "2025-03-13T01:45:46Z", Read, Info},
		{"logrus fields", `time="2025-03-13T01:45:46+01:00" level=warning msg="no such file"`, "2025-03-13T00:45:46Z", Read, Warning},
		{"logrus JSON", `{"level":"warning","msg":"a","time":"2025-03-13T01:45:46Z"}`, "2025-03-13T01:45:46Z", Read, Warning},
		{"zap JSON", `{"level":"error","ts":1741830346.1234567,"logger":"controller","msg":"Reconciler error"}`, "2025-03-13T01:45:46.1234567Z", Read, Error},
		{"zap console", "2025-03-13T01:45:46.123Z\tERROR\tcontroller\tReconciler error\t{\"a\": 1}", "2025-03-13T01:45:46.123Z", Read, Error},
		{"zap console, info", "2025-03-13T01:45:46Z\tINFO\tsetup\tstarting manager", "2025-03-13T01:45:46Z", Read, Info},
		{"slog text", `time=2025-03-13T01:45:46.123Z level=ERROR msg="cannot open" err="not found"`, "2025-03-13T01:45:46.123Z", Read, Error},
		{"slog JSON", `{"time":"2025-03-13T01:45:46.123456789Z","level":"WARN","msg":"slow"}`, "2025-03-13T01:45:46.123456789Z", Read, Warning},
		{"slog default", `2025/03/13 01:45:46 ERROR cannot open err="not found"`, "2025-03-13T01:45:46Z", Read, Error},
		{"go-kit", `ts=2025-03-13T01:45:46.123Z caller=main.go:1 level=error msg="scrape"`, "2025-03-13T01:45:46.123Z", Read, Error},
		{"go-kit, level first", `level=info ts=2025-03-13T01:45:46.123Z caller=main.go:1 msg="scrape"`, "2025-03-13T01:45:46.123Z", Read, Info},
		{"Python", `2025-03-13 01:45:46,123 - my.module - ERROR - it failed`, "2025-03-13T01:45:46.123Z", Read, Error},
		{"Python, level first", `2025-03-13 01:45:46,123 WARNING my.module: it is slow`, "2025-03-13T01:45:46.123Z", Read, Warning},
		{"Python, no time", `ERROR:root:it failed`, none, NoTime, Error},
		{"Python exception", `ValueError: invalid literal for int()`, none, NoTime, Error},
		{"Python traceback", `Traceback (most recent call last):`, none, NoTime, Error},
		{"log4j", `2025-03-13 01:45:46,123 ERROR [main] com.example.App - it failed`, "2025-03-13T01:45:46.123Z", Read, Error},
		{"log4j in brackets", `[2025-03-13 01:45:46,123] WARN [Broker id=1] disk slow (kafka.server)`, "2025-03-13T01:45:46.123Z", Read, Warning},
		{"Spring", `2025-03-13T01:45:46.123Z  INFO 1 --- [main] c.e.App : Started`, "2025-03-13T01:45:46.123Z", Read, Info},
		{"logback, time of day", `01:45:46.123 [main] DEBUG c.e.App - starting`, "2025-03-13T01:45:46.123Z", Read, Debug},
		{"Maven", `[ERROR] Failed to execute goal`, none, NoTime, Error},
		{"Java exception", `Exception in thread "main" java.lang.IllegalStateException`, none, NoTime, Error},
		{"Node.js", `{"level":50,"time":1741830346123,"pid":1,"msg":"boom"}`, "2025-03-13T01:45:46.123Z", Read, Error},
		{"Rust", `2025-03-13T01:45:46.123456Z ERROR app::net: refused`, "2025-03-13T01:45:46.123456Z", Read, Error},

		// systems
		{"journald short", `Mar 13 01:45:46 ip-10-0-0-1 kubelet[1234]: E0313 01:45:46.123456    1234 kubelet.go:2] not ready`, "2025-03-13T01:45:46Z", Read, Error},
		{"journald short-precise", `Mar 13 01:45:46.123456 node-1 systemd[1]: Started containerd.`, "2025-03-13T01:45:46.123456Z", Read, NoSeverity},
		{"journald short-iso", `2025-03-13T01:45:46+0100 node-1 crio[99]: time="2025-03-13 01:45:46" level=warning msg="x"`, "2025-03-13T00:45:46Z", Read, Warning},
		{"journald JSON", `{"__REALTIME_TIMESTAMP":"1741830346123456","PRIORITY":"3","MESSAGE":"failed"}`, "2025-03-13T01:45:46.123456Z", Read, Error},
		{"syslog RFC 3164", `<34>Mar  3 22:14:15 mymachine su: 'su root' failed`, "2025-03-03T22:14:15Z", Read, Fatal},
		{"syslog RFC 5424", `<165>1 2025-03-13T01:45:46.003Z host app - ID47 - text`, "2025-03-13T01:45:46.003Z", Read, Info},
		{"syslog RFC 5424 error", `<11>1 2025-03-13T01:45:46.003-07:00 host app - - - text`, "2025-03-13T08:45:46.003Z", Read, Error},
		{"kernel", `[   12.345678] EXT4-fs error (device sda1): ext4_find_entry`, "2025-03-13T01:45:00Z", Estimated, NoSeverity},
		{"cloud-init", `2025-03-13 01:45:46,123 - util.py[WARNING]: Running module scripts-user failed`, "2025-03-13T01:45:46.123Z", Read, Warning},
		{"cloud-init stages", `Cloud-init v. 24.1 running 'init-local' at Thu, 13 Mar 2025 01:45:46 +0000. Up 5 seconds.`, none, NoTime, NoSeverity},
		{"nginx access", `10.0.0.1 - - [13/Mar/2025:01:45:46 +0100] "GET / HTTP/1.1" 502 157 "-" "curl"`, "2025-03-13T00:45:46Z", Read, NoSeverity},
		{"nginx error", `2025/03/13 01:45:46 [error] 31#31: *1 connect() failed (111: Connection refused)`, "2025-03-13T01:45:46Z", Read, Error},
		{"Apache error", `[Thu Mar 13 01:45:46.123456 2025] [core:error] [pid 1] AH00126: Invalid URI`, "2025-03-13T01:45:46.123456Z", Read, Error},
		{"date", `Thu Mar 13 01:45:46 UTC 2025`, "2025-03-13T01:45:46Z", Read, NoSeverity},
		{"apt", `E: Unable to locate package foo`, none, NoTime, Error},

		// tools
		{"set -x", `+ kubetest2 kops -v=2 --up --down`, none, NoTime, NoSeverity},
		{"set -x, an error in the command", `++ echo 'error: no'`, none, NoTime, NoSeverity},
		{"set -x with a date", `+ 2025-03-13T01:45:46Z kubectl get nodes`, "2025-03-13T01:45:46Z", Read, NoSeverity},
		{"set -x with a time of day", `++ [01:45:46] kubectl get nodes`, "2025-03-13T01:45:46Z", Read, NoSeverity},
		{"Terraform log", `2025-03-13T01:45:46.123Z [ERROR] vertex "aws_instance.a" error: creating`, "2025-03-13T01:45:46.123Z", Read, Error},
		{"Terraform diagnostic", `│ Error: creating EC2 Instance: VcpuLimitExceeded`, none, NoTime, Error},
		{"Bazel", `ERROR: /src/BUILD:12:1: Compiling a.cc failed: (Exit 1)`, none, NoTime, Error},
		{"Bazel with times", `(01:45:46) WARNING: cached files are old`, "2025-03-13T01:45:46Z", Read, Warning},
		{"ci-operator", `ERRO[2025-03-13T01:45:46Z] Some steps failed:`, "2025-03-13T01:45:46Z", Read, Error},
		{"hosted runner", `2025-03-13T01:45:46.1234567Z ##[error]Process completed with exit code 1.`, "2025-03-13T01:45:46.1234567Z", Read, Error},
		{"hosted runner, command", `::warning file=a.go,line=1::unused`, none, NoTime, Warning},
		{"gcloud", `ERROR: (gcloud.compute.instances.create) Could not fetch resource:`, none, NoTime, Error},
		{"git", `fatal: repository 'a' does not exist`, none, NoTime, Fatal},
		{"make", `make: *** [Makefile:12: test] Error 2`, none, NoTime, Error},
		{"make below", `make[1]: *** [Makefile:12: test] Error 2`, none, NoTime, Error},
		{"npm", `npm ERR! code E404`, none, NoTime, Error},
		{"Helm", `Error: INSTALLATION FAILED: timed out waiting for the condition`, none, NoTime, Error},
		{"Docker", `ERROR: failed to solve: process "/bin/sh -c make" did not complete`, none, NoTime, Error},
		{"klog of a test binary, compact date", `20250313T014546Z starting`, "2025-03-13T01:45:46Z", Read, NoSeverity},

		// not what they seem
		{"prose", `Errors are values, and a warning is not an ERROR.`, none, NoTime, NoSeverity},
		{"counts", `0 errors, 0 failed`, none, NoTime, NoSeverity},
		{"no such month", `I1313 01:45:46.000000 1 a.go:1] x`, none, NoTime, NoSeverity},
		{"no such day", `2025-02-30T01:45:46Z x`, none, NoTime, NoSeverity},
		{"no such hour", `2025-03-13T25:45:46Z x`, none, NoTime, NoSeverity},
		{"a version", `10.20.30.40 is a host`, none, NoTime, NoSeverity},
		{"torn JSON", `{"level":"error","ts":"2025-03-13T01:45`, none, NoTime, Error},
		{"empty", ``, none, NoTime, NoSeverity},
		{"invalid UTF-8", "\xff\xfe 2025-03-13T01:45:46Z ERROR \xc3", "2025-03-13T01:45:46Z", Read, Error},
		{"progress", "10%\r20%\rError: download failed", none, NoTime, Error},
		{"progress behind a time", "2025-03-13T01:45:46Z start\r10%\r20%", "2025-03-13T01:45:46Z", Read, NoSeverity},
		{"carriage return at the end", "E0313 01:45:46.000000 1 a.go:1] x\r", "2025-03-13T01:45:46Z", Read, Error},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := index(t, test.line+"\n", Options{Start: runStart, End: runEnd})
			line := l.Line(0)
			got := ""
			if line.Origin != NoTime {
				got = line.Time.Format(time.RFC3339Nano)
			}
			if got != test.time || line.Origin != test.origin || line.Severity != test.severity {
				t.Errorf("%s\nis %q (%v), %v\nwant %q (%v), %v", test.line, got, line.Origin, line.Severity, test.time, test.origin, test.severity)
			}
		})
	}
}
