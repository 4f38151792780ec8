package main

import (
	"fmt"
	"strings"
	"time"
)

// Fourth cases in which a cloud or a cluster under test is the matter: H3, H4, H7, H10, H11, H13.

var round4Iptables = failure{
	id: "H3", job: kopsJob("e2e-kops-grid-kubenet-rocky10arm64-k33", time.Date(2026, 4, 9, 11, 51, 0, 0, time.UTC)), play: round4NoIptables,
	expect: expectation{
		Title: "The nodes' system is the first that has no iptables, which the preparation of the nodes and the plugins of the network call, so that no pod gets a network",
		Cause: `(?i)iptables: command not found|(?i)"?iptables"?: executable file not found|(?i)iptables[^\n]{0,60}(not found|missing|not installed)|(?i)(missing|not found|locate)[^\n]{0,40}iptables`, NotFirst: []string{`wait time exceeded`, `(?i)coredns`, `(?i)ebs-csi`, `^(Error: )?exit status 1$`, `(?i)no such host`}, Category: "node", Phase: "Up", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/i-05604d542db372bec/journal.log", `iptables-setup: line 6: iptables: command not found`}, {"run/artifacts/i-05604d542db372bec/journal.log", `failed to locate iptables`}},
		Misleads: []place{{"run/build-log.txt", `wait time exceeded during validation`}, {"run/build-log.txt", `pod "coredns-`}, {"run/artifacts/i-05604d542db372bec/journal.log", `AVC avc:  denied`}, {"run/artifacts/otlp/kops-*.otel", `no such host`}},
	},
}

func round4NoIptables(s *scene) {
	const cluster, api, node = "e2e-kops-grid-kubenet-rocky10arm64-k33.tests-kops-aws.k8s.io", "https://api.e2e-kops-grid-kubenet-rocky10arm64-k33.tests-kops-aws.k8s.io", "i-05604d542db372bec"
	const image = "792107900819/Rocky-10-EC2-Base-10.1-20251116.0.aarch64"
	s.kubetest("--up --down --cloud-provider=aws --create-args=\"--image='" + image + "' --networking=kubenet --node-size=m6g.large\" --kubernetes-version=https://dl.k8s.io/release/stable-1.33.txt --test=kops")
	var begin time.Time
	s.phase("Up", "exit status 1", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --image="+image+" --networking=kubenet --zones eu-west-1a", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		begin = s.now
		s.validates(cluster, "--count 10", 20*time.Minute, 20*time.Second, func(t *track) string {
			t.lost().aws("Autoscaling", "DescribeAutoScalingGroups", 200, 60*time.Millisecond)
			if t.since() < 4*time.Minute {
				t.noHost(api)
				return "dns\tapiserver\tValidation Failed: the API server cannot be reached yet"
			}
			t.asksAPI(api)
			return "Pod\tkube-system/coredns-5c9d7b8f6-q7xkd\tsystem-cluster-critical pod \"coredns-5c9d7b8f6-q7xkd\" is pending\n" +
				"Pod\tkube-system/coredns-autoscaler-6d5f9c7b88-n2wzp\tsystem-cluster-critical pod \"coredns-autoscaler-6d5f9c7b88-n2wzp\" is pending\n" +
				"Pod\tkube-system/ebs-csi-node-9h6zs\tsystem-node-critical pod \"ebs-csi-node-9h6zs\" is pending"
		})
	})
	s.tears(cluster)
	up := begin.Add(70 * time.Second)
	j := s.attach(node+"/journal.log", up)
	host := node + ".eu-west-1.compute.internal"
	j.journal(host, 70, 300*time.Millisecond, machineBoot)
	j.journalLine(host, "nodeup[5120]: I%s    5120 nodeup.go:141] Build: 1.36.0-alpha.1", j.now.Format("0102 15:04:05.000000"))
	for i := range 40 {
		j.wait(500 * time.Millisecond)
		j.journalLine(host, "nodeup[5120]: I%s    5120 executor.go:113] Tasks: %d done / 61 total; %d can run", j.now.Format("0102 15:04:05.000000"), i, 1+i%9)
	}
	j.journalLine(host, "systemd[1]: Starting kubernetes-iptables-setup.service - Configure iptables for kubernetes...")
	j.wait(6 * time.Millisecond)
	j.journalLine(host, "iptables-setup[5914]: /opt/kops/bin/iptables-setup: line 6: iptables: command not found")
	for i := range 4 {
		j.journalLine(host, "cni-iptables-setup[%d]: /opt/kops/bin/cni-iptables-setup: line %d: iptables: command not found", 5913+i, 4+i)
	}
	j.journalLine(host, "systemd[1]: Finished kubernetes-iptables-setup.service - Configure iptables for kubernetes.")
	j.kubelet(host, 40, 2*time.Second, kubeletRuns)
	for range 30 {
		j.kubelet(host, 6, 5*time.Second, kubeletRuns)
		pod := []string{"coredns-5c9d7b8f6-q7xkd", "coredns-autoscaler-6d5f9c7b88-n2wzp", "ebs-csi-node-9h6zs"}[j.rng.IntN(3)]
		j.kubeletLine(host, `E log.go:32] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = failed to setup network for sandbox \"`+j.hex(64)+`\": plugin type=\"bridge\" failed (add): failed to locate iptables: exec: \"iptables\": executable file not found in $PATH"`)
		j.kubeletLine(host, `E pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \"CreatePodSandbox\" for \"`+pod+`_kube-system\" with CreatePodSandboxError" pod="kube-system/`+pod+`"`)
	}
	d := s.attach("cluster-info/kube-system/kops-controller-8t5zp/kops-controller.log", up.Add(2*time.Minute))
	for range 60 {
		d.wait(9 * time.Second)
		d.klogLine(1, d.vary([]string{`I node_controller.go:142] "sending patch for node" node="i-0{id}"`, `I server.go:199] "bootstrap request" remote="{ip}:{n}"`, `E leaderelection.go:429] "Failed to update lock optimistically: Operation cannot be fulfilled on leases {id}"`}[d.rng.IntN(3)]))
	}
	s.kubetestEnds()
}

