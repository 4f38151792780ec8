package viewer

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/query"
	"prowtrace/triage"
)

// logOf makes a log of a test, whose bytes in gaps are not held.
func logOf(t testing.TB, name, data string, gaps ...Gap) Log {
	t.Helper()
	at := time.Unix(0, base)
	index, err := joblog.Index(t.Context(), []byte(data), joblog.Options{Start: at, End: at.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	l := Log{Name: name, URL: "https://logs.example/" + url.PathEscape(name), Size: int64(len(data)), Gaps: gaps}
	for _, g := range gaps {
		l.Size += g.Size
	}
	l.Lines = func(context.Context) (Lines, error) { return Lines{Log: index, Numbering: numbered{index, gaps}}, nil }
	return l
}

// numbered is a log some of whose bytes are missing.
type numbered struct {
	log  *joblog.Log
	gaps []Gap
}

func (n numbered) Number(i int) (int, bool) {
	return i + 1, len(n.gaps) == 0 || n.Place(i) < n.gaps[0].Offset
}

func (n numbered) Place(i int) int64 {
	at := n.log.Offset(i)
	for _, g := range n.gaps {
		if g.Offset <= at {
			at += g.Size
		}
	}
	return at
}

func (n numbered) URL(from, to int) string {
	return fmt.Sprintf("https://prow.example/view#1:%d-%d", from+1, to+1)
}

// giving makes an Info with logs.
func giving(logs ...Log) Info {
	return Info{Logs: func(context.Context) ([]Log, error) { return logs, nil }}
}

// A line of an error that is known says so.
func TestKnownLines(t *testing.T) {
	all, err := triage.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	info := giving(logOf(t, "build-log.txt", "all is well\nQuota '\x1b[1mCPUS\x1b[0m' exceeded.  Limit: 8.0 in region us-central1\n"))
	info.Known = func() *triage.Matcher { return triage.NewMatcher(all) }
	h := newViewer(load(t, sampleFiles(t)...), info)
	lines := answer[struct {
		Lines []struct {
			Known *struct{ ID, Title, Category, Next, Link string }
		}
	}](t, h, logOne+"/log/lines?log=build-log.txt&at=1-2").Lines
	if len(lines) != 2 || lines[0].Known != nil || lines[1].Known == nil {
		t.Fatalf("got %+v", lines)
	}
	if k := lines[1].Known; k.ID != "gcp-quota" || k.Title != "Quota 'CPUS' exceeded in region us-central1" || k.Category != "quota" || k.Next == "" || k.Link == "" {
		t.Errorf("got %+v", *k)
	}
}

// sampleLog is written while the first trace of sampleFiles runs.
const sampleLog = "+ kops update\n" +
	"I0102 03:04:05.100000   4242 apply.go:1] creating\n" +
	"W0102 03:04:05.400000   4242 apply.go:2] \x1b[31mquota\x1b[0m is \x1b[1;38;5;196mlow\x1b[m\n" +
	"E0102 03:04:05.400000   4242 apply.go:3] Quota exceeded\n" +
	"        more of it\n" +
	"I0102 03:04:59.000000   4242 apply.go:4] done\n"

var logOne = "traces/" + traceID(1).String()

func TestGoldenLog(t *testing.T) {
	gap := Gap{int64(strings.Index(sampleLog, "E0102")), 12_000_000}
	h := newViewer(load(t, sampleFiles(t)...), giving(logOf(t, "build-log.txt", sampleLog, gap), logOf(t, "artifacts/e2e/build-log.txt", "E0102 03:04:06.000000 1 x] late\n")))
	for _, test := range []struct{ name, target string }{
		{"logs", "/logs"},
		{"log", "/log?log=build-log.txt"},
		{"log-lines", "/log/lines?log=build-log.txt&at=2-9,1"},
		{"log-line", "/log/line?log=build-log.txt&at=3"},
		{"log-errors", "/logs/errors?n=8"},
	} {
		t.Run(test.name, func(t *testing.T) { golden(t, test.name, answer[any](t, h, logOne+test.target)) })
	}
	if got := page(t, h, "/api/v1/"+logOne+"/log/raw?log=build-log.txt"); got != sampleLog {
		t.Errorf("raw: %q", got)
	}
	if got := page(t, h, "/api/v1/"+logOne+"/log/raw?log=build-log.txt&at=5"); got != "        more of it\n" {
		t.Errorf("raw line: %q", got)
	}
}

// Each of several runs has its own logs.
func TestLogsOfSeveralRuns(t *testing.T) {
	of := func(name string) func(context.Context) ([]Log, error) { return giving(logOf(t, name, "x\n")).Logs }
	h := newViewer(load(t, sampleFiles(t)...), Info{Jobs: []Job{{Trace: traceID(2), Logs: of("two")}, {Trace: traceID(1), Logs: of("one")}}})
	for n, want := range map[byte]string{1: "one", 2: "two"} {
		got := answer[struct{ Logs []struct{ Name string } }](t, h, "traces/"+traceID(n).String()+"/logs")
		if len(got.Logs) != 1 || got.Logs[0].Name != want {
			t.Errorf("trace %d: %+v", n, got)
		}
	}
}

// What is missing of a log is brought when it is asked for, and who knows the lines of
// before is told that their numbers are others.
func TestMoreOfLog(t *testing.T) {
	gap := Gap{int64(strings.Index(sampleLog, "E0102")), int64(len("E0102 03:04:05.400000   4242 apply.go:3] Quota exceeded\n"))}
	now := logOf(t, "l", sampleLog[:gap.Offset]+sampleLog[gap.Offset+gap.Size:], gap)
	var asked [][2]int64
	now.More = func(_ context.Context, offset, size int64) error {
		if asked = append(asked, [2]int64{offset, size}); offset == 0 {
			return errors.New("503\x1b[31m")
		}
		now = logOf(t, "l", sampleLog)
		return nil
	}
	h := newViewer(load(t, sampleFiles(t)...), Info{Logs: func(context.Context) ([]Log, error) { return []Log{now}, nil }})
	held := fmt.Sprintf("?log=l&missing=%d", gap.Size)
	before := answer[logHead](t, h, logOne+"/log"+held)
	if !before.More || before.Lines != 5 || before.Missing != gap.Size || before.Gaps[0] != (lineGap{4, gap.Offset, gap.Size}) {
		t.Errorf("before %+v", before)
	}
	for _, test := range []struct {
		name, target string
		status       int
		says         string
	}{
		{"no place", "/log/more" + held + "&place=x", 400, "invalid place"},
		{"an error", "/log/more" + held + "&place=0&size=999999999", 502, `503\\x1b[31m`},
		{"other gaps", "/log/lines?log=l&at=1&missing=7", 409, "other numbers"},
		{"the same gaps", "/log/lines" + held + "&at=1", 200, "kops update"},
	} {
		if w := get(h, "/api/v1/"+logOne+test.target); w.Code != test.status || !strings.Contains(w.Body.String(), test.says) {
			t.Errorf("%s: status %d: %s", test.name, w.Code, w.Body)
		}
	}
	after := answer[logHead](t, h, fmt.Sprintf("%s/log/more%s&place=%d&size=%d", logOne, held, gap.Offset, gap.Size))
	if after.More || after.Lines != 6 || after.Missing != 0 || len(after.Gaps) != 0 {
		t.Errorf("after %+v", after)
	}
	if want := [][2]int64{{0, maxMore}, {gap.Offset, gap.Size}}; !slices.Equal(asked, want) {
		t.Errorf("asked for %v", asked)
	}
	for target, status := range map[string]int{"/log/find" + held: 409, "/log/find?log=l&missing=0": 200, "/log/more?log=l": 404} {
		if w := get(h, "/api/v1/"+logOne+target); w.Code != status {
			t.Errorf("%s: status %d: %s", target, w.Code, w.Body)
		}
	}
}

// A log that is still written is looked at again when the page asks for that; what cannot
// be had leaves it as it is.
func TestGrowingLog(t *testing.T) {
	texts := []string{"one\n", "one\ntwo\n", "one\ntwo\nthree\n"}
	looks, broken := 0, false
	var at func(n int) Log
	at = func(n int) Log {
		l := logOf(t, "l", texts[n])
		if n < len(texts)-1 {
			l.Later = func(context.Context) (Log, error) {
				if broken {
					return Log{}, errors.New("Deck is away")
				}
				looks++
				return at(looks), nil
			}
		}
		return l
	}
	h := newViewer(load(t, sampleFiles(t)...), Info{Logs: func(context.Context) ([]Log, error) { return []Log{at(looks)}, nil }})
	for i, test := range []struct {
		query   string
		broken  bool
		lines   int
		growing bool
	}{{"", false, 1, true}, {"&later=1", true, 1, true}, {"&later=1", false, 2, true}, {"", false, 2, true}, {"&later=1", false, 3, false}, {"&later=1", false, 3, false}} {
		broken = test.broken
		got := answer[struct {
			Lines   int
			Growing bool
		}](t, h, logOne+"/log?log=l"+test.query)
		if got.Lines != test.lines || got.Growing != test.growing {
			t.Errorf("%d: %+v, want %+v", i, got, test)
		}
	}
	if looks != 2 {
		t.Errorf("%d looks", looks)
	}
}

// What of logs is left out is told beside them.
func TestLostLogs(t *testing.T) {
	info := giving(logOf(t, "l", "x\n"))
	info.LostLogs = func() []runfile.Loss {
		lost := []runfile.Loss{{File: "a\u202e/build-log.txt", Files: 3, Why: "the bucket\x1b[31m answers 503"}, {Files: 1, Why: "they could not be listed"}}
		return append(lost, slices.Repeat([]runfile.Loss{{File: "z", Files: 2}}, maxLosses)...)
	}
	got := answer[struct {
		Logs []struct{ Name string }
		Lost []lostLogs
	}](t, newViewer(load(t, sampleFiles(t)...), info), logOne+"/logs")
	if len(got.Logs) != 1 || len(got.Lost) != maxLosses+1 {
		t.Fatalf("got %+v", got)
	}
	for i, want := range map[int]lostLogs{0: {`a\u202e/build-log.txt`, 3, `the bucket\x1b[31m answers 503`}, 1: {"", 1, "they could not be listed"}, maxLosses: {"z", 4, "these are not listed one by one"}} {
		if got.Lost[i] != want {
			t.Errorf("loss %d is %+v", i, got.Lost[i])
		}
	}
}

// The list of logs ends somewhere, and says so.
func TestVeryManyLogs(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), giving(slices.Repeat([]Log{logOf(t, "l", "x\n")}, maxLogs+5)...))
	got := answer[struct {
		Logs []struct{ Name string }
		Lost []lostLogs
	}](t, h, logOne+"/logs")
	if want := (lostLogs{"l", 5, "the page shows at most 1,000 logs"}); len(got.Logs) != maxLogs || len(got.Lost) != 1 || got.Lost[0] != want {
		t.Errorf("%d logs, %+v", len(got.Logs), got.Lost)
	}
}

