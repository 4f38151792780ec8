package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"prowtrace/otelfile"
)

// Spans in quantity, for measurements: 20 files, records of 512 spans like the SDK's exporter, about 500 bytes and
// ten attributes a span, about 160 traces a million spans. A trace is a tree of four levels: its root, phases of 64
// spans, tasks of 8, calls. Its phases lie in two files in turn, so that parents must be found across files. As in
// real files, children come before their parents and the traces of a file are interleaved.
const (
	scaleFiles    = 20
	scaleBatch    = 512
	scalePerTrace = 6250
	scalePhase    = 64
	scaleTask     = 8
	scaleStep     = 40 * time.Millisecond // between the starts of a trace's spans
	scaleMax      = 1e9
	scaleMin      = scaleFiles * scalePhase
)

// parseScale reads a number of spans: "100k", "1m", "2500".
func parseScale(s string) (int, error) {
	digits, unit := strings.ToLower(s), 1
	if d, ok := strings.CutSuffix(digits, "k"); ok {
		digits, unit = d, 1e3
	} else if d, ok := strings.CutSuffix(digits, "m"); ok {
		digits, unit = d, 1e6
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n > scaleMax/unit || n*unit < scaleMin {
		return 0, fmt.Errorf("-scale %q: want a number of spans from %d to a billion, like 100k, 1m or 10m", s, scaleMin)
	}
	return n * unit, nil
}

// scaleDir makes the directory to write to; a new temporary one where dir is empty.
func scaleDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "prowtrace-scale-")
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// writeScale writes spans spans to dir, as many files at once as there are processors.
func writeScale(dir string, spans int) error {
	traces := max(scaleFiles, spans/scalePerTrace)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for file := range scaleFiles {
		g.Go(func() error {
			f, err := os.Create(filepath.Join(dir, fmt.Sprintf("kops-%d-%s.otel", 4000+file, podCreated.Format("2006-01-02T15-04-05Z"))))
			if err != nil {
				return err
			}
			defer f.Close()
			buffered := bufio.NewWriterSize(f, 1<<20)
			if err := newScaleFile(file, otelfile.NewWriter(buffered)).write(spans, traces); err != nil {
				return err
			}
			if err := buffered.Flush(); err != nil {
				return err
			}
			return f.Close()
		})
	}
	return g.Wait()
}

// A scaleFile fills one request's spans over and over: nothing is allocated for a span.
type scaleFile struct {
	file    int
	w       *otelfile.Writer
	rng     *rand.Rand
	request *collectorpb.ExportTraceServiceRequest
	scope   *tracepb.ScopeSpans
	slots   []scaleSlot
	used    int
	buf     []byte
}

// A scaleSlot is a span with the values that differ from one span to the next.
type scaleSlot struct {
	span                         *tracepb.Span
	url, host, id                *commonpb.AnyValue_StringValue
	status, resend, size, thread *commonpb.AnyValue_IntValue
	ratio                        *commonpb.AnyValue_DoubleValue
	cached                       *commonpb.AnyValue_BoolValue
	ids                          [32]byte // trace, span, parent
	exception                    []*tracepb.Span_Event
	failed, fine                 *tracepb.Status
}

// scaleServices are the services of the files in turn.
var scaleServices = []string{"kops", "kops", "nodeup", "kops-controller"}

func newScaleFile(file int, w *otelfile.Writer) *scaleFile {
	service := scaleServices[file%len(scaleServices)]
	f := &scaleFile{file: file, w: w, rng: rand.New(rand.NewPCG(uint64(file), 2)), slots: make([]scaleSlot, scaleBatch)}
	f.scope = &tracepb.ScopeSpans{Scope: scopeHTTP}
	f.request = &collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{
		SchemaUrl: "https://opentelemetry.io/schemas/1.43.0",
		Resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{text("service.name", service), text("service.version", version),
			number("process.pid", int64(4000+file)), text("host.name", fmt.Sprintf("node-%02d", file))}},
		ScopeSpans: []*tracepb.ScopeSpans{f.scope},
	}}}
	for i := range f.slots {
		f.slots[i] = newScaleSlot()
	}
	return f
}

