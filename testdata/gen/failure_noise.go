package main

import (
	"fmt"
	"strings"
	"time"
)

// Ordinary lines of logs, of which a real log has hundreds around the few that matter.

// modules are what `go` downloads.
var modules = []string{"k8s.io/api v0.3{d}.0", "k8s.io/apimachinery v0.3{d}.1", "k8s.io/client-go v0.3{d}.0", "golang.org/x/net v0.{d}.0", "golang.org/x/sys v0.{d}.0", "google.golang.org/grpc v1.7{d}.0",
	"google.golang.org/protobuf v1.36.{d}", "github.com/spf13/cobra v1.{d}.1", "github.com/spf13/pflag v1.0.{d}", "go.uber.org/zap v1.2{d}.0", "sigs.k8s.io/yaml v1.{d}.0", "github.com/onsi/gomega v1.3{d}.2",
	"github.com/google/go-cmp v0.{d}.0", "github.com/prometheus/client_golang v1.2{d}.0", "golang.org/x/crypto v0.{d}.0", "github.com/gorilla/websocket v1.5.{d}"}

func (p *printer) goDownloads(n int) {
	p.noise(n, 90*time.Millisecond, modules, func(text string) { p.line("go: downloading %s", text) })
}

// dockerInDocker is how the wrapper of kind's jobs begins.
func (p *printer) dockerInDocker(command string) {
	p.line("wrapper.sh] [INFO] Wrapping Test Command: `%s`", command)
	p.line("wrapper.sh] [SETUP] Performing pre-test setup ...")
	p.line("wrapper.sh] [SETUP] Docker in Docker enabled, initializing ...")
	p.line("Starting Docker: docker.")
	p.wait(4 * time.Second)
	p.line("wrapper.sh] [SETUP] Waiting for Docker to be ready, sleeping for 1 seconds ...")
	p.wait(time.Second)
	p.line("[Barnacle] %s Cleaning up Docker data root...", p.now.Format("2006/01/02 15:04:05"))
	p.line("wrapper.sh] [SETUP] Done setting up Docker in Docker.")
	p.line("wrapper.sh] [TEST] Running Test Command: `%s` ...", command)
}

func (p *printer) dockerInDockerEnds(exit int) {
	p.line("wrapper.sh] [TEST] Test Command exit code: %d", exit)
	p.line("wrapper.sh] [CLEANUP] Cleaning up after Docker in Docker ...")
	p.wait(5 * time.Second)
	p.line("wrapper.sh] [CLEANUP] Done cleaning up after Docker in Docker.\nwrapper.sh] Exiting %d", exit)
	if exit != 0 {
		p.entrypointFailed()
	}
}

// specs prints specs of a Ginkgo suite that pass.
func (p *printer) specs(n int, area string, took time.Duration) {
	does := []string{"should be created and removed", "should follow its owner", "should report a condition", "should be updated in place", "should survive a restart", "should refuse what is not valid", "should keep its order"}
	for i := range n {
		begin := p.now
		p.line("%s", strings.Repeat("-", 30))
		p.step("Creating a namespace for the test")
		p.wait(took)
		p.step("Waiting for %d of %d objects", 1+i%4, 1+i%4)
		p.step("Removing the namespace")
		p.line("• [%.3f seconds]\n%s %s, case %d", p.now.Sub(begin).Seconds(), area, does[i%len(does)], i+1)
	}
}

// machineBoot is what a machine's journal has of its start. Nothing of it keeps a machine from working.
var machineBoot = []string{
	"kernel: ACPI BIOS Error (bug): Could not resolve symbol [\\_SB.PCI0.S{id}], AE_NOT_FOUND ({n})",
	"kernel: pci 0000:00:0{n}.0: BAR {n}: failed to assign [mem size 0x00001000]",
	"systemd[1]: Started dbus-broker.service - D-Bus System Message Bus.",
	"systemd-udevd[{n}]: vda: Failed to get device properties, ignoring: No such file or directory",
	"kernel: EXT4-fs (vda{n}): mounted filesystem with ordered data mode. Quota mode: none.",
	"systemd[1]: Reached target network-online.target - Network is Online.",
	"chronyd[{n}]: Could not open IPv6 NTP socket : Address family not supported by protocol",
	"systemd[1]: Starting systemd-tmpfiles-setup.service - Create Volatile Files and Directories...",
	"audit[1]: AVC avc:  denied  { read } for  pid={n} comm=\"(sd-exec)\" name=\"{id}\" permissive=1",
	"systemd[1]: rpc-statd.service: Failed with result 'exit-code'.",
	"kernel: device vethe{id} entered promiscuous mode",
	"systemd[1]: Started user@{n}.service - User Manager.",
}

