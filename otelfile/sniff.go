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
	FormatUnknown  Format = iota // no known format; Records tells what it looks like
	FormatEmpty                  // no bytes
	FormatOtel                   // the kOps exporter's framed protobuf
	FormatOTLP                   // OTLP's protobuf, one message, or many behind their lengths
	FormatOTLPJSON               // OTLP's JSON, one message, or many, such as one a line
	FormatPacked                 // messages behind their lengths, each compressed or JSON
	FormatJaeger                 // JSON of Jaeger's API, as its UI downloads it
	FormatZipkin                 // Zipkin's JSON, version 2
)

// A reader is a row of the table of formats.
type reader struct {
	format Format
	name   string

	// is recognizes the beginning of a file of the given name and size.
	is func(name string, head []byte, size int64) bool

	// convert makes OTLP's protobuf of a stream; nil: records are read where they lie.
	convert func(*conversion)
}

// readers is the table, in the order of trial.
func readers() []reader {
	return []reader{
		{FormatOtel, "otel", func(name string, head []byte, _ int64) bool { return isOtel(name, head) }, nil},
		{FormatPacked, "otlp, packed messages", isPackedMessages, convertMessages},
		{FormatOTLP, "otlp", isOTLP, nil},
		{FormatOTLPJSON, "otlp json", isJSON(FormatOTLPJSON), convertOTLPJSON},
		{FormatJaeger, "jaeger json", isJSON(FormatJaeger), convertJaeger},
		{FormatZipkin, "zipkin json", isJSON(FormatZipkin), convertZipkin},
	}
}

// String returns the format's name.
func (f Format) String() string {
	for _, r := range readers() {
		if r.format == f {
			return r.name
		}
	}
	if f == FormatEmpty {
		return "empty"
	}
	return "unknown"
}

// sniffed is how many bytes of a file are looked at to recognize it.
const sniffed = 64 << 10

// recognize finds the reader of unpacked content by its beginning. Where there is none, it
// says what the content looks like, as the rest of a sentence.
func recognize(name string, head []byte, size int64) (r reader, foreign string) {
	if size == 0 {
		return reader{format: FormatEmpty}, ""
	}
	head = head[:min(len(head), sniffed)]
	for _, r := range readers() {
		if r.is(name, head, size) {
			return r, ""
		}
	}
	return reader{}, lookalike(head)
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
	{"\x28\xb5\x2f\xfd", "it is still zstd after two layers were unpacked"},
	{"\xff\xfe", utf16Text},
	{"\xfe\xff", utf16Text},
	{"\xfd7zXZ\x00", "it looks like xz-compressed data"},
	{"BZh", "it looks like bzip2-compressed data"},
	{"PK\x03\x04", "it looks like a zip archive"},
	{"\x7fELF", "it looks like a program"},
	{"<!doctype html", "it looks like a web page, perhaps an error or login page that was saved instead of the file"},
	{"<html", "it looks like a web page, perhaps an error or login page that was saved instead of the file"},
	{"<?xml", "it looks like XML, perhaps an error of the object store that was saved instead of the file"},
	{"{\x00", utf16Text},
	{"[\x00", utf16Text},
	{"\x00{", utf16Text},
	{"\x00[", utf16Text},
	{"{", "it is JSON, but not of OTLP, Jaeger or Zipkin"},
	{"[", "it is JSON, but not of OTLP, Jaeger or Zipkin"},
}

const utf16Text = "it looks like text in UTF-16, as PowerShell writes it; JSON must be in UTF-8"

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
