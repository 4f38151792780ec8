// Package test reads the manifests of deploy as Kubernetes does. It is a module of its own,
// so that users of prowtrace do not get its dependencies.
package test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

const dir = "../kubernetes/"

// read decodes a manifest strictly: a field that its kind does not have is an error.
func read[T any](t *testing.T, name string) *T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	object := new(T)
	if err := yaml.UnmarshalStrict(data, object); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return object
}

// All manifests are listed, and each is what its name says.
func TestKinds(t *testing.T) {
	var list struct {
		APIVersion string   `json:"apiVersion"`
		Kind       string   `json:"kind"`
		Resources  []string `json:"resources"`
	}
	data, err := os.ReadFile(dir + "kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(data, &list); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(dir + "*.yaml")
	if err != nil || len(files) != len(list.Resources)+1 {
		t.Errorf("%d files, %q are listed, error %v", len(files), list.Resources, err)
	}
	kinds := map[string]metav1.TypeMeta{
		"namespace.yaml": read[corev1.Namespace](t, "namespace.yaml").TypeMeta, "deployment.yaml": read[appsv1.Deployment](t, "deployment.yaml").TypeMeta,
		"service.yaml": read[corev1.Service](t, "service.yaml").TypeMeta, "networkpolicy.yaml": read[networkingv1.NetworkPolicy](t, "networkpolicy.yaml").TypeMeta,
	}
	want := map[string]string{"namespace.yaml": "v1 Namespace", "deployment.yaml": "apps/v1 Deployment", "service.yaml": "v1 Service", "networkpolicy.yaml": "networking.k8s.io/v1 NetworkPolicy"}
	for _, name := range list.Resources {
		if got := kinds[name].APIVersion + " " + kinds[name].Kind; got != want[name] {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// The pod passes the restricted standard, by Kubernetes' own checks, which its namespace
// enforces.
func TestRestricted(t *testing.T) {
	if level := read[corev1.Namespace](t, "namespace.yaml").Labels[api.EnforceLevelLabel]; level != string(api.LevelRestricted) {
		t.Errorf("the namespace enforces %q", level)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	evaluate := func(pod *corev1.PodTemplateSpec) policy.AggregateCheckResult {
		return policy.AggregateCheckResults(evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec))
	}
	pod := read[appsv1.Deployment](t, "deployment.yaml").Spec.Template
	if result := evaluate(&pod); !result.Allowed {
		t.Errorf("refused: %s", result.ForbiddenDetail())
	}
	loose := pod.DeepCopy()
	loose.Spec.Containers[0].SecurityContext.Capabilities = nil
	if evaluate(loose).Allowed {
		t.Error("a pod with capabilities is allowed: the check checks nothing")
	}
	c := pod.Spec.Containers[0]
	if pod.Spec.AutomountServiceAccountToken == nil || *pod.Spec.AutomountServiceAccountToken || !*c.SecurityContext.ReadOnlyRootFilesystem {
		t.Error("the pod has a token, or can write its root")
	}
	if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() || c.Resources.Limits.StorageEphemeral().IsZero() {
		t.Errorf("resources %+v", c.Resources)
	}
}

// Labels, ports and paths of the manifests fit each other, and the image.
func TestFitting(t *testing.T) {
	deployment, service, network := read[appsv1.Deployment](t, "deployment.yaml"), read[corev1.Service](t, "service.yaml"), read[networkingv1.NetworkPolicy](t, "networkpolicy.yaml")
	namespace := read[corev1.Namespace](t, "namespace.yaml").Name
	pod := deployment.Spec.Template
	for what, selector := range map[string]map[string]string{"the deployment": deployment.Spec.Selector.MatchLabels, "the service": service.Spec.Selector, "the policy": network.Spec.PodSelector.MatchLabels} {
		for k, v := range selector {
			if pod.Labels[k] != v || len(selector) == 0 {
				t.Errorf("%s does not select the pod", what)
			}
		}
	}
	for _, m := range []metav1.ObjectMeta{deployment.ObjectMeta, service.ObjectMeta, network.ObjectMeta} {
		if m.Namespace != namespace {
			t.Errorf("%s is in namespace %q", m.Name, m.Namespace)
		}
	}
	c := pod.Spec.Containers[0]
	port := c.Ports[0]
	for _, p := range []string{service.Spec.Ports[0].TargetPort.StrVal, network.Spec.Ingress[0].Ports[0].Port.StrVal, c.ReadinessProbe.HTTPGet.Port.StrVal, c.LivenessProbe.HTTPGet.Port.StrVal, c.StartupProbe.HTTPGet.Port.StrVal} {
		if p != port.Name {
			t.Errorf("port %q, want %q", p, port.Name)
		}
	}
	if !slices.Contains(c.Args, "--listen=:8080") || port.ContainerPort != 8080 {
		t.Errorf("port %d, arguments %q", port.ContainerPort, c.Args)
	}
	if len(network.Spec.PolicyTypes) != 2 {
		t.Errorf("the policy is of %v", network.Spec.PolicyTypes)
	}
	image, err := os.ReadFile("../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"FROM scratch\n", "USER 65532:65532\n", "embedroots"} {
		if !strings.Contains(string(image), line) {
			t.Errorf("the Dockerfile lacks %q", line)
		}
	}
	if *pod.Spec.SecurityContext.RunAsUser != 65532 {
		t.Errorf("user %d", *pod.Spec.SecurityContext.RunAsUser)
	}
}
