package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Prow's own files of a run, in the form that its components write them: crier indents with tabs, sidecar and
// initupload do not.

type obj = map[string]any

const (
	baseSHA = "2f6d1c9b7a50e4d38c1f0b9e6a7d5c4b3a291807"
	pullSHA = "9c3e5b1a0d7f42688e94b6a1c5d2f7e3b8a06914"
)

// times are the instants of a run's pod. Kubernetes knows them to the second.
type times struct {
	queued, pending              time.Time
	scheduled, clone, cloned     time.Time
	initupload, entrypoint, test time.Time
	tested, uploaded, completed  time.Time
}

func (r *run) times() times {
	second := func(d time.Duration) time.Time { return podCreated.Add(d).Truncate(time.Second) }
	t := times{queued: second(-3 * time.Second), pending: second(time.Second)}
	t.scheduled = second(r.scheduling)
	t.clone = t.scheduled.Add(18 * time.Second)
	t.cloned = t.clone.Add(31 * time.Second)
	t.initupload = t.cloned.Add(time.Second)
	t.entrypoint = t.initupload.Add(3 * time.Second)
	t.test = t.entrypoint.Add(2 * time.Second)
	t.tested = t.test
	for _, p := range r.processes {
		if p.end.After(t.tested) {
			t.tested = p.end
		}
	}
	t.tested = t.tested.Add(3 * time.Second).Truncate(time.Second)
	t.uploaded = t.tested.Add(9 * time.Second)
	t.completed = t.uploaded.Add(4 * time.Second)
	return t
}

// store writes the run's objects, and its pointers, into b.
func (r *run) store(b bucket) error {
	if err := r.storeTraces(); err != nil {
		return err
	}
	r.artifacts["artifacts/metadata.json"] = indented(r.metadata())
	r.artifacts["artifacts/junit_runner.xml"] = r.junitRunner()
	if r.failure == "" {
		r.artifacts["artifacts/junit_01.xml"] = r.junitGinkgo()
	}
	r.artifacts["artifacts/cluster.yaml"] = []byte("apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: " + r.clusterName() + "\n")
	// Sidecar writes a '#' in a name as these three characters.
	r.artifacts["artifacts/logs/node%231.log"] = []byte("-- no entries --\n")

	files := maps.Clone(r.artifacts)
	files["build-log.txt"] = r.buildLog()
	uploads := slices.Sorted(maps.Keys(files))
	files["started.json"] = compact(r.started())
	files["finished.json"] = compact(r.finished())
	files["prowjob.json"] = indented(r.prowJob())
	files["podinfo.json"] = indented(r.podInfo())
	files["clone-records.json"] = compact(r.cloneRecords())
	files["clone-log.txt"] = r.cloneLog()
	files["sidecar-logs.json"] = r.sidecarLog(uploads)
	for name, data := range files {
		b[r.root+"/"+name] = data
	}
	b[r.root+"/artifacts/otlp/"] = nil // made by a person in the console

	latest := []string{"logs/" + r.job + "/latest-build.txt"}
	if r.refs != nil {
		b["pr-logs/directory/"+r.job+"/"+r.build+".txt"] = []byte("gs://" + bucketName + "/" + r.root)
		latest = []string{"pr-logs/directory/" + r.job + "/latest-build.txt", strings.TrimSuffix(r.root, r.build) + "latest-build.txt"}
	}
	for _, name := range latest {
		b[name] = []byte(r.build)
	}
	return nil
}

func (r *run) clusterName() string {
	if r.refs != nil {
		return gceCluster
	}
	return awsCluster
}

func (r *run) result() (state, upper string) {
	if r.failure != "" {
		return "failure", "FAILURE"
	}
	return "success", "SUCCESS"
}

func (r *run) metadata() obj {
	return obj{"kubetest-version": "v0.0.0-20250301000000-example", "deployer-version": version, "tester-version": "v0.0.0-20250301000000-example"}
}

func (r *run) started() obj {
	s := obj{"timestamp": r.times().initupload.Unix(), "node": r.node}
	if r.refs != nil {
		s["pull"] = "18000"
		s["repos"] = obj{"kubernetes/kops": "master:" + baseSHA + ",18000:" + pullSHA}
		s["repo-commit"] = pullSHA
	} else {
		s["repos"] = obj{"kubernetes/kops": "master"}
		s["repo-commit"] = baseSHA
	}
	return s
}

