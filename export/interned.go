package export

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
)

// interned gives texts numbers that replace them later. It keeps a bounded number of texts:
// others are written out each time.
type interned struct {
	field   int32 // of InternedData
	numbers map[string]uint64
	added   []string // their numbers were not written yet
}

const (
	mostInterned    = 1 << 16
	longestInterned = 256 // bytes
)

// number gives the number of a text, from 1, or 0 if it has none.
func (n *interned) number(text string) uint64 {
	number, known := n.numbers[text]
	if !known {
		if len(n.numbers) >= mostInterned || len(text) > longestInterned {
			return 0
		}
		if n.numbers == nil {
			n.numbers = map[string]uint64{}
		}
		number = uint64(len(n.numbers) + 1)
		n.numbers[text] = number
		n.added = append(n.added, text)
	}
	return number
}

// take appends the numbers that were not written yet, as fields of InternedData.
func (n *interned) take(b []byte) []byte {
	for _, text := range n.added {
		var start int
		b, start = otlpwire.Open(b, fieldNumber(n.field))
		b = otlpwire.AppendVarint(b, internedNumber, n.numbers[text])
		b = otlpwire.AppendBytes(b, internedText, text)
		b = otlpwire.Seal(b, start)
	}
	n.added = n.added[:0]
	return b
}

func fieldNumber(n int32) protowire.Number { return protowire.Number(n) }

func boolNumber(v bool) uint64 { return protowire.EncodeBool(v) }

func appendDoubleField(b []byte, num protowire.Number, v float64) []byte {
	return otlpwire.AppendFixed64(b, num, math.Float64bits(v))
}
