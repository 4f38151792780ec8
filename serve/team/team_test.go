package team_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/internal/gcstest/pastruns"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/serve/team"
	"prowtrace/serve/viewer"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

const (
	failingPath = "/view/gs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	failingLink = "https://prow.k8s.io" + failingPath
)

// site is a server for a team that reads the sample bucket.
type site struct {
	testing.TB
	url    string
	team   *team.Server
	bucket *gcstest.Server
}

// serve starts one. change may be nil; other stores may stand before the bucket's.
func serve(t testing.TB, change func(*team.Options), before ...func(objstore.Store) objstore.Store) *site {
	t.Helper()
	bucket := gcstest.New(t)
	if err := bucket.LoadDir("../../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	pastruns.Put(func(b, name string, data []byte) { bucket.PutBytes(b, name, data) })
	t.Setenv("PROWTRACE_CACHE", t.TempDir())
	client, err := gcs.New(t.Context(), gcs.Options{Auth: gcs.AuthAnonymous, Endpoint: bucket.Host, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	var store objstore.Store = client
	for _, put := range before {
		store = put(store)
	}
	signatures, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	o := team.Options{
		Buckets: team.NewBuckets(append(team.KnownBuckets(prow.Instances{}), team.Listed{Name: pastruns.Bucket})...),
		Info:    func(in *session.Input) viewer.Info { return viewer.Info{Title: in.Title()} },
		Open:    session.OpenRunsOptions{Judging: session.Judging{Known: triage.NewMatcher(signatures), Baseline: session.BaselineAuto, Number: 1}},
		Version: "1.2.3",
	}
	if change != nil {
		change(&o)
	}
	o.Session = session.New(session.Options{
		Stores: map[string]objstore.Store{"gs": o.Buckets.Store("gs", map[team.Access]objstore.Store{team.Anonymous: store})},
		Join:   join.ByTime, Untraced: true, KeepGoing: true, Patience: time.Second,
	})
	s := team.New(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &site{t, server.URL, s, bucket}
}

// get asks for a path, and follows no redirect.
func (s *site) get(path string, change ...func(*http.Request)) (*http.Response, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	for _, f := range change {
		f(r)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return resp, string(body)
}

// ready asks for the state of a link until it has one, and gives it.
func (s *site) ready(link string) (state map[string]any) {
	s.Helper()
	for range 600 {
		resp, body := s.get("/api/v1/state?link=" + url.QueryEscape(link))
		if err := json.Unmarshal([]byte(body), &state); err != nil || resp.StatusCode != http.StatusOK {
			s.Fatalf("status %d: %s", resp.StatusCode, body)
		}
		if step := state["step"]; step == "ready" || step == "failed" {
			return state
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-s.Context().Done():
		}
	}
	s.Fatalf("%s does not come: %v", link, state)
	return nil
}

// A link of Prow with another host is the run's page: one that waits, then the trace, whose
// API stands below it.
func TestRunPage(t *testing.T) {
	s := serve(t, func(o *team.Options) { o.BasePath = "/tools/prowtrace/" })
	const base = "/tools/prowtrace"
	resp, body := s.get(base + failingPath)
	if resp.StatusCode != http.StatusAccepted || !strings.Contains(body, "pull-kops-e2e-k8s-gce-cilium") || !strings.Contains(body, `src="`+base+`/ui/team/wait.js"`) {
		t.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	sum, body := s.get(base + "/api/v1/summary?link=" + url.QueryEscape(failingLink))
	var summary struct{ Findings []struct{ Title string } }
	if err := json.Unmarshal([]byte(body), &summary); err != nil || sum.StatusCode != http.StatusOK || len(summary.Findings) == 0 {
		t.Fatalf("status %d: %s", sum.StatusCode, body)
	}
	resp, _ = s.get(base + failingPath + "?view=spans")
	to := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusFound || !strings.HasPrefix(to, base+failingPath+"/trace/") || !strings.HasSuffix(to, "?view=spans") {
		t.Fatalf("status %d to %s", resp.StatusCode, to)
	}
	resp, body = s.get(to)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, `content="`+base+failingPath+`"`) {
		t.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") {
		t.Errorf("policy %q", csp)
	}
	if resp, body = s.get(base + failingPath + "/"); resp.StatusCode != http.StatusOK || !strings.Contains(body, `content="`+base+failingPath+`"`) {
		t.Errorf("status %d of the list of traces: %s", resp.StatusCode, body)
	}
	resp, body = s.get(base + failingPath + "/api/v1/run")
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, `"spans":`) {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if resp, _ = s.get(base + "/ui/run/main.js"); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d of the script", resp.StatusCode)
	}
	for _, other := range []string{"/gcs/kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001/artifacts/otlp/", failingPath + "/build-log.txt", "/open?link=" + url.QueryEscape(failingLink)} {
		if resp, _ := s.get(base + other); resp.Header.Get("Location") != base+failingPath {
			t.Errorf("%s: status %d to %s", other, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
}

func TestRefused(t *testing.T) {
	s := serve(t, nil)
	for _, c := range []struct {
		path   string
		status int
		says   string
	}{
		{"/view/gs/somebodys-secrets/logs/job/1900000000000000002", 403, "not on this server"},
		{"/view/s3/kubernetes-ci-logs/logs/job/1900000000000000002", 403, "not on this server"},
		{"/view/gs/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000099", 202, ""},
		{"/view/gs/kubernetes-ci-logs", 400, "cannot use the link"},
		{"/open?link=" + url.QueryEscape("/etc/passwd"), 400, ""},
		{"/open?link=" + url.QueryEscape("./go.mod"), 400, ""},
		{"/open?link=-", 400, ""},
		{"/open?link=" + url.QueryEscape("https://prow.k8s.io:22/prowjob?prowjob=0f0e0d0c-0000-4000-8000-000000000001"), 403, "not known here"},
		{"/open?link=" + url.QueryEscape("https://evil.example/prowjob?prowjob=0f0e0d0c-0000-4000-8000-000000000001"), 403, "not known here"},
		{"/open?link=" + url.QueryEscape("<script>alert(1)</script>"), 400, "&lt;script&gt;"},
		{"/open?link=" + strings.Repeat("a", 5000), 400, "too long"},
		{"/nothing", 404, "no such page"},
		{"/api/v1/nothing", 404, `{"error":{"what":"There is no such address`},
		{"/api/v1/summary", 400, `"what":"The parameter link is missing"`},
		{"/api/v1/pull?link=e2e-kops-aws-distro-deb13", 400, "not a pull request"},
		{"/api/v1/history?n=0&link=e2e-kops-aws-distro-deb13", 400, "invalid n"},
		{"/api/v1/summary?link=" + url.QueryEscape("gs://somebodys-secrets/logs/job/1900000000000000002"), 403, "not on this server"},
		{"/ui/team/page.html", 404, ""},
		{"/pr-history?org=a&repo=b", 400, ""},
	} {
		resp, body := s.get(c.path)
		if resp.StatusCode != c.status || !strings.Contains(body, c.says) || strings.Contains(body, "<script>alert") {
			t.Errorf("%s: status %d: %s", c.path, resp.StatusCode, body)
		}
	}
	for _, r := range s.bucket.Requests() {
		if r.Bucket != "kubernetes-ci-logs" && r.Bucket != "kubernetes-jenkins" {
			t.Errorf("the bucket %q was asked", r.Bucket)
		}
	}
	if state := s.ready("gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000099"); state["step"] != "failed" {
		t.Errorf("state %v", state)
	}
	if resp, body := s.get("/view/gs/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000099"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
}

// A name that is nearly that of a job is answered with that job, as a link and for programs.
func TestNearName(t *testing.T) {
	s := serve(t, nil)
	const typo, job = "e2e-kops-aws-distro-deb31", "e2e-kops-aws-distro-deb13"
	link := `<a href="/open?link=` + job + `"><bdi>` + job + `</bdi></a>`
	if resp, body := s.get("/job-history?job=" + typo); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, link) {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if resp, body := s.get("/api/v1/summary?link=" + typo); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, `"near":["`+job+`"]`) {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if _, body := s.get("/job-history?job=nothing-like-it-at-all"); strings.Contains(body, "Did you mean") {
		t.Errorf("a suggestion for another name: %s", body)
	}
}

func TestGuard(t *testing.T) {
	s := serve(t, func(o *team.Options) {
		o.Hosts, o.Origins = []string{"prowtrace.example.com"}, []string{"https://prow.example.com"}
		o.Mounts = func(*team.Server) map[string]http.Handler {
			return map[string]http.Handler{"/mcp": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })}
		}
	})
	host := func(h string) func(*http.Request) { return func(r *http.Request) { r.Host = h } }
	from := func(o string) func(*http.Request) { return func(r *http.Request) { r.Header.Set("Origin", o) } }
	for _, c := range []struct {
		path   string
		change func(*http.Request)
		want   int
	}{
		{"/", host("evil.example"), 421},
		{"/mcp", host("evil.example"), 421},
		{"/", host("prowtrace.example.com"), 200},
		{"/", from("https://evil.example"), 403},
		{"/", from("https://prow.example.com"), 200},
		{"/mcp", from("https://evil.example"), 200}, // guards itself
		{"/healthz", host("10.0.0.7:8080"), 200},
		{"/metrics", host("10.0.0.7:8080"), 200},
	} {
		if resp, body := s.get(c.path, c.change); resp.StatusCode != c.want {
			t.Errorf("%s: status %d, want %d: %s", c.path, resp.StatusCode, c.want, body)
		}
	}
	if _, body := s.get("/mcp/x"); body != "/x" {
		t.Errorf("the mount got %q", body)
	}
	if resp, err := http.Post(s.url+"/", "text/plain", strings.NewReader("x")); err != nil || resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v, error %v", resp.StatusCode, err)
	}
}

func TestHistoryAndPull(t *testing.T) {
	s := serve(t, nil)
	job := "/job-history/gs/" + pastruns.Bucket + "/logs/" + pastruns.Broken
	if resp, body := s.get(job); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("status %d: %s", resp.StatusCode, body)
	}
	if state := s.ready("gs://" + pastruns.Bucket + "/logs/" + pastruns.Broken); state["step"] != "ready" || state["page"] != job {
		t.Fatalf("state %v", state)
	}
	if resp, body := s.get(job); resp.StatusCode != http.StatusOK || !strings.Contains(body, `content="`+job+`"`) {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if resp, body := s.get(job + "/api/v1/history?n=5"); resp.StatusCode != http.StatusOK || !strings.Contains(body, `"url":"/view/gs/`+pastruns.Bucket) {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if resp, body := s.get("/api/v1/history?link=" + url.QueryEscape("gs://"+pastruns.Bucket+"/logs/"+pastruns.Broken)); resp.StatusCode != http.StatusOK || !strings.Contains(body, `"schema":"prowtrace.history/v1"`) {
		t.Errorf("status %d: %.300s", resp.StatusCode, body)
	}

	if resp, body := s.get("/open?link=" + url.QueryEscape("kops#18011")); resp.Header.Get("Location") != "/pr-history?org=kubernetes&pr=18011&repo=kops" {
		t.Fatalf("status %d to %s: %s", resp.StatusCode, resp.Header.Get("Location"), body)
	}
	if state := s.ready("kops#18011"); state["step"] != "ready" {
		t.Fatalf("state %v", state)
	}
	resp, body := s.get("/pr-history?org=kubernetes&pr=18011&repo=kops")
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "kubernetes/kops#18011") || !strings.Contains(body, `href="/view/gs/`) {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	if resp, body := s.get("/api/v1/pull?link=" + url.QueryEscape("kops#18011")); resp.StatusCode != http.StatusOK || !strings.Contains(body, `"prowtrace.summaries/v1"`) {
		t.Errorf("status %d: %.300s", resp.StatusCode, body)
	}
}

// A visitor has his share, and no more; others are not kept from theirs.
func TestAllowance(t *testing.T) {
	s := serve(t, func(o *team.Options) {
		o.VisitorHeader, o.PerVisitor = "X-Forwarded-For", team.Allowance{Spans: 1}
	})
	who := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("X-Forwarded-For", name) }
	}
	ask := func(name, link string) int {
		resp, _ := s.get("/api/v1/summary?link="+url.QueryEscape(link), who(name))
		return resp.StatusCode
	}
	const second = "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
	for _, c := range []struct {
		name, link string
		want       int
	}{
		{"198.51.100.1", failingLink, 200},
		{"198.51.100.1", failingLink, 200}, // it is there
		{"198.51.100.1", second, 429},
		{"forged, 198.51.100.1", second, 429}, // the nearest proxy wrote the last one
		{"198.51.100.2", second, 200},
		{"198.51.100.1", second, 200}, // another one had it loaded
	} {
		if got := ask(c.name, c.link); got != c.want {
			t.Errorf("%s asks for %s: status %d, want %d", c.name, c.link, got, c.want)
		}
	}
}

// 100 visitors at once, with the race detector: one load, answers for all.
func TestManyAtOnce(t *testing.T) {
	var mu sync.Mutex
	var logged strings.Builder
	s := serve(t, func(o *team.Options) {
		o.Log = slog.New(slog.NewJSONHandler(writerFunc(func(b []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return logged.Write(b)
		}), nil))
	})
	paths := []string{failingPath, failingPath + "/api/v1/run", failingPath + "/api/v1/traces", "/api/v1/summary?link=" + url.QueryEscape(failingLink), "/metrics", "/"}
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if resp, body := s.get(paths[i%len(paths)]); resp.StatusCode >= 400 {
				t.Errorf("%s: status %d: %s", paths[i%len(paths)], resp.StatusCode, body)
			}
		})
	}
	all.Wait()
	_, body := s.get("/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if n := families["prowtrace_loads_total"].GetMetric(); len(n) != 1 || n[0].GetCounter().GetValue() != 1 || n[0].GetLabel()[0].GetValue() != "ok" {
		t.Errorf("loads %v", n)
	}
	for name, least := range map[string]float64{"prowtrace_runs_loaded": 1, "prowtrace_runs_bytes": 1 << 20, "process_resident_memory_bytes": 1 << 20, "prowtrace_build_info": 1} {
		f := families[name]
		if f == nil || f.GetMetric()[0].GetGauge().GetValue() < least {
			t.Errorf("%s is %v", name, f)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("no JSON: %s", line)
		}
	}
	if !strings.Contains(logged.String(), `"msg":"load"`) || len(lines) < 84 {
		t.Errorf("%d lines were logged", len(lines))
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestReady(t *testing.T) {
	s := serve(t, nil)
	if resp, body := s.get("/readyz"); resp.StatusCode != http.StatusOK || body != "ready\n" {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	s.team.SetReady(func() error { return context.Canceled })
	if resp, _ := s.get("/readyz"); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// A fault of a page is told to who asked for it; an answer that had begun breaks off.
func TestFault(t *testing.T) {
	s := serve(t, func(o *team.Options) {
		o.Mounts = func(*team.Server) map[string]http.Handler {
			return map[string]http.Handler{
				"/early": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Length", "3")
					panic("early")
				}),
				"/late": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Length", "100")
					w.Write([]byte("begun"))
					panic("late")
				}),
				"/aborted": http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }),
			}
		}
	})
	if resp, body := s.get("/early"); resp.StatusCode != http.StatusInternalServerError || !strings.Contains(body, "Internal fault") {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	for _, path := range []string{"/late", "/aborted"} {
		resp, err := http.Get(s.url + path)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			resp.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: a whole answer", path)
		}
	}
}