func (r *run) finished() obj {
	_, result := r.result()
	f := obj{"timestamp": r.times().uploaded.Unix(), "passed": r.failure == "", "result": result, "metadata": r.metadata()}
	if r.refs != nil {
		f["revision"] = pullSHA
	}
	return f
}

func (r *run) prowJob() obj {
	t := r.times()
	state, _ := r.result()
	labels := obj{"created-by-prow": "true", "prow.k8s.io/build-id": r.build, "prow.k8s.io/id": r.uuid, "prow.k8s.io/job": r.job}
	spec := obj{
		"agent": "kubernetes", "cluster": r.cluster, "job": r.job, "max_concurrency": 1, "namespace": "test-pods", "report": true,
		"decoration_config": obj{
			"timeout": "4h0m0s", "grace_period": "15m0s",
			"gcs_configuration": obj{"bucket": bucketName, "path_strategy": "legacy", "default_org": "kubernetes", "default_repo": "kubernetes",
				"job_url_prefix": "https://prow.k8s.io/view/"},
			"utility_images": obj{"clonerefs": "prow/clonerefs:v20250310-example", "initupload": "prow/initupload:v20250310-example",
				"entrypoint": "prow/entrypoint:v20250310-example", "sidecar": "prow/sidecar:v20250310-example"},
		},
		"pod_spec": obj{"containers": []obj{{"name": "", "image": "kubekins-e2e:v20250310-example-master", "command": []string{"runner.sh"}, "args": r.args,
			"resources": obj{"requests": obj{"cpu": "4", "memory": "6Gi"}}}}},
	}
	description := "Job succeeded."
	if r.failure != "" {
		description = "Job failed."
	}
	if r.refs != nil {
		spec["type"], spec["refs"], spec["context"], spec["rerun_command"] = "presubmit", r.refs, r.job, "/test "+r.job
		labels["prow.k8s.io/type"], labels["prow.k8s.io/refs.pull"] = "presubmit", "18000"
	} else {
		spec["type"], spec["extra_refs"] = "periodic", r.extraRefs
		labels["prow.k8s.io/type"] = "periodic"
	}
	return obj{
		"apiVersion": "prow.k8s.io/v1", "kind": "ProwJob",
		"metadata": obj{"name": r.uuid, "namespace": "prow", "creationTimestamp": t.queued, "labels": labels, "annotations": obj{"prow.k8s.io/job": r.job}},
		"spec":     spec,
		"status": obj{
			"startTime": t.queued, "pendingTime": t.pending, "completionTime": t.completed, "state": state, "description": description,
			"url": "https://prow.k8s.io/view/gs/" + bucketName + "/" + r.root, "pod_name": r.uuid, "build_id": r.build,
			"prev_report_states": obj{"gcsreporter": state, "gcsk8sreporter": state},
		},
	}
}

func (r *run) podInfo() obj {
	t := r.times()
	ran := func(name string, from, to time.Time, exit int) obj {
		reason := "Completed"
		if exit != 0 {
			reason = "Error"
		}
		return obj{"name": name, "image": "prow/" + name + ":v20250310-example", "ready": false, "restartCount": 0,
			"state": obj{"terminated": obj{"startedAt": from, "finishedAt": to, "exitCode": exit, "reason": reason}}}
	}
	happened := func(at time.Time, typ, reason, message string) obj {
		return obj{"type": typ, "reason": reason, "message": message, "count": 1, "firstTimestamp": at, "lastTimestamp": at,
			"involvedObject": obj{"kind": "Pod", "namespace": "test-pods", "name": r.uuid}}
	}
	exit, phase := 0, "Succeeded"
	if r.failure != "" {
		exit, phase = 1, "Failed"
	}
	var events []obj
	if r.scheduling > 10*time.Second {
		events = append(events, happened(t.pending, "Warning", "FailedScheduling", "0/40 nodes are available: 40 Insufficient cpu."),
			happened(t.pending.Add(2*time.Second), "Normal", "TriggeredScaleUp", "pod triggered scale-up"))
	}
	events = append(events,
		happened(t.scheduled, "Normal", "Scheduled", "Successfully assigned test-pods/"+r.uuid+" to "+r.node),
		happened(t.scheduled.Add(time.Second), "Normal", "Pulling", "Pulling image \"prow/clonerefs:v20250310-example\""),
		happened(t.clone.Add(-time.Second), "Normal", "Pulled", "Successfully pulled image \"prow/clonerefs:v20250310-example\" in 16.2s"),
		happened(t.clone, "Normal", "Started", "Started container clonerefs"),
		happened(t.test, "Normal", "Started", "Started container test"))
	return obj{
		"pod": obj{
			"metadata": obj{"name": r.uuid, "namespace": "test-pods", "creationTimestamp": podCreated.Truncate(time.Second)},
			"spec":     obj{"nodeName": r.node, "restartPolicy": "Never"},
			"status": obj{
				"phase": phase, "startTime": t.scheduled,
				"conditions": []obj{{"type": "PodScheduled", "status": "True", "lastTransitionTime": t.scheduled}, {"type": "Initialized", "status": "True", "lastTransitionTime": t.test}},
				"initContainerStatuses": []obj{ran("clonerefs", t.clone, t.cloned, 0), ran("initupload", t.initupload, t.initupload.Add(time.Second), 0),
					ran("place-entrypoint", t.entrypoint, t.entrypoint, 0)},
				"containerStatuses": []obj{ran("sidecar", t.test, t.uploaded, 0), ran("test", t.test, t.tested, exit)},
			},
		},
		"events": events,
		"node":   obj{"metadata": obj{"name": r.node}},
	}
}