// kubeletRuns is what a kubelet logs while all is well.
var kubeletRuns = []string{
	`I kubelet.go:2440] "SyncLoop ADD" source="api" pods=["kube-system/coredns-{id}-{pod}"]`,
	`I reconciler_common.go:251] "operationExecutor.VerifyControllerAttachedVolume started for volume \"kube-api-access-{pod}\" (UniqueName: \"kubernetes.io/projected/{id}\")"`,
	`I pod_startup_latency_tracker.go:104] "Observed pod startup duration" pod="kube-system/kube-proxy-{pod}" podStartSLOduration=3.{n}`,
	`E cri_stats_provider.go:448] "Failed to get the info of the filesystem with mountpoint" err="unable to find data in memory cache" mountpoint="/var/lib/containerd"`,
	`I kubelet.go:2472] "SyncLoop (PLEG): event for pod" pod="kube-system/kindnet-{pod}" event={"Type":"ContainerStarted","Data":"{id}"}`,
	`W machine.go:65] "Cannot read vendor id correctly, set empty."`,
	`I scope.go:117] "RemoveContainer" containerID="{id}{id}"`,
	`E dns.go:153] "Nameserver limits exceeded" err="Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {ip} {ip} {ip}"`,
	`I prober.go:107] "Probe failed" probeType="Startup" pod="kube-system/kube-apiserver-{pod}" probeResult="failure" output="HTTP probe failed with statuscode: 500"`,
}

// journal prints lines of journald, in its short form.
func (p *printer) journal(host string, n int, apart time.Duration, table []string) {
	p.noise(n, apart, table, func(text string) { p.journalLine(host, "%s", text) })
}

func (p *printer) journalLine(host, format string, args ...any) {
	p.line("%s %s %s", p.now.Format("Jan 02 15:04:05.000000"), host, fmt.Sprintf(format, args...))
}

// kubelet prints lines of a kubelet in a journal. Each begins with its severity.
func (p *printer) kubelet(host string, n int, apart time.Duration, table []string) {
	p.noise(n, apart, table, func(text string) { p.kubeletLine(host, text) })
}

func (p *printer) kubeletLine(host, text string) {
	severity, text, _ := strings.Cut(text, " ")
	p.journalLine(host, "kubelet[612]: %s%s     612 %s", severity, p.now.Format("0102 15:04:05.000000"), text)
}

// manager prints what a controller of Cluster API logs while all is well.
func (p *printer) manager(n int, apart time.Duration) {
	table := []string{
		`I machine_controller.go:212] "Reconciling Machine" controller="machine" namespace="quick-start-{pod}" name="quick-start-{pod}" reconcileID="{id}"`,
		`I cluster_controller.go:154] "Patching object" controller="cluster" reconcileID="{id}" duration="{n}ms"`,
		`E controller.go:474] "Reconciler error" err="Operation cannot be fulfilled on clusters.cluster.x-k8s.io \"quick-start-{pod}\": the object has been modified; please apply your changes to the latest version and try again" reconcileID="{id}"`,
		`I machine_controller.go:611] "Waiting for infrastructure provider to create machine infrastructure and report status.ready" reconcileID="{id}"`,
		`I warning_handler.go:65] "unknown field \"spec.topology.class{n}\"" reconcileID="{id}"`,
	}
	p.noise(n, apart, table, func(text string) { p.klogLine(1, text) })
}

// klogLine prints a text that begins with a severity and a place, as the tables of this file have them.
func (p *printer) klogLine(pid int, text string) {
	severity, text, _ := strings.Cut(text, " ")
	p.line("%s%s %7d %s", severity, p.now.Format("0102 15:04:05.000000"), pid, text)
}

// etcdRuns is what etcd logs while all is well: it calls a tenth of a second slow.
var etcdRuns = []string{
	`{"level":"info","ts":"{now}","caller":"mvcc/index.go:214","msg":"compact tree index","revision":{n}}`,
	`{"level":"info","ts":"{now}","caller":"mvcc/kvstore_compaction.go:66","msg":"finished scheduled compaction","compact-revision":{n},"took":"{n}.1ms","hash":{n}}`,
	`{"level":"warn","ts":"{now}","caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"1{n}.3ms","expected-duration":"100ms","prefix":"read-only range ","request":"key:\"/registry/leases/kube-system/{pod}\" ","response":"range_response_count:1 size:{n}"}`,
	`{"level":"info","ts":"{now}","caller":"traceutil/trace.go:171","msg":"trace[{n}] transaction","detail":"{read_only:false; response_revision:{n}; number_of_response:1; }","duration":"1{n}.8ms"}`,
	`{"level":"info","ts":"{now}","caller":"fileutil/purge.go:96","msg":"purged","path":"/var/lib/etcd/member/wal/{id}.wal"}`,
}

func (p *printer) etcd(n int, apart time.Duration, table []string) {
	p.noise(n, apart, table, func(text string) {
		p.line("%s", strings.ReplaceAll(text, "{now}", p.now.Format("2006-01-02T15:04:05.000000Z")))
	})
}

// collected is what fetches the logs of a cluster's machines, some of which do not have all of them.
func (p *printer) collected(hosts ...string) {
	for _, host := range hosts {
		p.line("Detecting nodes in the cluster\nChanging logfiles to be world-readable for download")
		p.wait(3 * time.Second)
		p.line("Copying 'kube-apiserver.log kube-scheduler.log kubelet.log startupscript.log' from %s", host)
		for _, name := range []string{"kube-apiserver.log", "kube-scheduler.log", "cluster-autoscaler.log", "konnectivity-server.log", "fluentd.log", "kube-node-problem-detector.log"} {
			p.wait(400 * time.Millisecond)
			p.line("scp: /var/log/%s*: No such file or directory", name)
		}
		p.line("ERROR: (gcloud.compute.scp) [/usr/bin/scp] exited with return code [1].")
	}
}
