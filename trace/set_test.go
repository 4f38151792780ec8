package trace

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"prowtrace/internal/tracetest"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Short names for what tests use most.
var (
	otlp    = tracetest.OTLP
	otel    = tracetest.File
	span    = tracetest.Span
	inTrace = tracetest.InTrace
	tid     = tracetest.TraceID
	sid     = tracetest.SpanID
)

// load loads files named a, b, c, …
func load(t testing.TB, files ...[]byte) *View {
	t.Helper()
	var sources []Source
	for i, f := range files {
		sources = append(sources, Source{Name: string(rune('a' + i)), Data: f})
	}
	s, err := Load(context.Background(), sources)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return Plain(s)
}

// draw shows a set as text: a line for each span in row order.
func draw(s *View) string {
	var b bytes.Buffer
	for i := range s.NumTraces() {
		t := s.Trace(i)
		fmt.Fprintf(&b, "trace %x %s..%s root=%s\n", t.ID[15], seconds(t.Start), seconds(t.End), s.Span(t.Root).Name)
		for row := t.First; row < t.First+t.Spans; row++ {
			sp := s.Span(row)
			parent := "-"
			if sp.Parent >= 0 {
				parent = s.Span(sp.Parent).Name
			}
			fmt.Fprintf(&b, "  %s %s..%s parent=%s", sp.Name, seconds(sp.Start), seconds(sp.End()), parent)
			if names := sp.Flags.Names(); names != nil {
				fmt.Fprintf(&b, " %v", names)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func seconds(ns int64) string {
	if ns%1e9 == 0 {
		return fmt.Sprint(ns / 1e9)
	}
	return fmt.Sprint(ns, "ns")
}

func TestMerging(t *testing.T) {
	tests := []struct {
		name  string
		files func(t *testing.T) [][]byte
		want  string
	}{
		{
			//  |---- root ----|
			//     |- child -|
			name: "a parent and its child, child first in the file",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(2, 1, "child", 11, 15), span(1, 0, "root", 10, 20)))}
			},
			want: `
trace 1 10..20 root=root
  root 10..20 parent=-
  child 11..15 parent=root
`,
		},
		{
			//  |-- parent --|
			// |- early -|
			//         |- late -|
			name: "a child that starts before or ends after its parent is drawn whole",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "parent", 10, 20), span(2, 1, "early", 9, 12), span(3, 1, "late", 18, 25)))}
			},
			want: `
trace 1 9..25 root=parent
  early 9..12 parent=parent [outside-parent]
  parent 10..20 parent=-
  late 18..25 parent=parent [outside-parent]
`,
		},
		{
			name: "zero duration stays",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "instant", 10, 10)))}
			},
			want: `
trace 1 10..10 root=instant
  instant 10..10 parent=-
`,
		},
		{
			name: "an end before the start counts as no duration",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "root", 10, 20), span(2, 1, "back", 15, 12)))}
			},
			want: `
trace 1 10..20 root=root
  root 10..20 parent=-
  back 15..15 parent=root [negative]
`,
		},
		{
			name: "a missing end lasts to the end of the trace",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "killed", 10, -1), span(2, 1, "done", 12, 30)))}
			},
			want: `
trace 1 10..30 root=killed
  killed 10..30 parent=- [unfinished]
  done 12..30 parent=killed
`,
		},
		{
			name: "no times at all: the children's range, through other such spans",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "top", 0, -1), span(2, 1, "middle", 0, -1), span(3, 2, "a", 12, 14),
					span(4, 2, "b", 13, 17), span(5, 0, "other", 10, 40), span(6, 5, "lost", 0, -1)))}
			},
			want: `
trace 1 10..40 root=other
  other 10..40 parent=-
  lost 10..10 parent=other [time-unknown]
  top 12..17 parent=- [time-unknown]
  middle 12..17 parent=top [time-unknown]
  a 12..14 parent=middle
  b 13..17 parent=middle
`,
		},
		{
			//      top        |    ends at 20, children start at 12 and 25
			//      |-- a --|    |- b -|
			name: "no start: the first child's, and the reported end stays",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "top", 0, 20), span(2, 1, "a", 12, 18), span(3, 1, "b", 25, 30)))}
			},
			want: `
trace 1 12..30 root=top
  top 12..20 parent=- [time-unknown]
  a 12..18 parent=top
  b 25..30 parent=top [outside-parent]
`,
		},
		{
			name: "no start and a child that starts behind the end: the end",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "top", 0, 20), span(2, 1, "late", 25, 30)))}
			},
			want: `
trace 1 20..30 root=top
  top 20..20 parent=- [time-unknown]
  late 25..30 parent=top [outside-parent]
`,
		},
		{
			name: "no times but a child's end",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "other", 10, 40), span(2, 0, "top", 0, -1), span(3, 2, "ended", 0, 15)))}
			},
			want: `
trace 1 10..40 root=other
  other 10..40 parent=-
  top 15..15 parent=- [time-unknown]
  ended 15..15 parent=top [time-unknown]
`,
		},
		{
			name: "a trace without any time does not fail",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "never", 0, -1)))}
			},
			want: `
trace 1 0..0 root=never
  never 0..0 parent=- [time-unknown]
`,
		},
		{
			name: "the same bytes in two files are one span",
			files: func(t *testing.T) [][]byte {
				f := otel(t, otlp(t, "s", span(1, 0, "once", 10, 20)))
				return [][]byte{f, f}
			},
			want: `
trace 1 10..20 root=once
  once 10..20 parent=-
`,
		},
		{
			name: "the same ids with other content are both kept, children stay with the first",
			files: func(t *testing.T) [][]byte {
				return [][]byte{
					otel(t, otlp(t, "s", span(1, 0, "first", 10, 20), span(2, 1, "child", 11, 12))),
					otel(t, otlp(t, "s", span(1, 0, "second", 15, 25)))}
			},
			want: `
trace 1 10..25 root=first
  first 10..20 parent=-
  child 11..12 parent=first
  second 15..25 parent=- [conflict]
`,
		},
		{
			name: "the same span of two services is two spans",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "x", 10, 20))), otel(t, otlp(t, "r", span(1, 0, "x", 10, 20)))}
			},
			want: `
trace 1 10..20 root=x
  x 10..20 parent=-
  x 10..20 parent=- [conflict]
`,
		},
		{
			name: "the same span id in two traces is unrelated",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 0, "one", 10, 20), inTrace(2, span(2, 1, "two", 11, 12))))}
			},
			want: `
trace 1 10..20 root=one
  one 10..20 parent=-
trace 2 11..12 root=two
  two 11..12 parent=- [orphan]
`,
		},
		{
			name: "a circle is broken at its earliest start",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(9, 3, "below", 30, 31), span(3, 2, "c", 12, 20), span(1, 3, "a", 10, 20), span(2, 1, "b", 11, 20),
					span(4, 3, "under c", 13, 14)))}
			},
			want: `
trace 1 10..31 root=a
  a 10..20 parent=- [cycle]
  b 11..20 parent=a
  c 12..20 parent=b
  under c 13..14 parent=c
  below 30..31 parent=c [outside-parent]
`,
		},
		{
			name: "two circles and a tail into each",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 2, "a", 10, 20), span(2, 1, "b", 11, 20), span(3, 4, "c", 12, 20), span(4, 3, "d", 13, 20),
					span(5, 4, "e", 5, 6), span(6, 2, "f", 4, 6)))}
			},
			want: `
trace 1 4..20 root=a
  f 4..6 parent=b [outside-parent]
  e 5..6 parent=d [outside-parent]
  a 10..20 parent=- [cycle]
  b 11..20 parent=a
  c 12..20 parent=- [cycle]
  d 13..20 parent=c
`,
		},
		{
			name: "its own parent",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(1, 1, "self", 10, 20)))}
			},
			want: `
trace 1 10..20 root=self
  self 10..20 parent=- [cycle]
`,
		},
		{
			name: "an absent parent makes an orphan, a parent in another file does not",
			files: func(t *testing.T) [][]byte {
				return [][]byte{
					otel(t, otlp(t, "s", span(2, 1, "child", 11, 12), span(3, 7, "orphan", 13, 14))),
					otel(t, otlp(t, "r", span(1, 0, "root", 10, 20)))}
			},
			want: `
trace 1 10..20 root=root
  root 10..20 parent=-
  child 11..12 parent=root
  orphan 13..14 parent=- [orphan]
`,
		},
		{
			name: "no root: named after the earliest orphan",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", span(3, 7, "later", 13, 14), span(2, 7, "first", 12, 14)))}
			},
			want: `
trace 1 12..14 root=first
  first 12..14 parent=- [orphan]
  later 13..14 parent=- [orphan]
`,
		},
		{
			name: "traces are ordered by start",
			files: func(t *testing.T) [][]byte {
				return [][]byte{otel(t, otlp(t, "s", inTrace(5, span(1, 0, "late", 30, 31)), inTrace(6, span(1, 0, "early", 10, 12))))}
			},
			want: `
trace 6 10..12 root=early
  early 10..12 parent=-
trace 5 30..31 root=late
  late 30..31 parent=-
`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, tt.files(t)...)
			if got := "\n" + draw(s); got != tt.want {
				t.Errorf("got:%s\nwant:%s", got, tt.want)
			}
			for row := range s.Len() {
				if d, err := s.Detail(row); err != nil {
					t.Error(err)
				} else if int64(d.Span.GetEndTimeUnixNano()) != s.Span(row).End() {
					t.Errorf("%s is served with end %d, want %d", d.Span.Name, d.Span.GetEndTimeUnixNano(), s.Span(row).End())
				}
			}
		})
	}
}

