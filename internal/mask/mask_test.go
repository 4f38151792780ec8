package mask

import (
	"strings"
	"testing"
)

// Long random texts are put together here, so that no scanner takes this file for one with
// secrets.
var (
	letters = strings.Repeat("aB3", 12)
	jwt     = "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + "." + letters
	pem     = "-----BEGIN RSA " + "PRIVATE KEY-----"
	pemEnd  = "-----END RSA " + "PRIVATE KEY-----"
)

var hidden = []struct{ rule, text, want string }{
	{"header", "Authorization: Bearer " + letters, "Authorization: Bearer [masked]"},
	{"header", `req headers: {"Authorization":["Basic ZGVtbzpwYXNz"]}`, `req headers: {"Authorization":["Basic [masked]"]}`},
	{"header", `-H "authorization: token abc123def"`, `-H "authorization: token [masked]"`},
	{"header", `curl -H 'Proxy-Authorization: Basic ZGVtbzpwYXNz' https://example.org`, `curl -H 'Proxy-Authorization: Basic [masked]' https://example.org`},
	{"bearer", "I0313 01:45:46.000000 1 round_trippers.go:466] bearer " + letters + ",", "I0313 01:45:46.000000 1 round_trippers.go:466] bearer [masked],"},
	{"signed URL", "GET https://storage.googleapis.com/b/o?X-Goog-Algorithm=GOOG4&X-Goog-Signature=0a1b2c3d4e5f&x=1", "GET https://storage.googleapis.com/b/o?X-Goog-Algorithm=GOOG4&X-Goog-Signature=[masked]&x=1"},
	{"signed URL", "https://b.s3.amazonaws.com/o?X-Amz-Security-Token=IQoJb3JpZ2luX2Vj&X-Amz-Signature=0a1b2c3d", "https://b.s3.amazonaws.com/o?X-Amz-Security-Token=[masked]&X-Amz-Signature=[masked]"},
	{"signed URL", `{"url":"https://b/o?sv=2022\u0026sig=abc%2Bdef%3D"}`, `{"url":"https://b/o?sv=2022\u0026sig=[masked]"}`},
	{"address with password", "git clone https://bot:s3cr3t@github.com/o/r", "git clone https://bot:[masked]@github.com/o/r"},
	{"address with password", "dial postgres://prow:p4ss@db:5432/prow", "dial postgres://prow:[masked]@db:5432/prow"},
	{"docker", `{"auths":{"quay.io":{"auth":"ZGVtbzpwYXNz"}}}`, `{"auths":{"quay.io":{"auth":"[masked]"}}}`},
	{"docker", `pull secret: "{\"auths\":{\"q\":{\"auth\":\"ZGVtbzpwYXNz\"}}}"`, `pull secret: "{\"auths\":{\"q\":{\"auth\":\"[masked]\"}}}"`},
	{"password", "mysql --password=hunter2 -u root", "mysql --password=[masked] -u root"},
	{"password", `adminPassword: "hunter2"`, `adminPassword: "[masked]"`},
	{"password", `password: "correct horse", user`, `password: "[masked]", user`},
	{"password", `"{\"password\":\"hunter2\"}"`, `"{\"password\":\"[masked]\"}"`},
	{"password", `password="torn`, `password="[masked]`},
	{"password", "export VSPHERE_PASSWORD='hunter2'", "export VSPHERE_PASSWORD='[masked]'"},
	{"password", `{"passwd":"hunter2","user":"a"}`, `{"passwd":"[masked]","user":"a"}`},
	{"pair", `{"name":"PASSWORD","value":"hunter2"}`, `{"name":"PASSWORD","value":"[masked]"}`},
	{"pair", `"env":[{"name":"DB_PASSWORD","value":"a \"b\" c"},{"name":"CLOUD","value":"aws"}]`, `"env":[{"name":"DB_PASSWORD","value":"[masked]"},{"name":"CLOUD","value":"aws"}]`},
	{"pair", "{\n  \"name\": \"GITHUB_TOKEN\",\n  \"value\": \"short\"\n}", "{\n  \"name\": \"GITHUB_TOKEN\",\n  \"value\": \"[masked]\"\n}"},
	{"pair", `"{\"name\":\"API_KEY\",\"value\":\"hunter2\"}"`, `"{\"name\":\"API_KEY\",\"value\":\"[masked]\"}"`},
	{"pair", "env:\n- name: PASSWORD\n  value: correct horse\n- name: CLOUD\n  value: aws", "env:\n- name: PASSWORD\n  value: [masked]\n- name: CLOUD\n  value: aws"},
	{"pair", "- name: 'PASSWORD'\n  value: \"hunter2\"", "- name: 'PASSWORD'\n  value: \"[masked]\""},
	{"pair", `last-applied: "- name: PASSWORD\n  value: hunter2\n- name: B\n"`, `last-applied: "- name: PASSWORD\n  value: [masked]\n- name: B\n"`},
	{"pair", "{name: PASSWORD, value: hunter2}", "{name: PASSWORD, value: [masked]}"},
	{"pair", "Env:[{Name:PASSWORD Value:hunter2 ValueFrom:nil}]", "Env:[{Name:PASSWORD Value:[masked] ValueFrom:nil}]"},
	{"pair", `{"key":"api_token","value":{"stringValue":"hunter2"}}`, `{"key":"api_token","value":{"stringValue":"[masked]"}}`},
	{"pair", "{\n \"key\": \"client.secret\",\n \"value\": {\n  \"stringValue\": \"hunter2\"\n }\n}", "{\n \"key\": \"client.secret\",\n \"value\": {\n  \"stringValue\": \"[masked]\"\n }\n}"},
	{"pair", `{"key":"api_token","type":"string","value":"hunter2"}`, `{"key":"api_token","type":"string","value":"[masked]"}`},
	{"named secret", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_SECRET_ACCESS_KEY=[masked]"},
	{"named secret", "  client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVk", "  client-key-data: [masked]"},
	{"named secret", `"client_secret":"8Q~abcDEF0123456789"`, `"client_secret":"[masked]"`},
	{"named secret", "kubeadm join --certificate-key 0123456789abcdef0123456789abcdef", "kubeadm join --certificate-key [masked]"},
	{"named secret", "DefaultEndpointsProtocol=https;AccountKey=abcDEF0123456789abcDEF==;", "DefaultEndpointsProtocol=https;AccountKey=[masked];"},
	{"JWT", "got " + jwt + " from the issuer", "got [masked] from the issuer"},
	{"AWS key id", "using AKIA" + "IOSFODNN7EXAMPLE from the environment", "using [masked] from the environment"},
	{"GitHub", "remote: ghp_" + letters + " is not valid", "remote: [masked] is not valid"},
	{"GitHub", "github_pat_" + "11ABCDEFG0abcdefghijkl_mn", "[masked]"},
	{"GitLab", "x glpat-" + "abcDEF0123456789abcd y", "x [masked] y"},
	{"Slack", "post https://hooks.slack.com/services/" + "T0123456/B0123456/abcdefgh01234567", "post https://hooks.slack.com/services/[masked]"},
	{"Slack", "xoxb-" + "123456789012-abcdefghijkl", "[masked]"},
	{"Google", "key=AIza" + letters, "key=[masked]"},
	{"Google", "ya29." + letters + " expired", "[masked] expired"},
	{"registries", "npm_" + letters, "[masked]"},
	{"registries", "oc login with sha256~" + letters, "oc login with [masked]"},
	{"kubeadm token", "kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery", "kubeadm join 10.0.0.1:6443 --token [masked] --discovery"},
	{"private key", pem + "\nMIIE\nabc=\n" + pemEnd + "\nafter", pem + "[masked]" + pemEnd + "\nafter"},
	{"private key", "torn: " + pem + "\nMIIE", "torn: " + pem + "[masked]"},
	{"private key", `"key":"` + pem + `\nMIIE\n` + pemEnd + `\n"`, `"key":"` + pem + "[masked]" + pemEnd + `\n"`},
}

func TestHidden(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range hidden {
		seen[c.rule] = true
		got := Text(c.text)
		if got != c.want {
			t.Errorf("%s: %s\n got %s\nwant %s", c.rule, c.text, got, c.want)
		}
		if twice := Text(got); twice != got {
			t.Errorf("%s: masked twice it is %s", c.rule, twice)
		}
	}
	for _, r := range rules {
		if !seen[r.name] {
			t.Errorf("rule %s has no example", r.name)
		}
	}
}

// What looks like a secret at first, and must be read by whoever looks for a cause.
func TestLeft(t *testing.T) {
	for _, s := range []string{
		"",
		"error: Authorization failed for user",
		"the server requires basic authentication and a certificate",
		"Bearer token has expired",
		"bearer authentication-is-required-for-this-registry",
		"invalid password: must be at least 8 characters",
		"password: required",
		"--password=$VSPHERE_PASSWORD",
		"--password-file=/etc/vsphere/password",
		"PASSWORD=****",
		`secret "etcd-client-certificate" not found`,
		`MountVolume.SetUp failed for volume "kube-api-access-x7k2p": secret "kops-controller-token-x7k2p" not found`,
		"tokenRequest: could not get a token: context deadline exceeded",
		"--token-file=/var/run/secrets/kubernetes.io/serviceaccount/token",
		"key: nodes-us-central1-a",
		"image registry.k8s.io/kops/kops-controller:1.31.0@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"https://prow.k8s.io/view/gs/kubernetes-ci-logs/logs/job/1900000000000000001",
		"ssh://git@github.com/kubernetes/kops",
		"GET https://compute.googleapis.com/compute/v1/projects/p/zones/us-central1-a/instances?alt=json&sig",
		"Quota 'CPUS' exceeded. Limit: 8.0 in region us-central1.",
		"I0313 01:45:46.000000   12345 keys.go:12] key=value token=abc",
		"--discovery-token-ca-cert-hash sha256:0123456789abcdef",
		"-----BEGIN CERTIFICATE-----",
		"ghost_" + letters, "skipAKIAs",
		`{"name":"TOKEN_FILE","value":"/var/run/token"}`, `{"name":"PASSWORD","value":"$(PASSWORD)"}`, `{"name":"USE_TOKEN","value":"true"}`, `{"name":"CLOUD","value":"aws"}`,
		"- name: PASSWORD\n  valueFrom:\n    secretKeyRef: {name: kops, key: password}", `{"name":"PASSWORD"},{"name":"OTHER","value":"x"}`,
		"the token has a bad value: 7", "invalid secret value", "kube-api-access: secret\nvalue of x",
	} {
		if got := Text(s); got != s {
			t.Errorf("%s\nbecomes %s", s, got)
		}
	}
}

// A private key is hidden line by line, too.
func TestLines(t *testing.T) {
	wantLines(t, []string{"before", "  " + pem, "  MIIE", "", "  abc=", "  " + pemEnd, "password=hunter2", pem + "x" + pemEnd, "behind"},
		[]string{"before", "  " + pem, Mark, "", Mark, Mark + pemEnd, "password=" + Mark, pem + Mark + pemEnd, "behind"})
}

// wantLines hides the secrets of a text line by line, from its first line on and from any.
func wantLines(t *testing.T, text, want []string) {
	t.Helper()
	for from := range text {
		l := Before(from, func(i int) string { return text[i] })
		for i := from; i < len(text); i++ {
			if got := l.Line(text[i]); got != want[i] {
				t.Errorf("from line %d: line %d, %q, becomes %q, want %q", from, i, text[i], got, want[i])
			}
		}
	}
}

// A value is hidden line by line, too, where its name is on a line before.
func TestPairsOverLines(t *testing.T) {
	for _, c := range hidden {
		if c.rule != "pair" {
			continue
		}
		wantLines(t, strings.Split(c.text, "\n"), strings.Split(c.want, "\n"))
	}
	wantLines(t, []string{`"key": "api_token",`, `"type": "string",`, `"value": "hunter2"`, `"value": "other"`}, []string{`"key": "api_token",`, `"type": "string",`, `"value": "[masked]"`, `"value": "other"`})
	wantLines(t, []string{"- name: PASSWORD", "- name: B", "  value: aws"}, []string{"- name: PASSWORD", "- name: B", "  value: aws"})
	wantLines(t, []string{"an error of the token", "value: 7 is too large"}, []string{"an error of the token", "value: 7 is too large"})
}

// FuzzText: masking twice is masking once, what surrounds a secret stays, and a secret
// is hidden whatever is before it.
func FuzzText(f *testing.F) {
	for _, c := range hidden {
		f.Add(c.text)
	}
	f.Add("password=x" + pem + pemEnd + pemEnd)
	f.Add("token" + strings.Repeat(" ", 292) + "123456.12345678901234567")
	f.Fuzz(func(t *testing.T, s string) {
		once := Text(s)
		if twice := Text(once); twice != once {
			t.Errorf("%q\nonce %q\ntwice %q", s, once, twice)
		}
		if len(once) > (len(s)+1)*len(Mark) {
			t.Errorf("%d bytes become %d", len(s), len(once))
		}
		secret := "ghp_" + letters
		if strings.HasSuffix(Text(s+" "+secret), secret) {
			t.Errorf("behind %q the secret stays", s)
		}
	})
}

// BenchmarkText measures texts without and with a secret, in bytes.
func BenchmarkText(b *testing.B) {
	for _, bench := range []struct{ name, line string }{
		{"plain", "I0313 01:45:46.123456   12345 executor.go:111] Tasks: 0 done / 94 total; 44 can run\n"},
		{"words", "E0313 01:45:46.123456   12345 token.go:11] cannot get the key of secret kops-controller-token-x7k2p: not found\n"},
		{"secrets", "+ curl -H 'Authorization: Bearer " + letters + "' https://example.org/?sig=abcdefgh0123\n"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.line)))
			for b.Loop() {
				Text(bench.line)
			}
		})
	}
}
