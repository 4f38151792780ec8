package find

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"prowtrace/objstore"
)

// sampleConfig is the configuration of a Prow, as Deck writes it.
const sampleConfig = `branch-protection:
  orgs:
    kubernetes:
      name: no-job
deck:
  spyglass:
    lenses:
    - lens:
        name: buildlog
periodics:
- agent: kubernetes
  annotations:
    description: |
      testgrid-dashboards: not this
      - name: nor this
    testgrid-dashboards: sig-cluster-lifecycle-kops, sig-b
    testgrid-tab-name: nightly
  cluster: default
  extra_refs:
  - base_ref: master
    name: no-job
    repo: kops
  labels:
    testgrid-tab-name: no-tab
  name: e2e-kops-nightly
  spec:
    containers:
    - args:
      - --annotations
      env:
      - name: no-job
        value: x
      name: ""
- annotations:
    testgrid-dashboards: sig-a, sig-with-a-very-long-name-that-makes-the-writer-fold-the-line,
      sig-cluster-lifecycle-kops
    testgrid-tab-name: "nightly"
  name: e2e-kops-nightly-arm
- agent: kubernetes
  name: in-no-dashboard
presubmits:
  kubernetes/kops:
  - always_run: false
    annotations:
      testgrid-dashboards: presubmits-kops
    name: pull-kops-e2e
  kubernetes/other:
  - annotations:
      testgrid-dashboards: presubmits-kops
      testgrid-tab-name: other
    name: pull-other
prowjob_namespace: default
`

func TestReadTabs(t *testing.T) {
	tabs, err := ReadTabs(strings.NewReader(sampleConfig + "# " + strings.Repeat("x", 3*maxConfigLine) + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, tab := range tabs {
		got = append(got, fmt.Sprintf("%s#%s %s", tab.Dashboard, tab.Name, tab.Job))
	}
	want := []string{
		"sig-cluster-lifecycle-kops#nightly e2e-kops-nightly", "sig-b#nightly e2e-kops-nightly",
		"sig-a#nightly e2e-kops-nightly-arm", "sig-with-a-very-long-name-that-makes-the-writer-fold-the-line#nightly e2e-kops-nightly-arm",
		"sig-cluster-lifecycle-kops#nightly e2e-kops-nightly-arm", "# in-no-dashboard",
		"presubmits-kops#pull-kops-e2e pull-kops-e2e", "presubmits-kops#other pull-other",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if jobs := JobsOf(tabs, "sig-cluster-lifecycle-kops", "nightly"); strings.Join(jobs, " ") != "e2e-kops-nightly e2e-kops-nightly-arm" {
		t.Errorf("jobs %q", jobs)
	}
	for _, none := range [][2]string{{"sig-a", "other"}, {"", ""}} {
		if jobs := JobsOf(tabs, none[0], none[1]); len(jobs) != 0 {
			t.Errorf("jobs %q", jobs)
		}
	}
}

func TestDeckTabs(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/config" {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(status)
		fmt.Fprint(w, sampleConfig)
	}))
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	if tabs, err := DeckTabs(t.Context(), host); err != nil || len(tabs) != 8 {
		t.Errorf("%d tabs, %v", len(tabs), err)
	}
	status = http.StatusForbidden
	if _, err := DeckTabs(t.Context(), host); err == nil || !strings.Contains(err.Error(), "HTTP 403") {
		t.Errorf("refused: %v", err)
	}
}

// A Deck that does not begin to answer is given up, and told from one that cannot be reached.
func TestDeckTabsWithoutAnswer(t *testing.T) {
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer silent.Close()
	defer close(over)
	host := strings.TrimPrefix(silent.URL, "http://")
	var e *DeckError
	if _, err := deckTabs(t.Context(), host, time.Millisecond); !errors.As(err, &e) || e.Cause != objstore.TooSlow || err.Error() != "cannot reach Prow's page at "+host+": timed out" {
		t.Errorf("silent: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := DeckTabs(ctx, host); !errors.Is(err, context.Canceled) || errors.As(err, &e) {
		t.Errorf("cancelled: %v", err)
	}
	torn := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "9999")
		fmt.Fprint(w, sampleConfig)
	}))
	defer torn.Close()
	host = strings.TrimPrefix(torn.URL, "http://")
	if _, err := DeckTabs(t.Context(), host); err == nil || err.Error() != "cannot reach Prow's page at "+host+": the connection broke off" {
		t.Errorf("torn: %v", err)
	}
}

