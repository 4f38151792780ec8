package main

import (
	"fmt"
	"strings"
	"time"
)

// Third cases in which a cloud, a registry or a cluster under test is the matter: G1, G2, G3, G5, G6, G7, G13.

var thirdVPCs = failure{
	id: "G1", job: job{name: "pull-kubernetes-e2e-kops-aws", org: "kubernetes", repo: "kubernetes", pull: 66426, image: kubekins, at: time.Date(2026, 7, 20, 4, 21, 0, 0, time.UTC),
		args: []string{"bash", "-c", "kubetest2 kops -v=2 --up --down --build --cloud-provider=aws --test=kops"}}, play: noMoreVPCs, passing: 1,
	expect: expectation{
		Title: "Clusters of earlier tests were not taken down and hold as many VPCs as the account may have, so that none can be made for this one",
		Cause: `VpcLimitExceeded|(?i)maximum number of VPCs`, NotFirst: []string{`^(Error: )?exit status 1$`, `(?i)no such host`, `DependencyViolation`, `(?i)cannot list nodes`}, Category: "quota", Phase: "Up", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `error creating VPC: operation error EC2: CreateVpc, .*VpcLimitExceeded: The maximum number of VPCs has been reached`}},
		Misleads: []place{{"run/artifacts/junit_runner.xml", `exit status 1`}, {"run/build-log.txt", `(?s)(no such host.*){10}`}, {"run/build-log.txt", `DependencyViolation`}, {"passing/1/build-log.txt", `DependencyViolation`}},
	},
}

func noMoreVPCs(s *scene) {
	const cluster, api = "e2e-97882-dba53.test-cncf-aws.k8s.io", "https://api.e2e-97882-dba53.test-cncf-aws.k8s.io"
	s.kubetest("--up --down --build --cloud-provider=aws --create-args='--networking=kubenet' --test=kops")
	failure := ""
	if s.failed {
		failure = "exit status 1"
	}
	s.phase("Up", failure, func() {
		s.kops("create cluster --name "+cluster+" --cloud aws --networking=kubenet --zones us-east-2a", createsCluster(cluster))
		if !s.failed {
			s.kops("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
			s.validates(cluster, "--count 10", 15*time.Minute, 20*time.Second, until(5*time.Minute, api, "InstanceGroup\tnodes-us-east-2a\tInstanceGroup \"nodes-us-east-2a\" did not have enough nodes 0 vs 4"))
			return
		}
		const refused = "operation error EC2: CreateVpc, https response error StatusCode: 400, RequestID: 8d2f61a7-example, api error VpcLimitExceeded: The maximum number of VPCs has been reached."
		p := s.kops("update cluster --name "+cluster+" --admin --yes", func(t *track) {
			t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) { t.state(cluster, "config", 200) })
			var bodies []func(*track)
			for _, k := range smallTasks[1:4] {
				bodies = append(bodies, func(t *track) { t.span(scopeTasks, "task-"+k.key+cluster, k.run) })
			}
			t.parallel(append(bodies, func(t *track) {
				t.span(scopeTasks, "task-VPC/"+cluster, func(t *track) {
					for range 60 {
						t.lost().aws("EC2", "DescribeVpcs", 200, 60*time.Millisecond)
						t.lost().refused("EC2", "CreateVpc", 400)
						t.sleep(10 * time.Second)
					}
				})
			})...)
		})
		end := s.now
		s.now = p.begin.UTC().Add(8 * time.Second)
		for left := 9*time.Minute + 58*time.Second; left > 0; left -= 10 * time.Second {
			s.klog("", "W", p.pid, "executor.go:139", "error running task \"VPC/%s\" (%s remaining to succeed): error creating VPC: %s", cluster, left, refused)
			s.klog("", "I", p.pid, "executor.go:171", "No progress made, sleeping before retrying 1 task(s)")
			s.now = s.now.Add(9900 * time.Millisecond)
		}
		s.now = end
		s.line("Error: error running tasks: deadline exceeded executing task VPC/%s. Example error: error creating VPC: %s", cluster, refused)
	})
	if !s.failed {
		s.phase("Test", "", func() { s.specs(25, "[sig-apps] Deployment", 6*time.Second) })
	}
	s.phase("Down", "", func() {
		if s.failed {
			for range 12 {
				s.wait(5 * time.Second)
				s.line("E%s %7d dumplogs.go:141] ERROR: cannot list nodes: Get \"%s/api/v1/nodes\": dial tcp: lookup %s on 10.63.240.10:53: no such host", s.now.Format("0102 15:04:05.000000"), kubetestPID, api, api[len("https://"):])
			}
		}
		s.kops("delete cluster --name "+cluster+" --yes", deletesCluster(cluster))
		for range 3 {
			s.line("dhcp-options:dopt-0%s\tstill has dependencies, will retry: DependencyViolation: The dhcpOptions has dependencies and cannot be deleted.", s.hex(16))
		}
		s.line("Deleted cluster: %q", cluster)
	})
	s.kubetestEnds()
}

