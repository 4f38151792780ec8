package remote

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlptest"
	"prowtrace/internal/realjaeger"
)

// The same spans are shown, searched and counted alike, whether they come from
// our storage, by either protocol, or were sent to a Jaeger that keeps them
// itself. docs/jaeger.md lists what differs, and why.
func TestLikeJaegersOwnStorage(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	files := []*tracepb.TracesData{}
	files = append(files, otlptest.Requests(t, otlptest.Made(t))...)
	files = append(files, otlptest.Random(rng, 1000, 1000)...)
	src := otlptest.File(t, "all", files...)
	entries := decode(t, src)
	storage := listen(t, otlptest.Load(t, src))
	own := startMemory(t)
	own.send(t, files...)
	own.await(t, byTrace(entries))
	var ours []jaeger
	for _, name := range jaegers {
		ours = append(ours, start(t, name, storage))
	}
	t.Run("traces", func(t *testing.T) { sameTraces(t, ours, own.jaeger, entries) })
	t.Run("services", func(t *testing.T) { sameServices(t, ours, own.jaeger, entries) })
	t.Run("searches", func(t *testing.T) { sameSearches(t, ours, own.jaeger, entries) })
	t.Run("dependencies", func(t *testing.T) { sameDependencies(t, ours, own.jaeger, entries) })
	t.Run("summaries", func(t *testing.T) { sameSummaries(t, ours[0], own.jaeger, entries) })
	t.Run("traces in OTLP", func(t *testing.T) { sameOTLP(t, ours[0], own.jaeger, entries) })
	t.Run("searches without a service", func(t *testing.T) { sameWithoutService(t, ours[0], own.jaeger, entries) })
}

// A memoryJaeger is a real Jaeger 2 that receives OTLP and keeps it.
type memoryJaeger struct {
	jaeger
	otlp string
}

func startMemory(t *testing.T) memoryJaeger {
	t.Helper()
	m := memoryJaeger{otlp: realjaeger.FreeAddress(t)}
	m.jaeger = configured(t, object(
		"service", object(
			"extensions", []string{"jaeger_storage", "jaeger_query"},
			"pipelines", object("traces", object("receivers", []string{"otlp"}, "exporters", []string{"jaeger_storage_exporter"})),
			"telemetry", object("metrics", object("level", "none"), "logs", object("level", "warn"))),
		"extensions", object("jaeger_storage", object("backends", object("traces", object("memory", object("max_traces", 20_000))))),
		"receivers", object("otlp", object("protocols", object("http", object("endpoint", m.otlp)))),
		"exporters", object("jaeger_storage_exporter", object("trace_storage", "traces"))))
	return m
}

// object makes a YAML object of keys and values by turns.
func object(kv ...any) map[string]any {
	o := map[string]any{}
	for i := 0; i < len(kv); i += 2 {
		o[kv[i].(string)] = kv[i+1]
	}
	return o
}

// configured starts a Jaeger 2 that shows the storage "traces" of its configuration.
func configured(t *testing.T, config map[string]any, args ...string) jaeger {
	t.Helper()
	path := realjaeger.Path(t, realjaeger.V2)
	address := realjaeger.FreeAddress(t)
	config["extensions"].(map[string]any)["jaeger_query"] = object(
		"storage", object("traces", "traces"), "http", object("endpoint", address), "grpc", object("endpoint", "127.0.0.1:0"),
		"enable_tracing", false, "max_clock_skew_adjust", "0s")
	b, err := json.Marshal(config) // JSON is YAML
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"--config", "config.yaml"}, args...)...)
	var said bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stopping: %v", err)
		}
		hard := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		hard.Stop()
		if t.Failed() {
			t.Logf("Jaeger said: %.4000s", said.String())
		}
	})
	eventually(t, "answers", func() bool { return answers("http://" + address + "/api/v3/services") })
	return meet(t, "http://"+address)
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waiting until Jaeger %s: %v", what, ctx.Err())
		}
	}
}

func answers(address string) bool {
	res, err := http.Get(address)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// send hands over spans as any program would.
func (m memoryJaeger) send(t *testing.T, requests ...*tracepb.TracesData) {
	t.Helper()
	for _, r := range requests {
		b, err := proto.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var res *http.Response
		eventually(t, "receives spans", func() bool {
			res, err = http.Post("http://"+m.otlp+"/v1/traces", "application/x-protobuf", bytes.NewReader(b))
			return err == nil
		})
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("sending spans: HTTP %s", res.Status)
		}
	}
}