// Files that are loaded twice give the same rows as once, with a further location for each
// row.
func TestRepeatedFilesChangeNoRow(t *testing.T) {
	var files [][]byte
	for f := range uint64(3) {
		var spans []*tracepb.Span
		for i := range uint64(60) {
			s := span(1+f*100+i, 1+f*100+i/2, fmt.Sprint("x", i%7), int64(1+i*7%60), int64(100+i))
			s.TraceId = tid(byte(1 + (i+f)%9))
			spans = append(spans, s)
		}
		files = append(files, otel(t, otlp(t, "s", spans...)))
	}
	once, twice := load(t, files...).Set(), load(t, append(slices.Clone(files), files...)...).Set()
	if !reflect.DeepEqual(once.columns, twice.columns) {
		t.Errorf("columns %+v, want %+v", twice.columns, once.columns)
	}
	for i := range once.NumTraces() {
		if got, want := twice.Trace(i), once.Trace(i); got != want {
			t.Errorf("trace %+v, want %+v", got, want)
		}
	}
	if got := twice.Stats(); got.Spans != 180 || got.Repeated != 180 {
		t.Errorf("%+v", got)
	}
	for row := range twice.Len() {
		if l := twice.Locations(row); len(l) != 2 || l[0].Offset != l[1].Offset || l[0].Length != l[1].Length {
			t.Errorf("row %d lies at %+v", row, l)
		}
	}
}