func TestLogAt(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), giving(logOf(t, "l", sampleLog)))
	for _, test := range []struct {
		name        string
		from, to    int64 // ms after base
		first, last int
		count       int
	}{
		{"some", 100, 400, 2, 5, 4},
		{"one", 100, 100, 2, 2, 1},
		{"between lines", 500, 600, 5, 0, 0},
		{"before all", -10, 10, 0, 0, 0},
	} {
		got := answer[struct{ First, Last, Count int }](t, h, fmt.Sprintf("%s/log/at?log=l&from=%d&to=%d", logOne, base+test.from*1e6, base+test.to*1e6))
		if got.First != test.first || got.Last != test.last || got.Count != test.count {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func foundLines(t *testing.T, h http.Handler, parameters string) (count uint32, ranges [][2]uint32) {
	t.Helper()
	body := []byte(page(t, h, "/api/v1/"+logOne+"/log/find?log=l&"+parameters))
	numbers := make([]uint32, len(body)/4)
	if _, err := binary.Decode(body, binary.LittleEndian, numbers); err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(numbers); i += 2 {
		ranges = append(ranges, [2]uint32{numbers[i], numbers[i+1]})
	}
	return numbers[0], ranges
}

func TestFindInLog(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), giving(logOf(t, "l", sampleLog+"Größe\n")))
	for _, test := range []struct{ q, want string }{
		{"", "[[1 7]]"},
		{"quota", "[[3 4]]"},
		{`"QUOTA EXCEEDED"`, "[[4 4]]"},
		{"quota -low", "[[4 4]]"},
		{"~^[IW]0102", "[[2 3] [6 6]]"},
		{`~"creating$"`, "[[2 2]]"},
		{"~quota.is", "[[3 3]]"}, // colours are not in the way
		{"sev:error", "[[4 4]]"},
		{"sev:warning", "[[3 4]]"},
		{"-sev:info", "[[1 1] [5 5] [7 7]]"},
		{"kops OR done", "[[1 1] [6 6]]"},
		{"GRÖSSE OR größe", "[[7 7]]"},
		{"OR kops OR", "[[1 1]]"},
		{"nothing", "[]"},
		{"(quota OR done) -low", "[[4 4] [6 6]]"},
		{"-(quota OR kops) ~.", "[[2 2] [5 7]]"},
		{"(quota (low", "[[3 3]]"},
		{"() -() (OR) kops", "[[1 1]]"},
		{"(~^(I|W)0102 quota)", "[[3 3]]"},
		{"after:03:04:05.4", "[[3 7]]"},
		{"before:+200ms", "[[2 2]]"},
		{`after:"2025-01-02 04:04:05.400 UTC+01:00" before:2025-01-02T03:04:06Z`, "[[3 5]]"},
		{"-after:03:04:05.4", "[[1 2]]"}, // the first has no time
		{`"sev:error" OR "after:1" OR ~a:b`, "[]"},
		{"a=b OR key!=value OR http://x:y OR e.g.", "[]"},
	} {
		count, ranges := foundLines(t, h, "q="+url.QueryEscape(test.q))
		lines := uint32(0)
		for _, r := range ranges {
			lines += r[1] - r[0] + 1
		}
		if got := fmt.Sprint(ranges); got != test.want || count != lines {
			t.Errorf("%q finds %d lines, %s; want %s", test.q, count, got, test.want)
		}
	}
	if _, ranges := foundLines(t, h, fmt.Sprintf("q=quota&from=%d&to=%d", base, int64(base+300e6))); len(ranges) > 0 {
		t.Errorf("found outside of the time: %v", ranges)
	}
	if _, ranges := foundLines(t, h, fmt.Sprintf("from=%d&to=%d", base, int64(base+400e6))); fmt.Sprint(ranges) != "[[2 5]]" {
		t.Errorf("lines of the time: %v", ranges)
	}
}

