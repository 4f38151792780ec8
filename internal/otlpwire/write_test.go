package otlpwire

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

var (
	sizes   = []int{0, 1, 127, 128, 16_383, 16_384, 300_000}
	numbers = []protowire.Number{1, 15, 16, 2047, 2048, protowire.MaxValidNumber}
)

// Fields are written as protobuf's own writer does.
func TestAppend(t *testing.T) {
	for _, num := range numbers {
		for _, size := range sizes {
			content := bytes.Repeat([]byte("x"), size)
			want := protowire.AppendBytes(protowire.AppendTag([]byte("before"), num, protowire.BytesType), content)
			got := AppendBytes([]byte("before"), num, content)
			fromText := AppendBytes([]byte("before"), num, string(content))
			if !bytes.Equal(got, want) || !bytes.Equal(fromText, want) {
				t.Errorf("%d bytes in field %d", size, num)
			}
			message, start := Open([]byte("before"), num)
			if got := Seal(append(message, content...), start); !bytes.Equal(got, want) {
				t.Errorf("a message of %d bytes in field %d", size, num)
			}
			optional := AppendOptional([]byte("before"), num, content)
			if size == 0 {
				want = []byte("before")
			}
			if !bytes.Equal(optional, want) {
				t.Errorf("%d optional bytes in field %d", size, num)
			}
			if added := len(got) - len("before"); num < 16 && added != FieldSize(size) || num < 16 && len(optional)-len("before") != OptionalSize(size) || num < 16 && added-size > MaxHead {
				t.Errorf("%d bytes in field %d take %d: FieldSize %d, OptionalSize %d", size, num, added, FieldSize(size), OptionalSize(size))
			}
		}
		for _, v := range []uint64{0, 1, 127, 128, math.MaxUint64} {
			varint := protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), v)
			fixed := protowire.AppendFixed64(protowire.AppendTag(nil, num, protowire.Fixed64Type), v)
			if !bytes.Equal(AppendVarint(nil, num, v), varint) || !bytes.Equal(AppendFixed64(nil, num, v), fixed) {
				t.Errorf("%d in field %d", v, num)
			}
			if got := AppendNumber(nil, num, v); v == 0 && got != nil || v != 0 && !bytes.Equal(got, varint) {
				t.Errorf("optional %d in field %d", v, num)
			}
		}
	}
}

func TestAppendAttributes(t *testing.T) {
	for _, size := range sizes {
		key := strings.Repeat("k", size)
		for _, n := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64} {
			b := AppendText(nil, 9, key, strings.Repeat("v", size))
			b = AppendInt(b, 9, key, n)
			b = AppendBool(b, 9, key, true)
			b = AppendBool(b, 9, key, false)
			var got tracepb.Span
			if err := proto.Unmarshal(b, &got); err != nil {
				t.Fatal(err)
			}
			want := &tracepb.Span{Attributes: []*commonpb.KeyValue{
				{Key: key, Value: textValue(strings.Repeat("v", size))},
				{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}},
				{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: true}}},
				{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{}}},
			}}
			if !proto.Equal(&got, want) {
				t.Errorf("a key of %d bytes and %d: got %.200s", size, n, fmt.Sprint(&got))
			}
		}
	}
}
