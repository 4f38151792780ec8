package main

import (
	"fmt"
	"strings"
	"time"
)

// Cases of jobs in which kubetest2 runs kOps: K1, K4, K6, K10.

func kopsJob(name string, at time.Time) job {
	return job{name: name, org: "kubernetes", repo: "kops", image: kubekins, at: at,
		args: []string{"bash", "-c", "make test-e2e-install && kubetest2 kops -v=2 --up --down --cloud-provider=aws --test=kops"}}
}

const ubuntuImage = "099720109477/ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20250228"

var kopsFailures = []failure{
	{
		id: "K1", job: kopsJob("e2e-kops-aws-apiserver-nodes", time.Date(2026, 2, 11, 4, 12, 9, 0, time.UTC)), play: imageGone,
		expect: expectation{
			Title:    "The machine image that the job pins was withdrawn by its vendor, so kops create cluster refuses it",
			Cause:    `could not find Image for`,
			NotFirst: []string{`^(Error: )?exit status 1$`, `(?i)cluster not found`}, Category: "image", Phase: "Up", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `spec\.image: Invalid value: .*could not find Image for`}},
			Misleads: []place{{"run/artifacts/junit_runner.xml", `exit status 1`}, {"run/build-log.txt", `cluster not found`}, {"run/build-log.txt", `wrapped process failed: exit status 1`},
				{"run/build-log.txt", `toolbox dump failed`}},
		},
	},
	{
		id: "K4", job: job{name: "ci-kubernetes-e2e-gce-scale-performance-5000", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 3, 3, 17, 1, 12, 0, time.UTC),
			args: []string{"bash", "-c", "tests/e2e/scenarios/scalability/run-test.sh"}, timeout: "9h0m0s"}, play: slowValidation,
		expect: expectation{
			Title: "One round of kops validate takes minutes with 5,000 nodes, so that few rounds fit into its ten minutes; the node it calls not ready had been ready for eight of them",
			Cause: `(?i)(round|iteration|pass|check|validat\w*)[^\n]{0,100}\b([2-5]m\d+(\.\d+)?s|[2-5]( ?m|:)|1\d\d ?s|2\d\d ?s)`, NotFirst: []string{`(?i)is not ready`, `^(Error: )?exit status 1$`},
			Category: "timeout", Phase: "Up", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/cluster-info/nodes.yaml", `name: nodes-us-east1-b-x1f9\n[\s\S]{0,800}lastTransitionTime: "2026-03-03T17:\d\d:\d\dZ"\n\s+reason: KubeletReady`},
				{"run/artifacts/otlp/kops-*.otel", `/api/v1/nodes\?limit=500`}},
			Misleads: []place{{"run/build-log.txt", `node "nodes-us-east1-b-x1f9" of role "node" is not ready`}, {"run/build-log.txt", `wait time exceeded during validation`}, {"run/artifacts/junit_runner.xml", `exit status 1`}},
		},
	},
	{
		id: "K6", job: kopsJob("e2e-kops-aws-scale-amazonvpc-using-cl2", time.Date(2025, 9, 14, 9, 1, 2, 0, time.UTC)), play: addressSpace,
		expect: expectation{
			Title: "The subnets of the cluster are too small for its nodes' addresses, so that the last machines get none and validation cannot end well",
			Cause: `InsufficientFreeAddressesInSubnet|not enough free addresses|(?i)free addresses`, NotFirst: []string{`(?i)(increase|raise|longer)\W+(the )?(timeout|wait)`, `wait time exceeded`, `^(Error: )?exit status 1$`},
			Category: "quota", Phase: "Up", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/i-0c41e97d25b8a6f03/ipamd.log", `InsufficientFreeAddressesInSubnet`}, {"run/artifacts/toolbox-dump.yaml", `(?i)not have enough free addresses`}},
			Misleads: []place{{"run/build-log.txt", `wait time exceeded during validation`}, {"run/artifacts/junit_runner.xml", `exit status 1`}, {"run/build-log.txt", `did not have enough nodes 49\d\d vs 5000`},
				{"run/build-log.txt", `system-node-critical pod "aws-node-`}},
		},
	},
	{
		id: "K10", job: job{name: "ci-kubernetes-e2e-kops-gce-100-node-managed-prometheus-using-cl2", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 5, 20, 2, 31, 44, 0, time.UTC),
			args: []string{"bash", "-c", "tests/e2e/scenarios/scalability/run-test.sh"}}, play: noProject,
		expect: expectation{
			Title: "The load test reads its project from another variable than the deployer sets, so the URL of Cloud Monitoring has none and its queries are refused",
			Cause: `INVALID_ARGUMENT`, NotFirst: []string{`load overall`, `^(Error: )?exit status 1$`}, Category: "config", Phase: "Test", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `400 .*INVALID_ARGUMENT`}, {"run/artifacts/junit.xml", `gathering measurements`}},
			Misleads: []place{{"run/artifacts/junit.xml", `load overall`}, {"run/artifacts/junit_runner.xml", `name="Test"[^>]*>\s*<failure>exit status 1`}, {"run/build-log.txt", `Test Finished[\s\S]*Status: Fail`},
				{"run/build-log.txt", `connect: connection refused`}},
		},
	},
}