var round4Flags = failure{
	id: "H13", job: job{name: "pull-kops-latest-e2e-aws-k8s-1-22", org: "kubernetes", repo: "kops", pull: 14061, image: kubekins, at: time.Date(2022, 7, 29, 13, 2, 0, 0, time.UTC), every: 26 * time.Hour,
		args: []string{"bash", "-c", "make test-e2e-install && kubetest2 kops -v=2 --up --down --cloud-provider=aws --kubernetes-version=1.22 --test=kops"}}, play: round4NewFlags, passing: 1,
	expect: expectation{
		Title: "The newer kubetest2 passes the flags of Ginkgo 2, which the tests of Kubernetes 1.22 do not know: they end before the first",
		Cause: `(?i)flag provided but not defined|ginkgo\.flake-attempts`, NotFirst: []string{`(?i)timed out waiting for all parallel nodes`, `(?i)e2e timed out`, `^(Error: )?exit status \d+$`, `Process exited with status`, `(?i)no such host`}, Category: "config", Phase: "Test", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `flag provided but not defined: -ginkgo\.flake-attempts`}},
		Misleads: []place{{"run/build-log.txt", `Ginkgo timed out waiting for all parallel nodes to report back!`}, {"run/artifacts/junit_runner.xml", `exit status 255`}, {"run/build-log.txt", `could not read /var/log/cloud-init\.log`}, {"run/artifacts/otlp/kops-*.otel", `no such host`}},
	},
}

func round4NewFlags(s *scene) {
	const cluster, api = "e2e-kops-14061-k122.test-cncf-aws.k8s.io", "https://api.e2e-kops-14061-k122.test-cncf-aws.k8s.io"
	s.kubetest("--up --down --cloud-provider=aws --create-args='--networking calico' --kubernetes-version=https://storage.googleapis.com/kubernetes-release/release/stable-1.22.txt --test=kops")
	s.phase("Up", "", func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --networking calico --zones us-east-2a", createsCluster(cluster))
		s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
		s.validates(cluster, "--count 10", 15*time.Minute, 20*time.Second, until(5*time.Minute, api, "Node\ti-0b2d\tnode \"i-0b2d\" of role \"node\" is not ready"))
	})
	failure := ""
	if s.failed {
		failure = "exit status 255"
	}
	s.phase("Test", failure, func() {
		flags := "--ginkgo.flakeAttempts=2"
		if s.failed {
			flags = "--ginkgo.flake-attempts=2"
		}
		s.klog("", "I", kubetestPID, "ginkgo.go:88", "Running ginkgo test as %s/ginkgo --nodes=25 %s/e2e.test -- --kubeconfig=/root/.kube/config --provider=aws %s --report-dir=/logs/artifacts", "/home/prow/go/src/k8s.io/kops/_rundir/"+s.run.uuid, "/home/prow/go/src/k8s.io/kops/_rundir/"+s.run.uuid, flags)
		s.line("Running Suite: Kubernetes e2e suite\nRandom Seed: 1659100201 - Will randomize all specs\nWill run 371 of 6432 specs\n\nRunning in parallel across 25 nodes")
		if !s.failed {
			s.specs(60, "[sig-apps] ReplicaSet", 3*time.Second)
			s.line("Ran 371 of 6432 Specs in 911.402 seconds\nSUCCESS! -- 371 Passed | 0 Failed | 0 Flaked | 0 Pending | 6061 Skipped")
			return
		}
		s.now = s.now.Add(5 * time.Minute)
		s.line("\n\t -------------------------------------------------------------------\n\t|                                                                   |\n\t|  Ginkgo timed out waiting for all parallel nodes to report back!  |\n\t|                                                                   |\n\t -------------------------------------------------------------------\n\n e2e timed out. path: ./_rundir/%s", s.run.uuid)
		for n := range 25 {
			s.line("[%d] flag provided but not defined: -ginkgo.flake-attempts\n[%d] Usage of /home/prow/go/src/k8s.io/kops/_rundir/%s/e2e.test:", n+1, n+1, s.run.uuid)
			for _, flag := range [][2]string{{"add_dir_header", "If true, adds the file directory to the header of the log messages"}, {"allowed-not-ready-nodes int", "If greater than zero, framework will allow for that many non-ready nodes when checking for all ready nodes."}, {"cloud-config-file string", "Cloud config file.  Only required if provider is azure or vsphere."},
				{"delete-namespace-on-failure", "If true, framework will delete test namespace on failure. (default true)"}, {"disable-log-dump", "If set to true, master and node logs won't be gathered after test run."}, {"ginkgo.dryRun", "If set, ginkgo will walk the test hierarchy without actually running anything."}, {"ginkgo.failFast", "If set, ginkgo will stop running a test suite after a failure occurs."},
				{"ginkgo.flakeAttempts int", "Make up to this many attempts to run each spec. (default 1)"}, {"ginkgo.focus value", "If set, ginkgo will only run specs that match this regular expression."}, {"ginkgo.slowSpecThreshold float", "(in seconds) Specs that take longer to run than this threshold are flagged as slow by the default reporter. (default 5)"}, {"node-schedulable-timeout duration", "Timeout for waiting for all nodes to be schedulable. (default 30m0s)"}} {
				s.line("[%d]   -%s\n[%d]     \t%s", n+1, flag[0], n+1, flag[1])
			}

		}
		s.line("\nGinkgo ran 1 suite in 5m0.8s\nTest Suite Failed\nF%s %7d ginkgo.go:205] failed to run ginkgo tester: exit status 1", s.now.Format("0102 15:04:05.000000"), kubetestPID+71)
	})
	s.tears(cluster)
	s.kubetestEnds()
}

