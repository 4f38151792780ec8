package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"
)

// What the test container printed and reported: build-log.txt and the JUnit files.

// buildLog has kubetest2's lines: each command as it begins, what it printed, and how it ended.
func (r *run) buildLog() []byte {
	var log bytes.Buffer
	t := r.times()
	klog := func(severity string, at time.Time, pid int, message string) {
		fmt.Fprintf(&log, "%s%s %7d %s\n", severity, at.UTC().Format("0102 15:04:05.000000"), pid, message)
	}
	fmt.Fprintf(&log, "+ %s\n", strings.Join(r.args, " "))
	klog("I", t.test, 38, "app.go:61] The files in RunDir shall not be part of Artifacts")
	klog("I", t.test, 38, "app.go:64] RunDir for this run: \"/home/prow/go/src/k8s.io/kops/_rundir/"+r.uuid+"\"")
	step := ""
	for i, p := range r.processes {
		c := r.commands[i]
		if c.step != step {
			step = c.step
			klog("I", p.begin, 38, "app.go:118] == "+step+" ==")
		}
		klog("I", p.begin, 38, stepSource[c.step]+"] "+strings.Join(p.args, " "))
		for _, l := range c.log {
			severity, message, _ := strings.Cut(l, " ")
			klog(severity, p.end, p.pid, message)
		}
		if c.exit != 0 {
			klog("W", p.end, 38, fmt.Sprintf("exec.go:77] exit status %d", c.exit))
		}
	}
	if r.failure == "" {
		klog("I", t.tested, 38, "app.go:142] done")
		return log.Bytes()
	}
	fmt.Fprintf(&log, "Error: %s\n", r.failure)
	fmt.Fprintf(&log, "{\"component\":\"entrypoint\",\"error\":\"wrapped process failed: exit status 1\",\"file\":\"pkg/entrypoint/run.go\","+
		"\"func\":\"entrypoint.Options.internalRun\",\"level\":\"error\",\"msg\":\"Error executing test process\",\"severity\":\"error\",\"time\":\"%s\"}\n",
		t.tested.Format(time.RFC3339))
	return log.Bytes()
}

// stepSource is where kubetest2's deployer logs the commands of a step.
var stepSource = map[string]string{"Build": "build.go:81", "Up": "up.go:314", "Test": "tester.go:212", "Down": "dumplogs.go:59"}

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