// A search for a run by the name of its job counts as a load while it lasts, for the visitor
// who asks; others search beside it.
func TestSearchesCount(t *testing.T) {
	s := serve(t, func(o *team.Options) {
		o.VisitorHeader, o.PerVisitor = "X-Forwarded-For", team.Allowance{Loads: 1}
	})
	asked, release := make(chan struct{}, 100), make(chan struct{})
	s.bucket.Fault(gcstest.Match{}, gcstest.StallHeaders(release))
	s.bucket.Fault(gcstest.Match{}, gcstest.Before(func() { asked <- struct{}{} }))
	ask := func(name string) (int, string) {
		resp, body := s.get("/job-history?job=e2e-kops-aws-distro-deb13", func(r *http.Request) { r.Header.Set("X-Forwarded-For", name) })
		return resp.StatusCode, body
	}
	var all sync.WaitGroup
	for _, name := range []string{"198.51.100.1", "198.51.100.2"} {
		all.Go(func() {
			if code, body := ask(name); code != http.StatusFound {
				t.Errorf("%s: status %d: %s", name, code, body)
			}
		})
		<-asked
	}
	if code, body := ask("198.51.100.1"); code != http.StatusTooManyRequests || !strings.Contains(body, "loading already") {
		t.Errorf("one more search: status %d: %s", code, body)
	}
	close(release)
	all.Wait()
	if code, body := ask("198.51.100.1"); code != http.StatusFound {
		t.Errorf("after the search: status %d: %s", code, body)
	}
}

