package trace

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"prowtrace/internal/otlpwire"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// Attributes that the set adds to served spans.
const (
	attrService     = "prowtrace.service"                // the service as reported, if it is served with a label
	attrNote        = "prowtrace.note"                   // the names of the flags that changed the span
	attrReportedEnd = "prowtrace.reported_end_unix_nano" // of a span that ends before it starts
)

// served are the flags of spans that are served differently from what the file has.
const served = unclean | Unfinished | Negative | TimeUnknown | ZeroTrace | Clamped

// Encoded gives the encoded OTLP Span of a row as it is to be served. These are the bytes of
// the file if nothing is wrong with them. Otherwise it is a clean copy with missing times
// and a missing trace id filled in, and an attribute prowtrace.note that says so.
func (s *Set) Encoded(row int) []byte {
	b := s.Raw(row)
	flags := s.flags[row]
	if flags&served == 0 {
		return b
	}
	if flags.Has(unclean) {
		b = otlpwire.Span.Clean(b)
	} else {
		b = b[:len(b):len(b)] // the appends below copy
	}
	// Every protobuf reader takes the last value of a scalar field that is given twice.
	id := s.traces.id[s.trace[row]]
	b = otlpwire.AppendBytes(b, 1, id[:])
	if s.id[row] != 0 {
		b = otlpwire.AppendBytes(b, 2, binary.BigEndian.AppendUint64(nil, s.id[row]))
	}
	if flags&(Unfinished|Negative|TimeUnknown|Clamped) != 0 {
		b = otlpwire.AppendFixed64(b, 7, uint64(s.start[row]))
		b = otlpwire.AppendFixed64(b, 8, uint64(s.end[row]))
	}
	if flags.Has(Negative) {
		b = appendAttribute(b, attrReportedEnd, &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: s.reportedEnd(row)}})
	}
	names := strings.Join((flags & served).Names(), ",")
	return appendAttribute(b, attrNote, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: names}})
}

// reportedEnd is the end of a row as its file has it, in Unix ns.
func (s *Set) reportedEnd(row int) int64 {
	b := s.Raw(row)
	c := otlpwire.Read(b)
	var end uint64
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num == 8 && f.Typ == protowire.Fixed64Type {
			end = f.Value
		}
	}
	return int64(min(end, math.MaxInt64))
}

func appendAttribute(b []byte, key string, value *commonpb.AnyValue) []byte {
	kv, err := proto.Marshal(&commonpb.KeyValue{Key: key, Value: value})
	if err != nil {
		return b // only invalid UTF-8 fails, and these strings are ours
	}
	return otlpwire.AppendBytes(b, 9, kv)
}

// Raw gives the encoded OTLP Span of a row exactly as the file has it.
func (s *Set) Raw(row int) []byte {
	p := s.origin[row]
	return s.sources[p.source()].data[p.offset():][:s.length[row]]
}

// Encoded gives the encoded OTLP Span of a row as it is to be served outside of a joined
// trace. See Set.Encoded.
func (v *View) Encoded(row int) []byte {
	part, local := v.at(row)
	return part.Set.Encoded(local)
}

// Raw gives the encoded OTLP Span of a row exactly as the file has it.
func (v *View) Raw(row int) []byte {
	part, local := v.at(row)
	return part.Set.Raw(local)
}

// Resource gives the number of a row's resource; rows with the same number
// have the same resource.
func (v *View) Resource(row int) int {
	part, local := v.at(row)
	return part.FirstResource + int(part.Set.resource[local])
}

// ServiceOf gives the service of a resource.
func (v *View) ServiceOf(resource int) string { return v.services[v.resources[resource].service] }

// ServiceNumber gives the number of a resource's service in ServiceNames.
func (v *View) ServiceNumber(resource int) uint32 { return v.resources[resource].service }

// ServiceNames gives the distinct services of all resources. The View owns the slice: it
// must not be changed.
func (v *View) ServiceNames() []string { return v.services }

// NumResources counts the resources as they are served, including those that only joined
// traces have.
func (v *View) NumResources() int { return len(v.resources) }

// Scope gives the number of a row's instrumentation scope.
func (v *View) Scope(row int) int {
	part, local := v.at(row)
	return part.FirstScope + int(part.Set.scope[local])
}

// EncodedResource gives an encoded OTLP Resource and its schema URL, clean and
// with a service.name.
func (v *View) EncodedResource(n int) (wire []byte, schemaURL string) {
	return v.resources[n].wire, v.resources[n].schema
}

// EncodedScope gives an encoded OTLP InstrumentationScope and its schema URL.
func (v *View) EncodedScope(n int) (wire []byte, schemaURL string) {
	s := v.scopeOf(n)
	return s.wire, s.schema
}

func (v *View) scopeOf(n int) *scope {
	if own := n - len(v.set.scopes); own >= 0 {
		return &v.own.scopes[own]
	}
	return &v.set.scopes[n]
}

// A Detail is everything known about a span, decoded.
type Detail struct {
	Span     *tracepb.Span
	Resource *resourcepb.Resource
	Scope    *commonpb.InstrumentationScope

	ResourceSchema, ScopeSchema string // schema URLs
}

// Detail decodes the span of a row as it is served (see Encoded).
func (v *View) Detail(row int) (Detail, error) {
	return v.decode(row, v.Resource(row), v.Encoded(row))
}

// decode decodes a served form of a row's span, with a resource and its scope.
func (v *View) decode(row, resource int, span []byte) (Detail, error) {
	resourceWire, resourceSchema := v.EncodedResource(resource)
	scopeWire, scopeSchema := v.EncodedScope(v.Scope(row))
	d := Detail{&tracepb.Span{}, &resourcepb.Resource{}, &commonpb.InstrumentationScope{}, resourceSchema, scopeSchema}
	for _, part := range []struct {
		wire []byte
		into proto.Message
	}{
		{span, d.Span},
		{resourceWire, d.Resource},
		{scopeWire, d.Scope},
	} {
		if err := proto.Unmarshal(part.wire, part.into); err != nil {
			l := v.Locations(row)[0]
			return Detail{}, fmt.Errorf("decoding the span at byte %d of %q: %w", l.Offset, l.Source, err)
		}
	}
	return d, nil
}

// EncodedText is ReadableText of an encoded AnyValue, or "" if the value cannot be decoded.
func EncodedText(value []byte) string {
	if len(value) > 1 && value[0] == 1<<3|2 { // a string needs no decoding
		for num, text := range otlpwire.Messages(value) {
			if num == 1 {
				return string(text)
			}
		}
	}
	if len(value) > 1 && value[0] == 3<<3|byte(protowire.VarintType) { // nor does an integer
		if n, size := protowire.ConsumeVarint(value[1:]); size == len(value)-1 {
			return strconv.FormatInt(int64(n), 10)
		}
	}
	var v commonpb.AnyValue
	if proto.Unmarshal(value, &v) != nil {
		return ""
	}
	return ReadableText(&v)
}
