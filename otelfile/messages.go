package otelfile

import (
	"bytes"
	"errors"
	"io"

	"prowtrace/internal/jsonscan"
	"prowtrace/internal/text"
)

// The Collector's file exporter compresses each message by itself, unless it is told to
// compress the file as a whole, and writes its length in four big-endian bytes before it:
// protobuf or JSON, in a zstd frame.
// https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/fileexporter

// isPackedMessages recognizes a length, and behind it what is compressed or JSON.
func isPackedMessages(_ string, head []byte, size int64) bool {
	_, length, ok := bigEndianSize.prefix(head)
	if !ok || length < 2 || int64(length) > max(size, maxPackedMessage) {
		return false
	}
	message := head[4:]
	return packingOf(message) != nil || sniffJSON(message) == FormatOTLPJSON
}

// maxPackedMessage bounds one message, packed and unpacked, in bytes: each is held in
// memory. The Collector's own limit is some MiB.
const maxPackedMessage = 256 << 20

// convertMessages reads messages behind their lengths.
func convertMessages(c *conversion) {
	at := 0
	for !c.stopped() {
		var prefix [4]byte
		n, err := io.ReadFull(c.src, prefix[:])
		if err == io.EOF {
			return
		}
		_, length, _ := bigEndianSize.prefix(prefix[:])
		var message bytes.Buffer
		if err == nil {
			if length > maxPackedMessage {
				c.problems.add(at, ProblemLost, "the message at byte %d claims to have %s: the rest of the file is lost", at, text.Count(int64(length), "byte"))
				return
			}
			var m int64
			m, err = io.CopyN(&message, c.src, int64(length))
			n += int(m)
		}
		if err != nil && c.src.fault == nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				c.problems.add(at, ProblemTorn, "cut off at byte %d, in the message at byte %d: its process was probably killed", at+n, at)
			} else {
				c.problems.add(at, ProblemLost, "cannot read the file at byte %d (%s): the rest is lost", at, text.Quote(err.Error(), maxQuoted))
			}
		}
		if message.Len() > 0 {
			c.packedMessage(message.Bytes(), at, err == nil)
		}
		if err != nil {
			return
		}
		at += n
	}
}

// packedMessage reads one message. Of one that is not whole, its end is not missed.
func (c *conversion) packedMessage(message []byte, at int, whole bool) {
	room := max(0, min(mostStreamed, 64<<20+256*c.src.stored)-c.unpacked) // in all messages together
	content, problem := c.unpacker.unpack(message, min(maxPackedMessage, 64<<20+256*int64(len(message)), room))
	c.unpacked += int64(len(content))
	if problem != nil && whole {
		c.problems.add(at, problem.Kind, "in the message at byte %d: %s", at, problem.Detail)
	}
	switch sniffJSON(content) {
	case FormatOTLPJSON:
		c.json = jsonscan.OfBytes(content)
		c.request()
		c.out.closeResource()
		if err := c.json.Err(); err != nil && whole && problem == nil {
			c.problems.add(at, ProblemSyntax, "in the message at byte %d: invalid JSON: %s; the rest of the message is left out", at, text.Line(err.Error()))
		}
		c.endScanner()
	default:
		if whole && problem == nil {
			c.message(content, at)
			return
		}
		for rest, ok := content, true; ok && len(rest) > 0; {
			var f loose
			if f, rest, ok = cutLoose(rest, false); ok && f.num == 1 {
				c.spans += salvageResource(c.out, f.content)
			}
		}
	}
}
