// Package export writes spans for other tools: as files of OTLP, kOps, Jaeger, Perfetto,
// speedscope and spreadsheets, and as the messages of Jaeger's model.
//
// A [Selection] says which spans, and each Write function streams them: memory does not grow
// with their attributes. What a format does not hold is counted in a [Report]. The formats
// of OTLP hold everything; spans outside a joined trace are byte for byte as in their files.
// Strict readers accept the other formats, whatever is in the spans.
//
// The package writes to what its caller gives it, keeps nothing open and decides nothing
// about what matters in a trace.
package export
