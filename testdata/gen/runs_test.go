package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
)

// A found span is one read back from a file.
type found struct {
	*tracepb.Span
	file, service string
}

// readBack reads all spans below a directory of the bucket with the reader of the program, and the problems it has.
func readBack(t *testing.T, b bucket, below string) (spans []found, problems map[string][]otelfile.ProblemKind) {
	t.Helper()
	problems = map[string][]otelfile.ProblemKind{}
	for name, data := range b {
		if !strings.HasPrefix(name, below) || !strings.HasSuffix(name, ".otel") {
			continue
		}
		f, err := otelfile.Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		spans = append(spans, recordsOf(t, f, func(p otelfile.Problem) { problems[path.Base(name)] = append(problems[path.Base(name)], p.Kind) })...)
	}
	return spans, problems
}

func recordsOf(t *testing.T, f *otelfile.File, problem func(otelfile.Problem)) (spans []found) {
	t.Helper()
	for record := range f.Records(problem) {
		var request collectorpb.ExportTraceServiceRequest
		if err := proto.Unmarshal(record.Payload, &request); err != nil {
			t.Fatal(err)
		}
		for _, rs := range request.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				for _, s := range ss.Spans {
					spans = append(spans, found{s, path.Base(f.Name()), rs.Resource.Attributes[0].Value.GetStringValue()})
				}
			}
		}
	}
	return spans
}

func (f found) text(key string) string {
	for _, kv := range f.Attributes {
		if kv.Key == key {
			return kv.Value.GetStringValue()
		}
	}
	return ""
}

