package export

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/mask"
)

// secrets looks for something that mask would hide, until there is one. Masking all to
// find out would take ten times as long as writing: what has none of the words that secrets
// begin with is passed over at the speed of reading.
type secrets struct{ found bool }

func (s *secrets) lookAtSpan(wire []byte) {
	if !s.found && mask.May(wire) {
		m := &tracepb.Span{}
		s.found = proto.Unmarshal(wire, m) == nil && maskSpan(m)
	}
}

func (s *secrets) lookAtResource(wire []byte) {
	if !s.found && mask.May(wire) {
		m := &resourcepb.Resource{}
		s.found = proto.Unmarshal(wire, m) == nil && maskAttributes(m.GetAttributes())
	}
}

func (s *secrets) lookAtScope(wire []byte) {
	if !s.found && mask.May(wire) {
		m := &commonpb.InstrumentationScope{}
		s.found = proto.Unmarshal(wire, m) == nil && maskAttributes(m.GetAttributes())
	}
}

func (s *secrets) lookAtText(text string) {
	if !s.found && mask.May([]byte(text)) {
		s.found = mask.Text(text) != text
	}
}