// crashing is a store that meets a fault where it reads some objects, in whatever goroutine.
type crashing struct {
	objstore.Store
	at string // in names
}

func (c crashing) Read(ctx context.Context, o objstore.Object, w io.Writer) error {
	if strings.Contains(o.Name, c.at) {
		panic("hostile bytes")
	}
	return c.Store.Read(ctx, o, w)
}

// A fault that a goroutine of a load meets is the error of that run: the server logs where it
// was met, counts it, and goes on.
func TestFaultOfALoad(t *testing.T) {
	var mu sync.Mutex
	var logged strings.Builder
	s := serve(t, func(o *team.Options) {
		o.Log = slog.New(slog.NewJSONHandler(writerFunc(func(b []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return logged.Write(b)
		}), nil))
	}, func(s objstore.Store) objstore.Store { return crashing{s, "kops-4398"} })
	for _, path := range []string{"/api/v1/summary?link=" + url.QueryEscape(failingLink), failingPath} {
		if resp, body := s.get(path); resp.StatusCode != http.StatusInternalServerError || !strings.Contains(body, "internal fault: hostile bytes") {
			t.Errorf("%s: status %d: %s", path, resp.StatusCode, body)
		}
	}
	if resp, body := s.get("/api/v1/summary?link=" + url.QueryEscape("gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002")); resp.StatusCode != http.StatusOK {
		t.Errorf("another run: status %d: %s", resp.StatusCode, body)
	}
	if _, body := s.get("/metrics"); !strings.Contains(body, "prowtrace_faults_total 1\n") || !strings.Contains(body, `prowtrace_loads_total{result="fault"} 1`) {
		t.Errorf("metrics:\n%s", body)
	}
	mu.Lock()
	defer mu.Unlock()
	if said := logged.String(); !strings.Contains(said, `"msg":"fault"`) || !strings.Contains(said, "crashing.Read") {
		t.Errorf("the log:\n%s", said)
	}
}

