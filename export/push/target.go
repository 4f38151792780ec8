package push

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Protocol is a transport of OTLP.
type Protocol string

const (
	GRPC Protocol = "grpc"
	HTTP Protocol = "http/protobuf"
)

// A Target says where spans go, and how.
type Target struct {
	URL      string // with a scheme; for HTTP with the full path
	Protocol Protocol
	Headers  []Header
	Gzip     bool
	Timeout  time.Duration // of one request
	TLS      *tls.Config   // nil if TLS is not used
}

// A Header is sent with every request.
type Header struct{ Name, Value string }

// String is the endpoint as messages show it, without a password.
func (t Target) String() string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return t.URL
	}
	u.RawQuery = "" // it can contain a key
	return u.Redacted()
}

// Secure reports whether others on the way cannot read what is sent: it uses TLS, or stays
// on this machine.
func (t Target) Secure() bool {
	u, err := url.Parse(t.URL)
	if t.TLS != nil || err != nil {
		return true
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// tenantHeaders select one of several tenants of a receiver: Tempo's header, and Jaeger's.
var tenantHeaders = []string{"x-scope-orgid", "x-tenant"}

// Place identifies where spans end up, the same each time: the endpoint, and the tenant if
// the receiver has several.
func (t Target) Place() string {
	place := t.String()
	for _, name := range tenantHeaders {
		for _, h := range t.Headers {
			if strings.EqualFold(h.Name, name) {
				place += " " + name + "=" + h.Value
			}
		}
	}
	return place
}

// hostPort is the address for gRPC.
func (t Target) hostPort() string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return t.URL
	}
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}

// Settings are the caller's settings. For an empty one the environment is used.
type Settings struct {
	Endpoint string   // a URL, or HOST:PORT
	Protocol string   // "grpc", or "http"
	Headers  []string // NAME=VALUE
	Insecure bool     // no TLS if the endpoint has no scheme
}

// Names of settings in a SettingError.
const (
	SettingEndpoint = "endpoint"
	SettingProtocol = "protocol"
	SettingHeader   = "header"
	SettingInsecure = "insecure"
)

// A SettingError says which setting is wrong: one of the caller's, or a variable of the
// environment.
type SettingError struct {
	Name  string // SettingEndpoint and so on, or OTEL_EXPORTER_OTLP_…
	Value string // for a header only its name, because its value may be a secret
	Why   string
	Err   error // may be nil
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("invalid %s %q: %s", e.Name, e.Value, e.Why)
}

func (e *SettingError) Unwrap() error { return e.Err }

// ErrNoEndpoint says that nothing names a receiver.
var ErrNoEndpoint = errors.New("no endpoint given")

// defaultTimeout is for one request. It is longer than OpenTelemetry's, because a request
// that was accepted but not answered in time is sent again.
const defaultTimeout = 30 * time.Second

// portGRPC is the default port of OTLP over gRPC.
const portGRPC = "4317"

// Resolve makes a Target from settings and the environment. The settings have precedence,
// followed by the variables for traces, OTEL_EXPORTER_OTLP_TRACES_…, and those for all
// signals, OTEL_EXPORTER_OTLP_…. Headers of the settings are added to the others. Errors are
// ErrNoEndpoint and *SettingError.
//
// The endpoint of the settings is a base, like OTEL_EXPORTER_OTLP_ENDPOINT: HTTP appends
// /v1/traces unless it already ends with that. If no protocol is given, it is gRPC at port
// 4317, and HTTP at other ports. readFile reads certificates.
func Resolve(s Settings, getenv func(string) string, readFile func(string) ([]byte, error)) (Target, error) {
	r := resolver{Settings: s, getenv: getenv, readFile: readFile}
	t := Target{Gzip: true, Timeout: defaultTimeout}
	for _, step := range []func(*Target) error{r.endpoint, r.protocol, r.path, r.headers, r.compression, r.timeout, r.certificates} {
		if err := step(&t); err != nil {
			return Target{}, err
		}
	}
	return t, nil
}

type resolver struct {
	Settings
	getenv   func(string) string
	readFile func(string) ([]byte, error)

	parsed *url.URL
	whole  bool // whether the endpoint has its path
}

// variable gives the value of a variable and its name: the variable for traces, or else the
// one for all signals.
func (r *resolver) variable(name string) (value, full string) {
	for _, prefix := range []string{"OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"} {
		if value := strings.TrimSpace(r.getenv(prefix + name)); value != "" {
			return value, prefix + name
		}
	}
	return "", ""
}

