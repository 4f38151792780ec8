package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	bucketName = "kubernetes-ci-logs"
	version    = "1.37.0-alpha.1"

	// quotaBuild and passBuild are the builds' ids. As Prow's ids are times, they fix the date of both runs:
	// (id >> 22) + 1288834974657 ms = 2025-03-13T01:44:34.949Z, when the pods are created.
	quotaBuild = "1900000000000000001"
	passBuild  = "1900000000000000002"
)

var podCreated = time.Date(2025, 3, 13, 1, 44, 34, 949e6, time.UTC)

// A command is one kops process of a run. Each begins a pause after the longest of the ones before it has ended.
type command struct {
	step   string // of kubetest2
	pid    int
	pause  time.Duration
	beside bool // begins a pause after the previous one has begun
	args   string
	body   func(*track)
	killed time.Duration // after it began; 0: not at all
	gzip   bool          // the job compressed its trace file
	log    []string      // what it prints, at its end; klog adds time and process behind a severity
}

var quotaCommands = []command{
	{step: "Build", pid: 4012, pause: 251 * time.Second, args: "version", body: func(*track) {}},
	{step: "Up", pid: 4031, pause: 2 * time.Second, body: gceCreate,
		args: "create cluster --name " + gceCluster + " --cloud gce --kubernetes-version v1.34.0 --networking=cilium --control-plane-size e2-standard-2 " +
			"--node-size e2-medium --node-count 4 --zones us-central1-a --project k8s-infra-e2e-boskos-example --admin-access 0.0.0.0/0"},
	{step: "Up", pid: 4077, pause: time.Second, body: gceUpdate, args: "update cluster --name " + gceCluster + " --admin --yes",
		log: []string{
			"W executor.go:139] error running task \"InstanceGroupManager/a-nodes-us-central1-a-" + gceDashed + "\" (8m58s remaining to succeed): " + quotaMessage,
			"W instancegroupmanager.go:231] instance group nodes-us-central1-a has 3 of 4 instances, continuing",
			"I update_cluster.go:341] Exporting kubeconfig for cluster"}},
	{step: "Up", pid: 4188, pause: time.Second, body: gceValidate, args: "validate cluster --name " + gceCluster + " --count 10 --wait 20m0s",
		log: []string{
			"INSTANCE GROUPS",
			"NAME\t\t\t\tROLE\t\tMACHINETYPE\tMIN\tMAX\tSUBNETS",
			"control-plane-us-central1-a\tControlPlane\te2-standard-2\t1\t1\tus-central1",
			"nodes-us-central1-a\t\tNode\t\te2-medium\t4\t4\tus-central1",
			"",
			"VALIDATION ERRORS",
			"KIND\t\tNAME\t\t\tMESSAGE",
			"InstanceGroup\tnodes-us-central1-a\tInstanceGroup \"nodes-us-central1-a\" did not have enough nodes 3 vs 4",
			"",
			"Validation Failed",
			"W validate_cluster.go:232] (will retry): cluster not yet healthy",
			"Error: validation failed: wait time exceeded during validation"}},
	{step: "Down", pid: 4398, pause: 2 * time.Second, body: gceDump, killed: 5 * time.Minute,
		args: "toolbox dump --name " + gceCluster + " --dir /logs/artifacts --private-key /tmp/kops/id_ed25519 --ssh-user prow"},
	{step: "Down", pid: 4431, pause: time.Second, body: func(t *track) { t.getCluster(45 * time.Millisecond) }, args: "get cluster --name " + gceCluster + " -o yaml"},
	{step: "Down", pid: 4452, pause: time.Second, body: func(t *track) { t.getCluster(45 * time.Millisecond) }, args: "get instancegroups --name " + gceCluster + " -o yaml"},
	{step: "Down", pid: 4501, pause: time.Second, body: gceDelete, gzip: true, args: "delete cluster --name " + gceCluster + " --yes --interval=60s --wait=60m"},
}

