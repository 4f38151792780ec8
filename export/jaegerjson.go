package export

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/modelv2"
	"prowtrace/internal/otlpwire"
)

// Data that Jaeger's model does not hold.
const (
	lossNanoseconds = "nanoseconds of times"
	lossLinks       = "attributes, state and flags of links"
	lossDropped     = "counts of dropped parts"
	lossFlags       = "flags"
	lossScope       = "attributes of scopes"
	lossSchema      = "schema URLs"
)

// WriteJaegerJSON writes the spans as Jaeger's API returns them, and as its page downloads
// and opens them: traces with their processes, times in microseconds. A JaegerTranslator
// does the translation. Arrays and maps are JSON texts.
func WriteJaegerJSON(ctx context.Context, w io.Writer, s Selection) (Report, error) {
	out := bufio.NewWriterSize(w, 1<<16) // out keeps the first error: Flush returns it
	j := &jaegerJSON{walk: newWalk(ctx, s), out: out, translator: NewJaegerTranslator(s.View)}
	out.WriteString(`{"data":[`)
	err := j.each(j.span)
	j.endTrace()
	out.WriteString("],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}\n")
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		err = fmt.Errorf("cannot write spans for Jaeger: %w", err)
	}
	return j.report(), err
}

type jaegerJSON struct {
	*walk
	out        *bufio.Writer
	translator *JaegerTranslator
	begun      bool        // whether a trace was begun
	trace      int         // the index of the trace
	processes  []string    // of the trace, as JSON
	number     map[int]int // of a resource in processes, from 1
	wire, text []byte
}

// span writes a span.
func (j *jaegerJSON) span(t Tree, i int) error {
	if !j.begun || j.trace != t.Trace.Index {
		j.endTrace()
		j.translator.Forget()
		j.beginTrace(t)
	} else {
		j.out.WriteByte(',')
	}
	j.translator.Meet(t.Tree, i)
	j.wire = j.translator.AppendSpan(j.wire[:0], 1, t.Tree, i)
	s := &modelv2.Span{}
	if err := proto.Unmarshal(otlpwire.Bytes(j.wire, 1), s); err != nil {
		return fmt.Errorf("cannot translate span %v of trace %v: %w", t.ID(i), t.Trace.ID, err)
	}
	j.count(t, i, s)
	if j.Mask {
		s.OperationName = maskedText("", s.GetOperationName())
		maskTags(s.GetTags())
		for _, l := range s.GetLogs() {
			maskTags(l.GetFields())
		}
		maskTags(s.GetProcess().GetTags())
	}
	j.text = j.appendSpan(append(j.text[:0], '\n'), s, j.process(t.Resource(i), s.GetProcess()))
	_, err := j.out.Write(j.text)
	return err
}

func (j *jaegerJSON) beginTrace(t Tree) {
	if j.begun {
		j.out.WriteByte(',')
	}
	j.begun, j.trace, j.processes, j.number = true, t.Trace.Index, j.processes[:0], map[int]int{}
	j.out.WriteString("\n{\"traceID\":\"" + jaegerID(t.Trace.ID[:]) + `","spans":[`)
}

func (j *jaegerJSON) endTrace() {
	if !j.begun {
		return
	}
	j.out.WriteString("\n],\"processes\":{")
	for i, p := range j.processes {
		if i > 0 {
			j.out.WriteByte(',')
		}
		fmt.Fprintf(j.out, "\"p%d\":%s", i+1, p)
	}
	j.out.WriteString(`},"warnings":null}`)
}

// process gives the number of a resource's process in its trace.
func (j *jaegerJSON) process(resource int, p *modelv2.Process) int {
	if j.number[resource] == 0 {
		o := open(nil)
		o.key("serviceName")
		o.b = appendText(o.b, p.GetServiceName())
		listField(&o, "tags", p.GetTags(), appendTagJSON)
		j.processes = append(j.processes, string(o.close()))
		j.number[resource] = len(j.processes)
	}
	return j.number[resource]
}

func (j *jaegerJSON) appendSpan(b []byte, s *modelv2.Span, process int) []byte {
	o := open(b)
	o.text("traceID", jaegerID(s.GetTraceId()))
	o.text("spanID", hex.EncodeToString(s.GetSpanId()))
	o.key("operationName")
	o.b = appendText(o.b, s.GetOperationName())
	o.key("references")
	o.b = appendList(o.b, s.GetReferences(), appendReference)
	o.key("startTime")
	o.b = strconv.AppendInt(o.b, micros(s.GetStartTime()), 10)
	o.key("duration")
	o.b = strconv.AppendInt(o.b, s.GetDuration().AsDuration().Microseconds(), 10)
	o.key("tags")
	o.b = appendList(o.b, s.GetTags(), appendTagJSON)
	o.key("logs")
	o.b = appendList(o.b, s.GetLogs(), appendLogJSON)
	o.text("processID", "p"+strconv.Itoa(process))
	o.key("warnings")
	o.b = append(o.b, "null"...)
	return o.close()
}

