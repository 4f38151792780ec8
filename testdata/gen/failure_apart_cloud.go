package main

import (
	"fmt"
	"strings"
	"time"
)

// Cases apart in which a cloud, or what a cluster is made from, fails: A3, A4, A8, A11, A13.

var apartAddresses = failure{
	id: "A3", job: job{name: "pull-azuredisk-csi-driver-e2e-single-az", org: "kubernetes-sigs", repo: "azuredisk-csi-driver", pull: 301, image: kubekins, at: time.Date(2020, 3, 2, 2, 39, 0, 0, time.UTC),
		args: []string{"runner.sh", "kubetest", "--test", "--up", "--down", "--build=quick", "--deployment=aksengine", "--provider=azure"}}, play: publicAddresses,
	expect: expectation{
		Title: "The subscription has as many public addresses in the region as it may, most of them left behind, so that the cluster's deployment fails",
		Cause: `PublicIPCountLimitReached|Cannot create more than 20 public IP`, NotFirst: []string{`^(Error: )?exit status 1$`, `(?i)could not resolve hostname`, `CalledProcessError|non-zero exit status`, `ResourceNotFound`}, Category: "quota", Phase: "Up", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `PublicIPCountLimitReached`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(Could not resolve hostname.*){3}`}, {"run/build-log.txt", `non-zero exit status 1`}, {"run/build-log.txt", `ResourceNotFound`}},
	},
}

func publicAddresses(s *scene) {
	const limit = `error creating cluster: cannot deploy: cannot get the create deployment future response: Code="DeploymentFailed" Message="At least one resource deployment operation failed. Please list deployment operations for details. Please see https://aka.ms/DeployOperations for usage details." ` +
		`Details=[{"code":"BadRequest","message":"{\r\n  \"error\": {\r\n    \"code\": \"PublicIPCountLimitReached\",\r\n    \"message\": \"Cannot create more than 20 public IP addresses for this subscription in this region.\",\r\n    \"details\": []\r\n  }\r\n}"}]`
	say := func(place, format string, args ...any) {
		s.line("%s %s: %s", s.now.Format("2006/01/02 15:04:05"), place, fmt.Sprintf(format, args...))
	}
	s.line("fatal: not a git repository (or any of the parent directories): .git\n+ WRAPPED_COMMAND_PID=163\n+ kubetest --test --up --down --build=quick --deployment=aksengine --provider=azure")
	say("azure.go:216", "Reading credentials file /etc/azure-cred/credentials")
	say("process.go:153", "Running: make -C /home/prow/go/src/k8s.io/kubernetes quick-release")
	for i := range 80 {
		s.wait(5 * time.Second)
		s.line("+++ [%s] Building go targets for linux/amd64: ./cmd/part-%d", s.now.Format("0102 15:04:05"), i)
	}
	say("process.go:155", "Step 'make -C /home/prow/go/src/k8s.io/kubernetes quick-release' finished in 8m11.204s")
	const group = "kubetest-5f2a91c3-5c2f-11ea-b1c6-6e9b2d7f1a04"
	s.phase("Up", strings.ReplaceAll(limit, `\r\n`, ""), func() {
		say("azure.go:401", "Azure client configured, location westus2")
		say("azure.go:422", "Creating Azure resource group: %s for cluster deployment.", group)
		for i := range 30 {
			s.wait(9 * time.Second)
			say("azure_storage.go:88", "Uploading part %d of kubernetes-node-windows-amd64.tar.gz", i)
		}
		say("azure.go:519", "Checking if deployment is validated: Code=\"ResourceNotFound\" Message=\"The Resource 'Microsoft.Resources/deployments/%s' under resource group '%s' was not found.\", it is made now", group, group)
		s.wait(4 * time.Minute)
	})
	s.phase("DumpClusterLogs", "", func() {
		say("process.go:153", "Running: bash -c ./log-dump.sh")
		for _, host := range []string{"k8s-master-40721850-0", "k8s-agentpool1-40721850-vmss000000", "k8s-agentpool1-40721850-vmss000001", group + ".westus2.cloudapp.azure.com"} {
			s.wait(2 * time.Second)
			s.line("ssh: Could not resolve hostname %s: Name or service not known", host)
		}
	})
	s.phase("Down", "", func() {
		say("azure.go:833", "Deleting resource group: %s.", group)
		s.wait(3 * time.Minute)
	})
	say("process.go:96", "Saved XML output to /logs/artifacts/junit_runner.xml.")
	say("main.go:316", "Something went wrong: starting e2e cluster: %s", limit)
	s.line("Traceback (most recent call last):\n  File \"/workspace/scenarios/kubernetes_e2e.py\", line 778, in <module>\n    main(parse_args())\n  File \"/workspace/scenarios/kubernetes_e2e.py\", line 626, in main\n    mode.start(runner_args)\nsubprocess.CalledProcessError: Command '('kubetest', '--up', '--down', '--test')' returned non-zero exit status 1")
	s.junit("junit_runner.xml", "kubetest", s.phases...)
	s.fail()
	s.entrypointFailed()
}

var apartStockout = failure{
	id: "A4", job: job{name: "pull-dra-driver-nvidia-gpu-e2e-gcp-nvkind", org: "kubernetes-sigs", repo: "dra-driver-nvidia-gpu", pull: 1342, image: kubekins, at: time.Date(2026, 8, 12, 14, 20, 0, 0, time.UTC),
		args: []string{"runner.sh", "bash", "hack/ci/gcp-nvkind/e2e-test.sh"}}, play: noAccelerators,
	expect: expectation{
		Title: "The zone has no machine with the accelerator that the test needs; two other zones have",
		Cause: `ZONE_RESOURCE_POOL_EXHAUSTED|does\s+not have enough resources available|currently unavailable in the us-central1-b zone`, NotFirst: []string{`was not found`, `is deprecated`, `(?i)heartbeat`, `(?i)kubeconfig`}, Category: "capacity", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `code: ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS`}},
		Misleads: []place{{"run/build-log.txt", `(?s)(was not found.*){3}`}, {"run/build-log.txt", `is deprecated\. A suggested replacement`}, {"run/build-log.txt", `heartbeat: .*HTTP 502`}},
	},
}

func noAccelerators(s *scene) {
	const project, vm = "k8s-infra-e2e-boskos-gpu-06", "nvkind-2087415501"
	say := func(format string, args ...any) {
		s.line("[%s] %s", s.now.Format("15:04:05"), fmt.Sprintf(format, args...))
	}
	s.line("+ source /home/prow/go/src/k8s.io/test-infra/experiment/gcp-nvkind/lib/boskos.sh")
	s.goDownloads(30)
	say("boskos: acquiring a resource of type gpu-project")
	for i := range 9 {
		s.wait(20 * time.Second)
		say("boskos: failed to acquire a resource: resources not found, retry %d of 90 in 20s", i+1)
	}
	say("boskos: acquired %s, heartbeat every 60s (pid 412)", project)
	s.line("Updated property [core/project].\nActivated service account credentials for: [prow-build@k8s-infra-prow-build.iam.gserviceaccount.com]")
	s.wait(5 * time.Second)
	say("boskos: heartbeat: POST http://boskos.test-pods.svc.cluster.local/update: HTTP 502, will be sent again")
	say("gce: generating an ssh key for %s", vm)
	say("gce: creating %s (n1-standard-4, nvidia-tesla-t4 x1, us-central1-b)", vm)
	s.line("+ gcloud compute instances create %s --project=%s --zone=us-central1-b --machine-type=n1-standard-4 --accelerator=type=nvidia-tesla-t4,count=1 --maintenance-policy=TERMINATE --image-family=ubuntu-accelerator-2404-amd64-with-nvidia-580 --image-project=ubuntu-os-accelerator-images --boot-disk-size=200GB", vm, project)
	s.wait(14 * time.Second)
	s.line("WARNING: Some requests generated warnings:\n - Disk size: '200 GB' is larger than image size: '10 GB'. You might need to resize the root repartition manually if the operating system does not support automatic resizing. See https://cloud.google.com/compute/docs/disks/add-persistent-disk#resize_pd for details.\n" +
		" - The resource 'projects/ubuntu-os-accelerator-images/global/images/ubuntu-accelerator-2404-amd64-with-nvidia-580-v20260601' is deprecated. A suggested replacement is 'projects/ubuntu-os-accelerator-images/global/images/ubuntu-accelerator-2404-amd64-with-nvidia-580-v20260730'.\n")
	s.line(`ERROR: (gcloud.compute.instances.create) Could not fetch resource:
---
code: ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS
errorDetails:
- help:
    links:
    - description: Troubleshooting documentation
      url: https://cloud.google.com/compute/docs/resource-error
- localizedMessage:
    locale: en-US
    message: A n1-standard-4 VM instance with 1 nvidia-tesla-t4 accelerator(s) is
      currently unavailable in the us-central1-b zone. Consider trying your request
      in the us-central1-a, us-central1-f zone(s), which currently has capacity to
      accommodate your request. Alternatively, you can try your request again with
      a different VM hardware configuration or at a later time. For more information,
      see the troubleshooting documentation.
- errorInfo:
    domain: compute.googleapis.com
    metadatas:
      attachment: nvidia-tesla-t4:1
      vmType: n1-standard-4
      zone: us-central1-b
      zonesAvailable: us-central1-a,us-central1-f
    reason: resource_availability
message: The zone 'projects/%[1]s/zones/us-central1-b' does
  not have enough resources available to fulfill the request.  'NULL:0/NULL:0/NULL:0
  (state:STOCKOUT, sub-state:STOCKOUT_WITH_ALTERNATIVES, resource type:compute)'.
`, project)
	say("cleanup: collecting artifacts")
	const missing = " - The resource 'projects/" + project + "/zones/us-central1-b/instances/" + vm + "' was not found"
	for _, what := range []string{"scp", "get-serial-port-output", "delete"} {
		s.wait(3 * time.Second)
		s.line("ERROR: (gcloud.compute.%s) Could not fetch resource:\n%s\n", what, missing)
	}
	s.line("error: stat /root/.kube/nvkind.kubeconfig: no such file or directory: no kubeconfig, kind export logs is skipped")
	say("boskos: releasing %s as dirty\ntests/e2e-test.sh: line 88: kill: (412) - No such process", project)
	s.fail()
	s.entrypointFailed()
}

var istioProw = instance{deck: "prow.istio.io", bucket: "istio-prow", strategy: "explicit"}

var apartHelper = failure{
	id: "A8", job: job{prow: istioProw, name: "doc.test.profile-default_istio.io", org: "istio", repo: "istio.io", pull: 17502, image: "build-tools:master-example", at: time.Date(2026, 8, 3, 11, 6, 0, 0, time.UTC), pool: "ip-10-42-",
		args: []string{"entrypoint", "prow/integ-suite-kind.sh", "doc.test.profile_default"}}, play: credentialHelper,
	expect: expectation{
		Title: "The job was moved to another cloud, where the credential helper that is set for the registry has no account and fails, so that the image of kind's nodes cannot be pulled",
		Cause: `error getting credentials|(?i)do not currently have an active account`, NotFirst: []string{`Could not setup KinD environment`, `unknown cluster`, `make: \*\*\*`, `(?i)no kind clusters found`}, Category: "config", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", "error getting credentials - err: exit status 1, out: `You do not currently have an active account selected"}},
		Misleads: []place{{"run/build-log.txt", `Could not setup KinD environment\. Something wrong with KinD setup\.`}, {"run/build-log.txt", `ERROR: unknown cluster`}, {"run/build-log.txt", `make: \*\*\*`}},
	},
}