var passCommands = []command{
	{step: "Up", pid: 812, pause: 33 * time.Second, body: awsCreate,
		args: "create cluster --name " + awsCluster + " --cloud aws --kubernetes-version v1.34.0 --networking=cilium --image=136693071363/debian-13-amd64-20250310-2048 " +
			"--node-count 4 --zones us-east-2a --discovery-store s3://k8s-kops-ci-prow-example/discovery"},
	{step: "Up", pid: 841, pause: time.Second, body: awsUpdate, args: "update cluster --name " + awsCluster + " --admin --yes"},
	{step: "Up", pid: 873, pause: time.Second, body: awsValidate(5*time.Minute + 20*time.Second), args: "validate cluster --name " + awsCluster + " --count 10 --wait 15m0s"},
	{step: "Test", pid: 1020, pause: 40 * time.Second, body: awsGet, args: "export kubecfg --name " + awsCluster + " --admin"},
	{step: "Test", pid: 1044, pause: 3 * time.Second, body: awsGet, args: "get cluster --name " + awsCluster + " -o json"},
	{step: "Test", pid: 1045, pause: 10 * time.Millisecond, beside: true, body: awsGet, args: "get instancegroups --name " + awsCluster + " -o json"},
	{step: "Test", pid: 1071, pause: 4 * time.Second, body: awsMissing, args: "get cluster missing.k8s.local",
		log: []string{"Error: cluster not found \"missing.k8s.local\""}},
	{step: "Test", pid: 1093, pause: 2 * time.Minute, body: awsValidate(0), args: "validate cluster --name " + awsCluster + " --wait 2m"},
	{step: "Test", pid: 1094, pause: 100 * time.Millisecond, beside: true, body: awsRoll, args: "rolling-update cluster --name " + awsCluster},
	{step: "Test", pid: 1123, pause: 3 * time.Minute, body: awsGet, args: "get assets --name " + awsCluster + " -o yaml"},
	{step: "Test", pid: 1150, pause: 3 * time.Minute, body: awsGet, args: "edit instancegroup nodes-us-east-2a --name " + awsCluster + " --set spec.maxSize=5"},
	{step: "Test", pid: 1151, pause: 30 * time.Second, body: awsRoll, args: "rolling-update cluster --name " + awsCluster + " --yes --cloudonly"},
	{step: "Test", pid: 1152, pause: 200 * time.Millisecond, beside: true, body: awsValidate(40 * time.Second), args: "validate cluster --name " + awsCluster + " --wait 10m"},
	{step: "Test", pid: 1180, pause: 4 * time.Minute, body: awsGet, args: "get keypairs --name " + awsCluster + " -o yaml"},
	{step: "Test", pid: 1181, pause: 5 * time.Millisecond, beside: true, body: awsGet, args: "get secrets --name " + awsCluster},
	{step: "Test", pid: 1182, pause: 5 * time.Millisecond, beside: true, body: awsGet, args: "get sshpublickeys --name " + awsCluster},
	{step: "Down", pid: 1302, pause: 90 * time.Second, body: awsDump,
		args: "toolbox dump --name " + awsCluster + " --dir /logs/artifacts --private-key /tmp/kops/id_ed25519 --ssh-user admin"},
	{step: "Down", pid: 1341, pause: time.Second, body: awsDelete, args: "delete cluster --name " + awsCluster + " --yes --interval=60s --wait=60m"},
}