func imageGone(s *scene) {
	const cluster = "e2e-apiserver-nodes.k8s.local"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--image=" + ubuntuImage + " --node-count=4' --test=kops")
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --kubernetes-version v1.35.1 --networking=calico --image="+ubuntuImage+" --zones us-east-2a", createsCluster(cluster))
		s.line("I%s    1204 create_cluster.go:1032] Inferred %q cloud provider from zone %q", s.now.Format("0102 15:04:05.000000"), "aws", "us-east-2a")
		s.line("Error: spec.image: Invalid value: %q: image specified is invalid: could not find Image for %q", ubuntuImage, ubuntuImage)
	})
	s.phase("Down", "", func() {
		missing := func(args string) {
			s.kops(args, func(t *track) {
				t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) { t.state(cluster, "config", 404) })
			})
			s.line("Error: cluster not found %q", cluster)
		}
		missing("toolbox dump --name " + cluster + " --dir /logs/artifacts --ssh-user ubuntu")
		s.klog("", "W", kubetestPID, "dumplogs.go:59", "kops toolbox dump failed: exit status 1")
		missing("get cluster --name " + cluster + " -o yaml")
		missing("get instancegroups --name " + cluster + " -o yaml")
		s.klog("", "E", kubetestPID, "down.go:47", "Dumping cluster logs at the start of Down() failed: exit status 1")
		missing("delete cluster --name " + cluster + " --yes")
	})
	s.kubetestEnds()
}