var thirdRegistry = failure{
	id: "G2", job: job{name: "ci-kubernetes-e2e-gci-gce-alpha-features", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2020, 5, 19, 7, 40, 0, 0, time.UTC), every: 3 * time.Hour, args: []string{"--check-leaked-resources", "--provider=gce", "--test_args=--ginkgo.focus=\\[Feature:(.+)\\]"}}, play: quayDown, passing: 2,
	expect: expectation{
		Title:    "The registry quay.io is down, so that the controller of volume snapshots has no image and all tests with snapshots wait in vain",
		Cause:    `(?i)Failed to pull image "?quay\.io|quay\.io[^\n]{0,160}(50[234]|Bad Gateway|Service Unavailable|unavailable|unexpected HTTP status|pull)|(50[234]|unexpected HTTP status)[^\n]{0,160}quay\.io|(?i)volume-snapshot-controller-0[^\n]{0,160}(ImagePull|ErrImagePull|pull image)|ImagePullBackOff[^\n]{0,120}quay\.io|received unexpected HTTP status: 50[234]`,
		NotFirst: []string{`not ready within 5m0s`, `(?i)scp:`, `^(Error: )?exit status 1$`, `(?i)leaked`, `error during`}, Category: "dependency", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `Failed to pull image "quay\.io/k8scsi/snapshot-controller:v2\.0\.1": rpc error: code = Unknown desc = Error response from daemon: received unexpected HTTP status: 502 Bad Gateway`}},
		Misleads: []place{{"run/artifacts/junit_01.xml", `VolumeSnapshot snapshot-\w+ is not ready within 5m0s`}, {"run/build-log.txt", `(?s)(scp: .*No such file or directory.*){6}`}, {"passing/1/build-log.txt", `scp: .*No such file or directory`}, {"passing/1/build-log.txt", `FailedMount`}, {"run/artifacts/junit_runner.xml", `error during`}},
	},
}

func quayDown(s *scene) {
	s.kubeUp("k8s-jkns-gci-gce-alpha")
	for i := range 24 {
		s.wait(8 * time.Second)
		s.line("Waiting for 4 ready nodes. %d ready nodes, %d registered. Retrying.", i/8, i/6)
	}
	s.line("Found 4 node(s).\nCluster validation succeeded\nDone, listing cluster services:\nRunning Suite: Kubernetes e2e suite\nRandom Seed: 1589874303\n\nWill run 98 of 4992 specs\nRunning in parallel across 25 nodes")
	s.specs(40, "[sig-storage] CSI Volumes [Driver: csi-hostpath]", 5*time.Second)
	var cases []junitCase
	var summary []string
	for _, test := range []string{"[Testpattern: Dynamic Snapshot] snapshottable should create snapshot with defaults [Feature:VolumeSnapshotDataSource]", "[Testpattern: Dynamic PV (default fs)] provisioning should provision storage with snapshot data source [Feature:VolumeSnapshotDataSource]", "[Testpattern: Dynamic PV (block volmode)] provisioning should provision storage with snapshot data source [Feature:VolumeSnapshotDataSource]"} {
		name := "[sig-storage] CSI Volumes [Driver: csi-hostpath] " + test
		from, snapshot := s.now, "snapshot-"+s.suffix()
		s.line("------------------------------\n%s", name)
		s.line("STEP: creating a SnapshotClass\nSTEP: creating a snapshot\n%s: INFO: Waiting up to 5m0s for VolumeSnapshot %s to become ready", s.now.Format("Jan _2 15:04:05.000"), snapshot)
		tries := 8
		if s.failed {
			tries = 60
		}
		for range tries {
			s.wait(5 * time.Second)
			s.line("%s: INFO: VolumeSnapshot %s found but is not ready.", s.now.Format("Jan _2 15:04:05.000"), snapshot)
		}
		c := junitCase{Name: name, Class: "Kubernetes e2e suite"}
		event := func(object, reason, text string) {
			s.line("%s: INFO: At %s - event for %s: {kubelet e2e-minion-group-5s1k} %s: %s", s.now.Format("Jan _2 15:04:05.000"), s.now.Format("2006-01-02 15:04:05 -0700 MST"), object, reason, text)
		}
		event("csi-hostpathplugin-0", "FailedMount", "MountVolume.SetUp failed for volume \"csi-hostpath-token\" : failed to sync secret cache: timed out waiting for the condition")
		if s.failed {
			c.Failure = "k8s.io/kubernetes/test/e2e/storage/testsuites/snapshottable.go:111\nUnexpected error:\n    <*errors.errorString>: {\n        s: \"VolumeSnapshot " + snapshot + " is not ready within 5m0s\",\n    }\n    VolumeSnapshot " + snapshot + " is not ready within 5m0s\noccurred"
			s.line("%s: FAIL: Unexpected error:\n    VolumeSnapshot %s is not ready within 5m0s\noccurred", s.now.Format("Jan _2 15:04:05.000"), snapshot)
			s.line("STEP: Collecting events from namespace \"kube-system\".\nSTEP: Found 61 events.")
			for i := range 14 {
				event("fluentd-gcp-v3.2.0-"+s.suffix(), "Pulled", fmt.Sprintf("Container image \"k8s.gcr.io/part%d\" already present on machine", i))
			}
			event("volume-snapshot-controller-0", "Pulling", "Pulling image \"quay.io/k8scsi/snapshot-controller:v2.0.1\"")
			event("volume-snapshot-controller-0", "Failed", "Failed to pull image \"quay.io/k8scsi/snapshot-controller:v2.0.1\": rpc error: code = Unknown desc = Error response from daemon: received unexpected HTTP status: 502 Bad Gateway")
			event("volume-snapshot-controller-0", "Failed", "Error: ErrImagePull")
			event("volume-snapshot-controller-0", "BackOff", "Back-off pulling image \"quay.io/k8scsi/snapshot-controller:v2.0.1\"")
			event("volume-snapshot-controller-0", "Failed", "Error: ImagePullBackOff")
			s.line("• Failure [%.3f seconds]\n%s [It]", s.now.Sub(from).Seconds(), name)
			summary = append(summary, "[Fail] "+name)
		} else {
			s.line("• [SLOW TEST:%.3f seconds]", s.now.Sub(from).Seconds())
		}
		c.Time = seconds(s.now.Sub(from))
		cases = append(cases, c)
		s.specs(8, "[sig-api-machinery] ServerSideApply", 4*time.Second)
	}
	s.junit("junit_01.xml", "Kubernetes e2e suite", append(cases, junitCase{Name: "[sig-storage] CSI Volumes [Driver: csi-hostpath] should be created and removed", Class: "Kubernetes e2e suite", Time: 5.1})...)
	const step = "./hack/ginkgo-e2e.sh --ginkgo.focus=\\[Feature:(.+)\\] --report-dir=/workspace/_artifacts: exit status 1"
	test := junitCase{Name: "Test", Time: 1810.2}
	if s.failed {
		s.line("\nSummarizing 3 Failures:\n\n%s\n\nRan 98 of 4992 Specs in 1811.308 seconds\nFAIL! -- 95 Passed | 3 Failed | 0 Pending | 4894 Skipped\n\nGinkgo ran 1 suite in 30m20.3s\nTest Suite Failed", strings.Join(summary, "\n"))
		s.line("%s process.go:155: Step './hack/ginkgo-e2e.sh' finished in 30m20.9s", s.now.Format("2006/01/02 15:04:05"))
		test.Failure = "error during " + step
	} else {
		s.line("Ran 98 of 4992 Specs in 1203.308 seconds\nSUCCESS! -- 98 Passed | 0 Failed | 0 Pending | 4894 Skipped")
	}
	s.collected("e2e-master", "e2e-minion-group-5s1k")
	s.junit("junit_runner.xml", "kubetest", junitCase{Name: "Up", Time: 311.2}, test, junitCase{Name: "TearDown", Time: 201.1})
	if s.failed {
		s.line("%s main.go:319: Something went wrong: encountered 1 errors: [error during %s]", s.now.Format("2006/01/02 15:04:05"), step)
		s.fail()
		s.entrypointFailed()
	}
}