// A long log is searched in pieces, whose ranges are joined.
func TestFindInLongLog(t *testing.T) {
	const lines = 3*linesPerPiece + 100
	h := newViewer(load(t, sampleFiles(t)...), giving(logOf(t, "l", strings.Repeat("same\n", lines))))
	if count, ranges := foundLines(t, h, "q=same"); count != lines || len(ranges) != 1 || ranges[0] != [2]uint32{1, lines} {
		t.Errorf("%d lines, %v", count, ranges)
	}
	// Every other line: more ranges than one answer has.
	h = newViewer(load(t, sampleFiles(t)...), giving(logOf(t, "l", strings.Repeat("a\nb\n", rangesPerAnswer+10))))
	if count, ranges := foundLines(t, h, "q=b"); count != rangesPerAnswer+10 || len(ranges) != rangesPerAnswer {
		t.Errorf("%d lines, %d ranges", count, len(ranges))
	}
}

// A search ends with its request.
func TestLogSearchEnds(t *testing.T) {
	view := load(t, sampleFiles(t)...)
	l := logOf(t, "l", strings.Repeat(strings.Repeat("x", 1000)+"\n", 3000))
	lines, err := l.Lines(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	q, err := parseLogQuery("y", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := findLines(ctx, view.Places(), lines.Log, q, lineSet{0, int32(lines.Len())}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestWhatIsNotInALog(t *testing.T) {
	broken := Log{Name: "broken", Lines: func(context.Context) (Lines, error) { return Lines{}, errors.New("cannot read broken: no such file") }}
	h := newViewer(load(t, sampleFiles(t)...), giving(logOf(t, "l", sampleLog), broken))
	for _, test := range []struct {
		name, target string
		status       int
		says         string
	}{
		{"no log", "/log?log=x%1b", 404, `no log`},
		{"no name", "/log", 404, "no log"},
		{"unreadable", "/log?log=broken", 500, "no such file"},
		{"line 0", "/log/lines?log=l&at=0", 400, "first line is 1"},
		{"no lines", "/log/lines?log=l", 400, "invalid at"},
		{"a range backwards", "/log/lines?log=l&at=5-2", 400, "invalid at"},
		{"behind the end", "/log/line?log=l&at=7", 404, "It has 6 lines"},
		{"raw behind the end", "/log/raw?log=l&at=7", 404, "It has 6 lines"},
		{"raw of no log", "/log/raw?log=x", 404, "no log"},
		{"no time", "/log/at?log=l&from=x", 400, "invalid from"},
		{"pattern", "/log/find?log=l&q=~(", 400, "not a regular expression"},
		{"severity", "/log/find?log=l&q=sev:odd", 400, "The severities are"},
		{"quote", "/log/find?log=l&q=%22open", 400, "quote is not closed"},
		{"depth", "/log/find?log=l&q=" + strings.Repeat("(", 17), 400, "16 parentheses"},
		{"time", "/log/find?log=l&q=after:noon", 400, "Invalid time"},
		{"duration", "/log/find?log=l&q=dur>5s", 400, "is a term for spans, not for lines"},
		{"name", "/log/find?log=l&q=a+-(name:x)", 400, "name: is a term for spans"},
		{"attribute", "/log/find?log=l&q=http.url~x", 400, "no attributes"},
		{"many terms", "/log/find?log=l&q=" + strings.Repeat("a+", 33), 400, "more than 32 terms"},
		{"long", "/log/find?log=l&q=" + strings.Repeat("a", 5000), 400, "longer than"},
	} {
		w := get(h, "/api/v1/"+logOne+test.target)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.says) {
			t.Errorf("%s: status %d: %s", test.name, w.Code, w.Body)
		}
	}
	if got := answer[struct{ Errors []int }](t, h, logOne+"/logs/errors?n=3"); fmt.Sprint(got.Errors) != "[1 0 0]" {
		t.Errorf("errors of the logs that can be read: %v", got)
	}
}

// Hostile text stays text in a line of its own, and no answer is larger than its share.
func TestHostileLog(t *testing.T) {
	all := strings.Join(hostile, "\n") + "\nred \x1b[31mred\x1b]0;title\x07 more\x1b[?25l\x1b[38;2;300;-1;9m\x1b[999999999999m\rlast\u202e\n" +
		strings.Repeat("\x1b[31ma\x1b[32mb", 100_000) + "\n" + strings.Repeat("\x01", 100_000)
	l := logOf(t, "a\u202e<b>\n", all)
	l.URL = "javascript:alert(1)"
	h := newViewer(load(t, sampleFiles(t)...), giving(l))
	shown := answer[struct{ Logs []logEntry }](t, h, logOne+"/logs").Logs[0]
	if shown.URL != "" {
		t.Errorf("the address is %q", shown.URL)
	}
	named := "?log=" + url.QueryEscape(shown.Name)
	for _, target := range []string{"/logs", "/log" + named, "/log/lines" + named + "&at=1-1000", "/log/line" + named + "&at=20", "/log/line" + named + "&at=23", "/log/line" + named + "&at=22"} {
		w := get(h, "/api/v1/"+logOne+target)
		if w.Code != http.StatusOK || w.Body.Len() > 5*wholeLineBytes+10_000 {
			t.Errorf("%s: status %d, %d bytes", target, w.Code, w.Body.Len())
		}
		var decoded any
		if err := json.Unmarshal(w.Body.Bytes(), &decoded); err != nil {
			t.Fatal(err)
		}
		noControls(t, target, decoded)
	}
}

// noControls looks at all texts of an answer.
func noControls(t *testing.T, where string, v any) {
	switch v := v.(type) {
	case string:
		if i := strings.IndexFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f || r == '\u202e' || r == '\u2066' }); i >= 0 {
			t.Errorf("%s: %q", where, v)
		}
	case []any:
		for _, e := range v {
			noControls(t, where, e)
		}
	case map[string]any:
		for _, e := range v {
			noControls(t, where, e)
		}
	}
}

func TestSegments(t *testing.T) {
	for _, test := range []struct {
		name, line string
		want       string
	}{
		{"plain", "a\tb", `[["a\tb"]]`},
		{"empty", "", `[]`},
		{"colour", "a \x1b[31mb\x1b[0m c", `[["a "],["b","f1"],[" c"]]`},
		{"bright, behind, bold", "\x1b[1;92;104mx", `[["x","f10 b12 bold"]]`},
		{"reset without a number", "\x1b[31mx\x1b[my", `[["x","f1"],["y"]]`},
		{"some off", "\x1b[1;2;3;4;7mx\x1b[22;23;24;27my", `[["x","bold dim italic underline inverse"],["y"]]`},
		{"256", "\x1b[38;5;9ma\x1b[38;5;196mb\x1b[48;5;240mc", `[["ab","f9"],["c","f9 b7"]]`},
		{"16 million", "\x1b[38;2;0;0;255ma\x1b[38:2:0:100:0mb", `[["a","f12"],["b","f2"]]`},
		{"nothing else", "a\x1b[2Kb\x1b]8;;http://x\x07c\x1b(Bd", `[["abcd"]]`},
		{"an end missing", "a\x1b[31", `[["a"]]`},
		{"a progress bar", "10%\r50%\r100%\r\n", `[["100%"]]`},
		{"unseen", "a\u202eb\x00", `[["a\\u202eb\\x00"]]`},
	} {
		got, _ := segments([]byte(test.line), 100, nil)
		encoded, err := json.Marshal(got)
		if err != nil || string(encoded) != test.want {
			t.Errorf("%s: %s, want %s", test.name, encoded, test.want)
		}
	}
	for limit, want := range map[int]string{2: "ab", 3: "abc", 4: "abcd", 5: "abcdü", 6: "abcdü", 7: "abcdüx"} {
		line := "abc\x1b[31mdüx"
		got, cut := segments([]byte(line), limit, nil)
		var all strings.Builder
		for _, s := range got {
			all.Write(s.text)
		}
		if limit == 5 {
			want = "abcd" // half a letter is none
		}
		if all.String() != want || cut != (want != "abcdüx") {
			t.Errorf("%d bytes: %q, cut %v", limit, all.String(), cut)
		}
	}
}

// sampleTimes reads times of the sample's log.
func sampleTimes(s string) (int64, bool) { return query.ParseTime(s, base, base, base+60e9) }

func textOfAll(all []segment) string {
	var b strings.Builder
	for _, s := range all {
		b.Write(s.text)
	}
	return b.String()
}

// What a search finds is marked in the lines that meet it, whatever their colours.
func TestPlacesInLines(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), giving(logOf(t, "l", "W quo\x1b[31mta\x1b[0m low quota\nX quota high\nÄrger <b>\u202eärger\n")))
	for _, test := range []struct {
		q    string
		at   int
		want string
	}{
		{"", 1, `[["W quo"],["ta","f1"],[" low quota"]]`},
		{"QUOTA", 1, `[["W "],["quo","found"],["ta","f1 found"],[" low "],["quota","found"]]`},
		{"quota -high", 1, `[["W "],["quo","found"],["ta","f1 found"],[" low "],["quota","found"]]`},
		{"quota -high", 2, `[["X quota high"]]`},
		{"~l.w (~[aeiou]$ OR -(-~^W))", 1, `[["W","found"],[" quo"],["ta","f1"],[" "],["low","found"],[" quot"],["a","found"]]`},
		{"~o OR ~ta. OR low", 1, `[["W qu"],["o","found"],["ta","f1 found"],[" low","found"],[" qu"],["o","found"],["ta"]]`},
		{"sev:debug OR ~x*", 2, `[["X quota high"]]`},
		{"ärger <b>", 3, `[["Ärger","found"],[" "],["<b>","found"],["\\u202e"],["ärger","found"]]`},
	} {
		for _, what := range []string{"/log/lines", "/log/line"} {
			body := page(t, h, fmt.Sprintf("/api/v1/%s%s?log=l&at=%d&q=%s", logOne, what, test.at, url.QueryEscape(test.q)))
			var line struct {
				Text  any
				Lines []struct{ Text any }
			}
			if err := json.Unmarshal([]byte(body), &line); err != nil {
				t.Fatal(err)
			}
			if len(line.Lines) > 0 {
				line.Text = line.Lines[0].Text
			}
			var got strings.Builder
			e := json.NewEncoder(&got)
			e.SetEscapeHTML(false)
			if err := e.Encode(line.Text); err != nil || strings.TrimSpace(got.String()) != test.want {
				t.Errorf("%s of %q: %s, want %s", what, test.q, got.String(), test.want)
			}
		}
	}
}

