package trace

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
)

// UnknownService is the service of spans whose resource has no service.name. It is listed
// and searched for like other services, and it is served as service.name.
const UnknownService = "unknown_service"

const serviceName = "service.name"

// newResource makes the served form of an encoded resource: clean, with a
// service.name that is never empty.
func newResource(d described, services *interner[string]) resource {
	r := resource{raw: []byte(d.wire), schema: text.Valid(d.schema), group: d.group}
	r.wire = r.raw
	if !otlpwire.Resource.Valid(r.raw) {
		r.wire = otlpwire.Resource.Clean(r.raw)
	}
	decoded := decodeResource(r.wire)
	if decoded == nil {
		// Unmarshal accepts everything that Clean returns. If it ever refuses a resource, an
		// empty resource is better than an error in every answer.
		decoded, r.wire = &resourcepb.Resource{}, nil
	}
	name := stringAttribute(decoded.Attributes, serviceName)
	if name == "" {
		name = UnknownService
		setString(decoded, serviceName, name)
		r.wire = encodeResource(decoded, r.wire)
	}
	r.service = services.number(name)
	return r
}

// describedAs gives the resource with two additions: the attributes of its group that it
// lacks, and the group's label, if any, behind its service name.
func (r resource) describedAs(g Description, name string, services *interner[string]) resource {
	decoded := decodeResource(r.wire)
	if decoded == nil || len(g.Attributes) == 0 && g.Label == "" {
		r.service = services.number(name)
		return r
	}
	changed := false
	extra := g.Attributes
	if g.Label != "" {
		extra = append(extra[:len(extra):len(extra)], Attribute{attrService, name})
		name += "@" + text.Valid(g.Label)
		setString(decoded, serviceName, name)
		changed = true
	}
	for _, a := range extra {
		if stringAttribute(decoded.Attributes, a.Key) == "" {
			setString(decoded, a.Key, text.Valid(a.Value))
			r.added = otlpwire.AppendText(r.added[:len(r.added):len(r.added)], 1, a.Key, text.Valid(a.Value))
			changed = true
		}
	}
	if changed {
		r.wire = encodeResource(decoded, r.wire)
	}
	r.service = services.number(name)
	return r
}

func decodeResource(wire []byte) *resourcepb.Resource {
	var decoded resourcepb.Resource
	if proto.Unmarshal(wire, &decoded) != nil {
		return nil
	}
	return &decoded
}

// encodeResource gives a resource's encoding, or otherwise if it cannot be encoded.
func encodeResource(r *resourcepb.Resource, otherwise []byte) []byte {
	wire, err := (proto.MarshalOptions{Deterministic: true}).Marshal(r)
	if err != nil {
		return otherwise
	}
	return wire
}

func newScope(d described) scope {
	s := scope{raw: []byte(d.wire), schema: text.Valid(d.schema)}
	s.wire = s.raw
	if !otlpwire.Scope.Valid(s.raw) {
		s.wire = otlpwire.Scope.Clean(s.raw)
	}
	return s
}

// stringAttribute gives the first string value under key.
func stringAttribute(attrs []*commonpb.KeyValue, key string) string {
	for _, kv := range attrs {
		if kv.GetKey() == key {
			return kv.GetValue().GetStringValue()
		}
	}
	return ""
}

func setString(r *resourcepb.Resource, key, value string) {
	v := &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}
	for _, kv := range r.Attributes {
		if kv.GetKey() == key {
			kv.Value = v
			return
		}
	}
	r.Attributes = append(r.Attributes, &commonpb.KeyValue{Key: key, Value: v})
}
