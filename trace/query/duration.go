package query

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
)

// parseDuration reads a duration as Go writes it, also with days and weeks: 1d, 1.5d,
// 2w3d12h. It may contain the spaces with which the page shows durations.
func parseDuration(s string) (time.Duration, error) {
	given := s
	s = strings.Join(strings.FieldsFunc(s, unicode.IsSpace), "")
	unsigned, negative := strings.CutPrefix(s, "-")
	if !negative {
		unsigned = strings.TrimPrefix(s, "+")
	}
	if !strings.ContainsAny(unsigned, "dw") || strings.HasPrefix(unsigned, "-") || strings.HasPrefix(unsigned, "+") {
		return time.ParseDuration(s)
	}
	var sum time.Duration
	for unsigned != "" {
		part, rest := cutUnit(unsigned)
		d, err := parsePart(part)
		if err != nil || d > math.MaxInt64-sum {
			return 0, fmt.Errorf("invalid duration %q", given)
		}
		sum, unsigned = sum+d, rest
	}
	if negative {
		sum = -sum
	}
	return sum, nil
}

// cutUnit cuts a number and its unit off the beginning.
func cutUnit(s string) (part, rest string) {
	isDigit := func(r rune) bool { return r == '.' || '0' <= r && r <= '9' }
	unit := strings.TrimLeftFunc(s, isDigit)
	end := strings.IndexFunc(unit, isDigit)
	if end < 0 {
		return s, ""
	}
	end += len(s) - len(unit)
	return s[:end], s[end:]
}

func parsePart(s string) (time.Duration, error) {
	times := time.Duration(1)
	if number, ok := strings.CutSuffix(s, "d"); ok {
		s, times = number+"h", 24
	} else if number, ok := strings.CutSuffix(s, "w"); ok {
		s, times = number+"h", 7*24
	}
	d, err := time.ParseDuration(s)
	if err == nil && d > math.MaxInt64/times {
		err = fmt.Errorf("%q is longer than 292 years", s)
	}
	return d * times, err
}
