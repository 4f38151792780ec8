package otelfile

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"prowtrace/internal/jsonscan"
	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
)

// Jaeger's JSON, as its API answers and its UI downloads it: a list of traces, each with its
// spans and, mostly behind them, the processes that they are of. The translation is that
// of OpenTelemetry's "OpenTelemetry to Jaeger Transformation", backwards. Types:
// https://github.com/jaegertracing/jaeger/blob/main/internal/uimodel/model.go

// convertJaeger reads an answer of the API, a trace, a list of traces, or several of these.
func convertJaeger(c *conversion) {
	c.documents(func() {
		if c.json.Next() == '[' && c.json.Array() {
			for c.json.Element() {
				c.jaegerAnswer()
			}
			return
		}
		c.jaegerAnswer()
	})
}

// jaegerAnswer reads an object that has traces, or is one.
func (c *conversion) jaegerAnswer() {
	s := c.json
	if !s.Object() {
		return
	}
	t := newJaegerTrace(c)
	defer t.end()
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch string(key) {
		case "data":
			if s.Array() {
				for s.Element() {
					c.jaegerTrace()
				}
			}
		case "errors":
			c.told("Jaeger's API answered with an error: ")
		case "total", "limit", "offset":
			s.Skip()
		default:
			t.member(key)
		}
	}
}

func (c *conversion) jaegerTrace() {
	if !c.json.Object() {
		return
	}
	t := newJaegerTrace(c)
	defer t.end()
	for key, ok := c.json.Member(); ok; key, ok = c.json.Member() {
		t.member(key)
	}
}

// told tells each of a list of things that the writer of the file has to say of it.
func (c *conversion) told(what string) {
	s := c.json
	if s.Next() != '[' || !s.Array() {
		if value, kind := s.Scalar(); kind != jsonscan.Null && kind != jsonscan.None {
			c.problems.add(int(s.Place().Offset), ProblemTold, "%s%s", what, text.Quote(string(value), maxQuoted))
		}
		return
	}
	for s.Element() {
		at := s.Place()
		if value, kind := s.Scalar(); kind != jsonscan.None {
			c.problems.add(int(at.Offset), ProblemTold, "%s%s (%v)", what, text.Quote(string(value), maxQuoted), at)
		}
	}
}

// A jaegerTrace collects the spans of a trace by process and scope. Its processes mostly
// come behind them: what was written before is then extended.
type jaegerTrace struct {
	c         *conversion
	processes map[string][]byte // encoded fields of a ResourceSpans, by key
	groups    map[string]*jaegerGroup
	ranks     map[string]int // of the processes of groups, as they came
	order     []*jaegerGroup
	key       []byte // of the group that is looked for
	held      int    // bytes in groups
	described int    // bytes of processes
	pieces    []piece
	of        []string // the key of each piece's process, isKnown where it has it
	waiting   int      // bytes of these keys
	missing   int      // pieces that got no process
}

// isKnown is no key: those of processes in their spans begin with a zero, too, but go on.
const isKnown = "\x00"

// A jaegerGroup is the spans of one process and one scope.
type jaegerGroup struct {
	process string // its key
	rank    int    // of the process
	scope   []byte // encoded fields of a ScopeSpans
	spans   []byte // likewise
}

const (
	mostHeld   = 1 << 20 // bytes in groups that are held at once
	groupSize  = 256     // what a group, or a process, takes beside its texts, about
	mostPieces = 1 << 18 // that wait for their processes at once
)

func newJaegerTrace(c *conversion) *jaegerTrace {
	return &jaegerTrace{c: c, processes: map[string][]byte{}, groups: map[string]*jaegerGroup{}, ranks: map[string]int{}}
}

// member reads a member of a trace.
func (t *jaegerTrace) member(key []byte) {
	c, s := t.c, t.c.json
	switch string(key) {
	case "traceID": // each span has it
		s.Skip()
	case "spans":
		for more := s.Array(); more && s.Element(); {
			t.span()
		}
	case "processes":
		for more := s.Next() == '{' && s.Object() || skipped(s); more; {
			name, ok := s.Member()
			if !ok {
				break
			}
			t.process(bytes.Clone(name))
		}
	case "warnings":
		c.told("Jaeger warns of a trace: ")
	default:
		c.see(&c.left)
		s.Skip()
	}
}

// skipped passes over a value and is false.
func skipped(s *jsonscan.Scanner) bool {
	s.Skip()
	return false
}

func (t *jaegerTrace) process(key []byte) {
	c, at := t.c, t.c.json.Place()
	resource := otlpwire.AppendBytes(nil, 1, c.jaegerProcess())
	if t.described += groupSize + len(key) + len(resource); t.described > mostFields {
		c.dropped.Add(at)
		return
	}
	if c.json.Err() == nil {
		t.processes[string(key)] = resource
	}
}

