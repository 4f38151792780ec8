package main

import (
	"time"
)

// Cases M6 to M10: what is awaited never comes, nothing failed, somebody ended it, nothing is known, time was up.

var quietFailures = []failure{
	{
		id: "M6", job: kopsJob("e2e-kops-aws-three-zones", time.Date(2026, 5, 12, 1, 18, 43, 0, time.UTC)), play: groupWithoutInstances,
		expect: expectation{
			Title: "The zone us-east-2c has no machines of the type, so that its instance group stays empty",
			Cause: `nodes-us-east-2c`, NotFirst: []string{`wait time exceeded`, `^(Error: )?exit status 1$`, `coredns-`}, Category: "capacity", Phase: "Up", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/toolbox-dump.yaml", `InsufficientInstanceCapacity`}, {"run/build-log.txt", `InstanceGroup "nodes-us-east-2c" did not have enough nodes 0 vs 2`}, {"run/artifacts/instancegroups.yaml", `nodes-us-east-2c`}},
			Misleads: []place{{"run/build-log.txt", `wait time exceeded during validation`}, {"run/build-log.txt", `pod "coredns-\w+" is pending`}, {"run/artifacts/otlp/kops-*.otel", `no such host`}},
		},
	},
	{
		id: "M7", job: kopsJob("e2e-kops-aws-cni-flannel", time.Date(2026, 2, 25, 10, 9, 8, 0, time.UTC)), play: passedWithErrors,
		expect: expectation{
			Title: "The run passed: its errors were tried again and went away", NotFirst: []string{`.`}, Category: "none", Needs: []string{"run"},
			Misleads: []place{{"run/artifacts/otlp/kops-*.otel", `RequestLimitExceeded`}, {"run/build-log.txt", `(?s)(api error Throttling.*){4}`}, {"run/build-log.txt", `panic: runtime error`}},
		},
	},
	{
		id: "M8", job: job{name: "pull-kops-e2e-kubernetes-aws", org: "kubernetes", repo: "kops", pull: 18422, image: kubekins, at: time.Date(2026, 3, 16, 9, 27, 0, 0, time.UTC),
			args: []string{"bash", "-c", "kubetest2 kops -v=2 --up --down --cloud-provider=aws --test=kops"}}, play: abortedRun,
		expect: expectation{
			Title: "A newer commit was pushed and Prow ended the run", NotFirst: []string{`.`}, Category: "aborted", Needs: []string{"run"},
			Evidence: []place{{"run/prowjob.json", `Aborted as the newer version of this job is running`}},
			Misleads: []place{{"run/build-log.txt", `Entrypoint received interrupt: terminated`}, {"run/build-log.txt", `signal: terminated`}, {"run/build-log.txt", `context canceled`}},
		},
	},
	{
		id: "M9", job: kopsJob("e2e-kops-aws-external-dns", time.Date(2026, 6, 1, 12, 0, 33, 0, time.UTC)), play: nothingKnown,
		expect: expectation{
			Title: "The program ended with 1 without a word: there is no evidence", NotFirst: []string{`exit status 1`, `exited with`, `(?i)no traces`}, Category: "unknown", Needs: []string{"run"},
			Misleads: []place{{"run/build-log.txt", `wrapped process failed: exit status 1`}},
		},
	},
	{
		id: "M10", job: job{name: "e2e-kops-aws-serial-slow", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 7, 22, 0, 4, 20, 0, time.UTC), every: 24 * time.Hour, timeout: "2h0m0s",
			args: []string{"bash", "-c", "kubetest2 kops -v=2 --up --down --cloud-provider=aws --test=kops"}}, play: timeWasUp, passing: 3,
		expect: expectation{
			Title: "The job's two hours were over while all was well; passing runs come close to them",
			Cause: `2h0m0s|(?i)time(out| limit)`, NotFirst: []string{`(?i)signal: (killed|terminated)`, `(?i)connection refused`, `wrapped process failed`}, Category: "timeout", Phase: "Test", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `Process did not finish before 2h0m0s timeout`}},
			Misleads: []place{{"run/build-log.txt", `INTERRUPTED`}, {"run/build-log.txt", `connect: connection refused`}, {"run/build-log.txt", `Process did not exit before 15m0s grace period`}},
		},
	},
}

