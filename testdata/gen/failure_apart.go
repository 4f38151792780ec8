package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Cases apart: testdata/failures-apart has runs that nobody who writes rules has seen, from other public threads than
// those of testdata/failures. They are scored once as they are. Here are those of kOps, of Prow and of builds: A1, A2,
// A9, A10, A14; failure_apart_cloud.go and failure_apart_tests.go have the others.

// apartFailures are the cases apart, in the order of their ids.
func apartFailures() []failure {
	return []failure{apartTags, apartRocky, apartAddresses, apartStockout, apartAssertion, apartPrivate, apartCertificate, apartHelper, apartClone, apartMirror, apartLeases, apartCompiler, apartInterfaces, apartKilled}
}

var kubevirtProw = instance{deck: "prow.ci.kubevirt.io", bucket: "kubevirt-prow", strategy: "explicit"}

var apartTags = failure{
	id: "A1", job: job{name: "pull-aws-ebs-csi-driver-external-test", org: "kubernetes-sigs", repo: "aws-ebs-csi-driver", pull: 2171, image: kubekins, at: time.Date(2024, 10, 3, 19, 41, 0, 0, time.UTC),
		args: []string{"runner.sh", "make", "e2e/external"}}, play: tagsThrottled, passing: 2,
	expect: expectation{
		Title: "Other clusters are made in the account at the same time; the tags of load balancers cannot be read, because the client's budget of retries is used up by refusals",
		Cause: `retry quota exceeded|Rate exceeded`, NotFirst: []string{`make: \*\*\*`, `DependencyViolation`, `Not all resources deleted`, `^(Error: )?exit status 1$`, `IAMInstanceProfile`}, Category: "throttling", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `error running task "NetworkLoadBalancer/.*DescribeTags, failed to get rate limit token, retry quota exceeded`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(still has dependencies, will retry.*){12}`}, {"run/build-log.txt", `make: \*\*\* .*Error 1`}, {"passing/1/build-log.txt", `still has dependencies, will retry`}, {"passing/1/build-log.txt", `error running task "IAMInstanceProfileRole`}},
	},
}