func credentialHelper(s *scene) {
	s.line("Setting up Docker in Docker\n * Starting Docker: docker\n   ...done.")
	s.wait(5 * time.Second)
	s.line("+ gcloud auth configure-docker gcr.io -q\nAdding credentials for: gcr.io\nDocker configuration file updated.\n+ export TEST_ENV=kind\n+ export KIND_IMAGE=gcr.io/istio-testing/kind-node:v1.35.0")
	s.goDownloads(90)
	s.line("Running 'Setup KinD cluster'\nfatal: detected dubious ownership in repository at '/home/prow/go/src/istio.io/istio.io'")
	const image = "gcr.io/istio-testing/kind-node:v1.35.0"
	for i := range 3 {
		s.line("++ kind create cluster --name=istio-testing --config=/tmp/kind.yaml -v4 --retain --image %s --wait=180s", image)
		s.line("Creating cluster \"istio-testing\" ...\nDEBUG: docker/images.go:58] Image: %s not present locally\n • Ensuring node image (%s) 🖼  ...", image, image)
		for try := range 4 {
			s.wait(2 * time.Second)
			s.line("DEBUG: docker/images.go:67] Pulling image: %s ...\nDEBUG: docker/images.go:78] Trying again to pull image: %q ... error: command \"docker pull %s\" failed with error: exit status 1, attempt %d", image, image, image, try)
		}
		s.line(" ✗ Ensuring node image (%s) 🖼\nERROR: failed to create cluster: failed to pull image %q: command \"docker pull %s\" failed with error: exit status 1\nCommand Output: error getting credentials - err: exit status 1, out: `You do not currently have an active account selected. See https://cloud.google.com/sdk/docs/authorizing for more information.`", image, image, image)
		s.line("Stack Trace: \nsigs.k8s.io/kind/pkg/errors.WithStack\n\tsigs.k8s.io/kind/pkg/errors/errors.go:59\nsigs.k8s.io/kind/pkg/exec.(*LocalCmd).Run\n\tsigs.k8s.io/kind/pkg/exec/local.go:124\nsigs.k8s.io/kind/pkg/cluster/internal/providers/docker.pull\n\tsigs.k8s.io/kind/pkg/cluster/internal/providers/docker/images.go:77")
		if i < 2 {
			s.line("Retrying kind cluster creation, attempt %d of 3\nDeleting cluster \"istio-testing\" ...", i+2)
			s.wait(9 * time.Second)
		}
	}
	s.line("Could not setup KinD environment. Something wrong with KinD setup. Exporting logs.\nERROR: unknown cluster \"istio-testing\"\n+ cleanup_kind_cluster istio-testing\nNo kind clusters found.\nDeleting cluster \"istio-testing\" ...")
	s.line("make[1]: *** [tests/tests.mk:52: doc.test.profile_default] Error 1\nmake: *** [Makefile:44: doc.test.profile_default] Error 2")
	s.fail()
	s.entrypointFailed()
}