func appendReference(b []byte, r *modelv2.SpanRef) []byte {
	o := open(b)
	o.text("refType", r.GetRefType().String())
	o.text("traceID", jaegerID(r.GetTraceId()))
	o.text("spanID", hex.EncodeToString(r.GetSpanId()))
	return o.close()
}

func appendLogJSON(b []byte, l *modelv2.Log) []byte {
	o := open(b)
	o.key("timestamp")
	o.b = strconv.AppendInt(o.b, micros(l.GetTimestamp()), 10)
	o.key("fields")
	o.b = appendList(o.b, l.GetFields(), appendTagJSON)
	return o.close()
}

// largestSafe is the largest integer up to which JavaScript's numbers hold every integer.
// Jaeger writes larger ones as text.
const largestSafe = 1<<53 - 1

func appendTagJSON(b []byte, kv *modelv2.KeyValue) []byte {
	o := open(b)
	o.key("key")
	o.b = appendText(o.b, kv.GetKey())
	o.text("type", tagTypes[kv.GetVType()])
	o.key("value")
	switch kv.GetVType() {
	case modelv2.ValueType_BOOL:
		o.b = strconv.AppendBool(o.b, kv.GetVBool())
	case modelv2.ValueType_INT64:
		if n := kv.GetVInt64(); n > largestSafe || n < -largestSafe {
			o.b = appendText(o.b, strconv.FormatInt(n, 10))
		} else {
			o.b = strconv.AppendInt(o.b, n, 10)
		}
	case modelv2.ValueType_FLOAT64:
		if number, err := json.Marshal(kv.GetVFloat64()); err == nil { // the translator leaves no value that JSON lacks
			o.b = append(o.b, number...)
		}
	case modelv2.ValueType_BINARY:
		o.b = appendText(o.b, base64.StdEncoding.EncodeToString(kv.GetVBinary()))
	default:
		o.b = appendText(o.b, kv.GetVStr())
	}
	return o.close()
}

var tagTypes = map[modelv2.ValueType]string{
	modelv2.ValueType_STRING: "string", modelv2.ValueType_BOOL: "bool", modelv2.ValueType_INT64: "int64",
	modelv2.ValueType_FLOAT64: "float64", modelv2.ValueType_BINARY: "binary",
}

// jaegerID writes a trace id as Jaeger does: an id of 64 bits is shorter.
func jaegerID(id []byte) string {
	if len(id) == 16 && zero(id[:8]) {
		id = id[8:]
	}
	return hex.EncodeToString(id)
}

func micros(t *timestamppb.Timestamp) int64 {
	return t.GetSeconds()*int64(time.Second/time.Microsecond) + int64(t.GetNanos())/int64(time.Microsecond)
}

// count counts what a span loses, and looks for secrets.
func (j *jaegerJSON) count(t Tree, i int, s *modelv2.Span) {
	wire := t.Encoded(i)
	scope, scopeSchema := j.View.EncodedScope(j.View.Scope(t.Row(i)))
	resource, resourceSchema := j.View.EncodedResource(t.Resource(i))
	if !j.Mask {
		j.secrets.LookAtSpan(wire)
		j.secrets.LookAtResource(resource)
	}
	if !wholeMicros(s) {
		j.lose(lossNanoseconds)
	}
	if scopeSchema != "" || resourceSchema != "" {
		j.lose(lossSchema)
	}
	lost := map[string]bool{}
	for num := range otlpwire.Messages(scope) {
		lost[lossScope] = lost[lossScope] || num == 3
	}
	for num, value, content, rest, ok := otlpwire.Cut(wire); ok; num, value, content, rest, ok = otlpwire.Cut(rest) {
		switch num {
		case 10, 12, 14:
			lost[lossDropped] = lost[lossDropped] || value != 0
		case 16:
			lost[lossFlags] = lost[lossFlags] || value != 0
		case 13:
			for num, _, _, rest, ok := otlpwire.Cut(content); ok; num, _, _, rest, ok = otlpwire.Cut(rest) {
				lost[lossLinks] = lost[lossLinks] || num > 2
			}
		}
	}
	for what, is := range lost {
		if is {
			j.lose(what)
		}
	}
}

// wholeMicros reports whether all times of a span are in whole microseconds.
func wholeMicros(s *modelv2.Span) bool {
	whole := func(ns int32) bool { return ns%int32(time.Microsecond) == 0 }
	if !whole(s.GetStartTime().GetNanos()) || !wholeDuration(s.GetDuration()) {
		return false
	}
	for _, l := range s.GetLogs() {
		if !whole(l.GetTimestamp().GetNanos()) {
			return false
		}
	}
	return true
}

func wholeDuration(d *durationpb.Duration) bool { return d.GetNanos()%int32(time.Microsecond) == 0 }

// maskTags hides the secrets in tags.
func maskTags(tags []*modelv2.KeyValue) {
	for _, kv := range tags {
		kv.VStr = maskedText(kv.GetKey(), kv.GetVStr())
	}
}
