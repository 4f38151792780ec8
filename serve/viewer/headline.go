package viewer

import (
	"bytes"
	"math"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
)

// headline is what a line of a list shows of a span besides its columns.
type headline struct {
	subject string  // what tells this call from others of the same name, or ""
	message string  // of the status, else the kind of error, or ""
	events  []int64 // Unix ns, of the first events
	flaky   bool    // a test that failed, and passed when it was tried again
}

// subjectKeys are the attributes that say most of a call, the best first.
var subjectKeys = []string{"args", "url.full", "http.url", "db.query.text", "rpc.method", "k8s.resource.name", "exception.message"}

// headlineBytes bounds each text of a headline.
const headlineBytes = 300

// readHeadline reads the headline of an encoded span without decoding the rest
// of it: a list of thousands of spans stays fast whatever else is in them. What
// cannot be read is left out.
func readHeadline(span []byte) (h headline) {
	best := len(subjectKeys)
	for num, field := range otlpwire.Messages(span) {
		switch num {
		case 9: // attributes
			key, value := otlpwire.KeyValue(field)
			if string(key) == "error.type" && h.message == "" {
				h.message = textValue(value)
			}
			h.flaky = h.flaky || string(key) == "prow.flaky" && isTrue(value)
			for i := range best {
				if string(key) == subjectKeys[i] {
					if text := textValue(value); text != "" {
						best, h.subject = i, text
					}
					break
				}
			}
		case 11: // events
			if at := eventTime(field); at > 0 && len(h.events) < maxEvents {
				h.events = append(h.events, at)
			}
		case 15: // status
			if message := otlpwire.Bytes(field, 2); len(message) > 0 {
				h.message = clipBytes(message)
			}
		}
	}
	return h
}

// eventTime gives the time of an encoded event in Unix ns, or 0.
func eventTime(event []byte) int64 { return int64(min(otlpwire.Fixed64(event, 1), math.MaxInt64)) }

// isTrue reports an encoded value that is the boolean true.
func isTrue(value []byte) bool {
	num, v, _, _, ok := otlpwire.Cut(value)
	return ok && num == 2 && v != 0
}

// textValue gives the string of an encoded value, or the strings of an array
// with spaces between them. The first element of an array, which is a command's
// program, is given without its folder.
func textValue(value []byte) string {
	for num, field := range otlpwire.Messages(value) {
		switch num {
		case 1: // string_value
			return clipBytes(field)
		case 5: // array_value
			var parts []string
			total := 0
			for _, element := range otlpwire.Messages(field) {
				part := otlpwire.Bytes(element, 1)
				if total += len(part) + 1; total > headlineBytes {
					parts = append(parts, "…")
					break
				}
				if len(parts) == 0 {
					part = part[bytes.LastIndexByte(part, '/')+1:]
				}
				parts = append(parts, clipBytes(part))
			}
			return strings.Join(parts, " ")
		}
	}
	return ""
}

func clipBytes(b []byte) string {
	return text.Clip(string(b[:min(len(b), headlineBytes+1)]), headlineBytes)
}