var round4Spot = failure{
	id: "H4", job: job{name: "periodic-cluster-api-provider-aws-e2e", org: "kubernetes-sigs", repo: "cluster-api-provider-aws", image: kubekins, at: time.Date(2020, 10, 7, 16, 31, 0, 0, time.UTC), every: 12 * time.Hour, args: []string{"runner.sh", "./scripts/ci-e2e.sh"}}, play: round4NoSpot, passing: 1,
	expect: expectation{
		Title: "The cloud has no spot machine of the type to give at that hour, so that the test waits for its worker in vain",
		Cause: `InsufficientInstanceCapacity|(?i)no spot capacity|(?i)spot[^\n]{0,60}capacity|(?i)failed to (run|create)( AWSMachine)? instance`, NotFirst: []string{`^(\[FAILED\] )?Timed out after`, `(?i)Expected`, `make(\[\d\])?: \*\*\*`, `(?i)the object has been modified`, `(?i)unable to patch`}, Category: "capacity", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/clusters/bootstrap/controllers/capa-controller-manager/capa-controller-manager-6f9c5d8b7-xk2vd/manager.log", `InsufficientInstanceCapacity: There is no Spot capacity available that matches your request`}},
		Misleads: []place{{"run/artifacts/junit.e2e_suite.1.xml", `Timed out after 1200`}, {"run/artifacts/clusters/bootstrap/controllers/capa-controller-manager/capa-controller-manager-6f9c5d8b7-xk2vd/manager.log", `(?s)(the object has been modified.*){4}`}, {"passing/1/artifacts/clusters/bootstrap/controllers/capa-controller-manager/capa-controller-manager-6f9c5d8b7-xk2vd/manager.log", `the object has been modified`}, {"run/build-log.txt", `make: \*\*\* \[Makefile:\d+: test-e2e\] Error 1`}},
	},
}

