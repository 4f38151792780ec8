package query

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// plainly gives a filter that decodes every span, whatever its bytes are.
func plainly(f Filter) Filter {
	each := func(filters []Filter) (all []Filter) {
		for _, f := range filters {
			all = append(all, plainly(f))
		}
		return all
	}
	switch f := f.(type) {
	case all:
		return all(each(f))
	case some:
		return some(each(f))
	case not:
		return not{plainly(f.Filter)}
	case inSpan:
		f.probe = everywhere{f.probe}
		return f
	}
	return f
}

// everywhere is a probe that may be in all spans.
type everywhere struct{ probe }

func (everywhere) may(*subject, []byte, bool) (all, some bool) { return true, false }

// oddAttributes are fields of spans that are encoded in unusual ways, and texts that look
// like attributes.
func oddAttributes() [][]byte {
	text := func(s string) []byte { return otlpwire.AppendBytes(nil, 1, []byte(s)) }
	key, value := otlpwire.AppendBytes(nil, 1, []byte("code")), otlpwire.AppendBytes(nil, 2, text("c1"))
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	number := func(n uint64) []byte { return protowire.AppendVarint([]byte{3 << 3}, n) }
	in := func(kv ...[]byte) []byte { return otlpwire.AppendBytes(nil, 9, join(kv...)) }
	list := otlpwire.AppendBytes(nil, 5, otlpwire.AppendBytes(nil, 1, text("c1")))
	fields := otlpwire.AppendBytes(nil, 6, otlpwire.AppendBytes(nil, 1, join(key, value)))
	long := otlpwire.AppendBytes(nil, 1, []byte(strings.Repeat("code", 50)))
	return [][]byte{
		in(value, key), in(key), in(value), in(key, value, key), in(key, value, otlpwire.AppendBytes(nil, 2, text("500"))),
		in([]byte("\x0a\x84\x00code"), value), in(key, otlpwire.AppendBytes(nil, 2, []byte("\x0a\x82\x00c1"))), in(key, otlpwire.AppendBytes(nil, 2, []byte{})),
		in(key, otlpwire.AppendBytes(nil, 2, number(500))), in(key, otlpwire.AppendBytes(nil, 2, []byte("\x18\xf4\x83\x80\x00"))),
		in(key, otlpwire.AppendBytes(nil, 2, []byte("\x10\x05"))), in(key, otlpwire.AppendBytes(nil, 2, join(number(7), text("c1")))), in(key, otlpwire.AppendBytes(nil, 2, join(text("c1"), number(7)))),
		in(key, otlpwire.AppendBytes(nil, 2, list)), in(key, otlpwire.AppendBytes(nil, 2, fields)), in(long, value),
		in(otlpwire.AppendBytes(nil, 1, []byte("zone")), otlpwire.AppendBytes(nil, 2, text(string(join(key, value))))),
		in(otlpwire.AppendBytes(nil, 1, []byte("zone")), otlpwire.AppendBytes(nil, 2, otlpwire.AppendBytes(nil, 7, join(key, value)))),
		in(otlpwire.AppendBytes(nil, 1, []byte("zone")), otlpwire.AppendBytes(nil, 2, text(strings.Repeat("\x0a\x04code\x12\x7f", 40)))),
		otlpwire.AppendBytes(nil, 11, join(otlpwire.AppendBytes(nil, 2, []byte("c1")), otlpwire.AppendBytes(nil, 3, join(value, key)))),
		otlpwire.AppendBytes(nil, 13, otlpwire.AppendBytes(nil, 4, join(key, otlpwire.AppendBytes(nil, 2, list)))),
		otlpwire.AppendBytes(nil, 15, otlpwire.AppendBytes(nil, 2, join(key, value))),
	}
}

// Searches of bytes find the same as searches that decode every span.
func TestBytesAreSearchedAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var spans []byte
	fields := oddAttributes()
	for i := range uint64(120) {
		s := otlpwire.AppendBytes(nil, 1, tid(byte(i)))
		s = otlpwire.AppendBytes(s, 2, sid(i+1))
		s = otlpwire.AppendFixed64(otlpwire.AppendFixed64(s, 7, 10e9), 8, 11e9)
		if i < uint64(len(fields)) {
			s = append(s, fields[i]...)
		}
		for range rng.IntN(3) {
			s = append(s, pick(rng, fields)...)
		}
		spans = otlpwire.AppendBytes(spans, 2, s)
	}
	odd := load(t, otel(t, otlpwire.AppendBytes(nil, 1, otlpwire.AppendBytes(nil, 2, spans))))
	questions := []string{
		"code=c1", "code=500", "code=7", "code=true", `code=""`, "code~c1", "code~^c[0-9]$", "code~(?i)C1", `code~\[`, "code~50", "code>6", "code:=c1", "has:code", "c1", "C1", "500", "code",
		`"[\"c1"`, "tru", "message~c1", "event=c1", "event~1", "code!=c1", `"` + strings.Repeat("code", 50) + `"=c1`, `message~""`, `event~^$`, `code~^$`,
	}
	for range 300 {
		questions = append(questions, generatedSearch(rng))
	}
	for _, v := range []*trace.View{odd, generatedView(t, 21), generatedView(t, 22)} {
		turn := trace.LightTurn(t.Context())
		for _, q := range questions {
			f, err := Parse(q)
			if err != nil {
				t.Fatalf("%s: %v", q, err)
			}
			if n := needsOf(f); n.tree || n.label {
				continue
			}
			plain, _, _ := prepared(plainly(f), 0)
			bytewise, _, _ := prepared(f, 0)
			for _, part := range v.Parts() {
				a, b := newSubject(v, part, turn), newSubject(v, part, turn)
				for row := range part.Set.Len() {
					if got, want := bytewise.holds(a.at(row, 0)), plain.holds(b.at(row, 0)); got != want {
						t.Errorf("%s: row %d is found %v, want %v: %q", q, row, got, want, part.Set.Encoded(row))
					}
				}
			}
		}
	}
}

// The same holds for Jaeger's structured filters.
func TestStructuredFiltersSearchBytesAlike(t *testing.T) {
	v := generatedView(t, 23)
	turn := trace.LightTurn(t.Context())
	for _, level := range []string{"", "span.", "event.", "link.", "resource."} {
		for _, key := range []string{"code", "cluster", "error", "zone"} {
			ref := "@" + level + key
			for _, q := range []string{
				"(eq " + ref + " 500)", "(ne " + ref + " 500)", "(gt " + ref + " 0)", "(exists " + ref + ")", "(in " + ref + " c1 true)", "(not_in " + ref + " c1 500)", "(regex " + ref + " c1)", "(regex " + ref + " [0-9]+)",
				"(fulltext " + ref + " c1)", "(phrase " + ref + " and c2)", "(not (eq " + ref + " c1))",
			} {
				f, err := parseFilter(t, q)
				if err != nil {
					t.Fatalf("%s: %v", q, err)
				}
				g, _, _ := prepared(f, 0)
				for _, part := range v.Parts() {
					a, b := newSubject(v, part, turn), newSubject(v, part, turn)
					for row := range part.Set.Len() {
						if got, want := g.holds(a.at(row, 0)), f.holds(b.at(row, 0)); got != want {
							t.Errorf("%s: row %d is found %v, want %v", q, row, got, want)
						}
					}
				}
			}
		}
	}
}
