package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"prowtrace/internal/text"
	"prowtrace/triage/report"
)

// hostile is a log text that attacks readers of a comment, a terminal or JSON.
const hostile = "<script>x</script> **b** @someone [a](http://b) `c` \x1b[31m password=hunter2"

func summary() *report.Summary {
	at := time.Date(2025, 3, 13, 1, 51, 11, 0, time.UTC)
	none := 0
	return &report.Summary{
		Schema:  report.Schema,
		Run:     report.Run{Job: "ci-unit", Build: "19", URL: "https://prow.example/view/19", Result: "failed", Started: &at, Finished: &at, Duration: int64(90 * time.Second), Baseline: []report.Compared{{Build: "18"}}},
		Verdict: report.Verdict{Result: "failed", Category: "quota", Phase: "Up", Text: hostile, Confidence: "high"},
		Findings: []report.Finding{
			{
				Rank: 1, ID: "0123456789ab", Category: "quota", Title: hostile, Text: hostile, Next: "Ask.", Confidence: "high", First: &at, Passing: &none,
				Chain:    []report.Step{{Text: hostile, Evidence: report.Evidence{Source: "log", File: "build-log.txt", Line: 10, Time: &at, URL: "https://prow.example/view/19#1:build-log.txt%3A10"}}},
				Evidence: []report.Evidence{{Source: "log", File: "build-log.txt", Line: 10, Said: hostile}},
			},
			{Rank: 2, Title: "another", Confidence: "low", Evidence: []report.Evidence{{Source: "junit", File: "junit.xml"}}},
		},
		Time: []report.Phase{
			{Phase: "Build", Start: at, Duration: int64(10 * time.Second), Usual: int64(11 * time.Second)},
			{Phase: "Up", Start: at, Duration: int64(80 * time.Second), Usual: int64(20 * time.Second), Failed: true, Unusual: true},
		},
		Tests:      []string{hostile, "TestA"},
		Waits:      []report.Wait{{Text: hostile, Start: &at, Duration: int64(70 * time.Second), Tries: 7, Outcome: "gave up", Evidence: report.Evidence{File: "build-log.txt", Line: 20}}},
		Retries:    []report.Retry{{Text: hostile, Tries: 2, Outcome: "lost"}},
		Unfinished: []report.Unfinished{{Text: hostile, Start: &at, Evidence: report.Evidence{SpanID: "0000000000000001", Said: hostile}}, {Text: "make test"}},
		Gaps:       []report.Gap{{What: "a log", Why: "it is too large: " + hostile}},
	}
}

