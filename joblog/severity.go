package joblog

import (
	"bytes"
)

// Severity is how bad a line says its event is. Most lines of a log have none.
type Severity uint8

const (
	NoSeverity Severity = iota
	Debug
	Info
	Warning
	Error
	Fatal
)

func (s Severity) String() string {
	if s > Fatal {
		s = NoSeverity
	}
	return [...]string{"none", "debug", "info", "warning", "error", "fatal"}[s]
}

// levelOf returns the severity that a word in lower case names.
func levelOf(word string) Severity {
	switch word {
	case "trace", "trac", "debug", "debu", "dbg", "verbose", "finest", "finer", "fine":
		return Debug
	case "info", "notice", "note", "information", "informational", "config":
		return Info
	case "warn", "warning", "wrn":
		return Warning
	case "error", "erro", "err", "severe", "fail", "failed", "failure":
		return Error
	case "fatal", "fata", "critical", "crit", "panic", "pani", "dpanic", "emerg", "emergency", "alert", "panicked":
		return Fatal
	}
	return NoSeverity
}

// word returns the severity that b names, in letters of any case.
func word(b []byte) Severity {
	var lower [16]byte
	if len(b) < 3 || len(b) > len(lower) {
		return NoSeverity
	}
	for i, c := range b {
		if !isLetter(c) {
			return NoSeverity
		}
		lower[i] = c | 0x20
	}
	return levelOf(string(lower[:len(b)]))
}

// letter returns the severity that one letter names, as klog and etcd write it.
func letter(c byte) Severity {
	switch c {
	case 'D', 'V':
		return Debug
	case 'I', 'N':
		return Info
	case 'W':
		return Warning
	case 'E':
		return Error
	case 'F', 'C':
		return Fatal
	}
	return NoSeverity
}

// maxFields is how many fields behind a time a level may be: a line of a journal has
// a host, a program and a time of the program's before it.
const maxFields = 6

// stated returns the severity that is stated in the first fields of b.
func stated(b []byte, timed bool) Severity {
	for field := range maxFields {
		b = skipSpace(b)
		if len(b) == 0 {
			return NoSeverity
		}
		end := fieldLen(b)
		if s := fieldSeverity(b[:end], b, field, timed); s != NoSeverity {
			return s
		}
		b = b[end:]
		if !timed {
			return NoSeverity // further on, levels are words of the text
		}
	}
	return NoSeverity
}

// fieldSeverity returns the severity that a field states; rest is the line from the field on.
func fieldSeverity(field, rest []byte, index int, timed bool) Severity {
	first := field[0]
	switch {
	case first == '{':
		return readJSON(rest).severity
	case len(field) == 1:
		if timed && index == 0 && bytes.HasPrefix(rest[1:], []byte(" | ")) {
			return letter(first)
		}
		return NoSeverity
	case len(field) == 5 && isDigit(field[1]):
		if s, _ := klogStamp(rest[1:]); s.form != noStamp {
			return letter(first)
		}
		return NoSeverity
	case len(field) > 6 && first|0x20 == 'l' && (field[5] == '=' || field[3] == '='):
		name, value, _ := bytes.Cut(field, []byte("="))
		if string(name) == "level" || string(name) == "lvl" {
			return word(bytes.Trim(value, `"`))
		}
	case first == ':' || first == '#':
		return annotation(field)
	}
	if open := bytes.IndexByte(field, '['); open > 0 && field[len(field)-1] == ':' { // util.py[WARNING]:
		if s := word(bytes.TrimRight(field[open+1:], "]:")); s != NoSeverity {
			return s
		}
	}
	bare := trimPunctuation(field)
	if len(bare) < 3 || len(bare) > 24 {
		return NoSeverity
	}
	if colon := bytes.IndexByte(bare, ':'); colon < 0 {
		// as usual
	} else if first == '[' {
		bare = bare[colon+1:] // [core:error]
	} else {
		bare = bare[:colon] // ERROR:root:
	}
	s := word(bare)
	if s != NoSeverity && len(bare) == len(field) && !isUpper(bare) {
		return NoSeverity // a word of the text
	}
	return s
}

// annotation reads ##[error] and ::error, as hosted runners write them.
func annotation(field []byte) Severity {
	field = bytes.TrimLeft(field, "#:[")
	n := 0
	for n < len(field) && isLetter(field[n]) {
		n++
	}
	return word(field[:n])
}

// said returns the severity that the text of a line without a stated severity suggests.
func said(b []byte) Severity {
	b = skipSpace(b)
	if len(b) == 0 {
		return NoSeverity
	}
	switch b[0] {
	case 'p', 'f', 'F', 'E', 'e', 'T', 'C', 'n', 'w', 'W', 'U', '-':
		for _, opening := range openings {
			if opening.text[0] == b[0] && bytes.HasPrefix(b, []byte(opening.text)) {
				return opening.severity
			}
		}
	}
	if bytes.HasPrefix(b, []byte("make")) && bytes.Contains(b, []byte(": *** ")) {
		return Error
	}
	if i := bytes.Index(b, []byte("rror: ")); i > 0 && b[i-1]|0x20 == 'e' {
		return Error
	}
	return NoSeverity
}

// openings are the beginnings of lines that report a fault without a level.
var openings = [...]struct {
	text     string
	severity Severity
}{
	{"panic: ", Fatal},
	{"fatal error: ", Fatal},
	{"fatal: ", Fatal},
	{"failed: (", Error},
	{"flaked: (", Warning},
	{"failed to ", Error},
	{"Failed to ", Error},
	{"FAIL\t", Error},
	{"FAIL!", Error},
	{"--- FAIL", Error},
	{"Error from server", Error},
	{"Error ", Error},
	{"error ", Error},
	{"E: ", Error},
	{"W: ", Warning},
	{"npm ERR!", Error},
	{"npm error", Error},
	{"npm WARN", Warning},
	{"npm warn", Warning},
	{"Traceback (most recent call last)", Error},
	{"Exception in thread", Error},
	{"Caused by: ", Error},
	{"Unhandled exception", Error},
}

func skipSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// fieldLen returns the length up to the next space, tab or bar.
func fieldLen(b []byte) int {
	for i, c := range b {
		if c == ' ' || c == '\t' || c == '|' && i > 0 {
			return i
		}
	}
	return len(b)
}

func trimPunctuation(b []byte) []byte {
	for len(b) > 0 && !isLetter(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && !isLetter(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isUpper(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}
