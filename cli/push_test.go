package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"prowtrace/internal/gcstest"
	"prowtrace/internal/otlptest"
	"prowtrace/internal/receivertest"
	"prowtrace/prow"
	"prowtrace/trace/join"
)

// pusher runs prowtrace push over a bucket, with a cache that lasts for the test.
type pusher struct {
	bucket *gcstest.Server
	cache  string
	env    []string
}

func newPusher(t *testing.T) *pusher {
	return &pusher{bucket: gcstest.New(t), cache: t.TempDir()}
}

// push runs the command, and gives its output and its exit code.
func (p *pusher) push(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	exe, err := exec.LookPath("prowtrace")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, append([]string{"push", "--retry-for", "0s"}, args...)...)
	cmd.Env = append([]string{"STORAGE_EMULATOR_HOST=" + p.bucket.Host, "PROWTRACE_CACHE=" + p.cache, "CI=true", "HOME=" + p.cache}, p.env...)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), said.String(), cmd.ProcessState.ExitCode()
}

const pushJob = "ci-push"

// put makes a run that was started some time ago, with a trace of so many spans. One that
// goes on has no finished.json.
func (p *pusher) put(t *testing.T, ago time.Duration, spans int, ended bool) (build string) {
	t.Helper()
	at := time.Now().Add(-ago)
	build = prow.BuildAt(at)
	root := "logs/" + pushJob + "/" + build
	files := map[string]string{
		"started.json": fmt.Sprintf(`{"timestamp":%d}`, at.Unix()),
		"artifacts/otlp/kops-1-2026-01-01T0.otel": string(otlptest.File(t, "kops-1", otlptest.ManyOf(uint64(at.UnixNano()), spans)).Data),
	}
	if ended {
		files["finished.json"] = fmt.Sprintf(`{"timestamp":%d,"passed":true,"result":"SUCCESS"}`, at.Add(time.Minute).Unix())
	}
	for name, data := range files {
		p.bucket.PutBytes("kubernetes-ci-logs", root+"/"+name, []byte(data))
	}
	return build
}

// ids are the trace and span ids of what was kept, in order, with doubles.
func ids(spans []receivertest.Span) (all []string) {
	for _, s := range spans {
		all = append(all, fmt.Sprintf("%x-%x", s.TraceId, s.SpanId))
	}
	slices.Sort(all)
	return all
}

// A run is sent with all that is known of it, as often as wanted under the same ids.
func TestPush(t *testing.T) {
	p := newPusher(t)
	if err := p.bucket.LoadDir("../testdata/bucket"); err != nil {
		t.Fatal(err)
	}
	receiver := receivertest.Start(t)
	out, said, code := p.push(t, "--endpoint", receiver.GRPC, "--protocol", "grpc", "--json", "--baseline", "none", failingRun)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, said)
	}
	var told struct {
		Endpoint string
		Runs     []struct {
			Job, Build, URL string
			TraceID         string `json:"trace_id"`
			Spans, Requests int
		}
	}
	if err := json.Unmarshal([]byte(out), &told); err != nil || len(told.Runs) != 1 {
		t.Fatalf("%v in %s", err, out)
	}
	kept := receiver.Kept()
	run := told.Runs[0]
	if run.Spans != len(kept) || run.Spans < 1000 || run.TraceID != jobTrace || run.Build != "1900000000000000001" || run.URL == "" || told.Endpoint != receiver.GRPC {
		t.Errorf("%+v, and %d spans arrived", told, len(kept))
	}
	jobs, findings, logs := 0, 0, 0
	for _, s := range kept {
		if fmt.Sprintf("%x", s.TraceId) != jobTrace {
			t.Fatalf("a span of trace %x", s.TraceId)
		}
		for _, kv := range s.Resource.Attributes {
			if kv.Key == "prow.build_id" && kv.Value.GetStringValue() == run.Build {
				jobs++
			}
		}
		for _, kv := range s.Attributes {
			if kv.Key == join.AttrFinding {
				findings++
			}
		}
		for _, e := range s.Events {
			if e.Name == "log" {
				logs++
			}
		}
	}
	if jobs != len(kept) || findings == 0 || logs == 0 {
		t.Errorf("of %d spans %d have the build; %d marks of findings, %d events of logs", len(kept), jobs, findings, logs)
	}
	first := ids(kept)
	for _, one := range []struct {
		traces string
		same   bool // ids as of the joined trace
	}{{"joined", true}, {"original", false}} {
		receiver.Forget()
		if _, said, code := p.push(t, "--endpoint", receiver.HTTP, "--traces", one.traces, "--baseline", "none", failingRun); code != 0 {
			t.Fatal(said)
		}
		if again := ids(receiver.Kept()); slices.Equal(first, again) != one.same || len(again) != len(first) {
			t.Errorf("%s: %d spans, before %d", one.traces, len(again), len(first))
		}
	}
}

