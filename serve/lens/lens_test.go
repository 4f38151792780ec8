package lens_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"prowtrace/fetch"
	"prowtrace/gcs"
	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/serve/lens"
	"prowtrace/session"
	"prowtrace/trace/join"
	"prowtrace/triage"
)

const (
	bucket   = "gs/kubernetes-ci-logs/"
	failing  = bucket + "pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	untraced = bucket + "pr-logs/pull/kops/18011/pull-kops-unit-go-canary/1900100000000000004"
	running  = bucket + "logs/e2e-kops-gce-upgrade-k134/1900550000000000006"
	passing  = bucket + "logs/e2e-kops-aws-distro-deb13/1900000000000000002"
)

// sample opens runs of the sample bucket as a server does.
func sample(t testing.TB, change func(*gcstest.Server)) *lens.OpenRuns {
	t.Helper()
	server := gcstest.New(t)
	if err := server.LoadDir("../../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(server)
	}
	client, err := gcs.New(context.Background(), gcs.Options{Auth: gcs.AuthAnonymous, Endpoint: server.Host, Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	s := session.New(session.Options{Stores: map[string]objstore.Store{"gs": client}, Join: join.ByTime, Untraced: true, Cache: session.CacheTemporary})
	runs := session.NewOpenRuns(s, session.OpenRunsOptions{Judging: session.Judging{Known: triage.NewMatcher(all)}, Allow: func(r prow.Run) error {
		if r.Bucket == "secret" {
			return errors.New("only some buckets are read here")
		}
		return nil
	}})
	t.Cleanup(func() {
		if err := runs.Close(); err != nil {
			t.Error(err)
		}
	})
	o := lens.NewOpenRuns(runs, time.Now)
	t.Cleanup(o.Close)
	return o
}

// ask sends what Deck sends: the first request as GET with a body, the others as POST.
func ask(t testing.TB, l http.Handler, action, source string) (status int, header http.Header, body string) {
	t.Helper()
	data, err := json.Marshal(map[string]any{
		"action": action, "config": map[string]any{}, "resourceRoot": "/spyglass/static/prowtrace/", "index": 0,
		"artifacts": []string{"build-log.txt", "artifacts/otlp/kops-1.otel"}, "ArtifactSource": source,
	})
	if err != nil {
		t.Fatal(err)
	}
	return send(t, l, action, bytes.NewReader(data))
}

func send(t testing.TB, l http.Handler, action string, body io.Reader) (int, http.Header, string) {
	t.Helper()
	method := http.MethodGet
	if action != "initial" {
		method = http.MethodPost
	}
	r := httptest.NewRequest(method, "/lens", body)
	r.Host = "deck.example.org"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "text/plain;charset=UTF-8")
		r.Header.Set("Origin", "https://deck.example.org")
	}
	w := httptest.NewRecorder()
	l.ServeHTTP(w, r)
	return w.Code, w.Header(), w.Body.String()
}

func newLens(t testing.TB, runs lens.Runs) *lens.Lens {
	l := lens.New(runs, lens.Options{Page: func(r prow.Run) string { return "http://traces.example.org/run/" + r.Build }})
	t.Cleanup(l.Close)
	return l
}

// whole asks until there is all.
func whole(t testing.TB, l *lens.Lens, source string) string {
	t.Helper()
	for range 1000 { // each waits for a moment
		_, _, body := ask(t, l, "initial", source)
		if !strings.Contains(body, `data-state="judging"`) && !strings.Contains(body, `data-state="reading"`) {
			return body
		}
	}
	t.Fatal("the run is never shown whole")
	return ""
}

