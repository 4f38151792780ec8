package main

import (
	"time"
)

// Cases of jobs in which a script runs kOps itself: K3, K9, K11.

var kopsScriptFailures = []failure{
	{
		id: "K3", job: job{name: "e2e-kops-grid-cilium-deb11-k33", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 6, 24, 11, 40, 2, 0, time.UTC),
			args: []string{"bash", "-x", "tests/e2e/scenarios/grid/run-test.sh"}}, play: oldContainerd,
		expect: expectation{
			Title: "kOps raised the oldest containerd that it takes, and the job pins an older one",
			Cause: `unsupported legacy version`, NotFirst: []string{`GLIBC_2\.32`, `^(Error: )?exit status 1$`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `spec\.containerd\.version: Invalid value: "1\.6\.20": unsupported legacy version`}},
			Misleads: []place{{"run/build-log.txt", "version `GLIBC_2.32' not found"}, {"run/build-log.txt", `ERROR: .*exit code 1`}},
		},
	},
	{
		id: "K9", job: job{name: "e2e-kops-ai-conformance", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 4, 8, 20, 5, 30, 0, time.UTC),
			args: []string{"bash", "-x", "tests/e2e/scenarios/ai-conformance/run-test.sh"}}, play: wrongNamespace,
		expect: expectation{
			Title: "A kubectl without a namespace takes the one of the Prow pod, which the cluster under test does not have; the script goes on",
			Cause: `namespaces "test-pods" not found`, NotFirst: []string{`Failed to get logs`, `^(Error: )?exit status 1$`}, Category: "config", Needs: []string{"run"},
			Evidence: []place{{"run/build-log.txt", `Error from server \(NotFound\): namespaces "test-pods" not found`}},
			Misleads: []place{{"run/build-log.txt", `\+ true`}, {"run/build-log.txt", `(?s)(Failed to get logs.*){6}`}, {"run/build-log.txt", `FAIL: .*accelerator`}},
		},
	},
	{
		id: "K11", job: job{name: "e2e-kops-azure-upgrade-k134-ko134-to-k135-kolatest", org: "kubernetes", repo: "kops", image: kubekins, at: time.Date(2026, 8, 5, 6, 22, 51, 0, time.UTC),
			args: []string{"bash", "-x", "tests/e2e/scenarios/upgrade/run-test.sh"}}, play: noRollingUpdate, passing: 3,
		expect: expectation{
			Title: "The rolling update of the upgrade found nothing to do, so that all nodes stayed on the old kubelet; in passing runs it takes many minutes",
			Cause: `(?i)rolling.?update`, NotFirst: []string{`(?i)csi-azuredisk-node-\w+" is not ready`, `wait time exceeded`, `^(Error: )?exit status 1$`}, Category: "product", Needs: []string{"run", "passing"},
			Evidence: []place{{"run/build-log.txt", `No rolling-update required`}, {"passing/1/build-log.txt", `Draining the node`}},
			Misleads: []place{{"run/build-log.txt", `csi-azuredisk-node-\w+" is not ready`}, {"run/build-log.txt", `wait time exceeded during validation`}, {"passing/2/build-log.txt", `csi-azuredisk-node-\w+" is not ready`}},
		},
	},
}

// oldContainerd leaves no JUnit report: the script creates the cluster itself.
func oldContainerd(s *scene) {
	const cluster = "e2e-grid-deb11.k8s.local"
	s.line("+ set -o errexit\n+ set -o nounset\n+ REPO_ROOT=/home/prow/go/src/k8s.io/kops\n+ cd /home/prow/go/src/k8s.io/kops\n+ make test-e2e-install")
	s.goDownloads(110)
	s.wait(50 * time.Second)
	s.line("+ for tool in etcdctl cilium hubble crictl\n+ fetch_tool etcdctl")
	for _, tool := range []string{"etcdctl", "cilium", "hubble", "crictl"} {
		s.wait(2 * time.Second)
		s.line("+ curl -sSLo /tmp/tools/%[1]s https://artifacts.example.org/tools/linux/amd64/%[1]s\n+ /tmp/tools/%[1]s version", tool)
		s.line("/tmp/tools/%[1]s: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.32' not found (required by /tmp/tools/%[1]s)\n"+
			"/tmp/tools/%[1]s: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /tmp/tools/%[1]s)\nERROR: %[1]s cannot run here, exit code 1; it is only needed for dumps", tool)
	}
	args := "create cluster --name " + cluster + " --cloud aws --kubernetes-version v1.33.9 --networking=cilium --image=136693071363/debian-11-amd64-20260601-2431 --set=cluster.spec.containerd.version=1.6.20 --zones us-east-2a"
	s.line("+ %s %s", kopsProgram, args)
	p := s.traced(args, 0, createsCluster(cluster))
	s.klog("", "I", p.pid, "create_cluster.go:1032", "Inferred %q cloud provider from zone %q", "aws", "us-east-2a")
	s.klog("", "W", p.pid, "new_cluster.go:1461", "Gossip is used, because the name ends in .k8s.local")
	s.line("Error: spec.containerd.version: Invalid value: \"1.6.20\": unsupported legacy version; containerd 2.1.0 or newer is required")
	s.line("+ cleanup\n+ [[ -n '' ]]\n+ echo 'nothing to delete'\nnothing to delete\n+ exit 1")
	s.fail()
	s.entrypointFailed()
}

