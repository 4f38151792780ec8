package viewer

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"prowtrace/trace"
)

// Bounds on what the page of a trace shows at once.
const (
	rowsPerPage = 2000
	maxIndent   = 24 // levels; the style sheet has as many
	maxCrumbs   = 8  // parents above the first row of a page
	colours     = 8  // of services; the style sheet has as many
)

type tracePage struct {
	frame
	ID              string
	Name, Hint      string // of the root
	Start, Duration string
	Spans           int
	Errors          int
	Orphans, Lost   int
	First           *firstError
	Services        []serviceKey
	MoreServices    int
	Several         bool // services: a column says which
	Jaeger          string
	Ruler           []tick
	Above           []crumb // parents of the first row that are on an earlier page
	Rows            []spanRow
	Pager           pager
}

type firstError struct{ Name, Message, Link, At string }

type serviceKey struct {
	Name   string
	Colour int
}

// tick is a label of the time line.
type tick struct{ X, Anchor, Text string }

type crumb struct{ Name, Link string }

// spanRow is one line: a span, or a missing parent.
type spanRow struct {
	Position     int // of the span in its trace: the row's anchor
	Level        int // from 1
	Indent       int
	Deep         bool // deeper than can be indented
	Lost         string
	Children     int    // of a missing parent
	Link         string // to the span's own page
	Name, Hint   string
	Service      string
	Colour       int
	Kind         string
	Start        string // after the start of the trace
	Duration     string
	Error        bool
	Message      string
	Below        int // errors below
	Marks        []mark
	Unsure, Open bool // its time is not as reported; it has no end
	bar
}

func (v *viewer) trace(w http.ResponseWriter, r *http.Request) error {
	t, err := v.lookup(r)
	if err != nil {
		return err
	}
	root := v.set.Span(t.Root)
	nodes := newTree(v.set, t)
	p := tracePage{
		frame: v.frame(name(root.Name)), ID: t.ID.String(),
		Name: name(root.Name), Hint: peek(v.set.Raw(t.Root)).hint,
		Start: moment(t.Start), Duration: duration(t.End - t.Start),
		Spans: t.Spans, Errors: t.Errors, Orphans: t.Orphans, Lost: len(nodes) - t.Spans,
		First: v.firstError(t), Ruler: ruler(t.End - t.Start), Pager: v.window(r.URL, t, nodes),
	}
	if v.info.Jaeger != "" {
		p.Jaeger = v.info.Jaeger + tracePath(t)
	}
	palette := v.palette(t)
	for _, s := range palette.first[:min(len(palette.first), 20)] {
		p.Services = append(p.Services, serviceKey{name(s), palette.colour[s]})
	}
	p.Several = len(palette.first) > 1
	p.MoreServices = len(palette.first) - len(p.Services)
	if p.Pager.from > 0 {
		p.Above = v.above(t, nodes, p.Pager.from)
	}
	for _, n := range nodes[p.Pager.from:p.Pager.to] {
		p.Rows = append(p.Rows, v.spanRow(t, n, palette))
	}
	return v.render(w, http.StatusOK, "trace.html", p)
}

// lookup finds the trace that an address names.
func (v *viewer) lookup(r *http.Request) (trace.Trace, error) {
	given := r.PathValue("trace")
	id, err := trace.ParseTraceID(given)
	if err != nil {
		return trace.Trace{}, &httpError{http.StatusBadRequest, "“" + clip(given, 60) + "” is not a trace id",
			"A trace id is up to 32 hex digits. Copy it again, or find the trace in the list."}
	}
	t, ok := v.set.Lookup(id)
	if !ok {
		return t, notFound("There is no trace "+id.String()+" in this run",
			"It may belong to another run, or its process may have been killed before it wrote its file. Check the id, look for the trace in the list, and see there whether there were problems reading the files.")
	}
	return t, nil
}

// window chooses the page of rows: the one that is asked for, or that which
// has the span asked for.
func (v *viewer) window(u *url.URL, t trace.Trace, nodes []node) pager {
	at, err := strconv.Atoi(u.Query().Get("at"))
	if err != nil || at < 0 || at >= t.Spans {
		return newPager(u, len(nodes), rowsPerPage)
	}
	i := slices.IndexFunc(nodes, func(n node) bool { return n.row == t.First+at })
	return pagerAt(u, len(nodes), rowsPerPage, i/rowsPerPage+1)
}