func TestRepeatedSpanHasTwoLocations(t *testing.T) {
	f := otel(t, otlp(t, "s", span(1, 0, "once", 10, 20), span(2, 1, "child", 11, 12)))
	s := load(t, f, f, otel(t, otlp(t, "s", span(3, 1, "single", 12, 13))))
	for row, want := range []int{2, 2, 1} {
		locations := s.Locations(row)
		if len(locations) != want {
			t.Fatalf("row %d: locations %v, want %d", row, locations, want)
		}
		for _, l := range locations {
			if !bytes.Equal(s.Raw(row), f[l.Offset:][:l.Length]) && l.Source != "c" {
				t.Errorf("row %d: %v does not hold the span", row, l)
			}
		}
	}
	if got := s.Stats().Repeated; got != 2 {
		t.Errorf("repeated: %d, want 2", got)
	}
}

func TestIDs(t *testing.T) {
	zero := func(s *tracepb.Span) *tracepb.Span { s.TraceId = make([]byte, 16); return s }
	noSpan := func(s *tracepb.Span) *tracepb.Span { s.SpanId = nil; return s }
	t.Run("spans without a trace id are not merged between files", func(t *testing.T) {
		s := load(t, otel(t, otlp(t, "s", zero(span(1, 0, "a", 10, 20)), zero(span(2, 1, "b", 11, 12)))), otel(t, otlp(t, "s", zero(span(1, 0, "c", 10, 20)))))
		if s.NumTraces() != 2 || s.Stats().Odd["zero-trace-id"] != 3 {
			t.Fatalf("%d traces, %+v", s.NumTraces(), s.Stats())
		}
		for row := range s.Len() {
			d, err := s.Detail(row)
			if err != nil {
				t.Fatal(err)
			}
			if id := s.Trace(s.Span(row).Trace).ID; id.IsZero() || !bytes.Equal(d.Span.TraceId, id[:]) {
				t.Errorf("row %d is served as trace %x, want %v", row, d.Span.TraceId, id)
			}
		}
	})
	t.Run("spans without a span id are kept apart", func(t *testing.T) {
		s := load(t, otel(t, otlp(t, "s", noSpan(span(1, 0, "a", 10, 20)), noSpan(span(1, 0, "a", 10, 20)), span(2, 0, "b", 11, 12))))
		if s.Len() != 3 || s.Stats().Odd["zero-span-id"] != 2 {
			t.Fatalf("%s%+v", draw(s), s.Stats())
		}
	})
	t.Run("lookup", func(t *testing.T) {
		var spans []*tracepb.Span
		for i := range byte(200) {
			spans = append(spans, inTrace(i+1, span(1, 0, "x", int64(i*7%50)+1, 100)))
		}
		s := load(t, otel(t, otlp(t, "s", spans...)))
		for i := range byte(200) {
			if got, ok := s.Lookup(TraceID(tid(i + 1))); !ok || got.ID != TraceID(tid(i+1)) {
				t.Errorf("trace %d: %v %v", i+1, got, ok)
			}
		}
		if _, ok := s.Lookup(TraceID(tid(250))); ok {
			t.Error("found a trace that is not there")
		}
	})
	for in, want := range map[string]string{"1f": "0000000000000000000000000000001f", "": "", "xyz": "", "00000000000000000000000000000000a": ""} {
		if id, err := ParseTraceID(in); err == nil && id.String() != want || err != nil && want != "" {
			t.Errorf("ParseTraceID(%q) = %v, %v; want %q", in, id, err, want)
		}
	}
}

