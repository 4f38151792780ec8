package otelfile

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
)

// asProto gives the message that a file in OTLP's JSON is.
func asProto(t testing.TB, json string) (message []byte) {
	t.Helper()
	f, err := Parse("x", []byte(json))
	if err != nil {
		t.Fatal(err)
	}
	for r := range f.Records(nil) {
		message = append(message, r.Payload...)
	}
	return message
}

func withSizes(messages ...[]byte) (b []byte) {
	for _, m := range messages {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(m))), m...)
	}
	return b
}

func withVarints(messages ...[]byte) (b []byte) {
	for _, m := range messages {
		b = append(protowire.AppendVarint(b, uint64(len(m))), m...)
	}
	return b
}

func zstdOf(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

// metrics is a message of metrics: its items have names where spans have ids.
func metrics() []byte {
	metric := otlpwire.AppendBytes(nil, 1, "http.requests")
	return otlpwire.AppendBytes(nil, 1, otlpwire.AppendBytes(nil, 2, otlpwire.AppendBytes(nil, 2, metric)))
}

// logRecords is a message of logs: its items have times where spans have ids.
func logRecords() []byte {
	record := otlpwire.AppendFixed64(nil, 1, 1e18)
	return otlpwire.AppendBytes(nil, 1, otlpwire.AppendBytes(nil, 2, otlpwire.AppendBytes(nil, 2, record)))
}

func TestOTLPProtobuf(t *testing.T) {
	one := asProto(t, oneSpan(ids))
	oneSketched := oneSketch(idsSketch + ` "" kind=0 0-0 []`)
	full := asProto(t, fullOTLPJSON)
	resourceOnly := otlpwire.AppendBytes(nil, 1, otlpwire.AppendBytes(nil, 1, otlpwire.AppendText(nil, 1, "service.name", "kops")))
	firstOfFull := fullSketch[:strings.LastIndex(fullSketch[:len(fullSketch)-1], "\n")+1]
	firstOfFull = strings.ReplaceAll(strings.ReplaceAll(firstOfFull, " schema=https://resource", ""), " schema=https://scope", "")
	for _, tt := range []struct {
		name     string
		in       []byte
		format   Format
		want     string
		problems []string
	}{
		{"bare", full, FormatOTLP, fullSketch, nil},
		{"bare, several resources", join(one, full, one), FormatOTLP, oneSketched + fullSketch + oneSketched, nil},
		{"a resource without spans", resourceOnly, FormatOTLP, `resource [service.name="kops"]`, nil},
		{"lengths of four bytes", withSizes(one, full), FormatOTLP, oneSketched + fullSketch, nil},
		{"lengths of four bytes, one message", withSizes(full), FormatOTLP, fullSketch, nil},
		{"varint lengths", withVarints(one, full, one), FormatOTLP, oneSketched + fullSketch + oneSketched, nil},
		{"metrics between", withSizes(metrics(), one, logRecords()), FormatOTLP, oneSketched, []string{"skipped 2 messages of metrics or logs"}},
		{"only metrics", metrics(), FormatOTLP, "", []string{"skipped 1 message of metrics or logs"}},
		{"empty message between", withSizes(one, nil, one), FormatOTLP, oneSketched + oneSketched, nil},
		{"other bytes between", withSizes(one, []byte("hello, world"), one), FormatOTLP, oneSketched + oneSketched, []string{"no OTLP message at byte 46: 12 bytes left out"}},
		{"torn length", join(withSizes(one), []byte{0, 0}), FormatOTLP, oneSketched, []string{"cut off at byte"}},
		{"torn message", cutEnd(withSizes(one, full), 60), FormatOTLP, oneSketched + firstOfFull, []string{"its process was probably killed"}},
		{"torn bare message", cutEnd(full, 60), FormatOTLP, firstOfFull, []string{"its process was probably killed"}},
		{"torn message with a varint", cutEnd(withVarints(one, full), 60), FormatOTLP, oneSketched + firstOfFull, []string{"its process was probably killed"}},
		{"compressed as a whole", zstdOf(t, withSizes(one, full)), FormatOTLP, oneSketched + fullSketch, nil},
		{"compressed twice", zipped(zstdOf(t, full)), FormatOTLP, fullSketch, nil},
		{"JSON compressed as a whole", zstdOf(t, []byte(fullOTLPJSON+"\n")), FormatOTLPJSON, fullSketch, nil},
		{"two frames", join(zstdOf(t, []byte(oneSpan(ids)+"\n")), zstdOf(t, []byte(fullOTLPJSON))), FormatOTLPJSON, oneSketched + fullSketch, nil},
		{"each message compressed", withSizes(zstdOf(t, one), zstdOf(t, full)), FormatPacked, oneSketched + fullSketch, nil},
		{"each message compressed JSON", withSizes(zstdOf(t, []byte(oneSpan(ids))), zstdOf(t, []byte(fullOTLPJSON))), FormatPacked, oneSketched + fullSketch, nil},
		{"JSON behind lengths", withSizes([]byte(oneSpan(ids)), []byte(fullOTLPJSON)), FormatPacked, oneSketched + fullSketch, nil},
		{"torn compressed message", cutEnd(withSizes(zstdOf(t, one), zstdOf(t, full)), 9), FormatPacked, oneSketched, []string{"cut off at byte"}},
		{"invalid JSON behind a length", withSizes([]byte(oneSpan(ids)), []byte(oneSpan(ids)[:90]+"!")), FormatPacked, oneSketched + "resource []\nscope @ []", []string{"in the message at byte 127: invalid JSON"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkSketch(t, tt.in, tt.format, tt.want, tt.problems...) })
	}
}

// A mapped file is read in portions, as .otel files are.
func TestOTLPProtobufInPortions(t *testing.T) {
	message := asProto(t, string(spanLine(nil, 0, 1000)))
	for name, data := range map[string][]byte{"bare": bytes.Repeat(message, 20), "lengths": bytes.Repeat(withSizes(message), 20)} {
		path := filepath.Join(t.TempDir(), "trace.pb")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var buffers Buffers
		portions, size := 0, 0
		for p := range f.Portions(&buffers, func(p Problem) { t.Errorf("%s: problem %+v", name, p) }) {
			portions++
			for _, r := range p.Records {
				size += len(r.Payload)
				if !bytes.Equal(r.Payload, f.Bytes()[r.Offset:][:len(r.Payload)]) {
					t.Fatalf("%s: the payload at %d is not what the file has there", name, r.Offset)
				}
			}
			p.Release()
		}
		if size != 20*len(message) || portions < 5 {
			t.Errorf("%s: %d bytes in %d portions", name, size, portions)
		}
		f.Close()
	}
}

func TestForeignBytesAreNotOTLP(t *testing.T) {
	for name, data := range map[string][]byte{
		"text behind a line break": []byte("\n\nThis is a text that begins with a line break.\n"),
		"other protobuf":           otlpwire.AppendBytes(nil, 1, "just a text"),
		"one byte":                 {10},
		"a length alone":           {0, 0, 1, 0},
		"a gzip file behind four":  join([]byte{0, 0, 0, 1}, zipped([]byte("x"))),
	} {
		f, err := Parse("x", data)
		if err != nil {
			t.Fatal(err)
		}
		if f.Format() != FormatUnknown {
			t.Errorf("%s: format %v", name, f.Format())
		}
	}
}
