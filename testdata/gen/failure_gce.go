package main

import (
	"time"
)

// Cases of clusters that kube-up makes on GCE: E11, E13, E15.

func kubeUpJob(name string, at time.Time) job {
	return job{name: name, org: "kubernetes", repo: "kubernetes", image: kubekins, at: at, args: []string{"runner.sh", "kubernetes_e2e.py", "--provider=gce", "--cluster=e2e"}}
}

var gceFailures = []failure{
	{
		id: "E11", job: kubeUpJob("ci-kubernetes-e2e-gci-gce", time.Date(2025, 4, 25, 7, 15, 0, 0, time.UTC)), play: brokenScript,
		expect: expectation{
			Title: "A line of the master's configuration script fails, so that no API server is ever started",
			Cause: `configure-helper\.sh: line \d+|KUBE_APISERVER_AUDIT_SINK`, NotFirst: []string{`Cluster failed to initialize`, `No such file or directory`, `^(Error: )?exit status 1$`}, Category: "product", Phase: "Up", Needs: []string{"run", "on-demand"},
			Evidence: []place{{"run/artifacts/bootstrap-e2e-master/startupscript.log", `configure-helper\.sh: line 1832: KUBE_APISERVER_AUDIT_SINK: unbound variable`}},
			Misleads: []place{{"run/build-log.txt", `Cluster failed to initialize within 300 seconds`}, {"run/build-log.txt", `(?s)(scp: .*No such file or directory.*){12}`}, {"run/build-log.txt", `\.{60}`}, {"run/artifacts/junit_runner.xml", `exit status 1`}},
		},
	},
	{
		id: "E13", job: kubeUpJob("ci-kubernetes-e2e-gce-scale-performance", time.Date(2025, 8, 27, 17, 1, 30, 0, time.UTC)), play: sickDisk, passing: 3,
		expect: expectation{
			Title: "The disk of etcd did not answer for three minutes; etcd's writes took seconds, and the API server never recovered from what had piled up",
			Cause: `(?i)slow fdatasync|etcd.{0,80}(slow|took too long|\d{2}\.\d+s)|apply request took too long|disk`, NotFirst: []string{`(?i)failed to delete`, `(?i)lost lease|leaderelection lost`, `connect: connection refused`, `^(Error: )?exit status 1$`},
			Category: "node", Phase: "Test", Needs: []string{"run", "passing", "on-demand"},
			Evidence: []place{{"run/artifacts/e2e-master/etcd.log", `slow fdatasync","took":"\d+\.\d+s"`}, {"run/artifacts/e2e-master/etcd.log", `apply request took too long","took":"\d+\.\d+s"`}},
			Misleads: []place{{"run/build-log.txt", `(?s)(connect: connection refused.*){200}`}, {"run/artifacts/e2e-master/kube-controller-manager.log", `leaderelection lost`}, {"passing/1/artifacts/e2e-master/etcd.log", `apply request took too long`}, {"run/build-log.txt", `failed to delete`}},
		},
	},
	{
		id: "E15", job: job{name: "pull-kubernetes-kubemark-e2e-gce", org: "kubernetes", repo: "kubernetes", pull: 131042, image: kubekins, at: time.Date(2025, 7, 9, 16, 48, 0, 0, time.UTC),
			args: []string{"runner.sh", "kubernetes_e2e.py", "--provider=gce", "--test=false", "--kubemark"}}, play: leakedSubnets,
		expect: expectation{
			Title: "The project has as many subnetworks as it may, left behind by earlier runs",
			Cause: `Quota 'SUBNETWORKS' exceeded`, NotFirst: []string{`error running up`, `^(Error: )?exit status 1$`, `was not found`}, Category: "quota", Phase: "Up", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Quota 'SUBNETWORKS' exceeded\. {1,2}Limit: 100\.0`}},
			Misleads: []place{{"run/build-log.txt", `error running up`}, {"run/build-log.txt", `(?s)(The resource '.*' was not found.*){10}`}, {"run/artifacts/junit_runner.xml", `error during .*kube-up`}},
		},
	},
}

// kubeUp is how kube-up begins.
func (s *scene) kubeUp(project string) {
	s.line("Activated service account credentials for: [prow@example.iam.gserviceaccount.com]\n... starting cluster in us-central1-b using provider gce\n... calling verify-prereqs\n... calling verify-kube-binaries")
	for i := range 60 {
		s.wait(300 * time.Millisecond)
		s.line("+++ [%s] Verifying kubernetes-server-linux-amd64.tar.gz, part %d of 60: ok", s.now.Format("0102 15:04:05"), i+1)
	}
	s.line("... calling kube-up\nProject: %s\nNetwork Project: %s\nZone: us-central1-b", project, project)
	for _, bucket := range []string{"us", "eu", "asia"} {
		s.wait(2 * time.Second)
		s.line("+++ Staging tars to Google Storage: gs://kubernetes-staging-%s-%s/bootstrap-e2e-devel\n+++ kubernetes-server-linux-amd64.tar.gz uploaded earlier, cloud and local file md5 match (md5 = %s)", s.hex(10), bucket, s.hex(32))
	}
}

// e2ePhase says in kubetest's words how a step went.
func (s *scene) e2ePhase(command string, failed string, body func()) {
	begin := s.now
	s.line("%s process.go:153: Running: %s", s.now.Format("2006/01/02 15:04:05"), command)
	body()
	if failed != "" {
		s.line("%s process.go:155: Step '%s' finished in %s", s.now.Format("2006/01/02 15:04:05"), command, s.now.Sub(begin).Round(time.Millisecond))
		s.line("%s main.go:326: Something went wrong: %s", s.now.Format("2006/01/02 15:04:05"), failed)
	}
}

func brokenScript(s *scene) {
	const failed = "starting e2e cluster: error during ./hack/e2e-internal/e2e-up.sh: exit status 1"
	s.phase("Up", "error during ./hack/e2e-internal/e2e-up.sh: exit status 1", func() {
		s.e2ePhase("./hack/e2e-internal/e2e-up.sh", failed, func() {
			s.kubeUp("k8s-jkns-example-e2e")
			s.line("Creating firewall...\nCreated [https://www.googleapis.com/compute/v1/projects/k8s-jkns-example-e2e/zones/us-central1-b/instances/bootstrap-e2e-master].")
			s.masterScript()
			s.line("Waiting up to 300 seconds for cluster initialization.\n\n  This will continually check to see if the API for kubernetes is reachable.\n  This may time out if there was some uncaught error during start up.\n")
			s.now = s.now.Add(5 * time.Minute)
			s.line("%sCluster failed to initialize within 300 seconds.\nLast output from querying API server follows:\n-----------------------------------------------------\n  %% Total    %% Received %% Xferd\ncurl: (7) Failed to connect to 34.70.0.5 port 443: Connection refused", dots(150))
		})
	})
	s.phase("DumpClusterLogs", "", func() {
		s.line("Dumping logs from master locally to '/logs/artifacts'")
		s.collected("bootstrap-e2e-master", "bootstrap-e2e-minion-group-5x1k", "bootstrap-e2e-minion-group-9c4v", "bootstrap-e2e-minion-group-qz20")
	})
	s.kubetestEnds()
}

func (s *scene) masterScript() {
	const host = "bootstrap-e2e-master"
	p := s.attach(host+"/startupscript.log", s.now.Add(20*time.Second))
	p.journal(host, 40, 100*time.Millisecond, machineBoot)
	step := func(text string) { p.journalLine(host, "configure-helper.sh[1377]: %s", text) }
	p.noise(60, 150*time.Millisecond, []string{"Downloading node problem detector, part {n}", "Loading docker image kube-proxy {id}", "Override for kubectl: none", "/home/kubernetes/bin/configure.sh: sha1 of part {n} is {id}{id}", "WARNING: mounting /mnt/disks/{id} read-only failed, using it as it is"}, step)
	step("Start to configure instance for kubernetes\n" + p.now.Format("Jan 02 15:04:05.000000") + " " + host + " configure-helper.sh[1377]: Creating required directories")
	p.wait(900 * time.Millisecond)
	step("Creating audit policy file")
	step("/home/kubernetes/bin/configure-helper.sh: line 1832: KUBE_APISERVER_AUDIT_SINK: unbound variable")
	p.journalLine(host, "systemd[1]: kube-master-configuration.service: Main process exited, code=exited, status=1/FAILURE")
	p.journalLine(host, "systemd[1]: Failed to start Configure kubernetes master.")
	p.journal(host, 60, 4*time.Second, machineBoot)
}

func sickDisk(s *scene) {
	s.phase("Up", "", func() {
		s.e2ePhase("./hack/e2e-internal/e2e-up.sh", "", func() {
			s.kubeUp("kubernetes-scale-example")
			s.now = s.now.Add(12 * time.Minute)
			s.line("Kubernetes cluster created.\nFound 5001 node(s).\nCluster validation succeeded")
		})
	})
	etcd := s.attach("e2e-master/etcd.log", s.now)
	managers := s.attach("e2e-master/kube-controller-manager.log", s.now)
	begin := s.now
	etcd.etcd(180, 12*time.Second, etcdRuns)
	managers.noise(60, 40*time.Second, []string{`I replica_set.go:621] "Too few replicas" replicaSet="test-{pod}/small-deployment-{id}" need={n} creating={n}`,
		`E resource_quota_controller.go:446] unable to retrieve the complete list of server APIs: metrics.k8s.io/v1beta1: the server is currently unable to handle the request`, `I garbagecollector.go:549] "Processing object" object="test-{pod}/small-{pod}"`},
		func(text string) { managers.klogLine(1, text) })
	test := func() {
		s.line("+ ./run-e2e.sh cluster-loader2 --nodes=5000 --testconfig=testing/load/config.yaml")
		for i := range 120 {
			s.wait(20 * time.Second)
			s.klog("", "I", 412, "wait_for_controlled_pods.go:257", "WaitForControlledPodsRunning: running %d, waiting for %d", i*1250, 150000-i*1250)
			if i%9 == 4 {
				s.klog("", "W", 412, "client.go:77", "Get \"https://34.70.0.8/api/v1/pods\": dial tcp 34.70.0.8:443: connect: connection refused (attempt 1 of 5)")
			}
		}
		if !s.failed {
			s.klog("", "I", 412, "clusterloader.go:240", "Test Finished: testing/load/config.yaml, Status: Success")
			return
		}
		s.diesSlowly(etcd, managers, begin.Add(37*time.Minute))
		for i := range 420 {
			s.wait(2 * time.Second)
			s.klog("", "E", 412, "exec_service.go:91", "failed to delete deployment test-%s/small-deployment-%d: Delete \"https://34.70.0.8/apis/apps/v1/namespaces/test-%d/deployments/small-deployment-%d\": dial tcp 34.70.0.8:443: connect: connection refused", s.suffix(), i, i%50, i)
		}
		s.line("F%s     412 clusterloader.go:444] 1 tests have failed!", s.now.Format("0102 15:04:05.000000"))
	}
	failure := ""
	if s.failed {
		failure = "exit status 1"
	}
	s.phase("Test", failure, test)
	s.phase("Down", "", func() { s.collected("e2e-master"); s.now = s.now.Add(15 * time.Minute) })
	s.kubetestEnds()
}

// diesSlowly is what etcd and the controllers log while the disk does not answer, and after.
func (s *scene) diesSlowly(etcd, managers *printer, at time.Time) {
	etcd.now = at.UTC()
	slow := []string{
		`{"level":"warn","ts":"{now}","caller":"wal/wal.go:805","msg":"slow fdatasync","took":"1{d}.{d}s","expected-duration":"1s"}`,
		`{"level":"warn","ts":"{now}","caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"2{d}.{d}s","expected-duration":"100ms","prefix":"","request":"header:<ID:{n} > txn:<compare:<target:MOD key:\"/registry/pods/test-{pod}\" >>","response":"size:{n}"}`,
	}
	etcd.etcd(24, 7*time.Second, slow)
	etcd.etcd(40, 12*time.Second, etcdRuns)
	managers.now = at.Add(40 * time.Second).UTC()
	managers.noise(30, 2*time.Second, []string{`E leaderelection.go:332] error retrieving resource lock kube-system/kube-controller-manager: Get "https://localhost:443/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager": context deadline exceeded`},
		func(text string) { managers.klogLine(1, text) })
	managers.klogLine(1, `F controllermanager.go:300] leaderelection lost`)
}

func leakedSubnets(s *scene) {
	const project = "k8s-presubmit-example"
	const failed = "error running up: error during ./hack/e2e-internal/e2e-up.sh (kube-up): exit status 1"
	s.phase("Up", "error during ./hack/e2e-internal/e2e-up.sh (kube-up): exit status 1", func() {
		s.e2ePhase("./hack/e2e-internal/e2e-up.sh", failed, func() {
			s.kubeUp(project)
			s.line("Creating new network: e2e-131042\nCreated [https://www.googleapis.com/compute/v1/projects/%s/global/networks/e2e-131042].", project)
			s.wait(20 * time.Second)
			s.line("WARNING: the legacy flag --enable-private-ip-google-access is deprecated\nERROR: (gcloud.compute.networks.subnets.create) Could not fetch resource:\n - Quota 'SUBNETWORKS' exceeded.  Limit: 100.0 globally.")
			for _, kind := range []string{"instances/e2e-131042-master", "instanceGroups/e2e-131042-minion-group", "firewalls/e2e-131042-master-https", "firewalls/e2e-131042-minion-all", "routes/e2e-131042-a", "addresses/e2e-131042-master-ip", "disks/e2e-131042-master-pd",
				"firewalls/e2e-131042-master-etcd", "instanceTemplates/e2e-131042-minion-template", "subnetworks/e2e-131042-custom-subnet", "routers/e2e-131042-nat", "firewalls/e2e-131042-ssh"} {
				s.wait(time.Second)
				s.line("ERROR: (gcloud.compute.%s.describe) Could not fetch resource:\n - The resource 'projects/%s/%s' was not found", kind[:5], project, kind)
			}
		})
	})
	s.phase("Down", "", func() {
		s.line("Bringing down cluster using provider: gce\n... calling kube-down")
		s.collected("e2e-131042-master")
	})
	s.line("Traceback (most recent call last):\n  File \"/workspace/scenarios/kubernetes_e2e.py\", line 701, in <module>\n    main(parse_args())\nsubprocess.CalledProcessError: Command '('kubetest', '--up', '--down')' returned non-zero exit status 1")
	s.kubetestEnds()
}
