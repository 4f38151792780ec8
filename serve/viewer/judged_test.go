package viewer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/trace"
	"prowtrace/trace/join"
	"prowtrace/triage/report"
)

// A judgement is waited for by those who know the one before, and by nobody once it is
// final.
func TestJudgingIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j Judging
		if _, version := j.Next(t.Context(), noVersion); version != 0 {
			t.Errorf("at first it is version %d", version)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, version := j.Next(ctx, 0); version != 0 || ctx.Err() == nil {
			t.Errorf("version %d, without a wait", version)
		}
		came := make(chan Judgement)
		for range 2 {
			go func() {
				now, _ := j.Next(t.Context(), 0)
				came <- now
			}()
		}
		synctest.Wait()
		j.Set(Judgement{Compared: 1})
		for range 2 {
			if now := <-came; now.Compared != 1 {
				t.Errorf("%+v came", now)
			}
		}
		j.Set(Judgement{Compared: 2, Final: true})
		if now, version := j.Next(t.Context(), 2); !now.Final || version != 2 {
			t.Errorf("the last is %+v, version %d", now, version)
		}
	})
}

// judgedAs makes an Info with a judgement.
func judgedAs(info Info, now Judgement) Info {
	j := &Judging{}
	j.Set(now)
	info.Judged = j.Next
	return info
}

// sampleSummary has evidence of every kind in trace 1 and in sampleLog.
func sampleSummary() *report.Summary {
	at := time.Unix(0, base+500e6).UTC()
	step := func(text string, e report.Evidence) report.Step { return report.Step{Text: text, Evidence: e} }
	span := report.Evidence{Source: "span", TraceID: traceID(1).String(), SpanID: "0000000000000003", Time: &at}
	return &report.Summary{
		Schema: report.Schema, Run: report.Run{Job: "e2e-kops", Build: "42", Result: "failed"},
		Verdict: report.Verdict{Result: "failed", Category: "dependency", Phase: "Up", Text: "api.example has no address", Confidence: "high"},
		Findings: []report.Finding{{Rank: 1, ID: "0123456789ab", Category: "dependency", Title: "api.example has no address", Confidence: "high", Evidence: []report.Evidence{span}, Chain: []report.Step{
			step("a span", span),
			step("a time", report.Evidence{Source: "pod", Time: &at}),
			step("a line", report.Evidence{Source: "log", File: "build-log.txt", Line: 3, Time: &at, URL: "https://prow.example/#1:build-log.txt%3A3"}),
			step("a line that is not held", report.Evidence{Source: "log", File: "build-log.txt", Line: 900}),
			step("a file", report.Evidence{Source: "prow", File: "finished.json", Line: 7, URL: "javascript:alert(1)"}),
			step("a span of nothing here", report.Evidence{Source: "span", SpanID: "00000000000000ff"}),
		}}},
	}
}

// shifted has numbers that lines get which are not all held.
type shifted struct{ numbered }

func (s shifted) Number(i int) (int, bool) { return i + 2, true }

// The judgement says where its evidence is shown.
func TestGoldenJudgement(t *testing.T) {
	l := logOf(t, "build-log.txt", sampleLog)
	lines := l.Lines
	l.Lines = func(ctx context.Context) (Lines, error) {
		all, err := lines(ctx)
		all.Numbering = shifted{all.Numbering.(numbered)}
		return all, err
	}
	h := newViewer(load(t, sampleFiles(t)...), judgedAs(giving(l), Judgement{Summary: sampleSummary(), Compared: 2, ToCompare: 3}))
	golden(t, "judgement", answer[any](t, h, "traces/"+traceID(1).String()+"/summary"))
	if !answer[summary](t, h, "traces/"+traceID(1).String()).Judged {
		t.Error("the trace does not say that it is judged")
	}
	if issue := page(t, h, "/api/v1/traces/"+traceID(1).String()+"/issue"); !strings.Contains(issue, "### Which jobs are failing?") {
		t.Errorf("the issue is %s", issue)
	}
}

