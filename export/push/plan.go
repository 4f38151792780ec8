package push

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"prowtrace/trace"
)

// Which says which traces of a View are sent.
type Which string

const (
	// Joined sends each span once: in the joined trace of its job if it is part of one, else
	// in the trace that reported it.
	Joined Which = "joined"
	// Original sends each span once, in the trace that reported it. The job's own spans are
	// a trace of their own.
	Original Which = "original"
	// All sends the spans of Joined and of Original, as a Jaeger on this machine shows them.
	// Most spans are sent twice, under different trace ids.
	All Which = "all"
)

// A Plan is the spans that are sent, in their order. It must not be used after its View is
// closed. It is safe for concurrent use.
type Plan struct {
	view   *trace.View
	which  Which
	masked bool
	parts  []part
	spans  int
}

// part is some spans of a trace, in order.
type part struct {
	tree trace.Tree
	some []uint32 // numbers in the tree
}

// NewPlan chooses spans of a View. masked hides everything in their texts that looks like a
// secret (see package mask). Otherwise they are sent as the View serves them.
func NewPlan(v *trace.View, which Which, masked bool) *Plan {
	p := &Plan{view: v, which: which, masked: masked}
	if which == Joined {
		p.addJoined()
	} else {
		for i := range v.NumTraces() {
			tree := v.Tree(v.Trace(i))
			if tree.Joined() && which == Original {
				p.add(tree, tree.Own)
			} else {
				p.add(tree, every)
			}
		}
	}
	return p
}

// addJoined adds the joined traces, and the traces whose spans are in none of them.
func (p *Plan) addJoined() {
	v := p.view
	joined := make([]bool, v.Len())
	heads := map[int]bool{}
	for _, t := range v.Jobs() {
		tree := v.Tree(t)
		heads[t.Index] = true
		for i := range tree.Len() {
			joined[tree.Row(i)] = true
		}
		p.add(tree, every)
	}
	for i := range v.NumTraces() {
		if heads[i] {
			continue
		}
		tree := v.Tree(v.Trace(i))
		p.add(tree, func(n int) bool { return !joined[tree.Row(n)] })
	}
}

func every(int) bool { return true }

// add adds the chosen spans of a tree. The parents of a job's own spans are own spans too.
// Spans with the same times are sorted by id and bytes. So the order does not depend on how
// the files were read.
func (p *Plan) add(tree trace.Tree, chosen func(i int) bool) {
	var some []uint32
	for i := range tree.Len() {
		if chosen(i) {
			some = append(some, uint32(i))
		}
	}
	slices.SortFunc(some, func(x, y uint32) int {
		xStart, xEnd := tree.Times(int(x))
		yStart, yEnd := tree.Times(int(y))
		if c := cmp.Or(cmp.Compare(xStart, yStart), cmp.Compare(yEnd, xEnd)); c != 0 {
			return c
		}
		xID, yID := tree.ID(int(x)), tree.ID(int(y))
		return cmp.Or(bytes.Compare(xID[:], yID[:]), bytes.Compare(p.view.Raw(tree.Row(int(x))), p.view.Raw(tree.Row(int(y)))))
	})
	if len(some) > 0 {
		p.parts = append(p.parts, part{tree, some})
		p.spans += len(some)
	}
}

// Len is the number of spans.
func (p *Plan) Len() int { return p.spans }

// Digest distinguishes plans that send other spans, or send them in another order. If two
// plans have the same digest, one can continue where the other ended.
func (p *Plan) Digest() string {
	h := sha256.New()
	h.Write([]byte(p.which))
	if p.masked {
		h.Write([]byte{1})
	}
	for _, part := range p.parts {
		h.Write(part.tree.Trace.ID[:])
		for _, i := range part.some {
			id := part.tree.ID(int(i))
			h.Write(id[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// reader reads a plan from a given span on.
type reader struct {
	plan     *Plan
	part, at int     // the next span
	texts    *masks  // nil if nothing is hidden
	secrets  secrets // looked for if nothing is hidden
}

// head names what the spans of a ScopeSpans share.
type head struct{ resource, scope int }

func (p *Plan) read(from int) *reader {
	r := &reader{plan: p, secrets: secrets{seen: map[head]bool{}}}
	if p.masked {
		r.texts = newMasks()
	}
	for r.part < len(p.parts) && from >= len(p.parts[r.part].some) {
		from -= len(p.parts[r.part].some)
		r.part++
	}
	r.at = max(from, 0)
	return r
}

// next collects a batch of at most so many bytes, but at least one span. more is false at
// the end of the plan.
func (r *reader) next(most int) (b batch, more bool) {
	b = batch{view: r.plan.view, texts: r.texts, known: map[head]bool{}}
	for r.part < len(r.plan.parts) {
		part := r.plan.parts[r.part]
		if r.at >= len(part.some) {
			r.part, r.at = r.part+1, 0
			continue
		}
		i := int(part.some[r.at])
		s := span{head: head{part.tree.Resource(i), r.plan.view.Scope(part.tree.Row(i))}, encoded: part.tree.Encoded(i)}
		if r.texts != nil {
			s.encoded = r.texts.span(s.encoded)
		}
		if len(b.spans) == maxSpans || len(b.spans) > 0 && b.size+b.sizeOf(s) > most {
			return b, true
		}
		if !r.plan.masked {
			r.secrets.look(&b, s)
		}
		b.add(s)
		r.at++
	}
	return b, len(b.spans) > 0
}
