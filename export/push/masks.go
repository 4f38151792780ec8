package push

import "prowtrace/export"

// masks hides secrets in what is sent. It keeps the resources and scopes that it has
// changed, because many spans share them.
type masks struct {
	resources, scopes map[int][]byte
}

func newMasks() *masks { return &masks{map[int][]byte{}, map[int][]byte{}} }

func (m *masks) span(wire []byte) []byte { return export.MaskedSpan(wire) }

func (m *masks) resource(n int, wire []byte) []byte {
	return maskedOnce(m.resources, n, wire, export.MaskedResource)
}

func (m *masks) scope(n int, wire []byte) []byte {
	return maskedOnce(m.scopes, n, wire, export.MaskedScope)
}

func maskedOnce(known map[int][]byte, n int, wire []byte, masked func([]byte) []byte) []byte {
	if _, ok := known[n]; !ok {
		known[n] = masked(wire)
	}
	return known[n]
}

// secrets reports whether spans that are sent unmasked contain something to hide.
type secrets struct {
	export.Secrets
	seen map[head]bool
}

// look looks at a span. It looks at the span's resource and scope when it meets them first.
func (f *secrets) look(b *batch, s span) {
	if f.Found {
		return
	}
	if !f.seen[s.head] {
		f.seen[s.head] = true
		resource, _ := b.resource(s.resource)
		scope, _ := b.scope(s.scope)
		f.LookAtResource(resource)
		f.LookAtScope(scope)
	}
	f.LookAtSpan(s.encoded)
}
