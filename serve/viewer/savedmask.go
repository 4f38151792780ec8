package viewer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"prowtrace/internal/mask"
)

// maskedJSON encodes a value with the secrets hidden in every text of it.
func maskedJSON(value any) ([]byte, error) {
	body, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("cannot encode an answer: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // nanoseconds are more than a float64 holds
	var all any
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("cannot read an answer: %w", err)
	}
	return json.Marshal(maskedValue(all))
}

// maskedValue hides the secrets in a decoded value, and may change it. Its depth is that of an
// answer, and of values of attributes: encoding/json reads no more than 10,000 levels.
func maskedValue(value any) any {
	switch v := value.(type) {
	case string:
		return maskedText(v)
	case []any:
		for i := range v {
			v[i] = maskedValue(v[i])
		}
	case map[string]any:
		return maskedFields(v)
	}
	return value
}

// maskedFields hides the secrets in the keys too, each of which stays a key of its own.
func maskedFields(fields map[string]any) map[string]any {
	masked := make(map[string]any, len(fields))
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		as := maskedText(key)
		for n := 2; as != key; n++ {
			if _, taken := masked[as]; !taken {
				break
			}
			as = fmt.Sprintf("%s (%d)", maskedText(key), n)
		}
		masked[as] = maskedValue(fields[key])
	}
	return masked
}

// shortestCut is the length of the shortest texts that may have been cut: a shorter one that
// ends with an ellipsis has it from its writer.
const shortestCut = 60

// maskedText hides the secrets in a text, which may have been cut.
func maskedText(s string) string {
	masked := mask.Text(s)
	if kept, cut := strings.CutSuffix(masked, "…"); cut && len(s) >= shortestCut {
		return withoutEnd(kept) + "…"
	}
	return masked
}

// withoutEnd takes off the last word of a text that was cut: half a secret has no form that
// would tell it.
func withoutEnd(s string) string {
	if strings.HasSuffix(s, mask.Mark) {
		return s
	}
	return strings.TrimRightFunc(s, func(r rune) bool {
		return r == '_' || r == '-' || r == '.' || r == '~' || r == '+' || r == '%' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z'
	})
}

// mask hides the secrets in the values of a span: a value is a secret by its key, too.
func (d *detail) mask() {
	sections := []*section{&d.Attributes, &d.Resource, &d.Scope}
	for i := range d.Events {
		sections = append(sections, &d.Events[i].section)
	}
	for i := range d.Links {
		sections = append(sections, &d.Links[i].section)
	}
	for _, s := range sections {
		for i := range s.Fields {
			s.Fields[i].mask()
		}
	}
	if d.Message != nil {
		d.Message.mask()
	}
}

func (f *field) mask() {
	masked := mask.Named(f.Key, f.Text)
	if f.Cut {
		masked = withoutEnd(masked)
	}
	if masked != f.Text {
		f.Text, f.Value = masked, nil
	}
}
