package main

import (
	"strings"
	"time"
)

// Cases of nobody's run, all of jobs with kOps' traces: M1 to M5. Each has one thing that a simple ranking takes for the cause.

var ownFailures = append([]failure{
	{
		id: "M1", job: kopsJob("e2e-kops-aws-cni-calico-deb12", time.Date(2026, 1, 19, 3, 2, 17, 0, time.UTC)), play: noPermission,
		expect: expectation{
			Title: "The account of the job may not create launch templates, so that update cluster tries for ten minutes and gives up",
			Cause: `UnauthorizedOperation|not authorized to perform|CreateLaunchTemplate`, NotFirst: []string{`RequestLimitExceeded`, `^(Error: )?exit status 1$`, `(?i)no such host`},
			Category: "config", Phase: "Up", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `UnauthorizedOperation: You are not authorized to perform this operation`}, {"run/artifacts/otlp/kops-*.otel", `CreateLaunchTemplate`}},
			Misleads: []place{{"run/artifacts/otlp/kops-*.otel", `RequestLimitExceeded`}, {"run/build-log.txt", `(?s)(no such host.*){5}`}, {"run/artifacts/junit_runner.xml", `exit status 1`}},
		},
	},
	{
		id: "M2", job: kopsJob("e2e-kops-aws-k8s-latest", time.Date(2026, 3, 27, 13, 55, 4, 0, time.UTC)), play: wrongFlag,
		expect: expectation{
			Title: "The tester does not know a flag that the job gives; the throttling during Up was tried again and went away",
			Cause: `(?i)unknown flag: --ginkgo-timeout-node`, NotFirst: []string{`RequestLimitExceeded`, `(?i)throttl`, `^(Error: )?exit status 255$`}, Category: "config", Phase: "Test", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `unknown flag: --ginkgo-timeout-node`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(RequestLimitExceeded.*){8}`}, {"run/artifacts/otlp/kops-*.otel", `RequestLimitExceeded`}, {"run/artifacts/junit_runner.xml", `exit status 255`}},
		},
	},
	{
		id: "M3", job: job{name: "e2e-kops-scenario-nlb-terraform", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 2, 2, 8, 30, 39, 0, time.UTC),
			args: []string{"bash", "-x", "tests/e2e/scenarios/nlb/run-test.sh"}}, play: killedUpdate,
		expect: expectation{
			Title: "A load balancer stayed in state provisioning, and update cluster waited for it until the script's timeout killed it",
			Cause: `(?i)load.?balancer`, NotFirst: []string{`RequestLimitExceeded`, `(?i)cluster not found`, `^(Error: )?exit status 124$`}, Category: "timeout", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `waiting for load balancer .* state "provisioning"`}, {"run/artifacts/otlp/kops-*.otel", `DescribeLoadBalancers`}},
			Misleads: []place{{"run/build-log.txt", `DependencyViolation`}, {"run/build-log.txt", `Terminated`}, {"run/artifacts/otlp/kops-*.otel", `RequestLimitExceeded`}},
		},
	},
	{
		id: "M4", job: kopsJob("e2e-kops-aws-public-zone", time.Date(2026, 7, 7, 22, 15, 50, 0, time.UTC)), play: nameNotThere,
		expect: expectation{
			Title: "The name of the cluster's API server was never entered into DNS, so that validation asks a placeholder until its time is over",
			Cause: `(?i)no such host|API DNS|\bDNS (entry|name|record)|could not be resolved`, NotFirst: []string{`^(Error: )?exit status 1$`, `wait time exceeded`, `did not have enough nodes`}, Category: "dependency", Phase: "Up", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `API DNS entry to the correct IP address`}, {"run/artifacts/otlp/kops-*.otel", `no such host`}},
			Misleads: []place{{"run/build-log.txt", `wait time exceeded during validation`}, {"run/build-log.txt", `connect: connection timed out`}, {"run/artifacts/junit_runner.xml", `exit status 1`}},
		},
	},
	{
		id: "M5", job: job{name: "e2e-kops-gce-cni-kindnet", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 4, 30, 15, 44, 11, 0, time.UTC),
			args: []string{"bash", "-c", "kubetest2 kops -v=2 --up --down --cloud-provider=gce --test=kops"}}, play: quotaRecovered,
		expect: expectation{
			Title: "One test found another source address than it wants; the quota of addresses refused three calls and then had room",
			Cause: `(?i)source address|should preserve source pod IP`, NotFirst: []string{`(?i)IN_USE_ADDRESSES`, `(?i)quota`, `^(Error: )?exit status 255$`}, Category: "test", Phase: "Test", Needs: []string{"run"},
			Evidence: []place{{"run/artifacts/junit_01.xml", `expected source address`}, {"run/build-log.txt", `\[FAILED\] .*source address`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(Quota 'IN_USE_ADDRESSES' exceeded.*){3}`}, {"run/artifacts/junit_runner.xml", `exit status 255`}, {"run/build-log.txt", `E\d{4} .*metrics-server`}},
		},
	},
}, quietFailures...)

