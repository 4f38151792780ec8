package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/realjaeger"
	"prowtrace/otelfile"
)

const failingRun = "https://gcsweb.k8s.io/gcs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001/artifacts/otlp/"

// running is a prowtrace that serves.
type running struct {
	cmd     *exec.Cmd
	address string // what it printed first
	out     *bufio.Reader
	stderr  *locked
}

type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start runs prowtrace until it has printed its address.
func start(t *testing.T, stdin io.Reader, args ...string) *running {
	t.Helper()
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	return startOn(t, server, stdin, args...)
}

// startOn is start with a bucket of the test's own.
func startOn(t *testing.T, server *gcstest.Server, stdin io.Reader, args ...string) *running {
	t.Helper()
	return startIn(t, nil, server, stdin, args...)
}

// startIn is startOn with further environment variables.
func startIn(t *testing.T, env []string, server *gcstest.Server, stdin io.Reader, args ...string) *running {
	t.Helper()
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		t.Fatal(err)
	}
	r := &running{cmd: exec.Command(exe, args...), stderr: &locked{}}
	r.cmd.Stdin, r.cmd.Stderr = stdin, r.stderr
	r.cmd.Env = []string{"STORAGE_EMULATOR_HOST=" + server.Host, "PROWTRACE_CACHE=" + t.TempDir(), "CI=true", "PATH=" + t.TempDir(), "SSH_CONNECTION=" + os.Getenv("SSH_CONNECTION"), "PROWTRACE_CONFIG=" + os.Getenv("PROWTRACE_CONFIG"), "TMPDIR=" + t.TempDir(), "HOME=" + t.TempDir()}
	r.cmd.Env = append(r.cmd.Env, env...)
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
	r.out = bufio.NewReader(out)
	line, err := r.out.ReadString('\n')
	if err != nil {
		t.Fatalf("no address: %v\n%s", err, r.stderr)
	}
	r.address = strings.TrimSpace(line)
	return r
}

// interrupt sends what Ctrl-C sends, and wants the end that this asks for.
func (r *running) interrupt(t *testing.T) {
	t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Wait(); err == nil || err.Error() != "exit status 130" {
		t.Errorf("ended with %v\n%s", err, r.stderr)
	}
	if resp, err := http.Get(r.address); err == nil {
		resp.Body.Close()
		t.Errorf("%s still answers", r.address)
	}
}

