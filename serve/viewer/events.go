package viewer

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/trace/query"
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
	filter, err := filterOf(r)
	if err != nil {
		return nil, err
	}
	var found earliest
	err = query.Events(r.Context(), d.Tree, filter, d.derived(), func(some []query.Event) { found.add(some...) })
	if err != nil {
		return nil, err
	}
	found.cut()
	from, to, err := window(r, len(found.events), eventsPerPage)
	if err != nil {
		return nil, err
	}
	out := []loggedEvent{}
	for _, at := range found.events[from:to] {
		out = append(out, v.loggedEvent(d, at))
	}
	return map[string]any{"events": out, "offset": from, "total": len(found.events), "left": found.left}, nil
}

// earliest collects events, and keeps the first by time.
type earliest struct {
	events []query.Event
	left   int // how many are not kept
}

func (e *earliest) add(more ...query.Event) {
	if e.events = append(e.events, more...); len(e.events) >= 2*maxListed {
		e.cut()
	}
}

// cut puts the events in order and lets go of the last ones.
func (e *earliest) cut() {
	slices.SortFunc(e.events, func(a, b query.Event) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Span, b.Span), cmp.Compare(a.From, b.From))
	})
	if n := len(e.events) - maxListed; n > 0 {
		e.left += n
		e.events = e.events[:maxListed]
	}
}

func (v *reader) loggedEvent(d drawing, at query.Event) loggedEvent {
	i := at.Span
	s := d.Tree.Span(i)
	e := loggedEvent{Line: int(d.Line[i]), ID: d.Tree.ID(i).String(), Operation: name(s.Name), Service: name(s.Service)}
	event := d.Tree.Encoded(i)[at.From:at.To]
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
