package otelfile

import (
	"bytes"

	"prowtrace/internal/jsonscan"
)

// isJSON recognizes JSON of a format.
func isJSON(format Format) func(string, []byte, int64) bool {
	return func(_ string, head []byte, _ int64) bool { return sniffJSON(head) == format }
}

// sniffJSON tells formats apart by the first keys that only one of them has.
func sniffJSON(head []byte) Format {
	s := jsonscan.OfBytes(bytes.TrimPrefix(head, []byte("\ufeff")))
	for s.Next() == '[' && s.Array() { // Zipkin's API has lists of lists
		if !s.Element() {
			return FormatUnknown
		}
	}
	if s.Next() != '{' || !s.Object() {
		return FormatUnknown
	}
	if format := sniffObject(s); format != FormatUnknown {
		return format
	}
	for _, sign := range []string{`"resourceSpans"`, `"resource_spans"`} { // behind what is longer than is looked at
		if s.Err() != nil && bytes.Contains(head, []byte(sign)) {
			return FormatOTLPJSON
		}
	}
	return FormatUnknown
}

func sniffObject(s *jsonscan.Scanner) Format {
	zipkin := 0
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch camel(key) {
		case "resourceSpans", "batches", "resourceMetrics", "resourceLogs", "resourceProfiles":
			return FormatOTLPJSON
		case "trace":
			if s.Next() == '{' && s.Object() {
				return sniffObject(s)
			}
		case "data":
			if s.Next() == '[' && s.Array() {
				return sniffData(s)
			}
		case "traceID", "spans", "processes":
			return FormatJaeger
		case "traceId", "id":
			zipkin++
		}
		if zipkin == 2 {
			return FormatZipkin
		}
		s.Skip()
	}
	return FormatUnknown
}

// sniffData looks at the list of an answer of Jaeger's API, which may be empty.
func sniffData(s *jsonscan.Scanner) Format {
	if !s.Element() {
		if s.Err() != nil {
			return FormatUnknown
		}
		return FormatJaeger
	}
	if s.Next() != '{' || !s.Object() {
		return FormatUnknown
	}
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch string(key) {
		case "traceID", "spans", "processes":
			return FormatJaeger
		}
		s.Skip()
	}
	return FormatUnknown
}

func isOTLP(_ string, head []byte, size int64) bool {
	_, ok := protoFraming(head, size)
	return ok
}