func newScaleSlot() scaleSlot {
	s := scaleSlot{
		span: &tracepb.Span{Flags: 0x101}, fine: &tracepb.Status{}, failed: &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: "503 Service Unavailable"},
		url: &commonpb.AnyValue_StringValue{}, host: &commonpb.AnyValue_StringValue{}, id: &commonpb.AnyValue_StringValue{},
		status: &commonpb.AnyValue_IntValue{}, resend: &commonpb.AnyValue_IntValue{}, size: &commonpb.AnyValue_IntValue{}, thread: &commonpb.AnyValue_IntValue{},
		ratio: &commonpb.AnyValue_DoubleValue{}, cached: &commonpb.AnyValue_BoolValue{},
	}
	s.span.Attributes = []*commonpb.KeyValue{
		text("http.request.method", "GET"),
		attr("url.full", &commonpb.AnyValue{Value: s.url}),
		attr("server.address", &commonpb.AnyValue{Value: s.host}),
		attr("http.response.status_code", &commonpb.AnyValue{Value: s.status}),
		attr("http.request.resend_count", &commonpb.AnyValue{Value: s.resend}),
		attr("http.response.body.size", &commonpb.AnyValue{Value: s.size}),
		attr("thread.id", &commonpb.AnyValue{Value: s.thread}),
		attr("kops.cache.ratio", &commonpb.AnyValue{Value: s.ratio}),
		attr("kops.cache.hit", &commonpb.AnyValue{Value: s.cached}),
		attr("kops.request.id", &commonpb.AnyValue{Value: s.id}),
	}
	e := &tracepb.Span{}
	exception(e, "*googleapi.Error", "googleapi: Error 503: Service Unavailable, backendError",
		[2]string{"google.golang.org/api/googleapi.CheckResponse", "google.golang.org/api/googleapi/googleapi.go:210"})
	s.exception = e.Events
	return s
}

// write writes the spans of all traces that this file has a part of: those at home here, and the odd phases of those
// at home in the file before.
func (f *scaleFile) write(spans, traces int) error {
	var parts []*scalePart
	for t := range traces {
		home := t % scaleFiles
		if home != f.file && (home+1)%scaleFiles != f.file {
			continue
		}
		size := spans / traces
		if t < spans%traces {
			size++
		}
		parts = append(parts, &scalePart{trace: t, size: size, odd: home != f.file})
	}
	for len(parts) > 0 {
		remaining := parts[:0]
		for _, p := range parts {
			if more, err := p.emitTask(f); err != nil {
				return err
			} else if more {
				remaining = append(remaining, p)
			}
		}
		parts = remaining
	}
	return f.flush()
}

// A scalePart is the even or the odd phases of a trace, and where writing has come to in them.
type scalePart struct {
	trace, size int
	odd         bool
	next        int // number of the next span in its trace
}

// emitTask writes the spans of one task, children first, and those above it that end with it.
func (p *scalePart) emitTask(f *scaleFile) (more bool, err error) {
	if (p.next/scalePhase%2 == 1) != p.odd {
		p.next += scalePhase
	}
	if p.next < p.size {
		task := p.next
		p.next = min(task+scaleTask, p.size)
		for k := task + 1; k < p.next; k++ {
			if err := f.emit(p, k); err != nil {
				return false, err
			}
		}
		phase := task - task%scalePhase
		if task != phase {
			if err := f.emit(p, task); err != nil {
				return false, err
			}
		}
		if phase != 0 && (p.next%scalePhase == 0 || p.next == p.size) {
			if err := f.emit(p, phase); err != nil {
				return false, err
			}
		}
	}
	if p.next < p.size {
		return true, nil
	}
	if !p.odd {
		return false, f.emit(p, 0)
	}
	return false, nil
}

var (
	scaleHosts  = []string{"compute.googleapis.com", "storage.googleapis.com", "ec2.us-east-2.amazonaws.com", "34.9.0.17"}
	scaleNames  = []string{"HTTP GET", "HTTP GET", "HTTP GET", "HTTP GET", "VFSClientset::GetCluster", "S3Path::ReadFile", "S3Path::WriteFile", "S3Context::getClient"}
	scaleTasks  = []string{"task-FirewallRule/node-to-node", "task-InstanceTemplate/nodes", "task-ManagedFile/addons", "task-Keypair/kubernetes-ca", "task-Subnet/us-central1"}
	scalePhases = []string{"RunCreateCluster", "RunUpdateCluster", "RunValidateCluster", "RunToolboxDump", "RunDeleteCluster"}
)

