package main

import (
	"fmt"
	"strings"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// How kops' commands are played in recorded failures: what kubetest2 logs of them, and their traces. As in real files,
// a command that failed has no error status on its root, and most calls are traces of their own.

const kopsProgram = "/tmp/kops.example/kops"

// kubetest is how kubetest2 begins.
func (s *scene) kubetest(flags string) {
	s.line("+ make test-e2e-install")
	s.goDownloads(60)
	s.wait(30 * time.Second)
	s.line("+ kubetest2 kops -v=2 %s", flags)
	s.klog("", "I", kubetestPID, "app.go:61", "The files in RunDir shall not be part of Artifacts")
	s.klog("", "I", kubetestPID, "app.go:62", "pass rundir-in-artifacts flag True for RunDir to be part of Artifacts")
	s.klog("", "I", kubetestPID, "app.go:130", "ID for this run: %q", s.run.uuid)
	s.file("metadata.json", "%s", indented(kubetest))
}

// kubetestEnds is how kubetest2 ends: with its report, and with a bare exit status if a phase failed.
func (s *scene) kubetestEnds() {
	s.junit("junit_runner.xml", "kubetest2", s.phases...)
	for _, c := range s.phases {
		if c.Failure != "" {
			s.line("Error: %s", c.Failure)
			s.entrypointFailed()
			s.fail()
			return
		}
	}
}

// kops plays a command that kubetest2 runs.
func (s *scene) kops(args string, body func(*track)) *process {
	if source := deployerSource(args); source != "" {
		s.klog("", "I", kubetestPID, source, "%s %s", kopsProgram, args)
	}
	s.klog("", "I", kubetestPID, "local.go:42", "⚙️ %s %s", kopsProgram, args)
	begin := s.now.Add(time.Second)
	p := s.traced(args, 0, body)
	if end := s.now; strings.HasPrefix(args, "update cluster") {
		for i := range 30 {
			s.now = begin.Add(time.Duration(i) * end.Sub(begin) / 100)
			s.klog("", "I", p.pid, "executor.go:113", "Tasks: %d done / 93 total; %d can run", i*3, 1+i*7%23)
		}
		s.now = end
	}
	return p
}

// traced plays a command without a word about it, and leaves its trace. One that is killed some time after its begin
// has no root span, and its file is cut off.
func (s *scene) traced(args string, killed time.Duration, body func(*track)) *process {
	p := newProcess(s.run.build, "kops", version, s.nextPID, s.now, append([]string{kopsProgram}, strings.Fields(args)...)...)
	s.nextPID += 17
	p.main(scopeKops, body)
	if killed > 0 {
		p.killed = p.begin.Add(killed)
		p.end = p.killed
	}
	data, err := p.otel()
	if err != nil {
		panic(err) // the spans above can be encoded
	}
	s.now = p.end.UTC()
	name := "otlp/" + p.fileName()
	s.file(name, "%s", data)
	if len(data) > 1500 {
		s.pack(name)
	}
	return p
}

// says prints a line of a command while it runs.
func (s *scene) says(t *track, severity, place, format string, args ...any) {
	s.now = t.now.UTC()
	s.klog("", severity, t.p.pid, place, format, args...)
}

// refused is a call of an AWS service that is answered with an error. Its text is in the body, which is not traced.
func (t *track) refused(service, operation string, status int) *tracepb.Span {
	return t.http("POST", "https://"+strings.ToLower(service)+".us-east-2.amazonaws.com/", status, 60*time.Millisecond,
		text("rpc.system", "aws-api"), text("rpc.service", service), text("rpc.method", operation))
}

// state is one access to the state store of a cluster on AWS.
func (t *track) state(cluster, file string, status int) {
	t.span(scopeVFS, "S3Path::ReadFile", func(t *track) {
		t.http("GET", "https://k8s-kops-state-example.s3.us-east-2.amazonaws.com/"+cluster+"/"+file, status, 30*time.Millisecond)
	}, text("path", "s3://k8s-kops-state-example/"+cluster+"/"+file))
}

// createsCluster is kops create cluster on AWS up to where it checks what it was given.
func createsCluster(cluster string) func(*track) {
	return func(t *track) {
		t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) { t.state(cluster, "config", 404) })
		t.lost().http("GET", "https://raw.githubusercontent.com/kubernetes/kops/master/channels/alpha", 200, 60*time.Millisecond)
		for _, operation := range []string{"DescribeRegions", "DescribeAvailabilityZones", "DescribeInstanceTypes", "DescribeImages"} {
			t.lost().aws("EC2", operation, 200, 150*time.Millisecond)
		}
	}
}

// smallTasks are some of the tasks of update cluster on AWS.
var smallTasks = []awsTask{
	{"VPC/", "EC2", "DescribeVpcs", "CreateVpc", 0, 1},
	{"EBSVolume/a.etcd-main.", "EC2", "DescribeVolumes", "CreateVolume", 1, 1},
	{"IAMRole/masters.", "IAM", "GetRole", "CreateRole", 0, 0},
	{"IAMRole/nodes.", "IAM", "GetRole", "CreateRole", 0, 0},
	{"Subnet/us-east-2a.", "EC2", "DescribeSubnets", "CreateSubnet", 0, 1},
	{"SecurityGroup/masters.", "EC2", "DescribeSecurityGroups", "CreateSecurityGroup", 2, 0},
	{"SecurityGroup/nodes.", "EC2", "DescribeSecurityGroups", "CreateSecurityGroup", 0, 0},
	{"NetworkLoadBalancer/api.", "ElasticLoadBalancing", "DescribeLoadBalancers", "CreateLoadBalancer", 0, 3},
	{"LaunchTemplate/control-plane-us-east-2a.masters.", "EC2", "DescribeLaunchTemplates", "CreateLaunchTemplate", 0, 0},
	{"LaunchTemplate/nodes-us-east-2a.", "EC2", "DescribeLaunchTemplates", "CreateLaunchTemplate", 0, 0},
	{"AutoscalingGroup/control-plane-us-east-2a.masters.", "Autoscaling", "DescribeAutoScalingGroups", "CreateAutoScalingGroup", 0, 1},
	{"AutoscalingGroup/nodes-us-east-2a.", "Autoscaling", "DescribeAutoScalingGroups", "CreateAutoScalingGroup", 0, 1},
}

