package main

import (
	"fmt"
	"strings"
	"time"
)

// Cases of OpenShift's jobs, which ci-operator runs: O1, O2, O3, O5, O6, O7, O10.

// startedBy makes a job's other runs begin with it: they are its children.
func startedBy(j job) job {
	j.every = 90 * time.Second
	return j
}

func openshiftJob(name, target string, at time.Time) job {
	return job{prow: openshiftProw, name: name, org: "openshift", repo: "release", image: "ci-operator:latest", at: at, every: 24 * time.Hour, pool: "ip-10-29-", args: []string{"--target=" + target}}
}

var openshiftFailures = []failure{
	{
		id: "O1", job: openshiftJob("periodic-ci-openshift-release-main-nightly-5.0-e2e-aws-ovn-upgrade", "e2e-aws-ovn-upgrade", time.Date(2026, 6, 9, 3, 10, 0, 0, time.UTC)), play: pendingSpec, passing: 3,
		expect: expectation{
			Title: "The runner of an extension panics on a spec whose outcome is pending: the test harness is at fault, not the upgrade",
			Cause: `panic: test produced unknown outcome|external binary did not produce a result`, NotFirst: []string{`(?i)disruption|service-load-balancer`, `exit status|exited with`, `(?i)informing`}, Category: "product", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `panic: test produced unknown outcome: `}},
			Misleads: []place{{"run/artifacts/e2e-aws-ovn-upgrade/openshift-e2e-test/build-log.txt", `failed, but is informing`}, {"passing/1/artifacts/e2e-aws-ovn-upgrade/openshift-e2e-test/build-log.txt", `failed, but is informing`}, {"run/build-log.txt", `ContainerFailed one or more containers exited`}},
		},
	},
	{
		id: "O2", job: openshiftJob("periodic-ci-openshift-release-main-nightly-5.0-e2e-aws-ovn", "e2e-aws-ovn", time.Date(2026, 7, 1, 4, 0, 0, 0, time.UTC)), play: binaryMissing,
		expect: expectation{
			Title: "An extension is registered whose binary is not in its image of the payload, so that no test is run",
			Cause: `failed to extract test binaries|couldn't retrieve test suites|example-operator-tests-ext`, NotFirst: []string{`(?i)lease`, `(?i)gather`, `exited with`}, Category: "image", Needs: []string{"run"},
			Evidence: []place{{"run/artifacts/e2e-aws-ovn/openshift-e2e-test/build-log.txt", `couldn't retrieve test suites: failed to extract test binaries`}},
			Misleads: []place{{"run/artifacts/e2e-aws-ovn/openshift-e2e-test/build-log.txt", `(?s)(Extracted .*){30}`}, {"run/artifacts/e2e-aws-ovn/gather-extra/build-log.txt", `(?s)(error: .*){8}`}, {"run/build-log.txt", `executing_graph:step_failed:utilizing_lease`}},
		},
	},
	{
		id: "O3", job: startedBy(openshiftJob("aggregated-aws-ovn-upgrade-5.0-micro-aggregator", "release-analysis-aggregator", time.Date(2026, 5, 28, 9, 30, 0, 0, time.UTC))), play: aggregated, child: 2,
		expect: expectation{
			Title: "The router no longer has the metrics haproxy_process_*: the one aggregated failure that blocks",
			Cause: `haproxy_process_`, NotFirst: []string{`NON-BLOCKING`, `(?i)disruption`, `connection refused`}, Category: "product", Needs: []string{"run", "child"},
			Evidence: []place{{"run/artifacts/release-analysis-aggregator/openshift-release-analysis-aggregator/build-log.txt", `Passed 0 times, failed 8 times`}, {"child/1/artifacts/e2e-aws-ovn-upgrade/openshift-e2e-test/build-log.txt", `haproxy_process_cpu_seconds_total`}},
			Misleads: []place{{"run/artifacts/release-analysis-aggregator/openshift-release-analysis-aggregator/build-log.txt", `NON-BLOCKING FAILURE: .*Passed 0 times, failed 8 times`}, {"run/artifacts/release-analysis-aggregator/openshift-release-analysis-aggregator/build-log.txt", `(?i)disruption of`},
				{"child/1/artifacts/e2e-aws-ovn-upgrade/openshift-e2e-test/build-log.txt", `:1936: connect: connection refused`}},
		},
	},
	{
		id: "O5", job: openshiftJob("periodic-ci-openshift-release-main-nightly-5.0-e2e-vsphere-ovn-techpreview-serial", "e2e-vsphere-ovn-techpreview-serial", time.Date(2026, 4, 14, 22, 5, 0, 0, time.UTC)), play: renderedApart, passing: 3,
		expect: expectation{
			Title: "The bootstrap machine renders another configuration for the masters than the cluster does, so that machine-config is degraded",
			Cause: `machine-config is degraded|rendered-master|do not match`, NotFirst: []string{`no route to host`, `(?i)alarm clock`, `is Unknown`}, Category: "product", Needs: []string{"run", "passing", "on-demand"},
			Evidence: []place{{"run/artifacts/e2e-vsphere-ovn-techpreview-serial/ipi-install-install/build-log.txt", `machine-config is degraded`}, {"run/artifacts/e2e-vsphere-ovn-techpreview-serial/gather-extra/artifacts/pods/machine-config-daemon.log", `rendered-master-[0-9a-f]+ .*do not match`}},
			Misleads: []place{{"run/artifacts/e2e-vsphere-ovn-techpreview-serial/ipi-deprovision-deprovision/build-log.txt", `(?s)(no route to host.*){12}`}, {"run/artifacts/e2e-vsphere-ovn-techpreview-serial/ipi-install-install/build-log.txt", `is Unknown`},
				{"run/artifacts/e2e-vsphere-ovn-techpreview-serial/gather-extra/artifacts/pods/machine-config-daemon.log", `Alarm clock`}, {"passing/1/artifacts/e2e-vsphere-ovn-techpreview-serial/ipi-install-install/build-log.txt", `is Unknown`}},
		},
	},
	{
		id: "O6", job: openshiftJob("periodic-ci-openshift-release-main-ci-4.22-upgrade-out-of-change", "e2e-aws-upgrade-out-of-change", time.Date(2026, 3, 19, 13, 40, 0, 0, time.UTC)), play: runtimeRegression, passing: 3,
		expect: expectation{
			Title: "A new CRI-O forgets its network configuration when it is reloaded, so that nodes become not ready after its version changed within the run",
			Cause: `1\.35\.2-11|(?i)cri-?o.{0,80}(regress|version|1\.35\.2)`, NotFirst: []string{`(?i)multus`, `(?i)ovnkube`, `exited with`}, Category: "node", Needs: []string{"run", "passing", "on-demand"},
			Evidence: []place{{"run/artifacts/e2e-aws-upgrade-out-of-change/gather-extra/artifacts/nodes/ip-10-0-21-84.ec2.internal/journal", `Starting CRI-O, version: 1\.35\.2-11`}, {"run/artifacts/e2e-aws-upgrade-out-of-change/gather-extra/artifacts/nodes/ip-10-0-21-84.ec2.internal/journal", `NetworkPluginNotReady`},
				{"passing/1/artifacts/e2e-aws-upgrade-out-of-change/gather-extra/artifacts/nodes/ip-10-0-21-84.ec2.internal/journal", `Starting CRI-O, version: 1\.35\.2-9`}},
			Misleads: []place{{"run/artifacts/e2e-aws-upgrade-out-of-change/openshift-e2e-test/build-log.txt", `(?s)(multus.*ErrorAddingLogicalPort.*){40}`}, {"run/artifacts/e2e-aws-upgrade-out-of-change/gather-extra/artifacts/nodes.json", `"type": "Ready"`}},
		},
	},
	{
		id: "O7", job: openshiftJob("periodic-ci-openshift-release-main-ci-4.22-e2e-aws-upgrade-fips", "e2e-aws-upgrade-fips", time.Date(2026, 2, 6, 17, 20, 0, 0, time.UTC)), play: killedAtReboot, passing: 3,
		expect: expectation{
			Title: "systemd kills the API server at reboot, because its time to stop is shorter than the server takes to end its requests",
			Cause: `(?i)stopping timed out\. killing|weren't gracefully terminated|gracefully`, NotFirst: []string{`(?i)readiness probe`, `exited with`, `\[sig-node\] systemd`}, Category: "product", Needs: []string{"run", "passing", "on-demand"},
			Evidence: []place{{"run/artifacts/e2e-aws-upgrade-fips/gather-extra/artifacts/nodes/ip-10-0-44-19.ec2.internal/journal", `Stopping timed out\. Killing\.`}, {"run/artifacts/e2e-aws-upgrade-fips/openshift-e2e-test/build-log.txt", `weren't gracefully terminated`}},
			Misleads: []place{{"run/artifacts/e2e-aws-upgrade-fips/openshift-e2e-test/build-log.txt", `(?s)(Readiness probe failed.*){25}`}, {"run/artifacts/e2e-aws-upgrade-fips/openshift-e2e-test/build-log.txt", `passed: .*systemd timeouts`}, {"passing/1/artifacts/e2e-aws-upgrade-fips/openshift-e2e-test/build-log.txt", `Readiness probe failed`}},
		},
	},
	{
		id: "O10", job: openshiftJob("periodic-ci-openshift-release-main-nightly-5.0-e2e-aws-ovn-techpreview-serial-3of3", "e2e-aws-ovn-techpreview-serial", time.Date(2026, 8, 21, 6, 45, 0, 0, time.UTC)), play: fullNode, passing: 3,
		expect: expectation{
			Title: "A node of the build farm has no disk space left and rejects the pods of steps at once",
			Cause: `DiskPressure|(?i)evicted`, NotFirst: []string{`(?i)lease`, `502 Bad Gateway`, `(?i)install(ation)? failed`}, Category: "infra", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `Evicted Pod was rejected: The node had condition: \[DiskPressure\]`}, {"run/artifacts/junit_operator.xml", `DiskPressure`}, {"run/artifacts/ci-operator-step-graph.json", `ip-10-29-77-5`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(502 Bad Gateway.*){6}`}, {"run/build-log.txt", `Step e2e-aws-ovn-techpreview-serial-ipi-install-install failed after 0s`}, {"passing/2/build-log.txt", `502 Bad Gateway`}},
		},
	},
}

// A part is a step of a test of ci-operator: what its pod prints, and why it failed.
type part struct {
	name string
	body func(p *printer) (failure string)
	node string // where its pod ran, "": any
}

// operates plays ci-operator with one test. Steps behind one that failed are only those that gather and clean up.
func (s *scene) operates(target string, leases func(), parts ...part) {
	say := func(level, format string, args ...any) {
		s.line("%s[%s] %s", level, s.now.Format(time.RFC3339), fmt.Sprintf(format, args...))
	}
	begin := s.now
	say("INFO", "ci-operator version v20260101-%s", s.hex(9))
	say("INFO", "Loading configuration from https://config.ci.openshift.org for openshift/release@main")
	say("INFO", "Using namespace https://console.build07.ci.openshift.org/k8s/cluster/projects/ci-op-%s", s.suffix())
	for i := range 45 {
		s.wait(600 * time.Millisecond)
		say("INFO", "Importing release image component-%d of latest", i)
	}
	say("INFO", "Acquiring leases for test %s: [quota-slice]", target)
	if leases != nil {
		leases()
	}
	s.wait(10 * time.Second)
	say("INFO", "Acquired 1 lease(s) for quota-slice: [us-east-1--quota-slice-%d]", 1+s.rng.IntN(60))
	var cases []junitCase
	var steps []obj
	failed := ""
	for _, part := range parts {
		cleanup := strings.HasPrefix(part.name, "gather") || strings.HasPrefix(part.name, "ipi-deprovision")
		if failed != "" && !cleanup {
			continue
		}
		full := target + "-" + part.name
		say("INFO", "Running step %s.", full)
		from, dir := s.now, target+"/"+part.name+"/"
		p := s.attach(dir+"build-log.txt", s.now)
		failure := part.body(p)
		s.now = p.now
		took := s.now.Sub(from).Round(time.Second)
		result := map[bool]string{true: "SUCCESS", false: "FAILURE"}[failure == ""]
		if failure != "" && p.Len() > 0 {
			p.entrypointFailed()
		}
		s.file(dir+"finished.json", "%s", compact(obj{"timestamp": s.now.Unix(), "passed": failure == "", "result": result}))
		g := graphed(full, nil, from, s.now, failure != "")
		node := part.node
		if node == "" {
			node = "ip-10-29-" + fmt.Sprint(100+s.rng.IntN(99)) + "-" + fmt.Sprint(1+s.rng.IntN(250)) + ".ec2.internal"
		}
		g["manifests"] = []obj{{"kind": "Pod", "metadata": obj{"name": full}, "spec": obj{"nodeName": node}}}
		steps = append(steps, g)
		cases = append(cases, junitCase{Name: "Run multi-stage test " + target + " - " + full + " container test", Time: seconds(s.now.Sub(from)), Failure: failure})
		if failure == "" {
			say("INFO", "Step %s succeeded after %s.", full, took)
			continue
		}
		lines := strings.Split(strings.TrimSpace(p.String()), "\n")
		say("INFO", "Logs for container test in pod %s:", full)
		s.line("%s", strings.Join(lines[max(0, len(lines)-20):], "\n"))
		say("ERRO", "Step %s failed after %s.", full, took)
		if failed == "" {
			failed = fmt.Sprintf("%q pod %q failed: the pod ci-op/%s failed after %s: %s", target, full, full, took, failure)
		}
	}
	say("INFO", "Releasing leases for test %s", target)
	say("INFO", "Ran for %s", s.now.Sub(begin).Round(time.Second))
	g := graphed(target, nil, begin, s.now, failed != "")
	g["substeps"] = steps
	s.file("ci-operator-step-graph.json", "%s", indented([]obj{g}))
	s.junit("junit_operator.xml", "operator", cases...)
	if failed != "" {
		say("ERRO", "Some steps failed:")
		s.line("  * could not run steps: step %s failed: %s\nContainerFailed one or more containers exited", target, failed)
		say("INFO", "Reporting job state 'failed' with reason 'executing_graph:step_failed:utilizing_lease:executing_test:executing_multi_stage_test'")
		s.fail()
		s.entrypointFailed()
	}
}

func ok(body func(p *printer)) func(*printer) string {
	return func(p *printer) string { body(p); return "" }
}

// installs is openshift-install when all is well.
func installs(p *printer) { installLog(p, nil, "") }

// gathers has errors in every run.
func gathers(p *printer) {
	p.noise(24, 3*time.Second, []string{"Gathering part {n} of the cluster", "error: unable to retrieve container logs for cri-o://{id}{id}", "Error from server (NotFound): the server could not find the requested resource, part {n}", "Gathering logs of pod openshift-part-{n}/{pod}"}, func(text string) { p.line("%s", text) })
}

// deprovisions takes a cluster down.
func deprovisions(p *printer) {
	p.noise(20, 20*time.Second, []string{`level=info msg="Deleted" id={id}`, `level=debug msg="still waiting for {n} resources"`}, func(text string) { p.line("time=%q %s", p.now.Format(time.RFC3339), text) })
}

// tests prints tests of openshift-tests that pass.
func (p *printer) tests(n int) {
	for i := range n {
		p.wait(9 * time.Second)
		p.line("passed: (%d.%ds) %s \"[sig-apps] part %d should keep working through the upgrade [Suite:openshift/conformance]\"\n", 1+p.rng.IntN(20), p.rng.IntN(10), p.now.Format("2006-01-02T15:04:05"), i)
	}
}

func (p *printer) failed(test, message string) {
	p.line("fail [github.com/openshift/origin/test/e2e.go:88]: %s: %s\n\nfailed: (31.2s) %s %q\n", p.now.Format("Jan _2 15:04:05.000"), message, p.now.Format("2006-01-02T15:04:05"), test)
}

func pendingSpec(s *scene) {
	s.operates("e2e-aws-ovn-upgrade", nil, part{name: "ipi-install-install", body: ok(installs)}, part{name: "openshift-e2e-test", body: func(p *printer) string {
		p.tests(40)
		p.failed("[sig-network] service-load-balancer-with-pdb stays reachable through the upgrade", "disruption of service-load-balancer was 14s, more than the allowed 5s")
		p.line("1 test failed, but is informing: it does not count")
		p.tests(20)
		if !s.failed {
			p.line("60 pass, 1 informing failure, 12 skip (41m2s)")
			return ""
		}
		p.line("panic: test produced unknown outcome: pending\n\ngoroutine 1 [running]:\ngithub.com/openshift-eng/openshift-tests-extension/pkg/extension/extensiontests.ExtensionTestSpecs.Run\n\tpkg/extension/extensiontests/spec.go:218 +0x7c4\nmain.main()\n\tcmd/main.go:41")
		p.line("error: external binary did not produce a result for \"[sig-storage] a spec that is pending\"\nerror: 1 fail, 60 pass, 12 skip (41m2s)")
		return "ContainerFailed one or more containers exited"
	}}, part{name: "gather-extra", body: ok(gathers)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
}

func binaryMissing(s *scene) {
	s.operates("e2e-aws-ovn", nil, part{name: "ipi-install-install", body: ok(installs)}, part{name: "openshift-e2e-test", body: func(p *printer) string {
		p.line("+ openshift-tests run openshift/conformance/parallel --provider aws -o /logs/artifacts/e2e.log")
		for i := range 32 {
			p.wait(900 * time.Millisecond)
			p.line("  I%s      71 extract.go:212] Extracted /usr/bin/component-%d-tests-ext.gz for component-%d, %d bytes", p.now.Format("0102 15:04:05.000000"), i, i, 40_000_000+p.rng.IntN(9_000_000))
		}
		p.line("error: couldn't retrieve test suites: failed to extract test binaries: image \"example-operator\": \"/usr/bin/example-operator-tests-ext.gz\" is not in the image")
		return "ContainerFailed one or more containers exited"
	}}, part{name: "gather-extra", body: ok(func(p *printer) {
		gathers(p)
		for i := range 8 {
			p.line("error: a must-gather of part %d ended early: pods \"must-gather-%s\" is forbidden", i, p.suffix())
		}
	})}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
}

func aggregated(s *scene) {
	const child = "openshift-release-main-nightly-5.0-e2e-aws-ovn-upgrade-aggregated"
	if s.role != "run" {
		s.failed = true
		s.run.job = child
		s.run.root = "logs/" + s.run.job + "/" + s.run.build
		s.operates("e2e-aws-ovn-upgrade", nil, part{name: "ipi-install-install", body: ok(installs)}, part{name: "openshift-e2e-test", body: func(p *printer) string {
			p.tests(30)
			for range 6 {
				p.wait(4 * time.Second)
				p.line("  E%s      88 router.go:131] Get \"http://10.128.2.7:1936/metrics\": dial tcp 10.128.2.7:1936: connect: connection refused, trying again", p.now.Format("0102 15:04:05.000000"))
			}
			p.failed("[sig-network][Feature:Router] The HAProxy router should expose prometheus metrics for a route", "expected metric haproxy_process_cpu_seconds_total among 212 metrics, it is not there")
			p.tests(10)
			p.line("Failing tests:\n\n[sig-network][Feature:Router] The HAProxy router should expose prometheus metrics for a route\n\nerror: 1 fail, 40 pass, 8 skip (52m1s)")
			return "ContainerFailed one or more containers exited"
		}}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
		return
	}
	s.operates("release-analysis-aggregator", nil, part{name: "openshift-release-analysis-aggregator", body: func(p *printer) string {
		for i := range 60 {
			p.wait(2 * time.Minute)
			p.line("time=%q level=info msg=\"waiting for %d of 10 runs\" job=openshift-release-main-nightly-5.0-e2e-aws-ovn-upgrade-aggregated", p.now.Format(time.RFC3339), max(1, 10-i/6))
		}
		for _, test := range []string{"[sig-arch] events should not repeat pathologically", "[sig-instrumentation] alerts should not be pending", "[sig-storage] volumes should detach in time", "[sig-node] kubelet log should be quiet"} {
			p.line("NON-BLOCKING FAILURE: %q: Passed 0 times, failed 8 times, skipped 2 times: we require at least 6 attempts to have a chance at success", test)
		}
		for _, backend := range []string{"kube-api-new-connections", "openshift-api-reused-connections", "ingress-to-console", "cache-oauth-api"} {
			p.line("NON-BLOCKING FAILURE: disruption of %s: sum over 10 runs is %ds, allowed are 60s", backend, 70+p.rng.IntN(90))
		}
		p.line("FAILURE: \"[sig-network][Feature:Router] The HAProxy router should expose prometheus metrics for a route\": Passed 0 times, failed 8 times, skipped 2 times: we require at least 6 attempts to have a chance at success")
		p.line("error: some tests failed aggregation. See above for details.")
		return "ContainerFailed one or more containers exited"
	}})
	var list strings.Builder // the log names the children's job only; their runs are linked here
	for _, build := range s.children {
		page := "https://" + s.run.prow.deck + "/view/gs/" + s.run.prow.bucket + "/logs/" + child + "/" + build
		fmt.Fprintf(&list, "<li><a target=\"_blank\" href=%q>%s/%s</a> build05 failure after 1h58m</li>\n", page, child, build)
	}
	s.file("release-analysis-aggregator/openshift-release-analysis-aggregator/artifacts/release-analysis-aggregator/job-run-summary.html", "<html><body><h2>runs that failed</h2><ol>\n%s</ol></body></html>\n", list.String())
}

func renderedApart(s *scene) {
	const target = "e2e-vsphere-ovn-techpreview-serial"
	s.operates(target, nil, part{name: "ipi-install-install", body: func(p *printer) string {
		for i := range 24 {
			p.wait(40 * time.Second)
			p.line("time=%q level=debug msg=\"Still waiting for the cluster to initialize: Working towards 5.0.0: %d of 912 done\"", p.now.Format(time.RFC3339), i*30)
			if i%4 == 1 {
				p.line("time=%q level=info msg=\"Cluster operator insights condition ClusterTransferAvailable is Unknown with : \"", p.now.Format(time.RFC3339))
			}
		}
		if !s.failed {
			p.line("time=%q level=info msg=\"Install complete!\"", p.now.Format(time.RFC3339))
			return ""
		}
		p.now = p.now.Add(25 * time.Minute)
		p.line("time=%q level=error msg=\"Cluster operator machine-config Degraded is True with RequiredPoolsFailed: Unable to apply 5.0.0: error required MachineConfigPool master is not ready\"", p.now.Format(time.RFC3339))
		p.line("time=%q level=error msg=\"failed to initialize the cluster: Cluster operator machine-config is degraded\"", p.now.Format(time.RFC3339))
		return "ContainerFailed one or more containers exited"
	}}, part{name: "openshift-e2e-test", body: ok(func(p *printer) { p.tests(30) })}, part{name: "gather-extra", body: ok(func(p *printer) {
		gathers(p)
		d := s.attach(target+"/gather-extra/artifacts/pods/machine-config-daemon.log", p.now.Add(-30*time.Minute))
		d.noise(70, 9*time.Second, []string{`I daemon.go:1411] Previous boot ostree-finalize-staged.service appears successful`, `W update.go:98] Alarm clock: the CNI plugin of pod {pod} took more than 30 seconds`, `I update.go:2630] Update completed for part {n}`, `E writer.go:242] Error getting configuration of part {n}, will retry`}, func(text string) { d.klogLine(2611, text) })
		if s.failed {
			d.klogLine(2611, "E writer.go:226] Marking Degraded due to: \"machineconfig.machineconfiguration.openshift.io rendered-master-"+s.hex(32)+" of the bootstrap and rendered-master-"+s.hex(32)+" of the cluster do not match\"")
			d.noise(20, 20*time.Second, []string{`W update.go:98] Alarm clock: the CNI plugin of pod {pod} took more than 30 seconds`, `I daemon.go:770] Transitioned from state: Done -> Degraded`}, func(text string) { d.klogLine(2611, text) })
		}
	})}, part{name: "ipi-deprovision-deprovision", body: ok(func(p *printer) {
		for range 14 {
			p.wait(5 * time.Second)
			p.line("time=%q level=error msg=\"Get https://192.168.4.%d:6443/version: dial tcp: connect: no route to host\"", p.now.Format(time.RFC3339), 10+p.rng.IntN(40))
		}
		deprovisions(p)
	})})
}

// nodeHas leaves the journal of a node, compressed under its plain name.
func (s *scene) nodeHas(target, node string, end time.Time, body func(p *printer, host string)) {
	name := target + "/gather-extra/artifacts/nodes/" + node + "/journal"
	p := s.attach(name, end.Add(-70*time.Minute))
	host := strings.Split(node, ".")[0]
	p.journal(host, 60, 80*time.Millisecond, machineBoot)
	p.kubelet(host, 60, 11*time.Second, kubeletRuns)
	body(p, host)
	p.kubelet(host, 60, 11*time.Second, kubeletRuns)
	s.pack(name)
}

func runtimeRegression(s *scene) {
	const target, node = "e2e-aws-upgrade-out-of-change", "ip-10-0-21-84.ec2.internal"
	s.operates(target, nil, part{name: "ipi-install-install", body: ok(installs)}, part{name: "openshift-e2e-test", body: func(p *printer) string {
		p.tests(40)
		events := 3
		if s.failed {
			events = 44
		}
		for range events {
			p.wait(2 * time.Second)
			p.line("  event happened: ns/openshift-multus pod/multus-%s - reason/ErrorAddingLogicalPort (from ovnkube) network is not ready, trying again", p.suffix())
		}
		if !s.failed {
			p.line("40 pass, 0 fail (61m4s)")
			return ""
		}
		p.failed("[sig-node] nodes should not become not ready by themselves", "5 unexpected notReady events during the upgrade")
		p.line("error: 1 fail, 40 pass (61m4s)")
		return "ContainerFailed one or more containers exited"
	}}, part{name: "gather-extra", body: ok(func(p *printer) {
		gathers(p)
		s.file(target+"/gather-extra/artifacts/nodes.json", "%s", indented(obj{"items": []obj{{"metadata": obj{"name": node}, "status": obj{"conditions": []obj{{"type": "Ready", "status": "True", "reason": "KubeletReady"}}}}}}))
		s.nodeHas(target, node, p.now, func(p *printer, host string) {
			p.journalLine(host, "crio[2380]: time=%q level=info msg=\"Starting CRI-O, version: 1.35.2-9.rhaos4.22.el9, git: unknown(clean)\"", p.now.Format(time.RFC3339Nano))
			p.kubelet(host, 40, 9*time.Second, kubeletRuns)
			if !s.failed {
				return
			}
			p.journalLine(host, "rpm-ostree[4410]: Upgraded: cri-o 1.35.2-9.rhaos4.22.el9 -> 1.35.2-11.rhaos4.22.el9")
			p.journalLine(host, "crio[2391]: time=%q level=info msg=\"Starting CRI-O, version: 1.35.2-11.rhaos4.22.el9, git: unknown(clean)\"", p.now.Format(time.RFC3339Nano))
			for range 5 {
				p.kubelet(host, 6, 9*time.Second, kubeletRuns)
				p.kubeletLine(host, `E kubelet.go:3117] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: no CNI configuration file in /etc/kubernetes/cni/net.d/"`)
				p.kubeletLine(host, `I setters.go:618] "Node became not ready" node="`+node+`"`)
			}
		})
	})}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
}

