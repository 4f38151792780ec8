package otelfile

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// manySpans is one object whose resource, scope and schemas come behind its spans.
func manySpans(spans int) []byte {
	one := spanLine(nil, 0, spans)
	from := bytes.Index(one, []byte(`"spans":[`))
	to := bytes.LastIndex(one, []byte("]}]}]}"))
	b := []byte(`{"resourceSpans":[{"scopeSpans":[{`)
	b = append(b, one[from:to]...)
	b = append(b, `],"scope":{"name":"late scope"},"schemaUrl":"https://scope"},{"scope":{"name":"second"},"spans":[{"name":"last"}],"schemaUrl":"https://second"}],`...)
	b = append(b, `"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"late"}}]},"schemaUrl":"https://resource"},`...)
	return append(b, `{"resource":{},"scopeSpans":[{"spans":[{"name":"of another resource"}]}]}]}`...)
}

// What is told of a resource and a scope behind a million spans is told of each of them.
func TestLateFields(t *testing.T) {
	for _, spans := range []int{3, 1000, 5000, 30_000} { // in one record, in some, in a file
		t.Run(fmt.Sprint(spans), func(t *testing.T) {
			dir := t.TempDir()
			f, err := Options{Scratch: NewScratch(dir, 1<<30)}.Parse("x", manySpans(spans))
			if err != nil {
				t.Fatal(err)
			}
			if inFile := f.unmap != nil; inFile != (len(f.Bytes()) > inMemory) {
				t.Errorf("%d bytes are in a file: %v", len(f.Bytes()), inFile)
			}
			seen := map[string]int{}
			for r := range f.Records(func(p Problem) { t.Errorf("problem %+v", p) }) {
				var data tracepb.TracesData
				if err := proto.Unmarshal(r.Payload, &data); err != nil {
					t.Fatal(err)
				}
				for _, rs := range data.ResourceSpans {
					for _, ss := range rs.ScopeSpans {
						seen[strings.Join([]string{attributes(rs.GetResource().GetAttributes(), 0), rs.SchemaUrl, ss.GetScope().GetName(), ss.SchemaUrl}, " ")] += len(ss.Spans)
					}
				}
			}
			want := map[string]int{
				`[service.name="late"] https://resource late scope https://scope`: spans,
				`[service.name="late"] https://resource second https://second`:    1,
				`[]   `: 1,
			}
			if fmt.Sprint(seen) != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", seen, want)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("files are left: %v", left)
			}
		})
	}
}

func TestScratchIsBounded(t *testing.T) {
	scratch := NewScratch(t.TempDir(), 5<<20)
	data := manySpans(30_000)
	whole := func() (bytes int, problems string) {
		f, err := Options{Scratch: scratch}.Parse("x", data)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		spans, all := sketch(t, f)
		return strings.Count(spans, "HTTP GET"), strings.Join(all, "\n")
	}
	n, problems := whole()
	if n == 0 || n == 30_000 || !strings.HasPrefix(problems, "too large @0: the converted files are too large together: only the first ") {
		t.Errorf("%d spans, problems %q", n, problems)
	}
	if left := scratch.left.Load(); left != 5<<20 {
		t.Errorf("%d bytes are left after the file was closed", left)
	}
	scratch.left.Add(20 << 20)
	if n, problems := whole(); n != 30_000 || problems != "" {
		t.Errorf("%d spans, problems %q", n, problems)
	}
}

func TestConversionIsCancelled(t *testing.T) {
	scratch := NewScratch(t.TempDir(), 1<<30)
	asked := 0
	stop := fmt.Errorf("enough")
	f, err := Options{Scratch: scratch, Cancelled: func() error {
		if asked++; asked > 3 {
			return stop
		}
		return nil
	}}.Parse("x", manySpans(30_000))
	if f != nil || err == nil || !strings.Contains(err.Error(), "enough") || asked > 5 || scratch.left.Load() != 1<<30 {
		t.Errorf("file %v, error %v, asked %d times, %d bytes left", f, err, asked, scratch.left.Load())
	}
}

func TestScratchThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Options{Scratch: NewScratch(file, 1<<30)}.Parse("x", manySpans(30_000))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	spans, problems := sketch(t, f)
	if !strings.Contains(spans, "HTTP GET") || len(problems) == 0 || !strings.Contains(problems[0], "cannot create a directory for what is converted") {
		t.Errorf("%d bytes of spans, problems %q", len(spans), problems)
	}
}
