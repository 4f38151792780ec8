package joblog

import (
	"bytes"
	"time"
)

// stamp is a time as it is written on a line.
type stamp struct {
	nanos      int64 // of the day; elapsed: since a start; epoch: since 1970 UTC
	zone       int32 // seconds east of UTC
	zoned      bool  // the line names its zone
	form       form
	month, day int8
	year       int16
}

type form uint8

const (
	noStamp form = iota
	dated        // year, month, day and time of day
	undated      // month, day and time of day
	daytime      // time of day
	elapsed      // since a start that the line does not give
	epoch
)

// leadingStamp reads the time that b starts with, in brackets or quotation marks too,
// and returns what is behind it. Without a time that is b.
func leadingStamp(b []byte) (stamp, []byte) {
	if len(b) < 8 {
		return stamp{}, b
	}
	switch c := b[0]; {
	case c == '[' || c == '(' || c == '"':
		if s, n := readStamp(b[1:]); n > 0 && n+1 < len(b) && (b[n+1] == ']' || b[n+1] == ')' || b[n+1] == '"') {
			return s, b[n+2:]
		}
	default:
		if s, n := readStamp(b); n > 0 {
			return s, b[n:]
		}
	}
	return stamp{}, b
}

// readStamp reads the time that b starts with and returns its length, 0 for none.
func readStamp(b []byte) (stamp, int) {
	if len(b) < 8 {
		return stamp{}, 0
	}
	if isDigit(b[0]) {
		switch {
		case b[2] == ':':
			return daytimeStamp(b)
		case b[2] == '/' && len(b) > 17 && !isDigit(b[3]):
			return accessStamp(b)
		case b[2] == '/':
			return ginkgoStamp(b)
		}
		return isoStamp(b)
	}
	if b[0] >= 'A' && b[0] <= 'Z' {
		return syslogStamp(b)
	}
	return stamp{}, 0
}

// isoStamp reads 2025-03-13T01:45:46.123Z, 2025/03/13 01:45:46 and 20250313T014546Z.
func isoStamp(b []byte) (stamp, int) {
	if len(b) >= 15 && b[8] == 'T' {
		return compactStamp(b)
	}
	if len(b) < 19 || b[4] != '-' && b[4] != '/' || b[7] != b[4] {
		return stamp{}, 0
	}
	switch b[10] {
	case 'T', 't', ' ', '_', '-':
	default:
		return stamp{}, 0
	}
	s := date(number(b[:4]), two(b, 5), two(b, 8))
	return s.withTime(b, 11)
}

func compactStamp(b []byte) (stamp, int) {
	s := date(number(b[:4]), two(b, 4), two(b, 6))
	h, m, sec := two(b, 9), two(b, 11), two(b, 13)
	if s.form == noStamp || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60 {
		return stamp{}, 0
	}
	s.nanos = int64(h*3600+m*60+sec) * int64(time.Second)
	return s.withZone(b, 15)
}

// accessStamp reads 13/Mar/2025:01:45:46 +0000, as web servers write it.
func accessStamp(b []byte) (stamp, int) {
	if len(b) < 20 || b[6] != '/' || b[11] != ':' {
		return stamp{}, 0
	}
	s := date(number(b[7:11]), monthOf(b[3:6]), two(b, 0))
	return s.withTime(b, 12)
}

// ginkgoStamp reads 03/13/25 01:50:03.123: month, day and year.
func ginkgoStamp(b []byte) (stamp, int) {
	if len(b) < 17 || b[5] != '/' || b[8] != ' ' {
		return stamp{}, 0
	}
	year := two(b, 6)
	if year < 0 {
		return stamp{}, 0
	}
	s := date(2000+year, two(b, 0), two(b, 3))
	return s.withTime(b, 9)
}