// sampleBuckets are all buckets: the runs and the pointers that Prow keeps beside them.
func sampleBuckets() (sample, error) {
	s := sample{}
	runs := []interface{ store(sample) error }{quotaRun(), passRun(), ginkgoRun(), unitRun(), stepsRun(), runningRun()}
	for _, r := range pullRuns() {
		runs = append(runs, r)
	}
	for _, r := range runs {
		if err := r.store(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// A run is one of a kOps job, with the traces of its processes.
type run struct {
	prowRun
	commands  []command
	processes []*process          // one for each command
	others    map[string]*process // traced programs other than kops, by the directory of their file
}

const kubekins = "kubekins-e2e:v20250310-example-master"

var kubetest = obj{"kubetest-version": "v0.0.0-20250301000000-example", "deployer-version": version, "tester-version": "v0.0.0-20250301000000-example"}

func quotaRun() *run {
	r := &run{commands: quotaCommands, prowRun: prowRun{
		prow: kubernetesProw, created: podCreated, image: kubekins, metadata: kubetest, artifacts: bucket{},
		job: "pull-kops-e2e-k8s-gce-cilium", build: quotaBuild,
		root: "pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/" + quotaBuild,
		uuid: "5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10", cluster: "k8s-infra-prow-build", node: "gke-prow-build-pool-example-1f0c7b2e-4q8s",
		refs: obj{
			"org": "kubernetes", "repo": "kops", "repo_link": "https://github.com/kubernetes/kops", "path_alias": "k8s.io/kops",
			"base_ref": "master", "base_sha": baseSHA, "base_link": "https://github.com/kubernetes/kops/commit/" + baseSHA,
			"pulls": []obj{{"number": 18000, "author": "example-author", "sha": pullSHA, "title": "cilium: example change",
				"head_ref": "example-branch", "link": "https://github.com/kubernetes/kops/pull/18000"}},
		},
		args:       []string{"bash", "-c", "make test-e2e-install && kubetest2 kops -v=2 --up --build --down --cloud-provider=gce --create-args='--networking=cilium' --test=kops"},
		scheduling: 17 * time.Second,
		failure:    "exit status 1", // all that kubetest2 says of a command that failed
	}}
	r.play(r.runDir() + "/kops")

	update := r.processes[2]
	nodeup := newProcess(r.build, "nodeup", version, 1187, update.end.Add(70*time.Second), "/opt/kops/bin/nodeup", "--conf=/opt/kops/conf/kube_env.yaml", "--v=8")
	joined := nodeupMain(nodeup)
	controller := newProcess(r.build, "kops-controller", version, 1, update.end.Add(95*time.Second), "/kops-controller", "--v=2", "--conf=/etc/kubernetes/kops-controller/config.yaml")
	controllerMain(controller, joined)
	r.others = map[string]*process{"artifacts/otlp/": nodeup, "artifacts/control-plane-us-central1-a-7q1v/otlp/": controller}
	return r
}

func passRun() *run {
	r := &run{commands: passCommands, prowRun: prowRun{
		prow: kubernetesProw, created: podCreated, image: kubekins, metadata: kubetest, artifacts: bucket{},
		job: "e2e-kops-aws-distro-deb13", build: passBuild,
		root: "logs/e2e-kops-aws-distro-deb13/" + passBuild,
		uuid: "c7d0e9a4-8b25-4f63-b1de-52a90f3c6e71", cluster: "k8s-infra-kops-prow-build", node: "ip-10-1-2-3.us-east-2.compute.internal",
		extraRefs: []obj{{"org": "kubernetes", "repo": "kops", "base_ref": "master", "workdir": true, "path_alias": "k8s.io/kops"}},
		args: []string{"bash", "-c", "make test-e2e-install && kubetest2 kops -v=2 --up --down --cloud-provider=aws " +
			"--create-args='--networking=cilium --image=136693071363/debian-13-amd64-20250310-2048' --test=kops -- --parallel=25"},
		scheduling: 2 * time.Second,
	}}
	r.play("/tmp/kops.example/kops")
	return r
}

// play runs the commands one after the other, as kubetest2 does.
func (r *run) play(kops string) {
	begin, last := r.times().test, r.times().test
	for _, c := range r.commands {
		from := last
		if c.beside {
			from = begin
		}
		p := newProcess(r.build, "kops", version, c.pid, from.Add(c.pause), append([]string{kops}, strings.Fields(c.args)...)...)
		p.main(scopeKops, c.body)
		if c.killed > 0 {
			p.killed = p.begin.Add(c.killed)
			p.end = p.killed
		}
		r.processes = append(r.processes, p)
		begin = p.begin
		if p.end.After(last) {
			last = p.end
		}
	}
	r.ended = last
}

// store adds what a kOps job leaves to what every job does.
func (r *run) store(s sample) error {
	if err := r.storeTraces(); err != nil {
		return fmt.Errorf("run %s: %w", r.build, err)
	}
	r.log = r.buildLog()
	r.artifacts["artifacts/metadata.json"] = indented(r.metadata)
	r.artifacts["artifacts/junit_runner.xml"] = r.junitRunner()
	if r.failure == "" {
		r.artifacts["artifacts/junit_01.xml"] = r.junitGinkgo()
	}
	r.artifacts["artifacts/cluster.yaml"] = []byte("apiVersion: kops.k8s.io/v1alpha2\nkind: Cluster\nmetadata:\n  name: " + r.clusterName() + "\n")
	// Sidecar writes a '#' in a name as these three characters.
	r.artifacts["artifacts/logs/node%231.log"] = []byte("-- no entries --\n")
	s.bucket(bucketName)[r.root+"/artifacts/otlp/"] = nil // made by a person in the console
	return r.prowRun.store(s)
}

func (r *run) clusterName() string {
	if r.refs != nil {
		return gceCluster
	}
	return awsCluster
}

// storeTraces adds the processes' files to the artifacts, and a file beside them that is none.
func (r *run) storeTraces() error {
	store := func(dir string, p *process, compress bool) error {
		data, err := p.otel()
		if err == nil && compress {
			data, err = gzipped(data)
		}
		r.artifacts[dir+p.fileName()] = data
		return err
	}
	for i, p := range r.processes {
		if err := store("artifacts/otlp/", p, r.commands[i].gzip); err != nil {
			return err
		}
	}
	for dir, p := range r.others {
		if err := store(dir, p, false); err != nil {
			return err
		}
	}
	r.artifacts["artifacts/otlp/README.txt"] = []byte("One file for each kops process of this job.\n")
	return nil
}