func groupWithoutInstances(s *scene) {
	const cluster, api = "e2e-three-zones.k8s.local", "https://api-e2e-three-zones-0example.elb.us-east-2.amazonaws.com"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--zones=us-east-2a,us-east-2b,us-east-2c --node-size=c7a.large'")
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --zones us-east-2a,us-east-2b,us-east-2c --node-count 6 --node-size c7a.large", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		s.validates(cluster, "--count 10", 15*time.Minute, 20*time.Second, func(t *track) string {
			t.lost().aws("Autoscaling", "DescribeAutoScalingGroups", 200, 60*time.Millisecond)
			if t.since() < 3*time.Minute {
				t.noHost(api)
				return "dns\tapiserver\tnot there"
			}
			t.asksAPI(api)
			return "Pod\tkube-system/coredns-7rk2v\tsystem-cluster-critical pod \"coredns-7rk2v\" is pending\nPod\tkube-system/ebs-csi-controller-5d\tsystem-cluster-critical pod \"ebs-csi-controller-5d\" is not ready (csi-provisioner)\n" +
				"InstanceGroup\tnodes-us-east-2c\tInstanceGroup \"nodes-us-east-2c\" did not have enough nodes 0 vs 2"
		})
	})
	s.tears(cluster)
	groups, dump := "", "instances:\n"
	for _, zone := range []string{"us-east-2a", "us-east-2b", "us-east-2c"} {
		groups += "apiVersion: kops.k8s.io/v1alpha2\nkind: InstanceGroup\nmetadata:\n  name: nodes-" + zone + "\nspec:\n  machineType: c7a.large\n  maxSize: 2\n  minSize: 2\n  role: Node\n---\n"
		if zone != "us-east-2c" {
			dump += "- name: i-0" + s.hex(16) + "\n  roles: [node]\n  group: nodes-" + zone + "\n- name: i-0" + s.hex(16) + "\n  roles: [node]\n  group: nodes-" + zone + "\n"
		}
	}
	s.file("instancegroups.yaml", "%s", groups)
	s.file("toolbox-dump.yaml", "%s", dump+`autoscalingGroups:
- name: nodes-us-east-2a.`+cluster+`
  activities: [{statusCode: Successful}, {statusCode: Successful}]
- name: nodes-us-east-2c.`+cluster+`
  activities:
  - statusCode: Failed
    statusMessage: "InsufficientInstanceCapacity: We currently do not have sufficient c7a.large capacity in the Availability Zone you requested (us-east-2c). Launching EC2 instance failed."
`)
	s.kubetestEnds()
}

func passedWithErrors(s *scene) {
	const cluster, api = "e2e-flannel.k8s.local", "https://api-e2e-flannel-0example.elb.us-east-2.amazonaws.com"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--networking=flannel' --test=kops")
	s.phase("Up", "", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --networking=flannel --zones us-east-2a", createsCluster(cluster))
		p := s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		for i := range 4 {
			s.klog("", "W", p.pid, "executor.go:139", "error running task \"IAMRole/nodes.%s\" (%s remaining to succeed): error creating IAMRole: operation error IAM: CreateRole, https response error StatusCode: 400, api error Throttling: Rate exceeded",
				cluster, 10*time.Minute-time.Duration(i)*10*time.Second)
		}
		s.validates(cluster, "--count 10", 15*time.Minute, 20*time.Second, until(5*time.Minute, api, "Node\ti-0cc3\tnode \"i-0cc3\" of role \"node\" is not ready"))
	})
	s.phase("Test", "", func() {
		s.line("Running Suite: Kubernetes e2e suite\nWill run 60 of 6891 specs")
		s.specs(30, "[sig-apps] StatefulSet", 5*time.Second)
		s.line("%s\n  Attempt #1 Failed.  Retrying ↺ @ %s\n↺ [FLAKEY TEST - TOOK 2 ATTEMPTS TO PASS] [91.204 seconds]\n[sig-network] Services should serve a basic endpoint from pods", "------------------------------", s.now.Format(ginkgoTime))
		s.line("  container agnhost of pod crasher said, as the test wants: panic: runtime error: index out of range [3] with length 3")
		s.specs(30, "[sig-node] Probing container", 5*time.Second)
		s.line("\nRan 60 of 6891 Specs in 611.402 seconds\nSUCCESS! -- 60 Passed | 0 Failed | 1 Flaked | 0 Pending | 6831 Skipped")
	})
	s.tears(cluster)
	s.kubetestEnds()
}

