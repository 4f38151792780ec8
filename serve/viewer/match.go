package viewer

import (
	"context"
	"encoding/binary"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
	"prowtrace/trace/analysis"
)

// getFound sends the numbers of the lines that match, in order, as u32.
func (v *reader) getFound(r *http.Request, d drawing) (any, error) {
	q, err := parseQuery(r.URL.Query().Get("q"))
	if err != nil {
		return nil, err
	}
	hit := make([]bool, d.Tree.Len())
	err = inParallel(r.Context(), len(hit), 4096, func(from, to int) {
		m := v.newMatcher(q)
		for i := from; i < to; i++ {
			hit[i] = m.span(d.Tree, i, d.Self)
		}
	})
	if err != nil {
		return nil, err
	}
	out := []byte{}
	for i, l := range d.Layout.Lines {
		if l.Group == analysis.NoGroup && hit[l.Span] {
			out = binary.LittleEndian.AppendUint32(out, uint32(i))
		}
	}
	return blob{contentType: "application/octet-stream", body: out}, nil
}

// inParallel calls f for pieces of 0..n on all processors.
func inParallel(ctx context.Context, n, piece int, f func(from, to int)) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for {
				from := int(next.Add(int64(piece))) - piece
				if from >= n {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				f(from, min(from+piece, n))
			}
		})
	}
	return g.Wait()
}

// A matcher compares spans with terms. It is for one goroutine: what a term
// says of a resource or a scope it finds once.
type matcher struct {
	set       *trace.View
	queries   alternatives
	needsSelf bool
	described map[describedKey]bool

	// For terms that name a time:
	run    func() analysis.Totals
	of     trace.TraceID // whose times they are
	around times
}

type describedKey struct {
	term, number int
	scope        bool
}

func (v *reader) newMatcher(all alternatives) *matcher {
	m := &matcher{set: v.set, run: v.cache.Totals, described: map[describedKey]bool{}}
	for _, q := range all {
		q = slices.Clone(q)
		// The columns answer first: most spans need not be looked into.
		slices.SortStableFunc(q, func(a, b term) int { return a.cost() - b.cost() })
		for _, t := range q {
			m.needsSelf = m.needsSelf || t.key == "self"
		}
		m.queries = append(m.queries, q)
	}
	return m
}

func (t *term) cost() int {
	if t.key == "dur" || t.key == "duration" || t.key == "self" || t.op != "" && t.key != "message" && (columnKeys[t.key] || t.key == "flag" || t.timed()) {
		return 0
	}
	return 1
}

// span reports whether span i of t meets all terms of an alternative; self are
// the self times.
func (m *matcher) span(t trace.Tree, i int, self []int64) bool {
	s := t.Span(i)
	first := 0 // the number of the alternative's first term
	for _, q := range m.queries {
		if m.all(first, q, t, i, s, self) {
			return true
		}
		first += len(q)
	}
	return false
}

func (m *matcher) all(first int, q terms, t trace.Tree, i int, s trace.Span, self []int64) bool {
	for n := range q {
		if m.term(first+n, &q[n], t, i, s, self) == q[n].not {
			return false
		}
	}
	return true
}

func (m *matcher) term(n int, q *term, t trace.Tree, i int, s trace.Span, self []int64) bool {
	if q.timed() {
		return q.meets(s.Start, m.timesOf(t))
	}
	hit, inside := q.columns(t, i, s, self)
	return hit || inside && m.partsHave(n, q, t, i, true)
}

// columns asks what needs no look into the encoded span; inside is whether the
// term can still be met by what is in there.
func (q *term) columns(t trace.Tree, i int, s trace.Span, self []int64) (hit, inside bool) {
	switch q.key {
	case "dur", "duration":
		if q.limited() {
			return q.compares(float64(s.Duration)), false
		}
	case "self":
		if q.limited() {
			return q.compares(float64(self[i])), false
		}
	case "name":
		hit = q.text(s.Name)
	case "service":
		hit = q.text(s.Service)
	case "kind":
		hit = q.text(s.Kind.String())
	case "status":
		hit = q.text(strings.ToLower(s.Status.String()))
	case "id":
		hit = q.text(s.ID.String())
	case "flag":
		return slices.ContainsFunc(s.Flags.Names(), q.text) || q.value == "inferred" && t.Inferred(i), false
	case "":
		hit = foldIn(s.Name, q.value) || foldIn(s.Service, q.value) || len(q.value) == 16 && s.ID.String() == q.value
	}
	return hit, q.op != ":" || q.key == "scope" || q.key == "has"
}

// partsHave looks into the encoded span, its resource and its scope.
func (m *matcher) partsHave(n int, q *term, t trace.Tree, i int, events bool) bool {
	return q.spanHas(t.Encoded(i), events) || m.describes(n, q, t.Resource(i), false) || m.describes(n, q, m.set.Scope(t.Row(i)), true)
}

