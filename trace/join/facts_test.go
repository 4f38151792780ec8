package join

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
)

// facts lists the events and added attributes of a joined tree's spans.
func facts(t *testing.T, tree trace.Tree) string {
	t.Helper()
	var b strings.Builder
	for i := range tree.Len() {
		d, err := tree.Detail(i)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, e := range d.Span.Events {
			all = append(all, fmt.Sprintf("%s at %d: %s", e.Name, e.TimeUnixNano/1e9, textOf(e.Attributes, "log.record.original")))
		}
		for _, kv := range d.Span.Attributes {
			switch kv.Key {
			case AttrFinding:
				all = append(all, "finding "+kv.Value.GetStringValue())
			case AttrRank, AttrEventsLeftOut:
				all = append(all, fmt.Sprint(kv.Key, " ", kv.Value.GetIntValue()))
			}
		}
		if all != nil {
			fmt.Fprintf(&b, "%s: %s\n", d.Span.Name, strings.Join(all, ", "))
		}
	}
	return b.String()
}

// An event belongs to the innermost own span at its time whose program wrote it.
//
//	job     |------------------------|
//	setup   |--|
//	test       |---------------------|
//	case       |------------------|       estimated: it may have run at any time
//	kops          |-------|               pid 7
func TestEventsAreWithWhatWroteThem(t *testing.T) {
	files := map[string][]byte{"artifacts/otlp/kops-7-2026.otel": otel(t, otlp(t, "kops", withArgs(span(1, 0, "kops", 20, 60), "kops", "update")))}
	at := func(second int64, text string) Event { return Event{Time: second * 1e9, Text: text} }
	byPID, byName, other, outside := at(30, "of the pid"), at(31, "of the command"), at(32, "of another pid"), at(70, "of the pid, later")
	byPID.PID, byName.Program, other.PID, outside.PID = 7, "kops update", 8, 7
	last, inCase, inSetup := at(61, "its last words"), at(30, "of the case"), at(30, "of the setup's log")
	last.PID, inCase.Within, inSetup.Within = 7, spanID(4), spanID(2)
	tests := []struct {
		name   string
		events []Event
		want   string
	}{
		{"no program is known", []Event{at(5, "early"), at(30, "late")}, "setup: log at 5: early\ntest: log at 30: late\n"},
		{"by process id", []Event{byPID, other}, "test: log at 32: of another pid\nkops update: log at 30: of the pid\n"},
		{"by the command", []Event{byName}, "kops update: log at 31: of the command\n"},
		{"just after the last span", []Event{last}, "kops update: log at 61: its last words\n"},
		{"the process had ended", []Event{outside}, "test: log at 70: of the pid, later\n"},
		{"outside of the job", []Event{at(500, "much later")}, "job: log at 500: much later\n"},
		{"in order of time", []Event{at(40, "b"), at(30, "a")}, "test: log at 30: a, log at 40: b\n"},
		{"written in a case", []Event{inCase}, "case: log at 30: of the case\n"},
		{"by another clock", []Event{inSetup}, "setup: log at 30: of the setup's log\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := loadJob(t, Job{Name: "job", ID: jobID, Own: phases(t), By: ByTime, Events: tt.events}, files)
			if got := facts(t, v.Tree(v.Jobs()[0])); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
			original, _ := v.Lookup(trace.TraceID(tid(1)))
			if got := facts(t, v.Tree(original)); got != "" {
				t.Errorf("the original trace has %s", got)
			}
		})
	}
}

func TestEventsAreBounded(t *testing.T) {
	var events []Event
	for i := range int64(3 * MaxEvents) {
		events = append(events, Event{Time: (1 + i%99) * 1e9, Text: "line"})
	}
	v := loadJob(t, Job{Name: "job", ID: jobID, Own: phases(t), Events: events}, nil)
	tree := v.Tree(v.Jobs()[0])
	kept, leftOut := 0, 0
	for i := range tree.Len() {
		d, err := tree.Detail(i)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Span.Events) > MaxSpanEvents {
			t.Errorf("%s has %d events", d.Span.Name, len(d.Span.Events))
		}
		kept += len(d.Span.Events)
		for _, kv := range d.Span.Attributes {
			if kv.Key == AttrEventsLeftOut {
				leftOut += int(kv.Value.GetIntValue())
			}
		}
	}
	if kept == 0 || kept > MaxEvents || kept+leftOut != len(events) {
		t.Errorf("%d events are kept and %d counted, of %d", kept, leftOut, len(events))
	}
}

