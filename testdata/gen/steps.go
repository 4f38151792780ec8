package main

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"time"

	"prowtrace/prow"
)

// The run of ci-operator, as OpenShift's Prow stores them: a directory for each step with its log and its end, what
// they waited for, logs compressed. It lasts over midnight. A registry that answers 503 makes a test fail.

// stepsBuild means 2025-03-13 22:56:09 UTC.
const stepsBuild = "1900320000000000005"

const stepsJob = "periodic-ci-example-operator-main-e2e-aws"

var openshiftProw = instance{
	deck: "prow.ci.openshift.org", bucket: "test-platform-results-public", strategy: "single", defaultOrg: "openshift", defaultRepo: "origin",
	compress: []string{"txt", "log", "json", "tar", "html", "yaml"},
}

func stepsRun() *prowRun {
	made, _ := prow.BuildTime(stepsBuild)
	r := &prowRun{
		prow: openshiftProw, job: stepsJob, build: stepsBuild, root: "logs/" + stepsJob + "/" + stepsBuild,
		uuid: "e6a05d3f-1b78-4c92-9f04-7d2c8b51e930", cluster: "build07", node: "ip-10-29-140-23.ec2.internal",
		extraRefs: []obj{{"org": "openshift", "repo": "example-operator", "base_ref": "main"}},
		image:     "ci-operator:latest",
		args:      []string{"--gcs-upload-secret=/secrets/gcs/service-account.json", "--report-credentials-file=/etc/report/credentials", "--target=e2e-aws"},
		created:   made, scheduling: 6 * time.Second, failure: "a step failed", artifacts: bucket{},
	}
	o := operator{printer: newPrinter(r.build, r.times().test), files: r.artifacts}
	o.run()
	r.log, r.ended = o.Bytes(), o.now
	return r
}

// An operator is ci-operator: it prints the log of the job, and leaves the files of its steps.
type operator struct {
	*printer
	files bucket
	graph []obj
	cases []junitCase

	failed string // the pod that failed, and after what time
}

func (o *operator) log(level, format string, args ...any) {
	o.line("%s[%s] %s", level, o.now.Format(time.RFC3339), fmt.Sprintf(format, args...))
}

func (o *operator) run() {
	begin := o.now
	o.log("INFO", "ci-operator version v20250312-4f6b0e1a2")
	o.log("INFO", "Loading configuration from https://config.ci.openshift.org for openshift/example-operator@main")
	o.log("INFO", "Resolved source https://github.com/openshift/example-operator to main@%s", baseSHA[:8])
	o.log("INFO", "Using namespace https://console.build07.ci.openshift.org/k8s/cluster/projects/ci-op-7w2k9c4d")
	o.log("INFO", "Running [input:root], [input:ocp_4.19_cli], src, bin, [release:latest], e2e-aws")
	o.wait(2 * time.Second)
	o.build("[input:root]", nil, 200*time.Millisecond)
	o.build("src", []string{"[input:root]"}, 71*time.Second)
	o.build("bin", []string{"src"}, 104*time.Second)
	o.build("[release:latest]", nil, 38*time.Second)
	o.test("e2e-aws", []string{"bin", "[release:latest]"})
	o.log("INFO", "Ran for %s", o.now.Sub(begin).Round(time.Second))
	o.log("ERRO", "Some steps failed:")
	o.log("ERRO", "\n  * could not run steps: step e2e-aws failed: \"e2e-aws\" test steps failed: \"e2e-aws\" pod \"e2e-aws-openshift-e2e-test\" failed: could not watch pod: "+
		"the pod ci-op-7w2k9c4d/%s (failed containers: test): ContainerFailed one or more containers exited", o.failed)
	o.log("INFO", "Reporting job state 'failed' with reason 'executing_graph:step_failed:running_multi_stage_test'")
	o.files["artifacts/ci-operator-step-graph.json"] = indented(o.graph)
	o.files["artifacts/metadata.json"] = compact(obj{"work-namespace": "ci-op-7w2k9c4d", "repo": "openshift/example-operator", "repo-commit": baseSHA})
	o.files["artifacts/junit_operator.xml"] = o.junit()
}

// graphed is a step as the step graph holds it.
func graphed(name string, dependencies []string, begin, end time.Time, failed bool) obj {
	return obj{"name": name, "description": "", "dependencies": dependencies, "started_at": begin, "finished_at": end, "duration": end.Sub(begin).Nanoseconds(), "failed": failed}
}