var apartLeases = failure{
	id: "A11", job: job{prow: openshiftProw, name: "pull-ci-openshift-cluster-ingress-operator-master-e2e-aws", org: "openshift", repo: "cluster-ingress-operator", pull: 478, image: "ci-operator:latest", at: time.Date(2020, 10, 15, 7, 2, 0, 0, time.UTC), pool: "build0-gstfj-ci-",
		args: []string{"--target=e2e-aws"}}, play: leasesShort,
	expect: expectation{
		Title: "The pool of leases for the cloud shrank to a third when its configuration was split by region, so that the test waits two hours for one and never begins",
		Cause: `(?i)failed to acquire (lease|resource)|resources not found`, NotFirst: []string{`(?i)build .*(failed|retry)`, `ImageStreamTag`, `No custom metadata`, `^(Error: )?exit status 1$`}, Category: "infra", Needs: []string{"run"},
		Evidence: []place{{"run/build-log.txt", `error: Failed to acquire resource, current capacity: 0 free, 40 leased`}, {"run/artifacts/junit_operator.xml", `failed to acquire lease: resources not found`}},
		Misleads: []place{{"run/build-log.txt", `Build src failed, retrying`}, {"run/build-log.txt", `(?s)(could not be imported, trying again.*){3}`}, {"run/build-log.txt", `wrapped process failed: exit status 1`}},
	},
}