func FuzzLogQuery(f *testing.F) {
	for _, s := range []string{"a b", `"a b" OR -c`, "~x|y", "sev:error", "-", "OR", `"`} {
		f.Add(s, "I0102 03:04:05.1 a b\n")
	}
	f.Fuzz(func(t *testing.T, search, line string) {
		q, err := parseLogQuery(search, sampleTimes)
		if err != nil {
			return
		}
		l := searchedLine{Line: joblog.Line{Severity: joblog.Error}, text: []byte(line), lower: appendLower(nil, []byte(line))}
		plain, _ := segments([]byte(line), 50, nil)
		got, _ := segments([]byte(line), 50, placesIn(&l, q))
		if textOfAll(got) != textOfAll(plain) {
			t.Errorf("%q changes %q to %q", search, textOfAll(plain), textOfAll(got))
		}
		size := 0
		for _, s := range got {
			size += len(s.text)
		}
		if size > 4*50+4*len(got) || slices.ContainsFunc(got, func(s segment) bool { return bytes.ContainsAny(s.text, "\x1b\x00\r") }) {
			t.Errorf("%q becomes %v", line, got)
		}
	})
}

// Searching 100 MB of a log, as BenchmarkFindInLog's line says.
func BenchmarkFindInLog(b *testing.B) {
	line := "I0102 03:04:05.100000   4242 controller.go:123] \"Reconciling\" instance=\"nodes-us-central1-a\" attempt=12 of many\n"
	data := bytes.Repeat([]byte(line), 100<<20/len(line))
	l := logOf(b, "l", string(data))
	lines, _ := l.Lines(b.Context())
	view := trace.NewShared(load(b, sampleFiles(b)...))
	v, release := view.Acquire()
	defer release()
	for _, search := range []string{"nothing", "~noth[io]ng", "sev:error"} {
		q, err := parseLogQuery(search, sampleTimes)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(search, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for range b.N {
				if _, err := findLines(b.Context(), v.Places(), lines.Log, q, lineSet{0, int32(lines.Len())}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
