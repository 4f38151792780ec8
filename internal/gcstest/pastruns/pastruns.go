// Package pastruns makes the past of four jobs, for tests and examples: sixty runs whose
// beginnings, flakes and outages are known.
//
//	e2e-kops-gce-cni-cilium         broken for want of a quota since its eleventh run
//	e2e-kops-gce-cni-kubenet        a flaky test; the registry's outage
//	pull-kops-e2e-k8s-gce-calico    pull requests: one that fails and passes; the outage
//	ci-kops-scale-gce               a slow node, a suite that grows to its limit; the outage
//
// The same call gives the same bytes. It is no part of the program.
package pastruns

import (
	"crypto/sha1"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"prowtrace/prow"
)

// Bucket has the runs.
const Bucket = "kubernetes-ci-logs"

// The jobs.
const (
	Broken  = "e2e-kops-gce-cni-cilium"
	Flaky   = "e2e-kops-gce-cni-kubenet"
	Pulls   = "pull-kops-e2e-k8s-gce-calico"
	Growing = "ci-kops-scale-gce"
)

// Runs is how many each of them has.
const Runs = 15

// begin is when the first run of each job was started; the next are six hours apart.
var begin = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)

// Every is the time between two runs of a job.
const Every = 6 * time.Hour

// Outage is the run of three jobs in which a registry answers nobody.
const Outage = 7

// SlowNode is where tests of [Growing] take half as long again.
const SlowNode = "gke-prow-build-pool-c"

// Build is the id of a run of a job.
func Build(job string, n int) string { return prow.BuildAt(started(job, n)) }

func started(job string, n int) time.Time {
	return begin.Add(time.Duration(n)*Every + time.Duration(len(job))*time.Minute)
}

// End is when a run of a job has ended.
func End(job string, n int) time.Time { return newRun(job, n).end() }

// Put hands over all objects of the bucket.
func Put(put func(bucket, name string, data []byte)) {
	for _, job := range []string{Broken, Flaky, Pulls, Growing} {
		for n := range Runs {
			r := newRun(job, n)
			for name, data := range r.files() {
				put(Bucket, r.root()+"/"+name, []byte(data))
			}
		}
		if job == Pulls {
			for n := range Runs {
				r := newRun(job, n)
				put(Bucket, "pr-logs/directory/"+job+"/"+r.build+".txt", []byte("gs://"+Bucket+"/"+r.root()))
			}
			put(Bucket, "pr-logs/directory/"+job+"/latest-build.txt", []byte(Build(job, Runs-1)))
			continue
		}
		put(Bucket, "logs/"+job+"/latest-build.txt", []byte(Build(job, Runs-1)))
	}
}

// Many is a job of as many runs as are wanted.
const Many = "ci-kops-many"

// PutMany hands over n runs of [Many], of which each third failed for want of a quota, with
// logs that are longer by some lines.
func PutMany(put func(bucket, name string, data []byte), n int, lines string) {
	for i := range n {
		r := newRun(Many, i)
		if r.lines = lines; i%3 == 1 {
			r.fail("Up", quotaExceeded)
		}
		for name, data := range r.files() {
			put(Bucket, r.root()+"/"+name, []byte(data))
		}
	}
	put(Bucket, "logs/"+Many+"/latest-build.txt", []byte(Build(Many, n-1)))
}

// Stepped is a job of ci-operator: its step openshift-e2e-test grows to its limit of two hours.
const Stepped = "periodic-ci-openshift-release-main-nightly-5.0-e2e-aws-ovn"

// PutStepped hands over the runs of [Stepped], all of which pass.
func PutStepped(put func(bucket, name string, data []byte)) {
	for n := range Runs {
		r := newRun(Stepped, n)
		files := r.files()
		files["artifacts/ci-operator-step-graph.json"] = r.stepGraph()
		for _, name := range []string{"artifacts/junit_runner.xml", "artifacts/junit_01.xml", "artifacts/metadata.json"} {
			delete(files, name)
		}
		for name, data := range files {
			put(Bucket, r.root()+"/"+name, []byte(data))
		}
	}
	put(Bucket, "logs/"+Stepped+"/latest-build.txt", []byte(Build(Stepped, Runs-1)))
}

// stepGraph is what ci-operator did, with the pods of its steps.
func (r *run) stepGraph() string {
	const test = "e2e-aws-ovn"
	at := r.start.Add(90 * time.Second)
	step := func(name string, took time.Duration) map[string]any {
		from := at
		at = at.Add(took)
		options := encoded(map[string]any{"timeout": int64(2 * time.Hour), "grace_period": int64(10 * time.Minute), "artifact_dir": "/logs/artifacts"})
		return map[string]any{
			"name": test + "-" + name, "started_at": from.Format(time.RFC3339), "finished_at": at.Format(time.RFC3339), "duration": int64(took), "failed": false,
			"manifests": []any{map[string]any{"kind": "Pod", "metadata": map[string]any{"name": test + "-" + name}, "spec": map[string]any{"containers": []any{
				map[string]any{"name": "test", "env": []any{map[string]any{"name": "ENTRYPOINT_OPTIONS", "value": options}}}, map[string]any{"name": "sidecar"},
			}}}},
		}
	}
	parts := []any{step("ipi-install-install", r.up), step("openshift-e2e-test", r.test), step("ipi-deprovision-deprovision", r.down)}
	return encoded([]any{map[string]any{
		"name": test, "started_at": r.start.Add(90 * time.Second).Format(time.RFC3339), "finished_at": at.Format(time.RFC3339), "failed": false, "substeps": parts,
	}})
}

