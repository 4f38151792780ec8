package viewer

import (
	"cmp"
	"context"
	"encoding/hex"
	"slices"
	"sort"

	"prowtrace/internal/text"
	"prowtrace/trace"
	"prowtrace/triage/report"
)

// findingPlaces are the places of a finding, in its order.
type findingPlaces struct {
	Chain    []place `json:"chain"`
	Evidence []place `json:"evidence"`
}

// place is where evidence is shown beside a trace.
type place struct {
	Line int    `json:"line"`          // of its span, else of the innermost one that ran at its time; -1 is none
	Log  string `json:"log,omitempty"` // the name of the log that has it
	At   int    `json:"at,omitempty"`  // its line there, among those that are held
}

// places finds where the evidence of findings is shown.
func (v *reader) places(ctx context.Context, d drawing, findings []report.Finding) []findingPlaces {
	logs := v.heldLines(ctx, d)
	spans, running := d.spansOf(findings), d.runningAt(findings)
	of := func(e report.Evidence) place {
		p := place{Line: -1}
		if line, ok := spans[e.SpanID]; ok {
			p.Line = line
		} else if e.Time != nil {
			p.Line = running[e.Time.UnixNano()]
		}
		if e.Line > 0 {
			p.Log, p.At = logs(e.File, e.Line)
		}
		return p
	}
	out := []findingPlaces{}
	for _, f := range findings {
		places := findingPlaces{[]place{}, []place{}}
		for _, s := range f.Chain {
			places.Chain = append(places.Chain, of(s.Evidence))
		}
		for _, e := range f.Evidence {
			places.Evidence = append(places.Evidence, of(e))
		}
		out = append(out, places)
	}
	return out
}

// evidenceOf is all evidence of findings.
func evidenceOf(findings []report.Finding) (all []report.Evidence) {
	for _, f := range findings {
		for _, s := range f.Chain {
			all = append(all, s.Evidence)
		}
		all = append(all, f.Evidence...)
	}
	return all
}

// spansOf gives the lines of the spans that findings name, by their ids.
func (d drawing) spansOf(findings []report.Finding) map[string]int {
	named := map[trace.SpanID]bool{}
	for _, e := range evidenceOf(findings) {
		if id, err := hex.DecodeString(e.SpanID); err == nil && len(id) == len(trace.SpanID{}) {
			named[trace.SpanID(id)] = true
		}
	}
	lines := map[string]int{}
	for i := range d.Tree.Len() {
		if id := d.Tree.ID(i); named[id] {
			delete(named, id)
			lines[id.String()] = int(d.Line[i])
		}
	}
	return lines
}

// runningAt gives the lines of the innermost spans at the times of findings, in Unix ns.
func (d drawing) runningAt(findings []report.Finding) map[int64]int {
	var times []int64
	for _, e := range evidenceOf(findings) {
		if e.Time != nil {
			times = append(times, e.Time.UnixNano())
		}
	}
	slices.Sort(times)
	times = slices.Compact(times)
	lines := map[int64]int{}
	for k, line := range d.Innermost(times) {
		lines[times[k]] = int(line)
	}
	return lines
}

// heldLines finds lines of the logs of a trace by their numbers in the whole log.
func (v *reader) heldLines(ctx context.Context, d drawing) func(file string, number int) (log string, at int) {
	all, err := v.logs(ctx, d.Tree.Trace.ID)
	read := map[string]Lines{}
	return func(file string, number int) (string, int) {
		i := slices.IndexFunc(all, func(l Log) bool { return l.Name == file })
		if err != nil || i < 0 {
			return "", 0
		}
		lines, ok := read[file]
		if !ok {
			lines, _ = all[i].Lines(ctx) // what cannot be read has no lines
			read[file] = lines
		}
		if lines.Log == nil {
			return "", 0
		}
		numberOf := func(i int) int { n, _ := lines.Number(i); return n }
		at := sort.Search(lines.Len(), func(i int) bool { return numberOf(i) >= number })
		if at == lines.Len() || numberOf(at) != number {
			return "", 0
		}
		return name(file), at + 1
	}
}

