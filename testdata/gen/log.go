package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// What the test container printed and reported: build-log.txt and the JUnit files.

// The processes of the test container that log commands: kubetest2 with its deployer,
// and the tester that it starts.
const (
	kubetestPID = 38
	testerPID   = 1003
)

// buildLog has what kubetest2 and its children print, in the order of time. Steps
// print nothing themselves. Each command is logged as it begins: by the deployer,
// and by the package that starts programs (local.go). How it ended shows only if
// the deployer warns.
func (r *run) buildLog() []byte {
	var log bytes.Buffer
	t := r.times()
	klog := func(severity string, at time.Time, pid int, message string) {
		fmt.Fprintf(&log, "%s%s %7d %s\n", severity, at.UTC().Format("0102 15:04:05.000000"), pid, message)
	}
	start := func(at time.Time, pid int, command string) { klog("I", at, pid, "local.go:42] ⚙️ "+command) }

	fmt.Fprintf(&log, "+ %s\n", strings.Join(r.args, " "))
	klog("I", t.test, kubetestPID, "app.go:61] The files in RunDir shall not be part of Artifacts")
	klog("I", t.test, kubetestPID, "app.go:62] pass rundir-in-artifacts flag True for RunDir to be part of Artifacts")
	klog("I", t.test, kubetestPID, "app.go:64] RunDir for this run: \""+r.runDir()+"\"")
	klog("I", t.test, kubetestPID, "app.go:130] ID for this run: \""+r.uuid+"\"")
	if r.commands[0].step == "Build" {
		start(t.test, kubetestPID, "make gcs-publish-ci")
	}
	dumped := true
	for i, p := range r.processes {
		c := r.commands[i]
		if c.step == "Test" && r.commands[i-1].step != "Test" {
			_, args, _ := strings.Cut(r.args[len(r.args)-1], " -- ")
			before := r.processes[i-1].end
			start(before, kubetestPID, "kubetest2-tester-kops "+args)
			klog("I", before, testerPID, "ginkgo.go:135] Using kubeconfig at /root/.kube/config")
			klog("I", before, testerPID, "ginkgo.go:104] Running ginkgo test as "+r.runDir()+"/ginkgo [--nodes=25 "+r.runDir()+"/e2e.test -- "+
				"--kubeconfig=/root/.kube/config --provider=aws --report-dir=/logs/artifacts --ginkgo.timeout=24h0m0s]")
		}
		if strings.HasPrefix(c.args, "delete cluster") && !dumped {
			klog("W", p.begin, kubetestPID, "down.go:47] Dumping cluster logs at the start of Down() failed: signal: killed")
		}
		runner, args := kubetestPID, strings.Join(p.args, " ")
		switch source := deployerSource(c.args); {
		case c.step == "Test":
			runner = testerPID
		case source != "":
			klog("I", p.begin, runner, source+"] "+args)
		}
		start(p.begin, runner, args)
		for _, l := range c.log {
			if severity, message, ok := strings.Cut(l, " "); ok && strings.Contains("IWE", severity) {
				klog(severity, p.end, p.pid, message)
			} else {
				fmt.Fprintln(&log, l)
			}
		}
		if c.killed > 0 {
			dumped = false
			klog("W", p.end, kubetestPID, "dumplogs.go:59] kops toolbox dump failed: signal: killed")
		}
		if r.failure == "" && i+1 < len(r.commands) && c.step == "Up" && r.commands[i+1].step != "Up" {
			klog("I", p.end, kubetestPID, "up.go:167] cluster reported as up")
		}
	}
	if r.failure == "" {
		return log.Bytes()
	}
	fmt.Fprintf(&log, "Error: %s\n", r.failure)
	fmt.Fprintf(&log, "{\"component\":\"entrypoint\",\"error\":\"wrapped process failed: exit status 1\",\"file\":\"pkg/entrypoint/run.go\","+
		"\"func\":\"entrypoint.Options.internalRun\",\"level\":\"error\",\"msg\":\"Error executing test process\",\"severity\":\"error\",\"time\":\"%s\"}\n",
		t.tested.Format(time.RFC3339))
	return log.Bytes()
}

// runDir is where kubetest2 keeps its binaries.
func (r *run) runDir() string { return "/home/prow/go/src/k8s.io/kops/_rundir/" + r.uuid }

// deployerSource is where the deployer logs a kops command, "" if it does not.
func deployerSource(args string) string {
	for _, s := range [][2]string{
		{"create cluster", "up.go:271"}, {"update cluster", "up.go:333"}, {"validate cluster", "up.go:361"},
		{"toolbox dump", "dumplogs.go:52"}, {"get ", "dumplogs.go:88"}, {"delete cluster", "down.go:68"},
	} {
		if strings.HasPrefix(args, s[0]) {
			return s[1]
		}
	}
	return ""
}

