package otelfile

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/jsonscan"
	"prowtrace/internal/otlpwire"
)

// maxNested is how deep values are nested that are read as values. A deeper one is kept as
// the text that it is: readers of OTLP would refuse it.
const maxNested = 16

// Fields of AnyValue.
const (
	textValue   = 1
	boolValue   = 2
	intValue    = 3
	doubleValue = 4
	arrayValue  = 5
	mapValue    = 6
	bytesValue  = 7
)

// appendPlain appends, as an AnyValue, what a JSON value is by itself.
func (c *conversion) appendPlain(b []byte, nested int) []byte {
	s := c.json
	switch next := s.Next(); {
	case nested >= maxNested:
	case next == '[' && s.Array():
		b, list := otlpwire.Open(b, arrayValue)
		for s.Element() {
			if c.full(b) {
				continue
			}
			var at int
			b, at = otlpwire.Open(b, 1)
			b = otlpwire.Seal(c.appendPlain(b, nested+1), at)
		}
		return otlpwire.Seal(b, list)
	case next == '{' && s.Object():
		b, list := otlpwire.Open(b, mapValue)
		for key, ok := s.Member(); ok; key, ok = s.Member() {
			b = c.appendMember(b, 1, key, nested+1)
		}
		return otlpwire.Seal(b, list)
	}
	text, kind := s.Scalar()
	return appendScalar(b, text, kind)
}

// appendMember appends, as a KeyValue in field num, a member whose value comes next, if there
// is room for it.
func (c *conversion) appendMember(b []byte, num protowire.Number, key []byte, nested int) []byte {
	if c.full(b) {
		return b
	}
	b, at := otlpwire.Open(b, num)
	b = otlpwire.AppendOptional(b, 1, key)
	b, value := otlpwire.Open(b, 2)
	return otlpwire.Seal(otlpwire.Seal(c.appendPlain(b, nested), value), at)
}

// appendScalar appends a scalar as an AnyValue.
func appendScalar(b []byte, text []byte, kind jsonscan.Kind) []byte {
	switch kind {
	case jsonscan.Number:
		if i, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return otlpwire.AppendVarint(b, intValue, uint64(i))
		}
		if f, err := strconv.ParseFloat(string(text), 64); err == nil {
			return otlpwire.AppendFixed64(b, doubleValue, math.Float64bits(f))
		}
	case jsonscan.True, jsonscan.False:
		return otlpwire.AppendVarint(b, boolValue, protowire.EncodeBool(kind == jsonscan.True))
	case jsonscan.Null, jsonscan.None:
		return b
	}
	return otlpwire.AppendBytes(b, textValue, text)
}

// parseUint reads a count or a time in Unix ns: a number, or a text that is one.
func parseUint(text []byte, kind jsonscan.Kind) (v uint64, ok bool) {
	if kind == jsonscan.Null {
		return 0, true
	}
	if kind != jsonscan.Number && kind != jsonscan.Text || len(text) == 0 {
		return 0, false
	}
	for _, c := range text {
		d := uint64(c - '0')
		if d > 9 || v > (math.MaxUint64-d)/10 {
			return parseDecimal(text, 0)
		}
		v = v*10 + d
	}
	return v, true
}

// parseTime is parseUint, for a time that may also be written as RFC 3339 has it.
func parseTime(text []byte, kind jsonscan.Kind) (v uint64, ok bool) {
	if v, ok := parseUint(text, kind); ok {
		return v, true
	}
	if kind != jsonscan.Text {
		return 0, false
	}
	at, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil || at.Before(time.Unix(0, 0)) || at.After(time.Unix(0, math.MaxInt64)) {
		return 0, false
	}
	return uint64(at.UnixNano()), true
}

// parseMicros reads a time or a duration in µs as ns: a number, or a text that is one.
func parseMicros(text []byte, kind jsonscan.Kind) (ns uint64, ok bool) {
	switch kind {
	case jsonscan.Null:
		return 0, true
	case jsonscan.Number, jsonscan.Text:
		return parseDecimal(text, 3)
	}
	return 0, false
}