func noPermission(s *scene) {
	const cluster, api = "e2e-calico.k8s.local", "https://api-e2e-calico-0example.elb.us-east-2.amazonaws.com"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--networking=calico'")
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --networking=calico --zones us-east-2a", createsCluster(cluster))
		const denied = "operation error EC2: CreateLaunchTemplate, https response error StatusCode: 403, RequestID: 4c1d0e77-example, api error UnauthorizedOperation: You are not authorized to perform this operation. " +
			"User: arn:aws:sts::000000000000:assumed-role/example-prow/e2e is not authorized to perform: ec2:CreateLaunchTemplate because no identity-based policy allows the ec2:CreateLaunchTemplate action"
		tries := func(key string) func(*track) {
			return func(t *track) {
				for left := 9*time.Minute + 50*time.Second; left > 0; left -= 30 * time.Second {
					t.lost().aws("EC2", "DescribeLaunchTemplates", 200, 60*time.Millisecond)
					t.lost().refused("EC2", "CreateLaunchTemplate", 403)
					t.sleep(30 * time.Second)
				}
			}
		}
		p := s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, map[string]func(*track){
			"LaunchTemplate/control-plane-us-east-2a.masters.": tries("control-plane-us-east-2a.masters."), "LaunchTemplate/nodes-us-east-2a.": tries("nodes-us-east-2a."),
		}))
		end := s.now
		s.now = p.begin.UTC().Add(8 * time.Second)
		for left := 9*time.Minute + 50*time.Second; left > 0; left -= 30 * time.Second {
			for _, group := range []string{"control-plane-us-east-2a.masters.", "nodes-us-east-2a."} {
				s.klog("", "W", p.pid, "executor.go:139", "error running task \"LaunchTemplate/%s%s\" (%s remaining to succeed): error creating LaunchTemplate: %s", group, cluster, left, denied)
			}
			s.klog("", "I", p.pid, "executor.go:171", "Continuing to run 2 task(s)")
			s.now = s.now.Add(29 * time.Second)
		}
		s.now = end
		s.line("Error: error running tasks: deadline exceeded executing task LaunchTemplate/control-plane-us-east-2a.masters.%s. Example error: error creating LaunchTemplate: %s", cluster, denied)
	})
	s.phase("Down", "", func() {
		s.klog("", "W", kubetestPID, "dumplogs.go:59", "the cluster never came up: its nodes are asked for logs all the same")
		for range 12 {
			s.wait(5 * time.Second)
			s.line("E%s %7d dumplogs.go:141] ERROR: cannot list nodes: Get \"%s/api/v1/nodes\": dial tcp: lookup %s on 10.63.240.10:53: no such host", s.now.Format("0102 15:04:05.000000"), kubetestPID, api, api[len("https://"):])
		}
		s.kops("delete cluster --name "+cluster+" --yes", deletesCluster(cluster))
	})
	s.kubetestEnds()
}

func wrongFlag(s *scene) {
	const cluster, api = "e2e-latest.k8s.local", "https://api-e2e-latest-0example.elb.us-east-2.amazonaws.com"
	s.kubetest("--up --down --cloud-provider=aws --test=kops -- --ginkgo-timeout-node=20m --parallel=25")
	throttled := func(t *track) {
		for range 5 {
			t.lost().aws("EC2", "CreateSecurityGroup", 503, 40*time.Millisecond)
			t.sleep(4 * time.Second)
		}
		t.lost().aws("EC2", "CreateSecurityGroup", 200, 200*time.Millisecond)
	}
	s.phase("Up", "", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --zones us-east-2a", createsCluster(cluster))
		p := s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, map[string]func(*track){"SecurityGroup/masters.": throttled, "SecurityGroup/nodes.": throttled}))
		end := s.now
		s.now = p.begin.UTC().Add(3 * time.Second)
		for i := range 5 {
			for _, group := range []string{"masters", "nodes"} {
				s.klog("", "W", p.pid, "executor.go:139", "error running task \"SecurityGroup/%s.%s\" (%s remaining to succeed): error creating SecurityGroup: operation error EC2: CreateSecurityGroup, exceeded maximum number of attempts, 3, "+
					"https response error StatusCode: 503, api error RequestLimitExceeded: Request limit exceeded.", group, cluster, 10*time.Minute-time.Duration(i)*4*time.Second)
			}
			s.now = s.now.Add(4 * time.Second)
		}
		s.now = end
		s.validates(cluster, "--count 10", 15*time.Minute, 20*time.Second, until(5*time.Minute, api, "Node\ti-0bb2\tnode \"i-0bb2\" of role \"node\" is not ready"))
		s.klog("", "I", kubetestPID, "up.go:167", "cluster reported as up")
	})
	s.phase("Test", "exit status 255", func() {
		s.klog("", "I", kubetestPID, "local.go:42", "⚙️ kubetest2-tester-kops --ginkgo-timeout-node=20m --parallel=25")
		s.wait(300 * time.Millisecond)
		s.line("Error: unknown flag: --ginkgo-timeout-node\nUsage:\n  kubetest2-tester-kops [flags]\n\nFlags:")
		for _, flag := range []string{"ginkgo-args string", "parallel int", "skip-regex string", "focus-regex string", "test-package-version string", "test-package-bucket string", "test-package-dir string", "kubeconfig string", "env strings", "use-built-binaries"} {
			s.line("      --%-36s  set the option of this name", flag)
		}
	})
	s.tears(cluster)
	s.kubetestEnds()
}