// says waits until standard error has a text.
func (r *running) says(t *testing.T, said string) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !strings.Contains(r.stderr.String(), said) {
		select {
		case <-deadline:
			t.Fatalf("stderr lacks %q:\n%s", said, r.stderr)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// api is an address of the built-in page's API.
func (r *running) api(path string) string {
	base, _, _ := strings.Cut(r.address, "/trace/")
	return strings.TrimSuffix(base, "/") + "/api/v1/" + path
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v\n%s", url, resp.Status, err, b)
	}
	return string(b)
}

func TestWithoutJaegerTheBuiltInPagesServe(t *testing.T) {
	r := start(t, nil, failingRun)
	if page := get(t, r.address); !strings.Contains(page, "/ui/main.js") {
		t.Errorf("the page has no script:\n%s", page)
	}
	answers := get(t, r.api("run")) + get(t, r.api("problems"))
	for _, want := range []string{"pull-kops-e2e-k8s-gce-cilium 1900000000000000001", `"traces":844`, "kops-4398-2025-03-13T02:11:15Z.otel"} {
		if !strings.Contains(answers, want) {
			t.Errorf("the answers lack %q", want)
		}
	}
	// One length, one number of spans and one of errors, in the words and in the page.
	if want := "failed, 2025-03-13 01:44:31 to 02:17:32 UTC (33m1s): 1,009 spans of 10 trace files, 130 errors\n"; !strings.Contains(r.stderr.String(), want) {
		t.Errorf("stderr lacks %q:\n%s", want, r.stderr)
	}
	if !strings.Contains(answers, `"errors":130`) || !strings.Contains(answers, `"duration":1981000000000`) {
		t.Errorf("the page has another length or number of errors: %.2000s", answers)
	}
	if said := r.stderr.String(); !strings.Contains(said, ": showing the built-in pages (--ui jaeger explains how to get Jaeger)\n") || strings.Contains(said, "https://www.jaegertracing.io") {
		t.Errorf("stderr is\n%s", said)
	}
	r.interrupt(t)
}

// Over ssh the address is of the other machine: it can be chosen, and a line says how
// to reach it.
func TestListenOverSSH(t *testing.T) {
	t.Setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.7 22")
	address := realjaeger.FreeAddress(t)
	r := start(t, nil, "--listen", address, failingRun)
	if !strings.HasPrefix(r.address, "http://"+address+"/trace/") {
		t.Errorf("the page is at %s, not at %s", r.address, address)
	}
	_, port, _ := strings.Cut(address, ":")
	r.interrupt(t)
	if want := "ssh -L " + port + ":127.0.0.1:" + port + " 192.0.2.7\n"; !strings.Contains(r.stderr.String(), want) {
		t.Errorf("stderr lacks %q:\n%s", want, r.stderr)
	}
}

// Nothing can interrupt a read of a pipe that stays open: the program ends without it.
func TestInterruptedInput(t *testing.T) {
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		t.Fatal(err)
	}
	stdin, keep, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer keep.Close()
	cmd := exec.Command(exe, "-")
	cmd.Stdin = stdin
	cmd.Env = []string{"HOME=" + t.TempDir(), "CI=true"}
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	if line, err := bufio.NewReader(said).ReadString('\n'); err != nil || line != "reading standard input; Ctrl-C ends it\n" {
		t.Fatalf("%q, %v", line, err)
	}
	cmd.Process.Signal(syscall.SIGINT)
	if err := cmd.Wait(); err == nil || err.Error() != "exit status 130" {
		t.Errorf("ended with %v", err)
	}
}

func TestLocalInputs(t *testing.T) {
	dir := "../testdata/bucket/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002/artifacts"
	files, err := filepath.Glob(dir + "/otlp/*.otel")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	one, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		stdin io.Reader
		args  []string
	}{
		{"a directory", nil, []string{dir}},
		{"a file", nil, []string{files[0]}},
		{"two files", nil, files[:2]},
		{"a file on standard input", bytes.NewReader(one), []string{"-"}},
		{"an archive on standard input", bytes.NewReader(archive(t, dir)), []string{"-"}},
		{"an archive", nil, []string{archiveFile(t, dir)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, tt.stdin, append([]string{"--ui=builtin"}, tt.args...)...)
			if traces := get(t, r.api("traces")); !strings.Contains(traces, `"name":"kops"`) {
				t.Errorf("no kops in\n%s", traces)
			}
			r.interrupt(t)
		})
	}
}

func TestCacheDirectoryIsAWhat(t *testing.T) {
	server := gcstest.New(t)
	if err := server.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("prowtrace", "fetch", failingRun)
	cmd.Env = append(os.Environ(), "STORAGE_EMULATOR_HOST="+server.Host, "PROWTRACE_CACHE="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, nil, "--ui=builtin", strings.TrimSpace(string(out)))
	if problems := get(t, r.api("problems")); !strings.Contains(problems, "kops-4398-2025-03-13T02:11:15Z.otel") {
		t.Errorf("the original names are lost:\n%s", problems)
	}
	r.interrupt(t)
}