// An answer of a page that knows the judgement comes with the next one.
func TestSummaryIsWaitedFor(t *testing.T) {
	j := &Judging{}
	j.Set(Judgement{ToCompare: 3})
	h := newViewer(load(t, sampleFiles(t)...), Info{Judged: j.Next})
	target := "traces/" + traceID(1).String() + "/summary"
	first := answer[judgement](t, h, target)
	came := make(chan judgement)
	go func() { came <- answer[judgement](t, h, fmt.Sprintf("%s?known=%d", target, first.Version)) }()
	j.Set(Judgement{Compared: 1, ToCompare: 3, Final: true})
	if next := <-came; first.Compared != 0 || next.Compared != 1 || next.Version <= first.Version {
		t.Errorf("%+v follows %+v", next, first)
	}
}

// Of several runs each is judged by itself; of the traces of a run only the joined one.
func TestWhatIsJudged(t *testing.T) {
	source := file(t, 1, span{id: 1, name: "kops", start: 0, end: 1000})
	source.Group = 1
	job := join.Job{Name: "e2e", ID: trace.TraceID{1}}
	set, err := join.Load(t.Context(), []trace.Source{source}, job)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Set().Close() })
	one := judgedAs(Info{}, Judgement{Compared: 1, Final: true})
	for _, test := range []struct {
		name   string
		info   Info
		target string
		status int
	}{
		{"the only run", one, "summary", http.StatusOK},
		{"its trace", one, "traces/" + job.ID.String() + "/summary", http.StatusOK},
		{"its trace as a UUID", one, "traces/" + uuid(job.ID.String()) + "/summary", http.StatusOK},
		{"a part of it", one, "traces/" + traceID(1).String() + "/summary", http.StatusNotFound},
		{"one of several", Info{Jobs: []Job{{Trace: job.ID, Judged: one.Judged}}}, "traces/" + job.ID.String() + "/summary", http.StatusOK},
		{"another of several", Info{Jobs: []Job{{Trace: job.ID, Judged: one.Judged}}}, "traces/" + traceID(1).String() + "/summary", http.StatusNotFound},
		{"nobody judges", Info{}, "traces/" + job.ID.String() + "/summary?known=0", http.StatusNotFound},
		{"no such trace", one, "traces/77/summary?known=0", http.StatusNotFound},
		{"an issue of nothing", one, "traces/" + job.ID.String() + "/issue", http.StatusNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			if w := get(newViewer(set, test.info), "/api/v1/"+test.target); w.Code != test.status {
				t.Errorf("status %d: %s", w.Code, w.Body)
			}
		})
	}
}

// Hostile text stays text on its line, and no answer is larger than its share.
func TestHostileJudgement(t *testing.T) {
	bad := strings.Join(hostile, "") + "\u202e\n\x1b[31m" + strings.Repeat("<b>", 10_000)
	s := &report.Summary{}
	fill(reflect.ValueOf(s).Elem(), bad)
	h := newViewer(load(t, sampleFiles(t)...), judgedAs(giving(logOf(t, bad, "x\n")), Judgement{Summary: s, Failed: bad, Final: true}))
	w := get(h, "/api/v1/traces/"+traceID(1).String()+"/summary")
	if w.Code != http.StatusOK || w.Body.Len() > 8<<20 {
		t.Fatalf("status %d, %d bytes", w.Code, w.Body.Len())
	}
	var decoded any
	if err := json.Unmarshal(w.Body.Bytes(), &decoded); err != nil {
		t.Fatal(err)
	}
	checkText(t, "summary", "", decoded)
	noControls(t, "summary", decoded)
}

// fill sets all texts of a value, and makes its lists long.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if v.Type() != reflect.TypeFor[*time.Time]() {
			fill(v.Elem(), text)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 100, 100))
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			for i := range v.NumField() {
				fill(v.Field(i), text)
			}
		}
	}
}
