package remote

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
)

// A search is a question and, by going through all spans, its answer.
type search struct {
	service, operation string
	tags               map[string]string
	startMin, startMax int64 // Unix ns
	durMin, durMax     time.Duration
	limit              int
}

func (q search) match(e entry) bool {
	s := e.span
	start, duration := int64(s.GetStartTimeUnixNano()), time.Duration(s.GetEndTimeUnixNano()-s.GetStartTimeUnixNano())
	switch {
	case q.service != "" && q.service != serviceOf(e),
		q.operation != "" && q.operation != s.GetName(),
		q.startMin != 0 && start < q.startMin,
		q.startMax != 0 && start > q.startMax,
		q.durMin != 0 && duration < q.durMin,
		q.durMax != 0 && duration > q.durMax:
		return false
	}
	for key, value := range q.tags {
		if !tagged(e, key, value) {
			return false
		}
	}
	return true
}

func tagged(e entry, key, value string) bool {
	switch s := e.span; {
	case key == "error" && value == strconv.FormatBool(s.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR),
		key == "span.kind" && value == kindText(s.GetKind()) && value != "",
		key == "otel.status_code" && s.GetStatus().GetCode() != 0 && value == strings.TrimPrefix(s.GetStatus().GetCode().String(), "STATUS_CODE_"),
		key == "otel.scope.name" && value == e.scope.GetName(),
		key == "otel.scope.version" && value == e.scope.GetVersion():
		return true
	}
	lists := [][]*commonpb.KeyValue{e.span.GetAttributes(), e.resource.GetAttributes(), e.scope.GetAttributes()}
	for _, event := range e.span.GetEvents() {
		lists = append(lists, event.GetAttributes())
	}
	for _, list := range lists {
		for _, kv := range list {
			if kv.GetKey() == key && hasText(kv.GetValue(), value) {
				return true
			}
		}
	}
	return false
}

// expect lists the ids of the traces that match, newest first.
func (q search) expect(entries []entry) (ids [][]byte) {
	type found struct {
		start int64
		id    []byte
	}
	var all []found
	for id, spans := range byTrace(entries) {
		if !slices.ContainsFunc(spans, q.match) {
			continue
		}
		f := found{int64(spans[0].span.GetStartTimeUnixNano()), []byte(id)}
		for _, e := range spans {
			f.start = min(f.start, int64(e.span.GetStartTimeUnixNano()))
		}
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Or(cmp.Compare(b.start, a.start), bytes.Compare(b.id, a.id)) })
	for i, f := range all {
		if q.limit == 0 || i < q.limit {
			ids = append(ids, f.id)
		}
	}
	return ids
}

// v2 is the search as Jaeger 2 asks for it: all values are text, and a time
// that is not set is in the year 1.
func (q search) v2() *storagev2.TraceQueryParameters {
	p := &storagev2.TraceQueryParameters{
		ServiceName: q.service, OperationName: q.operation, StartTimeMin: wireTime(q.startMin), StartTimeMax: wireTime(q.startMax),
		DurationMin: durationpb.New(q.durMin), DurationMax: durationpb.New(q.durMax), SearchDepth: int32(q.limit),
	}
	for key, value := range q.tags {
		p.Attributes = append(p.Attributes, &storagev2.KeyValue{Key: key, Value: &storagev2.AnyValue{Value: &storagev2.AnyValue_StringValue{StringValue: value}}})
	}
	return p
}

func (q search) v1() *storagev1.TraceQueryParameters {
	return &storagev1.TraceQueryParameters{
		ServiceName: q.service, OperationName: q.operation, StartTimeMin: wireTime(q.startMin), StartTimeMax: wireTime(q.startMax),
		DurationMin: durationpb.New(q.durMin), DurationMax: durationpb.New(q.durMax), NumTraces: int32(q.limit), Tags: q.tags,
	}
}

func wireTime(ns int64) *timestamppb.Timestamp {
	if ns == 0 {
		return timestamppb.New(time.Time{})
	}
	return timestamppb.New(time.Unix(0, ns))
}