func leasesShort(s *scene) {
	begin := s.now
	say := func(format string, args ...any) {
		s.line("%s %s", s.now.Format("2006/01/02 15:04:05"), fmt.Sprintf(format, args...))
	}
	say("ci-operator version v20201014-%s", s.hex(7))
	say("Loading configuration from https://config.ci.openshift.org for openshift/cluster-ingress-operator@master")
	say("Resolved source https://github.com/openshift/cluster-ingress-operator to master@%s, merging: #478 %s @example-author", s.run.base()[:8], pullSHA[:8])
	say("Using namespace https://console.build01.ci.openshift.org/k8s/cluster/projects/ci-op-%s", s.suffix())
	say("Running [input:root], [input:base], src, bin, cluster-ingress-operator, [images], [release:latest], e2e-aws")
	for i := range 70 {
		s.wait(800 * time.Millisecond)
		say("Tagging ocp/4.7:component-%d into pipeline:component-%d.", i, i)
		if i%18 == 11 {
			say("warning: ImageStreamTag stable:component-%d could not be imported, trying again", i)
		}
	}
	cases := []junitCase{{Name: "All images are built and tagged into stable", Time: 0}}
	for _, image := range []string{"src", "bin", "cluster-ingress-operator"} {
		say("Building %s", image)
		s.wait(2 * time.Minute)
		if image == "src" {
			say("Build src failed, retrying: the build src failed after 8s with reason GenericBuildFailed: Generic Build failure - check logs for details.\n\nerror: build error: After retrying 2 times, Pull image still failed due to error: unexpected EOF\n")
			s.wait(2 * time.Minute)
		}
		say("Build %s succeeded after %s", image, s.now.Sub(begin).Round(time.Second))
		cases = append(cases, junitCase{Name: "Build image " + image + " from the repository", Time: 121})
	}
	say("Creating release image registry.build01.ci.openshift.org/ci-op/release:latest.")
	s.wait(40 * time.Second)
	say("Snapshot integration stream into release 4.7.0-0.test-2020-10-15-071205-ci-op to tag release:latest ")
	say("Acquiring leases for \"e2e-aws\"")
	say("Acquiring 1 lease(s) for \"aws-quota-slice\"")
	s.now = s.now.Add(2 * time.Hour)
	say("error: Failed to acquire resource, current capacity: 0 free, 40 leased")
	say("No custom metadata found and prow metadata already exists. Not updating the metadata.")
	took := s.now.Sub(begin).Round(time.Second)
	say("Ran for %s", took)
	s.line("error: some steps failed:\n  * could not run steps: step e2e-aws failed: failed to acquire lease: resources not found")
	s.line("time=%q level=info msg=\"Reporting job state 'failed' with reason 'executing_graph:step_failed:utilizing_lease:acquiring_lease'\"", s.now.Format(time.RFC3339))
	cases = append(cases, junitCase{Name: "Run multi-stage test e2e-aws", Time: 7200, Failure: "failed to acquire lease: resources not found"})
	s.junit("junit_operator.xml", "operator", cases...)
	g := graphed("e2e-aws", []string{"[images]", "[release:latest]"}, s.now.Add(-2*time.Hour), s.now, true)
	s.file("ci-operator-step-graph.json", "%s", indented([]obj{graphed("src", nil, begin.Add(time.Minute), begin.Add(5*time.Minute), false), graphed("[images]", []string{"src"}, begin.Add(5*time.Minute), begin.Add(11*time.Minute), false), g}))
	s.fail()
	s.entrypointFailed()
}