// slowValidation has three rounds in ten minutes. The first began before the last node was ready, and was still at
// its pods when that was.
func slowValidation(s *scene) {
	const cluster, api = "e2e-scale-5000.k8s.local", "https://34.74.0.21"
	s.kubetest("--up --down --cloud-provider=gce --create-args='--networking=gce --node-count=5000 --gce-service-account=default'")
	gce := func(t *track, method, path string, took time.Duration) {
		t.lost().http(method, gceProject+path, 200, took)
	}
	var ready time.Time
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud gce --node-count 5000 --zones us-east1-b", func(t *track) {
			gce(t, "GET", "regions/us-east1", 110*time.Millisecond)
			gce(t, "GET", "zones", 110*time.Millisecond)
		})
		s.kops("update cluster --name "+cluster+" --admin --yes", func(t *track) {
			for _, name := range []string{"control-plane-us-east1-b", "nodes-us-east1-b-1", "nodes-us-east1-b-2", "nodes-us-east1-b-3", "nodes-us-east1-b-4", "nodes-us-east1-b-5"} {
				t.span(scopeTasks, "task-InstanceGroupManager/"+name, func(t *track) {
					gce(t, "GET", "zones/us-east1-b/instanceGroupManagers/"+name, 90*time.Millisecond)
					gce(t, "POST", "zones/us-east1-b/instanceGroupManagers", 300*time.Millisecond)
					t.sleep(20 * time.Second)
				})
			}
		})
		s.kops("validate cluster --name "+cluster+" --wait 10m0s --interval 60s", func(t *track) {
			ready = t.now.Add(95 * time.Second)
			for t.since() < 10*time.Minute {
				for i := range 6 {
					gce(t, "POST", fmt.Sprintf("zones/us-east1-b/instanceGroupManagers/nodes-us-east1-b-%d/listManagedInstances?maxResults=500", i+1), 7*time.Second)
				}
				for i := range 10 {
					t.lost().http("GET", fmt.Sprintf("%s/api/v1/nodes?limit=500&continue=%d", api, i), 200, 6*time.Second)
				}
				for i := range 10 {
					t.lost().http("GET", fmt.Sprintf("%s/api/v1/pods?limit=500&continue=%d", api, i), 200, 8*time.Second)
				}
				s.says(t, "W", "validate_cluster.go:232", "(will retry): cluster not yet healthy")
				t.sleep(10 * time.Second)
			}
		})
		s.line("VALIDATION ERRORS\nKIND\tNAME\tMESSAGE")
		s.line("Node\tnodes-us-east1-b-x1f9\tnode \"nodes-us-east1-b-x1f9\" of role \"node\" is not ready\nNode\tnodes-us-east1-b-p3k7\tnode \"nodes-us-east1-b-p3k7\" of role \"node\" is not ready")
		s.line("\nValidation Failed\nError: validation failed: wait time exceeded during validation")
	})
	s.phase("Down", "", func() {
		s.line("+ kubectl get nodes -o yaml")
		s.kops("toolbox dump --name "+cluster+" --dir /logs/artifacts --max-nodes 20", func(t *track) { t.sleep(4 * time.Minute) })
		s.line("Error: some of 20 nodes could not be reached: ssh: handshake failed: EOF")
		s.kops("delete cluster --name "+cluster+" --yes", func(t *track) { t.sleep(8 * time.Minute) })
	})
	s.file("cluster-info/nodes.yaml", "%s", readyNodes(ready))
	s.kubetestEnds()
}

// readyNodes are some nodes of a large cluster, the last of them ready since a time.
func readyNodes(last time.Time) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: NodeList\nitems:\n")
	for i, name := range []string{"nodes-us-east1-b-0c2d", "nodes-us-east1-b-4m8q", "nodes-us-east1-b-7zrt", "nodes-us-east1-b-b5vw", "nodes-us-east1-b-p3k7", "nodes-us-east1-b-x1f9"} {
		at := last.Add(-time.Duration(5-i) * 7 * time.Second).UTC().Format(time.RFC3339)
		fmt.Fprintf(&b, "- apiVersion: v1\n  kind: Node\n  metadata:\n    name: %s\n    labels:\n      kops.k8s.io/instancegroup: nodes-us-east1-b-%d\n  status:\n    conditions:\n", name, 1+i%5)
		for _, c := range [][3]string{{"MemoryPressure", "False", "KubeletHasSufficientMemory"}, {"DiskPressure", "False", "KubeletHasNoDiskPressure"}, {"Ready", "True", "KubeletReady"}} {
			fmt.Fprintf(&b, "    - type: %s\n      status: %q\n      lastTransitionTime: %q\n      reason: %s\n", c[0], c[1], at, c[2])
		}
	}
	return b.String()
}