func buckets(t *testing.T) sample {
	t.Helper()
	s, err := sampleBuckets()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// kubernetes is the bucket of the runs with traces.
func kubernetes(t *testing.T) bucket { return buckets(t)[bucketName] }

func TestFailingRun(t *testing.T) {
	spans, problems := readBack(t, kubernetes(t), quotaRun().root)

	byID, traces, services := map[string]found{}, map[string]int{}, map[string]int{}
	for _, s := range spans {
		byID[string(s.SpanId)] = s
		traces[string(s.TraceId)]++
		services[s.service]++
	}
	single := 0
	for _, n := range traces {
		if n == 1 {
			single++
		}
	}
	if len(spans) < 700 || single*10 < len(traces)*9 {
		t.Errorf("%d spans in %d traces, %d of them single: want hundreds, nearly all single", len(spans), len(traces), single)
	}
	for _, service := range []string{"kops", "nodeup", "kops-controller"} {
		if services[service] == 0 {
			t.Errorf("no spans of service %s", service)
		}
	}

	var quotaErrors, polls int
	var roots []string
	orphans := map[string]int{}
	for _, s := range spans {
		parent, known := byID[string(s.ParentSpanId)]
		switch {
		case s.Status.GetMessage() == quotaMessage:
			quotaErrors++
			if !known || !strings.HasPrefix(parent.Name, "task-InstanceGroupManager/a-nodes") || len(s.Events) != 1 {
				t.Errorf("a quota error has the parent %q and %d events", parent.Name, len(s.Events))
			}
		case s.text("url.full") == gceAPI+"/api/v1/nodes":
			polls++
		case len(s.ParentSpanId) > 0 && !known:
			orphans[s.file]++
		case s.Name == "kops":
			roots = append(roots, s.file)
		}
	}
	if quotaErrors != 6 {
		t.Errorf("%d quota errors, want 6", quotaErrors)
	}
	if polls < 90 {
		t.Errorf("%d polls of the nodes, want one about every ten seconds for 20 minutes", polls)
	}
	var torn string
	for file, kinds := range problems {
		if torn != "" || fmt.Sprint(kinds) != fmt.Sprint([]otelfile.ProblemKind{otelfile.ProblemTornPayload}) {
			t.Errorf("%s has problems %v", file, kinds)
		}
		torn = file
	}
	if len(orphans) != 1 || orphans[torn] == 0 {
		t.Errorf("orphans %v, want some in the torn file %q only", orphans, torn)
	}
	if len(roots) != len(quotaCommands)-1 {
		t.Errorf("root spans in %q, want all commands but the killed one", roots)
	}
}

func TestEveryKindOfThingOccurs(t *testing.T) {
	spans, _ := readBack(t, kubernetes(t), "")
	seen := map[string]bool{}
	var value func(*commonpb.AnyValue)
	attributes := func(kvs []*commonpb.KeyValue) {
		for _, kv := range kvs {
			value(kv.Value)
		}
	}
	value = func(v *commonpb.AnyValue) {
		seen[fmt.Sprintf("%T", v.GetValue())] = true
		for _, v := range v.GetArrayValue().GetValues() {
			value(v)
		}
		attributes(v.GetKvlistValue().GetValues())
	}
	for _, s := range spans {
		attributes(s.Attributes)
		seen[s.Kind.String()] = true
		seen[s.Status.GetCode().String()] = true
		seen[fmt.Sprintf("status %s", s.text("error.type"))] = true
		seen["trace state"] = seen["trace state"] || s.TraceState != ""
		seen["remote parent"] = seen["remote parent"] || s.Flags == 0x301
		seen["dropped"] = seen["dropped"] || s.DroppedAttributesCount > 0 && s.DroppedEventsCount > 0 && s.DroppedLinksCount > 0
		for _, e := range s.Events {
			seen[e.Name] = true
			attributes(e.Attributes)
		}
		for _, l := range s.Links {
			seen["link"] = true
			attributes(l.Attributes)
		}
	}
	for _, want := range []string{"*v1.AnyValue_StringValue", "*v1.AnyValue_BoolValue", "*v1.AnyValue_IntValue", "*v1.AnyValue_DoubleValue",
		"*v1.AnyValue_BytesValue", "*v1.AnyValue_ArrayValue", "*v1.AnyValue_KvlistValue", "<nil>",
		"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
		"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR", "status 403", "status 404", "status 429", "status 503", "status *net.OpError",
		"exception", "link", "trace state", "remote parent", "dropped"} {
		if !seen[want] {
			t.Errorf("the bucket has no %s", want)
		}
	}
}

func TestRunsLookAsProwStoresThem(t *testing.T) {
	b := kubernetes(t)
	for _, r := range []*run{quotaRun(), passRun()} {
		t.Run(r.job, func(t *testing.T) {
			for _, name := range []string{"started.json", "finished.json", "prowjob.json", "podinfo.json", "clone-records.json", "artifacts/metadata.json"} {
				if !json.Valid(b[r.root+"/"+name]) {
					t.Errorf("%s is not JSON", name)
				}
			}
			for line := range bytes.Lines(b[r.root+"/sidecar-logs.json"]) {
				if !json.Valid(line) {
					t.Errorf("a line of sidecar-logs.json is not JSON: %s", line)
				}
			}
			if err := xml.Unmarshal(b[r.root+"/artifacts/junit_runner.xml"], new(struct{})); err != nil {
				t.Error(err)
			}
			var finished struct{ Passed bool }
			if err := json.Unmarshal(b[r.root+"/finished.json"], &finished); err != nil || finished.Passed != (r.failure == "") {
				t.Errorf("finished.json says passed %v, %v", finished.Passed, err)
			}
			in := r.times()
			for _, p := range r.processes {
				if p.begin.Before(in.test) || p.end.After(in.tested) {
					t.Errorf("%s runs from %s to %s, outside of the test container", p.fileName(), p.begin, p.end)
				}
			}
			for _, p := range r.others {
				if first := time.Unix(0, int64(p.exports[0].span.StartTimeUnixNano)); first.Before(p.begin) {
					t.Errorf("%s has a span before it began", p.fileName())
				}
			}
			if zipped := bytes.HasPrefix(b[r.root+"/artifacts/otlp/"+r.processes[len(r.processes)-1].fileName()], []byte{0x1f, 0x8b}); zipped != (r.failure != "") {
				t.Errorf("the last trace file is compressed: %v", zipped)
			}
		})
	}
	pointer := string(b["pr-logs/directory/pull-kops-e2e-k8s-gce-cilium/"+quotaBuild+".txt"])
	if want := "gs://" + bucketName + "/" + quotaRun().root; pointer != want {
		t.Errorf("the pointer says %q, want %q", pointer, want)
	}
}

func TestRunsWithoutTraces(t *testing.T) {
	s := buckets(t)
	for _, test := range []struct {
		run     *prowRun
		files   []string // below its root, beside Prow's own
		log     int      // bytes, at least
		holds   []string
		zipped  bool
		atLeast int // times that a line of the log says
	}{
		{ginkgoRun(), []string{"artifacts/kind-worker2/kubelet.log"}, 5_000_000, []string{"• [FAILED] [", "FLAKEY TEST - TOOK 2 ATTEMPTS", "1 Failed | 1 Flaked", "no IP addresses available"}, true, 15_000},
		{unitRun(), []string{"artifacts/junit_01.xml"}, 10_000, []string{"--- FAIL: TestSecondDisk", "ok  \tk8s.io/kops/util/pkg/vfs", "DONE 30 tests, 1 failure"}, false, 100},
		{stepsRun(), []string{"artifacts/ci-operator-step-graph.json", "artifacts/junit_operator.xml", "artifacts/e2e-aws/openshift-e2e-test/build-log.txt",
			"artifacts/e2e-aws/openshift-e2e-test/finished.json", "artifacts/build-logs/src-amd64.log"}, 3000,
			[]string{"INFO[2025-03-13T22:5", "ERRO[2025-03-14T00:1", "Step e2e-aws-openshift-e2e-test failed after"}, true, 0},
	} {
		t.Run(test.run.job, func(t *testing.T) {
			b, root := s[test.run.prow.bucket], test.run.root+"/"
			for _, name := range append(test.files, "started.json", "finished.json", "prowjob.json", "podinfo.json", "clone-records.json", "sidecar-logs.json") {
				if len(b[root+name]) == 0 {
					t.Errorf("%s is missing", name)
				}
			}
			for name := range b {
				if strings.HasPrefix(name, root) && strings.Contains(name, "/otlp/") {
					t.Errorf("it has traces: %s", name)
				}
			}
			if zipped := bytes.HasPrefix(b[root+"build-log.txt"], []byte{0x1f, 0x8b}); zipped != test.zipped {
				t.Errorf("its log is stored compressed: %v", zipped)
			}
			if len(test.run.log) < test.log {
				t.Errorf("its log has %d bytes, want at least %d", len(test.run.log), test.log)
			}
			for _, want := range test.holds {
				if !bytes.Contains(test.run.log, []byte(want)) {
					t.Errorf("its log does not hold %q", want)
				}
			}
			in := test.run.times()
			times := klogTimes(t, test.run.log)
			if len(times) < test.atLeast {
				t.Errorf("its log has %d times, want at least %d", len(times), test.atLeast)
			}
			for _, at := range times {
				if at.Before(in.test) || at.After(in.tested) {
					t.Fatalf("its log has a line of %s, its test container ran from %s to %s", at, in.test, in.tested)
				}
			}
		})
	}
}

// klogTimes are the times of the lines that klog wrote. All runs are of March 2025.
func klogTimes(t *testing.T, log []byte) (times []time.Time) {
	t.Helper()
	for line := range bytes.Lines(log) {
		line = bytes.TrimLeft(line, " ")
		if len(line) < 21 || !strings.ContainsRune("IWE", rune(line[0])) || !bytes.HasPrefix(line[1:], []byte("03")) {
			continue
		}
		at, err := time.Parse("2006 0102 15:04:05.000000", "2025 "+string(line[1:21]))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		times = append(times, at)
	}
	return times
}

func TestRunningRun(t *testing.T) {
	r := runningRun()
	b := kubernetes(t)
	for name, there := range map[string]bool{"started.json": true, "prowjob.json": true, "clone-records.json": true, "finished.json": false, "build-log.txt": false, "podinfo.json": false} {
		if _, ok := b[r.root+"/"+name]; ok != there {
			t.Errorf("%s is there: %v", name, ok)
		}
	}
	var job struct{ Status map[string]any }
	if err := json.Unmarshal(b[r.root+"/prowjob.json"], &job); err != nil || job.Status["state"] != "pending" || job.Status["completionTime"] != nil {
		t.Errorf("prowjob.json says %v, %v", job.Status, err)
	}
	times := klogTimes(t, liveLogs()[r.job][r.build+"/test.txt"])
	if len(times) < 20 || times[0].Before(r.times().test) {
		t.Errorf("the log that Deck shows has %d times", len(times))
	}
}
