package otelfile

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"path"
	"strings"
)

// Format is what a file's content was recognized as.
type Format int

const (
	FormatUnknown Format = iota // no known format; Records tells what it looks like
	FormatEmpty                 // no bytes
	FormatOtel                  // the kOps exporter's framed protobuf
)

// String returns the format's name.
func (f Format) String() string {
	switch f {
	case FormatEmpty:
		return "empty"
	case FormatOtel:
		return "otel"
	default:
		return "unknown"
	}
}

// sniff recognizes unpacked content. For FormatUnknown it also says what the content
// looks like, as the rest of a sentence.
func sniff(name string, data []byte) (Format, string) {
	switch {
	case len(data) == 0:
		return FormatEmpty, ""
	case isOtel(name, data):
		return FormatOtel, ""
	default:
		return FormatUnknown, lookalike(data)
	}
}

// maxDeclaration is the longest first payload that is believed to be a declaration.
const maxDeclaration = 4 << 10

// isOtel looks for a declaration at the start: type code 1, no flags, a small length,
// a right checksum. Where a killed writer left only the header, that must do; where
// there is less, or the checksum is wrong, the name decides.
func isOtel(name string, data []byte) bool {
	named := path.Ext(strings.TrimSuffix(name, ".gz")) == ".otel"
	h, ok := parseHeader(data)
	if !ok {
		return named && data[0] == 0 // the top byte of any believable length
	}
	if h.code != codeObjectType || h.flags != 0 || h.length > maxDeclaration {
		return false
	}
	payload, ok := h.payload(data)
	return named || !ok || crc32.Checksum(payload, castagnoli) == h.checksum
}

// lookalikes are signs at the start of a file, in order of trial; text is matched in
// lower case with leading space removed.
var lookalikes = []struct{ sign, what string }{
	{"\x1f\x8b\x08", "it is still gzip after two layers were unpacked"},
	{"\x28\xb5\x2f\xfd", "it looks like zstd-compressed data"},
	{"\xfd7zXZ\x00", "it looks like xz-compressed data"},
	{"BZh", "it looks like bzip2-compressed data"},
	{"PK\x03\x04", "it looks like a zip archive"},
	{"\x7fELF", "it looks like a program"},
	{"<!doctype html", "it looks like a web page, perhaps an error or login page that was saved instead of the file"},
	{"<html", "it looks like a web page, perhaps an error or login page that was saved instead of the file"},
	{"<?xml", "it looks like XML, perhaps an error of the object store that was saved instead of the file"},
	{"{", "it looks like JSON"},
	{"[", "it looks like JSON"},
}

// lookalike says what foreign content looks like.
func lookalike(data []byte) string {
	head := data[:min(len(data), 512)]
	lower := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"))
	for _, l := range lookalikes {
		if bytes.HasPrefix(head, []byte(l.sign)) || bytes.HasPrefix(lower, []byte(l.sign)) {
			return l.what
		}
	}
	switch {
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return "it looks like a tar archive"
	case !bytes.ContainsFunc(head, isControl):
		return "it looks like text"
	default:
		return fmt.Sprintf("it begins with the bytes % x", head[:min(len(head), headerSize)])
	}
}

// isControl reports a character that does not occur in text files.
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
}