// cloneRecords has no start times: durations in nanoseconds are all that clonerefs keeps.
func (r *run) cloneRecords() []obj {
	type step struct {
		command string
		took    time.Duration
	}
	steps := []step{
		{"mkdir -p /home/prow/go/src/k8s.io/kops", 2 * time.Millisecond},
		{"git init /home/prow/go/src/k8s.io/kops", 9 * time.Millisecond},
		{"git config user.name ci-robot", 3 * time.Millisecond},
		{"git fetch https://github.com/kubernetes/kops.git --tags --prune", 18300 * time.Millisecond},
		{"git fetch https://github.com/kubernetes/kops.git master", 640 * time.Millisecond},
		{"git checkout " + baseSHA, 2900 * time.Millisecond},
	}
	var refs obj
	sha := baseSHA
	if r.refs != nil {
		steps = append(steps, step{"git fetch https://github.com/kubernetes/kops.git pull/18000/head", 810 * time.Millisecond}, step{"git merge --no-ff --no-stat -m merge " + pullSHA, 420 * time.Millisecond})
		refs, sha = r.refs, pullSHA
	} else {
		refs = r.extraRefs[0]
	}
	var commands []obj
	var total time.Duration
	for _, s := range steps {
		commands = append(commands, obj{"command": s.command, "output": "", "duration": int64(s.took)})
		total += s.took
	}
	return []obj{
		{"refs": obj{}, "commands": []obj{{"command": "golang: create \"/home/prow/.netrc\"", "output": "", "duration": 0}}, "duration": 0},
		{"refs": refs, "commands": commands, "final_sha": sha, "duration": int64(total)},
	}
}

func (r *run) cloneLog() []byte {
	var log bytes.Buffer
	for _, record := range r.cloneRecords()[1:] {
		fmt.Fprintln(&log, "# Cloning kubernetes/kops at master")
		for _, c := range record["commands"].([]obj) {
			fmt.Fprintf(&log, "$ %s (runtime: %s)\n", c["command"], time.Duration(c["duration"].(int64)))
		}
	}
	return log.Bytes()
}

// sidecarLog tells when each object was uploaded: four at a time, after the test container ended.
func (r *run) sidecarLog(uploads []string) []byte {
	var log bytes.Buffer
	t := r.times()
	at := t.tested.Add(200 * time.Millisecond)
	line := func(message string, more obj) {
		entry := obj{"component": "sidecar", "file": "pkg/gcsupload/run.go", "func": "gcsupload.Run", "level": "info", "severity": "info",
			"msg": message, "time": at.Format(time.RFC3339Nano)}
		maps.Copy(entry, more)
		log.Write(compact(entry))
		log.WriteByte('\n')
	}
	line("Starting to upload artifacts", nil)
	for i, name := range uploads {
		batch := time.Duration(i/4+1) * 4
		at = t.tested.Add(t.uploaded.Sub(t.tested) * batch / time.Duration(len(uploads)+8))
		line("Finished upload", obj{"dest": r.root + "/" + name})
	}
	at = t.uploaded
	line("Finished upload", obj{"dest": r.root + "/finished.json"})
	return log.Bytes()
}

func compact(v any) []byte {
	return bytes.TrimSuffix(encode(v, ""), []byte("\n"))
}

func indented(v any) []byte { return encode(v, "\t") }

// encode panics where v is not JSON: all values are this program's own.
func encode(v any, indent string) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return buf.Bytes()
}
