package viewer

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/mask"
	"prowtrace/trace"
)

// savedAs writes a page and gives it with its answers by their paths, and what is left out.
func savedAs(t testing.TB, view *trace.View, info Info, s Saved) (page string, answers map[string]string, left []string) {
	t.Helper()
	var b bytes.Buffer
	s.Made = time.Date(2025, 3, 14, 9, 0, 0, 0, time.UTC)
	left, err := WritePage(t.Context(), &b, view, info, s)
	if err != nil {
		t.Fatal(err)
	}
	page = b.String()
	m := regexp.MustCompile(`(?s)<script type="text/plain" id="answers">([^<]*)</script>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no answers")
	}
	data, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		t.Fatal(err)
	}
	answers = map[string]string{}
	for len(data) > 0 {
		n := 4 + binary.LittleEndian.Uint32(data)
		z, err := gzip.NewReader(bytes.NewReader(data[4:n]))
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		for len(all) > 0 {
			path, body := binary.LittleEndian.Uint32(all), binary.LittleEndian.Uint32(all[4:])
			answers[string(all[8:8+path])] = string(all[8+path : 8+path+body])
			all = all[8+path+body:]
		}
		data = data[n:]
	}
	return page, answers, left
}

// A page in a file has the answers that the server gives, word for word.
func TestSavedAnswersAreTheServers(t *testing.T) {
	view := load(t, sampleFiles(t)...)
	info := judgedAs(giving(logOf(t, "build-log.txt", sampleLog)), Judgement{Summary: sampleSummary(), Final: true})
	h := newViewer(view, info)
	one := "traces/" + traceID(1).String()
	_, answers, left := savedAs(t, view, info, Saved{Traces: []trace.TraceID{traceID(1)}, Open: "prowtrace x"})
	for saved, asked := range map[string]string{
		"files": "files", "problems": "problems", "operations": "operations", "flame": "flame", "services": "services",
		one: one, one + "/columns": one + "/columns", one + "/lines": one + "/lines?at=0-999", one + "/critical": one + "/critical",
		one + "/operations": one + "/operations", one + "/flame": one + "/flame", one + "/services": one + "/services", one + "/summary": one + "/summary",
		one + "/issue": one + "/issue", one + "/logs": one + "/logs", one + "/logs/errors": one + "/logs/errors?n=2000", one + "/spans/2": one + "/spans/2",
	} {
		want := page(t, h, "/api/v1/"+asked)
		if got := answers[saved]; !sameJSON(got, want) {
			t.Errorf("%s is\n%.2000s\nwant\n%.2000s", saved, got, want)
		}
	}
	var held struct{ Lines []map[string]any }
	if err := json.Unmarshal([]byte(answers[one+"/log/lines/build-log.txt"]), &held); err != nil {
		t.Fatal(err)
	}
	for _, l := range held.Lines { // a line by itself has more
		delete(l, "bytes")
		delete(l, "place")
		delete(l, "url")
	}
	got, err := json.Marshal(held.Lines)
	if err != nil {
		t.Fatal(err)
	}
	want := answer[struct{ Lines json.RawMessage }](t, h, one+"/log/lines?log=build-log.txt&at=1-999").Lines
	if !sameJSON(string(got), string(want)) {
		t.Errorf("the log is\n%s\nwant\n%s", got, want)
	}
	if said := strings.Join(left, "\n"); !strings.Contains(said, "1 other trace") || !strings.Contains(answers["run"], `"open":"prowtrace x"`) {
		t.Errorf("left out: %s\nthe run: %s", said, answers["run"])
	}
}

// mapOf is a value of keys, all with the same text.
func mapOf(keys ...string) *commonpb.AnyValue {
	m := &commonpb.KeyValueList{}
	for _, k := range keys {
		m.Values = append(m.Values, textAttribute(k, "v"))
	}
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: m}}
}

func sameJSON(a, b string) bool {
	decode := func(s string) (out any) {
		if json.Unmarshal([]byte(s), &out) != nil {
			return s
		}
		return out
	}
	x, _ := json.Marshal(decode(a))
	y, _ := json.Marshal(decode(b))
	return bytes.Equal(x, y)
}

// No secret is in the file, wherever it comes from, whole or cut.
func TestSavedPageIsMasked(t *testing.T) {
	token := "ghp_" + strings.Repeat("aB3", 12)
	key := "-----BEGIN RSA " + "PRIVATE KEY-----"
	secret := func(s *tracepb.Span) {
		with(textAttribute("args", "--token "+token), textAttribute("db.password", "hunter2hunter2"), textAttribute("long", strings.Repeat("x ", 2040)+token), attribute("list", list("a", token)), attribute("map", mapOf(token, token+" ")))(s)
		s.Events = append(s.Events, eventAt(10, "event "+token, textAttribute("exception.message", token)))
		failed("refused: Authorization: Bearer " + token)(s)
	}
	view := load(t, file(t, 1, span{id: 1, name: "call " + token, start: 0, end: 2000, service: "service " + token, change: secret},
		span{id: 2, parent: 1, name: strings.Repeat("y ", 140) + token, start: 1, end: 100, change: with(textAttribute("url.full", "https://x.example/?q="+strings.Repeat("z/", 125)+token))}))
	log := "first\npassword=hunter2hunter2\n" + key + "\nMIIEsecretsecret\n-----END RSA " + "PRIVATE KEY-----\n\x1b[1mgh\x1b[0mp_" + strings.Repeat("aB3", 12) + "\nE0313 01:45:46.000000 1 x.go:1] bad\n"
	summary := sampleSummary()
	summary.Findings[0].Title, summary.Verdict.Text = "it said "+token, "password: hunter2hunter2"
	info := judgedAs(giving(logOf(t, "build-log.txt", log)), Judgement{Summary: summary, Final: true})
	info.Title, info.Note, info.Links = "run "+token, "note "+token, []Link{{"link", "https://x.example/?X-Goog-Signature=hunter2hunter2"}}
	whole, answers, _ := savedAs(t, view, info, Saved{})
	all := whole
	for path, body := range answers {
		all += path + body
	}
	for _, word := range []string{token, "hunter2", "aB3aB3", "MIIE"} {
		if at := strings.Index(all, word); at >= 0 {
			t.Errorf("%s is in the file: %q", word, all[max(0, at-200):min(len(all), at+60)])
		}
	}
	if n := strings.Count(all, mask.Mark); n < 12 {
		t.Errorf("%d marks", n)
	}
}

// Nothing of a trace is markup: between the tags there are escaped words and base64.
func TestSavedPageHasNoMarkupFromOutside(t *testing.T) {
	evil := "</script></noscript></title><img src=x onerror=hacked()>\u2028"
	summary := sampleSummary()
	summary.Findings[0].Title = evil
	info := judgedAs(Info{Title: evil, Note: evil}, Judgement{Summary: summary, Final: true})
	whole, _, _ := savedAs(t, load(t, file(t, 1, span{id: 1, name: evil, service: evil, end: 10, change: failed(evil)})), info, Saved{Open: evil})
	for _, bad := range []string{"<img", "\u2028", "onerror=hacked()>"} {
		if at := strings.Index(whole, bad); at >= 0 {
			t.Errorf("%q is in the page: %q", bad, whole[max(0, at-100):at+60])
		}
	}
	if n := strings.Count(whole, "</script>"); n != 3 {
		t.Errorf("%d scripts end", n)
	}
}

// A large trace is cut to what a file holds, and says so; what is most telling stays.
func TestSavedPageOfALargeTrace(t *testing.T) {
	const n = 200_000
	view := largeSaved(t, n)
	whole, answers, left := savedAs(t, view, Info{}, Saved{})
	if len(whole) > savedBytes {
		t.Errorf("the file has %d bytes", len(whole))
	}
	one := "traces/" + traceID(1).String()
	var head traceHead
	if err := json.Unmarshal([]byte(answers[one]), &head); err != nil {
		t.Fatal(err)
	}
	if head.Lines != savedLines || head.Spans != n || !strings.Contains(head.Note, "50,000 of its 200,000 lines") {
		t.Errorf("%d lines of %d spans, note %q", head.Lines, head.Spans, head.Note)
	}
	if said := strings.Join(left, "\n"); !strings.Contains(said, "The details of ") {
		t.Errorf("left out: %s", said)
	}
	var texts struct{ Lines []lineText }
	if err := json.Unmarshal([]byte(answers[one+"/lines"]), &texts); err != nil {
		t.Fatal(err)
	}
	messages, under := 0, 0
	for _, l := range texts.Lines {
		if l.Message != "" {
			messages++
		}
		under += l.Left
	}
	if messages != 20 || under == 0 {
		t.Errorf("%d of 20 errors are there, %d lines are told to be left out", messages, under)
	}
	t.Logf("%d bytes, %d answers", len(whole), len(answers))
}

// largeSaved is a trace of n spans in threes, whose last ones failed.
func largeSaved(t testing.TB, n int) *trace.View {
	t.Helper()
	spans := []span{}
	for i := range n {
		s := span{id: uint64(i + 1), name: "call " + string(rune('a'+i%26)), start: uint64(i), end: uint64(2*n - i)}
		if i > 0 {
			s.parent = uint64((i-1)/3 + 1)
		}
		if i >= n-20 {
			s.change = failed("it broke")
		}
		spans = append(spans, s)
	}
	return load(t, file(t, 1, spans...))
}

// The same run makes the same file.
func TestSavedPageIsTheSame(t *testing.T) {
	view := load(t, sampleFiles(t)...)
	info := judgedAs(giving(logOf(t, "build-log.txt", sampleLog)), Judgement{Summary: sampleSummary(), Final: true})
	first, _, _ := savedAs(t, view, info, Saved{})
	if second, _, _ := savedAs(t, view, info, Saved{}); first != second {
		t.Error("two pages of a run differ")
	}
}

func TestSavedPageOfNothing(t *testing.T) {
	if _, err := WritePage(context.Background(), io.Discard, load(t, trace.Source{Name: "empty.otel"}), Info{}, Saved{}); err == nil || !strings.Contains(err.Error(), "there are none") {
		t.Errorf("error %v", err)
	}
}

// Of many traces that are too much for a file, what there was no room for is counted by its
// kind, and the list of all is there.
func TestSavedPageOfManyTraces(t *testing.T) {
	var sources []trace.Source
	for n := range byte(100) {
		var spans []span
		for i := range uint64(250) {
			spans = append(spans, span{id: i + 1, parent: min(i, 1), name: fmt.Sprintf("call %x", sha256.Sum256([]byte{n, byte(i)})), start: i, end: i + 100})
		}
		sources = append(sources, file(t, n+1, spans...))
	}
	whole, answers, left := savedAs(t, load(t, sources...), Info{}, Saved{})
	if len(whole) > savedBytes {
		t.Errorf("the page has %d bytes", len(whole))
	}
	var list struct{ Traces []json.RawMessage }
	if err := json.Unmarshal([]byte(answers["traces"]), &list); err != nil || len(list.Traces) != 100 {
		t.Errorf("%d traces are listed: %v", len(list.Traces), err)
	}
	details := 0
	for path := range answers {
		if strings.Contains(path, "/spans/") {
			details++
		}
	}
	said := strings.Join(left, "\n")
	if details == 0 || !strings.Contains(said, "No space for the flame graph of ") || len(left) > 12 {
		t.Errorf("%d details, left out:\n%s", details, said)
	}
}
