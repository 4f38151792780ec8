package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"prowtrace/internal/realjaeger"
)

// jobTrace is the joined trace of failingRun.
const jobTrace = "5b1f6a523c0e4d8f9a710c6d2e8f4b10"

// What docs/jaeger.md says to type and to write into files, with no word changed
// but the ports, makes a Jaeger of one's own show the job.
func TestDocumentedJaeger(t *testing.T) {
	doc := readDoc(t)
	for _, program := range []string{realjaeger.V2, realjaeger.V1} {
		t.Run(program, func(t *testing.T) {
			j := doc.jaeger(t, program)
			var services struct{ Services []string }
			if j.ask(t, "/api/v3/services", nil, &services); !slices.Contains(services.Services, "prow") || !slices.Contains(services.Services, "kops") {
				t.Errorf("services %q", services.Services)
			}
			if n := len(j.trace(t)); n <= 1001 {
				t.Errorf("the job's trace has %d spans", n)
			}
		})
	}
}

// What Grafana's data source for Jaeger asks, a documented Jaeger answers. The
// questions are those of the data source's release 13 (the same as in Grafana
// 12): its health check and resources, a search, a trace, the graph of services;
// with the switch jaegerEnableGrpcEndpoint some of them by version 3 of the API.
func TestDocumentedGrafana(t *testing.T) {
	doc := readDoc(t)
	source := doc.fence(t, "datasources:")
	for _, want := range []string{"type: jaeger", "access: proxy", "url: http://127.0.0.1:16686"} {
		if !strings.Contains(source, want) {
			t.Errorf("the data source lacks %q:\n%s", want, source)
		}
	}
	from, to := time.Date(2025, 3, 13, 1, 0, 0, 0, time.UTC), time.Date(2025, 3, 13, 3, 0, 0, 0, time.UTC)
	micros := url.Values{"start": {fmt.Sprint(from.UnixMicro())}, "end": {fmt.Sprint(to.UnixMicro())}}
	with := func(base url.Values, kv ...string) url.Values {
		v := url.Values{}
		for key, values := range base {
			v[key] = values
		}
		for i := 0; i < len(kv); i += 2 {
			v.Set(kv[i], kv[i+1])
		}
		return v
	}
	for _, program := range []string{realjaeger.V2, realjaeger.V1} {
		t.Run(program, func(t *testing.T) {
			j := doc.jaeger(t, program)
			if j.status(t, "/api/services") == http.StatusNotFound {
				t.Skip("Grafana asks what this Jaeger does not answer any more: those up to 2.20 do; PROWTRACE_JAEGER names another to test with")
			}
			list := func(path string) []string {
				var answer struct{ Data []string }
				j.ask(t, path, nil, &answer)
				return answer.Data
			}
			if services := list("/api/services"); !slices.Contains(services, "kops") {
				t.Errorf("services %q", services)
			}
			if operations := list("/api/services/kops/operations"); !slices.Contains(operations, "HTTP GET") {
				t.Errorf("operations %q", operations)
			}
			for name, query := range map[string]url.Values{
				"all":  with(micros, "service", "prow", "limit", "20"),
				"form": with(micros, "service", "kops", "operation", "HTTP GET", "tags", `{"http.request.method":"GET"}`, "minDuration", "1ms", "maxDuration", "10m", "limit", "20"),
			} {
				var found struct {
					Data []struct {
						TraceID   string
						Spans     []struct{ OperationName string }
						Processes map[string]struct{ ServiceName string }
					}
				}
				if j.ask(t, "/api/traces", query, &found); len(found.Data) == 0 || len(found.Data[0].Spans) == 0 || len(found.Data[0].Processes) == 0 {
					t.Errorf("search %s: %+v", name, found)
				}
			}
			if n := len(j.trace(t)); n <= 1001 {
				t.Errorf("the job's trace has %d spans", n)
			}
			// With "use time range in query" it sends milliseconds, which Jaeger reads as microseconds.
			var spans struct{ Data []struct{ Spans []any } }
			millis := url.Values{"start": {fmt.Sprint(from.UnixMilli())}, "end": {fmt.Sprint(to.UnixMilli())}}
			if j.ask(t, "/api/traces/"+jobTrace, millis, &spans); len(spans.Data) != 1 || len(spans.Data[0].Spans) <= 1001 {
				t.Error("the job's trace is not found with a range of milliseconds")
			}
			var calls struct {
				Data []struct {
					Parent, Child string
					CallCount     int
				}
			}
			j.ask(t, "/api/dependencies", url.Values{"endTs": {fmt.Sprint(to.UnixMilli())}, "lookback": {fmt.Sprint(to.Sub(from).Milliseconds())}}, &calls)
			if len(calls.Data) == 0 {
				t.Error("no calls between services")
			}

			var v3 struct {
				Services   []string
				Operations []struct{ Name string }
				Result     struct{ ResourceSpans []any }
			}
			j.ask(t, "/api/v3/services", nil, &v3)
			j.ask(t, "/api/v3/operations", url.Values{"service": {"kops"}}, &v3)
			j.ask(t, "/api/v3/traces/"+jobTrace, nil, &v3)
			if len(v3.Services) == 0 || len(v3.Operations) == 0 || len(v3.Result.ResourceSpans) == 0 {
				t.Errorf("by version 3: %d services, %d operations, %d resources", len(v3.Services), len(v3.Operations), len(v3.Result.ResourceSpans))
			}
		})
	}
}

