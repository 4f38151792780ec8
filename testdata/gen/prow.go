package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
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

// A prowRun is one build of a job, as far as Prow knows it: all that is stored of it but traces.
type prowRun struct {
	prow       instance
	job, build string
	root       string // of its objects in the bucket
	uuid       string // of its ProwJob
	cluster    string // Prow's build cluster
	node       string
	refs       obj // what was tested; nil for a periodic
	extraRefs  []obj
	image      string
	args       []string // of the test container
	created    time.Time
	scheduling time.Duration
	ended      time.Time // when the last program of the test container ended; zero: it still runs
	failure    string    // why it failed, "" when it passed
	metadata   obj       // that the job gave to Prow; nil: none
	commit     string    // that was cloned; "": baseSHA
	timeout    string    // of the job; "": four hours
	memory     string    // that its container asks for; "": 6Gi
	ending     ending

	log       []byte // build-log.txt
	artifacts bucket // objects below artifacts/
}

// An ending is what is unusual about how a run ended. The zero value: its program exited with 0 or 1.
type ending struct {
	state       string // of its ProwJob, "": success or failure
	description string // Prow's
	exit        int    // of the test container, 0: by the run's failure
	reason      string // Kubernetes' word for that exit
	status      obj    // of the pod, beside or instead of the usual
	events      []obj  // of the pod, behind the usual
}

// An instance is an installation of Prow, which stores runs in a bucket of its own.
type instance struct {
	deck, bucket, strategy  string
	defaultOrg, defaultRepo string
	compress                []string // endings of the files that are stored compressed
}

var kubernetesProw = instance{deck: "prow.k8s.io", bucket: bucketName, strategy: "legacy", defaultOrg: "kubernetes", defaultRepo: "kubernetes"}

// times are the instants of a run's pod. Kubernetes knows them to the second.
type times struct {
	queued, pending              time.Time
	scheduled, clone, cloned     time.Time
	initupload, entrypoint, test time.Time
	tested, uploaded, completed  time.Time
}

func (r *prowRun) times() times {
	second := func(d time.Duration) time.Time { return r.created.Add(d).Truncate(time.Second) }
	t := times{queued: second(-3 * time.Second), pending: second(time.Second)}
	t.scheduled = second(r.scheduling)
	t.clone = t.scheduled.Add(18 * time.Second)
	t.cloned = t.clone.Add(31 * time.Second)
	t.initupload = t.cloned.Add(time.Second)
	t.entrypoint = t.initupload.Add(3 * time.Second)
	t.test = t.entrypoint.Add(2 * time.Second)
	t.tested = r.ended.Add(3 * time.Second).Truncate(time.Second)
	t.uploaded = t.tested.Add(9 * time.Second)
	t.completed = t.uploaded.Add(4 * time.Second)
	return t
}

func (r *prowRun) running() bool { return r.ended.IsZero() }

// files are what Prow and the job wrote, by their names below the run's root. Of a run that has not ended there is
// what came before its test container, and its ProwJob.
func (r *prowRun) files() (bucket, error) {
	files := bucket{}
	if !r.running() {
		maps.Copy(files, r.artifacts)
		files["build-log.txt"] = r.log
		uploads := slices.Sorted(maps.Keys(files))
		for _, name := range uploads {
			data, err := r.prow.stored(name, files[name])
			if err != nil {
				return nil, err
			}
			files[name] = data
		}
		files["finished.json"] = compact(r.finished())
		files["podinfo.json"] = indented(r.podInfo())
		files["sidecar-logs.json"] = r.sidecarLog(uploads)
	}
	files["started.json"] = compact(r.started())
	files["prowjob.json"] = indented(r.prowJob())
	files["clone-records.json"] = compact(r.cloneRecords())
	files["clone-log.txt"] = r.cloneLog()
	return files, nil
}

// store writes the run's objects, and its pointers, into its Prow's bucket.
func (r *prowRun) store(s sample) error {
	files, err := r.files()
	if err != nil {
		return err
	}
	b := s.bucket(r.prow.bucket)
	for name, data := range files {
		b[r.root+"/"+name] = data
	}
	latest := []string{"logs/" + r.job + "/latest-build.txt"}
	if r.refs != nil {
		b["pr-logs/directory/"+r.job+"/"+r.build+".txt"] = []byte("gs://" + r.prow.bucket + "/" + r.root)
		latest = []string{"pr-logs/directory/" + r.job + "/latest-build.txt", strings.TrimSuffix(r.root, r.build) + "latest-build.txt"}
	}
	for _, name := range latest {
		b[name] = []byte(r.build)
	}
	return nil
}