func round4NoSpot(s *scene) {
	s.line("+ ./scripts/ci-e2e.sh\nDocker in Docker enabled, initializing ...\n+ hack/ensure-kustomize.sh\nboskos project is acquired")
	s.goDownloads(90)
	for i := range 50 {
		s.wait(3 * time.Second)
		s.line("%s", s.vary([]string{"Step {d}/14 : COPY ./part{n} ./", " ---> {id}{d}", "Removing intermediate container {id}"}[i%3]))
	}
	s.providers("capi-system/capi-controller-manager", "capi-kubeadm-bootstrap-system/capi-kubeadm-bootstrap-controller-manager", "capi-kubeadm-control-plane-system/capi-kubeadm-control-plane-controller-manager", "capa-system/capa-controller-manager")
	begin := s.now
	s.step("Creating a namespace for hosting the %q test spec", "functional-tests")
	const name, machine = "cluster-rt5wzr", "cluster-rt5wzr-md-0-78fdfd786d-hk77t"
	s.step("Creating a cluster with spot instances")
	s.line("INFO: Creating the workload cluster with name %q using the \"spot-instances\" template (Kubernetes v1.18.2, 1 control-plane machines, 1 worker machines)", name)
	for _, what := range []string{"INFO: Waiting for the cluster infrastructure to be provisioned", "INFO: Waiting for control plane to be initialized", "INFO: Waiting for the first control plane machine managed by functional-tests/" + name + "-control-plane to be provisioned", "INFO: Waiting for control plane to be ready"} {
		s.line("%s", what)
		s.wait(2 * time.Minute)
	}
	log := s.attach("clusters/bootstrap/controllers/capa-controller-manager/capa-controller-manager-6f9c5d8b7-xk2vd/manager.log", begin)
	table := []string{`I awsmachine_controller.go:405] controllers/AWSMachine "msg"="Reconciling AWSMachine" "awsMachine"="` + name + `-md-0-{pod}" "cluster"="` + name + `" "namespace"="functional-tests-j21pxt"`, `I awscluster_controller.go:170] controllers/AWSCluster "msg"="Reconciling AWSCluster" "cluster"="` + name + `" "id"="{id}"`,
		`E controller.go:257] controller-runtime/controller "msg"="Reconciler error" "error"="Operation cannot be fulfilled on awsmachines.infrastructure.cluster.x-k8s.io \"` + name + `-{pod}\": the object has been modified; please apply your changes to the latest version and try again" "controller"="awsmachine"`, `I network.go:{n}] controllers/AWSCluster "msg"="Reconciled subnet {id}" "cluster"="` + name + `"`}
	log.noise(90, 6*time.Second, table, func(text string) { log.klogLine(1, text) })
	s.line("INFO: Waiting for the worker machines to be provisioned")
	if !s.failed {
		log.klogLine(1, `I awsmachine_controller.go:573] controllers/AWSMachine "msg"="Creating EC2 instance" "awsMachine"="`+name+`-md-0-wxnfk" "cluster"="`+name+`"`)
		log.noise(60, 6*time.Second, table, func(text string) { log.klogLine(1, text) })
		s.wait(3 * time.Minute)
		s.step("PASSED!")
		s.specs(9, "functional tests - unmanaged", 50*time.Second)
		s.line("Ran 10 of 10 Specs in 2911.118 seconds\nSUCCESS! -- 10 Passed | 0 Failed | 0 Pending | 0 Skipped")
		s.junit("junit.e2e_suite.1.xml", "capa-e2e", junitCase{Name: "functional tests - unmanaged Creating cluster with spot instances should be created", Time: 802.2})
		return
	}
	for range 20 {
		log.klogLine(1, `I awsmachine_controller.go:573] controllers/AWSMachine "msg"="Creating EC2 instance" "awsMachine"="`+name+`-md-0-wxnfk" "cluster"="`+name+`" "machine"="`+machine+`" "namespace"="functional-tests-j21pxt"`)
		log.wait(17 * time.Second)
		log.klogLine(1, `E controller.go:257] controller-runtime/controller "msg"="Reconciler error" "error"="failed to create AWSMachine instance: failed to run instance: InsufficientInstanceCapacity: There is no Spot capacity available that matches your request.\n\tstatus code: 500, request id: `+log.hex(8)+`-example" "controller"="awsmachine" "name"="`+name+`-md-0-wxnfk" "namespace"="functional-tests-j21pxt"`)
		log.noise(5, 7*time.Second, table, func(text string) { log.klogLine(1, text) })
	}
	s.now = s.now.Add(20 * time.Minute)
	const at = "/home/prow/go/pkg/mod/sigs.k8s.io/cluster-api@v0.3.10/test/framework/machinedeployment_helpers.go:113"
	s.line("  [FAILED] Timed out after 1200.001s.\n  Expected\n      <int>: 0\n  to equal\n      <int>: 1\n  In [It] at: %s @ %s", at, s.now.Format(ginkgoTime))
	s.step("Dumping all the Cluster API resources in the %q namespace", "functional-tests-j21pxt")
	s.noise(30, 200*time.Millisecond, []string{"WARNING: could not get the console of machine {pod}: not there", "Dumping AWSMachine part-{n} to /logs/artifacts/clusters/bootstrap/resources"}, func(text string) { s.line("%s", text) })
	s.suite("functional tests - unmanaged Creating cluster with spot instances should be created", "Timed out after 1200.001s.\nExpected\n    <int>: 0\nto equal\n    <int>: 1\nIn [It] at: "+at, at)
}

var round4Handler = failure{
	id: "H7", job: job{prow: openshiftProw, name: "pull-ci-kubevirt-hyperconverged-cluster-operator-main-hco-e2e-upgrade-aws", org: "kubevirt", repo: "hyperconverged-cluster-operator", pull: 1220, image: "ci-operator:latest", at: time.Date(2021, 3, 31, 11, 10, 0, 0, time.UTC), pool: "ip-10-29-", args: []string{"--target=hco-e2e-upgrade-aws"}}, play: round4NoMap, passing: 1,
	expect: expectation{
		Title: "The newer virt-handler reads a file that only its new init container writes, which is not there after an upgrade: it panics at its start on every node",
		Cause: `cpu_map|(?i)node-labeller could not load|(?i)virt-handler[^\n]{0,80}(panic|crash)|panic: open /var/lib/kubevirt-node-labeller`, NotFirst: []string{`timed out waiting for the condition`, `ContainerFailed`, `(?i)Connecting to the server was unable|unable to retrieve container logs`, `(?i)no endpoints available`, `exit status 1$`}, Category: "product", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/hco-e2e-upgrade-aws/gather-extra/artifacts/pods/kubevirt-hyperconverged_virt-handler-92wp7_virt-handler.log", `panic: open /var/lib/kubevirt-node-labeller/cpu_map: no such file or directory`}, {"run/build-log.txt", `virt-handler-92wp7 .*CrashLoopBackOff`}},
		Misleads: []place{{"run/artifacts/hco-e2e-upgrade-aws/test/build-log.txt", `timed out waiting for the condition on hyperconvergeds`}, {"run/build-log.txt", `ContainerFailed one or more containers exited`}, {"run/artifacts/hco-e2e-upgrade-aws/gather-extra/build-log.txt", `unable to retrieve container logs`}, {"passing/1/artifacts/hco-e2e-upgrade-aws/gather-extra/artifacts/pods/kubevirt-hyperconverged_virt-handler-92wp7_virt-handler.log", `"level":"error"`}},
	},
}

