package query

import (
	"cmp"
	"math"
	"math/big"
	"strconv"
)

// number is a number as it is written in a search. Integers are compared with it exactly,
// however large they are, and doubles as doubles.
type number struct {
	f     float64
	floor *big.Int // the largest integer that is not above it; nil for infinities
	small int64    // floor, if it fits
	fits  bool     // small equals floor
	whole bool     // the number equals floor
}

// longestInteger bounds the digits that are compared exactly. The largest double has 309.
const longestInteger = 400

func parseExact(s string) (n number, ok bool) {
	if n.floor, ok = parseInteger(s); ok {
		n.f, _ = new(big.Float).SetInt(n.floor).Float64()
		n.whole = true
	} else {
		var err error
		if n.f, err = strconv.ParseFloat(s, 64); err != nil || math.IsNaN(n.f) {
			return n, false
		}
		if math.IsInf(n.f, 0) {
			return n, true
		}
		exact, _, err := big.ParseFloat(s, 0, 2048, big.ToNegativeInf)
		if err != nil {
			return n, false
		}
		n.floor, _ = exact.Int(nil)
		if n.whole = exact.IsInt(); !n.whole && exact.Sign() < 0 {
			n.floor.Sub(n.floor, big.NewInt(1)) // Int cuts towards zero
		}
	}
	n.small, n.fits = n.floor.Int64(), n.floor.IsInt64()
	return n, true
}

// parseInteger reads decimal digits after an optional sign.
func parseInteger(s string) (*big.Int, bool) {
	digits := s
	if s != "" && (s[0] == '-' || s[0] == '+') {
		digits = s[1:]
	}
	if digits == "" || len(digits) > longestInteger {
		return nil, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return nil, false
		}
	}
	return new(big.Int).SetString(s, 10)
}

// compareInt compares v with the number.
func (n *number) compareInt(v int64) int {
	switch {
	case n.fits:
		return cmp.Or(cmp.Compare(v, n.small), n.fraction())
	case math.Signbit(n.f):
		return 1
	}
	return -1
}

// fraction compares floor with the number.
func (n *number) fraction() int {
	if n.whole {
		return 0
	}
	return -1
}

// compareFloat compares v with the number. NaN has no order.
func (n *number) compareFloat(v float64) (order int, ok bool) {
	order = cmp.Compare(v, n.f)
	if order == 0 && n.whole && math.Abs(v) >= 1<<53 && !math.IsInf(v, 0) {
		exact, _ := new(big.Float).SetFloat64(v).Int(nil)
		order = exact.Cmp(n.floor)
	}
	return order, v == v
}

// compareText compares a text that is a number with the number.
func (n *number) compareText(s string) (order int, ok bool) {
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n.compareInt(v), true
	}
	if v, ok := parseInteger(s); ok {
		if n.floor == nil {
			return cmp.Compare(0, n.f), true
		}
		return cmp.Or(v.Cmp(n.floor), n.fraction()), true
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, false
	}
	return n.compareFloat(v)
}