// jaegerProcess reads a Process as the content of a Resource.
func (c *conversion) jaegerProcess() []byte {
	s := c.json
	var service, b []byte
	named := false
	for more := s.Object(); more; {
		key, ok := s.Member()
		if !ok {
			break
		}
		switch string(key) {
		case "serviceName":
			service, named = c.textInto(service), true
		case "tags":
			b = c.tags(b, 1, nil)
		default:
			b = c.keepMember(b, 1, key)
		}
	}
	if !named {
		return b
	}
	return append(otlpwire.AppendText(nil, 1, "service.name", string(service)), b...)
}

// span reads a span into its group.
func (t *jaegerTrace) span() {
	c, s, f := t.c, t.c.json, &t.c.span
	if !s.Object() {
		return
	}
	f.reset()
	var scope scopeTags
	var process, inline, references []byte
	var duration uint64
	ended := false
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch string(key) {
		case "traceID":
			f.traceID = c.id(f.traceID, 16, "traceID")
		case "spanID":
			f.id = c.id(f.id, 8, "spanID")
		case "parentSpanID":
			f.parent = c.id(f.parent, 8, "parentSpanID")
		case "operationName":
			f.name = c.textInto(f.name)
		case "startTime":
			f.start = c.micros("startTime")
		case "duration":
			ended = s.Next() != 'n'
			duration = c.micros("duration")
		case "flags":
			f.flags = uint32(c.count())
		case "tags":
			f.attributes = c.tags(f.attributes, spanAttributes, &scope)
		case "logs":
			f.events = c.list(f.events, &f.droppedEvents, c.jaegerLog)
		case "references":
			references = c.references(references)
		case "processID":
			process = c.textInto(process)
		case "process":
			if s.Next() == 'n' {
				s.Skip()
			} else {
				inline = append([]byte("\x00"), c.jaegerProcess()...)
			}
		case "warnings":
			if s.Next() == 'n' {
				s.Skip()
			} else {
				f.attributes = c.appendMember(f.attributes, spanAttributes, []byte("jaeger.warnings"), 0)
			}
		default:
			f.attributes = c.keepField(f.attributes, key)
		}
	}
	if s.Err() != nil {
		return
	}
	if ended && f.start > 0 {
		f.end = f.start + min(duration, math.MaxUint64-f.start)
	}
	f.links = append(f.links, c.parentOf(references)...)
	if inline != nil && len(process) == 0 {
		process = inline
		t.processes[string(process)] = otlpwire.AppendBytes(nil, 1, inline[1:])
		t.described += groupSize + 2*len(inline) // as key and as value
	}
	t.add(process, scope.fields())
}

// add adds the span that was read to its group.
func (t *jaegerTrace) add(process, scope []byte) {
	c := t.c
	t.key = append(append(append(t.key[:0], process...), 0), scope...)
	g := t.groups[string(t.key)]
	if g == nil {
		rank, known := t.ranks[string(process)]
		if !known {
			rank = len(t.ranks)
			t.ranks[string(process)] = rank
		}
		g = &jaegerGroup{process: string(process), rank: rank, scope: bytes.Clone(scope)}
		t.groups[string(t.key)] = g
		t.order = append(t.order, g)
		t.held += groupSize + 3*len(t.key) // as key, process and scope
	}
	before := len(g.spans)
	c.encoded = c.span.append(c.encoded[:0])
	g.spans = otlpwire.AppendBytes(g.spans, 2, c.encoded)
	t.held += len(g.spans) - before
	c.spans++
	if t.held > mostHeld && t.held > 4*t.described || t.described > mostFields {
		t.flush()
	}
}

// flush writes all groups, those of a process together: what describes it is written once.
// Each process is a record of its own as long as there are processes that were not told.
func (t *jaegerTrace) flush() {
	out := t.c.out
	late := len(t.pieces) > 0 || !t.known()
	if late {
		out.flush() // what was there before is no part of it
	}
	slices.SortStableFunc(t.order, func(a, b *jaegerGroup) int { return cmp.Compare(a.rank, b.rank) })
	for i, g := range t.order {
		if i == 0 || t.order[i-1].rank != g.rank {
			out.openResource(t.processes[g.process])
		}
		out.closeScope()
		out.openScope(g.scope)
		out.record = append(out.record, g.spans...)
		switch last := i == len(t.order)-1 || t.order[i+1].rank != g.rank; {
		case last && late:
			t.wait(g.process)
		case last:
			out.closeResource()
		}
	}
	clear(t.groups)
	clear(t.ranks)
	clear(t.order) // whose texts can be large
	t.order, t.held = t.order[:0], 0
	if len(t.pieces) > mostPieces || t.waiting > mostFields {
		t.extend()
	}
	if t.described > mostFields { // of spans that have their processes in them
		clear(t.processes)
		t.described = 0
	}
}

// wait writes the open messages, which get what describes their process when it is told.
func (t *jaegerTrace) wait(process string) {
	if _, known := t.processes[process]; known {
		process = isKnown
	}
	t.pieces, t.of = append(t.pieces, t.c.out.writePiece()), append(t.of, process)
	t.waiting += len(process)
}

