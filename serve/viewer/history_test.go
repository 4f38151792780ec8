package viewer

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"prowtrace/prow/runfile"
	"prowtrace/triage/history"
)

// pastOfJob is the history of thirty made-up runs.
func pastOfJob(t *testing.T) *history.History {
	t.Helper()
	content, err := os.ReadFile("../../triage/history/testdata/history.json")
	if err != nil {
		t.Fatal(err)
	}
	var h history.History
	if err := json.Unmarshal(content, &h); err != nil {
		t.Fatal(err)
	}
	return history.Make(h.Jobs[0].Runs)
}

func TestHistoryAnswer(t *testing.T) {
	golden(t, "history", answer[any](t, NewHistory(pastOfJob(t)), "history?n=6"))
}

// Without a number all runs are told of; with one, the last of them.
func TestHistoryOfRuns(t *testing.T) {
	h := NewHistory(pastOfJob(t))
	for _, test := range []struct {
		target, title string
		runs          int
	}{
		{"history", "Broken since 1900000000000000024: 5 of the last 6 runs failed with the same finding", 30},
		{"history?n=0", "Broken since 1900000000000000024: 5 of the last 6 runs failed with the same finding", 30},
		{"history?n=1000", "Broken since 1900000000000000024: 5 of the last 6 runs failed with the same finding", 30},
		{"history?n=3", "Broken since 1900000000000000027: 3 of the last 3 runs failed with the same finding", 3},
	} {
		got := answer[historyAnswer](t, h, test.target)
		if j := got.Jobs[0]; j.Title != test.title || len(j.Runs) != test.runs || got.Most != 30 {
			t.Errorf("%s: %q of %d runs, at most %d", test.target, j.Title, len(j.Runs), got.Most)
		}
	}
	for _, target := range []string{"/api/v1/history?n=-1", "/api/v1/history?n=x", "/api/v1/history/issue?n=1e3"} {
		if w := get(h, target); w.Code != http.StatusBadRequest {
			t.Errorf("%s: status %d", target, w.Code)
		}
	}
}

// What comes from a bucket is cut, on one line, and no address that runs.
func TestHostileHistory(t *testing.T) {
	const odd = "\x1b[2J<b>\u202e\nx"
	var runs []history.Run
	for i := range 5 {
		runs = append(runs, history.Run{
			Job: odd + strings.Repeat("j", 5000), Build: odd + string(rune('0'+i)), URL: "javascript:hacked()", Started: time.Unix(int64(1e9+i), 0), Took: time.Second, State: runfile.Failed,
			Change: odd, Gap: odd, Finding: &history.Finding{ID: odd, Title: odd + strings.Repeat("t", 5000), Category: odd, Phase: odd + string(rune('0'+i))},
			Phases: []history.Phase{{Name: odd, Took: time.Second}}, Cases: []history.Case{{Name: odd, Flaky: true}}, Budgets: []history.Budget{{Name: odd, Used: 1, Limit: 2}},
			Commits: []history.Commit{{Repo: odd, SHA: odd + string(rune('0'+i))}}, Attributes: map[string]string{odd: odd},
		})
	}
	runs[0].State, runs[0].Finding = runfile.Passed, nil
	w := get(NewHistory(history.Make(runs)), "/api/v1/history")
	body := w.Body.String()
	var texts func(any)
	texts = func(v any) {
		switch v := v.(type) {
		case string:
			if strings.ContainsAny(v, "\x1b\n\u202e") || strings.Contains(v, "javascript:") || len(v) > 2*clippedLine {
				t.Errorf("the answer has %q", v)
			}
		case []any:
			for _, e := range v {
				texts(e)
			}
		case map[string]any:
			for _, e := range v {
				texts(e)
			}
		}
	}
	var got any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	texts(got)
	if len(body) > 20_000 {
		t.Errorf("the answer has %d bytes", len(body))
	}
}

// The page is for its visitor only; what is copied from it may go to others.
func TestHistoryIssueIsMasked(t *testing.T) {
	const secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	h := NewHistory(history.Make([]history.Run{
		{Job: "a", Build: "1", Started: time.Unix(1, 0), State: runfile.Passed},
		{Job: "a", Build: "2", Started: time.Unix(2, 0), State: runfile.Failed, Finding: &history.Finding{ID: "x", Title: "cannot log in with " + secret}},
	}))
	if body := get(h, "/api/v1/history").Body.String(); !strings.Contains(body, secret) {
		t.Errorf("the page lacks the line as it was: %s", body)
	}
	w := get(h, "/api/v1/history/issue")
	if body := w.Body.String(); strings.Contains(body, secret) || !strings.Contains(body, "cannot log in with") || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("the issue is %s", body)
	}
}

func TestPageOfHistory(t *testing.T) {
	h := NewHistory(pastOfJob(t))
	for _, test := range []struct {
		target string
		status int
		has    string
	}{
		{"/", 200, `src="/ui/history.js"`},
		{"/ui/history.js", 200, "modules['views/historyjob.js'] ="},
		{"/ui/history.css", 200, ".strip"},
		{"/ui/style.css", 200, ".top"},
		{"/ui/history.html", 404, ""},
		{"/trace/1", 404, `src="/ui/history.js"`},
		{"/api/v1/run", 404, "no such address"},
	} {
		if w := get(h, test.target); w.Code != test.status || !strings.Contains(w.Body.String(), test.has) || w.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%s: status %d\n%.300s", test.target, w.Code, w.Body)
		}
	}
	for _, name := range []string{"import ", "import("} { // all of it is one script
		if body := get(h, "/ui/history.js").Body.String(); strings.Contains(body, "\n"+name) {
			t.Errorf("the script has %q", name)
		}
	}
	for host, status := range map[string]int{"127.0.0.1:80": 200, "localhost": 200, "evil.example": 403, "192.168.0.1": 403} {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/history", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != status {
			t.Errorf("asked as %s: status %d", host, w.Code)
		}
	}
}
