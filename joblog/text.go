package joblog

import (
	"bytes"
)

// Text appends to dst what line i shows on a terminal, at most limit bytes: without
// colours and other escapes, and only the last state of a progress bar. Other
// control characters and invalid UTF-8 stay as they are, so the text is not yet safe to print.
func (l *Log) Text(dst []byte, i, limit int) []byte {
	line := chomp(l.Raw(i))
	if l.lines[i].clean() {
		return append(dst, line[:min(len(line), max(limit, 0))]...)
	}
	return appendText(dst, line, limit)
}

const (
	escape = 0x1b
	bell   = 0x07
)

// isUnclean reports whether the text of a line may differ from its bytes.
func isUnclean(line []byte) bool {
	return bytes.IndexByte(line, escape) >= 0 || bytes.IndexByte(line, '\r') >= 0
}

// appendText appends at most limit bytes of the text of line to dst.
func appendText(dst, line []byte, limit int) []byte {
	line = bytes.TrimRight(line, "\r\n")
	if i := bytes.LastIndexByte(line, '\r'); i >= 0 {
		line = line[i+1:]
	}
	for limit > 0 && len(line) > 0 {
		n := bytes.IndexByte(line, escape)
		if n < 0 {
			n = len(line)
		}
		kept := min(n, limit)
		dst = append(dst, line[:kept]...)
		limit -= kept
		line = line[n:]
		line = line[EscapeLen(line):]
	}
	return dst
}

// EscapeLen returns the length of the escape sequence (ECMA-48) that b starts with:
// CSI up to its final byte, strings up to BEL or ST, else the intermediate bytes and
// one more. A sequence that does not end ends with the line.
func EscapeLen(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	i := 2
	switch b[1] {
	case '[':
		for i < len(b) && (b[i] < 0x40 || b[i] > 0x7e) {
			i++
		}
	case ']', 'P', 'X', '^', '_':
		for i < len(b) && b[i] != bell && b[i] != escape {
			i++
		}
		if i+1 < len(b) && b[i] == escape {
			i++
		}
	default:
		for i = 1; i < len(b) && b[i] >= 0x20 && b[i] <= 0x2f; {
			i++
		}
	}
	return min(i+1, len(b))
}

// Command returns the command that a shell printed before it ran it (set -x), and
// whether text is such a line: one plus or more, the time if the script asked for it,
// and the command. The result aliases text.
func Command(text []byte) (command []byte, ok bool) {
	rest := bytes.TrimLeft(text, "+")
	if len(rest) == len(text) || len(rest) < 2 || rest[0] != ' ' && rest[0] != '[' {
		return nil, false
	}
	_, rest = leadingStamp(bytes.TrimLeft(rest, " "))
	rest = bytes.TrimLeft(rest, " \t:")
	return rest, len(rest) > 0
}

// Klog splits a line that klog wrote: the id of the process, the place in its source
// ("up.go:271") and the message. ok is false for lines of other forms. The results
// alias text.
func Klog(text []byte) (pid int64, source, message []byte, ok bool) {
	b := skipSpace(text)
	if len(b) < 14 || letter(b[0]) == NoSeverity || !isDigit(b[1]) {
		return 0, nil, nil, false
	}
	_, n := klogStamp(b[1:])
	if n == 0 {
		return 0, nil, nil, false
	}
	b = skipSpace(b[1+n:])
	digits := 0
	for ; digits < len(b) && digits < 10 && isDigit(b[digits]); digits++ {
		pid = pid*10 + int64(b[digits]-'0')
	}
	if digits == 0 || digits == len(b) || b[digits] != ' ' {
		return 0, nil, nil, false
	}
	b = skipSpace(b[digits:])
	source, message, ok = bytes.Cut(b[:len(b):len(b)], []byte("]"))
	if !ok || len(source) > maxSource || bytes.IndexByte(source, ':') < 0 {
		return 0, nil, nil, false
	}
	return pid, source, bytes.TrimPrefix(message, []byte(" ")), true
}

// maxSource is how long the place in a source may be, in bytes.
const maxSource = 128