func (r *resolver) endpoint(t *Target) error {
	given, name := strings.TrimSpace(r.Endpoint), SettingEndpoint
	if given == "" {
		given, name = r.variable("ENDPOINT")
		r.whole = strings.Contains(name, "_TRACES_")
	}
	if given == "" {
		return ErrNoEndpoint
	}
	insecure := r.Insecure
	if value, variable := r.variable("INSECURE"); !insecure && value != "" {
		insecure = strings.EqualFold(value, "true")
		if !insecure && !strings.EqualFold(value, "false") {
			return &SettingError{Name: variable, Value: value, Why: "use true or false"}
		}
	}
	full := given
	if !strings.Contains(given, "://") {
		full = "https://" + given
		if insecure {
			full = "http://" + given
		}
	}
	u, err := url.Parse(full)
	switch {
	case err != nil:
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err
		}
		return &SettingError{Name: name, Value: given, Why: err.Error(), Err: err}
	case u.Scheme != "http" && u.Scheme != "https":
		return &SettingError{Name: name, Value: given, Why: "use http:// or https://"}
	case u.Hostname() == "":
		return &SettingError{Name: name, Value: given, Why: "it names no host"}
	case r.Insecure && u.Scheme == "https":
		return &SettingError{Name: SettingInsecure, Value: u.Redacted(), Why: "the endpoint says https"}
	}
	u.Fragment = ""
	r.parsed = u
	if u.Scheme == "https" {
		t.TLS = clientTLS()
	}
	return nil
}

func (r *resolver) protocol(t *Target) error {
	given, name := r.Protocol, SettingProtocol
	if given == "" {
		given, name = r.variable("PROTOCOL")
	}
	switch given {
	case "":
		t.Protocol = HTTP
		if r.parsed.Port() == portGRPC {
			t.Protocol = GRPC
		}
	case "grpc":
		t.Protocol = GRPC
	case "http", string(HTTP):
		t.Protocol = HTTP
	default:
		return &SettingError{Name: name, Value: given, Why: "use grpc or http/protobuf"}
	}
	return nil
}

// tracesPath is the path, below its base, at which a receiver accepts traces by HTTP.
const tracesPath = "/v1/traces"

// path completes the URL.
func (r *resolver) path(t *Target) error {
	switch u := r.parsed; {
	case t.Protocol == GRPC:
		u.Path, u.RawPath, u.RawQuery, u.User = "", "", "", nil
	case r.whole:
		if u.Path == "" {
			u.Path = "/"
		}
	case !strings.HasSuffix(u.Path, tracesPath):
		u.Path, u.RawPath = strings.TrimSuffix(u.Path, "/")+tracesPath, ""
	}
	t.URL = r.parsed.String()
	return nil
}

func (r *resolver) compression(t *Target) error {
	switch value, name := r.variable("COMPRESSION"); value {
	case "", "gzip":
	case "none":
		t.Gzip = false
	default:
		return &SettingError{Name: name, Value: value, Why: "use gzip or none"}
	}
	return nil
}

func (r *resolver) timeout(t *Target) error {
	value, name := r.variable("TIMEOUT")
	if value == "" {
		return nil
	}
	ms, err := strconv.ParseUint(value, 10, 31)
	if err != nil || ms == 0 {
		return &SettingError{Name: name, Value: value, Why: "use a number of milliseconds, as 10000"}
	}
	t.Timeout = time.Duration(ms) * time.Millisecond
	return nil
}

// certificates reads the trusted certificates, and the client's own. If TLS is not used they
// are ignored, as in all exporters.
func (r *resolver) certificates(t *Target) error {
	if t.TLS == nil {
		return nil
	}
	if file, name := r.variable("CERTIFICATE"); file != "" {
		pem, err := r.readFile(file)
		if err != nil {
			return &SettingError{Name: name, Value: file, Why: err.Error(), Err: err}
		}
		t.TLS.RootCAs = x509.NewCertPool()
		if !t.TLS.RootCAs.AppendCertsFromPEM(pem) {
			return &SettingError{Name: name, Value: file, Why: "it holds no certificate in PEM"}
		}
	}
	file, name := r.variable("CLIENT_CERTIFICATE")
	keyFile, keyName := r.variable("CLIENT_KEY")
	switch {
	case file == "" && keyFile == "":
		return nil
	case file == "":
		return &SettingError{Name: keyName, Value: keyFile, Why: "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE is missing"}
	case keyFile == "":
		return &SettingError{Name: name, Value: file, Why: "OTEL_EXPORTER_OTLP_CLIENT_KEY is missing"}
	}
	cert, err := r.readFile(file)
	if err != nil {
		return &SettingError{Name: name, Value: file, Why: err.Error(), Err: err}
	}
	key, err := r.readFile(keyFile)
	if err != nil {
		return &SettingError{Name: keyName, Value: keyFile, Why: err.Error(), Err: err}
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return &SettingError{Name: name, Value: file, Why: err.Error(), Err: err}
	}
	t.TLS.Certificates = []tls.Certificate{pair}
	return nil
}
