package cli

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// line makes text from outside safe for a terminal: what is not printable, a
// terminal escape above all, becomes U+FFFD, and it stays on one line.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// lines is line for text of several lines.
func lines(s string) string {
	parts := strings.Split(s, "\n")
	for i, p := range parts {
		parts[i] = line(p)
	}
	return strings.Join(parts, "\n")
}

// count words a number: "1 file", "2 files", "1,234 files".
func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return grouped(n) + " " + what + "s"
}

func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// size words a number of bytes in powers of ten.
func size(n int64) string {
	switch {
	case n < 1000:
		return count(n, "byte")
	case n < 1_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1_000_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

// period words the time from start to end (Unix ns) in UTC.
func period(start, end int64) string {
	const layout = "2006-01-02 15:04:05"
	from, to := time.Unix(0, start).UTC(), time.Unix(0, end).UTC()
	until := to.Format(layout)
	if from.Format(time.DateOnly) == to.Format(time.DateOnly) {
		until = to.Format(time.TimeOnly)
	}
	return fmt.Sprintf("%s to %s UTC (%s)", from.Format(layout), until, duration(end-start))
}

// duration words ns for a person, to three digits or so.
func duration(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond / 10).String()
	case d < time.Minute:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// escapePath escapes what may not stand in the path of a link, but its slashes.
func escapePath(p string) string { return (&url.URL{Path: p}).EscapedPath() }
