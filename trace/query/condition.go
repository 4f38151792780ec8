package query

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"google.golang.org/protobuf/proto"
)

// A condition is what a term asks of a text or of the value of an attribute.
type condition struct {
	op      operator
	want    string
	anyCase bool // of equals
	word    *folded
	pattern *regexp.Regexp
	literal []byte // what each match of pattern contains
	limit   number
}

type operator string

const (
	equals       operator = "="
	matches      operator = "~"
	contains     operator = ":"  // in any case
	is           operator = ":=" // the whole field, and nothing else
	hasDigest    operator = ":#" // likewise, of a long text
	above        operator = ">"
	aboveOrEqual operator = ">="
	below        operator = "<"
	belowOrEqual operator = "<="
)

func (o operator) ordered() bool { return o[0] == '>' || o[0] == '<' }

// holds says what an ordered operator says of an order.
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

// text says what the condition says of a text.
func (c *condition) text(s []byte) bool {
	switch c.op {
	case equals, is:
		return string(s) == c.want || c.anyCase && len(s) == len(c.want) && bytes.EqualFold(s, []byte(c.want))
	case matches:
		return (len(c.literal) == 0 || bytes.Contains(s, c.literal)) && c.pattern.Match(s)
	case contains:
		return c.word.in(s)
	case hasDigest:
		return digest(otlpwire.String(s)) == c.want
	}
	order, ok := c.limit.compareText(otlpwire.String(s))
	return ok && c.op.holds(order)
}

// value says what it says of an encoded AnyValue: of its text, see
// trace.ReadableText, but numbers are compared as such.
func (c *condition) value(encoded []byte) bool {
	v := decodeValue(encoded)
	switch {
	case v.typ == textValue:
		return c.text(v.text)
	case v.typ == intValue && c.op.ordered():
		return c.op.holds(c.limit.compareInt(v.num))
	case v.typ == doubleValue && c.op.ordered():
		order, ok := c.limit.compareFloat(v.f)
		return ok && c.op.holds(order)
	case v.typ == intValue:
		var digits [20]byte
		return c.text(strconv.AppendInt(digits[:0], v.num, 10))
	}
	if c.text(v.asText()) {
		return true
	}
	// What people paste comes from a Jaeger that escapes markup or from one that does not.
	if v.typ != otherValue || c.op != equals || !strings.Contains(c.want, `\u00`) {
		return false
	}
	var decoded commonpb.AnyValue
	return proto.Unmarshal(encoded, &decoded) == nil && trace.ValueText(&decoded) == c.want
}

// digest stands for a text that is too long for a search: the first half of its
// SHA-256 as hex digits.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:len(sum)/2])
}

// requiredLiteral gives the longest text that it sees in each match of a pattern.
func requiredLiteral(pattern string) []byte {
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	return []byte(literalIn(tree.Simplify()))
}

func literalIn(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range re.Sub { // Parse bounds the depth
			if l := literalIn(sub); len(l) > len(longest) {
				longest = l
			}
		}
	}
	return longest
}
