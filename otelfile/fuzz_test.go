package otelfile

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
)

// There is a fuzz target for each parser of a format, which gets all data whatever it looks
// like, and FuzzRecognized for what is between them: recognizing and unpacking.

func FuzzOTLPJSON(f *testing.F) {
	f.Add([]byte(fullOTLPJSON + "\n" + oneSpan(ids)))
	f.Add([]byte(`[{"batches":[{"instrumentationLibrarySpans":[{"instrumentation_library":{"name":"a"},"spans":[{"kind":"SERVER","attributes":{"a":[1,{"b":null}]}}]}]}]}]`))
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"value":{"kvlistValue":{"values":[{"key":"a"}]}},"key":"b"}]}],"schemaUrl":"u"}],"resource":{}}]}`))
	fuzzConversion(f, convertOTLPJSON, true)
}

func FuzzJaegerJSON(f *testing.F) {
	f.Add([]byte(jaegerAnswer))
	f.Add([]byte(`[{"processes":{"p":{"serviceName":"s"}},"spans":[{"processID":"p"},{"process":{"tags":[{"key":"a","type":"int64","value":"1"}]}}]}]`))
	fuzzConversion(f, convertJaeger, true)
}

func FuzzZipkinJSON(f *testing.F) {
	f.Add([]byte(zipkinList))
	f.Add([]byte(`[[{"traceId":"aa","id":"bb","shared":true,"remoteEndpoint":{"ipv6":"::1","port":80},"tags":{"error":"no"}}]]`))
	fuzzConversion(f, convertZipkin, true)
}

// FuzzPackedMessages is for messages behind their lengths that are compressed or JSON.
func FuzzPackedMessages(f *testing.F) {
	full := asProto(f, fullOTLPJSON)
	f.Add(withSizes(zstdOf(f, full), zstdOf(f, []byte(fullOTLPJSON))))
	f.Add(withSizes([]byte(fullOTLPJSON), zipped(full)))
	fuzzConversion(f, convertMessages, false)
}

// FuzzBareProto is for one message of protobuf without a length.
func FuzzBareProto(f *testing.F) { fuzzFraming(f, bare, func(b []byte) []byte { return b }) }

// FuzzSizedProto is for messages behind their lengths in four bytes.
func FuzzSizedProto(f *testing.F) {
	fuzzFraming(f, bigEndianSize, func(b []byte) []byte { return withSizes(b, b) })
}

// FuzzVarintProto is for messages behind their lengths in a varint.
func FuzzVarintProto(f *testing.F) {
	fuzzFraming(f, varintSize, func(b []byte) []byte { return withVarints(b, b) })
}

// FuzzRecognized is for files of any format.
func FuzzRecognized(f *testing.F) {
	full := asProto(f, fullOTLPJSON)
	for _, b := range [][]byte{[]byte(fullOTLPJSON), []byte(jaegerAnswer), []byte(zipkinList), full, withSizes(full, full), withVarints(full, full), withSizes(zstdOf(f, full))} {
		f.Add(b)
		f.Add(zstdOf(f, b))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		opened, err := fuzzed(t).Parse("x", data)
		if err != nil {
			t.Fatal(err)
		}
		checkConverted(t, opened, opened.converted && opened.format >= FormatOTLPJSON && opened.format != FormatPacked)
	})
}

func fuzzed(t *testing.T) Options {
	return Options{MaxDecoded: 1 << 16, Scratch: NewScratch(t.TempDir(), 1<<20)}
}

// fuzzConversion fuzzes a parser that makes OTLP of a stream, of JSON or of OTLP too.
func fuzzConversion(f *testing.F, convert func(*conversion), json bool) {
	f.Fuzz(func(t *testing.T, data []byte) {
		src := unpackStream(bytes.NewReader(data), int64(len(data)), 1<<20)
		defer src.close()
		converted, err := fuzzed(t).convert(&File{name: "x"}, src, convert)
		if err != nil {
			t.Fatal(err)
		}
		checkConverted(t, converted, json)
	})
}

// fuzzFraming fuzzes the reader of protobuf, whole and cut off.
func fuzzFraming(f *testing.F, how framing, framed func([]byte) []byte) {
	full := framed(asProto(f, fullOTLPJSON))
	f.Add(full)
	f.Add(full[:len(full)-20])
	f.Fuzz(func(t *testing.T, data []byte) {
		file := &File{name: "x", data: data, format: FormatOTLP, framing: how}
		if how.tornTail(data) >= 0 {
			converted, err := fuzzed(t).convert(&File{name: "x", format: FormatOTLP}, nil, func(c *conversion) { convertTorn(c, data, how) })
			if err != nil {
				t.Fatal(err)
			}
			file = converted
		}
		checkConverted(t, file, false)
	})
}

// checkConverted checks what holds for any file: offsets are in range, records are what the
// file has there, and it ends. Where all was encoded here, they are whole down to their spans.
func checkConverted(t *testing.T, f *File, encodedHere bool) {
	for r := range f.Records(func(p Problem) { checkProblem(t, f, p) }) {
		if !bytes.Equal(f.Bytes()[r.Offset:][:len(r.Payload)], r.Payload) {
			t.Fatalf("the payload at %d is not what the file has there", r.Offset)
		}
		if encodedHere && !framed(r.Payload) {
			t.Fatalf("what was converted is not a message: %x", r.Payload)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// framed reports whether a message has whole fields down to its spans.
func framed(message []byte) bool {
	walk := func(b []byte, inner func([]byte) bool) bool {
		c := otlpwire.Read(b)
		for {
			f, ok, bad := c.Next()
			if bad || !ok {
				return !bad
			}
			if f.Typ == protowire.BytesType && f.Num == 2 && !inner(b[f.Lo:f.Hi]) {
				return false
			}
		}
	}
	c := otlpwire.Read(message)
	for {
		f, ok, bad := c.Next()
		if bad || !ok {
			return !bad
		}
		if !walk(message[f.Lo:f.Hi], func(scope []byte) bool {
			return walk(scope, func(span []byte) bool { return walk(span, func([]byte) bool { return true }) })
		}) {
			return false
		}
	}
}
