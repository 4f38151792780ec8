package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"prowtrace/internal/gcstest"
)

const bucketName = "kubernetes-ci-logs"

// buildOf is the id of a run.
func buildOf(n int) string { return fmt.Sprint(1_900_000_000_000_000_000 + n) }

// rootOf is where a run lies in the bucket.
func rootOf(job string, n int) string { return "logs/" + job + "/" + buildOf(n) }

// failed and passed are how runs end: what failed is looked for among all runs that were
// judged before, so that passed runs are opened as fast after 10,000 as at first.
const (
	failed = `"passed":false,"result":"FAILURE"`
	passed = `"passed":true,"result":"SUCCESS"`
)

// putRuns puts runs that failed, all with the same trace file.
func putRuns(bucket *gcstest.Server, job string, runs int, trace []byte) {
	for n := range runs {
		putRun(bucket, job, n, failed, trace)
	}
}

// putRun puts one run, and gives the names of its objects.
func putRun(bucket *gcstest.Server, job string, n int, ended string, trace []byte) (names []string) {
	root := rootOf(job, n)
	put := func(name string, data []byte) {
		bucket.PutBytes(bucketName, root+name, data)
		names = append(names, root+name)
	}
	put("/started.json", []byte(`{"timestamp":1741830000}`))
	put("/finished.json", []byte(`{"timestamp":1741833600,`+ended+`}`))
	put("/prowjob.json", fmt.Appendf(nil, `{"spec":{"type":"periodic","job":%q},"status":{"build_id":%q,"startTime":"2025-03-13T01:40:00Z"}}`, job, buildOf(n)))
	put("/build-log.txt", []byte("I0313 01:40:01.000000 1 main.go:1] begin\nE0313 01:41:00.000000 1 main.go:2] Error: quota exceeded\n"))
	put("/artifacts/otlp/kops-1-2025-03-13T01.otel", trace)
	return names
}

// traceFile is an .otel file of one process: a root with a tree of calls.
func traceFile(spans int) (file []byte) {
	const inRecord, start = 500, 1741830000 * 1_000_000_000
	record := func(code uint32, payload []byte) {
		file = binary.BigEndian.AppendUint32(file, uint32(len(payload)))
		file = binary.BigEndian.AppendUint32(file, crc32.Checksum(payload, crc32.MakeTable(crc32.Castagnoli)))
		file = binary.BigEndian.AppendUint32(file, 0)
		file = binary.BigEndian.AppendUint32(file, code)
		file = append(file, payload...)
	}
	const name = "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest"
	record(1, append([]byte{1 << 3, 32, 2<<3 | 2, byte(len(name))}, name...))
	resource := &resourcepb.Resource{Attributes: []*commonpb.KeyValue{textOf("service.name", "kops")}}
	for at := 0; at < spans; at += inRecord {
		batch := &tracepb.ScopeSpans{}
		for i := at; i < min(spans, at+inRecord); i++ {
			s := &tracepb.Span{
				TraceId: []byte("0123456789abcdef"), SpanId: binary.BigEndian.AppendUint64(nil, uint64(i+1)), Name: fmt.Sprintf("call %d", i%200),
				StartTimeUnixNano: uint64(start + i*1000), EndTimeUnixNano: uint64(start + i*1000 + 3_000_000_000),
				Attributes: []*commonpb.KeyValue{textOf("http.url", fmt.Sprintf("https://compute.example.com/projects/p/zones/z/instances/%d", i)), textOf("http.method", "GET"), textOf("peer", "compute.example.com")},
			}
			if i > 0 {
				s.ParentSpanId = binary.BigEndian.AppendUint64(nil, uint64(i/8+1))
			}
			batch.Spans = append(batch.Spans, s)
		}
		payload, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{Resource: resource, ScopeSpans: []*tracepb.ScopeSpans{batch}}}})
		if err != nil {
			panic(err) // it is made here
		}
		record(32, payload)
	}
	return file
}

func textOf(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}
