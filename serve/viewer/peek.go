package viewer

import (
	"bytes"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// glance is what a line of a list shows of a span besides its columns.
type glance struct {
	hint    string  // what tells this call from others of the same name, or ""
	message string  // of the status, else the kind of error, or ""
	events  []int64 // Unix ns, of the first events
}

// hints are the attributes that say most of a call, the best first.
var hints = []string{"args", "url.full", "http.url", "db.query.text", "rpc.method", "k8s.resource.name", "exception.message"}

// glanceBytes bounds the text of a glance.
const glanceBytes = 300

// peek reads a glance from an encoded span without decoding the rest of it: a
// list of thousands of spans stays fast whatever else is in them. What cannot
// be read is left out.
func peek(span []byte) (g glance) {
	best := len(hints)
	for num, field := range fields(span) {
		switch num {
		case 9: // attributes
			key, value := keyValue(field)
			if string(key) == "error.type" && g.message == "" {
				g.message = firstText(value)
			}
			for i := range best {
				if string(key) == hints[i] {
					if text := firstText(value); text != "" {
						best, g.hint = i, text
					}
					break
				}
			}
		case 11: // events
			if at := timeOf(field); at > 0 && len(g.events) < maxEvents {
				g.events = append(g.events, at)
			}
		case 15: // status
			for num, field := range fields(field) {
				if num == 2 && len(field) > 0 {
					g.message = clipBytes(field)
				}
			}
		}
	}
	return g
}

// timeOf gives the time of an encoded event, or 0.
func timeOf(event []byte) int64 {
	for b := event; len(b) > 0; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return 0
		}
		if num == 1 && typ == protowire.Fixed64Type {
			at, _ := protowire.ConsumeFixed64(b[n:])
			return int64(min(at, math.MaxInt64))
		}
		size := protowire.ConsumeFieldValue(num, typ, b[n:])
		if size < 0 {
			return 0
		}
		b = b[n+size:]
	}
	return 0
}

// fields ranges over the length-delimited fields of a message, up to the first
// that is broken.
func fields(b []byte) func(yield func(protowire.Number, []byte) bool) {
	return func(yield func(protowire.Number, []byte) bool) {
		for len(b) > 0 {
			num, typ, n := protowire.ConsumeTag(b)
			if n < 0 {
				return
			}
			size := protowire.ConsumeFieldValue(num, typ, b[n:])
			if size < 0 {
				return
			}
			if typ == protowire.BytesType {
				if field, _ := protowire.ConsumeBytes(b[n:]); !yield(num, field) {
					return
				}
			}
			b = b[n+size:]
		}
	}
}

func keyValue(b []byte) (key, value []byte) {
	for num, field := range fields(b) {
		switch num {
		case 1:
			key = field
		case 2:
			value = field
		}
	}
	return key, value
}

// firstText gives a string value, or the strings of an array with spaces
// between them.
func firstText(value []byte) string {
	for num, field := range fields(value) {
		switch num {
		case 1: // string_value
			return clipBytes(field)
		case 5: // array_value
			var parts []string
			total := 0
			for _, element := range fields(field) {
				part := firstString(element)
				if total += len(part) + 1; total > glanceBytes {
					parts = append(parts, "…")
					break
				}
				if len(parts) == 0 { // a command: its folder says nothing
					part = part[bytes.LastIndexByte(part, '/')+1:]
				}
				parts = append(parts, clipBytes(part))
			}
			return strings.Join(parts, " ")
		}
	}
	return ""
}

func firstString(value []byte) []byte {
	for num, field := range fields(value) {
		if num == 1 {
			return field
		}
	}
	return nil
}

func clipBytes(b []byte) string { return clip(string(b[:min(len(b), glanceBytes+1)]), glanceBytes) }