// syslogStamp reads "Mar  3 01:45:46.123", with a day of the week before it or a year
// behind it too: "Thu Mar 13 01:45:46 UTC 2025".
func syslogStamp(b []byte) (stamp, int) {
	skipped := 0
	if len(b) > 8 && isWeekday(b[:3]) {
		skipped = 4
		if b[3] == ',' {
			skipped = 5
		} else if b[3] != ' ' {
			return stamp{}, 0
		}
		b = b[skipped:]
	}
	month := 0
	if len(b) >= 15 && b[3] == ' ' {
		month = monthOf(b[:3])
	}
	if month == 0 {
		return stamp{}, 0
	}
	day := two(b, 4)
	if b[4] == ' ' {
		day = number(b[5:6])
	}
	s := date(0, month, day)
	at := 7
	if b[6] != ' ' {
		return stamp{}, 0
	}
	if len(b) > 20 && b[11] == ' ' && number(b[7:11]) > 0 { // Mar 13 2025 01:45:46
		s, at = date(number(b[7:11]), month, day), 12
	}
	s, n := s.withTime(b, at)
	if n > 0 && s.form == undated && len(b) >= n+5 && b[n] == ' ' {
		if year := number(b[n+1 : n+5]); year >= minYear && year <= maxYear {
			s.form, s.year, n = dated, int16(year), n+5
		}
	}
	if n == 0 {
		return stamp{}, 0
	}
	return s, n + skipped
}

func daytimeStamp(b []byte) (stamp, int) { return stamp{form: daytime}.withTime(b, 0) }

// klogStamp reads 0313 01:45:46.000000 behind the letter of a klog line, and the form
// with a year, 20250313 01:45:46.000000.
func klogStamp(b []byte) (stamp, int) {
	if len(b) < 13 {
		return stamp{}, 0
	}
	if b[4] == ' ' {
		s := date(0, two(b, 0), two(b, 2))
		return s.withTime(b, 5)
	}
	if len(b) >= 17 && b[8] == ' ' {
		s := date(number(b[:4]), two(b, 4), two(b, 6))
		return s.withTime(b, 9)
	}
	return stamp{}, 0
}

const minYear, maxYear = 1970, 2199

// date is a stamp of a date, of one without a year if that is 0. It has no form if
// there is no such date.
func date(year, month, day int) stamp {
	f := dated
	if year == 0 {
		f = undated
	} else if year < minYear || year > maxYear {
		return stamp{}
	}
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return stamp{}
	}
	return stamp{form: f, year: int16(year), month: int8(month), day: int8(day)}
}

// withTime adds the time of day at b[at:], with its fraction and its zone.
func (s stamp) withTime(b []byte, at int) (stamp, int) {
	if s.form == noStamp || len(b) < at+8 {
		return stamp{}, 0
	}
	t := b[at : at+8]
	h, m, sec := two(t, 0), two(t, 3), two(t, 6)
	if t[2] != ':' || t[5] != ':' || h < 0 || h > 23 || m < 0 || m > 59 || sec < 0 || sec > 60 {
		return stamp{}, 0
	}
	s.nanos = int64(h*3600+m*60+sec) * int64(time.Second)
	at += 8
	if at+1 < len(b) && (b[at] == '.' || b[at] == ',') && isDigit(b[at+1]) {
		nanos, n := fraction(b[at+1:])
		s.nanos += nanos
		at += 1 + n
	}
	return s.withZone(b, at)
}

// withZone adds the zone at b[at:], if there is one. Names other than UTC and GMT are
// ambiguous and stay unread.
func (s stamp) withZone(b []byte, at int) (stamp, int) {
	z := b[at:]
	if len(z) == 0 {
		return s, at
	}
	space := 0
	if z[0] == ' ' {
		space = 1
		z = z[1:]
	}
	if len(z) == 0 {
		return s, at
	}
	switch {
	case z[0] == 'Z' && space == 0:
		s.zoned, at = true, at+1
	case z[0] == '+' || z[0] == '-':
		if seconds, n := offset(z); n > 0 && (space == 0 || n == 5) {
			s.zoned, s.zone, at = true, int32(seconds), at+space+n
			if bytes.HasPrefix(b[at:], []byte(" UTC")) { // as Go prints a time
				at += 4
			}
		}
	case bytes.HasPrefix(z, []byte("UTC")) || bytes.HasPrefix(z, []byte("GMT")):
		s.zoned, at = true, at+space+3
	case isDigit(z[0]) && space == 0, isLetter(z[0]) && space == 0:
		return stamp{}, 0 // it is part of a word
	}
	return s, at
}