// stored is a file as its Prow stores it: compressed, if it is of a kind that is and not short.
func (p instance) stored(name string, data []byte) ([]byte, error) {
	if len(data) <= 1024 || !slices.Contains(p.compress, strings.TrimPrefix(path.Ext(name), ".")) {
		return data, nil
	}
	return gzipped(data)
}

// result is how the run ended, as crier and as sidecar spell it.
func (r *prowRun) result() (state, upper string) {
	switch {
	case r.running():
		return "pending", ""
	case r.ending.state != "":
		return r.ending.state, strings.ToUpper(r.ending.state)
	case r.failure != "":
		return "failure", "FAILURE"
	}
	return "success", "SUCCESS"
}

// tested is the repository that the run tests, or that its job's program lies in.
func (r *prowRun) tested() (refs obj, org, repo, branch string) {
	if refs = r.refs; refs == nil {
		refs = r.extraRefs[0]
	}
	return refs, refs["org"].(string), refs["repo"].(string), refs["base_ref"].(string)
}

// pull is the number of the pull request that the run tests, "" of a periodic.
func (r *prowRun) pull() string {
	if r.refs == nil {
		return ""
	}
	return fmt.Sprint(r.refs["pulls"].([]obj)[0]["number"])
}

// head is the commit of the pull request.
func (r *prowRun) head() string { return r.refs["pulls"].([]obj)[0]["sha"].(string) }

// base is the commit that was cloned.
func (r *prowRun) base() string { return cmp.Or(r.commit, baseSHA) }

func (r *prowRun) started() obj {
	_, org, repo, branch := r.tested()
	s := obj{"timestamp": r.times().initupload.Unix(), "node": r.node}
	if pull := r.pull(); pull != "" {
		s["pull"] = pull
		s["repos"] = obj{org + "/" + repo: branch + ":" + r.base() + "," + pull + ":" + r.head()}
		s["repo-commit"] = r.head()
	} else {
		s["repos"] = obj{org + "/" + repo: branch}
		s["repo-commit"] = r.base()
	}
	return s
}

func (r *prowRun) finished() obj {
	_, result := r.result()
	f := obj{"timestamp": r.times().uploaded.Unix(), "passed": r.failure == "", "result": result}
	if r.metadata != nil {
		f["metadata"] = r.metadata
	}
	if r.refs != nil {
		f["revision"] = r.head()
	}
	return f
}

func (r *prowRun) prowJob() obj {
	t := r.times()
	state, _ := r.result()
	stored := obj{"bucket": r.prow.bucket, "path_strategy": r.prow.strategy, "default_org": r.prow.defaultOrg, "default_repo": r.prow.defaultRepo,
		"job_url_prefix": "https://" + r.prow.deck + "/view/"}
	if r.prow.compress != nil {
		stored["compress_file_types"] = r.prow.compress
	}
	labels := obj{"created-by-prow": "true", "prow.k8s.io/build-id": r.build, "prow.k8s.io/id": r.uuid, "prow.k8s.io/job": r.job}
	spec := obj{
		"agent": "kubernetes", "cluster": r.cluster, "job": r.job, "max_concurrency": 1, "namespace": "test-pods", "report": true,
		"decoration_config": obj{
			"timeout": cmp.Or(r.timeout, "4h0m0s"), "grace_period": "15m0s",
			"gcs_configuration": stored,
			"utility_images": obj{"clonerefs": "prow/clonerefs:v20250310-example", "initupload": "prow/initupload:v20250310-example",
				"entrypoint": "prow/entrypoint:v20250310-example", "sidecar": "prow/sidecar:v20250310-example"},
		},
		"pod_spec": obj{"containers": []obj{{"name": "", "image": r.image, "command": []string{"runner.sh"}, "args": r.args,
			"resources": obj{"requests": obj{"cpu": "4", "memory": cmp.Or(r.memory, "6Gi")}}}}},
	}
	if pull := r.pull(); pull != "" {
		spec["type"], spec["refs"], spec["context"], spec["rerun_command"] = "presubmit", r.refs, r.job, "/test "+r.job
		labels["prow.k8s.io/type"], labels["prow.k8s.io/refs.pull"] = "presubmit", pull
	} else {
		spec["type"], spec["extra_refs"] = "periodic", r.extraRefs
		labels["prow.k8s.io/type"] = "periodic"
	}
	status := obj{
		"startTime": t.queued, "pendingTime": t.pending, "state": state,
		"description": cmp.Or(r.ending.description, map[string]string{"pending": "Job triggered.", "failure": "Job failed.", "success": "Job succeeded."}[state]),
		"url":         "https://" + r.prow.deck + "/view/gs/" + r.prow.bucket + "/" + r.root, "pod_name": r.uuid, "build_id": r.build,
		"prev_report_states": obj{"gcsreporter": state, "gcsk8sreporter": state},
	}
	if !r.running() {
		status["completionTime"] = t.completed
	}
	return obj{
		"apiVersion": "prow.k8s.io/v1", "kind": "ProwJob",
		"metadata": obj{"name": r.uuid, "namespace": "prow", "creationTimestamp": t.queued, "labels": labels, "annotations": obj{"prow.k8s.io/job": r.job}},
		"spec":     spec,
		"status":   status,
	}
}