// run is one run.
type run struct {
	job, build string
	n          int
	start      time.Time
	pull       int // 0: none
	base, head string
	node       string

	up, test, down time.Duration
	failed         string   // the phase
	said           []string // lines of the log before it failed
	flaky          string   // a case that passed when it was tried again
	lines          string   // of the log, before those
}

func newRun(job string, n int) *run {
	r := &run{job: job, n: n, build: Build(job, n), start: started(job, n), base: commit("base", n/2), node: "gke-prow-build-pool-" + string(rune('a'+n%5))}
	r.up, r.test, r.down = 390*time.Second+time.Duration(n%4)*time.Second, 20*time.Minute+time.Duration(n*7%5)*time.Second, 4*time.Minute
	if n == Outage && job != Broken && job != Many {
		r.fail("Up", `E%s   14 images.go:88] failed to pull image "registry.k8s.io/kops/dns-controller:1.37.0": received unexpected HTTP status: 503 Service Unavailable`)
	}
	switch job {
	case Broken:
		if n >= 10 && n != 12 {
			r.fail("Up", quotaExceeded)
		}
	case Flaky:
		if n%5 == 1 {
			r.flaky = "[sig-network] Services should serve endpoints on same port and different protocols"
		}
	case Pulls:
		r.pull = 18100 + n/3
		r.head = commit("head", n/3)
		r.base = commit("base", n/3)
		if n == 3 { // 4 has the same commits and passes
			r.fail("Test", `E%s   14 dump.go:61] dial tcp 34.72.0.9:443: i/o timeout while waiting for the API server of e2e.k8s.local`)
		}
	case Stepped:
		r.test = 80*time.Minute + time.Duration(n)*2*time.Minute
	case Growing:
		r.test = 40*time.Minute + time.Duration(n)*50*time.Second
		if r.node == SlowNode {
			r.test += 30 * time.Minute
		}
	}
	return r
}

// quotaExceeded is a line of kops.
const quotaExceeded = `W%s   14 executor.go:141] error running task "InstanceGroupManager/a-nodes-us-central1-a": googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1., quotaExceeded`

// commit is the hash of one.
func commit(of string, n int) string { return fmt.Sprintf("%x", sha1.Sum(fmt.Append(nil, of, n))) }

// fail ends the run in a phase; said has a place for the time.
func (r *run) fail(phase, said string) {
	r.failed = phase
	at := r.start.Add(5 * time.Minute)
	if phase == "Up" {
		r.up, r.test = 8*time.Minute, 0
	} else {
		at = at.Add(r.up)
		r.test = 9 * time.Minute
	}
	r.said = append(r.said, fmt.Sprintf(said, klogTime(at)))
}

func klogTime(t time.Time) string { return t.Format("0102 15:04:05.000000") }

func (r *run) root() string {
	if r.pull > 0 {
		return fmt.Sprintf("pr-logs/pull/kops/%d/%s/%s", r.pull, r.job, r.build)
	}
	return "logs/" + r.job + "/" + r.build
}

func (r *run) end() time.Time { return r.start.Add(2*time.Minute + r.up + r.test + r.down) }

// files are those of the run, by name.
func (r *run) files() map[string]string {
	return map[string]string{
		"started.json":               r.startedFile(),
		"finished.json":              encoded(map[string]any{"timestamp": r.end().Unix(), "passed": r.failed == "", "result": map[bool]string{true: "SUCCESS", false: "FAILURE"}[r.failed == ""]}),
		"prowjob.json":               r.prowJob(),
		"podinfo.json":               r.pod(),
		"build-log.txt":              r.log(),
		"artifacts/junit_runner.xml": r.phases(),
		"artifacts/junit_01.xml":     r.cases(),
		"artifacts/metadata.json":    `{"kubetest-version":"v0.0.0-20261101000000-example","deployer-version":"1.37.0-alpha.1"}`,
	}
}

func encoded(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // of maps and numbers
	}
	return string(data)
}

func (r *run) startedFile() string {
	refs := "master:" + r.base
	if r.pull > 0 {
		refs += fmt.Sprintf(",%d:%s", r.pull, r.head)
	}
	return encoded(map[string]any{"timestamp": r.start.Add(30 * time.Second).Unix(), "node": r.node, "repos": map[string]string{"kubernetes/kops": refs}})
}