var thirdGateway = failure{
	id: "G3", job: job{prow: certManagerProw, name: "ci-cert-manager-upgrade-v1-21", org: "cert-manager", repo: "cert-manager", image: "bazelbuild:20210422-example", at: time.Date(2021, 8, 11, 5, 10, 0, 0, time.UTC), every: 2 * time.Hour, args: []string{"runner", "devel/ci-run-upgrade-test.sh"}}, play: missingKinds, passing: 2,
	expect: expectation{
		Title: "The test installs the new release with the script for development, which switches the gateways on, and the cluster has no definitions of them: the controller ends at its start",
		Cause: `(?i)gateway api crds|(?i)ExperimentalGatewayAPIControllers|no matches for kind "?Gateway|(?i)gateway[^\n]{0,60}(not (found|present|installed)|missing)`, NotFirst: []string{`timed out waiting for the condition`, `(?i)CreateNamespace|already exists`, `(?i)deprecated`, `^(Error: )?exit status 1$`, `(?i)leader`}, Category: "config", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/kind/kind-control-plane/containers/cert-manager-5b4d9f7c6-x8q2z_cert-manager_cert-manager.log", `the Gateway API CRDs do not seem to be present, but --feature-gates=ExperimentalGatewayAPIControllers=true`}},
		Misleads: []place{{"run/build-log.txt", `error: timed out waiting for the condition`}, {"run/build-log.txt", `is deprecated`}, {"passing/1/build-log.txt", `is deprecated`}, {"run/build-log.txt", `CrashLoopBackOff`}, {"passing/1/artifacts/kind/kind-control-plane/containers/cert-manager-5b4d9f7c6-x8q2z_cert-manager_cert-manager.log", `(?s)(error.*){3}`}},
	},
}

