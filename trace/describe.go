package trace

import (
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlpwire"
)

// UnknownService is the service of spans whose resource names none. It is in
// the lists of services, can be searched for, and is served as service.name.
const UnknownService = "unknown_service"

const serviceName = "service.name"

// newResource makes the served form of an encoded resource: clean, with a
// service.name that is never empty and has the label behind it, and with the
// extra attributes that it lacks. JobService gets no label.
func newResource(d described, extra []Attribute, label string, services *interner[string]) resource {
	r := resource{raw: []byte(d.wire), schema: validText(d.schema)}
	r.wire = r.raw
	if !otlpwire.Resource.Valid(r.raw) {
		r.wire = otlpwire.Resource.Clean(r.raw)
	}
	var decoded resourcepb.Resource
	if err := proto.Unmarshal(r.wire, &decoded); err != nil {
		// clean leaves nothing that Unmarshal refuses; a resource that it did
		// refuse would better be empty than make every answer fail.
		decoded.Reset()
		r.wire = nil
	}
	name := stringAttribute(decoded.Attributes, serviceName)
	changed := name == ""
	if changed {
		name = UnknownService
		setString(&decoded, serviceName, name)
	}
	if label != "" && name != JobService {
		extra = append(extra[:len(extra):len(extra)], Attribute{attrService, name})
		name += "@" + validText(label)
		setString(&decoded, serviceName, name)
	}
	for _, a := range extra {
		if stringAttribute(decoded.Attributes, a.Key) == "" {
			setString(&decoded, a.Key, validText(a.Value))
			changed = true
		}
	}
	if changed {
		if wire, err := (proto.MarshalOptions{Deterministic: true}).Marshal(&decoded); err == nil {
			r.wire = wire
		}
	}
	r.service, _ = services.number(name)
	return r
}

func newScope(d described) scope {
	s := scope{raw: []byte(d.wire), schema: validText(d.schema)}
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