// Events beyond the given ones are counted with those that are left out.
func TestMoreEvents(t *testing.T) {
	v := loadJob(t, Job{Name: "job", ID: jobID, Own: phases(t), Events: []Event{{Time: 30e9, Text: "a"}}, MoreEvents: 7}, nil)
	want := "job: prowtrace.events_left_out 7\ntest: log at 30: a\n"
	if got := facts(t, v.Tree(v.Jobs()[0])); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A process without a root span has the name of the command that was started before it. The
// command of a process that reports its own is not available to others.
func TestStartedNamesProcesses(t *testing.T) {
	files := map[string][]byte{
		"kops-7-2026.otel":   otel(t, otlp(t, "kops", withArgs(span(1, 0, "kops", 20, 60), "/bin/kops", "update"))),
		"kops-8-2026.otel":   otel(t, otlp(t, "kops", span(2, 9, "HTTP GET", 22, 30))),
		"kops-9-2026.otel":   otel(t, otlp(t, "kops", span(3, 9, "HTTP GET", 80, 90))),
		"nodeup-1-2026.otel": otel(t, otlp(t, "nodeup", span(4, 9, "HTTP GET", 22, 30))),
	}
	started := []Started{
		{Time: 18e9, Args: []string{"/bin/kops", "toolbox", "dump", "--dir", "/logs"}},
		{Time: 19e9, Args: []string{"/bin/kops", "update"}},
		{Time: 21e9, Args: []string{"/bin/kubectl", "get", "nodes"}},
		{Time: 60e9, Args: []string{"/bin/kops", "validate"}},
	}
	v := loadJob(t, Job{Name: "job", ID: jobID, Own: phases(t), Started: started}, files)
	tree := v.Tree(v.Jobs()[0])
	var got []string
	for i := range tree.Len() {
		d, err := tree.Detail(i)
		if err != nil {
			t.Fatal(err)
		}
		if file := textOf(d.Span.Attributes, "prowtrace.file"); file != "" {
			got = append(got, file+" is "+d.Span.Name)
		}
	}
	slices.Sort(got)
	want := "kops-7-2026.otel is kops update\nkops-8-2026.otel is kops toolbox dump\nkops-9-2026.otel is kops-9-2026.otel\nnodeup-1-2026.otel is nodeup-1-2026.otel"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

// The process that ran a command is recognized by the command line, by its title if a shell
// has quoted it, or by the program if the process reports no command. One process runs one
// command.
func TestCovered(t *testing.T) {
	processes := []Process{
		{File: "kops-9-2026.otel", PID: 9, Start: 50e9, End: 60e9},
		{File: "kops-7-2026.otel", PID: 7, Start: 20e9, End: 40e9, Commands: []Command{{Args: []string{"/bin/kops", "update", "--name", "a b"}}}},
	}
	started := []Started{
		{Time: 19e9, Args: []string{"kops", "update", "--name", "'a", "b'"}},
		{Time: 19e9, Args: []string{"kubectl", "get", "nodes"}},
		{Time: 20e9, Args: []string{"kops", "validate"}},
		{Time: 49e9, Args: []string{"kops", "delete"}},
		{Time: 49e9, Args: []string{"kops", "version"}},
	}
	if got, want := Covered(processes, started), []bool{true, false, false, true, false}; !slices.Equal(got, want) {
		t.Errorf("covered are %v, want %v", got, want)
	}
	if processes[0].File != "kops-9-2026.otel" || processes[0].started != nil {
		t.Error("the processes given were changed")
	}
}

func TestFindingsMarkSpansOfTheJoinedTrace(t *testing.T) {
	files := map[string][]byte{"kops-7-2026.otel": otel(t, otlp(t, "kops", withArgs(span(1, 0, "kops", 20, 60), "kops", "update")))}
	tests := []struct {
		name     string
		findings []Finding
		want     string
	}{
		{"a span of the set", []Finding{{Row: 0, ID: "quota\xff", Rank: 1}}, "kops update: finding quota\uFFFD, prowtrace.rank 1\nkops: finding quota\uFFFD, prowtrace.rank 1\n"},
		{"an own span", []Finding{{Row: -1, Own: spanID(2), ID: "b", Rank: 2}}, "setup: finding b, prowtrace.rank 2\n"},
		{"a time", []Finding{{Row: -1, At: Event{Time: 5e9}, ID: "c", Rank: 3}}, "setup: finding c, prowtrace.rank 3\n"},
		{"the first of two", []Finding{{Row: 0, ID: "b", Rank: 2}, {Row: 0, ID: "a", Rank: 1}}, "kops update: finding a, prowtrace.rank 1\nkops: finding a, prowtrace.rank 1\n"},
		{"nowhere", []Finding{{Row: 1 << 20, ID: "a", Rank: 1}, {Row: -1, ID: "b", Rank: 2}, {Row: -1, Own: spanID(99), ID: "c", Rank: 3}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := loadJob(t, Job{Name: "job", ID: jobID, Own: phases(t), Findings: tt.findings}, files)
			if got := facts(t, v.Tree(v.Jobs()[0])); got != tt.want {
				t.Errorf("got\n%swant\n%s", got, tt.want)
			}
		})
	}
}

func TestProcesses(t *testing.T) {
	twice := otel(t, otlp(t, "kops", withArgs(span(1, 0, "kops", 20, 60), "kops", "update"), span(2, 1, "x", 30, 70)))
	orphan := inTrace(3, tracetest.Span(2, 9, "orphan", 5, -1))
	set, err := trace.Load(t.Context(), []trace.Source{
		{Name: "a/kops-7-2026.otel", Data: twice, Group: 1},
		{Name: "copy.otel", Data: twice, Group: 2},
		{Name: "kops-x.otel", Data: otel(t, otlp(t, "kops", withArgs(orphan, "kops", "no root"))), Group: 1},
		{Name: "empty.otel", Data: otel(t)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	processes, err := Processes(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range processes {
		got = append(got, fmt.Sprintf("%d %d %s pid %d %d-%d %s", p.Source, p.Group, p.File, p.PID, p.Start/1e9, p.End/1e9, p.Title()))
	}
	want := []string{
		"0 1 a/kops-7-2026.otel pid 7 20-70 kops update",
		"1 2 copy.otel pid 0 20-70 kops update", // its spans are those of the first file
		"2 1 kops-x.otel pid 0 5-5 kops-x.otel",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
