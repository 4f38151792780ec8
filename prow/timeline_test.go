package prow

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

var update = flag.Bool("update", false, "write the expected drawings")

// Each archive holds a run's files, and in "want" the drawing of its timeline.
func TestTimeline(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "timeline", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, want := readArchive(t, archive)
			encoded := Timeline(m)
			got := draw(t, encoded)
			if again := Timeline(m); !bytes.Equal(again, encoded) {
				t.Error("drawn again it is another one")
			}
			if *update {
				archive.Files = append(slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" }), txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func readArchive(t *testing.T, archive *txtar.Archive) (m *Metadata, want string) {
	t.Helper()
	header := map[string]string{}
	for line := range strings.Lines(string(archive.Comment)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			header[k] = v
		}
	}
	ref, err := Parse(header["run"])
	if err != nil {
		t.Fatal(err)
	}
	m = &Metadata{Run: ref.Run}
	if header["files"] == "sample" {
		m = readRun(t, header["run"])
	}
	if asOf := header["as of"]; asOf != "" {
		if m.AsOf, err = time.Parse(time.RFC3339, asOf); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range archive.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		if err := m.Add(f.Name, f.Data); err != nil {
			t.Fatal(err)
		}
	}
	return m, want
}

// draw draws a timeline as text: of each span the name, from when to when after
// the root's start, the status, the attributes, events and links.
func draw(t testing.TB, encoded []byte) string {
	if encoded == nil {
		return "no timeline\n"
	}
	resource, spans := decodeTimeline(t, encoded)
	var b strings.Builder
	fmt.Fprintf(&b, "trace %x\n%s\n", spans[0].TraceId, attributes(resource))
	names := map[string]string{}
	children := map[string][]*tracepb.Span{}
	for _, s := range spans {
		names[string(s.SpanId)] = s.Name
		children[string(s.ParentSpanId)] = append(children[string(s.ParentSpanId)], s)
	}
	origin := spans[0].StartTimeUnixNano
	at := func(ns uint64) string {
		if ns == 0 {
			return "…"
		}
		return time.Duration(int64(ns - origin)).String()
	}
	var walk func(parent, indent string)
	walk = func(parent, indent string) {
		all := slices.Clone(children[parent])
		slices.SortStableFunc(all, func(a, b *tracepb.Span) int { return cmp.Compare(a.StartTimeUnixNano, b.StartTimeUnixNano) })
		for _, s := range all {
			fmt.Fprintf(&b, "%s%s [%s %s]", indent, s.Name, at(s.StartTimeUnixNano), at(s.EndTimeUnixNano))
			switch s.GetStatus().GetCode() {
			case tracepb.Status_STATUS_CODE_OK:
				b.WriteString(" ok")
			case tracepb.Status_STATUS_CODE_ERROR:
				fmt.Fprintf(&b, " ERROR %q", s.Status.Message)
			}
			fmt.Fprintf(&b, "\n%s  | %s\n", indent, attributes(s.Attributes))
			for _, e := range s.Events {
				fmt.Fprintf(&b, "%s  @ %s %s %s\n", indent, at(e.TimeUnixNano), e.Name, attributes(e.Attributes))
			}
			for _, l := range s.Links {
				fmt.Fprintf(&b, "%s  → %s %s\n", indent, names[string(l.SpanId)], attributes(l.Attributes))
			}
			walk(string(s.SpanId), indent+"    ")
		}
	}
	walk("", "")
	return b.String()
}

func attributes(list []*commonpb.KeyValue) string {
	var parts []string
	for _, kv := range list {
		switch v := kv.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			value := v.StringValue
			if strings.ContainsAny(value, " \n\t\"") {
				value = fmt.Sprintf("%q", value)
			}
			parts = append(parts, kv.Key+"="+value)
		case *commonpb.AnyValue_IntValue:
			parts = append(parts, fmt.Sprintf("%s=%d", kv.Key, v.IntValue))
		case *commonpb.AnyValue_ArrayValue:
			var values []string
			for _, e := range v.ArrayValue.Values {
				values = append(values, e.GetStringValue())
			}
			parts = append(parts, fmt.Sprintf("%s=%v", kv.Key, values))
		case *commonpb.AnyValue_BoolValue:
			parts = append(parts, fmt.Sprintf("%s=%t", kv.Key, v.BoolValue))
		}
	}
	return strings.Join(parts, " ")
}

