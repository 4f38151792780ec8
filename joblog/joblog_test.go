package joblog

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func at(t testing.TB, s string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// told lists the times of all lines with their origins.
func told(l *Log) (all []string) {
	for _, line := range l.Lines() {
		s := line.Origin.String()
		if line.Origin != NoTime {
			s = line.Time.Format("2006-01-02T15:04:05.999999999") + " " + s
		}
		all = append(all, s)
	}
	return all
}

// What lines do not say comes from the run and from the lines before.
func TestTimes(t *testing.T) {
	newYork := time.FixedZone("EST", -5*3600)
	for _, test := range []struct {
		name  string
		o     Options
		lines []string
		want  []string
	}{
		{
			"inherited", Options{Start: runStart, End: runEnd},
			[]string{"+ make", "I0313 01:45:46.000000 1 a.go:1] x", "  a", "", "I0313 01:45:47.000000 1 a.go:1] x", "b"},
			[]string{"none", "2025-03-13T01:45:46 read", "2025-03-13T01:45:46 inherited", "2025-03-13T01:45:46 inherited", "2025-03-13T01:45:47 read", "2025-03-13T01:45:47 inherited"},
		}, {
			"over midnight, with dates", Options{Start: at(t, "2025-03-12T23:50:00Z"), End: at(t, "2025-03-13T00:30:00Z")},
			[]string{"I0312 23:59:59.900000 1 a.go:1] x", "I0313 00:00:00.100000 1 a.go:1] x"},
			[]string{"2025-03-12T23:59:59.9 read", "2025-03-13T00:00:00.1 read"},
		}, {
			"over midnight, without dates", Options{Start: at(t, "2025-03-12T23:50:00Z"), End: at(t, "2025-03-13T00:30:00Z")},
			[]string{"(23:59:59) INFO: x", "(00:00:01) INFO: x", "(23:59:58) INFO: late", "(00:10:00) INFO: x"},
			[]string{"2025-03-12T23:59:59 read", "2025-03-13T00:00:01 read", "2025-03-12T23:59:58 read", "2025-03-13T00:10:00 read"},
		}, {
			"three days without dates", Options{Start: at(t, "2025-03-12T20:00:00Z"), End: at(t, "2025-03-14T20:00:00Z")},
			[]string{"(20:00:00) x", "(07:00:00) x", "(18:00:00) x", "(05:00:00) x"},
			[]string{"2025-03-12T20:00:00 read", "2025-03-13T07:00:00 read", "2025-03-13T18:00:00 read", "2025-03-14T05:00:00 read"},
		}, {
			"over new year", Options{Start: at(t, "2025-12-31T23:50:00Z"), End: at(t, "2026-01-01T01:10:00Z")},
			[]string{"I1231 23:59:59.900000 1 a.go:1] x", "I0101 00:00:00.100000 1 a.go:1] x", "Dec 31 23:58:00 node-1 a[1]: x"},
			[]string{"2025-12-31T23:59:59.9 read", "2026-01-01T00:00:00.1 read", "2025-12-31T23:58:00 read"},
		}, {
			"leap day", Options{Start: at(t, "2024-02-29T10:00:00Z"), End: at(t, "2024-02-29T11:00:00Z")},
			[]string{"I0229 10:00:01.000000 1 a.go:1] x"},
			[]string{"2024-02-29T10:00:01 read"},
		}, {
			"leap day in no leap year", Options{Start: at(t, "2026-02-28T10:00:00Z"), End: at(t, "2026-03-01T11:00:00Z")},
			[]string{"I0229 10:00:01.000000 1 a.go:1] x"},
			[]string{"none"},
		}, {
			"another zone", Options{Start: at(t, "2026-01-01T03:00:00Z"), End: at(t, "2026-01-01T06:00:00Z"), Location: newYork},
			[]string{"I1231 22:30:00.000000 1 a.go:1] x", "(23:00:00) INFO: x", "2026-01-01T04:30:00Z x", "2026-01-01 00:30:00 x"},
			[]string{"2026-01-01T03:30:00 read", "2026-01-01T04:00:00 read", "2026-01-01T04:30:00 read", "2026-01-01T05:30:00 read"},
		}, {
			"no run", Options{},
			[]string{"I0313 01:45:46.000000 1 a.go:1] x", "(01:00:00) x", "INFO[0012] x", "2025-03-13T01:45:46Z x", "I0313 01:45:47.000000 1 a.go:1] x", "(01:45:48) x"},
			[]string{"none", "none", "none", "2025-03-13T01:45:46 read", "2025-03-13T01:45:47 read", "2025-03-13T01:45:48 read"},
		}, {
			"seconds of several programs", Options{Start: runStart, End: runEnd},
			[]string{"I0313 01:46:00.000000 1 a.go:1] x", "INFO[0002] x", "INFO[0005] x", "a", "INFO[0000] another", "INFO[0001] x"},
			[]string{"2025-03-13T01:46:00 read", "2025-03-13T01:46:00 estimated", "2025-03-13T01:46:03 estimated", "2025-03-13T01:46:03 inherited", "2025-03-13T01:46:03 estimated", "2025-03-13T01:46:04 estimated"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := index(t, strings.Join(test.lines, "\n"), test.o)
			if got := told(l); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// Where a zone changes its offset, times of that day are those of the wall clock.
func TestTimesOfChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("needs a time zone database:", err)
	}
	l := index(t, "2025-03-30 01:30:00 x\n2025-03-30 03:30:00 x\n2025-03-31 00:30:00 x\n", Options{Location: berlin})
	want := []string{"2025-03-30T00:30:00 read", "2025-03-30T01:30:00 read", "2025-03-30T22:30:00 read"}
	if got := told(l); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestForeign(t *testing.T) {
	run := Options{Start: runStart, End: runEnd}
	for _, test := range []struct {
		name, log string
		o         Options
		want      bool
	}{
		{"the run's", "I0313 01:45:46.000000 1 a.go:1] x\nI0313 02:17:30.000000 1 a.go:1] x\n", run, false},
		{"hours away", "I0313 09:45:46.000000 1 a.go:1] x\nI0313 09:46:46.000000 1 a.go:1] x\n", run, true},
		{"another year", "2021-03-13T01:45:46Z x\n", run, true},
		{"one line of many", "2021-03-13T01:45:46Z x\nI0313 01:45:46.000000 1 a.go:1] x\nI0313 01:45:47.000000 1 a.go:1] x\n", run, false},
		{"no run", "2021-03-13T01:45:46Z x\n", Options{}, false},
		{"no times", "a\nb\n", run, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := index(t, test.log, test.o)
			if l.Foreign() != test.want {
				t.Errorf("foreign: %v, want %v", l.Foreign(), test.want)
			}
		})
	}
	l := index(t, "I0313 09:45:46.000000 1 a.go:1] x\nI0313 08:46:46.000000 1 a.go:1] x\n", run)
	first, last, ok := l.Times()
	if !ok || !first.Equal(at(t, "2025-03-13T08:46:46Z")) || !last.Equal(at(t, "2025-03-13T09:45:46Z")) {
		t.Errorf("times from %v to %v, %v", first, last, ok)
	}
}

func TestLines(t *testing.T) {
	for _, test := range []struct {
		name, log string
		lines     []string
		torn      bool
	}{
		{"empty", "", nil, false},
		{"one line break", "\n", []string{""}, false},
		{"whole", "a\nb\n", []string{"a", "b"}, false},
		{"torn", "a\nb", []string{"a", "b"}, true},
		{"line breaks of Windows", "a\r\nb\r\n\r\n", []string{"a", "b", ""}, false},
		{"carriage returns", "10%\r20%\rdone\n", []string{"10%\r20%\rdone"}, false},
		{"binary", "\x00\xff\n\xfe", []string{"\x00\xff", "\xfe"}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := index(t, test.log, Options{})
			var lines []string
			for _, line := range l.Lines() {
				lines = append(lines, string(line.Bytes))
			}
			if !slices.Equal(lines, test.lines) || l.Torn() != test.torn {
				t.Errorf("lines %q, torn %v; want %q, %v", lines, l.Torn(), test.lines, test.torn)
			}
			checkCover(t, l, test.log)
		})
	}
}

// checkCover checks that the lines are the log, and that each knows its place.
func checkCover(t *testing.T, l *Log, log string) {
	t.Helper()
	var all []byte
	for i := range l.Len() {
		raw := l.Raw(i)
		start, end := l.Offset(i), l.Offset(i)+int64(len(raw))-1
		if start != int64(len(all)) || l.LineAt(start) != i || l.LineAt(end) != i {
			t.Fatalf("line %d is at %d, want %d; its ends are in lines %d and %d", i, start, len(all), l.LineAt(start), l.LineAt(end))
		}
		all = append(all, raw...)
	}
	if string(all) != log || l.Size() != int64(len(log)) {
		t.Fatalf("the lines are %q, want %q", all, log)
	}
	if l.LineAt(-1) != min(0, l.Len()-1) || l.LineAt(l.Size()+1) != l.Len()-1 {
		t.Errorf("outside of the log are lines %d and %d", l.LineAt(-1), l.LineAt(l.Size()+1))
	}
}

func TestCapped(t *testing.T) {
	log := "a\nb\nc\nd"
	for limit, want := range map[int]int{1: 1, 2: 2, 3: 3, 4: 4, 5: 4} {
		l := index(t, log, Options{MaxLines: limit})
		if l.Len() != want || l.Capped() != (limit < 4) {
			t.Errorf("at most %d lines: %d, capped %v", limit, l.Len(), l.Capped())
		}
		checkCover(t, l, log)
	}
}

func TestText(t *testing.T) {
	for _, test := range []struct{ name, line, want string }{
		{"plain", "a b", "a b"},
		{"colours", "\x1b[31;1mError\x1b[0m: x\x1b[K", "Error: x"},
		{"link", "\x1b]8;;http://a\x1b\\b\x1b]8;;\x07c", "bc"},
		{"character set", "\x1b(Ba", "a"},
		{"escape torn off", "a\x1b[3", "a"},
		{"only an escape", "a\x1b", "a"},
		{"progress", "10%\r20%\rdone\r", "done"},
		{"cut", "0123456789abc", "0123456789"},
		{"cut behind colours", "\x1b[1m01234\x1b[0m56789abc", "0123456789"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(index(t, test.line+"\n", Options{}).Text(nil, 0, 10)); got != test.want {
				t.Errorf("%q is %q, want %q", test.line, got, test.want)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	for line, want := range map[string]string{
		"+ make test":                      "make test",
		"+++ make":                         "make",
		"+ [2025-03-13T01:45:46Z] make":    "make",
		"+ 2025-03-13T01:45:46+00:00 make": "make",
		"++ 01:45:46.123: make":            "make",
		"+":                                "",
		"+1 for this":                      "",
		"+++ b/main.go":                    "b/main.go", // a diff looks the same
		"make":                             "",
	} {
		got, ok := Command([]byte(line))
		if string(got) != want || ok != (want != "") {
			t.Errorf("%q is the command %q, %v, want %q", line, got, ok, want)
		}
	}
}

func TestAt(t *testing.T) {
	var b strings.Builder
	start := at(t, "2025-03-13T01:00:00Z")
	const n = 3 * blockLines
	for i := range n {
		b.WriteString(start.Add(time.Duration(i) * time.Second).Format(time.RFC3339))
		b.WriteString(" x\n")
	}
	l := index(t, b.String(), Options{})
	for _, test := range []struct{ seconds, want int }{{-5, 0}, {0, 0}, {1, 1}, {blockLines, blockLines}, {n - 1, n - 1}, {n, n}} {
		if got := l.At(start.Add(time.Duration(test.seconds) * time.Second)); got != test.want {
			t.Errorf("at %d s: line %d, want %d", test.seconds, got, test.want)
		}
	}
	if got := slices.Collect(l.Between(start.Add(blockLines*time.Second-time.Nanosecond), start.Add((blockLines+2)*time.Second))); !slices.Equal(got, []int{blockLines, blockLines + 1, blockLines + 2}) {
		t.Errorf("between: %d", got)
	}
	if l := index(t, "a\nb\n", Options{}); l.At(time.Time{}) != 2 {
		t.Errorf("without times: line %d, want 2", l.At(time.Time{}))
	}
}

func TestErrors(t *testing.T) {
	l := index(t, "INFO: a\nERROR: b\nW0313 01:45:46.000000 1 a.go:1] c\npanic: d\n", Options{})
	if got := slices.Collect(l.Errors()); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("errors %d", got)
	}
	if got := slices.Collect(l.AtLeast(Warning)); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("warnings and worse %d", got)
	}
}

func TestFingerprints(t *testing.T) {
	for _, test := range []struct{ name, masked, a, b string }{
		{"klog", "E# # # retry.go:#] will retry after #: nodes \"i-#\" not found",
			`E0313 01:45:46.000000      38 retry.go:12] will retry after 1m30.5s: nodes "i-0abc12de" not found`,
			`E1213 11:00:46.999999  123456 retry.go:900] will retry after 45s: nodes "i-0ff12ab9" not found`},
		{"pods", "pod coredns-# in node#",
			"pod coredns-5d78c9869d-x7k2p in node3",
			"pod coredns-7c65d6cfc9-bzqwk in node12"},
		{"uuid and addresses", "run # at #: [#]:# refused",
			"run 5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10 at 10.0.0.1:443: [2001:db8::1]:80 refused",
			"run 0c6d2e8f-0000-4d8f-9a71-5b1f6a524b10 at 192.168.100.20:6443: [2001:db8::abc1]:8080 refused"},
		{"temporary paths", "cannot read /tmp/#/kubeconfig",
			"cannot read /tmp/kops.abCDef/kubeconfig",
			"cannot read /tmp/tmp.x8J2kL/kubeconfig"},
		{"syslog", "# ip-# kubelet[#]: not ready",
			"Mar 13 01:45:46 ip-10-0-0-1 kubelet[1234]: not ready",
			"Apr  3 11:45:46 ip-10-0-200-17 kubelet[99]: not ready"},
		{"colours and spaces", "Error: no such host",
			"\x1b[31mError:\x1b[0m  no such host",
			"  Error: no such host  "},
		{"commits", "Tried commit # of kops",
			"Tried commit d8494e2 of kops",
			"Tried commit 0123abcdef0123abcdef0123abcdef0123abcdef of kops"},
		{"statuses stay, times and sizes do not", `# "GET / HTTP/#" 502 # # error 403: took # of #, exit code 137`,
			`10.0.0.1 "GET / HTTP/1.1" 502 157 12ms error 403: took 412ms of 503, exit code 137`,
			`10.0.0.2 "GET / HTTP/1.0" 502 999 7ms error 403: took 212ms of 404, exit code 137`},
		{"JSON", `{"level":"error","ts":#,"msg":"took #"}`,
			`{"level":"error","ts":1741830346.1234567,"msg":"took 3ms"}`,
			`{"level":"error","ts":1741830999.1,"msg":"took 2.5s"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := index(t, test.a+"\n"+test.b+"\n", Options{})
			for i := range 2 {
				if got := string(l.Masked(nil, i)); got != test.masked {
					t.Errorf("masked %q, want %q", got, test.masked)
				}
			}
			if l.Fingerprint(0) != l.Fingerprint(1) {
				t.Error("fingerprints differ")
			}
		})
	}
	for _, kept := range []string{"cannot pull image for us-east, e.g. deadline exceeded", "Quota 'CPUS' exceeded", "Überlauf im Speicher"} {
		if got := string(index(t, kept, Options{}).Masked(nil, 0)); got != kept {
			t.Errorf("%q became %q", kept, got)
		}
	}
}

// Another status is another failure.
func TestFingerprintsOfStatuses(t *testing.T) {
	for _, form := range []string{
		`googleapi: Error %s: Quota exceeded`, `HTTP/1.1" %s 157`, `"statusCode":%s,`, `status code: %s`, `status=%s`, `server returned %s`, `HTTP %s`,
		`unexpected response: %s Service`, `http_status=%s`, `StatusCode: %s, request id`, `exit code %s`,
	} {
		l := index(t, fmt.Sprintf(form, "403")+"\n"+fmt.Sprintf(form, "500")+"\n"+fmt.Sprintf(form, "4031")+"\n", Options{})
		if l.Fingerprint(0) == l.Fingerprint(1) {
			t.Errorf("%s: %s", form, l.Masked(nil, 0))
		}
		if masked := string(l.Masked(nil, 2)); strings.Contains(masked, "403") {
			t.Errorf("%s: %s", form, masked)
		}
	}
	for _, form := range []string{"took %sms", "%s of 600 pods", "line %s", "errors 1, passed %s", "2025-03-13 at port %s"} {
		l := index(t, fmt.Sprintf(form, "403")+"\n"+fmt.Sprintf(form, "500")+"\n", Options{})
		if l.Fingerprint(0) != l.Fingerprint(1) {
			t.Errorf("%s: %s", form, l.Masked(nil, 0))
		}
	}
}

// A UUID is masked whatever its groups begin with, unless one of the long ones has no digit.
func TestFingerprintsOfUUIDs(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for n := 0; n < 1000; {
		a, b := random.Uint64(), random.Uint64()
		if id := fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff); strings.ContainsAny(id[:8], "0123456789") && strings.ContainsAny(id[24:], "0123456789") {
			fmt.Fprintf(&text, "ID for this run: %q\n", id)
			n++
		}
	}
	l := index(t, text.String(), Options{})
	for i := range l.Len() {
		if masked := string(l.Masked(nil, i)); masked != `ID for this run: "#"` {
			t.Errorf("%s: %s", l.Raw(i), masked)
		}
	}
	words := index(t, "pod web-1-face of kops-beef and v1-feed-me\n", Options{})
	if masked := string(words.Masked(nil, 0)); masked != "pod web-# of kops-beef and v#-me" {
		t.Errorf("words: %s", masked)
	}
}

const stableFingerprint = 0x78e19c0201712ae6

// A fingerprint is kept by others and compared with those of other runs.
func TestFingerprintIsStable(t *testing.T) {
	l := index(t, "Quota 'CPUS' exceeded. Limit: 8.0 in region us-central1.\n", Options{})
	if got := l.Fingerprint(0); got != stableFingerprint {
		t.Errorf("fingerprint %#x, want %#x: with new rules FingerprintVersion must grow", got, uint64(stableFingerprint))
	}
}

func TestFingerprintsOfAll(t *testing.T) {
	l := index(t, string(generate(1<<20, mixedLines)), Options{})
	all, err := l.Fingerprints(context.Background())
	if err != nil || len(all) != l.Len() {
		t.Fatalf("%d fingerprints of %d lines: %v", len(all), l.Len(), err)
	}
	for i, print := range all {
		if print != l.Fingerprint(i) {
			t.Fatalf("line %d: %#x, alone %#x", i, print, l.Fingerprint(i))
		}
	}
}

func TestInflate(t *testing.T) {
	plain := []byte("I0313 01:45:46.000000 1 a.go:1] x\n")
	packed := zip(t, plain)
	ctx := context.Background()
	for _, test := range []struct {
		name  string
		data  []byte
		limit int64
		want  string
		err   string
	}{
		{"plain", plain, 0, string(plain), ""},
		{"one layer", packed, 0, string(plain), ""},
		{"two layers", zip(t, packed), 0, string(plain), ""},
		{"two members", slices.Concat(packed, packed), 0, string(plain) + string(plain), ""},
		{"cut off", packed[:len(packed)-4], 0, string(plain), "cannot inflate all of the log: 51 bytes of gzip gave 34: unexpected EOF"},
		{"too large", packed, 5, "I0313", "cannot inflate all of the log: 55 bytes of gzip gave 5: more inflated bytes than the limit"},
		{"empty", nil, 0, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Inflate(ctx, test.data, test.limit)
			told := ""
			if err != nil {
				told = err.Error()
			}
			if string(got) != test.want || told != test.err {
				t.Errorf("%q, %s\nwant %q, %s", got, told, test.want, test.err)
			}
		})
	}
	bomb := zip(t, zip(t, make([]byte, 8<<20)))
	if got, err := Inflate(ctx, bomb, 1<<20); !errors.Is(err, ErrTooLarge) || len(got) != 1<<20 {
		t.Errorf("8 MiB of zeros: %d bytes, %v", len(got), err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if got, err := Inflate(ended, packed, 0); got != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("context ended: %q, %v", got, err)
	}
}

func zip(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// One long line costs no more than its bytes.
func TestLongLine(t *testing.T) {
	data := []byte("2025-03-13T01:45:46Z ERROR x" + strings.Repeat("\r\x1b[31m10%", 1<<20) + "\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l, err := Index(context.Background(), data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	l.Fingerprint(0)
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 1<<20 {
		t.Errorf("%d bytes were allocated", allocated)
	}
	if line := l.Line(0); l.Len() != 1 || line.Origin != Read || string(l.Text(nil, 0, 100)) != "10%" {
		t.Errorf("%d lines, the first %v, its text %q", l.Len(), line.Origin, l.Text(nil, 0, 100))
	}
}