// A frame has all that is promised.
func TestFrame(t *testing.T) {
	l := newLens(t, sample(t, nil))
	for _, tt := range []struct {
		name, source string
		want, not    []string
	}{
		{"failed", failing, []string{
			`data-result="failed">failed<`, "Quota &#39;CPUS&#39; exceeded in region us-central1", "high confidence", "probably not the change under test",
			`<time>01:51:12</time>`, `build-log.txt:24`, "Ask for a higher quota", // the chain, and what to do
			`class="line known"`, "did not have enough nodes 3 vs 4", // the log
			`<svg `, "Waterfall of", `class="critical"`, `class="bar failed"`, `class="no"`, "more spans", // the picture
			`href="http://traces.example.org/run/1900000000000000001"`, `data-state="shown"`, `src="/static/spyglass_lens_bundle.min.js"`,
		}, []string{"data-again"}},
		{"passed", passing, []string{`data-result="passed"`, "The run passed", "<svg ", "The end of build-log.txt"}, []string{"data-again"}},
		{"by its job and build alone", "prowjob/e2e-kops-aws-distro-deb13/1900000000000000002", []string{`data-result="passed"`, "e2e-kops-aws-distro-deb13 1900000000000000002"}, nil},
		{"without traces", untraced, []string{`data-result="failed"`, "left no traces", "<svg ", `class="line known"`}, nil},
		{"still running", running, []string{`data-result="running"`, "The run has not ended", `data-again="60000"`, "<svg "}, nil},
		{"by the older name of its store", strings.Replace(failing, "gs/", "gcs/", 1), []string{`data-result="failed"`}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := whole(t, l, tt.source)
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("the frame has no %q", want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(body, not) {
					t.Errorf("the frame has %q", not)
				}
			}
			if t.Failed() {
				t.Log(body)
			}
		})
	}
}

// While the store answers nothing the frame says at once that the run is read, and asks
// again by what Deck sends then.
func TestReading(t *testing.T) {
	release := make(chan struct{})
	l := newLens(t, sample(t, func(s *gcstest.Server) { s.Fault(gcstest.Match{}, gcstest.StallHeaders(release)) }))
	began := time.Now()
	status, _, body := ask(t, l, "initial", failing)
	if status != 200 || !strings.Contains(body, "Reading the run… it") || !strings.Contains(body, `data-state="reading" data-again="700"`) || !strings.HasPrefix(body, "<!DOCTYPE html>") {
		t.Errorf("%d %s", status, body)
	}
	if _, _, body = ask(t, l, "callback", failing); body != "reading\n" {
		t.Errorf("callback: %s", body)
	}
	if took := time.Since(began); took > 10*time.Second { // on a busy machine, of a store that never answers
		t.Errorf("it took %s", took)
	}
	close(release)
	whole(t, l, failing)
	_, header, body := ask(t, l, "rerender", failing)
	if !strings.HasPrefix(body, `<main id="prowtrace" data-state="shown">`) || strings.Contains(body, "<html") || strings.Contains(body, "<script") || header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%v %s", header, body)
	}
	if _, _, body = ask(t, l, "callback", failing); body != "shown\n" {
		t.Errorf("callback: %s", body)
	}
}

// early gives what the first step of judging tells.
type early struct{ lens.Runs }

func (e early) Begin(ctx context.Context, ref prow.Ref) lens.Opening {
	o := e.Runs.Begin(ctx, ref)
	if o.Run != nil {
		o.Run = earlyRun{o.Run}
	}
	return o
}

type earlyRun struct{ lens.Run }

func (e earlyRun) Judged(ctx context.Context, known int64) (session.Judged, int64, error) {
	step, version, err := e.Run.Judged(ctx, known)
	step.Final, step.Logs = false, false
	return step, version, err
}

// What is judged later is asked for.
func TestJudging(t *testing.T) {
	runs := sample(t, nil)
	whole(t, newLens(t, runs), failing)
	if _, _, body := ask(t, newLens(t, early{runs}), "initial", failing); !strings.Contains(body, `data-state="judging" data-again="700"`) || !strings.Contains(body, "this may change") || !strings.Contains(body, "<svg ") {
		t.Error(body)
	}
}

