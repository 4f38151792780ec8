package launch

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// UI is the part of Jaeger's UI configuration that a caller decides. The zero
// value looks back four weeks and links nowhere. Format:
// https://www.jaegertracing.io/docs/latest/frontend-ui/
type UI struct {
	Lookback     Lookback      // what the search form offers at most
	LinkPatterns []LinkPattern // links from tags
	Menu         []MenuItem    // entries of the top bar; none keeps Jaeger's own

	// NoArchitecture leaves out the page of services ("System Architecture"), which
	// asks for the last week and cannot be told another time: it would be empty.
	NoArchitecture bool
}

// Lookback is a span of time: Label is shown ("4 weeks"), Value is the UI's
// notation ("4w", "12h").
type Lookback struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// LookbackTo covers all since t, in weeks; within four weeks it is the zero value.
func LookbackTo(t, now time.Time) Lookback {
	const week = 7 * 24 * time.Hour
	weeks := int(now.Sub(t)/week) + 1
	if weeks <= 4 {
		return Lookback{}
	}
	return Lookback{Label: fmt.Sprint(weeks, " weeks"), Value: fmt.Sprint(weeks, "w")}
}

// longestDefault is the longest of the spans that the form of Jaeger's UI has of
// its own; since 2.20 it takes no other by default.
const longestDefault = "4w"

// LinkPattern turns matching tags into links. Type is "tags", "process", "logs"
// or "traces", Key the tag's name; URL and Text may use #{key} and #{trace.traceID},
// whose values the UI escapes.
type LinkPattern struct {
	Type string `json:"type"`
	Key  string `json:"key,omitempty"`
	URL  string `json:"url"`
	Text string `json:"text"`
}

// MenuItem is a link in the UI's top bar, or with Items a drop-down of links.
type MenuItem struct {
	Label string     `json:"label"`
	URL   string     `json:"url,omitempty"`
	Items []MenuItem `json:"items,omitempty"`
}

// maxLimit is the largest number of traces the search form lets one ask for.
const maxLimit = 1500

const (
	configName = "config.yaml"
	uiName     = "ui.json"
)

// nonceHeader marks the answers of the Jaeger we started, so that another server
// on the same port (taken between our choice and Jaeger's start) is not mistaken for it.
const nonceHeader = "X-Prowtrace-Instance"

// maxMessageMiB lets Jaeger receive a span that alone is larger than gRPC's
// default of 4 MiB. The key is Jaeger's own and exists since 2.19; older ones
// refuse to start with a key they do not know, and the collector's gRPC client
// configuration (configgrpc up to 1.71) has none.
const maxMessageMiB = 256

// setup is what the configuration of one start depends on.
type setup struct {
	uiFile  string // the UI configuration as Jaeger sees it
	storage string // host:port of our storage as Jaeger sees it
	listen  string // host:port of Jaeger's UI and API
	nonce   string
}

// write makes the configuration files in dir. With shared, others may read them:
// a container runs under another user. dir's parent is private in any case.
func (j Jaeger) write(dir string, s setup, ui UI, shared bool) error {
	files := map[string]any{uiName: ui.config()}
	if j.Major == 2 {
		files[configName] = v2Config(s, j.takesMaxMessage())
	}
	mode := os.FileMode(0o600)
	if shared {
		mode = 0o644
		if err := os.Chmod(dir, 0o755); err != nil {
			return fmt.Errorf("share the configuration with the container: %w", err)
		}
	}
	for name, value := range files {
		data, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return fmt.Errorf("encode %s: %w", name, err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, append(data, '\n'), mode); err != nil {
			return fmt.Errorf("write Jaeger's configuration: %w", err)
		}
		if err := os.Chmod(file, mode); err != nil { // whatever the umask is
			return fmt.Errorf("write Jaeger's configuration: %w", err)
		}
	}
	return nil
}

// object is a JSON object, which is YAML too: quoting is then encoding/json's.
type object = map[string]any

// v2Config is a query service on our storage; nothing else listens.
func v2Config(s setup, maxMessage bool) object {
	remote := object{"endpoint": s.storage, "tls": object{"insecure": true}}
	if maxMessage {
		remote["max_recv_msg_size_mib"] = maxMessageMiB
	}
	return object{
		"service": object{
			"extensions": []string{"jaeger_storage", "jaeger_query"},
			"pipelines":  object{"traces": object{"receivers": []string{"nop"}, "exporters": []string{"nop"}}},
			"telemetry": object{
				"metrics": object{"level": "none"},
				// Without stack traces the last lines hold the reason of a failure.
				"logs": object{"level": "warn", "disable_stacktrace": true, "disable_caller": true},
			},
		},
		"extensions": object{
			"jaeger_storage": object{"backends": object{"prowtrace": object{"grpc": remote}}},
			"jaeger_query": object{
				"storage": object{"traces": "prowtrace"},
				"ui":      object{"config_file": s.uiFile},
				"http":    object{"endpoint": s.listen, "response_headers": object{nonceHeader: s.nonce}},
				"grpc":    object{"endpoint": "127.0.0.1:0"},
				// On by default in v2: Jaeger would send traces of its own work to whatever
				// listens on localhost:4317, and with nobody there SIGTERM takes 10 s (0.1 s without).
				"enable_tracing":        false,
				"max_clock_skew_adjust": "0s", // nothing is moved in time
			},
		},
		"receivers": object{"nop": nil},
		"exporters": object{"nop": nil},
	}
}

