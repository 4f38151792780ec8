package push

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
)

// An answer is the receiver's answer to a request that it accepted.
type answer struct {
	rejected int64 // spans that it did not keep
	message  string
}

// readAnswer reads an ExportTraceServiceResponse. Broken parts are ignored.
func readAnswer(b []byte) (a answer) {
	partial := otlpwire.Bytes(b, 1)
	a.message = quoted(otlpwire.Bytes(partial, 2))
	a.rejected = int64(varint(partial, 1))
	return a
}

// mostSaid bounds each text from a receiver that is kept, in bytes.
const mostSaid = 500

// quoted is a text from a receiver, cut to the length that is kept: it can have megabytes.
func quoted[T string | []byte](said T) string {
	return strings.ToValidUTF8(string(said[:min(len(said), mostSaid)]), "")
}

// varint gives the last varint of a field.
func varint(b []byte, num protowire.Number) (v uint64) {
	c := otlpwire.Read(b)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num == num && f.Typ == protowire.VarintType {
			v = f.Value
		}
	}
	return v
}

// againCodes are the codes after which the OTLP specification lets a client retry a request.
var againCodes = map[codes.Code]bool{
	codes.Canceled: true, codes.DeadlineExceeded: true, codes.Aborted: true, codes.OutOfRange: true, codes.Unavailable: true, codes.DataLoss: true,
	// The specification also requires a RetryInfo. Receivers that limit rates send none, and
	// the spans that they refuse would be lost.
	codes.ResourceExhausted: true,
}

// againStatuses are the same for HTTP.
var againStatuses = map[int]bool{
	http.StatusTooManyRequests: true, http.StatusBadGateway: true, http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true,
}

// sizeWords are the words of several servers for a message that is too large.
var sizeWords = regexp.MustCompile(`(?i)larger than max|too large|exceeds? (the )?(configured )?max\w* .*size|maximum (configured )?(message|request|body) size`)

// sizeOfCode reports whether a gRPC error is about the size of the request.
func sizeOfCode(code codes.Code, message string, asked time.Duration) size {
	switch {
	case code != codes.ResourceExhausted && code != codes.OutOfRange || asked > 0:
		return 0
	case sizeWords.MatchString(message):
		return tooLarge
	case code == codes.ResourceExhausted:
		return maybeTooLarge
	}
	return 0
}

// sizeOfStatus does the same for HTTP.
func sizeOfStatus(status int, message string) size {
	if status == http.StatusRequestEntityTooLarge || status == http.StatusBadRequest && sizeWords.MatchString(message) {
		return tooLarge
	}
	return 0
}

// mostAsked bounds the pause that a receiver can ask for, so that numbers do not overflow.
const mostAsked = 24 * time.Hour

// retryAfter reads the HTTP header Retry-After: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, mostAsked)
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), mostAsked)
	}
	return 0
}

// retryInfo is the name of the detail of a gRPC error that says when to retry.
const retryInfo = "google.rpc.RetryInfo"

// readRetryInfo reads an encoded google.rpc.RetryInfo.
func readRetryInfo(b []byte) time.Duration {
	delay := otlpwire.Bytes(b, 1)
	seconds, ns := int64(varint(delay, 1)), int64(varint(delay, 2))
	if seconds < 0 || ns < 0 {
		return 0
	}
	seconds, ns = min(seconds, int64(mostAsked/time.Second)), min(ns, int64(time.Second))
	return min(time.Duration(seconds)*time.Second+time.Duration(ns), mostAsked)
}