// decodeTimeline also checks what holds for every timeline.
func decodeTimeline(t testing.TB, encoded []byte) ([]*commonpb.KeyValue, []*tracepb.Span) {
	t.Helper()
	var data tracepb.TracesData
	if err := proto.Unmarshal(encoded, &data); err != nil {
		t.Fatal(err)
	}
	resource := data.ResourceSpans[0].Resource.Attributes
	spans := data.ResourceSpans[0].ScopeSpans[0].Spans
	root := spans[0]
	if len(data.ResourceSpans) != 1 || len(data.ResourceSpans[0].ScopeSpans) != 1 || len(root.ParentSpanId) != 0 ||
		!bytes.Equal(root.SpanId, root.TraceId[:8]) || len(root.TraceId) != 16 {
		t.Fatalf("not one tree with the root %v", root)
	}
	seen := map[string]bool{}
	for i, s := range spans {
		id := hex.EncodeToString(s.SpanId)
		switch {
		case len(s.SpanId) != 8 || bytes.Equal(s.SpanId, make([]byte, 8)) || seen[id] || !bytes.Equal(s.TraceId, root.TraceId):
			t.Errorf("bad ids of %v", s)
		case i > 0 && !seen[hex.EncodeToString(s.ParentSpanId)]:
			t.Errorf("%q lies before its parent", s.Name)
		case s.Name == "" || s.StartTimeUnixNano == 0:
			t.Errorf("without a name or a start: %v", s)
		case s.EndTimeUnixNano != 0 && s.EndTimeUnixNano < s.StartTimeUnixNano:
			t.Errorf("%q ends before it starts", s.Name)
		case s.EndTimeUnixNano == 0 && !strings.Contains(attributes(s.Attributes), "prow.unfinished=true"):
			t.Errorf("%q has no end and does not say so", s.Name)
		}
		seen[id] = true
		keys := map[string]bool{}
		for _, kv := range s.Attributes {
			if keys[kv.Key] {
				t.Errorf("%q has %s twice", s.Name, kv.Key)
			}
			keys[kv.Key] = true
		}
	}
	return resource, spans
}

// Durations that do not fit 64 bits together, or lead beyond all years, are drawn
// as far as they can be.
func TestTimelineOfAbsurdLengths(t *testing.T) {
	one := func(ns int64) string {
		return fmt.Sprintf(`<testcase name="x" time="%d.%09d"/>`, ns/1e9, ns%1e9)
	}
	exact := "" // sums up to the greatest of all durations
	for left := int64(math.MaxInt64); left > 0; {
		next := one(min(left, 1e16))
		exact += next
		left -= int64(seconds(strings.Split(next, `"`)[3]))
	}
	for name, suite := range map[string]string{
		"to the last nanosecond":  `<testsuite name="s" timestamp="2025-03-13T01:45:41Z" time="0.000000001">` + exact,
		"in a row":                `<testsuite name="s">` + strings.Repeat(one(1e17), 3000),
		"in a row from its start": `<testsuite name="s" timestamp="2025-03-13T01:45:41Z">` + strings.Repeat(one(1e17), 3000),
		"side by side":            `<testsuite name="s" timestamp="2025-03-13T01:45:41Z" time="5">` + strings.Repeat(one(1e17), 9000),
	} {
		t.Run(name, func(t *testing.T) {
			m := &Metadata{Run: Run{Bucket: "b", Root: "logs/j/1900000000000000001", Job: "j", Build: "1900000000000000001"}}
			for file, data := range map[string]string{"finished.json": `{"timestamp":1741832000,"passed":true}`, "artifacts/junit.xml": suite + "</testsuite>"} {
				if err := m.Add(file, []byte(data)); err != nil {
					t.Fatal(err)
				}
			}
			var drawn tracepb.TracesData
			if err := proto.Unmarshal(Timeline(m), &drawn); err != nil {
				t.Fatal(err)
			}
			spans := drawn.ResourceSpans[0].ScopeSpans[0].Spans
			if want := 2 + len(m.Suites[0].Cases); len(spans) != want {
				t.Errorf("%d spans, want %d", len(spans), want)
			}
			for _, s := range spans {
				if s.StartTimeUnixNano > math.MaxInt64 || s.EndTimeUnixNano > math.MaxInt64 {
					t.Fatalf("%s is from %d to %d", s.Name, s.StartTimeUnixNano, s.EndTimeUnixNano)
				}
			}
		})
	}
}

func TestTraceID(t *testing.T) {
	const uuid = "5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"
	run := Run{Bucket: "demo-bucket", Root: "logs/x/7"}
	const hashed = "b460535801f07947f8db5d64e489e959" // printf demo-bucket/logs/x/7 | sha256sum
	tests := []struct {
		name string
		m    Metadata
		want string
	}{
		{"ProwJob", Metadata{Run: run, ProwJob: &ProwJob{ID: uuid}}, "5b1f6a523c0e4d8f9a710c6d2e8f4b10"},
		{"pod", Metadata{Run: run, ProwJob: &ProwJob{ID: "x"}, Pod: &Pod{Name: uuid}}, "5b1f6a523c0e4d8f9a710c6d2e8f4b10"},
		{"neither", Metadata{Run: run}, hashed},
		{"no root", Metadata{Run: run, ProwJob: &ProwJob{ID: "00000000-0000-0000-9a71-0c6d2e8f4b10"}}, hashed},
	}
	for _, test := range tests {
		if got := test.m.TraceID(); hex.EncodeToString(got[:]) != test.want {
			t.Errorf("%s: %x, want %s", test.name, got, test.want)
		}
	}
}

// 20,000 cases, the most there can be of passed ones.
func BenchmarkTimeline(b *testing.B) {
	m := readRun(b, passingRun)
	for range 20 {
		var junit strings.Builder
		junit.WriteString(`<testsuite time="600" timestamp="2025-03-13T01:50:00">`)
		for i := range 1000 {
			fmt.Fprintf(&junit, `<testcase name="case %d" time="3.5"/>`, i)
		}
		if err := m.Add("artifacts/junit.xml", []byte(junit.String()+"</testsuite>")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if Timeline(m) == nil {
			b.Fatal("no timeline")
		}
	}
}
