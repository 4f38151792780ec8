package mcp

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// oldest is how far back an age may reach.
const oldest = 10 * 365 * 24 * time.Hour

// timeOf reads a time as RFC 3339, as a date, or as an age: -1h, -30m, -7d. "" is zero.
func timeOf(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	if age, ok := strings.CutPrefix(s, "-"); ok {
		if d, ok := ageOf(age); ok {
			return now.Add(-d).UTC(), nil
		}
	}
	return time.Time{}, &callError{what: "invalid time " + text.Quote(s, 60), next: "Write RFC 3339 (2025-03-13T01:51:11Z), a date (2025-03-13), or an age (-1h, -7d)."}
}

func ageOf(s string) (time.Duration, bool) {
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		if n, err = strconv.Atoi(days); err == nil && n <= int(oldest/(24*time.Hour)) {
			d = time.Duration(n) * 24 * time.Hour
		}
	} else {
		d, err = time.ParseDuration(s)
	}
	return d, err == nil && d > 0 && d <= oldest
}

// stamp writes a time; "" is one that is not known.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func stampOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return stamp(*t)
}

func stampNs(ns int64) string {
	if ns == 0 {
		return ""
	}
	return stamp(time.Unix(0, ns))
}

// seconds writes a duration in ns as seconds, to the microsecond.
func seconds(ns int64) float64 {
	f, _ := strconv.ParseFloat(fmt.Sprintf("%.6f", float64(ns)/1e9), 64)
	return f
}