func round4NoMap(s *scene) {
	test := func(p *printer) string {
		p.line("+ ./hack/upgrade-test.sh\n====================================================\n- hack/upgrade-test.sh\n====================================================")
		for i := range 70 {
			p.wait(4 * time.Second)
			p.line("%s", p.vary([]string{"catalogsource.operators.coreos.com/part-{n} created", "waiting for subscription part-{n} to have an install plan", "Error from server (NotFound): clusterserviceversions \"part-{n}\" not found", "deployment.apps/part-{n} condition met"}[i%4]))
		}
		p.line("----- Patch the subscription to move to the new channel\nsubscription.operators.coreos.com/hco-operatorhub patched\n----- Verify in subscription and CSV that the upgrade is done")
		ready := p.now
		for i := range 40 {
			p.wait(20 * time.Second)
			if !s.failed && i > 12 {
				break
			}
			p.line("[%s] HyperConverged kubevirt-hyperconverged: %s", p.now.Format("15:04:05"), []string{"Progressing True KubeVirt is not available", "Available False", "ReconcileComplete False"}[i%3])
		}
		if !s.failed {
			p.line("hyperconverged.hco.kubevirt.io/kubevirt-hyperconverged condition met\n----- HCO is upgraded after %s\nupgrade-test completed successfully.", p.now.Sub(ready).Round(time.Second))
			return ""
		}
		p.line("error: timed out waiting for the condition on hyperconvergeds/kubevirt-hyperconverged\n+ dump\n===== pods")
		for _, pod := range []string{"cdi-apiserver", "cdi-operator", "cluster-network-addons-operator", "hco-operator", "hco-webhook", "kubemacpool-mac-controller-manager", "virt-api", "virt-controller", "virt-operator", "vm-import-operator"} {
			p.line("%s-%s-%s     1/1     Running            0          31m", pod, p.hex(8), p.suffix())
		}
		for _, pod := range []string{"92wp7", "xn5w8", "zr4z9"} {
			p.line("virt-handler-%s                                    0/1     CrashLoopBackOff   9          28m", pod)
		}
		p.line("===== deployments\nvirt-api 2/2\nvirt-controller 2/2\nvirt-operator 2/2")
		return "ContainerFailed one or more containers exited"
	}
	gather := func(p *printer) {
		gathers(p)
		for _, pod := range []string{"92wp7", "xn5w8"} {
			log := s.attach("hco-e2e-upgrade-aws/gather-extra/artifacts/pods/kubevirt-hyperconverged_virt-handler-"+pod+"_virt-handler.log", p.now.Add(-3*time.Minute))
			say := func(level, pos, message string) {
				log.wait(60 * time.Millisecond)
				log.line(`{"component":"virt-handler","level":%q,"msg":%q,"pos":%q,"timestamp":%q}`, level, message, pos, log.now.Format("2006-01-02T15:04:05.000000Z"))
			}
			say("info", "virt-handler.go:189", "hostname: ip-10-0-142-17")
			for i := range 8 {
				say("info", "virt-handler.go:260", fmt.Sprintf("STARTING informer part%d", i))
			}
			say("warning", "kubevirt.go:137", "kubevirt version v0.39.0 has no setting of this name, the default is taken")
			if s.failed {
				say("error", "node_labeller.go:74", "node-labeller could not load cpu info: open /var/lib/kubevirt-node-labeller/cpu_map: no such file or directory")
				log.line("panic: open /var/lib/kubevirt-node-labeller/cpu_map: no such file or directory\n\ngoroutine 1 [running]:\nmain.(*virtHandlerApp).Run(0xc0000a9680)\n\tcmd/virt-handler/virt-handler.go:356 +0x2968\nmain.main()\n\tcmd/virt-handler/virt-handler.go:534 +0x6e")
				continue
			}
			for i := range 60 {
				say([]string{"info", "info", "error"}[i%3], "vm.go:890", log.vary([]string{"Processing event for vmi part-{n}", "Node has been successfully updated", "re-enqueuing VirtualMachineInstance part-{n}: the object has been modified"}[i%3]))
			}
		}
		for _, pod := range []string{"virt-operator-7c9d8f5b6-k2wpd_virt-operator", "hco-operator-5d8b9c7f4-h6zxq_hyperconverged-cluster-operator"} {
			log := s.attach("hco-e2e-upgrade-aws/gather-extra/artifacts/pods/kubevirt-hyperconverged_"+pod+".log", p.now.Add(-20*time.Minute))
			for i := range 50 {
				log.wait(15 * time.Second)
				log.line(`{"level":%q,"ts":%q,"msg":%q}`, []string{"info", "error", "info"}[i%3], log.now.Format("2006-01-02T15:04:05.000Z"), log.vary([]string{"waiting on daemonset part {n} to roll over to the latest version", "conflict while the status of part {n} was written, trying again", "part {n} is as it should be"}[i%3]))
			}
		}
	}
	s.operates("hco-e2e-upgrade-aws", nil, part{name: "ipi-install-install", body: ok(installs)}, part{name: "test", body: test}, part{name: "gather-extra", body: ok(gather)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovisions)})
}

