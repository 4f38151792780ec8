package viewer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"prowtrace/trace"
)

// Bounds on what the overview shows at once.
const (
	tracesPerPage = 200
	maxFound      = 10_000 // traces of a search
	maxServices   = 100
	maxOperations = 500
	maxProblems   = 200
	nameBytes     = 200 // of a name in a list
)

type overviewPage struct {
	frame
	Stats      trace.Stats
	Size       string // of all files
	Range      string // from when to when
	Traces     int    // of the set
	Errors     int
	Odd        []oddity
	Problems   []trace.Problem
	MoreProbs  int
	Services   []serviceRow
	MoreServ   int
	Several    bool // services: a column says which
	OneDay     bool // all happened on one day: rows give the time only
	Operations []string
	Filter     filter
	Found      int
	FoundMore  bool // there are more than were looked for
	Rows       []traceRow
	Pager      pager
}

type oddity struct {
	Count int
	mark
}

type serviceRow struct {
	Name, Text                string
	Operations, Spans, Errors int
	Link                      string
	Chosen                    bool
}

type traceRow struct {
	Link, Name, Hint, Service string
	Spans, Errors, Orphans    int
	Start, Clock, Duration    string
	bar
}

// bar says where something lies on a time line, in percent of its width.
type bar struct {
	X, Width string
	Tick     bool // too short to be seen: drawn at least two pixels wide
}

func newBar(start, end, from, to int64) bar {
	return bar{percent(start-from, to-from), percent(end-start, to-from), float64(end-start) < float64(to-from)/100}
}

func (v *viewer) overview(w http.ResponseWriter, r *http.Request) error {
	f := newFilter(r.URL.Query())
	found, err := v.find(r.Context(), &f)
	if err != nil {
		return err
	}
	all := v.totals()
	p := overviewPage{
		frame: v.frame(v.info.Title), Stats: v.set.Stats(), Size: size(v.set.Stats().Bytes),
		Traces: v.set.NumTraces(), Errors: all.errors, Filter: f,
		Found: found.len, FoundMore: f.Active() && found.len == maxFound,
	}
	if all.to > 0 {
		p.Range = moment(all.from) + " – " + moment(all.to) + " (" + duration(all.to-all.from) + ")"
	}
	for _, m := range marks {
		if n := p.Stats.Odd[m.flag]; n > 0 {
			p.Odd = append(p.Odd, oddity{n, m})
		}
	}
	p.Problems, p.MoreProbs = shownProblems(v.set.Problems())
	p.Services, p.MoreServ, p.Operations = v.services(f.Service)
	p.Several, p.OneDay = len(all.services) > 1, all.oneDay()
	p.Pager = newPager(r.URL, found.len, tracesPerPage)
	for i := p.Pager.from; i < p.Pager.to; i++ {
		p.Rows = append(p.Rows, v.traceRow(found.at(i), all))
	}
	return v.render(w, http.StatusOK, "overview.html", p)
}

func (v *viewer) traceRow(t trace.Trace, all totals) traceRow {
	root := v.set.Span(t.Root)
	row := traceRow{
		Link: tracePath(t), Name: name(root.Name), Hint: peek(v.set.Raw(t.Root)).hint, Service: name(root.Service),
		Spans: t.Spans, Errors: t.Errors, Orphans: t.Orphans,
		Start: moment(t.Start), Duration: duration(t.End - t.Start),
		bar: newBar(t.Start, t.End, all.from, all.to),
	}
	row.Clock = strings.TrimSuffix(row.Start, " UTC") // the head of the column says so
	if all.oneDay() {
		_, row.Clock, _ = strings.Cut(row.Clock, " ")
	}
	return row
}

// name is how the name of a span or a service is shown: never as nothing.
func name(s string) string {
	if s = clip(s, nameBytes); strings.TrimSpace(s) == "" {
		return "(no name)"
	}
	return s
}

func tracePath(t trace.Trace) string { return "/trace/" + t.ID.String() }

// filter is what the form asks for.
type filter struct {
	Service, Operation, Attributes string
	ErrorsOnly                     bool
	Problem                        string // what is wrong with Attributes
}

func newFilter(q url.Values) filter {
	return filter{Service: q.Get("service"), Operation: q.Get("operation"), Attributes: strings.TrimSpace(q.Get("attributes")), ErrorsOnly: q.Get("errors") != ""}
}

// Active reports whether anything is asked for.
func (f filter) Active() bool {
	return f.Service != "" || f.Operation != "" || f.Attributes != "" || f.ErrorsOnly
}

// traceList is a number of traces, newest first.
type traceList struct {
	len int
	at  func(i int) trace.Trace
}

