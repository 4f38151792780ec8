package triage

import (
	"slices"
	"strings"
	"time"

	"prowtrace/trace"
	"prowtrace/trace/analysis"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
)

// A Phase is a part of a run. Phases follow each other: what the runner did, or else what
// Prow did with the run's pod.
type Phase struct {
	Name     string
	Span     int // number in the Tree
	Start    time.Time
	Duration time.Duration
	Critical time.Duration // its part of the critical path of the run
	Usual    time.Duration // the median of the passing runs; 0 if none has the phase
	Failed   bool
}

// runnerFile is the file in which a runner, such as kubetest2, reports its phases as cases.
const runnerFile = "junit_runner.xml"

// OfRunner reports whether a JUnit file's cases are the phases of a runner rather than
// tests.
func OfRunner(file string) bool { return strings.HasSuffix(file, runnerFile) }

// maxPhases is how many phases are worth showing.
const maxPhases = 30

// Phases gives the phases of a run, as far as its files have them.
func Phases(e *Evidence) []Phase {
	all := phasesOf(e)
	for i := range all {
		var usual []time.Duration
		for _, p := range e.Passing {
			for _, other := range phasesOf(p) {
				if other.Name == all[i].Name {
					usual = append(usual, other.Duration)
					break
				}
			}
		}
		if len(usual) > 0 {
			slices.Sort(usual)
			all[i].Usual = usual[len(usual)/2]
		}
	}
	addCritical(e, all)
	return all
}

// phasesOf prefers the cases of a runner, which are the phases of the test. Steps come
// second, and containers third.
func phasesOf(e *Evidence) []Phase {
	if e.Tree == nil {
		return nil
	}
	kinds := map[string][]Phase{}
	for i := range e.Tree.Len() {
		if !e.Tree.Own(i) {
			continue
		}
		s := e.Tree.Span(i)
		name := s.Name
		of, file := phaseOf(e.Tree, i)
		if of == "case" && !OfRunner(file) {
			continue
		}
		kinds[of] = append(kinds[of], Phase{Name: name, Span: i, Start: time.Unix(0, s.Start).UTC(), Duration: time.Duration(s.Duration), Failed: s.Status == trace.StatusError})
	}
	for _, want := range [][]string{{"case"}, {"step"}, {"scheduling", "init", "test", "sidecar"}} {
		var all []Phase
		for _, k := range want {
			all = append(all, kinds[k]...)
		}
		if len(all) > 0 {
			slices.SortStableFunc(all, func(a, b Phase) int { return a.Start.Compare(b.Start) })
			return all[:min(len(all), maxPhases)]
		}
	}
	return nil
}

// Ran reports whether a span stands for what the test did: it is from a trace, or it stands
// for a process that wrote one, or for a command that a log shows. All other spans are
// Prow's own, such as phases, cases and clones.
func Ran(t *trace.Tree, i int) bool {
	if !t.Own(i) {
		return true
	}
	d, err := t.Detail(i)
	return err == nil && slices.ContainsFunc(d.Span.GetAttributes(), func(kv *commonpb.KeyValue) bool {
		return kv.GetKey() == "prowtrace.file" || kv.GetKey() == "prow.phase" && kv.GetValue().GetStringValue() == "command"
	})
}

// phaseOf gives the kind of phase of a span of Prow's own files. For a case it also gives
// its file.
func phaseOf(t *trace.Tree, i int) (kind, file string) {
	kind, file = phaseAttributes(t, i)
	if p := t.Parent(i); kind == "case" && file == "" && p >= 0 {
		_, file = phaseAttributes(t, p)
	}
	return kind, file
}

func phaseAttributes(t *trace.Tree, i int) (kind, file string) {
	d, err := t.Detail(i)
	if err != nil {
		return "", ""
	}
	for _, kv := range d.Span.GetAttributes() {
		switch kv.GetKey() {
		case "prow.phase":
			kind = kv.GetValue().GetStringValue()
		case "prow.junit.file":
			file = kv.GetValue().GetStringValue()
		}
	}
	return kind, file
}

// addCritical adds the critical path to each phase.
func addCritical(e *Evidence, all []Phase) {
	if e.Tree == nil || len(all) == 0 {
		return
	}
	phaseAt := map[int]int{}
	for k, p := range all {
		phaseAt[p.Span] = k
	}
	for _, s := range analysis.Of(e.Tree.View()).Drawing(e.Tree.Trace).Critical() {
		for at, depth := int(s.Span), 0; at >= 0 && depth < 1000; at, depth = e.Tree.Parent(at), depth+1 {
			if k, ok := phaseAt[at]; ok {
				all[k].Critical += time.Duration(s.To - s.From)
				break
			}
		}
	}
}
