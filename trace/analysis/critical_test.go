package analysis

import (
	"fmt"
	"strings"
	"testing"

	"prowtrace/internal/tracetest"
	"prowtrace/trace"
	"prowtrace/trace/join"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// The same small traces test the critical path and self times. The drawings show their
// intervals in seconds; * marks the path.
func TestCriticalPathAndSelfTime(t *testing.T) {
	tests := []struct {
		name     string
		spans    []*tracepb.Span
		critical string // earliest first: name from-to
		self     string // name=seconds, by start
	}{
		{
			// root  |**------*****|
			// a       ***
			// b          ***
			name:     "one after the other",
			spans:    []*tracepb.Span{span(1, 0, "root", 10, 20), span(2, 1, "a", 12, 15), span(3, 1, "b", 15, 17)},
			critical: "root 10-12, a 12-15, b 15-17, root 17-20",
			self:     "root=5 a=3 b=2",
		},
		{
			// root   |*--------*|
			// short    --
			// long    ********
			name:     "the longer of two at once",
			spans:    []*tracepb.Span{span(1, 0, "root", 10, 20), span(2, 1, "short", 12, 14), span(3, 1, "long", 11, 19)},
			critical: "root 10-11, long 11-19, root 19-20",
			self:     "root=2 long=8 short=2",
		},
		{
			// root  |*------*|
			// a      ***--       ran beside the end of b's wait
			// b        *****   starts before a ends
			name:     "what overlaps the later one is not waited for",
			spans:    []*tracepb.Span{span(1, 0, "root", 10, 20), span(2, 1, "a", 11, 15), span(3, 1, "b", 13, 19)},
			critical: "root 10-13, b 13-19, root 19-20",
			self:     "root=2 a=4 b=6",
		},
		{
			// parent |****-----|
			// late        ***|-----|
			name:     "a child that outlasts its parent counts to its end",
			spans:    []*tracepb.Span{span(1, 0, "parent", 10, 20), span(2, 1, "late", 15, 30)},
			critical: "parent 10-15, late 15-20",
			self:     "parent=5 late=15",
		},
		{
			// parent      |-----|
			// early   |------|
			name:     "a child that starts before its parent",
			spans:    []*tracepb.Span{span(1, 0, "parent", 15, 20), span(2, 1, "early", 10, 18)},
			critical: "early 15-18, parent 18-20",
			self:     "early=8 parent=2",
		},
		{
			// first   ****
			// second       ****
			name:     "two roots",
			spans:    []*tracepb.Span{span(1, 0, "first", 10, 14), span(2, 0, "second", 15, 19)},
			critical: "first 10-14, second 15-19",
			self:     "first=4 second=4",
		},
		{
			// root    |**********|
			// open      ****…        no end: lasts as long as the trace
			name:     "unfinished",
			spans:    []*tracepb.Span{span(1, 0, "root", 10, 20), span(2, 1, "open", 12, -1)},
			critical: "root 10-12, open 12-20",
			self:     "root=2 open=8",
		},
		{
			name:     "no time at all",
			spans:    []*tracepb.Span{span(1, 0, "root", 10, 10), span(2, 1, "child", 10, 10)},
			critical: "",
			self:     "root=0 child=0",
		},
		{
			// root   |*----------*|
			// a       |*--------*|
			// leaf      ********
			name:     "nested",
			spans:    []*tracepb.Span{span(1, 0, "root", 10, 20), span(2, 1, "a", 11, 19), span(3, 2, "leaf", 12, 18)},
			critical: "root 10-11, a 11-12, leaf 12-18, a 18-19, root 19-20",
			self:     "root=2 a=2 leaf=6",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, otel(t, otlp(t, "s", tt.spans...)))
			tree := s.Tree(s.Trace(0))
			var segments, selfs []string
			for _, g := range CriticalPath(tree) {
				segments = append([]string{fmt.Sprintf("%s %s-%s", tree.Span(g.Span).Name, seconds(g.From), seconds(g.To))}, segments...)
			}
			if got := strings.Join(segments, ", "); got != tt.critical {
				t.Errorf("critical path\n got %s\nwant %s", got, tt.critical)
			}
			for i, ns := range SelfTimes(tree) {
				selfs = append(selfs, tree.Span(i).Name+"="+seconds(ns))
			}
			if got := strings.Join(selfs, " "); got != tt.self {
				t.Errorf("self time\n got %s\nwant %s", got, tt.self)
			}
		})
	}
}

// Guesses among a job's own spans are not followed, unless they contain a span that is not a
// guess.
//
//	job    |*********************|
//	test     |-****************-|
//	suite       |--------------|      estimated, ends last
//	kops        |*************|
//	guess          |-----|            estimated, with a step that is not
//	step             |**|
func TestCriticalPathOfJob(t *testing.T) {
	jobID := trace.TraceID{0: 0xaa}
	marks := map[trace.SpanID]join.Mark{}
	at := func(id, parent uint64, name string, start, end int64, guess bool) *tracepb.Span {
		s := span(id, parent, name, start, end)
		s.TraceId = jobID[:]
		marks[trace.SpanID(sid(id))] = join.Mark{Estimated: guess, MayContain: !guess}
		return s
	}
	timeline := otlp(t, join.Service, at(1, 0, "job", 1, 100, false), at(2, 1, "test", 10, 90, false), at(3, 2, "suite", 20, 90, true),
		at(4, 3, "case", 30, 90, true), at(5, 2, "guess", 12, 19, true), at(6, 5, "step", 13, 15, false))
	file := otel(t, otlp(t, "kops", tracetest.WithArgs(inTrace(1, span(1, 0, "kops", 20, 80)), "kops", "update")))
	s := loadJobs(t, []trace.Source{{Name: "kops-7-x.otel", Data: file, Group: 1}}, join.Job{ID: jobID, Own: join.Own{Spans: timeline, Marks: marks}, By: join.ByTime})
	tree := s.Tree(s.Jobs()[0])
	var got []string
	for _, g := range CriticalPath(tree) {
		got = append([]string{fmt.Sprintf("%s %d-%d", tree.Span(g.Span).Name, g.From/1e9, g.To/1e9)}, got...)
	}
	want := "job 1-10, test 10-12, guess 12-13, step 13-15, guess 15-19, test 19-20, kops 20-80, test 80-90, job 90-100"
	if strings.Join(got, ", ") != want {
		t.Errorf("critical path\n got %s\nwant %s", strings.Join(got, ", "), want)
	}
}