// A document is docs/jaeger.md.
type document struct{ text string }

func readDoc(t *testing.T) document {
	t.Helper()
	b, err := os.ReadFile("../docs/jaeger.md")
	if err != nil {
		t.Fatal(err)
	}
	return document{string(b)}
}

// fence gives the only fenced block of YAML that has a text.
func (d document) fence(t *testing.T, with string) string {
	t.Helper()
	var found []string
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(d.text, -1) {
		if strings.Contains(m[1], with) {
			found = append(found, m[1])
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d blocks of YAML with %q in docs/jaeger.md, want 1", len(found), with)
	}
	return found[0]
}

// command gives the words of the only line that starts as given, behind the
// prompt or in backquotes.
func (d document) command(t *testing.T, start string) []string {
	t.Helper()
	found := regexp.MustCompile("(?m)(?:^    \\$ |`)("+regexp.QuoteMeta(start)+"[^`\n]*)").FindAllStringSubmatch(d.text, -1)
	if len(found) != 1 {
		t.Fatalf("%d commands %q in docs/jaeger.md, want 1", len(found), start)
	}
	return strings.Fields(found[0][1])
}

// jaeger runs "prowtrace serve" and a real Jaeger as documented, on other ports.
func (d document) jaeger(t *testing.T, program string) documentedJaeger {
	t.Helper()
	path := realjaeger.Path(t, program)
	serve := d.command(t, "prowtrace serve ")
	for i, word := range serve {
		switch word {
		case "127.0.0.1:17271", "127.0.0.1:16680":
			serve[i] = "127.0.0.1:0"
		case "WHAT…":
			serve[i] = failingRun
		}
	}
	r := start(t, nil, serve[1:]...)
	storage, ok := strings.CutPrefix(r.address, "storage ")
	if !ok || strings.HasSuffix(storage, ":17271") {
		t.Fatalf("prowtrace serve printed %q", r.address)
	}

	pages, grpc := realjaeger.FreeAddress(t), realjaeger.FreeAddress(t)
	ports := strings.NewReplacer("127.0.0.1:17271", storage, "127.0.0.1:16686", pages, "127.0.0.1:16685", grpc)
	cmd := exec.Command(path)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"HOME=" + cmd.Dir, "TMPDIR=" + cmd.Dir}
	if program == realjaeger.V2 {
		words := d.command(t, "jaeger --config ")
		cmd.Args = append(cmd.Args, words[1:]...)
		config := ports.Replace(d.fence(t, "jaeger_query:"))
		if err := os.WriteFile(filepath.Join(cmd.Dir, words[len(words)-1]), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
	} else {
		words := d.command(t, "SPAN_STORAGE_TYPE=")
		i := slices.Index(words, "jaeger-query")
		cmd.Env = append(cmd.Env, words[:i]...)
		for _, flag := range words[i+1:] {
			cmd.Args = append(cmd.Args, ports.Replace(flag))
		}
		cmd.Args = append(cmd.Args, "--query.http-server.host-port="+pages, "--query.grpc-server.host-port="+grpc, "--admin.http.host-port="+realjaeger.FreeAddress(t))
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		hard := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
		<-ended
		hard.Stop()
	})
	j := documentedJaeger{"http://" + pages}
	limit, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("Jaeger ended: %v\n%s", err, said.String())
		case <-limit:
			t.Fatal("Jaeger does not answer within a minute")
		case <-tick.C:
		}
		if res, err := http.Get(j.url + "/api/v3/services"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return j
			}
		}
	}
}

type documentedJaeger struct{ url string }

func (j documentedJaeger) ask(t *testing.T, path string, query url.Values, answer any) {
	t.Helper()
	if err := json.Unmarshal([]byte(get(t, j.url+path+"?"+query.Encode())), answer); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func (j documentedJaeger) status(t *testing.T, path string) int {
	t.Helper()
	res, err := http.Get(j.url + path)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// trace lists the operations of the job's trace.
func (j documentedJaeger) trace(t *testing.T) (operations []string) {
	t.Helper()
	var answer struct {
		Data []struct {
			Spans []struct{ OperationName string }
		}
	}
	if j.ask(t, "/api/traces/"+jobTrace, nil, &answer); len(answer.Data) != 1 {
		t.Fatalf("%d traces %s", len(answer.Data), jobTrace)
	}
	for _, s := range answer.Data[0].Spans {
		operations = append(operations, s.OperationName)
	}
	return operations
}