func missingKinds(s *scene) {
	s.line("Starting Docker in Docker\nWaiting for Docker to be ready, sleeping for 1 seconds ...\n+ bazel build //cmd/controller //cmd/webhook //cmd/cainjector")
	for i := range 90 {
		s.wait(2 * time.Second)
		s.line("[%d / 3,044] %s", 31*i, s.vary([]string{"GoCompilePkg vendor/k8s.io/api/part{n}/go_default_library.a; {n}s linux-sandbox", "GoLink cmd/controller/controller_/controller; {d}s linux-sandbox", "Action deploy/part{n}.yaml; {d}s linux-sandbox"}[i%3]))
	}
	s.line("INFO: Build completed successfully, 3044 total actions\nCreating cluster \"kind\" ...\n ✓ Ensuring node image (kindest/node:v1.21.2) 🖼\n ✓ Preparing nodes 📦\n ✓ Starting control-plane 🕹️\n ✓ Installing CNI 🔌\nSet kubectl context to \"kind-kind\"")
	s.line("+++ Testing upgrading from v1.4.3 to the current commit\n+++ Installing cert-manager v1.4.3 Helm chart into the cluster...\nW0811 %s   14011 warnings.go:70] policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+, unavailable in v1.25+", s.now.Format("15:04:05.000000"))
	for _, name := range []string{"cert-manager", "cert-manager-cainjector", "cert-manager-webhook"} {
		s.wait(9 * time.Second)
		s.line("Waiting for deployment %q rollout to finish: 0 of 1 updated replicas are available...\ndeployment %q successfully rolled out", name, name)
	}
	s.line("+++ Creating some cert-manager resources..\nissuer.cert-manager.io/selfsigned-issuer created\ncertificate.cert-manager.io/test1 created\nError from server (AlreadyExists): namespaces \"cert-manager\" already exists\ncertificate.cert-manager.io/test1 condition met")
	how := "helm upgrade --wait --namespace cert-manager --set featureGates="
	if s.failed {
		how = "devel/addon/certmanager/install.sh"
	}
	s.line("+++ Upgrading to the current commit\n+ %s", how)
	for i := range 60 {
		s.wait(300 * time.Millisecond)
		s.line("%s: %s", s.hex(12), []string{"Preparing", "Waiting", "Layer already exists", "Loading layer"}[i%4])
	}
	up := s.now
	s.line("customresourcedefinition.apiextensions.k8s.io/certificates.cert-manager.io configured\ndeployment.apps/cert-manager configured\nWaiting for deployment \"cert-manager\" rollout to finish: 1 old replicas are pending termination...")
	log := s.attach("kind/kind-control-plane/containers/cert-manager-5b4d9f7c6-x8q2z_cert-manager_cert-manager.log", up.Add(5*time.Second))
	say := func(severity, place, text string) {
		log.wait(400 * time.Millisecond)
		log.container("stderr", "%s%s       1 %s] %s", severity, log.now.Format("0102 15:04:05.000000"), place, text)
	}
	rounds := 1
	if s.failed {
		rounds = 6
	}
	for i := range rounds {
		log.now = log.now.Add(time.Duration(i*20) * time.Second)
		say("I", "start.go:84", `cert-manager "msg"="starting controller"  "git-commit"="`+s.run.base()[:12]+`" "version"="canary"`)
		say("W", "client_config.go:608", "Neither --kubeconfig nor --master was specified.  Using the inClusterConfig.  This might not work.")
		say("I", "controller.go:184", `cert-manager/controller/build-context "msg"="configured acme dns01 nameservers" "nameservers"=["10.96.0.10:53"]`)
		for j := range 9 {
			say("I", "controller.go:72", log.vary(fmt.Sprintf(`cert-manager/controller "msg"="registering controller" "controller"="part%d" "id"="{id}"`, j)))
		}
		say("E", "leaderelection.go:330", `error retrieving resource lock kube-system/cert-manager-controller: leases.coordination.k8s.io "cert-manager-controller" not found, will be made`)
		if s.failed {
			say("E", "controller.go:191", `cert-manager "msg"="error building controller" "error"="error starting controller: the Gateway API CRDs do not seem to be present, but --feature-gates=ExperimentalGatewayAPIControllers=true is set. Please install the gateway-api CRDs."`)
		}
	}
	if !s.failed {
		for i := range 60 {
			say([]string{"I", "I", "E"}[i%3], "sync.go:386", log.vary([]string{`cert-manager/controller/certificates "msg"="issuing certificate" "key"="ns/test{n}"`, `cert-manager/controller "msg"="syncing item {n}"`, `cert-manager/controller/certificates-key-manager "msg"="re-queuing item due to error" "error"="Operation cannot be fulfilled on certificates.cert-manager.io \"test{n}\": the object has been modified"`}[i%3]))
		}
		s.wait(20 * time.Second)
		s.line("deployment \"cert-manager\" successfully rolled out\n+++ Verifying the created resources\ncertificate.cert-manager.io/test1 condition met\n+++ Success!\nDeleting cluster \"kind\" ...")
		return
	}
	s.now = s.now.Add(5 * time.Minute)
	s.line("error: timed out waiting for the condition\n+ kubectl get pods -n cert-manager\nNAME                                      READY   STATUS             RESTARTS   AGE\ncert-manager-5b4d9f7c6-x8q2z              0/1     CrashLoopBackOff   5          5m2s\ncert-manager-6d8c7b5f94-tq7lk             1/1     Running            0          7m31s\ncert-manager-cainjector-7d6f9bdb7-p4k2m   1/1     Running            0          7m31s\ncert-manager-webhook-6c77dfbdb8-h9vwd     1/1     Running            0          7m31s\nExporting logs for cluster \"kind\" to:\n/logs/artifacts/kind\nDeleting cluster \"kind\" ...\nCleaning up after docker in docker.")
	s.fail()
	s.entrypointFailed()
}

var thirdStarved = failure{
	id: "G5", job: job{name: "periodic-cluster-api-provider-openstack-e2e-full-test-main", org: "kubernetes-sigs", repo: "cluster-api-provider-openstack", image: "gcr.io/k8s-staging-test-infra/kubekins-e2e:v20260713-9909545e89-master", at: time.Date(2026, 7, 23, 3, 12, 0, 0, time.UTC), every: 24 * time.Hour, memory: "3Gi", args: []string{"runner.sh", "./scripts/ci-e2e.sh"}}, play: limitsHold, passing: 2,
	expect: expectation{
		Title:    "A newer image of the job makes the limits of its pod hold for the clusters within it, whose API server and etcd then have too little processor: leases are lost and conditions flap",
		Cause:    `(?i)failed to (renew|update|retrieve)[^\n]{0,60}(lease|lock)|(?i)leader ?election lost|error retrieving resource lock|(?i)apply request took too long|waiting for ReadIndex response took too long|(?i)slow fdatasync|kubekins-e2e:v20260713|(?i)(cpu|processor)[^\n]{0,40}(limit|quota|starv|throttl|pressure)|(?i)etcd[^\n]{0,60}(slow|overloaded|too long)|leader failed to send out heartbeat`,
		NotFirst: []string{`(?i)resourceVersions`, `RemoteClusterClientFailed`, `make(\[\d\])?: \*\*\*`, `(?i)the object has been modified`, `^(Error: )?exit status 1$`}, Category: "infra", Needs: []string{"run", "passing", "on-demand"},
		Evidence: []place{{"run/artifacts/clusters/bootstrap/logs/capi-system/capi-controller-manager/manager.log", `error retrieving resource lock capi-system/controller-leader-election-capi: .*context deadline exceeded`}, {"run/artifacts/kind-logs/capo-e2e-control-plane/etcd.log", `apply request took too long","took":"[5-9]\.\d+s`}, {"run/prowjob.json", `kubekins-e2e:v20260713`}, {"passing/1/prowjob.json", `kubekins-e2e:v20260618`}},
		Misleads: []place{{"run/artifacts/junit.e2e_suite.1.xml", `resourceVersions didn.{1,6}t stay stable`}, {"run/artifacts/clusters/bootstrap/logs/capi-system/capi-controller-manager/manager.log", `(?s)(RemoteClusterClientFailed.*){8}`}, {"passing/1/artifacts/clusters/bootstrap/logs/capi-system/capi-controller-manager/manager.log", `the object has been modified`}, {"passing/1/artifacts/kind-logs/capo-e2e-control-plane/etcd.log", `apply request took too long`}},
	},
}