func written(t *testing.T, write func(*bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Output for others has no secrets, markup or escapes. Output for a terminal has no escapes
// except our own.
func TestHostileTexts(t *testing.T) {
	s := summary()
	s.Time[1].Phase = "Up " + hostile
	s.Tests[0], s.Verdict.Text = "/close "+hostile, "/lgtm "+hostile
	s.Children = []report.Child{{Job: hostile, Build: "1", Result: "failed", Title: hostile}}
	s.Run.Unverified = &report.Unverified{Files: 1, Text: hostile}
	s.Seen = &report.Seen{Known: 1, Times: 1, Others: []string{hostile}, Text: hostile}
	for name, got := range map[string]string{
		"markdown": written(t, func(b *bytes.Buffer) error { return s.Markdown(b) }),
		"issue":    written(t, func(b *bytes.Buffer) error { return s.Issue(b) }),
		"json":     written(t, func(b *bytes.Buffer) error { return s.JSON(b) }),
		"text":     written(t, func(b *bytes.Buffer) error { return s.Text(b, text.Look{}) }),
		"several":  written(t, func(b *bytes.Buffer) error { return report.Several([]*report.Summary{s, s}).Markdown(b) }),
	} {
		if secret := strings.Contains(got, "hunter2"); secret != (name == "text") {
			t.Errorf("%s: the password is shown: %t\n%s", name, secret, got)
		}
		if strings.Contains(got, "\x1b") {
			t.Errorf("%s has a terminal escape: %q", name, got)
		}
		if name == "json" || name == "text" {
			continue
		}
		for _, bad := range []string{"\n**b**", "\n/close", "\n/lgtm", "**<script>", " @someone [a](http://b)"} {
			if strings.HasPrefix(bad, "\n") && strings.Contains(got, bad) {
				t.Errorf("%s has a line that begins with %q:\n%s", name, bad, got)
			}
			for line := range strings.Lines(got) {
				if at := strings.Index(line, bad); at >= 0 && !strings.Contains(line[:at], "`") {
					t.Errorf("%s has markup: %s", name, line)
				}
			}
		}
	}
}

func TestText(t *testing.T) {
	s := summary()
	s.Verdict.Text, s.Findings[0].Title, s.Findings[0].Chain[0].Text = "Quota exceeded", "Quota exceeded", "refused"
	s.Waits[0].Text, s.Unfinished[0].Text, s.Gaps[0].Why = "node b to come", "kops validate", "it is too large"
	s.Verdict.NotTheChange = true
	want := `FAILED  ci-unit 19   1m30s, ended 2025-03-13 01:51 UTC

Quota exceeded
quota · high confidence · not in the last passing run · probably not the change under test

  01:51:11  refused  build-log.txt:10

Next   Ask.
Also   another (junit.xml)

Time   Build       10s  ███  as usual
       Up        1m20s  ████████████████████████  failed  usually 20s
Waited 1m10s: node b to come, 7 tries, gave up (build-log.txt:20)
Cut    still running at the end: kops validate, since 01:51:11 (span 0000000000000001)
       still running at the end: make test
Gaps   a log: it is too large

Open   https://prow.example/view/19
`
	if got := written(t, func(b *bytes.Buffer) error { return s.Text(b, text.Look{}) }); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	narrow := written(t, func(b *bytes.Buffer) error { return s.Text(b, text.Look{Width: 40, Colour: true}) })
	if !strings.Contains(narrow, "\x1b[1;31mFAILED\x1b[0m") || !strings.Contains(narrow, "\x1b[1mQuota exceeded\x1b[0m") {
		t.Errorf("no colour:\n%q", narrow)
	}
	s.Time[1].Unusual = false
	if got := written(t, func(b *bytes.Buffer) error { return s.Text(b, text.Look{}) }); !strings.Contains(got, "  failed  usually 20s\n") {
		t.Errorf("a phase that failed is called usual:\n%s", got)
	}
}

// The schema is read by bots: fields are added, never changed.
func TestSchema(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal([]byte(written(t, func(b *bytes.Buffer) error { return summary().JSON(b) })), &got); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"schema", "run.job", "run.build", "run.url", "run.result", "run.started", "run.finished", "run.duration_ns", "run.baseline",
		"verdict.result", "verdict.category", "verdict.phase", "verdict.text", "verdict.confidence", "verdict.because", "findings", "time", "waits", "retries", "unfinished", "gaps",
	} {
		at := any(got)
		for part := range strings.SplitSeq(path, ".") {
			at = at.(map[string]any)[part]
			if at == nil && part != "because" {
				t.Errorf("there is no %s", path)
				break
			}
		}
	}
	first := got["findings"].([]any)[0].(map[string]any)
	for _, field := range []string{"rank", "id", "category", "title", "text", "next", "confidence", "first", "count", "in_passing_runs", "chain", "explains", "evidence"} {
		if _, ok := first[field]; !ok {
			t.Errorf("a finding has no %s", field)
		}
	}
}

// The form of an issue depends on whether a later run passed without another change.
func TestForm(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*report.Summary)
		want   report.Form
	}{
		{"earlier runs passed", func(s *report.Summary) {}, report.FailingTest},
		{"a later run of the job passed", func(s *report.Summary) { s.Run.Baseline[0].Build = "20" }, report.FlakingTest},
		{"a later run of another change passed", func(s *report.Summary) { s.Run.Baseline[0].Build, s.Run.Change = "20", "a/b#1" }, report.FailingTest},
		{"a later run of the change passed", func(s *report.Summary) { s.Run.Change, s.Seen = "a/b#1", &report.Seen{PassedIn: "20"} }, report.FlakingTest},
	} {
		s := summary()
		tt.change(s)
		got := written(t, func(b *bytes.Buffer) error { return s.Issue(b) })
		if s.Form() != tt.want || !strings.Contains(got, "### Which tests are "+string(tt.want)+"?\n") {
			t.Errorf("%s: form %s\n%s", tt.name, s.Form(), got)
		}
	}
}