func (r *prowRun) podInfo() obj {
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
	exit, phase := r.ending.exit, "Succeeded"
	if r.failure != "" {
		exit, phase = cmp.Or(exit, 1), "Failed"
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
	events = append(events, r.ending.events...)
	tested := ran("test", t.test, t.tested, exit)
	if r.ending.reason != "" {
		tested["state"].(obj)["terminated"].(obj)["reason"] = r.ending.reason
	}
	completed := func(name string, from, to time.Time) obj { // of an init container, which then counts as ready
		status := ran(name, from, to, 0)
		status["ready"] = true
		return status
	}
	status := obj{
		"phase": phase, "startTime": t.scheduled,
		"conditions": []obj{{"type": "PodScheduled", "status": "True", "lastTransitionTime": t.scheduled}, {"type": "Initialized", "status": "True", "lastTransitionTime": t.test}},
		"initContainerStatuses": []obj{completed("clonerefs", t.clone, t.cloned), completed("initupload", t.initupload, t.initupload.Add(time.Second)),
			completed("place-entrypoint", t.entrypoint, t.entrypoint)},
		"containerStatuses": []obj{ran("sidecar", t.test, t.uploaded, 0), tested},
	}
	maps.Copy(status, r.ending.status)
	return obj{
		"pod": obj{
			"metadata": obj{"name": r.uuid, "namespace": "test-pods", "creationTimestamp": r.created.Truncate(time.Second)},
			"spec":     obj{"nodeName": r.node, "restartPolicy": "Never"},
			"status":   status,
		},
		"events": events,
		"node":   obj{"metadata": obj{"name": r.node}},
	}
}

// cloneRecords has no start times: durations in nanoseconds are all that clonerefs keeps.
func (r *prowRun) cloneRecords() []obj {
	type step struct {
		command string
		took    time.Duration
	}
	refs, org, repo, branch := r.tested()
	remote, dir, sha := "https://github.com/"+org+"/"+repo+".git", "/home/prow/go/src/", r.base()
	if alias, ok := refs["path_alias"].(string); ok {
		dir += alias
	} else {
		dir += "github.com/" + org + "/" + repo
	}
	steps := []step{
		{"mkdir -p " + dir, 2 * time.Millisecond},
		{"git init " + dir, 9 * time.Millisecond},
		{"git config user.name ci-robot", 3 * time.Millisecond},
		{"git fetch " + remote + " --tags --prune", 18300 * time.Millisecond},
		{"git fetch " + remote + " " + branch, 640 * time.Millisecond},
		{"git checkout " + r.base(), 2900 * time.Millisecond},
	}
	if pull := r.pull(); pull != "" {
		steps = append(steps, step{"git fetch " + remote + " pull/" + pull + "/head", 810 * time.Millisecond}, step{"git merge --no-ff --no-stat -m merge " + r.head(), 420 * time.Millisecond})
		sha = r.head()
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

func (r *prowRun) cloneLog() []byte {
	var log bytes.Buffer
	_, org, repo, branch := r.tested()
	for _, record := range r.cloneRecords()[1:] {
		fmt.Fprintf(&log, "# Cloning %s/%s at %s\n", org, repo, branch)
		for _, c := range record["commands"].([]obj) {
			fmt.Fprintf(&log, "$ %s (runtime: %s)\n", c["command"], time.Duration(c["duration"].(int64)))
		}
	}
	return log.Bytes()
}

// sidecarLog tells when each object was uploaded: four at a time, after the test container ended.
func (r *prowRun) sidecarLog(uploads []string) []byte {
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
