package otelfile

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// An answer of Jaeger's API, as its UI downloads it.
const jaegerAnswer = `{"data":[{"traceID":"000000000000000000000000000000aa","spans":[
{"traceID":"000000000000000000000000000000aa","spanID":"00000000000000bb","flags":1,"operationName":"GET /","references":[],"startTime":1554544739361000,"duration":1500,
"tags":[{"key":"span.kind","type":"string","value":"server"},{"key":"otel.status_code","type":"string","value":"ERROR"},{"key":"error","type":"bool","value":true},{"key":"otel.status_description","type":"string","value":"no"},
{"key":"otel.scope.name","type":"string","value":"lib"},{"key":"otel.scope.version","type":"string","value":"2"},{"key":"w3c.tracestate","type":"string","value":"a=b"},{"key":"s","type":"string","value":"x"},{"key":"b","type":"bool","value":false},
{"key":"i","type":"int64","value":200},{"key":"large","type":"int64","value":"9007199254740993"},{"key":"f","type":"float64","value":1},{"key":"bin","type":"binary","value":"AAH/"}],
"logs":[{"timestamp":1554544739361500,"fields":[{"key":"event","type":"string","value":"retry"},{"key":"n","type":"int64","value":2}]},{"timestamp":1554544739362000,"fields":[{"key":"message","type":"string","value":"done"}]}],
"processID":"p1","warnings":["clock skew"]},
{"traceID":"AA","spanID":"bc","operationName":"child","references":[{"refType":"FOLLOWS_FROM","traceID":"aa","spanID":"cc"},{"refType":"CHILD_OF","traceID":"aa","spanID":"bb"},{"refType":"CHILD_OF","traceID":"dd","spanID":"ee"}],
"startTime":1554544739361000.25,"duration":0,"tags":[],"logs":null,"processID":"p2","warnings":null},
{"traceID":"aa","spanID":"bd","operationName":"after","references":[{"refType":"FOLLOWS_FROM","traceID":"aa","spanID":"bb"}],"startTime":"1554544739361001","tags":[{"key":"span.kind","type":"string","value":"odd"},{"key":"error","type":"string","value":"true"}],"processID":"p1"}],
"processes":{"p1":{"serviceName":"front","tags":[{"key":"host","type":"string","value":"h"}]},"p2":{"serviceName":"back","tags":null}},"warnings":null}],"total":0,"limit":0,"offset":0,"errors":null}`

const jaegerSketch = `resource [service.name="front" host="h"]
scope lib@2 []
000000000000000000000000000000aa/00000000000000bb< "GET /" kind=2 1554544739361000000-1554544739362500000 [s="x" b=false i=200 large=9007199254740993 f=1f bin=x0001ff jaeger.warnings=("clock skew")] status=2 "no" flags=1 state="a=b" event(1554544739361500000 "retry" [n=2]) event(1554544739362000000 "" [message="done"])
scope @ []
000000000000000000000000000000aa/00000000000000bd<00000000000000bb "after" kind=0 1554544739361001000-0 [span.kind="odd" error="true"] status=2 "" link(000000000000000000000000000000aa/00000000000000bb [opentracing.ref_type="follows_from"] flags=0 state="")
resource [service.name="back"]
scope @ []
000000000000000000000000000000aa/00000000000000bc<00000000000000bb "child" kind=0 1554544739361000250-1554544739361000250 [] link(000000000000000000000000000000aa/00000000000000cc [] flags=0 state="") link(000000000000000000000000000000dd/00000000000000ee [opentracing.ref_type="child_of"] flags=0 state="")
`

