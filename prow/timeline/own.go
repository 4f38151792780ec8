package timeline

import (
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/prow/runfile"
	"prowtrace/trace"
	tracejoin "prowtrace/trace/join"
)

// Own gives the timeline of a run with the marks that joining goes by.
func Own(m *runfile.Metadata) tracejoin.Own {
	drawn := Draw(m)
	own := tracejoin.Own{Spans: drawn, Marks: map[trace.SpanID]tracejoin.Mark{}}
	var data tracepb.TracesData
	if proto.Unmarshal(drawn, &data) != nil {
		return own
	}
	for _, r := range data.ResourceSpans {
		for _, s := range r.ScopeSpans {
			for _, span := range s.Spans {
				var m tracejoin.Mark
				for _, kv := range span.Attributes {
					switch kv.Key {
					case "prow.estimated":
						m.Estimated = kv.Value.GetBoolValue()
					case "prow.artifacts":
						m.Directory = kv.Value.GetStringValue()
					}
				}
				m.MayContain = !m.Estimated
				if len(span.SpanId) == len(trace.SpanID{}) {
					own.Marks[trace.SpanID(span.SpanId)] = m
				}
			}
		}
	}
	return own
}
