package export

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/mask"
)

// Secrets looks for text that masking would hide, until it finds one. Masking everything for
// this would take ten times as long as writing. Text without any of the words that secrets
// begin with is skipped at the speed of reading. It is for one goroutine.
type Secrets struct{ Found bool }

// LookAtSpan looks at all texts of an encoded span. LookAtResource and LookAtScope do the
// same for its resource and scope.
func (s *Secrets) LookAtSpan(wire []byte) {
	if !s.Found && mask.May(wire) {
		m := &tracepb.Span{}
		s.Found = proto.Unmarshal(wire, m) == nil && maskSpan(m)
	}
}

// LookAtResource looks at all texts of an encoded resource.
func (s *Secrets) LookAtResource(wire []byte) {
	if !s.Found && mask.May(wire) {
		m := &resourcepb.Resource{}
		s.Found = proto.Unmarshal(wire, m) == nil && maskAttributes(m.GetAttributes())
	}
}

// LookAtScope looks at all texts of an encoded scope.
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