func addressSpace(s *scene) {
	const cluster, api = "e2e-scale-aws.k8s.local", "https://api-e2e-scale-aws-0example.elb.us-east-2.amazonaws.com"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--networking=amazonvpc --node-count=5000 --network-cidr=10.0.0.0/16'")
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --networking=amazonvpc --node-count 5000 --zones us-east-2a,us-east-2b,us-east-2c --network-cidr 10.0.0.0/16", createsCluster(cluster))
		s.line("I%s    1221 subnets.go:183] Assigned CIDR 10.0.0.0/18 to subnet us-east-2a", s.now.Format("0102 15:04:05.000000"))
		s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		have := 4100
		s.validates(cluster, "--interval 60s", 45*time.Minute, 60*time.Second, func(t *track) string {
			t.lost().aws("Autoscaling", "DescribeAutoScalingGroups", 200, 900*time.Millisecond)
			if t.since() < 3*time.Minute {
				t.noHost(api)
				return "dns\tapiserver\tnot there yet"
			}
			t.asksAPI(api)
			have = min(have+53, 4907+t.p.rng.IntN(9))
			return fmt.Sprintf("InstanceGroup\tnodes-us-east-2a\tInstanceGroup \"nodes-us-east-2a\" did not have enough nodes %d vs 5000\n", have) +
				"Pod\tkube-system/aws-node-4qk2z\tsystem-node-critical pod \"aws-node-4qk2z\" is not ready (aws-node)\nPod\tkube-system/ebs-csi-node-8hm7v\tsystem-node-critical pod \"ebs-csi-node-8hm7v\" is pending"
		})
	})
	s.tears(cluster)
	s.ipamd()
	s.file("toolbox-dump.yaml", `autoscalingGroups:
- name: nodes-us-east-2a.%s
  desiredCapacity: 5000
  activities:
  - description: "Launching a new EC2 instance."
    statusCode: Failed
    statusMessage: "There are not enough free addresses in subnet 'subnet-0e2b94f1c7example' to satisfy the requested number of instances. Launching EC2 instance failed."
  - description: "Launching a new EC2 instance: i-0c41e97d25b8a6f03"
    statusCode: Successful
subnets:
- id: subnet-0e2b94f1c7example
  cidr: 10.0.0.0/18
  does: "The subnet does not have enough free addresses: 2"
`, cluster)
	s.kubetestEnds()
}

// ipamd is the log of the address manager of a node that came too late.
func (s *scene) ipamd() {
	p := s.attach("i-0c41e97d25b8a6f03/ipamd.log", s.now.Add(-49*time.Minute))
	say := func(level, caller, message string) {
		p.line(`{"level":%q,"ts":%q,"caller":%q,"msg":%q}`, level, p.now.Format("2006-01-02T15:04:05.000Z"), caller, message)
	}
	p.noise(90, 9*time.Second, []string{"IP pool stats: total = {n}, assigned = {n}", "Reconciling ENI/IP pool info", "Starting to increase pool size", "Node found i-0c41e97d25b8a6f03", "Get Node Info from API server"},
		func(text string) { say("debug", "ipamd/ipamd.go:1180", text) })
	for range 14 {
		p.wait(40 * time.Second)
		say("error", "awsutils/awsutils.go:1012", "Failed to CreateNetworkInterface InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses to satisfy the request. for subnet subnet-0e2b94f1c7example")
		say("warn", "ipamd/ipamd.go:842", "Failed to allocate IP addresses, will try again")
	}
}