// tagsThrottled is the driver's own script around kops: no kubetest2, no traces.
func tagsThrottled(s *scene) {
	cluster := "ebs-csi-" + s.suffix() + ".k8s.local"
	loud := func(format string, args ...any) { s.line("###\n## %s\n#", fmt.Sprintf(format, args...)) }
	s.line("make cluster/create\nmake[1]: Entering directory '/home/prow/go/src/github.com/kubernetes-sigs/aws-ebs-csi-driver'\n./hack/e2e/create-cluster.sh")
	s.goDownloads(70)
	loud("Installing kops v1.30.1")
	s.wait(8 * time.Second)
	s.line("  %% Total    %% Received %% Xferd  Average Speed   Time    Time     Time  Current\n100  191M  100  191M    0     0  88.1M      0  0:00:02  0:00:02 --:--:-- 88.1M")
	loud("Creating cluster %s", cluster)
	const pid = 27492
	say := func(severity, place, format string, args ...any) {
		s.klog("", severity, pid, place, format, args...)
	}
	say("I", "create_cluster.go:1002", "Inferred %q cloud provider from zone %q", "aws", "us-west-2a")
	for i := range 18 {
		s.wait(400 * time.Millisecond)
		say("I", "subnets.go:224", "Assigned CIDR 172.20.%d.0/19 to subnet us-west-2%c", i*32%224, 'a'+i%3)
	}
	var begin time.Time
	for i := range 24 {
		s.wait(1200 * time.Millisecond)
		say("I", "executor.go:113", "Tasks: %d done / 134 total; %d can run", i*5, 2+i*7%40)
		if i == 11 {
			say("W", "executor.go:141", "error running task \"IAMInstanceProfileRole/nodes.%s\" (9m57s remaining to succeed): error creating IAMInstanceProfileRole: operation error IAM: AddRoleToInstanceProfile, https response error StatusCode: 404, RequestID: %s, NoSuchEntity: Instance Profile nodes.%s cannot be found.", cluster, s.hex(32), cluster)
		}
	}
	if !s.failed {
		say("I", "executor.go:113", "Tasks: 134 done / 134 total; 0 can run")
		s.line("Cluster configuration has been created.\n\nSuggestions:\n * validate cluster: kops validate cluster --wait 10m")
		for range 9 {
			s.wait(30 * time.Second)
			s.klog("", "W", pid+40, "validate_cluster.go:207", "(will retry): cluster not yet healthy")
		}
		s.line("Your cluster %s is ready", cluster)
		loud("Testing focus External.Storage")
		s.specs(40, "External Storage [Driver: ebs.csi.aws.com] [Testpattern: Dynamic PV (default fs)]", 9*time.Second)
		s.line("Ran 40 of 7190 Specs in 611.870 seconds\nSUCCESS! -- 40 Passed | 0 Failed | 0 Pending | 7150 Skipped")
		s.balancersGo(cluster, loud)
		return
	}
	var last string
	for since := s.now; s.now.Sub(since) < 10*time.Minute; {
		begin = s.now
		say("I", "executor.go:113", "Tasks: 126 done / 134 total; 2 can run")
		s.wait(32 * time.Second)
		left := (10*time.Minute - s.now.Sub(since)).Round(time.Second)
		if left < 0 {
			break
		}
		last = fmt.Sprintf("error listing load balancer tags: operation error Elastic Load Balancing v2: DescribeTags, failed to get rate limit token, retry quota exceeded, %d available, 5 requested", s.rng.IntN(5))
		say("W", "executor.go:141", "error running task \"NetworkLoadBalancer/api.%s\" (%s remaining to succeed): %s", cluster, left, last)
		say("W", "executor.go:141", "error running task \"BootstrapScript/control-plane-us-west-2a\" (%s remaining to succeed): %s", left, last)
		say("I", "executor.go:171", "No progress made, sleeping before retrying 2 task(s)")
		s.now = begin.Add(s.now.Sub(begin) + 10*time.Second)
	}
	s.line("Error: error running tasks: deadline exceeded executing task NetworkLoadBalancer/api.%s. Example error: %s", cluster, last)
	s.line("make[1]: *** [Makefile:139: cluster/create] Error 1\nmake[1]: Leaving directory '/home/prow/go/src/github.com/kubernetes-sigs/aws-ebs-csi-driver'")
	s.balancersGo(cluster, loud)
	s.line("make: *** [Makefile:118: e2e/external] Error 1")
	s.fail()
	s.entrypointFailed()
}

// balancersGo is kops delete cluster, for which dependents go in time.
func (s *scene) balancersGo(cluster string, loud func(string, ...any)) {
	loud("Deleting cluster %s", cluster)
	s.line("TYPE\t\t\tNAME\t\t\t\t\tID\nautoscaling-config\tcontrol-plane-us-west-2a.masters\tlt-0%s\nvpc\t\t\t%s\tvpc-0%s", s.hex(16), cluster, s.hex(16))
	group, subnet := s.hex(16), s.hex(16)
	for range 7 {
		s.wait(10 * time.Second)
		s.line("security-group:sg-0%s\tstill has dependencies, will retry\nsubnet:subnet-0%s\tstill has dependencies, will retry\nNot all resources deleted; waiting before reattempting deletion\n\tsecurity-group:sg-0%s\n\tsubnet:subnet-0%s", group, subnet, group, subnet)
	}
	s.line("subnet:subnet-0%s\tok\nsecurity-group:sg-0%s\tok\nDeleted kubectl config for %s\n\nDeleted cluster: %q", subnet, group, cluster, cluster)
}