// searches makes up questions about spans: each filter alone, and then
// combinations, of which most find something.
func searches(rng *rand.Rand, entries []entry, n int) (all []search) {
	pick := func() entry { return entries[rng.IntN(len(entries))] }
	for i := range n {
		e := pick()
		var q search
		wanted := func(bit int) bool {
			if i < 20 {
				return i/2 == bit // each alone, twice
			}
			return rng.IntN(3) == 0
		}
		start, duration := int64(e.span.GetStartTimeUnixNano()), time.Duration(e.span.GetEndTimeUnixNano()-e.span.GetStartTimeUnixNano())
		if wanted(0) {
			q.service = serviceOf(e)
		}
		if wanted(1) {
			q.operation = e.span.GetName()
		}
		if wanted(2) {
			q.startMin = start - rng.Int64N(20*otlptest.Second)
		}
		if wanted(3) {
			q.startMax = start + rng.Int64N(20*otlptest.Second)
		}
		if wanted(4) {
			q.durMin = duration * time.Duration(rng.IntN(101)) / 100
		}
		if wanted(5) {
			q.durMax = duration + time.Duration(rng.Int64N(otlptest.Second))
		}
		if wanted(6) {
			q.limit = 1 + rng.IntN(20)
		}
		q.tags = map[string]string{}
		if wanted(7) {
			lists := [][]*commonpb.KeyValue{e.span.GetAttributes(), e.resource.GetAttributes(), e.scope.GetAttributes()}
			for _, event := range e.span.GetEvents() {
				lists = append(lists, event.GetAttributes())
			}
			if list := lists[rng.IntN(len(lists))]; len(list) > 0 {
				kv := list[rng.IntN(len(list))]
				q.tags[kv.GetKey()] = plainText(kv.GetValue())
			}
		}
		if wanted(8) {
			q.tags["error"] = strconv.FormatBool(e.span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR)
		}
		if wanted(9) {
			key, value := [2]string{"span.kind", kindText(e.span.GetKind())}, [2]string{"otel.scope.name", e.scope.GetName()}
			for _, kv := range [][2]string{key, value} {
				if kv[1] != "" && rng.IntN(2) == 0 {
					q.tags[kv[0]] = kv[1]
				}
			}
		}
		all = append(all, q)
	}
	return all
}

func serviceOf(e entry) string {
	for _, kv := range e.resource.GetAttributes() {
		if kv.GetKey() == "service.name" && kv.GetValue().GetStringValue() != "" {
			return kv.GetValue().GetStringValue()
		}
	}
	return "unknown_service"
}

func kindText(k tracepb.Span_SpanKind) string {
	if k == tracepb.Span_SPAN_KIND_UNSPECIFIED {
		return ""
	}
	return strings.ToLower(strings.TrimPrefix(k.String(), "SPAN_KIND_"))
}

// hasText reports whether a value is written so, or an element where it is an array.
func hasText(v *commonpb.AnyValue, text string) bool {
	return plainText(v) == text || slices.ContainsFunc(v.GetArrayValue().GetValues(), func(e *commonpb.AnyValue) bool { return plainText(e) == text })
}

// plainText is a value as the Collector writes it.
func plainText(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case nil:
		return ""
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_BytesValue:
		return base64.StdEncoding.EncodeToString(v.BytesValue)
	}
	b, err := json.Marshal(raw(v))
	if err != nil {
		return fmt.Sprint(raw(v)) // NaN, +Inf, -Inf
	}
	return string(b)
}

// raw is a value as Go has it.
func raw(v *commonpb.AnyValue) any {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return v.StringValue
	case *commonpb.AnyValue_BoolValue:
		return v.BoolValue
	case *commonpb.AnyValue_IntValue:
		return v.IntValue
	case *commonpb.AnyValue_DoubleValue:
		return v.DoubleValue
	case *commonpb.AnyValue_BytesValue:
		return v.BytesValue
	case *commonpb.AnyValue_ArrayValue:
		list := []any{}
		for _, e := range v.ArrayValue.GetValues() {
			list = append(list, raw(e))
		}
		return list
	case *commonpb.AnyValue_KvlistValue:
		m := map[string]any{}
		for _, kv := range v.KvlistValue.GetValues() {
			m[kv.GetKey()] = raw(kv.GetValue())
		}
		return m
	}
	return nil
}

// hexes shows ids in failures.
func hexes(ids [][]byte) string {
	var b strings.Builder
	for i, id := range ids {
		if i == 20 {
			fmt.Fprintf(&b, " … %d in all", len(ids))
			break
		}
		fmt.Fprintf(&b, " %x", id[max(0, len(id)-4):])
	}
	return b.String()
}

func sameIDs(t testing.TB, got, want [][]byte) {
	t.Helper()
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("traces%s\nwant  %s", hexes(got), hexes(want))
	}
}
