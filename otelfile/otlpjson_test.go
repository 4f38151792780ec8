package otelfile

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// A message as the Collector's file exporter writes it, with every field.
const fullOTLPJSON = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"kops"}}],"droppedAttributesCount":1},
"scopeSpans":[{"scope":{"name":"k8s.io/kops","version":"1.37","attributes":[{"key":"s","value":{"boolValue":true}}],"droppedAttributesCount":2},
"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"eee19b7ec3c1b174","traceState":"a=b","parentSpanId":"EEE19B7EC3C1B173","flags":257,"name":"I'm 😀","kind":2,
"startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,
"attributes":[{"key":"s","value":{"stringValue":""}},{"key":"i","value":{"intValue":"-9223372036854775808"}},{"key":"n","value":{"intValue":7}},{"key":"d","value":{"doubleValue":1.5}},
{"key":"nan","value":{"doubleValue":"NaN"}},{"key":"inf","value":{"doubleValue":"-Infinity"}},{"key":"zero","value":{"doubleValue":-0}},{"key":"b","value":{"boolValue":false}},{"key":"x","value":{"bytesValue":"AAEC/w=="}},
{"key":"a","value":{"arrayValue":{"values":[{"stringValue":"1"},{"intValue":"2"},{}]}}},{"key":"m","value":{"kvlistValue":{"values":[{"key":"k","value":{"arrayValue":{}}}]}}},{"key":"null","value":{}},{"key":"none"}],
"droppedAttributesCount":3,"events":[{"timeUnixNano":"1544712660500000000","name":"e","attributes":[{"key":"k","value":{"stringValue":"v"}}],"droppedAttributesCount":4}],"droppedEventsCount":5,
"links":[{"traceId":"5b8efff798038103d269b633813fc60d","spanId":"eee19b7ec3c1b175","traceState":"c=d","attributes":[{"key":"k","value":{"intValue":"1"}}],"droppedAttributesCount":6,"flags":1}],"droppedLinksCount":7,
"status":{"message":"no","code":2}},{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"0000000000000001","name":"","status":{}}],"schemaUrl":"https://scope"}],"schemaUrl":"https://resource"}]}`

const fullSketch = `resource [service.name="kops" +1] schema=https://resource
scope k8s.io/kops@1.37 [s=true +2] schema=https://scope
5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174<eee19b7ec3c1b173 "I'm 😀" kind=2 1544712660000000000-1544712661000000000 ` +
	`[s="" i=-9223372036854775808 n=7 d=1.5f nan=NaNf inf=-Inff zero=-0f b=false x=x000102ff a=("1" 2 null) m=[k=()] null=null none=null +3]` +
	` status=2 "no" flags=257 state="a=b" event(1544712660500000000 "e" [k="v" +4]) link(5b8efff798038103d269b633813fc60d/eee19b7ec3c1b175 [k=1 +6] flags=1 state="c=d") dropped=5,7
5b8efff798038103d269b633813fc60c/0000000000000001< "" kind=0 0-0 [] status=0 ""
`

// oneSpan is a message with one span that has the given fields, and oneSketch its sketch.
func oneSpan(fields string) string {
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[{` + fields + `}]}]}]}`
}

func oneSketch(span string) string { return "resource []\nscope @ []\n" + span + "\n" }

const ids = `"traceId":"000000000000000000000000000000aa","spanId":"00000000000000bb"`
const idsSketch = "000000000000000000000000000000aa/00000000000000bb<"

