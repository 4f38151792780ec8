package viewer

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// clip makes text fit to be shown on one line: at most limit bytes of it, and
// nothing in it that would break the line, turn the direction of what follows,
// or stay unseen.
func clip(s string, limit int) string {
	s, cut := prefix(s, limit)
	s = visible(s, false)
	if cut {
		s += "…"
	}
	return s
}

// block is like clip for text of several lines: it keeps line breaks and tabs,
// and leaves the word about the cut to the caller.
func block(s string, limit int) (text string, cut bool) {
	s, cut = prefix(s, limit)
	return visible(s, true), cut
}

// prefix gives the first limit bytes of s, or a few less to end with a rune.
func prefix(s string, limit int) (string, bool) {
	if len(s) <= limit {
		return s, false
	}
	end := limit
	for end > 0 && end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end], true
}

func visible(s string, lines bool) string {
	ok := true
	for i := 0; i < len(s) && ok; i++ {
		ok = s[i] >= ' ' && s[i] < 0x7f
	}
	if ok {
		return s
	}
	if lines {
		s = strings.ReplaceAll(s, "\r\n", "\n")
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	marks := 0            // combining marks in a row
	for _, r := range s { // invalid bytes come as U+FFFD
		if unicode.In(r, unicode.Mn, unicode.Me) {
			marks++
		} else {
			marks = 0
		}
		switch {
		case lines && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'")) // \n, \x1b
		case r == '\u200c' || r == '\u200d': // joiners: emoji and some scripts need them
			b.WriteRune(r)
		case marks > maxMarks || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co):
			fmt.Fprintf(&b, "\\u%04x", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// maxMarks is how many combining marks a letter may have; no script needs more,
// and a hundred would cover the lines above.
const maxMarks = 4

// duration words nanoseconds for people, with three digits: 45 ms, 1.23 s,
// 3 m 12 s.
func duration(ns int64) string {
	const second = 1e9
	v := float64(ns)
	digits := func(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
	switch {
	case ns == 0:
		return "0"
	case ns < 1e3:
		return strconv.FormatInt(ns, 10) + " ns"
	case v < 999.5e3:
		return digits(v/1e3) + " µs"
	case v < 999.5e6:
		return digits(v/1e6) + " ms"
	case v < 59.95*second:
		return digits(v/second) + " s"
	}
	s := ns / second
	if ns%second >= second/2 {
		s++
	}
	switch {
	case s < 3600:
		return fmt.Sprintf("%d m %02d s", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%d h %02d m", s/3600, s%3600/60)
	}
	return fmt.Sprintf("%s d %02d h", count(int(s/86400)), s%86400/3600)
}

// offset words the distance from a start: as duration, but to a tenth of a
// second where that is minutes.
func offset(ns int64) string {
	const tenth = 1e8
	if ns < 60*10*tenth || ns >= 3600*10*tenth {
		return duration(ns)
	}
	t := ns / tenth
	return fmt.Sprintf("%d m %02d.%d s", t/600, t/10%60, t%10)
}

// moment words a time in Unix ns to the millisecond, instant to the nanosecond.
func moment(ns int64) string  { return clock(ns, "2006-01-02 15:04:05.000 UTC") }
func instant(ns int64) string { return clock(ns, "2006-01-02 15:04:05.000000000 UTC") }

func clock(ns int64, layout string) string {
	if ns == 0 {
		return "unknown"
	}
	return time.Unix(0, ns).UTC().Format(layout)
}

// size words a number of bytes.
func size(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, unit := float64(n)/1e3, 0
	for v >= 999.5 && unit < 3 {
		v, unit = v/1e3, unit+1
	}
	return strconv.FormatFloat(v, 'g', 3, 64) + " " + [...]string{"kB", "MB", "GB", "TB"}[unit]
}

// count words a number with a comma between thousands.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent words where part lies in whole, for a coordinate in a drawing.
func percent(part, whole int64) string {
	if whole <= 0 {
		return "0"
	}
	return strconv.FormatFloat(min(max(float64(part)/float64(whole)*100, 0), 100), 'f', 2, 64)
}
