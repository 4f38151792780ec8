package runfile

import (
	"bytes"
	"regexp"
	"strconv"
	"unicode/utf8"
)

// withoutOutput leaves out what tests have printed, the elements system-out and
// system-err: most of many JUnit files, never shown, and slow to read as XML. It
// knows of comments and of CDATA, in which there are no elements.
func withoutOutput(data []byte) []byte {
	var kept []byte
	from := 0 // of what is kept next
	for at := tag(data, 0); at < len(data); at = tag(data, at+1) {
		rest := data[at:]
		if !bytes.HasPrefix(rest, []byte("<system-out")) && !bytes.HasPrefix(rest, []byte("<system-err")) {
			continue
		}
		kept = append(kept, data[from:at]...)
		from = printed(data, at, "</"+string(rest[1:len("<system-out")]))
		at = from - 1
	}
	if kept == nil {
		return data
	}
	return append(kept, data[from:]...)
}

// printed is the end of the element that begins at a tag. One that breaks off
// ends with the file.
func printed(data []byte, at int, closing string) int {
	begun := after(data, at, ">")
	if bytes.HasSuffix(data[:begun], []byte("/>")) {
		return begun
	}
	for at = tag(data, begun); at < len(data); at = tag(data, at+1) {
		if bytes.HasPrefix(data[at:], []byte(closing)) {
			return after(data, at, ">")
		}
	}
	return len(data)
}

// tag is the index of the next < that is not CDATA's, a comment's, or in one, or
// else the end.
func tag(data []byte, at int) int {
	for {
		i := bytes.IndexByte(data[at:], '<')
		if i < 0 {
			return len(data)
		}
		at += i
		switch {
		case bytes.HasPrefix(data[at:], []byte("<![CDATA[")):
			at = after(data, at, "]]>")
		case bytes.HasPrefix(data[at:], []byte("<!--")):
			at = after(data, at, "-->")
		default:
			return at
		}
	}
}

// after is the index behind the next occurrence of a text, or the end.
func after(data []byte, at int, text string) int {
	if i := bytes.Index(data[at:], []byte(text)); i >= 0 {
		return at + i + len(text)
	}
	return len(data)
}

// legalXML replaces what no XML may hold but test output does: control characters,
// also as references, and broken UTF-8. It copies only if it must.
func legalXML(data []byte) []byte {
	data = bytes.ToValidUTF8(data, []byte("?"))
	if bytes.ContainsFunc(data, illegal) {
		data = bytes.Map(func(c rune) rune {
			if illegal(c) {
				return ' '
			}
			return c
		}, data)
	}
	if !bytes.Contains(data, []byte("&#")) {
		return data
	}
	return reference.ReplaceAllFunc(data, func(ref []byte) []byte {
		digits, radix := string(ref[2:len(ref)-1]), 10
		if digits[0] == 'x' || digits[0] == 'X' {
			digits, radix = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, radix, 32)
		if err != nil || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) || illegal(rune(n)) {
			return []byte(" ")
		}
		return ref
	})
}

func illegal(c rune) bool {
	return c < 0x20 && c != '\n' && c != '\t' && c != '\r' || c == 0xfffe || c == 0xffff
}

var reference = regexp.MustCompile(`&#(?:[xX][0-9a-fA-F]+|[0-9]+);`)