var apartRocky = failure{
	id: "A2", job: kopsJob("e2e-kops-grid-kubenet-rocky9-k34", time.Date(2026, 2, 14, 8, 1, 30, 0, time.UTC)), play: noConntrack,
	expect: expectation{
		Title: "The kernel of the nodes has connection tracking not loaded, so that kube-proxy ends at once, no service has an address that answers, and the add-ons wait for the API server until validation gives up",
		Cause: `nf_conntrack_max: no such file or directory`, NotFirst: []string{`wait time exceeded`, `i/o timeout`, `(?i)ebs-csi`, `(?i)coredns`, `^(Error: )?exit status 1$`}, Category: "node", Phase: "Up", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/cluster-info/kube-system/kube-proxy-i-055bfe0498b9d2084/kube-proxy.log", `"Error running ProxyServer" err="open /proc/sys/net/netfilter/nf_conntrack_max: no such file or directory"`}},
		Misleads: []place{{"run/build-log.txt", `wait time exceeded during validation`}, {"run/build-log.txt", `pod "ebs-csi-controller-`}, {"run/artifacts/cluster-info/kube-system/ebs-csi-controller-6c8b9d5f7d-x2k4p/ebs-plugin.log", `(?s)(100\.64\.0\.1:443: i/o timeout.*){20}`}, {"run/artifacts/i-055bfe0498b9d2084/kubelet.log", `(?s)(CrashLoopBackOff.*){10}`}},
	},
}

func noConntrack(s *scene) {
	const cluster, api = "e2e-kops-grid-kubenet-rocky9-k34.tests-kops-aws.k8s.io", "https://api.e2e-kops-grid-kubenet-rocky9-k34.tests-kops-aws.k8s.io"
	const image, node = "792107900819/Rocky-9-EC2-Base-9.7-20251123.2.x86_64", "i-055bfe0498b9d2084"
	s.kubetest("--up --down --cloud-provider=aws --create-args=\"--image='" + image + "' --networking=kubenet\" --kubernetes-version=https://dl.k8s.io/release/stable-1.34.txt --test=kops")
	var begin time.Time
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --image="+image+" --networking=kubenet --zones us-east-2a", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		begin = s.now
		s.validates(cluster, "--count 10", 20*time.Minute, 20*time.Second, func(t *track) string {
			t.lost().aws("Autoscaling", "DescribeAutoScalingGroups", 200, 60*time.Millisecond)
			if t.since() < 4*time.Minute {
				t.noHost(api)
				return "dns\tapiserver\tValidation Failed: the API server cannot be reached yet"
			}
			t.asksAPI(api)
			return "Pod\tkube-system/coredns-7d9b5c6f8-hh2vq\tsystem-cluster-critical pod \"coredns-7d9b5c6f8-hh2vq\" is not ready (coredns)\n" +
				"Pod\tkube-system/ebs-csi-controller-6c8b9d5f7d-x2k4p\tsystem-cluster-critical pod \"ebs-csi-controller-6c8b9d5f7d-x2k4p\" is not ready (csi-attacher,csi-provisioner,csi-resizer,ebs-plugin)\n" +
				"Pod\tkube-system/ebs-csi-node-p4l9w\tsystem-node-critical pod \"ebs-csi-node-p4l9w\" is not ready (ebs-plugin)\n" +
				"Pod\tkube-system/kube-proxy-" + node + "\tsystem-node-critical pod \"kube-proxy-" + node + "\" is not ready (kube-proxy)"
		})
	})
	s.tears(cluster)
	s.nodeWithoutConntrack(node, begin.Add(5*time.Minute))
	s.kubetestEnds()
}

