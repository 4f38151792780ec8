package triage

import "testing"

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		text string
		want kind
	}{
		{"exit status 1", bare}, {"Error: exit status 1", bare}, {"wrapped process failed: exit status 1", bare},
		{"make: *** [Makefile:12: test] Error 2", bare}, {"error running up: exit status 1", bare}, {"FAIL", bare}, {"Validation Failed", bare},
		{"[FAILED] in [It] - k8s.io/kubernetes/test/e2e/network/netpol/test_helper.go:127 @ 03/13/25 05:14:31.344", bare},
		{"• [FAILED] [302.402 seconds]", bare}, {"[FAIL] [sig-network] Netpol should deny", bare},
		{"FAIL! -- 321 Passed | 1 Failed | 1 Flaked | 0 Pending | 6569 Skipped", bare},
		{"--- FAIL: TestSecondDisk (0.06s)", bare}, {"FAIL\tk8s.io/kops/pkg/model/gcemodel\t0.185s", bare}, {"FAIL\tk8s.io/kops/pkg/a\t[build failed]", bare},
		{"Error ./hack/ginkgo-e2e.sh:264. 'exit \"${fail}\"' exited with status 1", bare},
		{"e2e-aws-openshift-e2e-test container test: 1 fail, 139 pass, 0 skip", bare},
		{"", bare}, {"1 of 3 cases failed", bare}, {"command terminated with exit code 137", bare},
		{"Up: exit status 1", bare}, {"load overall failed", bare},
		{"Error: validation failed: wait time exceeded during validation", waiter},
		{"Timed out after 2100.000s. No Control Plane machines came into existence.", waiter},
		{"(will retry): cluster not yet healthy", retry},
		{"toomanyrequests: Quota exceeded (attempt 1/5). Retrying", retry},
		{"kops toolbox dump failed: signal: killed", cancelled},
		{`Error from server (NotFound): namespaces "test-pods" not found`, content},
		{"panic: test produced unknown outcome: ", content},
		{"validation failed: spec.image: Invalid value", content},
		{"googleapi: Error 403: Quota 'CPUS' exceeded.", content},
	} {
		if got := kindOf(c.text); got != c.want {
			t.Errorf("%q: kind %d, want %d", c.text, got, c.want)
		}
	}
	if !lastAttempt("x (attempt 5/5)") || lastAttempt("x (attempt 4/5)") || lastAttempt("x") {
		t.Error("the last attempt is not told from others")
	}
}

func TestMessageOf(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"W0313 01:51:11.569843    4077 executor.go:139] error running task", "error running task"},
		{"INFO[2025-03-13T01:45:46Z] Running step e2e", "Running step e2e"},
		{`time="2025-03-13T01:45:46Z" level=error msg="x"`, "x"},
		{"2025-03-13T01:45:46.123Z ERROR it broke", "it broke"},
		{"Mar 13 01:45:46 node-1 kubelet[123]: E0313 01:45:46.000000     123 a.go:1] no", "no"},
		{`{"component":"entrypoint","error":"wrapped process failed: exit status 1","level":"error","msg":"Error executing test process"}`, "wrapped process failed: exit status 1: Error executing test process"},
		{"  plain", "plain"}, {"I0313 01:45:46.000000 1 a.go:1] ", "I0313 01:45:46.000000 1 a.go:1]"},
	} {
		if got := messageOf(c.line); got != c.want {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}

// A title ends where more lines follow, without a legend, and is never empty.
func TestTitleOfText(t *testing.T) {
	for text, want := range map[string]string{
		"a_test.go:7: unexpected difference (-want +got):": "a_test.go:7: unexpected difference",
		"mismatch (-got +want)":                            "mismatch (-got +want)",
		"Expected:":                                        "Expected",
		":":                                                ":",
		"exit status 1":                                    "exit status 1",
	} {
		if got := titleOf(&Fact{Text: text}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