func TestJaegerJSON(t *testing.T) {
	trace := func(span, rest string) string {
		return `{"traceID":"aa","spans":[{"traceID":"aa","spanID":"bb",` + span + `}]` + rest + `}`
	}
	for _, tt := range []struct {
		name, in, want string
		problems       []string
	}{
		{"an answer", jaegerAnswer, jaegerSketch, nil},
		{"one trace", trace(`"processID":"p"`, `,"processes":{"p":{"serviceName":"s"}}`), "resource [service.name=\"s\"]\nscope @ []\n" + idsSketch + ` "" kind=0 0-0 []`, nil},
		{"processes first", `{"processes":{"p":{"serviceName":"s"}},` + trace(`"processID":"p"`, "")[1:], "resource [service.name=\"s\"]\nscope @ []\n" + idsSketch + ` "" kind=0 0-0 []`, nil},
		{"a list of traces", "[" + trace(`"processID":"p"`, `,"processes":{"p":{"serviceName":"s"}}`) + "]", "resource [service.name=\"s\"]\nscope @ []\n" + idsSketch + ` "" kind=0 0-0 []`, nil},
		{"a process in its span", trace(`"process":{"serviceName":"s","tags":[{"key":"k","type":"string","value":"v"}]}`, ""), "resource [service.name=\"s\" k=\"v\"]\nscope @ []\n" + idsSketch + ` "" kind=0 0-0 []`, nil},
		{"an unknown process", trace(`"processID":"q"`, `,"processes":{"p":{"serviceName":"s"}}`), oneSketch(idsSketch + ` "" kind=0 0-0 []`), []string{"a trace does not describe the processes of 1 group of spans"}},
		{"errors and warnings", `{"data":[` + trace(`"processID":"p"`, `,"processes":{"p":{}},"warnings":["odd","\u001b[31m"]`) + `],"errors":[{"code":404,"msg":"trace not found"}]}`, oneSketch(idsSketch + ` "" kind=0 0-0 []`),
			[]string{`Jaeger warns of a trace: "odd" (line 1`, `Jaeger warns of a trace: "\x1b[31m"`, `Jaeger's API answered with an error: "{\"code\":404,\"msg\":\"trace not found\"}"`}},
		{"unreadable values", trace(`"startTime":"soon","duration":-1,"references":[{"refType":"ODD","traceID":"x","spanID":"bb"}],"tags":[{"key":"i","type":"int64","value":"many"},{"key":"o","type":"future","value":{"a":1}}],"logs":[{"timestamp":true,"fields":[]}],"odd":1,"processID":"p"`, `,"processes":{"p":{}}`),
			oneSketch(idsSketch + ` "" kind=0 0-0 [prowtrace.json.startTime="soon" prowtrace.json.duration=-1 prowtrace.json.refType="ODD" prowtrace.json.reference.traceID="x" i="many" o="{\"a\":1}" prowtrace.json.log.timestamp=true prowtrace.json.odd=1] event(0 "" []) link(00000000000000000000000000000000/00000000000000bb [] flags=0 state="")`),
			[]string{"one value is not of the declared type", "6 values are unknown in OTLP"}},
		{"no traces", `{"data":[],"total":0}`, "", []string{"the file has no spans"}},
		{"torn", jaegerAnswer[:strings.Index(jaegerAnswer, `"processes"`)-1], strings.ReplaceAll(strings.ReplaceAll(jaegerSketch, `[service.name="front" host="h"]`, "[]"), `[service.name="back"]`, "[]"),
			[]string{"a trace does not describe the processes of 2 groups of spans", "its process was probably killed"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkSketch(t, []byte(tt.in), FormatJaeger, tt.want, tt.problems...) })
	}
}

// Spans of many processes that are told behind all of them.
func TestJaegerProcessesBehindManySpans(t *testing.T) {
	for _, spans := range []int{10, 3000, 30_000} {
		b := []byte(`{"data":[{"spans":[`)
		for i := range spans {
			if i > 0 {
				b = append(b, ',')
			}
			b = fmt.Appendf(b, `{"traceID":"aa","spanID":"%x","operationName":"op","startTime":1,"duration":1,"processID":"p%d","tags":[{"key":"text","type":"string","value":"%0300d"},{"key":"otel.scope.name","type":"string","value":"s%d"}]}`, i+1, i%7, i, i%3)
		}
		b = append(b, `],"processes":{`...)
		for i := range 7 {
			b = fmt.Appendf(b, `"p%d":{"serviceName":"service %d"},`, i, i)
		}
		b = append(bytes.TrimSuffix(b, []byte(",")), `}},`...)
		b = append(b, `{"spans":[{"traceID":"ab","spanID":"1","processID":"p0"}],"processes":{"p0":{"serviceName":"other"}}}]}`...)
		f, err := Parse("x", b)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for r := range f.Records(func(p Problem) { t.Errorf("problem %+v", p) }) {
			var data tracepb.TracesData
			if err := proto.Unmarshal(r.Payload, &data); err != nil {
				t.Fatal(err)
			}
			for _, rs := range data.ResourceSpans {
				for _, ss := range rs.ScopeSpans {
					for _, s := range ss.Spans {
						seen[rs.GetResource().GetAttributes()[0].GetValue().GetStringValue()]++
						if id := int(s.SpanId[5])<<16 + int(s.SpanId[6])<<8 + int(s.SpanId[7]) - 1; s.TraceId[15] == 0xaa && fmt.Sprint("s", id%3) != ss.GetScope().GetName() {
							t.Fatalf("span %d is of scope %q", id, ss.GetScope().GetName())
						}
					}
				}
			}
		}
		if total := seen["other"]; total != 1 || len(seen) != 8 || seen["service 0"] != (spans+6)/7 {
			t.Errorf("%d spans: %v", spans, seen)
		}
		f.Close()
	}
}

// A short download is recognized by less than it should hold, and what is there is kept.
func TestTornJaegerGzip(t *testing.T) {
	packed := zipped([]byte(jaegerAnswer))
	f, err := Parse("trace.json.gz", packed[:len(packed)-9])
	if err != nil {
		t.Fatal(err)
	}
	spans, problems := read(t, f)
	if all := strings.Join(problems, "\n"); f.Format() != FormatJaeger || len(spans) == 0 || !strings.Contains(all, "bytes) is cut off") {
		t.Errorf("%v: spans %q, problems %q", f.Format(), spans, all)
	}
}
