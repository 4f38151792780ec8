package joblog

import (
	"bytes"
)

// head is what a line says before its text.
type head struct {
	stamp    stamp
	severity Severity
}

// readHead reads the time and the severity of a line. It looks at a bounded part.
func readHead(line []byte) head {
	b := line[:min(len(line), maxHead)]
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] >= 0x80) { // indented, framed
		b = b[1:]
	}
	if len(b) == 0 {
		return head{}
	}
	switch b[0] {
	case 'I', 'W', 'E', 'F', 'D':
		if len(b) > 13 && isDigit(b[1]) {
			if s, n := klogStamp(b[1:]); n > 0 {
				return head{s, letter(b[0])}
			}
		}
	case '{':
		start := len(line[:min(len(line), maxHead)]) - len(b)
		return readJSON(line[start:min(len(line), maxJSON)])
	case '+':
		if h, ok := readCommand(b); ok {
			return h
		}
	case '<':
		if h, ok := readSyslog(b); ok {
			return h
		}
	}
	h, rest := readOpening(b)
	timed := h.stamp.form != noStamp
	if !timed {
		h.stamp = trailingStamp(line)
	}
	if h.severity == NoSeverity {
		h.severity = stated(rest, timed)
	}
	if h.severity == NoSeverity {
		h.severity = said(rest)
	}
	return h
}

// readCommand reads a line of set -x. Its text is a command's, whatever it holds.
func readCommand(b []byte) (head, bool) {
	rest := bytes.TrimLeft(b, "+")
	if len(rest) == 0 || rest[0] != ' ' && rest[0] != '[' {
		return head{}, false
	}
	s, _ := leadingStamp(skipSpace(rest))
	return head{stamp: s}, true
}

// readSyslog reads <34>1 2025-03-13T01:45:46.003Z (RFC 5424) and <34>Mar 13 01:45:46
// (RFC 3164). The number holds the severity.
func readSyslog(b []byte) (head, bool) {
	end := bytes.IndexByte(b[:min(len(b), 5)], '>')
	if end < 2 {
		return head{}, false
	}
	priority := number(b[1:end])
	if priority < 0 || priority > 191 {
		return head{}, false
	}
	severity := syslogLevel(priority & 7)
	rest := b[end+1:]
	if len(rest) > 2 && rest[0] == '1' && rest[1] == ' ' {
		rest = rest[2:]
	}
	s, _ := leadingStamp(rest)
	return head{s, severity}, true
}

// syslogLevel is the severity of a level from 0 (emergency) to 7 (debug).
func syslogLevel(level int) Severity {
	return [8]Severity{Fatal, Fatal, Fatal, Error, Warning, Info, Info, Debug}[level&7]
}

// readOpening reads the time at the start of a line and what comes with it, and
// returns the rest.
func readOpening(b []byte) (head, []byte) {
	switch c := b[0]; {
	case c == '[':
		if s, ok := bracketed(b[1:]); ok { // [   12.345678], of the kernel
			return head{stamp: s}, b[bytes.IndexByte(b, ']')+1:]
		}
	case c == 't' || c == 'l':
		return readLogfmt(b)
	case c == 'p' || c == 'f' || c == 's':
		if s, rest := testStamp(b); s.form != noStamp {
			return head{stamp: s}, rest
		}
		return head{}, b
	case c == 'I' || c == 'W' || c == 'E' || c == 'F' || c == 'D' || c == 'P' || c == 'T':
		if len(b) > 6 && b[4] == '[' {
			return readLogrus(b)
		}
	}
	if s, rest := leadingStamp(b); s.form != noStamp {
		return head{stamp: s}, rest
	}
	if s, rest := accessLog(b); s.form != noStamp {
		return head{stamp: s}, rest
	}
	return head{}, b
}

// bracketed reads seconds up to a closing bracket.
func bracketed(b []byte) (stamp, bool) {
	end := bytes.IndexByte(b[:min(len(b), 20)], ']')
	if end < 0 || bytes.IndexByte(b[:end], '.') < 0 {
		return stamp{}, false
	}
	return elapsedStamp(skipSpace(b[:end]))
}