// nodeWithoutConntrack leaves what kops toolbox dump finds on a node and in its pods.
func (s *scene) nodeWithoutConntrack(node string, up time.Time) {
	const pods = "cluster-info/kube-system/"
	p := s.attach(pods+"kube-proxy-"+node+"/kube-proxy.log", up.Add(14*time.Minute))
	for _, l := range []string{`I flags.go:64] "FLAG" --cluster-cidr="100.96.0.0/11"`, `I flags.go:64] "FLAG" --conntrack-max-per-core="131072"`, `I flags.go:64] "FLAG" --hostname-override="` + node + `"`, `I flags.go:64] "FLAG" --master="https://127.0.0.1"`, `I flags.go:64] "FLAG" --oom-score-adj="-998"`, `I flags.go:64] "FLAG" --v="2"`,
		`W feature_gate.go:352] "Setting GA feature gate. It will be removed in a future release." feature="NodeInclusionPolicyInPodTopologySpread"`, `I server_linux.go:53] "Using iptables proxy"`, `I server.go:715] "Successfully retrieved node IP(s)" IPs=["172.20.61.9"]`,
		`I conntrack.go:60] "Setting nf_conntrack_max" nfConntrackMax=262144`, `I conntrack.go:121] "Set sysctl" entry="net/netfilter/nf_conntrack_max" value=262144`,
		`E server.go:135] "Error running ProxyServer" err="open /proc/sys/net/netfilter/nf_conntrack_max: no such file or directory"`, `E run.go:72] "command failed" err="open /proc/sys/net/netfilter/nf_conntrack_max: no such file or directory"`} {
		p.wait(3 * time.Millisecond)
		p.klogLine(11, l)
	}
	p.line("%s running command: exit status 1", p.now.Format("2006/01/02 15:04:05"))
	driver := s.attach(pods+"ebs-csi-controller-6c8b9d5f7d-x2k4p/ebs-plugin.log", up.Add(time.Minute))
	for range 40 {
		driver.wait(10 * time.Second)
		driver.klogLine(1, `I main.go:154] "Initializing metadata" region="us-east-2"`)
		driver.wait(10 * time.Second)
		driver.klogLine(1, `E controller.go:90] "Could not get credentials" err="operation error STS: AssumeRoleWithWebIdentity: Get \"https://100.64.0.1:443/api/v1/nodes/`+node+`\": dial tcp 100.64.0.1:443: i/o timeout"`)
	}
	dns := s.attach(pods+"coredns-7d9b5c6f8-hh2vq/coredns.log", up.Add(2*time.Minute))
	for range 24 {
		dns.wait(15 * time.Second)
		dns.line("%s [INFO] plugin/ready: Still waiting on: \"kubernetes\"", dns.now.Format(time.RFC3339))
		dns.line("%s [ERROR] plugin/kubernetes: Failed to watch *v1.Namespace: failed to list *v1.Namespace: Get \"https://100.64.0.1:443/api/v1/namespaces?limit=500\": dial tcp 100.64.0.1:443: i/o timeout", dns.now.Format(time.RFC3339))
	}
	k := s.attach(node+"/kubelet.log", up.Add(-40*time.Second))
	k.kubelet(node, 40, 2*time.Second, kubeletRuns)
	for range 22 {
		k.kubelet(node, 5, 8*time.Second, kubeletRuns)
		k.kubeletLine(node, `E pod_workers.go:1324] "Error syncing pod, skipping" err="failed to \"StartContainer\" for \"kube-proxy\" with CrashLoopBackOff: \"back-off 5m0s restarting failed container=kube-proxy pod=kube-proxy-`+node+`_kube-system\"" pod="kube-system/kube-proxy-`+node+`"`)
		k.kubeletLine(node, `I prober.go:111] "Probe failed" probeType="Readiness" pod="kube-system/coredns-7d9b5c6f8-hh2vq" containerName="coredns" probeResult="failure" output="HTTP probe failed with statuscode: 503"`)
	}
	s.file(node+"/modules", "Module                  Size  Used by\nbr_netfilter           36864  0\nbridge                339968  1 br_netfilter\nstp                    16384  1 bridge\nllc                    16384  2 bridge,stp\noverlay               180224  18\nena                   151552  0\n")
}

var apartClone = failure{
	id: "A9", job: job{name: "pull-kubernetes-bazel-build", org: "kubernetes", repo: "kubernetes", pull: 94866, image: kubekins, at: time.Date(2020, 11, 11, 17, 22, 0, 0, time.UTC), args: []string{"../test-infra/hack/bazel.sh", "build", "//..."}}, play: replicaBehind,
	expect: expectation{
		Title: "A replica of the code host is behind: it gives an older head of the pull request than the one that is to be tested, which therefore cannot be merged, and no test is begun",
		Cause: `not something we can merge`, NotFirst: []string{`PodInitializing`, `(?i)no (build )?log`, `detached HEAD`}, Category: "infra", Needs: []string{"run"},
		Evidence: []place{{"run/clone-log.txt", `merge: [0-9a-f]{40} - not something we can merge`}, {"run/clone-records.json", `not something we can merge`}},
		Misleads: []place{{"run/podinfo.json", `PodInitializing`}, {"run/build-log.txt", `You are in 'detached HEAD' state`}, {"run/prowjob.json", `"description": "Job failed."`}},
	},
}

