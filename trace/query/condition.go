package query

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// A condition is the condition of a term on a text or on the value of an attribute.
type condition struct {
	op      operator
	want    string
	anyCase bool // for equals
	word    *folded
	pattern *pattern
	limit   number
}

type operator string

const (
	equals       operator = "="
	matches      operator = "~"
	contains     operator = ":"  // in any case
	is           operator = ":=" // the whole field, and nothing else
	hasDigest    operator = ":#" // the same for a long text
	above        operator = ">"
	aboveOrEqual operator = ">="
	below        operator = "<"
	belowOrEqual operator = "<="
)

func (o operator) ordered() bool { return o[0] == '>' || o[0] == '<' }

// holds reports whether an ordered operator holds for an order.
func (o operator) holds(order int) bool {
	switch o {
	case above:
		return order > 0
	case aboveOrEqual:
		return order >= 0
	case below:
		return order < 0
	}
	return order <= 0
}

// text reports whether the condition holds for a text.
func (c *condition) text(turn *trace.Turn, s []byte) bool {
	switch c.op {
	case equals, is:
		return string(s) == c.want || c.anyCase && len(s) == len(c.want) && bytes.EqualFold(s, []byte(c.want))
	case matches:
		return c.pattern.in(turn, s)
	case contains:
		return c.word.in(turn, s)
	case hasDigest:
		return digestOf(turn, s) == c.want
	}
	order, ok := c.limit.compareText(otlpwire.String(s))
	return ok && c.op.holds(order)
}

// value reports whether the condition holds for an encoded AnyValue. For an array it may
// also hold for an element. An array within an array is compared as one text.
func (c *condition) value(turn *trace.Turn, encoded []byte) bool {
	v := decodeValue(encoded)
	if c.single(turn, v, encoded) {
		return true
	}
	if v.typ != otherValue || c.op != equals && c.op != matches && !c.op.ordered() {
		return false
	}
	for element := range elements(encoded) {
		if turn.Err() != nil {
			break
		}
		if c.single(turn, decodeValue(element), element) {
			return true
		}
	}
	return false
}

// single compares the text of a value (see trace.ReadableText), but numbers as numbers.
func (c *condition) single(turn *trace.Turn, v value, encoded []byte) bool {
	switch {
	case v.typ == textValue:
		return c.text(turn, v.text)
	case v.typ == intValue && c.op.ordered():
		return c.op.holds(c.limit.compareInt(v.num))
	case v.typ == doubleValue && c.op.ordered():
		order, ok := c.limit.compareFloat(v.f)
		return ok && c.op.holds(order)
	case v.typ == intValue:
		return c.integer(turn, v.num)
	}
	if c.text(turn, v.asText()) {
		return true
	}
	// Users paste text from Jaegers that escape markup and from Jaegers that do not.
	if v.typ != otherValue || c.op != equals || !strings.Contains(c.want, `\u00`) {
		return false
	}
	var decoded commonpb.AnyValue
	return proto.Unmarshal(encoded, &decoded) == nil && trace.ValueText(&decoded) == c.want
}

// integer reports whether the condition holds for the digits of an integer. It rarely
// allocates.
func (c *condition) integer(turn *trace.Turn, n int64) bool {
	var buf [20]byte
	digits := strconv.AppendInt(buf[:0], n, 10)
	switch {
	case c.op == equals:
		return string(digits) == c.want
	case c.op == contains:
		return c.word.in(turn, digits)
	case c.op == matches && c.pattern.literal != nil && c.pattern.literal.index(digits) < 0:
		return false
	}
	return c.text(turn, bytes.Clone(digits))
}

// digest stands for a text that is too long for a search. It is the first half of the text's
// SHA-256 in hex digits.
func digest(s string) string { return digestOf(trace.LightTurn(context.Background()), []byte(s)) }

func digestOf(turn *trace.Turn, s []byte) string {
	hash := sha256.New()
	for len(s) > 0 && turn.Err() == nil {
		n := min(len(s), trace.TurnInterval)
		hash.Write(s[:n])
		turn.Spend(n)
		s = s[n:]
	}
	return hex.EncodeToString(hash.Sum(nil)[:sha256.Size/2])
}
