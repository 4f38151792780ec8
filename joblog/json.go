package joblog

import (
	"bytes"
)

// readJSON reads the time and the severity of a line that is a JSON object, from the
// fields that loggers use. It looks at the object's own fields, up to the first fault.
// A line within a field is read too, but no further one within that: inside of a string
// there are no quotation marks without a backslash.
func readJSON(b []byte) head {
	var h head
	failed := false
	for o := (object{rest: b[1:]}); o.next(); {
		switch string(o.key) {
		case "time", "ts", "timestamp", "@timestamp", "Time", "t", "asctime", "stageTimestamp", "__REALTIME_TIMESTAMP":
			if h.stamp.form == noStamp {
				h.stamp = jsonTime(o.value)
			}
		case "level", "severity", "lvl", "levelname", "log.level", "Level", "loglevel":
			h.severity = max(h.severity, jsonLevel(o.value))
		case "PRIORITY":
			if n := number(o.value); len(o.value) == 1 && n >= 0 {
				h.severity = syslogLevel(n)
			}
		case "err", "error":
			failed = failed || o.quoted && len(o.value) > 0
		case "Action":
			failed = failed || string(o.value) == "fail"
		case "log", "MESSAGE":
			if h.severity == NoSeverity && len(o.value) > 0 {
				h.severity = readHead(o.value[:min(len(o.value), maxHead)]).severity
			}
		}
		if h.severity != NoSeverity && h.stamp.form != noStamp {
			return h
		}
	}
	if failed && h.severity == NoSeverity {
		h.severity = Error
	}
	return h
}

func jsonTime(value []byte) stamp {
	if s, ok := epochStamp(value); ok {
		return s
	}
	s, _ := readStamp(value)
	return s
}

// jsonLevel reads a level's name, or its number as Node.js programs write it.
func jsonLevel(value []byte) Severity {
	if n := number(value); len(value) == 2 && n >= 10 {
		return [...]Severity{NoSeverity, Debug, Debug, Info, Warning, Error, Fatal, Fatal, Fatal, Fatal}[n/10]
	}
	return word(value)
}

// object goes through the fields of an encoded object. It does not decode strings:
// names and values with escapes are as they are written.
type object struct {
	rest       []byte
	key, value []byte
	quoted     bool // value is the inside of a string
}

func (o *object) next() bool {
	b := skipJSON(o.rest)
	if len(b) == 0 || b[0] != '"' {
		return false
	}
	n := stringLen(b)
	if n == 0 {
		return false
	}
	o.key = b[1 : n-1]
	b = skipJSON(b[n:])
	if len(b) == 0 {
		return false
	}
	switch o.quoted = false; b[0] {
	case '"':
		n = stringLen(b)
		if n == 0 {
			return false
		}
		o.value, o.quoted = b[1:n-1], true
	case '{', '[':
		n = nestedLen(b)
		o.value = nil
	default:
		n = 0
		for n < len(b) && b[n] != ',' && b[n] != '}' && b[n] > ' ' {
			n++
		}
		o.value = b[:n]
	}
	o.rest = b[n:]
	return n > 0
}

// skipJSON skips white space, commas and colons.
func skipJSON(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == ',' || b[0] == ':' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// stringLen is the length of the string that b starts with, with its quotation marks,
// 0 if it does not end.
func stringLen(b []byte) int {
	for i := 1; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		i += n + 1
		slashes := 0
		for j := i - 2; j > 0 && b[j] == '\\'; j-- {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
	}
}

// nestedLen is the length of the object or array that b starts with, 0 if it does not
// end.
func nestedLen(b []byte) int {
	depth := 0
	for i := 0; i < len(b); {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			n := stringLen(b[i:])
			if n == 0 {
				return 0
			}
			i += n
			continue
		}
		i++
	}
	return 0
}
