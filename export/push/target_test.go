package push

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestResolve(t *testing.T) {
	const all, traces = "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_OTLP_TRACES_"
	secure := &tls.Config{}
	for _, c := range []struct {
		name string
		s    Settings
		env  map[string]string
		want Target
	}{
		{"HTTP by default", Settings{Endpoint: "http://h:4318"}, nil, Target{URL: "http://h:4318/v1/traces"}},
		{"a base path", Settings{Endpoint: "https://h/otlp/"}, nil, Target{URL: "https://h/otlp/v1/traces", TLS: secure}},
		{"the whole path", Settings{Endpoint: "https://h/insert/v1/traces?x=1"}, nil, Target{URL: "https://h/insert/v1/traces?x=1", TLS: secure}},
		{"gRPC by its port", Settings{Endpoint: "http://h:4317"}, nil, Target{URL: "http://h:4317", Protocol: GRPC}},
		{"HTTP at that port", Settings{Endpoint: "http://h:4317", Protocol: "http"}, nil, Target{URL: "http://h:4317/v1/traces"}},
		{"without a scheme", Settings{Endpoint: "h:4317"}, nil, Target{URL: "https://h:4317", Protocol: GRPC, TLS: secure}},
		{"without a scheme, insecure", Settings{Endpoint: "h:4317", Insecure: true}, nil, Target{URL: "http://h:4317", Protocol: GRPC}},
		{"insecure by the environment", Settings{Endpoint: "h:4317"}, map[string]string{all + "INSECURE": "true"}, Target{URL: "http://h:4317", Protocol: GRPC}},
		{"the scheme wins over the environment", Settings{Endpoint: "https://h:4317"}, map[string]string{all + "INSECURE": "true"}, Target{URL: "https://h:4317", Protocol: GRPC, TLS: secure}},
		{"the environment", Settings{}, map[string]string{all + "ENDPOINT": "http://h:4318/base"}, Target{URL: "http://h:4318/base/v1/traces"}},
		{"traces as they are", Settings{}, map[string]string{traces + "ENDPOINT": "http://t/x", all + "ENDPOINT": "http://h"}, Target{URL: "http://t/x"}},
		{"traces without a path", Settings{}, map[string]string{traces + "ENDPOINT": "http://t:4318"}, Target{URL: "http://t:4318/"}},
		{"flags win", Settings{Endpoint: "http://f", Protocol: "grpc"}, map[string]string{traces + "ENDPOINT": "http://t", traces + "PROTOCOL": "http/protobuf"}, Target{URL: "http://f", Protocol: GRPC}},
		{"traces win", Settings{Endpoint: "http://f"}, map[string]string{traces + "PROTOCOL": "grpc", all + "PROTOCOL": "http/protobuf", traces + "TIMEOUT": "1500", all + "TIMEOUT": "1", traces + "COMPRESSION": "none", all + "COMPRESSION": "gzip"},
			Target{URL: "http://f", Protocol: GRPC, Timeout: 1500 * time.Millisecond}},
		{"headers", Settings{Endpoint: "http://f", Headers: []string{"X-Two=2=2", "api-key=other"}}, map[string]string{all + "HEADERS": " api-key=one%20two , x-scope-orgid=team,"},
			Target{URL: "http://f/v1/traces", Headers: []Header{{"x-scope-orgid", "team"}, {"X-Two", "2=2"}, {"api-key", "other"}}}},
		{"headers of traces alone", Settings{Endpoint: "http://f:4317"}, map[string]string{all + "HEADERS": "a=1", traces + "HEADERS": "B=%312"},
			Target{URL: "http://f:4317", Protocol: GRPC, Headers: []Header{{"b", "12"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Resolve(c.s, func(name string) string { return c.env[name] }, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want.Protocol == "" {
				want.Protocol = HTTP
			}
			if want.Timeout == 0 {
				want.Timeout = defaultTimeout
			}
			want.Gzip = c.env[traces+"COMPRESSION"] == ""
			if (got.TLS == nil) != (want.TLS == nil) {
				t.Errorf("TLS %v", got.TLS)
			}
			got.TLS, want.TLS = nil, nil
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	const all = "OTEL_EXPORTER_OTLP_"
	at := Settings{Endpoint: "https://h"}
	with := func(change func(*Settings)) Settings { s := at; change(&s); return s }
	for _, c := range []struct {
		name, in string // what the error names
		s        Settings
		env      map[string]string
	}{
		{"scheme", SettingEndpoint, Settings{Endpoint: "ftp://h"}, nil},
		{"no host", SettingEndpoint, Settings{Endpoint: "http://:4318"}, nil},
		{"not a URL", all + "ENDPOINT", Settings{}, map[string]string{all + "ENDPOINT": "http://h:port"}},
		{"contradiction", SettingInsecure, with(func(s *Settings) { s.Insecure = true }), nil},
		{"protocol", SettingProtocol, with(func(s *Settings) { s.Protocol = "tcp" }), nil},
		{"JSON", all + "PROTOCOL", at, map[string]string{all + "PROTOCOL": "http/json"}},
		{"no value", SettingHeader, with(func(s *Settings) { s.Headers = []string{"secret"} }), nil},
		{"name", SettingHeader, with(func(s *Settings) { s.Headers = []string{"a b=secret"} }), nil},
		{"line break", SettingHeader, with(func(s *Settings) { s.Headers = []string{"a=secret\r\nb: c"} }), nil},
		{"own", SettingHeader, with(func(s *Settings) { s.Headers = []string{"Content-Type=secret"} }), nil},
		{"escape", all + "HEADERS", at, map[string]string{all + "HEADERS": "a=secret%zz"}},
		{"escaped line break", all + "HEADERS", at, map[string]string{all + "HEADERS": "a=secret%0ab"}},
		{"timeout", all + "TIMEOUT", at, map[string]string{all + "TIMEOUT": "10s"}},
		{"compression", all + "COMPRESSION", at, map[string]string{all + "COMPRESSION": "zstd"}},
		{"certificate", all + "CERTIFICATE", at, map[string]string{all + "CERTIFICATE": "/none"}},
		{"no certificate", all + "CERTIFICATE", at, map[string]string{all + "CERTIFICATE": "/text"}},
		{"key alone", all + "CLIENT_KEY", at, map[string]string{all + "CLIENT_KEY": "/text"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Resolve(c.s, func(name string) string { return c.env[name] }, func(name string) ([]byte, error) {
				if name == "/text" {
					return []byte("text"), nil
				}
				return nil, fs.ErrNotExist
			})
			var setting *SettingError
			if !errors.As(err, &setting) || setting.Name != c.in {
				t.Fatal(err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the value of a header is shown: %v", err)
			}
		})
	}
	if _, err := Resolve(Settings{}, none, nil); !errors.Is(err, ErrNoEndpoint) {
		t.Error(err)
	}
}

// Places are the same whatever the secrets are, and differ by tenant.
func TestPlace(t *testing.T) {
	place := func(endpoint string, headers ...string) string {
		to, err := Resolve(Settings{Endpoint: endpoint, Headers: headers}, none, nil)
		if err != nil {
			t.Fatal(err)
		}
		return to.Place()
	}
	one := place("https://u:secret@h", "authorization=Bearer one")
	if one != place("https://u:other@h", "authorization=Bearer two") || strings.Contains(one, "secret") {
		t.Error(one)
	}
	if one == place("https://u:secret@h", "X-Scope-OrgID=team") {
		t.Error("tenants are one place")
	}
}

// FuzzHeaders checks that headers can be sent whatever the variable holds, and that messages
// show no value.
func FuzzHeaders(f *testing.F) {
	f.Add("a=b,c=%20d", "x=y")
	f.Add("a=secret%0a", "=")
	f.Fuzz(func(t *testing.T, variable, flag string) {
		to, err := Resolve(Settings{Endpoint: "http://h", Headers: []string{flag}}, func(name string) string {
			if name == "OTEL_EXPORTER_OTLP_HEADERS" {
				return variable
			}
			return ""
		}, nil)
		if err != nil {
			return
		}
		for _, h := range to.Headers {
			if h.Name == "" || strings.ContainsAny(h.Name+h.Value, "\r\n\x00") {
				t.Errorf("%q", h)
			}
		}
	})
}