// --since sends each run that has ended once, also where a receiver fails in the middle of
// one, and goes on there.
func TestPushSince(t *testing.T) {
	p := newPusher(t)
	receiver := receivertest.Start(t)
	p.env = []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + receiver.HTTP}
	p.put(t, 50*time.Hour, 3, true) // too long ago
	p.put(t, 5*time.Hour, 10, true)
	p.put(t, 4*time.Hour, 20_000, true)
	p.put(t, 3*time.Hour, 10, true)
	p.put(t, time.Hour, 10, false)
	since := func() (string, int) {
		t.Helper()
		_, said, code := p.push(t, "--since", "2d", pushJob)
		return said, code
	}

	// The third request is the second of the large run: the receiver fails then.
	receiver.Answer(func(n int, _ *receivertest.Request) receivertest.Reply {
		if n == 2 {
			return receivertest.Reply{Status: http.StatusServiceUnavailable, Code: codes.Unavailable, Message: "closing"}
		}
		return receivertest.Reply{}
	})
	if said, code := since(); code != 1 || !strings.Contains(said, "503 Service Unavailable: closing") {
		t.Fatalf("exit code %d: %s", code, said)
	}
	some := len(receiver.Kept())
	if some <= 8000 || some >= 20_000 {
		t.Fatalf("%d spans before the receiver failed", some)
	}
	receiver.Answer(nil)
	if said, code := since(); code != 0 || !strings.Contains(said, pushJob+": 2 runs sent, 1 sent before, 1 not ended") {
		t.Fatalf("exit code %d: %s", code, said)
	}
	all := ids(receiver.Kept())
	if once := slices.Compact(slices.Clone(all)); len(once) != len(all) || len(all) < 20_020 {
		t.Errorf("%d spans arrived, %d different ones", len(all), len(once))
	}
	if said, code := since(); code != 0 || !strings.Contains(said, pushJob+": 0 runs sent, 3 sent before, 1 not ended") {
		t.Errorf("exit code %d: %s", code, said)
	}
	if again := receiver.Kept(); len(again) != len(all) {
		t.Errorf("%d spans after all was sent, before %d", len(again), len(all))
	}

	// Another place has none of it.
	other := receivertest.Start(t)
	if _, said, code := p.push(t, "--endpoint", other.GRPC, "--protocol", "grpc", "--since", "2d", pushJob); code != 0 || !slices.Equal(ids(other.Kept()), all) {
		t.Errorf("exit code %d, %d spans of %d: %s", code, len(other.Kept()), len(all), said)
	}
}

// What a receiver rejects is told, and is no success. Messages have no colours of others.
func TestPushRejected(t *testing.T) {
	p := newPusher(t)
	build := p.put(t, time.Hour, 10, true)
	receiver := receivertest.Start(t)
	receiver.Answer(func(int, *receivertest.Request) receivertest.Reply {
		return receivertest.Reply{Rejected: 3, Message: "too \x1b[31mold"}
	})
	_, said, code := p.push(t, "--endpoint", receiver.HTTP, "gs://kubernetes-ci-logs/logs/"+pushJob+"/"+build)
	if code != 1 || !strings.Contains(said, "cannot deliver 3 of ") || !strings.Contains(said, "says: too ") || strings.Contains(said, "\x1b") {
		t.Errorf("exit code %d: %q", code, said)
	}
	receiver.Answer(func(int, *receivertest.Request) receivertest.Reply {
		return receivertest.Reply{Status: http.StatusUnauthorized, Code: codes.Unauthenticated, Message: "no token"}
	})
	_, said, code = p.push(t, "--endpoint", receiver.HTTP, "--header", "authorization=Bearer secret", "gs://kubernetes-ci-logs/logs/"+pushJob+"/"+build)
	if code != 5 || !strings.Contains(said, "no token") || !strings.Contains(said, "--header authorization") || strings.Contains(said, "Bearer secret") {
		t.Errorf("exit code %d: %q", code, said)
	}
}