// A finding in two changes is probably caused by neither.
func TestSeveralChanges(t *testing.T) {
	for _, tt := range []struct {
		changes string
		want    bool
	}{{"a#1 a#2", true}, {"a#1 a#1", false}, {"a#1 -", false}} {
		one, other := summary(), summary()
		first, second, _ := strings.Cut(tt.changes, " ")
		one.Run.Change, other.Run.Change = first, strings.TrimPrefix(second, "-")
		for _, s := range report.Several([]*report.Summary{one, other}).Runs {
			if s.Verdict.NotTheChange != tt.want {
				t.Errorf("%s: not the change: %t", tt.changes, s.Verdict.NotTheChange)
			}
		}
		if one.Verdict.NotTheChange {
			t.Error("the summary that was handed in is changed")
		}
	}
}

// Runs with the same first finding are one group.
func TestSeveral(t *testing.T) {
	a, b, c := summary(), summary(), summary()
	b.Run.Build = "20"
	c.Findings[0].ID = "ba9876543210"
	s := report.Several([]*report.Summary{a, b, c})
	if len(s.Groups) != 2 || strings.Join(s.Groups[0].Builds, " ") != "19 20" {
		t.Errorf("groups: %+v", s.Groups)
	}
	if got := written(t, func(b *bytes.Buffer) error { return s.JSON(b) }); !strings.HasPrefix(got, `{"schema":"prowtrace.summaries/v1","runs":[{"schema":"prowtrace.summary/v1"`) || strings.Contains(got, "hunter2") {
		t.Error(got)
	}
}

// A phase that ran in parallel to others says how much of it the run waited for.
func TestCriticalPath(t *testing.T) {
	s := &report.Summary{Verdict: report.Verdict{Result: "passed"}, Time: []report.Phase{{Phase: "Up", Duration: 100e9, Critical: 40e9}, {Phase: "Test", Duration: 50e9, Critical: 49e9}}}
	got := written(t, func(b *bytes.Buffer) error { return s.Text(b, text.Look{}) })
	if strings.Count(got, "on the critical path") != 1 || !strings.Contains(got, "  40s on the critical path\n") {
		t.Errorf("%s", got)
	}
}

// Only new findings stay. Findings with low confidence do not count after a known first
// finding.
func TestNews(t *testing.T) {
	with := func(confidences ...string) *report.Summary {
		s := &report.Summary{Verdict: report.Verdict{Text: "finding a"}, Seen: &report.Seen{}}
		for i, c := range confidences {
			id := string(rune('a' + i))
			s.Findings = append(s.Findings, report.Finding{Rank: i + 1, ID: id, Title: "finding " + id, Confidence: c, Evidence: []report.Evidence{{}}})
		}
		return s
	}
	for _, tt := range []struct {
		name, known string
		in          *report.Summary
		want        string
		left        int
	}{
		{"all new", "", with("low", "low"), "ab", 0},
		{"a further one known", "b", with("high", "medium", "low"), "ac", 1},
		{"the first known", "a", with("high", "low", "medium"), "c", 1},
		{"the first known, the rest of little weight", "a", with("high", "low"), "", 1},
		{"all known", "ab", with("high", "high"), "", 2},
		{"no findings", "a", with(), "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := report.Several([]*report.Summary{tt.in})
			news := all.News(func(id string) bool { return strings.Contains(tt.known, id) })
			one, got := news.Runs[0], ""
			for _, f := range one.Findings {
				got += f.ID
			}
			if got != tt.want || one.Known != tt.left || len(news.Found().Runs) != min(len(tt.want), 1) {
				t.Errorf("findings %q, %d known, %d runs", got, one.Known, len(news.Found().Runs))
			}
			if first := strings.Contains(tt.known, "a") && len(tt.in.Findings) > 0; first != (one.Seen == nil) || first && len(news.Groups) > 0 {
				t.Errorf("seen %v, groups %v", one.Seen, news.Groups)
			}
			if one.Verdict.Text != "finding a" || len(tt.in.Findings) != len(all.Runs[0].Findings) {
				t.Error("the verdict or the original is another")
			}
		})
	}
}