func (o *operator) report(name string, begin time.Time, failure string) {
	o.cases = append(o.cases, junitCase{Name: name, Time: seconds(o.now.Sub(begin)), Failure: failure})
}

// build is a step of ci-operator itself.
func (o *operator) build(name string, dependencies []string, took time.Duration) {
	begin := o.now
	image := !strings.HasPrefix(name, "[")
	if image {
		o.log("INFO", "Building %s", name)
	}
	o.wait(took)
	if image {
		o.log("INFO", "Build %s-amd64 succeeded after %s", name, o.now.Sub(begin).Round(time.Second))
		b := newPrinter(name, begin)
		for i, l := range []string{"Cloning \"https://github.com/openshift/example-operator\" ...", "Replaced Dockerfile FROM image registry.ci.openshift.org/ocp/builder:rhel-9-golang-1.26",
			"Pulling image registry.ci.openshift.org/ocp/builder:rhel-9-golang-1.26 ...", "STEP 1/6: FROM registry.ci.openshift.org/ocp/builder:rhel-9-golang-1.26",
			"STEP 6/6: RUN make build", "Successfully pushed image-registry.openshift-image-registry.svc:5000/ci-op-7w2k9c4d/pipeline", "Push successful"} {
			b.line("time=%q level=info msg=%q", begin.Add(time.Duration(i)*took/8).UTC().Format(time.RFC3339), l)
		}
		o.files["artifacts/build-logs/"+name+"-amd64.log"] = b.Bytes()
	} else {
		o.log("INFO", "Tagging %s", strings.Trim(name, "[]"))
	}
	o.graph = append(o.graph, graphed(name, dependencies, begin, o.now, false))
	o.report("Build image "+name+" from the repository", begin, "")
}

// A step is one of a test: a pod of its own.
type step struct {
	phase, name string
	body        func(p *printer, files bucket, dir string) (failure string)
}

var operatorSteps = []step{
	{"pre", "ipi-conf", func(p *printer, _ bucket, _ string) string {
		p.line("Installation configuration:\n  region: us-east-2\n  workers: m6i.xlarge x 3")
		p.wait(3 * time.Second)
		return ""
	}},
	{"pre", "ipi-install-install", installLog},
	{"test", "openshift-e2e-test", e2eLog},
	{"post", "gather-extra", func(p *printer, files bucket, dir string) string {
		for _, what := range []string{"nodes", "pods", "events", "clusteroperators", "machineconfigs"} {
			p.wait(7 * time.Second)
			p.line("Gathering %s.json", what)
		}
		files[dir+"artifacts/nodes/ip-10-0-21-84.us-east-2.compute.internal/journal"] = nodeJournal(p.now)
		return ""
	}},
	{"post", "ipi-deprovision-deprovision", func(p *printer, _ bucket, _ string) string {
		p.line("Deprovisioning cluster ...")
		for _, kind := range []string{"instance", "load balancer", "NAT gateway", "VPC", "IAM role"} {
			p.wait(50 * time.Second)
			p.line("level=info msg=\"Deleted\" classic=%q id=%q", kind, "example-"+p.suffix())
		}
		return ""
	}},
}

