package main

import (
	"strings"
	"time"
)

// The passing run: the same commands on AWS, where the state store is S3 and its calls keep their context, and then
// tests that run kops many times, some of them at once.

const (
	awsCluster = "e2e-deb13.k8s.local"
	awsState   = "s3://k8s-kops-state-example/" + awsCluster
	awsAPI     = "https://api-e2e-deb13-k8s-local-0example.elb.us-east-2.amazonaws.com"
)

// aws is one call of an AWS service; the operation is in the body, so the trace names it by attribute.
func (t *track) aws(service, operation string, status int, took time.Duration) {
	s := t.http("POST", "https://"+strings.ToLower(service)+".us-east-2.amazonaws.com/", status, took,
		text("rpc.system", "aws-api"), text("rpc.service", service), text("rpc.method", operation))
	if status == 503 {
		fail(s, "api error RequestLimitExceeded: Request limit exceeded.")
	}
}

// An awsTask describes a resource before it makes it, then tags it.
type awsTask struct {
	key               string
	service           string
	describe, make    string // operations
	throttled, checks int    // answers of 503 before make succeeds; describes after it
}

var awsWaves = [][]awsTask{
	{
		{"VPC/" + awsCluster, "EC2", "DescribeVpcs", "CreateVpc", 0, 1},
		{"DHCPOptions/" + awsCluster, "EC2", "DescribeDhcpOptions", "CreateDhcpOptions", 0, 1},
		{"EBSVolume/a.etcd-events." + awsCluster, "EC2", "DescribeVolumes", "CreateVolume", 0, 2},
		{"EBSVolume/a.etcd-main." + awsCluster, "EC2", "DescribeVolumes", "CreateVolume", 1, 2},
		{"IAMRole/masters." + awsCluster, "IAM", "GetRole", "CreateRole", 0, 0},
		{"IAMRole/nodes." + awsCluster, "IAM", "GetRole", "CreateRole", 0, 0},
		{"IAMInstanceProfile/masters." + awsCluster, "IAM", "GetInstanceProfile", "CreateInstanceProfile", 0, 3},
		{"IAMInstanceProfile/nodes." + awsCluster, "IAM", "GetInstanceProfile", "CreateInstanceProfile", 0, 3},
		{"SSHKey/kubernetes." + awsCluster, "EC2", "DescribeKeyPairs", "ImportKeyPair", 0, 0},
	},
	{
		{"InternetGateway/" + awsCluster, "EC2", "DescribeInternetGateways", "CreateInternetGateway", 0, 1},
		{"RouteTable/" + awsCluster, "EC2", "DescribeRouteTables", "CreateRouteTable", 0, 1},
		{"SecurityGroup/api-elb." + awsCluster, "EC2", "DescribeSecurityGroups", "CreateSecurityGroup", 0, 1},
		{"SecurityGroup/masters." + awsCluster, "EC2", "DescribeSecurityGroups", "CreateSecurityGroup", 0, 1},
		{"SecurityGroup/nodes." + awsCluster, "EC2", "DescribeSecurityGroups", "CreateSecurityGroup", 2, 1},
		{"Subnet/us-east-2a." + awsCluster, "EC2", "DescribeSubnets", "CreateSubnet", 0, 2},
		{"IAMRolePolicy/masters." + awsCluster, "IAM", "GetRolePolicy", "PutRolePolicy", 0, 0},
		{"IAMRolePolicy/nodes." + awsCluster, "IAM", "GetRolePolicy", "PutRolePolicy", 0, 0},
	},
	{
		{"NetworkLoadBalancer/api." + awsCluster, "ElasticLoadBalancing", "DescribeLoadBalancers", "CreateLoadBalancer", 0, 9},
		{"Route/0.0.0.0/0", "EC2", "DescribeRouteTables", "CreateRoute", 0, 0},
		{"SecurityGroupRule/from-masters-to-masters", "EC2", "DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress", 0, 0},
		{"SecurityGroupRule/from-masters-to-nodes", "EC2", "DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress", 0, 0},
		{"SecurityGroupRule/from-nodes-to-nodes", "EC2", "DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress", 1, 0},
		{"SecurityGroupRule/https-to-api", "EC2", "DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress", 0, 0},
		{"SecurityGroupRule/ssh-to-masters", "EC2", "DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress", 3, 0},
		{"SecurityGroupRule/ssh-to-nodes", "EC2", "DescribeSecurityGroupRules", "AuthorizeSecurityGroupIngress", 0, 0},
		{"LaunchTemplate/control-plane-us-east-2a.masters." + awsCluster, "EC2", "DescribeLaunchTemplates", "CreateLaunchTemplate", 0, 0},
		{"LaunchTemplate/nodes-us-east-2a." + awsCluster, "EC2", "DescribeLaunchTemplates", "CreateLaunchTemplate", 0, 0},
	},
	{
		{"AutoscalingGroup/control-plane-us-east-2a.masters." + awsCluster, "Autoscaling", "DescribeAutoScalingGroups", "CreateAutoScalingGroup", 0, 2},
		{"AutoscalingGroup/nodes-us-east-2a." + awsCluster, "Autoscaling", "DescribeAutoScalingGroups", "CreateAutoScalingGroup", 0, 2},
	},
}

