package otelfile

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// A stream of any length is converted in the same memory: JSON lines, and one object.
// PROWTRACE_CONVERT_MIB says how much is read.
func TestConversionIsBoundedInMemory(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("it reads some hundred MiB")
	}
	size := 96 << 20
	if n, err := strconv.Atoi(os.Getenv("PROWTRACE_CONVERT_MIB")); err == nil {
		size = n << 20
	}
	line := spanLine(nil, 0, 1000)
	from, to := bytes.Index(line, []byte(`"spans":[`))+len(`"spans":[`), bytes.LastIndex(line, []byte("]}]}]}"))
	spans := append(bytes.Clone(line[from:to]), ',')
	for name, parts := range map[string][3][]byte{
		"lines":      {nil, line, nil},
		"one object": {line[:from], spans, []byte(`{"name":"last"}],"schemaUrl":"https://late"}]}]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			repeats := size / len(parts[1])
			src := io.MultiReader(bytes.NewReader(parts[0]), &repeated{part: parts[1], left: repeats}, bytes.NewReader(parts[2]))
			scratch := NewScratch(t.TempDir(), 4<<30)
			asked, peak := 0, uint64(0)
			o := Options{Scratch: scratch, Cancelled: func() error {
				if asked++; asked%16 == 0 {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					peak = max(peak, m.HeapInuse)
				}
				return nil
			}}
			f, err := o.convert(&File{name: "x"}, unpackStream(src, int64(size), 1<<40), convertOTLPJSON)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			count := 0
			for r := range f.Records(func(p Problem) { t.Errorf("problem %+v", p) }) {
				count += bytes.Count(r.Payload, []byte("HTTP GET"))
			}
			if count != 1000*repeats {
				t.Errorf("%d spans of %d", count, 1000*repeats)
			}
			t.Logf("%d MiB of JSON became %d MiB; the heap had at most %.1f MiB", size>>20, len(f.Bytes())>>20, float64(peak)/(1<<20))
			if peak == 0 || peak > 48<<20 {
				t.Errorf("the heap had %d bytes", peak)
			}
		})
	}
}

// repeated reads the same bytes again and again.
type repeated struct {
	part []byte
	pos  int
	left int
}

func (r *repeated) Read(b []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.part[r.pos:])
	if r.pos += n; r.pos == len(r.part) {
		r.pos = 0
		r.left--
	}
	return n, nil
}
