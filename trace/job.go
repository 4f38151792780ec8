package trace

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	slashpath "path"
	"slices"
	"strconv"
	"strings"

	"prowtrace/internal/otlpwire"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// A Job joins the traces of several files into one: its own spans, then one
// for each file (one process writes one file), then the traces of that file.
// The joined trace is a view of the same rows; see Set.Jobs and Tree.
type Job struct {
	// Name is the job's for people, used where Timeline has no root.
	Name string

	// ID is the id of the joined trace; its first 8 bytes are the id of the root
	// that is made without a Timeline. Neither may be zero. A trace that has this id
	// already becomes a part of the job's own spans.
	ID TraceID

	// Timeline are the spans of the job itself, an encoded TracesData of trace
	// ID with one root. nil makes a root that lasts as long as the files' spans.
	Timeline []byte

	// Attributes are added to every resource of the job's files that does not
	// have them.
	Attributes []Attribute

	// Label tells the job's services from those of other jobs in the set: it is
	// served behind their names, as kops@LABEL, but for JobService, and the resources
	// keep the reported name as prowtrace.service. In the job's own joined trace
	// services have their reported names, by which two joined traces are compared.
	// "": services stay as they are.
	Label string

	// By says how the traces of a file are hung below its process.
	By Joining
}

// Joining says where a trace is put in the joined one, where no parent was
// reported.
type Joining string

// The ways of joining.
const (
	JoinTime    Joining = "time"    // below the deepest span of its process that contains it, where that is beyond doubt
	JoinProcess Joining = "process" // below its process
)

// JobService is the service of the spans that a Job adds.
const JobService = "prow"

// attrArtifacts is the attribute of a phase whose artifacts have a directory of
// their own below the run's root. It ends in a slash.
const attrArtifacts = "prow.artifacts"

// Attributes of the spans that are made, and of those that are served as part
// of a joined trace.
const (
	attrService  = "prowtrace.service" // as reported, of a service with a label
	attrFile     = "prowtrace.file"
	attrCommands = "prowtrace.commands" // in one process
	attrExit     = "prowtrace.exit"
	attrInferred = "prowtrace.inferred"
	attrTraceID  = "prowtrace.trace_id" // as reported
	attrSpanID   = "prowtrace.span_id"
)

// process is what the scan learns of a file beyond its spans: it was written by
// one process.
type process struct {
	spans    int
	extent   extent
	commands []command // the first maxCommands spans that have a command line
	more     int       // further ones
}

// command is a root span with a command line. kOps has one as "args".
type command struct {
	args  []string
	place place
}

// maxCommands bounds what is remembered of a process. Real ones run one command.
const maxCommands = 1024

// add counts a span of the process.
func (p *process) add(r *raw, encoded []byte) {
	p.spans++
	p.extent.add(extent{1, r.start, r.end})
	if r.parent != 0 {
		return
	}
	args := commandLine(encoded)
	switch {
	case args == nil:
	case len(p.commands) == maxCommands:
		p.more++
	default:
		p.commands = append(p.commands, command{args, r.place})
	}
}

// commandLine finds the attribute args of an encoded span, nil if there is none.
func commandLine(span []byte) []string {
	c := otlpwire.Read(span)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num != 9 || !strings.HasPrefix(otlpwire.String(span[f.Lo:f.Hi]), "\x0a\x04args\x12") {
			continue
		}
		var kv commonpb.KeyValue
		kvBytes := span[f.Lo:f.Hi]
		if !otlpwire.ValidAttribute(kvBytes) || proto.Unmarshal(kvBytes, &kv) != nil {
			continue
		}
		var args []string
		for _, v := range kv.GetValue().GetArrayValue().GetValues() {
			args = append(args, v.GetStringValue())
		}
		return args
	}
	return nil
}

// title words a command line: its program and sub-commands, without flags.
func title(args []string) string {
	const most = 4
	words := []string{slashpath.Base(args[0])}
	for _, a := range args[1:] {
		if strings.HasPrefix(a, "-") || len(words) == most {
			break
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// made gives the encoded spans that join the files of a job: its timeline, or a
// root, and a span for each process.
func (j *Job) made(processes []namedProcess) []byte {
	timeline, spans := j.timeline()
	var own []*tracepb.Span
	if len(spans) == 0 {
		root := j.root(processes)
		spans, own = []*tracepb.Span{root}, []*tracepb.Span{root}
	}
	phases := slices.DeleteFunc(slices.Clone(spans), func(s *tracepb.Span) bool { return len(s.ParentSpanId) > 0 && estimated(s) })
	for _, p := range processes {
		own = append(own, j.processSpan(p, phases))
	}
	resource := &resourcepb.Resource{}
	setString(resource, serviceName, JobService)
	b, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{
		Resource:   resource,
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "prowtrace"}, Spans: own}},
	}}})
	if err != nil {
		return timeline // only invalid UTF-8 fails, and processSpan lets none in
	}
	return append(timeline[:len(timeline):len(timeline)], b...)
}

// namedProcess is a process with its file.
type namedProcess struct {
	process
	source int
	name   string
}

// timeline gives the job's own spans, encoded and decoded; none if they cannot
// be read.
func (j *Job) timeline() ([]byte, []*tracepb.Span) {
	var data tracepb.TracesData
	if len(j.Timeline) == 0 || proto.Unmarshal(j.Timeline, &data) != nil {
		return nil, nil
	}
	var spans []*tracepb.Span
	for _, r := range data.ResourceSpans {
		for _, s := range r.ScopeSpans {
			spans = append(spans, s.Spans...)
		}
	}
	return j.Timeline, spans
}