var apartInterfaces = failure{
	id: "A13", job: job{name: "periodic-cluster-api-provider-aws-e2e", org: "kubernetes-sigs", repo: "cluster-api-provider-aws", image: kubekins, at: time.Date(2026, 6, 24, 13, 50, 0, 0, time.UTC), every: 24 * time.Hour, timeout: "5h0m0s",
		args: []string{"runner.sh", "./scripts/ci-e2e.sh"}}, play: interfacesLeft, passing: 2,
	expect: expectation{
		Title: "All was well until the cluster was to go: interfaces that its load balancer left behind keep security groups and a subnet from being deleted until the test gives up",
		Cause: `DependencyViolation|has a dependent object`, NotFirst: []string{`Timed out after`, `object has been modified`, `make: \*\*\*`, `(?i)failed to get logs`}, Category: "cleanup", Needs: []string{"run", "on-demand"},
		Evidence: []place{{"run/artifacts/clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log", `failed to delete security group .* with name \\"[^"]*-node\\": DependencyViolation`}},
		Misleads: []place{{"run/build-log.txt", `Timed out after 1800\.\d+s`}, {"run/artifacts/clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log", `(?s)(object has been modified.*){15}`}, {"passing/1/artifacts/clusters/bootstrap/logs/capa-system/capa-controller-manager/manager.log", `DependencyViolation`}, {"run/build-log.txt", `(?s)(Failed to get logs for Machine.*){2}`}},
	},
}