// replicaBehind has no test container: initupload ends with 1 when a clone failed, and leaves the clone's log as the build's.
func replicaBehind(s *scene) {
	s.fail()
	t := s.run.times()
	ended := func(name string, from time.Time, exit int, reason string) obj {
		return obj{"name": name, "image": "prow/" + name + ":v20201110-example", "ready": exit == 0, "restartCount": 0,
			"state": obj{"terminated": obj{"startedAt": from, "finishedAt": from.Add(time.Second), "exitCode": exit, "reason": reason}}}
	}
	waits := func(name string) obj {
		return obj{"name": name, "image": "prow/" + name + ":v20201110-example", "ready": false, "restartCount": 0, "state": obj{"waiting": obj{"reason": "PodInitializing"}}}
	}
	s.run.ending.status = obj{
		"initContainerStatuses": []obj{ended("clonerefs", t.clone, 0, "Completed"), ended("initupload", t.initupload, 1, "Error"), waits("place-entrypoint")},
		"containerStatuses":     []obj{waits("sidecar"), waits("test")},
	}
	s.amend = func(files bucket) {
		records := s.run.cloneRecords()
		commands := records[1]["commands"].([]obj)
		for _, c := range commands {
			switch command := c["command"].(string); {
			case strings.HasPrefix(command, "git init"):
				c["output"] = "Initialized empty Git repository in /home/prow/go/src/github.com/kubernetes/kubernetes/.git/\n"
			case strings.HasPrefix(command, "git fetch") && strings.Contains(command, "--tags"):
				c["output"] = "From https://github.com/kubernetes/kubernetes\n * [new branch]            feature-workload-ga -> feature-workload-ga\n * [new tag]               v1.20.0-beta.1 -> v1.20.0-beta.1\n * [new tag]               v1.20.0-alpha.3 -> v1.20.0-alpha.3\n"
			case strings.HasPrefix(command, "git checkout"):
				c["output"] = "Note: switching to '" + s.run.base() + "'.\n\nYou are in 'detached HEAD' state. You can look around, make experimental\nchanges and commit them, and you can discard any commits you make in this\nstate without impacting any branches by switching back to a branch.\n\nHEAD is now at " + s.run.base()[:11] + " Merge pull request #96332 from example/example\n"
			case strings.Contains(command, "/head"):
				c["output"] = "From https://github.com/kubernetes/kubernetes\n * branch                  refs/pull/94866/head -> FETCH_HEAD\n"
			case strings.HasPrefix(command, "git merge"):
				c["output"], c["error"] = "merge: "+pullSHA+" - not something we can merge\n", "exit status 1"
			}
		}
		records[1]["failed"] = true
		delete(records[1], "final_sha")
		log := fmt.Sprintf("# FAILED!\n# Cloning kubernetes/kubernetes at main(%s)\n# Checking out pulls:\n#\t94866(%s)\n", s.run.base(), pullSHA)
		for _, c := range commands {
			log += fmt.Sprintf("$ %s (runtime: %s)\n%s", c["command"], time.Duration(c["duration"].(int64)), c["output"])
			if c["error"] != nil {
				log += fmt.Sprintf("# Error: %s\n", c["error"])
			}
		}
		files["clone-records.json"], files["clone-log.txt"], files["build-log.txt"] = compact(records), []byte(log), []byte(log)
		delete(files, "sidecar-logs.json")
		var pod obj
		if err := json.Unmarshal(files["podinfo.json"], &pod); err != nil {
			panic(err) // it was encoded a moment ago
		}
		events := pod["events"].([]any)
		pod["events"] = events[:len(events)-1] // the test container never started
		files["podinfo.json"] = indented(pod)
	}
}

