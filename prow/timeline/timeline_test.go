package timeline

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"prowtrace/joblog"
	"prowtrace/prow"
	"prowtrace/prow/link"
	"prowtrace/prow/runfile"
	"prowtrace/trace"
	"prowtrace/trace/join"

	"github.com/rogpeppe/go-internal/txtar"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

var update = flag.Bool("update", false, "write the expected drawings")

// Each archive holds a run's files, and in "want" the drawing of its timeline.
func TestTimeline(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, o, want := readArchive(t, archive)
			own := drawn(m, o)
			got := drawText(t, own.Spans) + eventsText(t, Job(m, o))
			if again := drawn(m, o); !reflect.DeepEqual(again, own) {
				t.Error("drawn again it is another one")
			}
			checkMarks(t, own)
			if *update {
				archive.Files = append(slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" }), txtar.File{Name: "want", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// drawn is the drawing of a run; empty where nothing is known.
func drawn(m *runfile.Metadata, o Options) join.Own { return Job(m, o).Own }

// checkMarks compares the marks with the attributes that say the same for people.
func checkMarks(t *testing.T, own join.Own) {
	t.Helper()
	if own.Spans == nil {
		return
	}
	_, spans := decodeTimeline(t, own.Spans)
	if len(own.Marks) != len(spans) {
		t.Errorf("%d marks of %d spans", len(own.Marks), len(spans))
	}
	for _, s := range spans {
		want, alone := join.Mark{MayContain: true}, false
		for _, a := range s.Attributes {
			switch a.Key {
			case "prow.estimated":
				want.Estimated, want.MayContain = true, false
			case "prow.phase":
				switch a.Value.GetStringValue() {
				case "helper", "sidecar", "upload", "case":
					want.MayContain = false
				case "command":
					alone = true
				}
			case "prow.source":
				if phase := attributes(s.Attributes); strings.Contains(phase, "prow.phase=phase") || s.Name == "Kubernetes e2e suite" || s.Name == "openshift-tests" {
					alone = true // one at a time
				}
			case "test.suite.name":
				if a.Value.GetStringValue() == "junit_runner.xml" { // its phases ran one after the other
					want.MayContain = true
				}
			case "prow.artifacts":
				want.Directory = a.Value.GetStringValue()
			}
		}
		want.MayContain = want.MayContain || alone
		if got := own.Marks[trace.SpanID(s.SpanId)]; got != want {
			t.Errorf("%s is marked %+v, want %+v", s.Name, got, want)
		}
	}
}

func readArchive(t *testing.T, archive *txtar.Archive) (m *runfile.Metadata, o Options, want string) {
	t.Helper()
	header := map[string]string{}
	for line := range strings.Lines(string(archive.Comment)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			header[k] = v
		}
	}
	ref, err := link.Parse(prow.Instances{}, header["run"])
	if err != nil {
		t.Fatal(err)
	}
	m = &runfile.Metadata{Run: ref.Run}
	if header["files"] == "sample" {
		m = readRun(t, header["run"])
		o.Processes = sampleProcesses(t, header["run"])
		if header["log"] != "none" {
			o.Logs = append(o.Logs, sampleLog(t, header["run"]))
		}
	}
	if asOf := header["as of"]; asOf != "" {
		if o.AsOf, err = time.Parse(time.RFC3339, asOf); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range archive.Files {
		switch {
		case f.Name == "want":
			want = string(f.Data)
			continue
		case strings.HasSuffix(f.Name, "build-log.txt"):
			o.Logs = append(o.Logs, indexed(t, f.Name, f.Data))
			continue
		}
		if err := m.Add(f.Name, f.Data); err != nil && header["broken"] != "yes" {
			t.Fatal(err)
		}
	}
	return m, o, want
}

// drawText draws a timeline as text: of each span the name, from when to when after
// the root's start, the status, the attributes, events and links.
func drawText(t testing.TB, encoded []byte) string {
	if encoded == nil {
		return "no timeline\n"
	}
	resource, spans := decodeTimeline(t, encoded)
	var b strings.Builder
	fmt.Fprintf(&b, "trace %x\n%s\n", spans[0].TraceId, attributes(resource))
	names := map[string]string{}
	children := map[string][]*tracepb.Span{}
	for _, s := range spans {
		names[string(s.SpanId)] = s.Name
		children[string(s.ParentSpanId)] = append(children[string(s.ParentSpanId)], s)
	}
	origin := spans[0].StartTimeUnixNano
	at := func(ns uint64) string {
		if ns == 0 {
			return "…"
		}
		return time.Duration(int64(ns - origin)).String()
	}
	var walk func(parent, indent string)
	walk = func(parent, indent string) {
		all := slices.Clone(children[parent])
		slices.SortStableFunc(all, func(a, b *tracepb.Span) int { return cmp.Compare(a.StartTimeUnixNano, b.StartTimeUnixNano) })
		for _, s := range all {
			fmt.Fprintf(&b, "%s%s [%s %s]", indent, s.Name, at(s.StartTimeUnixNano), at(s.EndTimeUnixNano))
			switch s.GetStatus().GetCode() {
			case tracepb.Status_STATUS_CODE_OK:
				b.WriteString(" ok")
			case tracepb.Status_STATUS_CODE_ERROR:
				fmt.Fprintf(&b, " ERROR %q", s.Status.Message)
			}
			fmt.Fprintf(&b, "\n%s  | %s\n", indent, attributes(s.Attributes))
			for _, e := range s.Events {
				fmt.Fprintf(&b, "%s  @ %s %s %s\n", indent, at(e.TimeUnixNano), e.Name, attributes(e.Attributes))
			}
			for _, l := range s.Links {
				fmt.Fprintf(&b, "%s  → %s %s\n", indent, names[string(l.SpanId)], attributes(l.Attributes))
			}
			walk(string(s.SpanId), indent+"    ")
		}
	}
	walk("", "")
	return b.String()
}

// eventsText lists the events of a job, with the span that each lies in.
func eventsText(t testing.TB, j join.Job) string {
	var b strings.Builder
	names := map[trace.SpanID]string{}
	if len(j.Events) > 0 {
		_, spans := decodeTimeline(t, j.Own.Spans)
		for _, s := range spans {
			names[trace.SpanID(s.SpanId)] = s.Name
		}
	}
	for _, e := range j.Events {
		fmt.Fprintf(&b, "%s:%d in %s at %s %s", e.File, e.Line, names[e.Within], unix(e.Time).Format("15:04:05.000"), e.Severity)
		if e.PID > 0 {
			fmt.Fprintf(&b, " of pid %d", e.PID)
		}
		if e.Program != "" {
			fmt.Fprintf(&b, " of %s", e.Program)
		}
		fmt.Fprintf(&b, ": %.80s\n", e.Text)
	}
	for _, s := range j.Started {
		fmt.Fprintf(&b, "%s $ %.80s\n", unix(s.Time).Format("15:04:05.000"), strings.Join(s.Args, " "))
	}
	return b.String()
}

func attributes(list []*commonpb.KeyValue) string {
	var parts []string
	for _, kv := range list {
		switch v := kv.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			value := v.StringValue
			if strings.ContainsAny(value, " \n\t\"") {
				value = fmt.Sprintf("%q", value)
			}
			parts = append(parts, kv.Key+"="+value)
		case *commonpb.AnyValue_IntValue:
			parts = append(parts, fmt.Sprintf("%s=%d", kv.Key, v.IntValue))
		case *commonpb.AnyValue_ArrayValue:
			var values []string
			for _, e := range v.ArrayValue.Values {
				values = append(values, e.GetStringValue())
			}
			parts = append(parts, fmt.Sprintf("%s=%v", kv.Key, values))
		case *commonpb.AnyValue_BoolValue:
			parts = append(parts, fmt.Sprintf("%s=%t", kv.Key, v.BoolValue))
		}
	}
	return strings.Join(parts, " ")
}

// decodeTimeline also checks what holds for every timeline.
func decodeTimeline(t testing.TB, encoded []byte) ([]*commonpb.KeyValue, []*tracepb.Span) {
	t.Helper()
	var data tracepb.TracesData
	if err := proto.Unmarshal(encoded, &data); err != nil {
		t.Fatal(err)
	}
	resource := data.ResourceSpans[0].Resource.Attributes
	spans := data.ResourceSpans[0].ScopeSpans[0].Spans
	root := spans[0]
	if len(data.ResourceSpans) != 1 || len(data.ResourceSpans[0].ScopeSpans) != 1 || len(root.ParentSpanId) != 0 ||
		!bytes.Equal(root.SpanId, root.TraceId[:8]) || len(root.TraceId) != 16 {
		t.Fatalf("not one tree with the root %v", root)
	}
	seen := map[string]bool{}
	for i, s := range spans {
		id := hex.EncodeToString(s.SpanId)
		switch {
		case len(s.SpanId) != 8 || bytes.Equal(s.SpanId, make([]byte, 8)) || seen[id] || !bytes.Equal(s.TraceId, root.TraceId):
			t.Errorf("bad ids of %v", s)
		case i > 0 && !seen[hex.EncodeToString(s.ParentSpanId)]:
			t.Errorf("%q lies before its parent", s.Name)
		case s.Name == "" || s.StartTimeUnixNano == 0:
			t.Errorf("without a name or a start: %v", s)
		case s.EndTimeUnixNano != 0 && s.EndTimeUnixNano < s.StartTimeUnixNano:
			t.Errorf("%q ends before it starts", s.Name)
		case s.EndTimeUnixNano == 0 && !strings.Contains(attributes(s.Attributes), "prow.unfinished=true"):
			t.Errorf("%q has no end and does not say so", s.Name)
		}
		seen[id] = true
		keys := map[string]bool{}
		for _, kv := range s.Attributes {
			if keys[kv.Key] {
				t.Errorf("%q has %s twice", s.Name, kv.Key)
			}
			keys[kv.Key] = true
		}
	}
	return resource, spans
}

// Durations that do not fit 64 bits together, or lead beyond all years, are drawn
// as far as they can be.
func TestTimelineOfAbsurdLengths(t *testing.T) {
	one := func(ns int64) string {
		return fmt.Sprintf(`<testcase name="x" time="%d.%09d"/>`, ns/1e9, ns%1e9)
	}
	exact := "" // sums up to the greatest of all durations
	for left := int64(math.MaxInt64); left > 0; {
		next := one(min(left, 1e16))
		exact += next
		left -= int64(seconds(t, strings.Split(next, `"`)[3]))
	}
	for name, suite := range map[string]string{
		"to the last nanosecond":  `<testsuite name="s" timestamp="2025-03-13T01:45:41Z" time="0.000000001">` + exact,
		"in a row":                `<testsuite name="s">` + strings.Repeat(one(1e17), 3000),
		"in a row from its start": `<testsuite name="s" timestamp="2025-03-13T01:45:41Z">` + strings.Repeat(one(1e17), 3000),
		"side by side":            `<testsuite name="s" timestamp="2025-03-13T01:45:41Z" time="5">` + strings.Repeat(one(1e17), 9000),
	} {
		t.Run(name, func(t *testing.T) {
			m := &runfile.Metadata{Run: prow.Run{Bucket: "b", Root: "logs/j/1900000000000000001", Job: "j", Build: "1900000000000000001"}}
			for file, data := range map[string]string{"finished.json": `{"timestamp":1741832000,"passed":true}`, "artifacts/junit.xml": suite + "</testsuite>"} {
				if err := m.Add(file, []byte(data)); err != nil {
					t.Fatal(err)
				}
			}
			var decoded tracepb.TracesData
			if err := proto.Unmarshal(drawn(m, Options{}).Spans, &decoded); err != nil {
				t.Fatal(err)
			}
			spans := decoded.ResourceSpans[0].ScopeSpans[0].Spans
			if want := 2 + len(m.Suites[0].Cases); len(spans) != want {
				t.Errorf("%d spans, want %d", len(spans), want)
			}
			for _, s := range spans {
				if s.StartTimeUnixNano > math.MaxInt64 || s.EndTimeUnixNano > math.MaxInt64 {
					t.Fatalf("%s is from %d to %d", s.Name, s.StartTimeUnixNano, s.EndTimeUnixNano)
				}
			}
		})
	}
}

func TestTraceID(t *testing.T) {
	const uuid = "5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10"
	run := prow.Run{Bucket: "demo-bucket", Root: "logs/x/7"}
	const hashed = "b460535801f07947f8db5d64e489e959" // printf demo-bucket/logs/x/7 | sha256sum
	tests := []struct {
		name string
		m    runfile.Metadata
		want string
	}{
		{"ProwJob", runfile.Metadata{Run: run, ProwJob: &runfile.ProwJob{ID: uuid}}, "5b1f6a523c0e4d8f9a710c6d2e8f4b10"},
		{"pod", runfile.Metadata{Run: run, ProwJob: &runfile.ProwJob{ID: "x"}, Pod: &runfile.Pod{Name: uuid}}, "5b1f6a523c0e4d8f9a710c6d2e8f4b10"},
		{"neither", runfile.Metadata{Run: run}, hashed},
		{"no root", runfile.Metadata{Run: run, ProwJob: &runfile.ProwJob{ID: "00000000-0000-0000-9a71-0c6d2e8f4b10"}}, hashed},
	}
	for _, test := range tests {
		if got := TraceID(&test.m); hex.EncodeToString(got[:]) != test.want {
			t.Errorf("%s: %x, want %s", test.name, got, test.want)
		}
	}
}

// 20,000 cases, the most there can be of passed ones.
func BenchmarkTimeline(b *testing.B) {
	m := readRun(b, passingRun)
	for range 20 {
		var junit strings.Builder
		junit.WriteString(`<testsuite time="600" timestamp="2025-03-13T01:50:00">`)
		for i := range 1000 {
			fmt.Fprintf(&junit, `<testcase name="case %d" time="3.5"/>`, i)
		}
		if err := m.Add("artifacts/junit.xml", []byte(junit.String()+"</testsuite>")); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if drawn(m, Options{}).Spans == nil {
			b.Fatal("no timeline")
		}
	}
}

// seconds reads a time attribute as package runfile does.
func seconds(t *testing.T, s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Duration(f * float64(time.Second))
}

// The two runs of the sample bucket.
const (
	failingRun = "gs://kubernetes-ci-logs/pr-logs/pull/kops/18000/pull-kops-e2e-k8s-gce-cilium/1900000000000000001"
	passingRun = "gs://kubernetes-ci-logs/logs/e2e-kops-aws-distro-deb13/1900000000000000002"
)

// readRun adds all wanted files of a run of the sample bucket.
func readRun(t testing.TB, address string) *runfile.Metadata {
	t.Helper()
	ref, err := link.Parse(prow.Instances{}, address)
	if err != nil {
		t.Fatal(err)
	}
	m := &runfile.Metadata{Run: ref.Run}
	dir := sampleDir(ref.Run)
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name, err := url.PathUnescape(filepath.ToSlash(rel))
		if kind, _ := runfile.KindOf(name); !kind.IsMetadata() || err != nil {
			return err
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return m.Add(name, data)
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func sampleDir(run prow.Run) string {
	return filepath.Join("..", "..", "testdata", "bucket", run.Bucket, filepath.FromSlash(run.Root))
}

// indexed is a log of a run on 13 March 2025.
func indexed(t testing.TB, name string, data []byte) *Log {
	t.Helper()
	day := time.Date(2025, 3, 13, 1, 44, 0, 0, time.UTC)
	l, err := joblog.Index(t.Context(), data, joblog.Options{Start: day, End: day.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadLog(t.Context(), name, l, func(i int) int { return i + 1 })
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func sampleLog(t testing.TB, address string) *Log {
	t.Helper()
	ref, err := link.Parse(prow.Instances{}, address)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(sampleDir(ref.Run), "build-log.txt"))
	if err != nil {
		t.Fatal(err)
	}
	return indexed(t, "build-log.txt", data)
}

// sampleSources are the trace files of a run of the sample bucket.
func sampleSources(t testing.TB, address string) (sources []trace.Source) {
	t.Helper()
	ref, err := link.Parse(prow.Instances{}, address)
	if err != nil {
		t.Fatal(err)
	}
	dir := sampleDir(ref.Run)
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(file) != ".otel" {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name, err := url.PathUnescape(filepath.ToSlash(rel))
		sources = append(sources, trace.Source{Name: name, Path: file, Group: 1})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func sampleProcesses(t testing.TB, address string) []join.Process {
	t.Helper()
	set, err := trace.Load(t.Context(), sampleSources(t, address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = set.Close() })
	processes, err := join.Processes(t.Context(), set)
	if err != nil {
		t.Fatal(err)
	}
	return processes
}

// Whoever is named in a run's files, wherever Prow writes the name, is not
// named by the metadata nor by the timeline.
func TestNobodyIsNamed(t *testing.T) {
	const refs = `{"org":"a","repo":"b","base_ref":"main","pulls":[{"number":1,"sha":"c","author":"jane-doe","author_link":"https://github.com/jane-doe","head_ref":"jane-doe-fix","title":"t"}]}`
	files := map[string]string{
		"started.json":  `{"timestamp":1741830341,"node":"n","metadata":{"author":"jane-doe"}}`,
		"finished.json": `{"timestamp":1741832248,"result":"aborted","metadata":{"author":"jane-doe","uploader":"jane-doe"}}`,
		"prowjob.json": `{"metadata":{"name":"5b1f6a52-3c0e-4d8f-9a71-0c6d2e8f4b10","annotations":{"prow.k8s.io/author":"jane-doe"},
			"labels":{"prow.k8s.io/refs.author":"jane-doe"}},"spec":{"type":"batch","job":"j","refs":` + refs + `,"extra_refs":[` + refs + `]},
			"status":{"startTime":"2025-03-13T01:44:31Z","completionTime":"2025-03-13T02:44:31Z","state":"aborted","description":"Aborted by @jane-doe."}}`,
		"podinfo.json": `{"pod":{"metadata":{"name":"p","creationTimestamp":"2025-03-13T01:44:34Z","labels":{"author":"jane-doe"}},
			"spec":{"containers":[{"name":"test","env":[{"name":"PULL_AUTHOR","value":"jane-doe"}]}]},
			"status":{"conditions":[{"type":"PodScheduled","status":"True","lastTransitionTime":"2025-03-13T01:44:36Z"}],
			"containerStatuses":[{"name":"test","state":{"terminated":{"exitCode":1,"startedAt":"2025-03-13T01:45:00Z","finishedAt":"2025-03-13T02:00:00Z"}}}]}}}`,
		"clone-records.json": `[{"refs":` + refs + `,"commands":[{"command":"git config user.name jane-doe","duration":1},{"command":"git config user.email=jane-doe@example.org","duration":1},
			{"command":"git fetch https://jane-doe:secret@example.org/a/b","duration":1}],"duration":3}]`,
		"artifacts/metadata.json":               `{"author":"jane-doe","user":"jane-doe","kubetest-version":"v1"}`,
		"artifacts/junit.xml":                   `<testsuite name="s"><properties><property name="author" value="jane-doe"/></properties><testcase name="c"/></testsuite>`,
		"artifacts/ci-operator-step-graph.json": `[{"name":"s","started_at":"2025-03-13T01:46:00Z","finished_at":"2025-03-13T01:47:00Z","manifests":[{"metadata":{"annotations":{"author":"jane-doe"}}}]}]`,
	}
	m := &runfile.Metadata{Run: prow.Run{Provider: "gs", Bucket: "demo-bucket", Root: "logs/j/1900000000000000003", Job: "j", Build: "1900000000000000003"}}
	for name, data := range files {
		if err := m.Add(name, []byte(data)); err != nil {
			t.Error(err)
		}
	}
	story := drawText(t, drawn(m, Options{}).Spans)
	kept, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"timeline": story, "metadata": string(kept)} {
		if strings.Contains(strings.ToLower(text), "jane") {
			t.Errorf("somebody is named in the %s:\n%s", what, text)
		}
	}
	for _, want := range []string{"prow.kubetest_version=v1", "git fetch", "suite", "phase=step"} {
		if !strings.Contains(story, want) {
			t.Errorf("the timeline lacks %q:\n%s", want, story)
		}
	}
}

// A ProwJob that breaks off, or is none, draws nothing.
func TestTimelineOfTornProwJob(t *testing.T) {
	for _, data := range []string{`{"metadata":{"name":"5b1f6a52`, `[]`, ``, `null`, `{"status":null,"spec":null}`} {
		m := &runfile.Metadata{}
		m.Add("prowjob.json", []byte(data))
		if drawn(m, Options{}).Spans != nil {
			t.Errorf("%q: %+v", data, m.ProwJob)
		}
	}
}