// test runs the steps of a test, one pod after the other; those of its last phase run whatever came before.
func (o *operator) test(name string, dependencies []string) {
	begin := o.now
	var parts []obj
	failures := ""
	o.log("INFO", "Acquiring leases for test %s: [aws-quota-slice]", name)
	o.wait(14 * time.Second)
	o.log("INFO", "Acquired 1 lease(s) for aws-quota-slice: [us-east-2--aws-quota-slice-17]")
	phase, phaseBegin := "", o.now
	endPhase := func() {
		if phase != "" {
			o.report("Run multi-stage test "+phase+" phase", phaseBegin, "")
		}
		phaseBegin = o.now
	}
	for _, s := range operatorSteps {
		if s.phase != phase {
			endPhase()
			phase = s.phase
			o.log("INFO", "Running multi-stage phase %s", phase)
		}
		full := name + "-" + s.name
		o.log("INFO", "Running step %s.", full)
		o.wait(21 * time.Second) // its pod starts
		dir, stepBegin := "artifacts/"+name+"/"+s.name+"/", o.now
		p := newPrinter(full, stepBegin)
		failure := s.body(p, o.files, dir)
		o.now = p.now
		result := "SUCCESS"
		if failure != "" {
			p.entrypointFailed()
			result = "FAILURE"
		}
		o.files[dir+"build-log.txt"] = p.Bytes()
		o.wait(4 * time.Second)
		o.files[dir+"finished.json"] = compact(obj{"timestamp": o.now.Unix(), "passed": failure == "", "result": result})
		took := o.now.Sub(stepBegin).Round(time.Second)
		parts = append(parts, graphed(full, nil, stepBegin, o.now, failure != ""))
		if failure == "" {
			o.log("INFO", "Step %s succeeded after %s.", full, took)
			o.report("Run multi-stage test "+name+" - "+full+" container test", stepBegin, "")
			continue
		}
		o.log("INFO", "Logs for container test in pod %s:", full)
		lines := strings.SplitAfter(strings.TrimSuffix(p.String(), "\n"), "\n")
		o.line("%s", strings.Join(lines[max(0, len(lines)-12):], ""))
		o.log("ERRO", "Step %s failed after %s.", full, took)
		o.report("Run multi-stage test "+name+" - "+full+" container test", stepBegin, failure)
		failures, o.failed = failure, fmt.Sprintf("%s failed after %s", full, took)
	}
	endPhase()
	o.log("INFO", "Releasing leases for test %s", name)
	g := graphed(name, dependencies, begin, o.now, failures != "")
	g["substeps"] = parts
	o.graph = append(o.graph, g)
}

