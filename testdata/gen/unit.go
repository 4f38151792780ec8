package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"prowtrace/prow"
)

// The run of unit tests: no traces, a log of go test and the JUnit report that gotestsum makes of it. One test
// compares with a golden file and fails.

// unitBuild means 2025-03-13 08:21:56 UTC.
const unitBuild = "1900100000000000004"

const unitJob = "pull-kops-unit-go-canary"

func unitRun() *prowRun { return goTestRun(unitJob, unitBuild, "b4c1d7e0-5a92-4f38-8d6e-90f2a3c715be") }

// goTestRun is a run of go test for the pull request.
func goTestRun(job, build, uuid string) *prowRun {
	r := secondDiskRun(job, build, uuid, pullSHA)
	r.failure = "1 test failed"
	p := newPrinter(r.build, r.times().test)
	report := unitTests(p)
	r.log, r.ended = p.Bytes(), p.now
	r.artifacts = bucket{"artifacts/junit_01.xml": report}
	return r
}

// secondDiskRun is a run for the pull request, at a commit of it.
func secondDiskRun(job, build, uuid, sha string) *prowRun {
	made, _ := prow.BuildTime(build)
	return &prowRun{
		prow: kubernetesProw, job: job, build: build, root: "pr-logs/pull/kops/18011/" + job + "/" + build,
		uuid: uuid, cluster: "k8s-infra-prow-build", node: "gke-prow-build-pool-example-1f0c7b2e-2c6x",
		refs: obj{
			"org": "kubernetes", "repo": "kops", "repo_link": "https://github.com/kubernetes/kops", "path_alias": "k8s.io/kops",
			"base_ref": "master", "base_sha": baseSHA, "base_link": "https://github.com/kubernetes/kops/commit/" + baseSHA,
			"pulls": []obj{{"number": 18011, "author": "example-author", "sha": sha, "title": "gce: example of a second disk",
				"head_ref": "second-disk", "link": "https://github.com/kubernetes/kops/pull/18011"}},
		},
		image: "golang:1.26-example", args: []string{"make", "test"},
		created: made, scheduling: 2 * time.Second,
	}
}

// unitPackages are those that have tests.
var unitPackages = []struct {
	path  string
	tests []string
	took  time.Duration // of each test, about
	says  string        // what the code under test logs
}{
	{"cmd/kops", []string{"TestCreateClusterMinimal", "TestCreateClusterHA", "TestCreateClusterComplex", "TestLifecycleMinimal", "TestUpdateClusterGCE"}, 2400 * time.Millisecond,
		"executor.go:113] Tasks: 42 done / 61 total; 17 can run"},
	{"cmd/kops-controller/pkg/server", []string{"TestBootstrap", "TestChallenge"}, 30 * time.Millisecond, "server.go:208] bootstrap 127.0.0.1:41022 node-1 success"},
	{"nodeup/pkg/model", []string{"TestContainerdBuilder", "TestKubeletBuilder", "TestProtokubeBuilder", "TestNTPBuilder"}, 110 * time.Millisecond,
		"context.go:302] machine type of the instance is not known, using the default"},
	{"pkg/apis/kops/validation", []string{"TestValidateCIDR", "TestValidateSubnets", "TestValidateNetworking", "TestValidateInstanceGroup"}, 15 * time.Millisecond,
		"validation.go:76] using the default of a field that is not set: spec.configStore"},
	{"pkg/instancegroups", []string{"TestRollingUpdateAllNeedUpdate", "TestRollingUpdateMaxSurge", "TestRollingUpdateEarlyDetach"}, 900 * time.Millisecond,
		"instancegroups.go:560] Cluster did not validate, will retry in \"1ms\": testing failure."},
	{"pkg/model/gcemodel", []string{"TestAutoscalingGroups", "TestNetworkTags", brokenTest}, 60 * time.Millisecond, "autoscalinggroup.go:98] no disk type given, using pd-balanced"},
	{"pkg/validation", []string{"TestValidateNodeNotReady", "TestValidateNoPodFailures"}, 20 * time.Millisecond, "validate_cluster.go:163] node \"node-1\" is not ready"},
	{"upup/pkg/fi/cloudup", []string{"TestPopulateClusterDefaults", "TestBuildInstanceGroup", "TestUpdateClusterTerraform"}, 340 * time.Millisecond,
		"new_cluster.go:1461] Cloud Provider ID: \"gce\""},
	{"util/pkg/vfs", []string{"TestMemFsCreateFile", "TestS3Path", "TestGSPath", "TestReadFileRetries"}, 45 * time.Millisecond, "vfs.go:182] retrying after an error: unexpected EOF"},
}