// updatesCluster is kops update cluster on AWS. Where instead has a body for a task, that takes its place.
func updatesCluster(cluster string, instead map[string]func(*track)) func(*track) {
	return func(t *track) {
		t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) { t.state(cluster, "config", 200) })
		var bodies []func(*track)
		for _, k := range smallTasks {
			run := k.run
			if other := instead[k.key]; other != nil {
				run = other
			}
			bodies = append(bodies, func(t *track) { t.span(scopeTasks, "task-"+k.key+cluster, run) })
		}
		t.parallel(bodies[:4]...)
		t.parallel(bodies[4:8]...)
		t.parallel(bodies[8:]...)
	}
}

// deletesCluster is kops delete cluster on AWS.
func deletesCluster(cluster string) func(*track) {
	return func(t *track) {
		t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) { t.state(cluster, "config", 200) })
		for i := len(smallTasks) - 1; i >= 0; i-- {
			t.lost().aws(smallTasks[i].service, smallTasks[i].describe, 200, 60*time.Millisecond)
			t.lost().aws(smallTasks[i].service, strings.Replace(smallTasks[i].make, "Create", "Delete", 1), 200, 120*time.Millisecond)
		}
		t.sleep(90 * time.Second)
	}
}

// A round is one try of kops validate; it returns what is wrong, "" when nothing is.
type round func(t *track) (problem string)

// validates is kops validate cluster --wait: rounds with a pause between them until one finds nothing wrong, or the
// time is over. It prints what kops prints, and reports whether the cluster became valid.
func (s *scene) validates(cluster, flags string, wait, pause time.Duration, once round) (valid bool) {
	args := fmt.Sprintf("validate cluster --name %s %s --wait %s", cluster, flags, wait)
	s.kops(args, func(t *track) {
		t.span(scopeClientset, "VFSClientset::GetCluster", func(t *track) { t.state(cluster, "config", 200) })
		for {
			problem := once(t)
			if problem == "" {
				valid = true
				s.now = t.now.UTC()
				s.line("\nYour cluster %s is ready", cluster)
				return
			}
			s.says(t, "W", "validate_cluster.go:232", "(will retry): cluster not yet healthy")
			if t.since()+pause > wait {
				s.line("INSTANCE GROUPS\nNAME\t\t\t\tROLE\t\tMACHINETYPE\tMIN\tMAX\tSUBNETS\ncontrol-plane-us-east-2a\tControlPlane\tc6i.large\t1\t1\tus-east-2a\nnodes-us-east-2a\t\tNode\t\tt3.medium\t4\t4\tus-east-2a\n")
				s.line("VALIDATION ERRORS\nKIND\tNAME\tMESSAGE\n%s\n\nValidation Failed", problem)
				s.line("Error: validation failed: wait time exceeded during validation")
				return
			}
			t.sleep(pause)
		}
	})
	return valid
}

// asksAPI is what a round asks the API server of a cluster.
func (t *track) asksAPI(api string) {
	t.lost().http("GET", api+"/api/v1/nodes", 200, 30*time.Millisecond)
	t.lost().http("GET", api+"/api/v1/namespaces/kube-system/pods", 200, 60*time.Millisecond)
}

// noHost is a round's question to an API server whose name is not known.
func (t *track) noHost(api string) {
	t.lost().unreachable("GET", api+"/api/v1/nodes", "*net.OpError", "dial tcp: lookup "+strings.TrimPrefix(api, "https://")+" on 10.63.240.10:53: no such host", 4*time.Millisecond)
}

// until is a round that finds a problem until some time has passed, and then nothing.
func until(ready time.Duration, api, problem string) round {
	return func(t *track) string {
		t.lost().aws("Autoscaling", "DescribeAutoScalingGroups", 200, 60*time.Millisecond)
		if t.since() < ready/3 {
			t.noHost(api)
			return "dns\tapiserver\tValidation Failed: the API server cannot be reached yet"
		}
		t.asksAPI(api)
		if t.since() < ready {
			return problem
		}
		return ""
	}
}

// tears is kubetest2's Down of a cluster that is there.
func (s *scene) tears(cluster string) {
	s.phase("Down", "", func() {
		s.kops("toolbox dump --name "+cluster+" --dir /logs/artifacts --ssh-user ubuntu", func(t *track) {
			for _, operation := range []string{"DescribeVpcs", "DescribeSubnets", "DescribeInstances", "DescribeVolumes"} {
				t.lost().aws("EC2", operation, 200, 90*time.Millisecond)
			}
			t.sleep(45 * time.Second)
		})
		s.line("W: could not read /var/log/cloud-init.log of one instance: Process exited with status 1")
		s.kops("delete cluster --name "+cluster+" --yes", deletesCluster(cluster))
		s.line("Deleted cluster: %q", cluster)
	})
}