func (o *operator) junit() []byte {
	s := struct {
		XMLName  xml.Name `xml:"testsuite"`
		Name     string   `xml:"name,attr"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Time     float64  `xml:"time,attr"`
		Cases    []junitCase
	}{Name: "operator", Tests: len(o.cases), Cases: slices.Clone(o.cases)}
	for _, c := range s.Cases {
		s.Time += c.Time
		if c.Failure != "" {
			s.Failures++
		}
	}
	return encodeXML(struct {
		XMLName xml.Name `xml:"testsuites"`
		Suite   any
	}{Suite: s})
}

// installLog is openshift-install's.
func installLog(p *printer, _ bucket, _ string) string {
	say := func(level, format string, args ...any) {
		p.line("time=%q level=%s msg=%q", p.now.Format(time.RFC3339), level, fmt.Sprintf(format, args...))
	}
	begin := p.now
	p.line("Installing from release registry.build07.ci.openshift.org/ci-op-7w2k9c4d/release@sha256:9b1f…")
	say("info", "Consuming Install Config from target directory")
	say("warning", "Release Image Architecture not detected. Release Image Architecture is unknown")
	say("info", "Creating infrastructure resources...")
	for _, what := range []string{"VPC", "subnets", "load balancers", "IAM roles", "bootstrap machine", "control plane machines"} {
		p.wait(40 * time.Second)
		say("debug", "Created %s", what)
	}
	say("info", "Waiting up to 20m0s (until %s UTC) for the Kubernetes API at https://api.ci-op-7w2k9c4d.example.com:6443...", p.now.Add(20*time.Minute).Format("3:04PM"))
	for range 9 {
		p.wait(30 * time.Second)
		say("debug", "Still waiting for the Kubernetes API: Get \"https://api.ci-op-7w2k9c4d.example.com:6443/version\": dial tcp 203.0.113.40:6443: connect: connection refused")
	}
	say("info", "API v1.32.2 up")
	say("info", "Waiting up to 45m0s for bootstrapping to complete...")
	p.wait(6 * time.Minute)
	say("debug", "Bootstrap status: complete")
	say("info", "Destroying the bootstrap resources...")
	say("info", "Waiting up to 40m0s for the cluster to initialize...")
	for _, part := range []string{"authentication, console, ingress", "authentication, console", "authentication"} {
		p.wait(170 * time.Second)
		say("debug", "Still waiting for the cluster to initialize: Some cluster operators are still updating: %s", part)
	}
	p.wait(80 * time.Second)
	say("info", "Cluster operators all stable")
	say("info", "Install complete!")
	say("info", "Time elapsed: %s", p.now.Sub(begin).Round(time.Second))
	return ""
}

// e2eLog is that of openshift-tests, from the evening into the next day.
func e2eLog(p *printer, files bucket, dir string) string {
	const tests = 140
	p.line("+ openshift-tests run openshift/conformance/parallel --provider '{\"type\":\"aws\",\"region\":\"us-east-2\",\"zone\":\"us-east-2a\",\"multizone\":true,\"multimaster\":true}' " +
		"-o /logs/artifacts/e2e.log --junit-dir /logs/artifacts/junit")
	p.line("  I%s      65 test_context.go:564] The --provider flag is not set. Continuing as if --provider=skeleton had been used.", p.now.Format("0102 15:04:05.000000"))
	p.line("started: 0/1/%d \"[Early] prepares the cluster [Suite:openshift/conformance/parallel]\"\n", tests)
	begin := p.now
	areas := []string{"[sig-apps] Deployment", "[sig-api-machinery] Garbage collector", "[sig-auth] ServiceAccounts", "[sig-builds] build", "[sig-cli] oc adm", "[sig-imageregistry] registry", "[sig-network] Services", "[sig-storage] CSI volumes"}
	does := []string{"should become ready", "should be removed with its owner", "should follow an update", "should report its condition", "should work with a quota"}
	suite := unitSuite{Name: "openshift-tests", Timestamp: begin.Format(time.RFC3339)}
	var failed string
	for i := range tests {
		name := fmt.Sprintf("%s %s, variant %d [Suite:openshift/conformance/parallel]", areas[i%len(areas)], does[i/len(areas)%len(does)], 1+i/(len(areas)*len(does)))
		p.line("started: %d/%d/%d %q\n", suite.Failures, i+1, tests, name)
		p.wait(17 * time.Second)
		took := time.Duration(1+p.rng.IntN(14))*time.Second + time.Duration(p.rng.IntN(10))*100*time.Millisecond
		c := junitCase{Name: name, Time: seconds(took)}
		if i == 128 {
			c.Failure, failed = registryDown, name
			suite.Failures++
			at := p.now.Format("Jan _2 15:04:05.000")
			p.line("fail [github.com/openshift/origin/test/extended/builds/start.go:143]: %s: INFO: %s\n", at, registryDown)
			p.line("failed: (%s) %s %q\n", took, p.now.Format("2006-01-02T15:04:05"), name)
		} else {
			p.line("passed: (%s) %s %q\n", took, p.now.Format("2006-01-02T15:04:05"), name)
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Tests, suite.Time = len(suite.Cases), seconds(p.now.Sub(begin))
	p.line("Failing tests:\n\n%s\n", failed)
	p.line("Writing JUnit report to /logs/artifacts/junit/junit_e2e__%s.xml", begin.Format("20060102-150405"))
	p.line("error: %d fail, %d pass, 0 skip (%s)", suite.Failures, tests-suite.Failures, p.now.Sub(begin).Round(time.Second))
	files[dir+"artifacts/junit/junit_e2e__"+begin.Format("20060102-150405")+".xml"] = encodeXML(suite)
	return fmt.Sprintf("%d fail, %d pass, 0 skip", suite.Failures, tests-suite.Failures)
}

// registryDown is why the failing test fails.
const registryDown = "the build example-1 failed: error pulling image registry.example.com/ubi9/ubi:latest: received unexpected HTTP status: 503 Service Unavailable"

// nodeJournal is what a node of the cluster logged of it.
func nodeJournal(end time.Time) []byte {
	p := newPrinter("journal", end.Add(-21*time.Minute))
	for p.now.Before(end) {
		p.wait(11 * time.Second)
		at := p.now.Format("Jan 02 15:04:05.000000")
		p.line("%s ip-10-0-21-84 kubenswrapper[2417]: I%s    2417 kubelet.go:2542] \"SyncLoop (PLEG): event for pod\" pod=\"e2e-test-build-%s/example-1-build\"", at, p.now.Format("0102 15:04:05.000000"), p.suffix())
		if p.rng.IntN(4) == 0 {
			p.line("%s ip-10-0-21-84 crio[2380]: time=\"%s\" level=error msg=\"Pulling image registry.example.com/ubi9/ubi:latest failed: received unexpected HTTP status: 503 Service Unavailable\"", at, p.now.Format("2006-01-02 15:04:05.000000000Z07:00"))
		}
	}
	return p.Bytes()
}
