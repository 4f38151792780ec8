package otelfile

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// The files in the corpus were written by kOps itself. They must be read without a
// problem, and what the Writer makes of their records must be the same file again.
func TestCorpus(t *testing.T) {
	paths, _ := filepath.Glob("../../shared/corpus/*.otel")
	if len(paths) == 0 {
		t.Skip("no corpus of real files beside the repository")
	}
	for _, path := range paths {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			f, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if f.Format() != FormatOtel {
				t.Fatalf("format %v, want otel", f.Format())
			}
			var again bytes.Buffer
			w := NewWriter(&again)
			spans := 0
			for r := range f.Records(func(p Problem) { t.Errorf("problem: %+v", p) }) {
				var request tracepb.ExportTraceServiceRequest
				if err := proto.Unmarshal(r.Payload, &request); err != nil {
					t.Errorf("record at byte %d: %v", r.Offset, err)
				}
				spans += countSpans(&request)
				if err := w.Write(r.Payload); err != nil {
					t.Fatal(err)
				}
			}
			if spans == 0 {
				t.Error("no spans")
			}
			if want, _ := os.ReadFile(path); !bytes.Equal(again.Bytes(), want) {
				t.Error("written again, the file differs")
			}
		})
	}
}

func countSpans(request *tracepb.ExportTraceServiceRequest) (n int) {
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			n += len(scope.Spans)
		}
	}
	return n
}
