package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/otlptest"
)

// rows reads CSV with a reader of the standard library, which knows RFC 4180.
func rows(t testing.TB, data []byte) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(all[0], csvColumns) {
		t.Fatalf("the first row is %q", all[0])
	}
	var named []map[string]string
	for _, cells := range all[1:] {
		row := map[string]string{}
		for i, c := range cells {
			row[csvColumns[i]] = c
		}
		named = append(named, row)
	}
	return named
}

// Every span is a row, whatever its content.
func TestCSVRows(t *testing.T) {
	for name, files := range samples(t) {
		t.Run(name, func(t *testing.T) {
			view := otlptest.Load(t, files...)
			data, report := written(t, WriteCSV, everything(view))
			got := rows(t, data)
			if len(got) != view.Len() || report.Spans != view.Len() {
				t.Fatalf("%d rows of %d spans, %d were counted", len(got), view.Len(), report.Spans)
			}
			for _, row := range got {
				for _, column := range []string{"attributes", "resource"} {
					if !json.Valid([]byte(row[column])) {
						t.Errorf("%s is %.200q", column, row[column])
					}
				}
			}
		})
	}
}

// A row has what docs/export.md says about its columns.
func TestCSVColumns(t *testing.T) {
	spans := []*tracepb.Span{
		{TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(1), Name: "buy", StartTimeUnixNano: otlptest.At(0), EndTimeUnixNano: otlptest.At(10)},
		{
			TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(2), ParentSpanId: otlptest.SpanID(1), Name: "pay, \"now\"\r\nor later", Kind: tracepb.Span_SPAN_KIND_CLIENT,
			StartTimeUnixNano: otlptest.At(2) + 5, EndTimeUnixNano: otlptest.At(6) + 5, Status: &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "=1+1"},
			Attributes: []*commonpb.KeyValue{otlptest.Attr("n", otlptest.Int(3)), otlptest.Attr("<", otlptest.Str("&"))},
			Events:     []*tracepb.Span_Event{{Name: "e"}, {Name: "f"}}, Links: []*tracepb.Span_Link{{TraceId: otlptest.TraceID(9), SpanId: otlptest.SpanID(9)}},
		},
	}
	data, report := written(t, WriteCSV, everything(otlptest.Load(t, otlptest.File(t, "shop", otlptest.Under("shop", spans...)))))
	got := rows(t, data)
	want := map[string]string{
		"trace_id": "70726f772d7465730000000000000001", "span_id": "0000000000000002", "parent_span_id": "0000000000000001", "service": "shop",
		"name": "pay, \"now\"\nor later", "kind": "client", "status": "ERROR", "status_message": "'=1+1", // csv.Reader turns \r\n into \n
		"start": "2025-03-13T01:40:02.000000005Z", "start_unix_nano": "1741830002000000005", "duration_ns": "4000000000", "self_ns": "4000000000",
		"events": "2", "links": "1", "attributes": `{"<":"&","n":3}`, "odd": "",
	}
	for column, value := range want {
		if got[1][column] != value {
			t.Errorf("%s is %q, want %q", column, got[1][column], value)
		}
	}
	if got[0]["self_ns"] != "6000000000" || got[0]["parent_span_id"] != "" {
		t.Errorf("the root has self time %s and the parent %q", got[0]["self_ns"], got[0]["parent_span_id"])
	}
	if lostOf(report, lossEvents) != 1 || lostOf(report, lossAllLinks) != 1 {
		t.Errorf("left out: %v", report.Losses)
	}
}

// No text from a trace is a formula in a spreadsheet, and all other texts are unchanged.
func TestCSVFormulas(t *testing.T) {
	for text, want := range map[string]string{
		"=HYPERLINK(\"http://x\")": "'=HYPERLINK(\"http://x\")", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "＝1": "'＝1", "＠a": "'＠a",
		"": "", "a=b": "a=b", "'=1": "'=1", " =1": " =1",
	} {
		if got := cell(text); got != want {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

// FuzzCSV writes rows of any texts and reads them back.
func FuzzCSV(f *testing.F) {
	f.Add("a,b", "\"", "line\nbreak")
	f.Add("", " ", "\r")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		cells := []string{a, b, c}
		r := csv.NewReader(bytes.NewReader(appendRow(nil, cells)))
		got, err := r.Read()
		if a == "" && b == "" && c == "" {
			return
		}
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "\r\n", "\n") // as csv.Reader does
		}
		if err != nil || !slices.Equal(got, cells) {
			t.Errorf("%q became %q: %v", cells, got, err)
		}
	})
}