// What a history brings counts for who asked for it first: then he may have no other made.
func TestHistoriesAreCharged(t *testing.T) {
	s := serve(t, func(o *team.Options) {
		o.VisitorHeader, o.PerVisitor = "X-Forwarded-For", team.Allowance{Bytes: 1}
	})
	ask := func(name, path string) (int, string) {
		resp, body := s.get(path, func(r *http.Request) { r.Header.Set("X-Forwarded-For", name) })
		return resp.StatusCode, body
	}
	job := url.QueryEscape("gs://" + pastruns.Bucket + "/logs/" + pastruns.Broken)
	for _, c := range []struct {
		name, path string
		want       int
	}{
		{"198.51.100.1", "/api/v1/history?n=5&link=" + job, 200},
		{"198.51.100.1", "/api/v1/history?n=5&link=" + job, 200}, // it is there
		{"198.51.100.1", "/api/v1/history?n=6&link=" + job, 429},
		{"198.51.100.1", "/api/v1/pull?link=" + url.QueryEscape("kops#18011"), 429},
		{"198.51.100.1", "/view/gs/kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002", 429},
		{"198.51.100.2", "/api/v1/history?n=6&link=" + job, 200},
	} {
		if code, body := ask(c.name, c.path); code != c.want {
			t.Errorf("%s asks for %s: status %d, want %d: %.300s", c.name, c.path, code, c.want, body)
		}
	}
}