var round4Profiles = failure{
	id: "H11", job: job{prow: openshiftProw, name: "pull-ci-redhat-openshift-ecosystem-community-operators-prod-main-4.6-deploy-operator-on-openshift", org: "redhat-openshift-ecosystem", repo: "community-operators-prod", pull: 1020, image: "ci-operator:latest", at: time.Date(2022, 3, 29, 9, 40, 0, 0, time.UTC), pool: "ip-10-29-", args: []string{"--target=deploy-operator-on-openshift"}}, play: round4NoProfiles, passing: 1,
	expect: expectation{
		Title: "The account of the tests has as many instance profiles as it may, left behind by earlier clusters, so that no cluster can be made",
		Cause: `InstanceProfilesPerAccount|(?i)Cannot exceed quota|(?i)instance profile[^\n]{0,120}LimitExceeded|LimitExceeded`, NotFirst: []string{`ContainerFailed`, `NoSuchEntity`, `(?i)no such host`, `(?i)Error running ?apply|failed to apply`, `(?i)Found override`, `exit status \d$`}, Category: "quota", Needs: []string{"run"},
		Evidence: []place{{"run/artifacts/deploy-operator-on-openshift/ipi-install-install/build-log.txt", `LimitExceeded: Cannot exceed quota for InstanceProfilesPerAccount: 1000`}, {"run/build-log.txt", `InstanceProfilesPerAccount: 1000`}},
		Misleads: []place{{"run/artifacts/deploy-operator-on-openshift/gather-extra/build-log.txt", `(?s)(no such host.*){6}`}, {"run/build-log.txt", `failed to create cluster: failed to apply Terraform`}, {"run/artifacts/deploy-operator-on-openshift/ipi-deprovision-deprovision/build-log.txt", `(?s)(NoSuchEntity.*){3}`}, {"passing/1/artifacts/deploy-operator-on-openshift/ipi-install-install/build-log.txt", `level=warning`}},
	},
}

func round4NoProfiles(s *scene) {
	install := func(p *printer) string {
		if !s.failed {
			installLog(p, nil, "")
			return ""
		}
		say := func(level, format string, args ...any) {
			p.line("level=%s msg=%q", level, fmt.Sprintf(format, args...))
		}
		p.line("Installing from release registry.build02.ci.openshift.org/ci-op-42r2swbg/release@sha256:0f2b4c7d…\ntime=%q", p.now.Format(time.RFC3339))
		say("warning", "Found override for release image. Please be warned, this is not advised")
		for i := range 40 {
			p.wait(400 * time.Millisecond)
			say("debug", "%s%s %s...", strings.Repeat("  ", i%6), []string{"Fetching", "Loading", "Generating", "Reusing previously-fetched"}[i%4], []string{"Terraform Variables", "Cluster ID", "Install Config", "Bootstrap Ignition Config", "Platform Credentials Check"}[i%5])
		}
		say("info", "Creating infrastructure resources...")
		for i := range 60 {
			p.wait(2 * time.Second)
			say("debug", "module.%s.%s: %s", []string{"vpc", "iam", "masters", "dns", "bootstrap"}[i%5], p.vary("aws_part.new[{d}]"), []string{"Creating...", "Still creating... [10s elapsed]", "Creation complete after 12s [id=" + p.hex(8) + "]"}[i%3])
		}
		for _, what := range []string{"bootstrap", "master"} {
			say("error", "")
			say("error", "Error: Error creating IAM instance profile ci-op-42r2swbg-96ace-47qjt-%s-profile: LimitExceeded: Cannot exceed quota for InstanceProfilesPerAccount: 1000", what)
			say("error", "\tstatus code: 409, request id: %s-example", p.hex(8))
			say("error", "")
			say("error", "  on ../tmp/openshift-install-%s/%s/main.tf line %d, in resource \"aws_iam_instance_profile\" \"%s\":", p.hex(9), what, 12+p.rng.IntN(60), what)
			say("error", "  %d: resource \"aws_iam_instance_profile\" \"%s\" {", 12+p.rng.IntN(60), what)
		}
		say("fatal", "failed to fetch Cluster: failed to generate asset \"Cluster\": failed to create cluster: failed to apply Terraform: failed to complete the change")
		return "ContainerFailed one or more containers exited"
	}
	gather := func(p *printer) {
		if !s.failed {
			gathers(p)
			return
		}
		p.noise(12, 3*time.Second, []string{"Unable to connect to the server: dial tcp: lookup api.ci-op-42r2swbg-96ace.origin-ci-int-aws.dev.rhcloud.com on 172.30.0.10:53: no such host", "error: unable to gather part {n}: dial tcp: lookup api.ci-op-42r2swbg-96ace.origin-ci-int-aws.dev.rhcloud.com: no such host"}, func(text string) { p.line("%s", text) })
	}
	deprovision := func(p *printer) {
		deprovisions(p)
		p.noise(4, 5*time.Second, []string{`level=debug msg="NoSuchEntity: Instance Profile ci-op-42r2swbg-96ace-part{n} cannot be found"`}, func(text string) { p.line("time=%q %s", p.now.Format(time.RFC3339), text) })
	}
	s.operates("deploy-operator-on-openshift", nil, part{name: "ipi-conf-aws", body: ok(func(p *printer) {
		p.line("AWS region: us-east-2 (zones: us-east-2a us-east-2b)\nbaseDomain: origin-ci-int-aws.dev.rhcloud.com")
		p.wait(3 * time.Second)
	})}, part{name: "ipi-install-install", body: install}, part{name: "operator-pipelines-test", body: ok(func(p *printer) { p.tests(14) })}, part{name: "gather-extra", body: ok(gather)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovision)})
}

