package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

type integer interface{ ~int | ~int64 }

// Number writes n with commas: "1,234".
func Number[N integer](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	first := 0
	if n < 0 {
		first = 1 // no comma behind the sign
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Count writes a number of things that noun names in the singular: "1 file",
// "2 files", "1,234 retries".
func Count[N integer](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Number(n) + " " + plural(noun)
}

func plural(noun string) string {
	stem, y := strings.CutSuffix(noun, "y")
	switch {
	case y && !strings.HasSuffix(stem, "a") && !strings.HasSuffix(stem, "e") && !strings.HasSuffix(stem, "o"):
		return stem + "ies"
	case strings.HasSuffix(noun, "s") || strings.HasSuffix(noun, "x") || strings.HasSuffix(noun, "ch"):
		return noun + "es"
	}
	return noun + "s"
}

// Size writes a number of bytes in powers of ten: "999 bytes", "1.5 MB".
func Size(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return Count(n, "byte")
	}
	value, unit := float64(n)/1000, 0
	for value >= 999.95 { // would be written as 1000.0
		value /= 1000
		unit++
	}
	return fmt.Sprintf("%.1f %cB", value, units[unit])
}

// Duration writes d to about three digits: "12.3ms", "4.56s", "1h2m3s".
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond / 10).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// Period writes the time from start to end in UTC, and how long it is:
// "2006-01-02 15:04:05 to 15:14:05 UTC (10m0s)".
func Period(start, end time.Time) string {
	start, end = start.UTC(), end.UTC()
	until := end.Format(time.DateTime)
	if start.Format(time.DateOnly) == end.Format(time.DateOnly) {
		until = end.Format(time.TimeOnly)
	}
	return fmt.Sprintf("%s to %s UTC (%s)", start.Format(time.DateTime), until, Duration(end.Sub(start)))
}

// Age writes how long ago something was, in its largest unit: "now", "5 min ago",
// "3 h ago", "2 d ago".
func Age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return Number(int(d.Hours()/24)) + " d ago"
}
