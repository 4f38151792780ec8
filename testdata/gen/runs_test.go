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

func sample(t *testing.T) bucket {
	t.Helper()
	b, err := sampleBucket()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFailingRun(t *testing.T) {
	spans, problems := readBack(t, sample(t), quotaRun().root)

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
	spans, _ := readBack(t, sample(t), "")
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
	b := sample(t)
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