// What comes of a run after its load is charged too: an artifact that is asked for.
func TestArtifactsAreCharged(t *testing.T) {
	s := serve(t, func(o *team.Options) {
		o.VisitorHeader, o.PerVisitor = "X-Forwarded-For", team.Allowance{Bytes: 4 << 20}
	})
	const large = "artifacts/large.txt"
	s.bucket.PutBytes("kubernetes-ci-logs", strings.TrimPrefix(failingPath, "/view/gs/kubernetes-ci-logs/")+"/"+large, []byte(strings.Repeat("a line of a log\n", 5<<20/16)))
	ask := func(link string) int {
		resp, _ := s.get("/api/v1/summary?link="+url.QueryEscape(link), func(r *http.Request) { r.Header.Set("X-Forwarded-For", "198.51.100.1") })
		return resp.StatusCode
	}
	const second = "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
	if code := ask(failingLink); code != http.StatusOK {
		t.Fatalf("status %d", code)
	}
	ctx := team.AsVisitor(t.Context(), "198.51.100.1")
	ref, err := link.Parse(prow.Instances{}, failingLink)
	if err != nil {
		t.Fatal(err)
	}
	run, err := s.team.Visitor(ctx).Open(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := run.Input().Artifact(ctx, large); err != nil {
		t.Fatal(err)
	}
	if code := ask(second); code != http.StatusOK {
		t.Errorf("before the artifact is charged: status %d", code)
	}
	run.Release()
	if code := ask("gs://kubernetes-ci-logs/pr-logs/pull/kops/18011/pull-kops-unit-go-arm64/1900100000000000007"); code != http.StatusTooManyRequests {
		t.Errorf("after an artifact of 5 MB: status %d", code)
	}
}
