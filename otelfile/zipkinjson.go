package otelfile

import (
	"bytes"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/jsonscan"
	"prowtrace/internal/otlpwire"
)

// Zipkin's JSON, version 2: lists of spans, which may be in a list of traces, or one span a
// line. https://zipkin.io/zipkin-api/#/default/get_traces. The translation is that of
// OpenTelemetry's "OpenTelemetry to Zipkin Transformation", backwards. The two halves
// of a call that share an id keep it.

// convertZipkin reads lists, lists of lists, and spans.
func convertZipkin(c *conversion) {
	c.documents(func() {
		z := zipkinSpans{c: c, groups: map[string]*zipkinGroup{}}
		defer z.flush()
		if c.json.Next() != '[' {
			z.span()
			return
		}
		for more := c.json.Array(); more && c.json.Element(); {
			if c.json.Next() != '[' {
				z.span()
				continue
			}
			for more := c.json.Array(); more && c.json.Element(); {
				z.span()
			}
		}
	})
}

// zipkinSpans collects spans by service and scope.
type zipkinSpans struct {
	c      *conversion
	groups map[string]*zipkinGroup
	order  []*zipkinGroup
	key    []byte // of the group that is looked for
	held   int    // bytes in groups
}

type zipkinGroup struct {
	resource, scope, spans []byte // encoded fields of a ResourceSpans, and of a ScopeSpans
}

func (z *zipkinSpans) flush() {
	out := z.c.out
	for _, g := range z.order {
		out.openResource(g.resource)
		out.openScope(g.scope)
		out.record = append(out.record, g.spans...)
		out.closeResource()
	}
	clear(z.groups)
	z.order, z.held = z.order[:0], 0
}

// span reads a span into its group.
func (z *zipkinSpans) span() {
	c, s, f := z.c, z.c.json, &z.c.span
	if !s.Object() {
		return
	}
	f.reset()
	var scope scopeTags
	var service []byte
	var duration uint64
	named, ended := false, false
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch string(key) {
		case "traceId":
			f.traceID = c.id(f.traceID, 16, "traceId")
		case "id":
			f.id = c.id(f.id, 8, "id")
		case "parentId":
			f.parent = c.id(f.parent, 8, "parentId")
		case "name":
			f.name = c.textInto(f.name)
		case "kind":
			f.kind = c.zipkinKind()
		case "timestamp":
			f.start = c.micros("timestamp")
		case "duration":
			ended = s.Next() != 'n'
			duration = c.micros("duration")
		case "debug", "shared":
			c.mark("zipkin." + string(key))
		case "localEndpoint":
			service, named = c.endpoint("network.local.")
		case "remoteEndpoint":
			if peer, named := c.endpoint("network.peer."); named {
				f.attributes = otlpwire.AppendText(f.attributes, spanAttributes, "peer.service", string(peer))
			}
		case "annotations":
			f.events = c.list(f.events, &f.droppedEvents, c.annotation)
		case "tags":
			c.zipkinTags(&scope)
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
	z.add(service, named, scope.fields())
}

// add adds the span that was read to its group.
func (z *zipkinSpans) add(service []byte, named bool, scope []byte) {
	c := z.c
	z.key = append(append(append(z.key[:0], service...), 0, byte(protowire.EncodeBool(named))), scope...)
	g := z.groups[string(z.key)]
	if g == nil {
		g = &zipkinGroup{scope: bytes.Clone(scope)}
		if named {
			g.resource = otlpwire.AppendBytes(nil, 1, otlpwire.AppendText(nil, 1, "service.name", string(service)))
		}
		z.groups[string(z.key)] = g
		z.order = append(z.order, g)
		z.held += groupSize + 3*len(z.key) // as key, service and scope
	}
	before := len(g.spans)
	c.encoded = c.span.append(c.encoded[:0])
	g.spans = otlpwire.AppendBytes(g.spans, 2, c.encoded)
	z.held += len(g.spans) - before
	c.spans++
	if z.held > mostHeld {
		z.flush()
	}
}

func (c *conversion) zipkinKind() uint64 {
	value, kind := c.json.Scalar()
	for i, name := range spanKinds {
		if i > 0 && kind == jsonscan.Text && strings.EqualFold(string(value), name) {
			return uint64(i)
		}
	}
	if kind != jsonscan.Null {
		c.span.attributes = c.keepScalar(c.span.attributes, "kind", value, kind)
	}
	return 0
}

// mark makes a member that is true an attribute. False is what a span without it has.
func (c *conversion) mark(key string) {
	f := &c.span
	value, kind := c.json.Scalar()
	if v, ok := parseBool(value, kind); ok && v {
		f.attributes = otlpwire.AppendBool(f.attributes, spanAttributes, key, true)
	} else if !ok && kind != jsonscan.Null {
		f.attributes = c.keepScalar(f.attributes, key, value, kind)
	}
}

// endpoint reads an endpoint: its address and port become attributes of the span. It gives
// the name of its service, which is named if there is one.
func (c *conversion) endpoint(prefix string) (service []byte, named bool) {
	s, f := c.json, &c.span
	if s.Next() == 'n' {
		s.Skip()
		return nil, false
	}
	if !s.Object() {
		return nil, false
	}
	addressed := false
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		if c.full(f.attributes) {
			continue
		}
		switch string(key) {
		case "serviceName":
			service = c.textInto(service)
			named = len(service) > 0
		case "ipv4", "ipv6":
			name := string(key)
			value, kind := s.Scalar()
			if kind == jsonscan.Null {
				continue
			}
			if addressed { // it has both
				name = prefix + name
			} else {
				name, addressed = prefix+"address", true
			}
			f.attributes = otlpwire.AppendText(f.attributes, spanAttributes, name, string(value))
		case "port":
			value, kind := s.Scalar()
			if port, ok := parseInt(value, kind); ok {
				f.attributes = otlpwire.AppendInt(f.attributes, spanAttributes, prefix+"port", port)
			} else if kind != jsonscan.Null {
				f.attributes = c.keepScalar(f.attributes, prefix+"port", value, kind)
			}
		default:
			f.attributes = c.keepField(f.attributes, append([]byte(prefix), key...))
		}
	}
	return service, named
}

