package export

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// Data that the columns do not hold.
const (
	lossEvents   = "events but for their number"
	lossAllLinks = "links but for their number"
)

// csvColumns are the names of the columns, in order.
var csvColumns = []string{
	"trace_id", "span_id", "parent_span_id", "service", "name", "kind", "status", "status_message",
	"start", "start_unix_nano", "duration_ns", "self_ns", "odd", "events", "links", "scope", "attributes", "resource",
}

// WriteCSV writes a row of csvColumns for each span, after a row with their names, as in RFC
// 4180. Start is in UTC. self_ns is the time in which no child ran. odd is the names of
// trace.Flags. attributes and resource are JSON objects. Spreadsheets treat a cell as a
// formula if it begins with one of = + - @. Some also do so if the character has full width
// or follows a tab or a line break. Text of this kind gets a ' before it.
func WriteCSV(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	out := bufio.NewWriterSize(w, 1<<16) // out keeps the first error: Flush returns it
	c := &csvRows{walk: newWalk(ctx, s), of: -1}
	b := appendRow(nil, csvColumns)
	err := c.each(func(t Tree, i int) error {
		_, err := out.Write(b)
		b = appendRow(b[:0], c.row(t, i))
		return err
	})
	out.Write(b)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		err = fmt.Errorf("cannot write spans as CSV: %w", err)
	}
	return c.report(), err
}

type csvRows struct {
	*walk
	of   int     // the index of the trace that self belongs to
	self []int64 // ns, by number
}

// row gives the cells of a span.
func (c *csvRows) row(t Tree, i int) []string {
	if c.of != t.Trace.Index {
		c.of, c.self = t.Trace.Index, analysis.SelfTimes(t.Tree)
	}
	span, described := &tracepb.Span{}, c.described(t, i)
	if whole := decodedAs(c.span(t, i), otlpwire.Span, span); !whole || !described.whole {
		c.lose(lossInvalid)
	}
	if len(span.Events) > 0 {
		c.lose(lossEvents)
	}
	if len(span.Links) > 0 {
		c.lose(lossAllLinks)
	}
	if described.text == "" {
		described.text = attributesText(described.resource.GetAttributes())
	}
	parent := t.MissingParent(i)
	if p := t.Parent(i); p >= 0 {
		parent = t.ID(p)
	}
	parentID := ""
	if !parent.IsZero() {
		parentID = parent.String()
	}
	kind, status, flags := t.Marks(i)
	start, end := t.Times(i)
	return []string{
		t.Trace.ID.String(), t.ID(i).String(), parentID, cell(t.ReportedService(i)), cell(span.GetName()), kind.String(), status.String(), cell(span.GetStatus().GetMessage()),
		time.Unix(0, start).UTC().Format(time.RFC3339Nano), strconv.FormatInt(start, 10), strconv.FormatInt(end-start, 10), strconv.FormatInt(c.self[i], 10),
		strings.Join(flags.Names(), " "), strconv.Itoa(len(span.Events)), strconv.Itoa(len(span.Links)), cell(described.scope.GetName()),
		attributesText(span.GetAttributes()), described.text,
	}
}

// attributesText gives attributes as a JSON object.
func attributesText(all []*commonpb.KeyValue) string {
	return trace.ReadableText(&commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: all}}})
}

// cell writes a text so that no spreadsheet treats it as a formula.
func cell(text string) string {
	if first, _ := utf8.DecodeRuneInString(text); text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}

// appendRow appends a row. A cell with commas, quotes or line breaks is in quotes.
func appendRow(b []byte, cells []string) []byte {
	for i, c := range cells {
		if i > 0 {
			b = append(b, ',')
		}
		if strings.ContainsAny(c, ",\"\r\n") || strings.HasPrefix(c, " ") {
			b = append(append(append(b, '"'), strings.ReplaceAll(c, `"`, `""`)...), '"')
		} else {
			b = append(b, c...)
		}
	}
	return append(b, '\r', '\n')
}
