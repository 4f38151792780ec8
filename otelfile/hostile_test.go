package otelfile

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// Whatever grows in a file without an end, what is held of it does not: one value, what
// describes spans, and what tells groups of them apart.
func TestHostileFilesAreBoundedInMemory(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("it reads 2 GiB")
	}
	otlp := func(before, part, behind string) [3]string {
		return [3]string{`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"aa","spanId":"bb",` + before, part, behind + `"name":"last"}]}]}]}`}
	}
	jaeger := func(before, part, behind string) [3]string {
		return [3]string{`{"spans":[{"traceID":"aa","spanID":"bb",` + before, part, behind + `"operationName":"last"}]}`}
	}
	text, long := strings.Repeat("x", 200), strings.Repeat("x", 1<<20)
	for _, tt := range []struct {
		name    string
		convert func(*conversion)
		parts   [3]string // the second one again and again, with a number in place of its #
	}{
		{"an array", convertOTLPJSON, otlp(`"attributes":[{"key":"a","value":{"arrayValue":{"values":[`, `{"stringValue":"`+text+`"},`, `{}]}}}],`)},
		{"pairs", convertOTLPJSON, otlp(`"attributes":[{"key":"a","value":{"kvlistValue":{"values":[`, `{"key":"`+text+`"},`, `{}]}}}],`)},
		{"a plain array", convertOTLPJSON, otlp(`"attributes":{"a":[`, `"`+text+`",`, `1]},`)},
		{"values", convertOTLPJSON, otlp(`"attributes":[{`, `"value":{"stringValue":"`+text+`"},`, `"key":"a"}],`)},
		{"values of types", convertOTLPJSON, otlp(`"attributes":[{"value":{`, `"stringValue":"`+text+`",`, `"intValue":1}}],`)},
		{"members", convertOTLPJSON, otlp(``, `"`+text+`":1,`, ``)},
		{"kinds", convertOTLPJSON, otlp(``, `"kind":"`+text+`",`, ``)},
		{"members of an event", convertOTLPJSON, otlp(`"events":[{`, `"`+text+`":1,`, `"a":1}],`)},
		{"members of a resource", convertOTLPJSON, [3]string{`{"resourceSpans":[{"resource":{`, `"` + text + `":1,`, `"a":1}}]}`}},
		{"fields of a log", convertJaeger, jaeger(`"logs":[{"fields":[`, `{"key":"a","value":"`+text+`"},`, `{}]}],`)},
		{"lists of tags", convertJaeger, jaeger(``, `"tags":[{"key":"a","value":"`+text+`"}],`, ``)},
		{"keys of a tag", convertJaeger, jaeger(`"tags":[{`, `"key":"`+text+`",`, `"value":1}],`)},
		{"warnings", convertJaeger, jaeger(``, `"warnings":["`+text+`"],`, ``)},
		{"processes", convertJaeger, [3]string{`{"processes":{`, `"#` + text + `":{},`, `"p":{}}}`}},
		{"names of processes", convertJaeger, [3]string{`{"spans":[`, `{"processID":"` + long + `#"},`, `{}]}`}},
		{"names of scopes", convertJaeger, [3]string{`{"spans":[`, `{"tags":[{"key":"otel.scope.name","value":"` + long + `#"}]},`, `{}]}`}},
		{"processes in spans", convertJaeger, [3]string{`{"spans":[`, `{"process":{"serviceName":"` + long + `#"}},`, `{}]}`}},
		{"addresses", convertZipkin, [3]string{`[{"localEndpoint":{`, `"ipv4":"` + text + `",`, `"port":1}}]`}},
		{"names of services", convertZipkin, [3]string{`[`, `{"localEndpoint":{"serviceName":"` + long + `#"}},`, `{}]`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const size = 128 << 20
			src := &watched{r: io.MultiReader(strings.NewReader(tt.parts[0]), &numbered{part: tt.parts[1], left: size}, strings.NewReader(tt.parts[2]))}
			f, err := Options{Scratch: NewScratch(t.TempDir(), 4<<30)}.convert(&File{name: "x"}, unpackStream(src, size, 1<<40), tt.convert)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for r := range f.Records(func(Problem) {}) {
				if !framed(r.Payload) {
					t.Error("a record is broken")
				}
			}
			t.Logf("the heap had at most %d MiB; %d MiB were written", src.peak>>20, len(f.Bytes())>>20)
			if src.peak == 0 || src.peak > 256<<20 {
				t.Errorf("the heap had %d MiB", src.peak>>20)
			}
			if one := !strings.Contains(tt.parts[1], "#"); one && len(f.Bytes()) > maxSpan+maxSpan/4 {
				t.Errorf("one value has %d MiB", len(f.Bytes())>>20)
			}
		})
	}
}

