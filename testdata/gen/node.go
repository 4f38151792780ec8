package main

import (
	"crypto/sha256"
	"math"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Today only the kops command line is traced. The failing run also has what a node and the control plane would leave:
// another service each, one trace across both, and between them every kind of value, span, event and link.

var (
	scopeNodeup = &commonpb.InstrumentationScope{
		Name: "k8s.io/kops/nodeup/pkg/model", Version: "1.37.0-alpha.1",
		Attributes:             []*commonpb.KeyValue{text("distribution", "debian13"), boolean("experimental", true)},
		DroppedAttributesCount: 1,
	}
	scopeController = &commonpb.InstrumentationScope{Name: "k8s.io/kops/pkg/nodeidentity"}
)

const bootstrapURL = "https://kops-controller.internal.e2e-pr18000-cilium.k8s.local:3988/bootstrap"

// nodeupMain sets up the node and returns the request by which it joined the cluster.
func nodeupMain(p *process) (joined *tracepb.Span) {
	p.attrs = hostAttrs("nodes-us-central1-a-4k2x", "e2-medium", "10.0.16.5")
	p.main(scopeNodeup, func(t *track) {
		t.span(scopeNodeup, "task-Package/containerd", func(t *track) {
			t.retry("GET", "https://github.com/containerd/containerd/releases/download/v2.1.4/containerd-2.1.4-linux-amd64.tar.gz", 2*time.Second, 503, 200)
			t.wait(800 * time.Millisecond)
		}, list("package.names", "containerd", "runc"), boolean("package.cached", false), double("download.ratio", 0.25))
		sum := sha256.Sum256([]byte("kubelet"))
		t.span(scopeNodeup, "task-File//usr/local/bin/kubelet", func(t *track) { t.wait(300 * time.Millisecond) },
			blob("file.sha256", sum[:]), number("file.mode", 0o755), empty("file.owner"),
			nested("file.source", text("scheme", "https"), number("attempts", 1), nested("mirror", boolean("used", false), empty("reason"))))
		t.span(scopeNodeup, "task-Service/kubelet.service", func(t *track) { t.wait(150 * time.Millisecond) },
			array("service.dependencies", textValue("containerd.service"), intValue(2), doubleValue(0.5), &commonpb.AnyValue{}))
		joined = bootstrap(t)
		s := t.span(scopeNodeup, "sample resources", func(t *track) { t.wait(time.Millisecond) },
			double("load.unknown", math.NaN()), double("load.negative_zero", math.Copysign(0, -1)), number("memory.max", math.MaxInt64))
		s.Kind = tracepb.Span_SPAN_KIND_UNSPECIFIED
		s.DroppedAttributesCount, s.DroppedEventsCount, s.DroppedLinksCount = 3, 2, 1
	})
	return joined
}

// bootstrap asks kops-controller for certificates until it is up.
func bootstrap(t *track) (joined *tracepb.Span) {
	task := t.span(scopeNodeup, "task-BootstrapClientTask/BootstrapClient", func(t *track) {
		var last *tracepb.Span
		pause := time.Second
		for range 5 {
			s := t.unreachable("POST", bootstrapURL, "*net.OpError", "dial tcp 10.0.16.3:3988: connect: connection refused", 3*time.Millisecond)
			exception(s, "*net.OpError", s.Status.Message,
				[2]string{"net/http.(*Client).Do", "net/http/client.go:590"},
				[2]string{"k8s.io/kops/pkg/kopscontrollerclient.(*Client).Query", "k8s.io/kops/pkg/kopscontrollerclient/client.go:142"},
				[2]string{"k8s.io/kops/upup/pkg/fi/nodeup/nodetasks.(*BootstrapClientTask).Run", "k8s.io/kops/upup/pkg/fi/nodeup/nodetasks/bootstrap_client.go:97"})
			if last != nil {
				link(s, last, text("link.reason", "retry of"), number("backoff.ms", pause.Milliseconds()))
			}
			last = s
			t.sleep(pause)
			pause *= 2
		}
		joined = t.http("POST", bootstrapURL, 200, 640*time.Millisecond)
		joined.TraceState = "kops=attempt:6"
		link(joined, last, text("link.reason", "retry of"))
	})
	e := event(task, time.Unix(0, int64(joined.EndTimeUnixNano)), "node certificates received",
		list("certificates", "kubelet", "kubelet-server", "kube-proxy"), boolean("ca.rotated", false))
	e.DroppedAttributesCount = 1
	return joined
}

// controllerMain answers the node's request. Its clock is 40 ms behind the node's, so that it seems to answer before
// it was asked.
func controllerMain(p *process, request *tracepb.Span) {
	p.attrs = append(hostAttrs("control-plane-us-central1-a-7q1v", "e2-standard-2", "10.0.16.3"),
		text("k8s.namespace.name", "kube-system"), text("k8s.pod.name", "kops-controller-7q1v5"))
	now := time.Unix(0, int64(request.StartTimeUnixNano)).Add(-40 * time.Millisecond)
	t := &track{p: p, now: &now, parent: request}
	var queued *tracepb.Span
	server := t.span(scopeController, "POST /bootstrap", func(t *track) {
		t.span(scopeController, "verify node identity", func(t *track) {
			t.http("GET", gceProject+gceZone+"instances/nodes-us-central1-a-4k2x", 200, 180*time.Millisecond)
		}).Status.Code = tracepb.Status_STATUS_CODE_OK
		t.span(scopeController, "issue certificates", func(t *track) { t.wait(300 * time.Millisecond) }, number("certificates", 3))
		queued = t.span(scopeController, "enqueue Node", func(t *track) { t.wait(80 * time.Microsecond) }, text("messaging.destination.name", "nodes"))
		queued.Kind = tracepb.Span_SPAN_KIND_PRODUCER
	}, text("http.request.method", "POST"), text("url.path", "/bootstrap"), number("http.response.status_code", 200),
		text("client.address", "10.0.16.5"), text("network.protocol.version", "2"))
	server.Kind, server.Flags, server.TraceState = tracepb.Span_SPAN_KIND_SERVER, 0x301, request.TraceState // the parent is remote
	server.Status.Code = tracepb.Status_STATUS_CODE_OK

	reconcile := t.lost().span(scopeController, "reconcile Node", func(t *track) {
		t.http("PATCH", gceAPI+"/api/v1/nodes/nodes-us-central1-a-4k2x", 409, 12*time.Millisecond)
		t.sleep(time.Second)
		t.http("PATCH", gceAPI+"/api/v1/nodes/nodes-us-central1-a-4k2x", 200, 14*time.Millisecond)
	}, text("messaging.destination.name", "nodes"), text("k8s.node.name", "nodes-us-central1-a-4k2x"))
	reconcile.Kind = tracepb.Span_SPAN_KIND_CONSUMER
	link(reconcile, queued)
}

func hostAttrs(name, machine, ip string) []*commonpb.KeyValue {
	return []*commonpb.KeyValue{text("host.name", name), text("host.type", machine), text("cloud.provider", "gcp"),
		text("cloud.availability_zone", "us-central1-a"), number("host.cpu.count", 2), list("host.ip", ip, "fd20::"+ip[len("10.0.16."):])}
}