func (r *run) prowJob() string {
	refs := map[string]any{"org": "kubernetes", "repo": "kops", "base_ref": "master", "base_sha": r.base}
	spec := map[string]any{
		"job": r.job, "type": "periodic", "cluster": "k8s-infra-prow-build",
		"decoration_config": map[string]any{"timeout": "3h0m0s", "grace_period": "15m0s"},
		"pod_spec": map[string]any{"containers": []any{map[string]any{
			"image": "kubekins-e2e:v20261110-example-master", "command": []string{"runner.sh"},
			"args": []string{"kubetest2", "kops", "--up", "--test=kops", "--", "--timeout=60m"},
		}}},
	}
	if r.pull > 0 {
		refs["pulls"] = []any{map[string]any{"number": r.pull, "sha": r.head}}
		spec["type"], spec["refs"] = "presubmit", refs
	} else {
		spec["extra_refs"] = []any{refs}
	}
	return encoded(map[string]any{
		"metadata": map[string]any{"name": fmt.Sprintf("3b1e2c9a-0000-4000-8000-%s", r.build[len(r.build)-12:])}, "spec": spec,
		"status": map[string]any{
			"state": map[bool]string{true: "success", false: "failure"}[r.failed == ""], "build_id": r.build,
			"startTime": r.start.Format(time.RFC3339), "pendingTime": r.start.Add(5 * time.Second).Format(time.RFC3339), "completionTime": r.end().Add(10 * time.Second).Format(time.RFC3339),
		},
	})
}

func (r *run) pod() string {
	code := 0
	if r.failed != "" {
		code = 1
	}
	begin := r.start.Add(time.Minute)
	return encoded(map[string]any{"pod": map[string]any{
		"metadata": map[string]any{"name": "3b1e2c9a", "namespace": "test-pods", "creationTimestamp": r.start.Add(5 * time.Second).Format(time.RFC3339)},
		"spec":     map[string]any{"nodeName": r.node, "containers": []any{map[string]any{"name": "test", "image": "kubekins-e2e:v20261110-example-master", "command": []string{"/tools/entrypoint"}}}},
		"status": map[string]any{"phase": map[bool]string{true: "Succeeded", false: "Failed"}[code == 0], "containerStatuses": []any{map[string]any{
			"name": "test", "state": map[string]any{"terminated": map[string]any{"exitCode": code, "startedAt": begin.Format(time.RFC3339), "finishedAt": r.end().Format(time.RFC3339)}},
		}}},
	}})
}

// log is a kubetest2's, shortened.
func (r *run) log() string {
	var b strings.Builder
	at := r.start.Add(time.Minute)
	line := func(format string, args ...any) {
		at = at.Add(time.Second)
		fmt.Fprintf(&b, "I%s   14 "+format+"\n", append([]any{klogTime(at)}, args...)...)
	}
	line("app.go:61] The files in RunDir shall not be part of Artifacts")
	line("app.go:90] ID for this run: %q", r.build[:8])
	line("up.go:50] Running the kops deployer's Up()")
	for i := range 40 {
		line("executor.go:113] Tasks: %d done / 96 total; %d can run", i*2, 96-i*2)
	}
	b.WriteString(r.lines)
	for _, said := range r.said {
		b.WriteString(said + "\n")
	}
	if at = r.start.Add(time.Minute + r.up); r.failed == "Up" {
		line("up.go:221] exit status 1")
	} else {
		line("test.go:30] Running the test")
		for i := range 30 {
			fmt.Fprintf(&b, "  STEP: Creating pod pod-%d in namespace services-%d @ %s\n", i, i, at.Add(time.Duration(i)*time.Second).Format("01/02/06 15:04:05.000"))
		}
	}
	at = r.end().Add(-r.down)
	line("down.go:38] Deleting the cluster")
	if r.failed != "" {
		fmt.Fprintf(&b, "Error: exit status 1\n")
	}
	return b.String()
}

func (r *run) phases() string {
	var b strings.Builder
	b.WriteString("<testsuite>\n")
	for _, p := range []struct {
		name string
		took time.Duration
	}{{"Up", r.up}, {"Test", r.test}, {"Down", r.down}} {
		if p.took == 0 {
			continue
		}
		fmt.Fprintf(&b, "  <testcase name=%q time=\"%.3f\">", p.name, p.took.Seconds())
		if p.name == r.failed {
			b.WriteString("<failure>exit status 1</failure>")
		}
		b.WriteString("</testcase>\n")
	}
	return b.String() + "</testsuite>\n"
}

func (r *run) cases() string {
	if r.test == 0 {
		return "<testsuites/>"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "<testsuite name=\"Kubernetes e2e suite\" time=\"%.3f\">\n", r.test.Seconds())
	for i := range 5 {
		fmt.Fprintf(&b, "  <testcase name=\"[sig-node] Pods should be updated %d\" time=\"%d\"/>\n", i, 60+i)
	}
	if r.flaky != "" {
		fmt.Fprintf(&b, "  <testcase name=%q time=\"61\"><failure>endpoints did not come</failure></testcase>\n  <testcase name=%q time=\"42\"/>\n", r.flaky, r.flaky)
	}
	return b.String() + "</testsuite>\n"
}
