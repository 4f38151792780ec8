package push

import "prowtrace/export"

// masks hides secrets in what is sent, and keeps the resources and scopes that it has
// changed: many spans share them.
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

// secrets tells whether there is something to hide in what is sent as it is.
type secrets struct {
	export.Secrets
	seen map[head]bool
}

// look looks at a span, and at what describes it when that is first met.
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