// numbered gives a text again and again, each time with a number in place of its #.
type numbered struct {
	part string
	n    int
	left int // bytes
	buf  []byte
}

func (r *numbered) Read(b []byte) (int, error) {
	for len(r.buf) < 64<<10 && r.left > 0 {
		from := len(r.buf)
		before, after, found := strings.Cut(r.part, "#")
		if r.buf = append(r.buf, before...); found {
			r.buf = fmt.Appendf(r.buf, "%d%s", r.n, after)
		}
		r.n++
		r.left -= len(r.buf) - from
	}
	if len(r.buf) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.buf)
	r.buf = r.buf[:copy(r.buf, r.buf[n:])]
	return n, nil
}

// watched looks at the heap while it is read.
type watched struct {
	r    io.Reader
	n    int
	peak uint64
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if before := w.n; before>>25 != (before+n)>>25 { // each 32 MiB
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.peak = max(w.peak, m.HeapInuse)
	}
	w.n += n
	return n, err
}

// A key that is told again and again behind a large value is not copied with it each time.
func TestKeysBehindTheirValue(t *testing.T) {
	in := []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"aa","spanId":"bb","attributes":[{"value":{"stringValue":"`)
	in = append(in, bytes.Repeat([]byte("x"), 4<<20)...)
	in = append(in, `"},`...)
	in = append(in, bytes.Repeat([]byte(`"key":"a",`), 400_000)...) // else some TiB
	in = append(in, `"key":"b"},{"key":"c","value":{"intValue":1},"key":"d"}]}]}]}]}`...)
	f, err := Parse("x", in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, _ := sketch(t, f)
	if !strings.Contains(got, `[b="xxx`) || !strings.Contains(got, `xxx" d=1]`) || len(got) > 5<<20 {
		t.Errorf("got %.300s… of %d bytes", got, len(got))
	}
}

// What is cut off within its compression is kept as far as it goes, also where all of it was
// looked at to recognize it.
func TestShortFileIsCutOff(t *testing.T) {
	whole := []byte(fullOTLPJSON + "\n" + oneSpan(ids))
	for name, packed := range map[string][]byte{"gzip": zipped(whole), "zstd": zstdOf(t, whole)} {
		f, err := Parse("x", packed[:len(packed)-5])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		defer f.Close()
		if _, problems := sketch(t, f); name == "gzip" && f.Format() != FormatOTLPJSON || len(problems) == 0 || !strings.Contains(problems[0], "cut off") {
			t.Errorf("%s: format %v, problems %q", name, f.Format(), problems)
		}
	}
}

// Messages of a few bytes that each want a large memory do not get it each.
func TestPackedMessagesShareTheirMemory(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, (27 - 10) << 3, 9, 0, 0, '\n'} // a window of 128 MiB, a block of one byte
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := Parse("x", bytes.Repeat(withSizes(frame), 20))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	runtime.ReadMemStats(&after)
	if f.Format() != FormatPacked || after.TotalAlloc-before.TotalAlloc > 1<<30 {
		t.Errorf("format %v, %d MiB allocated", f.Format(), (after.TotalAlloc-before.TotalAlloc)>>20)
	}
}