// takesMaxMessage reports whether this v2 knows max_recv_msg_size_mib.
func (j Jaeger) takesMaxMessage() bool {
	minor, _, _ := strings.Cut(strings.TrimPrefix(j.Version, "2."), ".")
	n, err := strconv.Atoi(minor)
	return j.Major == 2 && err == nil && n >= 19
}

// v1Args are the flags of jaeger-query and jaeger-all-in-one. Those after the
// first group are given only to a program that lists them in its help.
func v1Args(s setup, flags map[string]string) []string {
	args := []string{
		"--grpc-storage.server=" + s.storage,
		"--query.http-server.host-port=" + s.listen,
		"--query.grpc-server.host-port=127.0.0.1:0",
		"--admin.http.host-port=127.0.0.1:0",
		"--query.ui-config=" + s.uiFile,
		"--metrics-backend=none",
	}
	set := map[string]bool{}
	for _, a := range args {
		name, _, _ := strings.Cut(a[2:], "=")
		set[name] = true
	}
	for _, optional := range []string{
		"query.additional-headers=" + nonceHeader + ": " + s.nonce,
		"log-level=warn", // or the last lines are never the reason of a failure
		"query.base-path=/",
		"query.enable-tracing=false",
		"query.max-clock-skew-adjustment=0s", // nothing is moved in time
		"collector.otlp.enabled=false",
	} {
		name, _, _ := strings.Cut(optional, "=")
		if _, known := flags[name]; known {
			args = append(args, "--"+optional)
			set[name] = true
		}
	}
	// What all-in-one opens for receiving spans goes to ports nobody else needs;
	// without a default (zipkin) it is off.
	var ports []string
	for name, standard := range flags {
		if strings.HasSuffix(name, "host-port") && standard != "" && !set[name] {
			ports = append(ports, "--"+name+"=127.0.0.1:0")
		}
	}
	slices.Sort(ports)
	return append(args, ports...)
}

// v1Env is the environment for a v1: it takes every flag from a variable too
// (LOG_LEVEL, QUERY_BASE_PATH, …), and those are not meant for ours.
func v1Env(environ []string, storageType string, flags map[string]string) []string {
	drop := map[string]bool{
		"SPAN_STORAGE_TYPE": true, "DEPENDENCY_STORAGE_TYPE": true,
		"METRICS_STORAGE_TYPE": true, "SAMPLING_STORAGE_TYPE": true, "SAMPLING_CONFIG_TYPE": true,
		"OTEL_TRACES_SAMPLER": true,
	}
	for name := range flags {
		drop[strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))] = true
	}
	env := slices.DeleteFunc(slices.Clone(environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return drop[name]
	})
	// all-in-one traces itself and would send that to localhost:4317; with nobody
	// there it also ignores SIGTERM for longer than we wait.
	return append(env, "SPAN_STORAGE_TYPE="+storageType, "OTEL_TRACES_SAMPLER=always_off")
}

// config is the UI configuration as Jaeger reads it. Entries that link elsewhere
// than to http, https or a path of Jaeger itself are left out.
func (u UI) config() object {
	lookback := u.Lookback
	if lookback.Value == "" {
		lookback = Lookback{Label: "4 weeks", Value: longestDefault}
	}
	c := object{"search": object{"maxLookback": lookback, "defaultLookback": longestDefault, "maxLimit": maxLimit}}
	var patterns []LinkPattern
	for _, p := range u.LinkPatterns {
		if p.URL = webURL(p.URL); p.URL != "" {
			patterns = append(patterns, p)
		}
	}
	if patterns != nil {
		c["linkPatterns"] = patterns
	}
	if u.NoArchitecture {
		c["dependencies"] = object{"menuEnabled": false}
	}
	if menu := webMenu(u.Menu); menu != nil {
		c["menu"] = menu
	}
	return c
}

func webMenu(items []MenuItem) (kept []MenuItem) {
	for _, m := range items {
		var inner []MenuItem
		for _, i := range m.Items { // the UI knows one level only
			if i.URL = webURL(i.URL); i.URL != "" {
				inner = append(inner, MenuItem{Label: i.Label, URL: i.URL})
			}
		}
		m.URL, m.Items = webURL(m.URL), inner
		if m.URL != "" || len(inner) > 0 {
			kept = append(kept, m)
		}
	}
	return kept
}

// webURL returns a URL that is safe to show as a link, or "". Jaeger puts the
// configuration into its page as the replacement of a regular expression, where
// a $ would be eaten.
func webURL(u string) string {
	l := strings.ToLower(u)
	local := strings.HasPrefix(u, "/") && !strings.HasPrefix(u, "//")
	if !local && !strings.HasPrefix(l, "http://") && !strings.HasPrefix(l, "https://") {
		return ""
	}
	return strings.ReplaceAll(u, "$", "%24")
}

// setupFor works out the addresses for a start on port. A program runs in the
// directory of its configuration; a container sees it as containerDir.
func (j Jaeger) setupFor(storage string, port int, nonce string) (setup, error) {
	host, storagePort, err := net.SplitHostPort(storage)
	if err != nil {
		return setup{}, fmt.Errorf("address of the storage %q: %w", storage, err)
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	s := setup{
		uiFile: uiName, // relative: a path may hold what the collector expands, ${…}
		listen: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		nonce:  nonce,
	}
	if j.Image != "" {
		s.uiFile = path.Join(containerDir, uiName)
	}
	if j.engine.gateway != "" {
		host = j.engine.gateway
		s.listen = net.JoinHostPort("0.0.0.0", strconv.Itoa(containerPort))
	}
	s.storage = net.JoinHostPort(host, storagePort)
	return s, nil
}