// annotation reads an annotation as an encoded event.
func (c *conversion) annotation(b []byte) []byte {
	s := c.json
	if !s.Object() {
		return b
	}
	var at uint64
	var name, attributes []byte
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		switch string(key) {
		case "timestamp":
			at = c.micros("annotation.timestamp")
		case "value":
			name = c.textInto(name)
		default:
			attributes = c.keepMember(attributes, 3, key)
		}
	}
	b, begin := otlpwire.Open(b, spanEvents)
	b = appendTime(b, 1, at)
	b = otlpwire.AppendOptional(b, 2, name)
	return otlpwire.Seal(append(b, attributes...), begin)
}

// zipkinTags reads the tags of a span: texts by name. A tag "error" makes the status, and
// stays where it says more than that.
func (c *conversion) zipkinTags(scope *scopeTags) {
	s, f := c.json, &c.span
	if !s.Object() {
		return
	}
	for key, ok := s.Member(); ok; key, ok = s.Member() {
		if c.full(f.attributes) {
			f.droppedAttributes++
			continue
		}
		c.tagKey = append(c.tagKey[:0], key...)
		if next := s.Next(); next == '{' || next == '[' {
			f.attributes = c.appendMember(f.attributes, spanAttributes, c.tagKey, 0)
			continue
		}
		value, kind := s.Scalar()
		if c.meaning(c.tagKey, value, kind, scope) {
			continue
		}
		if string(c.tagKey) == "error" && kind == jsonscan.Text && string(value) != "false" {
			f.hasStatus, f.code = true, statusError
			if len(f.message) == 0 && string(value) != "true" {
				f.message = append(f.message, value...)
			}
		}
		f.attributes = c.appendTag(f.attributes, spanAttributes, jaegerTag{key: c.tagKey, value: value, kind: kind})
	}
}