// TestWithJaeger goes the whole way of the main job: a link, a real Jaeger, its
// API.
func TestWithJaeger(t *testing.T) {
	for _, program := range []string{realjaeger.V2, realjaeger.V1} {
		t.Run(program, func(t *testing.T) {
			r := start(t, nil, "--jaeger", realjaeger.Path(t, program), failingRun)
			base, id, ok := strings.Cut(r.address, "/trace/")
			if !ok {
				t.Fatalf("the address is no trace: %s", r.address)
			}
			var services struct{ Services []string }
			if err := json.Unmarshal([]byte(get(t, base+"/api/v3/services")), &services); err != nil || !slices.Contains(services.Services, "prow") || !slices.Contains(services.Services, "kops") {
				t.Fatalf("services %v, %v", services, err)
			}
			// The address that was printed shows the whole job as one trace: the
			// 1,009 spans of its files below the job's own.
			var found struct {
				Data []struct {
					Spans []struct {
						OperationName string
						References    []struct{ SpanID string }
					}
				}
			}
			if err := json.Unmarshal([]byte(get(t, base+"/api/traces/"+id)), &found); err != nil || len(found.Data) != 1 {
				t.Fatalf("%d traces, %v", len(found.Data), err)
			}
			roots, names := 0, map[string]int{}
			for _, s := range found.Data[0].Spans {
				names[s.OperationName]++
				if len(s.References) == 0 {
					roots++
				}
			}
			if n := len(found.Data[0].Spans); n <= 1009 || roots != 1 || names["kops validate cluster"] == 0 || names["junit_runner.xml"] == 0 {
				t.Errorf("%d spans, %d roots, names %v", n, roots, names)
			}
			checkJaegerUI(t, r)
			r.interrupt(t)
		})
	}
}

// checkJaegerUI reads the configuration of a Jaeger's UI: from there one gets to
// the built-in pages, and to no page that is empty for a job of last year.
func checkJaegerUI(t *testing.T, r *running) {
	t.Helper()
	var dir string
	for _, kv := range r.cmd.Env {
		if v, ok := strings.CutPrefix(kv, "TMPDIR="); ok {
			dir = v
		}
	}
	files, err := filepath.Glob(dir + "/prowtrace-jaeger-*/ui.json")
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Menu         []struct{ Label, URL string }
		Dependencies struct{ MenuEnabled *bool }
		Search       struct{ MaxLookback struct{ Value string } }
	}
	if err := json.Unmarshal(b, &config); err != nil || len(config.Menu) != 2 {
		t.Fatalf("%v in %s", err, b)
	}
	if page := get(t, config.Menu[1].URL); !strings.Contains(page, "/ui/main.js") {
		t.Errorf("%s is not the built-in page:\n%s", config.Menu[1].URL, page)
	}
	if reach := config.Search.MaxLookback.Value; reach == "4w" || !strings.HasSuffix(reach, "w") {
		t.Errorf("the search form reaches back %q", reach)
	}
	if shown := config.Dependencies.MenuEnabled; shown == nil || *shown {
		t.Errorf("the page of services is there: %s", b)
	}
}

// TestTwoRunsWithJaeger wants two runs told apart by a real Jaeger, and what its
// comparison of them asks for.
func TestTwoRunsWithJaeger(t *testing.T) {
	const passing = "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
	for _, program := range []string{realjaeger.V2, realjaeger.V1} {
		t.Run(program, func(t *testing.T) {
			r := start(t, nil, "--jaeger", realjaeger.Path(t, program), failingRun, passing)
			base, search, ok := strings.Cut(r.address, "/search?")
			if !ok || !strings.Contains(search, "service=prow") {
				t.Fatalf("the address is no search of the jobs: %s", r.address)
			}
			var services struct{ Data []string }
			ask(t, base+"/api/services", &services)
			slices.Sort(services.Data)
			one := "kops@e2e-kops-aws-distro-deb13"
			if want := []string{"kops-controller@pull-kops-e2e-k8s-gce-cilium", one, "kops@pull-kops-e2e-k8s-gce-cilium", "nodeup@pull-kops-e2e-k8s-gce-cilium", "prow"}; !slices.Equal(services.Data, want) {
				t.Errorf("services %v", services.Data)
			}
			type answer struct {
				Data []struct {
					TraceID   string
					Processes map[string]struct{ ServiceName string }
				}
			}
			served := func(a answer) string {
				names := map[string]bool{}
				for _, tr := range a.Data {
					for _, p := range tr.Processes {
						names[p.ServiceName] = true
					}
				}
				return strings.Join(slices.Sorted(maps.Keys(names)), " ")
			}
			var jobs, compared, ofOne answer
			if ask(t, base+"/api/traces?"+search, &jobs); len(jobs.Data) != 2 {
				t.Fatalf("%d joined traces", len(jobs.Data))
			}
			a, b := jobs.Data[0].TraceID, jobs.Data[1].TraceID
			ask(t, base+"/api/traces?traceID="+a+"&traceID="+b, &compared)
			if len(compared.Data) != 2 || served(compared) != "kops kops-controller nodeup prow" {
				t.Errorf("the comparison gets %d traces of %s", len(compared.Data), served(compared))
			}

			ask(t, base+"/api/traces?"+strings.Replace(search, "service=prow", "service="+one, 1), &ofOne)
			if len(ofOne.Data) == 0 || served(ofOne) != one {
				t.Errorf("the search of one run finds %d traces of %s", len(ofOne.Data), served(ofOne))
			}
			if page := get(t, base+"/trace/"+a+"..."+b); !strings.Contains(page, "The job as one trace") {
				t.Error("the page of the comparison has no menu of the runs")
			}
			r.interrupt(t)
		})
	}
}