func TestTimesBeyondInt64AreClamped(t *testing.T) {
	huge := span(1, 0, "huge", 0, 0)
	huge.StartTimeUnixNano, huge.EndTimeUnixNano = 1<<63+5, 1<<64-1
	s := load(t, otel(t, otlp(t, "s", huge)))
	sp := s.Span(0)
	if !sp.Flags.Has(Clamped) || sp.Start != 1<<63-1 || sp.Duration != 0 {
		t.Errorf("%+v %v", sp, sp.Flags.Names())
	}
}

func TestServiceNames(t *testing.T) {
	empty := otlp(t, "", span(1, 0, "none", 10, 20))
	blank, _ := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   &resourcepb.Resource{Attributes: []*commonpb.KeyValue{{Key: serviceName, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{}}}}},
		ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{span(2, 0, "blank", 10, 20)}}},
	}}})
	s := load(t, otel(t, empty, blank, otlp(t, "kops", span(3, 0, "named", 10, 20))))
	if got := fmt.Sprint(s.Services()); got != "[kops unknown_service]" {
		t.Errorf("services %v", got)
	}
	for row := range s.Len() {
		d, err := s.Detail(row)
		if err != nil {
			t.Fatal(err)
		}
		if got := stringAttribute(d.Resource.Attributes, serviceName); got != s.Service(row) {
			t.Errorf("%s is served with service %q, want %q", d.Span.Name, got, s.Service(row))
		}
	}
}
