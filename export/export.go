// Package export writes spans for other tools: as files of OTLP, kOps, Jaeger, Perfetto,
// speedscope and spreadsheets, and as the messages of Jaeger's model.
//
// A [Selection] says which spans are written, and each Write function streams them: memory
// does not grow with their attributes. A [Report] counts what a format cannot hold. The
// formats of OTLP hold everything. In them, spans outside a joined trace are byte for byte
// as in their files. Strict readers accept the other formats, whatever is in the spans.
//
// The package writes to the writer that its caller provides, keeps nothing open and does not
// decide what matters in a trace.
package export