var awsFiles = []string{"cluster-completed.spec", "kops-version.txt", "backups/etcd/main/control/etcd-cluster-spec", "backups/etcd/events/control/etcd-cluster-spec",
	"manifests/etcd/main-control-plane-us-east-2a.yaml", "manifests/etcd/events-control-plane-us-east-2a.yaml", "addons/bootstrap-channel.yaml",
	"addons/networking.cilium.io/k8s-1.16-v1.15.yaml", "addons/coredns.addons.k8s.io/k8s-1.12.yaml", "addons/kops-controller.addons.k8s.io/k8s-1.16.yaml",
	"addons/aws-cloud-controller.addons.k8s.io/k8s-1.18.yaml", "addons/aws-ebs-csi-driver.addons.k8s.io/k8s-1.17.yaml",
	"pki/private/kubernetes-ca/keyset.yaml", "pki/private/service-account/keyset.yaml", "pki/private/etcd-clients-ca/keyset.yaml",
	"pki/private/apiserver-aggregator-ca/keyset.yaml", "igconfig/control-plane/control-plane-us-east-2a/nodeupconfig.yaml", "igconfig/node/nodes-us-east-2a/nodeupconfig.yaml"}

func (k awsTask) run(t *track) {
	calls := t.lost()
	calls.aws(k.service, k.describe, 200, 60*time.Millisecond)
	pause := 300 * time.Millisecond
	for range k.throttled {
		calls.aws(k.service, k.make, 503, 40*time.Millisecond)
		t.sleep(pause)
		pause *= 2
	}
	calls.aws(k.service, k.make, 200, 250*time.Millisecond)
	for range k.checks {
		t.sleep(1200 * time.Millisecond)
		calls.aws(k.service, k.describe, 200, 60*time.Millisecond)
	}
}

func awsCreate(t *track) {
	t.span(scopeKops, "RunCreateCluster", func(t *track) {
		t.getS3Cluster()
		t.lost().http("GET", "https://raw.githubusercontent.com/kubernetes/kops/master/channels/alpha", 200, 60*time.Millisecond)
		for _, operation := range []string{"DescribeRegions", "DescribeAvailabilityZones", "DescribeImages", "DescribeInstanceTypes"} {
			t.lost().aws("EC2", operation, 200, 150*time.Millisecond)
		}
		for _, file := range []string{"config", "instancegroup/control-plane-us-east-2a", "instancegroup/nodes-us-east-2a"} {
			t.s3("WriteFile", file)
		}
		t.getS3Cluster()
	})
}

func awsUpdate(t *track) {
	t.getS3Cluster()
	t.nodeup()
	for _, wave := range awsWaves {
		var tasks []func(*track)
		for _, k := range wave {
			tasks = append(tasks, func(t *track) { t.span(scopeTasks, "task-"+k.key, k.run) })
		}
		t.parallel(tasks...)
	}
	var files []func(*track)
	for _, file := range awsFiles {
		files = append(files, func(t *track) {
			t.span(scopeTasks, "task-ManagedFile/"+file, func(t *track) { t.s3("ReadFile", file); t.s3("WriteFile", file) })
		})
	}
	t.parallel(files...)
}