func limitsHold(s *scene) {
	if !s.failed {
		s.run.image = "gcr.io/k8s-staging-test-infra/kubekins-e2e:v20260618-4c1ef2a7d0-master"
	}
	s.line("+ ./scripts/ci-e2e.sh\nDocker in Docker enabled, initializing ...\n+ hack/ci/create_devstack.sh")
	s.goDownloads(80)
	for i := range 60 {
		s.wait(9 * time.Second)
		s.line("%s", s.vary([]string{"devstack is not ready yet, try {n}", "ssh: connect to host {ip} port 22: Connection refused", "+ openstack image create part-{n}"}[i%3]))
	}
	s.providers("capi-system/capi-controller-manager", "capi-kubeadm-bootstrap-system/capi-kubeadm-bootstrap-controller-manager", "capo-system/capo-controller-manager", "orc-system/orc-controller-manager")
	begin := s.now
	s.step("Creating a namespace for hosting the %q test spec", "clusterctl-upgrade")
	s.step("Applying the cluster template yaml to the cluster")
	for i := range 50 {
		s.wait(20 * time.Second)
		s.line("INFO: Waiting for control plane clusterctl-upgrade-%s to be ready, %d replicas", s.suffix(), i/17)
	}
	s.step("Checking that rollout doesn't happen and resourceVersions remain stable")
	log := s.attach("clusters/bootstrap/logs/capi-system/capi-controller-manager/manager.log", begin)
	log.manager(90, 10*time.Second)
	etcd := s.attach("kind-logs/capo-e2e-control-plane/etcd.log", begin)
	etcd.etcd(70, 12*time.Second, etcdRuns)
	if s.failed {
		for i := range 10 {
			log.klogLine(1, `E leaderelection.go:429] "Failed to update lock optimistically, falling back to slow path" err="Put \"https://10.96.0.1:443/apis/coordination.k8s.io/v1/namespaces/capi-system/leases/controller-leader-election-capi?timeout=5s\": context deadline exceeded"`)
			log.klogLine(1, `E leaderelection.go:436] error retrieving resource lock capi-system/controller-leader-election-capi: Get "https://10.96.0.1:443/apis/coordination.k8s.io/v1/namespaces/capi-system/leases/controller-leader-election-capi?timeout=5s": context deadline exceeded`)
			log.wait(3 * time.Second)
			log.klogLine(1, `I conditions.go:214] "Condition changed" controller="machine" name="clusterctl-upgrade-`+log.suffix()+`" type="NodeHealthy" status="Unknown" reason="RemoteClusterClientFailed" message="connection to the workload cluster is down"`)
			if i%3 == 1 {
				log.klogLine(1, `E controller.go:474] "Reconciler error" err="Internal error occurred: failed calling webhook \"default.kubeadmconfig.bootstrap.cluster.x-k8s.io\": Post \"https://capi-kubeadm-bootstrap-webhook-service.capi-kubeadm-bootstrap-system.svc:443/mutate?timeout=10s\": dial tcp 10.96.114.7:443: connect: connection refused"`)
			}
			log.manager(5, 4*time.Second)
			etcd.line(`{"level":"warn","ts":"%s","caller":"etcdserver/util.go:170","msg":"apply request took too long","took":"%d.%03ds","expected-duration":"100ms","prefix":"read-only range ","request":"key:\"/registry/leases/capi-system/controller-leader-election-capi\" ","response":"range_response_count:1 size:611"}`, etcd.now.Format("2006-01-02T15:04:05.000000Z"), 5+etcd.rng.IntN(4), etcd.rng.IntN(1000))
			etcd.line(`{"level":"warn","ts":"%s","caller":"etcdserver/raft.go:416","msg":"leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk or CPU starvation","heartbeat-interval":"100ms","expected-duration":"200ms","exceeded-duration":"%d.1s"}`, etcd.now.Format("2006-01-02T15:04:05.000000Z"), 1+etcd.rng.IntN(4))
			etcd.etcd(4, 9*time.Second, etcdRuns)
		}
	} else {
		log.manager(40, 6*time.Second)
		etcd.etcd(30, 9*time.Second, etcdRuns)
	}
	s.now = s.now.Add(4 * time.Minute)
	if !s.failed {
		s.step("PASSED!")
		s.specs(10, "Cluster API Provider OpenStack e2e", 40*time.Second)
		s.line("Ran 10 of 31 Specs in 4211.118 seconds\nSUCCESS! -- 10 Passed | 0 Failed | 0 Pending | 21 Skipped")
		s.junit("junit.e2e_suite.1.xml", "e2e suite", junitCase{Name: "[It] When testing clusterctl upgrades should upgrade", Time: 1811.2})
		return
	}
	const at = "/home/prow/go/pkg/mod/sigs.k8s.io/cluster-api/test@v1.13.0/framework/resourceversion_helpers.go:76"
	message := "[FAILED] Timed out after 120.001s.\nresourceVersions didn't stay stable\nThe function passed to Eventually failed at " + at + " with:\nExpected object to be equivalent: Machine/clusterctl-upgrade/clusterctl-upgrade-md-0: conditions differ"
	s.line("  [FAILED] Timed out after 120.001s.\n  resourceVersions didn't stay stable\n  In [It] at: %s @ %s", at, s.now.Format(ginkgoTime))
	s.step("Dumping all the Cluster API resources in the %q namespace", "clusterctl-upgrade")
	s.noise(30, 200*time.Millisecond, []string{"WARNING: could not get logs of machine {pod}: ssh: handshake failed", "Dumping OpenStackMachine part-{n} to /logs/artifacts/clusters/bootstrap/resources"}, func(text string) { s.line("%s", text) })
	s.suite("When testing clusterctl upgrades [clusterctl-upgrade] Should create a management cluster and then upgrade all the providers", message, at)
}