// readLogrus reads INFO[2025-03-13T01:45:46Z] and INFO[0012].
func readLogrus(b []byte) (head, []byte) {
	severity := word(b[:4])
	end := bytes.IndexByte(b[:min(len(b), 48)], ']')
	if severity == NoSeverity || end < 0 {
		return head{}, b
	}
	inside := b[5:end]
	if s, ok := elapsedStamp(inside); ok {
		return head{s, severity}, b[end+1:]
	}
	s, _ := readStamp(inside)
	return head{s, severity}, b[end+1:]
}

// maxLogfmt is how far into a line of key=value pairs its time is searched for.
const maxLogfmt = 128

// readLogfmt reads the time of a line of key=value pairs that begins with it, or with
// the level.
func readLogfmt(b []byte) (head, []byte) {
	first := b[:min(len(b), maxLogfmt)]
	key, value, _ := bytes.Cut(first, []byte("="))
	switch string(key) {
	case "time", "ts", "t", "timestamp":
		s, rest := leadingStamp(value)
		if s.form == noStamp {
			n := fieldLen(value)
			s, _ = epochStamp(value[:n])
			rest = value[n:]
		}
		if s.form != noStamp {
			return head{stamp: s}, b[len(first)-len(rest):]
		}
	case "level", "lvl":
		for _, name := range []string{" ts=", " time="} {
			if _, value, ok := bytes.Cut(first, []byte(name)); ok {
				s, _ := leadingStamp(value)
				return head{stamp: s}, b
			}
		}
	}
	return head{}, b
}

// testStamp reads passed: (1.3s) 2026-01-19T19:47:37 "…", as openshift-tests writes.
func testStamp(b []byte) (stamp, []byte) {
	word, rest, ok := bytes.Cut(b[:min(len(b), 64)], []byte(": ("))
	if !ok {
		return stamp{}, b
	}
	switch string(word) {
	case "passed", "failed", "skipped", "flaked":
	default:
		return stamp{}, b
	}
	_, rest, ok = bytes.Cut(rest, []byte(") "))
	if !ok {
		return stamp{}, b
	}
	s, _ := leadingStamp(rest)
	return s, b
}

// accessLog reads 10.0.0.1 - - [13/Mar/2025:01:45:46 +0000] "GET /…".
func accessLog(b []byte) (stamp, []byte) {
	if c := b[0]; !isDigit(c) && c != ':' && c != '-' && !isLetter(c) {
		return stamp{}, b
	}
	open := bytes.IndexByte(b[:min(len(b), 128)], '[')
	if open < 5 || len(b) < open+22 || b[open+3] != '/' || b[open+7] != '/' {
		return stamp{}, b
	}
	return leadingStamp(b[open:])
}

// trailingStamp reads … @ 03/13/25 01:50:03.123 at the end of a line, as Ginkgo writes it,
// with or without a duration in brackets after it.
func trailingStamp(line []byte) stamp {
	const size = len("@ 03/13/25 01:50:03.123")
	if n := len(line); n > size && line[n-1] == ')' {
		if open := bytes.LastIndexByte(line[n-min(n, 24):], '('); open > 0 {
			line = bytes.TrimRight(line[:n-min(n, 24)+open], " ")
		}
	}
	n := len(line)
	if n < size || !isDigit(line[n-1]) {
		return stamp{}
	}
	at := bytes.LastIndexByte(line[n-size:], '@')
	if at < 0 {
		// fractions without trailing zeros are shorter, never longer
		return stamp{}
	}
	tail := line[n-size+at:]
	if len(tail) < 19 || tail[1] != ' ' || tail[4] != '/' {
		return stamp{}
	}
	s, length := readStamp(tail[2:])
	if length != len(tail)-2 {
		return stamp{}
	}
	return s
}