// Each cause is told in plain words.
func TestUnreachable(t *testing.T) {
	get := func(err error) error { return &url.Error{Op: "Get", URL: "https://h/config", Err: err} }
	dial := func(op string, err error) error { return get(&net.OpError{Op: op, Net: "tcp", Err: err}) }
	for _, tt := range []struct {
		err   error
		cause objstore.Cause
		want  string
	}{
		{dial("dial", os.NewSyscallError("connect", syscall.ECONNREFUSED)), objstore.NetworkFailed, "connection refused"},
		{dial("dial", &net.DNSError{Err: "no such host", Name: "h", IsNotFound: true}), objstore.NameUnknown, "no such host"},
		{dial("dial", &net.DNSError{Err: "i/o timeout", Name: "h", IsTimeout: true}), objstore.NameUnknown, "the name of its host cannot be resolved"},
		{dial("dial", os.ErrDeadlineExceeded), objstore.TooSlow, "timed out"},
		{get(context.DeadlineExceeded), objstore.TooSlow, "timed out"},
		{dial("proxyconnect", syscall.ECONNREFUSED), objstore.NetworkFailed, "proxy: connection refused"},
		{get(&tls.CertificateVerificationError{Err: errors.New("signed by\x1b[1m nobody")}), objstore.Certificate, "its certificate is not trusted: signed by nobody"},
		{get(syscall.ECONNRESET), objstore.NetworkFailed, "the connection broke off"},
		{get(errors.New("http: odd\nanswer")), objstore.NetworkFailed, "http: odd answer"},
	} {
		var e *DeckError
		if err := unreachable("h", tt.err); !errors.As(err, &e) || e.Cause != tt.cause || err.Error() != "cannot reach Prow's page at h: "+tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%v: %v, want %s", tt.err, err, tt.want)
		}
	}
}

// endless gives the same lines again and again, up to a number of bytes.
type endless struct {
	lines string
	left  int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := copy(p, e.lines)
	e.lines = e.lines[n:] + e.lines[:n]
	e.left -= n
	return n, nil
}

// What a Deck sends takes no more room than the tabs that are known of it.
func TestReadTabsOfEndlessTexts(t *testing.T) {
	const begin = "periodics:\n- annotations:\n    testgrid-dashboards: a\n"
	for name, lines := range map[string]string{
		"text that goes on":     "      xxxxxxxxxxxxxxx\n",
		"tab name that goes on": "    testgrid-tab-name: x\n      xxxxxxx\n",
		"long names":            "- name: " + strings.Repeat("x", 600) + "\n  annotations:\n    testgrid-dashboards: a\n",
		"long dashboards":       "- name: x\n  annotations:\n    testgrid-dashboards: " + strings.Repeat("d", 600) + "\n",
		"many dashboards":       "- name: x\n  annotations:\n    testgrid-dashboards: " + strings.Repeat("d,", 20<<10) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			tabs, err := ReadTabs(io.MultiReader(strings.NewReader(begin), &endless{lines, 32 << 20}))
			if err != nil || slices.ContainsFunc(tabs, func(t Tab) bool { return t != Tab{Job: "x"} }) {
				t.Errorf("%d tabs, %v", len(tabs), err)
			}
		})
	}
	r := &tabReader{}
	r.line([]byte("periodics:"))
	r.line([]byte("- annotations:"))
	for i := range 1000 {
		r.line(fmt.Appendf(nil, "    key-%d: x", i))
	}
	if len(r.values) != 0 {
		t.Errorf("%d annotations are kept", len(r.values))
	}
}

// Any bytes may be a configuration.
func FuzzReadTabs(f *testing.F) {
	f.Add(sampleConfig)
	f.Add("periodics:\n- \n-  annotations:\n      x\n")
	f.Fuzz(func(t *testing.T, text string) {
		tabs, err := ReadTabs(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, tab := range tabs {
			if tab.Job == "" || (tab.Dashboard == "") != (tab.Name == "") {
				t.Errorf("an empty name in %+v", tab)
			}
		}
	})
}
