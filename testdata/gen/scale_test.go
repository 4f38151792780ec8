package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"prowtrace/otelfile"
)

func TestParseScale(t *testing.T) {
	for _, test := range []struct {
		in   string
		want int
	}{
		{"100k", 100_000}, {"1m", 1_000_000}, {"10M", 10_000_000}, {"2500", 2500},
		{"", 0}, {"m", 0}, {"1g", 0}, {"-1m", 0}, {"100", 0}, {"9999999999m", 0},
	} {
		t.Run(test.in, func(t *testing.T) {
			if got, err := parseScale(test.in); got != test.want || (err == nil) != (test.want > 0) {
				t.Errorf("parseScale = %d, %v; want %d", got, err, test.want)
			}
		})
	}
}

func TestScale(t *testing.T) {
	const spans = 30_011
	dir, again := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, again} {
		if err := writeScale(d, spans); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.otel"))
	if err != nil || len(files) != scaleFiles {
		t.Fatalf("%d files, %v; want %d", len(files), err, scaleFiles)
	}
	size := 0
	byID := map[string]found{}
	for _, name := range files {
		data := read(t, name)
		if !bytes.Equal(data, read(t, filepath.Join(again, filepath.Base(name)))) {
			t.Errorf("%s differs the second time", filepath.Base(name))
		}
		size += len(data)
		f, err := otelfile.Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		problem := func(p otelfile.Problem) { t.Errorf("%s: %s", f.Name(), p.Detail) }
		for _, s := range recordsOf(t, f, problem) {
			if _, twice := byID[string(s.SpanId)]; twice {
				t.Fatalf("span id %x occurs twice", s.SpanId)
			}
			byID[string(s.SpanId)] = s
		}
	}
	if len(byID) != spans {
		t.Errorf("%d spans, want %d", len(byID), spans)
	}
	if each := size / spans; each < 450 || each > 550 {
		t.Errorf("%d bytes a span, want about 500", each)
	}
	traces, across, failed := map[string]bool{}, 0, 0
	for _, s := range byID {
		traces[string(s.TraceId)] = true
		if len(s.Attributes) != 10 {
			t.Fatalf("span %x has %d attributes, want 10", s.SpanId, len(s.Attributes))
		}
		if len(s.Events) > 0 {
			failed++
		}
		if len(s.ParentSpanId) == 0 {
			continue
		}
		parent, ok := byID[string(s.ParentSpanId)]
		if !ok || !bytes.Equal(parent.TraceId, s.TraceId) {
			t.Fatalf("span %x has no parent in its trace", s.SpanId)
		}
		if s.StartTimeUnixNano < parent.StartTimeUnixNano || s.EndTimeUnixNano > parent.EndTimeUnixNano {
			t.Fatalf("span %x does not lie within its parent", s.SpanId)
		}
		if parent.file != s.file {
			across++
		}
	}
	if len(traces) != scaleFiles || across == 0 || failed == 0 {
		t.Errorf("%d traces, %d parents in another file, %d failed spans; want %d traces and some of both", len(traces), across, failed, scaleFiles)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