// find gives the traces to list. What is wrong with the filter is written in it.
func (v *viewer) find(ctx context.Context, f *filter) (traceList, error) {
	if !f.Active() {
		n := v.set.NumTraces()
		return traceList{n, func(i int) trace.Trace { return v.set.Trace(n - 1 - i) }}, nil
	}
	attributes, err := parseAttributes(f.Attributes)
	if err != nil {
		f.Problem = err.Error()
		return traceList{}, nil
	}
	if f.ErrorsOnly {
		attributes = append(attributes, trace.Attribute{Key: "error", Value: "true"})
	}
	found, err := v.set.Find(ctx, trace.Query{Service: f.Service, Operation: f.Operation, Attributes: attributes, Limit: maxFound})
	return traceList{len(found), func(i int) trace.Trace { return found[i] }}, err
}

// parseAttributes reads key=value pairs with spaces between them. A value with
// spaces or quotes is quoted as in Go or JSON: error.type="dial tcp: timeout".
func parseAttributes(s string) ([]trace.Attribute, error) {
	var all []trace.Attribute
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeftFunc(s, unicode.IsSpace) {
		eq := strings.IndexByte(s, '=')
		if eq <= 0 || strings.ContainsFunc(s[:eq], unicode.IsSpace) {
			word, _, _ := strings.Cut(s, " ")
			return nil, fmt.Errorf("“%s” is not an attribute: write key=value, as in http.response.status_code=500", clip(word, 60))
		}
		a := trace.Attribute{Key: s[:eq]}
		s = s[eq+1:]
		if strings.HasPrefix(s, `"`) {
			quoted, err := strconv.QuotedPrefix(s)
			if err == nil {
				a.Value, err = strconv.Unquote(quoted)
			}
			if err != nil {
				return nil, errors.New("the value of “" + clip(a.Key, 60) + "” has no closing quote, or something odd after a backslash")
			}
			s = s[len(quoted):]
		} else {
			end := strings.IndexFunc(s, unicode.IsSpace)
			if end < 0 {
				end = len(s)
			}
			a.Value, s = s[:end], s[end:]
		}
		all = append(all, a)
	}
	return all, nil
}

// searchLink is the address of the traces that have an attribute.
func searchLink(key, value string) string {
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r == '"' || unicode.IsSpace(r) || !unicode.IsPrint(r) }) {
		value = strconv.Quote(value)
	}
	return "/?" + url.Values{"attributes": {key + "=" + value}}.Encode()
}

// totals are what the overview says of the whole set.
type totals struct {
	from, to int64 // Unix ns; of the traces with a time
	errors   int   // spans
	services []serviceTotal
}

type serviceTotal struct {
	name          string
	spans, errors int
}

// oneDay reports whether all traces lie within one day, UTC.
func (t totals) oneDay() bool {
	const day = 24 * 60 * 60 * 1_000_000_000
	return t.from > 0 && t.from/day == t.to/day
}

// newTotals looks at every span once; 1 M spans take about 30 ms.
func newTotals(set *trace.Set) (all totals) {
	for i := range set.NumTraces() {
		t := set.Trace(i)
		if t.Start == 0 {
			continue
		}
		if all.from == 0 {
			all.from = t.Start // traces are ordered by start
		}
		all.to = max(all.to, t.End)
		all.errors += t.Errors
	}
	byName := map[string]int{}
	for _, s := range set.Services() {
		byName[s] = len(all.services)
		all.services = append(all.services, serviceTotal{name: s})
	}
	for row := range set.Len() {
		s := set.Span(row)
		t := &all.services[byName[s.Service]]
		t.spans++
		if s.Status == trace.StatusError {
			t.errors++
		}
	}
	slices.SortStableFunc(all.services, func(a, b serviceTotal) int { return cmp.Compare(b.spans, a.spans) })
	return all
}

// services gives the services with most spans, and the operations to propose
// when the given one is chosen.
func (v *viewer) services(chosen string) (rows []serviceRow, more int, operations []string) {
	known := chosen == ""
	for _, t := range v.totals().services {
		if len(rows) == maxServices && t.name != chosen {
			more++
			continue
		}
		ops := v.set.Operations(t.name)
		if chosen == "" || chosen == t.name {
			for _, op := range ops[:min(len(ops), maxOperations-len(operations))] {
				if len(op.Name) <= nameBytes {
					operations = append(operations, op.Name)
				}
			}
		}
		known = known || t.name == chosen
		rows = append(rows, serviceRow{
			Name: t.name, Text: name(t.name), Operations: len(ops), Spans: t.spans, Errors: t.errors,
			Link: "/?" + url.Values{"service": {t.name}}.Encode(), Chosen: t.name == chosen,
		})
	}
	if !known {
		rows = append(rows, serviceRow{Name: chosen, Text: name(chosen), Chosen: true, Link: "/"})
	}
	slices.Sort(operations)
	return rows, more, slices.Compact(operations)
}

func shownProblems(all []trace.Problem) (shown []trace.Problem, more int) {
	for _, p := range all[:min(len(all), maxProblems)] {
		p.Source, p.What = clip(p.Source, 300), clip(p.What, 500)
		shown = append(shown, p)
	}
	return shown, len(all) - len(shown)
}