const brokenTest = "TestSecondDisk"

type unitSuite struct {
	XMLName   xml.Name `xml:"testsuite"`
	Name      string   `xml:"name,attr"`
	Tests     int      `xml:"tests,attr"`
	Failures  int      `xml:"failures,attr"`
	Time      float64  `xml:"time,attr"`
	Timestamp string   `xml:"timestamp,attr"`
	Cases     []junitCase
}

// unitTests prints what go test does, and returns the JUnit report.
func unitTests(p *printer) []byte {
	const module = "k8s.io/kops/"
	began := p.now
	p.line("gotestsum --junitfile=/logs/artifacts/junit_01.xml --format=standard-verbose -- -v -race ./...")
	for _, m := range []string{"k8s.io/api v0.34.0", "k8s.io/apimachinery v0.34.0", "github.com/aws/aws-sdk-go-v2 v1.36.3", "google.golang.org/api v0.224.0"} {
		p.wait(400 * time.Millisecond)
		p.line("go: downloading %s", m)
	}
	p.wait(97 * time.Second) // it compiles
	report := struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Suites   []unitSuite
	}{}
	for _, pkg := range unitPackages {
		begin := p.now
		suite := unitSuite{Name: module + pkg.path, Timestamp: begin.Format(time.RFC3339)}
		for _, name := range pkg.tests {
			c := p.unitTest(name, pkg.says, pkg.took)
			c.Class = suite.Name
			if c.Failure != "" {
				suite.Failures++
			}
			suite.Cases = append(suite.Cases, c)
		}
		suite.Tests = len(suite.Cases)
		suite.Time = seconds(p.now.Sub(begin))
		if suite.Failures > 0 {
			p.line("FAIL\nFAIL\t%s\t%.3fs", suite.Name, suite.Time)
		} else {
			p.line("PASS\nok  \t%s\t%.3fs", suite.Name, suite.Time)
		}
		p.line("?   \t%s/testutils\t[no test files]", suite.Name)
		report.Tests += suite.Tests
		report.Failures += suite.Failures
		report.Suites = append(report.Suites, suite)
	}
	p.wait(time.Second)
	p.line("FAIL\n\n=== Failed\n=== FAIL: pkg/model/gcemodel %s (0.06s)\n%s\nDONE %d tests, %d failure in %.3fs", brokenTest, secondDisk, report.Tests, report.Failures, p.now.Sub(began).Seconds())
	p.line("make: *** [Makefile:197: test] Error 1")
	p.entrypointFailed()
	return encodeXML(report)
}

// secondDisk is what the failing test says.
const secondDisk = `    second_disk_test.go:87: unexpected differences in InstanceTemplate.disks[1] (-want +got):
          gcetasks.Disk{
            DeviceName: "data",
        -   SizeGB:     100,
        +   SizeGB:     0,
            VolumeType: "pd-balanced",
          }`

// unitTest prints one test.
func (p *printer) unitTest(name, says string, took time.Duration) junitCase {
	begin := p.now
	p.line("=== RUN   %s", name)
	place, message, _ := strings.Cut(says, "] ")
	for range 4 {
		p.wait(took / 5)
		p.klog("", "I", 21480, place, "%s", message)
	}
	p.wait(took / 5)
	c := junitCase{Name: name, Time: seconds(p.now.Sub(begin).Round(10 * time.Millisecond))}
	verdict := "PASS"
	if name == brokenTest {
		p.line("%s", secondDisk)
		verdict, c.Failure = "FAIL", fmt.Sprintf("=== RUN   %[1]s\n%[2]s\n--- FAIL: %[1]s (%.2[3]fs)\n", name, secondDisk, c.Time)
	}
	p.line("--- %s: %s (%.2fs)", verdict, name, c.Time)
	return c
}