func wrongNamespace(s *scene) {
	const cluster, api = "e2e-ai.k8s.local", "https://api-e2e-ai-0example.elb.us-east-2.amazonaws.com"
	s.line("+ set -o errexit\n+ make test-e2e-install")
	s.goDownloads(110)
	s.wait(40 * time.Second)
	run := func(args string, body func(*track)) {
		s.line("+ %s %s", kopsProgram, args)
		s.traced(args, 0, body)
	}
	run("create cluster --name "+cluster+" --cloud aws --node-size g4dn.xlarge --zones us-east-2a", createsCluster(cluster))
	run("update cluster --name "+cluster+" --admin --yes", updatesCluster(cluster, nil))
	s.line("+ kops-wait")
	s.validates(cluster, "--count 3", 15*time.Minute, 20*time.Second, until(6*time.Minute, api, "Node\ti-0aa1\tnode \"i-0aa1\" of role \"node\" is not ready"))
	s.line("+ helm upgrade --install gpu-operator nvidia/gpu-operator --namespace gpu-operator --create-namespace --wait")
	s.wait(3 * time.Minute)
	s.line("Release \"gpu-operator\" does not exist. Installing it now.\nNAME: gpu-operator\nSTATUS: deployed")
	s.line("+ kubectl create configmap conformance-config --from-file=tests/e2e/scenarios/ai-conformance/config.yaml")
	s.wait(time.Second)
	s.line("Error from server (NotFound): namespaces \"test-pods\" not found\n+ true")
	s.line("+ kubectl apply -n ai-conformance -f tests/e2e/scenarios/ai-conformance/jobs.yaml\nnamespace/ai-conformance created")
	tests := []string{"accelerator-visible", "accelerator-shared", "gang-scheduling", "inference-gateway", "metrics-exported", "operator-runs", "queue-admits"}
	for _, name := range tests {
		s.line("job.batch/%s created", name)
	}
	for i := range 36 {
		s.wait(20 * time.Second)
		s.line("+ kubectl get jobs -n ai-conformance -o 'jsonpath={.items[*].status.succeeded}'\n+ [[ '' == '1 1 1 1 1 1 1' ]]\n+ (( %d < 36 ))\n+ sleep 20", i)
	}
	s.line("+ for name in \"${JOBS[@]}\"")
	for _, name := range tests {
		s.wait(time.Second)
		s.line("+ kubectl logs -n ai-conformance job/%[1]s --tail=100\nError from server (BadRequest): container \"check\" in pod \"%[1]s-%[2]s\" is waiting to start: CreateContainerConfigError\nFailed to get logs of %[1]s\n"+
			"FAIL: %[1]s did not succeed within 12m0s", name, s.suffix())
	}
	s.line("ERROR: 7 of 7 checks failed\n+ " + kopsProgram + " delete cluster --name " + cluster + " --yes")
	s.traced("delete cluster --name "+cluster+" --yes", 0, deletesCluster(cluster))
	s.line("+ exit 1")
	s.fail()
	s.entrypointFailed()
}