// await waits until all that was sent can be read.
func (m memoryJaeger) await(t *testing.T, traces map[string][]entry) {
	t.Helper()
	for id := range traces {
		eventually(t, "has trace "+hex.EncodeToString([]byte(id)), func() bool {
			return answers(m.url + "/api/traces/" + hex.EncodeToString([]byte(id)))
		})
	}
}

func sameTraces(t *testing.T, ours []jaeger, own jaeger, entries []entry) {
	for id := range byTrace(entries) {
		for _, query := range modes(id) {
			read := func(j jaeger) []string {
				var traces []uiTrace
				j.ask(t, "/api/traces/"+hex.EncodeToString([]byte(id)), query, &traces)
				return traces[0].texts()
			}
			want := read(own)
			for _, j := range ours {
				sameTexts(t, read(j), want)
			}
			if t.Failed() {
				t.Fatalf("that was trace %x, %v", id, query)
			}
		}
	}
}

func sameServices(t *testing.T, ours []jaeger, own jaeger, entries []entry) {
	// A Jaeger that has only version 3 says internal where no kind is known.
	kinds := func(lines []string) []string {
		if own.onlyV3 {
			for i, l := range lines {
				if strings.HasSuffix(l, " ") {
					lines[i] = l + "internal"
				}
			}
		}
		slices.Sort(lines)
		return slices.Compact(lines)
	}
	want := own.services(t)
	for _, j := range ours {
		sameStrings(t, j.services(t), want)
	}
	services := map[string]bool{}
	for _, e := range entries {
		services[serviceOf(e)] = true
	}
	for service := range services {
		for _, kind := range []string{"", "internal", "server", "client", "producer", "consumer"} {
			want := kinds(own.operations(t, service, kind))
			for _, j := range ours {
				sameStrings(t, kinds(j.operations(t, service, kind)), want)
			}
		}
	}
}

// sameSearches compares what is found. Jaeger's own storage gives the traces in
// the order in which they came in, so a limit leaves out others.
func sameSearches(t *testing.T, ours []jaeger, own jaeger, entries []entry) {
	rng := rand.New(rand.NewPCG(23, 24))
	hits := 0
	for i, q := range searches(rng, entries, 80) {
		// A window of the time keeps the answers small.
		window := int64(otlptest.At(100_000 * rng.Float64()))
		if q.startMin == 0 {
			q.startMin = cmp.Or(q.startMax, window) - 1500*otlptest.Second
		}
		if q.startMax == 0 {
			q.startMax = q.startMin + 3000*otlptest.Second
		}
		limit := q.limit
		q.limit = 15_000
		q.forUI(rng, entries)
		q.understood(own)
		want := own.find(t, q)
		hits += min(len(want), 1)
		for _, j := range ours {
			all := j.find(t, q)
			sameStrings(t, slices.Clone(all), slices.Clone(want))
			if limit == 0 {
				continue
			}
			some := q
			some.limit = limit
			if got := j.find(t, some); !slices.Equal(got, all[:min(limit, len(all))]) {
				t.Errorf("with a limit of %d: %q of %q", limit, got, all)
			}
		}
		if t.Failed() {
			t.Fatalf("that was search %d: %+v", i, q)
		}
	}
	if hits < 40 {
		t.Errorf("only %d searches found something: they try little", hits)
	}
}

// sameDependencies compares the calls of parents: Jaeger's own storage counts no
// links, so ours may have more.
func sameDependencies(t *testing.T, ours []jaeger, own jaeger, entries []entry) {
	end := time.Unix(otlptest.Start, 0).Add(2 * 365 * 24 * time.Hour)
	query := url.Values{
		"endTs": {strconv.FormatInt(end.UnixMilli(), 10)}, "lookback": {strconv.FormatInt((4 * 365 * 24 * time.Hour).Milliseconds(), 10)},
	}
	read := func(j jaeger) map[string]int {
		var list []struct {
			Parent, Child string
			CallCount     json.Number
		}
		j.ask(t, "/api/dependencies", query, &list)
		counts := map[string]int{}
		for _, c := range list {
			n, err := strconv.Atoi(c.CallCount.String())
			if err != nil {
				t.Fatal(err)
			}
			counts[c.Parent+" → "+c.Child] = n
		}
		return counts
	}
	theirs := read(own)
	if want := parentCalls(entries); !maps.Equal(theirs, want) {
		t.Errorf("Jaeger's own storage has %v, want %v", theirs, want)
	}
	for _, j := range ours {
		counts := read(j)
		for pair, n := range theirs {
			if counts[pair] < n {
				t.Errorf("%s: %d calls, Jaeger's own storage has %d", pair, counts[pair], n)
			}
		}
	}
}