func abortedRun(s *scene) {
	const cluster, api = "e2e-pr18422.k8s.local", "https://api-e2e-pr18422-0example.elb.us-east-2.amazonaws.com"
	s.kubetest("--up --down --cloud-provider=aws --test=kops")
	s.phase("Up", "signal: terminated", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --zones us-east-2a", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		s.klog("", "I", kubetestPID, "local.go:42", "⚙️ %s validate cluster --name %s --wait 15m0s", kopsProgram, cluster)
		p := s.traced("validate cluster --name "+cluster+" --wait 15m0s", 2*time.Minute, func(t *track) {
			for range 9 {
				t.noHost(api)
				s.says(t, "W", "validate_cluster.go:232", "(will retry): cluster not yet healthy")
				t.sleep(20 * time.Second)
			}
		})
		s.line(`{"component":"entrypoint","file":"pkg/entrypoint/run.go:168","func":"sigs.k8s.io/prow/pkg/entrypoint.Options.ExecuteProcess","level":"error","msg":"Entrypoint received interrupt: terminated","severity":"error","time":"%s"}`, s.now.Format(time.RFC3339))
		s.klog("", "E", p.pid, "validate_cluster.go:201", "error listing nodes: Get %q: context canceled", api+"/api/v1/nodes")
		s.klog("", "W", kubetestPID, "app.go:201", "Captured terminated, gracefully attempting to clean up")
	})
	s.phase("Down", "", func() {
		s.kops("delete cluster --name "+cluster+" --yes", deletesCluster(cluster))
	})
	s.line("Error: signal: terminated")
	s.fail()
	s.run.ending = ending{state: "aborted", description: "Aborted as the newer version of this job is running.", exit: 130}
}

func nothingKnown(s *scene) {
	s.line("+ bash -c make test-e2e-install && kubetest2 kops -v=2 --up --down --cloud-provider=aws --test=kops")
	s.wait(7 * time.Second)
	s.fail()
	s.entrypointFailed()
}

// timeWasUp is a suite that runs one spec after the other. In the run that fails it is a little slower than usual.
func timeWasUp(s *scene) {
	const cluster, api = "e2e-serial.k8s.local", "https://api-e2e-serial-0example.elb.us-east-2.amazonaws.com"
	s.kubetest("--up --down --cloud-provider=aws --test=kops -- --focus-regex=Serial")
	s.phase("Up", "", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --zones us-east-2a", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --admin --yes", func(t *track) { t.state(cluster, "config", 200); t.sleep(70 * time.Second) })
		s.validates(cluster, "--count 10", 15*time.Minute, 30*time.Second, until(4*time.Minute, api, "nodes are missing"))
	})
	begin := s.run.times().test
	test := func() {
		s.line("Running Suite: Kubernetes e2e suite\nWill run 160 of 6891 specs\nRunning in parallel across 1 processes")
		for i := range 8 {
			s.line("  I%s    9001 rest.go:144] server answered: dial tcp 10.0.3.7:8443: connect: connection refused, as the test wants", s.now.Format("0102 15:04:05.000000"))
			if left := begin.Add(2 * time.Hour).Sub(s.now); s.failed && left < 14*time.Minute {
				s.specs(9, "[sig-apps] Daemon set [Serial]", 80*time.Second)
				s.now = begin.Add(2 * time.Hour)
				return
			} else if i == 7 && s.failed {
				s.now = begin.Add(2 * time.Hour)
				return
			}
			s.specs(16, []string{"[sig-apps] Daemon set [Serial]", "[sig-node] Taints [Serial]", "[sig-scheduling] SchedulerPreemption [Serial]"}[i%3], time.Duration(47+s.n+map[bool]int{true: 8}[s.failed])*time.Second)
		}
		s.line("Ran 160 of 6891 Specs in 6210.031 seconds\nSUCCESS! -- 160 Passed | 0 Failed | 0 Pending | 6731 Skipped")
	}
	if !s.failed {
		s.phase("Test", "", test)
		s.phase("Down", "", func() {
			s.kops("delete cluster --name "+cluster+" --yes", func(t *track) { t.state(cluster, "config", 200); t.sleep(4 * time.Minute) })
		})
		s.kubetestEnds()
		return
	}
	test()
	entrypoint := func(message string) {
		s.line(`{"component":"entrypoint","file":"pkg/entrypoint/run.go:169","func":"sigs.k8s.io/prow/pkg/entrypoint.Options.ExecuteProcess","level":"error","msg":%q,"severity":"error","time":%q}`, message, s.now.Format(time.RFC3339))
	}
	entrypoint("Process did not finish before 2h0m0s timeout")
	s.line("• [INTERRUPTED] [41.220 seconds]\n[sig-apps] Daemon set [Serial] should roll back without needless restarts\n  [INTERRUPTED] Interrupted by User\n  In [It] at: k8s.io/kubernetes/test/e2e/apps/daemon_set.go:480 @ %s", s.now.Format(ginkgoTime))
	s.line("ERROR: signal: terminated\nGet \"%s/api/v1/namespaces\": dial tcp 3.14.0.2:443: connect: connection refused", api)
	s.now = s.now.Add(15 * time.Minute)
	entrypoint("Process did not exit before 15m0s grace period")
	s.fail()
	s.run.ending = ending{exit: 127, description: "Job failed."}
}