// parseDecimal reads a decimal number and multiplies it by a power of ten. What is smaller
// than one is cut off, what is beyond 64 bits becomes the largest number, and there are no
// negative ones. Only what is written with an exponent is as exact as a float.
func parseDecimal(text []byte, power int) (v uint64, ok bool) {
	digits, point := 0, -1
	for i, c := range text {
		switch {
		case c == '.' && point < 0:
			point = i
		case c >= '0' && c <= '9':
			digits++
			if point >= 0 && i-point > power {
				continue
			}
			if v > (math.MaxUint64-uint64(c-'0'))/10 {
				return math.MaxUint64, decimal(text)
			}
			v = v*10 + uint64(c-'0')
		default:
			f, err := strconv.ParseFloat(string(text), 64)
			f *= math.Pow10(power)
			switch {
			case !decimal(text) || f != f || err != nil && !isRange(err):
				return 0, false
			case f < 0:
				return 0, false
			case f >= math.MaxUint64:
				return math.MaxUint64, true
			}
			return uint64(f), true
		}
	}
	if digits == 0 {
		return 0, false
	}
	after := 0
	if point >= 0 {
		after = min(power, len(text)-point-1)
	}
	for range power - after {
		if v > math.MaxUint64/10 {
			return math.MaxUint64, true
		}
		v *= 10
	}
	return v, true
}

func isRange(err error) bool {
	e, ok := err.(*strconv.NumError)
	return ok && e.Err == strconv.ErrRange
}

// decimal reports whether a text is made of what decimal numbers are made of: no words, and
// nothing hexadecimal.
func decimal(text []byte) bool {
	return len(bytes.Trim(text, "0123456789+-.eE")) == 0 && !bytes.ContainsFunc(text, func(r rune) bool { return r > '9' && r != 'e' && r != 'E' })
}

// parseInt reads an integer: a number, or a text that is one.
func parseInt(text []byte, kind jsonscan.Kind) (int64, bool) {
	if kind != jsonscan.Number && kind != jsonscan.Text {
		return 0, false
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	if err == nil {
		return v, true
	}
	f, err := strconv.ParseFloat(string(text), 64) // such as 1e3
	if err != nil || !decimal(text) || f != math.Trunc(f) || math.Abs(f) >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

// parseDouble reads a floating-point number: a number, or a text that is one, or NaN,
// Infinity or -Infinity.
func parseDouble(text []byte, kind jsonscan.Kind) (float64, bool) {
	switch {
	case kind == jsonscan.Number || kind == jsonscan.Text && decimal(text):
		f, err := strconv.ParseFloat(string(text), 64)
		return f, err == nil || isRange(err)
	case kind != jsonscan.Text:
	case string(text) == "NaN":
		return math.NaN(), true
	case string(text) == "Infinity", string(text) == "+Infinity":
		return math.Inf(1), true
	case string(text) == "-Infinity":
		return math.Inf(-1), true
	}
	return 0, false
}

// parseBool reads a boolean, which may be written as a text.
func parseBool(text []byte, kind jsonscan.Kind) (v, ok bool) {
	switch {
	case kind == jsonscan.True, kind == jsonscan.Text && string(text) == "true":
		return true, true
	case kind == jsonscan.False, kind == jsonscan.Text && string(text) == "false":
		return false, true
	}
	return false, false
}

// appendBase64 appends the bytes that are written in any of the usual alphabets, with
// padding or without.
func appendBase64(b, text []byte) ([]byte, bool) {
	encoding := base64.RawStdEncoding
	if bytes.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	with, err := encoding.AppendDecode(b, bytes.TrimRight(text, "="))
	return with, err == nil
}

// appendID reads an id of so many bytes: in hexadecimal digits of either case, where zeros
// may be missing on the left, or in base64. An id that is not given is none.
func appendID(b []byte, size int, text []byte, kind jsonscan.Kind) (id []byte, ok bool) {
	if kind == jsonscan.Null || kind == jsonscan.Text && len(text) == 0 {
		return b, true
	}
	if kind != jsonscan.Text {
		return b, false
	}
	if len(text) == 2*size { // nearly always
		if with, err := hex.AppendDecode(b, text); err == nil {
			return with, true
		}
	}
	if len(text) < 2*size {
		if with, err := hex.AppendDecode(b, append(bytes.Repeat([]byte("0"), 2*size-len(text)), text...)); err == nil {
			return with, true
		}
	}
	with, ok := appendBase64(b, text)
	return with, ok && len(with)-len(b) == size
}