type junitCase struct {
	XMLName   xml.Name      `xml:"testcase"`
	Name      string        `xml:"name,attr"`
	Class     string        `xml:"classname,attr,omitempty"`
	Status    string        `xml:"status,attr,omitempty"`
	Time      float64       `xml:"time,attr"`
	Failure   string        `xml:"failure,omitempty"`
	Skipped   *junitMessage `xml:"skipped,omitempty"`
	SystemErr string        `xml:"system-err,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
}

// junitRunner is kubetest2's report: its steps, in order, with durations and no start times.
func (r *run) junitRunner() []byte {
	type suite struct {
		XMLName  xml.Name `xml:"testsuite"`
		Failures int      `xml:"failures,attr"`
		Tests    int      `xml:"tests,attr"`
		Time     float64  `xml:"time,attr"`
		Cases    []junitCase
	}
	var s suite
	begin := r.times().test
	for i, p := range r.processes {
		step := r.commands[i].step
		if n := len(s.Cases); n == 0 || s.Cases[n-1].Name != step {
			s.Cases = append(s.Cases, junitCase{Name: step})
		}
		c := &s.Cases[len(s.Cases)-1]
		if p.end.After(begin) {
			c.Time += p.end.Sub(begin).Seconds()
			s.Time += p.end.Sub(begin).Seconds()
			begin = p.end
		}
		if r.failure != "" && step == "Up" {
			c.Failure = r.failure
			s.Failures = 1
		}
	}
	s.Tests = len(s.Cases)
	return encodeXML(s)
}

// ginkgoCases are specs of an end-to-end test, run by 25 processes at once: their times add up to more than the suite's.
var ginkgoCases = []junitCase{
	{Name: "[SynchronizedBeforeSuite]", Status: "passed", Time: 12.41},
	{Name: "[It] [sig-network] Services should serve a basic endpoint from pods [Conformance]", Status: "passed", Time: 31.207},
	{Name: "[It] [sig-network] DNS should provide DNS for the cluster [Conformance]", Status: "passed", Time: 18.9},
	{Name: "[It] [sig-apps] Deployment deployment should support rollover [Conformance]", Status: "passed", Time: 24.33},
	{Name: "[It] [sig-node] Pods should be updated [NodeConformance] [Conformance]", Status: "passed", Time: 6.118},
	{Name: "[It] [sig-storage] CSI Volumes [Driver: ebs.csi.aws.com] [Testpattern: Dynamic PV (default fs)] volumes should store data", Status: "passed", Time: 71.02,
		SystemErr: "STEP: Building a namespace api object, basename volume\nSTEP: creating a StorageClass\n"},
	{Name: "[It] [kops] toolbox should roll the nodes of an instance group", Status: "passed", Time: 388.4},
	{Name: "[It] [sig-network] LoadBalancers should be able to change the type and ports of a TCP service [Slow]", Status: "skipped",
		Skipped: &junitMessage{"skipped - the cluster has no cloud controller for this"}},
	{Name: "[It] [sig-storage] In-tree Volumes [Driver: gcepd] should store data", Status: "skipped", Skipped: &junitMessage{"skipped - only supported for providers [gce]"}},
}

func (r *run) junitGinkgo() []byte {
	type property struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	type suite struct {
		XMLName    xml.Name   `xml:"testsuite"`
		Name       string     `xml:"name,attr"`
		Package    string     `xml:"package,attr"`
		Tests      int        `xml:"tests,attr"`
		Disabled   int        `xml:"disabled,attr"`
		Skipped    int        `xml:"skipped,attr"`
		Errors     int        `xml:"errors,attr"`
		Failures   int        `xml:"failures,attr"`
		Time       float64    `xml:"time,attr"`
		Timestamp  string     `xml:"timestamp,attr"`
		Properties []property `xml:"properties>property"`
		Cases      []junitCase
	}
	type suites struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Disabled int      `xml:"disabled,attr"`
		Errors   int      `xml:"errors,attr"`
		Failures int      `xml:"failures,attr"`
		Time     float64  `xml:"time,attr"`
		Suite    suite
	}
	first, last := r.span("Test")
	s := suite{
		Name: "Kubernetes e2e suite", Package: "/go/src/k8s.io/kops/tests/e2e", Tests: len(ginkgoCases),
		Time: last.Sub(first).Seconds(), Timestamp: first.UTC().Format("2006-01-02T15:04:05"),
		Properties: []property{{"SuiteSucceeded", "true"}, {"RandomSeed", "1741830274"}, {"ParallelTotal", "25"}},
	}
	for _, c := range ginkgoCases {
		c.Class = s.Name
		if c.Skipped != nil {
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	return encodeXML(suites{Tests: s.Tests, Disabled: s.Skipped, Time: s.Time, Suite: s})
}

// span is the time from the first to the last command of a step.
func (r *run) span(step string) (first, last time.Time) {
	for i, p := range r.processes {
		if r.commands[i].step != step {
			continue
		}
		if first.IsZero() {
			first = p.begin
		}
		if p.end.After(last) {
			last = p.end
		}
	}
	return first, last
}

func encodeXML(v any) []byte {
	data, err := xml.MarshalIndent(v, "", "    ")
	if err != nil {
		panic(err) // the types above can be encoded
	}
	return append([]byte(xml.Header), append(data, '\n')...)
}
