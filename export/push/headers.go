package push

import (
	"net/url"
	"slices"
	"strings"
)

// headers collects the headers of the environment and of the settings. Those of the settings
// replace others of the same name.
func (r *resolver) headers(t *Target) error {
	if value, name := r.variable("HEADERS"); value != "" {
		for member := range strings.SplitSeq(value, ",") {
			if strings.TrimSpace(member) == "" {
				continue
			}
			h, err := header(name, member, t.Protocol)
			if err != nil {
				return err
			}
			if h.Value, err = url.PathUnescape(h.Value); err != nil {
				return &SettingError{Name: name, Value: h.Name, Why: "its value has an invalid escape", Err: err}
			}
			if err := checkValue(name, h); err != nil {
				return err
			}
			t.Headers = append(t.Headers, h)
		}
	}
	var own []Header
	for _, given := range r.Headers {
		h, err := header(SettingHeader, given, t.Protocol)
		if err == nil {
			err = checkValue(SettingHeader, h)
		}
		if err != nil {
			return err
		}
		t.Headers = slices.DeleteFunc(t.Headers, func(other Header) bool { return strings.EqualFold(other.Name, h.Name) })
		own = append(own, h)
	}
	t.Headers = append(t.Headers, own...)
	return nil
}

// ownHeaders are the headers that the protocols set themselves.
var ownHeaders = []string{"content-type", "content-encoding", "content-length", "transfer-encoding", "connection", "host", "te", "user-agent"}

// header reads NAME=VALUE. Messages never show a value, because most are secrets.
func header(setting, given string, p Protocol) (Header, error) {
	name, value, ok := strings.Cut(given, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch lower := strings.ToLower(name); {
	case !ok:
		return Header{}, &SettingError{Name: setting, Value: "…", Why: "write NAME=VALUE"}
	case name == "" || strings.ContainsFunc(name, notToken):
		return Header{}, &SettingError{Name: setting, Value: name, Why: "it is not the name of a header"}
	case slices.Contains(ownHeaders, lower) || p == GRPC && strings.HasPrefix(lower, "grpc-"):
		return Header{}, &SettingError{Name: setting, Value: name, Why: "the protocol sets it"}
	case p == GRPC:
		name = lower
	}
	return Header{name, value}, nil
}

func checkValue(setting string, h Header) error {
	if strings.ContainsFunc(h.Value, func(c rune) bool { return c < ' ' || c > '~' }) {
		return &SettingError{Name: setting, Value: h.Name, Why: "its value has characters that headers cannot have"}
	}
	return nil
}

// notToken reports whether names of headers cannot contain a character.
func notToken(c rune) bool {
	return c <= ' ' || c > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
}