// emit fills the next slot with span k of the part's trace. A span lasts as long as those below it.
func (f *scaleFile) emit(p *scalePart, k int) error {
	s := &f.slots[f.used]
	parent, length := k-k%scaleTask, 1
	name, kind := scaleNames[(k+p.trace)%len(scaleNames)], tracepb.Span_SPAN_KIND_CLIENT
	switch {
	case k == 0:
		parent, length, name, kind = -1, p.size, "kops", tracepb.Span_SPAN_KIND_INTERNAL
	case k%scalePhase == 0:
		parent, length, name, kind = 0, scalePhase, scalePhases[k/scalePhase%len(scalePhases)], tracepb.Span_SPAN_KIND_INTERNAL
	case k%scaleTask == 0:
		parent, length, name, kind = k-k%scalePhase, scaleTask, scaleTasks[k/scaleTask%len(scaleTasks)], tracepb.Span_SPAN_KIND_INTERNAL
	}
	scaleID(s.ids[:8], p.trace, 1<<40)
	scaleID(s.ids[8:16], p.trace, 1<<41)
	scaleID(s.ids[16:24], p.trace, k)
	scaleID(s.ids[24:], p.trace, parent)
	span := s.span
	span.TraceId, span.SpanId, span.ParentSpanId = s.ids[:16], s.ids[16:24], s.ids[24:]
	if parent < 0 {
		span.ParentSpanId = nil
	}
	start := podCreated.UnixNano() + int64(p.trace)*int64(time.Second) + int64(k)*int64(scaleStep)
	span.Name, span.Kind = name, kind
	span.StartTimeUnixNano = uint64(start)
	end := start + int64(min(length, p.size-k))*int64(scaleStep)
	if length == 1 {
		end -= f.rng.Int64N(int64(scaleStep) / 2)
	}
	span.EndTimeUnixNano = uint64(end)
	f.attributes(s, k)
	if f.used++; f.used == scaleBatch {
		return f.flush()
	}
	return nil
}

// attributes gives s its values; one span in a hundred has failed, with an event.
func (f *scaleFile) attributes(s *scaleSlot, k int) {
	r := f.rng.Uint64()
	host := scaleHosts[r%4]
	s.host.StringValue = host
	s.url.StringValue = "https://" + host + "/compute/v1/projects/k8s-infra-e2e-boskos-example/zones/us-central1-a/operations/operation-" + strconv.FormatUint(r>>16, 16)
	s.id.StringValue = strconv.FormatUint(r, 36)
	s.status.IntValue, s.resend.IntValue = 200, int64(r>>8%3)
	s.size.IntValue, s.thread.IntValue = int64(r>>20%65536), int64(k%64)
	s.ratio.DoubleValue = float64(r>>40%1000) / 1000
	s.cached.BoolValue = r>>3%2 == 0
	s.span.Status, s.span.Events = s.fine, nil
	if r>>32%100 == 0 {
		s.status.IntValue = 503
		s.span.Status, s.span.Events = s.failed, s.exception
		s.exception[0].TimeUnixNano = s.span.EndTimeUnixNano
	}
}

func (f *scaleFile) flush() error {
	if f.used == 0 {
		return nil
	}
	f.scope.Spans = f.scope.Spans[:0]
	for i := range f.used {
		f.scope.Spans = append(f.scope.Spans, f.slots[i].span)
	}
	f.used = 0
	var err error
	if f.buf, err = (proto.MarshalOptions{}).MarshalAppend(f.buf[:0], f.request); err != nil {
		return fmt.Errorf("encoding a record of file %d: %w", f.file, err)
	}
	return f.w.Write(f.buf)
}

// scaleID is an id that any file can compute: splitmix64 of the trace and the span's number in it.
func scaleID(b []byte, trace, k int) {
	z := uint64(trace)<<42 + uint64(k) + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	binary.BigEndian.PutUint64(b, z^z>>31)
}