func (q *term) timed() bool { return q.op == ":" && (q.key == "after" || q.key == "before") }

func (q *term) limited() bool { return strings.ContainsAny(q.op, "<>") }

func (q *term) compares(v float64) bool {
	switch q.op {
	case ">":
		return v > q.limit
	case ">=":
		return v >= q.limit
	case "<":
		return v < q.limit
	}
	return v <= q.limit
}

// text compares with a text that the term's key names.
func (q *term) text(s string) bool {
	switch q.op {
	case "=":
		return s == q.value
	case "~":
		return q.regex.MatchString(s)
	case ":":
		if q.key == "kind" || q.key == "status" || q.key == "flag" || q.key == "id" {
			return strings.EqualFold(s, q.value)
		}
		return foldIn(s, q.value)
	case "":
		return foldIn(s, q.value)
	}
	v, err := strconv.ParseFloat(s, 64)
	return err == nil && q.compares(v)
}

// describes reports whether a resource or a scope meets a term.
func (m *matcher) describes(n int, q *term, number int, scope bool) bool {
	key := describedKey{n, number, scope}
	hit, known := m.described[key]
	if !known {
		if scope {
			wire, _ := m.set.EncodedScope(number)
			hit = q.scopeHas(wire)
		} else {
			wire, _ := m.set.EncodedResource(number)
			hit = q.attributesHave(wire, 1)
		}
		m.described[key] = hit
	}
	return hit
}

func (q *term) scopeHas(wire []byte) bool {
	if q.key == "scope" || q.key == "" {
		for num, field := range otlpwire.Messages(wire) {
			if (num == 1 || num == 2) && q.text(string(field)) {
				return true
			}
		}
	}
	return q.attributesHave(wire, 3)
}

// spanHas looks through the parts of an encoded span, its events among them or not.
func (q *term) spanHas(span []byte, events bool) bool {
	for num, field := range otlpwire.Messages(span) {
		switch num {
		case 9:
			if q.attribute(field) {
				return true
			}
		case 11:
			if events && q.eventHas(field) {
				return true
			}
		case 13:
			if q.attributesHave(field, 4) {
				return true
			}
		case 15: // the status message
			if q.key == "" || q.key == "message" || q.key == "otel.status_description" {
				for num, message := range otlpwire.Messages(field) {
					if num == 2 && q.text(string(message)) {
						return true
					}
				}
			}
		}
	}
	return false
}

// eventHas looks through an encoded event: its name, its attributes.
func (q *term) eventHas(event []byte) bool {
	if q.key == "" || q.key == "event" {
		for num, name := range otlpwire.Messages(event) {
			if num == 2 && q.text(string(name)) {
				return true
			}
		}
	}
	return q.attributesHave(event, 3)
}

func (q *term) attributesHave(b []byte, number int) bool {
	for num, field := range otlpwire.Messages(b) {
		if int(num) == number && q.attribute(field) {
			return true
		}
	}
	return false
}

// attribute compares with an encoded KeyValue.
func (q *term) attribute(b []byte) bool {
	key, value := otlpwire.KeyValue(b)
	switch {
	case q.key == "has":
		return string(key) == q.value || strings.EqualFold(string(key), q.value)
	case q.key == "":
		return foldIn(key, q.value) || q.value == "" || q.valueText(value)
	case string(key) == q.key:
		return q.valueText(value)
	}
	return false
}

// valueText compares with an encoded AnyValue as text.
func (q *term) valueText(value []byte) bool {
	// A string is the common case, and needs no decoding.
	if len(value) > 1 && value[0] == 1<<3|2 {
		for num, text := range otlpwire.Messages(value) {
			if num == 1 {
				if q.op == "" {
					return foldIn(text, q.value)
				}
				return q.text(string(text))
			}
		}
	}
	var v commonpb.AnyValue
	if proto.Unmarshal(value, &v) != nil {
		return false
	}
	if d, ok := v.GetValue().(*commonpb.AnyValue_DoubleValue); ok && q.limited() {
		return !math.IsNaN(d.DoubleValue) && q.compares(d.DoubleValue)
	}
	return q.text(trace.ReadableText(&v))
}

// foldIn reports whether s contains a text, in any case. The text is in lower
// case.
func foldIn[T string | []byte](s T, lower string) bool {
	if strings.ContainsFunc(lower, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return strings.Contains(strings.ToLower(string(s)), lower)
	}
	for i := 0; i+len(lower) <= len(s); i++ {
		if foldEqual(s[i:i+len(lower)], lower) {
			return true
		}
	}
	return false
}

func foldEqual[T string | []byte](s T, lower string) bool {
	for i := range len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