// awsValidate polls until the nodes are there, after ready.
func awsValidate(ready time.Duration) func(*track) {
	return func(t *track) {
		t.getS3Cluster()
		for done := false; !done; {
			calls := t.lost()
			done = t.since() >= ready
			calls.aws("Autoscaling", "DescribeAutoScalingGroups", 200, 60*time.Millisecond)
			if t.since() < ready/3 {
				calls.unreachable("GET", awsAPI+"/api/v1/nodes", "*net.OpError", "dial tcp: lookup "+awsAPI[len("https://"):]+": no such host", 4*time.Millisecond)
			} else {
				calls.http("GET", awsAPI+"/api/v1/nodes", 200, 30*time.Millisecond)
				calls.http("GET", awsAPI+"/api/v1/namespaces/kube-system/pods", 200, 60*time.Millisecond)
			}
			if !done {
				t.sleep(10 * time.Second)
			}
		}
	}
}

func awsGet(t *track) {
	t.getS3Cluster()
	t.s3("ReadTree", "instancegroup")
}

// awsMissing asks for a cluster that does not exist, as a test of the error message does.
func awsMissing(t *track) {
	t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) {
		s := t.span(scopeVFS, "S3Path::ReadFile", func(t *track) {
			t.http("GET", "https://k8s-kops-state-example.s3.us-east-2.amazonaws.com/missing.k8s.local/config", 404, 20*time.Millisecond)
		}, text("path", "s3://k8s-kops-state-example/missing.k8s.local/config"))
		exception(s, "*types.NoSuchKey", "operation error S3: GetObject, https response error StatusCode: 404, NoSuchKey",
			[2]string{"k8s.io/kops/util/pkg/vfs.(*S3Path).WriteTo", "k8s.io/kops/util/pkg/vfs/s3fs.go:421"},
			[2]string{"k8s.io/kops/pkg/client/simple/vfsclientset.(*VFSClientset).GetCluster", "k8s.io/kops/pkg/client/simple/vfsclientset/clientset.go:58"})
	})
}

func awsRoll(t *track) {
	t.getS3Cluster()
	t.s3("ReadTree", "instancegroup")
	for _, operation := range []string{"DescribeAutoScalingGroups", "DescribeAutoScalingInstances"} {
		t.lost().aws("Autoscaling", operation, 200, 80*time.Millisecond)
	}
	t.lost().aws("EC2", "DescribeInstances", 200, 90*time.Millisecond)
	t.lost().http("GET", awsAPI+"/api/v1/nodes", 200, 30*time.Millisecond)
}

func awsDump(t *track) {
	t.getS3Cluster()
	for _, operation := range []string{"DescribeVpcs", "DescribeSubnets", "DescribeInstances", "DescribeVolumes", "DescribeSecurityGroups", "DescribeRouteTables"} {
		t.lost().aws("EC2", operation, 200, 90*time.Millisecond)
	}
	t.sleep(40 * time.Second)
}

func awsDelete(t *track) {
	t.getS3Cluster()
	for i := len(awsWaves) - 1; i >= 0; i-- {
		var deletions []func(*track)
		for _, k := range awsWaves[i] {
			deletions = append(deletions, func(t *track) {
				calls := t.lost()
				calls.aws(k.service, k.describe, 200, 70*time.Millisecond)
				remove := "Delete" + strings.TrimPrefix(strings.TrimPrefix(k.make, "Create"), "Import")
				if strings.HasPrefix(k.make, "Authorize") {
					remove = "RevokeSecurityGroupIngress"
				}
				calls.aws(k.service, remove, 200, 200*time.Millisecond)
				for range k.checks {
					t.sleep(10 * time.Second)
					calls.aws(k.service, k.describe, 200, 60*time.Millisecond)
				}
			})
		}
		t.parallel(deletions...)
	}
	t.s3("ReadTree", "")
}

func (t *track) getS3Cluster() {
	t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) { t.s3("ReadFile", "config") })
}

// s3 is one call of the state store, spelled out as kOps' own file layer traces it.
func (t *track) s3(operation, file string) {
	t.span(scopeVFS, "S3Path::"+operation, func(t *track) {
		t.span(scopeVFS, "S3Path::getDetailsForBucket", func(t *track) { t.wait(3 * time.Microsecond) })
		t.span(scopeVFS, "S3Context::getClient", func(t *track) { t.wait(6 * time.Millisecond) })
		t.wait(25 * time.Millisecond)
	}, text("path", awsState+"/"+file))
}