func killedAtReboot(s *scene) {
	const target, node = "e2e-aws-upgrade-fips", "ip-10-0-44-19.ec2.internal"
	s.operates(target, nil, part{name: "ipi-install-install", body: ok(installs)}, part{name: "openshift-e2e-test", body: func(p *printer) string {
		p.tests(30)
		for range 28 {
			p.wait(3 * time.Second)
			p.line("  event happened: ns/openshift-kube-apiserver pod/kube-apiserver-ip-10-0-%d-%d - Readiness probe failed: Get \"https://10.0.44.19:6443/readyz\": context deadline exceeded", p.rng.IntN(90), p.rng.IntN(250))
		}
		p.line("passed: (2.1s) %s \"[sig-node] systemd timeouts should be configured on every node\"\n", p.now.Format("2006-01-02T15:04:05"))
		p.tests(10)
		if !s.failed {
			p.line("41 pass, 0 fail (71m4s)")
			return ""
		}
		p.failed("[sig-api-machinery][Late] API servers should be terminated gracefully", "The following API Servers weren't gracefully terminated: kube-apiserver-"+node)
		p.line("error: 1 fail, 41 pass (71m4s)")
		return "ContainerFailed one or more containers exited"
	}}, part{name: "gather-extra", body: ok(func(p *printer) {
		gathers(p)
		s.nodeHas(target, node, p.now, func(p *printer, host string) {
			p.journalLine(host, "systemd-logind[1012]: System is rebooting.")
			p.journalLine(host, "systemd[1]: Stopping crio-%s.scope - libcontainer container kube-apiserver...", p.hex(12))
			if s.failed {
				p.now = p.now.Add(135 * time.Second)
				p.journalLine(host, "systemd[1]: crio-%s.scope: Stopping timed out. Killing.", p.hex(12))
				p.journalLine(host, "systemd[1]: crio-%s.scope: Killing process 3012 (kube-apiserver) with signal SIGKILL.", p.hex(12))
			} else {
				p.now = p.now.Add(88 * time.Second)
				p.journalLine(host, "systemd[1]: crio-%s.scope: Deactivated successfully.", p.hex(12))
			}
			p.journalLine(host, "systemd-shutdown[1]: Syncing filesystems and block devices.")
			p.now = p.now.Add(70 * time.Second)
			p.journal(host, 50, 80*time.Millisecond, machineBoot)
		})
	})}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
}

func fullNode(s *scene) {
	const target, full = "e2e-aws-ovn-techpreview-serial", "ip-10-29-77-5.ec2.internal"
	rejected := func(*printer) string {
		return "Evicted Pod was rejected: The node had condition: [DiskPressure]. "
	}
	leases := func() {
		for range 6 {
			s.wait(4 * time.Second)
			s.line("WARN[%s] failed to heartbeat lease quota-slice: server error: 502 Bad Gateway, trying again", s.now.Format(time.RFC3339))
		}
	}
	conf := part{name: "ipi-conf", body: ok(func(p *printer) { p.line("Installation configuration:\n  region: us-east-1"); p.wait(3 * time.Second) })}
	if !s.failed {
		s.operates(target, leases, conf, part{name: "ipi-install-install", body: ok(installs)}, part{name: "openshift-e2e-test", body: ok(func(p *printer) { p.tests(30) })}, part{name: "gather-extra", body: ok(gathers)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
		return
	}
	s.operates(target, leases, conf, part{"ipi-install-install", rejected, full}, part{"gather-extra", rejected, full}, part{"gather-must-gather", rejected, full}, part{"ipi-deprovision-deprovision", rejected, full})
}