// Faults are sentences in the frame, never an answer that leaves Deck's wheel.
func TestFaults(t *testing.T) {
	refused := func(err error) lens.Runs { return refusing{err} }
	other := sample(t, nil)
	for _, tt := range []struct {
		name, source string
		runs         lens.Runs
		want         string
	}{
		{"no such run", bucket + "logs/ci-none/1900000000000000009", other, "This run does not exist"},
		{"no such bucket", "gs/no-such-bucket/logs/ci-none/1900000000000000009", other, "This run does not exist"},
		{"too old", failing, refused(&fetch.NotFoundError{}), "its files have expired"},
		{"not allowed", failing, refused(&objstore.AccessError{Bucket: "b", Op: "list"}), "may not be read here"},
		{"busy", failing, refused(session.ErrLogClosed), "This run cannot be shown: the log is closed."},
		{"in a store that is not read", "s3/kubernetes-ci-logs/logs/ci-unit/1", other, "This run cannot be shown"},
		{"in a bucket that is not allowed", "gs/secret/logs/ci-unit/1900000000000000009", other, "only some buckets are read here"},
		{"of an unknown ProwJob", "prowjob/ci-none/1900000000000000009", other, "it does not exist"},
		{"dots", bucket + "logs/../../1900000000000000009", other, "This is not the page of a run"},
		{"dots in the middle", bucket + "logs/ci-unit/../../../etc/1", other, "This is not the page of a run"},
		{"no run", bucket + "logs/ci-unit", other, "cannot tell which run"},
		{"another page", "https://example.org/view/gs/b/logs/j/1", other, "This is not the page of a run"},
		{"a file", "file:///etc/passwd", other, "This is not the page of a run"},
		{"nothing", "", other, "cannot tell which run"},
		{"long", bucket + strings.Repeat("a/", 4000), other, "cannot tell which run"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLens(t, tt.runs)
			for _, action := range []string{"initial", "rerender"} {
				whole(t, l, tt.source)
				status, _, body := ask(t, l, action, tt.source)
				if status != 200 || !strings.Contains(body, tt.want) || !strings.Contains(body, `data-state="failed"`) {
					t.Errorf("%s: %d %s", action, status, body)
				}
			}
		})
	}
}

// refusing refuses all runs.
type refusing struct{ err error }

func (r refusing) Begin(context.Context, prow.Ref) lens.Opening { return lens.Opening{Err: r.err} }

// No body is a fault of the server, or costs more than its bound.
func TestRefusedBodies(t *testing.T) {
	l := newLens(t, sample(t, nil))
	names := make([]string, 1_000_000)
	for i := range names {
		names[i] = fmt.Sprintf("artifacts/%d", i)
	}
	million, err := json.Marshal(map[string]any{"action": "initial", "artifacts": names, "ArtifactSource": failing})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		body io.Reader
		want string
	}{
		"empty":           {strings.NewReader(""), "this address answers to Deck only"},
		"no JSON":         {strings.NewReader("<script>alert(1)</script>"), "cannot read Deck&#39;s request"},
		"a list":          {strings.NewReader("[]"), "cannot read Deck&#39;s request"},
		"another action":  {strings.NewReader(`{"action":"<b>"}`), "unknown action"},
		"10 MB":           {io.LimitReader(endless{}, 10_000_000), "more than 2 MiB"},
		"without end":     {endless{}, "more than 2 MiB"},
		"a million names": {bytes.NewReader(million), "more than 2 MiB"},
		"deep":            {strings.NewReader(`{"config":` + strings.Repeat("[", 1<<20)), "cannot read Deck&#39;s request"},
		"breaks off":      {io.MultiReader(strings.NewReader(`{"action":"ini`), brokenReader{}), "cannot read Deck&#39;s request"},
	} {
		for _, action := range []string{"initial", "rerender"} {
			if action == "rerender" && name != "empty" {
				continue // the body is read
			}
			status, _, body := send(t, l, action, tt.body)
			if status != 200 || !strings.Contains(body, tt.want) || strings.Contains(body, "<script>alert") {
				t.Errorf("%s: %d %.2000s", name, status, body)
			}
		}
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '['
	}
	return len(p), nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the connection broke") }

// The lens answers any host and origin, by the methods that Deck uses.
func TestWhoMayAsk(t *testing.T) {
	l := newLens(t, refusing{errors.New("no run")})
	for _, tt := range []struct {
		host, method string
		want         int
	}{
		{"deck.example.org", http.MethodGet, 200},
		{"127.0.0.1:8080", http.MethodPost, 200},
		{"deck.example.org", http.MethodPut, 405},
		{"deck.example.org", http.MethodDelete, 405},
	} {
		r := httptest.NewRequest(tt.method, "/lens", strings.NewReader(`{"action":"initial","ArtifactSource":"x"}`))
		r.Host = tt.host
		w := httptest.NewRecorder()
		if l.ServeHTTP(w, r); w.Code != tt.want {
			t.Errorf("%s %s: %d", tt.method, tt.host, w.Code)
		}
	}
}