var thirdTag = failure{
	id: "G6", job: openshiftJob("periodic-ci-openshift-openshift-tests-private-release-4.20-amd64-nightly-azure-aks-hypershift-byo-vnet-f28", "azure-aks-hypershift-byo-vnet-f28", time.Date(2025, 8, 28, 9, 40, 0, 0, time.UTC)), play: tagGone, passing: 2,
	expect: expectation{
		Title: "The configuration names an image of the HyperShift operator that is no longer published under that name, so that it cannot be imported and the test is not begun",
		Cause: `ocp_4\.20_hypershift-operator|(?i)dockerimage[^\n]{0,120}not found|(?i)(failed to (re)?import|unable to import)[^\n]{0,40}tag|hypershift-operator[^\n]{0,120}(not found|import)`, NotFirst: []string{`(?i)leases?\b`, `(?i)secret`, `timed out waiting for the condition$`, `(?i)could not load`, `exit status 1$`}, Category: "image", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `dockerimage\.image\.openshift\.io "quay\.io/openshift/ci:ocp_4\.20_hypershift-operator" not found`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(WARN\[.*){3}`}, {"passing/1/build-log.txt", `WARN\[`}, {"run/build-log.txt", `executing_graph:step_failed:importing`}},
	},
}

func tagGone(s *scene) {
	begin := s.now
	say := func(level, format string, args ...any) {
		s.line("%s[%s] %s", level, s.now.Format(time.RFC3339), fmt.Sprintf(format, args...))
	}
	namespace := "ci-op-" + s.suffix() + "bnm"
	say("INFO", "ci-operator version v20250825-%s", s.hex(9))
	say("INFO", "Loading configuration from https://config.ci.openshift.org for openshift/openshift-tests-private@release-4.20 [amd64-nightly]")
	say("WARN", "could not load the variant's README, going on without it")
	say("INFO", "Using namespace https://console.build11.ci.openshift.org/k8s/cluster/projects/%s", namespace)
	say("INFO", "Running [input:hypershift-operator], [input:tests-private], [input:upi-installer], [release:latest], azure-aks-hypershift-byo-vnet-f28")
	for i := range 190 {
		s.wait(500 * time.Millisecond)
		say("INFO", "Tagging ocp/4.20:component-%d into pipeline:part-%d.", i, i)
		if i%40 == 12 {
			say("WARN", "Secret ci-pull-credentials-%d not found in the namespace yet, trying again", i)
		}
	}
	say("INFO", "Importing release 4.20.0-0.nightly-2025-08-28-%04d created at %s with 192 images to tag release:latest ...", 2000+s.n, s.now.Format(time.RFC3339))
	const target = "azure-aks-hypershift-byo-vnet-f28"
	c := junitCase{Name: "Find the input image hypershift-operator and tag it into the pipeline", Time: 2.1}
	input := s.now
	if s.failed {
		s.now = s.now.Add(12 * time.Minute)
		c.Time = 723.4
		c.Failure = "failed to wait for importing imagestreamtags on " + namespace + "/pipeline:hypershift-operator: failed to reimport the tag " + namespace + "/pipeline:hypershift-operator: unable to import tag " + namespace + "/pipeline:hypershift-operator with message Internal error occurred: [dockerimage.image.openshift.io \"quay.io/openshift/ci:ocp_4.20_hypershift-operator\" not found, dockerimage.image.openshift.io \"quay-proxy.ci.openshift.org/openshift/ci:ocp_4.20_hypershift-operator\" not found] on the image stream even after (6) imports: timed out waiting for the condition"
		s.file("ci-operator-step-graph.json", "%s", indented([]obj{graphed("[input:hypershift-operator]", nil, input, s.now, true)}))
		s.junit("junit_operator.xml", "operator", junitCase{Name: "Find the input image tests-private and tag it into the pipeline", Time: 1.2}, c, junitCase{Name: "Import the release payload \"latest\" from an external source", Time: 81.3})
		say("INFO", "Ran for %s", s.now.Sub(begin).Round(time.Second))
		say("ERRO", "Some steps failed:")
		say("ERRO", "\n  * could not run steps: step [input:hypershift-operator] failed: %s", c.Failure)
		say("INFO", "Reporting job state 'failed' with reason 'executing_graph:step_failed:importing_input_image'")
		s.fail()
		s.entrypointFailed()
		return
	}
	s.wait(90 * time.Second)
	say("INFO", "Executing test %s", target)
	from := s.now
	for _, step := range []string{"azure-provision-resourcegroup", "cucushift-hypershift-install", "openshift-extended-test", "azure-deprovision-resourcegroup"} {
		say("INFO", "Running step %s-%s.", target, step)
		s.wait(9 * time.Minute)
		say("INFO", "Step %s-%s succeeded after 9m1s.", target, step)
	}
	s.file("ci-operator-step-graph.json", "%s", indented([]obj{graphed("[input:hypershift-operator]", nil, input, input.Add(2*time.Second), false), graphed(target, nil, from, s.now, false)}))
	s.junit("junit_operator.xml", "operator", c, junitCase{Name: "Run multi-stage test " + target, Time: seconds(s.now.Sub(from))})
	say("INFO", "Ran for %s", s.now.Sub(begin).Round(time.Second))
	say("INFO", "Reporting job state 'succeeded'")
}

var thirdZones = failure{
	id: "G7", job: job{prow: openshiftProw, name: "pull-ci-openshift-installer-master-e2e-aws-scaleup-rhel7", org: "openshift", repo: "installer", pull: 2447, image: "ci-operator:latest", at: time.Date(2019, 10, 16, 13, 2, 0, 0, time.UTC), pool: "origin-ci-ig-n-", args: []string{"--target=e2e-aws-scaleup-rhel7"}}, play: zonesThrottled, passing: 2,
	expect: expectation{
		Title: "All jobs together ask Route 53 for more than one account may, so that the installer cannot list the hosted zones and gives up",
		Cause: `(?i)Throttling: Rate exceeded|(?i)rate exceeded|(?i)listing hosted zones`, NotFirst: []string{`ContainerFailed`, `(?i)no such host`, `(?i)leases?\b`, `(?i)Found override`, `(?i)NoSuchEntity|not found`}, Category: "throttling", Needs: []string{"run"},
		Evidence: []place{{"run/artifacts/e2e-aws-scaleup-rhel7/ipi-install-install/build-log.txt", `listing hosted zones: Throttling: Rate exceeded`}, {"run/build-log.txt", `Throttling: Rate exceeded`}},
		Misleads: []place{{"run/artifacts/e2e-aws-scaleup-rhel7/gather-extra/build-log.txt", `(?s)(no such host.*){6}`}, {"run/build-log.txt", `ContainerFailed one or more containers exited`}, {"passing/1/artifacts/e2e-aws-scaleup-rhel7/ipi-install-install/build-log.txt", `level=warning`}, {"run/artifacts/e2e-aws-scaleup-rhel7/ipi-deprovision-deprovision/build-log.txt", `(?s)(NoSuchEntity.*){3}`}},
	},
}

func zonesThrottled(s *scene) {
	install := func(p *printer) string {
		say := func(level, format string, args ...any) {
			p.line("time=%q level=%s msg=%q", p.now.Format(time.RFC3339), level, fmt.Sprintf(format, args...))
		}
		p.line("Installing from release registry.svc.ci.openshift.org/ci-op-f87sfdn3/release@sha256:2f4871fa5b9fa36b2f4bdf067d7fb0276de7b973068e2044516d771bc345846f")
		say("warning", "Found override for release image. Please be warned, this is not advised")
		say("debug", "OpenShift Installer v4.3.0-%s", s.run.base()[:9])
		for i := range 60 {
			p.wait(400 * time.Millisecond)
			say("debug", "%s%s %s...", strings.Repeat("  ", i%6), []string{"Fetching", "Loading", "Generating", "Reusing previously-fetched"}[i%4], []string{"Terraform Variables", "Cluster ID", "Install Config", "Bootstrap Ignition Config", "Common Manifests", "Networking Config", "Platform Credentials Check"}[i%7])
		}
		if !s.failed {
			installLog(p, nil, "")
			return ""
		}
		p.wait(25 * time.Second)
		say("fatal", "failed to fetch Terraform Variables: failed to fetch dependency of \"Terraform Variables\": failed to fetch dependency of \"Bootstrap Ignition Config\": failed to fetch dependency of \"Common Manifests\": failed to generate asset \"DNS Config\": getting public zone for \"origin-ci-int-aws.dev.rhcloud.com\": listing hosted zones: Throttling: Rate exceeded\n\tstatus code: 400, request id: 5e2a7c1d-example")
		return "ContainerFailed one or more containers exited"
	}
	gather := func(p *printer) {
		if !s.failed {
			gathers(p)
			return
		}
		p.noise(10, 3*time.Second, []string{"Unable to connect to the server: dial tcp: lookup api.ci-op-f87sfdn3.origin-ci-int-aws.dev.rhcloud.com on 172.30.0.10:53: no such host", "error: unable to gather part {n}: dial tcp: lookup api.ci-op-f87sfdn3.origin-ci-int-aws.dev.rhcloud.com: no such host"}, func(text string) { p.line("%s", text) })
	}
	deprovision := func(p *printer) {
		deprovisions(p)
		p.noise(4, 5*time.Second, []string{`level=debug msg="NoSuchEntity: Instance Profile ci-op-f87sfdn3-part{n} cannot be found"`}, func(text string) { p.line("time=%q %s", p.now.Format(time.RFC3339), text) })
	}
	s.operates("e2e-aws-scaleup-rhel7", nil, part{name: "ipi-conf-aws", body: ok(func(p *printer) {
		p.line("AWS region: us-east-1 (zones: us-east-1a us-east-1b)\nbaseDomain: origin-ci-int-aws.dev.rhcloud.com")
		p.wait(3 * time.Second)
	})}, part{name: "ipi-install-install", body: install}, part{name: "workers-rhel-scaleup", body: ok(func(p *printer) { p.tests(12) })}, part{name: "openshift-e2e-test", body: ok(func(p *printer) { p.tests(25) })}, part{name: "gather-extra", body: ok(gather)}, part{name: "ipi-deprovision-deprovision", body: ok(deprovision)})
}

var thirdRuntime = failure{
	id: "G13", job: job{name: "ci-cos-containerd-e2e-cos-gce", org: "kubernetes", repo: "kubernetes", image: kubekins, at: time.Date(2023, 3, 27, 8, 11, 0, 0, time.UTC), every: 6 * time.Hour, args: []string{"runner.sh", "/workspace/scenarios/kubernetes_e2e.py", "--provider=gce", "--gcp-node-image=gci", "--env=KUBE_GCE_NODE_IMAGE=cos-89-16108-798-10"}}, play: oldNodeRuntime,
	expect: expectation{
		Title: "The nodes' image has a containerd that does not know the version of its interface that the kubelet asks for, so that no kubelet starts and no node registers",
		Cause: `(?i)validate CRI v1 runtime API|unknown service runtime\.v1\.RuntimeService|(?i)failed to run kubelet|(?i)CRI v1\b|(?i)cos-89|(?i)containerd[^\n]{0,20}1\.4\.\d`, NotFirst: []string{`(?i)failed to initialize within`, `(?i)your cluster may not be fully functional`, `(?i)scp:`, `error during`, `^(Error: )?exit status [12]$`, `0 ready nodes`}, Category: "node", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/bootstrap-e2e-minion-group-jm70/kubelet.log", `validate CRI v1 runtime API for endpoint .*unknown service runtime\.v1\.RuntimeService`}},
		Misleads: []place{{"run/build-log.txt", `Detected 0 ready nodes, found 0 nodes out of expected 4`}, {"run/build-log.txt", `(?s)(scp: .*No such file or directory.*){12}`}, {"run/artifacts/junit_runner.xml", `exit status 2`}, {"run/artifacts/bootstrap-e2e-minion-group-jm70/serial-1.log", `(?s)(Failed to get device properties.*){2}`}},
	},
}

func oldNodeRuntime(s *scene) {
	s.kubeUp("k8s-jkns-cos-containerd")
	up := s.now
	s.line("Created [https://www.googleapis.com/compute/v1/projects/k8s-jkns-cos-containerd/zones/us-central1-b/instances/bootstrap-e2e-master].\nWARNING: You have selected a disk size of under [200GB]. This may result in poor I/O performance.\nNAME: bootstrap-e2e-minion-group\nINSTANCE_TEMPLATE: bootstrap-e2e-minion-template, image cos-89-16108-798-10\nWaiting up to 300 seconds for cluster initialization.\n\n  This will continually check to see if the API for kubernetes is reachable.\n")
	s.wait(80 * time.Second)
	s.line("%sKubernetes cluster created.\nCluster \"k8s-jkns-cos-containerd_bootstrap-e2e\" set.", dots(41))
	for range 60 {
		s.now = s.now.Add(15 * time.Second)
		s.line("Waiting for 4 ready nodes. 0 ready nodes, 0 registered. Retrying.")
	}
	s.line("Detected 0 ready nodes, found 0 nodes out of expected 4. Your cluster may not be fully functional.\nNo resources found\n%s process.go:155: Step './hack/e2e-internal/e2e-up.sh' finished in 19m41.3s\n%s e2e.go:570: Dumping logs locally to: /logs/artifacts", s.now.Format("2006/01/02 15:04:05"), s.now.Format("2006/01/02 15:04:05"))
	for _, name := range []string{"bootstrap-e2e-minion-group-jm70", "bootstrap-e2e-minion-group-x2cv"} {
		serial := s.attach(name+"/serial-1.log", up.Add(70*time.Second))
		serial.journal(name, 36, 2*time.Second, machineBoot)
		serial.journalLine(name, "systemd[1]: Started containerd container runtime.")
		serial.journal(name, 24, 20*time.Second, machineBoot)
		k := s.attach(name+"/kubelet.log", up.Add(2*time.Minute))
		for i := range 24 {
			k.journalLine(name, "systemd[1]: Started Kubernetes kubelet.")
			for _, text := range []string{"I server.go:412] \"Kubelet version\" kubeletVersion=\"v1.28.0-alpha.0.31+5b5c31b7e21d3d\"", "I server.go:414] \"Golang settings\" GOGC=\"\" GOMAXPROCS=\"\" GOTRACEBACK=\"\"", "W flags.go:59] Flag --cloud-provider has been deprecated, will be removed in 1.25 or later, in favor of removing cloud provider code from Kubelet.", "I dynamic_cafile_content.go:157] \"Starting controller\" name=\"client-ca-bundle::/etc/srv/kubernetes/pki/ca-certificates.crt\"",
				"I container_manager_linux.go:265] \"Container manager verified user specified cgroup-root exists\" cgroupRoot=[]", "I kubelet.go:393] \"Attempting to sync node with API server\"",
				"E run.go:74] \"command failed\" err=\"failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\\"unix:///run/containerd/containerd.sock\\\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService\""} {
				k.wait(30 * time.Millisecond)
				k.kubeletLine(name, text)
			}
			k.journalLine(name, "systemd[1]: kubelet.service: Main process exited, code=exited, status=1/FAILURE")
			k.journalLine(name, "systemd[1]: kubelet.service: Failed with result 'exit-code'.")
			k.wait(10 * time.Second)
			k.journalLine(name, "systemd[1]: kubelet.service: Scheduled restart job, restart counter is at %d.", i+1)
		}
	}
	s.collected("bootstrap-e2e-master", "bootstrap-e2e-minion-group-jm70", "bootstrap-e2e-minion-group-x2cv")
	s.junit("junit_runner.xml", "kubetest", junitCase{Name: "Up", Time: 1181.3, Failure: "error during ./hack/e2e-internal/e2e-up.sh: exit status 2"}, junitCase{Name: "DumpClusterLogs", Time: 90.2}, junitCase{Name: "TearDown", Time: 211.8})
	s.line("%s main.go:328: Something went wrong: starting e2e cluster: error during ./hack/e2e-internal/e2e-up.sh: exit status 2", s.now.Format("2006/01/02 15:04:05"))
	s.fail()
	s.entrypointFailed()
}
