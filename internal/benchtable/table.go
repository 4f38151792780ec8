package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// A row is one budget.
type row struct {
	what   string
	value  figure
	bound  []figure // what no program can do without, or what to compare with; their sum
	is     string   // what the bound is
	budget string
}

const ns = "ns/op"

var rows = []row{
	{"load 1 M spans, 517 MB in 20 files", figure{"Load/1m", ns}, []figure{{"Bound/read/1m", ns}, {"Bound/crc/1m", ns}}, "read the bytes, check CRC-32C", "4 ×"},
	{"the same in one file", figure{"Shapes/one-file/1m", ns}, []figure{{"Load/1m", ns}}, "loading 20 files", "1 ×"},
	{"the same as a million traces", figure{"Shapes/flat/1m", ns}, []figure{{"Load/1m", ns}}, "loading 160 traces", ""},
	{"the same by kOps' trace server", peerLoad, []figure{{"Load/1m", ns}}, "loading by prowtrace", "at least 20 ×"},
	{"join 1 M spans", figure{"Make/join/time", ns}, []figure{{"Make/load", ns}}, "load", "1 ×"},
	{"memory with the joined trace, 1 M spans", figure{"Memory", "anon-B/span"}, nil, "", "120 B a span"},
	{"search 1 M spans for a word that none has", figure{"FindBox/1m/nonexistent", "x-contains"}, nil, "`bytes.Contains` over each span", "3 ×"},
	{"the same for a pattern with a word in it", figure{"FindBox/1m/url.full~nope[0-9]+x", "x-contains"}, nil, "`bytes.Contains` over each span", "6 ×"},
	{"the same for a pattern without one", figure{"FindBox/1m/regexp", "x-regexp"}, nil, "the pattern over the key's values, on as many processors", "1.2 ×"},
	{"a light question beside 20 heavy ones, 1 M spans", figure{"Beside/heavy", ns}, []figure{{"Beside/alone", ns}}, "the same alone", "1 ×"},
	{"GetTraces of 6,250 of 1 M spans, 99th percentile", figure{"RPC/1m/v2/GetTraces", "p99-ms"}, nil, "", "10 ms"},
	{"totals of 1 M spans", figure{"Analyses/totals/1m", "x-pass"}, nil, "read the bytes, check CRC-32C", ""},
	{"operations of 1 M spans", figure{"Analyses/operations/1m", "x-pass"}, nil, "read the bytes, check CRC-32C", ""},
	{"attributes of 1 M spans and their values", figure{"Analyses/keys/1m", "x-pass"}, nil, "read the bytes, check CRC-32C", "5 ×"},
	{"flame graph of 1 M spans", figure{"Analyses/flame/1m", "x-pass"}, nil, "read the bytes, check CRC-32C", "5 ×"},
	{"services of 1 M spans", figure{"Analyses/services/1m", "x-pass"}, nil, "read the bytes, check CRC-32C", "5 ×"},
	{"first rows of 100,000 spans in Chromium", figure{"LargeTrace/100000", "ms-to-rows"}, nil, "", "0.65 × d8494e2"},
	{"first rows of 1 M spans in Chromium", figure{"LargeTrace/1000000", "ms-to-rows"}, nil, "", "0.65 × d8494e2"},
	{"the same, until it can be used", figure{"LargeTrace/1000000", "ms-to-use"}, nil, "", ""},
	{"frame while panning over 1 M spans, 99th percentile", figure{"LargeTrace/1000000", "pan-p99-ms"}, nil, "", "16.7 ms"},
}

// table is what is printed.
type table struct {
	now, old *side // old is nil where none is measured
	peer     bool
	rounds   int
	machine  string
}

// write prints the table as markdown.
func (t table) write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured at commit %s; medians of %d rounds; %s.\n\n", t.now.commit, t.rounds, t.machine)
	b.WriteString("| what | bound | budget | now |")
	if t.old != nil {
		fmt.Fprintf(&b, " %s | now ÷ %s |", t.old.commit, t.old.commit)
	}
	b.WriteString("\n|---|---|---|---:|")
	if t.old != nil {
		b.WriteString("---:|---:|")
	}
	b.WriteString("\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |", r.what, r.boundIn(t.now.results), r.budget, t.cell(r, t.now.results))
		if t.old != nil {
			fmt.Fprintf(&b, " %s | %s |", t.cell(r, t.old.results), t.ratio(r))
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// boundIn says what a row is compared with, and how much that takes.
func (r row) boundIn(of results) string {
	if sum, ok := of.sum(r.bound); ok {
		return r.is + ": " + format(sum, r.bound[0].unit)
	}
	return r.is
}

// cell is the value of a row, and what it is of the bound.
func (t table) cell(r row, of results) string {
	value, ok := of.median(r.value)
	switch {
	case !ok && r.value == peerLoad && !t.peer:
		return "not here"
	case !ok:
		return "–"
	}
	text := format(value, r.value.unit)
	if sum, ok := of.sum(r.bound); ok && sum > 0 {
		text += ", **" + times(value/sum) + "**"
	}
	return text
}

func (t table) ratio(r row) string {
	now, ok := t.now.results.median(r.value)
	old, before := t.old.results.median(r.value)
	if !ok || !before || old == 0 {
		return "–"
	}
	return strconv.FormatFloat(now/old, 'f', 2, 64)
}

// format writes a value with three digits that count.
func format(value float64, unit string) string {
	switch {
	case unit == ns && value >= 1e9:
		return digits(value/float64(time.Second)) + " s"
	case unit == ns && value < 1e6:
		return digits(value/float64(time.Microsecond)) + " µs"
	case unit == ns:
		return digits(value/float64(time.Millisecond)) + " ms"
	case strings.HasPrefix(unit, "x-"):
		return "**" + times(value) + "**"
	case strings.HasSuffix(unit, "B/span"):
		return digits(value) + " B a span"
	}
	return digits(value) + " ms" // p99-ms and the like
}

func times(ratio float64) string { return digits(ratio) + " ×" }

func digits(value float64) string {
	switch {
	case value >= 100:
		return strconv.FormatFloat(value, 'f', 0, 64)
	case value >= 10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	}
	return strconv.FormatFloat(value, 'f', 2, 64)
}
