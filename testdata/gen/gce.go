package main

import (
	"fmt"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// The failing run: update cluster ends well although one of four nodes could not be created for want of quota, so
// validation waits for a node that never comes until its 20 minutes are over.

const (
	gceCluster = "e2e-pr18000-cilium.k8s.local"
	gceDashed  = "e2e-pr18000-cilium-k8s-local"
	gceAPI     = "https://34.9.0.17"
	gceState   = "https://storage.googleapis.com/storage/v1/b/k8s-infra-kops-state-example/o"
	gceProject = "https://compute.googleapis.com/compute/v1/projects/k8s-infra-e2e-boskos-example/"
	gceZone    = "zones/us-central1-a/"
	gceRegion  = "regions/us-central1/"
	gceNodes   = gceZone + "instanceGroupManagers/a-nodes-us-central1-a-" + gceDashed

	quotaMessage = "googleapi: Error 403: Quota 'CPUS' exceeded.  Limit: 8.0 in region us-central1., quotaExceeded"
)

// shape says which calls a task makes.
type shape int

const (
	local  shape = iota // none
	exists              // GET finds it
	create              // GET does not find it; POST; the operation is polled until it is done
	upload              // a file of the state store: GET does not find it; POST
	quota               // like create, but one instance of the group is refused again and again
)

// A task is one of kOps' tasks of update cluster. It is traced as "task-" and its key; the calls of most task types
// lose that context and become traces of their own.
type task struct {
	key    string
	shape  shape
	path   string // of the resource below the project
	polls  int    // of the operation
	traced bool   // the calls keep the task's span as their parent
	trips  []int  // statuses that the creating POST is answered with before it succeeds
}

// gceWaves are the tasks of update cluster; those of one wave run at the same time.
var gceWaves = [][]task{
	append([]task{
		{key: "Network/default", shape: exists, path: "global/networks/default"},
		{key: "ServiceAccount/control-plane", shape: create, path: "serviceAccounts/control-plane-" + gceDashed, polls: 1},
		{key: "ServiceAccount/node", shape: create, path: "serviceAccounts/node-" + gceDashed, polls: 1},
		{key: "HealthCheck/api-" + gceDashed, shape: create, path: gceRegion + "healthChecks/api-" + gceDashed, polls: 2},
		{key: "Disk/a-etcd-cilium-" + gceDashed, shape: create, path: gceZone + "disks/a-etcd-cilium-" + gceDashed, polls: 3},
		{key: "Disk/a-etcd-events-" + gceDashed, shape: create, path: gceZone + "disks/a-etcd-events-" + gceDashed, polls: 3},
		{key: "Disk/a-etcd-main-" + gceDashed, shape: create, path: gceZone + "disks/a-etcd-main-" + gceDashed, polls: 4, trips: []int{503}},
		{key: "SSHKey/kubernetes." + gceCluster, shape: local},
	}, uploads("Keypair", "private", "apiserver-aggregator-ca", "etcd-clients-ca", "etcd-clients-ca-cilium", "etcd-manager-ca-cilium",
		"etcd-manager-ca-events", "etcd-manager-ca-main", "etcd-peers-ca-cilium", "etcd-peers-ca-events", "etcd-peers-ca-main",
		"kubernetes-ca", "service-account")...),
	append(append([]task{
		{key: "Subnet/us-central1", shape: create, path: gceRegion + "subnetworks/us-central1-" + gceDashed, polls: 8},
		{key: "Address/api-" + gceDashed, shape: create, path: gceRegion + "addresses/api-" + gceDashed, polls: 2, trips: []int{429, 429}},
	}, uploads("Secret", "secrets", "admin", "kube", "kube-proxy", "kubelet", "system:controller_manager", "system:dns",
		"system:logging", "system:monitoring", "system:scheduler")...), firewallRules...),
	append([]task{
		{key: "BackendService/api-" + gceDashed, shape: create, path: gceRegion + "backendServices/api-" + gceDashed, polls: 4, traced: true},
		{key: "Router/nat-" + gceDashed, shape: create, path: gceRegion + "routers/nat-" + gceDashed, polls: 5},
		{key: "ProjectIAMBinding/control-plane", shape: exists, path: "getIamPolicy"},
		{key: "ProjectIAMBinding/node", shape: exists, path: "getIamPolicy"},
		{key: "StorageBucketIAM/control-plane", shape: exists, path: "state/iam"},
	}, uploads("ManagedFile", "manifests", "cluster-completed.spec", "kops-version.txt", "etcd-cluster-spec-cilium", "etcd-cluster-spec-events",
		"etcd-cluster-spec-main", "manifests-etcdmanager-cilium-control-plane-us-central1-a", "manifests-etcdmanager-events-control-plane-us-central1-a",
		"manifests-etcdmanager-main-control-plane-us-central1-a", "manifests-static-kube-apiserver-healthcheck", "addons-bootstrap",
		"addons-networking.cilium.io-k8s-1.16", "addons-coredns.addons.k8s.io-k8s-1.12", "addons-dns-controller.addons.k8s.io-k8s-1.12",
		"addons-gcp-cloud-controller.addons.k8s.io-k8s-1.23", "addons-gcp-pd-csi-driver.addons.k8s.io-k8s-1.23",
		"addons-kops-controller.addons.k8s.io-k8s-1.16", "addons-kubelet-api.rbac.addons.k8s.io-k8s-1.9", "addons-limit-range.addons.k8s.io",
		"addons-metadata-proxy.addons.k8s.io-v0.1.12", "addons-storage-gce.addons.k8s.io-v1.7.0", "nodeupconfig-control-plane-us-central1-a",
		"nodeupconfig-nodes-us-central1-a")...),
	{
		{key: "ForwardingRule/api-" + gceDashed, shape: create, path: gceRegion + "forwardingRules/api-" + gceDashed, polls: 5, traced: true},
		{key: "ForwardingRule/kops-controller-" + gceDashed, shape: create, path: gceRegion + "forwardingRules/kops-controller-" + gceDashed, polls: 5, traced: true},
		{key: "InstanceTemplate/control-plane-us-central1-a-" + gceDashed, shape: create, path: "global/instanceTemplates/control-plane-us-central1-a-" + gceDashed, polls: 3, traced: true},
		{key: "InstanceTemplate/nodes-us-central1-a-" + gceDashed, shape: create, path: "global/instanceTemplates/nodes-us-central1-a-" + gceDashed, polls: 3, traced: true, trips: []int{429, 503}},
	},
	{
		{key: "InstanceGroupManager/a-control-plane-us-central1-a-" + gceDashed, shape: create, path: gceZone + "instanceGroupManagers/a-control-plane-us-central1-a-" + gceDashed, polls: 9, traced: true},
		{key: "InstanceGroupManager/a-nodes-us-central1-a-" + gceDashed, shape: quota, path: gceNodes, polls: 9, traced: true},
	},
}

var firewallRules = func() (tasks []task) {
	for _, rule := range []string{"https-api", "https-api-ipv6", "kops-controller-to-control-plane", "master-to-master", "master-to-node",
		"node-to-master", "node-to-node", "nodeport-external-to-node", "nodeport-external-to-node-ipv6", "ssh-external-to-control-plane",
		"ssh-external-to-control-plane-ipv6", "ssh-external-to-node", "ssh-external-to-node-ipv6"} {
		name := rule + "-" + gceDashed
		tasks = append(tasks, task{key: "FirewallRule/" + name, shape: create, path: "global/firewalls/" + name, polls: 3})
	}
	return tasks
}()

func uploads(kind, folder string, names ...string) (tasks []task) {
	for _, name := range names {
		tasks = append(tasks, task{key: kind + "/" + name, shape: upload, path: folder + "/" + name})
	}
	return tasks
}

func (k task) run(t *track) {
	calls := t.lost()
	if k.traced {
		calls = t
	}
	switch k.shape {
	case local:
		t.wait(300 * time.Microsecond)
	case exists:
		calls.http("GET", gceProject+k.path, 200, 90*time.Millisecond)
	case upload:
		object := gceState + "/" + gceCluster + "/" + k.path
		calls.http("GET", object, 404, 35*time.Millisecond)
		calls.http("POST", object+"?uploadType=multipart", 200, 70*time.Millisecond)
	case create, quota:
		calls.http("GET", gceProject+k.path, 404, 80*time.Millisecond)
		collection := k.path[:strings.LastIndex(k.path, "/")]
		calls.retry("POST", gceProject+collection, 240*time.Millisecond, append(k.trips, 200)...)
		calls.operation(k.polls)
		if k.shape == quota {
			calls.quotaExceeded()
		}
	}
}

// operation polls a long-running operation until it is done.
func (t *track) operation(polls int) {
	target := fmt.Sprintf("%s%soperations/operation-%x", gceProject, gceZone, t.p.id(6))
	for range polls {
		t.sleep(1500 * time.Millisecond)
		t.http("GET", target, 200, 60*time.Millisecond)
	}
}

// quotaExceeded is the root cause of the failed run: the fourth instance of the group is refused six times, with
// growing pauses, and kOps goes on without it.
func (t *track) quotaExceeded() {
	attempts := t.retry("POST", gceProject+gceNodes+"/createInstances", 320*time.Millisecond, 403, 403, 403, 403, 403, 403)
	for i, s := range attempts {
		fail(s, quotaMessage)
		exception(s, "*googleapi.Error", quotaMessage,
			[2]string{"google.golang.org/api/googleapi.CheckResponseWithBody", "google.golang.org/api/googleapi/googleapi.go:210"},
			[2]string{"k8s.io/kops/upup/pkg/fi/cloudup/gce.(*instanceGroupManagerClientImpl).CreateInstances", "k8s.io/kops/upup/pkg/fi/cloudup/gce/compute.go:977"},
			[2]string{"k8s.io/kops/upup/pkg/fi/cloudup/gcetasks.(*InstanceGroupManager).RenderGCE", "k8s.io/kops/upup/pkg/fi/cloudup/gcetasks/instancegroupmanager.go:214"},
			[2]string{"k8s.io/kops/upup/pkg/fi.(*executor[...]).forkJoin.func1", "k8s.io/kops/upup/pkg/fi/executor.go:226"})
		if i > 0 {
			link(s, attempts[i-1], text("link.reason", "retry of"))
		}
	}
	event(t.parent, *t.now, "giving up on an instance", text("instance.group", "nodes-us-central1-a"),
		number("instances.wanted", 4), number("instances.created", 3))
}

func gceCreate(t *track) {
	t.span(scopeKops, "RunCreateCluster", func(t *track) {
		t.getCluster(60 * time.Microsecond)
		t.lost().http("GET", "https://raw.githubusercontent.com/kubernetes/kops/master/channels/alpha", 200, 60*time.Millisecond)
		for _, path := range []string{"global/networks/default", "regions/us-central1", "zones", gceZone + "machineTypes/e2-standard-2", gceZone + "machineTypes/e2-medium"} {
			t.lost().http("GET", gceProject+path, 200, 110*time.Millisecond)
		}
		t.nodeup()
		for _, object := range []string{"config", "instancegroup/control-plane-us-central1-a", "instancegroup/nodes-us-central1-a", "pki/ssh/public/admin"} {
			t.lost().http("POST", gceState+"/"+gceCluster+"/"+object+"?uploadType=multipart", 200, 80*time.Millisecond)
		}
		t.getCluster(3 * time.Millisecond)
	})
}

func gceUpdate(t *track) {
	t.getCluster(40 * time.Millisecond)
	t.lost().http("GET", gceState+"/"+gceCluster+"/config?alt=media", 200, 40*time.Millisecond)
	t.nodeup()
	for _, wave := range gceWaves {
		var tasks []func(*track)
		for _, k := range wave {
			tasks = append(tasks, func(t *track) { t.span(scopeTasks, "task-"+k.key, k.run) })
		}
		t.parallel(tasks...)
	}
	t.lost().http("GET", gceState+"/"+gceCluster+"/pki/private/kubernetes-ca/keyset.yaml?alt=media", 200, 45*time.Millisecond)
}

// gceValidate polls every ten seconds for 20 minutes: at first the API server is not up, then a node is missing.
func gceValidate(t *track) {
	const deadline = 20 * time.Minute
	t.getCluster(40 * time.Millisecond)
	for poll := 0; t.since() < deadline; poll++ {
		calls := t.lost()
		for _, group := range []string{"a-control-plane-us-central1-a-" + gceDashed, "a-nodes-us-central1-a-" + gceDashed} {
			calls.http("POST", gceProject+gceZone+"instanceGroupManagers/"+group+"/listManagedInstances", 200, 70*time.Millisecond)
		}
		switch {
		case t.since() < 45*time.Second:
			calls.unreachable("GET", gceAPI+"/api/v1/nodes", "*net.OpError", "dial tcp 34.9.0.17:443: i/o timeout", 10*time.Second)
		case t.since() < 100*time.Second:
			calls.unreachable("GET", gceAPI+"/api/v1/nodes", "*net.OpError", "dial tcp 34.9.0.17:443: connect: connection refused", 2*time.Millisecond)
		case poll%37 == 30:
			calls.http("GET", gceAPI+"/api/v1/nodes", 503, 30*time.Millisecond)
		default:
			calls.http("GET", gceAPI+"/api/v1/nodes", 200, 25*time.Millisecond)
			calls.http("GET", gceAPI+"/api/v1/namespaces/kube-system/pods", 200, 60*time.Millisecond)
		}
		t.sleep(10 * time.Second)
	}
}

// gceDump waits for the serial port of an instance that does not exist until it is killed.
func gceDump(t *track) {
	t.getCluster(40 * time.Millisecond)
	for _, collection := range gceInventory {
		t.lost().http("GET", gceProject+collection, 200, 120*time.Millisecond)
	}
	t.getCluster(40 * time.Millisecond)
	instances := []string{"control-plane-us-central1-a-7q1v", "nodes-us-central1-a-4k2x", "nodes-us-central1-a-9pzd", "nodes-us-central1-a-t0wm"}
	for _, instance := range instances {
		t.lost().http("GET", gceProject+gceZone+"instances/"+instance+"/serialPort", 200, 300*time.Millisecond).DroppedAttributesCount = 2
	}
	t.getCluster(40 * time.Millisecond)
	for t.since() < 6*time.Minute {
		t.lost().http("GET", gceProject+gceNodes+"/listErrors", 200, 80*time.Millisecond)
		t.lost().http("GET", gceProject+gceZone+"instances/nodes-us-central1-a-hv38/serialPort", 404, 90*time.Millisecond)
		t.sleep(15 * time.Second)
	}
}

var gceInventory = []string{"global/firewalls", "global/instanceTemplates", "global/networks", "global/routes", gceRegion + "addresses",
	gceRegion + "backendServices", gceRegion + "forwardingRules", gceRegion + "healthChecks", gceRegion + "routers",
	gceRegion + "subnetworks", gceRegion + "targetPools", gceZone + "disks", gceZone + "instanceGroupManagers", gceZone + "instances"}

// gceDelete deletes in rounds what update created, the dependent things first.
func gceDelete(t *track) {
	t.getCluster(40 * time.Millisecond)
	inventory := func() {
		for _, collection := range gceInventory {
			t.lost().http("GET", gceProject+collection+"?filter="+gceDashed, 200, 100*time.Millisecond)
		}
	}
	inventory()
	for i := len(gceWaves) - 1; i >= 0; i-- {
		var deletions []func(*track)
		for _, k := range gceWaves[i] {
			if k.shape == create || k.shape == quota {
				deletions = append(deletions, k.delete)
			}
		}
		t.parallel(deletions...)
	}
	inventory()
	for _, object := range []string{"config", "cluster-completed.spec", "instancegroup/control-plane-us-central1-a", "instancegroup/nodes-us-central1-a", "pki", "secrets"} {
		t.lost().http("DELETE", gceState+"/"+gceCluster+"/"+object, 204, 50*time.Millisecond)
	}
}

func (k task) delete(t *track) {
	calls := t.lost()
	if strings.HasPrefix(k.key, "Subnet/") {
		for range 3 {
			s := calls.http("DELETE", gceProject+k.path, 400, 90*time.Millisecond)
			fail(s, "googleapi: Error 400: The subnetwork resource is already being used by 'nat-"+gceDashed+"', resourceInUseByAnotherResource")
			t.sleep(10 * time.Second)
		}
	}
	calls.http("DELETE", gceProject+k.path, 200, 200*time.Millisecond)
	calls.operation(k.polls / 2)
}

// getCluster reads the cluster from the state store.
func (t *track) getCluster(took time.Duration) *tracepb.Span {
	return t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) { t.wait(took) })
}

// nodeup looks for the hash of the nodeup binary, which a build from a pull request has in one of four places.
func (t *track) nodeup() {
	const version = "1.37.0-alpha.1+v1.37.0-alpha.1-142-g0c6d2e8f4b"
	for _, place := range []struct {
		address string
		status  int
	}{
		{"https://artifacts.k8s.io/binaries/kops/" + version + "/linux/amd64/nodeup.sha256", 404},
		{"https://github.com/kubernetes/kops/releases/download/v" + version + "/nodeup-linux-amd64.sha256", 404},
		{"https://storage.googleapis.com/k8s-staging-kops-example/pulls/18000/" + version + "/linux/amd64/nodeup.sha256", 200},
	} {
		t.lost().http("GET", place.address, place.status, 90*time.Millisecond)
	}
}
