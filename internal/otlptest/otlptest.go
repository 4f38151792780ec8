// Package otlptest makes traces for tests: attributes of every kind, spans with all
// that spans can carry, random and hostile ones, and the files and sets that hold
// them. Only tests import it.
package otlptest

import (
	"bytes"
	"context"
	"encoding/binary"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/otelfile"
	"prowtrace/trace"
	"prowtrace/trace/join"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Load makes a set of the files, and closes it after the test.
func Load(t testing.TB, files ...trace.Source) *trace.View {
	t.Helper()
	set, err := join.Load(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { set.Set().Close() })
	return set
}

// File makes a .otel file of requests.
func File(t testing.TB, name string, requests ...*tracepb.TracesData) trace.Source {
	t.Helper()
	var b bytes.Buffer
	w := otelfile.NewWriter(&b)
	for _, r := range requests {
		payload, err := proto.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(payload); err != nil {
			t.Fatal(err)
		}
	}
	return trace.Source{Name: name, Data: b.Bytes()}
}

// TraceID makes a trace id that fills 128 bits: Jaeger shows shorter ones shorter.
func TraceID(n uint64) []byte { return binary.BigEndian.AppendUint64([]byte("prow-test"[:8]), n) }

// SpanID makes a span id.
func SpanID(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Files lists the trace files below a directory of the repository or
// beside it.
func Files(t testing.TB, dir string) (files []trace.Source) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".otel") {
			name, err := url.PathUnescape(filepath.Base(path))
			if err != nil {
				return err
			}
			files = append(files, trace.Source{Name: name, Path: path})
		}
		return nil // a directory that is not there has no files
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// AddSeeds adds messages to fuzz with: whole, cut off, and with invalid text.
func AddSeeds(f *testing.F, messages []*tracepb.TracesData) {
	for _, m := range messages {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)/2])
		f.Add(bytes.ReplaceAll(b, []byte("key"), []byte("k\xff\xfe")))
	}
}

// LoadPayload loads what any bytes hold of spans.
func LoadPayload(t testing.TB, payload []byte) *trace.View {
	var b bytes.Buffer
	if err := otelfile.NewWriter(&b).Write(payload); err != nil {
		t.Skip(err)
	}
	return Load(t, trace.Source{Name: "fuzz", Data: b.Bytes()})
}

// Requests decodes the requests of a file.
func Requests(t testing.TB, src trace.Source) (requests []*tracepb.TracesData) {
	in, err := otelfile.Parse(src.Name, src.Data)
	if err != nil {
		t.Fatal(err)
	}
	for rec := range in.Records(func(otelfile.Problem) {}) {
		m := &tracepb.TracesData{}
		if err := proto.Unmarshal(rec.Payload, m); err != nil {
			t.Fatal(err)
		}
		requests = append(requests, m)
	}
	return requests
}