// TestTwoRunsOfOneJobWithJaeger wants the comparison to be what opens, and each
// service to be in it once.
func TestTwoRunsOfOneJobWithJaeger(t *testing.T) {
	server := gcstest.New(t)
	var args []string
	for i, build := range []string{"1900000000000000005", "1900000000000000006"} {
		root := "logs/ci-demo/" + build
		server.PutBytes("kubernetes-ci-logs", root+"/finished.json", []byte(`{"timestamp":1741831000,"passed":true,"result":"SUCCESS"}`))
		server.PutBytes("kubernetes-ci-logs", root+"/artifacts/otlp/kops-7-2025-03-13T01:50:00Z.otel", oneSpan(t, byte(i+1)))
		args = append(args, "gs://kubernetes-ci-logs/"+root)
	}
	r := startOn(t, server, nil, append([]string{"--jaeger", realjaeger.Path(t, realjaeger.V2)}, args...)...)
	base, pair, ok := strings.Cut(r.address, "/trace/")
	a, b, two := strings.Cut(pair, "...")
	if !ok || !two {
		t.Fatalf("the address is no comparison: %s", r.address)
	}
	var services struct{ Data []string }
	ask(t, base+"/api/services", &services)
	slices.Sort(services.Data)
	if got := strings.Join(services.Data, " "); got != "kops@1900000000000000005 kops@1900000000000000006 prow" {
		t.Errorf("services %s", got)
	}
	var compared struct {
		Data []struct {
			Spans     []struct{ OperationName, ProcessID string }
			Processes map[string]struct{ ServiceName string }
		}
	}
	ask(t, base+"/api/traces?traceID="+a+"&traceID="+b, &compared)
	var names []string // by which Jaeger compares
	for _, tr := range compared.Data {
		var own []string
		for _, s := range tr.Spans {
			own = append(own, tr.Processes[s.ProcessID].ServiceName+" "+s.OperationName)
		}
		slices.Sort(own)
		names = append(names, strings.Join(own, ", "))
	}
	if want := "kops kops, prow ci-demo, prow kops-7-2025-03-13T01:50:00Z.otel"; len(names) != 2 || names[0] != want || names[1] != want {
		t.Errorf("compared are %q, want twice %q", names, want)
	}
	r.interrupt(t)
}

// oneSpan is a trace file with one trace of one span.
func oneSpan(t *testing.T, id byte) []byte {
	t.Helper()
	span := &tracepb.Span{TraceId: bytes.Repeat([]byte{id}, 16), SpanId: bytes.Repeat([]byte{id}, 8), Name: "kops", StartTimeUnixNano: 1741830600e9, EndTimeUnixNano: 1741830660e9}
	service := &commonpb.KeyValue{Key: "service.name", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "kops"}}}
	data, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{service}},
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{span}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := otelfile.NewWriter(&file).Write(data); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// ask decodes the JSON of an answer.
func ask(t *testing.T, url string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(get(t, url)), into); err != nil {
		t.Fatalf("GET %s: %v", url, err)
	}
}