func killedUpdate(s *scene) {
	const cluster = "e2e-nlb.k8s.local"
	s.line("+ set -o errexit\n+ make test-e2e-install")
	s.goDownloads(110)
	s.wait(40 * time.Second)
	s.line("+ %s create cluster --name %s --cloud aws --zones us-east-2a", kopsProgram, cluster)
	s.traced("create cluster --name "+cluster+" --cloud aws --zones us-east-2a", 0, createsCluster(cluster))
	s.line("+ timeout 15m %s update cluster --name %s --admin --yes", kopsProgram, cluster)
	begin, pid := s.now, s.nextPID
	p := s.traced("update cluster --name "+cluster+" --admin --yes", 15*time.Minute, updatesCluster(cluster, map[string]func(*track){
		"NetworkLoadBalancer/api.": func(t *track) {
			t.lost().aws("ElasticLoadBalancing", "DescribeLoadBalancers", 200, 60*time.Millisecond)
			t.lost().aws("ElasticLoadBalancing", "CreateLoadBalancer", 200, 900*time.Millisecond)
			for range 70 {
				t.sleep(15 * time.Second)
				t.lost().aws("ElasticLoadBalancing", "DescribeLoadBalancers", 200, 60*time.Millisecond)
			}
		},
	}))
	end := s.now
	for s.now = begin.Add(20 * time.Second); s.now.Before(end.Add(-20 * time.Second)); s.now = s.now.Add(30 * time.Second) {
		s.klog("", "I", pid, "network_load_balancer.go:611", "waiting for load balancer \"api-e2e-nlb-k8s-local\" to be active, it is in state \"provisioning\"")
	}
	s.now = end
	s.line("tests/e2e/scenarios/nlb/run-test.sh: line 61: %d Terminated              timeout 15m %s update cluster --name %s --admin --yes", p.pid, kopsProgram, cluster)
	s.line("+ cleanup\n+ %s delete cluster --name %s --yes", kopsProgram, cluster)
	s.traced("delete cluster --name "+cluster+" --yes", 0, func(t *track) {
		for range 9 {
			t.lost().refused("EC2", "DeleteSecurityGroup", 400)
			t.lost().refused("EC2", "DeleteSubnet", 400)
			s.says(t, "W", "delete.go:92", "Not all resources deleted; waiting before reattempting deletion")
			s.line("security-group:sg-0%s\tstill has dependencies, will retry: DependencyViolation: resource sg-0%s has a dependent object", s.hex(8), s.hex(8))
			s.line("subnet:subnet-0%s\tstill has dependencies, will retry: DependencyViolation: The subnet has dependencies and cannot be deleted.", s.hex(8))
			t.sleep(10 * time.Second)
		}
		deletesCluster(cluster)(t)
	})
	s.line("Deleted cluster: %q\n+ exit 124", cluster)
	s.fail()
	s.entrypointFailed()
}

func nameNotThere(s *scene) {
	const cluster, api = "e2e-public.tests.example.org", "https://api.e2e-public.tests.example.org"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--topology=public'")
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --topology=public --zones us-east-2a", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		s.validates(cluster, "--count 10", 20*time.Minute, 25*time.Second, func(t *track) string {
			t.lost().aws("Autoscaling", "DescribeAutoScalingGroups", 200, 60*time.Millisecond)
			t.noHost(api)
			return "dns\tapiserver\tValidation Failed\n\nThe external-dns Kubernetes deployment has not updated the Kubernetes cluster's API DNS entry to the correct IP address.  The API DNS IP address is the placeholder address that kops creates: 203.0.113.123."
		})
	})
	s.phase("Down", "", func() {
		for _, ip := range []string{"3.14.0.21", "3.14.0.96", "3.14.1.40", "3.14.2.8"} {
			for range 4 {
				s.wait(8 * time.Second)
				s.klog("", "E", kubetestPID, "dumplogs.go:141", "ERROR: failed to dump node %s: dial tcp %s:22: connect: connection timed out", ip, ip)
			}
		}
		s.kops("delete cluster --name "+cluster+" --yes", deletesCluster(cluster))
	})
	s.kubetestEnds()
}

