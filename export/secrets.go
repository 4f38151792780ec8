package export

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/mask"
)

// Secrets looks for something that masking would hide, until there is one. Masking all to
// find out would take ten times as long as writing: what has none of the words that secrets
// begin with is passed over at the speed of reading. It is for one goroutine.
type Secrets struct{ Found bool }

// LookAtSpan looks at all texts of an encoded span; LookAtResource and LookAtScope do the
// same for what describes it.
func (s *Secrets) LookAtSpan(wire []byte) {
	if !s.Found && mask.May(wire) {
		m := &tracepb.Span{}
		s.Found = proto.Unmarshal(wire, m) == nil && maskSpan(m)
	}
}

// LookAtResource is described at LookAtSpan.
func (s *Secrets) LookAtResource(wire []byte) {
	if !s.Found && mask.May(wire) {
		m := &resourcepb.Resource{}
		s.Found = proto.Unmarshal(wire, m) == nil && maskAttributes(m.GetAttributes())
	}
}

// LookAtScope is described at LookAtSpan.
func (s *Secrets) LookAtScope(wire []byte) {
	if !s.Found && mask.May(wire) {
		m := &commonpb.InstrumentationScope{}
		s.Found = proto.Unmarshal(wire, m) == nil && maskAttributes(m.GetAttributes())
	}
}

func (s *Secrets) lookAtText(text string) {
	if !s.Found && mask.May([]byte(text)) {
		s.Found = mask.Text(text) != text
	}
}
