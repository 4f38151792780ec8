//go:build unix

package push

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/realcollector"
	"prowtrace/internal/realjaeger"
	"prowtrace/internal/receivertest"
)

// A program is a real program of others that runs in the background.
type program struct {
	cmd  *exec.Cmd
	said *bytes.Buffer
	done chan error
}

// startProgram starts a program and waits until it listens on an address.
func startProgram(t *testing.T, path, config, listens string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(path, "--config", config), said: &bytes.Buffer{}, done: make(chan error, 1)}
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() { p.stop(t) })
	for began := time.Now(); ; {
		conn, err := net.Dial("tcp", listens)
		if err == nil {
			conn.Close()
			return p
		}
		select {
		case err := <-p.done:
			p.done <- err
			t.Fatalf("%s ended: %v\n%s", filepath.Base(path), err, p.said)
		case <-time.After(50 * time.Millisecond):
		}
		if time.Since(began) > 2*time.Minute {
			t.Fatalf("%s does not listen at %s: %v", filepath.Base(path), listens, err)
		}
	}
}

// stop ends the program gracefully, so that it writes its buffers.
func (p *program) stop(t *testing.T) {
	t.Helper()
	if p.done == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("%v\n%s", err, p.said)
		}
	case <-time.After(time.Minute):
		_ = p.cmd.Process.Kill()
		t.Error("it did not end within a minute")
	}
	p.done = nil
}

// configured gives the name of a file with a configuration in which words were replaced.
func configured(t *testing.T, text string, words ...string) string {
	t.Helper()
	for i := 0; i < len(words); i += 2 {
		if !strings.Contains(text, words[i]) {
			t.Fatalf("the configuration has no %q", words[i])
		}
	}
	name := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(name, []byte(strings.NewReplacer(words...).Replace(text)), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// A real Collector receives every span completely, by both protocols.
func TestRealCollector(t *testing.T) {
	path := realcollector.Path(t)
	v := joinedView(t, someFiles(t)...)
	want := allTexts(t, canonical(served(t, v.Tree(v.Jobs()[0]), every)))
	for _, p := range protocols {
		t.Run(string(p.name), func(t *testing.T) {
			overGRPC, overHTTP := realjaeger.FreeAddress(t), realjaeger.FreeAddress(t)
			file := filepath.Join(t.TempDir(), "spans")
			collector := startProgram(t, path, configured(t, `
service:
  pipelines: {traces: {receivers: [otlp], exporters: [file]}}
  telemetry: {metrics: {level: none}}
receivers: {otlp: {protocols: {grpc: {endpoint: "GRPC"}, http: {endpoint: "HTTP"}}}}
exporters: {file: {path: "FILE", format: proto}}
`, "GRPC", overGRPC, "HTTP", overHTTP, "FILE", file), map[Protocol]string{GRPC: overGRPC, HTTP: overHTTP}[p.name])
			to, err := Resolve(Settings{Endpoint: "http://" + map[Protocol]string{GRPC: overGRPC, HTTP: overHTTP}[p.name], Protocol: string(p.name)}, none, nil)
			if err != nil {
				t.Fatal(err)
			}
			report, err := send(t, to, Options{}, NewPlan(v, Joined, false), 0)
			if err != nil || !report.Complete() {
				t.Fatalf("%+v, %v", report, err)
			}
			collector.stop(t)
			sameSpans(t, canonical(written(t, file)), want)
		})
	}
}

// written reads the output of a Collector's file exporter: messages, each after its length.
func written(t *testing.T, file string) (all []receivertest.Span) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) > 4 {
		n := binary.BigEndian.Uint32(b)
		var data tracepb.TracesData
		if err := proto.Unmarshal(b[4:4+n], &data); err != nil {
			t.Fatal(err)
		}
		all = append(all, spansOf(&data)...)
		b = b[4+n:]
	}
	return all
}

func spansOf(data *tracepb.TracesData) (all []receivertest.Span) {
	for _, rs := range data.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, s := range ss.Spans {
				all = append(all, receivertest.Span{Resource: rs.Resource, Scope: ss.Scope, ResourceSchema: rs.SchemaUrl, ScopeSchema: ss.SchemaUrl, Span: s})
			}
		}
	}
	return all
}

// canonical gives spans in a single form if protobuf has several: an attribute without a
// value, and messages without fields, can be present or absent.
func canonical(all []receivertest.Span) []receivertest.Span {
	for i := range all {
		s := &all[i]
		if s.Scope == nil {
			s.Scope = &commonpb.InstrumentationScope{}
		}
		s.Resource, s.Scope, s.Span = proto.CloneOf(s.Resource), proto.CloneOf(s.Scope), proto.CloneOf(s.Span)
		if s.Span.Status == nil {
			s.Span.Status = &tracepb.Status{}
		}
		withValues(s.Resource.Attributes)
		withValues(s.Scope.Attributes)
		withValues(s.Span.Attributes)
		for _, e := range s.Span.Events {
			withValues(e.Attributes)
		}
		for _, l := range s.Span.Links {
			withValues(l.Attributes)
		}
	}
	return all
}

func withValues(all []*commonpb.KeyValue) {
	for _, kv := range all {
		if kv.Value == nil {
			kv.Value = &commonpb.AnyValue{}
		}
		withValues(kv.Value.GetKvlistValue().GetValues())
	}
}

const docs = "../../docs/scale/"

// The documented configurations are valid for the programs that they are for.
func TestRealConfigurations(t *testing.T) {
	t.Setenv("QUEUE_DIR", t.TempDir())
	for _, c := range []struct {
		pattern string
		program func(testing.TB) string
		files   int
	}{
		{"collector-*.yaml", realcollector.Path, 2},
		{"jaeger-*.yaml", func(t testing.TB) string { return realjaeger.Path(t, realjaeger.V2) }, 5},
	} {
		files, err := filepath.Glob(docs + c.pattern)
		if err != nil || len(files) != c.files {
			t.Fatalf("%s: %d files, %v", c.pattern, len(files), err)
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) {
				validate := func(file string) ([]byte, error) {
					return exec.CommandContext(t.Context(), c.program(t), "validate", "--config", file).CombinedOutput()
				}
				if out, err := validate(file); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := validate(configured(t, string(text), "traces:", "traces_:")); err == nil {
					t.Error("a misspelt word is valid too: this tries nothing")
				}
			})
		}
	}
}
