package main

import (
	"net/url"
	"strconv"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// http is one answered request, as otelhttp's transport records it: the path is in url.full, never in the name, and
// an answer of 400 or more is an error.
func (t *track) http(method, target string, status int, took time.Duration, attrs ...*commonpb.KeyValue) *tracepb.Span {
	s := t.request(method, target, took)
	s.Attributes = append(s.Attributes, number("http.response.status_code", int64(status)))
	if status >= 400 {
		s.Attributes = append(s.Attributes, text("error.type", strconv.Itoa(status)))
		fail(s, "")
	}
	s.Attributes = append(s.Attributes, attrs...)
	return s
}

// unreachable is a request that got no answer.
func (t *track) unreachable(method, target, errorType, message string, took time.Duration) *tracepb.Span {
	s := t.request(method, target, took)
	s.Attributes = append(s.Attributes, text("error.type", errorType))
	fail(s, message)
	return s
}

// retry sends the same request until it has been answered with the last of the statuses, and doubles its pause from
// half a second on. It returns every attempt.
func (t *track) retry(method, target string, took time.Duration, statuses ...int) []*tracepb.Span {
	var attempts []*tracepb.Span
	pause := 500 * time.Millisecond
	for i, status := range statuses {
		s := t.http(method, target, status, took)
		if i > 0 {
			s.Attributes = append(s.Attributes, number("http.request.resend_count", int64(i)))
		}
		attempts = append(attempts, s)
		if i < len(statuses)-1 {
			t.sleep(pause)
			pause *= 2
		}
	}
	return attempts
}

func (t *track) request(method, target string, took time.Duration) *tracepb.Span {
	s := t.span(scopeHTTP, "HTTP "+method, func(t *track) { t.wait(took) },
		text("http.request.method", method), text("url.full", target))
	s.Kind = tracepb.Span_SPAN_KIND_CLIENT
	u, err := url.Parse(target)
	if err != nil {
		panic(err) // the tables of this program name only valid addresses
	}
	s.Attributes = append(s.Attributes, text("server.address", u.Hostname()))
	if port, err := strconv.Atoi(u.Port()); err == nil {
		s.Attributes = append(s.Attributes, number("server.port", int64(port)))
	}
	version := "2"
	if u.Scheme == "http" {
		version = "1.1"
	}
	s.Attributes = append(s.Attributes, text("network.protocol.version", version))
	return s
}