// offset reads +01:00, +0100 or +01 (of a zone, in seconds).
func offset(z []byte) (seconds, n int) {
	if len(z) < 3 {
		return 0, 0
	}
	h, m := two(z, 1), 0
	n = 3
	switch {
	case len(z) >= 6 && z[3] == ':' && two(z, 4) >= 0:
		m, n = two(z, 4), 6
	case len(z) >= 5 && two(z, 3) >= 0:
		m, n = two(z, 3), 5
	}
	if h < 0 || h > 23 || m > 59 || n < len(z) && isDigit(z[n]) {
		return 0, 0
	}
	seconds = h*3600 + m*60
	if z[0] == '-' {
		seconds = -seconds
	}
	return seconds, n
}

// fraction reads the digits of a fraction of a second, and returns nanoseconds.
func fraction(b []byte) (nanos int64, n int) {
	scale := int64(100_000_000)
	for n < len(b) && isDigit(b[n]) {
		nanos += int64(b[n]-'0') * scale
		scale /= 10
		n++
	}
	return nanos, n
}

// epochStamp reads a number of seconds, milliseconds, microseconds or nanoseconds
// since 1970, whichever makes it a time of these decades.
func epochStamp(b []byte) (stamp, bool) {
	whole, n := int64(0), 0
	for n < len(b) && n < 19 && isDigit(b[n]) {
		whole = whole*10 + int64(b[n]-'0')
		n++
	}
	var nanos int64
	if rest := b[n:]; len(rest) > 1 && rest[0] == '.' && isDigit(rest[1]) {
		f, m := fraction(rest[1:])
		nanos, n = f, n+1+m
	}
	if n != len(b) || whole < 1e8 {
		return stamp{}, false
	}
	unit := int64(1)
	switch {
	case whole < 1e11:
		if whole > 7_000_000_000 {
			return stamp{}, false
		}
		unit = 1e9
	case whole < 1e14:
		unit = 1e6
	case whole < 1e17:
		unit = 1e3
	}
	if whole > 7_000_000_000*(int64(time.Second)/unit) {
		return stamp{}, false
	}
	return stamp{form: epoch, nanos: whole*unit + nanos/(1e9/unit)}, true
}

// elapsedStamp reads a number of seconds, such as 0012 and 12.345678.
func elapsedStamp(b []byte) (stamp, bool) {
	whole, n := int64(0), 0
	for n < len(b) && n < 9 && isDigit(b[n]) {
		whole = whole*10 + int64(b[n]-'0')
		n++
	}
	nanos := int64(0)
	if n > 0 && n+1 < len(b) && b[n] == '.' {
		f, m := fraction(b[n+1:])
		nanos, n = f, n+1+m
	}
	if n == 0 || n != len(b) {
		return stamp{}, false
	}
	return stamp{form: elapsed, nanos: whole*int64(time.Second) + nanos}, true
}

// two is the value of two digits at b[i:], negative for anything else.
func two(b []byte, i int) int {
	tens, ones := b[i]-'0', b[i+1]-'0'
	if tens > 9 || ones > 9 {
		return -1
	}
	return int(tens)*10 + int(ones)
}

// number is the value of one to four digits, -1 for anything else.
func number(digits []byte) int {
	n := 0
	for _, c := range digits {
		if !isDigit(c) {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func isDigit(c byte) bool  { return c-'0' < 10 }
func isLetter(c byte) bool { return c|0x20-'a' < 26 }

func monthOf(b []byte) int {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(names); i += 3 {
		if string(b) == names[i:i+3] {
			return i/3 + 1
		}
	}
	return 0
}

func isWeekday(b []byte) bool {
	switch string(b) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun":
		return true
	}
	return false
}