func quotaRecovered(s *scene) {
	const cluster, api = "e2e-kindnet.k8s.local", "https://34.74.0.99"
	s.kubetest("--up --down --cloud-provider=gce --create-args='--networking=kindnet' --test=kops -- --parallel=25")
	const refused = "googleapi: Error 403: Quota 'IN_USE_ADDRESSES' exceeded.  Limit: 8.0 in region us-central1., quotaExceeded"
	s.phase("Up", "", func() {
		s.kops("create cluster --name "+cluster+" --cloud gce --networking=kindnet --zones us-central1-a", func(t *track) { t.lost().http("GET", gceProject+"zones", 200, 90*time.Millisecond) })
		s.kops("update cluster --name "+cluster+" --admin --yes", func(t *track) {
			t.span(scopeTasks, "task-Address/api-e2e-kindnet-k8s-local", func(t *track) {
				for i := range 3 {
					t.lost().http("POST", gceProject+gceRegion+"addresses", 403, 200*time.Millisecond)
					s.says(t, "W", "executor.go:139", "error running task \"Address/api-e2e-kindnet-k8s-local\" (%s remaining to succeed): %s", 10*time.Minute-time.Duration(i)*20*time.Second, refused)
					t.sleep(20 * time.Second)
				}
				t.lost().http("POST", gceProject+gceRegion+"addresses", 200, 200*time.Millisecond)
				t.lost().operation(3)
			})
			for _, task := range []string{"InstanceGroupManager/a-control-plane", "InstanceGroupManager/a-nodes", "FirewallRule/https-api", "ForwardingRule/api"} {
				t.span(scopeTasks, "task-"+task, func(t *track) {
					t.lost().http("GET", gceProject+gceZone+strings.ReplaceAll(task, "/", "s/"), 404, 80*time.Millisecond)
					t.lost().http("POST", gceProject+gceZone+strings.ReplaceAll(task, "/", "s/"), 200, 200*time.Millisecond)
					t.lost().operation(2)
				})
			}
		})
		s.validates(cluster, "--count 10", 15*time.Minute, 20*time.Second, func(t *track) string {
			t.asksAPI(api)
			return map[bool]string{true: "nodes are missing"}[t.since() < 4*time.Minute]
		})
	})
	const name = "[It] [sig-network] Services should preserve source pod IP for traffic through service cluster IP [LinuxOnly]"
	const message = "[FAILED] expected source address 10.4.1.7 of the request, got 10.4.1.1"
	var cases []junitCase
	s.phase("Test", "exit status 255", func() {
		s.line("Running Suite: Kubernetes e2e suite\nWill run 61 of 6891 specs\nRunning in parallel across 25 processes")
		for i, area := range []string{"[sig-apps] Deployment", "[sig-node] Pods", "[sig-storage] EmptyDir", "[sig-network] DNS"} {
			s.specs(15, area, 4*time.Second)
			cases = append(cases, junitCase{Name: "[It] " + area + " should be created and removed", Class: "Kubernetes e2e suite", Time: 4.2 + float64(i)})
			s.klog("  ", "E", 7012, "metrics_grabber.go:151", "failed to grab metrics from metrics-server: the server is currently unable to handle the request")
		}
		s.line("%s\n• [FAILED] [34.112 seconds]\n%s", strings.Repeat("-", 30), name[len("[It] "):])
		s.step("creating service sourceip-test in namespace services-4180")
		s.wait(30 * time.Second)
		s.line("  %s\n  In [It] at: k8s.io/kubernetes/test/e2e/network/service.go:1067 @ %s", message, s.now.Format(ginkgoTime))
		s.line("\nSummarizing 1 Failure:\n  [FAIL] %s\n\nRan 61 of 6891 Specs in 402.118 seconds\nFAIL! -- 60 Passed | 1 Failed | 0 Pending | 6830 Skipped", name[len("[It] "):])
		s.line("F%s %7d ginkgo.go:124] failed to run ginkgo tester: exit status 1", s.now.Format("0102 15:04:05.000000"), 7001)
	})
	s.junit("junit_01.xml", "Kubernetes e2e suite", append(cases, junitCase{Name: name, Class: "Kubernetes e2e suite", Time: 34.112, Failure: message + "\nIn [It] at: k8s.io/kubernetes/test/e2e/network/service.go:1067"})...)
	s.phase("Down", "", func() {
		s.kops("delete cluster --name "+cluster+" --yes", func(t *track) { t.sleep(4 * time.Minute) })
	})
	s.kubetestEnds()
}
