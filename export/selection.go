package export

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
	"prowtrace/trace"
)

// A Selection is the spans that are written. Its View must stay open while it is used.
type Selection struct {
	View *trace.View

	// Trees gives the traces in the order in which they are written. It is ranged over more
	// than once, and must give the same traces each time.
	Trees iter.Seq[Tree]

	// Mask hides secrets in all texts that are written. Without it a Report says whether
	// there is something to hide.
	Mask bool
}

// A Tree is one trace of a Selection.
type Tree struct {
	trace.Tree
	Chosen func(row int) bool // of its spans; nil means all
}

func (t Tree) chooses(i int) bool { return t.Chosen == nil || t.Chosen(t.Row(i)) }

// All gives every span of a View once: the traces as they were reported, and the own spans
// of each job as a trace of their own.
func All(v *trace.View) iter.Seq[Tree] {
	return func(yield func(Tree) bool) {
		for i := range v.NumTraces() {
			t := Tree{Tree: v.Tree(v.Trace(i))}
			if t.Joined() {
				t.Chosen = v.Added
			}
			if !yield(t) {
				return
			}
		}
	}
}

// Joined gives the joined traces of a View. Each has all spans of its job.
func Joined(v *trace.View) iter.Seq[Tree] {
	return func(yield func(Tree) bool) {
		for _, t := range v.Jobs() {
			if !yield(Tree{Tree: v.Tree(t)}) {
				return
			}
		}
	}
}

// A Report says what was written, and what the format cannot hold of it.
type Report struct {
	Spans  int
	Losses []Loss // ordered by What

	// Secret reports whether a text looks like a secret and was not masked.
	Secret bool
}

// A Loss is one kind of data that a format cannot hold, with the number of spans that have
// it.
type Loss struct {
	What  string // "links"
	Spans int
}

func (l Loss) String() string { return fmt.Sprintf("%s (%s)", l.What, text.Count(l.Spans, "span")) }

// look is the number of spans between two checks of the context.
const look = 1024

// A walk goes through the spans of a selection once, and counts.
type walk struct {
	Selection
	ctx     context.Context
	spans   int
	losses  map[string]int
	secrets Secrets
	kept    map[descriptionKey]*description
}

func newWalk(ctx context.Context, s Selection) *walk {
	return &walk{Selection: s, ctx: ctx, losses: map[string]int{}, kept: map[descriptionKey]*description{}, secrets: Secrets{Found: s.Mask}}
}

// each calls write with every span, in order.
func (w *walk) each(write func(t Tree, i int) error) error {
	for t := range w.Trees {
		for i := range t.Len() {
			if i%look == 0 && w.ctx.Err() != nil {
				return context.Cause(w.ctx)
			}
			if !t.chooses(i) {
				continue
			}
			w.spans++
			if err := write(t, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// lose counts that the format cannot hold something of a span.
func (w *walk) lose(what string) { w.losses[what]++ }

func (w *walk) report() Report {
	r := Report{Spans: w.spans, Secret: !w.Mask && w.secrets.Found}
	for _, what := range slices.Sorted(maps.Keys(w.losses)) {
		r.Losses = append(r.Losses, Loss{what, w.losses[what]})
	}
	return r
}

// A part is an encoded message in the form in which it is written.
type part struct {
	wire   []byte
	schema string // URL, of a resource or scope
	clean  bool   // strict readers accept it
}

// span gives span i of a tree exactly as its file has it, unless it is joined or masked.
func (w *walk) span(t Tree, i int) part {
	wire, clean := t.Exact(i)
	if !w.Mask {
		w.secrets.LookAtSpan(wire)
		return part{wire: wire, clean: clean}
	}
	if !clean {
		wire = otlpwire.Span.Clean(wire)
	}
	return part{wire: MaskedSpan(wire), clean: true}
}

// resource gives the resource of span i.
func (w *walk) resource(t Tree, i int) part {
	p := part{clean: true}
	if t.Joined() {
		p.wire, p.schema = w.View.EncodedResource(t.Resource(i))
	} else {
		p.wire, p.schema, p.clean = w.View.ExactResource(t.Resource(i))
	}
	if !w.Mask {
		w.secrets.LookAtResource(p.wire)
		return p
	}
	if !p.clean {
		p.wire = otlpwire.Resource.Clean(p.wire)
	}
	return part{MaskedResource(p.wire), p.schema, true}
}

// scope gives the instrumentation scope of span i.
func (w *walk) scope(t Tree, i int) part {
	p := part{}
	p.wire, p.schema, p.clean = w.View.ExactScope(w.View.Scope(t.Row(i)))
	if t.Joined() || w.Mask && !p.clean {
		p.wire, p.schema = w.View.EncodedScope(w.View.Scope(t.Row(i)))
		p.clean = true
	}
	if !w.Mask {
		w.secrets.LookAtScope(p.wire)
		return p
	}
	return part{MaskedScope(p.wire), p.schema, true}
}

// A description is the decoded resource and scope that spans share.
type description struct {
	resource *resourcepb.Resource
	scope    *commonpb.InstrumentationScope
	whole    bool   // whether nothing was left out
	text     string // the resource in the form of a format
}

type descriptionKey struct {
	resource, scope int
	joined          bool
}

// mostDescriptions bounds how many descriptions are kept.
const mostDescriptions = 4096

// described gives the description of span i. Most spans share it with others, so it is not
// decoded again.
func (w *walk) described(t Tree, i int) *description {
	key := descriptionKey{t.Resource(i), w.View.Scope(t.Row(i)), t.Joined()}
	d := w.kept[key]
	if d == nil {
		if len(w.kept) >= mostDescriptions {
			clear(w.kept)
		}
		d = &description{resource: &resourcepb.Resource{}, scope: &commonpb.InstrumentationScope{}}
		d.whole = decodedAs(w.resource(t, i), otlpwire.Resource, d.resource)
		d.whole = decodedAs(w.scope(t, i), otlpwire.Scope, d.scope) && d.whole
		w.kept[key] = d
	}
	return d
}