var round4Kernel = failure{
	id: "H10", job: job{name: "pull-kubernetes-e2e-gce-etcd3", org: "kubernetes", repo: "kubernetes", pull: 47262, image: kubekins, at: time.Date(2017, 8, 11, 1, 2, 0, 0, time.UTC), args: []string{"./scenarios/kubernetes_e2e.py", "--provider=gce", "--build", "--extract=local", "--ginkgo-parallel"}}, play: round4Oops,
	expect: expectation{
		Title: "The kernel of one node crashes in its scheduler and the node restarts: for two minutes nothing there answers, and the tests with pods on it fail",
		Cause: `(?i)NULL pointer dereference|check_preempt_wakeup|(?i)kernel (panic|oops|crash|bug)|Oops: 0000|(?i)node[^\n]{0,60}(reboot|restarted|crashed)`, NotFirst: []string{`(?i)getsockopt: connection refused`, `(?i)scp:`, `error during`, `^(Error: )?exit status \d$`, `(?i)failed to assign|AE_NOT_FOUND`}, Category: "node", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/e2e-46505-minion-group-qqjs/serial-1.log", `BUG: unable to handle kernel NULL pointer dereference at 0000000000000078`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(10250: getsockopt: connection refused.*){5}`}, {"run/build-log.txt", `(?s)(scp: .*No such file or directory.*){6}`}, {"run/artifacts/junit_03.xml", `connection refused`}, {"run/artifacts/e2e-46505-minion-group-qqjs/serial-1.log", `ACPI BIOS Error`}, {"run/artifacts/e2e-46505-minion-group-x3kd/serial-1.log", `aufs au_opts_verify`}},
	},
}