func TestOTLPJSON(t *testing.T) {
	one := oneSpan(ids)
	oneSketched := oneSketch(idsSketch + ` "" kind=0 0-0 []`)
	deep := strings.Repeat(`{"arrayValue":{"values":[`, 40) + `{"intValue":1}` + strings.Repeat(`]}}`, 40)
	for _, tt := range []struct {
		name, in, want string
		problems       []string
	}{
		{"every field", fullOTLPJSON, fullSketch, nil},
		{"byte order mark", "\ufeff" + fullOTLPJSON, fullSketch, nil},
		{"lines", one + "\n\r\n " + one + "\n", oneSketched + oneSketched, nil},
		{"a list of messages", "[" + one + "," + one + "]", oneSketched + oneSketched, nil},
		{"names of protobuf", `{"resource_spans":[{"instrumentation_library_spans":[{"instrumentation_library":{"name":"n"},"spans":[{"trace_id":"aa","span_id":"bb","start_time_unix_nano":5,"end_time_unix_nano":"6","kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"}}],"schema_url":"u"}]}]}`,
			"resource []\nscope n@ [] schema=u\n" + idsSketch + ` "" kind=3 5-6 [] status=2 ""`, nil},
		{"Tempo", `{"batches":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"traceId":"AAAAAAAAAAAAAAAAAAAAqg==","spanId":"AAAAAAAAALs=","parentSpanId":"AAAAAAAAAMw="}]}]}]}`,
			oneSketch(idsSketch + `00000000000000cc "" kind=0 0-0 []`), nil},
		{"Tempo 2", `{"trace":{"resourceSpans":[{"scopeSpans":[{"spans":[{` + ids + `}]}]}]}}`, oneSketched, nil},
		{"times of other forms", oneSpan(ids + `,"startTimeUnixNano":1.5e18,"endTimeUnixNano":"2017-07-14T02:40:01.5Z"`), oneSketch(idsSketch + ` "" kind=0 1500000000000000000-1500000001500000000 []`), nil},
		{"time beyond 64 bits", oneSpan(ids + `,"startTimeUnixNano":"99999999999999999999999"`), oneSketch(idsSketch + ` "" kind=0 18446744073709551615-0 []`), nil},
		{"attributes as an object", oneSpan(ids + `,"attributes":{"a":1,"b":[true,{"c":2.5}],"d":null}`), oneSketch(idsSketch + ` "" kind=0 0-0 [a=1 b=(true [c=2.5f]) d=null]`), nil},
		{"plain values", oneSpan(ids + `,"attributes":[{"key":"a","value":"x"},{"value":{"intValue":3},"key":"late"},{"key":"b","value":null}]`), oneSketch(idsSketch + ` "" kind=0 0-0 [a="x" late=3 b=null]`), nil},
		{"values of the wrong type", oneSpan(ids + `,"attributes":[{"key":"a","value":{"intValue":"many"}},{"key":"b","value":{"boolValue":3}},{"key":"c","value":{"bytesValue":"!"}},{"key":"d","value":{"stringValue":5}}]`),
			oneSketch(idsSketch + ` "" kind=0 0-0 [a="many" b=3 c="!" d=5]`), []string{"4 values are not of the declared type, kept as the type they look like, the first at line 1 (byte"}},
		{"unknown names and fields", oneSpan(ids + `,"kind":"SPAN_KIND_ODD","status":{"code":"BAD","deprecatedCode":1},"future":{"x":[1]},"endTimeUnixNano":"soon"`),
			oneSketch(idsSketch + ` "" kind=0 0-0 [prowtrace.json.kind="SPAN_KIND_ODD" prowtrace.json.status.code="BAD" prowtrace.json.status.deprecatedCode=1 prowtrace.json.future=[x=(1)] prowtrace.json.endTimeUnixNano="soon"] status=0 ""`),
			[]string{"odd values @139: 5 values are unknown in OTLP or unreadable, kept as prowtrace.json.…, the first at line 1 (byte 139)"}},
		{"unreadable ids", oneSpan(`"traceId":"not an id","spanId":12,"parentSpanId":""`), oneSketch(`/< "" kind=0 0-0 [prowtrace.json.traceId="not an id" prowtrace.json.spanId=12]`), []string{"2 values are"}},
		{"kind as a name", oneSpan(ids + `,"kind":"client"`), oneSketch(idsSketch + ` "" kind=3 0-0 []`), nil},
		{"metrics between", `{"resourceMetrics":[{}]}` + "\n" + one + "\n" + `{"resourceLogs":[]}`, oneSketched, []string{"skipped 2 lists of metrics, logs or profiles"}},
		{"unknown lists", `{"resourceSpans":[{"scopeSpans":[{"spans":[{` + ids + `}],"x":1}],"y":{}}],"partialSuccess":{}}`, oneSketched, []string{"3 fields are unknown, left out"}},
		{"torn last line", one + "\n" + fullOTLPJSON[:len(fullOTLPJSON)-120], oneSketched + "resource [service.name=\"kops\" +1]\nscope k8s.io/kops@1.37 [s=true +2]\n" + strings.Split(fullSketch, "\n")[2],
			[]string{"torn file @1768: cut off at line 11 (byte 1768): its process was probably killed"}},
		{"broken line in the middle", one + "\n" + one[:50] + "\n" + one + "\n", oneSketched + "resource []\nscope @ []\n" + oneSketched, []string{"broken content @174: invalid JSON: '\\n' instead of a character of a text at line 2 (byte 174); the rest of this line is left out"}},
		{"broken object", `{"resourceSpans":[{"scopeSpans":[{"spans":[{` + ids + `},}`, oneSketched, []string{"the rest of the file is lost"}},
		{"duplicate keys", `{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":{"intValue":1}}]},"scopeSpans":[{"spans":[{"name":"x",` + ids + `,"name":"y"}]}],"resource":{"attributes":[{"key":"b","value":{"intValue":2}}]}}]}`,
			"resource [a=1 b=2]\nscope @ []\n" + idsSketch + ` "y" kind=0 0-0 []`, nil},
		{"wrong types", `{"resourceSpans":[7,{"scopeSpans":{"a":1},"resource":"x"},{"scopeSpans":[null,{"spans":[{` + ids + `},"x"]}]}]}`, "resource []\n" + oneSketched, []string{"4 values are of the wrong type, left out"}},
		{"half a character", oneSpan(ids + `,"name":"\ud83d"`), oneSketch(idsSketch + " \"\uFFFD\" kind=0 0-0 []"), []string{"at line 1 (byte 131), one escape is half of a character, replaced by U+FFFD"}},
		{"zero ids", oneSpan(`"traceId":"00000000000000000000000000000000","spanId":"0000000000000000"`), oneSketch(`00000000000000000000000000000000/0000000000000000< "" kind=0 0-0 []`), nil},
		{"deep value", oneSpan(ids + `,"attributes":[{"key":"a","value":` + deep + `}]`),
			oneSketch(idsSketch + ` "" kind=0 0-0 [a=` + strings.Repeat("(", 16) + fmt.Sprintf("%q", strings.Repeat(`{"arrayValue":{"values":[`, 24)+`{"intValue":1}`+strings.Repeat(`]}}`, 24)) + strings.Repeat(")", 16) + "]"), nil},
		{"no spans", `{"resourceSpans":[]}`, "", []string{"the file has no spans"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkSketch(t, []byte(tt.in), FormatOTLPJSON, tt.want, tt.problems...)
			checkSketch(t, zipped(zipped([]byte(tt.in))), FormatOTLPJSON, tt.want, tt.problems...)
		})
	}
}

func TestOTLPJSONKeepsInvalidText(t *testing.T) {
	f, err := Parse("x", []byte(oneSpan(ids+`,"name":"a`+"\xff"+`b"`)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(f.Bytes(), []byte("a\xffb")) {
		t.Errorf("the bytes of the name are changed: %q", f.Bytes())
	}
}