func (j *Job) root(processes []namedProcess) *tracepb.Span {
	var all extent
	for _, p := range processes {
		all.add(p.extent)
	}
	return &tracepb.Span{
		TraceId: j.ID[:], SpanId: j.ID[:8], Name: validText(j.Name), Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: uint64(all.start), EndTimeUnixNano: uint64(all.end),
	}
}

func (j *Job) processSpan(p namedProcess, phases []*tracepb.Span) *tracepb.Span {
	id := j.processID(p.name)
	s := &tracepb.Span{
		TraceId: j.ID[:], SpanId: id[:], Name: p.title(), Kind: tracepb.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: uint64(p.extent.start), EndTimeUnixNano: uint64(p.extent.end),
		Attributes: []*commonpb.KeyValue{textAttribute(attrFile, p.name)},
	}
	if phase := phaseOf(keepers(phases, p.name), p.extent); phase != nil {
		s.ParentSpanId = phase.SpanId
	}
	if pid := p.pid(); pid > 0 {
		s.Attributes = append(s.Attributes, intAttribute("process.pid", pid))
	}
	if n := len(p.commands) + p.more; n == 1 {
		list := &commonpb.ArrayValue{}
		for _, a := range p.commands[0].args {
			list.Values = append(list.Values, &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: validText(a)}})
		}
		s.Attributes = append(s.Attributes, &commonpb.KeyValue{Key: "process.command_args",
			Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: list}}})
	} else if n > 1 {
		s.Attributes = append(s.Attributes, intAttribute(attrCommands, int64(n)))
	} else if strings.HasPrefix(slashpath.Base(p.name), "kops-") {
		s.Attributes = append(s.Attributes, textAttribute(attrExit, "unknown: no root span was exported; was the process killed?"))
	}
	return s
}

// processID is the span id of the process that wrote a file.
func (j *Job) processID(file string) (id SpanID) {
	sum := sha256.Sum256([]byte("prowtrace: process of " + j.ID.String() + " " + file))
	copy(id[:], sum[:])
	id[0] |= 1 // never zero
	return id
}

func spanNumber(id SpanID) uint64 { return binary.BigEndian.Uint64(id[:]) }

// title names the process by its command, or by its file where it ran several
// commands or none is known.
func (p namedProcess) title() string {
	file := validText(slashpath.Base(p.name))
	switch n := len(p.commands) + p.more; n {
	case 0:
		return file
	case 1:
		return validText(title(p.commands[0].args))
	default:
		return fmt.Sprintf("%s (%d commands)", file, n)
	}
}

// pid reads the process id from the name that kOps gives its files:
// kops-<pid>-<time>.otel; 0 if it is not such a name.
func (p namedProcess) pid() int64 {
	parts := strings.SplitN(slashpath.Base(p.name), "-", 3)
	if len(parts) < 3 {
		return 0
	}
	pid, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// keepers are the phases that may have kept a file: where one says that the
// directory it lies in is its own, that and what is below it, else all. Each is
// behind its parent.
func keepers(phases []*tracepb.Span, file string) []*tracepb.Span {
	var keeper *tracepb.Span
	longest := 0
	for _, s := range phases {
		dir := stringAttribute(s.Attributes, attrArtifacts)
		if len(dir) > longest && strings.HasPrefix(file, dir) {
			keeper, longest = s, len(dir)
		}
	}
	if keeper == nil {
		return phases
	}
	kept := []*tracepb.Span{keeper}
	ids := map[string]bool{string(keeper.SpanId): true}
	for _, s := range phases {
		if ids[string(s.ParentSpanId)] {
			kept, ids[string(s.SpanId)] = append(kept, s), true
		}
	}
	return kept
}

// phaseOf finds the phase that a process belongs to: the shortest that contains
// it, else the one that shares most time with it.
func phaseOf(phases []*tracepb.Span, e extent) *tracepb.Span {
	var best *tracepb.Span
	rank := func(s *tracepb.Span) (contains bool, overlap, length int64) {
		start, end := int64(s.StartTimeUnixNano), int64(s.EndTimeUnixNano)
		if end == 0 {
			end = 1<<63 - 1
		}
		return start <= e.start && e.end <= end, max(0, min(end, e.end)-max(start, e.start)), end - start
	}
	for _, s := range phases {
		if best == nil {
			best = s
			continue
		}
		contains, overlap, length := rank(s)
		bestContains, bestOverlap, bestLength := rank(best)
		switch {
		case contains != bestContains:
			if contains {
				best = s
			}
		case contains && length < bestLength, !contains && overlap > bestOverlap:
			best = s
		}
	}
	return best
}

// estimated reports whether a phase's times were not reported but derived.
func estimated(s *tracepb.Span) bool {
	return slices.ContainsFunc(s.Attributes, func(kv *commonpb.KeyValue) bool {
		return kv.GetKey() == "prow.estimated" && kv.GetValue().GetBoolValue()
	})
}

// estimatedAttribute is the encoding of what estimated looks for.
const estimatedAttribute = "\x0a\x0eprow.estimated\x12\x02\x10\x01"

// hasAttribute reports whether an encoded span has an attribute of this encoding.
func hasAttribute(span []byte, attribute string) bool {
	c := otlpwire.Read(span)
	for f, ok, _ := c.Next(); ok; f, ok, _ = c.Next() {
		if f.Num == 9 && otlpwire.String(span[f.Lo:f.Hi]) == attribute {
			return true
		}
	}
	return false
}

func textAttribute(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: validText(value)}}}
}

func intAttribute(key string, value int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: value}}}
}

// sortProcesses puts processes in order of start, as a reader expects them.
func sortProcesses(all []namedProcess) {
	slices.SortFunc(all, func(a, b namedProcess) int {
		return cmp.Or(cmp.Compare(a.extent.start, b.extent.start), cmp.Compare(a.name, b.name))
	})
}
