package launch

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs (-update rewrites it):\n%s", file, got)
	}
}

func TestConfigGolden(t *testing.T) {
	s := setup{uiFile: "ui.json", storage: "127.0.0.1:4711", listen: "127.0.0.1:4712", nonce: "N"}
	for version, name := range map[string]string{"2.13.0": "config-2.13.json", "2.20.0": "config-2.20.json", "": "config-2.13.json"} {
		j := Jaeger{Major: 2, Version: version}
		data, err := json.MarshalIndent(v2Config(s, j.takesMaxMessage()), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, append(data, '\n'))
	}
}

func TestUIGolden(t *testing.T) {
	ui := UI{
		LinkPatterns: []LinkPattern{
			{Type: "process", Key: "prow.url", URL: "https://prow.k8s.io/#{prow.url}?a=$b", Text: "the job"},
			{Type: "tags", Key: "x", URL: "javascript:alert(1)", Text: "evil"},
		},
		Menu: []MenuItem{
			{Label: "Prow job", URL: "https://prow.k8s.io/view/gs/b/logs/j/1"},
			{Label: "Artifacts", Items: []MenuItem{{Label: "log", URL: "https://storage.googleapis.com/b/</script>"}, {Label: "evil", URL: "//evil.example.com"}}},
			{Label: "nothing left", Items: []MenuItem{{Label: "evil", URL: "data:text/html,x"}}},
		},
	}
	data, err := json.MarshalIndent(ui.config(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "ui.json", append(data, '\n'))
	data, _ = json.Marshal(UI{NoArchitecture: true}.config()["dependencies"])
	if want := `{"menuEnabled":false}`; string(data) != want {
		t.Errorf("without the page of services: %s", data)
	}
	data, _ = json.Marshal(UI{}.config())
	if want := `{"search":{"defaultLookback":"4w","maxLimit":1500,"maxLookback":{"label":"4 weeks","value":"4w"}}}`; string(data) != want {
		t.Errorf("zero UI: %s", data)
	}
}

func TestLookbackTo(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for age, want := range map[time.Duration]string{
		0: "", 27 * 24 * time.Hour: "", 28 * 24 * time.Hour: "5w", 100 * 24 * time.Hour: "15w",
	} {
		if got := LookbackTo(now.Add(-age), now); got.Value != want || (want != "") != strings.HasSuffix(got.Label, " weeks") {
			t.Errorf("%v ago: %+v, want %q", age, got, want)
		}
	}
}

func TestV1Args(t *testing.T) {
	s := setup{uiFile: "/d/ui.json", storage: "127.0.0.1:1", listen: "127.0.0.1:2", nonce: "N"}
	base := []string{
		"--grpc-storage.server=127.0.0.1:1",
		"--query.http-server.host-port=127.0.0.1:2",
		"--query.grpc-server.host-port=127.0.0.1:0",
		"--admin.http.host-port=127.0.0.1:0",
		"--query.ui-config=/d/ui.json",
		"--metrics-backend=none",
	}
	for _, c := range []struct {
		name, help string
		more       []string
	}{
		{"an old query", "      --query.http-server.host-port string   x (default \":16686\")\n", nil},
		{"all-in-one", `
Flags:
      --admin.http.host-port string               The host:port (default ":14269")
      --collector.grpc-server.host-port string    The host:port (default ":14250")
      --collector.otlp.enabled                    Enables OTLP (default true)
      --collector.otlp.grpc.host-port string      The host:port (default ":4317")
      --collector.zipkin.host-port string         The host:port of Zipkin (disabled by default)
      --query.additional-headers strings          Additional HTTP response headers.  Format: "Key: Value" (default [])
      --query.base-path string                    The base path (default "/")
  -h, --help                                      help
`, []string{
			"--query.additional-headers=X-Prowtrace-Instance: N",
			"--query.base-path=/",
			"--collector.otlp.enabled=false",
			"--collector.grpc-server.host-port=127.0.0.1:0",
			"--collector.otlp.grpc.host-port=127.0.0.1:0",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, want := v1Args(s, parseFlags(c.help)), append(slices.Clone(base), c.more...); !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestV1Env(t *testing.T) {
	got := v1Env([]string{"PATH=/bin", "LOG_LEVEL=shout", "SPAN_STORAGE_TYPE=cassandra", "METRICS_STORAGE_TYPE=prometheus", "QUERY_BASE_PATH=/x", "LOG_LEVELS=1"},
		"grpc-plugin", map[string]string{"log-level": "info", "query.base-path": "/"})
	if want := []string{"PATH=/bin", "LOG_LEVELS=1", "SPAN_STORAGE_TYPE=grpc-plugin", "OTEL_TRACES_SAMPLER=always_off"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestTakesMaxMessage(t *testing.T) {
	for version, want := range map[string]bool{"": false, "1.76.0": false, "2.13.0": false, "2.18.9": false, "2.19.0": true, "2.20.0-rc1": true, "2": false, "2.x": false} {
		major := 2
		if strings.HasPrefix(version, "1") {
			major = 1
		}
		if got := (Jaeger{Major: major, Version: version}).takesMaxMessage(); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

func TestChooseImage(t *testing.T) {
	const repo = "jaegertracing/jaeger:"
	for _, c := range []struct {
		name, list, image, version string
		pull                       bool
	}{
		{"none", "debian:13\n<none>:<none>\n", repo + imageVersion, imageVersion, true},
		{"the tried one among others", repo + "2.99.0\n" + repo + imageVersion + "\n", repo + imageVersion, imageVersion, false},
		{"the newest by number", repo + "2.9.0\n" + repo + "2.13.0\n" + repo + "2.2.0\n" + repo + "latest\n", repo + "2.13.0", "2.13.0", false},
		{"latest alone", "docker.io/" + repo + "latest\n", repo + "latest", "", false},
		{"look-alikes", "evil.example.com/" + repo + "2.1.0\njaegertracing/jaeger-query:1.76.0\n" + repo + "2.1.0$(id)\n", repo + imageVersion, imageVersion, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			image, version, pull := chooseImage(c.list)
			if image != "docker.io/"+c.image || version != c.version || pull != c.pull {
				t.Errorf("%s %q %v", image, version, pull)
			}
		})
	}
}

func TestParseInfo(t *testing.T) {
	for _, c := range []struct {
		name, engine, goos, info string
		want                     engine
		fails                    string
	}{
		{"docker on macOS", "docker", "darwin", `{}`, engine{gateway: "host.docker.internal"}, ""},
		{"podman on Windows", "podman", "windows", `{"host":{}}`, engine{gateway: "host.containers.internal"}, ""},
		{"docker on Linux", "docker", "linux", `{}`, engine{relabel: true}, ""},
		{"an engine that is down, old client", "docker", "linux", `{"ServerErrors":["Cannot connect\u001b[1m!"]}`, engine{}, "does not answer: Cannot connect!"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseInfo(c.engine, c.goos, []byte(c.info))
			if got != c.want || (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestSetupFor(t *testing.T) {
	for storage, want := range map[string]string{
		"127.0.0.1:1": "127.0.0.1:1", "0.0.0.0:1": "127.0.0.1:1", "[::]:1": "127.0.0.1:1", ":1": "127.0.0.1:1", "[::1]:1": "[::1]:1",
	} {
		s, err := Jaeger{Major: 2}.setupFor(storage, 2, "")
		if err != nil || s.storage != want || s.listen != "127.0.0.1:2" || s.uiFile != "ui.json" {
			t.Errorf("%s: %+v, %v", storage, s, err)
		}
	}
}

func TestTail(t *testing.T) {
	var tl tail
	for i := range 100 {
		fmt.Fprintf(&tl, "line %d\n\n", i)
	}
	fmt.Fprint(&tl, "50%\r10", "0%\r", strings.Repeat("x", 1<<20), "\nlast, with")
	fmt.Fprint(&tl, "out an end")
	got := tl.Lines()
	if len(got) != tailLines || cap(tl.part) > 64<<10 {
		t.Errorf("%d lines, part of %d bytes", len(got), cap(tl.part))
	}
	want := []string{"line 99", "50%", "100%", strings.Repeat("x", tailLineSize) + "…", "last, without an end"}
	if !slices.Equal(got[tailLines-5:], want) {
		t.Errorf("got %q", got[tailLines-5:])
	}
}

func TestLinks(t *testing.T) {
	const base = "http://127.0.0.1:1"
	start := time.Date(2026, 3, 1, 12, 0, 0, 1999, time.UTC)
	for _, c := range []struct{ name, got, want string }{
		{"trace", TraceLink(base, "0af7651916cd43dd8448eb211c80319c"), "/trace/0af7651916cd43dd8448eb211c80319c"},
		{"comparison", CompareLink(base, "0af7651916cd43dd8448eb211c80319c", "../x"), "/trace/0af7651916cd43dd8448eb211c80319c.....%2Fx"},
		{"trace, hostile", TraceLink(base, "../x?y#z"), "/trace/..%2Fx%3Fy%23z"},
		{"search", Search{Service: "kops & co+1", Start: start, End: start.Add(time.Second)}.Link(base),
			"/search?end=1772366401000002&limit=20&lookback=custom&service=kops%20%26%20co%2B1&start=1772366400000001"},
		{"search, whole microseconds", Search{Start: time.UnixMicro(1), End: time.UnixMicro(2), Limit: 5, Operation: "a=b"}.Link(base),
			"/search?end=2&limit=5&lookback=custom&operation=a%3Db&start=1"},
		{"search without times", Search{Service: "s"}.Link(base), "/search?limit=20&service=s"},
	} {
		if c.got != base+c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, base+c.want)
		}
	}
}

func TestBrowserCommands(t *testing.T) {
	for _, c := range []struct {
		name, goos string
		env        map[string]string
		want       string
	}{
		{"macOS", "darwin", nil, "open"},
		{"Windows", "windows", map[string]string{"BROWSER": `C:\fox.exe -new`}, `C:\fox.exe -new|rundll32 url.dll,FileProtocolHandler`},
		{"Linux with a display", "linux", map[string]string{"DISPLAY": ":0"}, "xdg-open"},
		{"Linux with Wayland", "linux", map[string]string{"WAYLAND_DISPLAY": "wayland-0"}, "xdg-open"},
		{"Linux without display", "linux", nil, ""},
		{"Windows' Linux", "linux", map[string]string{"WSL_DISTRO_NAME": "Debian"}, "wslview|rundll32.exe url.dll,FileProtocolHandler"},
		{"BROWSER, a list", "linux", map[string]string{"BROWSER": "fox --tab %s : :chrome", "DISPLAY": ":0"}, "fox --tab %s|chrome|xdg-open"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, words := range browserCommands(c.goos, func(k string) string { return c.env[k] }) {
				got = append(got, strings.Join(words, " "))
			}
			if strings.Join(got, "|") != c.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestWithAddress(t *testing.T) {
	const u = "http://127.0.0.1:1/"
	for in, want := range map[string][]string{
		"fox":               {"fox", u},
		"fox --url=%s -x":   {"fox", "--url=" + u, "-x"},
		"fox 100%% --a %%s": {"fox", "100%", "--a", "%s", u},
	} {
		if got := withAddress(strings.Fields(in), u); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q", in, got)
		}
	}
}

func TestOwnPage(t *testing.T) {
	for u, ok := range map[string]bool{
		"http://127.0.0.1:16686/search?a=b": true, "https://localhost/": true, "http://[::1]:1/": true,
		"http://example.com/": false, "file:///etc/passwd": false, "http://127.0.0.1@example.com/": false,
		"http://user@127.0.0.1/": false, "-new-window": false, "http://127.0.0.1.example.com/": false, "http://0.0.0.0/": false, "http://[": false,
	} {
		if err := ownPage(u); (err == nil) != ok {
			t.Errorf("%s: %v", u, err)
		}
	}
	if err := Browser(context.Background(), "http://example.com/"); err == nil {
		t.Error("a foreign page was opened")
	}
}