// known reports whether the processes of all groups were told.
func (t *jaegerTrace) known() bool {
	for _, g := range t.order {
		if _, ok := t.processes[g.process]; !ok {
			return false
		}
	}
	return true
}

// extend adds processes to what was written without them.
func (t *jaegerTrace) extend() {
	t.c.out.spool.extend(t.pieces, func(i int) []byte { return t.processes[t.of[i]] })
	for _, key := range t.of {
		if t.processes[key] == nil && key != isKnown {
			t.missing++
		}
	}
	clear(t.of)
	t.pieces, t.of, t.waiting = t.pieces[:0], t.of[:0], 0
}

// end writes what is left.
func (t *jaegerTrace) end() {
	t.flush()
	t.extend()
	if t.missing > 0 {
		t.c.problems.add(0, ProblemOdd, "a trace does not describe the processes of %s of spans: they have no service", text.Count(t.missing, "group"))
	}
}

// references reads the references of a span: 16 bytes, 8 bytes and one for the type each.
func (c *conversion) references(b []byte) []byte {
	s := c.json
	for more := s.Array(); more && s.Element(); {
		if c.full(b) {
			c.span.droppedLinks++
			continue
		}
		if !s.Object() {
			continue
		}
		var ref [25]byte
		for key, ok := s.Member(); ok; key, ok = s.Member() {
			switch string(key) {
			case "traceID":
				copy(ref[:16], c.id(nil, 16, "reference.traceID"))
			case "spanID":
				copy(ref[16:24], c.id(nil, 8, "reference.spanID"))
			case "refType":
				value, kind := s.Scalar()
				switch string(value) {
				case "CHILD_OF":
					ref[24] = childOf
				case "FOLLOWS_FROM":
					ref[24] = followsFrom
				default:
					c.span.attributes = c.keepScalar(c.span.attributes, "refType", value, kind)
				}
			case "span": // Jaeger's UI has it in its memory; a download has null
				s.Skip()
			default:
				c.span.attributes = c.keepField(c.span.attributes, key)
			}
		}
		b = append(b, ref[:]...)
	}
	return b
}

const (
	childOf     = 1
	followsFrom = 2
)

// parentOf takes the parent from the references of the span that was read: that of the first
// CHILD_OF in its trace, else of the first FOLLOWS_FROM, as Jaeger does. It gives the
// others as encoded links. One that says more of the parent than its id stays a link.
func (c *conversion) parentOf(references []byte) (links []byte) {
	f := &c.span
	parent := -1
	trace := f.traceID
	for _, kind := range []byte{childOf, followsFrom} {
		for i := 0; i < len(references) && parent < 0; i += 25 {
			if ref := references[i : i+25]; ref[24] == kind && bytes.Equal(ref[:16], trace) {
				parent = i
			}
		}
	}
	if parent >= 0 {
		f.parent = append(f.parent[:0], references[parent+16:parent+24]...)
	}
	for i := 0; i < len(references); i += 25 {
		ref := references[i : i+25]
		if i == parent && ref[24] == childOf {
			continue
		}
		var at int
		links, at = otlpwire.Open(links, spanLinks)
		links = otlpwire.AppendBytes(links, 1, ref[:16])
		links = otlpwire.AppendBytes(links, 2, ref[16:24])
		switch {
		case ref[24] == childOf:
			links = otlpwire.AppendText(links, 4, "opentracing.ref_type", "child_of")
		case i == parent:
			links = otlpwire.AppendText(links, 4, "opentracing.ref_type", "follows_from")
		}
		links = otlpwire.Seal(links, at)
	}
	return links
}

// jaegerLog reads a log of a span as an encoded event, whose name is the field "event".
func (c *conversion) jaegerLog(b []byte) []byte {
	s := c.json
	if !s.Object() {
		return b
	}
	var at uint64
	var name, attributes []byte
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch string(key) {
		case "timestamp":
			at = c.micros("log.timestamp")
		case "fields":
			for more := s.Array(); more && s.Element(); {
				if c.full(attributes) {
					continue
				}
				t := c.tag()
				if string(t.key) == "event" && t.kind == jsonscan.Text && name == nil && len(t.value) > 0 {
					name = bytes.Clone(t.value)
					continue
				}
				attributes = c.appendTag(attributes, 3, t)
			}
		default:
			attributes = c.keepMember(attributes, 3, key)
		}
	}
	b, begin := otlpwire.Open(b, spanEvents)
	b = appendTime(b, 1, at)
	b = otlpwire.AppendOptional(b, 2, name)
	return otlpwire.Seal(append(b, attributes...), begin)
}

// micros reads a time or a duration in µs as ns. What cannot be one is kept.
func (c *conversion) micros(field string) uint64 {
	value, kind := c.json.Scalar()
	ns, ok := parseMicros(value, kind)
	if !ok {
		c.span.attributes = c.keepScalar(c.span.attributes, field, value, kind)
	}
	return ns
}
