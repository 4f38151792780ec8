package viewer

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
	"prowtrace/trace"
)

// loggedEvent is an event in the list of all events of a trace.
type loggedEvent struct {
	At         string `json:"at"` // Unix ns; "0" is unknown
	Line       int    `json:"line"`
	ID         string `json:"id"` // of its span, as all that follows up to Name
	Operation  string `json:"operation"`
	Service    string `json:"service"`
	Name       string `json:"name"`
	Error      bool   `json:"error,omitempty"`      // it is an exception
	Message    string `json:"message,omitempty"`    // type and message of the exception
	Attributes string `json:"attributes,omitempty"` // the others: key=value
}

const (
	eventsPerPage = 500
	maxListed     = 500_000 // events of a trace; a span of a megabyte can have that many
	eventBytes    = 300     // of a message, and of the attributes
)

// getEvents lists the events of all spans by time. With a query those that meet
// it, as if each were the only event of its span.
func (v *reader) getEvents(r *http.Request, d drawing) (any, error) {
	q, err := parseQuery(r.URL.Query().Get("q"))
	if err != nil {
		return nil, err
	}
	found, err := v.events(r.Context(), d, q)
	if err != nil {
		return nil, err
	}
	from, to, err := window(r, len(found.places), eventsPerPage)
	if err != nil {
		return nil, err
	}
	out := []loggedEvent{}
	for _, at := range found.places[from:to] {
		out = append(out, v.loggedEvent(d, at))
	}
	return map[string]any{"events": out, "offset": from, "total": len(found.places), "left": found.left}, nil
}

// eventPlace is where an event is: reading what it says is left until it is shown.
type eventPlace struct {
	at       int64 // Unix ns; without a time of its own it stands where its span begins
	span     int32
	from, to int32 // bytes of Set.Encoded of the span
}

// events finds the events that meet a query.
func (v *reader) events(ctx context.Context, d drawing, q alternatives) (found earliest, err error) {
	var mu sync.Mutex
	err = inParallel(ctx, d.Tree.Len(), 4096, func(from, to int) {
		m := v.newMatcher(q)
		var some earliest
		for i := from; i < to; i++ {
			m.eventsOf(d, i, some.add)
		}
		mu.Lock()
		defer mu.Unlock()
		found.left += some.left
		found.add(some.places...)
	})
	found.cut()
	return found, err
}

// earliest collects events, and keeps the first by time.
type earliest struct {
	places []eventPlace
	left   int // how many are not kept
}

func (e *earliest) add(more ...eventPlace) {
	if e.places = append(e.places, more...); len(e.places) >= 2*maxListed {
		e.cut()
	}
}

// cut puts the events in order and lets go of the last ones.
func (e *earliest) cut() {
	slices.SortFunc(e.places, func(a, b eventPlace) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.span, b.span), cmp.Compare(a.from, b.from))
	})
	if n := len(e.places) - maxListed; n > 0 {
		e.left += n
		e.places = e.places[:maxListed]
	}
}

// eventsOf gives add the events of span i that meet an alternative, as if each
// were the only one.
func (m *matcher) eventsOf(d drawing, i int, add func(...eventPlace)) {
	span := m.set.Encoded(d.Tree.Row(i))
	s := d.Tree.Span(i)
	var says []said
	c := otlpwire.Read(span)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num != 11 || f.Typ != protowire.BytesType {
			continue
		}
		event := span[f.Lo:f.Hi]
		if says == nil { // most spans have no events, and need not be looked into
			says = m.withoutEvents(d, i, s)
		}
		at := cmp.Or(eventTime(event), s.Start)
		if m.event(says, event, at, d.Tree) {
			add(eventPlace{at, int32(i), int32(f.Lo), int32(f.Hi)})
		}
	}
}

// said is what a term says of a span without its events.
type said struct {
	hit    bool
	inside bool // the events can still meet it
}

// withoutEvents asks all terms of all alternatives about a span.
func (m *matcher) withoutEvents(d drawing, i int, s trace.Span) []said {
	says := []said{}
	for _, q := range m.queries {
		for n := range q {
			var t said
			if !q[n].timed() { // the time is that of the event
				t.hit, t.inside = q[n].columns(d.Tree, i, s, d.Self)
				t.hit = t.hit || t.inside && m.partsHave(len(says), &q[n], d.Tree, i, false)
			}
			says = append(says, t)
		}
	}
	return says
}

// event reports whether an event of a time meets an alternative together with its span.
func (m *matcher) event(says []said, event []byte, at int64, t trace.Tree) bool {
	for _, q := range m.queries {
		all := true
		for n := range q {
			hit := says[n].hit || says[n].inside && q[n].eventHas(event) || q[n].timed() && q[n].meets(at, m.timesOf(t))
			all = all && hit != q[n].not
		}
		if all {
			return true
		}
		says = says[len(q):]
	}
	return false
}

func (v *reader) loggedEvent(d drawing, at eventPlace) loggedEvent {
	i := int(at.span)
	s := d.Tree.Span(i)
	e := loggedEvent{Line: int(d.Line[i]), ID: d.Tree.ID(i).String(), Operation: name(s.Name), Service: name(s.Service)}
	event := v.set.Encoded(d.Tree.Row(i))[at.from:at.to]
	e.At = nanos(eventTime(event))
	var kind, message string
	var rest []string
	size := 0
	for num, field := range otlpwire.Messages(event) {
		switch num {
		case 2:
			e.Name = clipBytes(field)
		case 3:
			key, value := otlpwire.KeyValue(field)
			switch k := string(key[:min(len(key), eventBytes)]); {
			case k == "exception.type":
				kind = shortText(value)
			case k == "exception.message":
				message = shortText(value)
			case k == "exception.stacktrace": // in the details of the span, with its last lines first
			case size < eventBytes:
				rest = append(rest, k+"="+shortText(value))
				size += len(rest[len(rest)-1])
			}
		}
	}
	e.Error = e.Name == "exception" || kind != "" || message != ""
	e.Message = kind
	if kind != "" && message != "" {
		e.Message += ": "
	}
	e.Message = text.Clip(e.Message+message, eventBytes)
	e.Attributes = text.Clip(strings.Join(rest, " "), eventBytes)
	return e
}

// shortText gives the begin of an encoded AnyValue as text. Texts and lists of
// them are not decoded, and what is long is not either.
func shortText(value []byte) string {
	if text := textValue(value); text != "" || len(value) > 10*eventBytes {
		return text
	}
	return text.Clip(trace.EncodedText(value), eventBytes)
}