func interfacesLeft(s *scene) {
	s.goDownloads(100)
	s.providers("capi-system/capi-controller-manager", "capi-kubeadm-bootstrap-system/capi-kubeadm-bootstrap-controller-manager", "capi-kubeadm-control-plane-system/capi-kubeadm-control-plane-controller-manager", "capa-system/capa-controller-manager")
	cluster := "ignition-" + s.suffix()
	s.step("Creating a namespace for hosting the %q test spec", "functional-test-ignition")
	s.step("Applying the cluster template yaml to the cluster")
	s.line("cluster.cluster.x-k8s.io/%s created\nawscluster.infrastructure.cluster.x-k8s.io/%s created", cluster, cluster)
	p := s.attach(capaLogs, s.now)
	p.manager(90, 8*time.Second)
	for _, step := range []string{"Waiting for the cluster infrastructure to be provisioned", "Waiting for one control plane node to exist", "Waiting for the control plane to be ready", "Waiting for the machine deployments to be provisioned", "Validating the s3 endpoint was created", "Validating that all machines were made from ignition"} {
		s.step("%s", step)
		s.wait(2 * time.Minute)
	}
	s.step("Dumping logs from the %q workload cluster", cluster)
	for _, name := range []string{"control-plane-7x2kd", "md-0-mq5vz-9tlhw"} {
		s.wait(5 * time.Second)
		s.line("Failed to get logs for Machine %s-%s, Cluster functional-test-ignition/%s: running command \"sudo journalctl --no-pager -u containerd\": exit status 255", cluster, name, cluster)
	}
	s.step("Deleting cluster functional-test-ignition/%s", cluster)
	s.step("Waiting for the Cluster object to be deleted")
	begin := s.now
	p.now = begin
	p.manager(20, 3*time.Second)
	p.klogLine(1, `I loadbalancer.go:611] "Deleted load balancer" name="`+cluster+`-apiserver" type="nlb" controller="awscluster"`)
	groups := map[string]string{}
	for _, g := range []string{"apiserver-lb", "controlplane", "lb", "node"} {
		groups[g] = "sg-0" + p.hex(16)
	}
	refused := func(names ...string) {
		var all []string
		for _, g := range names {
			all = append(all, fmt.Sprintf(`failed to delete security group \"%s\" with name \"%s-%s\": DependencyViolation: resource %s has a dependent object\n\tstatus code: 400, request id: %s`, groups[g], cluster, g, groups[g], p.hex(32)))
		}
		p.klogLine(1, `E controller.go:474] "Reconciler error" err="error deleting network: [`+strings.Join(all, ", ")+`]" controller="awscluster" controllerGroup="infrastructure.cluster.x-k8s.io" AWSCluster="functional-test-ignition/`+cluster+`" reconcileID="`+p.hex(8)+`"`)
	}
	for range 4 {
		refused("apiserver-lb", "controlplane", "lb", "node")
		p.manager(5, 12*time.Second)
	}
	for _, g := range []string{"apiserver-lb", "controlplane"} {
		p.klogLine(1, `I securitygroups.go:377] "Deleted security group" security-group-id="`+groups[g]+`" controller="awscluster"`)
	}
	const spec = "[unmanaged] [functional] Workload cluster with AWS S3 and Ignition parameter It should be creatable and deletable"
	if !s.failed {
		for _, g := range []string{"lb", "node"} {
			p.klogLine(1, `I securitygroups.go:377] "Deleted security group" security-group-id="`+groups[g]+`" controller="awscluster"`)
		}
		s.now = begin.Add(5 * time.Minute)
		s.line("INFO: Deleting namespace functional-test-ignition\n• [%.3f seconds]\n%s", s.now.Sub(s.run.times().test).Seconds(), spec)
		s.specs(12, "[unmanaged] [functional]", 4*time.Minute)
		s.line("Ran 13 of 61 Specs in 4211.031 seconds\nSUCCESS! -- 13 Passed | 0 Failed | 0 Pending | 48 Skipped")
		return
	}
	for p.now.Before(begin.Add(30 * time.Minute)) {
		refused("lb", "node")
		p.manager(5, 15*time.Second)
	}
	s.now = begin.Add(30 * time.Minute)
	message := "Timed out after 1800.001s.\nwaiting for cluster deletion timed out:\ncluster: functional-test-ignition/" + cluster + "\nExpected\n    <bool>: false\nto be true"
	s.line("  [FAILED] %s\n  In [It] at: cluster-api/test/framework/cluster_helpers.go:212 @ %s", strings.ReplaceAll(message, "\n", "\n  "), s.now.Format(ginkgoTime))
	s.step("Releasing resources ec2-GPU:0, vpc:1, eip:3, igw:1")
	s.suite(spec, message, "cluster-api/test/framework/cluster_helpers.go:212")
}