// rowLink is the address of a span's row on the page of its trace.
func rowLink(t trace.Trace, row int) string {
	return fmt.Sprintf("%s?at=%d#s%[2]d", tracePath(t), row-t.First)
}

// spanLink is the address of a span's own page: by its id, or where that does
// not tell it from others by its place in the trace.
func spanLink(t trace.Trace, s trace.Span) string {
	if s.ID.IsZero() || s.Flags.Has(trace.Conflict) {
		return tracePath(t) + "/span/" + strconv.Itoa(s.Row-t.First)
	}
	return tracePath(t) + "/span/" + s.ID.String()
}

func (v *viewer) firstError(t trace.Trace) *firstError {
	if t.Errors == 0 {
		return nil
	}
	for row := t.First; row < t.First+t.Spans; row++ {
		if s := v.set.Span(row); s.Status == trace.StatusError {
			return &firstError{name(s.Name), peek(v.set.Raw(row)).message, rowLink(t, row), offset(s.Start - t.Start)}
		}
	}
	return nil
}

// palette gives the services of a trace a colour each, in the order they come.
type palette struct {
	first  []string
	colour map[string]int
}

func (v *viewer) palette(t trace.Trace) palette {
	p := palette{colour: map[string]int{}}
	last := ""
	for row := t.First; row < t.First+t.Spans; row++ {
		s := v.set.Service(row)
		if s == last {
			continue
		}
		last = s
		if _, ok := p.colour[s]; !ok {
			p.colour[s] = len(p.first) % colours
			p.first = append(p.first, s)
		}
	}
	return p
}

// ruler labels the quarters of a time line.
func ruler(length int64) []tick {
	if length <= 0 {
		return []tick{{"0", "start", "0"}}
	}
	ticks := []tick{{"0", "start", "0"}}
	for i := int64(1); i < 4; i++ {
		part := length/4*i + length%4*i/4
		ticks = append(ticks, tick{strconv.FormatInt(25*i, 10), "middle", duration(part)})
	}
	return append(ticks, tick{"100", "end", duration(length)})
}

// above names the parents of the first row of a page, the outermost first.
func (v *viewer) above(t trace.Trace, nodes []node, first int) []crumb {
	var all []crumb
	for i := nodes[first].parent; i >= 0; i = nodes[i].parent {
		if len(all) == maxCrumbs {
			all = append(all, crumb{Name: "…"})
			break
		}
		if row := nodes[i].row; row >= 0 {
			all = append(all, crumb{name(v.set.Span(row).Name), rowLink(t, row)})
		} else {
			all = append(all, crumb{Name: "missing parent " + nodes[i].lost.id.String()})
		}
	}
	slices.Reverse(all)
	return all
}

func (v *viewer) spanRow(t trace.Trace, n node, p palette) spanRow {
	line := spanRow{
		Level: int(n.depth) + 1, Indent: min(int(n.depth), maxIndent), Deep: n.depth > maxIndent, Below: int(n.errors),
	}
	if l := n.lost; l != nil {
		line.Lost, line.Children = l.id.String(), l.children
		line.Start, line.Duration = offset(l.start-t.Start), duration(l.end-l.start)
		line.bar = newBar(l.start, l.end, t.Start, t.End)
		return line
	}
	s := v.set.Span(n.row)
	g := peek(v.set.Raw(n.row))
	line.Position, line.Link = n.row-t.First, spanLink(t, s)
	line.Name, line.Hint = name(s.Name), g.hint
	line.Service, line.Colour, line.Kind = name(s.Service), p.colour[s.Service], s.Kind.String()
	line.Start, line.Duration = offset(s.Start-t.Start), duration(s.Duration)
	line.Error, line.Marks = s.Status == trace.StatusError, marksOf(s.Flags)
	if line.Error {
		line.Message = g.message
	}
	line.Unsure, line.Open = s.Flags.Has(trace.TimeUnknown), s.Flags.Has(trace.Unfinished)
	line.bar = newBar(s.Start, s.End(), t.Start, t.End)
	return line
}