func noRollingUpdate(s *scene) {
	const cluster, api = "e2e-upgrade-azure.k8s.local", "https://20.61.0.14"
	s.line("+ set -o errexit\n+ make test-e2e-install")
	s.goDownloads(40)
	s.wait(40 * time.Second)
	run := func(args string, body func(*track)) {
		s.line("+ %s %s", kopsProgram, args)
		s.traced(args, 0, body)
	}
	azure := func(t *track, method, path string) {
		t.lost().http(method, "https://management.azure.com/subscriptions/example/resourceGroups/e2e-upgrade-azure/"+path+"?api-version=2024-07-01", 200, 150*time.Millisecond)
	}
	busy := 0 // rounds of validation that meet the rollout of the disk driver
	validate := func(rounds int) bool {
		busy = rounds
		return s.validates(cluster, "--count 3", 10*time.Minute, 45*time.Second, func(t *track) string {
			azure(t, "GET", "providers/Microsoft.Compute/virtualMachineScaleSets")
			t.asksAPI(api)
			if busy--; busy >= 0 {
				return "Pod\tkube-system/csi-azuredisk-node-" + s.suffix() + "\tsystem-node-critical pod \"csi-azuredisk-node-" + s.suffix() + "\" is not ready (azuredisk)"
			}
			return ""
		})
	}
	run("create cluster --name "+cluster+" --cloud azure --kubernetes-version v1.34.6 --node-count 3 --zones westeurope-1", func(t *track) { azure(t, "GET", "providers/Microsoft.Network/virtualNetworks") })
	run("update cluster --name "+cluster+" --admin --yes", func(t *track) {
		for range 5 {
			azure(t, "PUT", "providers/Microsoft.Compute/virtualMachineScaleSets/nodes-westeurope-1")
			t.sleep(5 * time.Second)
		}
	})
	validate(4)
	s.line("+ kubectl get nodes -o 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}'\nv1.34.6 v1.34.6 v1.34.6 v1.34.6")
	run("set cluster "+cluster+" spec.kubernetesVersion=v1.35.2", func(t *track) { azure(t, "GET", "providers/Microsoft.Storage/storageAccounts") })
	run("update cluster --name "+cluster+" --yes", func(t *track) {
		azure(t, "PUT", "providers/Microsoft.Compute/virtualMachineScaleSets/nodes-westeurope-1")
		t.sleep(20 * time.Second)
	})
	run("rolling-update cluster "+cluster+" --yes --validation-timeout=30m", func(t *track) {
		azure(t, "GET", "providers/Microsoft.Compute/virtualMachineScaleSets")
		t.asksAPI(api)
		s.now = t.now.UTC()
		if s.failed {
			s.line("NAME\t\t\tSTATUS\tNEEDUPDATE\tREADY\tMIN\tTARGET\tMAX\tNODES\ncontrol-plane-westeurope-1\tReady\t0\t\t1\t1\t1\t1\t1\nnodes-westeurope-1\tReady\t0\t\t3\t3\t3\t3\t3\n\nNo rolling-update required.")
			return
		}
		s.line("NAME\t\t\tSTATUS\tNEEDUPDATE\tREADY\tMIN\tTARGET\tMAX\tNODES\ncontrol-plane-westeurope-1\tNeedsUpdate\t1\t0\t1\t1\t1\t1\nnodes-westeurope-1\tNeedsUpdate\t3\t0\t3\t3\t3\t3")
		for range 4 {
			node := "nodes-westeurope-1" + s.suffix()
			s.says(t, "I", "instancegroups.go:404", "Draining the node: %q.", node)
			t.sleep(70 * time.Second)
			s.says(t, "I", "instancegroups.go:721", "Stopping instance %q, in group %q (this may take a while).", node, "nodes-westeurope-1")
			azure(t, "DELETE", "providers/Microsoft.Compute/virtualMachineScaleSets/nodes-westeurope-1/virtualMachines/1")
			for range 4 {
				t.sleep(60 * time.Second)
				s.says(t, "W", "instancegroups.go:560", "Cluster did not validate, will retry in \"30s\": system-node-critical pod \"csi-azuredisk-node-%s\" is not ready (azuredisk).", s.suffix())
			}
			s.says(t, "I", "instancegroups.go:532", "Cluster validated.")
		}
		s.says(t, "I", "rollingupdate.go:236", "Rolling update completed for cluster %q!", cluster)
	})
	version := "v1.35.2"
	if s.failed {
		version = "v1.34.6"
	}
	s.line("+ kubectl get nodes -o 'jsonpath={.items[*].status.nodeInfo.kubeletVersion}'\n%[1]s %[1]s %[1]s %[1]s", version)
	if s.failed {
		validate(40)
	} else {
		validate(2)
		s.line("+ ./hack/ginkgo-e2e.sh --ginkgo.focus=Conformance")
		s.specs(6, "[sig-apps] Deployment", 5*time.Second)
	}
	s.line("+ cleanup\n+ " + kopsProgram + " delete cluster --name " + cluster + " --yes")
	s.traced("delete cluster --name "+cluster+" --yes", 0, func(t *track) { azure(t, "DELETE", ""); t.sleep(3 * time.Minute) })
	if s.failed {
		s.line("+ exit 1")
		s.fail()
		s.entrypointFailed()
	}
}