func round4Oops(s *scene) {
	s.kubeUp("k8s-jkns-pr-gce-etcd3")
	up := s.now
	s.line("Waiting up to 300 seconds for cluster initialization.\n\n  This will continually check to see if the API for kubernetes is reachable.\n")
	s.wait(70 * time.Second)
	s.line("%sKubernetes cluster created.", dots(35))
	for i := range 12 {
		s.wait(8 * time.Second)
		s.line("Waiting for 4 ready nodes. %d ready nodes, %d registered. Retrying.", i/4, i/3)
	}
	s.line("Found 4 node(s).\nValidate output:\nCluster validation succeeded\nRunning Suite: Kubernetes e2e suite\nRandom Seed: 1502414401 - Will randomize all specs\nWill run 412 of 676 specs\n\nRunning in parallel across 25 nodes")
	s.specs(60, "[k8s.io] ConfigMap", 5*time.Second)
	crash := s.now
	var cases []junitCase
	var summary []string
	for i, test := range []string{"[sig-apps] Deployment RollingUpdateDeployment should delete old pods and create new ones", "[k8s.io] Kubectl client [k8s.io] Guestbook application should create and stop a working application [Conformance]", "[k8s.io] Pods should support remote command execution over websockets", "[sig-network] Services should be able to up and down services", "[k8s.io] Port forwarding With a server listening on localhost that expects a client request should support a client that connects, sends no data, and disconnects"} {
		s.wait(12 * time.Second)
		message := fmt.Sprintf("an error on the server (\"Error: 'dial tcp 10.128.0.5:10250: getsockopt: connection refused'\\nTrying to reach: 'https://e2e-46505-minion-group-qqjs:10250/containerLogs/e2e-tests-%s/part-%s'\") has prevented the request from succeeding", s.suffix(), s.suffix())
		s.line("------------------------------\n%s\nSTEP: Creating a kubernetes client\nSTEP: Building a namespace api object", test)
		s.line("%s: INFO: At %s - event for part-%d: {kubelet e2e-46505-minion-group-x3kd} Started: Started container\n%s: INFO: Unexpected error occurred: %s", s.now.Format("Jan _2 15:04:05.000"), s.now.Format("2006-01-02 15:04:05 -0700 MST"), i, s.now.Format("Jan _2 15:04:05.000"), message)
		s.line("• Failure [%d.101 seconds]\n%s [It]\n\n  Expected error:\n      <*errors.StatusError | 0xc42%s>: %s\n  not to have occurred", 20+7*i, test, s.hex(7), message)
		cases = append(cases, junitCase{Name: test, Class: "Kubernetes e2e suite", Time: float64(20 + 7*i), Failure: "Expected error:\n    " + message + "\nnot to have occurred"})
		summary = append(summary, "[Fail] "+test)
		s.specs(6, "[k8s.io] EmptyDir volumes", 4*time.Second)
	}
	s.specs(30, "[k8s.io] Secrets", 5*time.Second)
	s.junit("junit_03.xml", "Kubernetes e2e suite", append(cases, junitCase{Name: "[k8s.io] ConfigMap should be consumable from pods in volume [Conformance]", Class: "Kubernetes e2e suite", Time: 8.2})...)
	s.line("\nSummarizing 5 Failures:\n\n%s\n\nRan 412 of 676 Specs in 1103.210 seconds\nFAIL! -- 407 Passed | 5 Failed | 0 Pending | 264 Skipped\n\nGinkgo ran 1 suite in 18m23.5s\nTest Suite Failed\n!!! Error in ./hack/ginkgo-e2e.sh:132\n  Error in ./hack/ginkgo-e2e.sh:132. '\"${ginkgo}\" \"${ginkgo_args[@]:+${ginkgo_args[@]}}\" \"${e2e_test}\"' exited with status 1", strings.Join(summary, "\n\n"))
	for _, name := range []string{"e2e-46505-minion-group-qqjs", "e2e-46505-minion-group-x3kd"} {
		begin := up.Add(40 * time.Second)
		k := s.attach(name+"/serial-1.log", begin)
		kernel := func(format string, args ...any) {
			k.journalLine(name, "kernel: [%11.6f] %s", k.now.Sub(begin).Seconds(), fmt.Sprintf(format, args...))
		}
		k.journal(name, 40, 700*time.Millisecond, machineBoot)
		for i := 0; k.now.Before(crash); i++ {
			k.wait(9 * time.Second)
			if i%4 == 1 {
				kernel("aufs au_opts_verify:1570:docker[%d]: dirperm1 breaks the protection by the permission bits on the lower branch", 1900+i)
				continue
			}
			kernel("cbr0: port %d(veth%s) entered forwarding state", 1+i%9, k.hex(8))
		}
		if name == "e2e-46505-minion-group-qqjs" {
			for _, text := range []string{"BUG: unable to handle kernel NULL pointer dereference at 0000000000000078", "IP: [<ffffffff810a1130>] check_preempt_wakeup+0xd0/0x1d0", "PGD 8cc8d067 PUD b6570067 PMD 0 ", "Oops: 0000 [#1] SMP ", "Modules linked in: sg xt_statistic nf_conntrack_netlink nfnetlink sch_htb ebt_ip ebtable_filter ebtables veth xt_nat xt_recent ipt_REJECT xt_mark xt_comment xt_tcpudp ipt_MASQUERADE iptable_filter iptable_nat",
				"CPU: 1 PID: 15011 Comm: exe Tainted: G         C    3.16.0-4-amd64 #1 Debian 3.16.43-2", "Hardware name: Google Google Compute Engine/Google Compute Engine, BIOS Google 01/01/2011", "Call Trace:", " [<ffffffff81098095>] ? check_preempt_curr+0x85/0xa0", " [<ffffffff8109ac12>] ? wake_up_new_task+0xb2/0x140", " [<ffffffff81069262>] ? do_fork+0xe2/0x3a0", "RIP  [<ffffffff810a1130>] check_preempt_wakeup+0xd0/0x1d0", "Kernel panic - not syncing: Fatal exception"} {
				k.wait(8 * time.Millisecond)
				kernel("%s", text)
			}
			k.now = k.now.Add(25 * time.Second)
			begin = k.now
			kernel("Linux version 3.16.0-4-amd64 (debian-kernel@lists.debian.org) (gcc version 4.8.4 (Debian 4.8.4-1) ) #1 SMP Debian 3.16.43-2 (2017-04-30)")
			k.journal(name, 40, 900*time.Millisecond, machineBoot)
		}
		for i := range 40 {
			k.wait(8 * time.Second)
			kernel("cbr0: port %d(veth%s) entered forwarding state", 1+i%9, k.hex(8))
		}
	}
	s.collected("e2e-46505-master", "e2e-46505-minion-group-qqjs", "e2e-46505-minion-group-x3kd")
	const step = "./hack/ginkgo-e2e.sh --ginkgo.skip=\\[Slow\\]|\\[Serial\\]|\\[Disruptive\\]|\\[Flaky\\]|\\[Feature:.+\\] --report-dir=/workspace/_artifacts: exit status 1"
	s.junit("junit_runner.xml", "kubetest", junitCase{Name: "Up", Time: 301.2}, junitCase{Name: "Test", Time: 1104.9, Failure: "error during " + step}, junitCase{Name: "DumpClusterLogs", Time: 61.1}, junitCase{Name: "TearDown", Time: 201.1})
	s.line("%s main.go:216: Something went wrong: encountered 1 errors: [error during %s]", s.now.Format("2006/01/02 15:04:05"), step)
	s.fail()
	s.entrypointFailed()
}
