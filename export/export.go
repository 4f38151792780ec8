// Package export writes spans for other tools: as OTLP's JSON, and as the messages
// of Jaeger's model.
//
// It promises that what it writes can be read by strict readers, whatever is in
// the spans: a View serves them clean. It writes to what its caller gives it, keeps
// nothing open and decides nothing about what matters in a trace.
package export