func noProject(s *scene) {
	const cluster, api = "e2e-prometheus.k8s.local", "https://34.74.0.77"
	s.kubetest("--up --down --cloud-provider=gce --create-args='--node-count=100'")
	s.line("+ export GCP_PROJECT=k8s-infra-e2e-boskos-example")
	s.phase("Up", "", func() {
		s.kops("create cluster --name "+cluster+" --cloud gce --node-count 100 --zones us-east1-b", func(t *track) { t.lost().http("GET", gceProject+"zones", 200, 90*time.Millisecond) })
		s.kops("update cluster --name "+cluster+" --admin --yes", func(t *track) { t.sleep(70 * time.Second) })
		s.validates(cluster, "--count 10", 20*time.Minute, 20*time.Second, func(t *track) string {
			if t.since() < 2*time.Minute {
				t.lost().unreachable("GET", api+"/api/v1/nodes", "*net.OpError", "dial tcp 34.74.0.77:443: connect: connection refused", 2*time.Millisecond)
				return "the API server is not up"
			}
			t.asksAPI(api)
			return map[bool]string{true: "100 nodes are not there yet"}[t.since() < 5*time.Minute]
		})
		s.klog("", "I", kubetestPID, "up.go:167", "cluster reported as up")
	})
	s.phase("Test", "exit status 1", func() { s.loadTest(api) })
	s.phase("Down", "", func() {
		s.kops("delete cluster --name "+cluster+" --yes", func(t *track) { t.sleep(4 * time.Minute) })
	})
	s.kubetestEnds()
}

// loadTest is ClusterLoader2, whose measurements come from Cloud Monitoring.
func (s *scene) loadTest(api string) {
	const pid = 9120
	s.line("+ ./run-e2e.sh cluster-loader2 --nodes=100 --provider=gce --report-dir=/logs/artifacts --testconfig=testing/load/config.yaml --enable-prometheus-server=false")
	say := func(severity, place, format string, args ...any) {
		s.wait(800 * time.Millisecond)
		s.klog("", severity, pid, place, format, args...)
	}
	begin := s.now
	say("I", "clusterloader.go:171", "ClusterConfig.Nodes set to 100")
	for i := range 4 {
		say("W", "scheduler_latency.go:281", "request to scheduler failed (try %d): Get \"%s:10259/metrics\": dial tcp: connect: connection refused", i+1, api)
	}
	for i := range 60 {
		s.wait(12 * time.Second)
		say("I", "wait_for_controlled_pods.go:257", "WaitForControlledPodsRunning: running %d, waiting for %d of namespace test-%s-%d", i*30, 1800-i*30, s.suffix(), i%8)
		if i%11 == 5 {
			say("E", "wait_for_pods.go:128", "WaitForPods: namespace(test-%s), labelSelector(group=load): 3 pods disappeared, which is expected while they are scaled", s.suffix())
		}
	}
	const query = "https://monitoring.googleapis.com/v1/projects//location/global/prometheus/api/v1/query?query=quantile_over_time%280.99%2C+kube_request_latency%29"
	say("I", "simple_test_executor.go:171", "Step %q started", "[step: 31] gathering measurements")
	for _, measurement := range []string{"APIResponsivenessPrometheusSimple", "InClusterNetworkLatency", "DnsLookupLatency", "NetworkProgrammingLatency"} {
		say("W", "prometheus.go:98", "%s: query failed, trying again: %s: status 400", measurement, query)
		say("E", "clusterloader.go:269", "measurement call %s error: googleapi: got HTTP response code 400 with body: {\"error\": {\"code\": 400, \"status\": \"INVALID_ARGUMENT\"}} from %s", measurement, query)
	}
	say("E", "clusterloader.go:269", "%[1]s\nTest Finished\n  Test: testing/load/config.yaml\n  Status: Fail\n%[1]s", strings.Repeat("-", 80))
	s.line("F%s %7d clusterloader.go:444] 1 tests have failed!", s.now.Format("0102 15:04:05.000000"), pid)
	took := seconds(s.now.Sub(begin))
	s.junit("junit.xml", "ClusterLoaderV2",
		junitCase{Name: "load overall (testing/load/config.yaml)", Class: "ClusterLoaderV2", Time: took, Failure: "[got 4 errors, see the log]"},
		junitCase{Name: "load: [step: 30] deleting objects", Class: "ClusterLoaderV2", Time: 118.2},
		junitCase{Name: "load: [step: 31] gathering measurements", Class: "ClusterLoaderV2", Time: 9.1,
			Failure: "[measurement call APIResponsivenessPrometheusSimple - query error: 400 INVALID_ARGUMENT]"})
}