// Bounds on what is sent of a judgement.
const (
	maxFindings = 6
	maxSteps    = 30 // of a chain, of phases, waits, gaps and the like
	saidBytes   = 300
)

// shownSummary makes a judgement fit to be shown: on one line each, cut, and as much as
// anybody reads.
func shownSummary(s *report.Summary) *report.Summary {
	out := *s
	said := func(s string) string { return text.Clip(s, saidBytes) }
	evidence := func(e report.Evidence) report.Evidence {
		e.Source, e.File, e.Said = said(e.Source), said(e.File), said(e.Said)
		e.TraceID, e.SpanID, e.URL = text.Clip(e.TraceID, 60), text.Clip(e.SpanID, 60), webAddress(e.URL)
		return e
	}
	out.Run.Job, out.Run.Build, out.Run.URL = said(s.Run.Job), said(s.Run.Build), webAddress(s.Run.URL)
	out.Run.Result, out.Run.Change = said(s.Run.Result), said(s.Run.Change)
	out.Run.Baseline = each(s.Run.Baseline, func(c report.Compared) report.Compared {
		return report.Compared{Build: said(c.Build), URL: webAddress(c.URL)}
	})
	if s.Run.Unverified != nil {
		not := *s.Run.Unverified
		not.Through, not.Text = said(not.Through), said(not.Text)
		out.Run.Unverified = &not
	}
	out.Verdict.Result, out.Verdict.Category, out.Verdict.Phase = said(s.Verdict.Result), said(s.Verdict.Category), said(s.Verdict.Phase)
	out.Verdict.Text, out.Verdict.Confidence = said(s.Verdict.Text), said(s.Verdict.Confidence)
	out.Verdict.Because = each(s.Verdict.Because, said)
	out.Findings = each(s.Findings[:min(len(s.Findings), maxFindings)], func(f report.Finding) report.Finding {
		f.ID, f.Category, f.Title, f.Text = said(f.ID), said(f.Category), said(f.Title), said(f.Text)
		f.Signature, f.Next, f.Confidence = said(f.Signature), said(f.Next), said(f.Confidence)
		f.Chain = each(f.Chain, func(s report.Step) report.Step {
			return report.Step{Text: said(s.Text), Evidence: evidence(s.Evidence)}
		})
		f.Evidence = each(f.Evidence, evidence)
		return f
	})
	out.Time = each(s.Time, func(p report.Phase) report.Phase { p.Phase = said(p.Phase); return p })
	out.Waits = each(s.Waits, func(w report.Wait) report.Wait {
		w.Text, w.For, w.Outcome, w.Evidence = said(w.Text), said(w.For), said(w.Outcome), evidence(w.Evidence)
		return w
	})
	out.Retries = each(s.Retries, func(r report.Retry) report.Retry {
		r.Text, r.Outcome, r.Evidence = said(r.Text), said(r.Outcome), evidence(r.Evidence)
		return r
	})
	out.Unfinished = each(s.Unfinished, func(u report.Unfinished) report.Unfinished {
		u.Text, u.Evidence = said(u.Text), evidence(u.Evidence)
		return u
	})
	out.Gaps = each(s.Gaps, func(g report.Gap) report.Gap {
		return report.Gap{What: said(g.What), Why: said(g.Why), Next: said(g.Next)}
	})
	out.Children = each(s.Children, func(c report.Child) report.Child {
		return report.Child{Job: said(c.Job), Build: said(c.Build), URL: webAddress(c.URL), Result: said(c.Result), ID: said(c.ID), Title: said(c.Title), Category: said(c.Category)}
	})
	if s.Seen != nil {
		seen := *s.Seen
		seen.First, seen.PassedIn, seen.Text, seen.Others = said(seen.First), said(seen.PassedIn), said(seen.Text), each(seen.Others, said)
		out.Seen = &seen
	}
	out.Tests = each(s.Tests, said)
	out.Schema = cmp.Or(said(s.Schema), report.Schema)
	return &out
}

// each makes the first of a list fit to be shown.
func each[E any](all []E, shown func(E) E) []E {
	out := []E{}
	for _, e := range all[:min(len(all), maxSteps)] {
		out = append(out, shown(e))
	}
	return out
}