var apartMirror = failure{
	id: "A10", job: job{prow: kubevirtProw, name: "periodic-knmstate-e2e-handler-k8s-latest", org: "nmstate", repo: "kubernetes-nmstate", image: "kubevirtci/golang:v20260501-example", at: time.Date(2026, 5, 28, 2, 4, 0, 0, time.UTC), every: 24 * time.Hour, pool: "prow-workloads-",
		args: []string{"/usr/local/bin/runner.sh", "/bin/sh", "-c", "automation/check-patch.e2e-k8s.sh"}}, play: mirrorGone, passing: 2,
	expect: expectation{
		Title: "The package mirror that the machine image names for CRI-O is gone, so that the machines install nothing at all, not even what lies elsewhere",
		Cause: `Status code: 404 for https://storage\.googleapis\.com/kubevirtci-crio-mirror|Failed to download metadata for repo '[^']*cri-o`, NotFirst: []string{`make: \*\*\*`, `Status code: 503`, `(?i)not found: id`, `no such (container|volume)`}, Category: "dependency", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `Status code: 404 for https://storage\.googleapis\.com/kubevirtci-crio-mirror/`}},
		Misleads: []place{{"run/build-log.txt", `\[MIRROR\] .*Status code: 503`}, {"passing/1/build-log.txt", `\[MIRROR\] .*Status code: 503`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:221: cluster-up\] Error 1`}, {"run/build-log.txt", `(?s)(no such container.*){2}`}},
	},
}

func mirrorGone(s *scene) {
	s.line("+ export KUBEVIRT_PROVIDER=k8s-1.32\n+ export NM_VERSION=latest\n+ make cluster-up\n./cluster/up.sh")
	s.goDownloads(40)
	s.line("Trying to pull quay.io/kubevirtci/gocli:2602051029-2d22c9bb...\nGetting image source signatures")
	for range 22 {
		s.wait(2 * time.Second)
		s.line("Copying blob sha256:%s", s.hex(64))
	}
	s.line("Writing manifest to image destination\nselecting k8s-1.32 as the provider\nError: no such container k8s-1.32-dnsmasq\nError: no such volume k8s-1.32-registry")
	for i := range 60 {
		s.wait(1500 * time.Millisecond)
		s.line("time=%q level=info msg=\"%s\"", s.now.Format(time.RFC3339), s.vary([]string{"waiting for node to come up", "Executing ssh command: sudo /bin/bash /scripts/vagrant.sh, attempt {d}", "Executing ssh command: sudo /bin/bash /scripts/node0" + fmt.Sprint(1+i%3) + ".sh", "creating tunnel {ip}:{n}"}[i%4]))
		if i%15 == 7 {
			s.line("time=%q level=error msg=\"dial tcp 192.168.66.101:22: connect: connection refused, trying again\"", s.now.Format(time.RFC3339))
		}
	}
	s.line("node/node01 condition met\nnode/node02 condition met\nnode/node03 condition met\nInstalling NetworkManager from copr on node01\n+ ./cluster/ssh.sh node01 -- sudo dnf install -y dnf-plugins-core")
	s.wait(3 * time.Second)
	s.line("CentOS Stream 9 - BaseOS                         21 MB/s | 8.9 MB     00:00    \n[MIRROR] repomd.xml: Status code: 503 for https://mirror.example.org/centos-stream/9-stream/AppStream/x86_64/os/repodata/repomd.xml (IP: 203.0.113.31)\nCentOS Stream 9 - AppStream                      18 MB/s |  26 MB     00:01    \nCentOS Stream 9 - Extras packages                45 kB/s |  20 kB     00:00    ")
	const repo = "devel_kubic_libcontainers_stable_cri-o_1.32"
	if s.failed {
		s.line("%s  1.9 kB/s | 224  B     00:00    \nErrors during downloading metadata for repository '%s':\n  - Status code: 404 for https://storage.googleapis.com/kubevirtci-crio-mirror/isv_cri_o_stable_v1.32/repodata/repomd.xml (IP: 142.250.191.59)\nError: Failed to download metadata for repo '%s': Cannot download repomd.xml: Cannot download repodata/repomd.xml: All mirrors were tried", repo, repo, repo)
		s.line("make: *** [Makefile:221: cluster-up] Error 1\n+ teardown\n+ make cluster-down\n./cluster/down.sh")
		for i := range 3 {
			s.wait(2 * time.Second)
			s.line("k8s-1.32-node%02d\nError: no such container k8s-1.32-node%02d-tunnel", i+1, i+1)
		}
		s.line("+ cp -r 'test/e2e/*.log' /logs/artifacts\ncp: cannot stat 'test/e2e/*.log': No such file or directory")
		s.fail()
		s.entrypointFailed()
		return
	}
	s.line("%s  88 kB/s |  41 kB     00:00    \nPackage dnf-plugins-core-4.3.0-20.el9.noarch is already installed.\nDependencies resolved.\nNothing to do.\nComplete!", repo)
	s.wait(2 * time.Minute)
	s.line("+ make test-e2e-handler")
	s.specs(30, "[rfe_id:3503][crit:medium] NodeNetworkState", 11*time.Second)
	s.line("Ran 30 of 92 Specs in 801.442 seconds\nSUCCESS! -- 30 Passed | 0 Failed | 0 Pending | 62 Skipped\n+ teardown\n+ make cluster-down\nError: no such container k8s-1.32-node01-tunnel")
}

var apartKilled = failure{
	id: "A14", job: job{name: "pull-k8sio-groups-test", org: "kubernetes", repo: "k8s.io", pull: 5782, image: "golang:1.20", at: time.Date(2023, 9, 4, 12, 31, 0, 0, time.UTC), memory: "512Mi", args: []string{"make", "-C", "groups", "test"}}, play: compilerKilled, passing: 3,
	expect: expectation{
		Title: "The memory of the job is too small for the Go compiler: some of its processes are killed, the container itself goes on",
		Cause: `compile: signal: killed`, NotFirst: []string{`make: \*\*\*`, `\[build failed\]`, `^FAIL`}, Category: "oom", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `golang\.org/x/sys/unix: /usr/local/go/pkg/tool/linux_amd64/compile: signal: killed`}},
		Misleads: []place{{"run/build-log.txt", `FAIL\s+k8s\.io/k8s\.io/groups \[build failed\]`}, {"run/build-log.txt", `make: \*\*\* .*Error 1`}, {"run/podinfo.json", `"reason": "Error"`}},
	},
}

func compilerKilled(s *scene) {
	s.line("make: Entering directory '/home/prow/go/src/github.com/kubernetes/k8s.io/groups'\ngo test -v ./...")
	s.goDownloads(85)
	s.wait(40 * time.Second)
	if s.failed {
		s.line("golang.org/x/sys/unix: /usr/local/go/pkg/tool/linux_amd64/compile: signal: killed\nvendor/golang.org/x/text/unicode/norm: /usr/local/go/pkg/tool/linux_amd64/compile: signal: killed")
		s.wait(20 * time.Second)
		s.line("FAIL\tk8s.io/k8s.io/groups [build failed]\nFAIL\nmake: *** [Makefile:33: test] Error 1\nmake: Leaving directory '/home/prow/go/src/github.com/kubernetes/k8s.io/groups'")
		s.fail()
		s.run.ending.exit = 2
		s.line(`{"component":"entrypoint","error":"wrapped process failed: exit status 2","file":"k8s.io/test-infra/prow/entrypoint/run.go:84","func":"k8s.io/test-infra/prow/entrypoint.Options.internalRun","level":"error","msg":"Error executing test process","severity":"error","time":"%s"}`, s.now.Format(time.RFC3339))
		return
	}
	for _, test := range []string{"TestMergeGroups", "TestRestrictionForPath", "TestStagingEmailLength", "TestDescriptionLength", "TestK8sInfraGroupConventions", "TestNoDuplicateMembers", "TestHardcodedGroupsForParanoia"} {
		s.line("=== RUN   %s\n--- PASS: %s (0.0%ds)", test, test, s.rng.IntN(9))
	}
	s.line("PASS\nok  \tk8s.io/k8s.io/groups\t0.0%ds\nmake: Leaving directory '/home/prow/go/src/github.com/kubernetes/k8s.io/groups'", 30+s.rng.IntN(40))
}
